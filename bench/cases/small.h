/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slices of once, latch and sequence lock.  Contestants are
 *
 *   class O: void call();                   runs a function once
 *   class L: void reset(unsigned count);    nobody uses it
 *            void count_down(); void wait();
 *   class S: void read(Record &to, const Record &from);   of one state
 *            void write(Record &to, const Record &from);
 */
#ifndef WEIR_BENCH_CASES_SMALL_H
#define WEIR_BENCH_CASES_SMALL_H

#include "harness/team.h"

#include <cinttypes>

namespace wbench {

template <class O>
Slice once_done(const Shape &, int64_t slice_ns)
{
    const auto once = std::make_unique<O>();

    once->call();
    return run_chunks(slice_ns, 2048, [&once] { once->call(); });
}

/* One op is a round trip through two latches, each new to both threads: the
 * first thread resets a pair when both have done with it. */
template <class L>
struct LatchPair {
    alignas(kLine) L there;
    alignas(kLine) L back;

    void reset()
    {
        there.reset(1);
        back.reset(1);
    }
};

template <class L>
class LatchRing {
public:
    LatchRing()
    {
        for (LatchPair<L> &pair : pairs_)
            pair.reset();
    }

    void ask(uint64_t round)
    {
        LatchPair<L> &pair = pairs_[round % kPairs];
        pair.there.count_down();
        pair.back.wait();
        /* The one before: its answerer has come to this one. */
        if (round > 0)
            pairs_[(round - 1) % kPairs].reset();
    }

    void answer(uint64_t round)
    {
        LatchPair<L> &pair = pairs_[round % kPairs];
        pair.there.wait();
        pair.back.count_down();
    }

private:
    static constexpr unsigned kPairs = 4;
    LatchPair<L> pairs_[kPairs];
};

struct LastRound {
    alignas(kLine) std::atomic<uint64_t> number{UINT64_MAX};
};

template <class L>
Slice latch_pingpong(const Shape &shape, int64_t slice_ns)
{
    const auto ring = std::make_unique<LatchRing<L>>();
    LastRound last;
    Team team(shape, 2);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        const int64_t overhead = clock_overhead_ns();
        uint64_t round = 0;

        if (index == 1) {
            /* The number of the last is written before it is asked. */
            do
                ring->answer(round);
            while (last.number.load(std::memory_order_relaxed) != round++);
            return;
        }
        const auto trip = [&] { ring->ask(round++); };
        run_batches(tally, stop, 0, trip, [&] {
            const int64_t before = now_ns();
            trip();
            return now_ns() - before - overhead;
        });
        last.number.store(round, std::memory_order_relaxed);
        trip();
    });
    return team.sum();
}

/* What is read: half a cache line, all of one write. */
struct Record {
    uint64_t field[4] = {0, 0, 0, 0};

    void set(uint64_t value)
    {
        for (uint64_t &f : field)
            f = value;
    }
    bool is_whole() const
    {
        return field[0] == field[1] && field[0] == field[2] &&
               field[0] == field[3];
    }
};

template <class S>
struct Recorded {
    alignas(kLine) S lock;
    alignas(kLine) Record record;
};

template <class S>
Slice seqlock_read(const Shape &, int64_t slice_ns)
{
    const auto shared = std::make_unique<Recorded<S>>();
    Record mine;

    return run_chunks(slice_ns, 1024, [&shared, &mine] {
        shared->lock.read(mine, shared->record);
        asm volatile("" : : "g"(&mine) : "memory");
    });
}

/* All but the first thread read; the first writes, and then does something
 * else for as long as the shape says.  An op is a read. */
template <class S>
Slice seqlock_readers(const Shape &shape, int64_t slice_ns)
{
    const auto shared = std::make_unique<Recorded<S>>();
    std::atomic<uint64_t> torn{0};
    Team team(shape, shape.threads);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        const int64_t overhead = clock_overhead_ns();
        uint64_t wrong = 0;
        uint64_t x = index;
        Record mine;

        if (index == 0) {
            for (uint64_t i = 0; !stop(); i++) {
                mine.set(i);
                shared->lock.write(shared->record, mine);
                x = chain(x, shape.outside);
            }
            return;
        }
        const auto op = [&] {
            shared->lock.read(mine, shared->record);
            wrong += !mine.is_whole();
        };
        run_batches(tally, stop, index, op, [&] {
            const int64_t before = now_ns();
            op();
            return now_ns() - before - overhead;
        });
        torn += wrong;
    });

    Slice slice = team.sum();
    if (torn != 0)
        slice.fail("%" PRIu64 " reads were torn", torn.load());
    return slice;
}

} // namespace wbench

#endif
