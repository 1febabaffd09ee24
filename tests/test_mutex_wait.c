/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: waiting, with and without a deadline, in storms of signals; private
 * and shared.  The cases of CPython's lock tests that apply are named T.
 */
#include <weir/mutex.h>

#include "support/support.h"
#include "test_mutex_kit.h"

/* --- contended --- */

static void busy_here(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(keeps_errno(weir_mutex_trylock(&mutex)), EBUSY);
    must(weir_mutex_is_locked(&mutex));
}

/* T test_try_acquire_contended. */
START_TEST(trylock_is_refused_elsewhere)
{
    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_threads(4, busy_here, NULL);
    must_eq(weir_mutex_unlock(&mutex), 0);
}
END_TEST

/* T test_acquire_contended: each of n waiters really sleeps, on a word of
 * the mutex, and each is let in. */
START_TEST(waiters_sleep_and_are_let_in)
{
    static const unsigned counts[] = {1, 2, 3, 8, 32};
    const char *first = (const char *)&mutex;
    support_group_t group;

    fresh(_i);
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        support_group_start(&group, counts[i], lock_and_unlock, NULL);
        for (unsigned j = 0; j < counts[i]; j++) {
            const char *word = support_await_sleep(group.tids[j]);

            must(word == NULL || (word >= first && word < first + 8));
        }
        must_eq(weir_mutex_trylock(&mutex), EBUSY);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
        must(!weir_mutex_is_locked(&mutex));
    }
}
END_TEST

static const unsigned crowds[] = {1, 2, 3, 4, 5, 6, 7, 8, 32};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

/* Hazards B2 (each number of threads, not only 2 and many) and B43 (the
 * counter is a plain integer). */
START_TEST(exclusion)
{
    fresh(_i % SCOPES);
    count_with(crowds[_i / SCOPES], 200000);
}
END_TEST

/* --- timed --- */

static void try_past_deadlines(unsigned index, void *arg)
{
    weir_deadline_t deadlines[] = {WEIR_NOW, -1, INT64_MIN, 1, weir_now()};

    (void)index;
    (void)arg;
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++)
        must_eq(keeps_errno(weir_mutex_lock_until(&mutex, deadlines[i])),
                ETIMEDOUT);
}

START_TEST(held_and_past_deadline)
{
    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    try_past_deadlines(0, NULL);
    support_threads(2, try_past_deadlines, NULL);
    must_eq(weir_mutex_unlock(&mutex), 0);
    have_slept();
    must_eq(weir_mutex_lock(&mutex), 0);
    try_past_deadlines(0, NULL);
    must_eq(weir_mutex_unlock(&mutex), 0);
}
END_TEST

static int done;

static void time_out(unsigned index, void *arg)
{
    (void)arg;
    for (int i = 0; i < 8; i++) {
        weir_deadline_t deadline = weir_after(5000000 + 100000 * index);

        must_eq(keeps_errno(weir_mutex_lock_until(&mutex, deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
}

/* T test_timeout: sleeps, and not for less than it was asked to. */
START_TEST(timeouts_are_not_early)
{
    support_group_t group;

    fresh(_i);
    done = 0;
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 3, time_out, NULL);
    (void)support_await_sleep_or(group.tids[0], &done);
    support_group_join(&group);
    must(weir_mutex_is_locked(&mutex));
    must_eq(weir_mutex_unlock(&mutex), 0);
    lock_and_unlock(0, NULL);
}
END_TEST

static void timed_lock_and_unlock(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_mutex_lock_until(&mutex, *(weir_deadline_t *)arg), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* Hazard B51: a deadline that the clock will never reach is no error, and is
 * not taken for one in the past. */
START_TEST(far_deadlines_wait)
{
    weir_deadline_t deadlines[] = {WEIR_FOREVER, WEIR_FOREVER - 1,
                                   INT64_MAX / 2, weir_after(INT64_MAX / 4),
                                   weir_after(INT64_C(3600) * 1000000000)};
    support_group_t group;

    fresh(_i);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        support_group_start(&group, 2, timed_lock_and_unlock, &deadlines[i]);
        support_await_sleep(group.tids[0]);
        support_await_sleep(group.tids[1]);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
    }
}
END_TEST

/* Whoever gave up leaves nothing behind that keeps others out, or a waiter
 * asleep.  (hazard B14) */
START_TEST(state_after_timeout)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 1, lock_and_unlock, NULL);
    support_await_sleep(group.tids[0]);
    for (int i = 0; i < 3; i++)
        must_eq(weir_mutex_lock_until(&mutex, weir_after(1500000)), ETIMEDOUT);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must_eq(weir_mutex_trylock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), EPERM);
}
END_TEST

/* --- signal --- */

/* Hazard B50: a storm of signals wakes waiters all the time; none gets in
 * before the unlock, none gets EINTR. */
START_TEST(storm_lets_nobody_in)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_storm_begin();
    support_group_start(&group, 4, count_up, &(struct counting){1, 0, 0});
    for (int i = 0; i < 20; i++) {
        support_sleep_ns(1000000);
        must_eq(weir_mutex_trylock(&mutex), EBUSY);
    }
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    support_storm_end();
}
END_TEST

START_TEST(storm_while_counting)
{
    fresh(_i % SCOPES);
    support_storm_begin();
    count_with(crowds[_i / SCOPES], 10000);
    support_storm_end();
}
END_TEST

START_TEST(storm_makes_no_timeout_early)
{
    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_storm_begin();
    support_threads(2, time_out, NULL);
    support_storm_end();
    must_eq(weir_mutex_unlock(&mutex), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mutex_wait");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, trylock_is_refused_elsewhere, 0, SCOPES);
    tcase_add_loop_test(tcase, waiters_sleep_and_are_let_in, 0, SCOPES);
    tcase_add_loop_test(tcase, exclusion, 0, SCOPES * CROWDS);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, held_and_past_deadline, 0, SCOPES);
    tcase_add_loop_test(tcase, timeouts_are_not_early, 0, SCOPES);
    tcase_add_loop_test(tcase, far_deadlines_wait, 0, SCOPES);
    tcase_add_loop_test(tcase, state_after_timeout, 0, SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, storm_lets_nobody_in, 0, SCOPES);
    tcase_add_loop_test(tcase, storm_while_counting, 0, SCOPES * CROWDS);
    tcase_add_loop_test(tcase, storm_makes_no_timeout_early, 0, SCOPES);
    return support_main(suite);
}
