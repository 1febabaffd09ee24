/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the eventcount.  What its sleepers wait for are tickets, each
 * in a word of its own that is given by a plain store and taken by a
 * compare-and-swap, as a queue's cells are: the store is what a releaser must
 * not leave behind when it looks who sleeps.
 * (hazards B1, B5, B9, B10, B13, B17, B20)
 */
#include "futex/eventcount.h"

#include "base/atomic.h"
#include "base/tunables.h"
#include "futex/revoke.h"
#include "model/model.h"

#define TICKETS 3u
#define MS 1000000

struct state {
    weir_eventcount_t_ ec;
    WEIR_ATOMIC(uint32_t) ticket[TICKETS]; /* 1: to be taken */
    model_data_t cargo[TICKETS];           /* what the ticket publishes */
    model_data_t taken[MODEL_THREADS];     /* by each sleeper */
    bool shared;
};

/* -- What sleepers and releasers do ------------------------------------- */

struct taker {
    struct state *s;
    unsigned got;
};

static bool take_one(void *arg)
{
    struct taker *taker = (struct taker *)arg;
    struct state *s = taker->s;

    for (unsigned i = 0; i < TICKETS; i++) {
        uint32_t one = 1;

        if (weir_load_rlx_(&s->ticket[i]) == 1 &&
            weir_cas_acq_(&s->ticket[i], &one, 0u)) {
            taker->got = i;
            return true;
        }
    }
    return false;
}

static bool is_one_there(void *arg)
{
    const struct taker *taker = (const struct taker *)arg;

    for (unsigned i = 0; i < TICKETS; i++)
        if (weir_load_acq_(&taker->s->ticket[i]) == 1)
            return true;
    return false;
}

/* As the inline paths of the queue do it. */
static void notify(struct state *s)
{
    weir_compiler_barrier_();
    if (weir_load_rlx_(&s->ec.word) != 0)
        weir_eventcount_notify_(&s->ec, s->shared);
}

static void give(struct state *s, unsigned ticket)
{
    model_set(&s->cargo[ticket], 7);
    weir_store_rel_(&s->ticket[ticket], 1u);
    notify(s);
}

/* True unless the deadline passed. */
static bool take(struct state *s, weir_deadline_t deadline, unsigned *got)
{
    struct taker taker = {s, TICKETS};
    struct weir_wait wait = {take_one, is_one_there, &taker};
    int result;

    /* A queue tries before it announces that it will sleep. */
    if (!take_one(&taker)) {
        result = weir_eventcount_await_(&s->ec, s->shared, &wait,
                                        weir_until_(deadline));
        MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                     "await returns 0 or ETIMEDOUT");
        MODEL_ASSERT(result == 0 || deadline != WEIR_FOREVER,
                     "nothing else ends a wait without a deadline");
        if (result != 0)
            return false;
    }
    MODEL_ASSERT(model_get(&s->cargo[taker.got]) == 7,
                 "what a ticket publishes is there");
    *got = taker.got;
    return true;
}

static void take_for(struct state *s, unsigned sleeper, unsigned tickets)
{
    unsigned got;

    for (unsigned i = 0; i < tickets; i++) {
        (void)take(s, WEIR_FOREVER, &got);
        model_set(&s->taken[sleeper], model_get(&s->taken[sleeper]) + 1);
    }
}

/* -- Setting up, and what must hold in the end -------------------------- */

static void begin(void *arg)
{
    struct state *s = (struct state *)arg;

    weir_eventcount_init_(&s->ec, false);
}

/* Barriers have been dear: the first sleeper cannot afford one. */
static void begin_dear(void *arg)
{
    for (int i = 0; i < 4 && weir_may_revoke_(); i++)
        (void)weir_revoke_();
    begin(arg);
}

static void begin_shared(void *arg)
{
    struct state *s = (struct state *)arg;

    s->shared = true;
    weir_eventcount_init_(&s->ec, true);
}

/* Nobody is counted any more, and no wake-up is in flight. */
static void is_at_rest(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT((weir_load_rlx_(&s->ec.word) & ~WEIR_EVENTCOUNT_SYMMETRIC_) ==
                     0,
                 "an eventcount without sleepers is at rest");
}

/* -- Programs ----------------------------------------------------------- */

static void give_0(void *arg)
{
    give((struct state *)arg, 0);
}

static void give_1(void *arg)
{
    give((struct state *)arg, 1);
}

static void give_two(void *arg)
{
    give((struct state *)arg, 0);
    give((struct state *)arg, 1);
}

static void take_as_0(void *arg)
{
    take_for((struct state *)arg, 0, 1);
}

static void take_as_1(void *arg)
{
    take_for((struct state *)arg, 1, 1);
}

static void take_two(void *arg)
{
    take_for((struct state *)arg, 0, 2);
}

/* Gives up after a while; what it got it gives back. */
static void take_impatiently(void *arg)
{
    struct state *s = (struct state *)arg;
    unsigned got;

    if (take(s, weir_after(MS), &got))
        give(s, got);
}

