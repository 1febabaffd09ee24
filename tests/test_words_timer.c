/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of the timer, from the inside: LEGAL and MOVES of the WORD block in
 * timers.c; the times of periodic timers (timer_serve.c is compiled into this
 * suite); and
 * what falls into the windows before a sleep.
 */
#include "thread/timer_serve.c"

#include "test_seam_kit.h"
#include "test_timer_kit.h"

static struct executor executor;

static void must_be(const struct probe *probe, uint32_t state)
{
    const weir_timer_t *t = &probe->timer;

    weir_timer_enter_();
    must_eq(weir_timer_state_(t), state);
    must(!(state & WEIR_TIMER_AGAIN_) || (state & WEIR_TIMER_HANDED_));
    must(!(state & WEIR_TIMER_REVOKED_) || state == WEIR_TIMER_REVOKED_);
    must(state == 0 || state == WEIR_TIMER_REVOKED_ ||
         (state & WEIR_TIMER_STARTED_));
    /* I1 */
    must_eq(weir_timer_has_(t, WEIR_TIMER_ARMED_), t->link.next != NULL);
    weir_timer_leave_();
}

/* --- api: the walk --- */

START_TEST(states_of_a_single_one)
{
    struct probe probe;

    probe_init(&probe);
    must_be(&probe, 0);
    must_eq(weir_timer_cancel(&probe.timer), EALREADY);
    must_be(&probe, WEIR_TIMER_REVOKED_);
    must_eq(weir_timer_cancel(&probe.timer), EALREADY);
    must_be(&probe, WEIR_TIMER_REVOKED_);
    must_eq(weir_timer_start_at(&probe.timer, WEIR_NOW), ECANCELED);
    must_be(&probe, WEIR_TIMER_STARTED_);
    probe_start(&probe, weir_after(HOUR));
    must_be(&probe, WEIR_TIMER_ARMED_ | WEIR_TIMER_STARTED_);
    must_eq(weir_timer_restart_at(&probe.timer, WEIR_FOREVER), 0);
    must_be(&probe, WEIR_TIMER_ARMED_ | WEIR_TIMER_STARTED_);
    must_eq(weir_timer_cancel(&probe.timer), 0);
    must_be(&probe, WEIR_TIMER_STARTED_);
    probe_hold(&probe);
    must_be(&probe,
            WEIR_TIMER_STARTED_); /* the timer does not know that it runs */
    must_eq(weir_timer_start_at(&probe.timer, WEIR_FOREVER), 0);
    must_be(&probe, WEIR_TIMER_ARMED_ | WEIR_TIMER_STARTED_);
    must_eq(weir_timer_cancel(&probe.timer), EINPROGRESS);
    must_be(&probe, WEIR_TIMER_STARTED_);
    up(&probe.go);
    probe_join(&probe);
    must_be(&probe, WEIR_TIMER_STARTED_);
}
END_TEST

START_TEST(states_with_an_executor)
{
    struct probe probe;

    probe_init(&probe);
    must_eq(weir_timer_set_executor(&probe.timer, executor_submit, &executor),
            0);
    probe.due = INT64_MIN;
    must_eq(weir_timer_start_every(&probe.timer, WEIR_NOW, HOUR), 0);
    await_level(&executor.given, 1);
    must_be(&probe,
            WEIR_TIMER_ARMED_ | WEIR_TIMER_HANDED_ | WEIR_TIMER_STARTED_);
    must_eq(weir_timer_restart_at(&probe.timer, WEIR_NOW), 0);
    (void)timer_thread();
    must_be(&probe,
            WEIR_TIMER_HANDED_ | WEIR_TIMER_AGAIN_ | WEIR_TIMER_STARTED_);
    must_eq(weir_timer_restart_at(&probe.timer, WEIR_FOREVER), 0);
    must_be(&probe,
            WEIR_TIMER_ARMED_ | WEIR_TIMER_HANDED_ | WEIR_TIMER_STARTED_);
    must_eq(weir_timer_cancel(&probe.timer), EINPROGRESS);
    must_be(&probe, WEIR_TIMER_HANDED_ | WEIR_TIMER_STARTED_);
    must_eq(weir_timers_.handed, 1);
    executor_run(&executor);
    must_be(&probe, WEIR_TIMER_STARTED_);
    must_eq(weir_timers_.handed, 0);
    must(weir_timers_.runs == NULL);
    must_eq(level(&probe.calls), 1);
}
END_TEST

