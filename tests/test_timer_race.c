/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers under load: threads that own timers and do anything to them, and
 * check what they may rely on, with data that is not atomic, so that
 * ThreadSanitizer checks the orders.
 */
#include "test_timer_kit.h"

#include <string.h>

#include "base/atomic.h"

#define OWNERS 4u
#define EACH 8

struct owned {
    weir_timer_t timer;
    long told; /* by the owner, before each start */
    long seen; /* by the callback: what it was told */
    long calls;
    int running;
    weir_deadline_t due;
};

static struct owned owned[OWNERS][EACH];
static struct executor executor;
static int stop;

static void fire(void *arg)
{
    struct owned *o = arg;

    must(weir_now() >= o->due);
    must_eq(__atomic_fetch_add(&o->running, 1, __ATOMIC_RELAXED), 0);
    o->seen = o->told;
    o->calls++;
    must_eq(__atomic_fetch_sub(&o->running, 1, __ATOMIC_RELAXED), 1);
}

/* Nobody else touches it now: it is idle, and what the callback did is seen. */
static void check_idle(struct owned *o, bool cancelled, long calls)
{
    must(!weir_timer_is_armed(&o->timer));
    must_eq(__atomic_load_n(&o->running, __ATOMIC_RELAXED), 0);
    must_eq(o->calls, calls + !cancelled);
    if (!cancelled)
        must_eq(o->seen, o->told);
    must_eq(weir_timer_fired(&o->timer), o->calls);
}

static void start_and_end(struct owned *o, support_random_t *random)
{
    long calls = o->calls;
    int result;

    o->told++;
    o->due = weir_after(support_below(random, 200000));
    must_eq(weir_timer_start_at(&o->timer, o->due), 0);
    support_jitter(random);
    if (support_below(random, 4) == 0) {
        result = weir_timer_restart_at(&o->timer, o->due);
        must_eq(result, 0);
        /* It may have fired before, and fires again. */
        must_eq(weir_timer_join(&o->timer, WEIR_FOREVER), 0);
        must(o->calls == calls + 1 || o->calls == calls + 2);
        calls = o->calls - 1;
        check_idle(o, false, calls);
        return;
    }
    switch (support_below(random, 3)) {
    case 0:
        must_eq(weir_timer_join(&o->timer, WEIR_FOREVER), 0);
        check_idle(o, false, calls);
        break;
    case 1:
        result = weir_timer_cancel_sync(&o->timer, WEIR_FOREVER);
        must(result == 0 || result == EALREADY);
        check_idle(o, result == 0, calls);
        break;
    default:
        result = weir_timer_cancel(&o->timer);
        if (result == EINPROGRESS)
            result = weir_timer_cancel_sync(&o->timer, WEIR_FOREVER);
        must(result == 0 || result == EALREADY);
        check_idle(o, result == 0, calls);
    }
}

static void own(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    long rounds = *(const long *)arg;

    for (long i = 0; i < rounds; i++) {
        support_note("round %lu", (unsigned long)i, 0);
        start_and_end(&owned[index][support_below(&random, EACH)], &random);
    }
}

static void set_up(void)
{
    for (unsigned i = 0; i < OWNERS; i++)
        for (int j = 0; j < EACH; j++)
            must_eq(weir_timer_init(&owned[i][j].timer, fire, &owned[i][j], 0),
                    0);
}

START_TEST(owners)
{
    long rounds = support_scaled(2000);

    set_up();
    if (_i == 1)
        support_storm_begin();
    support_threads(OWNERS, own, &rounds);
    if (_i == 1)
        support_storm_end();
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}
END_TEST

/* The same with callbacks in a thread of an executor, whose owner is last. */
static void own_or_work(unsigned index, void *arg)
{
    if (index < OWNERS) {
        own(index, arg);
        up(&stop);
        return;
    }
    while (level(&stop) < (int)OWNERS ||
           level(&executor.given) > executor.taken)
        if (level(&executor.given) > executor.taken)
            executor_run(&executor);
        else
            support_sleep_ns(5000);
}

