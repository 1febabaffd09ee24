/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The read-write lock, after each instruction.
 *
 * What the others see when they have let go of the lock themselves:
 *   F  free            A  all waiters got it
 *   R  held for reading, W for writing: by the victim, dead or not
 *   G  free, but kept for the victim, which is counted as waiting: it will take
 *      it when it goes on; if it is dead, others do when that is a slice old
 *   H  held by the victim, and the waiters wait
 *   L  free, and a waiter asleep: the wake-up is the victim's to make.  It comes
 *      when the victim goes on; if it is dead, the waiter's slice ends it
 */
#include <weir/rwlock.h>

#include "base/tunables.h"
#include "futex/readers.h"
#include "sweep.h"

#define WRITER ((uint64_t)1)
#define READ ((uint64_t)2)
#define BIASED ((uint64_t)64)
#define TABLED ((uint64_t)128)
#define OF_INIT ((uint64_t)(512 | 1024 | 2048))

static weir_rwlock_t *l;
static bool is_mine; /* the judge holds it for writing, and will release it */
static bool reads, writes; /* a victim that returns 0 holds it so */
static unsigned all_waiters;

/* arg[0]: who holds it at first; arg[1]: the victim's mode in the end; arg[2]:
 * the policy. */
enum { NOBODY, JUDGE, VICTIM_READS, VICTIM_WRITES, NOBODY_BIASED };
enum { NOT, READING, WRITING };

static uint64_t state(void)
{
    return weir_load_rlx_(&l->state);
}

static void set_up(const struct scenario *s)
{
    l = (weir_rwlock_t *)(void *)world->object;
    weir_readers_reset_(); /* of those who were there in the last run */
    must_eq(weir_rwlock_init(l, s->arg[2] | (s->vm ? 0 : WEIR_SHARED)), 0);
    if (s->arg[0] == JUDGE || s->arg[0] == VICTIM_WRITES)
        must_eq(weir_rwlock_wrlock(l), 0);
    if (s->arg[0] == VICTIM_READS)
        must_eq(weir_rwlock_rdlock(l), 0);
    if (s->arg[0] == NOBODY_BIASED)
        weir_store_rlx_(&l->state, BIASED | TABLED);
    is_mine = s->arg[0] == JUDGE;
    reads = s->arg[1] == READING;
    writes = s->arg[1] == WRITING;
    all_waiters = s->early + s->late;
}

/* -- Victims and waiters ------------------------------------------------ */

#define BODY(name, call)                                                       \
    static void name(unsigned index)                                           \
    {                                                                          \
        (void)index;                                                           \
        VICTIM(call);                                                          \
    }

BODY(rdlock, weir_rwlock_rdlock(l))
BODY(wrlock, weir_rwlock_wrlock(l))
BODY(tryrdlock, weir_rwlock_tryrdlock(l))
BODY(trywrlock, weir_rwlock_trywrlock(l))
BODY(rdlock_until, weir_rwlock_rdlock_until(l, VIRTUAL_DEADLINE))
BODY(wrlock_until, weir_rwlock_wrlock_until(l, VIRTUAL_DEADLINE))
BODY(rdunlock, weir_rwlock_rdunlock(l))
BODY(wrunlock, weir_rwlock_wrunlock(l))
BODY(downgrade, weir_rwlock_downgrade(l))

static int read_for_a_moment(void)
{
    int result = weir_rwlock_rdlock(l);

    return result != 0 ? result : weir_rwlock_rdunlock(l);
}

BODY(read_biased, read_for_a_moment())

/* Reads by the table; its line is its own. */
static void rdunlock_biased(unsigned index)
{
    (void)index;
    must_eq(weir_rwlock_rdlock(l), 0);
    must(state() & BIASED);
    VICTIM(weir_rwlock_rdunlock(l));
}

static void read_and_unlock(unsigned index)
{
    must_eq(weir_rwlock_rdlock(l), 0);
    WAITER(index, weir_rwlock_rdunlock(l));
}

