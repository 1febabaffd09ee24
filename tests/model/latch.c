/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the latch: what was done before each count_down is seen after
 * each wait, whoever opened it.
 * (hazards B13, B17, B20, B21, B22)
 */
#include <weir/latch.h>

#include "base/atomic.h"
#include "model/model.h"

#define MS 1000000

struct state {
    weir_latch_t latch;
    model_data_t cargo[2];
};

static void begin(struct state *s, unsigned count, unsigned flags)
{
    MODEL_ASSERT(weir_latch_init(&s->latch, count, flags) == 0,
                 "init returns 0");
}

static void for_one(void *arg)
{
    begin((struct state *)arg, 1, 0);
}

static void for_two(void *arg)
{
    begin((struct state *)arg, 2, 0);
}

static void for_two_shared(void *arg)
{
    begin((struct state *)arg, 2, WEIR_SHARED);
}

static void is_open(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_load_rlx_(&s->latch.word) == 0,
                 "an open latch is all zero");
}

/* -- Counting down ------------------------------------------------------ */

static void count(struct state *s, unsigned id)
{
    model_set(&s->cargo[id], 7);
    MODEL_ASSERT(weir_latch_count_down(&s->latch, 1) == 0,
                 "there was something left");
}

static void count_as_0(void *arg)
{
    count((struct state *)arg, 0);
}

static void count_as_1(void *arg)
{
    count((struct state *)arg, 1);
}

static void count_two(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->cargo[0], 7);
    model_set(&s->cargo[1], 7);
    MODEL_ASSERT(weir_latch_count_down(&s->latch, 2) == 0, "two were left");
}

/* -- Waiting ------------------------------------------------------------ */

static void see(struct state *s, unsigned counters)
{
    for (unsigned i = 0; i < counters; i++)
        MODEL_ASSERT(model_get(&s->cargo[i]) == 7,
                     "what was done before a count_down is seen");
}

static void wait_for_one(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_latch_wait(&s->latch) == 0, "a wait ends well");
    see(s, 1);
}

static void wait_for_two(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_latch_wait(&s->latch) == 0, "a wait ends well");
    see(s, 2);
}

static void wait_shortly(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_latch_wait_until(&s->latch, weir_after(MS));

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT, "open, or too late");
    if (result == 0)
        see(s, 2);
}

static void try_for_two(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_latch_try_wait(&s->latch) == 0)
        see(s, 2);
}

/* The opener may have been killed before it could wake anybody, or before
 * it opened: a net, or the deadline, ends the wait. */
static void wait_in_nets(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_latch_wait_until(&s->latch, weir_after(1000 * MS));

    MODEL_ASSERT(result == 0 || weir_latch_value(&s->latch) == 2,
                 "an open latch lets all go, whoever was killed");
    if (result == 0)
        see(s, 2);
}

/* The one that waits frees it. */
static void wait_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_latch_wait(&s->latch) == 0, "a wait ends well");
    model_free(&s->latch, sizeof(s->latch));
}

static void arrive(struct state *s, unsigned id)
{
    model_set(&s->cargo[id], 7);
    MODEL_ASSERT(weir_latch_arrive_and_wait(&s->latch) == 0, "all arrive");
    see(s, 2);
}

static void arrive_as_0(void *arg)
{
    arrive((struct state *)arg, 0);
}

static void arrive_as_1(void *arg)
{
    arrive((struct state *)arg, 1);
}

/* Whoever opens it must not look again: the other may have freed it. */
static void arrive_alone(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_latch_arrive_and_wait(&s->latch) == 0, "it opens it");
}

const struct model_program model_latch[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .setup = for_one,
     .thread = {count_as_0, wait_for_one},
     .check = is_open,
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "two_count",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {count_as_0, count_as_1, wait_for_two},
     .check = is_open,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "two_wait",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {count_two, wait_for_two, wait_for_two, try_for_two},
     .check = is_open,
     .preemptions = 2,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "timeout",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {count_as_0, count_as_1, wait_for_two, wait_shortly},
     .check = is_open,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "arrive",
     .size = sizeof(struct state),
     .setup = for_two,
     .thread = {arrive_as_0, arrive_as_1},
     .check = is_open,
     .preemptions = 4,
     .stale = 2,
     .deeper = 2},
    {.name = "free",
     .size = sizeof(struct state),
     .setup = for_one,
     .thread = {count_as_0, wait_and_free},
     .preemptions = 4,
     .stale = 1,
     .deeper = 2},
    {.name = "free_at_arrival",
     .size = sizeof(struct state),
     .setup = for_one,
     .thread = {arrive_alone, wait_and_free},
     .preemptions = 4,
     .stale = 1,
     .deeper = 2},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = for_two_shared,
     .thread = {count_as_0, count_as_1, wait_for_two},
     .check = is_open,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "killed",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = for_two_shared,
     .thread = {count_two, wait_in_nets, wait_shortly},
     .mortal = 1,
     .preemptions = 2,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = NULL}};
