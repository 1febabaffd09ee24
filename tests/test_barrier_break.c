/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: timeouts, abort and reset, each alone and racing with arrivals.
 * A phase either completes for all of its threads or for none.
 */
#include <weir/barrier.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_barrier_t barrier;
static int results[SUPPORT_THREADS_MAX];
static weir_deadline_t deadlines[SUPPORT_THREADS_MAX];

static void fresh(unsigned parties, int scope)
{
    must_eq(weir_barrier_init(&barrier, parties, scopes[scope]), 0);
    support_watch("barrier", &barrier, sizeof(barrier));
    for (unsigned i = 0; i < SUPPORT_THREADS_MAX; i++)
        deadlines[i] = WEIR_FOREVER;
}

static void must_be_idle(void)
{
    must_eq(keeps_errno(weir_barrier_n_waiting(&barrier)), 0);
    must(!keeps_errno(weir_barrier_broken(&barrier)));
}

/* Broken, and so for all who come, until reset. */
static void must_be_broken(void)
{
    unsigned index = 42;

    must(keeps_errno(weir_barrier_broken(&barrier)));
    must_eq(keeps_errno(weir_barrier_n_waiting(&barrier)), 0);
    must_eq(keeps_errno(weir_barrier_wait(&barrier, &index)), ECANCELED);
    must_eq(keeps_errno(weir_barrier_wait_until(&barrier, WEIR_NOW, &index)),
            ECANCELED);
    must_eq(index, 42);
    must(weir_barrier_broken(&barrier));
}

static void wait_here(unsigned me, void *arg)
{
    (void)arg;
    support_note("waiting as %lu", me, 0);
    results[me] =
        keeps_errno(weir_barrier_wait_until(&barrier, deadlines[me], NULL));
    if (results[me] == ETIMEDOUT)
        must(weir_now() >= deadlines[me]);
}

static unsigned count_of(unsigned threads, int result)
{
    unsigned count = 0;

    for (unsigned i = 0; i < threads; i++)
        count += results[i] == result;
    return count;
}

static void must_complete(unsigned parties)
{
    for (unsigned i = 0; i < parties; i++)
        deadlines[i] = WEIR_FOREVER;
    support_threads(parties, wait_here, NULL);
    must_eq(count_of(parties, 0), parties);
    must_be_idle();
}

/* --- timed --- */

START_TEST(alone_until_the_deadline)
{
    fresh(2, _i);
    deadlines[0] = weir_after(5000000);
    wait_here(0, NULL);
    must_eq(results[0], ETIMEDOUT);
    must_be_broken();
    must_eq(weir_barrier_reset(&barrier), 0);
    must_be_idle();
    must_complete(2);
}
END_TEST

/* A past deadline breaks at once, but not if nobody has to be waited for. */
START_TEST(past_deadlines)
{
    weir_deadline_t past[] = {WEIR_NOW, -1, INT64_MIN, 1, weir_now()};
    support_group_t group;
    unsigned index;

    fresh(2, _i);
    for (unsigned i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
        must_eq(keeps_errno(weir_barrier_wait_until(&barrier, past[i], NULL)),
                ETIMEDOUT);
        must_be_broken();
        must_eq(weir_barrier_reset(&barrier), 0);
        support_group_start(&group, 1, wait_here, NULL);
        support_await_sleep(group.tids[0]);
        must_eq(weir_barrier_wait_until(&barrier, past[i], &index), 0);
        must_eq(index, 1);
        support_group_join(&group);
        must_eq(results[0], 0);
        must_be_idle();
    }
}
END_TEST

/* T test_wait_timeout: ETIMEDOUT to the one, ECANCELED to all others, who
 * were asleep without a deadline. */
START_TEST(one_deadline_breaks_for_all)
{
    unsigned waiting = 1 + (unsigned)_i / SCOPES;
    support_group_t group;

    fresh(waiting + 1, _i % SCOPES);
    deadlines[waiting - 1] = weir_after(20000000);
    support_group_start(&group, waiting, wait_here, NULL);
    support_group_join(&group);
    must_eq(results[waiting - 1], ETIMEDOUT);
    must_eq(count_of(waiting, ECANCELED), waiting - 1);
    must_be_broken();
    must_eq(weir_barrier_reset(&barrier), 0);
    must_complete(waiting + 1);
}
END_TEST

