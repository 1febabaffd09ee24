/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of the read-write lock: all states that moves lead to from what init
 * makes, with up to two of each kind, by the library's own functions, one step
 * at a time.  Each must be legal, and each move must call whom it owes a call.
 * What is legal, and who may get in, is said here once more, by policy.
 */
#include <weir/rwlock.h>

/* What the moves call, and what they ask, goes to this file. */
#define weir_futex_wake_ recorded_wake
#define weir_may_relax_ asked_to_relax
#define weir_readers_stand_ stand_too_late
#include "futex/rwlock.c"
#include "futex/rwlock_drain.c"
#include "futex/rwlock_open.c"
#include "futex/rwlock_read.c"
#include "futex/rwlock_wait.c"
#include "futex/rwlock_write.c"
#undef weir_futex_wake_
#undef weir_may_relax_
#undef weir_readers_stand_

#include "support/support.h"

static unsigned woken;

void recorded_wake(const volatile void *word, int count, uint32_t bits,
                   bool shared)
{
    (void)word;
    (void)shared;
    must_eq(count, bits == BIT_READER ? INT_MAX : 1);
    must((woken & bits) == 0);
    woken |= bits;
}

static bool relax;

bool asked_to_relax(uint32_t stamp)
{
    (void)stamp;
    return relax;
}

static weir_rwlock_t *loses_its_bias;
unsigned weir_readers_stand_(weir_reader_line_t_ *line, const void *lock);

unsigned stand_too_late(weir_reader_line_t_ *line, const void *lock)
{
    unsigned slot = weir_readers_stand_(line, lock);

    if (loses_its_bias != NULL)
        (void)weir_fetch_and_sc_(&loses_its_bias->state, ~BIASED);
    return slot;
}

/* -- The rules, once more ----------------------------------------------- */

static unsigned count_of(uint64_t state, uint64_t count)
{
    return (unsigned)((state & count) / ONE_OF(count));
}

static bool may_read(uint64_t s)
{
    if (s & WRITER)
        return false;
    if (s & PREFER_READER)
        return true;
    if (s & PHASE_FAIR)
        return (s & TURN) || count_of(s, WRITERS_WAITING) == 0;
    return count_of(s, WRITERS_WAITING) == 0;
}

static bool may_write(uint64_t s, bool from_queue)
{
    bool is_free = !(s & WRITER) && count_of(s, READERS) == 0 && !(s & TABLED);

    if (s & PREFER_READER)
        return is_free && count_of(s, READERS_WAITING) == 0;
    if (s & PHASE_FAIR)
        return is_free && !(s & TURN) &&
               (from_queue || count_of(s, WRITERS_WAITING) == 0);
    return is_free;
}

static bool implies(bool a, bool b)
{
    return !a || b;
}

static void must_be_legal(uint64_t s)
{
    bool can_write = may_write(s, true) || ((s & TABLED) && !(s & DRAINING));

    support_note("state %lx", (unsigned long)s, 0);
    must_eq((s & READ) != 0, count_of(s, READERS) != 0);
    must_eq((s & QUEUED) != 0, count_of(s, READERS_WAITING) != 0);
    must(implies(s & WRITER, !(s & (READ | TABLED | TURN))));
    must(implies(s & (BIASED | DRAINING), s & TABLED));
    must(!((s & BIASED) && (s & DRAINING)));
    must(implies(s & TURN, (s & QUEUED) && (s & PHASE_FAIR)));
    must(!((s & TABLED) && (s & SHARED)));
    must(implies(s & READERS_SLEEP, (s & QUEUED) && !may_read(s)));
    must(implies(s & WRITERS_SLEEP,
                 count_of(s, WRITERS_WAITING) != 0 && !can_write));
    must(!((s & PREFER_READER) && (s & PHASE_FAIR)));
    must_eq(s & 0xf000, 0);
    /* At rest nothing is left. */
    if (!(s & (WRITER | READ | QUEUED | TABLED | WRITERS_WAITING)))
        must_eq(s & ~(SHARED | PREFER_READER | PHASE_FAIR), 0);
}

/* Whoever said that he may sleep, and can go on now, is called. */
static void must_have_called(uint64_t before, uint64_t after)
{
    must(implies((before & READERS_SLEEP) && may_read(after),
                 woken & BIT_READER));
    must(implies(woken & BIT_READER, !(after & READERS_SLEEP)));
    must(implies((before & WRITERS_SLEEP) && !(after & WRITERS_SLEEP),
                 (woken & BIT_WRITER) ||
                     count_of(after, WRITERS_WAITING) == 0 ||
                     count_of(after, WRITERS_WAITING) <
                         count_of(before, WRITERS_WAITING)));
}

