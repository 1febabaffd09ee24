/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: freed by whoever got it, while the unlock that let it in has not
 * returned; and used from where a thread is nearly gone.
 */
#include <weir/mutex.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "base/atomic.h"
#include "futex/parked.h"
#include "support/support.h"
#include "test_step_kit.h"

/* How a mutex is when the race begins. */
enum kind {
    LIGHT,
    HEAVY, /* private, as after somebody has slept on it */
    SHARED,
    KINDS
};

static void make(weir_mutex_t *mutex, int kind)
{
    must_eq(weir_mutex_init(mutex, kind == SHARED ? WEIR_SHARED : 0), 0);
    if (kind == HEAVY)
        weir_store_rlx_(&mutex->state, 2u);
}

/* --- lifetime --- */

struct race {
    int kind;
    long rounds;
    weir_mutex_t *mutex; /* NULL between rounds */
};

static weir_mutex_t *get(struct race *race)
{
    return __atomic_load_n(&race->mutex, __ATOMIC_ACQUIRE);
}

static void put(struct race *race, weir_mutex_t *mutex)
{
    __atomic_store_n(&race->mutex, mutex, __ATOMIC_RELEASE);
}

/* Make a mutex, lock it, show it, unlock it: the last access. */
static void unlock_it(struct race *race)
{
    support_random_t random = support_random(0);
    support_strip_t strip = support_strip(race->kind == SHARED);

    for (long i = 0; i < race->rounds; i++) {
        weir_mutex_t *mutex = support_strip_take(&strip, sizeof(*mutex));

        make(mutex, race->kind);
        support_note("unlocker: round %lu", (unsigned long)i, 0);
        must_eq(weir_mutex_lock(mutex), 0);
        if (i % 4 == 0) /* as if somebody slept: unlock has to call */
            must_eq(weir_mutex_lock_until(mutex, weir_after(1000)), ETIMEDOUT);
        put(race, mutex);
        for (uint32_t n = support_below(&random, 8); n > 0; n--)
            (void)weir_mutex_is_locked(mutex);
        if (support_below(&random, 8) == 0)
            support_jitter(&random);
        must_eq(weir_mutex_unlock(mutex), 0);
        while (get(race) != NULL)
            sched_yield();
    }
}

static void lock_any_way(weir_mutex_t *mutex, support_random_t *random)
{
    uint32_t way = support_below(random, 4);

    if (way == 0)
        while (weir_mutex_trylock(mutex) != 0)
            continue;
    else if (way == 1)
        while (weir_mutex_lock_until(mutex, weir_after(5000)) != 0)
            continue;
    else
        must_eq(weir_mutex_lock(mutex), 0);
}

/* Lock each one, and take its memory away at once. */
static void free_it(struct race *race)
{
    support_random_t random = support_random(1);

    for (long i = 0; i < race->rounds; i++) {
        weir_mutex_t *mutex;

        support_note("freer: round %lu", (unsigned long)i, 0);
        while ((mutex = get(race)) == NULL)
            sched_yield();
        lock_any_way(mutex, &random);
        support_strip_drop(mutex);
        put(race, NULL);
    }
}

static void run_race(unsigned index, void *arg)
{
    if (index == 0)
        unlock_it(arg);
    else
        free_it(arg);
}

/* Hazards B21, B22, K9. */
START_TEST(unmapped_by_the_next_holder)
{
    struct race race = {_i, support_scaled(40000), NULL};

    support_threads(2, run_race, &race);
}
END_TEST

static void free_after_sleep(unsigned index, void *arg)
{
    weir_mutex_t *mutex = arg;

    (void)index;
    must_eq(weir_mutex_lock(mutex), 0);
    support_guarded_drop(mutex, sizeof(*mutex));
}

/* The same where the next holder surely slept, so that the unlock has
 * somebody to wake, by an address that may be no memory any more. */
START_TEST(unmapped_by_a_sleeper)
{
    support_group_t group;

    for (long i = support_scaled(200); i > 0; i--) {
        weir_mutex_t *mutex = support_guarded(sizeof(*mutex), _i == SHARED);

        make(mutex, _i);
        must_eq(weir_mutex_lock(mutex), 0);
        support_group_start(&group, 1, free_after_sleep, mutex);
        support_await_sleep(group.tids[0]);
        must_eq(weir_mutex_unlock(mutex), 0);
        support_group_join(&group);
    }
}
END_TEST

/* --- lifetime, at every instruction --- */

#if defined(__x86_64__)

static weir_mutex_t *stepped;
static volatile bool gone;

/* After each instruction of the unlock: if that was the release, then the
 * next holder has got the lock, and the memory is gone. */
static void take_it_away(int signal)
{
    (void)signal;
    if (gone || (weir_load_rlx_(&stepped->state) & 1) != 0)
        return;
    gone = true;
    support_strip_drop(stepped);
}

static int unlock_in_steps(int (*unlock)(weir_mutex_t *))
{
    int result;

    gone = false;
    set_stepping(true);
    result = unlock(stepped);
    set_stepping(false);
    return result;
}

