/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The condition and the recursive mutex, after each instruction.
 *
 * Each waiter has a lock of its own, so that none is held up by another's.
 * What the others see of a signal:
 *   -  it has not been decided: they wait
 *   L  it has, and one that it is for is asleep still.  If the signaller is
 *      dead, the end of a slice lets it go
 *   W  all that it is for have returned
 *   1  private: one of them has
 * Of a wait, while another waits: W, a signal reaches the other.
 * Of a recursive mutex: F free, H held.
 */
#include <weir/cond.h>

#include <sched.h>

#include "sweep.h"

#define COUNTS_MASK (((uint64_t)1 << 36) - 1)

struct object {
    weir_cond_t cond;
    weir_mutex_t own[WAITERS_MAX + 1]; /* the last is the victim's */
    weir_rmutex_t rmutex;
};

static struct object *o;
static unsigned for_how_many;
static uint64_t undecided;

static uint64_t counts(void)
{
    return weir_load_rlx_(&o->cond.waiters) & COUNTS_MASK;
}

/* arg[0]: how many the victim signals; arg[1]: how deep it has the lock. */
static void set_up(const struct scenario *s)
{
    unsigned scope = s->vm ? 0 : WEIR_SHARED;

    o = (struct object *)(void *)world->object;
    must_eq(weir_cond_init(&o->cond, scope), 0);
    must_eq(weir_rmutex_init(&o->rmutex, scope), 0);
    for (unsigned i = 0; i <= WAITERS_MAX; i++)
        must_eq(weir_mutex_init(&o->own[i], scope), 0);
    for_how_many = s->arg[0];
}

static void remember(void)
{
    undecided = counts();
}

/* -- Victims and waiters ------------------------------------------------ */

static void signal_one(unsigned index)
{
    (void)index;
    VICTIM(weir_cond_signal(&o->cond));
}

static void signal_all(unsigned index)
{
    (void)index;
    VICTIM(weir_cond_broadcast(&o->cond));
}

static void wait_with_own(unsigned index)
{
    must_eq(weir_mutex_lock(&o->own[index]), 0);
    WAITER(index, weir_cond_wait(&o->cond, &o->own[index]));
}

static void wait_until_expired(unsigned index)
{
    (void)index;
    must_eq(weir_mutex_lock(&o->own[WAITERS_MAX]), 0);
    VICTIM(
        weir_cond_wait_until(&o->cond, &o->own[WAITERS_MAX], VIRTUAL_DEADLINE));
}

static void wait_at_once(unsigned index)
{
    (void)index;
    must_eq(weir_mutex_lock(&o->own[WAITERS_MAX]), 0);
    VICTIM(weir_cond_wait_until(&o->cond, &o->own[WAITERS_MAX], AT_ONCE));
}

static void wait_for_ever(unsigned index)
{
    (void)index;
    must_eq(weir_mutex_lock(&o->own[WAITERS_MAX]), 0);
    VICTIM(weir_cond_wait(&o->cond, &o->own[WAITERS_MAX]));
}

/* -- The judge: a signal ------------------------------------------------ */

/* Slices end, of those that it is for and of others. */
static void end_slices(void)
{
    if (!world->real_slices)
        (void)world_slice();
    while (world->real_slices && world_done() < for_how_many)
        (void)sched_yield();
}

static char see_signal(bool dead)
{
    char seen = 'W';

    world_settle();
    if (world_done() < for_how_many)
        seen = counts() == undecided ? '-' : 'L';
    if (dead) {
        if (seen == 'L' || (seen == '-' && !world->real_slices))
            end_slices();
        must_eq(world_done(), seen == '-' ? 0 : for_how_many);
    }
    return seen;
}

static void all_return(bool dead)
{
    (void)dead;
    world_settle();
    must(dead || world_done() == for_how_many);
    must_eq(weir_cond_broadcast(&o->cond), 0);
    world_settle();
    must_eq(world_done(), world_brought());
    must_eq(counts(), 0);
}

static char see_rows(bool dead)
{
    static const char letters[] = {'-', '1', 'W'};

    (void)dead;
    world_settle();
    return letters[world_done()];
}

static void rows_return(bool dead)
{
    (void)dead;
    world_settle();
    must_eq(world_done(), 2);
}

/* -- The judge: a wait -------------------------------------------------- */

static bool wake_it(unsigned nth)
{
    if (nth != 1)
        return false;
    must_eq(weir_cond_broadcast(&o->cond), 0);
    return true;
}

/* One signal for each that may be there: the other's is among them. */
static char signal_the_other(bool dead)
{
    (void)dead;
    world_bring(1);
    must_eq(weir_cond_signal(&o->cond), 0);
    must_eq(weir_cond_signal(&o->cond), 0);
    world_settle();
    return world_done() == 1 ? 'W' : '-';
}

