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
 * while it becomes LIGHT again.  The states below grow from the three-state
 * futex mutex [Drepper11].
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
 *
 * Fairness: a thread that was woken, did not get the lock, and began to wait
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
 *  [M1] take        compare-and-swap acquire; pairs with [M2] and
 *                   inline/mutex.h:[M2]
 *  [M2] unlock_slow compare-and-swap release; pairs with [M1], [M4] and
 *                   inline/mutex.h:[M1]
 *  [M3] sleep       entry in the table, barrier, second look; pairs with
 *                   inline/mutex.h:[M3]
 *  [M4] mark        compare-and-swap seq_cst that announces a sleeper; pairs
 *                   with [M2], on the same word
 */
#include <weir/mutex.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/foreign.h"
#include "futex/park.h"
#include "futex/parked.h"
#include "futex/relock.h"
#include "futex/revoke.h"

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

struct waiter {
    weir_mutex_t *mutex;
    const struct weir_spin_plan *plan; /* how to spin for it */
    struct weir_until until;
    weir_deadline_t due; /* when it may reserve */
    bool slept;
    bool parked;   /* is in the table */
    bool sure;     /* owners that release by a store will see it there */
    bool reserver; /* has set RESERVED */
};

/* -- The word: predicates and transitions, pure ------------------------- */

static bool is_free(uint32_t state, bool reserver)
{
    return !(state & LOCKED) && (reserver || !(state & RESERVED));
}

static uint32_t state_taken(uint32_t state)
{
    return state | LOCKED;
}

/* Taken by a thread that has slept: others may still. */
static uint32_t state_taken_after_sleep(uint32_t state)
{
    return (state & SHARED) | LOCKED | HEAVY | CONTENDED;
}

static uint32_t state_to_sleep(uint32_t state, bool reserve)
{
    if (state == LOCKED)
        return LOCKED | HEAVY | LIGHT_OWNER | CONTENDED;
    state = (state | HEAVY | CONTENDED) & ~(WAKING | QUIET_MASK);
    return reserve ? state | RESERVED : state;
}

static bool may_reserve(uint32_t state)
{
    return (state & LOCKED) && (state & HEAVY) &&
           !(state & (LIGHT_OWNER | RESERVED));
}

static bool must_wake(uint32_t state)
{
    return (state & RESERVED) || (state & (CONTENDED | WAKING)) == CONTENDED;
}

static uint32_t state_unlocked(uint32_t state)
{
    state &= ~(LOCKED | LIGHT_OWNER);
    if ((state & RESERVED) || !(state & CONTENDED) || (state & WAKING))
        return state;
    return (state & ~CONTENDED) | WAKING;
}

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

/* Shared, free, but reserved since long by a thread that does not come: it
 * was killed. */
static bool is_abandoned(const weir_mutex_t *m, uint32_t state)
{
    return (state & (SHARED | RESERVED | LOCKED)) == (SHARED | RESERVED) &&
           /* HINT: the time of the unlock that set it free; too late or too
            * early is unfair, once. */
           weir_stamp_age_ns_(weir_load_rlx_(&m->stamp)) >=
               WEIR_SHARED_SLICE_NS;
}

static bool try_take(weir_mutex_t *m)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&m->state);

    while (is_free(state, false))
        /* [M1] acquire; pairs with [M2] */
        if (weir_cas_acq_(&m->state, &state, state_taken(state)))
            return true;
    return is_abandoned(m, state) &&
           /* [M1] acquire; pairs with [M2] */
           weir_cas_acq_(&m->state, &state, state_taken_after_sleep(state));
}

int weir_mutex_trylock(weir_mutex_t *m)
{
    return try_take(m) ? 0 : EBUSY;
}

/* This thread, which had reserved the lock, has got it: see to it that the
 * next hand-over keeps to its share. */
static void account(weir_mutex_t *m)
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

/* Take the lock if it is free for this thread; true if taken, else *state
 * is what was found. */
