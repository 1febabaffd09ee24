/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * One sleep on a futex word, with the rules that all sleepers share.
 */
#ifndef WEIR_FUTEX_PARK_H
#define WEIR_FUTEX_PARK_H

#include "base/time.h"
#include "base/tunables.h"
#include "futex/sys.h"
#include "futex/token.h"
#include "futex/until.h"

/* The half of a 64-bit word that threads sleep on, since the kernel compares
 * 32 bits: the lower one, wherever the machine keeps it.  Only the address is
 * used, by the kernel too when it wakes. */
static inline const WEIR_ATOMIC(uint32_t) *
weir_low_half_(const WEIR_ATOMIC(uint64_t) *word)
{
    const WEIR_ATOMIC(uint32_t) *half = (const void *)word;

    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? half + 1 : half;
}

/* Sleep while *word == expected, as weir_futex_wait_, or until the token is
 * cancelled, which counts as a deadline that passed; then wake-ups for any
 * bits may choose this sleeper (token.c).  But where a wake-up
 * may never come (a shared object, whose waker may be killed; a sleeper that
 * is not sure that releasers saw it) only for a bounded time, after which
 * the caller is told to look again. */
static inline enum weir_slept weir_park_(const WEIR_ATOMIC(uint32_t) *word,
                                         uint32_t expected,
                                         struct weir_until until, uint32_t bits,
                                         bool shared, bool sure)
{
    weir_deadline_t deadline = until.deadline;
    enum weir_slept slept;

    if (!sure)
        deadline = weir_sooner_(deadline, WEIR_UNSURE_SLICE_NS);
    else if (shared)
        deadline = weir_sooner_(deadline, WEIR_SHARED_SLICE_NS);
    if (until.token == NULL)
        slept = weir_futex_wait_(word, expected, deadline, bits, shared);
    else
        slept = weir_token_park_(
            until.token, &(struct weir_futex_word){word, expected, shared},
            deadline, bits);
    if (slept == WEIR_SLEPT_EXPIRED && deadline != until.deadline &&
        (until.token == NULL || !weir_until_over_(until)))
        return WEIR_SLEPT_WOKEN;
    return slept;
}

#endif