/* In a child: whatever it was, it is WEIR_TIMER_STARTED_ alone as soon as it matters. */
START_TEST(states_after_a_fork)
{
    static const uint32_t states[] = {
        0,
        WEIR_TIMER_REVOKED_,
        WEIR_TIMER_STARTED_,
        WEIR_TIMER_ARMED_ | WEIR_TIMER_STARTED_,
        WEIR_TIMER_HANDED_ | WEIR_TIMER_STARTED_,
        WEIR_TIMER_ARMED_ | WEIR_TIMER_HANDED_ | WEIR_TIMER_STARTED_,
        WEIR_TIMER_HANDED_ | WEIR_TIMER_AGAIN_ | WEIR_TIMER_STARTED_,
    };
    struct probe probe;
    uint32_t state = states[_i];

    probe_init(&probe);
    if (state & WEIR_TIMER_STARTED_)
        probe.timer.serial = ++weir_timers_.last;
    weir_timer_change_(&probe.timer, ~0u, state);
    weir_timer_forget_();
    must(!weir_timer_is_armed(&probe.timer));
    must_eq(weir_timer_join(&probe.timer, WEIR_NOW), state ? 0 : ESRCH);
    must_eq(weir_timer_set_executor(&probe.timer, NULL, NULL), 0);
    if (state & WEIR_TIMER_STARTED_) {
        must_eq(weir_timer_cancel(&probe.timer), EALREADY);
        must_eq(weir_timer_cancel_sync(&probe.timer, WEIR_NOW), EALREADY);
        must_be(&probe, state & ~(WEIR_TIMER_ARMED_ | WEIR_TIMER_AGAIN_));
    }
    must_eq(weir_timer_start_at(&probe.timer, weir_after(HOUR)),
            state == WEIR_TIMER_REVOKED_ ? ECANCELED : 0);
    must_be(&probe, state == WEIR_TIMER_REVOKED_
                        ? WEIR_TIMER_STARTED_
                        : WEIR_TIMER_STARTED_ | WEIR_TIMER_ARMED_);
    must_eq(weir_timer_cancel(&probe.timer),
            state == WEIR_TIMER_REVOKED_ ? EALREADY : 0);
}
END_TEST

/* Identities: no two of a process are one, and those before a fork are none. */
START_TEST(serials)
{
    struct probe probes[3];

    for (int i = 0; i < 3; i++) {
        probe_init(&probes[i]);
        must(!weir_timer_is_known_(&probes[i].timer));
        probe_start(&probes[i], WEIR_FOREVER);
        must(weir_timer_is_known_(&probes[i].timer));
        must_eq(probes[i].timer.serial, i + 1);
        must(weir_timer_word_of_(probes[i].timer.serial) >= WEIR_TIMER_FIRST_);
    }
    must(weir_timer_word_of_(UINT64_MAX) < WEIR_TIMER_WORDS_);
    must_eq(weir_timer_cancel(&probes[0].timer), 0);
    probe_start(&probes[0], WEIR_FOREVER);
    must_eq(probes[0].timer.serial, 1); /* as long as it is the same timer */
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}
END_TEST

/* --- periodic: times --- */

