/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Recursive mutex: the contract, private and shared; waiting, timeouts, storms
 * of signals, and memory that goes as soon as the lock is got.  The cases of
 * CPython's lock tests that apply to an RLock are named T.  Fork, processes
 * and threads that died with the lock are in test_rmutex_process.c.
 *
 * No case for wrap: the depth has an end, which is tested.
 */
#include <weir/rmutex.h>

#include <sched.h>
#include <string.h>

#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_rmutex_t mutex;

static void fresh(int scope)
{
    must_eq(weir_rmutex_init(&mutex, scopes[scope]), 0);
    support_watch("rmutex", &mutex, sizeof(mutex));
}

static void unchanged_since(const weir_rmutex_t *before)
{
    must(memcmp(&mutex, before, sizeof(mutex)) == 0);
}

/* As whoever does not have it finds it. */
static void is_not_mine(unsigned depth_elsewhere)
{
    must(!keeps_errno(weir_rmutex_is_mine(&mutex)));
    must_eq(keeps_errno(weir_rmutex_depth(&mutex)), 0);
    must_eq(keeps_errno(weir_rmutex_unlock(&mutex)), EPERM);
    if (depth_elsewhere > 0) {
        must_eq(keeps_errno(weir_rmutex_trylock(&mutex)), EBUSY);
        must_eq(keeps_errno(weir_rmutex_lock_until(&mutex, WEIR_NOW)),
                ETIMEDOUT);
    }
}

static void is_anothers(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    for (int i = 0; i < 3; i++)
        is_not_mine(1);
}

static void lock_and_unlock(unsigned index, void *arg)
{
    (void)arg;
    support_note("locking as %lu", index, 0);
    must_eq(keeps_errno(weir_rmutex_lock(&mutex)), 0);
    must(weir_rmutex_is_mine(&mutex));
    must_eq(weir_rmutex_depth(&mutex), 1);
    must_eq(keeps_errno(weir_rmutex_unlock(&mutex)), 0);
}

/* --- api --- */

/* T test_constructor. */
START_TEST(zero_is_valid)
{
    static weir_rmutex_t zero;
    weir_rmutex_t constant = WEIR_RMUTEX_INIT;

    must_eq(sizeof(weir_rmutex_t), 16);
    must(memcmp(&zero, &constant, sizeof(zero)) == 0);
    must(!weir_rmutex_is_mine(&zero));
    must_eq(weir_rmutex_trylock(&zero), 0);
    must_eq(weir_rmutex_trylock(&zero), 0);
    must_eq(weir_rmutex_unlock(&zero), 0);
    must_eq(weir_rmutex_unlock(&zero), 0);
    must(memcmp(&zero, &constant, sizeof(zero)) == 0);
    memset(&mutex, 0xa5, sizeof(mutex));
    must_eq(keeps_errno(weir_rmutex_init(&mutex, WEIR_PRIVATE)), 0);
    unchanged_since(&constant);
}
END_TEST

START_TEST(unknown_flags_change_nothing)
{
    static const unsigned flags[] = {2, 3, 0x100, 0x80000000u, ~0u};
    weir_rmutex_t before;

    memset(&mutex, 0xa5, sizeof(mutex));
    before = mutex;
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        must_eq(keeps_errno(weir_rmutex_init(&mutex, flags[i])), EINVAL);
        unchanged_since(&before);
    }
}
END_TEST

static int lock_in_way(int way)
{
    switch (way % 3) {
    case 0: return weir_rmutex_lock(&mutex);
    case 1: return weir_rmutex_trylock(&mutex);
    default: return weir_rmutex_lock_until(&mutex, WEIR_NOW);
    }
}

/* T test_acquire_release, test_reacquire (RLock), test_recursion_count,
 * test__is_owned. */
