/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the queue: what blocks on it, and what ends the wait.  An
 * element is the number of a put; what it publishes is plain data.
 * (hazards B17, B18, B20, B31, B35, B37, B38, B39)
 */
#include <weir/queue.h>

#include "atomics/ring.h"
#include "base/atomic.h"
#include "model/model.h"

#define TRIES 4u
#define MS 1000000
/* Positions wrap modulo 2^64: so many elements before that. */
#define WRAP(elements) ((uint64_t)0 - (elements) * (uint64_t)WEIR_POSITION_)
/* An element says who put it and which of its puts that was; 0 is none. */
#define ELEMENT(thread, turn) ((uint64_t)(thread)*16 + (turn) + 1)
#define THREAD_OF(element) ((unsigned)(((element)-1) / 16))

struct state {
    struct weir_queue queue;
    /* Owned by each thread. */
    uint64_t put[MODEL_THREADS][TRIES];
    unsigned puts[MODEL_THREADS];
    uint64_t got[MODEL_THREADS][TRIES];
    unsigned gots[MODEL_THREADS];
    model_data_t cargo[MODEL_THREADS * 16 + TRIES + 1];
};

/* -- Setting up --------------------------------------------------------- */

static void begin(struct state *s, size_t capacity, unsigned flags,
                  uint64_t start)
{
    weir_queue_t *q = &s->queue;

    MODEL_ASSERT(
        weir_queue_init(q, sizeof(*q), capacity, sizeof(uint64_t), flags) == 0,
        "init returns 0");
    weir_ring_reset_(&q->ring, q->cells, start);
}

static void of_one(void *arg)
{
    begin((struct state *)arg, 1, 0, WRAP(1));
}

static void of_two(void *arg)
{
    begin((struct state *)arg, 2, 0, WRAP(1));
}

static void of_three(void *arg)
{
    begin((struct state *)arg, 3, 0, WRAP(2));
}

static void of_one_shared(void *arg)
{
    begin((struct state *)arg, 1, WEIR_SHARED, 0);
}

/* -- Puts and gets, and what they return -------------------------------- */

static uint64_t next_element(struct state *s, unsigned id)
{
    uint64_t element = ELEMENT(id, s->puts[id]);

    model_set(&s->cargo[element], 7);
    return element;
}

static void note_put(struct state *s, unsigned id, uint64_t element)
{
    s->put[id][s->puts[id]++] = element;
}

static void note_got(struct state *s, unsigned id, uint64_t element)
{
    MODEL_ASSERT(model_get(&s->cargo[element]) == 7,
                 "what an element publishes is there");
    s->got[id][s->gots[id]++] = element;
}

/* Until the deadline, if it is not WEIR_FOREVER. */
static int put(struct state *s, unsigned id, weir_deadline_t deadline)
{
    uint64_t element = next_element(s, id);
    int result = deadline == WEIR_FOREVER
                     ? weir_queue_put(&s->queue, &element)
                     : weir_queue_put_until(&s->queue, &element, deadline);

    MODEL_ASSERT(result == 0 || result == ESHUTDOWN ||
                     (result == ETIMEDOUT && deadline != WEIR_FOREVER),
                 "put returns 0, ESHUTDOWN or ETIMEDOUT");
    if (result == 0)
        note_put(s, id, element);
    return result;
}

static int get(struct state *s, unsigned id, weir_deadline_t deadline)
{
    uint64_t element = 0;
    int result = deadline == WEIR_FOREVER
                     ? weir_queue_get(&s->queue, &element)
                     : weir_queue_get_until(&s->queue, &element, deadline);

    MODEL_ASSERT(result == 0 || result == ESHUTDOWN ||
                     (result == ETIMEDOUT && deadline != WEIR_FOREVER),
                 "get returns 0, ESHUTDOWN or ETIMEDOUT");
    if (result == 0)
        note_got(s, id, element);
    return result;
}

static void put_all(struct state *s, unsigned id, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        MODEL_ASSERT(put(s, id, WEIR_FOREVER) == 0, "an open queue takes it");
}