/* -- All states --------------------------------------------------------- */

enum { STATES = 1 << 16, MOST = 2 };
static uint64_t seen[STATES];
static unsigned n_seen;
static unsigned n_turns, n_tabled, n_asleep;

static void reach(uint64_t state)
{
    for (unsigned i = 0; i < n_seen; i++)
        if (seen[i] == state)
            return;
    must(n_seen < STATES);
    must_be_legal(state);
    n_turns += (state & TURN) != 0;
    n_tabled += (state & TABLED) != 0;
    n_asleep += (state & WRITERS_SLEEP) != 0;
    seen[n_seen++] = state;
}

static weir_rwlock_t lock_of(uint64_t state)
{
    weir_rwlock_t l = WEIR_RWLOCK_INIT;

    weir_store_rlx_(&l.state, state);
    weir_store_rlx_(&l.quiet, relax ? WEIR_BIAS_QUIET : 0);
    woken = 0;
    return l;
}

static void moved(uint64_t before, weir_rwlock_t *l)
{
    uint64_t after = weir_load_sc_(&l->state);

    if (count_of(after, READERS) > MOST ||
        count_of(after, READERS_WAITING) > MOST ||
        count_of(after, WRITERS_WAITING) > MOST)
        return;
    reach(after);
    must_have_called(before, after);
}

static void take_from(uint64_t state, bool write, bool queued)
{
    weir_rwlock_t l = lock_of(state);
    struct weir_rw_waiter w = {.lock = &l, .write = write, .queued = queued};
    uint64_t found = state;
    bool may = write ? may_write(state, queued) : may_read(state);

    must_eq(weir_rw_take_(&w, &found), may ? 0 : EBUSY);
    must_eq(may, weir_load_sc_(&l.state) != state);
    moved(state, &l);
    /* The short way leads to where the long one does. */
    found = weir_load_sc_(&l.state);
    l = lock_of(state);
    if (!queued && (write ? write_idle(&l) : read_idle(&l)) == 0)
        must_eq(weir_load_sc_(&l.state), found);
    else
        must_eq(weir_load_sc_(&l.state), state);
}

static void queue_from(uint64_t state, bool write, bool queued)
{
    weir_rwlock_t l = lock_of(state);
    struct weir_rw_waiter w = {.lock = &l, .write = write, .queued = queued};
    uint64_t found = state;

    if (write ? weir_rw_must_drain_(state) || may_write(state, queued)
              : may_read(state))
        return; /* would have taken it, or drained */
    if (queue_up(&w, &found) == 0)
        must(found & (write ? WRITERS_SLEEP : READERS_SLEEP));
    must_eq(found, weir_load_sc_(&l.state));
    moved(state, &l);
}

static void give_up_from(uint64_t state, bool write)
{
    weir_rwlock_t l = lock_of(state);
    struct weir_rw_waiter w = {.lock = &l, .write = write, .queued = true};

    must_eq(give_up(&w, ETIMEDOUT),
            (write ? may_write(state, true) : may_read(state)) ? 0 : ETIMEDOUT);
    moved(state, &l);
}

static void unlock_from(uint64_t state)
{
    weir_rwlock_t l = lock_of(state);

    must_eq(read_unlock(&l), state & READ ? 0 : EPERM);
    moved(state, &l);
    l = lock_of(state);
    must_eq(write_unlock(&l, 0), state & WRITER ? 0 : EPERM);
    moved(state, &l);
    l = lock_of(state);
    must_eq(weir_rwlock_downgrade(&l), state & WRITER ? 0 : EPERM);
    must(implies(state & WRITER, weir_load_sc_(&l.state) & READ));
    moved(state, &l);
}

static void drain_from(uint64_t state)
{
    weir_rwlock_t l;

    if (weir_rw_must_drain_(state)) {
        reach((state & ~BIASED) | DRAINING);
        reach(((state & ~BIASED) | DRAINING) + ONE_OF(WRITERS_WAITING));
        /* And all of it: nobody stands in the table. */
        l = lock_of(state);
        must_eq(weir_rw_drain_(&(struct weir_rw_waiter){.lock = &l}, false,
                               weir_until_(WEIR_NOW)),
                0);
        must(!(weir_load_sc_(&l.state) & (BIASED | TABLED | DRAINING)));
        moved(state, &l);
    }
    if (!(state & DRAINING))
        return;
    l = lock_of(state);
    drained(&l, DRAINING);
    moved(state, &l);
    l = lock_of(state);
    drained(&l, TABLED | DRAINING);
    moved(state, &l);
}

