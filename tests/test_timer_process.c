/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers: their memory, thread-local destructors, processes that fork, and the
 * end of the service.
 */
#include "test_timer_kit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void none(void *arg)
{
    (void)arg;
}

/* --- lifetime --- */

struct owned {
    weir_timer_t timer;
    int kind;
    int calls;
    int *done;
    struct owned *other;
};

static struct owned *owned(int kind, int *done, void (*fn)(void *))
{
    struct owned *o = support_guarded(sizeof(*o), false);

    o->kind = kind;
    o->done = done;
    must_eq(weir_timer_init(&o->timer, fn, o, 0), 0);
    return o;
}

/* 0: a single one; 1: a periodic one; 2: one that was started again; 3: one
 * that cancels, and frees, another as well. */
static void free_itself(void *arg)
{
    struct owned *o = arg;
    int *done = o->done;

    if (o->kind == 2 && o->calls++ == 0) {
        must_eq(weir_timer_start_at(&o->timer, WEIR_NOW), 0);
        return;
    }
    if (o->kind == 1)
        must_eq(weir_timer_cancel(&o->timer), EINPROGRESS);
    if (o->other != NULL) {
        must_eq(weir_timer_cancel(&o->other->timer), 0);
        support_guarded_drop(o->other, sizeof(*o->other));
    }
    support_guarded_drop(o, sizeof(*o));
    up(done);
}

START_TEST(freed_by_its_callback)
{
    int done = 0;

    for (int i = 0; i < 30; i++) {
        struct owned *o = owned(_i, &done, free_itself);

        if (_i == 3) {
            o->other = owned(0, &done, free_itself);
            must_eq(weir_timer_start_at(&o->other->timer, weir_after(HOUR)), 0);
        }
        must_eq(_i == 1 ? weir_timer_start_every(&o->timer, WEIR_NOW, 1)
                        : weir_timer_start_at(&o->timer, WEIR_NOW),
                0);
        await_level(&done, i + 1);
    }
    (void)timer_thread(); /* it is done with the last */
}
END_TEST

static void count(void *arg)
{
    up(((struct owned *)arg)->done);
}

/* Whoever cancelled in time, or waited, frees at once; the clock of the timer
 * thread is about to hit. */
START_TEST(freed_by_who_cancelled)
{
    support_random_t random = support_random((unsigned)_i);
    int done = 0;
    long cancelled = 0;

    for (int i = 0; i < (int)support_scaled(2000); i++) {
        struct owned *o = owned(0, &done, count);
        int result;

        support_note("round %lu", (unsigned long)i, 0);
        must_eq(weir_timer_start_at(&o->timer,
                                    weir_after(support_below(&random, 60000))),
                0);
        support_jitter(&random);
        if (_i == 0) {
            result = weir_timer_cancel_sync(&o->timer, WEIR_FOREVER);
        } else {
            do
                result = weir_timer_cancel(&o->timer);
            while (result == EINPROGRESS);
        }
        must(result == 0 || result == EALREADY);
        cancelled += result == 0;
        support_guarded_drop(o, sizeof(*o));
        must_eq(level(&done) + cancelled, i + 1);
    }
}
END_TEST

/* Memory that is another timer by the time the old callback returns. */
static int reborn_calls;

static void born(void *arg)
{
    (void)arg;
    up(&reborn_calls);
}

static void rebirth(void *arg)
{
    struct probe *probe = arg;

    must_eq(weir_timer_init(&probe->timer, born, NULL, 0), 0);
    must_eq(weir_timer_start_at(&probe->timer, weir_after(HOUR)), 0);
    up(&probe->calls);
    await_level(&probe->go, 1);
}

START_TEST(another_in_the_same_place)
{
    struct probe probe;

    memset(&probe, 0, sizeof(probe));
    must_eq(weir_timer_init(&probe.timer, rebirth, &probe, 0), 0);
    must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), 0);
    await_level(&probe.calls, 1);
    must_eq(weir_timer_cancel_sync(&probe.timer, WEIR_NOW), 0);
    must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), 0);
    up(&probe.go);
    probe_join(&probe);
    must_eq(level(&reborn_calls), 1);
}
END_TEST

/* --- thread-local destructors --- */

static pthread_key_t key;
static struct probe late;

/* Hazard B27: in a thread that is ending. */
static void use_late(void *unused)
{
    (void)unused;
    probe_init(&late);
    probe_start(&late, weir_after(HOUR));
    must_eq(weir_timer_cancel(&late.timer), 0);
    probe_start(&late, WEIR_NOW);
    probe_join(&late);
}

static void end_with_key(unsigned index, void *arg)
{
    (void)index;
    must_eq(pthread_setspecific(key, arg), 0);
}