START_TEST(owners_and_an_executor)
{
    long rounds = support_scaled(1000);

    set_up();
    for (unsigned i = 0; i < OWNERS; i++)
        for (int j = 0; j < EACH; j++)
            if ((i + (unsigned)j) % 2 == 0)
                must_eq(weir_timer_set_executor(&owned[i][j].timer,
                                                executor_submit, &executor),
                        0);
    support_threads(OWNERS + 1, own_or_work, &rounds);
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
    must_eq(executor.given, executor.taken);
}
END_TEST

/* Many threads and one timer: nobody owns it, and all may do all of it. */
static struct probe shared;

static void pulse(void *arg)
{
    struct probe *probe = arg;

    must_eq(__atomic_fetch_add(&probe->go, 1, __ATOMIC_RELAXED), 0);
    probe->plain++;
    must_eq(__atomic_fetch_sub(&probe->go, 1, __ATOMIC_RELAXED), 1);
}

static void do_anything(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    long rounds = *(const long *)arg;
    weir_timer_t *t = &shared.timer;

    for (long i = 0; i < rounds; i++) {
        weir_deadline_t due = weir_after(support_below(&random, 30000));
        int result = 0;

        support_note("round %lu", (unsigned long)i, 0);
        switch (support_below(&random, 7)) {
        case 0: result = weir_timer_start_at(t, due); break;
        case 1: result = weir_timer_restart_at(t, due); break;
        case 2: result = weir_timer_start_every(t, due, 5000); break;
        case 3: result = weir_timer_cancel(t); break;
        case 4: result = weir_timer_cancel_sync(t, due); break;
        case 5: result = weir_timer_join(t, due); break;
        default: (void)weir_timer_is_armed(t);
        }
        must(result == 0 || result == EALREADY || result == EINPROGRESS ||
             result == ETIMEDOUT || result == ECANCELED || result == ESRCH);
        support_jitter(&random);
    }
}

START_TEST(anything)
{
    long rounds = support_scaled(2000);

    must_eq(weir_timer_init(&shared.timer, pulse, &shared, 0), 0);
    support_threads(6, do_anything, &rounds);
    (void)weir_timer_cancel_sync(&shared.timer, WEIR_FOREVER);
    must_eq(shared.plain, weir_timer_fired(&shared.timer));
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}
END_TEST

/* Very many that are due at once, while others start and cancel. */
#define CROWD 20000
static weir_timer_t crowd[CROWD];
static long crowd_calls;

static void count(void *arg)
{
    (void)arg;
    crowd_calls++; /* one thread calls */
}

START_TEST(a_crowd)
{
    weir_deadline_t due = weir_after(5 * MS);
    uint32_t n = support_scaled(CROWD);

    for (uint32_t i = 0; i < n; i++) {
        must_eq(weir_timer_init(&crowd[i], count, NULL, 0), 0);
        must_eq(weir_timer_start_at(&crowd[i], due + (int64_t)(i % 5000) * 999),
                0);
    }
    for (uint32_t i = 0; i < n; i += 100)
        must_eq(weir_timer_restart_at(&crowd[i], WEIR_NOW), 0);
    for (uint32_t i = 0; i < n; i++)
        must_eq(weir_timer_join(&crowd[i], WEIR_FOREVER), 0);
    must(crowd_calls >= (long)n && crowd_calls <= (long)(n + n / 100 + 1));
    for (uint32_t i = 0; i < n; i++)
        must_eq(weir_timer_cancel(&crowd[i]), EALREADY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timer_race");
    TCase *tcase = timer_tcase(suite, "races");

    tcase_add_loop_test(tcase, owners, 0, 2);
    tcase_add_test(tcase, owners_and_an_executor);
    tcase_add_test(tcase, anything);
    tcase_add_test(tcase, a_crowd);
    return support_main(suite);
}
