/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Semaphore: counting, bounds, waiting with and without a deadline, signals;
 * private and shared.  Lost wake-ups are looked for in test_sem_stress.c and
 * test_words_sem.c, processes in test_sem_process.c.  What CPython's lock tests
 * ask of semaphores is in test_python_signals.c.
 */
#include <weir/sem.h>

#include <signal.h>
#include <string.h>

#include "test_sem_kit.h"

/* --- api --- */

START_TEST(init_and_value)
{
    static const unsigned bounds[] = {0,           1, 2, 1000, WEIR_SEM_MAX - 1,
                                      WEIR_SEM_MAX};
    const unsigned n = sizeof(bounds) / sizeof(bounds[0]);

    must_eq(sizeof(weir_sem_t), 8);
    must_eq(_Alignof(weir_sem_t), 8);
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j <= i; j++) {
            memset(&sem, 0xa5, sizeof(sem));
            must_eq(keeps_errno(
                        weir_sem_init(&sem, bounds[j], bounds[i], scopes[_i])),
                    0);
            must_eq(keeps_errno(weir_sem_value(&sem)), bounds[j]);
        }
}
END_TEST

START_TEST(bad_arguments_change_nothing)
{
    static const struct {
        unsigned value, max, flags;
    } bad[] = {{1, 0, 0},
               {2, 1, WEIR_SHARED},
               {WEIR_SEM_MAX, WEIR_SEM_MAX - 1, 0},
               {WEIR_SEM_MAX + 1, WEIR_SEM_MAX, 0},
               {0, WEIR_SEM_MAX + 1, 0},
               {WEIR_SEM_MAX + 1, WEIR_SEM_MAX + 1, 0},
               {0, ~0u, 0},
               {~0u, ~0u, 0},
               {~0u, WEIR_SEM_MAX, WEIR_SHARED},
               {0, 1, 2},
               {0, 1, WEIR_SHARED | 4},
               {0, 1, ~0u}};
    weir_sem_t before;

    memset(&sem, 0xa5, sizeof(sem));
    memcpy(&before, &sem, sizeof(before));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        must_eq(keeps_errno(weir_sem_init(&sem, bad[i].value, bad[i].max,
                                          bad[i].flags)),
                EINVAL);
        must(memcmp(&sem, &before, sizeof(before)) == 0);
    }
}
END_TEST

/* Memory that is all zero is a semaphore without permits and bound. */
START_TEST(all_zero_is_valid)
{
    static weir_sem_t zero;
    weir_sem_t init = WEIR_SEM_INIT;
    weir_sem_t made;

    must_eq(weir_sem_init(&made, 0, WEIR_SEM_MAX, 0), 0);
    must(memcmp(&made, &zero, sizeof(zero)) == 0);
    must(memcmp(&init, &zero, sizeof(zero)) == 0);
    must_eq(weir_sem_trywait(&zero), EAGAIN);
    must_eq(weir_sem_post(&zero), 0);
    must_eq(weir_sem_wait(&zero), 0);
    must(memcmp(&made, &zero, sizeof(zero)) == 0);
    must_eq(weir_sem_post_n(&zero, WEIR_SEM_MAX), 0);
    must_eq(weir_sem_value(&zero), WEIR_SEM_MAX);
    must_eq(weir_sem_post(&zero), EOVERFLOW);
    must_eq(weir_sem_value(&zero), WEIR_SEM_MAX);
}
END_TEST

static const unsigned maxima[] = {0,           1, 2, 3, 17, WEIR_SEM_MAX - 1,
                                  WEIR_SEM_MAX};
#define MAXIMA ((int)(sizeof(maxima) / sizeof(maxima[0])))

/* What is refused changes nothing: all of n, or none. */
START_TEST(bounds_are_kept)
{
    static const unsigned tries[] = {
        1, 2, 3, 17, WEIR_SEM_MAX - 1, WEIR_SEM_MAX, WEIR_SEM_MAX + 1, ~0u};
    unsigned max = maxima[_i / SCOPES];

    for (unsigned left = 0; left <= 3 && left <= max; left++) {
        fresh(max - left, max, _i % SCOPES);
        must_eq(keeps_errno(weir_sem_post_n(&sem, 0)), EINVAL);
        for (unsigned i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
            unsigned n = tries[i];

            if (n <= left) {
                must_eq(keeps_errno(weir_sem_post_n(&sem, n)), 0);
                must_eq(weir_sem_value(&sem), max - left + n);
                while (weir_sem_value(&sem) > max - left)
                    must_eq(weir_sem_trywait(&sem), 0);
            } else {
                must_eq(keeps_errno(weir_sem_post_n(&sem, n)), EOVERFLOW);
            }
            must_eq(weir_sem_value(&sem), max - left);
        }
        for (unsigned i = 0; i < left; i++)
            must_eq(keeps_errno(weir_sem_post(&sem)), 0);
        must_eq(keeps_errno(weir_sem_post(&sem)), EOVERFLOW);
        must_eq(keeps_errno(weir_sem_post_n(&sem, 0)), EINVAL);
        must_eq(weir_sem_value(&sem), max);
    }
}
END_TEST

