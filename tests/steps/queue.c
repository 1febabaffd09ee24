/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The queue, after each instruction.
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

static void make(unsigned char *e, unsigned value)
{
    memset(e, (int)value, now->arg[SIZE]);
}

static unsigned value_of(const unsigned char *e)
{
    for (unsigned i = 1; i < now->arg[SIZE]; i++)
        must_eq(e[i], e[0]);
    return e[0];
}

static int put(unsigned value)
{
    unsigned char e[ELEMENTS_MAX];

    make(e, value);
    return weir_queue_put_until(q, e, AT_ONCE);
}

/* What there is, or 0. */
static unsigned get(void)
{
    unsigned char e[ELEMENTS_MAX];
    int result = weir_queue_get_until(q, e, AT_ONCE);

    must(result == 0 || result == ETIMEDOUT || result == ESHUTDOWN);
    return result == 0 ? value_of(e) : 0;
}

static void collect(void)
{
    unsigned value;

    while ((value = get()) != 0) {
        must(n_got < ELEMENTS_MAX);
        got[n_got++] = (unsigned char)value;
    }
}

/* How often the judge got it. */
static unsigned count_got(unsigned value)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n_got; i++)
        count += got[i] == value;
    return count;
}

static void fill(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        must_eq(put(OLD + i), 0);
}

static uint64_t turn_of(uint64_t position)
{
    size_t offset = (size_t)((position >> 2) & q->ring.mask) * q->ring.stride;

    return weir_load_rlx_(&((weir_cell_t_ *)(void *)(q->cells + offset))->turn);
}

static bool is_published(uint64_t position)
{
    return turn_of(position) == position + WEIR_TURN_FULL_;
}

static bool is_emptied(uint64_t position)
{
    return turn_of(position) == position + q->ring.round;
}

/* Whether one of the victim's places still has this turn. */
static bool has_hole(uint64_t first, unsigned turn)
{
    for (unsigned i = 0; i < now->arg[BATCH]; i++)
        if (turn_of(first + i * POSITION) == first + i * POSITION + turn)
            return true;
    return false;
}

/* Positions are about to wrap, in the middle of what happens. */
static void make_batch(void)
{
    for (unsigned i = 0; i < now->arg[BATCH]; i++)
        make(world->elements + i * now->arg[SIZE], OF_VICTIM + i);
}

static void set_up(const struct scenario *s)
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

static void set_up_closed(const struct scenario *s)
{
    set_up(s);
    must_eq(weir_queue_close(q), 0);
}

/* -- Victims and waiters ------------------------------------------------ */

static unsigned victims_value(void)
{
    return value_of(world->elements);
}

#define OPERATION(name, call)                                                  \
    static void name(unsigned index)                                           \
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

static void w_put(unsigned index)
{
    unsigned char e[ELEMENTS_MAX];

    make(e, OF_WAITER + index);
    WAITER(index, weir_queue_put(q, e));
}

static void w_get(unsigned index)
{
    unsigned char e[ELEMENTS_MAX];
    int result = weir_queue_get(q, e);

    if (result == 0)
        world->waiters[index].value = value_of(e);
    WAITER(index, result);
}

static void w_drain(unsigned index)
{
    WAITER(index, weir_queue_drain(q, WEIR_FOREVER));
}

static bool waiters_returned(int result)
{
    bool all = world_done() == all_waiters;

    for (unsigned i = 0; i < world_brought(); i++)
        if (world->waiters[i].done)
            must_eq(world->waiters[i].result, result);
    return all;
}

/* How often a waiter got it. */
static unsigned count_taken(unsigned value)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world_brought(); i++)
        count += world->waiters[i].done && world->waiters[i].value == value;
    return count;
}

/* Afterwards the queue is as good as new. */
static void must_work(void)
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
static void must_still_close(void)
{
    size_t len = weir_queue_len(q);

    must_eq(weir_queue_close(q), 0);
    must(weir_queue_closed(q));
    must_eq(put(OF_JUDGE), ESHUTDOWN);
    must_eq(get(), 0);
    must_eq(weir_queue_len(q), len);
    must_eq(weir_queue_drain(q, AT_ONCE), len == 0 ? 0 : ETIMEDOUT);
}

