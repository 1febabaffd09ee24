/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The barrier, after each instruction.
 *
 * What those see who wait inside, or come:
 *   -  the victim has not arrived, or has not decided anything: they wait
 *   C  they have all returned
 *   L  their phase is complete, or broken, and a waiter is asleep still: the
 *      victim will wake it; if it is dead, the end of a slice does
 *   I  the victim is inside.  If it is dead, it never leaves: a reset waits
 *      for it for ever
 *   A  all are inside, and the action has yet to be run or to be believed
 *   R  a reset waits for the victim to leave    N  it has left
 */
#include <weir/barrier.h>

#include <string.h>

#include "sweep.h"

#define INSIDE_MASK (((uint64_t)1 << 31) - 1)
#define BROKEN ((uint64_t)1 << 31)
#define RESETTING ((uint64_t)1 << 32)
#define PHASE_SHIFT 34

static weir_barrier_t *b;
static unsigned all_waiters;
static bool is_reset;
static int wanted; /* what a waiter returns in the end */

static uint64_t arrivals(void)
{
    return weir_load_rlx_(&b->arrivals);
}

static unsigned inside(void)
{
    return (unsigned)(arrivals() & INSIDE_MASK);
}

/* arg[0]: parties; arg[1]: what waiters return. */
static void set_up(const struct scenario *s)
{
    b = (weir_barrier_t *)(void *)world->object;
    must_eq(weir_barrier_init(b, s->arg[0], s->vm ? 0 : WEIR_SHARED), 0);
    all_waiters = s->early + s->late;
    wanted = (int)s->arg[1];
    is_reset = false;
}

/* -- Victims and waiters ------------------------------------------------ */

static int wait_for(struct role *role, weir_deadline_t deadline)
{
    unsigned index = 99;
    int result = weir_barrier_wait_until(b, deadline, &index);

    role->value = index;
    return result;
}

static void arrive(unsigned index)
{
    (void)index;
    VICTIM(wait_for(&world->victim, WEIR_FOREVER));
}

static void arrive_until(unsigned index)
{
    (void)index;
    VICTIM(wait_for(&world->victim, VIRTUAL_DEADLINE));
}

static void arrive_at_once(unsigned index)
{
    (void)index;
    VICTIM(wait_for(&world->victim, AT_ONCE));
}

static void break_it(unsigned index)
{
    (void)index;
    VICTIM(weir_barrier_abort(b));
}

static void reset_it(unsigned index)
{
    (void)index;
    VICTIM(weir_barrier_reset(b));
}

static void ask(unsigned index)
{
    (void)index;
    VICTIM((int)weir_barrier_parties(b) * 100 +
           (int)weir_barrier_n_waiting(b) * 10 + weir_barrier_broken(b));
}

static void meet(unsigned index)
{
    WAITER(index, wait_for(&world->waiters[index], WEIR_FOREVER));
}

/* -- The judge ---------------------------------------------------------- */

static void all_must_return(int result)
{
    must_eq(world_done(), world_brought());
    for (unsigned i = 0; i < world_brought(); i++)
        must_eq(world->waiters[i].result, result);
}

static void must_be_new(void)
{
    must_eq(weir_barrier_reset(b), 0);
    must(!weir_barrier_broken(b));
    must_eq(weir_barrier_n_waiting(b), 0);
    must_eq(arrivals() & (INSIDE_MASK | BROKEN | RESETTING), 0);
}

/* A dead party is inside for good. */
static void must_wait_for_the_dead(void)
{
    must_eq(weir_barrier_reset(b), 0);
    must_eq(inside(), 1);
    must_eq(weir_barrier_n_waiting(b), 0);
    must_eq(weir_barrier_wait_until(b, AT_ONCE, NULL), ETIMEDOUT);
    must(weir_barrier_broken(b));
    must_eq(weir_barrier_wait_until(b, WEIR_FOREVER, NULL), ECANCELED);
    must_eq(weir_barrier_reset(b), 0);
    must_eq(inside(), 1);
}

static void break_for_all(void)
{
    must_eq(weir_barrier_abort(b), 0);
    world_settle();
    all_must_return(ECANCELED);
}

static bool bring_all(unsigned nth)
{
    world_bring(all_waiters);
    return nth == 1;
}

static char look(void)
{
    world_settle();
    if (world_done() == all_waiters)
        return 'C';
    if ((arrivals() >> PHASE_SHIFT) != 0 || (arrivals() & BROKEN))
        return 'L';
    if (inside() == b->parties)
        return 'A';
    return inside() > all_waiters ? 'I' : '-';
}

static char others(bool dead)
{
    char seen;

    world_bring(all_waiters);
    seen = look();
    if (!dead)
        return seen;
    switch (seen) {
    case '-':
        must(!world_slice());
        break_for_all();
        must_be_new();
        break;
    case 'I':
        must(!world_slice());
        break_for_all();
        must_wait_for_the_dead();
        break;
    case 'L':
        must(world_slice());
        all_must_return(wanted);
        must_be_new();
        break;
    default:
        all_must_return(wanted);
        must_be_new();
        break;
    }
    return seen;
}

static void finish(bool dead)
{
    if (dead)
        return;
    must(world->victim.done);
    all_must_return(wanted);
    if (wanted == 0) {
        uint64_t sum = world->victim.value;

        must_eq(world->victim.result, 0);
        for (unsigned i = 0; i < all_waiters; i++)
            sum += world->waiters[i].value;
        must_eq(sum, b->parties * (b->parties - 1) / 2);
    }
    must_be_new();
}

