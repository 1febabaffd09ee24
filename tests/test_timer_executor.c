/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers whose callbacks are handed to an executor: one that the test runs by
 * hand, one that refuses, and one that calls at once.
 */
#include "test_timer_kit.h"

static struct executor executor;

static void probe_init_handed(struct probe *probe)
{
    probe_init(probe);
    must_eq(keeps_errno(weir_timer_set_executor(&probe->timer, executor_submit,
                                                &executor)),
            0);
}

/* --- api --- */

START_TEST(set_and_reset)
{
    struct probe probe;

    probe_init_handed(&probe);
    probe_start(&probe, weir_after(HOUR));
    must_eq(keeps_errno(weir_timer_set_executor(&probe.timer, NULL, NULL)),
            EBUSY);
    must_eq(weir_timer_cancel(&probe.timer), 0);
    must_eq(weir_timer_set_executor(&probe.timer, NULL, NULL), 0);
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
    must_eq(level(&executor.given), 0);
}
END_TEST

/* --- uncontended --- */

START_TEST(runs_where_it_is_put)
{
    struct probe probe;

    probe_init_handed(&probe);
    for (int i = 1; i <= 10; i++) {
        must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), 0);
        executor_run(&executor);
        must_eq(level(&probe.calls), i);
        must_eq(probe.tid, support_tid());
        must_eq(weir_timer_cancel(&probe.timer), EALREADY);
        probe_join(&probe);
    }
}
END_TEST

/* A refusal loses no firing. */
START_TEST(runs_here_if_it_is_refused)
{
    struct probe probe;
    pid_t tid = timer_thread();

    executor.refuses = EAGAIN;
    probe_init_handed(&probe);
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
    must_eq(probe.tid, tid);
    must_eq(weir_timer_fired(&probe.timer), 1);
}
END_TEST

static int call_at_once(void *pool, void (*fn)(void *), void *arg)
{
    up(pool);
    fn(arg);
    return 0;
}

static void start_at_once(struct probe *probe)
{
    if (level(&probe->calls) < 5)
        must_eq(weir_timer_start_at(&probe->timer, WEIR_NOW), 0);
}

START_TEST(runs_within_submit)
{
    struct probe probe;
    int submitted = 0;

    probe_init(&probe);
    must_eq(weir_timer_set_executor(&probe.timer, call_at_once, &submitted), 0);
    probe.then = start_at_once;
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
    must_eq(level(&probe.calls), 5);
    must_eq(level(&submitted), 5);
}
END_TEST

/* --- contended: between handing over and the call --- */

struct waiter {
    struct probe *probe;
    int result;
    bool cancels;
};

static void wait_here(unsigned index, void *arg)
{
    struct waiter *w = arg;

    (void)index;
    w->result = w->cancels
                    ? weir_timer_cancel_sync(&w->probe->timer, WEIR_FOREVER)
                    : weir_timer_join(&w->probe->timer, WEIR_FOREVER);
}

START_TEST(waiting_for_what_is_handed)
{
    struct probe probe;
    struct waiter waiter = {.probe = &probe, .cancels = _i};
    support_group_t group;

    probe_init_handed(&probe);
    probe_start(&probe, WEIR_NOW);
    await_level(&executor.given, 1);
    must(!weir_timer_is_armed(&probe.timer));
    must_eq(weir_timer_cancel(&probe.timer), EINPROGRESS);
    must_eq(weir_timer_cancel_sync(&probe.timer, weir_after(MS)), ETIMEDOUT);
    must_eq(weir_timer_join(&probe.timer, weir_after(MS)), ETIMEDOUT);
    must_eq(weir_timer_set_executor(&probe.timer, NULL, NULL), EBUSY);
    must_eq(level(&probe.calls), 0);
    support_group_start(&group, 1, wait_here, &waiter);
    (void)support_await_sleep(group.tids[0]);
    executor_run(&executor);
    support_group_join(&group);
    must_eq(waiter.result, _i ? EALREADY : 0);
    must_eq(level(&probe.calls), 1);
}
END_TEST