START_TEST(used_by_destructors)
{
    must_eq(pthread_key_create(&key, use_late), 0);
    support_threads(1, end_with_key, &late);
    must_eq(level(&late.calls), 1);
}
END_TEST

static int late_result = -1;

static void start_late(void *timer)
{
    support_sleep_ns(20 * MS); /* shutdown waits for this */
    late_result = weir_timer_start_at(timer, WEIR_NOW);
}

static void set_key(struct probe *probe)
{
    must_eq(pthread_setspecific(key, &probe->timer), 0);
}

/* And in the timer thread, when that ends: shutdown waits for it. */
START_TEST(used_by_its_own_destructors)
{
    struct probe probe;

    must_eq(pthread_key_create(&key, start_late), 0);
    probe_init(&probe);
    probe.then = set_key;
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
    must_eq(keeps_errno(weir_timer_shutdown(WEIR_FOREVER)), 0);
    must_eq(late_result, ECANCELED);
    must(!weir_timer_is_armed(&probe.timer));
}
END_TEST

/* --- shutdown --- */

static bool exists(pid_t tid)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "/proc/self/task/%d", (int)tid);
    return access(name, F_OK) == 0;
}

START_TEST(shutdown_of_nothing)
{
    must_eq(keeps_errno(weir_timer_shutdown(WEIR_NOW)), 0);
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}
END_TEST

static void join_it(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_timer_join(arg, WEIR_FOREVER), 0);
}

/* All are cancelled, joiners are told, the thread is gone, and there can be
 * another. */
START_TEST(shutdown_cancels)
{
    enum { N = 1000 };
    static weir_timer_t timers[N];

    for (int i = 0; i < 3; i++) {
        pid_t tid = timer_thread();
        support_group_t group;

        for (int j = 0; j < N; j++) {
            must_eq(weir_timer_init(&timers[j], none, NULL, 0), 0);
            must_eq(weir_timer_start_at(&timers[j], weir_after(HOUR << j % 20)),
                    0);
        }
        support_group_start(&group, 3, join_it, &timers[N / 2]);
        for (int j = 0; j < 3; j++)
            (void)support_await_sleep(group.tids[j]);
        must_eq(keeps_errno(weir_timer_shutdown(WEIR_FOREVER)), 0);
        while (exists(tid)) /* it is joined a moment before it is gone */
            support_sleep_ns(50000);
        support_group_join(&group);
        for (int j = 0; j < N; j++) {
            must(!weir_timer_is_armed(&timers[j]));
            must_eq(weir_timer_cancel(&timers[j]), EALREADY);
        }
    }
}
END_TEST

static int shut;

static void shut_down(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
    up(&shut);
}

static void start_in_vain(struct probe *probe)
{
    probe->result = weir_timer_start_at(&probe->timer, WEIR_NOW);
}

/* While a callback runs: it is waited for, nothing can be started, and all who
 * wait see the end. */
START_TEST(shutdown_waits_for_callbacks)
{
    struct probe probe;
    struct probe other;
    support_group_t group;

    probe_init(&probe);
    probe_init(&other);
    probe.then = start_in_vain;
    probe_hold(&probe);
    must_eq(weir_timer_shutdown(WEIR_NOW), ETIMEDOUT);
    must_eq(weir_timer_shutdown(weir_after(MS)), ETIMEDOUT);
    must_eq(keeps_errno(weir_timer_start_at(&other.timer, WEIR_NOW)),
            ECANCELED);
    must(!weir_timer_is_armed(&other.timer));
    support_group_start(&group, 3, shut_down, NULL);
    for (int i = 0; i < 3; i++)
        (void)support_await_sleep(group.tids[i]);
    must_eq(level(&shut), 0);
    up(&probe.go);
    support_group_join(&group);
    must_eq(probe.result, ECANCELED);
    probe_start(&other, WEIR_NOW);
    probe_join(&other);
}
END_TEST

static void start_and_stop(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    weir_timer_t timer;

    (void)arg;
    for (int i = 0; i < (int)support_scaled(300); i++) {
        int result;

        support_note("round %lu", (unsigned long)i, 0);
        must_eq(weir_timer_init(&timer, none, NULL, 0), 0);
        result = weir_timer_start_at(&timer,
                                     weir_after(support_below(&random, 50000)));
        must(result == 0 || result == ECANCELED);
        support_jitter(&random);
        if (result == 0 && i % 2 == 0)
            must_eq(weir_timer_join(&timer, WEIR_FOREVER), 0);
        else
            (void)weir_timer_cancel_sync(&timer, WEIR_FOREVER);
        if (i % 16 == (int)index)
            must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
    }
}

START_TEST(shutdowns_and_starts)
{
    support_threads(4, start_and_stop, NULL);
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}
END_TEST

/* --- fork --- */