static bool take(struct waiter *w, uint32_t *state)
{
    bool stolen = is_abandoned(w->mutex, *state);

    while (is_free(*state, w->reserver || stolen)) {
        uint32_t next = w->slept || stolen ? state_taken_after_sleep(*state)
                                           : state_taken(*state);

        /* [M1] acquire; pairs with [M2] */
        if (weir_cas_acq_(&w->mutex->state, state, next)) {
            if (w->reserver)
                account(w->mutex);
            return true;
        }
    }
    return false;
}

/* Spin, unless the lock is promised to another; true if that got it.  Also
 * where others sleep: a mutex that many use is held for moments, and a thread
 * that slept for it would be one more to wake (mutex/t16). */
static bool spin(struct waiter *w)
{
    struct weir_spin spin = weir_spin_begin_(w->plan);
    bool taken = false;

    do {
        /* HINT: checked by the compare-and-swap. */
        uint32_t state = weir_load_rlx_(&w->mutex->state);

        if ((state & RESERVED) && !w->reserver)
            break;
        taken = take(w, &state);
    } while (!taken && weir_spin_again_(&spin));
    weir_spin_end_(&spin);
    return taken;
}

/* Whether this thread has waited long enough to reserve the lock. */
static bool is_due(const struct waiter *w, uint32_t state)
{
    return w->slept && !w->reserver && may_reserve(state) &&
           weir_now() >= w->due &&
           /* HINT: see the WORD block. */
           weir_stamp_age_ns_(weir_load_rlx_(&w->mutex->stamp)) >=
               WEIR_MUTEX_FAIR_NS;
}

static void note_reserver(struct waiter *w)
{
    w->reserver = true;
    /* HINT: see the WORD block. */
    weir_store_rlx_(&w->mutex->stamp, weir_stamp_in_(0));
}

/* Woken, and running: if it is due, the next unlock hands the lock over to a
 * thread that looks at it, at the cost of no wake-up. */
static void reserve_running(struct waiter *w)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&w->mutex->state);

    while (is_due(w, state))
        /* [M4] seq_cst; pairs with [M2] */
        if (weir_cas_sc_(&w->mutex->state, &state,
                         (state | RESERVED) & ~QUIET_MASK)) {
            note_reserver(w);
            return;
        }
}

/* Announce that this thread will sleep on *state, which becomes the word to
 * sleep on; false if it changed. */
static bool mark(struct waiter *w, uint32_t *state)
{
    bool reserve;
    uint32_t next;

    /* Its reservation was taken for one of a thread that is gone (7). */
    if (!(*state & RESERVED))
        w->reserver = false;
    reserve = is_due(w, *state);
    next = state_to_sleep(*state, reserve);
    /* [M4] seq_cst; pairs with [M2] */
    if (next != *state && !weir_cas_sc_(&w->mutex->state, state, next))
        return false;
    if (reserve)
        note_reserver(w);
    *state = next;
    return true;
}

/* Under an owner that may release by a plain store: enter the table, and
 * look again.  False if the word changed. */
static bool be_seen(struct waiter *w, uint32_t state)
{
    if (!w->parked) {
        w->parked = true;
        w->sure = weir_parked_enter_(&w->mutex->state);
        /* HINT: read when the mutex may relax. */
        weir_store_rlx_(&w->mutex->stamp, weir_stamp_in_(0));
    }
    /* [M3] the second look, after the barrier in weir_parked_enter_. */
    return weir_load_sc_(&w->mutex->state) == state;
}

/* The deadline passed in its own sleep: clear its reservation.  True if the
 * lock was free, and taken. */
static bool give_up(struct waiter *w)
{
    /* HINT: checked by the compare-and-swaps. */
    uint32_t state = weir_load_rlx_(&w->mutex->state);

    for (;;) {
        if (take(w, &state))
            return true;
        if (!w->reserver || !(state & RESERVED))
            return false;
        /* [M4] seq_cst; pairs with [M2] */
        if (weir_cas_sc_(&w->mutex->state, &state, state & ~RESERVED))
            return false;
    }
}

