/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the ring, which never waits: a few attempts by each thread,
 * and then an account of what became of each element.
 * (hazards B31, B32, B34, B35, B36, B37, B38, B42)
 */
#include "atomics/ring.h"

#include "base/atomic.h"
#include "model/model.h"

#define CELLS 4u
#define TRIES 4u
/* Positions wrap modulo 2^64: so many elements before that. */
#define WRAP(elements) ((uint64_t)0 - (elements) * (uint64_t)WEIR_POSITION_)
/* An element says who put it and which of its puts that was; 0 is none. */
#define ELEMENT(thread, turn) ((uint64_t)(thread)*16 + (turn) + 1)
#define THREAD_OF(element) ((unsigned)(((element)-1) / 16))

struct state {
    weir_ring_t_ ring;
    WEIR_ALIGNED(WEIR_LINE) unsigned char cells[CELLS * sizeof(weir_cell_t_)];
    /* Owned by each thread. */
    uint64_t put[MODEL_THREADS][TRIES];
    unsigned puts[MODEL_THREADS];
    uint64_t got[MODEL_THREADS][TRIES];
    unsigned gots[MODEL_THREADS];
    bool shut[MODEL_THREADS]; /* a get was told that no more will come */
    /* What goes with elements, and what comes back with places. */
    model_data_t cargo[MODEL_THREADS * 16 + TRIES + 1];
    model_data_t receipt;
};

/* -- Setting up --------------------------------------------------------- */

static void begin(struct state *s, size_t capacity, uint64_t start)
{
    MODEL_ASSERT(weir_ring_geometry_(&s->ring, capacity, sizeof(uint64_t)) &&
                     weir_ring_cells_size_(&s->ring) <= sizeof(s->cells),
                 "such a ring can be");
    weir_ring_reset_(&s->ring, s->cells, start);
}

static void of_one(void *arg)
{
    begin((struct state *)arg, 1, WRAP(1));
}

static void of_two(void *arg)
{
    begin((struct state *)arg, 2, WRAP(1));
}

static void of_three(void *arg)
{
    begin((struct state *)arg, 3, WRAP(2));
}

/* -- Moving ------------------------------------------------------------- */

static enum weir_ring_result put(struct state *s, unsigned id, size_t n)
{
    uint64_t elements[TRIES];
    size_t moved;
    enum weir_ring_result result;

    for (unsigned i = 0; i < n; i++) {
        elements[i] = ELEMENT(id, s->puts[id] + i);
        model_set(&s->cargo[elements[i]], 7);
    }
    result = weir_ring_put_(&s->ring, s->cells, (unsigned char *)elements, n,
                            &moved);
    MODEL_ASSERT(result == WEIR_RING_DONE ? moved >= 1 && moved <= n
                                          : moved == 0,
                 "a put moves at least one element or says why not");
    for (unsigned i = 0; i < moved; i++)
        s->put[id][s->puts[id]++] = elements[i];
    return result;
}

static enum weir_ring_result get(struct state *s, unsigned id, size_t n)
{
    uint64_t elements[TRIES];
    size_t moved;
    enum weir_ring_result result = weir_ring_get_(
        &s->ring, s->cells, (unsigned char *)elements, n, &moved);

    MODEL_ASSERT(result == WEIR_RING_DONE ? moved >= 1 && moved <= n
                                          : moved == 0,
                 "a get moves at least one element or says why not");
    for (unsigned i = 0; i < moved; i++) {
        MODEL_ASSERT(model_get(&s->cargo[elements[i]]) == 7,
                     "what an element publishes is there");
        s->got[id][s->gots[id]++] = elements[i];
    }
    s->shut[id] = s->shut[id] || result == WEIR_RING_SHUT;
    return result;
}

/* -- The account -------------------------------------------------------- */

/* Those that one thread got of one producer are in the order of its puts. */
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

