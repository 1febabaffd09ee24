/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the semaphore.  There are as many permits as waits that must
 * end: one that is lost, or stays with nobody while a thread sleeps, is a
 * deadlock.  (hazards B2, B3, B7, B17, B20, B21, B22, B55)
 */
#include <weir/sem.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "model/model.h"

#define MS 1000000

struct state {
    weir_sem_t sem;
    model_data_t before;     /* written before the first post */
    model_data_t refused[2]; /* posts, by the first two */
    model_data_t count;      /* not in the same 8 bytes as `before` */
    model_data_t timed_out[MODEL_THREADS];
    model_data_t got[MODEL_THREADS];
};

/* -- Calls -------------------------------------------------------------- */

static void post(struct state *s)
{
    MODEL_ASSERT(weir_sem_post(&s->sem) == 0, "there is room");
}

static void wait_as(struct state *s, unsigned id)
{
    MODEL_ASSERT(weir_sem_wait(&s->sem) == 0, "wait returns 0");
    model_set(&s->got[id], model_get(&s->got[id]) + 1);
}

static void until(struct state *s, unsigned id, weir_deadline_t deadline)
{
    int result = weir_sem_wait_until(&s->sem, deadline);

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                 "wait_until returns 0 or ETIMEDOUT");
    model_set(&s->timed_out[id], result != 0);
    model_set(&s->got[id], result == 0);
}

/* What is there in the end. */
static int left(const struct state *s)
{
    return (int)weir_sem_value(&s->sem);
}

static void nothing_left(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(left(s) == 0, "as many were taken as were posted");
    MODEL_ASSERT(weir_sem_trywait(&s->sem) == EAGAIN, "there is none");
    MODEL_ASSERT(weir_sem_post(&s->sem) == 0 && left(s) == 1,
                 "it can be posted");
}

static void one_left(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(left(s) == 1, "the one that was given back is there");
    MODEL_ASSERT(weir_sem_trywait(&s->sem) == 0, "it can be taken");
}

/* -- Posting and waiting ------------------------------------------------ */

static void post_once(void *arg)
{
    post((struct state *)arg);
}

static void publish(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->before, 7);
    post(s);
}

static void read_what_was_published(void *arg)
{
    struct state *s = (struct state *)arg;

    wait_as(s, 1);
    MODEL_ASSERT(model_get(&s->before) == 7, "a permit publishes");
}

static void publish_both(void *arg)
{
    struct state *s = (struct state *)arg;

    publish(arg);
    model_set(&s->count, 8);
    post(s);
}

static void read_both(void *arg)
{
    struct state *s = (struct state *)arg;

    read_what_was_published(arg);
    wait_as(s, 1);
    MODEL_ASSERT(model_get(&s->count) == 8, "each permit publishes");
}

static void post_twice(void *arg)
{
    post((struct state *)arg);
    post((struct state *)arg);
}

static void post_3_times(void *arg)
{
    post_twice(arg);
    post((struct state *)arg);
}

static void post_2_at_once(void *arg)
{
    MODEL_ASSERT(weir_sem_post_n(&((struct state *)arg)->sem, 2) == 0,
                 "there is room");
}

static void post_3_at_once(void *arg)
{
    MODEL_ASSERT(weir_sem_post_n(&((struct state *)arg)->sem, 3) == 0,
                 "there is room");
}

static void wait_as_1(void *arg)
{
    wait_as((struct state *)arg, 1);
}

static void wait_as_2(void *arg)
{
    wait_as((struct state *)arg, 2);
}

static void wait_as_3(void *arg)
{
    wait_as((struct state *)arg, 3);
}

/* Takes one if there is one, perhaps that for which another was woken, and
 * gives it back. */
static void borrow(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_sem_trywait(&s->sem);

    MODEL_ASSERT(result == 0 || result == EAGAIN, "trywait: 0 or EAGAIN");
    if (result == 0)
        post(s);
}

/* -- As a lock ---------------------------------------------------------- */

static void begin_free(void *arg)
{
    (void)weir_sem_init(&((struct state *)arg)->sem, 1, 1, 0);
}

static void lock(struct state *s, unsigned id)
{
    int before;

    wait_as(s, id);
    before = model_get(&s->count);
    model_set(&s->count, before + 1);
    MODEL_ASSERT(model_get(&s->count) == before + 1, "nobody else is inside");
    post(s);
}

static void lock_as_0(void *arg)
{
    lock((struct state *)arg, 0);
}

static void lock_as_1(void *arg)
{
    lock((struct state *)arg, 1);
}

static void lock_as_2(void *arg)
{
    lock((struct state *)arg, 2);
}

static void lock_as_3(void *arg)
{
    lock((struct state *)arg, 3);
}

/* -- Deadlines ---------------------------------------------------------- */

/* Gives back what it got: somebody else needs it. */
static void until_as_2(void *arg)
{
    struct state *s = (struct state *)arg;

    until(s, 2, weir_after(MS));
    if (model_get(&s->got[2]))
        post(s);
}

static void until_as_3(void *arg)
{
    struct state *s = (struct state *)arg;

    until(s, 3, weir_after(MS));
    if (model_get(&s->got[3]))
        post(s);
}

static void past_as_2(void *arg)
{
    struct state *s = (struct state *)arg;

    until(s, 2, WEIR_NOW);
    if (model_get(&s->got[2]))
        post(s);
}

/* -- Bounds ------------------------------------------------------------- */

