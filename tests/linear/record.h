/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Writing down what a thread does, for the judge.
 *
 *   linear_call(&lane);                        // just before the call
 *   result = weir_queue_tryput(q, &value);
 *   linear_returned(&lane, LINEAR_PUT, &value, 1, result == 0, result);
 *
 * Time is CLOCK_MONOTONIC, which no two CPUs disagree about.  A counter that
 * all threads raise would be exact, but each raise is a full fence and a
 * cache line that travels, and threads that meet there do not meet in the
 * queue.  An interval may be too wide, which makes the judge lenient, but not
 * too narrow: so the call begins only after the first reading is done, and
 * what it has loaded and exchanged is complete before the second.  A store of
 * the call may stay in the CPU's buffer a little longer; that is no harm,
 * since the queue's calls take effect in a compare-and-swap.
 */
#ifndef LINEAR_RECORD_H
#define LINEAR_RECORD_H

#include "linear/linear.h"
#include "support/support.h"

struct linear_lane {
    struct linear_op *ops;
    size_t count, room;
    uint64_t begin;
};

/* Room for so many elements; free ops when done. */
struct linear_lane linear_lane(size_t room);

/* Whether so many more elements fit. */
static inline bool linear_fits(const struct linear_lane *lane, size_t n)
{
    return lane->count + n <= lane->room;
}

static inline void linear_fence(void)
{
#if defined(__x86_64__)
    __asm__ volatile("lfence" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

uint64_t linear_clock(void);

static inline void linear_call(struct linear_lane *lane)
{
    lane->begin = linear_clock();
    linear_fence();
}

/* The call of n elements has moved the first done of them, and returned
 * result; the next one was refused, the rest not tried. */
void linear_returned(struct linear_lane *lane, enum linear_kind kind,
                     const uint64_t *values, size_t n, size_t done, int result);

/* One history of all lanes; free ops when done. */
struct linear_history linear_join(const struct linear_lane *lanes, size_t count,
                                  size_t capacity);

#endif
