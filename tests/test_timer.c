/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers: starting, firing, cancelling and joining, on the timer thread.
 * Executors are in test_timer_executor.c; lifetime, fork and shutdown in
 * test_timer_process.c; races in test_timer_race.c.
 */
#include "test_timer_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- api --- */

static void nothing(void *arg)
{
    (void)arg;
}

START_TEST(bad_arguments_change_nothing)
{
    static const unsigned flags[] = {WEIR_SHARED, 2, 4, ~0u};
    weir_timer_t timer;
    weir_timer_t before;

    must_eq(sizeof(timer), 48 + 8 * sizeof(void *));
    memset(&timer, 0xa5, sizeof(timer));
    memcpy(&before, &timer, sizeof(timer));
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        must_eq(keeps_errno(weir_timer_init(&timer, nothing, NULL, flags[i])),
                EINVAL);
    must_eq(keeps_errno(weir_timer_init(&timer, NULL, NULL, 0)), EINVAL);
    must(memcmp(&timer, &before, sizeof(timer)) == 0);
    must_eq(weir_timer_init(&timer, nothing, NULL, 0), 0);
    memcpy(&before, &timer, sizeof(timer));
    must_eq(keeps_errno(weir_timer_start_every(&timer, WEIR_NOW, 0)), EINVAL);
    must_eq(weir_timer_start_every(&timer, WEIR_NOW, -1), EINVAL);
    must_eq(weir_timer_start_every(&timer, WEIR_NOW, INT64_MIN), EINVAL);
    must_eq(keeps_errno(weir_timer_join(&timer, WEIR_FOREVER)), ESRCH);
    must(memcmp(&timer, &before, sizeof(timer)) == 0);
    must(!keeps_errno(weir_timer_is_armed(&timer)));
    must_eq(keeps_errno(weir_timer_fired(&timer)), 0);
    must_eq(keeps_errno(weir_timer_skipped(&timer)), 0);
}
END_TEST

/* --- uncontended --- */

START_TEST(starts_once)
{
    struct probe probe;

    probe_init(&probe);
    probe_start(&probe, weir_after(HOUR));
    must(weir_timer_is_armed(&probe.timer));
    must_eq(keeps_errno(weir_timer_start_at(&probe.timer, 1)), EALREADY);
    must_eq(keeps_errno(weir_timer_start(&probe.timer, 1)), EALREADY);
    must_eq(weir_timer_start_every(&probe.timer, 1, 1), EALREADY);
    must_eq(weir_timer_join(&probe.timer, weir_after(MS)), ETIMEDOUT);
    must_eq(keeps_errno(weir_timer_cancel(&probe.timer)), 0);
    must(!weir_timer_is_armed(&probe.timer));
    must_eq(keeps_errno(weir_timer_cancel(&probe.timer)), EALREADY);
    probe_join(&probe);
    must_eq(weir_timer_fired(&probe.timer), 0);
}
END_TEST

/* It can be used again after it has fired, and after it was cancelled. */
START_TEST(starts_again)
{
    struct probe probe;

    probe_init(&probe);
    for (int i = 1; i <= 20; i++) {
        must_eq(keeps_errno(weir_timer_start(&probe.timer, WEIR_NOW)), 0);
        probe_join(&probe);
        must_eq(level(&probe.calls), i);
        must_eq(weir_timer_fired(&probe.timer), i);
        must(!weir_timer_is_armed(&probe.timer));
        must_eq(weir_timer_cancel(&probe.timer), EALREADY);
        must_eq(weir_timer_start_at(&probe.timer, WEIR_FOREVER), 0);
        must_eq(keeps_errno(weir_timer_cancel_sync(&probe.timer, WEIR_FOREVER)),
                0);
        must_eq(weir_timer_cancel_sync(&probe.timer, WEIR_NOW), EALREADY);
    }
    must_eq(probe.plain, 20);
}
END_TEST

