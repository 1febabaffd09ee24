/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: the action that the last to arrive runs before anybody goes on.
 * Private only: a function pointer means nothing to another process.
 */
#include <weir/barrier.h>

#include <string.h>

#include "support/support.h"

static weir_barrier_t barrier;

static void fresh(unsigned parties)
{
    must_eq(weir_barrier_init(&barrier, parties, WEIR_PRIVATE), 0);
    support_watch("barrier", &barrier, sizeof(barrier));
}

static void must_be_idle(void)
{
    must_eq(weir_barrier_n_waiting(&barrier), 0);
    must(!weir_barrier_broken(&barrier));
}

/* --- api, misuse --- */

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void wait_for_all(unsigned me, void *arg)
{
    (void)me;
    must_eq(weir_barrier_wait(&barrier, NULL), *(int *)arg);
}

START_TEST(set_action_is_refused)
{
    int wanted = ECANCELED;
    support_group_t group;

    must_eq(weir_barrier_init(&barrier, 2, WEIR_SHARED), 0);
    must_eq(keeps_errno(weir_barrier_set_action(&barrier, nothing, NULL)),
            EINVAL);
    must_eq(keeps_errno(weir_barrier_set_action(&barrier, NULL, NULL)), EINVAL);
    fresh(2);
    must_eq(keeps_errno(weir_barrier_set_action(&barrier, nothing, NULL)), 0);
    support_group_start(&group, 1, wait_for_all, &wanted);
    support_await_sleep(group.tids[0]);
    must_eq(keeps_errno(weir_barrier_set_action(&barrier, NULL, NULL)), EBUSY);
    must_eq(weir_barrier_abort(&barrier), 0);
    support_group_join(&group);
}
END_TEST

/* --- what the action does, and who sees it --- */

struct work {
    unsigned parties;
    long phases;
    long written[SUPPORT_THREADS_MAX]; /* plain, by each thread */
    long runs;                         /* plain, by the action */
    int result;                        /* of the action */
    int failures, cancelled;
};

/* All have arrived, nobody has gone on: all slots hold this phase. */
static int check_and_count(void *arg)
{
    struct work *work = arg;

    for (unsigned i = 0; i < work->parties; i++)
        must_eq(work->written[i], work->runs + 1);
    work->runs++;
    return work->result;
}

static void work_in_phases(unsigned me, void *arg)
{
    struct work *work = arg;
    support_random_t random = support_random(me);

    for (long phase = 1; phase <= work->phases; phase++) {
        support_note("phase %lu", (unsigned long)phase, 0);
        work->written[me] = phase;
        if (phase % 16 == 0)
            support_jitter(&random);
        must_eq(weir_barrier_wait(&barrier, NULL), 0);
        must_eq(work->runs, phase);
    }
}

/* T test_action: once per phase, after all arrivals, before all departures,
 * with everybody's writes before it and its own after. */
START_TEST(action_runs_once_per_phase)
{
    static const unsigned crowds[] = {1, 2, 3, 4, 8, 32};
    static struct work work;

    memset(&work, 0, sizeof(work));
    work.parties = crowds[_i];
    work.phases = support_scaled(work.parties > 8 ? 300 : 3000);
    fresh(work.parties);
    must_eq(weir_barrier_set_action(&barrier, check_and_count, &work), 0);
    support_threads(work.parties, work_in_phases, &work);
    must_eq(work.runs, work.phases);
    must_be_idle();
}
END_TEST

static int take_time(void *arg)
{
    support_sleep_ns(3000000);
    __atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
    return 0;
}

static void wait_for_the_end(unsigned me, void *arg)
{
    (void)me;
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
    must_eq(__atomic_load_n((int *)arg, __ATOMIC_ACQUIRE), 1);
}

/* Nobody leaves, and nobody of the next phase gets in, while it runs. */
START_TEST(a_long_action_holds_all)
{
    int ended = 0;

    fresh(3);
    must_eq(weir_barrier_set_action(&barrier, take_time, &ended), 0);
    support_threads(6, wait_for_the_end, &ended);
    must_be_idle();
}
END_TEST

/* --- failing --- */