/* -- A put, and nobody waits -------------------------------------------- */

static char others_put(bool dead)
{
    size_t len = weir_queue_len(q);
    unsigned old = now->arg[FILL];
    unsigned batch = now->arg[BATCH];
    unsigned known;

    must(len == old || len == old + batch);
    /* Others put as long as there is room, whatever the victim does. */
    judge_put = len < now->arg[CAPACITY];
    must_eq(put(OF_JUDGE), judge_put ? 0 : ETIMEDOUT);
    collect();
    for (unsigned i = 0; i < old; i++)
        must_eq(got[i], OLD + i);
    known = n_got - old;
    if (len == old) {
        must_eq(known, 1);
        return '-';
    }
    for (unsigned i = 0; i < known && i < batch; i++)
        must_eq(got[old + i], OF_VICTIM + i);
    if (known >= batch) {
        must_eq(known, batch + judge_put);
        return 'T';
    }
    must_eq(weir_queue_len(q), batch - known + judge_put);
    if (dead)
        must_still_close();
    return 'H';
}

static void finish_put(bool dead)
{
    unsigned batch = now->arg[BATCH];

    if (weir_queue_closed(q))
        return;
    collect();
    if (!dead) {
        must(world->victim.done);
        must_eq(world->victim.result, 0);
        for (unsigned i = 0; i < batch; i++)
            must_eq(count_got(OF_VICTIM + i), 1);
        must_eq(n_got, now->arg[FILL] + batch + judge_put);
    }
    must_work();
}

/* -- A put, and getters sleep ------------------------------------------- */

static char others_stocked(bool dead)
{
    size_t len = weir_queue_len(q);
    char seen = 'L';

    world_settle();
    if (waiters_returned(0))
        seen = 'C';
    else if (len == 0 && world_done() == 0)
        seen = '-';
    else if (has_hole(start, 0))
        seen = 'H';
    if (!dead)
        return seen;
    switch (seen) {
    case '-':
        /* It took nobody's wake-up along. */
        for (unsigned i = 0; i < all_waiters; i++) {
            must_eq(put(OF_JUDGE), 0);
            world_settle();
        }
        must(waiters_returned(0));
        must_work();
        break;
    case 'H':
        must_eq(put(OF_JUDGE), 0);
        must(!world_slice());
        must_still_close();
        break;
    case 'L':
        must(world_slice());
        must(waiters_returned(0));
        must_work();
        break;
    default: must_work(); break;
    }
    return seen;
}

static void finish_stocked(bool dead)
{
    if (dead)
        return;
    must(world->victim.done);
    must_eq(world->victim.result, 0);
    must(waiters_returned(0));
    for (unsigned i = 0; i < now->arg[BATCH]; i++)
        must_eq(count_taken(OF_VICTIM + i), 1);
    must_work();
}

/* The dead took what it was woken for, and left its wake-up in flight: the
 * others are not told of what comes then, and look by themselves. */
static void look_if_in_flight(weir_eventcount_t_ *ec)
{
    if (waiters_returned(0))
        return;
    must(weir_load_rlx_(&ec->word) & WEIR_EVENTCOUNT_WAKING_);
    must(world_slice());
}

/* -- A put that sleeps, others behind it --------------------------------- */

static bool make_room(unsigned nth)
{
    world_bring(all_waiters);
    if (nth == 1) {
        released = true;
        must_eq(get(), OLD);
    }
    return nth == 1;
}

static char others_full(bool dead)
{
    char seen;

    if (!released)
        (void)make_room(1);
    world_settle();
    if (waiters_returned(0))
        seen = 'W';
    else if (weir_queue_len(q) == 0)
        seen = 'L';
    else
        seen = is_published(q->ring.head) ? 'T' : 'H';
    if (!dead)
        return seen;
    switch (seen) {
    case 'L': must(world_slice()); break;
    case 'T':
        must_eq(get(), OF_VICTIM);
        world_settle();
        look_if_in_flight(&q->not_full);
        break;
    case 'H':
        must(!world_slice());
        must_still_close();
        return seen;
    default: break;
    }
    must(waiters_returned(0));
    must_eq(get(), OF_WAITER);
    must_work();
    return seen;
}

