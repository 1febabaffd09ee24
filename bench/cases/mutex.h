/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slices of the mutex cases.  A contestant is a class M with
 *
 *   M();              an unlocked mutex
 *   void lock();
 *   void unlock();
 *
 * and is compiled into the loops below; nothing is called through a table.
 */
#ifndef WEIR_BENCH_CASES_MUTEX_H
#define WEIR_BENCH_CASES_MUTEX_H

#include "harness/team.h"

#include <cinttypes>
#include <vector>

namespace wbench {

/* The lock and what it guards, on lines of their own, so that the size of
 * a lock does not decide what shares a line with it. */
template <class M>
struct Guarded {
    alignas(kLine) M mutex;
    alignas(kLine) volatile uint64_t counter = 0;

    void work(unsigned increments)
    {
        for (unsigned i = 0; i < increments; i++)
            counter = counter + 1;
    }
};

template <class M>
Slice mutex_uncontended(const Shape &, int64_t slice_ns)
{
    const auto guarded = std::make_unique<Guarded<M>>();
    M &mutex = guarded->mutex;

    return run_chunks(slice_ns, 2048, [&mutex] {
        mutex.lock();
        mutex.unlock();
    });
}

/* The threads share the objects in turn: all of them one, or each its own. */
template <class M>
Slice mutex_among(const Shape &shape, int64_t slice_ns, unsigned objects)
{
    std::vector<Guarded<M>> guarded(objects);
    const int64_t overhead = clock_overhead_ns();
    Team team(shape, shape.threads);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        Guarded<M> &shared = guarded[index % objects];
        uint64_t x = index;
        const auto op = [&shared, &shape, &x] {
            shared.mutex.lock();
            shared.work(shape.inside);
            shared.mutex.unlock();
            x = chain(x, shape.outside);
        };
        const auto timed = [&shared, &shape, &x, overhead] {
            const int64_t before = now_ns();
            shared.mutex.lock();
            const int64_t wait = now_ns() - before - overhead;
            shared.work(shape.inside);
            shared.mutex.unlock();
            x = chain(x, shape.outside);
            return wait;
        };
        run_batches(tally, stop, index, op, timed);
    });

    Slice slice = team.sum();
    const uint64_t expected = static_cast<uint64_t>(slice.ops) * shape.inside;
    uint64_t counted = 0;
    for (const Guarded<M> &each : guarded)
        counted += each.counter;
    slice.fairness = team.fairness(0, shape.threads);
    if (counted != expected)
        slice.fail("no mutual exclusion: counter is %" PRIu64
                   ", and should be %" PRIu64,
                   counted, expected);
    return slice;
}

template <class M>
Slice mutex_contended(const Shape &shape, int64_t slice_ns)
{
    return mutex_among<M>(shape, slice_ns, 1);
}

/* The same work by threads that have nothing to wait for: what is left is the
 * scheduler's share in the figures. */
template <class M>
Slice mutex_contended_apart(const Shape &shape, int64_t slice_ns)
{
    return mutex_among<M>(shape, slice_ns, shape.threads);
}

} // namespace wbench

#endif
