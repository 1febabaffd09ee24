/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: phases that complete, private and shared.  What breaks, resets
 * and times out is in test_barrier_break.c; lifetime and processes in
 * test_barrier_process.c.  The cases of CPython's BarrierTests are named T.
 */
#include <weir/barrier.h>

#include <string.h>

#include "base/atomic.h"
#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_barrier_t barrier;

static void fresh(unsigned parties, int scope)
{
    must_eq(weir_barrier_init(&barrier, parties, scopes[scope]), 0);
    support_watch("barrier", &barrier, sizeof(barrier));
}

/* Whole and empty. */
static void must_be_idle(void)
{
    must_eq(keeps_errno(weir_barrier_n_waiting(&barrier)), 0);
    must(!keeps_errno(weir_barrier_broken(&barrier)));
}

/* --- api --- */

START_TEST(init_and_queries)
{
    static const unsigned parties[] = {1, 2, 3, 1000, WEIR_BARRIER_MAX};

    must(sizeof(weir_barrier_t) <= 384);
    for (unsigned i = 0; i < sizeof(parties) / sizeof(parties[0]); i++) {
        memset(&barrier, 0xa5, sizeof(barrier));
        must_eq(
            keeps_errno(weir_barrier_init(&barrier, parties[i], scopes[_i])),
            0);
        must_eq(keeps_errno(weir_barrier_parties(&barrier)), parties[i]);
        must_be_idle();
    }
}
END_TEST

START_TEST(bad_arguments_change_nothing)
{
    static const struct {
        unsigned parties, flags;
    } bad[] = {
        {0, 0},   {0, WEIR_SHARED}, {WEIR_BARRIER_MAX + 1, 0}, {0x80000000u, 0},
        {~0u, 0}, {2, 2},           {2, WEIR_SHARED | 4},      {2, ~0u}};
    weir_barrier_t before;

    memset(&barrier, 0xa5, sizeof(barrier));
    memcpy(&before, &barrier, sizeof(before));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        must_eq(keeps_errno(
                    weir_barrier_init(&barrier, bad[i].parties, bad[i].flags)),
                EINVAL);
        must(memcmp(&barrier, &before, sizeof(before)) == 0);
    }
}
END_TEST

/* What arrivals write and what waiters read must not share a line. */
START_TEST(words_apart)
{
    must(offsetof(weir_barrier_t, sense) - offsetof(weir_barrier_t, arrivals) >=
         WEIR_LINE);
    must_eq(_Alignof(weir_barrier_t) % WEIR_LINE, 0);
}
END_TEST

/* --- uncontended --- */

/* T test_single_thread: one party never waits, whatever the deadline. */
START_TEST(one_party)
{
    fresh(1, _i);
    for (int i = 0; i < 1000; i++) {
        unsigned index = 7;

        must_eq(keeps_errno(weir_barrier_wait(&barrier, &index)), 0);
        must_eq(index, 0);
        must_eq(keeps_errno(weir_barrier_wait(&barrier, NULL)), 0);
        must_eq(weir_barrier_wait_until(&barrier, WEIR_NOW, &index), 0);
        must_eq(weir_barrier_wait_until(&barrier, INT64_MIN, NULL), 0);
        must_be_idle();
    }
}
END_TEST

/* --- contended --- */

static unsigned indices[SUPPORT_THREADS_MAX];

static void wait_once(unsigned index, void *arg)
{
    (void)arg;
    while (weir_barrier_n_waiting(&barrier) != index)
        support_sleep_ns(50000);
    support_note("waiting as %lu", index, 0);
    must_eq(keeps_errno(weir_barrier_wait(&barrier, &indices[index])), 0);
}

/* The index tells the order of arrival; all but the last really sleep; the
 * number of those who wait is seen while it fills. */
START_TEST(arrival_order)
{
    support_group_t group;

    fresh(5, _i);
    support_group_start(&group, 4, wait_once, NULL);
    for (unsigned i = 0; i < 4; i++) {
        const char *word = support_await_sleep(group.tids[i]);

        must(word == NULL || (word >= (const char *)&barrier &&
                              word < (const char *)(&barrier + 1)));
    }
    must_eq(weir_barrier_n_waiting(&barrier), 4);
    wait_once(4, NULL);
    support_group_join(&group);
    for (unsigned i = 0; i < 5; i++)
        must_eq(indices[i], i);
    must_be_idle();
}
END_TEST

