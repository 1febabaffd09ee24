/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The condition cases as Google Benchmark runs them.  It gives every thread
 * the same number of iterations, which is what turns and rounds need.
 */
#ifndef WEIR_BENCH_GBENCH_COND_H
#define WEIR_BENCH_GBENCH_COND_H

#include "cases/cond.h"

#include <benchmark/benchmark.h>

namespace wbench {

template <class M>
void gbench_cond_pingpong(benchmark::State &state, const Shape &)
{
    static std::unique_ptr<Turns<M>> shared;
    const auto me = static_cast<unsigned>(state.thread_index());

    if (me == 0)
        shared = std::make_unique<Turns<M>>();
    for (auto _ : state)
        shared->take(me);
    if (me == 0) {
        state.SetItemsProcessed(state.iterations());
        shared.reset();
    }
}

template <class M>
void gbench_cond_broadcast(benchmark::State &state, const Shape &shape)
{
    static std::unique_ptr<Rounds<M>> shared;
    uint64_t known = 0;

    if (state.thread_index() == 0) {
        shared = std::make_unique<Rounds<M>>(shape.threads);
        for (auto _ : state)
            shared->announce(false);
        state.SetItemsProcessed(state.iterations());
        shared.reset();
    } else {
        for (auto _ : state)
            shared->follow(known);
    }
}

} // namespace wbench

#endif
