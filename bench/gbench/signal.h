/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The semaphore and event cases as Google Benchmark runs them.
 */
#ifndef WEIR_BENCH_GBENCH_SIGNAL_H
#define WEIR_BENCH_GBENCH_SIGNAL_H

#include "cases/signal.h"

#include <benchmark/benchmark.h>

namespace wbench {

template <class S>
void gbench_sem_uncontended(benchmark::State &state, const Shape &)
{
    S sem{1};

    for (auto _ : state) {
        sem.wait();
        sem.post();
    }
    state.SetItemsProcessed(state.iterations());
}

template <class Way>
void gbench_pingpong(benchmark::State &state, const Shape &)
{
    static std::unique_ptr<Way> there;
    static std::unique_ptr<Way> back;

    if (state.thread_index() == 0) {
        there = std::make_unique<Way>();
        back = std::make_unique<Way>();
        for (auto _ : state) {
            there->send(1);
            benchmark::DoNotOptimize(back->receive());
        }
        state.SetItemsProcessed(state.iterations());
        there.reset();
        back.reset();
    } else {
        for (auto _ : state)
            back->send(there->receive());
    }
}

} // namespace wbench

#endif