/* Nobody may be ahead of the slowest: each thread writes the number of its
 * phase before the barrier and reads those of all others after it, in two
 * sets of plain slots that take turns. */
#define PHASES 10000
struct lockstep {
    unsigned parties;
    long phases;
    unsigned slots[2][SUPPORT_THREADS_MAX];
    uint64_t seen[PHASES]; /* which indices a phase has given */
};

static struct lockstep lockstep;

static void march(unsigned me, void *arg)
{
    struct lockstep *s = arg;
    support_random_t random = support_random(me);

    for (unsigned phase = 0; phase < s->phases; phase++) {
        unsigned index = ~0u;

        support_note("phase %lu", phase, 0);
        s->slots[phase % 2][me] = phase;
        if (phase % 16 == 0)
            support_jitter(&random);
        must_eq(weir_barrier_wait(&barrier, &index), 0);
        for (unsigned i = 0; i < s->parties; i++)
            must_eq(s->slots[phase % 2][i], phase);
        must(index < s->parties);
        __atomic_fetch_add(&s->seen[phase], (uint64_t)1 << index,
                           __ATOMIC_RELAXED);
    }
}

static void march_together(unsigned parties, long phases)
{
    memset(&lockstep, 0, sizeof(lockstep));
    lockstep.parties = parties;
    lockstep.phases = phases;
    support_threads(parties, march, &lockstep);
    /* Each index once in each phase.  T test_wait_return */
    for (long i = 0; i < phases; i++)
        must_eq(lockstep.seen[i], ((uint64_t)1 << parties) - 1);
    must_be_idle();
}

static const unsigned crowds[] = {2, 3, 4, 5, 6, 7, 8, 32};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

static long phases_for(unsigned parties)
{
    return support_scaled(parties > 8 ? 1000 : PHASES / (parties / 4 + 1));
}

/* T test_barrier, test_barrier_10. */
START_TEST(lockstep_of)
{
    unsigned parties = crowds[_i / SCOPES];

    fresh(parties, _i % SCOPES);
    march_together(parties, phases_for(parties));
}
END_TEST

/* --- more threads than parties --- */

struct crowd {
    unsigned parties;
    unsigned tickets;
    unsigned total;
    unsigned counts[SUPPORT_THREADS_MAX];
};

static void come_with_ticket(unsigned me, void *arg)
{
    struct crowd *crowd = arg;
    unsigned index;

    (void)me;
    while (__atomic_fetch_add(&crowd->tickets, 1, __ATOMIC_RELAXED) <
           crowd->total) {
        support_note("ticket", 0, 0);
        must_eq(weir_barrier_wait(&barrier, &index), 0);
        must(index < crowd->parties);
        __atomic_fetch_add(&crowd->counts[index], 1, __ATOMIC_RELAXED);
    }
}

START_TEST(more_threads_than_parties)
{
    static const unsigned parties[] = {2, 3, 4, 5};
    struct crowd crowd = {.parties = parties[_i / SCOPES]};
    unsigned phases = support_scaled(5000);

    crowd.total = phases * crowd.parties;
    fresh(crowd.parties, _i % SCOPES);
    support_threads(crowd.parties + 3, come_with_ticket, &crowd);
    for (unsigned i = 0; i < crowd.parties; i++)
        must_eq(crowd.counts[i], phases);
    must_be_idle();
}
END_TEST

/* --- signal --- */

/* Hazards B50, B17, K9: storms and wakers of strangers end no wait. */
START_TEST(lockstep_in_a_storm)
{
    unsigned parties = crowds[_i / SCOPES];

    fresh(parties, _i % SCOPES);
    support_storm_begin();
    march_together(parties, phases_for(parties) / 8 + 1);
    support_storm_end();
}
END_TEST

START_TEST(lockstep_with_stray_wake_ups)
{
    fresh(4, _i);
    support_stray_begin(&barrier.sense, sizeof(barrier.sense));
    march_together(4, support_scaled(3000));
    support_stray_end();
}
END_TEST

