/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of the event, from the inside: LEGAL and MOVES of the WORD block in
 * event.c, which is compiled into this suite, and the windows of its proof,
 * made long by hand.
 */
#include "futex/event.c"

#include "test_seam_kit.h"

static weir_event_t event;

static uint64_t state(void)
{
    return weir_load_sc_(&event.state);
}

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

/* Near each end of the 61 bits, and where the kernel's half of it ends. */
#define EPOCH_SHIFT 2
#define EPOCH_MAX (((uint64_t)1 << 61) - 1)
static const uint64_t epochs[] = {0,
                                  1,
                                  2,
                                  ((uint64_t)1 << 30) - 1,
                                  (uint64_t)1 << 30,
                                  ((uint64_t)1 << 30) + 1,
                                  ((uint64_t)1 << 31) - 1,
                                  (uint64_t)1 << 60,
                                  EPOCH_MAX - 1};
#define EPOCHS ((int)(sizeof(epochs) / sizeof(epochs[0])))

static uint64_t flag_of(unsigned scope)
{
    return scope == WEIR_SHARED ? SHARED : 0;
}

/* Not set, as if it had been set and cleared so many times. */
static void begin(uint64_t epoch, unsigned scope)
{
    seam_reset();
    must_eq(weir_event_init(&event, scope), 0);
    weir_store_rlx_(&event.state, epoch << EPOCH_SHIFT | flag_of(scope));
    support_watch("event", &event, sizeof(event));
}

static void end(void)
{
    seam_check = NULL;
}

/* --- api: LEGAL and MOVES --- */

static bool is_legal(uint64_t word)
{
    return (word & (SET | WAITERS)) != (SET | WAITERS);
}

static void check_move(uint64_t from, uint64_t to)
{
    must(is_legal(to));
    must_eq(to & SHARED, from & SHARED);
}

START_TEST(moves_are_legal)
{
    uint64_t clear =
        epochs[_i / SCOPES] << EPOCH_SHIFT | flag_of(scopes[_i % SCOPES]);
    uint64_t set = clear | SET;
    uint64_t next = state_cleared(set);

    check_move(clear, state_set(clear));
    check_move(clear, state_set(clear | WAITERS));
    check_move(clear, clear | WAITERS);
    check_move(set, state_set(set));
    check_move(set, next);
    must_eq(state_set(clear), set);
    must_eq(state_set(clear | WAITERS), set);
    must_eq(state_set(set), set);
    must_eq(next, clear + ((uint64_t)1 << EPOCH_SHIFT));
    /* Waiting: neither the mark nor the wait of others ends it. */
    must(!is_over(clear, clear));
    must(!is_over(clear, clear | WAITERS));
    must(!is_over(clear | WAITERS, clear));
    must(is_over(clear, set));
    must(is_over(clear | WAITERS, set));
    must(is_over(clear, next));
    must(is_over(clear, next | WAITERS));
    must(is_over(clear | WAITERS, state_set(next)));
}
END_TEST

/* --- uncontended --- */

START_TEST(nobody_is_called_in_vain)
{
    uint64_t epoch = epochs[_i / SCOPES];

    begin(epoch, scopes[_i % SCOPES]);
    must_eq(weir_event_clear(&event), 0);
    must_eq(weir_event_set(&event), 0);
    must_eq(state() & ~SHARED, epoch << EPOCH_SHIFT | SET);
    must_eq(weir_event_set(&event), 0);
    must_eq(weir_event_set_slow_(&event), 0);
    must_eq(state() & ~SHARED, epoch << EPOCH_SHIFT | SET);
    must_eq(weir_event_wait(&event), 0);
    must_eq(weir_event_clear(&event), 0);
    must_eq(weir_event_clear(&event), 0);
    must_eq(state() & ~SHARED, (epoch + 1) << EPOCH_SHIFT);
    must_eq(seam_count(&seam_wakes), 0);
    must_eq(seam_count(&seam_waits), 0);
}
END_TEST