/* --- uncontended --- */

START_TEST(counts_down)
{
    fresh(5, 5, _i);
    must_eq(keeps_errno(weir_sem_wait(&sem)), 0);
    must_eq(keeps_errno(weir_sem_trywait(&sem)), 0);
    must_eq(keeps_errno(weir_sem_wait_until(&sem, WEIR_FOREVER)), 0);
    must_eq(keeps_errno(weir_sem_wait_until(&sem, WEIR_NOW)), 0);
    must_eq(keeps_errno(weir_sem_wait_until(&sem, INT64_MIN)), 0);
    must_eq(weir_sem_value(&sem), 0);
    for (int i = 0; i < 3; i++) {
        must_eq(keeps_errno(weir_sem_trywait(&sem)), EAGAIN);
        must_eq(keeps_errno(weir_sem_wait_until(&sem, WEIR_NOW)), ETIMEDOUT);
        must_eq(keeps_errno(weir_sem_wait_until(&sem, -1)), ETIMEDOUT);
        must_eq(keeps_errno(weir_sem_wait_until(&sem, INT64_MIN)), ETIMEDOUT);
        must_eq(keeps_errno(weir_sem_wait_until(&sem, weir_now())), ETIMEDOUT);
    }
    must_eq(weir_sem_value(&sem), 0);
}
END_TEST

/* The functions that the library exports, for other languages. */
START_TEST(exported_as_well)
{
    int (*volatile post)(weir_sem_t *) = weir_sem_post;
    int (*volatile wait)(weir_sem_t *) = weir_sem_wait;

    fresh(0, 2, _i);
    must_eq(post(&sem), 0);
    must_eq(post(&sem), 0);
    must_eq(post(&sem), EOVERFLOW);
    must_eq(wait(&sem), 0);
    must_eq(wait(&sem), 0);
    must_eq(weir_sem_value(&sem), 0);
}
END_TEST

/* --- contended --- */

static int passed;

static void wait_and_count(unsigned index, void *arg)
{
    wait_once(index, arg);
    __atomic_fetch_add(&passed, 1, __ATOMIC_SEQ_CST);
}

static void await_passed(int count)
{
    while (__atomic_load_n(&passed, __ATOMIC_SEQ_CST) < count)
        support_sleep_ns(50000);
}

/* Each of n waiters really sleeps, on a word of the semaphore, and each post
 * lets one in. */
START_TEST(waiters_sleep_and_are_let_in)
{
    static const unsigned counts[] = {1, 2, 3, 4, 8, 32};
    unsigned count = counts[_i / SCOPES];
    support_group_t group;

    fresh(0, count, _i % SCOPES);
    passed = 0;
    support_group_start(&group, count, wait_and_count, NULL);
    await_sleepers(&group, count);
    for (unsigned i = 1; i <= count; i++) {
        must_eq(__atomic_load_n(&passed, __ATOMIC_SEQ_CST), i - 1);
        must_eq(weir_sem_post(&sem), 0);
        await_passed((int)i);
    }
    support_group_join(&group);
    must_eq(weir_sem_value(&sem), 0);
    must_eq(weir_sem_trywait(&sem), EAGAIN);
}
END_TEST

/* n at once let n in, and nobody else. */
START_TEST(many_at_once)
{
    support_group_t group;

    for (unsigned n = 1; n <= 5; n++) {
        fresh(0, WEIR_SEM_MAX, _i);
        passed = 0;
        support_group_start(&group, 5, wait_and_count, NULL);
        await_sleepers(&group, 5);
        must_eq(weir_sem_post_n(&sem, n), 0);
        await_passed((int)n);
        must_eq(weir_sem_value(&sem), 0);
        must_eq(passed, n);
        if (n < 5)
            must_eq(weir_sem_post_n(&sem, 5 - n), 0);
        support_group_join(&group);
        must_eq(weir_sem_value(&sem), 0);
    }
}
END_TEST

/* More than there are waiters: what is left stays. */
START_TEST(more_than_wait)
{
    support_group_t group;

    fresh(0, WEIR_SEM_MAX, _i);
    support_group_start(&group, 2, wait_once, NULL);
    await_sleepers(&group, 2);
    must_eq(weir_sem_post_n(&sem, WEIR_SEM_MAX), 0);
    support_group_join(&group);
    must_eq(weir_sem_value(&sem), WEIR_SEM_MAX - 2);
}
END_TEST

/* --- timed --- */

static int done;