/* A quiet release in between, at which the eventcount may relax. */
static void give_two_slowly(void *arg)
{
    struct state *s = (struct state *)arg;

    give(s, 0);
    notify(s);
    give(s, 1);
}

/* All that wait for a flag. */
static bool is_flag_set(void *arg)
{
    return weir_load_acq_(&((struct taker *)arg)->s->ticket[0]) == 1;
}

static void set_flag(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->cargo[0], 7);
    weir_store_rel_(&s->ticket[0], 1u);
    weir_eventcount_notify_all_(&s->ec, s->shared);
}

/* The same, as an inline path would: nothing is called while nobody sleeps. */
static void set_flag_inline(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->cargo[0], 7);
    weir_store_rel_(&s->ticket[0], 1u);
    weir_compiler_barrier_();
    if (weir_load_rlx_(&s->ec.word) != 0)
        weir_eventcount_notify_all_(&s->ec, s->shared);
}

/* A release that is of no use to those who wait for the flag. */
static void notify_in_vain(void *arg)
{
    notify((struct state *)arg);
}

static void await_flag(void *arg)
{
    struct state *s = (struct state *)arg;
    struct taker taker = {s, 0};
    struct weir_wait wait = {is_flag_set, is_flag_set, &taker};

    (void)weir_eventcount_await_(&s->ec, s->shared, &wait,
                                 weir_until_(WEIR_FOREVER));
    MODEL_ASSERT(model_get(&s->cargo[0]) == 7, "the flag publishes");
}

static void await_flag_shortly(void *arg)
{
    struct state *s = (struct state *)arg;
    struct taker taker = {s, 0};
    struct weir_wait wait = {is_flag_set, is_flag_set, &taker};

    (void)weir_eventcount_await_(&s->ec, s->shared, &wait,
                                 weir_until_(weir_after(MS)));
}

/* Others may have been killed; but not in vain for longer than it takes to
 * look again. */
static void take_among_mortals(void *arg)
{
    struct state *s = (struct state *)arg;
    weir_deadline_t start = weir_now();
    unsigned got;

    if (!take(s, weir_after(4 * (int64_t)WEIR_SHARED_SLICE_NS), &got)) {
        MODEL_ASSERT(weir_now() - start >= 4 * (int64_t)WEIR_SHARED_SLICE_NS,
                     "no wait ends early");
        return;
    }
    MODEL_ASSERT(weir_now() - start <= 2 * WEIR_SHARED_SLICE_NS,
                 "a shared sleeper looks again in time");
    model_set(&s->taken[0], 1);
    give(s, got);
}

static void take_and_give(void *arg)
{
    struct state *s = (struct state *)arg;
    unsigned got;

    (void)take(s, WEIR_FOREVER, &got);
    give(s, got);
}

static void only_the_dead_keep_it(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(model_get(&s->taken[0]) == 1 ||
                     weir_load_rlx_(&s->ticket[0]) == 0,
                 "a ticket that is there is found");
    MODEL_ASSERT(model_get(&s->taken[0]) == 1 || model_was_killed(0) ||
                     model_was_killed(1),
                 "the living find each ticket");
}

const struct model_program model_eventcount[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {give_0, take_as_0},
     .check = is_at_rest,
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "one_for_two",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {give_two, take_as_0, take_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "two_for_one",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {give_0, give_1, take_two},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "two_for_two",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {give_0, give_1, take_as_0, take_as_1},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "timeout",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {give_0, take_impatiently, take_as_0},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "all",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {set_flag, await_flag, await_flag},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "flag",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {set_flag_inline, await_flag, await_flag},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "flag_dear",
     .size = sizeof(struct state),
     .setup = begin_dear,
     .thread = {set_flag_inline, await_flag, await_flag},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "all_with_one",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {set_flag_inline, notify_in_vain, await_flag, await_flag},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "one_for_two_dear",
     .size = sizeof(struct state),
     .setup = begin_dear,
     .thread = {give_two, take_as_0, take_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "all_timeout",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {set_flag, await_flag, await_flag_shortly},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "relax",
     .size = sizeof(struct state),
     .setup = begin_dear,
     .thread = {give_two_slowly, take_two},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "relax_two",
     .size = sizeof(struct state),
     .setup = begin_dear,
     .thread = {give_two_slowly, take_as_0, take_as_1},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "refused_early",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_EARLY,
     .setup = begin,
     .thread = {give_two, take_as_0, take_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "refused_late",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_LATE | MODEL_NETS,
     .setup = begin,
     .thread = {give_two, take_as_0, take_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = begin_shared,
     .thread = {give_two, take_as_0, take_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "killed_waker",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {give_0, take_among_mortals},
     .check = only_the_dead_keep_it,
     .mortal = 1,
     .preemptions = 3,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = "killed_sleeper",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {give_0, take_and_give, take_among_mortals},
     .check = only_the_dead_keep_it,
     .mortal = 2,
     .preemptions = 2,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = NULL}};