/* Python: cancel before start, and start returns without calling. */
START_TEST(cancelled_before_start)
{
    struct probe probe;
    bool sync = _i & 1;

    probe_init(&probe);
    must_eq(sync ? weir_timer_cancel_sync(&probe.timer, WEIR_NOW)
                 : keeps_errno(weir_timer_cancel(&probe.timer)),
            EALREADY);
    probe_join(&probe);
    must_eq(_i & 2 ? weir_timer_restart_at(&probe.timer, WEIR_NOW)
                   : keeps_errno(weir_timer_start(&probe.timer, WEIR_NOW)),
            ECANCELED);
    must(!weir_timer_is_armed(&probe.timer));
    probe_join(&probe);
    /* That was it: it can be started now, and cancelled without a trace. */
    must_eq(weir_timer_cancel(&probe.timer), EALREADY);
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
    must_eq(level(&probe.calls), 1);
}
END_TEST

START_TEST(restarts)
{
    struct probe probe;

    probe_init(&probe);
    must_eq(keeps_errno(weir_timer_restart_at(&probe.timer, weir_after(HOUR))),
            0);
    must_eq(weir_timer_restart_at(&probe.timer, WEIR_FOREVER), 0);
    must_eq(weir_timer_restart_at(&probe.timer, weir_after(2 * HOUR)), 0);
    must(weir_timer_is_armed(&probe.timer));
    probe.due = weir_after(MS);
    must_eq(weir_timer_restart_at(&probe.timer, probe.due), 0);
    probe_join(&probe);
    must_eq(level(&probe.calls), 1);
    must_eq(weir_timer_start_every(&probe.timer, weir_after(HOUR), 1), 0);
    must_eq(weir_timer_restart_at(&probe.timer, WEIR_NOW), 0);
    probe_join(&probe); /* it is not periodic any more */
    must_eq(level(&probe.calls), 2);
}
END_TEST

static void keep(void *arg)
{
    up(arg);
}

/* As many as a server may have.  None of them fires. */
START_TEST(a_million)
{
    uint32_t n = support_scaled(1000000);
    weir_timer_t *timers = calloc(n, sizeof(*timers));
    support_random_t random = support_random(0);
    int calls = 0;

    must(timers != NULL);
    for (uint32_t i = 0; i < n; i++) {
        int64_t ns = HOUR + (int64_t)support_below(&random, 1u << 30) *
                                (int64_t)(1 + i % 1000);

        must_eq(weir_timer_init(&timers[i], keep, &calls, 0), 0);
        must_eq(weir_timer_start_at(&timers[i], weir_after(ns)), 0);
        support_progress();
    }
    for (uint32_t i = 0; i < n; i++) {
        /* In another order: 7919 is a prime that n is no multiple of. */
        uint32_t at = (uint32_t)(i * UINT64_C(7919) % n);

        must_eq(weir_timer_cancel(&timers[at]), 0);
    }
    must_eq(level(&calls), 0);
    free(timers);
}
END_TEST

/* --- timed --- */

START_TEST(never_early)
{
    enum { N = 300 };
    static struct probe probes[N];
    support_random_t random = support_random((unsigned)_i);

    for (int i = 0; i < N; i++) {
        probe_init(&probes[i]);
        probe_start(&probes[i], weir_after(support_below(&random, 1u << 24)));
    }
    for (int i = 0; i < N; i++) {
        probe_join(&probes[i]);
        must_eq(level(&probes[i].calls), 1);
        must_eq(probes[i].tid, probes[0].tid);
    }
    must(probes[0].tid != support_tid());
}
END_TEST

/* Python: a negative interval fires at once. */
START_TEST(past_deadlines)
{
    static const weir_deadline_t past[] = {INT64_MIN, -1, WEIR_NOW, 1};
    struct probe probe;

    probe_init(&probe);
    for (unsigned i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
        must_eq(weir_timer_start_at(&probe.timer, past[i]), 0);
        probe_join(&probe);
        must_eq(weir_timer_start_at(&probe.timer, weir_after(past[i])), 0);
        probe_join(&probe);
        must_eq(level(&probe.calls), 2 * (i + 1));
    }
}
END_TEST

