/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Token, after each instruction.
 *
 * What those see who wait, or come:
 *   -  nothing is cancelled: they sleep
 *   L  it is, and one of them is asleep still: the victim will wake it; if it
 *      is dead, the end of a slice does
 *   C  they have all returned
 *   W  the victim waits, or has waited: what the judge posts is for the others
 */
#include <weir/sem.h>
#include <weir/token.h>

#include "sweep.h"

struct objects {
    weir_token_t child; /* in front of its parent */
    weir_token_t parent;
    weir_sem_t sem;
};

static struct objects *o;
static unsigned all_waiters;

static void set_up(const struct scenario *s)
{
    unsigned scope = s->vm ? 0 : WEIR_SHARED;

    o = (struct objects *)(void *)world->object;
    must_eq(weir_token_init(&o->parent, NULL, WEIR_FOREVER, scope), 0);
    must_eq(weir_token_init(&o->child, &o->parent, WEIR_FOREVER, scope), 0);
    must_eq(weir_sem_init(&o->sem, 0, 9, scope), 0);
    all_waiters = s->early + s->late;
}

static void all_must_have_returned(void)
{
    must_eq(world_done(), all_waiters);
    for (unsigned i = 0; i < all_waiters; i++)
        must_eq(world->waiters[i].result, 0);
}

static void must_be_over(void)
{
    must(weir_token_is_cancelled(&o->child));
    must_eq(weir_token_wait(&o->child), 0);
    must_eq(weir_sem_wait_with(&o->sem, WEIR_FOREVER, &o->child), ECANCELED);
    must_eq(weir_sem_post(&o->sem), 0);
    must_eq(weir_sem_wait_with(&o->sem, WEIR_FOREVER, &o->child), 0);
}

/* -- The canceller ------------------------------------------------------ */

static void cancel_parent(unsigned index)
{
    (void)index;
    VICTIM(weir_token_cancel(&o->parent));
}

static void cancel_child(unsigned index)
{
    (void)index;
    VICTIM(weir_token_cancel(&o->child));
}

/* The first waits for the token, the second with it for something else. */
static int wait_somehow(unsigned index)
{
    int result;

    if (index == 0)
        return weir_token_wait(&o->child);
    result = weir_sem_wait_with(&o->sem, WEIR_FOREVER, &o->child);
    return result == ECANCELED ? 0 : EPROTO;
}

static void wait_to_be_let_go(unsigned index)
{
    WAITER(index, wait_somehow(index));
}

static char others_wait(bool dead)
{
    char seen = '-';

    world_bring(all_waiters);
    world_settle();
    if (world_done() == all_waiters)
        seen = 'C';
    else if (weir_token_is_cancelled(&o->child))
        seen = 'L';
    if (!dead)
        return seen;
    if (seen == 'L')
        must(world_slice());
    if (seen == '-') {
        must(!world_slice());
        must_eq(weir_token_cancel(&o->parent), 0);
        world_settle();
    }
    all_must_have_returned();
    return seen;
}

static void finish_cancelling(bool dead)
{
    if (!dead) {
        must(world->victim.done);
        must_eq(world->victim.result, 0);
        all_must_have_returned();
    }
    must_be_over();
}

/* -- Who is cancelled --------------------------------------------------- */

static void wait_with(unsigned index)
{
    (void)index;
    VICTIM(weir_sem_wait_with(&o->sem, WEIR_FOREVER, &o->child));
}

static void wait_for_permit(unsigned index)
{
    WAITER(index, weir_sem_wait(&o->sem));
}

static bool cancel_it(unsigned nth)
{
    must_eq(weir_token_cancel(&o->parent), 0);
    return nth == 1;
}

/* It is cancelled, wherever it is on its way, and then a permit is posted for
 * another, who slept before it came. */
static char others_get_it(bool dead)
{
    (void)dead;
    must_eq(weir_token_cancel(&o->parent), 0);
    must_eq(weir_sem_post_n(&o->sem, all_waiters), 0);
    world_settle();
    all_must_have_returned();
    return 'W';
}

static void finish_being_cancelled(bool dead)
{
    if (!dead) {
        must(world->victim.done);
        must_eq(world->victim.result, ECANCELED);
    }
    must_eq(weir_sem_value(&o->sem), 0);
    must_be_over();
}

#define CANCEL                                                                 \
    .set_up = set_up, .others = others_wait, .finish = finish_cancelling,      \
    .waiter = wait_to_be_let_go
#define CANCELLED                                                              \
    .set_up = set_up, .others = others_get_it,                                 \
    .finish = finish_being_cancelled, .waiter = wait_for_permit,               \
    .victim = wait_with, .awaken = cancel_it

const struct scenario token_scenarios[] = {
    {"token.cancel.parent", CANCEL, .victim = cancel_parent, .early = 2,
     .suspended = "-LC", .killed = "-LC"},
    {"token.cancel.itself", CANCEL, .victim = cancel_child, .early = 2,
     .suspended = "-LC", .killed = "-LC"},
    {"token.cancel.late_waiters", CANCEL, .victim = cancel_parent, .late = 2,
     .suspended = "-C", .killed = "-C"},
    {"token.cancelled.waiter", CANCELLED, .early = 1, .suspended = "W",
     .killed = "W"},
    {"token.cancelled.waiters", CANCELLED, .early = 2, .suspended = "W",
     .killed = "W"},
    {.name = NULL},
};

const struct scenario private_token_scenarios[] = {
    {"private.token.cancel.parent", CANCEL, .victim = cancel_parent, .early = 2,
     .vm = true, .suspended = "-LC"},
    {.name = NULL},
};
