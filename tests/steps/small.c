/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Latch, once and sequence lock, after each instruction.
 *
 * What those see who wait, or come:
 *   -  nothing has happened yet
 *   D  latch: it has counted down, and something is left
 *   R  once: the victim runs its function, and they wait.  If it is dead, they
 *      wait for ever
 *   H  seqlock: it has the writers' lock; readers go on
 *   W  seqlock: it writes; all wait.  If it is dead, for ever
 *   L  all could go on, and one is asleep still: the victim will wake it; if
 *      it is dead, the end of a slice does
 *   C  they have all returned
 */
#include <weir/latch.h>
#include <weir/once.h>
#include <weir/seqlock.h>

#include <string.h>

#include "sweep.h"

struct objects {
    weir_latch_t latch;
    weir_once_t once;
    weir_seqlock_t seqlock;
    uint64_t data[2];
    uint32_t runs;
};

static struct objects *o;
static unsigned all_waiters;
static unsigned flags;

static void set_up(const struct scenario *s)
{
    o = (struct objects *)(void *)world->object;
    flags = s->vm ? 0 : WEIR_SHARED;
    all_waiters = s->early + s->late;
    must_eq(weir_latch_init(&o->latch, (unsigned)s->arg[0], flags), 0);
    must_eq(weir_once_init(&o->once, flags), 0);
    must_eq(weir_seqlock_init(&o->seqlock, flags), 0);
}

static void all_must_return(int result)
{
    must_eq(world_done(), all_waiters);
    for (unsigned i = 0; i < all_waiters; i++)
        must_eq(world->waiters[i].result, result);
}

/* -- Latch -------------------------------------------------------------- */

static void wait_open(unsigned index)
{
    WAITER(index, weir_latch_wait(&o->latch));
}

static void count_down(unsigned index)
{
    (void)index;
    VICTIM(weir_latch_count_down(&o->latch, 1));
}

static void wait_as_victim(unsigned index)
{
    (void)index;
    VICTIM(weir_latch_wait(&o->latch));
}

static void wait_until(unsigned index)
{
    (void)index;
    VICTIM(weir_latch_wait_until(&o->latch, VIRTUAL_DEADLINE));
}

static void arrive(unsigned index)
{
    (void)index;
    VICTIM(weir_latch_arrive_and_wait(&o->latch));
}

static bool open_latch(unsigned nth)
{
    must_eq(weir_latch_count_down(&o->latch, weir_latch_value(&o->latch)), 0);
    return nth == 1;
}

static unsigned full; /* the count at first */

static void set_up_latch(const struct scenario *s)
{
    set_up(s);
    full = (unsigned)s->arg[0];
}

static char others_at_latch(bool dead)
{
    unsigned left = weir_latch_value(&o->latch);

    world_bring(all_waiters);
    world_settle();
    if (left == 0 && world_done() < all_waiters) {
        if (dead)
            must(world_slice());
        return 'L';
    }
    if (dead && left != 0) {
        must(!world_slice());
        (void)open_latch(1);
        world_settle();
    }
    return left == 0 ? 'C' : left < full ? 'D' : '-';
}

static void finish_latch(bool dead)
{
    if (!dead && weir_latch_value(&o->latch) != 0) {
        (void)open_latch(1);
        world_settle();
    }
    if (!dead) {
        must(world->victim.done);
        must(world->victim.result == 0 || world->victim.result == ETIMEDOUT);
    }
    all_must_return(0);
    must_eq(weir_latch_try_wait(&o->latch), 0);
}

#define LATCH                                                                  \
    .set_up = set_up_latch, .others = others_at_latch, .finish = finish_latch, \
    .waiter = wait_open

/* -- Once --------------------------------------------------------------- */

/* The victim's function sleeps, so that others can come meanwhile. */
static int make(void *arg)
{
    (void)arg;
    (void)weir_latch_wait(&o->latch);
    o->runs++;
    return 0;
}

static int fail(void *arg)
{
    (void)make(arg);
    return 5;
}

static int make_at_once(void *arg)
{
    (void)arg;
    o->runs += 100;
    return 0;
}

static void call(unsigned index)
{
    (void)index;
    VICTIM(weir_once_call(&o->once, make, NULL));
}

static void call_to_fail(unsigned index)
{
    (void)index;
    VICTIM(weir_once_call(&o->once, fail, NULL));
}

static void call_at_once(unsigned index)
{
    WAITER(index, weir_once_call(&o->once, make_at_once, NULL));
}

static bool bring_and_open(unsigned nth)
{
    world_bring(all_waiters);
    return open_latch(nth);
}

static char others_at_once(bool dead)
{
    uint32_t word = weir_load_rlx_(&o->once.word);
    bool running = word & 2u;

    world_bring(all_waiters);
    world_settle();
    if (world_done() == all_waiters)
        return weir_load_rlx_(&o->latch.word) != 0 ? '-' : 'C';
    if (!running) {
        if (dead)
            must(world_slice());
        return 'L';
    }
    if (dead) {
        must(!world_slice());
        must_eq(weir_once_call_until(&o->once, make_at_once, NULL, AT_ONCE),
                ETIMEDOUT);
        must_eq(weir_once_init(&o->once, flags), 0);
        must(world_slice());
    }
    return 'R';
}

/* The judge opened it before the victim came: then others ran theirs. */
static void finish_once(bool dead)
{
    if (!dead && !world->victim.done) {
        (void)open_latch(1);
        world_settle();
    }
    if (!dead)
        must(world->victim.done);
    must(world_done() == all_waiters || world_slice());
    all_must_return(0);
    must(weir_once_is_done(&o->once));
    if (!dead)
        must(o->runs == 1 || o->runs == 100 || o->runs == 101);
}

