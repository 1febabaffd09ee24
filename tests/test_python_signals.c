/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What CPython's lock_tests.py asks of events and semaphores, asked of these,
 * private and shared.  Each test is called as there.  What has no counterpart
 * in C is left out: repr, and the objects' inner locks.
 */
#include <weir/event.h>
#include <weir/sem.h>

#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2
#define LONG_NS 50000000
#define SHORT_NS 5000000

static weir_event_t event;
static weir_sem_t sem;

static void fresh_event(int scope)
{
    must_eq(weir_event_init(&event, scopes[scope]), 0);
    support_watch("event", &event, sizeof(event));
}

static void fresh_sem(unsigned value, unsigned max, int scope)
{
    must_eq(weir_sem_init(&sem, value, max, scopes[scope]), 0);
    support_watch("semaphore", &sem, sizeof(sem));
}

static void await_sleepers(const support_group_t *group)
{
    for (unsigned i = 0; i < group->count; i++)
        support_await_sleep(group->tids[i]);
}

/* --- EventTests --- */

START_TEST(test_is_set)
{
    fresh_event(_i);
    must(!weir_event_is_set(&event));
    for (int i = 0; i < 2; i++) {
        must_eq(weir_event_set(&event), 0);
        must(weir_event_is_set(&event));
    }
    for (int i = 0; i < 2; i++) {
        must_eq(weir_event_clear(&event), 0);
        must(!weir_event_is_set(&event));
    }
}
END_TEST

static unsigned results[2];

static void wait_twice(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    for (int i = 0; i < 2; i++) {
        must_eq(weir_event_wait(&event), 0);
        __atomic_fetch_add(&results[i], 1, __ATOMIC_SEQ_CST);
    }
}

static void check_notify(void)
{
    support_group_t group;

    results[0] = results[1] = 0;
    support_group_start(&group, 5, wait_twice, NULL);
    await_sleepers(&group);
    must_eq(results[0], 0);
    must_eq(weir_event_set(&event), 0);
    support_group_join(&group);
    must_eq(results[0], 5);
    must_eq(results[1], 5);
}

START_TEST(test_notify)
{
    fresh_event(_i);
    check_notify();
    must_eq(weir_event_set(&event), 0);
    must_eq(weir_event_clear(&event), 0);
    check_notify();
}
END_TEST

