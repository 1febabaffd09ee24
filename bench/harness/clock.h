/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Time, and loops whose cost is known: what runs inside a measurement.
 */
#ifndef WEIR_BENCH_CLOCK_H
#define WEIR_BENCH_CLOCK_H

#include <cstdint>
#include <ctime>

namespace wbench {

inline constexpr int64_t kSecond = 1000000000;
inline constexpr int64_t kMillisecond = 1000000;

inline int64_t clock_ns(clockid_t clock)
{
    timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * kSecond + t.tv_nsec;
}

inline int64_t now_ns()
{
    return clock_ns(CLOCK_MONOTONIC);
}

inline void sleep_until(int64_t deadline)
{
    timespec t;

    t.tv_sec = deadline / kSecond;
    t.tv_nsec = deadline % kSecond;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) != 0)
        ;
}

/* A chain of dependent steps that the compiler can neither drop nor
 * shorten: the work that a thread does outside its critical section. */
inline uint64_t chain(uint64_t x, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        asm volatile("" : "+r"(x));
    }
    return x;
}

/* Small and good enough to choose which operation is timed. */
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}

    uint64_t next()
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }

private:
    uint64_t state_;
};

/* What reading the clock twice costs: taken off each timed operation. */
int64_t clock_overhead_ns();

} // namespace wbench

#endif
