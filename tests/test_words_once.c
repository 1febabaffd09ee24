/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of the once, from the inside: LEGAL and MOVES of the WORD block in
 * once.c, which is compiled into this suite; and the windows around a sleep.
 */
#include "futex/once.c"

#include "test_seam_kit.h"

static weir_once_t once;

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2
#define SCOPE_BIT (_i ? SHARED : 0u)

/* Some other thread's number. */
#define OTHER 0x3ffffeu

static void begin(int scope)
{
    seam_reset();
    must_eq(weir_once_init(&once, scopes[scope]), 0);
    support_watch("once", &once, sizeof(once));
}

static uint32_t word(void)
{
    return weir_load_sc_(&once.word);
}

static void set_word(uint32_t value)
{
    weir_store_rlx_(&once.word, value);
}

static int runs;

static int run_it(void *arg)
{
    runs++;
    return *(int *)arg;
}

static int good = 0;

/* --- LEGAL and MOVES --- */

START_TEST(moves)
{
    static const uint32_t threads[] = {1, 2, OTHER, 0x3fffffu, 0x0fffffffu};
    uint32_t bit = SCOPE_BIT;

    for (unsigned i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        uint32_t claimed = claimed_by(bit, threads[i]);

        must_eq(claimed & (DONE | RUNNING | SLEEPERS | SHARED), RUNNING | bit);
        must_eq(claimed >> RUNNER_SHIFT, _i ? 0 : threads[i]);
        must_eq(is_run_by(claimed, threads[i]), !_i);
        must_eq(is_run_by(claimed | SLEEPERS, threads[i]), !_i);
        must(!is_run_by(claimed, threads[i] - 1));
        for (uint32_t mark = 0; mark <= SLEEPERS; mark += SLEEPERS) {
            must_eq(after_leaving(claimed | mark, true), DONE | bit);
            must_eq(after_leaving(claimed | mark, false), bit);
        }
    }
}
END_TEST

static int look_inside(void *arg)
{
    must_eq(word(), claimed_by(*(uint32_t *)arg, (uint32_t)gettid()));
    must(!weir_once_is_done(&once));
    return 7;
}

START_TEST(words_of_a_call)
{
    uint32_t bit = SCOPE_BIT;

    begin(_i);
    must_eq(word(), bit);
    must_eq(weir_once_call(&once, look_inside, &bit), 7);
    must_eq(word(), bit);
    must_eq(weir_once_call(&once, run_it, &good), 0);
    must_eq(word(), DONE | bit);
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

static int mark_inside(void *arg)
{
    set_word(word() | SLEEPERS);
    return *(int *)arg;
}

START_TEST(leaving_calls_if_somebody_sleeps)
{
    int bad = 3;

    begin(_i);
    must_eq(weir_once_call(&once, mark_inside, &bad), 3);
    must_eq(word(), SCOPE_BIT);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_load_rlx_(&seam_woken), INT_MAX);
    must_eq(weir_load_rlx_(&seam_woken_shared), _i);
    must_eq(weir_once_call(&once, mark_inside, &good), 0);
    must_eq(word(), DONE | SCOPE_BIT);
    must_eq(seam_count(&seam_wakes), 2);
}
END_TEST

/* --- The windows around a sleep --- */

/* Another is inside. */
static void occupy(int scope)
{
    begin(scope);
    set_word(claimed_by(scope ? SHARED : 0, OTHER));
}

static bool fails;

static void other_leaves(void *arg)
{
    (void)arg;
    /* Hazard B12: the mark is there before the sleep. */
    must(word() & SLEEPERS);
    leave(&once, !fails);
}

START_TEST(left_before_the_sleep)
{
    occupy(_i);
    runs = 0;
    seam.before_wait = other_leaves;
    fails = false;
    must_eq(weir_once_call(&once, run_it, &good), 0);
    must_eq(runs, 0);
    must_eq(seam_count(&seam_waits), 1);
    occupy(_i);
    seam.before_wait = other_leaves;
    fails = true;
    must_eq(weir_once_call(&once, run_it, &good), 0);
    must_eq(runs, 1);
    must_eq(seam_count(&seam_waits), 1);
}
END_TEST

static void other_comes_back(void *arg)
{
    if (seam_count(&seam_waits) > 1) {
        other_leaves(arg);
        return;
    }
    fails = true;
    other_leaves(arg);
    set_word(claimed_by(word(), OTHER));
    fails = false;
}

/* Hazard B3: it failed and runs again, with the same number, before the
 * sleep; without the mark the word is another. */
START_TEST(the_runner_comes_back)
{
    occupy(_i);
    runs = 0;
    seam.before_wait = other_comes_back;
    must_eq(weir_once_call(&once, run_it, &good), 0);
    must_eq(runs, 0);
    must_eq(seam_count(&seam_waits), 2);
}
END_TEST

START_TEST(left_after_the_timeout)
{
    occupy(_i);
    runs = 0;
    fails = false;
    seam.after_wait = other_leaves;
    must_eq(weir_once_call_until(&once, run_it, &good, weir_after(1000)), 0);
    must_eq(runs, 0);
    occupy(_i);
    must_eq(weir_once_call_until(&once, run_it, &good, WEIR_NOW), ETIMEDOUT);
    must_eq(seam_count(&seam_waits), 0);
    must(!(word() & SLEEPERS));
    must_eq(weir_once_call_until(&once, run_it, &good, weir_after(1000)),
            ETIMEDOUT);
    must(word() & SLEEPERS); /* hazard B14: until the runner leaves */
    must_eq(weir_once_call_until(&once, run_it, &good, weir_after(1000)),
            ETIMEDOUT);
    leave(&once, false);
    must_eq(word(), SCOPE_BIT);
    must_eq(runs, 0);
}
END_TEST

/* It has left, or another has come, by the time it would be marked. */
START_TEST(marks_another_word)
{
    begin(_i);
    must(
        !await(&once, claimed_by(SCOPE_BIT, OTHER), weir_until_(WEIR_FOREVER)));
    must_eq(seam_count(&seam_waits), 0);
    must_eq(word(), SCOPE_BIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words_once");
    TCase *tcase = support_tcase(suite, "moves");

    tcase_add_loop_test(tcase, moves, 0, SCOPES);
    tcase_add_loop_test(tcase, words_of_a_call, 0, SCOPES);
    tcase_add_loop_test(tcase, leaving_calls_if_somebody_sleeps, 0, SCOPES);
    tcase = support_tcase(suite, "windows");
    tcase_add_loop_test(tcase, left_before_the_sleep, 0, SCOPES);
    tcase_add_loop_test(tcase, the_runner_comes_back, 0, SCOPES);
    tcase_add_loop_test(tcase, left_after_the_timeout, 0, SCOPES);
    tcase_add_loop_test(tcase, marks_another_word, 0, SCOPES);
    return support_main(suite);
}
