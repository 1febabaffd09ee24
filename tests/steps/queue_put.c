/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Puts, after each instruction.
 */
#include "queue_kit.h"

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

/* -- The table ----------------------------------------------------------- */

/* Nobody waits; capacity, size, filled with, how many at once. */
#define PUT(text, call, ...)                                                   \
    {                                                                          \
        .name = text, KIND(put), .victim = call, .arg = {__VA_ARGS__},         \
        .suspended = "-HT", .killed = "-HT"                                    \
    }

const struct scenario queue_put_scenarios[] = {
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
    {.name = NULL},
};

const struct scenario private_queue_put_scenarios[] = {
    {"private.queue.put.wakes", KIND(stocked), .victim = v_put, .waiter = w_get,
     .early = 1, .vm = true, .arg = {2, 8, 0, 1}, .suspended = "-HLC"},
    {.name = NULL},
};
