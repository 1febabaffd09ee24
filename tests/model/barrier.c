/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the barrier.  Each thread writes plain data of its own before
 * it arrives and reads that of the others after: what a phase does not order
 * is a data race.
 * (hazards B17, B24, B35)
 */
#include <weir/barrier.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "model/model.h"

#define MS 1000000

struct state {
    weir_barrier_t barrier;
    model_data_t written[MODEL_THREADS]; /* the phase, by each */
    model_data_t result[MODEL_THREADS];  /* of the wait that counts */
    model_data_t index[MODEL_THREADS];
    model_data_t acted;        /* by the action: how many times */
    WEIR_ATOMIC(uint32_t) out; /* a bit for each that has returned */
};

/* -- Setting up --------------------------------------------------------- */

static void begin(struct state *s, unsigned parties, unsigned flags)
{
    MODEL_ASSERT(weir_barrier_init(&s->barrier, parties, flags) == 0,
                 "init returns 0");
}

static void for_two(void *arg)
{
    begin((struct state *)arg, 2, 0);
}

static void for_three(void *arg)
{
    begin((struct state *)arg, 3, 0);
}

static void for_two_shared(void *arg)
{
    begin((struct state *)arg, 2, WEIR_SHARED);
}

/* Who has arrived and not left, also of a broken barrier. */
static uint32_t inside(struct state *s)
{
    return (uint32_t)weir_load_rlx_(&s->barrier.arrivals) & ~(1u << 31);
}

/* -- Phases ------------------------------------------------------------- */

static int wait(struct state *s, unsigned id, weir_deadline_t deadline)
{
    unsigned index = 99;
    int result = weir_barrier_wait_until(&s->barrier, deadline, &index);

    MODEL_ASSERT((result == 0) == (index != 99),
                 "an index is given when the phase completes");
    model_set(&s->result[id], result);
    model_set(&s->index[id], (int)index);
    return result;
}

/* As many phases with one other thread; each must see the other's data. */
static void meet(struct state *s, unsigned id, int phases)
{
    for (int phase = 1; phase <= phases; phase++) {
        model_set(&s->written[id], phase);
        MODEL_ASSERT(wait(s, id, WEIR_FOREVER) == 0, "a phase completes");
        MODEL_ASSERT(model_get(&s->written[1 - id]) == phase,
                     "what was done before the wait is seen after it");
        MODEL_ASSERT(wait(s, id, WEIR_FOREVER) == 0, "a phase completes");
    }
}

static void meet_as_0(void *arg)
{
    meet((struct state *)arg, 0, 1);
}

static void meet_as_1(void *arg)
{
    meet((struct state *)arg, 1, 1);
}

static void meet_again_as_0(void *arg)
{
    meet((struct state *)arg, 0, 2);
}

static void meet_again_as_1(void *arg)
{
    meet((struct state *)arg, 1, 2);
}

static void arrive(struct state *s, unsigned id, unsigned parties)
{
    model_set(&s->written[id], 1);
    MODEL_ASSERT(wait(s, id, WEIR_FOREVER) == 0, "a phase completes");
    for (unsigned i = 0; i < parties; i++)
        MODEL_ASSERT(model_get(&s->written[i]) == 1,
                     "what was done before the wait is seen after it");
}

static void three_as_0(void *arg)
{
    arrive((struct state *)arg, 0, 3);
}

static void three_as_1(void *arg)
{
    arrive((struct state *)arg, 1, 3);
}

static void three_as_2(void *arg)
{
    arrive((struct state *)arg, 2, 3);
}

static void each_has_an_index(void *arg)
{
    struct state *s = (struct state *)arg;
    int seen = 0;

    for (unsigned i = 0; i < 3; i++)
        seen |= 1 << model_get(&s->index[i]);
    MODEL_ASSERT(seen == 7, "each has an index of its own");
}

static void is_at_rest(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(inside(s) == 0 && !weir_barrier_broken(&s->barrier),
                 "it is empty and whole");
}

/* More threads than parties: each pair is a phase. */
static void once(struct state *s, unsigned id)
{
    MODEL_ASSERT(wait(s, id, WEIR_FOREVER) == 0, "a phase completes");
}

static void once_as_0(void *arg)
{
    once((struct state *)arg, 0);
}

static void once_as_1(void *arg)
{
    once((struct state *)arg, 1);
}

static void once_as_2(void *arg)
{
    once((struct state *)arg, 2);
}

static void once_as_3(void *arg)
{
    once((struct state *)arg, 3);
}

static void two_completed(void *arg)
{
    struct state *s = (struct state *)arg;
    int last = 0;

    for (unsigned i = 0; i < 4; i++)
        last += model_get(&s->index[i]);
    MODEL_ASSERT(last == 2, "two phases have one first and one last each");
    is_at_rest(arg);
}

/* -- The action --------------------------------------------------------- */

static int act(void *arg)
{
    struct state *s = (struct state *)arg;

    for (unsigned i = 0; i < 2; i++)
        MODEL_ASSERT(model_get(&s->written[i]) == 1,
                     "the action sees what all did before it");
    model_set(&s->acted, model_get(&s->acted) + 1);
    return 0;
}