/* The thread sleeps for an hour, and is woken for what is earlier. */
START_TEST(earlier_wakes)
{
    struct probe late;
    struct probe early;
    pid_t tid = timer_thread();

    probe_init(&late);
    probe_init(&early);
    for (int i = 0; i < 3; i++) {
        must_eq(weir_timer_restart_at(&late.timer, weir_after(HOUR)), 0);
        (void)support_await_sleep(tid);
        must_eq(weir_timer_start_at(&early.timer, weir_after(i * MS)), 0);
        probe_join(&early);
    }
    must_eq(level(&late.calls), 0);
    must_eq(weir_timer_cancel(&late.timer), 0);
    /* What it sleeps for is gone, once it was taken back in time; it looks, and
     * goes on sleeping. */
    for (int fired = 0;; fired++) {
        must_eq(weir_timer_restart_at(&late.timer, weir_after(MS)), 0);
        if (weir_timer_cancel_sync(&late.timer, WEIR_FOREVER) == 0) {
            must_eq(weir_timer_start_at(&early.timer, weir_after(2 * MS)), 0);
            probe_join(&early);
            must_eq(level(&late.calls), fired);
            break;
        }
        must_eq(level(&late.calls), fired + 1);
    }
}
END_TEST

static int order[64];
static int ordered;

static void note_order(struct probe *probe)
{
    order[ordered++] = (int)(intptr_t)probe->arg;
}

/* At different times by time, at the same one by start. */
START_TEST(in_order)
{
    enum { N = 64 };
    static struct probe probes[N];
    weir_deadline_t base;
    struct probe gate;

    probe_init(&gate); /* nothing fires until all are there */
    probe_hold(&gate);
    base = weir_after(MS);
    for (int i = 0; i < N; i++) {
        int step = _i == 0 ? (i * 37) % N : 0; /* any order, or one time */

        probe_init(&probes[i]);
        probes[i].then = note_order;
        probes[i].arg = (void *)(intptr_t)(_i == 0 ? step : i);
        probe_start(&probes[i], base + step * 2 * WEIR_TIMER_TICK_NS);
    }
    up(&gate.go);
    probe_join(&gate);
    for (int i = 0; i < N; i++)
        probe_join(&probes[i]);
    for (int i = 0; i < N; i++)
        must_eq(order[i], i);
}
END_TEST

/* --- periodic --- */

/* In the callback: what will be due next is in time. */
static void check_grid(struct probe *probe)
{
    uint64_t n =
        weir_timer_fired(&probe->timer) + weir_timer_skipped(&probe->timer);

    must_eq(probe->timer.link.due, probe->due + (int64_t)n * probe->period);
}

static void cancel_after_ten(struct probe *probe)
{
    check_grid(probe);
    if (level(&probe->calls) == 10)
        must_eq(weir_timer_cancel(&probe->timer), EINPROGRESS);
}

/* The n-th is not before first + n * period; no drift: on the grid. */
START_TEST(periodic)
{
    struct probe probe;

    probe_init(&probe);
    must_eq(weir_timer_start_every(&probe.timer, weir_after(HOUR), 1), 0);
    must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), EALREADY);
    must_eq(weir_timer_cancel(&probe.timer), 0);
    probe.period = MS / 2 + 1;
    probe.due = weir_after(MS);
    probe.then = cancel_after_ten;
    must_eq(keeps_errno(
                weir_timer_start_every(&probe.timer, probe.due, probe.period)),
            0);
    probe_join(&probe);
    must_eq(level(&probe.calls), 10);
    must_eq(weir_timer_fired(&probe.timer), 10);
    must(!weir_timer_is_armed(&probe.timer));
}
END_TEST

/* The callback takes longer than the period: what falls due meanwhile is made
 * up for once, and the rest is skipped. */
