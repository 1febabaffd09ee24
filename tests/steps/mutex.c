/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The mutex, after each instruction.
 *
 * What the others see when they have let go of the mutex themselves:
 *   F  free            W  all waiters got it
 *   H  held: by the victim, dead or not (no robust mutex)
 *   L  free, and a waiter asleep: the wake-up is the victim's to make, or was
 *      made to the victim.  It comes when the victim goes on; if it is dead,
 *      the waiter's slice ends it
 *   R  free, but reserved for the victim: it will take it when it goes on; if
 *      it is dead, others do when the reservation is a slice old
 */
#include <weir/mutex.h>

#include <string.h>

#include "base/tunables.h"
#include "futex/parked.h"
#include "futex/sys.h"
#include "sweep.h"

#define LOCKED 1u
#define SHARED 4u
#define LIGHT_OWNER 8u
#define CONTENDED 16u
#define WAKING 32u
#define RESERVED 64u
#define FAIR_NS (WEIR_MUTEX_FAIR_NS + 100000)

static weir_mutex_t *m;
static bool is_mine; /* the judge holds it, and will release it */
static bool keeps;   /* a victim that returns 0 holds it */
static unsigned all_waiters;

static uint32_t state(void)
{
    return weir_load_rlx_(&m->state);
}

/* Who holds it at first: arg[0]. */
enum { NOBODY, JUDGE, VICTIM_HOLDS };

static void set_up(const struct scenario *s)
{
    m = (weir_mutex_t *)(void *)world->object;
    weir_parked_reset_(); /* of those who were there in the last run */
    must_eq(weir_mutex_init(m, s->vm ? 0 : WEIR_SHARED), 0);
    if (s->arg[0] != NOBODY)
        must_eq(weir_mutex_lock(m), 0);
    is_mine = s->arg[0] == JUDGE;
    keeps = s->arg[0] != VICTIM_HOLDS;
    all_waiters = s->early + s->late;
}

/* An unlock, and a lock by a thread that did not sleep, in one step: in two,
 * the thread that is woken might come between, where the scheduler likes. */
static void pass_over(void)
{
    uint32_t was = state();

    must((was & LOCKED) && (was & CONTENDED));
    weir_store_rel_(&m->state, (was & ~(CONTENDED | LIGHT_OWNER)) | WAKING);
    weir_futex_wake_(&m->state, 1, WEIR_BITS_ALL, was & SHARED);
}

/* The waiter that sleeps is due, and reserves the lock. */
static void have_it_reserved(void)
{
    while (!(state() & RESERVED)) {
        world_pass_ns(FAIR_NS);
        pass_over();
        world_settle();
    }
}

/* -- Victims and waiters ------------------------------------------------ */

static void lock(unsigned index)
{
    (void)index;
    VICTIM(weir_mutex_lock(m));
}

static void trylock(unsigned index)
{
    (void)index;
    VICTIM(weir_mutex_trylock(m));
}

static void lock_until(unsigned index)
{
    (void)index;
    VICTIM(weir_mutex_lock_until(m, VIRTUAL_DEADLINE));
}

static void lock_until_later(unsigned index)
{
    (void)index;
    VICTIM(weir_mutex_lock_until(m, LATER_DEADLINE));
}

static void lock_at_once(unsigned index)
{
    (void)index;
    VICTIM(weir_mutex_lock_until(m, AT_ONCE));
}

static void unlock(unsigned index)
{
    (void)index;
    VICTIM(weir_mutex_unlock(m));
}

static void ask(unsigned index)
{
    (void)index;
    VICTIM(weir_mutex_is_locked(m) ? EBUSY : EAGAIN);
}

static void lock_and_unlock(unsigned index)
{
    must_eq(weir_mutex_lock(m), 0);
    WAITER(index, weir_mutex_unlock(m));
}

/* -- The judge ---------------------------------------------------------- */

static void release(void)
{
    if (is_mine)
        must_eq(weir_mutex_unlock(m), 0);
    is_mine = false;
}

/* Its first sleep, and no other. */
static bool release_behind(unsigned nth)
{
    if (nth != 1)
        return false;
    world_bring(all_waiters);
    release();
    return true;
}

