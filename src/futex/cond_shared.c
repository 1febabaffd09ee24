/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A condition in shared memory: no pointers, and any process may die at any
 * instruction.  Waiters are counted in groups [Glibc17].  Whoever comes joins
 * the open group; signals go to the group before it, and when all of that have
 * been signalled, the open one takes its place.  A signal for some of a group
 * leaves permits, of which each of the group may take one; a group that was
 * signalled as a whole needs none.  All of this is one word, changed by
 * compare-and-swap, so that there is no moment at which a death leaves
 * anything half done.
 *
 * WORD weir_cond_t.waiters, 64 bits, not slept on, initial: 0
 *  bits   name      meaning                       set by      cleared by
 *  0-11   COMING    waiters in the open group     join        leave; signal,
 *                   GROUP + 1                                 to WAITING
 *  12-23  WAITING   of GROUP, that no signal was  signal,     signal, leave
 *                   meant for                     from COMING
 *  24-35  PERMITS   for some of GROUP             signal      take; signal, all
 *  36-63  GROUP     to which signals go           signal      -
 *  LEGAL  PERMITS only with WAITING: if that is 0, all of GROUP is signalled
 *  MOVES  join     COMING + 1
 *         signal n WAITING - n, PERMITS + n; or, if n is all of WAITING or
 *                  more, both to 0; then, if some of n are left, and COMING is
 *                  not 0: GROUP + 1, WAITING = COMING, COMING = 0, and the
 *                  same with the rest of n
 *         take     PERMITS - 1, by a waiter of GROUP
 *         leave    COMING - 1 or WAITING - 1, by a waiter of that group whose
 *                  deadline has passed; PERMITS to 0 with the last
 *  INV  I1 living waiters of GROUP that have not returned are no more than
 *       WAITING + PERMITS, while WAITING is not 0, and as many if none of the
 *       group was killed.
 *       I2 a waiter is signalled if its group is before GROUP, or is GROUP and
 *       WAITING is 0.
 *  If stale: the compare-and-swap fails, or the sleeper looks again (4).
 *  LIMIT  groups wrap after 2^28: a process that is stopped in its wait for
 *  half as many signals mistakes its group for one to come, and waits for that.
 *
 * WORD weir_cond_t.turn, 32 bits, futex word: yes, initial: 0
 *  0      SLEEPERS  a thread may sleep here       sleeper     signal, of all
 *  1-31   TURN      signals since                 signal      -
 *  If stale: the kernel compares; a wrap between look and sleep costs a slice.
 *
 * Why no signal is lost, doubled or stolen.
 *  1. A signal of n is one compare-and-swap on waiters.  It takes min(n,
 *     WAITING + COMING) from the two counts, and nobody else does but waiters
 *     that leave, each once, in the same way.  So each signal is for exactly
 *     so many of those that wait.
 *  2. Who comes later is of the open group, for which no signal was meant yet:
 *     it sees neither permits of GROUP nor its end.  That a later signal opens
 *     a new group takes nothing from GROUP: all of that were signalled before.
 *  3. By I1 each permit has its taker, and whoever takes none is still counted
 *     in WAITING.  A waiter at its deadline either takes a permit, and returns
 *     0, or leaves WAITING: one compare-and-swap decides.
 *  4. A sleeper reads turn, then waiters, then sleeps on that turn.  A signal
 *     changes waiters, then turn.  So if the sleeper did not see the signal,
 *     the signal comes to change the turn that it sleeps on: before, and the
 *     kernel lets it go, or after, and the signal finds SLEEPERS.
 *  5. Sleepers have bits by their group.  A whole group is woken at once; for n
 *     permits n of the group are woken: each of these calls takes out other
 *     sleepers, and those that are not asleep look by themselves.  One that
 *     is woken and finds that the permit went to another of the group, who was
 *     awake, sleeps again.
 *  6. SLEEPERS is cleared when nobody is left to be signalled, together with
 *     a wake-up for all: one that has come since sets it again.
 *  7. Death.  A signaller dies before 1, or after it: then its permits stand,
 *     and sleepers look every WEIR_SHARED_SLICE_NS.  A waiter dies: it stays
 *     counted, until a signal is spent on it, which happens when the living of
 *     its group have all been signalled.  The same for a wake-up that went to
 *     a group 32 before whose members have yet to look: 100 ms.
 *  8. A waiter with a token sleeps with all bits (token.c), and may be chosen
 *     in place of one that a permit is for.  Whenever it was woken, while there
 *     are permits, it wakes one more of their group, before it looks for itself.
 *     That may be another of its kind, which does the same; each has left the
 *     queue when it calls, and stands behind those that were there when it
 *     sleeps again.
 *
 * ORDERS
 *  [D1] change  compare-and-swap acq_rel on waiters; pairs with [D1] of the
 *               others and with [D2]
 *  [D2] look    load acquire of waiters; pairs with [D1]
 *  [D3] publish compare-and-swap acq_rel on turn, after [D1]; pairs with [D4]
 *  [D4] begin   load acquire of turn, before [D2]; pairs with [D3]: who sees
 *               the turn of a signal sees the signal
 */
