/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the once: what the function made is seen by all who are told
 * that it is done; it runs once, and again after a failure.
 * (hazards B13, B17, B20, B21, B45)
 */
#include <weir/once.h>

#include "base/atomic.h"
#include "model/model.h"

#define MS 1000000

struct state {
    weir_once_t once;
    model_data_t made; /* by the function */
    model_data_t runs; /* written by functions only */
    model_data_t mine; /* one thread ran it itself */
    WEIR_ATOMIC(uint32_t) late;
};

static void for_processes(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_once_init(&s->once, WEIR_SHARED) == 0, "init returns 0");
}

static void is_done(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_once_is_done(&s->once), "it is done in the end");
    MODEL_ASSERT((weir_load_rlx_(&s->once.word) & ~8u) == WEIR_ONCE_DONE_,
                 "and no mark is left");
}

static void ran_once(void *arg)
{
    struct state *s = (struct state *)arg;

    is_done(arg);
    MODEL_ASSERT(model_get(&s->runs) == 1, "it was run once");
}

static void ran_twice(void *arg)
{
    struct state *s = (struct state *)arg;

    is_done(arg);
    MODEL_ASSERT(model_get(&s->runs) == 2, "it was run once more");
}

/* -- Functions ---------------------------------------------------------- */

static int make(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->made, 7);
    model_set(&s->runs, model_get(&s->runs) + 1);
    return 0;
}

/* The first fails. */
static int make_or_fail(void *arg)
{
    struct state *s = (struct state *)arg;

    if (model_get(&s->runs) == 1)
        return make(arg);
    model_set(&s->runs, 1);
    return 5;
}

static int make_deeply(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_once_call(&s->once, make, s) == EDEADLK,
                 "it is called by itself");
    return make(arg);
}

/* -- Calls -------------------------------------------------------------- */

static void see(struct state *s)
{
    MODEL_ASSERT(model_get(&s->made) == 7, "what was made is seen");
}

static void call(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_once_call(&s->once, make, s) == 0, "it is done");
    see(s);
}

static void call_deeply(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_once_call(&s->once, make_deeply, s) == 0, "it is done");
    see(s);
}

static void call_until_done(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_once_call(&s->once, make_or_fail, s);

    MODEL_ASSERT(result == 0 || result == 5, "done, or what it returned");
    if (result == 5)
        result = weir_once_call(&s->once, make_or_fail, s);
    MODEL_ASSERT(result == 0, "it fails once");
    see(s);
}

static void call_shortly(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_once_call_until(&s->once, make, s, weir_after(MS));

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT, "done, or too late");
    if (result == 0)
        see(s);
}

static void ask(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_once_is_done(&s->once))
        see(s);
}

/* If another ran it, that one is out of the once, or on its way. */
static int make_myself(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->mine, 1);
    return make(arg);
}

static void call_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_once_call(&s->once, make_myself, s) == 0, "it is done");
    see(s);
    if (model_get(&s->mine) == 0)
        model_free(&s->once, sizeof(s->once));
}

/* The runner may have been killed: then it is never done, and else it is. */
static void call_in_nets(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_once_call_until(&s->once, make, s, weir_after(1000 * MS));

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT, "done, or never");
    if (result == 0)
        see(s);
    else
        weir_store_rlx_(&s->late, 1);
}

static void late_if_killed(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_load_rlx_(&s->late) == 0 ||
                     (model_was_killed(0) && !weir_once_is_done(&s->once)),
                 "nobody waits in vain but for the dead");
}

const struct model_program model_once[] = {
    {.name = "two",
     .size = sizeof(struct state),
     .thread = {call, call},
     .check = ran_once,
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "three",
     .size = sizeof(struct state),
     .thread = {call, call, call},
     .check = ran_once,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "asked",
     .size = sizeof(struct state),
     .thread = {call, ask, call},
     .check = ran_once,
     .preemptions = 2,
     .stale = 2,
     .deeper = 1},
    {.name = "failure",
     .size = sizeof(struct state),
     .thread = {call_until_done, call_until_done, call_until_done},
     .check = ran_twice,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "recursion",
     .size = sizeof(struct state),
     .thread = {call_deeply, call_deeply},
     .check = ran_once,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "timeout",
     .size = sizeof(struct state),
     .thread = {call, call_shortly, call},
     .check = ran_once,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = for_processes,
     .thread = {call, call, call},
     .check = ran_once,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "killed",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = for_processes,
     .thread = {call, call_in_nets, call_in_nets},
     .check = late_if_killed,
     .mortal = 1,
     .preemptions = 1,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .thread = {call, call_and_free},
     .preemptions = 4,
     .stale = 1,
     .deeper = 2},
    {.name = NULL}};
