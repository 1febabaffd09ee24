/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Closing, draining, attaching, after each instruction; puts and gets are in
 * queue_put.c and queue_get.c.
 */
#include "queue_kit.h"

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

const struct scenario queue_scenarios[] = {
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
    {"private.queue.close.getters", KIND(closed), .victim = v_close,
     .waiter = w_get, .early = 2, .vm = true, .arg = {2, 8, 0, 1},
     .suspended = "-LC"},
    {.name = NULL},
};
