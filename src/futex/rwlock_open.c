/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: where processes share it, those who are counted as waiting
 * may have been killed.
 *
 * Whoever finds that nobody holds the lock (or that a TURN does not end), and
 * that those it is to let in first have been counted for
 * WEIR_SHARED_SLICE_NS, opens it: it sets their count to 0, takes the lock if
 * it is free, and wakes all.  Those of them that live find that they are not
 * counted, and queue up again.  Where some had already, a count may be too low
 * or too high for a while; it never goes below 0, and as counts decide about
 * order alone, not about who holds the lock, that is unfair, once, or mended
 * in the same way.
 *
 * ORDERS
 *  [W1] take  compare-and-swap acquire; pairs with rwlock_read.c:[W2] and
 *             rwlock_write.c:[W2]
 */
#include "futex/rwlock.h"

#include "futex/revoke.h"

/* Shared, and this thread is kept out only by those who are to get in first,
 * and may have been killed. */
static bool is_gated(const struct weir_rw_waiter *w, uint64_t state)
{
    if (!(state & SHARED) || (state & WRITER))
        return false;
    return !(state & READ) || (w->write && (state & TURN));
}

/* Whether that has been so for long.  One look at the stamp: another may clear
 * it meanwhile, and it is of no age then. */
static bool is_kept_shut(weir_rwlock_t *l)
{
    /* HINT: see the WORD block. */
    uint32_t stamp = weir_load_rlx_(&l->stamp);

    if (stamp != 0)
        return weir_stamp_age_ns_(stamp) >= WEIR_SHARED_SLICE_NS;
    /* HINT: see the WORD block. */
    weir_store_rlx_(&l->stamp, weir_stamp_in_(0));
    return false;
}

bool weir_rw_open_(struct weir_rw_waiter *w, uint64_t state)
{
    bool taken = !(state & READ);
    unsigned wake;
    uint64_t next;

    if (!is_gated(w, state) || !is_kept_shut(w->lock))
        return false;
    next = state & ~(w->write ? READERS_WAITING : WRITERS_WAITING);
    if (taken)
        next = weir_rw_taken_(next, w->write, w->queued);
    next = weir_rw_settled_(next, &wake);
    /* [W1] acquire; pairs with rwlock_read.c:[W2], rwlock_write.c:[W2] */
    if (!weir_cas_acq_(&w->lock->state, &state, next))
        return false;
    weir_futex_wake_(weir_low_half_(&w->lock->state), INT_MAX, WEIR_BITS_ALL,
                     true);
    /* HINT: see the WORD block. */
    weir_store_rlx_(&w->lock->stamp, 0);
    return taken;
}