/* In a child: what its parent armed is not armed, and can be started. */
static void check_child(struct probe *armed, struct probe *fired)
{
    must(!weir_timer_is_armed(&armed->timer));
    must_eq(weir_timer_cancel(&armed->timer), EALREADY);
    must_eq(weir_timer_join(&armed->timer, WEIR_NOW), 0);
    must_eq(weir_timer_cancel_sync(&fired->timer, WEIR_NOW), EALREADY);
    must_eq(weir_timer_set_executor(&armed->timer, NULL, NULL), 0);
    if (!SUPPORT_FORKED_THREADS)
        return;
    armed->calls = 0;
    armed->due = INT64_MIN;
    must_eq(weir_timer_start_at(&armed->timer, WEIR_NOW), 0);
    probe_join(armed);
    must_eq(level(&armed->calls), 1);
    fired->calls = 0;
    must_eq(weir_timer_start_at(&fired->timer, weir_after(MS)), 0);
    probe_join(fired);
    must_eq(level(&fired->calls), 1);
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}

START_TEST(fork_forgets)
{
    struct probe armed;
    struct probe fired;
    pid_t child;

    probe_init(&armed);
    probe_init(&fired);
    probe_start(&fired, WEIR_NOW);
    probe_join(&fired);
    if (_i == 0) {
        probe_start(&armed, weir_after(20 * MS));
    } else {
        armed.period = 5 * MS;
        armed.due = weir_after(20 * MS);
        must_eq(weir_timer_start_every(&armed.timer, armed.due, armed.period),
                0);
    }
    child = support_fork();
    if (child == 0) {
        int before = armed.calls; /* the parent may have been slow */

        support_sleep_ns(40 * MS); /* it would have fired by now */
        must_eq(armed.calls, before);
        check_child(&armed, &fired);
        support_exit();
    }
    await_level(&armed.calls, 1); /* here it does */
    support_reap(child);
    (void)weir_timer_cancel_sync(&armed.timer, WEIR_FOREVER);
}
END_TEST

static int stop;

static void keep_busy(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    weir_timer_t timer;

    (void)arg;
    must_eq(weir_timer_init(&timer, none, NULL, 0), 0);
    while (!level(&stop)) {
        must_eq(weir_timer_restart_at(
                    &timer, weir_after(support_below(&random, 1000000))),
                0);
        if (support_below(&random, 4) == 0)
            (void)weir_timer_cancel(&timer);
    }
    (void)weir_timer_cancel_sync(&timer, WEIR_FOREVER);
}

static void fork_often(unsigned index, void *arg)
{
    (void)arg;
    if (index > 0) {
        keep_busy(index, arg);
        return;
    }
    for (int i = 0; i < 20; i++) {
        struct probe probe;
        pid_t child = support_fork();

        if (child == 0) {
            probe_init(&probe);
            must_eq(weir_timer_cancel(&probe.timer), EALREADY);
            must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), ECANCELED);
            probe_start(&probe, WEIR_NOW);
            probe_join(&probe);
            support_exit();
        }
        support_reap(child);
    }
    up(&stop);
}

/* Hazard B52: whatever others are doing, the lock held or the wheel half
 * changed. */
START_TEST(fork_with_busy_threads)
{
    if (!SUPPORT_FORKED_THREADS) {
        support_skip("fork_with_busy_threads", "threads in a forked child");
        return;
    }
    (void)timer_thread(); /* while it starts a sanitizer may hold a lock */
    support_threads(3, fork_often, NULL);
}
END_TEST

static void fork_here(struct probe *probe)
{
    pid_t child = support_fork();

    if (child == 0) {
        must(!weir_timer_is_armed(&probe->timer));
        must_eq(weir_timer_cancel(&probe->timer), EALREADY);
        if (SUPPORT_FORKED_THREADS) {
            struct probe other;

            probe_init(&other);
            probe_start(&other, WEIR_NOW);
            probe_join(&other);
        }
        support_exit();
    }
    support_reap(child);
}

START_TEST(fork_in_a_callback)
{
    struct probe probe;

    probe_init(&probe);
    probe.then = fork_here;
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
    probe_start(&probe, WEIR_NOW + 1);
    probe_join(&probe);
}
END_TEST

static struct executor executor;
static pid_t forked;
static int has_forked;
static bool refuses_in_child;

static void fork_and_return(struct probe *probe)
{
    forked = support_fork();
    if (forked == 0)
        probe->result = 1;
    up(&has_forked);
}

static int submit_and_fork(void *pool, void (*fn)(void *), void *arg)
{
    int result = executor_submit(pool, fn, arg);

    fork_and_return(((struct executor *)pool)->arg[0]);
    must_eq(pthread_setspecific(key, pool), 0);
    /* What the parent gave it to does not exist in the child. */
    return forked == 0 && refuses_in_child ? EAGAIN : result;
}

