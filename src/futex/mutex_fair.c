/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: handing it over to one that has waited for too long.
 *
 * A thread that was woken, did not get the lock, and began to wait
 * WEIR_MUTEX_FAIR_NS ago or more, reserves it, unless a reservation was made
 * within the last WEIR_MUTEX_FAIR_NS.  No lock or trylock succeeds between the
 * unlock that follows and its own.  It does so as soon as it runs, and spins:
 * the lock is handed to a thread that looks at it.  If it sleeps again all the
 * same, or became due meanwhile, a reservation costs a wake-up during which
 * nobody runs inside, hence one at a time, and no sooner than
 * WEIR_HANDOVER_SHARE times what the last one cost: where CPUs are short that
 * is the scheduler's latency, and handing over at any price would leave the
 * lock idle for most of the time.  The lock goes to waiters in the order in
 * which they slept.  While a woken thread spins it keeps WAKING, so that no
 * other is woken for nothing.
 *
 * A thread that waits with a token sleeps on several words, and the kernel
 * does not heed its bits then: an unlock that calls the reserver may choose it
 * instead.  So each time that it was woken, and the lock is free and reserved
 * for another, it calls the reserver itself, before anything else.  That call
 * may choose another of its kind; each of them stands behind the reserver when
 * it sleeps again, so that the reserver's turn comes.
 *
 * ORDERS
 *  [M4] reserve  compare-and-swap seq_cst; pairs with mutex.c:[M2], on the same
 *                word
 */
#include "futex/mutex.h"

#include "base/time.h"
#include "futex/sys.h"

void weir_mutex_account_(weir_mutex_t *m)
{
    /* UNDER the lock, both. */
    int64_t cost = weir_stamp_age_ns_(weir_load_rlx_(&m->stamp));
    int64_t pause = cost < 0 || cost > WEIR_HANDOVER_MAX_NS
                        ? WEIR_HANDOVER_MAX_NS * WEIR_HANDOVER_SHARE
                        : cost * WEIR_HANDOVER_SHARE;

    if (pause > WEIR_MUTEX_FAIR_NS)
        /* UNDER the lock */
        weir_store_rlx_(&m->stamp, weir_stamp_in_(pause - WEIR_MUTEX_FAIR_NS));
}

bool weir_mutex_is_due_(const struct weir_mutex_waiter *w, uint32_t state)
{
    return w->slept && !w->reserver && weir_mutex_may_reserve_(state) &&
           weir_now() >= w->due &&
           /* HINT: see the WORD block (mutex.h). */
           weir_stamp_age_ns_(weir_load_rlx_(&w->mutex->stamp)) >=
               WEIR_MUTEX_FAIR_NS;
}

void weir_mutex_note_reserver_(struct weir_mutex_waiter *w)
{
    w->reserver = true;
    /* HINT: see the WORD block (mutex.h). */
    weir_store_rlx_(&w->mutex->stamp, weir_stamp_in_(0));
}

void weir_mutex_reserve_running_(struct weir_mutex_waiter *w)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&w->mutex->state);

    while (weir_mutex_is_due_(w, state))
        /* [M4] seq_cst; pairs with mutex.c:[M2] */
        if (weir_cas_sc_(&w->mutex->state, &state,
                         (state | RESERVED) & ~QUIET_MASK)) {
            weir_mutex_note_reserver_(w);
            return;
        }
}

void weir_mutex_pass_on_(weir_mutex_t *m)
{
    /* HINT: the lock is free and reserved, or the wake-up was another. */
    uint32_t state = weir_load_rlx_(&m->state);

    if ((state & (RESERVED | LOCKED)) == RESERVED)
        weir_futex_wake_(&m->state, 1, BIT_RESERVER, state & SHARED);
}