START_TEST(locks_as_often_as_it_likes)
{
    fresh(_i);
    for (unsigned round = 0; round < 3; round++) {
        is_not_mine(0);
        for (unsigned depth = 0; depth < 100; depth++) {
            must_eq(weir_rmutex_depth(&mutex), depth);
            must_eq(keeps_errno(lock_in_way((int)(depth + round))), 0);
            must(weir_rmutex_is_mine(&mutex));
        }
        for (unsigned depth = 100; depth > 0; depth--) {
            must_eq(weir_rmutex_depth(&mutex), depth);
            must_eq(keeps_errno(weir_rmutex_unlock(&mutex)), 0);
        }
        is_not_mine(0);
    }
}
END_TEST

/* --- uncontended --- */

/* A deadline in the past means one try, which succeeds if it is free, or the
 * caller's. */
START_TEST(free_or_mine_whatever_the_deadline)
{
    weir_deadline_t deadlines[] = {WEIR_NOW,     -1,
                                   INT64_MIN,    1,
                                   weir_now(),   weir_after(1000000),
                                   WEIR_FOREVER, WEIR_FOREVER - 1};

    fresh(_i);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        for (unsigned depth = 1; depth < 3; depth++) {
            must_eq(keeps_errno(weir_rmutex_lock_until(&mutex, deadlines[i])),
                    0);
            must_eq(weir_rmutex_depth(&mutex), depth);
        }
        must_eq(weir_rmutex_unlock(&mutex), 0);
        must_eq(weir_rmutex_unlock(&mutex), 0);
    }
}
END_TEST

/* T test_different_thread (RLock), test_try_acquire_contended: at each depth
 * it is nobody else's; and then it is. */
START_TEST(others_are_refused)
{
    fresh(_i);
    for (unsigned depth = 1; depth < 4; depth++) {
        must_eq(weir_rmutex_lock(&mutex), 0);
        support_threads(3, is_anothers, NULL);
    }
    for (unsigned depth = 3; depth > 0; depth--) {
        support_threads(3, is_anothers, NULL);
        must_eq(weir_rmutex_unlock(&mutex), 0);
    }
    support_threads(3, lock_and_unlock, NULL);
    is_not_mine(0);
}
END_TEST

/* --- contended --- */

/* T test_acquire_contended: each waiter really sleeps, on a word of the
 * mutex, and each is let in, but not before the last unlock. */
START_TEST(waiters_sleep_until_the_last_unlock)
{
    static const unsigned counts[] = {1, 2, 8};
    const char *first = (const char *)&mutex;
    support_group_t group;

    fresh(_i);
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        must_eq(weir_rmutex_lock(&mutex), 0);
        must_eq(weir_rmutex_lock(&mutex), 0);
        support_group_start(&group, counts[i], lock_and_unlock, NULL);
        for (int deep = 0; deep < 2; deep++) {
            for (unsigned j = 0; j < counts[i]; j++) {
                const char *word = support_await_sleep(group.tids[j]);

                must(word == NULL || (word >= first && word < first + 8));
            }
            must_eq(weir_rmutex_unlock(&mutex), 0);
        }
        support_group_join(&group);
        is_not_mine(0);
    }
}
END_TEST

struct counting {
    long rounds;
    long counter; /* plain: only exclusion makes it right */
};

static int lock_somehow(support_random_t *random)
{
    int result;

    switch (support_below(random, 8)) {
    case 0:
        while ((result = weir_rmutex_trylock(&mutex)) == EBUSY)
            support_jitter(random);
        return result;
    case 1:
        do
            result = weir_rmutex_lock_until(
                &mutex, weir_after(support_below(random, 200000)));
        while (result == ETIMEDOUT);
        return result;
    default: return weir_rmutex_lock(&mutex);
    }
}

static void count_up(unsigned index, void *arg)
{
    struct counting *counting = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < counting->rounds; i++) {
        unsigned depth = 1 + support_below(&random, 3);

        support_note("round %lu", (unsigned long)i, 0);
        for (unsigned j = 1; j <= depth; j++) {
            must_eq(lock_somehow(&random), 0);
            must_eq(weir_rmutex_depth(&mutex), j);
        }
        counting->counter++;
        if (i % 64 == 0)
            support_jitter(&random);
        for (unsigned j = depth; j > 0; j--) {
            must_eq(weir_rmutex_depth(&mutex), j);
            must_eq(weir_rmutex_unlock(&mutex), 0);
        }
        must(!weir_rmutex_is_mine(&mutex));
    }
}

