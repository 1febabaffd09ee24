/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the eventcount suites share: a box of tokens that is filled by plain
 * release stores, as the ring of a queue is, so that nothing but the
 * eventcount orders a release and the look at who sleeps.
 */
#ifndef TEST_EVENTCOUNT_KIT_H
#define TEST_EVENTCOUNT_KIT_H

#include <string.h>

#include "futex/eventcount.h"
#include "test_seam_kit.h"

#define SYMMETRIC WEIR_EVENTCOUNT_SYMMETRIC_
#define WAKING WEIR_EVENTCOUNT_WAKING_
#define REVOKING WEIR_EVENTCOUNT_REVOKING_
#define ONE WEIR_EVENTCOUNT_ONE_
#define COUNT_MASK (~(SYMMETRIC | WAKING | REVOKING))

#define RELEASERS 8u

/* The ways in which an eventcount and the kernel get on. */
enum mode {
    AFFORDED, /* each sleeper makes a barrier */
    TOO_DEAR, /* one does, and then all fence */
    SHARED_SCOPE,
    REFUSED_EARLY,
    REFUSED_LATE,
    MODES
};

struct released {
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint32_t) count; /* one writer */
};

struct box {
    WEIR_ALIGNED(WEIR_LINE) weir_eventcount_t_ ec;
    bool shared;
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint32_t) taken;
    WEIR_ATOMIC(uint32_t) open; /* no token is needed any more */
    struct released released[RELEASERS];
};

/* An empty box; call it while nobody else uses the library. */
static inline void box_init(struct box *box, enum mode mode)
{
    memset(box, 0, sizeof(*box));
    if (mode == REFUSED_EARLY)
        weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY);
    else if (mode == REFUSED_LATE)
        weir_revoke_for_test_(WEIR_REVOKE_REFUSED_LATE);
    else
        weir_revoke_for_test_(WEIR_REVOKE_REAL);
    seam_barriers = mode == AFFORDED   ? SEAM_AFFORDED
                    : mode == TOO_DEAR ? SEAM_TOO_DEAR
                                       : SEAM_AS_IT_IS;
    box->shared = mode == SHARED_SCOPE;
    weir_eventcount_init_(&box->ec, box->shared);
}

static inline uint32_t box_word(struct box *box)
{
    return weir_load_sc_(&box->ec.word);
}

/* Change the word by hand, as another thread would. */
static inline void box_add(struct box *box, uint32_t add)
{
    uint32_t word = box_word(box);

    while (!weir_cas_sc_(&box->ec.word, &word, word + add))
        continue;
}

static inline void box_set(struct box *box, uint32_t bits)
{
    (void)weir_fetch_or_sc_(&box->ec.word, bits);
}

static inline void box_clear(struct box *box, uint32_t bits)
{
    (void)weir_fetch_and_sc_(&box->ec.word, ~bits);
}

/* Nobody is inside a call: nobody counts, no wake-up is in flight. */
static inline void box_must_be_idle(struct box *box)
{
    must_eq(box_word(box) & ~SYMMETRIC, 0);
}

/* --- releasers --- */

/* One token, told to nobody. */
static inline void box_put(struct box *box, unsigned releaser)
{
    WEIR_ATOMIC(uint32_t) *count = &box->released[releaser].count;

    weir_store_rel_(count, weir_load_rlx_(count) + 1);
}

/* What inline code does after a release. */
static inline void box_tell(struct box *box)
{
    weir_compiler_barrier_();
    if (weir_load_rlx_(&box->ec.word) != 0)
        weir_eventcount_notify_(&box->ec, box->shared);
}

static inline void box_release(struct box *box, unsigned releaser)
{
    box_put(box, releaser);
    box_tell(box);
}

/* --- sleepers --- */

static inline int32_t box_tokens(struct box *box)
{
    uint32_t taken = weir_load_acq_(&box->taken);
    uint32_t sum = 0;

    for (unsigned i = 0; i < RELEASERS; i++)
        sum += weir_load_acq_(&box->released[i].count);
    return (int32_t)(sum - taken);
}

static inline bool box_take(struct box *box)
{
    for (;;) {
        uint32_t taken = weir_load_acq_(&box->taken);

        if (weir_load_acq_(&box->open) != 0)
            return true;
        if (box_tokens(box) <= 0)
            return false;
        if (weir_cas_acq_rel_(&box->taken, &taken, taken + 1))
            return true;
    }
}

/* One await, and what a test wants to happen inside of it. */
struct taker {
    struct box *box;
    seam_hook_t *after_attempt; /* called once, and then forgotten */
    void *arg;
    int attempts;
    bool taken; /* by the last attempt */
};

static inline bool taker_attempt(void *arg)
{
    struct taker *taker = arg;
    seam_hook_t *hook = taker->after_attempt;

    __atomic_add_fetch(&taker->attempts, 1, __ATOMIC_RELAXED);
    taker->taken = box_take(taker->box);
    if (hook != NULL) {
        taker->after_attempt = NULL;
        hook(taker->arg);
    }
    return taker->taken;
}

static inline bool taker_more(void *arg)
{
    struct taker *taker = arg;

    return weir_load_acq_(&taker->box->open) != 0 || box_tokens(taker->box) > 0;
}

static inline int taker_await(struct taker *taker, weir_deadline_t deadline)
{
    struct weir_wait wait = {taker_attempt, taker_more, taker};

    return weir_eventcount_await_(&taker->box->ec, taker->box->shared, &wait,
                                  weir_until_(deadline));
}

static inline int box_await(struct box *box, weir_deadline_t deadline)
{
    return taker_await(&(struct taker){.box = box}, deadline);
}

/* --- what suites end with --- */

static inline void box_restore(void)
{
    seam_chaos = false;
    seam_relaxed = false;
    seam_barriers = SEAM_AS_IT_IS;
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
}

/* False, and said so, where the kernel has no membarrier. */
static inline bool box_can_be_asymmetric(void)
{
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    if (weir_asymmetric_())
        return true;
    support_skip("asymmetric eventcounts", "no membarrier here");
    return false;
}

#endif
