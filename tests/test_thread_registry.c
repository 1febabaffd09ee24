/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Which threads there are: current, main, foreign ones, the list of all, and
 * what is left when a thread ends in another way than by return.
 */
#include <weir/thread.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <weir/mutex.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "futex/revoke.h"
#include "support/support.h"

static uint32_t may_go;

static void *stay(void *arg)
{
    while (!__atomic_load_n(&may_go, __ATOMIC_ACQUIRE))
        support_sleep_ns(100000);
    return arg;
}

static void *at_once(void *arg)
{
    return arg;
}

static void must_be_alone(void)
{
    weir_thread_t *list[2] = {NULL, NULL};

    must_eq(weir_thread_active_count(), 1);
    must_eq(weir_thread_enumerate(list, 2), 1);
    must(list[0] == weir_thread_main());
    must(list[1] == NULL);
}

/* --- main and foreign --- */

START_TEST(main_is_known)
{
    weir_thread_t *main_thread = weir_thread_main();

    must(main_thread != NULL);
    must(keeps_errno(weir_thread_current()) == main_thread);
    must_eq(strcmp(weir_thread_name(main_thread), "MainThread"), 0);
    must_eq(weir_thread_ident(main_thread), weir_get_ident());
    must_eq(weir_thread_native_id(main_thread), getpid());
    must_eq(weir_get_native_id(), getpid());
    must(weir_thread_is_alive(main_thread));
    must(!weir_thread_daemon(main_thread));
    must_eq(weir_thread_set_daemon(main_thread, true), EBUSY);
    must_eq(weir_thread_join(main_thread, WEIR_FOREVER, NULL), EDEADLK);
    must_eq(weir_thread_start(main_thread), EALREADY);
    must_be_alone();
}
END_TEST

static weir_thread_t *seen;
static uint64_t seen_ident;

static void look_at_foreign(unsigned index, void *arg)
{
    weir_thread_t *self = keeps_errno(weir_thread_current());
    char name[16];
    unsigned number;

    (void)index;
    (void)arg;
    must(self != NULL && self != weir_thread_main());
    must(self == weir_thread_current());
    must(weir_thread_is_alive(self));
    must(weir_thread_daemon(self));
    must_eq(sscanf(weir_thread_name(self), "Dummy-%u", &number), 1);
    must_eq(weir_thread_ident(self), weir_get_ident());
    must_eq(weir_thread_native_id(self), support_tid());
    must_eq(weir_thread_join(self, WEIR_FOREVER, NULL), EINVAL);
    must_eq(weir_thread_set_name(self, "stranger"), 0);
    must_eq(pthread_getname_np(pthread_self(), name, sizeof(name)), 0);
    must_eq(strcmp(name, "stranger"), 0);
    must_eq(weir_thread_active_count(), 2);
    __atomic_store_n(&seen, self, __ATOMIC_RELEASE);
    (void)stay(NULL);
}

START_TEST(foreign_thread)
{
    support_group_t group;
    weir_thread_t *list[3];

    support_group_start(&group, 1, look_at_foreign, NULL);
    while (__atomic_load_n(&seen, __ATOMIC_ACQUIRE) == NULL)
        sched_yield();
    must_eq(weir_thread_enumerate(list, 3), 2);
    must(list[1] == seen);
    must_eq(weir_thread_join(seen, WEIR_FOREVER, NULL), EINVAL);
    must_eq(weir_thread_join(seen, WEIR_NOW, NULL), EINVAL);
    __atomic_store_n(&may_go, 1, __ATOMIC_RELEASE);
    support_group_join(&group);
    must_be_alone();
}
END_TEST

static void only_ident(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    seen_ident = weir_get_ident();
    must(seen_ident != 0);
    must_eq(seen_ident, weir_get_ident());
    must_eq(weir_thread_active_count(), 1); /* that makes no object */
}

START_TEST(foreign_idents)
{
    uint64_t last = weir_get_ident();

    for (int i = 0; i < 100; i++) {
        support_threads(1, only_ident, NULL);
        must(seen_ident > last);
        last = seen_ident;
    }
}
END_TEST

static void become_known(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must(weir_thread_current() != NULL);
}

