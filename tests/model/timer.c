/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the timer.  Thread 0 is the timer thread: it serves until
 * another shuts the service down.  Time stands still unless nobody can go on,
 * so that timers are due at once, or never.
 * (hazards B9, B21)
 */
#include <weir/timer.h>

#include "base/atomic.h"
#include "futex/park.h"
#include "model/model.h"
#include "thread/timer_service.h"

#define MS 1000000

/* What an executor was given. */
#define NOTHING 0u
#define GIVEN 1u
#define NO_MORE 2u

struct state {
    weir_timer_t timer;
    weir_timer_t other;
    model_data_t told;   /* before the start */
    model_data_t called; /* by the callback: how many times */
    WEIR_ATOMIC(uint32_t) order;
    void (*fn)(void *);
    void *arg;
};

static void count(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(model_get(&s->told) == 1,
                 "the callback sees what was done before the start");
    model_set(&s->called, model_get(&s->called) + 1);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void begin(struct state *s, void (*fn)(void *))
{
    weir_timers_.last = 0; /* the same serials in each execution */
    weir_timer_forget_();
    weir_timers_.thread = WEIR_TIMER_SERVING_;
    (void)weir_timer_init(&s->timer, fn, s, 0);
    (void)weir_timer_init(&s->other, nothing, NULL, 0);
}

static void for_one(void *arg)
{
    begin((struct state *)arg, count);
}

static void serve(void *arg)
{
    (void)arg;
    weir_timer_serve_();
}

static void start(struct state *s, weir_deadline_t due)
{
    model_set(&s->told, 1);
    MODEL_ASSERT(weir_timer_start_at(&s->timer, due) == 0, "it starts");
}

static void shut_down(void *arg)
{
    (void)arg;
    MODEL_ASSERT(weir_timer_shutdown(WEIR_FOREVER) == 0, "shutdown returns 0");
}

static void is_at_rest(void *arg)
{
    (void)arg;
    MODEL_ASSERT(weir_timers_.runs == NULL && weir_timers_.handed == 0 &&
                     weir_timers_.thread == WEIR_TIMER_NO_THREAD_ &&
                     !weir_timers_.stopping,
                 "nothing is left after a shutdown");
}

/* -- Cancelling --------------------------------------------------------- */

/* Called, if it could not be cancelled; and its memory is free. */
static void check_cancelled(struct state *s, int result)
{
    MODEL_ASSERT(result == 0 || result == EALREADY,
                 "it was cancelled, or had fired");
    MODEL_ASSERT(model_get(&s->called) == (result == EALREADY),
                 "it is called if and only if it was not cancelled");
    model_free(&s->timer, sizeof(s->timer));
}

static void start_and_cancel(void *arg)
{
    struct state *s = (struct state *)arg;

    start(s, WEIR_NOW);
    check_cancelled(s, weir_timer_cancel_sync(&s->timer, WEIR_FOREVER));
    shut_down(arg);
}

static void start_and_try(void *arg)
{
    struct state *s = (struct state *)arg;
    int result;

    start(s, WEIR_NOW);
    result = weir_timer_cancel(&s->timer);
    if (result != EINPROGRESS)
        check_cancelled(s, result);
    shut_down(arg);
    if (result == EINPROGRESS)
        check_cancelled(s, weir_timer_cancel(&s->timer));
}

static void start_and_cancel_shortly(void *arg)
{
    struct state *s = (struct state *)arg;
    int result;

    start(s, WEIR_NOW);
    result = weir_timer_cancel_sync(&s->timer, weir_after(MS));
    if (result == ETIMEDOUT)
        result = weir_timer_cancel_sync(&s->timer, WEIR_FOREVER);
    check_cancelled(s, result);
    shut_down(arg);
}

/* The callback starts its timer again. */
static void count_and_start(void *arg)
{
    struct state *s = (struct state *)arg;

    count(arg);
    if (model_get(&s->called) == 1)
        MODEL_ASSERT(weir_timer_start_at(&s->timer, WEIR_NOW) == 0,
                     "it starts again");
}

static void for_one_that_starts(void *arg)
{
    begin((struct state *)arg, count_and_start);
}

static void start_and_cancel_all(void *arg)
{
    struct state *s = (struct state *)arg;
    int result;

    start(s, WEIR_NOW);
    result = weir_timer_cancel_sync(&s->timer, WEIR_FOREVER);
    MODEL_ASSERT(model_get(&s->called) == 2 ? result == EALREADY : result == 0,
                 "what was started again is cancelled, or had fired");
    model_free(&s->timer, sizeof(s->timer));
    shut_down(arg);
}

static void start_every_and_cancel(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->told, 1);
    (void)weir_timer_start_every(&s->timer, WEIR_NOW, MS);
    MODEL_ASSERT(weir_timer_cancel_sync(&s->timer, WEIR_FOREVER) == 0,
                 "there is always one more to cancel");
    MODEL_ASSERT(model_get(&s->called) >= 0, "and none runs");
    model_free(&s->timer, sizeof(s->timer));
    shut_down(arg);
}

/* -- Joining ------------------------------------------------------------ */

static void for_one_that_is_due(void *arg)
{
    for_one(arg);
    start((struct state *)arg, WEIR_NOW);
}

static void for_one_that_is_armed(void *arg)
{
    for_one(arg);
    start((struct state *)arg, WEIR_FOREVER);
}

