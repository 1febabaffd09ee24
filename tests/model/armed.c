/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of armed files.  A file is a semaphore: who waits for a file that
 * nobody writes to is a deadlock.  One that was disarmed is closed, and nobody
 * may touch it.  Private objects, and in the explorer alone.
 */
#include <weir/event.h>
#include <weir/queue.h>
#include <weir/sem.h>

#include "base/atomic.h"
#include "model/model.h"

/* Files by number; the second belongs to a second thread that arms. */
#define FILE_0 3
#define FILES 2

struct state {
    weir_event_t event;
    struct weir_queue queue;
    weir_sem_t file[FILES];
    model_data_t closed[FILES];
    model_data_t before; /* written before the set */
    model_data_t got;    /* elements, by the one thread that gets */
};

/* The programs are of one process. */
static struct state *the;

void weir_explore_eventfd_(int fd);
void weir_explore_eventfd_(int fd)
{
    MODEL_ASSERT(!model_get(&the->closed[fd - FILE_0]), "it is open");
    (void)weir_sem_post(&the->file[fd - FILE_0]);
}

static void begin(void *arg)
{
    struct state *s = (struct state *)arg;

    the = s;
    for (unsigned i = 0; i < FILES; i++)
        (void)weir_sem_init(&s->file[i], 0, WEIR_SEM_MAX, 0);
    MODEL_ASSERT(weir_queue_init(&s->queue, sizeof(s->queue), 2,
                                 sizeof(uint64_t), 0) == 0,
                 "there is room for two");
}

/* -- An event ----------------------------------------------------------- */

static void publish(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->before, 7);
    (void)weir_event_set(&s->event);
}

static void publish_and_clear(void *arg)
{
    publish(arg);
    (void)weir_event_clear(&((struct state *)arg)->event);
}

static void set_once(void *arg)
{
    (void)weir_event_set(&((struct state *)arg)->event);
}

static void await_file(struct state *s, unsigned i)
{
    MODEL_ASSERT(weir_event_arm(&s->event, FILE_0 + (int)i) == 0,
                 "it is armed");
    (void)weir_sem_wait(&s->file[i]);
    MODEL_ASSERT(model_get(&s->before) == 7, "a set publishes");
}

static void await_file_0(void *arg)
{
    await_file((struct state *)arg, 0);
}

static void await_file_1(void *arg)
{
    await_file((struct state *)arg, 1);
}

/* Armed before, or the pulse is over when it is. */
static void begin_armed(void *arg)
{
    begin(arg);
    MODEL_ASSERT(weir_event_arm(&((struct state *)arg)->event, FILE_0) == 0,
                 "it is armed");
}

static void await_armed(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_sem_wait(&s->file[0]);
    MODEL_ASSERT(model_get(&s->before) == 7, "a set publishes");
}

static void wait_for_event(void *arg)
{
    (void)weir_event_wait(&((struct state *)arg)->event);
}

/* Twice: it may find the slot of the first. */
static void arm_and_close(void *arg)
{
    struct state *s = (struct state *)arg;

    for (unsigned i = 0; i < FILES; i++) {
        int result = weir_event_arm(&s->event, FILE_0 + (int)i);
        bool armed;

        MODEL_ASSERT(result == 0, "it is armed");
        armed = weir_event_disarm(&s->event, FILE_0 + (int)i) == 0;
        model_set(&s->closed[i], 1);
        MODEL_ASSERT(armed == (weir_sem_value(&s->file[i]) == 0),
                     "it was written to, or still armed");
    }
}

/* -- A queue ------------------------------------------------------------ */

static void put_one(void *arg)
{
    uint64_t element = 5;

    MODEL_ASSERT(weir_queue_put(&((struct state *)arg)->queue, &element) == 0,
                 "it is put");
}

static void put_two(void *arg)
{
    put_one(arg);
    put_one(arg);
}

static void get_one(void *arg)
{
    uint64_t element;

    MODEL_ASSERT(weir_queue_get(&((struct state *)arg)->queue, &element) == 0,
                 "it is got");
}

/* As event loops do it. */
static void get_by_file(struct state *s, int count)
{
    uint64_t element;
    int got = 0;

    while (got < count) {
        int result = weir_queue_arm_not_empty(&s->queue, FILE_0);

        MODEL_ASSERT(result == 0 || result == EOPNOTSUPP, "it is armed");
        if (result != 0)
            return;
        (void)weir_sem_wait(&s->file[0]);
        while (weir_queue_tryget(&s->queue, &element) == 0)
            got++;
    }
}

static void get_one_by_file(void *arg)
{
    get_by_file((struct state *)arg, 1);
}

static void get_two_by_file(void *arg)
{
    get_by_file((struct state *)arg, 2);
}

static void close_queue(void *arg)
{
    (void)weir_queue_close(&((struct state *)arg)->queue);
}

static void await_close(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t element;

    MODEL_ASSERT(weir_queue_arm_not_empty(&s->queue, FILE_0) == 0, "armed");
    (void)weir_sem_wait(&s->file[0]);
    MODEL_ASSERT(weir_queue_tryget(&s->queue, &element) == ESHUTDOWN,
                 "it was closed");
}

/* Looks at it, and takes it back. */
static void arm_and_disarm(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_queue_arm_not_empty(&s->queue, FILE_0) == 0, "armed");
    (void)weir_queue_disarm_not_empty(&s->queue, FILE_0);
    model_set(&s->closed[0], 1);
}

static void nobody_is_counted(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_load_rlx_(&s->queue.not_empty.word) < 8,
                 "nobody is counted any more");
}

const struct model_program model_armed[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {publish, await_file_0},
     .preemptions = 3,
     .stale = 2,
     .deeper = 1},
    {.name = "two",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {publish, await_file_0, await_file_1},
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "pulse",
     .size = sizeof(struct state),
     .setup = begin_armed,
     .thread = {publish_and_clear, await_armed},
     .preemptions = 3,
     .stale = 2,
     .deeper = 1},
    {.name = "beside_a_sleeper",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {publish, await_file_0, wait_for_event},
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "closed",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {set_once, arm_and_close},
     .preemptions = 4,
     .stale = 1,
     .deeper = 1},
    {.name = "queue",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {put_two, get_two_by_file},
     .check = nobody_is_counted,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "queue_two_put",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {put_one, put_one, get_two_by_file},
     .check = nobody_is_counted,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "queue_beside_a_sleeper",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {get_one, arm_and_disarm, put_one},
     .check = nobody_is_counted,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "queue_refused",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_EARLY,
     .setup = begin,
     .thread = {put_two, get_two_by_file},
     .check = nobody_is_counted,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "queue_refused_late",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_LATE | MODEL_NETS,
     .setup = begin,
     .thread = {put_one, get_one_by_file},
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "queue_closed",
     .size = sizeof(struct state),
     .setup = begin,
     .thread = {close_queue, await_close},
     .check = nobody_is_counted,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = NULL}};