/* It is woken, finds the lock taken again, and has waited for so long that it
 * reserves it before it sleeps again. */
static bool keep_waiting(unsigned nth)
{
    if (nth == 1) {
        world_pass_ns(FAIR_NS);
        pass_over();
        return true;
    }
    must_eq(nth, 2);
    return (state() & RESERVED) && release_behind(1);
}

static void lock_and_see_free(void)
{
    must_eq(weir_mutex_trylock(m), 0);
    must_eq(weir_mutex_unlock(m), 0);
}

static void age_reservation(void)
{
    world_pass_ns(WEIR_SHARED_SLICE_NS + 100000);
}

/* Without waiters; trylock is lock-free, and so never waits for the victim. */
static char try_it(void)
{
    int result = weir_mutex_trylock(m);

    if (result == 0) {
        must_eq(weir_mutex_unlock(m), 0);
        return 'F';
    }
    must_eq(result, EBUSY);
    if (state() & LOCKED)
        return 'H';
    must(state() & RESERVED);
    age_reservation();
    lock_and_see_free();
    return 'R';
}

/* The victim is dead: the waiters get on as documented. */
static void bury(char seen)
{
    switch (seen) {
    case 'H':
        must(!world_slice());
        must_eq(weir_mutex_unlock(m), 0); /* for the dead */
        world_settle();
        break;
    case 'R':
        must_eq(weir_mutex_trylock(m), EBUSY);
        age_reservation();
        must(world_slice());
        break;
    case 'L': must(world_slice()); break;
    default: break;
    }
    must_eq(world_done(), world_brought());
}

static char others(bool dead)
{
    char seen = 'W';

    world_bring(all_waiters);
    release();
    if (all_waiters == 0) {
        seen = try_it();
        if (dead && seen == 'H')
            must_eq(weir_mutex_unlock(m), 0);
        return seen;
    }
    world_settle();
    if (world_done() < all_waiters)
        seen = state() & LOCKED ? 'H' : state() & RESERVED ? 'R' : 'L';
    if (dead)
        bury(seen);
    else if (seen == 'L' && (state() & WAKING))
        lock_and_see_free(); /* and make no call: one is in flight */
    return seen;
}

static void finish(bool dead)
{
    if (!dead) {
        /* Nobody may be left asleep, and no slice has ended. */
        must(world->victim.done);
        if (keeps && world->victim.result == 0)
            must_eq(weir_mutex_unlock(m), 0);
        world_settle();
        must_eq(world_done(), world_brought());
    }
    must(!(state() & (LOCKED | RESERVED)));
    lock_and_see_free();
}

#define MUTEX .set_up = set_up, .others = others, .finish = finish

