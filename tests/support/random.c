/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Seeded randomness (xorshift64*, a full period over non-zero states).
 */
#include "support/random.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

static uint64_t seed;

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Read before the first test is forked, so that all tests share one seed. */
__attribute__((constructor)) static void choose_seed(void)
{
    const char *text = getenv("WEIR_TEST_SEED");

    seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)clock_ns();
}

uint64_t support_seed(void)
{
    return seed;
}

support_random_t support_random(unsigned stream)
{
    support_random_t random = {seed + 0x9e3779b97f4a7c15u * (stream + 1u)};

    if (random.state == 0)
        random.state = 1;
    for (int i = 0; i < 8; i++)
        support_next(&random);
    return random;
}

uint64_t support_next(support_random_t *random)
{
    uint64_t x = random->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return x * 0x2545f4914f6cdd1du;
}

uint32_t support_below(support_random_t *random, uint32_t limit)
{
    return (uint32_t)(((support_next(random) >> 32) * limit) >> 32);
}

void support_jitter(support_random_t *random)
{
    uint32_t kind = support_below(random, 64);
    struct timespec pause = {0, support_below(random, 60000)};

    if (kind < 44)
        return;
    if (kind < 58) {
        for (uint32_t i = support_below(random, 300); i > 0; i--)
            __asm__ volatile("" ::: "memory");
        return;
    }
    if (kind < 63)
        sched_yield();
    else
        nanosleep(&pause, NULL);
}

void support_delay_ns(int64_t ns)
{
    int64_t end = clock_ns() + ns;

    for (unsigned i = 1; clock_ns() < end; i++)
        if (i % 64 == 0)
            sched_yield();
}