static void time_out(unsigned index, void *arg)
{
    (void)arg;
    for (int i = 0; i < 8; i++) {
        weir_deadline_t deadline = weir_after(5000000 + 100000 * index);

        must_eq(keeps_errno(weir_sem_wait_until(&sem, deadline)), ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
}

/* Sleeps, and not for less than it was asked to; also where the bound is 0,
 * and every post is refused. */
START_TEST(timeouts_are_not_early)
{
    support_group_t group;
    unsigned max = _i / SCOPES;

    fresh(0, max, _i % SCOPES);
    done = 0;
    support_group_start(&group, 3, time_out, NULL);
    (void)support_await_sleep_or(group.tids[0], &done);
    if (max == 0)
        must_eq(weir_sem_post(&sem), EOVERFLOW);
    support_group_join(&group);
    must_eq(weir_sem_value(&sem), 0);
    if (max == 0)
        return;
    must_eq(weir_sem_post(&sem), 0);
    must_eq(weir_sem_trywait(&sem), 0);
}
END_TEST

static void wait_until_given(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_sem_wait_until(&sem, *(weir_deadline_t *)arg), 0);
}

/* Hazard B51: deadlines that the kernel's time could not hold. */
START_TEST(far_deadlines_wait)
{
    weir_deadline_t deadlines[] = {WEIR_FOREVER, WEIR_FOREVER - 1,
                                   INT64_MAX / 2, weir_after(INT64_MAX - 1)};
    support_group_t group;

    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        fresh(0, 1, _i);
        support_group_start(&group, 1, wait_until_given, &deadlines[i]);
        await_sleepers(&group, 1);
        must_eq(weir_sem_post(&sem), 0);
        support_group_join(&group);
    }
}
END_TEST

/* --- signal --- */

static volatile sig_atomic_t posted;

static void post_in_handler(int signal)
{
    int saved = errno;

    (void)signal;
    errno = 54321;
    if (weir_sem_post(&sem) == 0)
        posted++;
    must_eq(errno, 54321);
    errno = saved;
}

static void drain(unsigned index, void *arg)
{
    long *taken = arg;

    (void)index;
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
        if (weir_sem_wait_until(&sem, weir_after(2000000)) == 0)
            (*taken)++;
}

/* Post is async-signal-safe: a handler posts in the middle of posts and waits
 * of the thread that it interrupts, while another sleeps for permits. */
START_TEST(posted_by_a_handler)
{
    struct sigaction action = {.sa_handler = post_in_handler};
    support_group_t group;
    long mine = 0, others = 0, rounds = support_scaled(20000);

    fresh(0, WEIR_SEM_MAX, _i);
    posted = 0;
    done = 0;
    support_group_start(&group, 1, drain, &others);
    support_storm_begin();
    must_eq(sigaction(SIGALRM, &action, NULL), 0);
    for (long i = 0; i < rounds || posted < 50; i++) {
        must_eq(weir_sem_post(&sem), 0);
        must_eq(weir_sem_wait(&sem), 0);
        if (weir_sem_trywait(&sem) == 0)
            mine++;
        support_progress();
    }
    support_storm_end();
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    support_group_join(&group);
    must_eq(mine + others + weir_sem_value(&sem), posted);
}
END_TEST

/* Hazard B50: a wait that is interrupted goes on, until a post or its own
 * deadline ends it. */
START_TEST(storm_ends_no_wait)
{
    support_group_t group;

    fresh(0, 3, _i);
    passed = 0;
    support_storm_begin();
    support_group_start(&group, 3, wait_and_count, NULL);
    for (int i = 0; i < 10; i++) {
        weir_deadline_t deadline = weir_after(1000000);

        must_eq(weir_sem_wait_until(&sem, deadline), ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(passed, 0);
    }
    must_eq(weir_sem_post_n(&sem, 3), 0);
    support_group_join(&group);
    support_storm_end();
    must_eq(passed, 3);
    must_eq(weir_sem_value(&sem), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sem");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, init_and_value, 0, SCOPES);
    tcase_add_test(tcase, bad_arguments_change_nothing);
    tcase_add_test(tcase, all_zero_is_valid);
    tcase_add_loop_test(tcase, bounds_are_kept, 0, MAXIMA * SCOPES);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, counts_down, 0, SCOPES);
    tcase_add_loop_test(tcase, exported_as_well, 0, SCOPES);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, waiters_sleep_and_are_let_in, 0, SCOPES * 6);
    tcase_add_loop_test(tcase, many_at_once, 0, SCOPES);
    tcase_add_loop_test(tcase, more_than_wait, 0, SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, timeouts_are_not_early, 0, SCOPES * 2);
    tcase_add_loop_test(tcase, far_deadlines_wait, 0, SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, posted_by_a_handler, 0, SCOPES);
    tcase_add_loop_test(tcase, storm_ends_no_wait, 0, SCOPES);
    return support_main(suite);
}