static void get_all(struct state *s, unsigned id, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        MODEL_ASSERT(get(s, id, WEIR_FOREVER) == 0, "an open queue gives it");
}

static void put_run(struct state *s, unsigned id, size_t n)
{
    uint64_t elements[TRIES];
    size_t done = 99;

    for (unsigned i = 0; i < n; i++) {
        elements[i] = ELEMENT(id, s->puts[id] + i);
        model_set(&s->cargo[elements[i]], 7);
    }
    MODEL_ASSERT(
        weir_queue_put_many(&s->queue, elements, n, WEIR_FOREVER, &done) == 0 &&
            done == n,
        "all are put");
    for (unsigned i = 0; i < n; i++)
        note_put(s, id, elements[i]);
}

static void get_run(struct state *s, unsigned id, size_t n)
{
    uint64_t elements[TRIES];
    size_t done = 99;

    MODEL_ASSERT(
        weir_queue_get_many(&s->queue, elements, n, WEIR_FOREVER, &done) == 0 &&
            done == n,
        "all are got");
    for (unsigned i = 0; i < n; i++)
        note_got(s, id, elements[i]);
}

/* -- The account -------------------------------------------------------- */

static void is_in_order(const uint64_t *got, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = i + 1; j < n; j++)
            MODEL_ASSERT(THREAD_OF(got[i]) != THREAD_OF(got[j]) ||
                             got[i] < got[j],
                         "elements of one producer come in order");
}

static unsigned times_got(const struct state *s, uint64_t element)
{
    unsigned times = 0;

    for (unsigned id = 0; id < MODEL_THREADS; id++)
        for (unsigned i = 0; i < s->gots[id]; i++)
            times += s->got[id][i] == element;
    return times;
}

/* Each element that was put was got, once, or is still there. */
static void nothing_is_lost(void *arg)
{
    struct state *s = (struct state *)arg;
    size_t left = weir_queue_len(&s->queue);

    for (unsigned id = 0; id < MODEL_THREADS; id++) {
        is_in_order(s->got[id], s->gots[id]);
        for (unsigned i = 0; i < s->puts[id]; i++) {
            unsigned times = times_got(s, s->put[id][i]);

            MODEL_ASSERT(times <= 1, "what was put is got once");
            left -= times == 0;
        }
    }
    MODEL_ASSERT(left == 0, "what was put is got, or is still there");
    MODEL_ASSERT(((weir_load_rlx_(&s->queue.not_empty.word) |
                   weir_load_rlx_(&s->queue.not_full.word) |
                   weir_load_rlx_(&s->queue.drained.word)) &
                  ~1u) == 0,
                 "nobody is counted as a sleeper any more");
}

static void all_is_got(void *arg)
{
    struct state *s = (struct state *)arg;

    nothing_is_lost(arg);
    MODEL_ASSERT(weir_queue_len(&s->queue) == 0, "all was got");
}

/* -- Programs: puts and gets -------------------------------------------- */

static void put_two_as_0(void *arg)
{
    put_all((struct state *)arg, 0, 2);
}

static void put_one_as_0(void *arg)
{
    put_all((struct state *)arg, 0, 1);
}

static void put_one_as_1(void *arg)
{
    put_all((struct state *)arg, 1, 1);
}

static void get_two_as_2(void *arg)
{
    get_all((struct state *)arg, 2, 2);
}

static void get_one_as_2(void *arg)
{
    get_all((struct state *)arg, 2, 1);
}

static void get_one_as_3(void *arg)
{
    get_all((struct state *)arg, 3, 1);
}

static void put_run_as_0(void *arg)
{
    put_run((struct state *)arg, 0, 3);
}

static void put_short_run_as_0(void *arg)
{
    put_run((struct state *)arg, 0, 2);
}

static void get_run_as_2(void *arg)
{
    get_run((struct state *)arg, 2, 3);
}

