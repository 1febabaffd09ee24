/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Token: a word that says that it is cancelled, and a way to its parent.
 * Whoever waits with it sleeps on the object, on this word and on those of the
 * ancestors, all at once.
 *
 * WORD weir_token_t.word, 32 bits, futex word: yes, initial: 0, all-zero
 * valid: yes
 *  bits  name       meaning             set by      cleared by
 *  0     SLEEPERS   a thread may sleep  sleeper     never
 *  1     CANCELLED  it is               cancel      never
 *  If stale: the kernel's comparison fails; or, for a look, it was not
 *  cancelled when the call began.
 *  MOVES  mark    + SLEEPERS, if not CANCELLED
 *         cancel  + CANCELLED; and if that was new, and SLEEPERS set, wake all
 *  INV  I1 if a thread sleeps with a token of which an ancestor, or itself, is
 *       CANCELLED, then a wake-up is on its way.  I2 the step that cancels is
 *       the canceller's last access.
 *
 * Why no cancellation is missed (I1).  A sleeper has written or found SLEEPERS
 * in each word of the chain, with CANCELLED clear, and the kernel compares each
 * again as it puts it to sleep.  The step that sets CANCELLED changes the word,
 * sees SLEEPERS, and then wakes all: those that sleep, while those that were
 * about to fail the comparison.  A shared canceller may be killed between the
 * two: sleepers look every WEIR_SHARED_SLICE_NS.
 *
 * Why no wake-up of the object is lost.  A sleeper on several words may be
 * chosen by several wake-ups; the kernel tells it the last of them in the order
 * of the words (sys.h), and the object's is the last.  So it is told that the
 * token woke it only if the object's wake-up did not choose it, and then it may
 * give up exactly as if its deadline had passed.  What the kernel does not do
 * here is to heed the bits by which some objects choose among their sleepers: a
 * wake-up that is meant for another may choose one with a token.  Those objects
 * (mutex_fair.c, rwlock_wait.c, cond_shared.c) pass it on.
 *
 * Deadlines.  Those of the chain are folded into that of the call, once, since
 * they never change.
 *
 * ORDERS
 *  [K1] cancel  fetch_or release; pairs with [K2]
 *  [K2] look    load acquire; pairs with [K1]: sees what the canceller did
 */
#include "futex/token.h"

#include <limits.h>

#include "base/atomic.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/foreign.h"

#define SLEEPERS 1u
#define CANCELLED 2u

/* weir_token_t.chain */
#define DEPTH_MASK 0xffu
#define SHARED ((uint32_t)1 << 31)

/* -- The chain ---------------------------------------------------------- */

static weir_token_t *parent_of(const weir_token_t *t)
{
    return t->parent == 0 ? NULL
                          : (weir_token_t *)(uintptr_t)((uintptr_t)t +
                                                        (uintptr_t)t->parent);
}

static weir_deadline_t deadline_of(const weir_token_t *t)
{
    return WEIR_FOREVER - t->early;
}

static bool is_marked_cancelled(const weir_token_t *t)
{
    /* [K2] acquire; pairs with [K1] */
    return weir_load_acq_(&t->word) & CANCELLED;
}

/* Whether somebody cancelled it, or an ancestor. */
static bool was_cancelled(const weir_token_t *t)
{
    while (t != NULL && !is_marked_cancelled(t))
        t = parent_of(t);
    return t != NULL;
}

weir_deadline_t weir_token_deadline(const weir_token_t *t)
{
    return deadline_of(t); /* never later than its parent's */
}

bool weir_token_is_cancelled(const weir_token_t *t)
{
    return was_cancelled(t) || weir_expired_(deadline_of(t));
}

/* -- Life --------------------------------------------------------------- */