static int count_acts(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->acted, model_get(&s->acted) + 1);
    return 0;
}

static int fail(void *arg)
{
    (void)count_acts(arg);
    return 42;
}

static void with(struct state *s, int (*action)(void *))
{
    begin(s, 2, 0);
    MODEL_ASSERT(weir_barrier_set_action(&s->barrier, action, s) == 0,
                 "set_action returns 0");
}

static void for_two_that_act(void *arg)
{
    with((struct state *)arg, act);
}

static void for_many_that_act(void *arg)
{
    with((struct state *)arg, count_acts);
}

static void for_two_that_fail(void *arg)
{
    with((struct state *)arg, fail);
}

static void act_as(struct state *s, unsigned id)
{
    model_set(&s->written[id], 1);
    MODEL_ASSERT(wait(s, id, WEIR_FOREVER) == 0, "a phase completes");
    MODEL_ASSERT(model_get(&s->acted) == 1,
                 "the released see what the action did");
}

static void act_as_0(void *arg)
{
    act_as((struct state *)arg, 0);
}

static void act_as_1(void *arg)
{
    act_as((struct state *)arg, 1);
}

static void two_acted(void *arg)
{
    two_completed(arg);
    MODEL_ASSERT(model_get(&((struct state *)arg)->acted) == 2,
                 "the action runs once for each phase");
}

static void fail_as(struct state *s, unsigned id)
{
    (void)wait(s, id, WEIR_FOREVER);
}

static void fail_as_0(void *arg)
{
    fail_as((struct state *)arg, 0);
}

static void fail_as_1(void *arg)
{
    fail_as((struct state *)arg, 1);
}

static void one_failed(void *arg)
{
    struct state *s = (struct state *)arg;
    int a = model_get(&s->result[0]);
    int b = model_get(&s->result[1]);

    MODEL_ASSERT((a == 42 && b == ECANCELED) || (a == ECANCELED && b == 42),
                 "who ran the action returns its result, others ECANCELED");
    MODEL_ASSERT(model_get(&s->acted) == 1, "the action ran once");
    MODEL_ASSERT(weir_barrier_broken(&s->barrier) &&
                     weir_barrier_reset(&s->barrier) == 0 &&
                     !weir_barrier_broken(&s->barrier),
                 "a failed action breaks it until it is reset");
}

/* -- Breaking ----------------------------------------------------------- */

static void once_shortly_as_0(void *arg)
{
    (void)wait((struct state *)arg, 0, weir_after(MS));
}

static void any_as_1(void *arg)
{
    (void)wait((struct state *)arg, 1, WEIR_FOREVER);
}

static void any_as_2(void *arg)
{
    (void)wait((struct state *)arg, 2, WEIR_FOREVER);
}

static void any_as_0(void *arg)
{
    (void)wait((struct state *)arg, 0, WEIR_FOREVER);
}

static void aborts(void *arg)
{
    (void)weir_barrier_abort(&((struct state *)arg)->barrier);
}

static void resets(void *arg)
{
    (void)weir_barrier_reset(&((struct state *)arg)->barrier);
}

/* All of one phase, or none: either all got 0, or one broke it and the
 * others were told. */
static void all_or_none(struct state *s, unsigned parties, int breaker)
{
    unsigned completed = 0;
    unsigned broke = 0;

    for (unsigned i = 0; i < parties; i++) {
        int result = model_get(&s->result[i]);

        MODEL_ASSERT(result == 0 || result == ECANCELED || result == breaker,
                     "a wait returns what it may");
        completed += result == 0;
        broke += result == breaker;
    }
    MODEL_ASSERT(completed == 0 || completed == parties,
                 "all of a phase complete it, or none");
    MODEL_ASSERT(breaker == ECANCELED || completed > 0 || broke == 1,
                 "one timeout breaks a phase");
    MODEL_ASSERT(completed > 0 || weir_barrier_broken(&s->barrier),
                 "what broke stays so until a reset");
    MODEL_ASSERT(inside(s) == 0, "nobody was left inside");
    MODEL_ASSERT(weir_barrier_reset(&s->barrier) == 0 &&
                     !weir_barrier_broken(&s->barrier),
                 "a reset is at once");
}

static void two_timed_out(void *arg)
{
    all_or_none((struct state *)arg, 2, ETIMEDOUT);
}

static void three_timed_out(void *arg)
{
    all_or_none((struct state *)arg, 3, ETIMEDOUT);
}

static void two_aborted(void *arg)
{
    all_or_none((struct state *)arg, 2, ECANCELED);
}

/* Until it completes a phase, whoever resets it meanwhile. */
static void insist(struct state *s, unsigned id, unsigned parties)
{
    int result;

    model_set(&s->written[id], 1);
    while ((result = wait(s, id, WEIR_FOREVER)) == ECANCELED)
        ;
    MODEL_ASSERT(result == 0, "a wait returns 0 or ECANCELED");
    for (unsigned i = 0; i < parties; i++)
        MODEL_ASSERT(model_get(&s->written[i]) == 1,
                     "what was done before the wait is seen after it");
}

