/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for all threads that are not daemons, when asked for, and at exit.
 */
#include <weir/thread.h>

#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic.h"
#include "support/support.h"

static uint32_t may_go;
static long done;

static void *stay(void *arg)
{
    while (!__atomic_load_n(&may_go, __ATOMIC_RELAXED))
        support_sleep_ns(100000);
    __atomic_fetch_add(&done, 1, __ATOMIC_RELAXED);
    return arg;
}

static void let_go(void)
{
    __atomic_store_n(&may_go, 1, __ATOMIC_RELAXED);
}

static void begin(weir_thread_t *t, void *(*fn)(void *), void *arg, bool daemon)
{
    must_eq(weir_thread_init(t, NULL, fn, arg), 0);
    must_eq(weir_thread_set_daemon(t, daemon), 0);
    must_eq(weir_thread_start(t), 0);
}

static void join_all(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(keeps_errno(weir_thread_join_all(WEIR_FOREVER)), 0);
    must_eq(done, 4); /* plain: it sees what they did */
}

START_TEST(all_of_them)
{
    weir_thread_t threads[4];
    weir_thread_t daemon;
    support_group_t group;
    weir_deadline_t until;

    must_eq(keeps_errno(weir_thread_join_all(WEIR_FOREVER)), 0);
    must_eq(weir_thread_join_all(WEIR_NOW), 0);
    for (int i = 0; i < 4; i++)
        begin(&threads[i], stay, NULL, false);
    must_eq(keeps_errno(weir_thread_join_all(WEIR_NOW)), ETIMEDOUT);
    until = weir_after(10000000);
    must_eq(keeps_errno(weir_thread_join_all(until)), ETIMEDOUT);
    must(weir_now() >= until);
    support_group_start(&group, 3, join_all, NULL);
    for (int i = 0; i < 3; i++)
        support_await_sleep(group.tids[i]);
    let_go();
    support_group_join(&group);
    for (int i = 0; i < 4; i++)
        must_eq(weir_thread_join(&threads[i], WEIR_NOW, NULL), 0);
    /* Not for daemons. */
    __atomic_store_n(&may_go, 0, __ATOMIC_RELAXED);
    begin(&daemon, stay, NULL, true);
    must_eq(weir_thread_join_all(WEIR_FOREVER), 0);
    must(weir_thread_is_alive(&daemon));
    let_go();
    must_eq(weir_thread_join(&daemon, WEIR_FOREVER, NULL), 0);
}
END_TEST

/* Threads that start threads: all generations. */
static weir_thread_t generations[20];

static void *start_next(void *arg)
{
    uintptr_t next = (uintptr_t)arg;

    if (next < 20)
        begin(&generations[next], start_next, (void *)(next + 1), false);
    return NULL;
}

START_TEST(generations_of_them)
{
    for (long i = support_scaled(50); i > 0; i--) {
        (void)start_next(NULL);
        must_eq(weir_thread_join_all(WEIR_FOREVER), 0);
        for (int j = 0; j < 20; j++)
            must_eq(weir_thread_join(&generations[j], WEIR_NOW, NULL), 0);
    }
}
END_TEST

/* Threads that all wait for all others: not for each other. */
static void *wait_for_all(void *arg)
{
    must_eq(weir_thread_join_all(WEIR_FOREVER), 0);
    return arg;
}

START_TEST(by_threads_themselves)
{
    weir_thread_t worker;
    weir_thread_t waiters[3];

    begin(&worker, stay, NULL, false);
    for (int i = 0; i < 3; i++)
        begin(&waiters[i], wait_for_all, NULL, false);
    for (int i = 0; i < 3; i++)
        support_await_sleep(weir_thread_native_id(&waiters[i]));
    must_eq(weir_thread_join_all(weir_after(1000000)), ETIMEDOUT);
    let_go();
    must_eq(weir_thread_join_all(WEIR_FOREVER), 0);
    for (int i = 0; i < 3; i++)
        must_eq(weir_thread_join(&waiters[i], WEIR_NOW, NULL), 0);
}
END_TEST

/* Many leave at once, with deadlines that pass meanwhile. */
static void wait_impatiently(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    int result;

    (void)arg;
    do
        result =
            weir_thread_join_all(weir_after(support_below(&random, 300000)));
    while (result == ETIMEDOUT);
    must_eq(result, 0);
}

