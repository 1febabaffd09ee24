/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Once, latch and sequence lock as Google Benchmark runs them.
 */
#ifndef WEIR_BENCH_GBENCH_SMALL_H
#define WEIR_BENCH_GBENCH_SMALL_H

#include "cases/small.h"

#include <benchmark/benchmark.h>

namespace wbench {

template <class O>
void gbench_once_done(benchmark::State &state, const Shape &)
{
    O once;

    for (auto _ : state)
        once.call();
    state.SetItemsProcessed(state.iterations());
}

template <class L>
void gbench_latch_pingpong(benchmark::State &state, const Shape &)
{
    static std::unique_ptr<LatchRing<L>> ring;
    uint64_t round = 0;

    if (state.thread_index() == 0) {
        ring = std::make_unique<LatchRing<L>>();
        for (auto _ : state)
            ring->ask(round++);
        state.SetItemsProcessed(state.iterations());
        ring.reset();
    } else {
        for (auto _ : state)
            ring->answer(round++);
    }
}

template <class S>
void gbench_seqlock_read(benchmark::State &state, const Shape &)
{
    Recorded<S> shared;
    Record mine;

    for (auto _ : state) {
        shared.lock.read(mine, shared.record);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations());
}

template <class S>
void gbench_seqlock_readers(benchmark::State &state, const Shape &shape)
{
    static std::unique_ptr<Recorded<S>> shared;
    uint64_t x = 0;
    Record mine;

    if (state.thread_index() == 0) {
        shared = std::make_unique<Recorded<S>>();
        for (auto _ : state) {
            mine.set(x);
            shared->lock.write(shared->record, mine);
            x = chain(x, shape.outside);
        }
        shared.reset();
    } else {
        for (auto _ : state)
            shared->lock.read(mine, shared->record);
        state.SetItemsProcessed(state.iterations());
    }
}

} // namespace wbench

#endif