int weir_token_init(weir_token_t *t, const weir_token_t *parent,
                    weir_deadline_t deadline, unsigned flags)
{
    uint32_t chain = flags & WEIR_SHARED ? SHARED : 0;

    if (flags & ~WEIR_SHARED)
        return EINVAL;
    if (parent != NULL) {
        if (chain & ~parent->chain)
            return EINVAL;
        if ((parent->chain & DEPTH_MASK) + 1 >= WEIR_TOKEN_DEPTH_MAX)
            return EOVERFLOW;
        chain |= (parent->chain & DEPTH_MASK) + 1;
        if (deadline_of(parent) < deadline)
            deadline = deadline_of(parent);
    }
    if (deadline < WEIR_NOW)
        deadline = WEIR_NOW;
    t->chain = chain;
    t->early = WEIR_FOREVER - deadline;
    t->parent =
        parent == NULL ? 0 : (int64_t)((uintptr_t)parent - (uintptr_t)t);
    /* INIT: not shared yet; published by the caller. */
    weir_store_rlx_(&t->word, 0);
    return 0;
}

int weir_token_cancel(weir_token_t *t)
{
    bool shared = t->chain & SHARED;
    /* [K1] release; pairs with [K2]: the last access (I2). */
    uint32_t word = weir_fetch_or_rel_(&t->word, CANCELLED);

    if (word == SLEEPERS)
        weir_futex_wake_(&t->word, INT_MAX, WEIR_BITS_ALL, shared);
    return 0;
}

/* -- Sleeping ----------------------------------------------------------- */

/* False if it is cancelled. */
static bool mark(weir_token_t *t)
{
    /* [K2] acquire; pairs with [K1] */
    uint32_t word = weir_load_acq_(&t->word);

    while (!(word & (CANCELLED | SLEEPERS)))
        /* [K2] acquire; pairs with [K1] */
        if (weir_cas_acq_(&t->word, &word, SLEEPERS))
            return true;
    return !(word & CANCELLED);
}

unsigned weir_token_announce_(weir_token_t *token,
                              struct weir_futex_word *words, bool *shared)
{
    unsigned n = 0;

    for (weir_token_t *t = token; t != NULL; t = parent_of(t)) {
        if (!mark(t))
            return 0;
        words[n].word = &t->word;
        words[n].expected = SLEEPERS;
        words[n].shared = t->chain & SHARED;
        *shared |= words[n].shared;
        n++;
    }
    return n;
}

/* Where the kernel cannot: on the word alone, for a moment. */
static enum weir_slept park_in_slices(const weir_token_t *token,
                                      const struct weir_futex_word *word,
                                      weir_deadline_t deadline, uint32_t bits)
{
    weir_deadline_t until = weir_sooner_(deadline, WEIR_TOKEN_SLICE_NS);
    enum weir_slept slept =
        weir_futex_wait_(word->word, word->expected, until, bits, word->shared);

    if (slept != WEIR_SLEPT_EXPIRED || until == deadline ||
        was_cancelled(token))
        return slept;
    return WEIR_SLEPT_WOKEN;
}

enum weir_slept weir_token_park_(weir_token_t *token,
                                 const struct weir_futex_word *word,
                                 weir_deadline_t deadline, uint32_t bits)
{
    struct weir_futex_word words[WEIR_TOKEN_DEPTH_MAX + 1];
    weir_deadline_t until = deadline;
    enum weir_slept slept;
    bool shared = false;
    unsigned which;
    unsigned n = weir_token_announce_(token, words, &shared);

    if (n == 0)
        return WEIR_SLEPT_EXPIRED;
    if (!weir_futex_can_wait_any_())
        return park_in_slices(token, word, deadline, bits);
    if (shared)
        until = weir_sooner_(deadline, WEIR_SHARED_SLICE_NS);
    words[n] = *word; /* the last: see above */
    slept = weir_futex_wait_any_(words, n + 1, until, &which);
    if (slept == WEIR_SLEPT_WOKEN && which < n && was_cancelled(token))
        return WEIR_SLEPT_EXPIRED;
    if (slept == WEIR_SLEPT_EXPIRED && until != deadline)
        return WEIR_SLEPT_WOKEN;
    return slept;
}