#include "futex/cond.h"

#include <limits.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "futex/park.h"

#define COMING_ONE ((uint64_t)1)
#define WAITING_SHIFT 12
#define WAITING_ONE ((uint64_t)1 << WAITING_SHIFT)
#define PERMITS_SHIFT 24
#define PERMITS_ONE ((uint64_t)1 << PERMITS_SHIFT)
#define COUNT_MASK 0xfffu
#define GROUP_SHIFT 36
#define GROUP_ONE ((uint64_t)1 << GROUP_SHIFT)
#define GROUP_MASK 0xfffffffu
#define GROUP_HALF 0x8000000u

#define SLEEPERS 1u
#define TURN_ONE 2u

WEIR_STATIC_ASSERT(WEIR_COND_SHARED_MAX == COUNT_MASK, "as the header has it");

/* -- The word: predicates and transitions, pure ------------------------- */

static unsigned coming(uint64_t word)
{
    return (unsigned)(word & COUNT_MASK);
}

static unsigned waiting(uint64_t word)
{
    return (unsigned)(word >> WAITING_SHIFT & COUNT_MASK);
}

static unsigned permits(uint64_t word)
{
    return (unsigned)(word >> PERMITS_SHIFT & COUNT_MASK);
}

static uint32_t group(uint64_t word)
{
    return (uint32_t)(word >> GROUP_SHIFT);
}

static uint32_t open_group(uint64_t word)
{
    return (group(word) + 1) & GROUP_MASK;
}

/* GROUP is signalled as a whole. */
static uint64_t all_signalled(uint64_t word)
{
    return word & ~(COUNT_MASK * (WAITING_ONE | PERMITS_ONE));
}

/* n of GROUP, which is more than those, or all. */
static uint64_t some_signalled(uint64_t word, unsigned n)
{
    if (n >= waiting(word))
        return all_signalled(word);
    return word + n * PERMITS_ONE - n * WAITING_ONE;
}

/* The open group takes the place of GROUP. */
static uint64_t next_group(uint64_t word)
{
    return ((word >> GROUP_SHIFT) + 1) << GROUP_SHIFT |
           coming(word) * WAITING_ONE;
}

static uint64_t signalled(uint64_t word, unsigned n)
{
    unsigned now = waiting(word);

    if (n < now)
        return some_signalled(word, n);
    word = all_signalled(word);
    if (n == now || coming(word) == 0)
        return word;
    return some_signalled(next_group(word), n - now);
}

static uint64_t left(uint64_t word, uint32_t mine)
{
    if (mine != group(word))
        return word - COMING_ONE;
    return waiting(word) == 1 ? all_signalled(word) : word - WAITING_ONE;
}

static bool is_signalled(uint64_t word, uint32_t mine)
{
    uint32_t past = (group(word) - mine) & GROUP_MASK;

    return past == 0 ? waiting(word) == 0 : past < GROUP_HALF;
}

static bool may_take(uint64_t word, uint32_t mine)
{
    return mine == group(word) && permits(word) > 0;
}

static uint32_t bit_of(uint32_t mine)
{
    return 1u << (mine & 31);
}

/* -- Signalling --------------------------------------------------------- */

/* A signal has made word of before: wake those that it is for. */
static void wake(weir_cond_t *c, uint64_t before, uint64_t word)
{
    bool moved = group(word) != group(before);
    unsigned more = permits(word) - (moved ? 0 : permits(before));

    if (waiting(before) > 0 && (moved || waiting(word) == 0))
        weir_futex_wake_(&c->turn, INT_MAX, bit_of(group(before)), true);
    if (permits(word) > 0)
        weir_futex_wake_(&c->turn, (int)more, bit_of(group(word)), true);
}

static void publish(weir_cond_t *c, uint64_t before, uint64_t word)
{
    bool nobody_left = waiting(word) == 0 && coming(word) == 0;
    /* HINT: checked by the compare-and-swap. */
    uint32_t turn = weir_load_rlx_(&c->turn);
    uint32_t next;

    do {
        next = turn + TURN_ONE;
        if (nobody_left)
            next &= ~SLEEPERS;
        /* [D3] acq_rel; pairs with [D4] */
    } while (!weir_cas_acq_rel_(&c->turn, &turn, next));
    if (!(turn & SLEEPERS))
        return;
    if (nobody_left)
        weir_futex_wake_(&c->turn, INT_MAX, WEIR_BITS_ALL, true);
    else
        wake(c, before, word);
}

