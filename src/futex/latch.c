/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Latch: a count, and whether somebody sleeps until it is zero, in one futex
 * word.
 *
 * WORD weir_latch_t.word, 32 bits, futex word: yes, initial: 0, all-zero
 * valid: yes
 *  bits  name      meaning                      set by     cleared by
 *  0     SLEEPERS  a thread may sleep           sleeper    opening
 *  1-31  COUNT     what is left                 init       count_down
 *  If stale: the compare-and-swap fails, or the kernel's comparison does.
 *  LEGAL  any; but without COUNT it is all 0
 *  MOVES  sleep       COUNT > 0: + SLEEPERS
 *         count down  COUNT - n, n < COUNT
 *         open        COUNT - n, n == COUNT: all 0, and wake all if SLEEPERS
 *  INV  I1 COUNT never grows: open is for ever.
 *
 * Why no wake-up is lost.
 *  1. A thread sleeps on a word that it has compared: with COUNT, and with
 *     SLEEPERS.  The kernel compares again, in one step with the sleep.
 *  2. SLEEPERS goes only when COUNT becomes 0, in the same step, which tells
 *     the opener that somebody is to be woken; a thread that compares later
 *     sees an open latch (I1).  Other counting down between the look and the
 *     sleep makes the comparison fail, and the thread looks again.
 *  3. All sleepers are woken, so that nobody swallows another's wake-up; a
 *     thread whose deadline passed looks once more.
 *  4. The compare-and-swap is the last access of a count_down to the latch;
 *     waking uses the address only.  A thread that was let go does not touch
 *     the latch after the load that told it.
 *  5. An opener that was killed before it could wake anybody leaves 0 in the
 *     word: shared sleepers look by themselves (park.h).
 *
 * ORDERS
 *  [L1] count down  compare-and-swap acq_rel; pairs with [L2], [L3], and with
 *       [L1] of the others, for who opens the latch by arriving
 *  [L2] look        load acquire; pairs with [L1]: a waiter sees what was done
 *       before each count_down, since they and the moves of sleepers are
 *       read-modify-writes, which hand on what was released before
 *  [L3] mark        compare-and-swap relaxed, one of those; pairs with [L1],
 *       whose releases it hands on
 */
#include <weir/latch.h>

#include <limits.h>

#include "base/atomic.h"
#include "base/spin.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/foreign.h"
#include "futex/park.h"

#define SLEEPERS 1u
#define COUNT_SHIFT 1
#define COUNT_ONE (1u << COUNT_SHIFT)

/* -- The word: predicates and transitions, pure ------------------------- */

static uint32_t count_of(uint32_t word)
{
    return word >> COUNT_SHIFT;
}

static bool is_open(uint32_t word)
{
    return count_of(word) == 0;
}

static uint32_t after_count_down(uint32_t word, unsigned n)
{
    return count_of(word) == n ? 0 : word - n * COUNT_ONE;
}

/* -- Counting down ------------------------------------------------------ */

/* As weir_latch_count_down; *opened: this was the last of it. */
static int count_down(weir_latch_t *l, unsigned n, bool *opened)
{
    bool shared = l->flags & WEIR_SHARED;
    /* HINT: checked by the compare-and-swap. */
    uint32_t word = weir_load_rlx_(&l->word);

    do {
        if (n > count_of(word))
            return EOVERFLOW;
        /* [L1] acq_rel; pairs with [L2], [L1], [L3]: the last access (4). */
    } while (!weir_cas_acq_rel_(&l->word, &word, after_count_down(word, n)));
    *opened = count_of(word) == n;
    if (*opened && (word & SLEEPERS))
        weir_futex_wake_(&l->word, INT_MAX, WEIR_BITS_ALL, shared);
    return 0;
}

/* -- Waiting ------------------------------------------------------------ */

static uint32_t look(const weir_latch_t *l)
{
    /* [L2] acquire; pairs with [L1] */
    return weir_load_acq_(&l->word);
}

/* As a mutex does: who counts down may be anywhere in its work. */
static uint32_t spin(const weir_latch_t *l)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_MUTEX_NS,
        .longest = WEIR_SPIN_MUTEX_LONGEST,
        .yields = WEIR_SPIN_MUTEX_YIELDS,
    };
    struct weir_spin spin = weir_spin_begin_on_(&plan, l);
    uint32_t word;

    while (!is_open(word = look(l)) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return word;
}

