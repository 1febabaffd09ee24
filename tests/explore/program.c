/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What programs call: setup, threads and check.
 */
#include "engine.h"

#include <stdlib.h>

int weir_explore_self(void)
{
    return ex_.active && ex_.self != NOBODY ? (int)ex_.self : -1;
}

uint32_t weir_explore_tid(void)
{
    return (uint32_t)(weir_explore_self() + 1);
}

bool weir_explore_was_killed(int thread)
{
    return thread >= 0 && thread < THREADS && ex_.threads[thread].killed;
}

void weir_explore_yield(void)
{
    if (ex_.active)
        explore_yield_();
}

uint32_t weir_explore_choose(uint32_t n)
{
    if (!ex_.active || n < 2)
        return 0;
    return explore_choose_(false, n, NULL, UINT32_MAX);
}

void weir_explore_fail_(const char *site)
{
    const char *bar = strchr(site, '|');

    if (!ex_.active) {
        (void)fprintf(stderr, "weir_explore_assert: %s\n", site);
        abort();
    }
    explore_fail_(WEIR_EXPLORE_ASSERTION, "%s%s%.*s%s",
                  bar != NULL ? bar + 1 : "", bar != NULL ? " (" : "",
                  bar != NULL ? (int)(bar - site) : (int)strlen(site), site,
                  bar != NULL ? ")" : "");
}

static int as_error(enum slept slept)
{
    switch (slept) {
    case SLEPT_CHANGED: return EAGAIN;
    case SLEPT_EXPIRED: return ETIMEDOUT;
    default: return 0;
    }
}

int weir_explore_futex_wait(const uint32_t *word, uint32_t expected,
                            weir_deadline_t deadline, uint32_t bits,
                            bool shared)
{
    return as_error(explore_wait_(word, expected, deadline, bits, shared));
}

int weir_explore_futex_wait_any(const struct weir_explore_futex_word *words,
                                unsigned n, weir_deadline_t deadline,
                                unsigned *which)
{
    *which = n;
    if (ex_.options.no_wait_any)
        return ENOSYS;
    return as_error(explore_wait_any_(words, n, deadline, which));
}

int weir_explore_futex_wake(const uint32_t *word, int count, uint32_t bits,
                            bool shared)
{
    return explore_wake_(word, count, bits, shared);
}

bool weir_explore_membarrier(void)
{
    return explore_membarrier_();
}
