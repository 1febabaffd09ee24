/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Semaphore and event, after each instruction.
 *
 * What those see who wait, or come:
 *   -  nothing has been posted, or set: they sleep
 *   L  it has, and one of them is asleep still: the victim will wake it; if it
 *      is dead, the end of a slice does
 *   C  they have all returned
 *   F  there is a permit; the event is set    T  there is none; it is not
 *   W  the victim matters to nobody: the judge's post, or set, lets them in
 */
#include <weir/event.h>
#include <weir/sem.h>

#include "sweep.h"

static weir_sem_t *sem;
static weir_event_t *event;
static unsigned all_waiters;

static unsigned permits(void)
{
    return weir_sem_value(sem);
}

/* arg[0]: permits, or whether it is set. */
static void set_up(const struct scenario *s)
{
    unsigned scope = s->vm ? 0 : WEIR_SHARED;

    sem = (weir_sem_t *)(void *)world->object;
    event = (weir_event_t *)(void *)(world->object + 128);
    must_eq(weir_sem_init(sem, s->arg[0], 9, scope), 0);
    must_eq(weir_event_init(event, scope), 0);
    if (s->arg[0])
        must_eq(weir_event_set(event), 0);
    all_waiters = s->early + s->late;
}

static void all_must_have_returned(void)
{
    must_eq(world_done(), all_waiters);
    for (unsigned i = 0; i < all_waiters; i++)
        must_eq(world->waiters[i].result, 0);
}

/* -- Semaphore: victims and waiters ------------------------------------- */

static void post(unsigned index)
{
    (void)index;
    VICTIM(weir_sem_post(sem));
}

static void post_two(unsigned index)
{
    (void)index;
    VICTIM(weir_sem_post_n(sem, 2));
}

static void take(unsigned index)
{
    (void)index;
    VICTIM(weir_sem_wait(sem));
}

static void try_to_take(unsigned index)
{
    (void)index;
    VICTIM(weir_sem_trywait(sem));
}

static void take_in_time(unsigned index)
{
    (void)index;
    VICTIM(weir_sem_wait_until(sem, VIRTUAL_DEADLINE));
}

static void wait_for_permit(unsigned index)
{
    WAITER(index, weir_sem_wait(sem));
}

/* -- Semaphore: the judge ----------------------------------------------- */

static char look_at_permits(void)
{
    world_settle();
    if (world_done() == all_waiters)
        return 'C';
    return permits() > 0 ? 'L' : '-';
}

/* As many permits as there are waiters are posted in the end. */
static char others_wait(bool dead)
{
    char seen;

    world_bring(all_waiters);
    seen = look_at_permits();
    if (!dead)
        return seen;
    if (seen == 'L')
        must(world_slice());
    if (seen == '-') {
        must(!world_slice());
        must_eq(weir_sem_post_n(sem, all_waiters), 0);
        world_settle();
    }
    all_must_have_returned();
    return seen;
}

static void must_be_usable(void)
{
    while (permits() > 0)
        must_eq(weir_sem_trywait(sem), 0);
    must_eq(weir_sem_trywait(sem), EAGAIN);
    must_eq(weir_sem_post(sem), 0);
    must_eq(weir_sem_trywait(sem), 0);
}

/* Nobody may be left asleep, and no slice has ended. */
static void finish_posting(bool dead)
{
    if (!dead) {
        must(world->victim.done);
        must_eq(world->victim.result, 0);
        all_must_have_returned();
        must_eq(permits(), 0);
    }
    must_be_usable();
}

/* The victim sleeps, and others behind it; two posts, the second of which
 * makes no call: the victim passes it on.  But whoever is stopped in its sleep,
 * from outside as well, goes to the end of the queue: it is the kernel that says
 * who was woken, and if that is another, then this is not the way. */
static bool post_behind_it(unsigned nth)
{
    world_bring(all_waiters);
    for (unsigned i = 0; i <= all_waiters; i++)
        must_eq(weir_sem_post(sem), 0);
    return nth == 1 && world_all_sleep();
}

static void finish_waiting(bool dead)
{
    if (!dead) {
        if (!world->victim.done) {
            must_eq(weir_sem_post_n(sem, 1 + all_waiters), 0);
            world_settle();
        }
        must_eq(world->victim.result, 0);
        all_must_have_returned();
        must_eq(permits(), 0);
    }
    must_be_usable();
}

static char others_count(bool dead)
{
    (void)dead;
    must(permits() <= 1);
    return permits() == 1 ? 'F' : 'T';
}

static void finish_taking(bool dead)
{
    if (!dead) {
        must_eq(world->victim.result, 0);
        must_eq(permits(), 0);
    }
    must_be_usable();
}

/* The victim gives up: what is posted meanwhile is for the others. */
static char others_get_it(bool dead)
{
    (void)dead;
    must_eq(weir_sem_post_n(sem, all_waiters), 0);
    world_settle();
    all_must_have_returned();
    return 'W';
}

static void finish_giving_up(bool dead)
{
    if (!dead) {
        must(world->victim.done);
        must_eq(world->victim.result, ETIMEDOUT);
    }
    must_be_usable();
}

/* -- Event: victims and waiters ----------------------------------------- */

static void set(unsigned index)
{
    (void)index;
    VICTIM(weir_event_set(event));
}

static void clear(unsigned index)
{
    (void)index;
    VICTIM(weir_event_clear(event));
}

static void wait_for_set(unsigned index)
{
    (void)index;
    VICTIM(weir_event_wait(event));
}

static void wait_in_time(unsigned index)
{
    (void)index;
    VICTIM(weir_event_wait_until(event, VIRTUAL_DEADLINE));
}

static void wait_for_event(unsigned index)
{
    WAITER(index, weir_event_wait(event));
}

