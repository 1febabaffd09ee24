/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Eventcount: the sleeping protocol of everything that waits for a condition
 * outside of its own futex word.  Releasers pay nothing while nobody sleeps,
 * and one load when they do: the fence that this takes is supplied by the
 * sleeper (revoke.c) [Dice06].  Where sleepers come so often that their
 * barriers would take more than a share of the time, one of them makes the
 * eventcount SYMMETRIC: from then on releasers fence, and sleepers pay
 * nothing, until barriers can be afforded again.  At most one wake-up is in
 * flight [Dice17]; whoever it reaches passes it on if there is more to take.
 *
 * WORD weir_eventcount_t_.word, 32 bits, futex word: yes, initial: 0 or
 * SYMMETRIC; weir_queue_t.drained, .not_empty and .not_full are such
 *  bits  name       meaning                  set by            cleared by
 *  0     SYMMETRIC  releasers fence before   the one that set  a releaser,
 *                   they load this word, all REVOKING, after   when it may
 *                   of them                  its barrier
 *  1     WAKING     a wake-up is in flight   notify            a sleeper that
 *                                                              looks; the
 *                                                              last to leave
 *  2     REVOKING   releasers fence, but     a sleeper that    the same, for
 *                   some are under way that  cannot afford     SYMMETRIC
 *                   did not                  barriers
 *  3-31  COUNT      sleepers, and those who  a sleeper, before it looks for
 *                   are about to be          the last time; by itself, after
 *  If stale: a releaser that misses COUNT, or sees a WAKING that is cleared by
 *  now, made its release visible to the sleeper; see 1.
 *  LEGAL  WAKING only with COUNT > 0; SYMMETRIC or REVOKING, not both
 *  MOVES  announce  + 1 - WAKING | look  - WAKING, both + REVOKING if neither
 *         it nor SYMMETRIC is set, and barriers cannot be afforded
 *         leave     - 1, and - WAKING if nobody is left
 *         confirm   REVOKING > SYMMETRIC, by the one that set REVOKING
 *         notify    + WAKING, if COUNT > 0 | relax  - SYMMETRIC
 *  INV  I1 if a thread sleeps, and its attempt would succeed, then a notify
 *       for it is under way, or a thread that cleared WAKING or attempted
 *       with success has not yet looked whether there is more.
 *  LIMIT  2^29 sleepers; Linux has at most 2^22 threads.
 *
 * WORD weir_eventcount_t_.stamp, 32 bits, not slept on: when SYMMETRIC was
 * last set (revoke.h).  If stale: it relaxes early or late, once.
 *
 * Why no wake-up is lost (I1).
 *  1. Seen.  A sleeper changes the word (it announces itself, or it clears
 *     WAKING), then makes sure of the releasers, then attempts.  A releaser
 *     stores, then loads the word.  Claim: if the load does not see the
 *     change, the attempt sees the release.
 *     a. The sleeper's change did not find SYMMETRIC: it makes all threads
 *        pass a barrier.  If the releaser's load comes after that barrier it
 *        sees the change.  If not, its store came before, and is seen.
 *     b. It found SYMMETRIC: it fences.  A releaser whose load finds SYMMETRIC
 *        or REVOKING fences and loads again: store, fence, load on both sides
 *        [E1], so one sees the other.  A releaser whose load found neither
 *        read the word as it was either after SYMMETRIC was cleared again, so
 *        after the change, which it sees; or before REVOKING was set, for
 *        one of the two was set from then until the change.  In between, the
 *        one that set REVOKING made all threads pass a barrier before it set
 *        SYMMETRIC: as in a, a load that did not see REVOKING came before
 *        that barrier, hence the store too, and is seen.
 *     c. Nobody else sets SYMMETRIC for a REVOKING, and nobody clears
 *        REVOKING but for SYMMETRIC; so the barrier in b is one that followed
 *        this very REVOKING.
 *  2. Woken.  A releaser that sees COUNT > 0 sets WAKING and makes the call.
 *     A sleeper sleeps on a word without WAKING that it loaded before its
 *     attempt, so that a WAKING set since then keeps it awake: the call
 *     reaches a thread that sleeps, or all that are counted are awake and
 *     will look.
 *  3. Suppressed.  A releaser that finds WAKING makes no call.  Whoever
 *     clears WAKING (the one woken, or any thread that came or looked)
 *     attempts after that, and by 1 that attempt sees the release; or has
 *     attempted with success, and asks for more below.  If it then leaves, with success or not, it asks `more` after leaving, and
 *     notifies if so.  If it sleeps again it has found nothing, which holds
 *     for all, because attempts of one eventcount succeed or fail alike (but
 *     for what the first one takes away).
 *  4. WAKING does not stay for nobody.  When it is set somebody is counted,
 *     who sleeps, and is woken by the call that follows, or does not sleep
 *     yet, and will not on this word: it looks again, and clears it.  A
 *     thread that leaves has not been woken since it looked last, so that the
 *     call is for another, or nobody is left.
 *  5. Timed out.  A thread that was woken is told so by the kernel, and looks,
 *     also if its deadline has passed.  The last attempt is made after that.
 *  6. All.  Notify_all sets WAKING, so that threads about to sleep do not,
 *     and wakes all; a thread that slips through, because another cleared
 *     WAKING in between, is reached as in 3, since `more` holds for good.
 *  7. Shared: the waker, or the one woken, may be killed.  Sleepers look
 *     again every WEIR_SHARED_SLICE_NS, and clear WAKING when they do.
 *  8. Refused: once the kernel refuses the barrier, each sleeper looks again
 *     every WEIR_UNSURE_SLICE_NS, since a releaser may have missed it, and
 *     REVOKING as well.  Those that sleep since before know nothing of that;
 *     so one that cleared WAKING and was refused passes the wake-up on
 *     without asking, and whoever gets it has been refused too.
 *
 * ORDERS
 *  [E1] settle, claim_wake  fence between own store and load of the other's;
 *       pairs with [E1] on the other side, [E2], [E3], queue_wait.c:[Q1],
 *       inline/queue.h:[Q1] and revoke.c:[V1]
 *  [E2] settle  clearing WAKING, then fence or barrier, then the attempt;
 *       pairs with [E1] in claim_wake, that finds WAKING, and [E3]
 *  [E3] claim_wake, look  seq_cst load of the word; pairs with the seq_cst
 *       compare-and-swaps of [E1] and [E2]
 */
