/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the files of the mutex share: its word, and the proof.
 *
 *   mutex.c          what users call
 *   mutex_wait.c     waiting for it
 *   mutex_fair.c     handing it over
 *   mutex_foreign.c  waiting for it and other objects at once
 *
 * WORD weir_mutex_t.state, 32 bits, futex word: yes, initial: 0, all-zero
 * valid: yes
 *  bits  name         meaning                  set by       cleared by
 *  0     LOCKED       held                     lock         unlock
 *  1     HEAVY        unlock must use a CAS    sleeper      quiet unlock
 *  2     SHARED       process-shared           init         never
 *  3     LIGHT_OWNER  HEAVY was set while held sleeper      unlock
 *                     by a LIGHT owner, who
 *                     may be about to store 0
 *  4     CONTENDED    a thread may sleep       sleeper      unlock that wakes
 *  5     WAKING       a wake-up is in flight   unlock       whoever looks next
 *  6     RESERVED     only the thread that     sleeper      that thread
 *                     set it may lock
 *  8-15  QUIET        unlocks since somebody   unlock       sleeper, unlock
 *                     slept
 *  If stale: CONTENDED and WAKING may be set in vain; CONTENDED must not be
 *  missing unless WAKING is set or a woken thread is on its way.
 *  LEGAL  0 | LOCKED | HEAVY with any of the others, but LIGHT_OWNER only
 *         with LOCKED, and QUIET only without CONTENDED
 *  MOVES  lock      0 > LOCKED; HEAVY > HEAVY+LOCKED;
 *                   after a sleep also + CONTENDED - WAKING - own RESERVED
 *         to sleep  LOCKED > LOCKED+HEAVY+LIGHT_OWNER+CONTENDED;
 *                   HEAVY > + CONTENDED - WAKING - QUIET, + RESERVED if due
 *         woken     HEAVY+LOCKED > + RESERVED - QUIET, if due
 *         unlock    LOCKED > 0 (store, also over LIGHT_OWNER);
 *                   HEAVY: - LOCKED - LIGHT_OWNER, and then
 *                   CONTENDED and not WAKING > - CONTENDED + WAKING, wake 1;
 *                   RESERVED > wake the thread that reserved;
 *                   neither > QUIET + 1, or all 0 when it was quiet enough
 *         give up   own RESERVED > cleared; else no move
 *  INV  I1 if a thread sleeps and the lock is free, then a wake-up call for
 *       it is under way, or a thread that was woken has not looked yet.
 *       I2 the releasing store is the unlocker's last access.
 *
 * WORD weir_mutex_t.stamp, 32 bits, not slept on (revoke.h): the last
 * revocation; while RESERVED, the unlock that waits for the reserver; then
 * the earliest time at which a reservation costs no more than its share, less
 * WEIR_MUTEX_FAIR_NS.  If stale: the mutex relaxes, or is handed over, early
 * or late, once.
 *
 * Why no wake-up is lost (I1).
 *  1. A thread sleeps on the exact word that it has just written or found,
 *     which has LOCKED or another's RESERVED, has CONTENDED, and has no
 *     WAKING.  The kernel compares again: any move since then keeps it awake.
 *  2. HEAVY.  The unlock that ends LOCKED sees CONTENDED in the same step,
 *     unless an earlier unlock took it and set WAKING instead.  The former
 *     sets WAKING and makes the call.  It wakes a sleeper, or there is none:
 *     those that were about to sleep fail the comparison, because the word
 *     changed.
 *  3. While WAKING stands no unlock makes a call.  It stands for a woken
 *     thread that has not looked yet (or for nobody, when nobody slept).
 *     That thread locks, with CONTENDED set for those behind it, or sets
 *     CONTENDED and clears WAKING before it sleeps again.  And a thread that
 *     comes to sleep clears WAKING too, so that one set for nobody, or for a
 *     thread that was killed, keeps nobody asleep: at worst a call too many.
 *  4. A thread gives up only when its own sleep timed out, which means that
 *     the kernel did not choose it for a wake-up; and after 1 its CONTENDED
 *     stands, or an unlock has taken it and woken another.
 *  5. LIGHT.  The owner may have read LOCKED and be about to store 0 over
 *     whatever sleepers write.  Then CONTENDED is lost, but the owner's look
 *     at the table follows its store: each thread that sleeps under
 *     LIGHT_OWNER has entered itself there before it looked at the word for
 *     the last time, and stays there until it holds the lock or gives up;
 *     parked.c shows that the owner sees it, and wakes one.  The woken thread
 *     is as in 3.  LIGHT_OWNER tells later sleepers that they must enter too;
 *     it goes with the owner, at a compare-and-swap or under the store.
 *     A thread that fell asleep under HEAVY is not in the table, and may
 *     depend on one that was woken before the mutex became LIGHT.  If that one
 *     gives up it leaves the table, so it wakes another, which enters.
 *  6. RESERVED is set only under LOCKED and HEAVY without LIGHT_OWNER, so
 *     that no store can wipe it.  Each unlock under it wakes the reserving
 *     thread by a bit of its own.  Others that look meanwhile sleep as in 1,
 *     and are behind it as in 3.  If its owner gives up under LOCKED it
 *     clears it, leaving CONTENDED; if the lock is free it takes it.
 *  7. Shared: the waker may be killed before its call.  Sleepers look again
 *     every WEIR_SHARED_SLICE_NS, and one that finds the lock free but
 *     RESERVED, and the stamp as old as that, takes it.  A shared mutex is
 *     never LIGHT.
 */
