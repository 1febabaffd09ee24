/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slices of the condition cases.  A contestant is a class M, a lock with
 * two conditions 0 and 1:
 *
 *   void lock();
 *   void unlock();
 *   void wait(unsigned condition);       with the lock
 *   void signal(unsigned condition);
 *   void broadcast(unsigned condition);
 */
#ifndef WEIR_BENCH_CASES_COND_H
#define WEIR_BENCH_CASES_COND_H

#include "harness/team.h"

#include <cinttypes>

namespace wbench {

/* Two threads take turns. */
template <class M>
struct Turns {
    alignas(kLine) M monitor;
    uint64_t turn = 0; /* guarded by the lock, as is all below */
    bool over = false;

    /* Wait for the turn of thread me, and give it to the other; false if the
     * other has left. */
    bool take(unsigned me)
    {
        monitor.lock();
        while (turn % 2 != me && !over)
            monitor.wait(me);
        const bool mine = turn % 2 == me;
        turn += mine;
        monitor.signal(1 - me);
        monitor.unlock();
        return mine;
    }

    void leave()
    {
        monitor.lock();
        over = true;
        monitor.broadcast(0);
        monitor.broadcast(1);
        monitor.unlock();
    }
};

/* One op is a round trip: there and back again. */
template <class M>
Slice cond_pingpong(const Shape &shape, int64_t slice_ns)
{
    const auto turns = std::make_unique<Turns<M>>();
    Team team(shape, 2);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        const int64_t overhead = clock_overhead_ns();

        if (index == 1) {
            while (turns->take(1))
                ;
            return;
        }
        run_batches(
            tally, stop, 0, [&] { turns->take(0); },
            [&] {
                const int64_t before = now_ns();
                turns->take(0);
                return now_ns() - before - overhead;
            });
        turns->leave();
    });

    Slice slice = team.sum();
    const auto trips = static_cast<uint64_t>(slice.ops);

    if (turns->turn / 2 + 1 < trips || turns->turn / 2 > trips)
        slice.fail("%" PRIu64 " turns in %" PRIu64 " round trips", turns->turn,
                   trips);
    return slice;
}

/* One thread wakes all others, again and again. */
template <class M>
struct Rounds {
    alignas(kLine) M monitor; /* 0: a new round; 1: all have seen it */
    uint64_t round = 0;       /* guarded by the lock, as is all below */
    unsigned seen = 0;
    unsigned waiters;
    bool over = false;
    uint64_t wrong = 0;

    explicit Rounds(unsigned n) : waiters(n) {}

    void announce(bool last)
    {
        monitor.lock();
        round++;
        seen = 0;
        over = last;
        monitor.broadcast(0);
        while (seen < waiters)
            monitor.wait(1);
        monitor.unlock();
    }

    /* False: that was the last. */
    bool follow(uint64_t &known)
    {
        monitor.lock();
        while (round == known)
            monitor.wait(0);
        wrong += round != known + 1;
        known = round;
        if (++seen == waiters)
            monitor.signal(1);
        const bool more = !over;
        monitor.unlock();
        return more;
    }
};

/* One op is a broadcast, until the last has seen it. */
template <class M>
Slice cond_broadcast(const Shape &shape, int64_t slice_ns)
{
    const auto rounds = std::make_unique<Rounds<M>>(shape.threads);
    Team team(shape, shape.threads + 1);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        const int64_t overhead = clock_overhead_ns();
        uint64_t known = 0;

        if (index != 0) {
            while (rounds->follow(known))
                ;
            return;
        }
        do {
            const int64_t before = now_ns();
            rounds->announce(false);
            tally.latency.add(now_ns() - before - overhead);
            tally.ops++;
        } while (!stop());
        rounds->announce(true);
    });

    Slice slice = team.sum();
    if (rounds->wrong != 0)
        slice.fail("%" PRIu64 " rounds were missed", rounds->wrong);
    return slice;
}

} // namespace wbench

#endif