static void write_and_unlock(unsigned index)
{
    must_eq(weir_rwlock_wrlock(l), 0);
    WAITER(index, weir_rwlock_wrunlock(l));
}

/* -- The judge ---------------------------------------------------------- */

static void release(void)
{
    if (is_mine)
        must_eq(weir_rwlock_wrunlock(l), 0);
    is_mine = false;
}

static bool release_behind(unsigned nth)
{
    if (nth != 1)
        return false;
    world_bring(all_waiters);
    release();
    return true;
}

static int try_reading(void)
{
    int result = weir_rwlock_tryrdlock(l);

    if (result == 0)
        must_eq(weir_rwlock_rdunlock(l), 0);
    return result;
}

static int try_writing(void)
{
    int result = weir_rwlock_trywrlock(l);

    if (result == 0)
        must_eq(weir_rwlock_wrunlock(l), 0);
    return result;
}

static void unlock_for_the_dead(void)
{
    if (state() & WRITER)
        must_eq(weir_rwlock_wrunlock(l), 0);
    else if (state() & READ)
        must_eq(weir_rwlock_rdunlock(l), 0);
}

/* Without waiters; a try is lock-free, and so never waits for the victim. */
static char try_it(void)
{
    uint64_t was = state();
    int reading = try_reading();
    int writing = try_writing();

    if (was & WRITER) {
        must(reading == EBUSY && writing == EBUSY);
        return 'W';
    }
    if (was & READ) {
        must_eq(writing, EBUSY);
        return 'R';
    }
    if (reading == 0 && writing == 0)
        return 'F';
    must(reading == EBUSY || writing == EBUSY);
    return 'G';
}

/* Kept for one that is dead: not for longer than a slice. */
static void open_it(void)
{
    bool reading = try_reading() != 0; /* it was noted when */

    if (!reading)
        must_eq(try_writing(), EBUSY);
    world_pass_ns(WEIR_SHARED_SLICE_NS + 100000);
    must_eq(reading ? try_reading() : try_writing(), 0);
}

static char look(bool dead)
{
    char seen = try_it();

    if (!dead)
        return seen;
    if (seen == 'G')
        open_it();
    unlock_for_the_dead();
    return seen;
}

static char others(bool dead)
{
    char seen = 'A';

    world_bring(all_waiters);
    release();
    if (all_waiters == 0)
        return look(dead);
    world_settle();
    if (world_done() < all_waiters)
        seen = state() & (WRITER | READ | TABLED) ? 'H' : 'L';
    if (!dead)
        return seen;
    if (seen == 'H') {
        unlock_for_the_dead();
        world_settle();
    } else if (seen == 'L') {
        must(world_slice());
    }
    must_eq(world_done(), world_brought());
    return seen;
}

static void finish(bool dead)
{
    if (!dead) {
        /* Nobody may be left asleep, and no slice has ended. */
        must(world->victim.done);
        if (writes && world->victim.result == 0)
            must_eq(weir_rwlock_wrunlock(l), 0);
        else if (reads && world->victim.result == 0)
            must_eq(weir_rwlock_rdunlock(l), 0);
        world_settle();
        must_eq(world_done(), world_brought());
        must_eq(state() & ~(OF_INIT | BIASED | TABLED), 0);
    }
    must(!(state() & (WRITER | READ)));
}

#define RWLOCK .set_up = set_up, .others = others, .finish = finish

