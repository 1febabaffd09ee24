/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The queue cases as Google Benchmark runs them.  In one iteration each
 * producer puts as many elements as there are consumers, and the other way
 * round, so both sides of an uneven queue move the same number.
 */
#ifndef WEIR_BENCH_GBENCH_QUEUE_H
#define WEIR_BENCH_GBENCH_QUEUE_H

#include "cases/queue.h"

#include <benchmark/benchmark.h>

namespace wbench {

template <template <std::size_t> class Q, std::size_t Size>
void gbench_flow_of(benchmark::State &state, const Shape &shape)
{
    static std::unique_ptr<Q<Size>> shared;
    const bool producer =
        static_cast<unsigned>(state.thread_index()) < shape.producers;
    Element<Size> e;

    if (state.thread_index() == 0)
        shared = std::make_unique<Q<Size>>(shape.capacity);
    e.set(1);
    if (producer) {
        for (auto _ : state)
            for (unsigned i = 0; i < shape.consumers; i++)
                shared->put(e);
    } else {
        for (auto _ : state)
            for (unsigned i = 0; i < shape.producers; i++)
                shared->get(e);
        state.SetItemsProcessed(state.iterations() * shape.producers);
        state.SetBytesProcessed(state.iterations() * shape.producers *
                                static_cast<int64_t>(Size));
    }
    if (state.thread_index() == 0)
        shared.reset();
}

template <template <std::size_t> class Q>
void gbench_queue_flow(benchmark::State &state, const Shape &shape)
{
    switch (shape.elem_size) {
    case 8: gbench_flow_of<Q, 8>(state, shape); break;
    case 64: gbench_flow_of<Q, 64>(state, shape); break;
    case 1024: gbench_flow_of<Q, 1024>(state, shape); break;
    default: state.SkipWithError("this size is not compiled in");
    }
}

template <template <std::size_t> class Q>
void gbench_queue_pingpong(benchmark::State &state, const Shape &shape)
{
    static std::unique_ptr<Q<8>> there;
    static std::unique_ptr<Q<8>> back;
    Element<8> e;

    if (state.thread_index() == 0) {
        there = std::make_unique<Q<8>>(shape.capacity);
        back = std::make_unique<Q<8>>(shape.capacity);
        for (auto _ : state) {
            there->put(e);
            back->get(e);
        }
        state.SetItemsProcessed(state.iterations());
        there.reset();
        back.reset();
    } else {
        for (auto _ : state) {
            there->get(e);
            back->put(e);
        }
    }
}

template <template <std::size_t> class Q>
void gbench_queue_self(benchmark::State &state, const Shape &shape)
{
    Q<8> queue(shape.capacity);
    Element<8> e;

    for (auto _ : state) {
        queue.put(e);
        queue.get(e);
    }
    state.SetItemsProcessed(state.iterations());
}

} // namespace wbench

#endif
