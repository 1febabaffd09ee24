/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Event: setting, clearing, waiting with and without a deadline, pulses,
 * signals; private and shared.  Its word is in test_words_event.c, lifetime and
 * processes in test_event_process.c.  What CPython's EventTests ask is in
 * test_python_signals.c.
 */
#include <weir/event.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_event_t event;

static void fresh(int scope)
{
    must_eq(weir_event_init(&event, scopes[scope]), 0);
    support_watch("event", &event, sizeof(event));
}

/* All of them are asleep, on a word of the event. */
static void await_sleepers(const support_group_t *group)
{
    for (unsigned i = 0; i < group->count; i++) {
        const char *word = support_await_sleep(group->tids[i]);

        must(word == NULL || (word >= (const char *)&event &&
                              word < (const char *)(&event + 1)));
    }
}

/* --- api --- */

START_TEST(init_and_flags)
{
    static const unsigned bad[] = {2, 3, WEIR_SHARED | 4, ~0u};
    weir_event_t before;

    must_eq(sizeof(weir_event_t), 8);
    must_eq(_Alignof(weir_event_t), 8);
    memset(&event, 0xa5, sizeof(event));
    memcpy(&before, &event, sizeof(before));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        must_eq(keeps_errno(weir_event_init(&event, bad[i])), EINVAL);
        must(memcmp(&event, &before, sizeof(before)) == 0);
    }
    must_eq(keeps_errno(weir_event_init(&event, scopes[_i])), 0);
    must(!keeps_errno(weir_event_is_set(&event)));
}
END_TEST

/* Memory that is all zero is a private event that is not set. */
START_TEST(all_zero_is_valid)
{
    static weir_event_t zero;
    weir_event_t init = WEIR_EVENT_INIT;
    weir_event_t made;

    must_eq(weir_event_init(&made, 0), 0);
    must(memcmp(&made, &zero, sizeof(zero)) == 0);
    must(memcmp(&init, &zero, sizeof(zero)) == 0);
    must(!weir_event_is_set(&zero));
    must_eq(weir_event_set(&zero), 0);
    must_eq(weir_event_wait(&zero), 0);
}
END_TEST

/* --- uncontended --- */

START_TEST(set_and_clear)
{
    static const weir_deadline_t past[] = {WEIR_NOW, -1, INT64_MIN, 1};

    fresh(_i);
    for (int i = 0; i < 1000; i++) {
        must_eq(keeps_errno(weir_event_clear(&event)), 0);
        must(!keeps_errno(weir_event_is_set(&event)));
        must_eq(keeps_errno(weir_event_wait_until(&event, past[i % 4])),
                ETIMEDOUT);
        must_eq(keeps_errno(weir_event_wait_until(&event, weir_now())),
                ETIMEDOUT);
        if (i % 3 == 0)
            must_eq(keeps_errno(weir_event_clear(&event)), 0);
        for (int n = 0; n <= i % 2; n++)
            must_eq(keeps_errno(weir_event_set(&event)), 0);
        must(keeps_errno(weir_event_is_set(&event)));
        must_eq(keeps_errno(weir_event_wait(&event)), 0);
        must_eq(keeps_errno(weir_event_wait_until(&event, past[i % 4])), 0);
        must_eq(keeps_errno(weir_event_wait_until(&event, WEIR_FOREVER)), 0);
    }
}
END_TEST

/* The functions that the library exports, for other languages. */
START_TEST(exported_as_well)
{
    int (*volatile set)(weir_event_t *) = weir_event_set;
    bool (*volatile is_set)(const weir_event_t *) = weir_event_is_set;
    int (*volatile wait)(weir_event_t *) = weir_event_wait;

    fresh(_i);
    must(!is_set(&event));
    must_eq(set(&event), 0);
    must(is_set(&event));
    must_eq(wait(&event), 0);
}
END_TEST

/* --- contended --- */

static unsigned written; /* plain: the event publishes it */
static int returned;

static void wait_once(unsigned index, void *arg)
{
    support_note("waiting as %lu", index, 0);
    must_eq(keeps_errno(weir_event_wait(&event)), 0);
    if (arg != NULL)
        must_eq(written, *(const unsigned *)arg);
    __atomic_fetch_add(&returned, 1, __ATOMIC_SEQ_CST);
}

static const unsigned crowds[] = {1, 2, 3, 4, 8, 32};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

/* Each really sleeps, and one set lets all in. */
START_TEST(all_that_wait_are_let_in)
{
    unsigned count = crowds[_i / SCOPES];
    support_group_t group;

    fresh(_i % SCOPES);
    for (unsigned round = 1; round <= 3; round++) {
        returned = 0;
        support_group_start(&group, count, wait_once, &round);
        await_sleepers(&group);
        must_eq(returned, 0);
        written = round;
        must_eq(weir_event_set(&event), 0);
        support_group_join(&group);
        must_eq(returned, count);
        must(weir_event_is_set(&event));
        must_eq(weir_event_clear(&event), 0);
    }
}
END_TEST

