/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The barrier cases as Google Benchmark runs them.  It gives every thread
 * the same number of iterations, which is what a barrier needs.
 */
#ifndef WEIR_BENCH_GBENCH_BARRIER_H
#define WEIR_BENCH_GBENCH_BARRIER_H

#include "cases/barrier.h"

#include <benchmark/benchmark.h>

namespace wbench {

template <class B>
void gbench_barrier(benchmark::State &state, const Shape &shape)
{
    static std::unique_ptr<B> shared;

    if (state.thread_index() == 0)
        shared = std::make_unique<B>(shape.threads);
    for (auto _ : state)
        shared->wait();
    if (state.thread_index() == 0) {
        state.SetItemsProcessed(state.iterations());
        shared.reset();
    }
}

} // namespace wbench

#endif