/* -- Event: the judge --------------------------------------------------- */

static char others_wait_for_set(bool dead)
{
    char seen = '-';

    world_bring(all_waiters);
    world_settle();
    if (world_done() == all_waiters)
        seen = 'C';
    else if (weir_event_is_set(event))
        seen = 'L';
    if (!dead)
        return seen;
    if (seen == 'L')
        must(world_slice());
    if (seen == '-') {
        must(!world_slice());
        must_eq(weir_event_set(event), 0);
        world_settle();
    }
    all_must_have_returned();
    return seen;
}

static void must_work(void)
{
    must_eq(weir_event_clear(event), 0);
    must_eq(weir_event_wait_until(event, AT_ONCE), ETIMEDOUT);
    must_eq(weir_event_set(event), 0);
    must_eq(weir_event_wait(event), 0);
}

static void finish_setting(bool dead)
{
    if (!dead) {
        must(world->victim.done);
        must_eq(world->victim.result, 0);
        must(weir_event_is_set(event));
        all_must_have_returned();
    }
    must_work();
}

static char others_ask(bool dead)
{
    (void)dead;
    return weir_event_is_set(event) ? 'F' : 'T';
}

static void finish_clearing(bool dead)
{
    must(dead || !weir_event_is_set(event));
    must_work();
}

/* A pulse lets all in that wait, wherever the victim is on its way. */
static bool pulse_for_it(unsigned nth)
{
    must_eq(weir_event_set(event), 0);
    must_eq(weir_event_clear(event), 0);
    return nth == 1;
}

static char others_are_let_in(bool dead)
{
    (void)dead;
    world_bring(all_waiters);
    world_settle();
    must_eq(weir_event_set(event), 0);
    must_eq(weir_event_clear(event), 0);
    world_settle();
    all_must_have_returned();
    return 'W';
}

static void finish_being_let_in(bool dead)
{
    if (!dead) {
        /* It may have begun to wait after the pulse. */
        if (!world->victim.done) {
            must_eq(weir_event_set(event), 0);
            world_settle();
        }
        must(world->victim.done);
        must(world->victim.result == 0 || world->victim.result == ETIMEDOUT);
    }
    must_work();
}

#define POST .set_up = set_up, .others = others_wait, .finish = finish_posting
#define TAKE .set_up = set_up, .others = others_count, .finish = finish_taking
#define WAIT .set_up = set_up, .others = others_wait, .finish = finish_waiting
#define GIVE_UP                                                                \
    .set_up = set_up, .others = others_get_it, .finish = finish_giving_up
#define SET                                                                    \
    .set_up = set_up, .others = others_wait_for_set, .finish = finish_setting
#define LET_IN                                                                 \
    .set_up = set_up, .others = others_are_let_in, .finish = finish_being_let_in

const struct scenario signal_scenarios[] = {
    {"signal.sem.post.waiter", POST, .victim = post, .waiter = wait_for_permit,
     .early = 1, .suspended = "-LC", .killed = "-LC"},
    {"signal.sem.post.late_waiter", POST, .victim = post,
     .waiter = wait_for_permit, .late = 1, .suspended = "-C", .killed = "-C"},
    {"signal.sem.post_n.waiters", POST, .victim = post_two,
     .waiter = wait_for_permit, .early = 2, .suspended = "-LC",
     .killed = "-LC"},
    {"signal.sem.wait.free", TAKE, .victim = take, .arg = {1},
     .suspended = "FT", .killed = "FT"},
    {"signal.sem.trywait.free", TAKE, .victim = try_to_take, .arg = {1},
     .suspended = "FT", .killed = "FT"},
    {"signal.sem.wait.sleeps.waiter", WAIT, .victim = take,
     .waiter = wait_for_permit, .late = 1, .awaken = post_behind_it,
     .suspended = "-LC", .killed = "-LC"},
    {"signal.sem.wait_until.expires.waiter", GIVE_UP, .victim = take_in_time,
     .waiter = wait_for_permit, .early = 1, .suspended = "W", .killed = "W"},
    {"signal.event.set.waiters", SET, .victim = set, .waiter = wait_for_event,
     .early = 2, .suspended = "-LC", .killed = "-LC"},
    {"signal.event.set.late_waiter", SET, .victim = set,
     .waiter = wait_for_event, .late = 1, .suspended = "-C", .killed = "-C"},
    {"signal.event.clear", .set_up = set_up, .others = others_ask,
     .finish = finish_clearing, .victim = clear, .arg = {1}, .suspended = "FT",
     .killed = "FT"},
    {"signal.event.wait.sleeps.waiter", LET_IN, .victim = wait_for_set,
     .waiter = wait_for_event, .late = 1, .awaken = pulse_for_it,
     .suspended = "W", .killed = "W"},
    {"signal.event.wait_until.expires.waiter", LET_IN, .victim = wait_in_time,
     .waiter = wait_for_event, .early = 1, .suspended = "W", .killed = "W"},
    {.name = NULL},
};

const struct scenario private_signal_scenarios[] = {
    {"private.sem.post.waiters", POST, .victim = post_two,
     .waiter = wait_for_permit, .early = 2, .vm = true, .suspended = "-LC"},
    {"private.sem.wait.sleeps.waiter", WAIT, .victim = take,
     .waiter = wait_for_permit, .late = 1, .awaken = post_behind_it, .vm = true,
     .suspended = "-LC"},
    {"private.event.set.waiters", SET, .victim = set, .waiter = wait_for_event,
     .early = 2, .vm = true, .suspended = "-LC"},
    {"private.event.wait.sleeps.waiter", LET_IN, .victim = wait_for_set,
     .waiter = wait_for_event, .late = 1, .awaken = pulse_for_it, .vm = true,
     .suspended = "W"},
    {.name = NULL},
};