const struct scenario rwlock_scenarios[] = {
    {"rwlock.rdlock.free", RWLOCK, .victim = rdlock, .arg = {NOBODY, READING},
     .suspended = "FR", .killed = "FR"},
    {"rwlock.wrlock.free", RWLOCK, .victim = wrlock, .arg = {NOBODY, WRITING},
     .suspended = "FW", .killed = "FW"},
    {"rwlock.tryrdlock.free", RWLOCK, .victim = tryrdlock,
     .arg = {NOBODY, READING}, .suspended = "FR", .killed = "FR"},
    {"rwlock.trywrlock.free", RWLOCK, .victim = trywrlock,
     .arg = {NOBODY, WRITING}, .suspended = "FW", .killed = "FW"},
    {"rwlock.rdlock.sleeps", RWLOCK, .victim = rdlock, .awaken = release_behind,
     .arg = {JUDGE, READING}, .suspended = "FR", .killed = "FR"},
    {"rwlock.rdlock.sleeps.first", RWLOCK, .victim = rdlock,
     .awaken = release_behind, .arg = {JUDGE, READING, WEIR_RW_PREFER_READER},
     .suspended = "FGR", .killed = "FGR"},
    {"rwlock.rdlock.sleeps.fair", RWLOCK, .victim = rdlock,
     .awaken = release_behind, .arg = {JUDGE, READING, WEIR_RW_PHASE_FAIR},
     .suspended = "FGR", .killed = "FGR"},
    {"rwlock.wrlock.sleeps", RWLOCK, .victim = wrlock, .awaken = release_behind,
     .arg = {JUDGE, WRITING}, .suspended = "FGW", .killed = "FGW"},
    {"rwlock.wrlock.sleeps.fair", RWLOCK, .victim = wrlock,
     .awaken = release_behind, .arg = {JUDGE, WRITING, WEIR_RW_PHASE_FAIR},
     .suspended = "FGW", .killed = "FGW"},
    {"rwlock.rdlock_until.expires", RWLOCK, .victim = rdlock_until,
     .arg = {JUDGE, READING, WEIR_RW_PREFER_READER}, .suspended = "FGF",
     .killed = "FGF"},
    {"rwlock.wrlock_until.expires", RWLOCK, .victim = wrlock_until,
     .arg = {JUDGE, WRITING}, .suspended = "FGF", .killed = "FGF"},
    {"rwlock.rdunlock", RWLOCK, .victim = rdunlock, .arg = {VICTIM_READS},
     .suspended = "RF", .killed = "RF"},
    {"rwlock.wrunlock", RWLOCK, .victim = wrunlock, .arg = {VICTIM_WRITES},
     .suspended = "WF", .killed = "WF"},
    {"rwlock.downgrade", RWLOCK, .victim = downgrade,
     .arg = {VICTIM_WRITES, READING}, .suspended = "WR", .killed = "WR"},
    {"rwlock.rdunlock.writers", RWLOCK, .victim = rdunlock,
     .waiter = write_and_unlock, .early = 2, .arg = {VICTIM_READS},
     .suspended = "HLA", .killed = "HLA"},
    {"rwlock.wrunlock.writers", RWLOCK, .victim = wrunlock,
     .waiter = write_and_unlock, .early = 2, .arg = {VICTIM_WRITES},
     .suspended = "HLA", .killed = "HLA"},
    {"rwlock.wrunlock.readers", RWLOCK, .victim = wrunlock,
     .waiter = read_and_unlock, .early = 2, .arg = {VICTIM_WRITES},
     .suspended = "HLA", .killed = "HLA"},
    {"rwlock.wrunlock.late", RWLOCK, .victim = wrunlock,
     .waiter = write_and_unlock, .late = 2, .arg = {VICTIM_WRITES},
     .suspended = "HA", .killed = "HA"},
    {"rwlock.downgrade.readers", RWLOCK, .victim = downgrade,
     .waiter = read_and_unlock, .early = 2, .arg = {VICTIM_WRITES, READING},
     .suspended = "HA"},
    {.name = NULL},
};

/* Private and biased: a thread that is killed takes its process along. */
const struct scenario private_rwlock_scenarios[] = {
    {"private.rwlock.read.biased", RWLOCK, .victim = read_biased,
     .waiter = write_and_unlock, .late = 1, .vm = true,
     .arg = {NOBODY_BIASED, NOT}, .suspended = "AHA"},
    {"private.rwlock.rdunlock.biased", RWLOCK, .victim = rdunlock_biased,
     .waiter = write_and_unlock, .late = 2, .vm = true,
     .arg = {NOBODY_BIASED, NOT}, .suspended = "HA"},
    {.name = NULL},
};