/* A mark in vain costs one call, once. */
START_TEST(a_stale_mark_costs_one_call)
{
    begin(0, scopes[_i]);
    must_eq(weir_event_wait_slow_(&event, state(), 1), ETIMEDOUT);
    must_eq(state() & ~SHARED, WAITERS);
    for (int i = 0; i < 3; i++) {
        must_eq(weir_event_set(&event), 0);
        must_eq(weir_event_clear(&event), 0);
    }
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

/* --- contended: waiters, held up where a test wants them --- */

struct waiting {
    int held; /* a waiter is back from its sleep, and has not looked */
    int go;
    int over; /* its wait has returned */
    uint64_t began;
    weir_deadline_t deadline;
    int results[SUPPORT_THREADS_MAX];
};

static void hold(void *arg)
{
    struct waiting *w = arg;

    seam.after_wait = NULL;
    flag_raise(&w->held);
    flag_await(&w->go);
}

/* As one that found w->began when it came. */
static void wait_here(unsigned index, void *arg)
{
    struct waiting *w = arg;

    support_note("waiting as %lu", index, 0);
    w->results[index] =
        keeps_errno(weir_event_wait_slow_(&event, w->began, w->deadline));
    flag_raise(&w->over);
}

static void wait_held(unsigned index, void *arg)
{
    seam.arg = arg;
    seam.patient = true; /* or it would be held before it is woken */
    seam.after_wait = hold;
    wait_here(index, arg);
}

static void put_to_bed(support_group_t *group, unsigned count,
                       support_body_t *body, struct waiting *w)
{
    w->began = state();
    w->deadline = WEIR_FOREVER;
    support_group_start(group, count, body, w);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(group->tids[i], &event.state, NULL);
}

static void join(support_group_t *group, const struct waiting *w, int result)
{
    support_group_join(group);
    for (unsigned i = 0; i < group->count; i++)
        must_eq(w->results[i], result);
}

START_TEST(a_wait_in_words)
{
    uint64_t epoch = epochs[_i / SCOPES];
    struct waiting w = {.held = 0};
    support_group_t group;

    begin(epoch, scopes[_i % SCOPES]);
    put_to_bed(&group, 3, wait_here, &w);
    must_eq(state() & ~SHARED, epoch << EPOCH_SHIFT | WAITERS);
    must(!weir_event_is_set(&event));
    must_eq(weir_event_set(&event), 0);
    must_eq(state() & ~SHARED, epoch << EPOCH_SHIFT | SET);
    join(&group, &w, 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_load_rlx_(&seam_woken), INT_MAX);
    must_eq(weir_load_rlx_(&seam_woken_shared), _i % SCOPES == 1);
}
END_TEST

/* Woken, and held up, while the event is cleared, and set and cleared again:
 * they are let in all the same. */
START_TEST(a_pulse_is_not_missed)
{
    struct waiting w = {.held = 0};
    support_group_t group;

    begin(epochs[_i / SCOPES], scopes[_i % SCOPES]);
    put_to_bed(&group, 1, wait_held, &w);
    for (int i = 0; i < 3; i++) {
        must_eq(weir_event_set(&event), 0);
        must_eq(weir_event_clear(&event), 0);
        flag_await(&w.held);
    }
    flag_raise(&w.go);
    join(&group, &w, 0);
    must(!weir_event_is_set(&event));
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

/* A pulse between the first look of a wait and all that follows. */
START_TEST(a_pulse_right_after_it_began)
{
    struct waiting w = {.deadline = WEIR_FOREVER};

    begin(epochs[_i / SCOPES], scopes[_i % SCOPES]);
    w.began = state();
    must_eq(weir_event_set(&event), 0);
    must_eq(weir_event_clear(&event), 0);
    wait_here(0, &w);
    must_eq(w.results[0], 0);
    must_eq(seam_count(&seam_waits), 0);
}
END_TEST

/* --- contended: what falls into the window before a sleep --- */

static void set_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_event_set(&event), 0);
}

static void pulse_here(void *arg)
{
    set_here(arg);
    must_eq(weir_event_clear(&event), 0);
}

/* Hazard B3: and another has begun to wait, so that the word looks alike, but
 * for its epoch. */
static void pulse_and_mark_here(void *arg)
{
    pulse_here(arg);
    must_eq(weir_event_wait_slow_(&event, state(), 1), ETIMEDOUT);
    must(state() & WAITERS);
}

static seam_hook_t *const windows[] = {set_here, pulse_here,
                                       pulse_and_mark_here};
#define WINDOWS 3

static void wait_behind_a_window(unsigned index, void *arg)
{
    struct waiting *w = arg;

    seam.before_wait = windows[w->go];
    wait_here(index, arg);
}

START_TEST(set_before_the_sleep)
{
    struct waiting w = {.go = _i / SCOPES % WINDOWS, .deadline = WEIR_FOREVER};
    support_group_t group;

    begin(epochs[_i / SCOPES / WINDOWS], scopes[_i % SCOPES]);
    w.began = state();
    support_group_start(&group, 1, wait_behind_a_window, &w);
    join(&group, &w, 0);
}
END_TEST

/* Hazard B12: nobody sleeps on a word that tells set to make no call. */
static void must_be_marked(const volatile void *word, uint32_t expected)
{
    must(word == (const volatile void *)weir_low_half_(&event.state));
    must_eq(expected & (SET | WAITERS), WAITERS);
}

START_TEST(sleeps_on_marked_words)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(0, scopes[_i]);
    seam_check = must_be_marked;
    w.began = state();
    support_group_start(&group, 4, wait_here, &w);
    support_sleep_ns(500000);
    must_eq(weir_event_set(&event), 0);
    join(&group, &w, 0);
}
END_TEST

/* --- contended: between the step of a set and its call --- */

struct gap {
    struct waiting *late;
    support_group_t *group;
};

static void clear_and_sleep_in_between(void *arg)
{
    struct gap *gap = arg;

    seam.before_wake = NULL;
    must_eq(weir_event_clear(&event), 0);
    put_to_bed(gap->group, 1, wait_here, gap->late);
}

