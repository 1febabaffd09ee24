/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of a thread's life, from the inside: LEGAL and MOVES of the WORD
 * block in life.c, which is compiled into this suite, and the windows between
 * a joiner's decision and its sleep.
 */
#include "thread/life.c"

#include <sched.h>

#include "test_seam_kit.h"

#define PHASES 5

static weir_thread_t thread;

static uint32_t state(void)
{
    return weir_load_sc_(&thread.state);
}

static void preset(uint32_t word)
{
    weir_store_rlx_(&thread.state, word);
    seam_reset();
}

static bool is_legal(uint32_t word)
{
    enum weir_phase phase = phase_of(word);

    if (word & ~(PHASE_MASK | WAITERS | DAEMON | FOREIGN))
        return false;
    if ((uint32_t)phase > (uint32_t)WEIR_PHASE_ENDED)
        return false;
    if ((word & WAITERS) &&
        (phase == WEIR_PHASE_NEW || phase == WEIR_PHASE_ENDED))
        return false;
    return !(word & FOREIGN) || phase == WEIR_PHASE_RUNNING;
}

/* --- api: LEGAL and MOVES --- */

/* Each legal word, each move: what becomes of it, and whether it calls. */
START_TEST(moves)
{
    for (uint32_t word = 0; word < 64; word++) {
        if (!is_legal(word) || (word & FOREIGN))
            continue;
        for (uint32_t to = 0; to < PHASES; to++) {
            preset(word);
            weir_life_move_(&thread, (enum weir_phase)to);
            must(is_legal(state()));
            must_eq(state(), to | (word & DAEMON));
            must_eq(seam_count(&seam_wakes), (word & WAITERS) != 0);
            if (word & WAITERS)
                must_eq(weir_load_rlx_(&seam_woken), INT_MAX);
            must(!weir_load_rlx_(&seam_woken_shared));
        }
    }
}
END_TEST

START_TEST(claims)
{
    for (uint32_t word = 0; word < 64; word++) {
        bool is_new = phase_of(word) == WEIR_PHASE_NEW;

        if (!is_legal(word))
            continue;
        preset(word);
        must_eq(weir_life_claim_(&thread), is_new);
        must_eq(state(), is_new ? word | (uint32_t)WEIR_PHASE_STARTING : word);
        preset(word);
        must_eq(weir_life_set_daemon_(&thread, true), is_new);
        must_eq(state(), is_new ? word | DAEMON : word);
        must_eq(weir_life_set_daemon_(&thread, false), is_new);
        must_eq(state(), is_new ? word & ~DAEMON : word);
        must_eq(seam_count(&seam_wakes), 0);
    }
}
END_TEST

START_TEST(births)
{
    weir_life_init_(&thread, false);
    must_eq(state(), 0);
    must(!weir_life_is_daemon_(&thread) && !weir_life_is_foreign_(&thread));
    weir_life_init_(&thread, true);
    must_eq(state(), DAEMON);
    must(weir_life_is_daemon_(&thread) && !weir_life_is_foreign_(&thread));
    weir_life_init_running_(&thread, false);
    must_eq(state(), (uint32_t)WEIR_PHASE_RUNNING);
    weir_life_init_running_(&thread, true);
    must_eq(state(), (uint32_t)WEIR_PHASE_RUNNING | FOREIGN | DAEMON);
    must(weir_life_is_daemon_(&thread) && weir_life_is_foreign_(&thread));
}
END_TEST

/* A wait that is over, or that may not wait, sleeps not and marks nothing. */
START_TEST(waits_that_need_not_sleep)
{
    for (uint32_t word = 0; word < 64; word++) {
        if (!is_legal(word))
            continue;
        preset(word);
        must(weir_life_await_(&thread, WEIR_PHASE_BIT(phase_of(word)),
                              weir_until_(WEIR_FOREVER)) == phase_of(word));
        must(weir_life_await_(&thread, 0, weir_until_(WEIR_NOW)) ==
             phase_of(word));
        must(weir_life_await_(&thread, 0, weir_until_(-7)) == phase_of(word));
        must(weir_life_phase_(&thread) == phase_of(word));
        must_eq(state(), word);
        must_eq(seam_count(&seam_waits), 0);
    }
}
END_TEST

