/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the sweeps of the queue share: the queue and its elements, victims and
 * waiters.
 *
 * What the others see:
 *   -  the victim has claimed nothing (or: has not closed it)
 *   H  the victim has claimed a place, or an element, and not passed it on:
 *      those who come to it give up at their deadline, the others go on
 *   T  what the victim moved is there
 *   W  a waiter beside the victim got what there was
 *   C  a waiter got what the victim moved, or heard that it closed the queue
 *   L  what a waiter sleeps for is there: the wake-up is the victim's to
 *      make, or was made to the victim.  If it is dead, the waiter's slice
 *      ends the sleep
 */
#ifndef STEPS_QUEUE_KIT_H
#define STEPS_QUEUE_KIT_H

#include <weir/queue.h>

#include <string.h>

#include "atomics/ring.h"
#include "base/atomic.h"
#include "futex/eventcount.h"
#include "sweep.h"

#define POSITION WEIR_POSITION_
#define ELEMENTS_MAX 64u
#define BATCH_MAX 3u

/* What is in an element: its first byte, which all the others repeat. */
enum { OLD = 1, OF_VICTIM = 100, OF_WAITER = 150, OF_JUDGE = 200 };

/* arg */
enum { CAPACITY, SIZE, FILL, BATCH, RESULT };

static weir_queue_t *q;
static const struct scenario *now;
static uint64_t start; /* the position of the first put */
static bool released;  /* the judge has made room, or brought stock */
static bool judge_put; /* an element of the judge's is under way */
static unsigned all_waiters;
static unsigned char got[ELEMENTS_MAX]; /* by the judge, in this order */
static unsigned n_got;

/* -- Elements ----------------------------------------------------------- */

static inline void make(unsigned char *e, unsigned value)
{
    memset(e, (int)value, now->arg[SIZE]);
}

static inline unsigned value_of(const unsigned char *e)
{
    for (unsigned i = 1; i < now->arg[SIZE]; i++)
        must_eq(e[i], e[0]);
    return e[0];
}

static inline int put(unsigned value)
{
    unsigned char e[ELEMENTS_MAX];

    make(e, value);
    return weir_queue_put_until(q, e, AT_ONCE);
}

/* What there is, or 0. */
static inline unsigned get(void)
{
    unsigned char e[ELEMENTS_MAX];
    int result = weir_queue_get_until(q, e, AT_ONCE);

    must(result == 0 || result == ETIMEDOUT || result == ESHUTDOWN);
    return result == 0 ? value_of(e) : 0;
}

static inline void collect(void)
{
    unsigned value;

    while ((value = get()) != 0) {
        must(n_got < ELEMENTS_MAX);
        got[n_got++] = (unsigned char)value;
    }
}

/* How often the judge got it. */
static inline unsigned count_got(unsigned value)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n_got; i++)
        count += got[i] == value;
    return count;
}

static inline void fill(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        must_eq(put(OLD + i), 0);
}

static inline uint64_t turn_of(uint64_t position)
{
    size_t offset = (size_t)((position >> 2) & q->ring.mask) * q->ring.stride;

    return weir_load_rlx_(&((weir_cell_t_ *)(void *)(q->cells + offset))->turn);
}

static inline bool is_published(uint64_t position)
{
    return turn_of(position) == position + WEIR_TURN_FULL_;
}

static inline bool is_emptied(uint64_t position)
{
    return turn_of(position) == position + q->ring.round;
}

/* Whether one of the victim's places still has this turn. */
static inline bool has_hole(uint64_t first, unsigned turn)
{
    for (unsigned i = 0; i < now->arg[BATCH]; i++)
        if (turn_of(first + i * POSITION) == first + i * POSITION + turn)
            return true;
    return false;
}

/* Positions are about to wrap, in the middle of what happens. */
static inline void make_batch(void)
{
    for (unsigned i = 0; i < now->arg[BATCH]; i++)
        make(world->elements + i * now->arg[SIZE], OF_VICTIM + i);
}

static inline void set_up(const struct scenario *s)
{
    now = s;
    q = (weir_queue_t *)(void *)world->object;
    must_eq(weir_queue_init(q, OBJECT_SIZE, s->arg[CAPACITY], s->arg[SIZE],
                            s->vm ? 0 : WEIR_SHARED),
            0);
    start = (uint64_t)0 - (s->arg[FILL] + 1) * POSITION;
    weir_ring_reset_(&q->ring, q->cells, start);
    fill(s->arg[FILL]);
    make_batch();
    start += s->arg[FILL] * POSITION; /* of the next put */
    released = judge_put = false;
    n_got = 0;
    all_waiters = s->early + s->late;
}

