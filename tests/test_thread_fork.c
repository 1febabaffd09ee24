/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Threads and fork: the child sees the thread that forked, which is its main,
 * and can start others; the parent sees no difference.
 * (hazards B52, K4)
 */
#include <weir/thread.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/self.h"
#include "support/support.h"

static weir_thread_t waiting;
static weir_thread_t forking;
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

/* In a child: nothing of the parent's threads is left but this one. */
static void must_be_alone(weir_thread_t *self)
{
    weir_thread_t *list[2] = {NULL, NULL};

    must(weir_thread_current() == self);
    must(weir_thread_main() == self);
    must_eq(weir_thread_active_count(), 1);
    must_eq(weir_thread_enumerate(list, 2), 1);
    must(list[0] == self);
    must_eq(weir_thread_native_id(self), getpid());
    must_eq(weir_get_native_id(), syscall(SYS_gettid));
    must(weir_thread_is_alive(self));
    must_eq(weir_thread_join(self, WEIR_FOREVER, NULL), EDEADLK);
}

static void must_have_ended(weir_thread_t *t)
{
    void *result = &result;

    must(!weir_thread_is_alive(t));
    must_eq(weir_thread_join(t, WEIR_FOREVER, &result), 0);
    must(result == NULL);
    must_eq(weir_thread_start(t), EALREADY);
}

static void be_foreign(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must(weir_thread_current() != weir_thread_main());
    must_eq(weir_thread_active_count(), 2);
}

/* Start some, list them, join them all. */
static void must_work(void)
{
    weir_thread_t threads[3];

    if (!SUPPORT_FORKED_THREADS)
        return;
    support_threads(1, be_foreign, NULL);
    for (int i = 0; i < 3; i++) {
        must_eq(weir_thread_init(&threads[i], NULL, at_once, &threads[i]), 0);
        must_eq(weir_thread_start(&threads[i]), 0);
    }
    must_eq(weir_thread_join_all(WEIR_FOREVER), 0);
    for (int i = 0; i < 3; i++) {
        void *result;

        must_eq(weir_thread_join(&threads[i], WEIR_FOREVER, &result), 0);
        must(result == &threads[i]);
        must(weir_thread_ident(&threads[i]) > weir_get_ident());
    }
    must_eq(weir_thread_active_count(), 1);
}

/* When it returns the thread has begun: before that it may hold a lock of a
 * sanitizer's, which has none of it made good in a child. */
static void start_waiting(void)
{
    __atomic_store_n(&may_go, 0, __ATOMIC_RELEASE);
    must_eq(weir_thread_init(&waiting, NULL, stay, &waiting), 0);
    must_eq(weir_thread_start(&waiting), 0);
    must(weir_thread_native_id(&waiting) != 0);
}

static void end_waiting(void)
{
    void *result;

    __atomic_store_n(&may_go, 1, __ATOMIC_RELEASE);
    must_eq(weir_thread_join(&waiting, WEIR_FOREVER, &result), 0);
    must(result == &waiting);
}

START_TEST(from_main)
{
    uint64_t ident = weir_get_ident();
    pid_t tid = weir_get_native_id();
    pid_t child;

    start_waiting();
    child = support_fork();
    if (child == 0) {
        must_eq(weir_get_ident(), ident);
        must_be_alone(weir_thread_main());
        must_eq(strcmp(weir_thread_name(weir_thread_main()), "MainThread"), 0);
        must_have_ended(&waiting);
        must_work();
        support_exit();
    }
    support_reap(child);
    must_eq(weir_get_native_id(), tid);
    must(weir_thread_is_alive(&waiting));
    must_eq(weir_thread_active_count(), 2);
    end_waiting();
    must_eq(weir_thread_active_count(), 1);
}
END_TEST

/* As Python: the thread that forked is the child's main. */
static void *fork_in_thread(void *arg)
{
    uint64_t ident = weir_get_ident();
    pid_t tid = weir_get_native_id();
    weir_thread_t *old_main = weir_thread_main();
    pid_t child = support_fork();

    if (child == 0) {
        must_eq(weir_get_ident(), ident);
        must(weir_get_native_id() != tid);
        must_be_alone(&forking);
        must_have_ended(old_main);
        must_have_ended(&waiting);
        /* Leaks of the parent's main are none. */
        if (arg == NULL || SUPPORT_SANITIZED) {
            must_work();
            support_exit();
        }
        /* The last thread of the child ends, and so does that.  (The first to
         * end, of several, would leave musl 1.2.3's list locked.) */
        return arg;
    }
    support_reap(child);
    must_eq(weir_get_native_id(), tid);
    must(weir_thread_main() == old_main);
    must(old_main != &forking);
    return arg;
}

START_TEST(from_a_thread)
{
    start_waiting();
    must_eq(weir_thread_init(&forking, NULL, fork_in_thread,
                             _i == 0 ? NULL : &forking),
            0);
    must_eq(weir_thread_start(&forking), 0);
    must_eq(weir_thread_join(&forking, WEIR_FOREVER, NULL), 0);
    end_waiting();
}
END_TEST