#ifndef WEIR_FUTEX_MUTEX_H
#define WEIR_FUTEX_MUTEX_H

#include <weir/mutex.h>

#include "base/atomic.h"
#include "base/spin.h"
#include "base/tunables.h"
#include "futex/revoke.h"
#include "futex/until.h"

/* Short names: no others include this. */
#define LOCKED WEIR_MUTEX_LIGHT_
#define HEAVY 2u
#define SHARED WEIR_MUTEX_SHARED_
#define LIGHT_OWNER 8u
#define CONTENDED 16u
#define WAKING 32u
#define RESERVED 64u
#define QUIET_ONE 256u
#define QUIET_MASK 0xff00u

/* Sleepers' bits: a reserved wake-up is for the thread that reserved. */
#define BIT_ANY 1u
#define BIT_RESERVER 2u

WEIR_STATIC_ASSERT(WEIR_RELAX_QUIET <= QUIET_MASK / QUIET_ONE,
                   "QUIET can count that far");

/* -- The word: predicates and transitions, pure ------------------------- */

static inline bool weir_mutex_is_free_(uint32_t state, bool reserver)
{
    return !(state & LOCKED) && (reserver || !(state & RESERVED));
}

static inline uint32_t weir_mutex_taken_(uint32_t state)
{
    return state | LOCKED;
}

/* Taken by a thread that has slept: others may still. */
static inline uint32_t weir_mutex_taken_after_sleep_(uint32_t state)
{
    return (state & SHARED) | LOCKED | HEAVY | CONTENDED;
}

static inline uint32_t weir_mutex_to_sleep_(uint32_t state, bool reserve)
{
    if (state == LOCKED)
        return LOCKED | HEAVY | LIGHT_OWNER | CONTENDED;
    state = (state | HEAVY | CONTENDED) & ~(WAKING | QUIET_MASK);
    return reserve ? state | RESERVED : state;
}

static inline bool weir_mutex_may_reserve_(uint32_t state)
{
    return (state & LOCKED) && (state & HEAVY) &&
           !(state & (LIGHT_OWNER | RESERVED));
}

static inline bool weir_mutex_must_wake_(uint32_t state)
{
    return (state & RESERVED) || (state & (CONTENDED | WAKING)) == CONTENDED;
}

static inline uint32_t weir_mutex_unlocked_(uint32_t state)
{
    state &= ~(LOCKED | LIGHT_OWNER);
    if ((state & RESERVED) || !(state & CONTENDED) || (state & WAKING))
        return state;
    return (state & ~CONTENDED) | WAKING;
}

/* Shared, free, but reserved since long by a thread that does not come: it
 * was killed.  Not pure: it looks at the stamp and the clock. */
static inline bool weir_mutex_is_abandoned_(const weir_mutex_t *m,
                                            uint32_t state)
{
    return (state & (SHARED | RESERVED | LOCKED)) == (SHARED | RESERVED) &&
           /* HINT: the time of the unlock that set it free; too late or too
            * early is unfair, once. */
           weir_stamp_age_ns_(weir_load_rlx_(&m->stamp)) >=
               WEIR_SHARED_SLICE_NS;
}

/* -- mutex_wait.c ------------------------------------------------------- */

struct weir_mutex_waiter {
    weir_mutex_t *mutex;
    const struct weir_spin_plan *plan; /* how to spin for it */
    struct weir_until until;
    weir_deadline_t due; /* when it may reserve */
    bool slept;
    bool parked;   /* is in the table */
    bool sure;     /* owners that release by a store will see it there */
    bool reserver; /* has set RESERVED */
};

/* Lock *m, which is not free: 0, or ETIMEDOUT. */
int weir_mutex_lock_contended_(weir_mutex_t *m, struct weir_until until,
                               const struct weir_spin_plan *plan);

/* Take the lock if it is free for this thread; true if taken, else *state
 * is what was found. */
bool weir_mutex_take_(struct weir_mutex_waiter *w, uint32_t *state);

/* Announce that this thread will sleep on *state, which becomes the word to
 * sleep on; false if it changed. */
bool weir_mutex_mark_(struct weir_mutex_waiter *w, uint32_t *state);

/* Under an owner that may release by a plain store: enter the table, and
 * look again.  False if the word changed. */
bool weir_mutex_be_seen_(struct weir_mutex_waiter *w, uint32_t state);

/* -- mutex_fair.c ------------------------------------------------------- */

/* Whether this thread has waited long enough to reserve the lock. */
bool weir_mutex_is_due_(const struct weir_mutex_waiter *w, uint32_t state);

/* This thread has set RESERVED. */
void weir_mutex_note_reserver_(struct weir_mutex_waiter *w);

/* Woken, and running: if it is due, the next unlock hands the lock over to a
 * thread that looks at it, at the cost of no wake-up. */
void weir_mutex_reserve_running_(struct weir_mutex_waiter *w);

/* This thread, which had reserved the lock, has got it: see to it that the
 * next hand-over keeps to its share. */
void weir_mutex_account_(weir_mutex_t *m);

/* Woken in a sleep that heeds no bits (token.c): if it was in place of the
 * thread that the lock is reserved for, wake that. */
void weir_mutex_pass_on_(weir_mutex_t *m);

#endif