static void move_from(uint64_t state)
{
    for (int write = 0; write < 2; write++) {
        bool waits =
            count_of(state, write ? WRITERS_WAITING : READERS_WAITING) != 0;

        relax = false;
        take_from(state, write, false);
        relax = true;
        take_from(state, write, false);
        queue_from(state, write, false);
        if (!waits)
            continue;
        take_from(state, write, true);
        queue_from(state, write, true);
        give_up_from(state, write);
    }
    unlock_from(state);
    if (count_of(state, WRITERS_WAITING) < MOST)
        drain_from(state);
}

START_TEST(all_states_are_legal)
{
    static const unsigned flags[] = {0, WEIR_RW_PREFER_READER,
                                     WEIR_RW_PHASE_FAIR};
    unsigned init = flags[_i % 3] | (_i < 3 ? 0 : WEIR_SHARED);
    weir_rwlock_t l;

    must_eq(weir_rwlock_init(&l, init), 0);
    reach(weir_load_sc_(&l.state));
    for (unsigned i = 0; i < n_seen; i++)
        move_from(seen[i]);
    must(n_seen > 50);
    must(n_asleep > 0);
    must_eq(n_tabled > 0, _i < 3);
    must_eq(n_turns > 0, flags[_i % 3] == WEIR_RW_PHASE_FAIR);
}
END_TEST

/* Counts that were set to 0 by another process (rwlock_open.c) are not counted down. */
START_TEST(counts_do_not_go_below_zero)
{
    must_eq(weir_rw_counted_down_(0, READERS_WAITING), 0);
    must_eq(weir_rw_counted_down_(0, WRITERS_WAITING), 0);
    must_eq(weir_rw_counted_down_(ONE_OF(WRITERS_WAITING), WRITERS_WAITING), 0);
    must_eq(weir_rw_counted_down_(READERS, READERS), READERS - ONE_OF(READERS));
}
END_TEST

/* A revocation that took a second keeps the bias away for less than a stamp
 * can tell. */
START_TEST(inhibition_is_bounded)
{
    must_eq(inhibited_ns(10000), 10000 * (WEIR_BIAS_SHARE - WEIR_REVOKE_SHARE));
    must_eq(inhibited_ns(INT64_MAX), inhibited_ns(WEIR_BIAS_COST_MAX_NS));
    must(inhibited_ns(INT64_MAX) < 1000000000);
}
END_TEST

/* What a race of two instructions would lead to. */
START_TEST(moves_that_come_too_late)
{
    uint64_t full = TABLED | WRITERS_WAITING;
    weir_rwlock_t l = lock_of(0);
    struct weir_rw_waiter w = {.lock = &l, .write = true};

    must_eq(state_biased(TABLED, true), TABLED);
    must_eq(state_biased(ONE_OF(WRITERS_WAITING), true),
            ONE_OF(WRITERS_WAITING));
    must_eq(state_biased(0, true), BIASED | TABLED);
    /* Another has drained it meanwhile. */
    must_eq(weir_rw_drain_(&w, true, weir_until_(WEIR_FOREVER)), 0);
    must(!w.queued);
    must_eq(weir_load_sc_(&l.state), 0);
    l = lock_of(full);
    must_eq(weir_rw_drain_(&w, true, weir_until_(WEIR_FOREVER)), EOVERFLOW);
    must_eq(weir_load_sc_(&l.state), full);
}
END_TEST

/* A reader that stands in the table when the bias has just been taken. */
START_TEST(a_reader_that_comes_too_late)
{
    weir_rwlock_t l = lock_of(BIASED | TABLED);

    loses_its_bias = &l;
    must(!enter_table(&l));
    must(!weir_readers_seen_(&l));
    weir_store_rlx_(&l.state, BIASED | TABLED);
    must_eq(weir_rwlock_rdlock_slow_(&l), 0);
    must(!weir_readers_seen_(&l));
    must_eq(count_of(weir_load_sc_(&l.state), READERS), 1);
    loses_its_bias = NULL;
    must_eq(weir_rwlock_rdunlock_slow_(&l), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words_rwlock");
    TCase *tcase = support_tcase(suite, "words");

    tcase_add_loop_test(tcase, all_states_are_legal, 0, 6);
    tcase_add_test(tcase, counts_do_not_go_below_zero);
    tcase_add_test(tcase, inhibition_is_bounded);
    tcase_add_test(tcase, moves_that_come_too_late);
    tcase_add_test(tcase, a_reader_that_comes_too_late);
    return support_main(suite);
}