static void fork_in_foreign(unsigned index, void *arg)
{
    const bool *known = arg;
    weir_thread_t *old_main = weir_thread_main();
    weir_thread_t *self = *known ? weir_thread_current() : old_main;
    pid_t child;

    (void)index;
    child = support_fork();
    if (child == 0) {
        must_be_alone(self);
        must(!weir_thread_daemon(self));
        must_have_ended(&waiting);
        if (*known)
            must_have_ended(old_main);
        else
            must_eq(strcmp(weir_thread_name(self), "MainThread"), 0);
        must_work();
        support_exit();
    }
    support_reap(child);
    must(weir_thread_main() == old_main);
}

START_TEST(from_a_foreign_thread)
{
    bool known = _i == 1;

    start_waiting();
    must_eq(weir_thread_set_name(weir_thread_main(), "another name"), 0);
    support_threads(1, fork_in_foreign, &known);
    end_waiting();
}
END_TEST

/* A join that sleeps in the parent, and a start that is under way: in the
 * child both objects are done with. */
static void join_waiting(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_thread_join(&waiting, WEIR_FOREVER, NULL), 0);
}

START_TEST(while_others_join)
{
    support_group_t group;
    pid_t child;

    start_waiting();
    support_group_start(&group, 2, join_waiting, NULL);
    support_await_sleep(group.tids[0]);
    support_await_sleep(group.tids[1]);
    child = support_fork();
    if (child == 0) {
        must_be_alone(weir_thread_main());
        must_have_ended(&waiting);
        support_exit();
    }
    support_reap(child);
    end_waiting();
    support_group_join(&group);
}
END_TEST

/* Whatever lock another thread holds at that moment. */
static uint32_t stop;

static void be_busy(unsigned index, void *arg)
{
    weir_thread_t t;

    (void)arg;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        if (index == 0) {
            must(weir_thread_current() != NULL); /* foreign, and known */
            (void)weir_thread_enumerate(NULL, 0);
            continue;
        }
        must_eq(weir_thread_init(&t, NULL, at_once, NULL), 0);
        must_eq(weir_thread_start(&t), 0);
        must_eq(weir_thread_set_name(&t, "busy"), 0);
        must_eq(weir_thread_join(&t, WEIR_FOREVER, NULL), 0);
        must_eq(weir_thread_join_all(WEIR_NOW) & ~ETIMEDOUT, 0);
    }
}

START_TEST(fork_with_busy_threads)
{
    support_group_t group;

    support_group_start(&group, 3, be_busy, NULL);
    for (long i = support_scaled(200); i > 0; i--) {
        pid_t child = support_fork();

        if (child == 0) {
            must_be_alone(weir_thread_main());
            if (!SUPPORT_SANITIZED) /* whose own locks may be held */
                must_work();
            support_exit();
        }
        support_reap(child);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    support_group_join(&group);
    must_eq(weir_thread_active_count(), 1);
}
END_TEST

/* A child of a child of a thread. */
static void *fork_twice(void *arg)
{
    pid_t child = support_fork();

    if (child == 0) {
        pid_t grandchild = support_fork();

        if (grandchild == 0) {
            must_be_alone(arg);
            must_work();
            support_exit();
        }
        support_reap(grandchild);
        must_be_alone(arg);
        support_exit();
    }
    support_reap(child);
    return NULL;
}

START_TEST(from_child_to_child)
{
    must_eq(weir_thread_init(&forking, NULL, fork_twice, &forking), 0);
    must_eq(weir_thread_start(&forking), 0);
    must_eq(weir_thread_join(&forking, WEIR_FOREVER, NULL), 0);
}
END_TEST

/* From a destructor that runs after the thread has ended. */
static pthread_key_t key;

static void fork_at_last(void *value)
{
    uintptr_t round = (uintptr_t)value;
    pid_t child;

    if (weir_thread_current() != NULL) {
        must_eq(pthread_setspecific(key, (void *)(round + 1)), 0);
        return;
    }
    child = support_fork();
    if (child == 0) {
        must(weir_thread_current() == NULL);
        must_eq(weir_thread_native_id(weir_thread_main()), getpid());
        must_eq(weir_thread_active_count(), 1);
        support_exit();
    }
    support_reap(child);
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
}

static void *leave_data(void *arg)
{
    must_eq(pthread_setspecific(key, (void *)1), 0);
    return arg;
}

START_TEST(from_the_last_destructor)
{
    must_eq(pthread_key_create(&key, fork_at_last), 0);
    must_eq(weir_thread_init(&forking, NULL, leave_data, NULL), 0);
    must_eq(weir_thread_start(&forking), 0);
    must_eq(weir_thread_join(&forking, WEIR_FOREVER, NULL), 0);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
        sched_yield();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread_fork");
    TCase *tcase = support_tcase(suite, "fork");

    tcase_add_test(tcase, from_main);
    tcase_add_loop_test(tcase, from_a_thread, 0, 2);
    tcase_add_loop_test(tcase, from_a_foreign_thread, 0, 2);
    tcase_add_test(tcase, while_others_join);
    tcase_add_test(tcase, fork_with_busy_threads);
    tcase_add_test(tcase, from_child_to_child);
    tcase_add_test(tcase, from_the_last_destructor);
    return support_main(suite);
}
