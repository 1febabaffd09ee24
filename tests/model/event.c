/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the event.  Whoever has begun to wait must be let in by a set:
 * one that is not is a deadlock.  (hazards B2, B3, B11, B17, B21, B22, B55)
 */
#include <weir/event.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "model/model.h"

#define MS 1000000

struct state {
    weir_event_t event;
    model_data_t before; /* written before the first set */
    model_data_t timed_out[MODEL_THREADS];
    WEIR_ATOMIC(uint32_t) put[2]; /* by two threads that set */
};

/* -- Calls -------------------------------------------------------------- */

static void set(struct state *s)
{
    MODEL_ASSERT(weir_event_set(&s->event) == 0, "set returns 0");
}

static void clear(struct state *s)
{
    MODEL_ASSERT(weir_event_clear(&s->event) == 0, "clear returns 0");
}

static void is_set(void *arg)
{
    MODEL_ASSERT(weir_event_is_set(&((struct state *)arg)->event), "it is set");
}

static void is_clear(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(!weir_event_is_set(&s->event), "it is not set");
    MODEL_ASSERT(weir_event_wait_until(&s->event, WEIR_NOW) == ETIMEDOUT,
                 "nobody is let in");
    set(s);
    MODEL_ASSERT(weir_event_wait(&s->event) == 0, "it can be set");
}

/* -- Setting and waiting ------------------------------------------------ */

static void set_once(void *arg)
{
    set((struct state *)arg);
}

static void publish(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->before, 7);
    set(s);
}

static void publish_and_clear(void *arg)
{
    publish(arg);
    clear((struct state *)arg);
}

static void wait_once(void *arg)
{
    MODEL_ASSERT(weir_event_wait(&((struct state *)arg)->event) == 0,
                 "wait returns 0");
}

static void read_what_was_published(void *arg)
{
    struct state *s = (struct state *)arg;

    wait_once(arg);
    MODEL_ASSERT(model_get(&s->before) == 7, "a set publishes");
}

static void read_if_set(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_event_is_set(&s->event))
        MODEL_ASSERT(model_get(&s->before) == 7, "a set publishes");
}

/* Its wait began before all else: it has found the word as it was in the
 * beginning. */
static void began_early(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_event_wait_slow_(&s->event, 0, WEIR_FOREVER) == 0,
                 "wait returns 0");
    MODEL_ASSERT(model_get(&s->before) == 7, "a set publishes, also if it is "
                                             "cleared at once");
}

static void pulse(void *arg)
{
    set((struct state *)arg);
    clear((struct state *)arg);
}

static void publish_clear_and_set(void *arg)
{
    publish_and_clear(arg);
    set((struct state *)arg);
}

static void publish_and_pulse_twice(void *arg)
{
    publish_and_clear(arg);
    pulse(arg);
}

/* -- Clear, then look --------------------------------------------------- */

static void put(struct state *s, unsigned i)
{
    /* COUNT: what the event publishes. */
    weir_store_rlx_(&s->put[i], 1);
    set(s);
}

static void put_0(void *arg)
{
    put((struct state *)arg, 0);
}

static void put_1(void *arg)
{
    put((struct state *)arg, 1);
}

/* Whoever clears, then looks, and waits if there is nothing, misses nothing,
 * also if the event was set already. */
static void get_both(void *arg)
{
    struct state *s = (struct state *)arg;
    uint32_t seen;

    do {
        wait_once(arg);
        clear(s);
        /* COUNT, both: as above. */
        seen = weir_load_rlx_(&s->put[0]) + weir_load_rlx_(&s->put[1]);
    } while (seen < 2);
}

/* -- Deadlines ---------------------------------------------------------- */

static void until(struct state *s, unsigned id, weir_deadline_t deadline)
{
    int result = weir_event_wait_until(&s->event, deadline);

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                 "wait_until returns 0 or ETIMEDOUT");
    model_set(&s->timed_out[id], result != 0);
    if (result == 0)
        MODEL_ASSERT(model_get(&s->before) == 7, "a set publishes");
}

static void until_as_2(void *arg)
{
    until((struct state *)arg, 2, weir_after(MS));
}

static void past_as_2(void *arg)
{
    until((struct state *)arg, 2, WEIR_NOW);
}

/* -- Lifetime ----------------------------------------------------------- */

static void wait_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    wait_once(arg);
    model_free(&s->event, sizeof(s->event));
}

/* -- Processes ---------------------------------------------------------- */

static void begin_shared(void *arg)
{
    (void)weir_event_init(&((struct state *)arg)->event, WEIR_SHARED);
}

static void survive_as_2(void *arg)
{
    struct state *s = (struct state *)arg;
    weir_deadline_t start = weir_now();
    /* Far beyond the time after which a sleeper looks again. */
    int result = weir_event_wait_until(
        &s->event, weir_after(4 * (int64_t)WEIR_SHARED_SLICE_NS));

    MODEL_ASSERT(result == 0, "somebody sets it");
    MODEL_ASSERT(weir_now() - start <= 2 * WEIR_SHARED_SLICE_NS,
                 "a shared waiter looks again in time");
}

const struct model_program model_event[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .thread = {publish, read_what_was_published},
     .check = is_set,
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "two",
     .size = sizeof(struct state),
     .thread = {publish, read_what_was_published, read_what_was_published},
     .check = is_set,
     .preemptions = 3,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "three",
     .size = sizeof(struct state),
     .thread = {publish, read_what_was_published, read_what_was_published,
                read_if_set},
     .check = is_set,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "pulse",
     .size = sizeof(struct state),
     .thread = {publish_and_clear, began_early},
     .check = is_clear,
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "pulse_two",
     .size = sizeof(struct state),
     .thread = {publish_and_clear, began_early, began_early},
     .check = is_clear,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "pulse_twice",
     .size = sizeof(struct state),
     .thread = {publish_and_pulse_twice, began_early, began_early},
     .check = is_clear,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "pulse_and_set",
     .size = sizeof(struct state),
     .thread = {publish_clear_and_set, began_early, read_what_was_published},
     .check = is_set,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "clear_then_look",
     .size = sizeof(struct state),
     .thread = {put_0, put_1, get_both},
     .preemptions = 3,
     .stale = 2,
     .deeper = 1},
    {.name = "until",
     .size = sizeof(struct state),
     .thread = {publish, read_what_was_published, until_as_2},
     .check = is_set,
     .preemptions = 3,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "until_past",
     .size = sizeof(struct state),
     .thread = {publish, read_what_was_published, past_as_2},
     .check = is_set,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .thread = {set_once, wait_and_free},
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = begin_shared,
     .thread = {publish, read_what_was_published, read_what_was_published},
     .check = is_set,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "killed_setter",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {set_once, set_once, survive_as_2},
     .mortal = 1,
     .preemptions = 2,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = NULL}};
