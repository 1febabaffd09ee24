/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Hooks: what is told of threads and of waiting, and of failures.
 */
#include <weir/weir.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/trace.h"
#include "support/support.h"

/* --- events --- */

#define KINDS (WEIR_TRACE_TIMER_FIRE + 1)

static uint32_t counts[KINDS];
static weir_trace_event_t last[KINDS];
static const volatile void *about; /* events of other objects do not count */

/* Counts; what it does itself must make no events. */
static void count(const weir_trace_event_t *event)
{
    static weir_mutex_t inner = WEIR_MUTEX_INIT;
    static _Thread_local bool inside;

    must(!inside);
    must(event->kind >= 1 && event->kind < KINDS);
    must_eq(event->thread, weir_get_ident());
    must(event->time > 0 && event->time <= weir_now());
    must(event->ns >= 0);
    must_eq(event->count != 0, event->kind == WEIR_TRACE_WAKE);
    if (event->object != about)
        return;
    inside = true;
    must_eq(weir_mutex_lock(&inner), 0);
    must_eq(weir_mutex_lock_until(&inner, weir_after(1000)), ETIMEDOUT);
    last[event->kind] = *event;
    __atomic_fetch_add(&counts[event->kind], 1, __ATOMIC_RELEASE);
    must_eq(weir_mutex_unlock(&inner), 0);
    inside = false;
    errno = 4711;
}

static uint32_t counted(int kind)
{
    return __atomic_load_n(&counts[kind], __ATOMIC_ACQUIRE);
}

static void forget_counts(void)
{
    memset(counts, 0, sizeof(counts));
    memset(last, 0, sizeof(last));
}

static void *at_once(void *arg)
{
    support_sleep_ns(1000000);
    return arg;
}

START_TEST(hooks_are_got_as_set)
{
    must(weir_get_trace() == NULL);
    must(weir_get_profile() == NULL);
    must_eq(keeps_errno(weir_set_trace(count)), 0);
    must(weir_get_trace() == count);
    must(weir_get_profile() == NULL);
    must_eq(keeps_errno(weir_set_profile(count)), 0);
    must(weir_get_profile() == count);
    must_eq(weir_set_trace(NULL), 0);
    must(weir_get_trace() == NULL);
    must(weir_get_profile() == count);
    must_eq(weir_set_profile(NULL), 0);
    must(weir_get_profile() == NULL);
}
END_TEST