/* Hazard B51. */
START_TEST(far_deadlines_wait)
{
    weir_deadline_t far[] = {WEIR_FOREVER - 1, INT64_MAX / 2,
                             weir_after(INT64_MAX / 4)};
    support_group_t group;

    fresh(2, _i);
    for (unsigned i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        deadlines[0] = far[i];
        support_group_start(&group, 1, wait_here, NULL);
        support_await_sleep(group.tids[0]);
        must_eq(weir_barrier_wait(&barrier, NULL), 0);
        support_group_join(&group);
        must_eq(results[0], 0);
    }
}
END_TEST

START_TEST(storm_makes_no_timeout_early)
{
    fresh(4, _i);
    support_storm_begin();
    for (int i = 0; i < 5; i++) {
        for (unsigned j = 0; j < 3; j++)
            deadlines[j] = weir_after(4000000);
        support_threads(3, wait_here, NULL);
        must_eq(count_of(3, ETIMEDOUT), 1);
        must_eq(count_of(3, ECANCELED), 2);
        must_eq(weir_barrier_reset(&barrier), 0);
    }
    support_storm_end();
    must_complete(4);
}
END_TEST

/* --- abort --- */

/* T test_abort. */
START_TEST(abort_sends_all_away)
{
    unsigned waiting = 1 + 2 * ((unsigned)_i / SCOPES);
    support_group_t group;

    fresh(waiting + 1, _i % SCOPES);
    support_group_start(&group, waiting, wait_here, NULL);
    for (unsigned i = 0; i < waiting; i++)
        support_await_sleep(group.tids[i]);
    must_eq(keeps_errno(weir_barrier_abort(&barrier)), 0);
    support_group_join(&group);
    must_eq(count_of(waiting, ECANCELED), waiting);
    must_be_broken();
    must_eq(weir_barrier_abort(&barrier), 0);
    must_be_broken();
    must_eq(weir_barrier_reset(&barrier), 0);
    must_complete(waiting + 1);
}
END_TEST

START_TEST(abort_of_an_empty_barrier)
{
    fresh(3, _i);
    for (int i = 0; i < 3; i++) {
        must_eq(keeps_errno(weir_barrier_abort(&barrier)), 0);
        must_be_broken();
        must_eq(keeps_errno(weir_barrier_reset(&barrier)), 0);
        must_be_idle();
    }
    must_complete(3);
    fresh(1, _i);
    must_eq(weir_barrier_abort(&barrier), 0);
    must_be_broken();
}
END_TEST

/* --- reset --- */

/* T test_reset, test_abort_and_reset: those who wait are sent away, and it
 * is whole again at once. */
START_TEST(reset_sends_all_away)
{
    bool abort_first = _i / SCOPES;
    support_group_t group;

    fresh(4, _i % SCOPES);
    for (int i = 0; i < 10; i++) {
        support_group_start(&group, 3, wait_here, NULL);
        for (unsigned j = 0; j < 3; j++)
            support_await_sleep(group.tids[j]);
        if (abort_first)
            must_eq(weir_barrier_abort(&barrier), 0);
        must_eq(keeps_errno(weir_barrier_reset(&barrier)), 0);
        must(!weir_barrier_broken(&barrier));
        must_eq(weir_barrier_n_waiting(&barrier), 0);
        support_group_join(&group);
        must_eq(count_of(3, ECANCELED), 3);
        must_complete(4);
    }
}
END_TEST

START_TEST(reset_of_an_empty_barrier)
{
    fresh(2, _i);
    for (int i = 0; i < 5; i++) {
        must_eq(keeps_errno(weir_barrier_reset(&barrier)), 0);
        must_be_idle();
    }
    must_complete(2);
}
END_TEST

/* --- a slow leaver --- */

static int held; /* 1: stay in the handler, 2: a thread is there */

static void stay(int signal)
{
    (void)signal;
    __atomic_store_n(&held, 2, __ATOMIC_RELEASE);
    while (__atomic_load_n(&held, __ATOMIC_ACQUIRE) != 0)
        support_sleep_ns(100000);
}

/* Keep a thread that waits in the barrier from noticing anything. */
static void hold(pthread_t thread)
{
    struct sigaction action = {.sa_handler = stay};

    must_eq(sigaction(SIGUSR1, &action, NULL), 0);
    __atomic_store_n(&held, 1, __ATOMIC_RELEASE);
    must_eq(pthread_kill(thread, SIGUSR1), 0);
    while (__atomic_load_n(&held, __ATOMIC_ACQUIRE) != 2)
        support_sleep_ns(100000);
}

