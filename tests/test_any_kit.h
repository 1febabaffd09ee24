/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The seam (test_seam_kit.h) for sleeps on several words: they are counted, the
 * same hooks run, it is checked that they are as token.c says, and what the
 * kernel answers can be made up.
 */
#ifndef TEST_ANY_KIT_H
#define TEST_ANY_KIT_H

#include <weir/token.h>

#include "test_kernel_kit.h"
#include "test_seam_kit.h"

/* As src/futex/token.c has it. */
#define ANY_SLEEPERS 1u
#define ANY_CANCELLED 2u

/* A kernel's answer, made up. */
struct any_answer {
    enum weir_slept slept;
    unsigned which;
};

static _Thread_local const struct any_answer *any_answer;

/* Calls since any_reset, and what the last one was for. */
static WEIR_ATOMIC(long) any_waits;
static WEIR_ATOMIC(unsigned) any_words;
static WEIR_ATOMIC(weir_deadline_t) any_until;
static const WEIR_ATOMIC(uint32_t) *any_last;
/* Sleeps that ended by a wake-up of the last word. */
static WEIR_ATOMIC(long) any_chosen;

static inline void any_reset(void)
{
    seam_reset();
    any_answer = NULL;
    weir_store_rlx_(&any_waits, 0);
    weir_store_rlx_(&any_chosen, 0);
}

enum weir_slept __real_weir_futex_wait_any_(const struct weir_futex_word *words,
                                            unsigned n,
                                            weir_deadline_t deadline,
                                            unsigned *which);
enum weir_slept __wrap_weir_futex_wait_any_(const struct weir_futex_word *words,
                                            unsigned n,
                                            weir_deadline_t deadline,
                                            unsigned *which);

static inline enum weir_slept any_sleep(const struct weir_futex_word *words,
                                        unsigned n, weir_deadline_t deadline,
                                        unsigned *which)
{
    if (any_answer == NULL)
        return __real_weir_futex_wait_any_(
            words, n, seam.patient ? WEIR_FOREVER : deadline, which);
    *which = any_answer->which;
    return any_answer->slept;
}

enum weir_slept __wrap_weir_futex_wait_any_(const struct weir_futex_word *words,
                                            unsigned n,
                                            weir_deadline_t deadline,
                                            unsigned *which)
{
    enum weir_slept slept;

    weir_store_rlx_(&any_words, n);
    weir_store_rlx_(&any_until, deadline);
    any_last = words[n - 1].word;
    /* Hazard B12: all tokens are marked, and the kernel is to see to it that
     * none is cancelled. */
    for (unsigned i = 0; i + 1 < n; i++) {
        must_eq(words[i].expected, ANY_SLEEPERS);
        must(weir_load_sc_(words[i].word) & ANY_SLEEPERS);
    }
    (void)weir_fetch_add_rlx_(&any_waits, 1);
    seam_run(seam.before_wait);
    seam_lose_time();
    slept = any_sleep(words, n, deadline, which);
    if (slept == WEIR_SLEPT_WOKEN && *which == n - 1)
        (void)weir_fetch_add_rlx_(&any_chosen, 1);
    seam_lose_time();
    seam_run(seam.after_wait);
    return slept;
}

#endif