static void get_short_run_as_2(void *arg)
{
    get_run((struct state *)arg, 2, 2);
}

/* Never more than the capacity. */
static void put_and_count_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    for (int i = 0; i < 2; i++) {
        put_all(s, 1, 1);
        MODEL_ASSERT(weir_queue_len(&s->queue) <=
                         weir_queue_capacity(&s->queue),
                     "no more elements than the capacity");
    }
}

static void of_two_with_two(void *arg)
{
    of_two(arg);
    put_two_as_0(arg);
}

static void of_two_with_one(void *arg)
{
    of_two(arg);
    put_one_as_0(arg);
}

static void of_one_with_one(void *arg)
{
    of_one(arg);
    put_one_as_0(arg);
}

static void of_three_with_two(void *arg)
{
    of_three(arg);
    put_two_as_0(arg);
}

/* Exactly empty: two elements are there, and one at each moment. */
static void get_and_put_as_1(void *arg)
{
    get_all((struct state *)arg, 1, 1);
    put_all((struct state *)arg, 1, 1);
}

static void tryget_as_2(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t element = 0;

    MODEL_ASSERT(weir_queue_tryget(&s->queue, &element) == 0,
                 "tryget finds what was there all the time");
    note_got(s, 2, element);
}

/* What this thread has put is there, though another may be about to publish
 * what comes before it. */
static void put_and_tryget_as_2(void *arg)
{
    put_all((struct state *)arg, 2, 1);
    tryget_as_2(arg);
}

/* Exactly full: two places are free, and one at each moment. */
static void put_and_get_as_1(void *arg)
{
    put_all((struct state *)arg, 1, 1);
    get_all((struct state *)arg, 1, 1);
}

static void tryput_as_2(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t element = next_element(s, 2);

    MODEL_ASSERT(weir_queue_tryput(&s->queue, &element) == 0,
                 "tryput finds room that was there all the time");
    note_put(s, 2, element);
}

/* -- Programs: deadlines ------------------------------------------------ */

/* What it got in time it puts back for the other. */
static void get_impatiently_as_2(void *arg)
{
    struct state *s = (struct state *)arg;

    if (get(s, 2, weir_after(MS)) == 0)
        put_all(s, 2, 1);
}

/* The place that it took in time it gives back to the other. */
static void put_impatiently_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    if (put(s, 1, weir_after(MS)) == 0)
        get_all(s, 1, 1);
}

/* -- Programs: closing -------------------------------------------------- */

static void close_queue(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_queue_close(&s->queue) == 0, "close returns 0");
    MODEL_ASSERT(put(s, 3, WEIR_FOREVER) == ESHUTDOWN,
                 "no put after the close");
}

static void put_until_closed_as_0(void *arg)
{
    struct state *s = (struct state *)arg;

    for (int i = 0; i < 2; i++)
        if (put(s, 0, WEIR_FOREVER) == ESHUTDOWN)
            MODEL_ASSERT(weir_queue_closed(&s->queue), "it was closed");
}

static void put_until_closed_as_1(void *arg)
{
    (void)put((struct state *)arg, 1, WEIR_FOREVER);
}

static void get_until_closed(struct state *s, unsigned id)
{
    while (get(s, id, WEIR_FOREVER) == 0)
        ;
}

static void get_until_closed_as_2(void *arg)
{
    get_until_closed((struct state *)arg, 2);
}

static void get_until_closed_as_1(void *arg)
{
    get_until_closed((struct state *)arg, 1);
}

static void drain(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_queue_drain(&s->queue, WEIR_FOREVER) == 0,
                 "a closed queue is drained in the end");
    MODEL_ASSERT(weir_queue_empty(&s->queue), "and is empty then");
}

static void of_two_with_two_closed(void *arg)
{
    of_two_with_two(arg);
    (void)weir_queue_close(&((struct state *)arg)->queue);
}

static void drain_shortly(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_queue_drain(&s->queue, weir_after(MS));

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                 "drain returns 0 or ETIMEDOUT");
}

