/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The words of the barrier: the wrap of the phases, and storms.
 */
#include "test_words_barrier_kit.h"

/* --- wrap --- */

struct lap {
    long phases;
    unsigned parties;
    bool timed;
};

static void run_laps(unsigned index, void *arg)
{
    const struct lap *lap = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < lap->phases; i++) {
        support_note("phase %lu", (unsigned long)i, 0);
        must_eq(weir_barrier_wait_until(
                    &barrier,
                    lap->timed ? weir_after(INT64_C(1) << 40) : WEIR_FOREVER,
                    NULL),
                0);
        support_jitter(&random);
    }
}

/* From just before each edge, past it. */
START_TEST(phases_wrap)
{
    struct lap lap = {.phases = 40, .parties = 2 + (unsigned)_i / PHASES % 3};

    for (int scope = 0; scope < SCOPES; scope++) {
        begin(lap.parties, scopes[scope]);
        preset((phases[_i % PHASES] - 20) & 0x3fffffff);
        seam_chaos = true;
        lap.timed = scope == 0;
        support_threads(lap.parties, run_laps, &lap);
        must_eq(weir_barrier_phase_of_(arrivals()),
                (phases[_i % PHASES] + 20) & 0x3fffffff);
        must_eq(weir_barrier_inside_(arrivals()), 0);
        must_eq(sense() & ~SLEEPERS, weir_barrier_sense_of_(arrivals()));
    }
}
END_TEST

/* Broken and reset across the edge. */
START_TEST(breaks_wrap)
{
    begin(2, 0);
    preset((phases[_i] - 5) & 0x3fffffff);
    for (int i = 0; i < 10; i++) {
        struct waiting waiting = {.deadline = WEIR_FOREVER};
        support_group_t group;

        put_to_bed(&group, 1, wait_here, &waiting);
        if (i % 2 == 0)
            must_eq(weir_barrier_abort(&barrier), 0);
        must_eq(weir_barrier_reset(&barrier), 0);
        join(&group, &waiting, ECANCELED);
        must_eq(weir_barrier_phase_of_(arrivals()),
                (phases[_i] - 4 + (unsigned)i) & 0x3fffffff);
        must(!weir_barrier_broken(&barrier));
        must_eq(sense() & ~SLEEPERS, weir_barrier_sense_of_(arrivals()));
    }
}
END_TEST

/* More threads than parties: each set of arrivals is a phase. */
static void run_crowd(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    long *arrivals_left = arg;

    while (__atomic_sub_fetch(arrivals_left, 1, __ATOMIC_RELAXED) >= 0) {
        must_eq(weir_barrier_wait(&barrier, NULL), 0);
        support_jitter(&random);
    }
}

START_TEST(crowds_wrap)
{
    uint32_t laps = support_scaled(1000);
    long arrivals_left = 2 * (long)laps;

    begin(2, scopes[_i]);
    preset(0x40000000u - 20);
    seam_chaos = true;
    support_threads(7, run_crowd, &arrivals_left);
    must_eq(weir_barrier_phase_of_(arrivals()), laps - 20);
    must_eq(arrivals() << (64 - PHASE_SHIFT), 0);
}
END_TEST

/* --- signal (hazard B50) --- */

START_TEST(storms_decide_nothing)
{
    struct lap lap = {.phases = support_scaled(400), .parties = 3};

    begin(lap.parties, scopes[_i]);
    support_storm_begin();
    support_stray_begin(&barrier.sense, sizeof(barrier.sense));
    support_threads(lap.parties, run_laps, &lap);
    support_stray_end();
    support_storm_end();
    must_eq(weir_barrier_phase_of_(arrivals()), lap.phases);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrap of the barrier");
    TCase *tcase = support_tcase(suite, "wrap");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, phases_wrap, 0, 3 * PHASES);
    tcase_add_loop_test(tcase, breaks_wrap, 0, PHASES);
    tcase_add_loop_test(tcase, crowds_wrap, 0, SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, storms_decide_nothing, 0, SCOPES);
    return support_main(suite);
}
