/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Event: a flag with a memory.  The word counts how often it was cleared.  A
 * thread waits until it is set, or until that count is another than when its
 * wait began: then it was set since, and it does not matter that it is no more.
 *
 * WORD weir_event_t.state, 64 bits, futex word: its lower half, initial: 0,
 * all-zero valid: yes (not set, private)
 *  bits   name     meaning                      set by       cleared by
 *  0      WAITERS  a thread may sleep           sleeper      set
 *  1      SET      it is set                    set          clear
 *  2-62   EPOCH    times it was cleared         -            -
 *  63     SHARED   process-shared               init         never
 *  If stale: the compare-and-swap fails; or, for a look, what it tells was
 *  true after the wait, or the call of is_set, began.  WAITERS may be set in
 *  vain, which costs one call; it is not missing while somebody sleeps, unless
 *  a set that cleared it is about to call.
 *  LEGAL  WAITERS only without SET
 *  MOVES  set       + SET - WAITERS, and if WAITERS was set, wake all; or, if
 *                   it is set, the same word again
 *         clear     SET: - SET, EPOCH + 1, which is one addition
 *         to sleep  not SET: + WAITERS
 *  INV  I1 if a thread sleeps, then SET is clear, EPOCH is that in which its
 *       wait began, and WAITERS is set; or a set has yet to make its call.
 *       I2 the compare-and-swap of set, and the last look of wait, are their
 *       last accesses: what follows uses the address only.
 *  LIMIT  EPOCH wraps after 2^61 times set and clear: after some hundred years
 *       of nothing else.  The kernel compares 30 bits of it.  A thread that is
 *       stopped between its last look and its sleep for a multiple of 2^30
 *       times set and clear, and then finds that another has begun to wait, is
 *       let in by the next set only; or, if it is shared, a tenth of a second
 *       later.
 *
 * Why no wake-up is lost (I1).
 *  1. A thread sleeps on an exact word: EPOCH as it was when the wait began,
 *     SET clear, and WAITERS set.  The kernel compares this half again.
 *  2. The next change of that is a set: clear changes nothing where SET is
 *     clear.  In the same step it sees WAITERS, clears it, and then wakes all:
 *     those that sleep, while those that were about to fail the comparison of
 *     1, and will as long as SET stands or EPOCH is beyond.
 *  3. Between the step and the call the event may be cleared, and others may
 *     begin to wait, with WAITERS set again.  The call wakes them too, and they
 *     sleep again: it was not set in their epoch.  Those of the old epoch find
 *     that it was in theirs, whatever the flag is by now.
 *  4. A timeout is one thread's own affair: all are woken at once, so that there
 *     is no wake-up that it could swallow.  After it, it looks once more.
 *  5. Shared: the thread that sets may be killed before its call.  Sleepers
 *     look again every WEIR_SHARED_SLICE_NS.
 *
 * A foreign waiter, one that sleeps on several things at once, can sleep on
 * this half as well: it keeps the word that it found first, marks it as
 * sleep_on() does, and has been let in once is_over() says so.  It owes nothing
 * when it goes.
 *
 * ORDERS
 *  [F1] look  load acquire; pairs with [F2] and inline/event.h:[F2]: sees what
 *       was done before the set that let it in.  All moves are read-modify-
 *       writes, so that a look at what clear left acquires from the set before
 *  [F2] set   compare-and-swap release, also where it changes nothing; pairs
 *       with [F1], [F3] and inline/event.h:[F1]
 *  [F4] arm   compare-and-swap release of WAITERS, after the entry in the table;
 *       pairs with [F4] in wake_all, a fence after it has seen WAITERS
 *  [F3] clear compare-and-swap acquire, or a load that finds it cleared; pairs
 *       with [F2] and inline/event.h:[F2]: a set whose release it does not see
 *       comes after it, and leaves the event set
 */
#include <weir/event.h>

#include <limits.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/armed.h"
#include "futex/foreign.h"
#include "futex/park.h"

#define WAITERS WEIR_EVENT_WAITERS_
#define SET WEIR_EVENT_SET_
#define SHARED ((uint64_t)1 << 63)
#define EPOCH_MASK (~(WAITERS | SET | SHARED))

/* -- The word: predicates and transitions, pure ------------------------- */

/* Whether a wait that began at one state, which was not set, ends at another:
 * it is set, or was since. */
static bool is_over(uint64_t began, uint64_t state)
{
    return ((began ^ state) & (SET | EPOCH_MASK)) != 0;
}

static uint64_t state_set(uint64_t state)
{
    return (state | SET) & ~WAITERS;
}

/* Of one that is set: the sum carries into EPOCH. */
static uint64_t state_cleared(uint64_t state)
{
    return state + SET;
}

/* -- Setting and clearing ----------------------------------------------- */

int weir_event_init(weir_event_t *e, unsigned flags)
{
    if (flags & ~WEIR_SHARED)
        return EINVAL;
    /* INIT: not shared yet; published by the caller. */
    weir_store_rlx_(&e->state, flags & WEIR_SHARED ? SHARED : 0);
    return 0;
}

extern inline int weir_event_set(weir_event_t *e);
extern inline bool weir_event_is_set(const weir_event_t *e);
extern inline int weir_event_wait(weir_event_t *e);
extern inline int weir_event_wait_with(weir_event_t *e,
                                       weir_deadline_t deadline,
                                       weir_token_t *token);

/* Sleepers, and files.  The address alone is used: the event may be gone. */
static void wake_all(const weir_event_t *e, bool shared)
{
    if (!shared) {
        /* [F4] fence acquire, after the step that saw WAITERS; pairs with [F4]
         * in mark. */
        weir_fence_acq_();
        (void)weir_armed_fire_(e);
    }
    weir_futex_wake_(weir_low_half_(&e->state), INT_MAX, WEIR_BITS_ALL, shared);
}