static void finish_expired(bool dead)
{
    if (!dead)
        must_eq(world->victim.result, ETIMEDOUT);
    finish(dead);
}

/* -- Asking changes nothing --------------------------------------------- */

static char others_untouched(bool dead)
{
    must_eq(weir_barrier_n_waiting(b), 1);
    if (dead)
        break_for_all();
    return '-';
}

static void finish_untouched(bool dead)
{
    if (dead)
        return;
    must_eq(world->victim.result, 210);
    break_for_all();
}

/* -- A victim that leaves a broken phase -------------------------------- */

static bool reset_around(unsigned nth)
{
    is_reset = true;
    must_eq(weir_barrier_reset(b), 0);
    return nth == 1;
}

static char others_come(bool dead)
{
    char seen;

    if (!is_reset && inside() == 0)
        return '-';
    if (!is_reset)
        (void)reset_around(1);
    world_bring(all_waiters);
    must_eq(world_done(), 0);
    seen = arrivals() & RESETTING ? 'R' : 'N';
    if (!dead)
        return seen;
    must_eq(weir_barrier_abort(b), 0);
    if (seen == 'R') {
        /* They look again by themselves, as long as a reset lasts. */
        must(world_slice());
        all_must_return(ECANCELED);
        must_wait_for_the_dead();
    } else {
        world_settle();
        all_must_return(ECANCELED);
        must_be_new();
    }
    return seen;
}

static void finish_leaving(bool dead)
{
    if (dead)
        return;
    if (!world->victim.done) {
        must(!is_reset);
        must_eq(weir_barrier_reset(b), 0);
        world_settle();
    }
    must(world->victim.done);
    must_eq(world->victim.result, ECANCELED);
    must_eq(inside(), world_brought());
    break_for_all();
    must_be_new();
}

/* -- The action: private ------------------------------------------------ */

static unsigned acted;

static int act(void *arg)
{
    acted++;
    return *(int *)arg;
}

static void set_up_action(const struct scenario *s)
{
    static int result;

    set_up(s);
    acted = 0;
    result = (int)s->arg[2];
    must_eq(weir_barrier_set_action(b, act, &result), 0);
}

static void finish_action(bool dead)
{
    must_eq(acted, 1);
    if (wanted != 0)
        must_eq(world->victim.result, 5);
    finish(dead);
}

#define BARRIER .set_up = set_up, .others = others, .finish = finish

const struct scenario barrier_scenarios[] = {
    {"barrier.wait.first", BARRIER, .victim = arrive, .waiter = meet, .late = 1,
     .awaken = bring_all, .arg = {2, 0}, .suspended = "-C", .killed = "-C"},
    {"barrier.wait.last", BARRIER, .victim = arrive, .waiter = meet, .early = 1,
     .arg = {2, 0}, .suspended = "-LC", .killed = "-LC"},
    {"barrier.wait.last_of_three", BARRIER, .victim = arrive, .waiter = meet,
     .early = 2, .arg = {3, 0}, .suspended = "-LC", .killed = "-LC"},
    {"barrier.wait_until.expires", .set_up = set_up, .others = others,
     .finish = finish_expired, .victim = arrive_until, .waiter = meet,
     .early = 1, .arg = {3, ECANCELED}, .suspended = "-ILC", .killed = "-ILC"},
    {"barrier.wait_until.past", .set_up = set_up, .others = others,
     .finish = finish_expired, .victim = arrive_at_once, .waiter = meet,
     .early = 2, .arg = {4, ECANCELED}, .suspended = "-ILC", .killed = "-ILC"},
    {"barrier.wait.leaves", .set_up = set_up, .others = others_come,
     .finish = finish_leaving, .victim = arrive, .waiter = meet, .late = 1,
     .awaken = reset_around, .arg = {2, ECANCELED}, .suspended = "-RN",
     .killed = "-RN"},
    {"barrier.abort", BARRIER, .victim = break_it, .waiter = meet, .early = 2,
     .arg = {3, ECANCELED}, .suspended = "-LC", .killed = "-LC"},
    {"barrier.reset", BARRIER, .victim = reset_it, .waiter = meet, .early = 2,
     .arg = {3, ECANCELED}, .suspended = "-LC", .killed = "-LC"},
    {"barrier.questions", .set_up = set_up, .others = others_untouched,
     .finish = finish_untouched, .victim = ask, .waiter = meet, .early = 1,
     .arg = {2, ECANCELED}, .suspended = "-", .killed = "-"},
    {.name = NULL},
};

const struct scenario private_barrier_scenarios[] = {
    {"private.barrier.wait.last", BARRIER, .victim = arrive, .waiter = meet,
     .early = 2, .vm = true, .arg = {3, 0}, .suspended = "-LC"},
    {"private.barrier.wait_until.expires", .set_up = set_up, .others = others,
     .finish = finish_expired, .victim = arrive_until, .waiter = meet,
     .early = 1, .vm = true, .arg = {3, ECANCELED}, .suspended = "-ILC"},
    {"private.barrier.action", .set_up = set_up_action, .others = others,
     .finish = finish_action, .victim = arrive, .waiter = meet, .early = 1,
     .vm = true, .arg = {2, 0, 0}, .suspended = "-ALC"},
    {"private.barrier.action.fails", .set_up = set_up_action, .others = others,
     .finish = finish_action, .victim = arrive, .waiter = meet, .early = 1,
     .vm = true, .arg = {2, ECANCELED, 5}, .suspended = "-ALC"},
    {.name = NULL},
};