/* Sleep until *t may be cancelled, or the deadline has passed. */
static void sleep_on(weir_token_t *t, weir_deadline_t deadline)
{
    struct weir_futex_word words[WEIR_TOKEN_DEPTH_MAX];
    bool shared = false;
    unsigned which;
    unsigned n = weir_token_announce_(t, words, &shared);

    if (n == 0)
        return;
    if (shared)
        deadline = weir_sooner_(deadline, WEIR_SHARED_SLICE_NS);
    if (n > 1 && weir_futex_can_wait_any_()) {
        (void)weir_futex_wait_any_(words, n, deadline, &which);
        return;
    }
    if (n > 1)
        deadline = weir_sooner_(deadline, WEIR_TOKEN_SLICE_NS);
    (void)weir_futex_wait_(words[0].word, words[0].expected, deadline,
                           WEIR_BITS_ALL, words[0].shared);
}

int weir_token_wait_until(weir_token_t *t, weir_deadline_t deadline)
{
    weir_deadline_t until =
        deadline < deadline_of(t) ? deadline : deadline_of(t);
    weir_deadline_t begun;

    if (weir_token_is_cancelled(t))
        return 0;
    begun = weir_trace_contended_begin_(t);
    while (!was_cancelled(t) && !weir_expired_(until))
        sleep_on(t, until);
    weir_trace_contended_end_(t, begun);
    return weir_token_is_cancelled(t) ? 0 : ETIMEDOUT;
}

int weir_token_wait(weir_token_t *t)
{
    return weir_token_wait_until(t, WEIR_FOREVER);
}

/* -- For other calls ---------------------------------------------------- */

struct weir_until weir_until_with_(weir_deadline_t deadline,
                                   weir_token_t *token)
{
    struct weir_until until = {deadline, token};

    if (token == NULL)
        return until;
    if (deadline_of(token) < deadline)
        until.deadline = deadline_of(token);
    if (was_cancelled(token))
        until.deadline = WEIR_NOW;
    return until;
}

bool weir_until_over_(struct weir_until until)
{
    return weir_expired_(until.deadline) ||
           (until.token != NULL && was_cancelled(until.token));
}

int weir_until_why_(struct weir_until until, int result)
{
    return result == ETIMEDOUT && until.token != NULL &&
                   weir_token_is_cancelled(until.token)
               ? ECANCELED
               : result;
}

/* -- A foreign waiter --------------------------------------------------- */

void weir_words_add_(struct weir_words *words,
                     const WEIR_ATOMIC(uint32_t) *word, uint32_t expected,
                     bool shared)
{
    if (words->n == WEIR_FUTEX_WORDS_MAX) {
        words->full = true;
        return;
    }
    words->word[words->n].word = word;
    words->word[words->n].expected = expected;
    words->word[words->n].shared = shared;
    words->shared |= shared;
    words->n++;
}

static int foreign_attempt(struct weir_foreign *f, bool last)
{
    (void)last;
    return weir_token_is_cancelled(f->object) ? 0 : EAGAIN;
}

static bool foreign_announce(struct weir_foreign *f, struct weir_words *words)
{
    return weir_token_add_(f->object, words);
}

const struct weir_foreign_kind weir_token_foreign_ = {
    .attempt = foreign_attempt,
    .announce = foreign_announce,
};

bool weir_token_add_(weir_token_t *t, struct weir_words *words)
{
    struct weir_futex_word chain[WEIR_TOKEN_DEPTH_MAX];
    bool shared = false;
    unsigned n = weir_token_announce_(t, chain, &shared);

    for (unsigned i = 0; i < n; i++)
        weir_words_add_(words, chain[i].word, chain[i].expected,
                        chain[i].shared);
    if (deadline_of(t) < words->deadline)
        words->deadline = deadline_of(t);
    return n > 0;
}