static void wait_in_vain(unsigned index, void *arg)
{
    weir_deadline_t deadline = weir_after(LONG_NS);

    (void)index;
    (void)arg;
    must_eq(weir_event_wait_until(&event, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_event_wait_until(&event, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
}

static void wait_when_set(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_event_wait_until(&event, WEIR_NOW), 0);
    must_eq(weir_event_wait_until(&event, weir_after(LONG_NS)), 0);
}

/* test_timeout of events. */
START_TEST(test_event_timeout)
{
    fresh_event(_i);
    support_threads(5, wait_in_vain, NULL);
    must_eq(weir_event_set(&event), 0);
    support_threads(5, wait_when_set, NULL);
}
END_TEST

static void wait_for_pulse(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_event_wait_until(&event, WEIR_FOREVER), 0);
}

/* What multiprocessing's Event does not promise. */
START_TEST(test_set_and_clear)
{
    support_group_t group;

    fresh_event(_i);
    for (long i = support_scaled(50); i > 0; i--) {
        support_group_start(&group, 5, wait_for_pulse, NULL);
        await_sleepers(&group);
        must_eq(weir_event_set(&event), 0);
        must_eq(weir_event_clear(&event), 0);
        support_group_join(&group);
        must(!weir_event_is_set(&event));
    }
}
END_TEST

/* --- BaseSemaphoreTests, for both kinds --- */

/* Loops run over scope and kind: not bounded, or bounded by what it begins
 * with. */
#define KINDS (2 * SCOPES)

static void fresh_kind(unsigned value, int i)
{
    fresh_sem(value, i / SCOPES ? value : WEIR_SEM_MAX, i % SCOPES);
}

START_TEST(test_constructor)
{
    must_eq(weir_sem_init(&sem, (unsigned)-1, WEIR_SEM_MAX, scopes[_i]),
            EINVAL);
    must_eq(weir_sem_init(&sem, WEIR_SEM_MAX + 1, WEIR_SEM_MAX, scopes[_i]),
            EINVAL);
    must_eq(weir_sem_init(&sem, WEIR_SEM_MAX, WEIR_SEM_MAX, scopes[_i]), 0);
}
END_TEST

/* And test_with. */
START_TEST(test_acquire)
{
    for (unsigned n = 1; n <= 2; n++) {
        fresh_kind(n, _i);
        for (unsigned i = 0; i < n; i++)
            must_eq(weir_sem_wait(&sem), 0);
        must_eq(weir_sem_trywait(&sem), EAGAIN);
        for (unsigned i = 0; i < n; i++)
            must_eq(weir_sem_post(&sem), 0);
        must_eq(weir_sem_value(&sem), n);
    }
}
END_TEST

START_TEST(test_acquire_destroy)
{
    for (int i = 0; i < 20; i++) {
        weir_sem_t *object = support_guarded(sizeof(*object), _i % SCOPES == 1);

        must_eq(weir_sem_init(object, 1, 1, scopes[_i % SCOPES]), 0);
        must_eq(weir_sem_wait(object), 0);
        support_guarded_drop(object, sizeof(*object));
    }
}
END_TEST

static unsigned phase;
static unsigned by_phase[3];
static unsigned acquired;

static void acquire_twice(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    for (int i = 0; i < 2; i++) {
        unsigned now;

        must_eq(weir_sem_wait(&sem), 0);
        now = __atomic_load_n(&phase, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&by_phase[now], 1, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&acquired, 1, __ATOMIC_SEQ_CST);
    }
}

static void await_acquired(unsigned wanted)
{
    while (__atomic_load_n(&acquired, __ATOMIC_SEQ_CST) < wanted)
        support_sleep_ns(100000);
    support_sleep_ns(1000000); /* more would be too many */
    must_eq(__atomic_load_n(&acquired, __ATOMIC_SEQ_CST), wanted);
}

static void release_all(unsigned n, bool at_once)
{
    if (at_once) {
        must_eq(weir_sem_post_n(&sem, n), 0);
        return;
    }
    while (n-- > 0)
        must_eq(weir_sem_post(&sem), 0);
}

/* 7 permits, of which this thread has one; 10 threads want 2 each. */
static void check_phases(int i, bool at_once)
{
    support_group_t group;

    fresh_kind(7, i);
    must_eq(weir_sem_wait(&sem), 0);
    phase = acquired = 0;
    by_phase[0] = by_phase[1] = by_phase[2] = 0;
    support_group_start(&group, 10, acquire_twice, NULL);
    await_acquired(6);
    __atomic_store_n(&phase, 1, __ATOMIC_SEQ_CST);
    release_all(7, at_once);
    await_acquired(6 + 7);
    __atomic_store_n(&phase, 2, __ATOMIC_SEQ_CST);
    release_all(6, at_once);
    await_acquired(6 + 7 + 6);
    must_eq(by_phase[0], 6);
    must_eq(by_phase[1], 7);
    must_eq(by_phase[2], 6);
    must_eq(weir_sem_trywait(&sem), EAGAIN);
    must_eq(weir_sem_post(&sem), 0);
    support_group_join(&group);
    must_eq(acquired, 20);
}

START_TEST(test_acquire_contended)
{
    check_phases(_i, false);
}
END_TEST

START_TEST(test_multirelease)
{
    check_phases(_i, true);
    must_eq(weir_sem_post_n(&sem, 0), EINVAL);
}
END_TEST

START_TEST(test_try_acquire)
{
    fresh_kind(2, _i);
    must_eq(weir_sem_trywait(&sem), 0);
    must_eq(weir_sem_trywait(&sem), 0);
    must_eq(weir_sem_trywait(&sem), EAGAIN);
    must_eq(weir_sem_post(&sem), 0);
    must_eq(weir_sem_trywait(&sem), 0);
}
END_TEST

static void try_twice(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    for (int i = 0; i < 2; i++)
        if (weir_sem_trywait(&sem) == 0)
            __atomic_fetch_add(&acquired, 1, __ATOMIC_SEQ_CST);
}

START_TEST(test_try_acquire_contended)
{
    fresh_kind(4, _i);
    must_eq(weir_sem_wait(&sem), 0);
    acquired = 0;
    support_threads(5, try_twice, NULL);
    must_eq(acquired, 3);
}
END_TEST

START_TEST(test_acquire_timeout)
{
    weir_deadline_t deadline;

    fresh_kind(2, _i);
    must_eq(weir_sem_trywait(&sem), 0);
    must_eq(weir_sem_wait_until(&sem, weir_after(SHORT_NS)), 0);
    must_eq(weir_sem_trywait(&sem), EAGAIN);
    must_eq(weir_sem_wait_until(&sem, weir_after(SHORT_NS)), ETIMEDOUT);
    deadline = weir_after(LONG_NS);
    must_eq(weir_sem_wait_until(&sem, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
    must_eq(weir_sem_post(&sem), 0);
    must_eq(weir_sem_wait_until(&sem, weir_after(SHORT_NS)), 0);
}
END_TEST

static void acquire_and_release(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_sem_wait(&sem), 0);
    must_eq(weir_sem_post(&sem), 0);
    __atomic_fetch_add(&acquired, 1, __ATOMIC_SEQ_CST);
}

/* Of 1, which has no default here. */
START_TEST(test_default_value)
{
    support_group_t group;

    fresh_kind(1, _i);
    acquired = 0;
    must_eq(weir_sem_wait(&sem), 0);
    support_group_start(&group, 1, acquire_and_release, NULL);
    await_sleepers(&group);
    must_eq(acquired, 0);
    must_eq(weir_sem_post(&sem), 0);
    support_group_join(&group);
    must_eq(acquired, 1);
}
END_TEST

/* --- SemaphoreTests --- */

START_TEST(test_release_unacquired)
{
    fresh_sem(1, WEIR_SEM_MAX, _i);
    must_eq(weir_sem_post(&sem), 0);
    must_eq(weir_sem_wait(&sem), 0);
    must_eq(weir_sem_wait(&sem), 0);
    must_eq(weir_sem_post(&sem), 0);
    must_eq(weir_sem_value(&sem), 1);
}
END_TEST

/* --- BoundedSemaphoreTests --- */

/* test_release_unacquired of bounded ones. */
START_TEST(test_bounded_release_unacquired)
{
    fresh_sem(1, 1, _i);
    must_eq(weir_sem_post(&sem), EOVERFLOW);
    must_eq(weir_sem_wait(&sem), 0);
    must_eq(weir_sem_post(&sem), 0);
    must_eq(weir_sem_post(&sem), EOVERFLOW);
    must_eq(weir_sem_value(&sem), 1);
    /* All or nothing. */
    fresh_sem(3, 3, _i);
    must_eq(weir_sem_wait(&sem), 0);
    must_eq(weir_sem_wait(&sem), 0);
    must_eq(weir_sem_post_n(&sem, 3), EOVERFLOW);
    must_eq(weir_sem_value(&sem), 1);
    fresh_sem(0, 0, _i);
    must_eq(weir_sem_post(&sem), EOVERFLOW);
}
END_TEST

static void acquire_once(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_sem_wait(&sem), 0);
}

static void release_once(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_sem_post(&sem), 0);
}