static void close_and_drain(void *arg)
{
    close_queue(arg);
    drain(arg);
}

const struct model_program model_queue[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_two_as_0, get_two_as_2},
     .check = all_is_got,
     .preemptions = 2,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "one_two_getters",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_two_as_0, get_one_as_2, get_one_as_3},
     .check = all_is_got,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "one_two_putters",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_one_as_0, put_one_as_1, get_two_as_2},
     .check = all_is_got,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "one_two_by_two",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_one_as_0, put_one_as_1, get_one_as_2, get_one_as_3},
     .check = all_is_got,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "two",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_two_as_0, get_one_as_2, get_one_as_3},
     .check = all_is_got,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "full",
     .size = sizeof(struct state),
     .setup = of_one_with_one,
     .thread = {put_one_as_1, get_two_as_2},
     .check = all_is_got,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "three",
     .size = sizeof(struct state),
     .setup = of_three_with_two,
     .thread = {put_and_count_as_1, get_two_as_2},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "many",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_run_as_0, get_run_as_2},
     .check = all_is_got,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "many_for_two",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_short_run_as_0, get_one_as_2, get_one_as_3},
     .check = all_is_got,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "two_places",
     .size = sizeof(struct state),
     .setup = of_two_with_two,
     .thread = {put_one_as_0, put_one_as_1, get_short_run_as_2},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "never_empty",
     .size = sizeof(struct state),
     .setup = of_two_with_two,
     .thread = {get_and_put_as_1, tryget_as_2},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "never_full",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_and_get_as_1, tryput_as_2},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "busy",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_one_as_0, put_and_tryget_as_2},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "never_empty_by_one",
     .size = sizeof(struct state),
     .setup = of_two_with_one,
     .thread = {put_and_get_as_1, tryget_as_2},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 2,
     .deeper = 1},
    {.name = "never_full_by_one",
     .size = sizeof(struct state),
     .setup = of_two_with_one,
     .thread = {get_and_put_as_1, tryput_as_2},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 2,
     .deeper = 1},
    {.name = "get_timeout",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_one_as_0, get_impatiently_as_2, get_one_as_3},
     .check = all_is_got,
     .preemptions = 1,
     .stale = 1,
     .timeouts = 1,
     .deeper = 2},
    {.name = "put_timeout",
     .size = sizeof(struct state),
     .setup = of_one_with_one,
     .thread = {put_one_as_0, put_impatiently_as_1, get_one_as_2},
     .check = nothing_is_lost,
     .preemptions = 1,
     .stale = 1,
     .timeouts = 1,
     .deeper = 2},
    {.name = "close",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_until_closed_as_0, get_until_closed_as_2, close_queue},
     .check = all_is_got,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "close_getters",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {get_until_closed_as_1, get_until_closed_as_2, close_queue},
     .check = all_is_got,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "close_putters",
     .size = sizeof(struct state),
     .setup = of_one_with_one,
     .thread = {put_until_closed_as_0, put_until_closed_as_1, close_queue},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "drain",
     .size = sizeof(struct state),
     .setup = of_two_with_two_closed,
     .thread = {drain, get_two_as_2},
     .check = all_is_got,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "drain_many",
     .size = sizeof(struct state),
     .setup = of_two_with_two_closed,
     .thread = {drain, get_short_run_as_2},
     .check = all_is_got,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "drain_two",
     .size = sizeof(struct state),
     .setup = of_two_with_two_closed,
     .thread = {drain, drain, get_two_as_2},
     .check = all_is_got,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "drain_timeout",
     .size = sizeof(struct state),
     .setup = of_two_with_two_closed,
     .thread = {drain, drain_shortly, get_two_as_2},
     .check = all_is_got,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "close_and_drain",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_until_closed_as_0, get_until_closed_as_2, close_and_drain},
     .check = all_is_got,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = of_one_shared,
     .thread = {put_two_as_0, get_one_as_2, get_one_as_3},
     .check = all_is_got,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = NULL}};
