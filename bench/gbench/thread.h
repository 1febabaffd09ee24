/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The thread cases as Google Benchmark runs them: in one of its threads,
 * which starts and joins the others.
 */
#ifndef WEIR_BENCH_GBENCH_THREAD_H
#define WEIR_BENCH_GBENCH_THREAD_H

#include "cases/thread.h"

#include <benchmark/benchmark.h>

namespace wbench {

template <class T>
void gbench_thread(benchmark::State &state, const Shape &shape)
{
    std::vector<T> threads(shape.threads);

    for (auto _ : state)
        if (state.thread_index() == 0 && !start_and_join(threads))
            state.SkipWithError("a thread gave back something else");
    if (state.thread_index() == 0)
        state.SetItemsProcessed(state.iterations() * shape.threads);
}

} // namespace wbench

#endif