/* Woken in a sleep that heeds no bits (token.c): if it was in place of the
 * thread that the lock is reserved for, wake that. */
static void pass_on(weir_mutex_t *m)
{
    /* HINT: the lock is free and reserved, or the wake-up was another. */
    uint32_t state = weir_load_rlx_(&m->state);

    if ((state & (RESERVED | LOCKED)) == RESERVED)
        weir_futex_wake_(&m->state, 1, BIT_RESERVER, state & SHARED);
}

/* Sleep once.  True if the deadline passed in that sleep. */
static bool sleep_once(struct waiter *w, uint32_t state)
{
    uint32_t bits = w->reserver ? BIT_ANY | BIT_RESERVER : BIT_ANY;
    bool shared = state & SHARED;
    enum weir_slept slept =
        weir_park_(&w->mutex->state, state, w->until, bits, shared,
                   w->sure || !(state & LIGHT_OWNER));

    w->slept = true;
    if (slept == WEIR_SLEPT_WOKEN && w->until.token != NULL && !w->reserver)
        pass_on(w->mutex);
    return slept == WEIR_SLEPT_EXPIRED;
}

static int lock_sleeping(struct waiter *w)
{
    for (;;) {
        /* HINT: checked by the compare-and-swaps, and by the kernel. */
        uint32_t state = weir_load_rlx_(&w->mutex->state);

        if (take(w, &state))
            return 0;
        if (!mark(w, &state))
            continue;
        if ((state & LIGHT_OWNER) && !be_seen(w, state))
            continue;
        if (sleep_once(w, state))
            return give_up(w) ? 0 : ETIMEDOUT;
        reserve_running(w);
        if (spin(w))
            return 0;
    }
}

static int lock_waiting(weir_mutex_t *m, struct weir_until until,
                        const struct weir_spin_plan *plan)
{
    struct waiter w = {.mutex = m, .plan = plan, .until = until};
    int result;

    if (spin(&w))
        return 0;
    w.due = weir_after(WEIR_MUTEX_FAIR_NS);
    result = lock_sleeping(&w);
    if (w.parked) {
        weir_parked_leave_(&m->state);
        if (result != 0)
            /* Keeps I1: 5. says for whom. */
            weir_futex_wake_(&m->state, 1, WEIR_BITS_ALL, false);
    }
    return result;
}

static const struct weir_spin_plan usual_plan = {
    .budget_ns = WEIR_SPIN_MUTEX_NS,
    .longest = WEIR_SPIN_MUTEX_LONGEST,
    .yields = WEIR_SPIN_MUTEX_YIELDS,
};

static int lock_contended(weir_mutex_t *m, struct weir_until until)
{
    weir_deadline_t begun = weir_trace_contended_begin_(m);
    int result = lock_waiting(m, until, &usual_plan);

    weir_trace_contended_end_(m, begun);
    return result;
}

WEIR_COLD int weir_mutex_lock_slow_(weir_mutex_t *m, weir_deadline_t deadline)
{
    return try_take(m) ? 0 : lock_contended(m, weir_until_(deadline));
}

/* As any lock, but that it spins for less. */
void weir_mutex_relock_(weir_mutex_t *m)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_CROWD_NS,
        .longest = WEIR_SPIN_CROWD_LONGEST,
        .yields = WEIR_SPIN_CROWD_YIELDS,
    };
    weir_deadline_t begun;

    if (try_take(m))
        return;
    begun = weir_trace_contended_begin_(m);
    (void)lock_waiting(m, weir_until_(WEIR_FOREVER), &plan);
    weir_trace_contended_end_(m, begun);
}

int weir_mutex_lock_until(weir_mutex_t *m, weir_deadline_t deadline)
{
    if (try_take(m))
        return 0;
    if (weir_expired_(deadline))
        return ETIMEDOUT;
    return lock_contended(m, weir_until_(deadline));
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
    result =
        weir_expired_(until.deadline) ? ETIMEDOUT : lock_contended(m, until);
    return weir_until_why_(until, result);
}