static void come_later(unsigned me, void *arg)
{
    wait_here(me + 8, arg);
}

/* New arrivals after a reset are not mixed up with a thread that has not
 * left yet: they wait for it, then make a phase of their own. */
START_TEST(new_arrivals_after_a_reset)
{
    support_group_t old, new;

    fresh(2, _i);
    support_group_start(&old, 1, wait_here, NULL);
    support_await_sleep(old.tids[0]);
    hold(old.threads[0]);
    must_eq(weir_barrier_reset(&barrier), 0);
    must(!weir_barrier_broken(&barrier));
    support_group_start(&new, 2, come_later, NULL);
    support_await_sleep(new.tids[0]);
    support_await_sleep(new.tids[1]);
    must_eq(weir_barrier_n_waiting(&barrier), 0);
    __atomic_store_n(&held, 0, __ATOMIC_RELEASE);
    support_group_join(&old);
    support_group_join(&new);
    must_eq(results[0], ECANCELED);
    must_eq(results[8], 0);
    must_eq(results[9], 0);
    must_complete(2);
}
END_TEST

/* The same, but one of those that wait for the slow leaver has a deadline,
 * or the barrier is aborted.  From then on all who come are sent away; those
 * that were waiting already are too, at the latest when it has left. */
START_TEST(broken_before_the_old_have_left)
{
    bool by_abort = _i / SCOPES;
    support_group_t old, new;

    fresh(3, _i % SCOPES);
    support_group_start(&old, 1, wait_here, NULL);
    support_await_sleep(old.tids[0]);
    hold(old.threads[0]);
    must_eq(weir_barrier_reset(&barrier), 0);
    if (!by_abort)
        deadlines[9] = weir_after(20000000);
    support_group_start(&new, 2, come_later, NULL);
    if (by_abort) {
        support_await_sleep(new.tids[0]);
        support_await_sleep(new.tids[1]);
        must_eq(weir_barrier_abort(&barrier), 0);
    } else {
        must_eq(pthread_join(new.threads[1], NULL), 0);
        must_eq(results[9], ETIMEDOUT);
    }
    must_be_broken();
    __atomic_store_n(&held, 0, __ATOMIC_RELEASE);
    support_group_join(&old);
    must_eq(results[0], ECANCELED);
    must_eq(pthread_join(new.threads[0], NULL), 0);
    must_eq(results[8], ECANCELED);
    if (by_abort) {
        must_eq(pthread_join(new.threads[1], NULL), 0);
        must_eq(results[9], ECANCELED);
    }
    must_be_broken();
    must_eq(weir_barrier_reset(&barrier), 0);
    must_complete(3);
}
END_TEST

static void add_resets(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "reset");

    tcase_add_loop_test(tcase, reset_sends_all_away, 0, SCOPES * 2);
    tcase_add_loop_test(tcase, reset_of_an_empty_barrier, 0, SCOPES);
    if (SUPPORT_TSAN) {
        support_skip("slow leavers", "ThreadSanitizer delays the signal that "
                                     "would make them slow");
        return;
    }
    tcase_add_loop_test(tcase, new_arrivals_after_a_reset, 0, SCOPES);
    tcase_add_loop_test(tcase, broken_before_the_old_have_left, 0, SCOPES * 2);
}

int main(void)
{
    Suite *suite = suite_create("barrier_break");
    TCase *tcase = support_tcase(suite, "timed");

    tcase_add_loop_test(tcase, alone_until_the_deadline, 0, SCOPES);
    tcase_add_loop_test(tcase, past_deadlines, 0, SCOPES);
    tcase_add_loop_test(tcase, one_deadline_breaks_for_all, 0, SCOPES * 7);
    tcase_add_loop_test(tcase, far_deadlines_wait, 0, SCOPES);
    tcase_add_loop_test(tcase, storm_makes_no_timeout_early, 0, SCOPES);
    tcase = support_tcase(suite, "abort");
    tcase_add_loop_test(tcase, abort_sends_all_away, 0, SCOPES * 4);
    tcase_add_loop_test(tcase, abort_of_an_empty_barrier, 0, SCOPES);
    add_resets(suite);
    return support_main(suite);
}