static void finish_full(bool dead)
{
    if (dead)
        return;
    /* Whoever is asleep must be so because it is full: no wake-up is lost. */
    while (weir_queue_len(q) > 0) {
        unsigned before = n_got;

        collect();
        must(n_got > before);
        world_settle();
    }
    must(world->victim.done);
    must(waiters_returned(0));
    must_eq(count_got(OF_WAITER), 1);
    must_eq(count_got(OF_VICTIM), world->victim.result == 0);
    must(world->victim.result == 0 || world->victim.result == ETIMEDOUT);
    must_work();
}

/* -- A get, and nobody waits -------------------------------------------- */

static char others_get(bool dead)
{
    size_t len = weir_queue_len(q);
    unsigned old = now->arg[FILL];
    unsigned batch = now->arg[BATCH];
    unsigned room = 0;

    must(len == old || len == old - batch);
    while (put(OF_JUDGE + room) == 0)
        room++;
    if (len == old) {
        must_eq(room, now->arg[CAPACITY] - old);
        collect();
        must_eq(n_got, old + room);
        released = true; /* the victim finds it empty */
        return '-';
    }
    must(room <= now->arg[CAPACITY] - old + batch);
    if (room == now->arg[CAPACITY] - old + batch)
        return 'T';
    /* Others get what is behind it. */
    collect();
    must_eq(n_got, old - batch + room);
    if (dead)
        must_still_close();
    return 'H';
}

static void finish_get(bool dead)
{
    unsigned batch = now->arg[BATCH];

    if (weir_queue_closed(q))
        return;
    if (!dead) {
        if (!world->victim.done) {
            must(released); /* it sleeps because the judge took all */
            for (unsigned i = 0; i < batch; i++) {
                must_eq(put(OLD + i), 0);
                world_settle();
            }
        }
        must(world->victim.done);
        must_eq(world->victim.result, !released                    ? 0
                                      : now->victim == v_tryget    ? EAGAIN
                                      : now->victim == v_get_until ? ETIMEDOUT
                                                                   : 0);
        if (world->victim.result == 0)
            must_eq(victims_value(), OLD);
    }
    collect();
    must_work();
}

/* -- A get, and putters sleep ------------------------------------------- */

static char others_roomy(bool dead)
{
    uint64_t first = start - POSITION * now->arg[FILL];
    char seen = 'L';

    world_settle();
    if (waiters_returned(0))
        seen = 'C';
    else if (q->ring.head == first)
        seen = '-';
    else if (has_hole(first, WEIR_TURN_FULL_))
        seen = 'H';
    if (!dead)
        return seen;
    switch (seen) {
    case '-':
        for (unsigned i = 0; i < all_waiters; i++) {
            must_eq(get(), OLD + i);
            world_settle();
        }
        must(waiters_returned(0));
        break;
    case 'H':
        must(!world_slice());
        collect(); /* what waiters put into places before the hole */
        must_still_close();
        return seen;
    case 'L': must(world_slice()); break;
    default: break;
    }
    collect();
    must_work();
    return seen;
}

static void finish_roomy(bool dead)
{
    if (dead)
        return;
    must(world->victim.done);
    must_eq(world->victim.result, 0);
    must_eq(victims_value(), OLD);
    must(waiters_returned(0));
    collect();
    must_eq(n_got, now->arg[FILL] - now->arg[BATCH] + all_waiters);
    must_work();
}

/* -- A get that sleeps, others behind it --------------------------------- */

static bool bring_stock(unsigned nth)
{
    world_bring(all_waiters);
    if (nth == 1) {
        released = true;
        must_eq(put(OF_JUDGE), 0);
    }
    return nth == 1;
}