START_TEST(storm_ends_no_wait)
{
    support_group_t group;

    fresh(4, _i);
    support_storm_begin();
    support_group_start(&group, 3, wait_once, NULL);
    for (int i = 0; i < 10; i++) {
        support_sleep_ns(2000000);
        must(weir_barrier_n_waiting(&barrier) <= 3);
    }
    wait_once(3, NULL);
    support_group_join(&group);
    support_storm_end();
    must_be_idle();
}
END_TEST

/* --- reset: as new after load --- */

START_TEST(as_new_after_load)
{
    weir_barrier_t unused;

    fresh(4, _i);
    memcpy(&unused, &barrier, sizeof(unused));
    march_together(4, support_scaled(2000));
    must_be_idle();
    must_eq(weir_barrier_reset(&barrier), 0);
    must_be_idle();
    march_together(4, 100);
    /* All that is left is the number of phases. */
    must_eq(weir_barrier_init(&barrier, 4, scopes[_i]), 0);
    must_eq(weir_load_rlx_(&barrier.arrivals),
            weir_load_rlx_(&unused.arrivals));
    must_eq(weir_load_rlx_(&barrier.sense), weir_load_rlx_(&unused.sense));
}
END_TEST

/* --- wrap --- */

/* The phase sits in the upper 30 bits of both words (src/futex/barrier.h). */
static void set_phase(uint32_t phase)
{
    weir_store_rlx_(&barrier.arrivals, (uint64_t)phase << 34);
    weir_store_rlx_(&barrier.sense, phase << 2);
}

/* Hazards B4, B31: the number of the phase passes 2^29, where its sign in
 * comparisons flips, and 2^30, where it starts over. */
START_TEST(phase_wraps)
{
    static const uint32_t starts[] = {(1u << 29) - 5, (1u << 30) - 5,
                                      (1u << 30) - 1, (1u << 29) - 1};

    for (unsigned i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        fresh(3, _i);
        set_phase(starts[i]);
        must_be_idle();
        march_together(3, 64);
        must_eq(weir_load_rlx_(&barrier.arrivals) >> 34,
                (starts[i] + 64) & ((1u << 30) - 1));
    }
}
END_TEST

/* The same while the barrier breaks and is made whole in each phase. */
START_TEST(phase_wraps_while_breaking)
{
    fresh(2, _i % SCOPES);
    set_phase((1u << (29 + _i / SCOPES)) - 8);
    for (int i = 0; i < 32; i++) {
        must_eq(weir_barrier_wait_until(&barrier, WEIR_NOW, NULL), ETIMEDOUT);
        must(weir_barrier_broken(&barrier));
        must_eq(weir_barrier_wait(&barrier, NULL), ECANCELED);
        must_eq(weir_barrier_reset(&barrier), 0);
        must_be_idle();
        must_eq(weir_barrier_abort(&barrier), 0);
        must_eq(weir_barrier_wait(&barrier, NULL), ECANCELED);
        must_eq(weir_barrier_reset(&barrier), 0);
        if (i % 4 == 0)
            march_together(2, 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("barrier");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, init_and_queries, 0, SCOPES);
    tcase_add_test(tcase, bad_arguments_change_nothing);
    tcase_add_test(tcase, words_apart);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, one_party, 0, SCOPES);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, arrival_order, 0, SCOPES);
    tcase_add_loop_test(tcase, lockstep_of, 0, SCOPES * CROWDS);
    tcase_add_loop_test(tcase, more_threads_than_parties, 0, SCOPES * 4);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, lockstep_in_a_storm, 0, SCOPES * CROWDS);
    tcase_add_loop_test(tcase, lockstep_with_stray_wake_ups, 0, SCOPES);
    tcase_add_loop_test(tcase, storm_ends_no_wait, 0, SCOPES);
    tcase = support_tcase(suite, "reset");
    tcase_add_loop_test(tcase, as_new_after_load, 0, SCOPES);
    tcase = support_tcase(suite, "wrap");
    tcase_add_loop_test(tcase, phase_wraps, 0, SCOPES);
    tcase_add_loop_test(tcase, phase_wraps_while_breaking, 0, SCOPES * 2);
    return support_main(suite);
}
