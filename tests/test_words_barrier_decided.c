/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The words of the barrier: the time between decision and publication, made
 * long by hand, and what falls into the windows of sleepers.
 */
#include "test_words_barrier_kit.h"

/* --- contended: between decision and publication --- */

/* The last arriver is killed before it publishes; shared sleepers look at
 * the decision themselves. */
START_TEST(shared_sleepers_look_behind)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(4, WEIR_SHARED);
    preset(phases[_i]);
    put_to_bed(&group, 3, wait_here, &waiting);
    weir_store_rlx_(&barrier.arrivals, weir_barrier_next_phase_(arrivals()));
    join(&group, &waiting, 0);
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

START_TEST(shared_sleepers_see_an_unpublished_break)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(4, WEIR_SHARED);
    preset(phases[_i]);
    put_to_bed(&group, 3, wait_here, &waiting);
    weir_store_rlx_(&barrier.arrivals, arrivals() | BROKEN);
    join(&group, &waiting, ECANCELED);
    must_eq(arrivals(), (uint64_t)phases[_i] << PHASE_SHIFT | BROKEN);
}
END_TEST

/* The publisher of a phase is stopped; whoever publishes the next one lets
 * the sleepers of both go.  Then it runs again, and changes nothing. */
START_TEST(a_later_publisher_releases_all)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    struct waiting later = {.deadline = WEIR_FOREVER};
    uint64_t decided;
    support_group_t group;
    support_group_t next;

    begin(3, 0);
    preset(phases[_i]);
    put_to_bed(&group, 2, wait_here, &waiting);
    decided = weir_barrier_next_phase_(arrivals());
    weir_store_rlx_(&barrier.arrivals, decided);
    put_to_bed(&next, 2, wait_here, &later);
    must_eq(arrivals(), decided + 2);
    must_eq(sense(), phases[_i] << SENSE_PHASE_SHIFT | SLEEPERS);
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
    join(&group, &waiting, 0);
    join(&next, &later, 0);
    weir_barrier_publish_(&barrier, decided);
    must_eq(sense(), weir_barrier_sense_of_(weir_barrier_next_phase_(decided)));
}
END_TEST

/* The same, but it runs again before the next phase is complete: sleepers of
 * that one go back to sleep. */
START_TEST(a_late_publisher_releases_its_own)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    struct waiting later = {.deadline = WEIR_FOREVER};
    uint64_t decided;
    support_group_t group;
    support_group_t next;

    begin(3, 0);
    preset(phases[_i]);
    put_to_bed(&group, 2, wait_here, &waiting);
    decided = weir_barrier_next_phase_(arrivals());
    weir_store_rlx_(&barrier.arrivals, decided);
    put_to_bed(&next, 2, wait_here, &later);
    weir_barrier_publish_(&barrier, decided);
    join(&group, &waiting, 0);
    while (!(sense() & SLEEPERS))
        support_sleep_ns(50000);
    must_eq(sense(), weir_barrier_sense_of_(decided) | SLEEPERS);
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
    join(&next, &later, 0);
}
END_TEST

/* --- contended: what falls into the window before a sleep --- */

static void arrive_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
}

static void abort_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_barrier_abort(&barrier), 0);
}

static void reset_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_barrier_reset(&barrier), 0);
}

START_TEST(decided_before_the_sleep)
{
    static seam_hook_t *const hooks[] = {arrive_here, abort_here, reset_here};
    seam_hook_t *hook = hooks[_i / SCOPES];

    begin(2, scopes[_i % SCOPES]);
    seam.before_wait = hook;
    must_eq(weir_barrier_wait(&barrier, NULL),
            hook == arrive_here ? 0 : ECANCELED);
    must_eq(weir_barrier_inside_(arrivals()), 0);
    must(weir_barrier_broken(&barrier) == (hook == abort_here));
}
END_TEST

/* --- timed: what falls between a timeout and its consequence --- */

static void arrive_late(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
}

static void abort_late(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_barrier_abort(&barrier), 0);
}

static void reset_late(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_barrier_reset(&barrier), 0);
}

/* Its deadline has passed in the sleep, but the phase is decided before it
 * can break it: all of a phase get the same. */
START_TEST(decided_before_the_timeout)
{
    static seam_hook_t *const hooks[] = {arrive_late, abort_late, reset_late};
    seam_hook_t *hook = hooks[_i / SCOPES];

    begin(2, scopes[_i % SCOPES]);
    seam.after_wait = hook;
    must_eq(weir_barrier_wait_until(&barrier, WEIR_NOW, NULL),
            hook == arrive_late ? 0 : ECANCELED);
    must_eq(weir_barrier_inside_(arrivals()), 0);
    must(weir_barrier_broken(&barrier) == (hook == abort_late));
}
END_TEST

/* A timeout, at the very step that would break the barrier. */
START_TEST(timeouts_lose_against_decisions)
{
    uint64_t now = (uint64_t)phases[_i] << PHASE_SHIFT;

    begin(3, 0);
    preset(phases[_i]);
    weir_store_rlx_(&barrier.arrivals, weir_barrier_next_phase_(now));
    must_eq(time_out(&barrier, phases[_i], weir_until_(WEIR_NOW)), 0);
    must_eq(arrivals(), weir_barrier_next_phase_(now));
    weir_store_rlx_(&barrier.arrivals,
                    weir_barrier_next_phase_(now) | BROKEN | 2);
    must_eq(time_out(&barrier, phases[_i], weir_until_(WEIR_NOW)), 0);
    must_eq(arrivals(), weir_barrier_next_phase_(now) | BROKEN | 2);
    weir_store_rlx_(&barrier.arrivals, now | BROKEN | 2);
    must_eq(time_out(&barrier, phases[_i], weir_until_(WEIR_NOW)), ECANCELED);
    must_eq(arrivals(), now | BROKEN | 1);
    preset(phases[_i]);
    weir_store_rlx_(&barrier.arrivals, now | 2);
    must_eq(time_out(&barrier, phases[_i], weir_until_(WEIR_NOW)), ETIMEDOUT);
    must_eq(arrivals(), now | BROKEN | 1);
    must_eq(sense(), weir_barrier_sense_of_(now | BROKEN));
}
END_TEST

START_TEST(a_timeout_in_words)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    uint64_t now = (uint64_t)phases[_i] << PHASE_SHIFT;
    support_group_t group;

    begin(4, 0);
    preset(phases[_i]);
    put_to_bed(&group, 2, wait_held, &waiting);
    must_eq(weir_barrier_wait_until(&barrier, WEIR_NOW, NULL), ETIMEDOUT);
    must_eq(arrivals(), now | BROKEN | 2);
    must_eq(sense(), weir_barrier_sense_of_(now) | FAILED);
    flag_raise(&waiting.go);
    join(&group, &waiting, ECANCELED);
    must_eq(arrivals(), now | BROKEN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decided barriers");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, shared_sleepers_look_behind, 0, PHASES);
    tcase_add_loop_test(tcase, shared_sleepers_see_an_unpublished_break, 0,
                        PHASES);
    tcase_add_loop_test(tcase, a_later_publisher_releases_all, 0, PHASES);
    tcase_add_loop_test(tcase, a_late_publisher_releases_its_own, 0, PHASES);
    tcase_add_loop_test(tcase, decided_before_the_sleep, 0, 3 * SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, decided_before_the_timeout, 0, 3 * SCOPES);
    tcase_add_loop_test(tcase, timeouts_lose_against_decisions, 0, PHASES);
    tcase_add_loop_test(tcase, a_timeout_in_words, 0, PHASES);
    return support_main(suite);
}
