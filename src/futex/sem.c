/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Semaphore: permits, their bound and the mark of sleepers in one word, so
 * that one compare-and-swap adds a permit, learns whether somebody is to be
 * woken, and is the last access to the object.  There is no count of sleepers:
 * the mark says that there may be some, and whoever was woken sets it again.
 *
 * WORD weir_sem_t.state, 64 bits, futex word: its lower half, initial: 0,
 * all-zero valid: yes (no permits, no bound, private)
 *  bits   name     meaning                      set by       cleared by
 *  0-30   VALUE    permits                      post         who takes
 *  31     WAITERS  a thread may sleep, and no   sleeper,     the post that
 *                  wake-up is in flight         who takes    wakes
 *                                               after sleep
 *  32-62  LESS     WEIR_SEM_MAX - max           init         never
 *  63     SHARED   process-shared               init         never
 *  If stale: the compare-and-swap fails.  WAITERS may be set in vain, which
 *  costs one call; it must not be missing unless a wake-up is in flight, or a
 *  woken thread is on its way.
 *  LEGAL  VALUE + LESS <= WEIR_SEM_MAX; WAITERS only with VALUE 0
 *  MOVES  take        VALUE - 1; after a sleep, if that leaves 0, + WAITERS,
 *                     and if it does not, wake 1
 *         to sleep    VALUE 0: + WAITERS
 *         post        VALUE + n, - WAITERS; if it was set, wake n
 *  INV  I1 if a thread sleeps, then WAITERS is set, or a call is under way, or
 *       a thread that a call has woken has not made good yet what it found.
 *       I2 the compare-and-swap that posts is the poster's last access, that
 *       which takes is the taker's: what follows uses the address only.
 *
 * Why no wake-up is lost (I1).
 *  1. A thread sleeps only while VALUE is 0 and WAITERS set: it has written or
 *     found both, and the kernel compares this half again as it puts it to
 *     sleep.  What the word was in between is of no matter (no count and no
 *     sequence number is compared): the two are all that a sleeper relies on.
 *  2. From such a state a permit comes only by a post that finds WAITERS,
 *     clears it in the same step, and makes a call.  It wakes somebody, or
 *     nobody sleeps: who was about to fails the comparison of 1, and looks.
 *  3. WAITERS clear, and somebody sleeps.  Then a call is under way, or a
 *     thread is that was woken by it; the others depend on that thread.  Posts
 *     meanwhile make no call.  Whatever it finds it makes good: there is
 *     nothing, so it sets WAITERS before it sleeps again; it takes the last
 *     permit, and sets WAITERS in the same step; it takes one and leaves some,
 *     and makes a call itself, which wakes the next, who does the same.  So
 *     permits that were posted in silence reach sleepers one after another.
 *  4. Who takes without having slept leaves WAITERS as it is: it was not woken,
 *     and nobody depends on it.  If it takes what another was woken for, that
 *     one finds nothing, as in 3.
 *  5. A thread gives up only when its own sleep timed out, which means that
 *     the kernel did not choose it for a call, so that nobody depends on it:
 *     after 1 its WAITERS stands, or a post has taken it and called another.
 *     One that was told that it was woken looks again, and sleeps again with
 *     WAITERS set, though its deadline has passed: then that sleep times out.
 *  6. A post is interrupted between its step and its call (a signal whose
 *     handler posts, a thread that is stopped): what is posted meanwhile makes
 *     no call, and is found by the thread that the late call wakes (3).  If
 *     threads slept again meanwhile, WAITERS is set again, and the late call is
 *     one too many.
 *  7. Shared: the poster may be killed before its call, or the woken thread
 *     before it has made good.  Sleepers look again every
 *     WEIR_SHARED_SLICE_NS, and take, or set WAITERS, as in 3.
 *
 * A foreign waiter, one that sleeps on several things at once, can sleep on
 * this half as well: it sets WAITERS in an exact state with VALUE 0, as
 * wait_sleeping() does, and if it may have been woken here it takes as one that
 * has slept, or, if it wants no permit any more, sets WAITERS where VALUE is 0
 * and wakes one where it is not.
 *
 * ORDERS
 *  [S1] take  compare-and-swap acquire; pairs with [S2] and
 *       inline/sem.h:[S2]: sees what was done before the permit.  All moves are
 *       read-modify-writes, so that a taker acquires from each post whose step
 *       came before its own
 *  [S2] post  compare-and-swap release; pairs with [S1] and inline/sem.h:[S1]
 */