/* Python keeps an entry for each; under LeakSanitizer this would show. */
START_TEST(foreign_threads_leave_nothing)
{
    for (long i = support_scaled(400); i > 0; i--) {
        support_threads(2, become_known, NULL);
        must_eq(weir_thread_active_count(), 1);
    }
    must_be_alone();
}
END_TEST

/* --- the list --- */

START_TEST(lists_in_order)
{
    weir_thread_t threads[10];
    weir_thread_t *list[20];

    __atomic_store_n(&may_go, 0, __ATOMIC_RELEASE);
    for (int i = 0; i < 10; i++) {
        must_eq(weir_thread_init(&threads[i], NULL, stay, NULL), 0);
        must_eq(weir_thread_enumerate(list, 20), (size_t)i + 1);
        must_eq(weir_thread_start(&threads[i]), 0);
        must_eq(weir_thread_active_count(), (unsigned)i + 2);
    }
    must_eq(keeps_errno(weir_thread_enumerate(list, 20)), 11);
    must(list[0] == weir_thread_main());
    for (int i = 0; i < 10; i++)
        must(list[i + 1] == &threads[i]);
    memset(list, 0, sizeof(list));
    must_eq(weir_thread_enumerate(list, 3), 11);
    must(list[2] == &threads[1]);
    must(list[3] == NULL);
    must_eq(weir_thread_enumerate(NULL, 0), 11);
    __atomic_store_n(&may_go, 1, __ATOMIC_RELEASE);
    for (int i = 9; i >= 0; i--) {
        must_eq(weir_thread_join(&threads[i], WEIR_FOREVER, NULL), 0);
        /* After a join it is not there. */
        for (size_t n = weir_thread_enumerate(list, 20); n > 0; n--)
            must(list[n - 1] != &threads[i]);
    }
    must_be_alone();
}
END_TEST

/* Not a moment later than its end. */
START_TEST(ended_is_not_listed)
{
    for (long i = support_scaled(3000); i > 0; i--) {
        weir_thread_t t;

        must_eq(weir_thread_init(&t, NULL, at_once, NULL), 0);
        must_eq(weir_thread_start(&t), 0);
        while (weir_thread_is_alive(&t))
            continue;
        must_be_alone();
    }
}
END_TEST

/* What is alive all the time is there once, whatever comes and goes. */
struct churn {
    weir_thread_t lasting[3];
    uint32_t stop;
};

static void count_lasting(struct churn *churn)
{
    weir_thread_t *list[64];
    size_t count = weir_thread_enumerate(list, 64);
    int found[3] = {0, 0, 0};
    int mains = 0;

    must(count >= 4 && count <= 64);
    for (size_t i = 0; i < count; i++) {
        mains += list[i] == weir_thread_main();
        for (int j = 0; j < 3; j++)
            found[j] += list[i] == &churn->lasting[j];
    }
    must_eq(mains, 1);
    for (int j = 0; j < 3; j++)
        must_eq(found[j], 1);
}

static void come_and_go(struct churn *churn)
{
    weir_thread_t threads[4];

    while (!__atomic_load_n(&churn->stop, __ATOMIC_RELAXED)) {
        for (int i = 0; i < 4; i++) {
            must_eq(weir_thread_init(&threads[i], NULL, at_once, NULL), 0);
            must_eq(weir_thread_start(&threads[i]), 0);
        }
        for (int i = 0; i < 4; i++)
            must_eq(weir_thread_join(&threads[i], WEIR_FOREVER, NULL), 0);
    }
}

static void read_or_churn(unsigned index, void *arg)
{
    struct churn *churn = arg;

    if (index != 0) {
        come_and_go(churn);
        return;
    }
    for (long i = support_scaled(20000); i > 0; i--)
        count_lasting(churn);
    __atomic_store_n(&churn->stop, 1, __ATOMIC_RELAXED);
}

START_TEST(read_while_others_come_and_go)
{
    struct churn churn = {.stop = 0};

    __atomic_store_n(&may_go, 0, __ATOMIC_RELEASE);
    for (int i = 0; i < 3; i++) {
        must_eq(weir_thread_init(&churn.lasting[i], NULL, stay, NULL), 0);
        must_eq(weir_thread_start(&churn.lasting[i]), 0);
    }
    support_threads(3, read_or_churn, &churn);
    __atomic_store_n(&may_go, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < 3; i++)
        must_eq(weir_thread_join(&churn.lasting[i], WEIR_FOREVER, NULL), 0);
    must_be_alone();
}
END_TEST

