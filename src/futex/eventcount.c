/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Eventcount: the sleeping protocol of everything that waits for a condition
 * outside of its own futex word.  Releasers pay nothing while nobody sleeps,
 * and one load when they do: the fence that this takes is supplied by the
 * sleeper (revoke.c) [Dice06].  Since a revocation is dear, the first sleeper
 * makes the eventcount SYMMETRIC: from then on releasers fence, and further
 * sleepers pay nothing, until it has been quiet for a while.  At most one
 * wake-up is in flight [Dice17]; whoever it reaches passes it on if there is
 * more to take.
 *
 * WORD weir_eventcount_t_.word, 32 bits, futex word: yes, initial: 0 or
 * SYMMETRIC; weir_queue_t.drained, .not_empty and .not_full are such
 *  bits  name       meaning                  set by            cleared by
 *  0     SYMMETRIC  releasers fence before   a sleeper, after  notify, in one
 *                   they load this word      its barrier       CAS with
 *                                                              COUNT 0
 *  1     WAKING     a wake-up is in flight   notify            a sleeper that
 *                                                              looks
 *  2-31  COUNT      sleepers, and those who  a sleeper, before it looks for
 *                   are about to be          the last time; by itself, after
 *  If stale: a releaser that misses COUNT made its release visible to the
 *  sleeper; one that misses SYMMETRIC too (see 1 below).
 *  LEGAL  WAKING only with COUNT > 0
 *  MOVES  announce  + 1 - WAKING | look  - WAKING | leave  - 1 - WAKING
 *         confirm   + SYMMETRIC | notify  + WAKING, if COUNT > 0
 *         relax     SYMMETRIC > 0
 *  INV  I1 if a thread sleeps, and its attempt would succeed, then a notify
 *       for it is under way, or a thread that cleared WAKING or attempted
 *       with success has not yet looked whether there is more.
 *  LIMIT  2^30 sleepers; Linux has at most 2^22 threads.
 *
 * WORD weir_eventcount_t_.stamp, 32 bits, not slept on: when SYMMETRIC was
 * last set (revoke.h).  If stale: it relaxes early or late, once.
 *
 * Why no wake-up is lost (I1).
 *  1. Seen.  A sleeper announces itself, then either finds SYMMETRIC and
 *     fences, or makes all threads pass a barrier and then sets SYMMETRIC;
 *     then it attempts.  A sleeper that finds others announced but not
 *     SYMMETRIC pays for its own barrier: the others' may not have happened.
 *     A releaser stores, then loads the word.  If it finds SYMMETRIC it
 *     fences and loads again: store, fence, load on both sides [E1], so one
 *     sees the other.  If it does not, its load was before SYMMETRIC was set:
 *     either the sleeper's barrier fell after its store, and the attempt sees
 *     the release; or before its load, which then sees COUNT, because the
 *     announcement came first.  If it loads 0 after SYMMETRIC was cleared,
 *     then COUNT was 0 at that moment, in the same compare-and-swap, and
 *     every sleeper since has announced itself and found it clear.
 *  2. Woken.  A releaser that sees COUNT > 0 sets WAKING and makes the call.
 *     A sleeper sleeps on a word without WAKING that it loaded before its
 *     attempt, so that a WAKING set since then keeps it awake: the call
 *     reaches a thread that sleeps, or all that are counted are awake and
 *     will look.
 *  3. Suppressed.  A releaser that finds WAKING makes no call.  Whoever
 *     clears WAKING (the one woken, or any thread that came, looked or left)
 *     fences and then looks: as in 1, the releaser saw WAKING still set, so
 *     its release is seen [E2].  A thread that cleared it and leaves, with
 *     success or not, asks `more` after leaving, and notifies if so.  A
 *     thread that cleared it and sleeps again has attempted in between and
 *     found nothing, which holds for all, because attempts of one eventcount
 *     succeed or fail alike (but for what the first one takes away).
 *  4. Timed out.  The last attempt is made after the sleep, and WAKING that
 *     stands when the thread leaves is cleared and passed on as in 3.
 *  5. All.  Notify_all sets WAKING, so that threads about to sleep do not,
 *     and wakes all; a thread that slips through, because another cleared
 *     WAKING in between, is reached as in 3, since `more` holds for good.
 *  6. Shared: the waker, or the one woken, may be killed.  Sleepers look
 *     again every WEIR_SHARED_SLICE_NS, and clear WAKING when they do.
 *  7. Refused: once the kernel refuses the barrier, each sleeper looks again
 *     every WEIR_UNSURE_SLICE_NS, since a releaser may have missed it, and
 *     SYMMETRIC as well.
 *
 * ORDERS
 *  [E1] announce, notify  fence between own store and load of the other's;
 *       pairs with [E1] on the other side and inline/queue.h:[Q1]
 *  [E2] look, leave  clearing WAKING, fence, attempt; pairs with [E1] in
 *       notify, that finds WAKING
 *  [E3] notify, look  seq_cst load of the word; pairs with the seq_cst
 *       compare-and-swaps of [E1] and [E2]
 */
#include "futex/eventcount.h"

#include <limits.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "futex/park.h"
#include "futex/revoke.h"

#define SYMMETRIC WEIR_EVENTCOUNT_SYMMETRIC_
#define WAKING WEIR_EVENTCOUNT_WAKING_
#define ONE WEIR_EVENTCOUNT_ONE_
#define COUNT_MASK (~(SYMMETRIC | WAKING))