/* Set and clear at once let in all that sleep now; who comes later waits. */
START_TEST(a_pulse_lets_all_in)
{
    unsigned count = crowds[_i / SCOPES];
    support_group_t group, later;

    fresh(_i % SCOPES);
    for (unsigned round = 1; round <= 3; round++) {
        returned = 0;
        support_group_start(&group, count, wait_once, NULL);
        await_sleepers(&group);
        must_eq(weir_event_set(&event), 0);
        must_eq(weir_event_clear(&event), 0);
        support_group_join(&group);
        must_eq(returned, count);
        must(!weir_event_is_set(&event));
        support_group_start(&later, 1, wait_once, NULL);
        await_sleepers(&later);
        must_eq(returned, count);
        must_eq(weir_event_set(&event), 0);
        support_group_join(&later);
        must_eq(weir_event_clear(&event), 0);
    }
}
END_TEST

/* --- rounds: a turnstile of two events --- */

struct turnstile {
    weir_event_t gates[2];
    unsigned threads;
    long rounds;
    unsigned came;
    long published; /* plain */
    bool timed;
};

static void pass(weir_event_t *gate, bool timed, support_random_t *random)
{
    if (timed)
        while (weir_event_wait_until(
                   gate, weir_after(support_below(random, 50000))) != 0)
            continue;
    else
        must_eq(weir_event_wait(gate), 0);
}

/* All meet again and again: the last to come closes the gate behind them,
 * which all have passed, and opens the one before them. */
static void turn(unsigned index, void *arg)
{
    struct turnstile *t = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < t->rounds; i++) {
        weir_event_t *gate = &t->gates[i % 2];

        support_note("round %lu", (unsigned long)i, 0);
        support_jitter(&random);
        if (__atomic_add_fetch(&t->came, 1, __ATOMIC_ACQ_REL) % t->threads ==
            0) {
            must_eq(weir_event_clear(&t->gates[(i + 1) % 2]), 0);
            t->published = i;
            must_eq(weir_event_set(gate), 0);
        } else {
            pass(gate, t->timed && index % 2 == 1, &random);
        }
        must_eq(t->published, i);
    }
}

static void go_round(unsigned threads, int scope, long count, bool timed)
{
    static struct turnstile t;

    memset(&t, 0, sizeof(t));
    t.threads = threads;
    t.rounds = support_scaled(count) / threads + 1;
    t.timed = timed;
    must_eq(weir_event_init(&t.gates[0], scopes[scope]), 0);
    must_eq(weir_event_init(&t.gates[1], scopes[scope]), 0);
    support_watch("gates", t.gates, sizeof(t.gates));
    support_threads(threads, turn, &t);
    must_eq(t.came, t.rounds * threads);
}

static const unsigned teams[] = {2, 3, 4, 5, 6, 7, 8, 16};
#define TEAMS ((int)(sizeof(teams) / sizeof(teams[0])))

/* Hazards B2, B11: each number of threads. */
START_TEST(no_wake_up_is_lost)
{
    go_round(teams[_i / SCOPES], _i % SCOPES, 3000, false);
}
END_TEST

START_TEST(timeouts_against_sets)
{
    go_round(teams[_i / SCOPES], _i % SCOPES, 3000, true);
}
END_TEST

/* Hazards B17, K9: sleepers are woken for nothing all the time. */
START_TEST(stray_wake_ups_let_nobody_in)
{
    support_group_t group;

    fresh(_i);
    returned = 0;
    support_stray_begin(&event, sizeof(event));
    support_group_start(&group, 4, wait_once, NULL);
    support_sleep_ns(5000000);
    must_eq(returned, 0);
    must_eq(weir_event_set(&event), 0);
    support_group_join(&group);
    support_stray_end();
}
END_TEST

/* --- pulses against those who begin to wait --- */

struct pulses {
    int stop;
    unsigned waits;
};

static void wait_again_and_again(unsigned index, void *arg)
{
    struct pulses *p = arg;

    (void)index;
    while (!__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE)) {
        must_eq(weir_event_wait(&event), 0);
        __atomic_fetch_add(&p->waits, 1, __ATOMIC_RELAXED);
    }
}

/* Each pulse lets those in that wait, and they come back. */
START_TEST(pulses_and_comers)
{
    struct pulses p = {0, 0};
    support_group_t group;
    unsigned wanted = support_scaled(2000);

    fresh(_i);
    support_group_start(&group, 3, wait_again_and_again, &p);
    while (__atomic_load_n(&p.waits, __ATOMIC_RELAXED) < wanted) {
        must_eq(weir_event_set(&event), 0);
        must_eq(weir_event_clear(&event), 0);
        support_progress();
        sched_yield();
    }
    __atomic_store_n(&p.stop, 1, __ATOMIC_RELEASE);
    must_eq(weir_event_set(&event), 0);
    support_group_join(&group);
}
END_TEST

