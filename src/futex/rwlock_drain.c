/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: how a writer takes the bias back, and empties the table.
 *
 * Why the bias is safe: readers.c says why no reader of the table is missed, if
 * nobody gives the bias back before the table was seen to be empty.  BIASED is
 * set together with TABLED, by a reader that found neither.  TABLED is
 * cleared by the thread that set DRAINING, after its barrier and its look;
 * while DRAINING stands nobody else sets or clears any of the three.
 *
 * ORDERS
 *  [W4] drain  seq_cst compare-and-swaps: takes the bias before the barrier,
 *              hands on what the table's readers released; pairs with
 *              rwlock.c:[W1], rwlock_write.c:[W1], rwlock_read.c:[W5] and
 *              readers.c:[T1]
 */
#include "futex/rwlock.h"

#include "futex/readers.h"
#include "futex/revoke.h"

/* How long, before weir_may_relax_ begins to think about it, a lock stays
 * without bias whose revocation cost so much.  A revocation that was
 * preempted is not a measure. */
static int64_t inhibited_ns(int64_t cost)
{
    if (cost > WEIR_BIAS_COST_MAX_NS)
        cost = WEIR_BIAS_COST_MAX_NS;
    return cost * (WEIR_BIAS_SHARE - WEIR_REVOKE_SHARE);
}

/* This thread has done with the table: what is true no more. */
static void drained(weir_rwlock_t *l, uint64_t flags)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    unsigned wake;
    uint64_t next;

    do {
        next = weir_rw_settled_(state & ~flags, &wake);
        /* [W4] seq_cst; pairs with rwlock.c:[W1], rwlock_write.c:[W1] */
    } while (!weir_cas_sc_(&l->state, &state, next));
    weir_rw_call_(l, wake, false);
}

int weir_rw_drain_(struct weir_rw_waiter *w, bool queue,
                   struct weir_until until)
{
    weir_rwlock_t *l = w->lock;
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    bool joins = queue && !w->queued;
    uint64_t next;
    int64_t cost;
    bool empty;

    do {
        if (!weir_rw_must_drain_(state))
            return 0;
        if (joins && (state & WRITERS_WAITING) == WRITERS_WAITING)
            return EOVERFLOW;
        next = (state & ~BIASED) | DRAINING;
        if (joins)
            next += ONE_OF(WRITERS_WAITING);
        /* [W4] seq_cst; pairs with rwlock_read.c:[W5], readers.c:[T1] */
    } while (!weir_cas_sc_(&l->state, &state, next));
    w->queued |= joins;

    empty = weir_readers_await_(l, until, &cost);
    /* HINT: see the WORD block. */
    weir_store_rlx_(&l->stamp, weir_stamp_in_(inhibited_ns(cost)));
    drained(l, empty ? TABLED | DRAINING : DRAINING);
    return empty ? 0 : EBUSY;
}