static int unlock_inline(weir_mutex_t *mutex)
{
    return weir_mutex_unlock(mutex);
}

/* Hazards B21, B22: each word that an unlock can find, gone at the very
 * instruction after the release.  (The words: src/futex/mutex.h; those that
 * call for a wake-up do so in vain.) */
START_TEST(unmapped_at_the_release)
{
    static const uint32_t words[] = {0x01, 0x1b, 0x03, 0x13,
                                     0x23, 0x33, 0x53, 0x3f03, /* private */
                                     0x07, 0x17, 0x27, 0x57};  /* shared */
    int (*volatile outline)(weir_mutex_t *) = weir_mutex_unlock;
    struct sigaction action = {.sa_handler = take_it_away};
    support_strip_t strip = support_strip(true);

    support_watchdog_disarm(); /* it uses the same signal */
    must_eq(sigaction(SIGTRAP, &action, NULL), 0);
    for (unsigned i = 0; i < 4 * sizeof(words) / sizeof(words[0]); i++) {
        stepped = support_strip_take(&strip, sizeof(*stepped));
        make(stepped, SHARED);
        weir_store_rlx_(&stepped->state, words[i / 4]);
        if (i % 2 == 1) /* somebody is in the table */
            (void)weir_parked_enter_(&stepped->state);
        must_eq(unlock_in_steps(i % 4 < 2 ? unlock_inline : outline), 0);
        must(gone);
        if (i % 2 == 1)
            weir_parked_leave_(&stepped->state);
    }
}
END_TEST

static void add_stepping(TCase *tcase)
{
    if (SUPPORT_TSAN)
        support_skip("unmapped_at_the_release",
                     "ThreadSanitizer's code would be stepped as well");
    else
        tcase_add_test(tcase, unmapped_at_the_release);
}

#else

static void add_stepping(TCase *tcase)
{
    (void)tcase;
    support_skip("unmapped_at_the_release", "steps need x86-64's trap flag");
}

#endif

/* --- thread exit --- */

static weir_mutex_t mutex;
static pthread_key_t keys[3];
static long destroyed;

/* A destructor that sets its key again is called again, up to
 * PTHREAD_DESTRUCTOR_ITERATIONS times: after all others had their turn. */
static void lock_in_destructor(void *value)
{
    uintptr_t left = (uintptr_t)value % 8;
    uintptr_t key = (uintptr_t)value / 8;

    support_note("destructor of key %lu", (unsigned long)key, 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    destroyed++;
    must_eq(weir_mutex_unlock(&mutex), 0);
    if (weir_mutex_lock_until(&mutex, weir_after(20000)) == 0)
        must_eq(weir_mutex_unlock(&mutex), 0);
    if (left > 1)
        pthread_setspecific(keys[key], (void *)(key * 8 + left - 1));
}

static void leave_keys(unsigned index, void *arg)
{
    (void)arg;
    for (uintptr_t key = 0; key < 3; key++)
        pthread_setspecific(keys[(key + index) % 3],
                            (void *)((key + index) % 3 * 8 + 3));
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* Hazard B27: lock, wait and unlock in destructors of thread-specific data,
 * in all orders, contended. */
START_TEST(used_by_destructors)
{
    support_group_t group;

    destroyed = 0;
    must_eq(weir_mutex_init(&mutex, _i == SHARED ? WEIR_SHARED : 0), 0);
    for (unsigned key = 0; key < 3; key++)
        must_eq(pthread_key_create(&keys[key], lock_in_destructor), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 6, leave_keys, NULL);
    for (unsigned i = 0; i < 6; i++)
        support_await_sleep(group.tids[i]);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must_eq(destroyed, 6 * 3 * 3);
    for (unsigned key = 0; key < 3; key++)
        must_eq(pthread_key_delete(keys[key]), 0);
}
END_TEST

static void die_waiting(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    (void)weir_mutex_lock_until(&mutex, weir_after(200000));
}

/* Threads that waited and are gone have left nothing behind. */
START_TEST(waiters_come_and_go)
{
    must_eq(weir_mutex_init(&mutex, _i == SHARED ? WEIR_SHARED : 0), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    for (long i = support_scaled(100); i > 0; i--)
        support_threads(8, die_waiting, NULL);
    must(weir_mutex_is_locked(&mutex));
    must_eq(weir_mutex_unlock(&mutex), 0);
    for (int i = 0; i < 100; i++) {
        must_eq(weir_mutex_trylock(&mutex), 0);
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mutex_lifetime");
    TCase *tcase = support_tcase(suite, "lifetime");

    tcase_add_loop_test(tcase, unmapped_by_the_next_holder, 0, KINDS);
    tcase_add_loop_test(tcase, unmapped_by_a_sleeper, 0, KINDS);
    add_stepping(tcase);
    tcase_add_loop_test(tcase, used_by_destructors, 0, KINDS);
    tcase_add_loop_test(tcase, waiters_come_and_go, 0, KINDS);
    return support_main(suite);
}