/* Entries of the dead are freed, a batch at a time. */
static void live_many_times(void)
{
    for (int i = 0; i < 4 * WEIR_REGISTRY_RETIRED; i++) {
        weir_thread_t t;

        must_eq(weir_thread_init(&t, NULL, at_once, NULL), 0);
        must_eq(weir_thread_start(&t), 0);
        must_eq(weir_thread_join(&t, WEIR_FOREVER, NULL), 0);
    }
    must_be_alone();
}

START_TEST(many_have_lived)
{
    live_many_times();
}
END_TEST

/* A kernel that begins to refuse membarrier, before or after the library has
 * heard of it: liburcu would end the process, so they are kept.  And one that
 * never had it, of which liburcu knows. */
START_TEST(many_have_lived_without_barriers)
{
    pid_t child = support_fork();

    if (child == 0) {
        if (_i == 2)
            weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY);
        else if (!support_refuse(SYS_membarrier, EPERM))
            support_skip("many_have_lived_without_barriers", "no seccomp");
        if (_i == 1)
            (void)weir_revoke_();
        live_many_times();
        support_exit();
    }
    support_reap(child);
}
END_TEST

/* --- thread exit --- */

static pthread_key_t keys[3];
static weir_mutex_t mutex;
static weir_thread_t other;
static weir_thread_t thread;
static long destroyed;

/* B27: who it is, a lock, and a join, from destructors, before the end. */
static void use_in_destructor(void *value)
{
    uintptr_t left = (uintptr_t)value % 8;
    uintptr_t key = (uintptr_t)value / 8;

    support_note("destructor of key %lu", (unsigned long)key, 0);
    must(weir_thread_current() == &thread);
    must(weir_thread_is_alive(&thread));
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), EDEADLK);
    must_eq(weir_thread_join(&other, WEIR_FOREVER, NULL), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    destroyed++;
    must_eq(weir_mutex_unlock(&mutex), 0);
    must(weir_thread_enumerate(NULL, 0) >= 2);
    if (left > 1)
        pthread_setspecific(keys[key], (void *)(key * 8 + left - 1));
}

static void *leave_keys(void *arg)
{
    uintptr_t rounds = (uintptr_t)arg;

    for (uintptr_t key = 0; key < 3; key++)
        pthread_setspecific(keys[key], (void *)(key * 8 + rounds));
    return NULL;
}

/* Two rounds of all others' come before the end, so joiners see what they
 * did. */
START_TEST(used_by_destructors)
{
    for (unsigned key = 0; key < 3; key++)
        must_eq(pthread_key_create(&keys[key], use_in_destructor), 0);
    for (uintptr_t rounds = 1; rounds <= 2; rounds++) {
        destroyed = 0;
        __atomic_store_n(&may_go, 0, __ATOMIC_RELEASE);
        must_eq(weir_thread_init(&other, NULL, stay, NULL), 0);
        must_eq(weir_thread_start(&other), 0);
        must_eq(weir_thread_init(&thread, NULL, leave_keys, (void *)rounds), 0);
        must_eq(weir_thread_start(&thread), 0);
        support_await_sleep(weir_thread_native_id(&thread));
        __atomic_store_n(&may_go, 1, __ATOMIC_RELEASE);
        must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
        must_eq(destroyed, 3 * (long)rounds);
        must_be_alone();
    }
    for (unsigned key = 0; key < 3; key++)
        must_eq(pthread_key_delete(keys[key]), 0);
}
END_TEST

static uint32_t last_looks;

/* Set again and again: it is called after the end of the thread too. */
static void look_at_the_last(void *value)
{
    uintptr_t round = (uintptr_t)value;
    weir_thread_t *self = weir_thread_current();

    if (round < 3)
        must(self != NULL);
    else if (self == NULL)
        __atomic_fetch_add(&last_looks, 1, __ATOMIC_RELEASE);
    must_eq(weir_thread_main() == self, false);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(weir_thread_join(&other, WEIR_NOW, NULL), 0);
    must(weir_get_ident() != 0);
    (void)weir_thread_fail(0, "from the last destructor");
    pthread_setspecific(keys[0], (void *)(round + 1));
}