#include <weir/sem.h>

#include <limits.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/foreign.h"
#include "futex/park.h"

#define VALUE WEIR_SEM_VALUE_
#define WAITERS WEIR_SEM_WAITERS_
#define LESS_SHIFT WEIR_SEM_LESS_SHIFT_
#define SHARED ((uint64_t)1 << 63)

WEIR_STATIC_ASSERT(WEIR_SEM_MAX <= INT_MAX, "the kernel can wake so many");

/* -- The word: predicates and transitions, pure ------------------------- */

static bool has_permit(uint64_t state)
{
    return (state & VALUE) != 0;
}

/* How many more there may be. */
static unsigned room(uint64_t state)
{
    return (unsigned)(WEIR_SEM_MAX - (state >> LESS_SHIFT & VALUE) -
                      (state & VALUE));
}

/* A permit is taken by a thread that has slept: others may still. */
static uint64_t state_taken_after_sleep(uint64_t state)
{
    state -= 1;
    return has_permit(state) ? state : state | WAITERS;
}

static uint64_t state_posted(uint64_t state, unsigned n)
{
    return (state + n) & ~WAITERS;
}

/* -- Taking ------------------------------------------------------------- */

int weir_sem_init(weir_sem_t *s, unsigned value, unsigned max, unsigned flags)
{
    uint64_t state = (uint64_t)(WEIR_SEM_MAX - max) << LESS_SHIFT | value;

    if (max > WEIR_SEM_MAX || value > max || (flags & ~WEIR_SHARED))
        return EINVAL;
    /* INIT: not shared yet; published by the caller. */
    weir_store_rlx_(&s->state, flags & WEIR_SHARED ? state | SHARED : state);
    return 0;
}

extern inline bool weir_sem_take_(weir_sem_t *s);
extern inline int weir_sem_wait(weir_sem_t *s);
extern inline int weir_sem_wait_with(weir_sem_t *s, weir_deadline_t deadline,
                                     weir_token_t *token);
extern inline int weir_sem_post(weir_sem_t *s);

/* Take a permit; false if there is none, and *state is what was found. */
static bool take(weir_sem_t *s, uint64_t *state, bool slept)
{
    while (has_permit(*state)) {
        uint64_t next = slept ? state_taken_after_sleep(*state) : *state - 1;

        /* [S1] acquire; pairs with [S2]: the last access (I2). */
        if (!weir_cas_acq_(&s->state, state, next))
            continue;
        if (slept && has_permit(next))
            /* Keeps I1: 3. says for whom. */
            weir_futex_wake_(weir_low_half_(&s->state), 1, WEIR_BITS_ALL,
                             next & SHARED);
        return true;
    }
    return false;
}

static bool try_take(weir_sem_t *s)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&s->state);

    return take(s, &state, false);
}

static bool spin(weir_sem_t *s)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_SIGNAL_NS,
        .steady = WEIR_SPIN_SIGNAL_STEADY,
        .longest = WEIR_SPIN_SIGNAL_LONGEST,
        .yields = WEIR_SPIN_SIGNAL_YIELDS,
        .free_ns = WEIR_SPIN_SIGNAL_FREE_NS,
    };
    struct weir_spin spin = weir_spin_begin_on_(&plan, s);
    bool taken;

    while (!(taken = try_take(s)) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return taken;
}

/* Sleep while there is no permit, and the word says that somebody may sleep.
 * True if the deadline passed in that sleep. */
static bool sleep_once(const weir_sem_t *s, bool shared,
                       struct weir_until until)
{
    return weir_park_(weir_low_half_(&s->state), (uint32_t)WAITERS, until,
                      WEIR_BITS_ALL, shared, true) == WEIR_SLEPT_EXPIRED;
}

static int wait_sleeping(weir_sem_t *s, struct weir_until until)
{
    bool slept = false;
    bool expired = false;

    for (;;) {
        /* HINT: checked by the compare-and-swaps, and by the kernel. */
        uint64_t state = weir_load_rlx_(&s->state);

        if (take(s, &state, slept))
            return 0;
        if (expired)
            return ETIMEDOUT;
        /* HINT: the mark publishes nothing, and the kernel compares. */
        if ((state & WAITERS) ||
            weir_cas_rlx_(&s->state, &state, state | WAITERS)) {
            expired = sleep_once(s, state & SHARED, until);
            slept = true;
        }
    }
}