/* Hazard B2: two, three, four and more. */
START_TEST(exclusion)
{
    unsigned threads = (unsigned)(_i / SCOPES) + 2;
    struct counting counting = {support_scaled(60000) / threads + 1, 0};

    fresh(_i % SCOPES);
    support_threads(threads, count_up, &counting);
    must_eq(counting.counter, counting.rounds * threads);
    is_not_mine(0);
}
END_TEST

/* --- timed --- */

static void time_out(unsigned index, void *arg)
{
    (void)arg;
    for (int i = 0; i < 4; i++) {
        weir_deadline_t deadline = weir_after(2000000 + 100000 * index);

        must_eq(keeps_errno(weir_rmutex_lock_until(&mutex, deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
        is_not_mine(1);
    }
}

/* T test_timeout, test_state_after_timeout. */
START_TEST(timeouts_change_nothing)
{
    fresh(_i);
    must_eq(weir_rmutex_lock(&mutex), 0);
    must_eq(weir_rmutex_lock(&mutex), 0);
    support_threads(3, time_out, NULL);
    must_eq(weir_rmutex_depth(&mutex), 2);
    must_eq(weir_rmutex_unlock(&mutex), 0);
    must_eq(weir_rmutex_unlock(&mutex), 0);
    support_threads(2, lock_and_unlock, NULL);
}
END_TEST

/* --- signal --- */

/* Hazard B50: no call returns EINTR, and none is let in by a signal. */
START_TEST(storm_lets_nobody_in)
{
    struct counting counting = {support_scaled(3000), 0};

    fresh(_i);
    support_storm_begin();
    support_threads(4, count_up, &counting);
    must_eq(weir_rmutex_lock(&mutex), 0);
    support_threads(2, time_out, NULL);
    must_eq(weir_rmutex_unlock(&mutex), 0);
    support_storm_end();
    must_eq(counting.counter, counting.rounds * 4);
}
END_TEST

/* --- reset --- */

START_TEST(zero_again)
{
    static weir_rmutex_t zero;
    struct counting counting = {support_scaled(5000), 0};

    fresh(0);
    support_threads(3, count_up, &counting);
    /* The watchdog ends this if it never comes true. */
    while (memcmp(&mutex.mutex.state, &zero.mutex.state, 4) != 0)
        lock_and_unlock(0, NULL);
    must(memcmp(&mutex.owner, &zero.owner, 8) == 0);
}
END_TEST

/* --- misuse --- */

/* T test_release_unacquired, test_release_save_unacquired. */
START_TEST(unlock_of_what_is_not_mine)
{
    weir_rmutex_t before;

    fresh(_i);
    before = mutex;
    must_eq(keeps_errno(weir_rmutex_unlock(&mutex)), EPERM);
    unchanged_since(&before);
    must_eq(weir_rmutex_lock(&mutex), 0);
    must_eq(weir_rmutex_lock(&mutex), 0);
    must_eq(weir_rmutex_unlock(&mutex), 0);
    must_eq(weir_rmutex_unlock(&mutex), 0);
    must_eq(keeps_errno(weir_rmutex_unlock(&mutex)), EPERM);
    unchanged_since(&before);
}
END_TEST

/* Another's unlock changes nothing, whatever the depth. */
START_TEST(unlock_of_what_is_anothers)
{
    weir_rmutex_t before;

    fresh(_i);
    must_eq(weir_rmutex_lock(&mutex), 0);
    must_eq(weir_rmutex_lock(&mutex), 0);
    before = mutex;
    support_threads(2, is_anothers, NULL);
    unchanged_since(&before);
    must_eq(weir_rmutex_depth(&mutex), 2);
}
END_TEST

START_TEST(the_depth_has_an_end)
{
    weir_rmutex_t before;

    fresh(_i);
    for (unsigned i = 0; i < WEIR_RMUTEX_DEPTH_MAX; i++)
        must_eq(weir_rmutex_lock(&mutex), 0);
    before = mutex;
    must_eq(weir_rmutex_depth(&mutex), WEIR_RMUTEX_DEPTH_MAX);
    for (int way = 0; way < 3; way++) {
        must_eq(keeps_errno(lock_in_way(way)), EOVERFLOW);
        unchanged_since(&before);
    }
    support_threads(1, is_anothers, NULL);
    for (unsigned i = WEIR_RMUTEX_DEPTH_MAX; i > 0; i--)
        must_eq(weir_rmutex_unlock(&mutex), 0);
    is_not_mine(0);
    support_threads(1, lock_and_unlock, NULL);
}
END_TEST

/* --- lifetime --- */

struct race {
    int scope;
    weir_rmutex_t *mutex; /* NULL between rounds */
};

static void unlock_or_free(unsigned index, void *arg)
{
    struct race *race = arg;
    support_strip_t strip = {NULL, 0};
    weir_rmutex_t *m;

    if (index == 0)
        strip = support_strip(scopes[race->scope] == WEIR_SHARED);
    for (long i = support_scaled(10000); i > 0; i--) {
        support_note("round %lu", (unsigned long)i, 0);
        if (index == 0) {
            m = support_strip_take(&strip, sizeof(*m));
            must_eq(weir_rmutex_init(m, scopes[race->scope]), 0);
            must_eq(weir_rmutex_lock(m), 0);
            must_eq(weir_rmutex_lock(m), 0);
            __atomic_store_n(&race->mutex, m, __ATOMIC_RELEASE);
            must_eq(weir_rmutex_unlock(m), 0);
            must_eq(weir_rmutex_unlock(m), 0);
            while (__atomic_load_n(&race->mutex, __ATOMIC_ACQUIRE) != NULL)
                sched_yield();
        } else {
            while ((m = __atomic_load_n(&race->mutex, __ATOMIC_ACQUIRE)) ==
                   NULL)
                sched_yield();
            must_eq(weir_rmutex_lock(m), 0);
            support_strip_drop(m);
            __atomic_store_n(&race->mutex, NULL, __ATOMIC_RELEASE);
        }
    }
}

/* Hazards B21, B22: the next owner unmaps it, while the unlock that let it in
 * has not returned. */
START_TEST(unmapped_by_the_next_owner)
{
    struct race race = {_i, NULL};

    support_threads(2, unlock_or_free, &race);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rmutex");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, zero_is_valid);
    tcase_add_test(tcase, unknown_flags_change_nothing);
    tcase_add_loop_test(tcase, locks_as_often_as_it_likes, 0, SCOPES);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, free_or_mine_whatever_the_deadline, 0, SCOPES);
    tcase_add_loop_test(tcase, others_are_refused, 0, SCOPES);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, waiters_sleep_until_the_last_unlock, 0, SCOPES);
    tcase_add_loop_test(tcase, exclusion, 0, 6 * SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, timeouts_change_nothing, 0, SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, storm_lets_nobody_in, 0, SCOPES);
    tcase = support_tcase(suite, "reset");
    tcase_add_test(tcase, zero_again);
    tcase = support_tcase(suite, "misuse");
    tcase_add_loop_test(tcase, unlock_of_what_is_not_mine, 0, SCOPES);
    tcase_add_loop_test(tcase, unlock_of_what_is_anothers, 0, SCOPES);
    tcase_add_loop_test(tcase, the_depth_has_an_end, 0, SCOPES);
    tcase = support_tcase(suite, "lifetime");
    tcase_add_loop_test(tcase, unmapped_by_the_next_owner, 0, SCOPES);
    return support_main(suite);
}
