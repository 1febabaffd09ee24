/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Gets, after each instruction.
 */
#include "queue_kit.h"

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

/* -- The table ----------------------------------------------------------- */

/* Nobody waits; capacity, size, filled with, how many at once. */
#define GET(text, call, ...)                                                   \
    {                                                                          \
        .name = text, KIND(get), .victim = call, .arg = {__VA_ARGS__},         \
        .suspended = "-HT", .killed = "-HT"                                    \
    }

const struct scenario queue_get_scenarios[] = {
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
    {.name = NULL},
};

const struct scenario private_queue_get_scenarios[] = {
    {"private.queue.get.sleeps", KIND(empty), .victim = v_get, .waiter = w_get,
     .late = 1, .awaken = bring_stock, .vm = true, .arg = {1, 8, 0, 1},
     .suspended = "WLHT"},
    {.name = NULL},
};