/* --- timed --- */

static int done;

static void time_out(unsigned index, void *arg)
{
    (void)arg;
    for (int i = 0; i < 8; i++) {
        weir_deadline_t deadline = weir_after(5000000 + 100000 * index);

        must_eq(keeps_errno(weir_event_wait_until(&event, deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
}

START_TEST(timeouts_are_not_early)
{
    support_group_t group;

    fresh(_i);
    done = 0;
    support_group_start(&group, 3, time_out, NULL);
    (void)support_await_sleep_or(group.tids[0], &done);
    support_group_join(&group);
    must(!weir_event_is_set(&event));
    must_eq(weir_event_set(&event), 0);
    must_eq(weir_event_wait(&event), 0);
}
END_TEST

static void wait_until_set(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_event_wait_until(&event, *(weir_deadline_t *)arg), 0);
}

/* Hazard B51: deadlines that the kernel's time could not hold. */
START_TEST(far_deadlines_wait)
{
    weir_deadline_t deadlines[] = {WEIR_FOREVER, WEIR_FOREVER - 1,
                                   INT64_MAX / 2, weir_after(INT64_MAX - 1)};
    support_group_t group;

    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        fresh(_i);
        support_group_start(&group, 1, wait_until_set, &deadlines[i]);
        await_sleepers(&group);
        must_eq(weir_event_set(&event), 0);
        support_group_join(&group);
    }
}
END_TEST

/* --- signal --- */

static volatile sig_atomic_t set_by_handler;

static void set_in_handler(int signal)
{
    int saved = errno;

    (void)signal;
    errno = 54321;
    must_eq(weir_event_set(&event), 0);
    must_eq(errno, 54321);
    errno = saved;
    set_by_handler++;
}

/* Set is async-signal-safe: a handler sets in the middle of sets and clears of
 * the thread that it interrupts, while others sleep. */
START_TEST(set_by_a_handler)
{
    struct sigaction action = {.sa_handler = set_in_handler};
    struct pulses p = {0, 0};
    support_group_t group;

    fresh(_i);
    set_by_handler = 0;
    support_group_start(&group, 2, wait_again_and_again, &p);
    support_storm_begin();
    must_eq(sigaction(SIGALRM, &action, NULL), 0);
    for (int i = 0; i < 5000 || set_by_handler < 50 ||
                    __atomic_load_n(&p.waits, __ATOMIC_RELAXED) < 10;
         i++) {
        if (i % 2)
            must_eq(weir_event_set(&event), 0);
        must_eq(weir_event_clear(&event), 0);
        support_progress();
    }
    support_storm_end();
    __atomic_store_n(&p.stop, 1, __ATOMIC_RELEASE);
    must_eq(weir_event_set(&event), 0);
    support_group_join(&group);
}
END_TEST

/* Hazard B50: a wait that is interrupted goes on, until a set or its own
 * deadline ends it. */
START_TEST(storm_ends_no_wait)
{
    support_group_t group;

    fresh(_i);
    returned = 0;
    support_storm_begin();
    support_group_start(&group, 3, wait_once, NULL);
    for (int i = 0; i < 10; i++) {
        weir_deadline_t deadline = weir_after(1000000);

        must_eq(weir_event_wait_until(&event, deadline), ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(returned, 0);
    }
    must_eq(weir_event_set(&event), 0);
    support_group_join(&group);
    support_storm_end();
    must_eq(returned, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, init_and_flags, 0, SCOPES);
    tcase_add_test(tcase, all_zero_is_valid);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, set_and_clear, 0, SCOPES);
    tcase_add_loop_test(tcase, exported_as_well, 0, SCOPES);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, all_that_wait_are_let_in, 0, SCOPES * CROWDS);
    tcase_add_loop_test(tcase, a_pulse_lets_all_in, 0, SCOPES * CROWDS);
    tcase_add_loop_test(tcase, no_wake_up_is_lost, 0, SCOPES * TEAMS);
    tcase_add_loop_test(tcase, stray_wake_ups_let_nobody_in, 0, SCOPES);
    tcase_add_loop_test(tcase, pulses_and_comers, 0, SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, timeouts_against_sets, 0, SCOPES * TEAMS);
    tcase_add_loop_test(tcase, timeouts_are_not_early, 0, SCOPES);
    tcase_add_loop_test(tcase, far_deadlines_wait, 0, SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, set_by_a_handler, 0, SCOPES);
    tcase_add_loop_test(tcase, storm_ends_no_wait, 0, SCOPES);
    return support_main(suite);
}