static char others_empty(bool dead)
{
    char seen;

    if (!released)
        (void)bring_stock(1);
    world_settle();
    if (waiters_returned(0))
        seen = 'W';
    else if (weir_queue_len(q) > 0)
        seen = 'L';
    else
        seen = is_emptied(q->ring.head - POSITION) ? 'T' : 'H';
    if (!dead)
        return seen;
    switch (seen) {
    case 'L': must(world_slice()); break;
    case 'T':
        must_eq(put(OF_JUDGE), 0);
        world_settle();
        look_if_in_flight(&q->not_empty);
        break;
    case 'H':
        must_eq(put(OF_JUDGE), ETIMEDOUT);
        must(!world_slice());
        must_still_close();
        return seen;
    default: break;
    }
    must(waiters_returned(0));
    must_eq(world->waiters[0].value, OF_JUDGE);
    must_work();
    return seen;
}

static void finish_empty(bool dead)
{
    if (dead)
        return;
    must_eq(weir_queue_len(q), 0);
    if (world_done() + (unsigned)world->victim.done < all_waiters + 1) {
        must_eq(put(OF_JUDGE + 1), 0);
        world_settle();
    }
    must(world->victim.done);
    must(waiters_returned(0));
    must(world->victim.result == 0 || world->victim.result == ETIMEDOUT);
    if (world->victim.result == 0) {
        must_eq(count_taken(OF_JUDGE) + (victims_value() == OF_JUDGE), 1);
        must_eq(count_taken(OF_JUDGE + 1) + (victims_value() == OF_JUDGE + 1),
                1);
    }
    must_work();
}

/* -- Closing, draining, questions ---------------------------------------- */

static char others_closed(bool dead)
{
    char seen = weir_queue_closed(q) ? 'L' : '-';

    world_settle();
    if (waiters_returned(ESHUTDOWN)) {
        must(weir_queue_closed(q));
        seen = 'C';
    }
    if (dead && seen == '-') {
        must(!world_slice());
        must_eq(weir_queue_close(q), 0);
        world_settle();
        must(waiters_returned(ESHUTDOWN));
    } else if (dead) {
        must(world_slice());
        must(waiters_returned(ESHUTDOWN));
    }
    return seen;
}

static void finish_closed(bool dead)
{
    if (!dead)
        must(world->victim.done && world->victim.result == 0);
    must(waiters_returned(ESHUTDOWN));
    collect();
    must_eq(n_got, now->arg[FILL]);
    must_eq(put(OF_JUDGE), ESHUTDOWN);
    must_eq(weir_queue_drain(q, AT_ONCE), 0);
}

static bool take_last(unsigned nth)
{
    world_bring(all_waiters);
    if (nth == 1) {
        released = true;
        must_eq(get(), OLD);
    }
    return nth == 1;
}

static char others_drained(bool dead)
{
    if (!released)
        (void)take_last(1);
    world_settle();
    if (waiters_returned(0))
        return 'W';
    if (dead)
        must(world_slice());
    return 'L';
}

static void finish_drained(bool dead)
{
    must(waiters_returned(0));
    if (!dead) {
        must(world->victim.done);
        must(world->victim.result == 0 || world->victim.result == ETIMEDOUT);
    }
    must_eq(weir_queue_drain(q, AT_ONCE), 0);
}

/* The victim takes the last element of a closed queue. */
static char others_last(bool dead)
{
    char seen = weir_queue_len(q) > 0 ? '-' : 'L';

    world_settle();
    if (waiters_returned(0))
        seen = 'C';
    if (!dead)
        return seen;
    if (seen == '-') {
        must(!world_slice());
        must_eq(get(), OLD);
        world_settle();
    } else {
        must(world_slice());
    }
    must(waiters_returned(0));
    return seen;
}

static void finish_last(bool dead)
{
    must(waiters_returned(0));
    must_eq(weir_queue_drain(q, AT_ONCE), 0);
    if (!dead)
        must(world->victim.done && victims_value() == OLD);
}