#include "futex/eventcount.h"

#include <limits.h>

#include "base/answer.h"
#include "base/atomic.h"
#include "base/compiler.h"
#include "base/spin.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/armed.h"
#include "futex/park.h"
#include "futex/revoke.h"

#define SYMMETRIC WEIR_EVENTCOUNT_SYMMETRIC_
#define WAKING WEIR_EVENTCOUNT_WAKING_
#define REVOKING WEIR_EVENTCOUNT_REVOKING_
#define ONE WEIR_EVENTCOUNT_ONE_
#define COUNT_MASK (~(SYMMETRIC | WAKING | REVOKING))

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

/* Let releasers go without a fence again, if barriers can be afforded. */
static void relax_if_quiet(weir_eventcount_t_ *ec)
{
    static _Thread_local WEIR_TLS_FIXED_ uint32_t quiet;

    if (++quiet % WEIR_RELAX_QUIET != 0)
        return;
    /* HINT: see the WORD block. */
    if (weir_may_relax_(weir_load_rlx_(&ec->stamp)))
        (void)weir_fetch_and_sc_(&ec->word, ~SYMMETRIC);
}

/* Fence, and load the word again, if that is asked for: once is enough. */
static uint32_t fenced(weir_eventcount_t_ *ec, bool shared, uint32_t word,
                       bool *done)
{
    if (*done || !(word & (SYMMETRIC | REVOKING)))
        return word;
    *done = true;
    /* [E1] fence between the caller's release and this load. */
    weir_fence_sc_();
    /* [E3] seq_cst */
    word = weir_load_sc_(&ec->word);
    if ((word & SYMMETRIC) && !shared)
        relax_if_quiet(ec);
    return word;
}