static void take_long(struct probe *probe)
{
    weir_deadline_t until;

    check_grid(probe);
    if (level(&probe->calls) == 1) {
        /* Until between the second and the third after the first that is
         * to come. */
        until = probe->timer.link.due + 3 * probe->period / 2;
        probe->result = (int)weir_timer_skipped(&probe->timer);
        while (weir_now() < until)
            support_sleep_ns(100000);
    } else if (level(&probe->calls) == 2) {
        must(weir_timer_skipped(&probe->timer) >= (uint64_t)probe->result + 1);
    } else if (level(&probe->calls) == 5) {
        must_eq(weir_timer_cancel(&probe->timer), EINPROGRESS);
    }
}

START_TEST(late_ones_are_skipped)
{
    struct probe probe;

    probe_init(&probe);
    probe.period = 2 * MS;
    probe.due = weir_after(MS);
    probe.then = take_long;
    must_eq(weir_timer_start_every(&probe.timer, probe.due, probe.period), 0);
    probe_join(&probe);
    must_eq(level(&probe.calls), 5);
    must(weir_timer_skipped(&probe.timer) >= 1);
}
END_TEST

static void cancel_me(struct probe *probe)
{
    must_eq(weir_timer_cancel(&probe->timer), EINPROGRESS);
}

/* "Now" begins a grid; another time that has passed is on one. */
START_TEST(periodic_from_the_past)
{
    struct probe probe;
    int64_t period = HOUR;

    probe_init(&probe);
    probe.then = cancel_me;
    must_eq(weir_timer_start_every(&probe.timer, WEIR_NOW, period), 0);
    probe_join(&probe);
    must_eq(weir_timer_skipped(&probe.timer), 0);
    must_eq(weir_timer_start_every(&probe.timer, INT64_MIN, INT64_MAX), 0);
    probe_join(&probe);
    must_eq(weir_timer_skipped(&probe.timer), 0);
    period = MS;
    must_eq(weir_timer_start_every(&probe.timer, weir_now() - 10 * period - 1,
                                   period),
            0);
    probe_join(&probe);
    must(weir_timer_skipped(&probe.timer) >= 10);
    must_eq(level(&probe.calls), 3);
}
END_TEST

/* --- contended: waiting --- */

struct waiter {
    weir_timer_t *timer;
    weir_deadline_t deadline;
    bool cancels;
    int results[SUPPORT_THREADS_MAX];
};

static void wait_here(unsigned index, void *arg)
{
    struct waiter *w = arg;

    support_note("waiting", 0, 0);
    w->results[index] =
        w->cancels ? keeps_errno(weir_timer_cancel_sync(w->timer, w->deadline))
                   : keeps_errno(weir_timer_join(w->timer, w->deadline));
}

static void put_to_bed(support_group_t *group, unsigned count,
                       struct waiter *waiter)
{
    support_group_start(group, count, wait_here, waiter);
    for (unsigned i = 0; i < count; i++)
        (void)support_await_sleep(group->tids[i]);
}

static void get_up(support_group_t *group, const struct waiter *waiter,
                   int result)
{
    support_group_join(group);
    for (unsigned i = 0; i < group->count; i++)
        must_eq(waiter->results[i], result);
}

/* Many joiners sleep until the callback has returned, or it is cancelled; or
 * moved, which does not wake them for good. */
START_TEST(joiners_sleep)
{
    struct probe probe;
    struct waiter waiter = {.timer = &probe.timer, .deadline = WEIR_FOREVER};
    support_group_t group;

    if (_i == 1)
        support_storm_begin();
    probe_init(&probe);
    probe_hold(&probe);
    put_to_bed(&group, 4, &waiter);
    up(&probe.go);
    get_up(&group, &waiter, 0);
    must_eq(level(&probe.returned), 1);

    must_eq(weir_timer_start_at(&probe.timer, weir_after(HOUR)), 0);
    put_to_bed(&group, 4, &waiter);
    must_eq(weir_timer_restart_at(&probe.timer, weir_after(2 * HOUR)), 0);
    must_eq(weir_timer_cancel(&probe.timer), 0);
    get_up(&group, &waiter, 0);
    must_eq(level(&probe.calls), 1);
    if (_i == 1)
        support_storm_end();
}
END_TEST

