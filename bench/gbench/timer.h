/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The timer cases as Google Benchmark runs them.
 */
#ifndef WEIR_BENCH_GBENCH_TIMER_H
#define WEIR_BENCH_GBENCH_TIMER_H

#include "cases/timer.h"

#include <benchmark/benchmark.h>

namespace wbench {

template <class T>
void gbench_timer_arm_cancel(benchmark::State &state, const Shape &shape)
{
    const auto timers = std::make_unique<T>();
    Deadlines deadlines;

    fill(*timers, deadlines, shape.capacity);
    for (auto _ : state) {
        timers->arm(deadlines.next());
        timers->cancel();
    }
    state.SetItemsProcessed(state.iterations());
}

} // namespace wbench

#endif