const struct scenario mutex_scenarios[] = {
    {"mutex.lock.free", MUTEX, .victim = lock, .suspended = "FH",
     .killed = "FH"},
    {"mutex.lock.free.waiters", MUTEX, .victim = lock,
     .waiter = lock_and_unlock, .late = 2, .suspended = "WH", .killed = "WH"},
    {"mutex.lock.sleeps", MUTEX, .victim = lock, .awaken = release_behind,
     .arg = {JUDGE}, .suspended = "FH", .killed = "FH"},
    {"mutex.lock.sleeps.waiters", MUTEX, .victim = lock,
     .waiter = lock_and_unlock, .late = 2, .awaken = release_behind,
     .arg = {JUDGE}, .suspended = "WLH", .killed = "WLH"},
    {"mutex.lock.reserves", MUTEX, .victim = lock, .awaken = keep_waiting,
     .arg = {JUDGE}, .suspended = "FRH", .killed = "FRH"},
    {"mutex.lock.reserves.waiter", MUTEX, .victim = lock,
     .waiter = lock_and_unlock, .late = 1, .awaken = keep_waiting,
     .arg = {JUDGE}, .suspended = "WLWRH", .killed = "WRH"},
    {"mutex.trylock.free", MUTEX, .victim = trylock, .suspended = "FH",
     .killed = "FH"},
    {"mutex.trylock.held.waiter", MUTEX, .victim = trylock,
     .waiter = lock_and_unlock, .early = 1, .arg = {JUDGE}, .suspended = "W",
     .killed = "W"},
    {"mutex.lock_until.free", MUTEX, .victim = lock_until, .suspended = "FH",
     .killed = "FH"},
    {"mutex.lock_until.past.waiter", MUTEX, .victim = lock_at_once,
     .waiter = lock_and_unlock, .early = 1, .arg = {JUDGE}, .suspended = "W",
     .killed = "W"},
    {"mutex.lock_until.expires", MUTEX, .victim = lock_until, .arg = {JUDGE},
     .suspended = "F", .killed = "F"},
    {"mutex.lock_until.expires.waiter", MUTEX, .victim = lock_until,
     .waiter = lock_and_unlock, .early = 1, .late = 1, .arg = {JUDGE},
     .suspended = "W", .killed = "W"},
    {"mutex.lock_until.reserves", MUTEX, .victim = lock_until_later,
     .awaken = keep_waiting, .arg = {JUDGE}, .suspended = "FRF",
     .killed = "FRF"},
    {"mutex.lock_until.reserves.waiter", MUTEX, .victim = lock_until_later,
     .waiter = lock_and_unlock, .late = 1, .awaken = keep_waiting,
     .arg = {JUDGE}, .suspended = "WLWRW", .killed = "WRW"},
    {"mutex.unlock", MUTEX, .victim = unlock, .arg = {VICTIM_HOLDS},
     .suspended = "HF", .killed = "HF"},
    {"mutex.unlock.waiters", MUTEX, .victim = unlock, .waiter = lock_and_unlock,
     .early = 2, .arg = {VICTIM_HOLDS}, .suspended = "HLW", .killed = "HLW"},
    {"mutex.unlock.late_waiters", MUTEX, .victim = unlock,
     .waiter = lock_and_unlock, .late = 2, .arg = {VICTIM_HOLDS},
     .suspended = "HW", .killed = "HW"},
    {"mutex.unlock.hands_over", MUTEX, .victim = unlock,
     .waiter = lock_and_unlock, .early = 1, .prepare = have_it_reserved,
     .arg = {VICTIM_HOLDS}, .suspended = "HRW", .killed = "HRW"},
    {"mutex.is_locked", MUTEX, .victim = ask, .waiter = lock_and_unlock,
     .early = 1, .arg = {JUDGE}, .suspended = "W", .killed = "W"},
    {.name = NULL},
};

/* Private: the light regime, whose unlock is a plain store that nobody who
 * sleeps can see coming.  A thread that is killed takes its process along, so
 * there is no death to look at. */
const struct scenario private_mutex_scenarios[] = {
    {"private.mutex.lock.free.waiters", MUTEX, .victim = lock,
     .waiter = lock_and_unlock, .late = 2, .vm = true, .suspended = "WH"},
    {"private.mutex.lock.sleeps.waiters", MUTEX, .victim = lock,
     .waiter = lock_and_unlock, .late = 2, .awaken = release_behind, .vm = true,
     .arg = {JUDGE}, .suspended = "WLH"},
    {"private.mutex.lock.reserves.waiter", MUTEX, .victim = lock,
     .waiter = lock_and_unlock, .late = 1, .awaken = keep_waiting, .vm = true,
     .arg = {JUDGE}, .suspended = "WLWRH"},
    {"private.mutex.lock_until.expires", MUTEX, .victim = lock_until,
     .waiter = lock_and_unlock, .early = 1, .late = 1, .vm = true,
     .arg = {JUDGE}, .suspended = "W"},
    {"private.mutex.unlock.waiters", MUTEX, .victim = unlock,
     .waiter = lock_and_unlock, .early = 2, .vm = true, .arg = {VICTIM_HOLDS},
     .suspended = "HLW"},
    {"private.mutex.unlock.light", MUTEX, .victim = unlock,
     .waiter = lock_and_unlock, .late = 2, .vm = true, .arg = {VICTIM_HOLDS},
     .suspended = "HW"},
    {"private.mutex.unlock.hands_over", MUTEX, .victim = unlock,
     .waiter = lock_and_unlock, .early = 1, .prepare = have_it_reserved,
     .vm = true, .arg = {VICTIM_HOLDS}, .suspended = "HRW"},
    {.name = NULL},
};