WEIR_COLD int weir_event_set_slow_(weir_event_t *e)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&e->state);

    /* [F2] release; pairs with [F1]: the last access (I2). */
    while (!weir_cas_rel_(&e->state, &state, state_set(state)))
        ;
    if (state & WAITERS)
        wake_all(e, state & SHARED);
    return 0;
}

int weir_event_clear(weir_event_t *e)
{
    /* [F3] acquire; pairs with [F2] */
    uint64_t state = weir_load_acq_(&e->state);

    while ((state & SET) &&
           /* [F3] acquire; pairs with [F2] */
           !weir_cas_acq_(&e->state, &state, state_cleared(state)))
        ;
    return 0;
}

/* -- Waiting ------------------------------------------------------------ */

static uint64_t look(const weir_event_t *e)
{
    /* [F1] acquire; pairs with [F2] */
    return weir_load_acq_(&e->state);
}

static bool spin(const weir_event_t *e, uint64_t began)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_SIGNAL_NS,
        .steady = WEIR_SPIN_SIGNAL_STEADY,
        .longest = WEIR_SPIN_SIGNAL_LONGEST,
        .yields = WEIR_SPIN_SIGNAL_YIELDS,
        .free_ns = WEIR_SPIN_SIGNAL_FREE_NS,
    };
    struct weir_spin spin = weir_spin_begin_on_(&plan, e);
    bool over;

    while (!(over = is_over(began, look(e))) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return over;
}

/* Mark what was found, and sleep on it, unless it has changed.  True if the
 * deadline passed in that sleep. */
static bool sleep_on(weir_event_t *e, uint64_t state, struct weir_until until)
{
    uint64_t marked = state | WAITERS;

    /* HINT: it publishes nothing, and the kernel compares what it wrote. */
    return (state == marked || weir_cas_rlx_(&e->state, &state, marked)) &&
           weir_park_(weir_low_half_(&e->state), (uint32_t)marked, until,
                      WEIR_BITS_ALL, marked & SHARED,
                      true) == WEIR_SLEPT_EXPIRED;
}

static int wait_sleeping(weir_event_t *e, uint64_t began,
                         struct weir_until until)
{
    bool expired = false;
    uint64_t state;

    while (!is_over(began, state = look(e))) {
        if (expired)
            return ETIMEDOUT;
        expired = sleep_on(e, state, until);
    }
    return 0;
}

static int wait_contended(weir_event_t *e, uint64_t began,
                          struct weir_until until)
{
    weir_deadline_t begun = weir_trace_contended_begin_(e);
    int result = spin(e, began) ? 0 : wait_sleeping(e, began, until);

    weir_trace_contended_end_(e, begun); /* its address alone */
    return result;
}

WEIR_COLD int weir_event_wait_slow_(weir_event_t *e, uint64_t began,
                                    weir_deadline_t deadline)
{
    return wait_contended(e, began, weir_until_(deadline));
}

int weir_event_wait_until(weir_event_t *e, weir_deadline_t deadline)
{
    uint64_t began = look(e);

    if (began & SET)
        return 0;
    if (weir_expired_(deadline))
        return ETIMEDOUT;
    return wait_contended(e, began, weir_until_(deadline));
}

WEIR_COLD int weir_event_wait_with_slow_(weir_event_t *e, uint64_t began,
                                         weir_deadline_t deadline,
                                         weir_token_t *token)
{
    struct weir_until until = weir_until_with_(deadline, token);
    int result = weir_expired_(until.deadline)
                     ? ETIMEDOUT
                     : wait_contended(e, began, until);

    return weir_until_why_(until, result);
}

/* -- As a file ---------------------------------------------------------- */

/* Say that somebody waits; false: it is set. */
static bool mark(weir_event_t *e)
{
    uint64_t state = look(e);

    while (!(state & SET)) {
        /* [F4] release, also where it changes nothing; pairs with [F4] in
         * wake_all. */
        if (weir_cas_rel_(&e->state, &state, state | WAITERS))
            return true;
        state = look(e);
    }
    return false;
}

int weir_event_arm(weir_event_t *e, int fd)
{
    int result;

    if (fd < 0 || (look(e) & SHARED))
        return EINVAL;
    result = weir_armed_add_(e, fd);
    if (result == 0 && !mark(e))
        (void)weir_armed_fire_(e);
    return result;
}

int weir_event_disarm(weir_event_t *e, int fd)
{
    return weir_armed_drop_(e, fd) != WEIR_ARMED_GONE ? 0 : ESRCH;
}

/* -- A foreign waiter --------------------------------------------------- */

void weir_event_foreign_begin_(struct weir_foreign *f)
{
    f->began = look(f->object);
}

static int foreign_attempt(struct weir_foreign *f, bool last)
{
    (void)last;
    return (f->began & SET) || is_over(f->began, look(f->object)) ? 0 : EAGAIN;
}

static bool foreign_announce(struct weir_foreign *f, struct weir_words *words)
{
    weir_event_t *e = f->object;
    uint64_t state = look(e);
    uint64_t marked = state | WAITERS;

    if (is_over(f->began, state))
        return false;
    /* HINT: it publishes nothing, and the kernel compares what it wrote. */
    if (state != marked && !weir_cas_rlx_(&e->state, &state, marked))
        return false;
    weir_words_add_(words, weir_low_half_(&e->state), (uint32_t)marked,
                    marked & SHARED);
    return true;
}

const struct weir_foreign_kind weir_event_foreign_ = {
    .attempt = foreign_attempt,
    .announce = foreign_announce,
};