/* Of test_threading.py. */
START_TEST(test_bounded_semaphore_limit)
{
    for (unsigned limit = 1; limit < 10; limit++) {
        fresh_sem(limit, limit, _i);
        support_threads(limit, acquire_once, NULL);
        must_eq(weir_sem_value(&sem), 0);
        support_threads(limit, release_once, NULL);
        must_eq(weir_sem_post(&sem), EOVERFLOW);
        must_eq(weir_sem_value(&sem), limit);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("python_signals");
    TCase *tcase = support_tcase(suite, "event");

    tcase_add_loop_test(tcase, test_is_set, 0, SCOPES);
    tcase_add_loop_test(tcase, test_notify, 0, SCOPES);
    tcase_add_loop_test(tcase, test_event_timeout, 0, SCOPES);
    tcase_add_loop_test(tcase, test_set_and_clear, 0, SCOPES);
    tcase = support_tcase(suite, "semaphores");
    tcase_add_loop_test(tcase, test_constructor, 0, SCOPES);
    tcase_add_loop_test(tcase, test_acquire, 0, KINDS);
    tcase_add_loop_test(tcase, test_acquire_destroy, 0, SCOPES);
    tcase_add_loop_test(tcase, test_acquire_contended, 0, KINDS);
    tcase_add_loop_test(tcase, test_multirelease, 0, KINDS);
    tcase_add_loop_test(tcase, test_try_acquire, 0, KINDS);
    tcase_add_loop_test(tcase, test_try_acquire_contended, 0, KINDS);
    tcase_add_loop_test(tcase, test_acquire_timeout, 0, KINDS);
    tcase_add_loop_test(tcase, test_default_value, 0, KINDS);
    tcase = support_tcase(suite, "semaphore");
    tcase_add_loop_test(tcase, test_release_unacquired, 0, SCOPES);
    tcase = support_tcase(suite, "bounded");
    tcase_add_loop_test(tcase, test_bounded_release_unacquired, 0, SCOPES);
    tcase_add_loop_test(tcase, test_bounded_semaphore_limit, 0, SCOPES);
    return support_main(suite);
}