START_TEST(joins_time_out)
{
    static const weir_deadline_t past[] = {INT64_MIN, -1, WEIR_NOW, 1};
    struct probe probe;

    probe_init(&probe);
    must_eq(weir_timer_start_at(&probe.timer, weir_after(HOUR)), 0);
    for (unsigned i = 0; i < 4; i++)
        must_eq(keeps_errno(weir_timer_join(&probe.timer, past[i])), ETIMEDOUT);
    for (int i = 0; i < 5; i++) {
        weir_deadline_t deadline = weir_after(MS);

        must_eq(weir_timer_join(&probe.timer, deadline), ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    must_eq(weir_timer_cancel(&probe.timer), 0);
    must_eq(weir_timer_join(&probe.timer, WEIR_NOW), 0);
}
END_TEST

START_TEST(cancel_while_it_runs)
{
    struct probe probe;
    struct waiter waiter = {
        .timer = &probe.timer, .deadline = WEIR_FOREVER, .cancels = true};
    support_group_t group;

    probe_init(&probe);
    probe_hold(&probe);
    must_eq(weir_timer_fired(&probe.timer), 1);
    must(!weir_timer_is_armed(&probe.timer));
    must_eq(keeps_errno(weir_timer_cancel(&probe.timer)), EINPROGRESS);
    must_eq(weir_timer_cancel(&probe.timer), EINPROGRESS);
    must_eq(keeps_errno(weir_timer_cancel_sync(&probe.timer, WEIR_NOW)),
            ETIMEDOUT);
    must_eq(weir_timer_cancel_sync(&probe.timer, weir_after(MS)), ETIMEDOUT);
    must_eq(weir_timer_set_executor(&probe.timer, NULL, NULL), EBUSY);
    put_to_bed(&group, 2, &waiter);
    up(&probe.go);
    get_up(&group, &waiter, EALREADY);
    must_eq(level(&probe.returned), 1);
    must_eq(probe.plain, 1); /* seen without any other order */
    must_eq(weir_timer_cancel(&probe.timer), EALREADY);
}
END_TEST

/* The same with a firing to come: periodic, or started again meanwhile. */
START_TEST(cancel_what_is_to_come)
{
    struct probe probe;

    probe_init(&probe);
    probe.held = true;
    if (_i == 0) {
        must_eq(weir_timer_start_every(&probe.timer, WEIR_NOW, 1), 0);
        await_level(&probe.calls, 1);
    } else {
        probe_hold(&probe);
        must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), 0);
    }
    must(weir_timer_is_armed(&probe.timer));
    if (_i < 2)
        must_eq(weir_timer_cancel(&probe.timer), EINPROGRESS);
    else
        must_eq(weir_timer_cancel_sync(&probe.timer, WEIR_NOW), ETIMEDOUT);
    must(!weir_timer_is_armed(&probe.timer));
    up(&probe.go);
    must_eq(weir_timer_cancel_sync(&probe.timer, WEIR_FOREVER), EALREADY);
    (void)timer_thread(); /* it has looked again */
    must_eq(level(&probe.calls), 1);
}
END_TEST

static void start_me_again(struct probe *probe)
{
    must_eq(weir_timer_start_at(&probe->timer, weir_after(MS)), 0);
}

/* A callback that starts itself over and over is stopped for good. */
START_TEST(cancel_sync_outlasts_restarts)
{
    struct probe probe;

    for (int i = 0; i < (int)support_scaled(50); i++) {
        int calls;

        probe_init(&probe);
        probe.then = start_me_again;
        must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), 0);
        await_level(&probe.calls, 1 + i % 3);
        must_eq(weir_timer_cancel_sync(&probe.timer, WEIR_FOREVER), 0);
        must(!weir_timer_is_armed(&probe.timer));
        calls = level(&probe.calls);
        must_eq(level(&probe.returned), calls);
        must_eq(weir_timer_cancel(&probe.timer), EALREADY);
    }
}
END_TEST

