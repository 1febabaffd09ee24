/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: the contract, one call at a time, private and shared.  The cases of
 * CPython's lock tests that apply are named T.  Waiting is in
 * test_mutex_wait.c, long runs in test_mutex_stress.c, fairness in
 * test_mutex_fair.c, lifetime in test_mutex_lifetime.c; fork, processes and
 * refused system calls in test_mutex_process.c.
 *
 * No case for wrap: no word of a mutex counts without a limit.
 */
#include <weir/mutex.h>

#include <string.h>

#include "support/support.h"
#include "test_mutex_kit.h"

/* --- api --- */

START_TEST(zero_is_valid)
{
    static weir_mutex_t zero;
    weir_mutex_t constant = WEIR_MUTEX_INIT;

    must_eq(sizeof(weir_mutex_t), 8);
    must(memcmp(&zero, &constant, sizeof(zero)) == 0);
    must(!weir_mutex_is_locked(&zero));
    must_eq(weir_mutex_trylock(&zero), 0);
    must_eq(weir_mutex_trylock(&zero), EBUSY);
    must_eq(weir_mutex_unlock(&zero), 0);
    must(memcmp(&zero, &constant, sizeof(zero)) == 0);
}
END_TEST

START_TEST(private_init_is_zero)
{
    weir_mutex_t zero = WEIR_MUTEX_INIT;

    memset(&mutex, 0xa5, sizeof(mutex));
    must_eq(keeps_errno(weir_mutex_init(&mutex, WEIR_PRIVATE)), 0);
    must(memcmp(&mutex, &zero, sizeof(mutex)) == 0);
}
END_TEST

START_TEST(unknown_flags_change_nothing)
{
    static const unsigned flags[] = {2, 3, 0x100, 0x80000000u, ~0u};
    weir_mutex_t before;

    memset(&mutex, 0xa5, sizeof(mutex));
    before = mutex;
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        must_eq(keeps_errno(weir_mutex_init(&mutex, flags[i])), EINVAL);
        must(memcmp(&mutex, &before, sizeof(mutex)) == 0);
    }
}
END_TEST

/* T test_constructor, test_locked, test_acquire_release, test_reacquire. */
START_TEST(locked_between_lock_and_unlock)
{
    fresh(_i);
    for (int i = 0; i < 1000; i++) {
        must(!keeps_errno(weir_mutex_is_locked(&mutex)));
        must_eq(keeps_errno(weir_mutex_lock(&mutex)), 0);
        must(keeps_errno(weir_mutex_is_locked(&mutex)));
        must_eq(keeps_errno(weir_mutex_unlock(&mutex)), 0);
    }
}
END_TEST

/* Inline or not, it is one object: the symbols that bindings call mix with
 * the code that is compiled in. */
START_TEST(symbols_and_inline_code_agree)
{
    int (*volatile lock)(weir_mutex_t *) = weir_mutex_lock;
    int (*volatile unlock)(weir_mutex_t *) = weir_mutex_unlock;

    fresh(_i);
    must_eq(lock(&mutex), 0);
    must_eq(weir_mutex_trylock(&mutex), EBUSY);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(unlock(&mutex), 0);
    must_eq(unlock(&mutex), EPERM);
}
END_TEST

/* --- uncontended --- */

/* T test_try_acquire. */
START_TEST(trylock)
{
    fresh(_i);
    must_eq(keeps_errno(weir_mutex_trylock(&mutex)), 0);
    must_eq(keeps_errno(weir_mutex_trylock(&mutex)), EBUSY);
    must_eq(keeps_errno(weir_mutex_trylock(&mutex)), EBUSY);
    must(weir_mutex_is_locked(&mutex));
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(keeps_errno(weir_mutex_trylock(&mutex)), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}
END_TEST

/* A deadline in the past means one try, which succeeds if the lock is free. */
START_TEST(free_whatever_the_deadline)
{
    weir_deadline_t deadlines[] = {WEIR_NOW,     -1,
                                   INT64_MIN,    1,
                                   weir_now(),   weir_after(1000000),
                                   WEIR_FOREVER, WEIR_FOREVER - 1};

    fresh(_i);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        must_eq(keeps_errno(weir_mutex_lock_until(&mutex, deadlines[i])), 0);
        must(weir_mutex_is_locked(&mutex));
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
}
END_TEST

static void unlock_here(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_mutex_trylock(&mutex), EBUSY);
    must_eq(keeps_errno(weir_mutex_unlock(&mutex)), 0);
}