static void wait_and_tell(unsigned me, void *arg)
{
    struct work *work = arg;
    int result;

    work->written[me] = work->runs + 1;
    result = weir_barrier_wait(&barrier, NULL);
    if (result == work->result)
        __atomic_fetch_add(&work->failures, 1, __ATOMIC_RELAXED);
    else if (result == ECANCELED)
        __atomic_fetch_add(&work->cancelled, 1, __ATOMIC_RELAXED);
    else
        must_eq(result, 0);
}

/* The result goes to the one that ran it and ECANCELED to all others, and to
 * whoever comes, until reset; then all is as it was. */
START_TEST(a_failing_action_breaks)
{
    static const int values[] = {1, -5, 77, EINVAL, ETIMEDOUT};
    static const unsigned crowds[] = {1, 2, 3, 8};
    static struct work work;

    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        memset(&work, 0, sizeof(work));
        work.parties = crowds[_i];
        work.result = values[i];
        fresh(work.parties);
        must_eq(weir_barrier_set_action(&barrier, check_and_count, &work), 0);
        support_threads(work.parties, wait_and_tell, &work);
        must_eq(work.failures, 1);
        must_eq(work.cancelled, work.parties - 1);
        must_eq(work.runs, 1);
        must(weir_barrier_broken(&barrier));
        must_eq(weir_barrier_n_waiting(&barrier), 0);
        must_eq(weir_barrier_wait(&barrier, NULL), ECANCELED);
        must_eq(weir_barrier_wait_until(&barrier, WEIR_NOW, NULL), ECANCELED);
        must_eq(work.runs, 1);
        must_eq(weir_barrier_reset(&barrier), 0);
        must_be_idle();
        memset(&work.written, 0, sizeof(work.written));
        work.result = 0;
        work.runs = 0;
        work.phases = 3;
        support_threads(work.parties, work_in_phases, &work);
        must_eq(work.runs, 3);
    }
}
END_TEST

/* --- meddling while it runs --- */

static struct {
    int running; /* 1: the action runs, 2: it may end */
    int result;
    int results[4];
} meddle;

static int run_until_told(void *arg)
{
    (void)arg;
    __atomic_store_n(&meddle.running, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&meddle.running, __ATOMIC_ACQUIRE) != 2)
        support_sleep_ns(100000);
    return meddle.result;
}

static void wait_through_it(unsigned me, void *arg)
{
    (void)arg;
    meddle.results[me] = weir_barrier_wait(&barrier, NULL);
}

/* An abort or a reset that comes while the action runs: the phase has not
 * been completed, so nobody gets 0, whatever the action returns. */
START_TEST(broken_while_the_action_runs)
{
    bool reset = _i & 1;
    support_group_t group;

    fresh(3);
    memset(&meddle, 0, sizeof(meddle));
    meddle.result = _i & 2 ? 99 : 0;
    must_eq(weir_barrier_set_action(&barrier, run_until_told, NULL), 0);
    support_group_start(&group, 3, wait_through_it, NULL);
    while (__atomic_load_n(&meddle.running, __ATOMIC_ACQUIRE) != 1)
        support_sleep_ns(100000);
    must_eq(reset ? weir_barrier_reset(&barrier) : weir_barrier_abort(&barrier),
            0);
    __atomic_store_n(&meddle.running, 2, __ATOMIC_RELEASE);
    support_group_join(&group);
    for (int i = 0, told = 0; i < 3; i++) {
        if (meddle.result != 0 && meddle.results[i] == 99)
            must_eq(told++, 0);
        else
            must_eq(meddle.results[i], ECANCELED);
    }
    must_eq(weir_barrier_n_waiting(&barrier), 0);
    must(weir_barrier_broken(&barrier) == !reset);
    must_eq(weir_barrier_reset(&barrier), 0);
    must_be_idle();
    meddle.result = 0; /* and running is 2: the action ends at once */
    must_eq(weir_barrier_set_action(&barrier, NULL, NULL), 0);
    support_threads(3, wait_for_all, &(int){0});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("barrier_action");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, set_action_is_refused);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, action_runs_once_per_phase, 0, 6);
    tcase_add_test(tcase, a_long_action_holds_all);
    tcase_add_loop_test(tcase, a_failing_action_breaks, 0, 4);
    tcase_add_loop_test(tcase, broken_while_the_action_runs, 0, 4);
    return support_main(suite);
}