static void insist_as_0(void *arg)
{
    insist((struct state *)arg, 0, 2);
}

static void insist_as_1(void *arg)
{
    insist((struct state *)arg, 1, 2);
}

static void three_insist_as_0(void *arg)
{
    insist((struct state *)arg, 0, 3);
}

static void three_insist_as_1(void *arg)
{
    insist((struct state *)arg, 1, 3);
}

static void three_insist_as_2(void *arg)
{
    insist((struct state *)arg, 2, 3);
}

/* Resets while others wait, and then is one of them. */
static void reset_and_insist_as_1(void *arg)
{
    resets(arg);
    insist_as_1(arg);
}

static void reset_and_abort(void *arg)
{
    resets(arg);
    aborts(arg);
}

/* An abort that overtakes a reset: nobody may stay. */
static void none_is_inside(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(inside(s) == 0, "all have left");
    MODEL_ASSERT(weir_barrier_broken(&s->barrier), "an abort stays");
    (void)weir_barrier_reset(&s->barrier);
    MODEL_ASSERT(!weir_barrier_broken(&s->barrier), "a reset is at once");
}

/* -- Lifetime ----------------------------------------------------------- */

/* The last to return frees it. */
static void leave_last(struct state *s, unsigned id, unsigned parties)
{
    uint32_t self = 1u << id;

    (void)wait(s, id, WEIR_FOREVER);
    if ((weir_fetch_or_sc_(&s->out, self) | self) == (1u << parties) - 1)
        model_free(&s->barrier, sizeof(s->barrier));
}

static void leave_as_0(void *arg)
{
    leave_last((struct state *)arg, 0, 2);
}

static void leave_as_1(void *arg)
{
    leave_last((struct state *)arg, 1, 2);
}

/* -- Processes ---------------------------------------------------------- */

/* The other may be killed before it arrives, or between the decision and
 * its publication. */
static void outlive(void *arg)
{
    struct state *s = (struct state *)arg;
    weir_deadline_t start = weir_now();
    int result = wait(s, 0, weir_after(4 * (int64_t)WEIR_SHARED_SLICE_NS));

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                 "a wait returns 0 or ETIMEDOUT");
    MODEL_ASSERT(result != 0 || weir_now() - start <= 2 * WEIR_SHARED_SLICE_NS,
                 "a shared waiter looks again in time");
}

static void only_the_dead_fail(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(model_get(&s->result[0]) == 0 || model_was_killed(1),
                 "a phase of the living completes");
}

const struct model_program model_barrier[] = {
    {.name = "two",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {meet_as_0, meet_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "again",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {meet_again_as_0, meet_again_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 2},
    {.name = "three",
     .size = sizeof(struct state),
     .setup = for_three,
     .thread = {three_as_0, three_as_1, three_as_2},
     .check = each_has_an_index,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "crowd",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {once_as_0, once_as_1, once_as_2, once_as_3},
     .check = two_completed,
     .preemptions = 2,
     .deeper = 1},
    {.name = "action",
     .size = sizeof(struct state),
     .setup = for_two_that_act,
     .thread = {act_as_0, act_as_1},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "action_crowd",
     .size = sizeof(struct state),
     .setup = for_many_that_act,
     .thread = {once_as_0, once_as_1, once_as_2, once_as_3},
     .check = two_acted,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "action_fails",
     .size = sizeof(struct state),
     .setup = for_two_that_fail,
     .thread = {fail_as_0, fail_as_1},
     .check = one_failed,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "action_timeout",
     .size = sizeof(struct state),
     .setup = for_many_that_act,
     .thread = {once_shortly_as_0, any_as_1},
     .check = two_timed_out,
     .preemptions = 3,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "timeout",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {once_shortly_as_0, any_as_1},
     .check = two_timed_out,
     .preemptions = 3,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "timeout_three",
     .size = sizeof(struct state),
     .setup = for_three,
     .thread = {once_shortly_as_0, any_as_1, any_as_2},
     .check = three_timed_out,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "abort",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {any_as_0, any_as_1, aborts},
     .check = two_aborted,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "reset",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {insist_as_0, insist_as_1, resets},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "reset_two",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {insist_as_0, reset_and_insist_as_1},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "reset_three",
     .size = sizeof(struct state),
     .setup = for_three,
     .thread = {three_insist_as_0, three_insist_as_1, three_insist_as_2,
                resets},
     .check = is_at_rest,
     .preemptions = 1,
     .deeper = 1},
    {.name = "reset_abort",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {any_as_0, any_as_1, reset_and_abort},
     .check = none_is_inside,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {leave_as_0, leave_as_1},
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = for_two_shared,
     .thread = {meet_as_0, meet_as_1},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "killed_publisher",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = for_two_shared,
     .thread = {outlive, once_as_1},
     .check = only_the_dead_fail,
     .mortal = 2,
     .preemptions = 3,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = NULL}};
