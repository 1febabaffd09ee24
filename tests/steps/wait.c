/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for any of several things, after each instruction.  The victim waits
 * for two, and always takes the first if both are ready.
 *
 * What those see who wait for the second, or come:
 *   -  nothing has happened yet: they sleep
 *   L  both were made ready, the call went to the victim, and they are asleep
 *      still: the victim, which takes the first, will wake them; if it is dead,
 *      the end of a slice does
 *   C  they have all returned
 *   F  there is a permit    T  there is none
 *   W  the victim matters to nobody: the judge's post lets them in
 */
#include <weir/wait.h>

#include "base/atomic.h"
#include "sweep.h"
#include "thread/wait_sys.h"

struct objects {
    _Alignas(128) weir_sem_t first;
    _Alignas(128) weir_sem_t sem;
    _Alignas(128) weir_mutex_t mutex;
};

static struct objects *o;
static unsigned all_waiters;
static bool made_ready;
static bool by_mutex; /* the second is the mutex */

/* The order in which they stand. */
uint32_t __wrap_weir_chance_(void);
uint32_t __wrap_weir_chance_(void)
{
    return UINT32_MAX;
}

/* arg[0]: permits of the second; arg[1]: it is the mutex. */
static void set_up(const struct scenario *s)
{
    unsigned scope = s->vm ? 0 : WEIR_SHARED;

    o = (struct objects *)(void *)world->object;
    must_eq(weir_sem_init(&o->first, 0, 9, scope), 0);
    must_eq(weir_sem_init(&o->sem, s->arg[0], 9, scope), 0);
    must_eq(weir_mutex_init(&o->mutex, scope), 0);
    must_eq(weir_mutex_lock(&o->mutex), 0);
    all_waiters = s->early + s->late;
    made_ready = false;
    by_mutex = s->arg[1] != 0;
}

static void all_must_have_returned(void)
{
    must_eq(world_done(), all_waiters);
    for (unsigned i = 0; i < all_waiters; i++)
        must_eq(world->waiters[i].result, 0);
}

/* -- Victims and waiters ------------------------------------------------ */

static int any_told(weir_wait_item_t *items, weir_deadline_t deadline)
{
    size_t which = 9;
    int result = weir_wait_any(items, 2, deadline, &which);

    world->victim.value = which;
    return result;
}

static void any_of(weir_wait_item_t second, weir_deadline_t deadline)
{
    weir_wait_item_t items[2];

    items[0] = weir_wait_on_sem(&o->first);
    items[1] = second;
    VICTIM(any_told(items, deadline));
}

static void any_sem(unsigned index)
{
    (void)index;
    any_of(weir_wait_on_sem(&o->sem), WEIR_FOREVER);
}

static void any_sem_in_time(unsigned index)
{
    (void)index;
    any_of(weir_wait_on_sem(&o->sem), VIRTUAL_DEADLINE);
}

static void any_mutex(unsigned index)
{
    (void)index;
    any_of(weir_wait_on_mutex(&o->mutex), WEIR_FOREVER);
}

static void take_sem(unsigned index)
{
    WAITER(index, weir_sem_wait(&o->sem));
}

static void take_mutex(unsigned index)
{
    WAITER(index, weir_mutex_lock(&o->mutex));
}

/* -- The judge ---------------------------------------------------------- */

static void must_be_usable(void)
{
    while (weir_sem_trywait(&o->sem) == 0)
        continue;
    must_eq(weir_sem_post(&o->sem), 0);
    must_eq(weir_sem_wait(&o->sem), 0);
    (void)weir_mutex_unlock(&o->mutex);
    must_eq(weir_mutex_trylock(&o->mutex), 0);
    must_eq(weir_mutex_unlock(&o->mutex), 0);
}

static char others_count(bool dead)
{
    (void)dead;
    return weir_sem_value(&o->sem) == 1 ? 'F' : 'T';
}

static void finish_taking(bool dead)
{
    if (!dead) {
        must_eq(world->victim.result, 0);
        must_eq(world->victim.value, 1);
        must_eq(weir_sem_value(&o->sem), 0);
    }
    must_be_usable();
}

/* The victim gives up: what is posted meanwhile is for the others. */
static char others_get_it(bool dead)
{
    (void)dead;
    must_eq(weir_sem_post_n(&o->sem, all_waiters), 0);
    world_settle();
    all_must_have_returned();
    return 'W';
}

static void finish_giving_up(bool dead)
{
    if (!dead) {
        must(world->victim.done);
        must_eq(world->victim.result, ETIMEDOUT);
        must_eq(world->victim.value, 2);
    }
    must_be_usable();
}

static int make_second_ready(void)
{
    return by_mutex ? weir_mutex_unlock(&o->mutex) : weir_sem_post(&o->sem);
}

/* A post to the first that is stopped before its call: one wake-up alone, which
 * is for the victim, whoever runs when. */
static void post_without_a_call(void)
{
    uint64_t state = weir_load_sc_(&o->first.state);

    weir_store_sc_(&o->first.state, (state & ~WEIR_SEM_WAITERS_) + 1);
}

/* It sleeps.  Others come, and sleep behind it; then the second calls it, and
 * it finds the first. */
static bool call_it_for_both(unsigned nth)
{
    world_bring(all_waiters);
    world_settle();
    made_ready = true;
    post_without_a_call();
    must_eq(make_second_ready(), 0);
    return nth == 1;
}

static char others_behind(bool dead)
{
    char seen = '-';

    world_settle();
    if (made_ready)
        seen = world_done() == all_waiters ? 'C' : 'L';
    if (!dead)
        return seen;
    if (seen == 'L')
        must(world_slice());
    if (seen == '-') {
        world_bring(all_waiters);
        world_settle();
        must_eq(make_second_ready(), 0);
        world_settle();
    }
    all_must_have_returned();
    return seen;
}

/* Nobody may be left asleep, and no slice has ended. */
static void finish_passing_on(bool dead)
{
    if (!dead) {
        if (!made_ready) { /* it was stopped before it slept */
            (void)call_it_for_both(1);
            world_settle();
        }
        must(world->victim.done);
        must_eq(world->victim.result, 0);
        must_eq(world->victim.value, 0);
        must_eq(weir_sem_value(&o->first), 0);
        all_must_have_returned();
    }
    must_be_usable();
}

#define PASS_ON                                                                \
    .set_up = set_up, .others = others_behind, .finish = finish_passing_on,    \
    .late = 1, .awaken = call_it_for_both, .suspended = "-LC"

const struct scenario wait_scenarios[] = {
    {"wait.any.free", .set_up = set_up, .victim = any_sem,
     .others = others_count, .finish = finish_taking, .arg = {1},
     .suspended = "FT", .killed = "FT"},
    {"wait.any.expires.waiter", .set_up = set_up, .victim = any_sem_in_time,
     .waiter = take_sem, .early = 1, .others = others_get_it,
     .finish = finish_giving_up, .suspended = "W", .killed = "W"},
    {"wait.any.sem_behind", PASS_ON, .victim = any_sem, .waiter = take_sem,
     .killed = "-LC"},
    {"wait.any.mutex_behind", PASS_ON, .victim = any_mutex,
     .waiter = take_mutex, .arg = {0, 1}, .killed = "-LC"},
    {.name = NULL},
};

const struct scenario private_wait_scenarios[] = {
    {"private.wait.any.free", .set_up = set_up, .victim = any_sem,
     .others = others_count, .finish = finish_taking, .arg = {1},
     .suspended = "FT", .vm = true},
    {.name = NULL},
};