/* Sleep while the word is what was seen.  True if the deadline passed. */
static bool sleep_on(weir_latch_t *l, uint32_t word, struct weir_until until)
{
    if (!(word & SLEEPERS) &&
        /* [L3] relaxed; pairs with [L1] */
        !weir_cas_rlx_(&l->word, &word, word | SLEEPERS))
        return false;
    return weir_park_(&l->word, word | SLEEPERS, until, WEIR_BITS_ALL,
                      l->flags & WEIR_SHARED, true) == WEIR_SLEPT_EXPIRED;
}

/* It is not open; what it is in the end. */
static uint32_t await(weir_latch_t *l, uint32_t word, struct weir_until until)
{
    weir_deadline_t begun = weir_trace_contended_begin_(l);
    bool expired = false;

    /* Where somebody sleeps already, it takes long. */
    if (!(word & SLEEPERS))
        word = spin(l);
    while (!is_open(word) && !expired) {
        expired = sleep_on(l, word, until);
        word = look(l);
    }
    weir_trace_contended_end_(l, begun); /* its address alone (4) */
    return word;
}

static int wait_for(weir_latch_t *l, struct weir_until until)
{
    uint32_t word = look(l);

    if (!is_open(word) && until.deadline > WEIR_NOW)
        word = await(l, word, until);
    return is_open(word) ? 0 : ETIMEDOUT;
}

int weir_latch_wait_until(weir_latch_t *l, weir_deadline_t deadline)
{
    return wait_for(l, weir_until_(deadline));
}

int weir_latch_wait_with(weir_latch_t *l, weir_deadline_t deadline,
                         weir_token_t *token)
{
    struct weir_until until;

    if (is_open(look(l)))
        return 0;
    until = weir_until_with_(deadline, token);
    return weir_until_why_(until, wait_for(l, until));
}

int weir_latch_wait(weir_latch_t *l)
{
    return weir_latch_wait_until(l, WEIR_FOREVER);
}

int weir_latch_try_wait(const weir_latch_t *l)
{
    return is_open(look(l)) ? 0 : EAGAIN;
}

/* -- The rest ----------------------------------------------------------- */

int weir_latch_init(weir_latch_t *l, unsigned count, unsigned flags)
{
    if (count > WEIR_LATCH_MAX || (flags & ~WEIR_SHARED))
        return EINVAL;
    l->flags = flags;
    /* INIT: not shared yet; published by the caller. */
    weir_store_rlx_(&l->word, count << COUNT_SHIFT);
    return 0;
}

int weir_latch_count_down(weir_latch_t *l, unsigned n)
{
    bool opened;

    return n == 0 ? EINVAL : count_down(l, n, &opened);
}

int weir_latch_arrive_and_wait_until(weir_latch_t *l, weir_deadline_t deadline)
{
    bool opened;
    int result = count_down(l, 1, &opened);

    /* Who opens it does not look again (4). */
    if (result != 0 || opened)
        return result;
    return weir_latch_wait_until(l, deadline);
}

int weir_latch_arrive_and_wait_with(weir_latch_t *l, weir_deadline_t deadline,
                                    weir_token_t *token)
{
    bool opened;
    int result = count_down(l, 1, &opened);

    /* Who opens it does not look again (4). */
    if (result != 0 || opened)
        return result;
    return weir_latch_wait_with(l, deadline, token);
}

int weir_latch_arrive_and_wait(weir_latch_t *l)
{
    return weir_latch_arrive_and_wait_until(l, WEIR_FOREVER);
}

unsigned weir_latch_value(const weir_latch_t *l)
{
    /* HINT: stale when it returns, as its documentation says. */
    return count_of(weir_load_rlx_(&l->word));
}

/* -- A foreign waiter --------------------------------------------------- */

static int foreign_attempt(struct weir_foreign *f, bool last)
{
    (void)last;
    return is_open(look(f->object)) ? 0 : EAGAIN;
}

static bool foreign_announce(struct weir_foreign *f, struct weir_words *words)
{
    weir_latch_t *l = f->object;
    uint32_t word = look(l);

    if (is_open(word) || (!(word & SLEEPERS) &&
                          /* [L3] relaxed; pairs with [L1] */
                          !weir_cas_rlx_(&l->word, &word, word | SLEEPERS)))
        return false;
    weir_words_add_(words, &l->word, word | SLEEPERS, l->flags & WEIR_SHARED);
    return true;
}

const struct weir_foreign_kind weir_latch_foreign_ = {
    .attempt = foreign_attempt,
    .announce = foreign_announce,
};