START_TEST(timeouts_against_ends)
{
    weir_thread_t threads[4];
    support_group_t group;

    support_storm_begin();
    for (long i = support_scaled(100); i > 0; i--) {
        __atomic_store_n(&may_go, 0, __ATOMIC_RELAXED);
        for (int j = 0; j < 4; j++)
            begin(&threads[j], stay, NULL, j == 3);
        support_group_start(&group, 3, wait_impatiently, NULL);
        let_go();
        must_eq(weir_thread_join_all(WEIR_FOREVER), 0);
        support_group_join(&group);
        must_eq(weir_thread_join(&threads[3], WEIR_FOREVER, NULL), 0);
    }
    support_storm_end();
}
END_TEST

/* --- at exit --- */

static int pipe_of[2];

static void *write_late(void *arg)
{
    support_sleep_ns(20000000);
    must_eq(write(pipe_of[1], arg, 1), 1);
    return NULL;
}

static void write_at_exit(void)
{
    must_eq(write(pipe_of[1], "e", 1), 1);
}

static void write_before(void)
{
    must_eq(write(pipe_of[1], "b", 1), 1);
}

/* What a child writes that exits with a thread at work, and one that does
 * not end. */
static void exit_with_threads(bool joins, void (*leave)(int))
{
    static weir_thread_t worker, daemon;
    static char letter[] = "w";

    must_eq(atexit(write_at_exit), 0);
    if (joins) {
        must_eq(keeps_errno(weir_thread_join_at_exit()), 0);
        must_eq(weir_thread_join_at_exit(), 0);
    }
    must_eq(atexit(write_before), 0);
    begin(&daemon, stay, NULL, true);
    begin(&worker, joins ? write_late : stay, letter, false);
    leave(0);
}

static size_t text_of_child(pid_t child, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;

    must_eq(close(pipe_of[1]), 0);
    while ((got = read(pipe_of[0], text + length, size - length)) > 0 ||
           (got < 0 && errno == EINTR))
        length += got > 0 ? (size_t)got : 0;
    must_eq(close(pipe_of[0]), 0);
    support_reap(child);
    return length;
}

START_TEST(at_exit_if_asked_for)
{
    char text[8];
    pid_t child;

    must_eq(pipe(pipe_of), 0);
    child = support_fork();
    if (child == 0)
        exit_with_threads(true, exit);
    must_eq(text_of_child(child, text, sizeof(text)), 3);
    /* Handlers in the reverse order of their registration. */
    must(text[0] == 'b' && text[1] == 'w' && text[2] == 'e');
}
END_TEST

START_TEST(at_exit_not_if_not)
{
    char text[8];
    pid_t child;

    must_eq(pipe(pipe_of), 0);
    child = support_fork();
    if (child == 0)
        exit_with_threads(false, _i == 0 ? _exit : exit);
    must_eq(text_of_child(child, text, sizeof(text)), _i == 0 ? 0 : 2);
    must(_i == 0 || (text[0] == 'b' && text[1] == 'e'));
}
END_TEST

/* From a thread: it does not wait for itself. */
static void *call_exit(void *arg)
{
    (void)arg;
    exit(0);
}

START_TEST(at_exit_from_a_thread)
{
    static weir_thread_t exiting;
    pid_t child = support_fork();

    if (child == 0) {
        must_eq(weir_thread_join_at_exit(), 0);
        begin(&exiting, call_exit, NULL, false);
        for (;;)
            pause();
    }
    support_reap(child);
}
END_TEST

/* The child of a process with threads, and with the handler, just exits. */
START_TEST(at_exit_of_a_child)
{
    weir_thread_t worker;
    pid_t child;

    begin(&worker, stay, NULL, false);
    /* It has begun: before that it may hold a lock of a sanitizer's. */
    must(weir_thread_native_id(&worker) != 0);
    child = support_fork();
    if (child == 0) {
        must_eq(weir_thread_join_at_exit(), 0);
        exit(0);
    }
    support_reap(child);
    let_go();
    must_eq(weir_thread_join(&worker, WEIR_FOREVER, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread_exit");
    TCase *tcase = support_tcase(suite, "join_all");

    tcase_add_test(tcase, all_of_them);
    tcase_add_test(tcase, generations_of_them);
    tcase_add_test(tcase, by_threads_themselves);
    tcase_add_test(tcase, timeouts_against_ends);
    tcase = support_tcase(suite, "exit");
    tcase_add_test(tcase, at_exit_if_asked_for);
    tcase_add_loop_test(tcase, at_exit_not_if_not, 0, 2);
    tcase_add_test(tcase, at_exit_from_a_thread);
    tcase_add_test(tcase, at_exit_of_a_child);
    return support_main(suite);
}
