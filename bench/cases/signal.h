/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slices of the semaphore and event cases.  Contestants are a class S with
 *
 *   explicit S(unsigned value);
 *   void post();
 *   void wait();
 *
 * and a class E with
 *
 *   E();              not set
 *   void set();
 *   void clear();
 *   void wait();
 */
#ifndef WEIR_BENCH_CASES_SIGNAL_H
#define WEIR_BENCH_CASES_SIGNAL_H

#include "harness/team.h"

#include <cinttypes>

namespace wbench {

/* One op is a wait and a post by one thread. */
template <class S>
Slice sem_uncontended(const Shape &, int64_t slice_ns)
{
    struct alignas(kLine) Alone {
        S sem{1};
    };
    const auto alone = std::make_unique<Alone>();
    S &sem = alone->sem;

    return run_chunks(slice_ns, 2048, [&sem] {
        sem.wait();
        sem.post();
    });
}

/* One direction of a ping-pong: the ball is plain data that the signal
 * publishes, on the same line, so that there is one line to move. */
template <class S>
struct alignas(kLine) SemWay {
    S sem{0};
    uint64_t ball = 0;

    void send(uint64_t value)
    {
        ball = value;
        sem.post();
    }
    uint64_t receive()
    {
        sem.wait();
        return ball;
    }
};

template <class E>
struct alignas(kLine) EventWay {
    E event;
    uint64_t ball = 0;

    void send(uint64_t value)
    {
        ball = value;
        event.set();
    }
    uint64_t receive()
    {
        event.wait();
        event.clear();
        return ball;
    }
};

inline constexpr uint64_t kLastBall = UINT64_MAX;

/* One op is a round trip: there through one, back through another. */
template <class Way>
Slice pingpong(const Shape &shape, int64_t slice_ns)
{
    const auto there = std::make_unique<Way>();
    const auto back = std::make_unique<Way>();
    uint64_t wrong = 0;
    Team team(shape, 2);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        const int64_t overhead = clock_overhead_ns();

        if (index == 1) {
            uint64_t ball;
            do {
                ball = there->receive();
                back->send(~ball);
            } while (ball != kLastBall);
            return;
        }
        uint64_t number = 0;
        const auto trip = [&] {
            there->send(++number);
            wrong += back->receive() != ~number;
        };
        run_batches(tally, stop, 0, trip, [&] {
            const int64_t before = now_ns();
            trip();
            return now_ns() - before - overhead;
        });
        there->send(kLastBall);
        back->receive();
    });

    Slice slice = team.sum();
    if (wrong != 0)
        slice.fail("%" PRIu64 " answers did not match their question", wrong);
    return slice;
}

} // namespace wbench

#endif