/* --- misuse --- */

static void wait_for_itself(struct probe *probe)
{
    struct probe *other = probe->arg;

    must_eq(keeps_errno(weir_timer_cancel_sync(&probe->timer, WEIR_FOREVER)),
            EDEADLK);
    must_eq(keeps_errno(weir_timer_join(&probe->timer, WEIR_FOREVER)), EDEADLK);
    must_eq(keeps_errno(weir_timer_shutdown(WEIR_FOREVER)), EDEADLK);
    must_eq(weir_timer_cancel(&probe->timer), EINPROGRESS);
    /* Another timer cannot fire while this thread waits. */
    must_eq(weir_timer_start_at(&other->timer, WEIR_NOW), 0);
    must_eq(weir_timer_join(&other->timer, WEIR_FOREVER), EDEADLK);
    must_eq(weir_timer_cancel_sync(&other->timer, WEIR_FOREVER), 0);
    must_eq(weir_timer_join(&other->timer, WEIR_FOREVER), 0);
    must_eq(weir_timer_start_at(&other->timer, WEIR_NOW), 0);
}

START_TEST(waiting_for_itself)
{
    struct probe probe;
    struct probe other;

    probe_init(&probe);
    probe_init(&other);
    probe.then = wait_for_itself;
    probe.arg = &other;
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
    probe_join(&other);
    must_eq(level(&other.calls), 1);
}
END_TEST

/* --- signal --- */

/* The thread gets no signals: not one of a program that sends them to itself. */
START_TEST(blocks_signals)
{
    char name[64];
    char line[128];
    uint64_t blocked = 0;
    FILE *file;

    (void)snprintf(name, sizeof(name), "/proc/self/task/%d/status",
                   (int)timer_thread());
    file = fopen(name, "r");
    must(file != NULL);
    must(fgets(line, sizeof(line), file) != NULL);
    must(strcmp(line, "Name:\tweir-timer\n") == 0);
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "SigBlk:", 7) == 0)
            blocked = strtoull(line + 7, NULL, 16);
    (void)fclose(file);
    for (int i = 1; i <= 31; i++) {
        bool fault = i == 4 || i == 5 || i == 6 || i == 7 || i == 8 || i == 11;
        bool never = i == 9 || i == 19;

        must_eq(blocked >> (i - 1) & 1, !fault && !never);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timer");
    TCase *tcase = timer_tcase(suite, "api");

    tcase_add_test(tcase, bad_arguments_change_nothing);

    tcase = timer_tcase(suite, "uncontended");
    tcase_add_test(tcase, starts_once);
    tcase_add_test(tcase, starts_again);
    tcase_add_loop_test(tcase, cancelled_before_start, 0, 4);
    tcase_add_test(tcase, restarts);
    tcase_add_test(tcase, a_million);

    tcase = timer_tcase(suite, "timed");
    tcase_add_loop_test(tcase, never_early, 0, 3);
    tcase_add_test(tcase, past_deadlines);
    tcase_add_test(tcase, earlier_wakes);
    tcase_add_loop_test(tcase, in_order, 0, 2);
    tcase_add_test(tcase, periodic);
    tcase_add_test(tcase, late_ones_are_skipped);
    tcase_add_test(tcase, periodic_from_the_past);

    tcase = timer_tcase(suite, "contended");
    tcase_add_loop_test(tcase, joiners_sleep, 0, 2);
    tcase_add_test(tcase, joins_time_out);
    tcase_add_test(tcase, cancel_while_it_runs);
    tcase_add_loop_test(tcase, cancel_what_is_to_come, 0, 3);
    tcase_add_test(tcase, cancel_sync_outlasts_restarts);

    tcase = timer_tcase(suite, "misuse");
    tcase_add_test(tcase, waiting_for_itself);

    tcase = timer_tcase(suite, "signal");
    tcase_add_test(tcase, blocks_signals);
    return support_main(suite);
}