/* Set WAKING if somebody sleeps and it is not set: true if it was set here,
 * so that the caller owes a call. */
static bool claim_wake(weir_eventcount_t_ *ec, bool shared, bool all)
{
    /* [E1] relaxed: the sleeper pays for the fence before it. */
    uint32_t word = weir_load_rlx_(&ec->word);
    bool done = false;

    for (;;) {
        word = fenced(ec, shared, word, &done);
        if ((word & COUNT_MASK) == 0)
            return false;
        if (word & WAKING)
            return all;
        /* [E3] seq_cst; one that fails is a load, and no fence. */
        if (weir_cas_sc_(&ec->word, &word, word | WAKING))
            return true;
    }
}

static uint32_t word_left(uint32_t word, unsigned n)
{
    word -= n * ONE;
    return word & COUNT_MASK ? word : word & ~WAKING;
}

/* Leave the word for n sleepers; what it was before. */
static uint32_t count_out(weir_eventcount_t_ *ec, unsigned n)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t word = weir_load_rlx_(&ec->word);

    /* [E2] seq_cst: what settle has made visible stays so. */
    while (!weir_cas_sc_(&ec->word, &word, word_left(word, n)))
        ;
    return word;
}

/* Files that stand in the place of sleepers; they leave with that. */
static void fire(weir_eventcount_t_ *ec)
{
    unsigned n = weir_armed_fire_(ec);

    if (n > 0)
        (void)count_out(ec, n);
}

static void wake(weir_eventcount_t_ *ec, int count, bool shared)
{
    weir_futex_wake_(&ec->word, count, WEIR_BITS_ALL, shared);
    if (!shared)
        fire(ec);
}

WEIR_COLD void weir_eventcount_notify_(weir_eventcount_t_ *ec, bool shared)
{
    if (!claim_wake(ec, shared, false))
        return;
    wake(ec, 1, shared);
    weir_answer_expect_();
}

WEIR_COLD void weir_eventcount_notify_all_(weir_eventcount_t_ *ec, bool shared)
{
    if (claim_wake(ec, shared, true))
        wake(ec, INT_MAX, shared);
}

/* -- Sleepers ----------------------------------------------------------- */

static uint32_t word_settled(uint32_t word, uint32_t add, bool affordable)
{
    word = (word + add) & ~WAKING;
    return affordable || (word & (SYMMETRIC | REVOKING)) ? word
                                                         : word | REVOKING;
}

/* Announce this thread (add ONE) or not (add 0), and clear WAKING; then see
 * to it that releasers either see that, or are seen by the attempt to come. */
static void settle(struct weir_sleeper *s, uint32_t add)
{
    bool affordable = weir_may_revoke_();
    /* HINT: checked by the compare-and-swap. */
    uint32_t word = weir_load_rlx_(&s->ec->word);
    uint32_t next;

    do
        next = word_settled(word, add, affordable);
    /* [E1] [E2] seq_cst */
    while (!weir_cas_sc_(&s->ec->word, &word, next));
    if (word & WAKING)
        s->responsible = true;
    if (word & SYMMETRIC) {
        /* [E1] [E2] fence between the change and the attempt. */
        weir_fence_sc_();
        /* Who set SYMMETRIC may have been refused its barrier (8). */
        s->sure = s->shared || !weir_refused_();
        return;
    }
    /* [E1] [E2] the same, for both sides. */
    s->sure = weir_revoke_();
    if (!(~word & next & REVOKING))
        return;
    /* HINT: read when the eventcount may relax. */
    weir_store_rlx_(&s->ec->stamp, weir_stamp_in_(0));
    /* From REVOKING, which nobody else clears. */
    (void)weir_fetch_add_sc_(&s->ec->word, SYMMETRIC - REVOKING);
}