START_TEST(threads_start_and_stop)
{
    weir_thread_t thread;

    about = &thread;
    must_eq(weir_set_trace(count), 0);
    must_eq(weir_thread_init(&thread, NULL, at_once, NULL), 0);
    must_eq(weir_thread_start(&thread), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
    must_eq(counted(WEIR_TRACE_THREAD_START), 1);
    must_eq(counted(WEIR_TRACE_THREAD_STOP), 1);
    must_eq(last[WEIR_TRACE_THREAD_START].thread, weir_thread_ident(&thread));
    must_eq(last[WEIR_TRACE_THREAD_STOP].thread, weir_thread_ident(&thread));
    must(last[WEIR_TRACE_THREAD_STOP].ns >= 1000000);
    must_eq(weir_set_trace(NULL), 0);
    forget_counts();
    must_eq(weir_thread_init(&thread, NULL, at_once, NULL), 0);
    must_eq(weir_thread_start(&thread), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
    must_eq(counted(WEIR_TRACE_THREAD_START), 0);
    must_eq(counted(WEIR_TRACE_THREAD_STOP), 0);
}
END_TEST

/* The profile hook gets the ends alone. */
START_TEST(profile_of_a_thread)
{
    weir_thread_t thread;

    about = &thread;
    must_eq(weir_set_profile(count), 0);
    must_eq(weir_thread_init(&thread, NULL, at_once, NULL), 0);
    must_eq(weir_thread_start(&thread), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
    must_eq(counted(WEIR_TRACE_THREAD_START), 0);
    must_eq(counted(WEIR_TRACE_THREAD_STOP), 1);
    must_eq(counted(WEIR_TRACE_CONTENDED_BEGIN), 0);
    must_eq(counted(WEIR_TRACE_WAIT), 0);
    must_eq(weir_set_profile(NULL), 0);
}
END_TEST

static weir_mutex_t mutex;

/* Until it sleeps for the mutex: the hook sleeps as well, for another. */
static void await_sleep_for_mutex(pid_t tid)
{
    const void *word;

    do
        word = support_await_sleep(tid);
    while (word != NULL && word != &mutex);
}

static void lock_it(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(keeps_errno(weir_mutex_lock(&mutex)), 0);
    must_eq(keeps_errno(weir_mutex_unlock(&mutex)), 0);
}

/* The mutex and its word are at one address: all events are about it. */
START_TEST(waiting_for_a_mutex)
{
    support_group_t group;

    about = &mutex;
    must_eq(weir_set_trace(count), 0);
    must_eq(weir_set_profile(_i == 1 ? count : NULL), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(counted(WEIR_TRACE_CONTENDED_BEGIN), 0);
    support_group_start(&group, 1, lock_it, NULL);
    await_sleep_for_mutex(group.tids[0]);
    must_eq(counted(WEIR_TRACE_CONTENDED_BEGIN), 1);
    must(counted(WEIR_TRACE_WAIT) >= 1);
    must_eq(counted(WEIR_TRACE_CONTENDED_END), 0);
    must_eq(keeps_errno(weir_mutex_unlock(&mutex)), 0);
    support_group_join(&group);
    must(counted(WEIR_TRACE_WAKE) >= 1);
    must_eq(counted(WEIR_TRACE_CONTENDED_BEGIN), 1);
    must_eq(counted(WEIR_TRACE_CONTENDED_END), 1 + _i);
    must_eq(counted(WEIR_TRACE_WOKEN), counted(WEIR_TRACE_WAIT) * (1 + _i));
    must(last[WEIR_TRACE_CONTENDED_END].ns >= last[WEIR_TRACE_WOKEN].ns);
    must(last[WEIR_TRACE_WOKEN].ns > 0);
    must(last[WEIR_TRACE_CONTENDED_END].thread != weir_get_ident());
    must_eq(weir_set_trace(NULL), 0);
    must_eq(weir_set_profile(NULL), 0);
}
END_TEST

/* Nothing is told where nothing waits. */
START_TEST(no_events_without_waiting)
{
    weir_queue_t *queue;
    int element = 1;

    about = &mutex;
    must_eq(weir_set_trace(count), 0);
    for (int i = 0; i < 1000; i++)
        lock_it(0, NULL);
    must_eq(weir_queue_create(&queue, 4, sizeof(int), 0), 0);
    must_eq(weir_queue_put(queue, &element), 0);
    must_eq(weir_queue_get(queue, &element), 0);
    weir_queue_destroy(queue);
    for (int kind = 1; kind < KINDS; kind++)
        must_eq(counted(kind), 0);
    must_eq(weir_set_trace(NULL), 0);
}
END_TEST

/* Anything that begins ends, whatever is waited for. */
static int32_t open_now[KINDS];

static void balance(const weir_trace_event_t *event)
{
    __atomic_fetch_add(&open_now[event->kind], 1, __ATOMIC_RELAXED);
}

static weir_barrier_t barrier;
static weir_queue_t *queue;

static void wait_everywhere(unsigned index, void *arg)
{
    (void)arg;
    for (long i = support_scaled(300); i > 0; i--) {
        int element = 0;

        lock_it(index, NULL);
        must_eq(weir_barrier_wait(&barrier, NULL), 0);
        if (index == 0)
            must_eq(weir_queue_put(queue, &element), 0);
        else
            must_eq(weir_queue_get(queue, &element), 0);
        must_eq(weir_barrier_wait(&barrier, NULL), 0);
    }
}

START_TEST(what_begins_ends)
{
    must_eq(weir_barrier_init(&barrier, 2, 0), 0);
    must_eq(weir_queue_create(&queue, 1, sizeof(int), 0), 0);
    must_eq(weir_set_trace(balance), 0);
    support_threads(2, wait_everywhere, NULL);
    must_eq(weir_set_trace(NULL), 0);
    must(open_now[WEIR_TRACE_CONTENDED_BEGIN] > 0);
    must_eq(open_now[WEIR_TRACE_CONTENDED_BEGIN],
            open_now[WEIR_TRACE_CONTENDED_END]);
    must_eq(open_now[WEIR_TRACE_WAIT], open_now[WEIR_TRACE_WOKEN]);
    weir_queue_destroy(queue);
}
END_TEST

/* Hooks that come and go while events happen: no end without a begin. */
static uint32_t stop;

static void set_hooks(unsigned index, void *arg)
{
    if (index != 0) {
        wait_everywhere(index - 1, arg);
        if (index == 1)
            __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
        return;
    }
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        must_eq(weir_set_trace(balance), 0);
        must_eq(weir_set_profile(balance), 0);
        support_sleep_ns(20000);
        must_eq(weir_set_trace(NULL), 0);
        must_eq(weir_set_profile(NULL), 0);
    }
}

START_TEST(hooks_come_and_go)
{
    must_eq(weir_barrier_init(&barrier, 2, 0), 0);
    must_eq(weir_queue_create(&queue, 1, sizeof(int), 0), 0);
    support_threads(3, set_hooks, NULL);
    must(weir_get_trace() == NULL);
    weir_queue_destroy(queue);
}
END_TEST

/* --- failures --- */

static weir_failure_t seen;
static char seen_message[64];
static int failures;

static void note(const weir_failure_t *failure)
{
    seen = *failure;
    snprintf(seen_message, sizeof(seen_message), "%s", failure->message);
    failures++;
    errno = 4711;
}

static void *fail_in_thread(void *arg)
{
    must_eq(keeps_errno(weir_thread_fail(7, arg)), 0);
    return arg; /* it goes on */
}

START_TEST(the_hook_hears_of_failures)
{
    static char sentence[] = "the paper is out";
    weir_thread_t thread;

    must(weir_set_failhook(note) == NULL);
    must_eq(weir_thread_init(&thread, NULL, fail_in_thread, sentence), 0);
    must_eq(weir_thread_start(&thread), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
    must_eq(failures, 1);
    must(seen.thread == &thread);
    must_eq(seen.ident, weir_thread_ident(&thread));
    must_eq(seen.code, 7);
    must_eq(strcmp(seen_message, sentence), 0);
    must_eq(weir_thread_fail(EBUSY, NULL), 0); /* in main, without words */
    must_eq(failures, 2);
    must(seen.thread == weir_thread_main());
    must_eq(strcmp(seen_message, weir_strerror(EBUSY)), 0);
    must(weir_set_failhook(NULL) == note);
    must(weir_set_failhook(NULL) == NULL);
}
END_TEST

/* What a call writes to stderr. */
static char written[2048];

static void catch_stderr(void (*call)(void))
{
    int saved = dup(STDERR_FILENO);
    int pipes[2];
    ssize_t length;

    must_eq(pipe(pipes), 0);
    must(dup2(pipes[1], STDERR_FILENO) >= 0);
    call();
    must(dup2(saved, STDERR_FILENO) >= 0);
    must_eq(close(saved), 0);
    must_eq(close(pipes[1]), 0);
    length = read(pipes[0], written, sizeof(written) - 1);
    must(length >= 0);
    written[length] = '\0';
    must_eq(close(pipes[0]), 0);
}

static unsigned lines(void)
{
    unsigned count_of = 0;

    for (const char *c = written; *c != '\0'; c++)
        count_of += *c == '\n';
    return count_of;
}

static void fail_here(void)
{
    must_eq(keeps_errno(weir_thread_fail(7, "seven")), 0);
}

static void fail_at_length(void)
{
    static char words[1000];

    memset(words, 'x', sizeof(words) - 1);
    must_eq(weir_thread_set_name(weir_thread_main(), words), 0);
    must_eq(weir_thread_fail(7, words), 0);
}

START_TEST(by_default_stderr_does)
{
    catch_stderr(fail_here);
    must_eq(lines(), 1);
    must(strstr(written, "weir: thread MainThread (ident ") == written);
    must(strstr(written, ") failed: seven (7)\n") != NULL);
    catch_stderr(fail_at_length);
    must_eq(lines(), 1);
    must(strlen(written) < 512);
    must(strstr(written, "xxx (7)\n") != NULL);
}
END_TEST

/* A hook that fails has reported nothing. */
static void fail_too(const weir_failure_t *failure)
{
    failures++;
    must_eq(weir_thread_fail(failure->code + 1, "the hook"), 0);
    must_eq(weir_thread_fail(failure->code + 2, "the hook again"), 0);
}

START_TEST(a_hook_that_fails)
{
    must(weir_set_failhook(fail_too) == NULL);
    for (int i = 1; i <= 2; i++) {
        catch_stderr(fail_here);
        must_eq(failures, i); /* it was not called for its own */
        must_eq(lines(), 3);
        must(strstr(written, " failed in the failhook: the hook (8)\n") !=
             NULL);
        must(strstr(written, " failed in the failhook: the hook again (9)\n") !=
             NULL);
        must(strstr(written, " failed: seven (7)\n") != NULL);
    }
    must(weir_set_failhook(note) == fail_too);
    catch_stderr(fail_here);
    must_eq(lines(), 0);
    must_eq(failures, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread_hooks");
    TCase *tcase = support_tcase(suite, "events");

    tcase_add_test(tcase, hooks_are_got_as_set);
    tcase_add_test(tcase, threads_start_and_stop);
    tcase_add_test(tcase, profile_of_a_thread);
    tcase_add_loop_test(tcase, waiting_for_a_mutex, 0, 2);
    tcase_add_test(tcase, no_events_without_waiting);
    tcase_add_test(tcase, what_begins_ends);
    tcase_add_test(tcase, hooks_come_and_go);
    tcase = support_tcase(suite, "failures");
    tcase_add_test(tcase, the_hook_hears_of_failures);
    tcase_add_test(tcase, by_default_stderr_does);
    tcase_add_test(tcase, a_hook_that_fails);
    return support_main(suite);
}