START_TEST(grid)
{
    static const struct {
        weir_deadline_t due, now, next;
        int64_t period;
        uint64_t skipped;
    } cases[] = {
        {100, 100, 110, 10, 0},
        {100, 109, 110, 10, 0},
        {100, 110, 120, 10, 1},
        {100, 125, 130, 10, 2},
        {100, 100, 101, 1, 0},
        {100, 1100, 1101, 1, 1000},
        {1, WEIR_FOREVER - 1, WEIR_FOREVER, INT64_MAX, 0},
        {WEIR_FOREVER - 10, WEIR_FOREVER - 5, WEIR_FOREVER, 100, 0},
        {WEIR_FOREVER - 10, WEIR_FOREVER - 5, WEIR_FOREVER - 4, 1, 5},
        {WEIR_FOREVER - 10, WEIR_FOREVER - 5, WEIR_FOREVER - 1, 9, 0},
        {WEIR_FOREVER - 10, WEIR_FOREVER - 5, WEIR_FOREVER, 10, 0},
        {WEIR_FOREVER - 10, WEIR_FOREVER - 5, WEIR_FOREVER, 11, 0},
        {1, 1, WEIR_FOREVER, INT64_MAX, 0},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        weir_timer_t timer = {.period = cases[i].period};

        timer.link.due = cases[i].due;
        must_eq(next_due(&timer, cases[i].now), cases[i].next);
        must_eq(timer.skipped, cases[i].skipped);
    }
}
END_TEST

/* --- contended: the windows before a sleep --- */

static struct probe in_window;

static void cancel_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_timer_cancel(&in_window.timer), 0);
}

/* What ends the wait comes between the look and the sleep. */
START_TEST(cancelled_before_the_sleep)
{
    seam_reset();
    probe_init(&in_window);
    probe_start(&in_window, weir_after(HOUR));
    seam.before_wait = cancel_here;
    probe_join(&in_window);
}
END_TEST

static void let_it_return(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    up(&in_window.go);
    await_level(&in_window.returned, 1);
    (void)timer_thread(); /* and the thread has said so */
}

START_TEST(returned_before_the_sleep)
{
    seam_reset();
    probe_init(&in_window);
    probe_hold(&in_window);
    seam.before_wait = let_it_return;
    must_eq(weir_timer_cancel_sync(&in_window.timer, WEIR_FOREVER), EALREADY);
}
END_TEST

static void start_earlier(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    probe_start(&in_window, WEIR_NOW);
}

static void hold_thread(struct probe *probe)
{
    (void)probe;
    seam.before_wait = start_earlier;
}

/* An earlier timer comes when the thread has decided how long to sleep. */
START_TEST(started_before_the_sleep)
{
    struct probe probe;

    seam_reset();
    probe_init(&probe);
    probe_init(&in_window);
    probe.then = hold_thread;
    probe_start(&probe, WEIR_NOW);
    await_level(&in_window.calls, 1);
    probe_join(&in_window);
}
END_TEST

static struct probe survivor;

static void shut_down_here(void *arg)
{
    (void)arg;
    seam.before_wake = NULL;
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
    probe_start(&survivor, weir_after(HOUR));
}

/* A shutdown lets others have the lock, and one of them shuts down and starts
 * anew: what it starts is not cancelled. */
START_TEST(overtaken_by_a_shutdown)
{
    enum { N = 3 * WEIR_TIMER_WORK_ };
    static struct probe probes[N];
    pid_t tid = timer_thread();

    seam_reset();
    probe_init(&survivor);
    for (int i = 0; i < N; i++) {
        probe_init(&probes[i]);
        probe_start(&probes[i], weir_after(HOUR));
    }
    await_sleep_on(tid, &weir_timers_.word[WEIR_TIMER_BELL_], NULL);
    seam.before_wake = shut_down_here;
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
    for (int i = 0; i < N; i++)
        must(!weir_timer_is_armed(&probes[i].timer));
    must(weir_timer_is_armed(&survivor.timer));
    must_eq(weir_timer_cancel(&survivor.timer), 0);
}
END_TEST