/* One thread's stay. */
struct sleeper {
    weir_eventcount_t_ *ec;
    bool shared;
    bool sure;        /* releasers will see it */
    bool responsible; /* it cleared WAKING */
};

void weir_eventcount_init_(weir_eventcount_t_ *ec, bool shared)
{
    bool symmetric = shared || !weir_asymmetric_();

    /* INIT, both: not shared yet; published by the caller. */
    weir_store_rlx_(&ec->stamp, 0);
    weir_store_rlx_(&ec->word, symmetric ? SYMMETRIC : 0);
}

bool weir_eventcount_has_sleepers_(const weir_eventcount_t_ *ec)
{
    /* HINT: whoever acts on it looks again. */
    return (weir_load_rlx_(&ec->word) & COUNT_MASK) != 0;
}

/* -- Releasers ---------------------------------------------------------- */

/* Let releasers go without a fence again, after a quiet time. */
static void relax_if_quiet(weir_eventcount_t_ *ec)
{
    static _Thread_local __attribute__((tls_model("initial-exec")))
    uint32_t quiet;
    uint32_t expected = SYMMETRIC;

    if (++quiet % WEIR_RELAX_QUIET != 0)
        return;
    /* HINT: see the WORD block. */
    if (weir_may_relax_(weir_load_rlx_(&ec->stamp)))
        /* [E3] seq_cst; only from COUNT 0 */
        (void)weir_cas_sc_(&ec->word, &expected, 0u);
}

/* Set WAKING if somebody sleeps and it is not set: true if it was set here,
 * so that the caller owes a call. */
static bool claim_wake(weir_eventcount_t_ *ec, bool shared, bool all)
{
    uint32_t word;

    /* [E1] fence between the caller's release and this load. */
    weir_fence_sc_();
    /* [E3] seq_cst */
    word = weir_load_sc_(&ec->word);
    for (;;) {
        if ((word & COUNT_MASK) == 0) {
            if (word == SYMMETRIC && !shared)
                relax_if_quiet(ec);
            return false;
        }
        if (word & WAKING)
            return all;
        /* [E3] seq_cst */
        if (weir_cas_sc_(&ec->word, &word, word | WAKING))
            return true;
    }
}

WEIR_COLD void weir_eventcount_notify_(weir_eventcount_t_ *ec, bool shared)
{
    if (claim_wake(ec, shared, false))
        weir_futex_wake_(&ec->word, 1, WEIR_BITS_ALL, shared);
}

WEIR_COLD void weir_eventcount_notify_all_(weir_eventcount_t_ *ec, bool shared)
{
    if (claim_wake(ec, shared, true))
        weir_futex_wake_(&ec->word, INT_MAX, WEIR_BITS_ALL, shared);
}

/* -- Sleepers ----------------------------------------------------------- */

/* Change the word by a pure function, in one step; the word before it. */
static uint32_t change(struct sleeper *s, uint32_t add)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t word = weir_load_rlx_(&s->ec->word);

    /* [E1] [E2] seq_cst */
    while (!weir_cas_sc_(&s->ec->word, &word, (word + add) & ~WAKING))
        ;
    if (word & WAKING)
        s->responsible = true;
    return word;
}

static void announce(struct sleeper *s)
{
    if (change(s, ONE) & SYMMETRIC) {
        /* [E1] fence between the announcement and the attempt. */
        weir_fence_sc_();
        /* Who set SYMMETRIC may have been refused its barrier (7). */
        s->sure = s->shared || !weir_refused_();
        return;
    }
    /* [E1] the same, for both sides. */
    s->sure = weir_revoke_();
    /* HINT: read when the eventcount may relax. */
    weir_store_rlx_(&s->ec->stamp, weir_stamp_in_(0));
    (void)weir_fetch_or_sc_(&s->ec->word, SYMMETRIC);
}

/* Load the word to sleep on; clear WAKING if it is set. */
static uint32_t look(struct sleeper *s)
{
    for (;;) {
        /* [E3] seq_cst */
        uint32_t word = weir_load_sc_(&s->ec->word);

        if (!(word & WAKING))
            return word;
        (void)change(s, 0);
        /* [E2] fence between clearing WAKING and the attempt. */
        weir_fence_sc_();
    }
}

static void leave(struct sleeper *s, const struct weir_wait *wait)
{
    uint32_t before = change(s, (uint32_t)-ONE);

    if (!s->responsible || (before & COUNT_MASK) == ONE)
        return;
    /* [E2] fence between clearing WAKING and the question. */
    weir_fence_sc_();
    if (wait->more(wait->arg))
        weir_eventcount_notify_(s->ec, s->shared);
}

WEIR_COLD int weir_eventcount_await_(weir_eventcount_t_ *ec, bool shared,
                                     const struct weir_wait *wait,
                                     weir_deadline_t deadline)
{
    struct sleeper s = {.ec = ec, .shared = shared, .sure = true};
    bool expired = false;
    bool done;

    announce(&s);
    for (;;) {
        uint32_t word = look(&s);

        done = wait->attempt(wait->arg);
        if (done || expired)
            break;
        expired = weir_park_(&ec->word, word, deadline, WEIR_BITS_ALL, shared,
                             s.sure) == WEIR_SLEPT_EXPIRED;
    }
    leave(&s, wait);
    return done ? 0 : ETIMEDOUT;
}