static void join_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_timer_join(&s->timer, WEIR_FOREVER) == 0,
                 "a join returns 0");
    model_free(&s->timer, sizeof(s->timer));
}

static void join_the_fired(void *arg)
{
    struct state *s = (struct state *)arg;

    join_and_free(arg);
    MODEL_ASSERT(model_get(&s->called) == 1, "a join sees the callback");
    shut_down(arg);
}

/* Whoever cancels does not touch it when others may know. */
static void cancel_it(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_timer_cancel(&s->timer) == 0, "it is cancelled");
}

static void join_the_cancelled(void *arg)
{
    join_and_free(arg);
    shut_down(arg);
}

/* -- The callback frees its timer --------------------------------------- */

static void free_it(void *arg)
{
    struct state *s = (struct state *)arg;

    count(arg);
    model_free(&s->timer, sizeof(s->timer));
}

static void for_one_that_is_freed(void *arg)
{
    begin((struct state *)arg, free_it);
}

static void start_and_leave(void *arg)
{
    start((struct state *)arg, WEIR_NOW);
    shut_down(arg);
}

/* -- Waking the timer thread -------------------------------------------- */

static void start_an_earlier(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_timer_start_at(&s->other, WEIR_NOW) == 0 &&
                     weir_timer_join(&s->other, WEIR_FOREVER) == 0,
                 "the timer thread wakes up for it");
    MODEL_ASSERT(weir_timer_cancel(&s->timer) == 0, "and not for the other");
    shut_down(arg);
}

/* -- Shutting down ------------------------------------------------------ */

static void join_it(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_timer_join(&s->timer, WEIR_FOREVER) == 0,
                 "a shutdown ends a join");
}

/* -- An executor -------------------------------------------------------- */

static int submit(void *pool, void (*fn)(void *), void *arg)
{
    struct state *s = (struct state *)pool;

    s->fn = fn;
    s->arg = arg;
    weir_store_rel_(&s->order, GIVEN);
    weir_futex_wake_(&s->order, 1, WEIR_BITS_ALL, false);
    return 0;
}

static void for_an_executor(void *arg)
{
    struct state *s = (struct state *)arg;

    for_one(arg);
    (void)weir_timer_set_executor(&s->timer, submit, s);
}

/* Two threads may be called an executor if they run what they are given. */
static void execute(void *arg)
{
    struct state *s = (struct state *)arg;

    while (weir_load_acq_(&s->order) == NOTHING)
        (void)weir_park_(&s->order, NOTHING, weir_until_(WEIR_FOREVER),
                         WEIR_BITS_ALL, false, true);
    if (weir_load_acq_(&s->order) == GIVEN)
        s->fn(s->arg);
}

static void tell_no_more(struct state *s)
{
    uint32_t order = NOTHING;

    if (weir_cas_acq_rel_(&s->order, &order, NO_MORE))
        weir_futex_wake_(&s->order, 1, WEIR_BITS_ALL, false);
}

static void cancel_what_is_handed(void *arg)
{
    struct state *s = (struct state *)arg;

    start(s, WEIR_NOW);
    check_cancelled(s, weir_timer_cancel_sync(&s->timer, WEIR_FOREVER));
    tell_no_more(s);
    shut_down(arg);
}

static void shut_down_what_is_handed(void *arg)
{
    struct state *s = (struct state *)arg;

    start(s, WEIR_NOW);
    shut_down(arg);
    MODEL_ASSERT(model_get(&s->called) <= 1, "no callback runs any more");
    model_free(&s->timer, sizeof(s->timer));
    tell_no_more(s);
}

const struct model_program model_timer[] = {
    {.name = "cancel",
     .size = sizeof(struct state),
     .setup = for_one,
     .thread = {serve, start_and_cancel},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "try",
     .size = sizeof(struct state),
     .setup = for_one,
     .thread = {serve, start_and_try},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "cancel_timeout",
     .size = sizeof(struct state),
     .setup = for_one,
     .thread = {serve, start_and_cancel_shortly},
     .check = is_at_rest,
     .preemptions = 3,
     .timeouts = 1,
     .deeper = 1},
    {.name = "cancel_again",
     .size = sizeof(struct state),
     .setup = for_one_that_starts,
     .thread = {serve, start_and_cancel_all},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "periodic",
     .size = sizeof(struct state),
     .setup = for_one,
     .thread = {serve, start_every_and_cancel},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "join",
     .size = sizeof(struct state),
     .setup = for_one_that_is_due,
     .thread = {serve, join_the_fired},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "join_cancelled",
     .size = sizeof(struct state),
     .setup = for_one_that_is_armed,
     .thread = {serve, join_the_cancelled, cancel_it},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .setup = for_one_that_is_freed,
     .thread = {serve, start_and_leave},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "earlier",
     .size = sizeof(struct state),
     .setup = for_one_that_is_armed,
     .thread = {serve, start_an_earlier},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "shutdown",
     .size = sizeof(struct state),
     .setup = for_one_that_is_armed,
     .thread = {serve, shut_down, join_it},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "shutdown_two",
     .size = sizeof(struct state),
     .setup = for_one_that_is_armed,
     .thread = {serve, shut_down, shut_down},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "executor",
     .size = sizeof(struct state),
     .setup = for_an_executor,
     .thread = {serve, cancel_what_is_handed, execute},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "executor_shutdown",
     .size = sizeof(struct state),
     .setup = for_an_executor,
     .thread = {serve, shut_down_what_is_handed, execute},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = NULL}};
