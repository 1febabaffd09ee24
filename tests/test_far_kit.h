/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Stores that stay in the store buffer for long: behind stores to lines that
 * another CPU has just written.  Each of those has to be fetched first, and
 * stores leave in order, so that a release that follows them is seen a
 * microsecond late, while loads that follow it are done at once.  That is
 * the time in which a missing barrier shows.
 */
#ifndef TEST_FAR_KIT_H
#define TEST_FAR_KIT_H

#include <weir/base.h>

#include "base/atomic.h"

#define FAR_LINES 48u

struct far_line {
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint32_t) word;
};

struct far {
    struct far_line lines[FAR_LINES];
};

/* The calling thread's CPU has the lines now, and nobody else.  For the side
 * that will look for the release. */
static inline void far_claim(struct far *far)
{
    for (unsigned i = 0; i < FAR_LINES; i++)
        (void)weir_fetch_add_rlx_(&far->lines[i].word, 1);
}

/* Right before the release. */
static inline void far_stores(struct far *far, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        weir_store_rlx_(&far->lines[i].word, count);
}

#endif