/* What is left is got by the first thread that has no gets of its own. */
static void take_the_rest(struct state *s)
{
    bool was_shut = false;
    unsigned heir = 0;

    for (unsigned id = 0; id < MODEL_THREADS; id++)
        was_shut = was_shut || s->shut[id];
    while (s->gots[heir] != 0)
        heir++;
    while (get(s, heir, 1) == WEIR_RING_DONE)
        MODEL_ASSERT(!was_shut, "no element comes after the last");
    MODEL_ASSERT(weir_ring_len_(&s->ring) == 0, "nothing is left");
}

static void nothing_is_lost(void *arg)
{
    struct state *s = (struct state *)arg;
    unsigned puts = 0;
    unsigned gots = 0;

    take_the_rest(s);
    for (unsigned id = 0; id < MODEL_THREADS; id++) {
        puts += s->puts[id];
        gots += s->gots[id];
        is_in_order(s->got[id], s->gots[id]);
        for (unsigned i = 0; i < s->puts[id]; i++)
            MODEL_ASSERT(times_got(s, s->put[id][i]) == 1,
                         "what was put is got once");
    }
    MODEL_ASSERT(puts == gots, "nothing is got that was not put");
}

/* -- Programs: puts and gets -------------------------------------------- */

static void put_two_as_0(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)put(s, 0, 1);
    (void)put(s, 0, 1);
}

static void put_two_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)put(s, 1, 1);
    (void)put(s, 1, 1);
}

static void put_one_as_0(void *arg)
{
    (void)put((struct state *)arg, 0, 1);
}

static void put_one_as_1(void *arg)
{
    (void)put((struct state *)arg, 1, 1);
}

static void put_run_as_0(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)put(s, 0, 2);
    (void)put(s, 0, 2);
}

static void get_run_as_2(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)get(s, 2, 2);
    (void)get(s, 2, 2);
}

static void get_two_as_2(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)get(s, 2, 1);
    (void)get(s, 2, 1);
}

static void get_one_as_2(void *arg)
{
    (void)get((struct state *)arg, 2, 1);
}

static void get_one_as_3(void *arg)
{
    (void)get((struct state *)arg, 3, 1);
}

/* A place that came back: its last reader is done with it. */
static void put_with_receipt(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)put(s, 0, 1);
    if (put(s, 0, 1) == WEIR_RING_DONE)
        MODEL_ASSERT(model_get(&s->receipt) == 7,
                     "who reuses a place sees what its last reader did");
}

static void get_with_receipt(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->receipt, 7);
    (void)get(s, 2, 1);
}

/* -- Programs: exactly empty, exactly full ------------------------------ */

static void of_two_with_two(void *arg)
{
    of_two(arg);
    put_two_as_0(arg);
}

static void of_three_with_one(void *arg)
{
    of_three(arg);
    put_one_as_0(arg);
}

static void of_two_with_one(void *arg)
{
    of_two(arg);
    put_one_as_0(arg);
}

/* Never fewer than one element is there. */
static void get_and_put_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(get(s, 1, 1) != WEIR_RING_NONE, "two are there");
    (void)put(s, 1, 1);
}

static void get_what_is_there(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(get(s, 2, 1) != WEIR_RING_NONE,
                 "a ring is not empty that was not for a moment");
}

static void count_what_is_there(void *arg)
{
    struct state *s = (struct state *)arg;
    size_t len = weir_ring_len_(&s->ring);

    MODEL_ASSERT(len >= 1 && len <= 2, "the length is one that it had");
}

/* What this thread has put is there, though another may be about to publish
 * what comes before it. */
static void put_and_see_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    if (put(s, 1, 1) == WEIR_RING_DONE)
        MODEL_ASSERT(get(s, 1, 1) != WEIR_RING_NONE,
                     "a ring that something was put into is not empty");
}

/* The same, the other way round: one is there, and two at times. */
static void put_and_get_of_many_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)put(s, 1, 1);
    (void)get(s, 1, 1);
}

/* Never fewer than one place is free. */
static void put_and_get_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(put(s, 1, 1) != WEIR_RING_NONE, "two places are free");
    (void)get(s, 1, 1);
}

static void put_where_room_is(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(put(s, 2, 1) != WEIR_RING_NONE,
                 "a ring is not full that was not for a moment");
}