/* Only those who sleep are told, and only of what is earlier. */
START_TEST(calls_are_few)
{
    struct probe early;
    struct probe late;
    pid_t tid = timer_thread();

    probe_init(&early);
    probe_init(&late);
    must_eq(weir_timer_restart_at(&early.timer, weir_after(HOUR)), 0);
    await_sleep_on(tid, &weir_timers_.word[WEIR_TIMER_BELL_], NULL);
    weir_timer_enter_();
    while (weir_timers_.asleep_until == WEIR_FOREVER ||
           weir_timers_.asleep_until == INT64_MIN) {
        weir_timer_leave_();
        support_sleep_ns(50000);
        weir_timer_enter_();
    }
    weir_timer_leave_();
    seam_reset();
    for (int i = 0; i < 100; i++) {
        must_eq(weir_timer_restart_at(&late.timer, weir_after(2 * HOUR)), 0);
        must_eq(weir_timer_cancel(&late.timer), 0);
    }
    must_eq(seam_count(&seam_wakes), 0);
    must_eq(seam_count(&seam_waits), 0);
    probe_start(&late, weir_after(HOUR / 2));
    must(seam_count(&seam_wakes) >= 1);
    must_eq(weir_timer_cancel(&early.timer), 0);
    must_eq(weir_timer_cancel(&late.timer), 0);
}
END_TEST

/* --- wrap --- */

START_TEST(words_wrap)
{
    seam_reset();
    for (unsigned i = 0; i < WEIR_TIMER_WORDS_; i++)
        weir_store_rlx_(&weir_timers_.word[i], UINT32_MAX - 3);
    seam_chaos = true;
    for (int i = 0; i < 20; i++) {
        struct probe probe;

        probe_init(&probe);
        probe_start(&probe, weir_after(i % 3 * 100000));
        probe_join(&probe);
        must_eq(weir_timer_start_at(&probe.timer, weir_after(HOUR)), 0);
        must_eq(weir_timer_cancel_sync(&probe.timer, WEIR_FOREVER), 0);
    }
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}
END_TEST

/* --- signal --- */

static void owner(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    struct probe probe;

    (void)arg;
    probe_init(&probe);
    for (int i = 0; i < (int)support_scaled(200); i++) {
        int result;

        support_note("round %lu", (unsigned long)i, 0);
        must_eq(weir_timer_start_at(&probe.timer,
                                    weir_after(support_below(&random, 50000))),
                0);
        result = i % 2 == 0
                     ? weir_timer_join(&probe.timer, WEIR_FOREVER)
                     : weir_timer_cancel_sync(&probe.timer, WEIR_FOREVER);
        must(result == 0 || result == EALREADY);
    }
}

/* Hazards B17, B50: sleeps that end for no reason, and calls that take long. */
START_TEST(storms_and_strays)
{
    seam_reset();
    seam_chaos = true;
    support_storm_begin();
    support_stray_begin(&weir_timers_.word, sizeof(weir_timers_.word));
    support_threads(4, owner, NULL);
    support_stray_end();
    support_storm_end();
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words_timer");
    TCase *tcase = timer_tcase(suite, "api");

    tcase_add_test(tcase, states_of_a_single_one);
    tcase_add_test(tcase, states_with_an_executor);
    tcase_add_loop_test(tcase, states_after_a_fork, 0, 7);
    tcase_add_test(tcase, serials);

    tcase = timer_tcase(suite, "periodic");
    tcase_add_test(tcase, grid);

    tcase = timer_tcase(suite, "contended");
    tcase_add_test(tcase, cancelled_before_the_sleep);
    tcase_add_test(tcase, returned_before_the_sleep);
    tcase_add_test(tcase, started_before_the_sleep);
    tcase_add_test(tcase, calls_are_few);
    tcase_add_test(tcase, overtaken_by_a_shutdown);

    tcase = timer_tcase(suite, "wrap");
    tcase_add_test(tcase, words_wrap);

    tcase = timer_tcase(suite, "signal");
    tcase_add_test(tcase, storms_and_strays);
    return support_main(suite);
}
