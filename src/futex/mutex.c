/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: one futex word, in one of two regimes.
 *
 * LIGHT: locking is one compare-and-swap from 0 to LOCKED, unlocking is a
 * plain store of 0 and a look at a table that only sleepers write (parked.c),
 * so that the pair costs one atomic instruction.  HEAVY: a mutex on which
 * somebody slept.  Unlocking is a compare-and-swap that learns, in the same
 * step, whether somebody is to be woken; at most one wake-up is in flight
 * [Dice17], and a waiter that has waited for too long reserves the lock
 * [Pizlo16].  A first sleeper makes it HEAVY; when it has been quiet for a
 * while it becomes LIGHT again.  Its states grow from the three-state
 * futex mutex [Drepper11].
 *
 * This file has what users call.  The states, and the proof, are in mutex.h;
 * who finds the lock taken waits in mutex_wait.c.
 *
 * ORDERS
 *  [M1] take        compare-and-swap acquire; pairs with [M2] and
 *                   inline/mutex.h:[M2]
 *  [M2] unlock_slow compare-and-swap release; pairs with [M1],
 *                   mutex_wait.c:[M1], inline/mutex.h:[M1], and the marks:
 *                   mutex_wait.c:[M4], mutex_fair.c:[M4], mutex_foreign.c:[M4]
 */
#include "futex/mutex.h"

#include "base/compiler.h"
#include "base/time.h"
#include "futex/parked.h"
#include "futex/relock.h"
#include "futex/sys.h"

/* -- Locking ------------------------------------------------------------ */

int weir_mutex_init(weir_mutex_t *m, unsigned flags)
{
    if (flags & ~WEIR_SHARED)
        return EINVAL;
    /* INIT, both: not shared yet; published by the caller. */
    weir_store_rlx_(&m->stamp, 0);
    weir_store_rlx_(&m->state, flags & WEIR_SHARED ? HEAVY | SHARED : 0);
    return 0;
}

extern inline int weir_mutex_lock(weir_mutex_t *m);
extern inline int weir_mutex_lock_with(weir_mutex_t *m,
                                       weir_deadline_t deadline,
                                       weir_token_t *token);
extern inline int weir_mutex_unlock(weir_mutex_t *m);

static bool try_take(weir_mutex_t *m)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&m->state);

    while (weir_mutex_is_free_(state, false))
        /* [M1] acquire; pairs with [M2] */
        if (weir_cas_acq_(&m->state, &state, weir_mutex_taken_(state)))
            return true;
    return weir_mutex_is_abandoned_(m, state) &&
           /* [M1] acquire; pairs with [M2] */
           weir_cas_acq_(&m->state, &state,
                         weir_mutex_taken_after_sleep_(state));
}

int weir_mutex_trylock(weir_mutex_t *m)
{
    return try_take(m) ? 0 : EBUSY;
}

static const struct weir_spin_plan usual_plan = {
    .budget_ns = WEIR_SPIN_MUTEX_NS,
    .longest = WEIR_SPIN_MUTEX_LONGEST,
    .yields = WEIR_SPIN_MUTEX_YIELDS,
};

/* For one of a crowd (relock.h): it spins for less. */
static const struct weir_spin_plan crowd_plan = {
    .budget_ns = WEIR_SPIN_CROWD_NS,
    .longest = WEIR_SPIN_CROWD_LONGEST,
    .yields = WEIR_SPIN_CROWD_YIELDS,
};

WEIR_COLD int weir_mutex_lock_slow_(weir_mutex_t *m, weir_deadline_t deadline)
{
    if (try_take(m))
        return 0;
    return weir_mutex_lock_contended_(m, weir_until_(deadline), &usual_plan);
}

void weir_mutex_relock_(weir_mutex_t *m)
{
    if (!try_take(m))
        (void)weir_mutex_lock_contended_(m, weir_until_(WEIR_FOREVER),
                                         &crowd_plan);
}

int weir_mutex_lock_until(weir_mutex_t *m, weir_deadline_t deadline)
{
    if (try_take(m))
        return 0;
    if (weir_expired_(deadline))
        return ETIMEDOUT;
    return weir_mutex_lock_contended_(m, weir_until_(deadline), &usual_plan);
}

WEIR_COLD int weir_mutex_lock_with_slow_(weir_mutex_t *m,
                                         weir_deadline_t deadline,
                                         weir_token_t *token)
{
    struct weir_until until;
    int result;

    if (try_take(m))
        return 0;
    until = weir_until_with_(deadline, token);
    result = weir_expired_(until.deadline)
                 ? ETIMEDOUT
                 : weir_mutex_lock_contended_(m, until, &usual_plan);
    return weir_until_why_(until, result);
}

/* -- Unlocking ---------------------------------------------------------- */

/* The word after an unlock of a HEAVY mutex; LIGHT again after a quiet
 * time. */
static uint32_t next_unlocked(weir_mutex_t *m, uint32_t state)
{
    uint32_t next = weir_mutex_unlocked_(state);

    if ((next & SHARED) || (state & (CONTENDED | RESERVED)))
        return next;
    next += QUIET_ONE;
    if ((next & QUIET_MASK) < WEIR_RELAX_QUIET * QUIET_ONE)
        return next;
    /* Not while a thread that was woken is in the table still: LIGHT unlocks
     * would all call for it.  HINT: a slot too late costs a call. */
    if (weir_load_rlx_(weir_parked_slot_(&m->state)) != 0)
        return next & ~QUIET_MASK;
    /* HINT: see the WORD block (mutex.h). */
    if (weir_may_relax_(weir_load_rlx_(&m->stamp)))
        return WEIR_MUTEX_FREE_;
    return next & ~QUIET_MASK;
}

WEIR_COLD int weir_mutex_unlock_slow_(weir_mutex_t *m)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&m->state);
    uint32_t next;

    do {
        if (!(state & LOCKED))
            return EPERM;
        next = state == LOCKED ? WEIR_MUTEX_FREE_ : next_unlocked(m, state);
        if (state & RESERVED)
            /* UNDER the lock: see weir_mutex_account_. */
            weir_store_rlx_(&m->stamp, weir_stamp_in_(0));
        /* [M2] release; pairs with [M1], mutex_wait.c:[M4]: the last access
         * (I2). */
    } while (!weir_cas_rel_(&m->state, &state, next));

    if (state == LOCKED)
        weir_mutex_unlock_parked_(&m->state);
    else if (weir_mutex_must_wake_(state))
        weir_futex_wake_(&m->state, 1,
                         state & RESERVED ? BIT_RESERVER : BIT_ANY,
                         state & SHARED);
    return 0;
}

bool weir_mutex_is_locked(const weir_mutex_t *m)
{
    /* HINT: stale when it returns, as its documentation says. */
    return weir_load_rlx_(&m->state) & LOCKED;
}