/* Full at first, and then never again. */
static void empty_and_use_as_1(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)get(s, 1, 1);
    (void)get(s, 1, 1);
    (void)put(s, 1, 1);
    (void)get(s, 1, 1);
}

static void put_where_room_was_seen(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_ring_len_(&s->ring) < 2)
        put_where_room_is(arg);
}

/* No more than the capacity: three puts where two places are free. */
static void is_not_overfull(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_ring_len_(&s->ring) <= 3 &&
                     weir_ring_is_possible_(&s->ring),
                 "no more elements than the capacity");
    nothing_is_lost(arg);
}

/* -- Programs: closing -------------------------------------------------- */

static void close_ring(void *arg)
{
    struct state *s = (struct state *)arg;

    weir_ring_close_(&s->ring);
    MODEL_ASSERT(put(s, 3, 1) == WEIR_RING_SHUT, "no put after the close");
    MODEL_ASSERT(weir_ring_closed_(&s->ring), "it stays closed");
}

const struct model_program model_ring[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_two_as_0, get_two_as_2},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 2,
     .deeper = 2},
    {.name = "place",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_with_receipt, get_with_receipt},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 1,
     .deeper = 2},
    {.name = "one_two_putters",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_two_as_0, put_one_as_1, get_two_as_2},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "two",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_two_as_0, put_two_as_1, get_two_as_2},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "two_getters",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_two_as_0, get_two_as_2, get_one_as_3},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "two_by_two",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_one_as_0, put_one_as_1, get_one_as_2, get_one_as_3},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "three",
     .size = sizeof(struct state),
     .setup = of_three_with_one,
     .thread = {put_two_as_1, put_one_as_0, get_one_as_2},
     .check = is_not_overfull,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "three_putters",
     .size = sizeof(struct state),
     .setup = of_three_with_one,
     .thread = {put_two_as_1, put_one_as_0},
     .check = is_not_overfull,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "busy",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_one_as_0, put_and_see_as_1},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "runs",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_run_as_0, put_one_as_1, get_run_as_2},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "runs_of_three",
     .size = sizeof(struct state),
     .setup = of_three_with_one,
     .thread = {put_run_as_0, put_one_as_1, get_run_as_2},
     .check = is_not_overfull,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "never_empty",
     .size = sizeof(struct state),
     .setup = of_two_with_two,
     .thread = {get_and_put_as_1, get_what_is_there},
     .check = nothing_is_lost,
     .preemptions = 4,
     .stale = 2,
     .deeper = 2},
    {.name = "never_empty_by_one",
     .size = sizeof(struct state),
     .setup = of_two_with_one,
     .thread = {put_and_get_of_many_as_1, get_what_is_there},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 3,
     .deeper = 1},
    {.name = "never_full_by_one",
     .size = sizeof(struct state),
     .setup = of_two_with_one,
     .thread = {get_and_put_as_1, put_where_room_is},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 3,
     .deeper = 1},
    {.name = "never_full",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_and_get_as_1, put_where_room_is},
     .check = nothing_is_lost,
     .preemptions = 4,
     .stale = 2,
     .deeper = 2},
    {.name = "never_full_again",
     .size = sizeof(struct state),
     .setup = of_two_with_two,
     .thread = {empty_and_use_as_1, put_where_room_was_seen},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "never_full_of_three",
     .size = sizeof(struct state),
     .setup = of_three_with_one,
     .thread = {put_and_get_as_1, put_where_room_is},
     .check = nothing_is_lost,
     .preemptions = 4,
     .stale = 1,
     .deeper = 2},
    {.name = "length",
     .size = sizeof(struct state),
     .setup = of_two_with_two,
     .thread = {get_and_put_as_1, count_what_is_there},
     .check = nothing_is_lost,
     .preemptions = 4,
     .stale = 2,
     .deeper = 2},
    {.name = "close",
     .size = sizeof(struct state),
     .setup = of_two,
     .thread = {put_two_as_0, get_two_as_2, close_ring},
     .check = nothing_is_lost,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "close_of_one",
     .size = sizeof(struct state),
     .setup = of_two_with_one,
     .thread = {put_one_as_1, get_two_as_2, close_ring},
     .check = nothing_is_lost,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = NULL}};
