/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The read-write lock cases as Google Benchmark runs them.
 */
#ifndef WEIR_BENCH_GBENCH_RWLOCK_H
#define WEIR_BENCH_GBENCH_RWLOCK_H

#include "cases/rwlock.h"

#include <benchmark/benchmark.h>

namespace wbench {

/* Thread 0 makes the object before the first, and drops it after the last
 * iteration; the loop begins and ends with a rendezvous of all threads. */
template <class R, class Op>
void gbench_rwlock(benchmark::State &state, Op op)
{
    static std::unique_ptr<ReadGuarded<R>> shared;
    Random random(static_cast<uint64_t>(state.thread_index()) + 100);

    if (state.thread_index() == 0)
        shared = std::make_unique<ReadGuarded<R>>();
    for (auto _ : state)
        op(*shared, random);
    state.SetItemsProcessed(state.iterations());
    if (state.thread_index() == 0)
        shared.reset();
}

template <class R>
void gbench_rwlock_read(benchmark::State &state, const Shape &)
{
    gbench_rwlock<R>(state,
                     [](ReadGuarded<R> &shared, Random &) { shared.read(); });
}

template <class R>
void gbench_rwlock_write(benchmark::State &state, const Shape &)
{
    gbench_rwlock<R>(state,
                     [](ReadGuarded<R> &shared, Random &) { shared.write(); });
}

template <class R>
void gbench_rwlock_mixed(benchmark::State &state, const Shape &shape)
{
    gbench_rwlock<R>(state, [&shape](ReadGuarded<R> &shared, Random &random) {
        if (random.next() % shape.one_in == 0)
            shared.write();
        else
            shared.read();
    });
}

} // namespace wbench

#endif