static inline void set_up_closed(const struct scenario *s)
{
    set_up(s);
    must_eq(weir_queue_close(q), 0);
}

/* -- Victims and waiters ------------------------------------------------ */

static inline unsigned victims_value(void)
{
    return value_of(world->elements);
}

#define OPERATION(name, call)                                                  \
    static inline void name(unsigned index)                                    \
    {                                                                          \
        (void)index;                                                           \
        VICTIM(call);                                                          \
    }

OPERATION(v_put, weir_queue_put(q, world->elements))
OPERATION(v_tryput, weir_queue_tryput(q, world->elements))
OPERATION(v_put_until,
          weir_queue_put_until(q, world->elements, VIRTUAL_DEADLINE))
OPERATION(v_put_many, weir_queue_put_many(q, world->elements, now->arg[BATCH],
                                          WEIR_FOREVER, NULL))
OPERATION(v_get, weir_queue_get(q, world->elements))
OPERATION(v_tryget, weir_queue_tryget(q, world->elements))
OPERATION(v_get_until,
          weir_queue_get_until(q, world->elements, VIRTUAL_DEADLINE))
OPERATION(v_get_many, weir_queue_get_many(q, world->elements, now->arg[BATCH],
                                          WEIR_FOREVER, NULL))
OPERATION(v_close, weir_queue_close(q))
OPERATION(v_drain, weir_queue_drain(q, WEIR_FOREVER))
OPERATION(v_drain_until, weir_queue_drain(q, VIRTUAL_DEADLINE))
OPERATION(v_attach, weir_queue_attach(q, OBJECT_SIZE))
OPERATION(v_ask, (int)(weir_queue_len(q) * 1000 + weir_queue_capacity(q) * 100 +
                       weir_queue_elem_size(q) * 10 + weir_queue_full(q) * 4 +
                       weir_queue_empty(q) * 2 + weir_queue_closed(q)))

static inline void w_put(unsigned index)
{
    unsigned char e[ELEMENTS_MAX];

    make(e, OF_WAITER + index);
    WAITER(index, weir_queue_put(q, e));
}

static inline void w_get(unsigned index)
{
    unsigned char e[ELEMENTS_MAX];
    int result = weir_queue_get(q, e);

    if (result == 0)
        world->waiters[index].value = value_of(e);
    WAITER(index, result);
}

static inline void w_drain(unsigned index)
{
    WAITER(index, weir_queue_drain(q, WEIR_FOREVER));
}

static inline bool waiters_returned(int result)
{
    bool all = world_done() == all_waiters;

    for (unsigned i = 0; i < world_brought(); i++)
        if (world->waiters[i].done)
            must_eq(world->waiters[i].result, result);
    return all;
}

/* How often a waiter got it. */
static inline unsigned count_taken(unsigned value)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world_brought(); i++)
        count += world->waiters[i].done && world->waiters[i].value == value;
    return count;
}

/* Afterwards the queue is as good as new. */
static inline void must_work(void)
{
    must_eq(weir_queue_len(q), 0);
    for (unsigned i = 0; i < now->arg[CAPACITY]; i++)
        must_eq(put(OF_JUDGE + i), 0);
    must_eq(put(OF_JUDGE), ETIMEDOUT);
    for (unsigned i = 0; i < now->arg[CAPACITY]; i++)
        must_eq(get(), OF_JUDGE + i);
    must_eq(get(), 0);
}

/* A place that nobody will pass on: what the documentation leaves. */
static inline void must_still_close(void)
{
    size_t len = weir_queue_len(q);

    must_eq(weir_queue_close(q), 0);
    must(weir_queue_closed(q));
    must_eq(put(OF_JUDGE), ESHUTDOWN);
    must_eq(get(), 0);
    must_eq(weir_queue_len(q), len);
    must_eq(weir_queue_drain(q, AT_ONCE), len == 0 ? 0 : ETIMEDOUT);
}

/* The dead took what it was woken for, and left its wake-up in flight: the
 * others are not told of what comes then, and look by themselves. */
static inline void look_if_in_flight(weir_eventcount_t_ *ec)
{
    if (waiters_returned(0))
        return;
    must(weir_load_rlx_(&ec->word) & WEIR_EVENTCOUNT_WAKING_);
    must(world_slice());
}

#define KIND(kind)                                                             \
    .set_up = set_up, .others = others_##kind, .finish = finish_##kind

#endif
