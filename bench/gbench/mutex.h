/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The mutex cases as Google Benchmark runs them: one contestant at a time,
 * the number of iterations chosen by the library.
 */
#ifndef WEIR_BENCH_GBENCH_MUTEX_H
#define WEIR_BENCH_GBENCH_MUTEX_H

#include "cases/mutex.h"

#include <benchmark/benchmark.h>

namespace wbench {

template <class M>
void gbench_mutex_uncontended(benchmark::State &state, const Shape &)
{
    Guarded<M> guarded;

    for (auto _ : state) {
        guarded.mutex.lock();
        guarded.mutex.unlock();
    }
    state.SetItemsProcessed(state.iterations());
}

/* Thread 0 makes the object before the first, and drops it after the last
 * iteration; the loop begins and ends with a rendezvous of all threads. */
template <class M>
void gbench_mutex_contended(benchmark::State &state, const Shape &shape)
{
    static std::unique_ptr<Guarded<M>> shared;
    uint64_t x = static_cast<uint64_t>(state.thread_index());

    if (state.thread_index() == 0)
        shared = std::make_unique<Guarded<M>>();
    for (auto _ : state) {
        shared->mutex.lock();
        shared->work(shape.inside);
        shared->mutex.unlock();
        x = chain(x, shape.outside);
    }
    state.SetItemsProcessed(state.iterations());
    if (state.thread_index() == 0)
        shared.reset();
}

template <class M>
void gbench_mutex_contended_apart(benchmark::State &state, const Shape &shape)
{
    Guarded<M> own;
    uint64_t x = static_cast<uint64_t>(state.thread_index());

    for (auto _ : state) {
        own.mutex.lock();
        own.work(shape.inside);
        own.mutex.unlock();
        x = chain(x, shape.outside);
    }
    state.SetItemsProcessed(state.iterations());
}

} // namespace wbench

#endif