static void begin_bounded(void *arg)
{
    (void)weir_sem_init(&((struct state *)arg)->sem, 0, 1, 0);
}

static bool is_refused(struct state *s)
{
    int result = weir_sem_post(&s->sem);

    MODEL_ASSERT(result == 0 || result == EOVERFLOW, "post: 0 or EOVERFLOW");
    MODEL_ASSERT(left(s) <= 1, "there are never more than the bound");
    return result != 0;
}

/* Two posts, one wait, one place. */
static void post_as_0(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->refused[0], is_refused(s));
}

static void post_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->refused[1], is_refused(s));
}

static void bounded_adds_up(void *arg)
{
    struct state *s = (struct state *)arg;
    int refused = model_get(&s->refused[0]) + model_get(&s->refused[1]);

    MODEL_ASSERT(refused < 2, "one of them finds room");
    MODEL_ASSERT(left(s) == 1 - refused, "what was refused was not added");
}

/* -- Lifetime ----------------------------------------------------------- */

static void wait_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    wait_as(s, 1);
    model_free(&s->sem, sizeof(s->sem));
}

static void wait_twice_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    wait_as(s, 1);
    wait_as(s, 1);
    model_free(&s->sem, sizeof(s->sem));
}

/* -- Processes ---------------------------------------------------------- */

static void begin_shared(void *arg)
{
    (void)weir_sem_init(&((struct state *)arg)->sem, 0, WEIR_SEM_MAX,
                        WEIR_SHARED);
}

static void survive(struct state *s, unsigned id)
{
    weir_deadline_t start = weir_now();

    /* Far beyond the time after which a sleeper looks again. */
    until(s, id, weir_after(4 * (int64_t)WEIR_SHARED_SLICE_NS));
    MODEL_ASSERT(model_get(&s->got[id]), "there is one for each that lives");
    MODEL_ASSERT(weir_now() - start <= 2 * WEIR_SHARED_SLICE_NS,
                 "a shared waiter looks again in time");
}

static void survive_as_2(void *arg)
{
    survive((struct state *)arg, 2);
}

static void survive_as_3(void *arg)
{
    survive((struct state *)arg, 3);
}

const struct model_program model_sem[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .thread = {publish, read_what_was_published},
     .check = nothing_left,
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "two_for_one",
     .size = sizeof(struct state),
     .thread = {publish_both, read_both},
     .check = nothing_left,
     .preemptions = 4,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "two_for_two",
     .size = sizeof(struct state),
     .thread = {post_twice, wait_as_1, wait_as_2},
     .check = nothing_left,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "two_by_two",
     .size = sizeof(struct state),
     .thread = {post_once, wait_as_1, wait_as_2, post_once},
     .check = nothing_left,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "three",
     .size = sizeof(struct state),
     .thread = {post_3_times, wait_as_1, wait_as_2, wait_as_3},
     .check = nothing_left,
     .preemptions = 2,
     .deeper = 1},
    {.name = "two_at_once",
     .size = sizeof(struct state),
     .thread = {post_2_at_once, wait_as_1, wait_as_2},
     .check = nothing_left,
     .preemptions = 3,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "three_at_once",
     .size = sizeof(struct state),
     .thread = {post_3_at_once, wait_as_1, wait_as_2, wait_as_3},
     .check = nothing_left,
     .preemptions = 2,
     .deeper = 1},
    {.name = "borrowed",
     .size = sizeof(struct state),
     .thread = {post_twice, wait_as_1, wait_as_2, borrow},
     .check = nothing_left,
     .preemptions = 2,
     .deeper = 1},
    {.name = "lock_three",
     .size = sizeof(struct state),
     .setup = begin_free,
     .thread = {lock_as_0, lock_as_1, lock_as_2},
     .check = one_left,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "lock_four",
     .size = sizeof(struct state),
     .setup = begin_free,
     .thread = {lock_as_0, lock_as_1, lock_as_2, lock_as_3},
     .check = one_left,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "until",
     .size = sizeof(struct state),
     .thread = {post_twice, wait_as_1, until_as_2},
     .check = one_left,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "until_two",
     .size = sizeof(struct state),
     .thread = {post_once, wait_as_1, until_as_2, until_as_3},
     .check = nothing_left,
     .preemptions = 2,
     .timeouts = 2,
     .deeper = 1},
    {.name = "until_borrowed",
     .size = sizeof(struct state),
     .thread = {post_once, wait_as_1, until_as_2, borrow},
     .check = nothing_left,
     .preemptions = 2,
     .timeouts = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "until_past",
     .size = sizeof(struct state),
     .thread = {post_once, wait_as_1, past_as_2},
     .check = nothing_left,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "bounded",
     .size = sizeof(struct state),
     .setup = begin_bounded,
     .thread = {post_as_0, post_as_1, wait_as_2},
     .check = bounded_adds_up,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .thread = {post_once, wait_and_free},
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "free_second",
     .size = sizeof(struct state),
     .thread = {post_once, wait_twice_and_free, post_once},
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = begin_shared,
     .thread = {post_twice, wait_as_1, wait_as_2},
     .check = nothing_left,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "killed_poster",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {post_once, post_once, survive_as_2},
     .mortal = 1,
     .preemptions = 2,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = "killed_waiter",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {post_3_times, wait_as_1, survive_as_2, survive_as_3},
     .mortal = 2,
     .preemptions = 1,
     .kills = 1,
     .deeper = 1},
    {.name = NULL}};