static char others_unasked(bool dead)
{
    (void)dead;
    must_eq(weir_queue_len(q), now->arg[FILL]);
    collect();
    must_eq(n_got, now->arg[FILL]);
    fill(now->arg[FILL]);
    return '-';
}

static void finish_unasked(bool dead)
{
    if (!dead)
        must_eq(world->victim.result, (int)now->arg[RESULT]);
    collect();
    must_work();
}

/* -- The table ----------------------------------------------------------- */

#define KIND(kind)                                                             \
    .set_up = set_up, .others = others_##kind, .finish = finish_##kind
/* Nobody waits; capacity, size, filled with, how many at once. */
#define PUT(text, call, ...)                                                   \
    {                                                                          \
        .name = text, KIND(put), .victim = call, .arg = {__VA_ARGS__},         \
        .suspended = "-HT", .killed = "-HT"                                    \
    }
#define GET(text, call, ...)                                                   \
    {                                                                          \
        .name = text, KIND(get), .victim = call, .arg = {__VA_ARGS__},         \
        .suspended = "-HT", .killed = "-HT"                                    \
    }

const struct scenario queue_scenarios[] = {
    PUT("queue.put.8", v_put, 2, 8, 0, 1),
    PUT("queue.put.8.last_place", v_put, 2, 8, 1, 1),
    PUT("queue.put.8.of_one", v_put, 1, 8, 0, 1),
    PUT("queue.put.8.of_three", v_put, 3, 8, 2, 1),
    PUT("queue.put.1", v_put, 2, 1, 1, 1),
    PUT("queue.put.64", v_put, 2, 64, 1, 1),
    PUT("queue.tryput.8", v_tryput, 2, 8, 1, 1),
    PUT("queue.tryput.64", v_tryput, 2, 64, 0, 1),
    PUT("queue.put_until.8", v_put_until, 2, 8, 0, 1),
    PUT("queue.put_many.8", v_put_many, 4, 8, 1, 3),
    PUT("queue.put_many.1", v_put_many, 3, 1, 0, 2),
    GET("queue.get.8", v_get, 2, 8, 2, 1),
    GET("queue.get.8.last", v_get, 2, 8, 1, 1),
    GET("queue.get.8.of_one", v_get, 1, 8, 1, 1),
    GET("queue.get.8.of_three", v_get, 3, 8, 3, 1),
    GET("queue.get.1", v_get, 2, 1, 2, 1),
    GET("queue.get.64", v_get, 2, 64, 1, 1),
    GET("queue.tryget.8", v_tryget, 2, 8, 1, 1),
    GET("queue.tryget.64", v_tryget, 2, 64, 2, 1),
    GET("queue.get_until.8", v_get_until, 2, 8, 2, 1),
    GET("queue.get_many.8", v_get_many, 4, 8, 3, 3),
    GET("queue.get_many.1", v_get_many, 3, 1, 2, 2),

    {"queue.put.wakes", KIND(stocked), .victim = v_put, .waiter = w_get,
     .early = 1, .arg = {2, 8, 0, 1}, .suspended = "-HLC", .killed = "-HLC"},
    {"queue.put.wakes.64", KIND(stocked), .victim = v_put, .waiter = w_get,
     .early = 1, .arg = {2, 64, 0, 1}, .suspended = "-HLC", .killed = "-HLC"},
    {"queue.tryput.wakes", KIND(stocked), .victim = v_tryput, .waiter = w_get,
     .early = 1, .arg = {2, 8, 0, 1}, .suspended = "-HLC", .killed = "-HLC"},
    {"queue.put_many.wakes", KIND(stocked), .victim = v_put_many,
     .waiter = w_get, .early = 2, .arg = {4, 8, 0, 2}, .suspended = "-HLC",
     .killed = "-HLC"},
    {"queue.put.sleeps", KIND(full), .victim = v_put, .waiter = w_put,
     .late = 1, .awaken = make_room, .arg = {1, 8, 1, 1}, .suspended = "WLHT",
     .killed = "WLHT"},
    {"queue.put.sleeps.64", KIND(full), .victim = v_put, .waiter = w_put,
     .late = 1, .awaken = make_room, .arg = {1, 64, 1, 1}, .suspended = "WLHT",
     .killed = "WLHT"},
    {"queue.put_until.expires", KIND(full), .victim = v_put_until,
     .waiter = w_put, .early = 1, .arg = {1, 8, 1, 1}, .suspended = "W",
     .killed = "W"},
    {"queue.get.wakes", KIND(roomy), .victim = v_get, .waiter = w_put,
     .early = 1, .arg = {1, 8, 1, 1}, .suspended = "-HLC", .killed = "-HLC"},
    {"queue.get.wakes.64", KIND(roomy), .victim = v_get, .waiter = w_put,
     .early = 1, .arg = {1, 64, 1, 1}, .suspended = "-HLC", .killed = "-HLC"},
    {"queue.get_many.wakes", KIND(roomy), .victim = v_get_many, .waiter = w_put,
     .early = 2, .arg = {2, 8, 2, 2}, .suspended = "-HLC", .killed = "-HLC"},
    {"queue.get.sleeps", KIND(empty), .victim = v_get, .waiter = w_get,
     .late = 1, .awaken = bring_stock, .arg = {1, 8, 0, 1}, .suspended = "WLHT",
     .killed = "WLHT"},
    {"queue.get.sleeps.1", KIND(empty), .victim = v_get, .waiter = w_get,
     .late = 1, .awaken = bring_stock, .arg = {1, 1, 0, 1}, .suspended = "WLHT",
     .killed = "WLHT"},
    {"queue.get_until.expires", KIND(empty), .victim = v_get_until,
     .waiter = w_get, .early = 1, .arg = {1, 8, 0, 1}, .suspended = "W",
     .killed = "W"},

    {"queue.close.getters", KIND(closed), .victim = v_close, .waiter = w_get,
     .early = 2, .arg = {2, 8, 0, 1}, .suspended = "-LC", .killed = "-LC"},
    {"queue.close.putters", KIND(closed), .victim = v_close, .waiter = w_put,
     .early = 2, .arg = {2, 8, 2, 1}, .suspended = "-LC", .killed = "-LC"},
    {"queue.drain.sleeps", .set_up = set_up_closed, .others = others_drained,
     .finish = finish_drained, .victim = v_drain, .waiter = w_drain, .late = 1,
     .awaken = take_last, .arg = {2, 8, 1, 1}, .suspended = "WLW",
     .killed = "WLW"},
    {"queue.drain.expires", .set_up = set_up_closed, .others = others_drained,
     .finish = finish_drained, .victim = v_drain_until, .waiter = w_drain,
     .early = 1, .arg = {2, 8, 1, 1}, .suspended = "W", .killed = "W"},
    {"queue.get.drains", .set_up = set_up_closed, .others = others_last,
     .finish = finish_last, .victim = v_get, .waiter = w_drain, .early = 2,
     .arg = {2, 8, 1, 1}, .suspended = "-LC", .killed = "-LC"},
    {"queue.attach", KIND(unasked), .victim = v_attach, .arg = {4, 8, 2, 0},
     .suspended = "-", .killed = "-"},
    {"queue.questions", KIND(unasked), .victim = v_ask,
     .arg = {2, 1, 2, 0, 2214}, .suspended = "-", .killed = "-"},
    {.name = NULL},
};

const struct scenario private_queue_scenarios[] = {
    {"private.queue.put.wakes", KIND(stocked), .victim = v_put, .waiter = w_get,
     .early = 1, .vm = true, .arg = {2, 8, 0, 1}, .suspended = "-HLC"},
    {"private.queue.get.sleeps", KIND(empty), .victim = v_get, .waiter = w_get,
     .late = 1, .awaken = bring_stock, .vm = true, .arg = {1, 8, 0, 1},
     .suspended = "WLHT"},
    {"private.queue.close.getters", KIND(closed), .victim = v_close,
     .waiter = w_get, .early = 2, .vm = true, .arg = {2, 8, 0, 1},
     .suspended = "-LC"},
    {.name = NULL},
};