void weir_cond_signal_shared_(weir_cond_t *c, unsigned n)
{
    /* HINT: checked by the compare-and-swap.  If nobody waits, see 3. of
     * cond_private.c. */
    uint64_t word = weir_load_rlx_(&c->waiters);
    uint64_t next;

    do {
        next = signalled(word, n);
        if (n == 0 || next == word)
            return;
        /* [D1] acq_rel; pairs with [D1], [D2] */
    } while (!weir_cas_acq_rel_(&c->waiters, &word, next));
    publish(c, word, next);
}

/* -- Waiting ------------------------------------------------------------ */

enum outcome { UNDECIDED, SIGNALLED, LEFT };

/* Whether this waiter was signalled, taking a permit if it needs one; if it
 * was not, and its deadline has passed, it leaves. */
static enum outcome decide(weir_cond_t *c, uint32_t mine, bool expired)
{
    /* [D2] acquire; pairs with [D1] */
    uint64_t word = weir_load_acq_(&c->waiters);

    while (!is_signalled(word, mine)) {
        bool take = may_take(word, mine);

        if (!take && !expired)
            return UNDECIDED;
        /* [D1] acq_rel; pairs with [D1], [D2] */
        if (weir_cas_acq_rel_(&c->waiters, &word,
                              take ? word - PERMITS_ONE : left(word, mine)))
            return take ? SIGNALLED : LEFT;
    }
    return SIGNALLED;
}

static enum outcome spin(weir_cond_t *c, uint32_t mine)
{
    struct weir_spin spin = weir_spin_begin_on_(&weir_cond_spin_plan_, c);
    enum outcome outcome;

    while ((outcome = decide(c, mine, false)) == UNDECIDED &&
           weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return outcome;
}

/* Woken in a sleep that heeds no bits (token.c): if it was in place of one of
 * those that there are permits for, wake another. */
static void pass_on(weir_cond_t *c)
{
    /* HINT: no permits, or those of a later signal: a call too many. */
    uint64_t word = weir_load_rlx_(&c->waiters);

    if (permits(word) > 0)
        weir_futex_wake_(&c->turn, 1, bit_of(group(word)), true);
}

/* Sleep while turn is what it was; true if the deadline passed. */
static bool sleep_on(weir_cond_t *c, uint32_t turn, uint32_t mine,
                     struct weir_until until)
{
    uint32_t marked = turn | SLEEPERS;
    bool is_marked = turn == marked ||
                     /* [D4] acquire; pairs with [D3] */
                     weir_cas_acq_(&c->turn, &turn, marked);
    enum weir_slept slept;

    if (!is_marked)
        return false;
    slept = weir_park_(&c->turn, marked, until, bit_of(mine), true, true);
    if (slept == WEIR_SLEPT_WOKEN && until.token != NULL)
        pass_on(c);
    return slept == WEIR_SLEPT_EXPIRED;
}

static enum outcome await(weir_cond_t *c, uint32_t mine,
                          struct weir_until until)
{
    bool expired = false;

    for (;;) {
        /* [D4] acquire; pairs with [D3] */
        uint32_t turn = weir_load_acq_(&c->turn);
        enum outcome outcome = decide(c, mine, expired);

        if (outcome != UNDECIDED)
            return outcome;
        expired = sleep_on(c, turn, mine, until);
    }
}

/* Join the open group; false if it is full.  *alone: nobody else waits. */
static bool join(weir_cond_t *c, uint32_t *mine, bool *alone)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t word = weir_load_rlx_(&c->waiters);

    do {
        if (coming(word) == COUNT_MASK)
            return false;
        /* [D1] acq_rel; pairs with [D1], [D2] */
    } while (!weir_cas_acq_rel_(&c->waiters, &word, word + COMING_ONE));
    *mine = open_group(word);
    *alone = coming(word) == 0 && waiting(word) == 0;
    return true;
}

int weir_cond_wait_shared_(weir_cond_t *c, weir_mutex_t *m,
                           struct weir_until until)
{
    enum outcome outcome = UNDECIDED;
    uint32_t mine;
    bool alone;

    if (!join(c, &mine, &alone))
        return EOVERFLOW;
    (void)weir_mutex_unlock(m);
    if (alone && until.deadline > WEIR_NOW)
        outcome = spin(c, mine);
    if (outcome == UNDECIDED)
        outcome = await(c, mine, until);
    (void)weir_mutex_lock(m);
    return outcome == SIGNALLED ? 0 : ETIMEDOUT;
}