/* A child that returns from the callback knows of nothing there: in a thread
 * of an executor, it goes on; what was handed before is not called. */
START_TEST(child_returns_from_a_callback)
{
    struct probe probe;
    struct probe handed;

    probe_init(&probe);
    probe_init(&handed);
    must_eq(weir_timer_set_executor(&probe.timer, executor_submit, &executor),
            0);
    must_eq(weir_timer_set_executor(&handed.timer, executor_submit, &executor),
            0);
    probe.then = fork_and_return;
    probe_start(&probe, WEIR_NOW);
    await_level(&executor.given, 1);
    probe_start(&handed, WEIR_NOW);
    await_level(&executor.given, 2);
    executor_run(&executor); /* forks */
    executor_run(&executor);
    if (forked == 0) {
        must_eq(probe.result, 1);
        must_eq(level(&handed.calls), 0);
        must_eq(weir_timer_cancel(&probe.timer), EALREADY);
        must_eq(weir_timer_cancel(&handed.timer), EALREADY);
        support_exit();
    }
    must_eq(level(&handed.calls), 1);
    support_reap(forked);
}
END_TEST

static const struct probe *refused;

static void end_the_child(void *unused)
{
    (void)unused;
    if (forked != 0)
        return;
    if (refuses_in_child) /* the timer is not the child's to call */
        must_eq(level(&refused->calls), 0);
    support_exit();
}

/* In the timer thread, that thread ends. */
static void fork_for_good(struct probe *probe)
{
    fork_and_return(probe);
    must_eq(pthread_setspecific(key, probe), 0);
}

START_TEST(child_returns_on_the_timer_thread)
{
    struct probe probe;

    must_eq(pthread_key_create(&key, end_the_child), 0);
    probe_init(&probe);
    if (_i == 0) {
        probe.then = fork_for_good;
    } else { /* within submit */
        refuses_in_child = _i == 2;
        refused = &probe;
        must_eq(
            weir_timer_set_executor(&probe.timer, submit_and_fork, &executor),
            0);
    }
    probe_start(&probe, WEIR_NOW);
    if (_i > 0) {
        await_level(&has_forked, 1); /* or the child's had run as well */
        executor_run(&executor);
    }
    probe_join(&probe);
    (void)timer_thread();
    support_reap(forked);
}
END_TEST

/* --- no thread --- */

static int no_threads;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*body)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*body)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*body)(void *), void *arg)
{
    return no_threads ? ENOMEM : __real_pthread_create(thread, attr, body, arg);
}

START_TEST(no_thread_to_be_had)
{
    struct probe probe;
    sigset_t before;
    sigset_t after;

    memset(&before, 0, sizeof(before)); /* the calls do not fill all of it */
    memset(&after, 0, sizeof(after));
    probe_init(&probe);
    no_threads = 1;
    must_eq(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
    for (int i = 0; i < 3; i++) {
        must_eq(keeps_errno(weir_timer_start_at(&probe.timer, WEIR_NOW)),
                EAGAIN);
        must(!weir_timer_is_armed(&probe.timer));
        must_eq(weir_timer_join(&probe.timer, WEIR_NOW), ESRCH);
    }
    must_eq(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
    must(memcmp(&before, &after, sizeof(before)) == 0);
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
    no_threads = 0;
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timer_process");
    TCase *tcase = timer_tcase(suite, "lifetime");

    tcase_add_loop_test(tcase, freed_by_its_callback, 0, 4);
    tcase_add_loop_test(tcase, freed_by_who_cancelled, 0, 2);
    tcase_add_test(tcase, another_in_the_same_place);

    tcase = timer_tcase(suite, "destructors");
    tcase_add_test(tcase, used_by_destructors);
    tcase_add_test(tcase, used_by_its_own_destructors);

    tcase = timer_tcase(suite, "shutdown");
    tcase_add_test(tcase, shutdown_of_nothing);
    tcase_add_test(tcase, shutdown_cancels);
    tcase_add_test(tcase, shutdown_waits_for_callbacks);
    tcase_add_test(tcase, shutdowns_and_starts);

    tcase = timer_tcase(suite, "fork");
    tcase_add_loop_test(tcase, fork_forgets, 0, 2);
    tcase_add_test(tcase, fork_with_busy_threads);
    tcase_add_test(tcase, fork_in_a_callback);
    tcase_add_test(tcase, child_returns_from_a_callback);
    tcase_add_loop_test(tcase, child_returns_on_the_timer_thread, 0, 3);

    tcase = timer_tcase(suite, "no thread");
    tcase_add_test(tcase, no_thread_to_be_had);
    return support_main(suite);
}