static void work(unsigned index, void *arg)
{
    (void)index;
    executor_run(arg);
}

/* Falls due again, and then once more, while it is handed (0) or runs (1): it
 * is called once more, and the third is skipped. */
START_TEST(never_two_at_once)
{
    struct probe probe;
    support_group_t group;
    bool runs = _i & 1;
    bool cancelled = _i & 2;

    probe_init_handed(&probe);
    probe.held = true;
    probe_start(&probe, WEIR_NOW);
    await_level(&executor.given, 1);
    if (runs) {
        support_group_start(&group, 1, work, &executor);
        await_level(&probe.calls, 1);
    }
    must_eq(weir_timer_start_every(&probe.timer, weir_after(MS), MS), 0);
    while (weir_timer_skipped(&probe.timer) < 3)
        support_sleep_ns(100000);
    must(weir_timer_is_armed(&probe.timer));
    must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), EALREADY);
    if (cancelled)
        must_eq(weir_timer_cancel(&probe.timer), EINPROGRESS);
    else /* moved behind what is made up for */
        must_eq(weir_timer_restart_at(&probe.timer, weir_after(HOUR)), 0);
    must_eq(weir_timer_is_armed(&probe.timer), !cancelled);
    if (!runs)
        support_group_start(&group, 1, work, &executor);
    up(&probe.go);
    support_group_join(&group);
    must_eq(level(&probe.calls), 1);
    must_eq(level(&executor.given), 1);
    must_eq(weir_timer_cancel(&probe.timer), cancelled ? EALREADY : 0);
}
END_TEST

/* What is made up for is made up for. */
START_TEST(again_is_called)
{
    struct probe probe;
    support_group_t group;
    bool runs = _i & 1;

    probe_init_handed(&probe);
    probe.held = true;
    probe_start(&probe, WEIR_NOW);
    await_level(&executor.given, 1);
    if (runs) {
        support_group_start(&group, 1, work, &executor);
        await_level(&probe.calls, 1);
    }
    must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), 0);
    (void)timer_thread(); /* it has fallen due */
    must(weir_timer_is_armed(&probe.timer));
    if (!runs)
        support_group_start(&group, 1, work, &executor);
    up(&probe.go);
    up(&probe.go);
    support_group_join(&group);
    must_eq(level(&probe.calls), 2);
    must_eq(weir_timer_fired(&probe.timer), 2);
    must_eq(weir_timer_skipped(&probe.timer), 0);
    must_eq(level(&executor.given), 1);
    must_eq(weir_timer_cancel(&probe.timer), EALREADY);
}
END_TEST

/* Callbacks of several run at once, each with a record of its own; they end in
 * another order than that in which they began. */
START_TEST(several_at_once)
{
    enum { N = 5 };
    static struct probe probes[N];
    support_group_t group[N];

    for (int i = 0; i < N; i++) {
        probe_init_handed(&probes[i]);
        probes[i].held = true;
        probe_start(&probes[i], WEIR_NOW);
        support_group_start(&group[i], 1, work, &executor);
        await_level(&probes[i].calls, 1);
    }
    for (int i = 0; i < N; i++) {
        int end = (2 * i + 2) % N;

        must_eq(weir_timer_cancel(&probes[end].timer), EINPROGRESS);
        up(&probes[end].go);
        support_group_join(&group[end]);
        must_eq(weir_timer_cancel(&probes[end].timer), EALREADY);
    }
}
END_TEST

/* --- misuse --- */

static void wait_for_itself(struct probe *probe)
{
    must_eq(weir_timer_cancel_sync(&probe->timer, WEIR_FOREVER), EDEADLK);
    must_eq(weir_timer_join(&probe->timer, WEIR_FOREVER), EDEADLK);
    must_eq(weir_timer_shutdown(WEIR_FOREVER), EDEADLK);
}