/* T test_different_thread: there is no owner. */
START_TEST(any_thread_may_unlock)
{
    fresh(_i);
    for (int i = 0; i < 20; i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        support_threads(1, unlock_here, NULL);
        must(!weir_mutex_is_locked(&mutex));
    }
}
END_TEST

/* --- reset --- */

/* After the load is gone the mutex is as it was: unlocked, and in the end
 * private ones are all zero again, and so back on the inline path. */
START_TEST(zero_again_after_load)
{
    fresh(WEIR_PRIVATE);
    count_with(4, 20000);
    have_slept();
    must_eq(atomic_load_explicit(&mutex.state, memory_order_relaxed) & 1, 0);
    for (int i = 0; i < 3; i++)
        lock_and_unlock(0, NULL);
    must_eq(atomic_load_explicit(&mutex.state, memory_order_relaxed) & 1, 0);
    /* The watchdog ends this if it never comes true. */
    while (atomic_load_explicit(&mutex.state, memory_order_relaxed) != 0) {
        must_eq(weir_mutex_lock(&mutex), 0);
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
    have_slept();
    count_with(4, 20000);
}
END_TEST

START_TEST(shared_after_load)
{
    fresh(WEIR_SHARED);
    count_with(4, 20000);
    have_slept();
    for (int i = 0; i < 1000; i++) {
        must(!weir_mutex_is_locked(&mutex));
        must_eq(weir_mutex_lock(&mutex), 0);
        must(weir_mutex_is_locked(&mutex));
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
    must_eq(weir_mutex_unlock(&mutex), EPERM);
}
END_TEST

/* --- misuse --- */

static void unlock_unlocked(void)
{
    weir_mutex_t before = mutex;

    for (int i = 0; i < 3; i++) {
        must_eq(keeps_errno(weir_mutex_unlock(&mutex)), EPERM);
        must(memcmp(&mutex, &before, sizeof(mutex)) == 0);
    }
    must_eq(weir_mutex_trylock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* TT test_releasing_unacquired_lock: fresh, used, and after somebody slept
 * there. */
START_TEST(unlock_of_unlocked)
{
    fresh(_i);
    unlock_unlocked();
    lock_and_unlock(0, NULL);
    unlock_unlocked();
    have_slept();
    unlock_unlocked();
    count_with(3, 3000);
    unlock_unlocked();
}
END_TEST

/* Locking twice is a wait, for an unlock that another thread may give. */
START_TEST(locking_twice_waits)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_lock_until(&mutex, weir_after(2000000)), ETIMEDOUT);
    support_group_start(&group, 1, unlock_here, NULL);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_join(&group);
    must_eq(weir_mutex_unlock(&mutex), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mutex");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, zero_is_valid);
    tcase_add_test(tcase, private_init_is_zero);
    tcase_add_test(tcase, unknown_flags_change_nothing);
    tcase_add_loop_test(tcase, locked_between_lock_and_unlock, 0, SCOPES);
    tcase_add_loop_test(tcase, symbols_and_inline_code_agree, 0, SCOPES);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, trylock, 0, SCOPES);
    tcase_add_loop_test(tcase, free_whatever_the_deadline, 0, SCOPES);
    tcase_add_loop_test(tcase, any_thread_may_unlock, 0, SCOPES);
    tcase = support_tcase(suite, "reset");
    tcase_add_test(tcase, zero_again_after_load);
    tcase_add_test(tcase, shared_after_load);
    tcase = support_tcase(suite, "misuse");
    tcase_add_loop_test(tcase, unlock_of_unlocked, 0, SCOPES);
    tcase_add_loop_test(tcase, locking_twice_waits, 0, SCOPES);
    return support_main(suite);
}
