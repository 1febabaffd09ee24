/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Seeded randomness and the delays made of it.  The seed of a run comes from
 * WEIR_TEST_SEED, or from the clock; it is printed when a suite starts.
 */
#ifndef SUPPORT_RANDOM_H
#define SUPPORT_RANDOM_H

#include <stdint.h>

typedef struct support_random {
    uint64_t state;
} support_random_t;

uint64_t support_seed(void);

/* A stream of its own for each thread (or loop round) of a test. */
support_random_t support_random(unsigned stream);

uint64_t support_next(support_random_t *random);

/* 0 .. limit-1 */
uint32_t support_below(support_random_t *random, uint32_t limit);

/* Now and then lose some time, in one of the ways in which a thread can:
 * a few instructions, a yield, a sleep of up to 60 us.  Mostly nothing. */
void support_jitter(support_random_t *random);

/* Spin for about ns nanoseconds of CLOCK_MONOTONIC, yielding now and then. */
void support_delay_ns(int64_t ns);

#endif