static void *leave_for_ever(void *arg)
{
    pthread_setspecific(keys[0], (void *)1);
    return arg;
}

static void ignore(const weir_failure_t *failure)
{
    must(failure->ident != 0);
}

static void leave_foreign(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must(weir_thread_current() != NULL);
    (void)leave_for_ever(NULL);
}

START_TEST(destructors_that_never_end)
{
    must_eq(pthread_key_create(&keys[0], look_at_the_last), 0);
    must_eq(weir_thread_init(&other, NULL, at_once, NULL), 0);
    must_eq(weir_thread_run(&other), 0);
    weir_set_failhook(ignore);
    must_eq(weir_thread_init(&thread, NULL, leave_for_ever, NULL), 0);
    must_eq(weir_thread_start(&thread), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
    while (__atomic_load_n(&last_looks, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    support_threads(1, leave_foreign, NULL);
    must(__atomic_load_n(&last_looks, __ATOMIC_ACQUIRE) >= 2);
    must_be_alone();
}
END_TEST

static void *leave_at_once(void *arg)
{
    pthread_exit(arg);
}

START_TEST(left_by_pthread_exit)
{
    void *result = &result;

    for (int i = 0; i < 20; i++) {
        must_eq(weir_thread_init(&thread, NULL, leave_at_once, &thread), 0);
        must_eq(weir_thread_start(&thread), 0);
        must_eq(weir_thread_join(&thread, WEIR_FOREVER, &result), 0);
        must(result == NULL);
        must_be_alone();
    }
}
END_TEST

static pthread_t handle;
static uint32_t has_handle;

static void *be_cancelled(void *arg)
{
    handle = pthread_self();
    __atomic_store_n(&has_handle, 1, __ATOMIC_RELEASE);
    for (;;)
        sleep(1000);
    return arg;
}

START_TEST(cancelled)
{
    void *result = &result;

    must_eq(weir_thread_init(&thread, NULL, be_cancelled, &thread), 0);
    must_eq(weir_thread_start(&thread), 0);
    while (!__atomic_load_n(&has_handle, __ATOMIC_ACQUIRE))
        sched_yield();
    must_eq(pthread_cancel(handle), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, &result), 0);
    must(result == NULL);
    must_be_alone();
}
END_TEST

static void *join_main(void *arg)
{
    void *result = &result;

    (void)arg;
    must_eq(weir_thread_join(weir_thread_main(), WEIR_NOW, NULL), ETIMEDOUT);
    must_eq(weir_thread_join(weir_thread_main(), WEIR_FOREVER, &result), 0);
    must(result == NULL);
    must(!weir_thread_is_alive(weir_thread_main()));
    must_eq(weir_thread_active_count(), 1);
    support_exit();
}

/* Main leaves by pthread_exit, and is joined. */
START_TEST(main_can_be_joined)
{
    pid_t child = support_fork();

    if (child == 0) {
        must_eq(weir_thread_init(&thread, NULL, join_main, NULL), 0);
        must_eq(weir_thread_start(&thread), 0);
        support_await_sleep(weir_thread_native_id(&thread));
        pthread_exit(NULL);
    }
    support_reap(child);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread_registry");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, main_is_known);
    tcase_add_test(tcase, foreign_thread);
    tcase_add_test(tcase, foreign_idents);
    tcase_add_test(tcase, foreign_threads_leave_nothing);
    tcase_add_test(tcase, lists_in_order);
    tcase_add_test(tcase, ended_is_not_listed);
    tcase = support_tcase(suite, "contended");
    tcase_add_test(tcase, read_while_others_come_and_go);
    tcase_add_test(tcase, many_have_lived);
    tcase_add_loop_test(tcase, many_have_lived_without_barriers, 0, 3);
    tcase = support_tcase(suite, "thread exit");
    tcase_add_test(tcase, used_by_destructors);
    tcase_add_test(tcase, destructors_that_never_end);
    tcase_add_test(tcase, left_by_pthread_exit);
    tcase_add_test(tcase, cancelled);
    tcase_add_test(tcase, main_can_be_joined);
    return support_main(suite);
}