static void the_wait_returned(bool dead)
{
    if (dead)
        return;
    /* It may have come after the signals: then it waits for this one. */
    must_eq(weir_cond_broadcast(&o->cond), 0);
    world_settle();
    must(world->victim.done);
    must(world->victim.result == 0 || world->victim.result == ETIMEDOUT);
    must(weir_mutex_is_locked(&o->own[WAITERS_MAX]));
    world_settle();
    must_eq(world_done(), world_brought());
    must_eq(counts(), 0);
}

#define SIGNAL .set_up = set_up, .others = see_signal, .finish = all_return
#define WAIT                                                                   \
    .set_up = set_up, .others = signal_the_other, .finish = the_wait_returned

const struct scenario cond_scenarios[] = {
    {"cond.signal.two", SIGNAL, .victim = signal_one, .waiter = wait_with_own,
     .early = 2, .prepare = remember, .arg = {1}, .suspended = "-LW",
     .killed = "-LW"},
    {"cond.broadcast.two", SIGNAL, .victim = signal_all,
     .waiter = wait_with_own, .early = 2, .prepare = remember, .arg = {2},
     .suspended = "-LW", .killed = "-LW"},
    {"cond.wait_until.expires", WAIT, .victim = wait_until_expired,
     .waiter = wait_with_own, .early = 1, .suspended = "W", .killed = "W"},
    {"cond.wait_until.past", WAIT, .victim = wait_at_once,
     .waiter = wait_with_own, .early = 1, .suspended = "W", .killed = "W"},
    {"cond.wait.signalled", WAIT, .victim = wait_for_ever,
     .waiter = wait_with_own, .late = 1, .awaken = wake_it, .suspended = "W",
     .killed = "W"},
    {.name = NULL},
};

/* Private: the two have locks of their own, so that the signal lets both
 * go. */
const struct scenario private_cond_scenarios[] = {
    {"private.cond.broadcast.two", .set_up = set_up, .others = see_rows,
     .finish = rows_return, .victim = signal_all, .waiter = wait_with_own,
     .early = 2, .vm = true, .suspended = "-1W"},
    {.name = NULL},
};

/* -- The recursive mutex ------------------------------------------------ */

static unsigned depth;
static bool unlocks;

static void take_and_go(void)
{
    for (unsigned i = 0; i < depth; i++)
        must_eq(weir_rmutex_lock(&o->rmutex), 0);
}

static void set_up_deep(const struct scenario *s)
{
    set_up(s);
    depth = s->arg[1];
    unlocks = s->arg[2];
}

static void deep_lock(unsigned index)
{
    (void)index;
    take_and_go();
    VICTIM(weir_rmutex_lock(&o->rmutex));
}

static void deep_unlock(unsigned index)
{
    (void)index;
    take_and_go();
    VICTIM(weir_rmutex_unlock(&o->rmutex));
}

/* Nobody is taken for the owner, or finds it free while it is not. */
static char try_rmutex(bool dead)
{
    int result = weir_rmutex_trylock(&o->rmutex);

    (void)dead;
    if (result == 0) {
        must_eq(weir_rmutex_depth(&o->rmutex), 1);
        must_eq(weir_rmutex_unlock(&o->rmutex), 0);
        return 'F';
    }
    must_eq(result, EBUSY);
    must(!weir_rmutex_is_mine(&o->rmutex));
    must_eq(weir_rmutex_unlock(&o->rmutex), EPERM);
    return 'H';
}

static void rmutex_is_left(bool dead)
{
    unsigned now = unlocks ? depth - 1 : depth + 1;

    if (!dead)
        must_eq(try_rmutex(false), now == 0 ? 'F' : 'H');
}

#define RMUTEX                                                                 \
    .set_up = set_up_deep, .others = try_rmutex, .finish = rmutex_is_left

const struct scenario rmutex_scenarios[] = {
    {"rmutex.lock.free", RMUTEX, .victim = deep_lock, .suspended = "FH",
     .killed = "FH"},
    {"rmutex.lock.mine", RMUTEX, .victim = deep_lock, .arg = {0, 1},
     .suspended = "H", .killed = "H"},
    {"rmutex.unlock.last", RMUTEX, .victim = deep_unlock, .arg = {0, 1, 1},
     .suspended = "HF", .killed = "HF"},
    {"rmutex.unlock.inner", RMUTEX, .victim = deep_unlock, .arg = {0, 2, 1},
     .suspended = "H", .killed = "H"},
    {.name = NULL},
};
