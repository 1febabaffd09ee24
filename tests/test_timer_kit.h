/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the suites of the timer share: timers whose callbacks can be held up,
 * and an executor that runs what it was given when a test wants it.
 */
#ifndef TEST_TIMER_KIT_H
#define TEST_TIMER_KIT_H

#include <weir/timer.h>

#include "support/support.h"

#define MS ((int64_t)1000000)
#define HOUR ((int64_t)3600 * 1000 * MS)

/* Flags and counts between threads. */
static inline void up(int *flag)
{
    (void)__atomic_fetch_add(flag, 1, __ATOMIC_ACQ_REL);
}

static inline int level(const int *flag)
{
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static inline void await_level(const int *flag, int wanted)
{
    while (level(flag) < wanted)
        support_sleep_ns(20000);
}

/* A timer and what its callback saw and does. */
struct probe {
    weir_timer_t timer;
    weir_deadline_t due; /* of the first firing */
    int64_t period;
    int calls;                         /* begun */
    int returned;                      /* and ended */
    bool held;                         /* it waits for go */
    int go;                            /* as many as may return */
    pid_t tid;                         /* where it ran last */
    unsigned long plain;               /* not atomic on purpose */
    void (*then)(struct probe *probe); /* what else it does */
    void *arg;
    int result; /* of that */
};

static inline void probe_fire(void *arg)
{
    struct probe *probe = arg;
    weir_deadline_t now = weir_now();
    int call = level(&probe->calls) + 1;

    must(now >= probe->due + (call - 1) * probe->period); /* never early */
    probe->tid = support_tid();
    probe->plain++;
    up(&probe->calls);
    if (probe->held)
        await_level(&probe->go, call);
    up(&probe->returned);
    if (probe->then != NULL)
        probe->then(probe);
}

static inline void probe_init(struct probe *probe)
{
    *probe = (struct probe){.due = INT64_MIN};
    must_eq(keeps_errno(weir_timer_init(&probe->timer, probe_fire, probe, 0)),
            0);
}

static inline void probe_start(struct probe *probe, weir_deadline_t due)
{
    probe->due = due;
    must_eq(keeps_errno(weir_timer_start_at(&probe->timer, due)), 0);
}

/* Start it now, held, and wait until its callback runs. */
static inline void probe_hold(struct probe *probe)
{
    probe->held = true;
    probe_start(probe, WEIR_NOW);
    await_level(&probe->calls, 1);
}

static inline void probe_join(struct probe *probe)
{
    must_eq(keeps_errno(weir_timer_join(&probe->timer, WEIR_FOREVER)), 0);
}

/* The thread in which callbacks run. */
static inline pid_t timer_thread(void)
{
    struct probe probe;

    probe_init(&probe);
    probe_start(&probe, WEIR_NOW);
    probe_join(&probe);
    return probe.tid;
}

/* A test case whose tests end without the timer thread: ThreadSanitizer would
 * wait for a second at the end of each. */
static inline void timer_teardown(void)
{
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}

static inline TCase *timer_tcase(Suite *suite, const char *name)
{
    TCase *tcase = support_tcase(suite, name);

    tcase_add_checked_fixture(tcase, NULL, timer_teardown);
    return tcase;
}

/* An executor: a list of calls, and threads that the test gives it. */
#define QUEUED 64
struct executor {
    void (*fn[QUEUED])(void *);
    void *arg[QUEUED];
    int given;
    int taken;
    int refuses; /* what submit returns */
};

static inline int executor_submit(void *pool, void (*fn)(void *), void *arg)
{
    struct executor *executor = pool;
    int at = level(&executor->given);

    if (executor->refuses != 0)
        return executor->refuses;
    executor->fn[at % QUEUED] = fn;
    executor->arg[at % QUEUED] = arg;
    up(&executor->given);
    return 0;
}

/* Run the next of the calls, here. */
static inline void executor_run(struct executor *executor)
{
    int at = executor->taken++;

    await_level(&executor->given, at + 1);
    executor->fn[at % QUEUED](executor->arg[at % QUEUED]);
}

#endif
