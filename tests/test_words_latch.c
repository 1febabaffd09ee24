/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of the latch, from the inside: LEGAL and MOVES of the WORD block in
 * latch.c, which is compiled into this suite; and the windows around a sleep.
 */
#include "futex/latch.c"

#include "test_seam_kit.h"

static weir_latch_t latch;

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static void begin(unsigned count, int scope)
{
    seam_reset();
    must_eq(weir_latch_init(&latch, count, scopes[scope]), 0);
    support_watch("latch", &latch, sizeof(latch));
}

static uint32_t word(void)
{
    return weir_load_sc_(&latch.word);
}

static void set_word(uint32_t value)
{
    weir_store_rlx_(&latch.word, value);
}

/* --- LEGAL and MOVES --- */

static const uint32_t counts[] = {
    1, 2, 3, 1000, 0x3fffffff, 0x40000000, 0x7ffffffe, 0x7fffffff};
#define COUNTS ((int)(sizeof(counts) / sizeof(counts[0])))

START_TEST(count_down_moves)
{
    uint32_t count = counts[_i];

    for (uint32_t mark = 0; mark <= SLEEPERS; mark++) {
        uint32_t from = count << COUNT_SHIFT | mark;

        must(!is_open(from));
        must_eq(count_of(from), count);
        must_eq(after_count_down(from, count), 0);
        must(is_open(after_count_down(from, count)));
        if (count > 1) {
            must_eq(after_count_down(from, 1),
                    (count - 1) << COUNT_SHIFT | mark);
            must_eq(after_count_down(from, count - 1), COUNT_ONE | mark);
        }
    }
    must(is_open(0));
}
END_TEST

/* A call is made if and only if somebody may sleep and it has opened; it is
 * for all, and in the latch's scope. */
START_TEST(opening_calls_if_somebody_sleeps)
{
    begin(3, _i);
    must_eq(weir_latch_count_down(&latch, 3), 0);
    must_eq(seam_count(&seam_wakes), 0);
    set_word(3 * COUNT_ONE | SLEEPERS);
    must_eq(weir_latch_count_down(&latch, 1), 0);
    must_eq(word(), 2 * COUNT_ONE | SLEEPERS);
    must_eq(weir_latch_count_down(&latch, 3), EOVERFLOW);
    must_eq(word(), 2 * COUNT_ONE | SLEEPERS);
    must_eq(seam_count(&seam_wakes), 0);
    must_eq(weir_latch_count_down(&latch, 2), 0);
    must_eq(word(), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_load_rlx_(&seam_woken), INT_MAX);
    must_eq(weir_load_rlx_(&seam_woken_shared), _i);
}
END_TEST

/* --- The windows around a sleep --- */

static void open_it(void *arg)
{
    (void)arg;
    must_eq(word(), COUNT_ONE | SLEEPERS);
    must_eq(weir_latch_count_down(&latch, 1), 0);
}

/* It opens between the decision to sleep and the sleep: the kernel compares
 * (hazard B12: the word that it compares with has the mark). */
START_TEST(opened_before_the_sleep)
{
    begin(1, _i);
    seam.before_wait = open_it;
    must_eq(weir_latch_wait(&latch), 0);
    must_eq(seam_count(&seam_waits), 1);
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

static void count_one(void *arg)
{
    (void)arg;
    if (weir_latch_value(&latch) > 1)
        must_eq(weir_latch_count_down(&latch, 1), 0);
    else
        open_it(arg);
}

START_TEST(counted_before_the_sleep)
{
    begin(3, _i);
    seam.before_wait = count_one;
    must_eq(weir_latch_wait(&latch), 0);
    must_eq(seam_count(&seam_waits), 3);
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

/* It opens after the deadline, before the last look: in time. */
START_TEST(opened_after_the_timeout)
{
    begin(1, _i);
    seam.after_wait = open_it;
    must_eq(weir_latch_wait_until(&latch, weir_after(1000)), 0);
    /* A past deadline sleeps never, and marks nothing. */
    begin(1, _i);
    must_eq(weir_latch_wait_until(&latch, WEIR_NOW), ETIMEDOUT);
    must_eq(seam_count(&seam_waits), 0);
    must_eq(word(), COUNT_ONE);
    /* Hazards B13, B14: the mark stays, until it opens. */
    must_eq(weir_latch_wait_until(&latch, weir_after(1000)), ETIMEDOUT);
    must_eq(word(), COUNT_ONE | SLEEPERS);
    must_eq(weir_latch_count_down(&latch, 1), 0);
    must_eq(word(), 0);
}
END_TEST

static void reuse(void *arg)
{
    (void)arg;
    set_word(7 * COUNT_ONE);
}

/* Somebody was let go, and made another latch of the memory, before the one
 * that opened it has made its call: it does not look again. */
START_TEST(the_opener_is_done)
{
    begin(1, _i);
    set_word(COUNT_ONE | SLEEPERS);
    seam.before_wake = reuse;
    must_eq(weir_latch_arrive_and_wait_until(&latch, weir_after(1000000)), 0);
    must_eq(word(), 7 * COUNT_ONE);
}
END_TEST

/* A mark that was set is not set again; one that others lost is tried anew. */
START_TEST(marks)
{
    begin(2, _i);
    set_word(2 * COUNT_ONE | SLEEPERS);
    must_eq(weir_latch_wait_until(&latch, weir_after(1000)), ETIMEDOUT);
    must_eq(word(), 2 * COUNT_ONE | SLEEPERS);
    must(!sleep_on(&latch, COUNT_ONE,
                   weir_until_(WEIR_FOREVER))); /* another word */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words_latch");
    TCase *tcase = support_tcase(suite, "moves");

    tcase_add_loop_test(tcase, count_down_moves, 0, COUNTS);
    tcase_add_loop_test(tcase, opening_calls_if_somebody_sleeps, 0, SCOPES);
    tcase = support_tcase(suite, "windows");
    tcase_add_loop_test(tcase, opened_before_the_sleep, 0, SCOPES);
    tcase_add_loop_test(tcase, counted_before_the_sleep, 0, SCOPES);
    tcase_add_loop_test(tcase, opened_after_the_timeout, 0, SCOPES);
    tcase_add_loop_test(tcase, the_opener_is_done, 0, SCOPES);
    tcase_add_loop_test(tcase, marks, 0, SCOPES);
    return support_main(suite);
}