/* -- Unlocking ---------------------------------------------------------- */

/* The word after an unlock of a HEAVY mutex; LIGHT again after a quiet
 * time. */
static uint32_t next_unlocked(weir_mutex_t *m, uint32_t state)
{
    uint32_t next = state_unlocked(state);

    if ((next & SHARED) || (state & (CONTENDED | RESERVED)))
        return next;
    next += QUIET_ONE;
    if ((next & QUIET_MASK) < WEIR_RELAX_QUIET * QUIET_ONE)
        return next;
    /* Not while a thread that was woken is in the table still: LIGHT unlocks
     * would all call for it.  HINT: a slot too late costs a call. */
    if (weir_load_rlx_(weir_parked_slot_(&m->state)) != 0)
        return next & ~QUIET_MASK;
    /* HINT: see the WORD block. */
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
            /* UNDER the lock: see account(). */
            weir_store_rlx_(&m->stamp, weir_stamp_in_(0));
        /* [M2] release; pairs with [M1], [M4]: the last access (I2). */
    } while (!weir_cas_rel_(&m->state, &state, next));

    if (state == LOCKED)
        weir_mutex_unlock_parked_(&m->state);
    else if (must_wake(state))
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

/* -- A foreign waiter --------------------------------------------------- */

/* It never reserves: it may be taken with something else. */
static struct waiter foreign_waiter(const struct weir_foreign *f)
{
    struct waiter w = {
        .mutex = f->object,
        .due = WEIR_FOREVER,
        .slept = f->slept,
        .parked = f->parked,
        .sure = f->sure,
    };

    return w;
}

static int foreign_attempt(struct weir_foreign *f, bool last)
{
    struct waiter w = foreign_waiter(f);
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&w.mutex->state);

    (void)last;
    return take(&w, &state) ? 0 : EAGAIN;
}

static bool foreign_announce(struct weir_foreign *f, struct weir_words *words)
{
    struct waiter w = foreign_waiter(f);
    /* HINT: checked by the compare-and-swaps, and by the kernel. */
    uint32_t state = weir_load_rlx_(&w.mutex->state);
    bool seen;

    if (is_free(state, false) || !mark(&w, &state))
        return false;
    seen = !(state & LIGHT_OWNER) || be_seen(&w, state);
    f->parked = w.parked;
    f->sure = w.sure;
    if (!seen)
        return false;
    if ((state & LIGHT_OWNER) && !w.sure)
        words->unsure = true;
    weir_words_add_(words, &w.mutex->state, state, state & SHARED);
    return true;
}

static void foreign_woken(struct weir_foreign *f)
{
    pass_on(f->object);
}

/* It may have been woken, and leaves: those behind it get what it was for. */
static void make_good(weir_mutex_t *m)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&m->state);

    while ((state & HEAVY) && !is_free(state, false)) {
        uint32_t next = state_to_sleep(state, false);

        /* [M4] seq_cst; pairs with [M2] */
        if (next == state || weir_cas_sc_(&m->state, &state, next))
            return; /* CONTENDED stands, and no wake-up is in flight */
    }
    /* Free: the next may have it.  LIGHT: the next depends on this thread, and
     * enters the table (5). */
    weir_futex_wake_(&m->state, 1, BIT_ANY, state & SHARED);
}

static void foreign_withdraw(struct weir_foreign *f, bool won)
{
    weir_mutex_t *m = f->object;

    if (f->slept && !won)
        make_good(m);
    if (!f->parked)
        return;
    weir_parked_leave_(&m->state);
    if (!won)
        /* Keeps I1: 5. says for whom. */
        weir_futex_wake_(&m->state, 1, WEIR_BITS_ALL, false);
}

const struct weir_foreign_kind weir_mutex_foreign_ = {
    .attempt = foreign_attempt,
    .announce = foreign_announce,
    .woken = foreign_woken,
    .withdraw = foreign_withdraw,
};
