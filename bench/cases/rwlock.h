/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slices of the read-write lock cases.  A contestant is a class R with
 *
 *   R();              an unlocked lock
 *   void rdlock();
 *   void rdunlock();
 *   void wrlock();
 *   void wrunlock();
 */
#ifndef WEIR_BENCH_CASES_RWLOCK_H
#define WEIR_BENCH_CASES_RWLOCK_H

#include "harness/team.h"

#include <cinttypes>

namespace wbench {

/* The lock and what it guards, on lines of their own. */
template <class R>
struct ReadGuarded {
    alignas(kLine) R lock;
    alignas(kLine) volatile uint64_t counter = 0;
    volatile uint64_t copy = 0;

    void read()
    {
        lock.rdlock();
        (void)counter;
        lock.rdunlock();
    }

    void write()
    {
        lock.wrlock();
        counter = counter + 1;
        copy = copy + 1;
        lock.wrunlock();
    }
};

/* Read lock and unlock: what a pair takes in each of the threads, which is flat
 * if they do not disturb each other. */
template <class R>
Slice rwlock_read(const Shape &shape, int64_t slice_ns)
{
    const auto guarded = std::make_unique<ReadGuarded<R>>();

    if (shape.threads == 1)
        return run_chunks(slice_ns, 2048, [&guarded] { guarded->read(); });

    Team team(shape, shape.threads);
    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        ReadGuarded<R> &shared = *guarded;
        const auto op = [&shared] { shared.read(); };
        const auto timed = [&shared] {
            const int64_t before = now_ns();
            shared.read();
            return now_ns() - before;
        };
        run_batches(tally, stop, index, op, timed);
    });
    Slice slice = team.sum();
    slice.ns_per_op *= shape.threads;
    return slice;
}

template <class R>
Slice rwlock_write(const Shape &, int64_t slice_ns)
{
    const auto guarded = std::make_unique<ReadGuarded<R>>();

    return run_chunks(slice_ns, 2048, [&guarded] { guarded->write(); });
}

/* One step in `one_in` is a write, at random. */
template <class R>
Slice rwlock_mixed(const Shape &shape, int64_t slice_ns)
{
    const auto guarded = std::make_unique<ReadGuarded<R>>();
    Team team(shape, shape.threads);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        ReadGuarded<R> &shared = *guarded;
        Random random(index + 100);
        const auto op = [&shared, &shape, &random] {
            if (random.next() % shape.one_in == 0)
                shared.write();
            else
                shared.read();
        };
        const auto timed = [&op] {
            const int64_t before = now_ns();
            op();
            return now_ns() - before;
        };
        run_batches(tally, stop, index, op, timed);
    });
    Slice slice = team.sum();
    slice.fairness = team.fairness(0, shape.threads);
    if (guarded->counter != guarded->copy)
        slice.fail("no mutual exclusion: counters are %" PRIu64 " and %" PRIu64,
                   guarded->counter, guarded->copy);
    return slice;
}

} // namespace wbench

#endif