/* One that times out leaves its mark, which costs a call, once. */
START_TEST(waits_that_time_out)
{
    support_storm_waive(); /* a signal ends a sleep, and another follows */
    preset(WEIR_PHASE_RUNNING);
    must(weir_life_await_(&thread, WEIR_PHASE_BIT(WEIR_PHASE_ENDED),
                          weir_until_(weir_after(1000))) == WEIR_PHASE_RUNNING);
    must_eq(state(), WEIR_PHASE_RUNNING | WAITERS);
    must_eq(seam_count(&seam_waits), 1);
    must(weir_life_await_(&thread, WEIR_PHASE_BIT(WEIR_PHASE_ENDED),
                          weir_until_(weir_after(1000))) == WEIR_PHASE_RUNNING);
    must_eq(state(), WEIR_PHASE_RUNNING | WAITERS);
    weir_life_move_(&thread, WEIR_PHASE_ENDED);
    must_eq(state(), WEIR_PHASE_ENDED);
    must_eq(seam_count(&seam_wakes), 1);
    weir_life_move_(&thread, WEIR_PHASE_ENDED);
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

/* --- contended: in the window between decision and sleep --- */

static int moves_left;

/* The thread moves on just before the kernel compares. */
static void move_on(void *arg)
{
    const uint32_t *to = arg;

    if (moves_left == 0)
        return;
    weir_life_move_(&thread, (enum weir_phase)to[--moves_left]);
}

START_TEST(moved_before_the_sleep)
{
    /* The last first. */
    static const uint32_t to[] = {WEIR_PHASE_ENDED, WEIR_PHASE_RUNNING};
    enum weir_slept slept = WEIR_SLEPT_WOKEN;

    preset(WEIR_PHASE_STARTING);
    moves_left = 2;
    seam.before_wait = move_on;
    seam.arg = (void *)(uintptr_t)to;
    seam.slept = &slept;
    must(weir_life_await_(&thread, WEIR_PHASE_BIT(WEIR_PHASE_ENDED),
                          weir_until_(WEIR_FOREVER)) == WEIR_PHASE_ENDED);
    must_eq(slept, WEIR_SLEPT_CHANGED);
    must_eq(seam_count(&seam_waits), 2);
    must_eq(seam_count(&seam_wakes), 2); /* it had marked the word, twice */
    must_eq(state(), WEIR_PHASE_ENDED);
}
END_TEST

/* What is slept on says so. */
static void check_mark(const volatile void *word, uint32_t expected)
{
    must(word != (const volatile void *)&thread.state ||
         (is_legal(expected) && (expected & WAITERS)));
}

struct life {
    long rounds;
    pthread_barrier_t gate;
};

/* One plays the thread, three join; chaos in the windows. */
static void live_or_join(unsigned index, void *arg)
{
    struct life *life = arg;

    for (long i = 0; i < life->rounds; i++) {
        if (index == 0) {
            weir_life_init_(&thread, i % 2 == 0);
            must(weir_life_claim_(&thread));
        }
        pthread_barrier_wait(&life->gate);
        seam_lose_time();
        if (index == 0) {
            weir_life_move_(&thread, WEIR_PHASE_RUNNING);
            seam_lose_time();
            weir_life_move_(&thread, WEIR_PHASE_ENDED);
        } else {
            must(weir_life_await_(&thread, WEIR_PHASE_BIT(WEIR_PHASE_ENDED),
                                  weir_until_(WEIR_FOREVER)) ==
                 WEIR_PHASE_ENDED);
        }
        pthread_barrier_wait(&life->gate);
        support_note("round %lu", (unsigned long)i, 0);
    }
}

/* Hazards B12, B17. */
START_TEST(chaos)
{
    struct life life = {.rounds = support_scaled(2000)};

    must_eq(pthread_barrier_init(&life.gate, NULL, 4), 0);
    seam_check = check_mark;
    seam_chaos = true;
    support_threads(4, live_or_join, &life);
    seam_chaos = false;
    seam_check = NULL;
    pthread_barrier_destroy(&life.gate);
}
END_TEST

/* --- the end, and the count of join_all --- */

static struct {
    pid_t asker;
    int asked; /* the asker has returned */
} leaving;

/* The thread says that it has ended, and is about to tell who waits for that:
 * another has seen it, and asks whether all have ended.  Once: what it does
 * after that call may be after the test. */
static void stay_in_the_door(void *arg)
{
    (void)arg;
    if (weir_thread_is_alive(&thread))
        return;
    seam.before_wake = NULL;
    (void)support_await_sleep_or(leaving.asker, &leaving.asked);
}

static void *end_slowly(void *arg)
{
    flag_await(arg);
    seam.before_wake = stay_in_the_door;
    return NULL;
}

static void join_it(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_thread_join(arg, WEIR_FOREVER, NULL), 0);
}

/* One whose end was seen is not waited for: not even as long as a deadline
 * that has passed allows. */
START_TEST(ended_for_all_at_once)
{
    int may_end = 0;
    support_group_t joiner;

    leaving.asker = support_tid();
    leaving.asked = 0;
    must_eq(weir_thread_init(&thread, NULL, end_slowly, &may_end), 0);
    must_eq(weir_thread_start(&thread), 0);
    support_group_start(&joiner, 1, join_it, &thread);
    await_sleep_on(joiner.tids[0], &thread.state, NULL);
    must_eq(weir_thread_join_all(WEIR_NOW), ETIMEDOUT);
    flag_raise(&may_end);
    while (weir_thread_is_alive(&thread))
        sched_yield();
    must_eq(weir_thread_join_all(WEIR_NOW), 0);
    flag_raise(&leaving.asked);
    support_group_join(&joiner);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words_thread");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, moves);
    tcase_add_test(tcase, claims);
    tcase_add_test(tcase, births);
    tcase_add_test(tcase, waits_that_need_not_sleep);
    tcase_add_test(tcase, waits_that_time_out);
    tcase = support_tcase(suite, "contended");
    tcase_add_test(tcase, moved_before_the_sleep);
    tcase_add_test(tcase, chaos);
    tcase_add_test(tcase, ended_for_all_at_once);
    return support_main(suite);
}
