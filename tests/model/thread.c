/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the life of a thread (src/thread/life.c).  One of the model's
 * threads plays the thread that is started; libc is not there to start it.
 * What it does before its end is plain data to those who join it: without an
 * acquire that is a data race.
 * (hazards B17, B20, B21, B22, B47)
 */
#include "thread/life.h"

#include "base/atomic.h"
#include "model/model.h"

#define MS 1000000
#define NUMBER 42

#define BIT WEIR_PHASE_BIT
/* What join waits for; what the starter, and who asks for numbers. */
#define JOINABLE (BIT(WEIR_PHASE_NEW) | BIT(WEIR_PHASE_ENDED))
#define BEGUN                                                                  \
    (BIT(WEIR_PHASE_NEW) | BIT(WEIR_PHASE_REFUSED) | BIT(WEIR_PHASE_RUNNING) | \
     BIT(WEIR_PHASE_ENDED))

struct state {
    weir_thread_t thread;
    model_data_t number;        /* written before it runs */
    model_data_t done;          /* written before it ends */
    model_data_t tries;         /* by who starts it */
    WEIR_ATOMIC(uint32_t) left; /* joiners that have returned */
    WEIR_ATOMIC(uint32_t) won;  /* who claimed it */
};

/* -- The thread --------------------------------------------------------- */

static void is_starting(void *arg)
{
    struct state *s = (struct state *)arg;

    weir_life_init_(&s->thread, false);
    MODEL_ASSERT(weir_life_claim_(&s->thread), "a new thread can be claimed");
}

static void is_running(void *arg)
{
    struct state *s = (struct state *)arg;

    is_starting(arg);
    weir_life_move_(&s->thread, WEIR_PHASE_RUNNING);
}

static void live(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->number, NUMBER);
    weir_life_move_(&s->thread, WEIR_PHASE_RUNNING);
    model_set(&s->done, 1);
    weir_life_move_(&s->thread, WEIR_PHASE_ENDED);
}

static void end(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->done, 1);
    weir_life_move_(&s->thread, WEIR_PHASE_ENDED);
}

static void refuse(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->number, -1);
    weir_life_move_(&s->thread, WEIR_PHASE_REFUSED);
}

/* -- Those who wait ----------------------------------------------------- */

static void join(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(
        weir_life_await_(&s->thread, JOINABLE, weir_until_(WEIR_FOREVER)) ==
            WEIR_PHASE_ENDED,
        "a join ends when the thread does");
    MODEL_ASSERT(model_get(&s->done) == 1, "it sees what the thread did");
}

static void join_until(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_life_await_(&s->thread, JOINABLE, weir_until_(weir_now() + MS)) ==
        WEIR_PHASE_ENDED)
        MODEL_ASSERT(model_get(&s->done) == 1, "it sees what the thread did");
}

static void poll(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_life_phase_(&s->thread) == WEIR_PHASE_ENDED)
        MODEL_ASSERT(model_get(&s->done) == 1, "it sees what the thread did");
}

/* No mark of waiters is left behind. */
static void is_at_rest(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_load_sc_(&s->thread.state) == (uint32_t)WEIR_PHASE_ENDED,
                 "nothing is left of those who waited");
}

/* The last joiner frees the object. */
static void join_and_leave(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_life_await_(&s->thread, JOINABLE, weir_until_(WEIR_FOREVER));
    if (weir_fetch_add_sc_(&s->left, 1u) == 1)
        model_free(&s->thread, sizeof(s->thread));
}

static void join_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_life_await_(&s->thread, JOINABLE, weir_until_(WEIR_FOREVER));
    model_free(&s->thread, sizeof(s->thread));
}

static void ask_number(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_life_await_(&s->thread, BEGUN, weir_until_(WEIR_FOREVER));
    MODEL_ASSERT(model_get(&s->number) == NUMBER,
                 "who waits for its number gets it");
}

/* -- A start that fails ------------------------------------------------- */

static void give_up_starting(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(
        weir_life_await_(&s->thread, BEGUN, weir_until_(WEIR_FOREVER)) ==
            WEIR_PHASE_REFUSED,
        "the starter hears of it");
    MODEL_ASSERT(model_get(&s->number) == -1, "it sees why");
    weir_life_move_(&s->thread, WEIR_PHASE_NEW);
}

static void join_in_vain(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_life_await_(&s->thread, JOINABLE,
                                  weir_until_(WEIR_FOREVER)) == WEIR_PHASE_NEW,
                 "a join ends when it did not start");
}

/* Claim it, fail, and leave it new. */
static void try_to_start(void *arg)
{
    struct state *s = (struct state *)arg;

    if (!weir_life_claim_(&s->thread))
        return;
    model_set(&s->tries, model_get(&s->tries) + 1);
    weir_life_move_(&s->thread, WEIR_PHASE_NEW);
}

static void is_new(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_life_phase_(&s->thread) == WEIR_PHASE_NEW,
                 "it can be started again");
}

static void was_tried(void *arg)
{
    struct state *s = (struct state *)arg;

    is_new(arg);
    MODEL_ASSERT(model_get(&s->tries) >= 1, "the first gets it");
}

static void claim(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_life_claim_(&s->thread))
        (void)weir_fetch_add_sc_(&s->won, 1u);
    else
        MODEL_ASSERT(!weir_life_set_daemon_(&s->thread, true),
                     "what is started keeps its flags");
}

static void one_has_it(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_load_sc_(&s->won) == 1, "one may start it");
    MODEL_ASSERT(!weir_life_is_daemon_(&s->thread), "nothing was changed");
}

static void has_ended(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_life_phase_(&s->thread) == WEIR_PHASE_ENDED,
                 "the end is for good");
}

const struct model_program model_thread[] = {
    {.name = "join",
     .size = sizeof(struct state),
     .setup = is_starting,
     .thread = {live, join},
     .check = has_ended,
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "many",
     .size = sizeof(struct state),
     .setup = is_running,
     .thread = {end, join, join, join},
     .check = has_ended,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "from_the_start",
     .size = sizeof(struct state),
     .setup = is_starting,
     .thread = {live, join, join},
     .check = has_ended,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "until",
     .size = sizeof(struct state),
     .setup = is_running,
     .thread = {end, join, join_until},
     .check = has_ended,
     .preemptions = 2,
     .stale = 1,
     .spurious = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "poll",
     .size = sizeof(struct state),
     .setup = is_running,
     .thread = {end, poll, join},
     .check = has_ended,
     .preemptions = 3,
     .stale = 2,
     .deeper = 1},
    {.name = "freed",
     .size = sizeof(struct state),
     .setup = is_starting,
     .thread = {live, join_and_free},
     .preemptions = 4,
     .stale = 1,
     .spurious = 1,
     .deeper = 2},
    {.name = "freed_by_the_last",
     .size = sizeof(struct state),
     .setup = is_running,
     .thread = {end, join_and_leave, join_and_leave},
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "at_rest",
     .size = sizeof(struct state),
     .setup = is_starting,
     .thread = {live, join, join_until},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "number",
     .size = sizeof(struct state),
     .setup = is_starting,
     .thread = {live, ask_number, join},
     .check = has_ended,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "refused",
     .size = sizeof(struct state),
     .setup = is_starting,
     .thread = {refuse, give_up_starting, join_in_vain},
     .check = is_new,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "tries",
     .size = sizeof(struct state),
     .thread = {try_to_start, try_to_start},
     .check = was_tried,
     .preemptions = 3,
     .stale = 2,
     .deeper = 2},
    {.name = "claim",
     .size = sizeof(struct state),
     .thread = {claim, claim, claim},
     .check = one_has_it,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = NULL}};