/* Load the word to sleep on; clear WAKING if it is set. */
static uint32_t look(struct weir_sleeper *s)
{
    for (;;) {
        /* [E3] seq_cst */
        uint32_t word = weir_load_sc_(&s->ec->word);

        if (!(word & WAKING))
            return word;
        settle(s, 0);
    }
}

static void leave(struct weir_sleeper *s, const struct weir_wait *wait)
{
    uint32_t word = count_out(s->ec, 1);

    if (!s->responsible || (word & COUNT_MASK) == ONE)
        return;
    /* Refused its barrier, it may not see what there is (8). */
    if (!s->sure || wait->more(wait->arg))
        weir_eventcount_notify_(s->ec, s->shared);
}

/* Woken, and perhaps too early: what it was woken for may be taken by now, and
 * come again in a moment.  While WAKING stands it is the only one to be woken,
 * so let others run a few times, before it looks for good. */
static bool linger(const struct weir_wait *wait)
{
    static const struct weir_spin_plan plan = {
        .longest = 1,
        .yields = WEIR_SPIN_WOKEN_YIELDS,
    };
    struct weir_spin spin = weir_spin_begin_(&plan);
    bool done;

    while (!(done = wait->attempt(wait->arg)) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return done;
}

WEIR_COLD int weir_eventcount_await_(weir_eventcount_t_ *ec, bool shared,
                                     const struct weir_wait *wait,
                                     struct weir_until until)
{
    struct weir_sleeper s = {.ec = ec, .shared = shared, .sure = true};
    weir_deadline_t begun = weir_trace_contended_begin_(ec);
    bool expired = false;
    bool done = false;

    settle(&s, ONE);
    for (;;) {
        uint32_t word = look(&s);

        done = done || wait->attempt(wait->arg);
        if (done || expired)
            break;
        expired = weir_park_(&ec->word, word, until, WEIR_BITS_ALL, shared,
                             s.sure) == WEIR_SLEPT_EXPIRED;
        done = !expired && linger(wait);
    }
    leave(&s, wait);
    weir_trace_contended_end_(ec, begun);
    return done ? 0 : weir_until_why_(until, ETIMEDOUT);
}

/* -- In steps ----------------------------------------------------------- */

void weir_eventcount_enter_(struct weir_sleeper *s, weir_eventcount_t_ *ec,
                            bool shared)
{
    *s = (struct weir_sleeper){.ec = ec, .shared = shared, .sure = true};
    settle(s, ONE);
}

uint32_t weir_eventcount_look_(struct weir_sleeper *s)
{
    return look(s);
}

void weir_eventcount_exit_(struct weir_sleeper *s, bool slept,
                           const struct weir_wait *wait)
{
    /* It may have been woken since it looked last, and must not leave WAKING
     * for nobody (4). */
    if (slept)
        (void)look(s);
    leave(s, wait);
}

/* -- As a file ---------------------------------------------------------- */

bool weir_eventcount_disarm_(weir_eventcount_t_ *ec, int fd)
{
    enum weir_armed was = weir_armed_drop_(ec, fd);

    if (was == WEIR_ARMED_COUNTED)
        (void)count_out(ec, 1);
    return was != WEIR_ARMED_GONE;
}

int weir_eventcount_arm_(weir_eventcount_t_ *ec, int fd,
                         const struct weir_wait *wait)
{
    struct weir_sleeper s = {.ec = ec, .sure = true};
    int result = weir_armed_add_(ec, fd);

    if (result != 0)
        return result;
    settle(&s, ONE);
    /* Whoever fired it before it was counted has not counted it out. */
    if (!weir_armed_count_(ec, fd))
        (void)count_out(ec, 1);
    else if (!s.sure && weir_eventcount_disarm_(ec, fd))
        /* A releaser may not see it, and a file cannot look by itself (8). */
        result = EOPNOTSUPP;
    else if (wait->more(wait->arg))
        fire(ec);
    /* It may have cleared WAKING (3). */
    if (s.responsible && (!s.sure || wait->more(wait->arg)))
        weir_eventcount_notify_(ec, false);
    return result;
}