/* Cleared, and another comes to sleep: the late call wakes both, and the
 * newcomer sleeps again. */
START_TEST(a_late_call)
{
    struct waiting w = {.held = 0};
    struct waiting late = {.held = 0};
    support_group_t group, other;
    struct gap gap = {&late, &other};

    begin(0, scopes[_i]);
    put_to_bed(&group, 2, wait_here, &w);
    seam.arg = &gap;
    seam.before_wake = clear_and_sleep_in_between;
    must_eq(weir_event_set(&event), 0);
    join(&group, &w, 0);
    await_sleep_on(other.tids[0], &event.state, NULL);
    must(!flag_is_up(&late.over));
    must_eq(weir_event_set(&event), 0);
    join(&other, &late, 0);
}
END_TEST

/* As a handler of the thread that sets would. */
static void set_in_between(void *arg)
{
    (void)arg;
    seam.before_wake = NULL;
    must_eq(weir_event_set(&event), 0);
    must_eq(weir_event_clear(&event), 0);
}

START_TEST(interrupted_in_the_set)
{
    struct waiting w = {.held = 0};
    support_group_t group;

    begin(0, scopes[_i]);
    put_to_bed(&group, 2, wait_here, &w);
    seam.before_wake = set_in_between;
    must_eq(weir_event_set(&event), 0);
    join(&group, &w, 0);
}
END_TEST

/* --- timed --- */

/* The deadline passes in its sleep, and it is set before it looks. */
static void set_after_the_sleep(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_event_set(&event), 0);
    must_eq(weir_event_clear(&event), 0);
}

START_TEST(looks_once_more)
{
    begin(0, scopes[_i]);
    seam.after_wait = set_after_the_sleep;
    must_eq(weir_event_wait_slow_(&event, state(), 1), 0);
    must_eq(weir_event_wait_slow_(&event, state(), 1), ETIMEDOUT);
}
END_TEST

/* --- wrap --- */

/* LIMIT: the kernel compares the lower half.  After 2^30 pulses in the one
 * window the word looks the same to it; a shared sleeper looks again. */
static void turn_the_half_round(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    weir_store_sc_(&event.state, state() + ((uint64_t)1 << 32));
}

static void wait_behind_a_turn(unsigned index, void *arg)
{
    seam.before_wait = turn_the_half_round;
    wait_here(index, arg);
}

/* Hazard B4. */
START_TEST(half_a_word_wraps)
{
    struct waiting w = {.held = 0};
    support_group_t group;

    support_storm_waive(); /* a sleeper that looks again finds that it is over */
    begin(5, scopes[_i]);
    w.began = state();
    w.deadline = WEIR_FOREVER;
    support_group_start(&group, 1, wait_behind_a_turn, &w);
    /* A shared one sleeps for a slice, and then is over. */
    await_sleep_on(group.tids[0], &event.state, &w.over);
    if (scopes[_i] == WEIR_PRIVATE)
        must_eq(weir_event_set(&event), 0);
    join(&group, &w, 0);
    must_eq(weir_event_is_set(&event), scopes[_i] == WEIR_PRIVATE);
}
END_TEST

/* --- shared: a call that never comes --- */

START_TEST(shared_sleepers_look_again)
{
    struct waiting w = {.held = 0};
    support_group_t group;

    begin(0, WEIR_SHARED);
    put_to_bed(&group, 3, wait_here, &w);
    seam.mute = true;
    must_eq(weir_event_set(&event), 0);
    if (_i == 1)
        must_eq(weir_event_clear(&event), 0);
    must_eq(seam_count(&seam_wakes), 1);
    join(&group, &w, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words of the event");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, moves_are_legal, 0, EPOCHS * SCOPES);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, nobody_is_called_in_vain, 0, EPOCHS * SCOPES);
    tcase_add_loop_test(tcase, a_stale_mark_costs_one_call, 0, SCOPES);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, a_wait_in_words, 0, EPOCHS * SCOPES);
    tcase_add_loop_test(tcase, a_pulse_is_not_missed, 0, EPOCHS * SCOPES);
    tcase_add_loop_test(tcase, a_pulse_right_after_it_began, 0,
                        EPOCHS * SCOPES);
    tcase_add_loop_test(tcase, set_before_the_sleep, 0,
                        EPOCHS * SCOPES * WINDOWS);
    tcase_add_loop_test(tcase, sleeps_on_marked_words, 0, SCOPES);
    tcase_add_loop_test(tcase, a_late_call, 0, SCOPES);
    tcase_add_loop_test(tcase, interrupted_in_the_set, 0, SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, looks_once_more, 0, SCOPES);
    tcase = support_tcase(suite, "wrap");
    tcase_add_loop_test(tcase, half_a_word_wraps, 0, SCOPES);
    tcase = support_tcase(suite, "shared");
    tcase_add_loop_test(tcase, shared_sleepers_look_again, 0, 2);
    return support_main(suite);
}