#define ONCE                                                                   \
    .set_up = set_up, .others = others_at_once, .finish = finish_once,         \
    .waiter = call_at_once, .awaken = bring_and_open, .late = 2

/* -- Sequence lock ------------------------------------------------------ */

/* The first writes, the second reads. */
static int write_or_read(unsigned index)
{
    uint64_t begun;

    if (index == 0) {
        uint64_t data[2] = {5, 5};

        return weir_seqlock_write(&o->seqlock, o->data, data, sizeof(data));
    }
    return weir_seqlock_read_begin_until(&o->seqlock, WEIR_FOREVER, &begun);
}

static void come(unsigned index)
{
    WAITER(index, write_or_read(index));
}

static void write_begin(unsigned index)
{
    (void)index;
    VICTIM(weir_seqlock_write_begin(&o->seqlock));
}

static void write_end(unsigned index)
{
    (void)index;
    VICTIM(weir_seqlock_write_end(&o->seqlock));
}

static int read_and_compare(void)
{
    uint64_t data[2];
    int result = weir_seqlock_read(&o->seqlock, data, o->data, sizeof(data));

    world->victim.value = data[0] == data[1];
    return result;
}

static void read_all(unsigned index)
{
    (void)index;
    VICTIM(read_and_compare());
}

static void set_up_writer(const struct scenario *s)
{
    set_up(s);
    must_eq(weir_seqlock_write_begin(&o->seqlock), 0);
}

static char others_at_seqlock(bool dead)
{
    uint64_t sequence = weir_load_rlx_(&o->seqlock.sequence);
    uint32_t lock = weir_load_rlx_(&o->seqlock.lock);
    char seen;

    world_bring(all_waiters);
    world_settle();
    if (world_done() == all_waiters)
        return 'C';
    seen = sequence & 1u ? 'W' : lock & 1u ? 'H' : 'L';
    if (!dead)
        return seen;
    if (seen == 'L') {
        must(world_slice());
        return seen;
    }
    /* Readers go on unless it writes. */
    must(!world_slice());
    must_eq(world->waiters[1].done, seen == 'H');
    must_eq(weir_seqlock_init(&o->seqlock, flags), 0);
    must(world_slice());
    return seen;
}

static void finish_seqlock(bool dead)
{
    if (!dead) {
        must(world->victim.done);
        must_eq(world->victim.result, 0);
        if (weir_load_rlx_(&o->seqlock.sequence) & 1u)
            must_eq(weir_seqlock_write_end(&o->seqlock), 0);
        world_settle();
    }
    all_must_return(0);
    must_eq(weir_load_rlx_(&o->seqlock.lock), 0);
    must_eq(o->data[0], 5);
    must_eq(o->data[1], 5);
}

static bool let_in(unsigned nth)
{
    must_eq(weir_seqlock_write_end(&o->seqlock), 0);
    return nth == 1;
}

static void finish_reader(bool dead)
{
    if (!dead && !world->victim.done) {
        (void)let_in(1);
        world_settle();
    }
    finish_seqlock(dead);
    if (!dead)
        must_eq(world->victim.value, 1);
}

#define SEQLOCK                                                                \
    .others = others_at_seqlock, .finish = finish_seqlock, .waiter = come

const struct scenario small_scenarios[] = {
    {"small.latch.count_down.last", LATCH, .victim = count_down, .early = 2,
     .arg = {1}, .suspended = "-LC", .killed = "-LC"},
    {"small.latch.count_down.another", LATCH, .victim = count_down, .early = 1,
     .arg = {2}, .suspended = "-D", .killed = "-D"},
    {"small.latch.wait", LATCH, .victim = wait_as_victim, .early = 1,
     .awaken = open_latch, .arg = {1}, .suspended = "-C", .killed = "-C"},
    {"small.latch.arrive", LATCH, .victim = arrive, .early = 1,
     .awaken = open_latch, .arg = {2}, .suspended = "-DC", .killed = "-DC"},
    {"small.latch.wait_until", LATCH, .victim = wait_until, .early = 1,
     .arg = {1}, .suspended = "-", .killed = "-"},
    {"small.once.call", ONCE, .victim = call, .arg = {1}, .suspended = "-RLC",
     .killed = "-RLC"},
    {"small.once.fails", ONCE, .victim = call_to_fail, .arg = {1},
     .suspended = "-RLC", .killed = "-RLC"},
    {"small.seqlock.write_begin", SEQLOCK, .set_up = set_up,
     .victim = write_begin, .late = 2, .suspended = "CHW", .killed = "CHW"},
    {"small.seqlock.write_end", SEQLOCK, .set_up = set_up_writer,
     .victim = write_end, .early = 2, .suspended = "WHLC", .killed = "WHLC"},
    {"small.seqlock.read", .set_up = set_up_writer, .others = others_at_seqlock,
     .finish = finish_reader, .waiter = come, .victim = read_all, .late = 2,
     .awaken = let_in, .suspended = "WC", .killed = "WC"},
    {.name = NULL},
};

const struct scenario private_small_scenarios[] = {
    {"private.small.latch.count_down", LATCH, .victim = count_down, .early = 2,
     .vm = true, .arg = {1}, .suspended = "-LC"},
    {"private.small.once.call", ONCE, .victim = call, .vm = true, .arg = {1},
     .suspended = "-RLC"},
    {"private.small.seqlock.write_end", SEQLOCK, .set_up = set_up_writer,
     .victim = write_end, .early = 2, .vm = true, .suspended = "WHLC"},
    {.name = NULL},
};