static int wait_contended(weir_sem_t *s, struct weir_until until)
{
    weir_deadline_t begun = weir_trace_contended_begin_(s);
    int result = spin(s) ? 0 : wait_sleeping(s, until);

    weir_trace_contended_end_(s, begun); /* its address alone */
    return result;
}

WEIR_COLD int weir_sem_wait_slow_(weir_sem_t *s, weir_deadline_t deadline)
{
    return wait_contended(s, weir_until_(deadline));
}

int weir_sem_wait_until(weir_sem_t *s, weir_deadline_t deadline)
{
    if (try_take(s))
        return 0;
    if (weir_expired_(deadline))
        return ETIMEDOUT;
    return wait_contended(s, weir_until_(deadline));
}

WEIR_COLD int weir_sem_wait_with_slow_(weir_sem_t *s, weir_deadline_t deadline,
                                       weir_token_t *token)
{
    struct weir_until until;
    int result;

    if (try_take(s))
        return 0;
    until = weir_until_with_(deadline, token);
    result =
        weir_expired_(until.deadline) ? ETIMEDOUT : wait_contended(s, until);
    return weir_until_why_(until, result);
}

int weir_sem_trywait(weir_sem_t *s)
{
    return try_take(s) ? 0 : EAGAIN;
}

/* -- Posting ------------------------------------------------------------ */

/* n is not 0. */
static int post(weir_sem_t *s, unsigned n)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&s->state);

    do {
        if (n > room(state))
            return EOVERFLOW;
        /* [S2] release; pairs with [S1]: the last access (I2). */
    } while (!weir_cas_rel_(&s->state, &state, state_posted(state, n)));
    if (state & WAITERS)
        weir_futex_wake_(weir_low_half_(&s->state), (int)n, WEIR_BITS_ALL,
                         state & SHARED);
    return 0;
}

WEIR_COLD int weir_sem_post_slow_(weir_sem_t *s)
{
    return post(s, 1);
}

int weir_sem_post_n(weir_sem_t *s, unsigned n)
{
    return n == 0 ? EINVAL : post(s, n);
}

unsigned weir_sem_value(const weir_sem_t *s)
{
    /* HINT: stale when it returns, as its documentation says. */
    return (unsigned)(weir_load_rlx_(&s->state) & VALUE);
}

/* -- A foreign waiter --------------------------------------------------- */

static int foreign_attempt(struct weir_foreign *f, bool last)
{
    weir_sem_t *s = f->object;
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&s->state);

    (void)last;
    return take(s, &state, f->slept) ? 0 : EAGAIN;
}

static bool foreign_announce(struct weir_foreign *f, struct weir_words *words)
{
    weir_sem_t *s = f->object;
    /* HINT: checked by the compare-and-swap, and by the kernel. */
    uint64_t state = weir_load_rlx_(&s->state);

    if (has_permit(state))
        return false;
    /* HINT: the mark publishes nothing, and the kernel compares. */
    if (!(state & WAITERS) &&
        !weir_cas_rlx_(&s->state, &state, state | WAITERS))
        return false;
    weir_words_add_(words, weir_low_half_(&s->state), (uint32_t)WAITERS,
                    state & SHARED);
    return true;
}

/* It may have been woken, and takes nothing: as in 3. */
static void foreign_withdraw(struct weir_foreign *f, bool won)
{
    weir_sem_t *s = f->object;
    uint64_t state;

    if (won || !f->slept)
        return;
    /* HINT: checked by the compare-and-swap. */
    state = weir_load_rlx_(&s->state);
    while (!has_permit(state))
        /* HINT: the mark publishes nothing. */
        if ((state & WAITERS) ||
            weir_cas_rlx_(&s->state, &state, state | WAITERS))
            return;
    weir_futex_wake_(weir_low_half_(&s->state), 1, WEIR_BITS_ALL,
                     state & SHARED);
}

const struct weir_foreign_kind weir_sem_foreign_ = {
    .attempt = foreign_attempt,
    .announce = foreign_announce,
    .withdraw = foreign_withdraw,
};