START_TEST(waiting_for_itself)
{
    struct probe probe;

    probe_init_handed(&probe);
    probe.then = wait_for_itself;
    probe_start(&probe, WEIR_NOW);
    executor_run(&executor);
    probe_join(&probe);
}
END_TEST

/* --- lifetime --- */

static void free_it(void *arg)
{
    struct probe **probe = arg;

    up(&(*probe)->calls);
    support_guarded_drop(*probe, sizeof(**probe));
}

/* The callback frees its timer, in the executor's thread, or in submit. */
START_TEST(freed_by_its_callback)
{
    for (int i = 0; i < 20; i++) {
        struct probe *probe = support_guarded(sizeof(*probe), false);
        int submitted = 0;

        must_eq(weir_timer_init(&probe->timer, free_it, &probe, 0), 0);
        if (_i == 0)
            must_eq(weir_timer_set_executor(&probe->timer, executor_submit,
                                            &executor),
                    0);
        else
            must_eq(weir_timer_set_executor(&probe->timer, call_at_once,
                                            &submitted),
                    0);
        must_eq(weir_timer_start_at(&probe->timer, WEIR_NOW), 0);
        if (_i == 0)
            executor_run(&executor);
        else
            await_level(&submitted, 1);
        (void)timer_thread(); /* it is done with it */
    }
}
END_TEST

/* --- shutdown --- */

static void shut_down(unsigned index, void *arg)
{
    int *result = arg;

    (void)index;
    *result = weir_timer_shutdown(WEIR_FOREVER);
}

/* What executors have is waited for; what would be made up for is dropped. */
START_TEST(shutdown_waits_for_executors)
{
    struct probe probe;
    support_group_t worker;
    support_group_t group;
    int result = -1;

    probe_init_handed(&probe);
    probe.held = true;
    probe_start(&probe, WEIR_NOW);
    await_level(&executor.given, 1);
    must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), 0);
    (void)timer_thread();
    must_eq(keeps_errno(weir_timer_shutdown(weir_after(MS))), ETIMEDOUT);
    must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), EALREADY);
    support_group_start(&worker, 1, work, &executor);
    await_level(&probe.calls, 1);
    must_eq(weir_timer_shutdown(WEIR_NOW), ETIMEDOUT);
    support_group_start(&group, 1, shut_down, &result);
    (void)support_await_sleep(group.tids[0]);
    up(&probe.go);
    support_group_join(&worker);
    support_group_join(&group);
    must_eq(result, 0);
    must_eq(level(&probe.calls), 1);
    must_eq(weir_timer_cancel(&probe.timer), EALREADY);
    must_eq(keeps_errno(weir_timer_shutdown(WEIR_NOW)), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timer_executor");
    TCase *tcase = timer_tcase(suite, "api");

    tcase_add_test(tcase, set_and_reset);

    tcase = timer_tcase(suite, "uncontended");
    tcase_add_test(tcase, runs_where_it_is_put);
    tcase_add_test(tcase, runs_here_if_it_is_refused);
    tcase_add_test(tcase, runs_within_submit);

    tcase = timer_tcase(suite, "contended");
    tcase_add_loop_test(tcase, waiting_for_what_is_handed, 0, 2);
    tcase_add_loop_test(tcase, never_two_at_once, 0, 4);
    tcase_add_loop_test(tcase, again_is_called, 0, 2);
    tcase_add_test(tcase, several_at_once);

    tcase = timer_tcase(suite, "misuse");
    tcase_add_test(tcase, waiting_for_itself);

    tcase = timer_tcase(suite, "lifetime");
    tcase_add_loop_test(tcase, freed_by_its_callback, 0, 2);

    tcase = timer_tcase(suite, "shutdown");
    tcase_add_test(tcase, shutdown_waits_for_executors);
    return support_main(suite);
}
