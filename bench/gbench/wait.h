/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for any of several things, as Google Benchmark runs it.
 */
#ifndef WEIR_BENCH_GBENCH_WAIT_H
#define WEIR_BENCH_GBENCH_WAIT_H

#include "cases/wait.h"
#include "gbench/signal.h"

namespace wbench {

template <class A>
void gbench_any_ready(benchmark::State &state, const Shape &shape)
{
    A any(shape.capacity);

    for (unsigned i = 0; i < shape.capacity; i++)
        any.post(i);
    for (auto _ : state)
        any.post(any.wait());
    state.SetItemsProcessed(state.iterations());
}

template <class A>
void gbench_any_pingpong(benchmark::State &state, const Shape &shape)
{
    switch (shape.capacity) {
    case 1: return gbench_pingpong<AnyWay<A, 1>>(state, shape);
    case 2: return gbench_pingpong<AnyWay<A, 2>>(state, shape);
    case 8: return gbench_pingpong<AnyWay<A, 8>>(state, shape);
    default: return gbench_pingpong<AnyWay<A, 64>>(state, shape);
    }
}

} // namespace wbench

#endif
