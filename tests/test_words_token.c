/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of the token, from the inside: the MOVES of the WORD block in
 * token.c, which is compiled into this suite; the words that are slept on; the
 * windows around a sleep; and what is made of the kernel's answers.
 */
#include "futex/token.c"

#include <weir/sem.h>

#include "futex/park.h"
#include "test_any_kit.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

#define DEPTH 3u
static weir_token_t chain[DEPTH];
static weir_sem_t sem;

static void begin(int scope)
{
    any_reset();
    for (unsigned i = 0; i < DEPTH; i++)
        must_eq(weir_token_init(&chain[i], i == 0 ? NULL : &chain[i - 1],
                                WEIR_FOREVER, scopes[scope]),
                0);
    must_eq(weir_sem_init(&sem, 0, WEIR_SEM_MAX, scopes[scope]), 0);
    support_watch("chain", chain, sizeof(chain));
}

static uint32_t word_of(unsigned i)
{
    return weir_load_sc_(&chain[i].word);
}

/* --- MOVES --- */

static const struct {
    uint32_t from;
    bool may_sleep, calls;
} moves[] = {{0, true, false},
             {SLEEPERS, true, true},
             {CANCELLED, false, false},
             {CANCELLED | SLEEPERS, false, false}};
#define MOVES 4

START_TEST(cancel_moves)
{
    begin(_i / MOVES);
    weir_store_rlx_(&chain[0].word, moves[_i % MOVES].from);
    must_eq(weir_token_cancel(&chain[0]), 0);
    must_eq(word_of(0), moves[_i % MOVES].from | CANCELLED);
    must_eq(seam_count(&seam_wakes), moves[_i % MOVES].calls);
    if (moves[_i % MOVES].calls) {
        must_eq(weir_load_rlx_(&seam_woken), INT_MAX);
        must_eq(weir_load_rlx_(&seam_woken_shared), _i / MOVES);
    }
}
END_TEST

START_TEST(mark_moves)
{
    uint32_t from = moves[_i].from;

    begin(0);
    weir_store_rlx_(&chain[0].word, from);
    must_eq(mark(&chain[0]), moves[_i].may_sleep);
    must_eq(word_of(0), moves[_i].may_sleep ? from | SLEEPERS : from);
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

/* --- What is slept on --- */

START_TEST(all_of_the_chain_is_announced)
{
    struct weir_futex_word words[WEIR_TOKEN_DEPTH_MAX];
    bool shared = false;

    begin(_i);
    must_eq(weir_token_announce_(&chain[2], words, &shared), 3);
    must_eq(shared, _i);
    for (unsigned i = 0; i < DEPTH; i++) {
        must(words[i].word == &chain[2 - i].word);
        must_eq(words[i].expected, SLEEPERS);
        must_eq(words[i].shared, _i);
        must_eq(word_of(i), SLEEPERS);
    }
    shared = false;
    must_eq(weir_token_announce_(&chain[0], words, &shared), 1);
    for (unsigned i = 0; i < DEPTH; i++) {
        begin(_i);
        must_eq(weir_token_cancel(&chain[i]), 0);
        must_eq(weir_token_announce_(&chain[2], words, &shared), 0);
    }
    /* One shared ancestor is enough to have to look. */
    begin(1);
    must_eq(weir_token_init(&chain[1], &chain[0], WEIR_FOREVER, 0), 0);
    shared = false;
    must_eq(weir_token_announce_(&chain[1], words, &shared), 2);
    must(shared);
    must(!words[0].shared && words[1].shared);
}
END_TEST

static WEIR_ATOMIC(uint32_t) bare;

static enum weir_slept park(weir_deadline_t deadline)
{
    struct weir_futex_word object = {&bare, 5, false};

    weir_store_rlx_(&bare, 5);
    return weir_token_park_(&chain[2], &object, deadline, 1);
}

/* The object's word is the last. */
START_TEST(the_object_is_the_last_word)
{
    static const struct any_answer woken = {WEIR_SLEPT_WOKEN, DEPTH};
    weir_deadline_t later = weir_after(60000000000);

    begin(_i);
    any_answer = &woken;
    must_eq(park(later), WEIR_SLEPT_WOKEN);
    must_eq(weir_load_rlx_(&any_words), DEPTH + 1);
    must(any_last == &bare);
    /* Who cancels a shared one may be killed before its call. */
    if (_i == 0)
        must_eq(weir_load_rlx_(&any_until), later);
    else
        must(weir_load_rlx_(&any_until) <= weir_after(WEIR_SHARED_SLICE_NS));
}
END_TEST

static void cancel_quietly(void *arg)
{
    seam.mute = true;
    must_eq(weir_token_cancel(arg), 0);
    seam.mute = false;
}

/* Whether a wake-up of the object may have been consumed, and so whether the
 * caller may give up, as the kernel tells. */
START_TEST(answers)
{
    static const struct {
        struct any_answer answer;
        enum weir_slept wanted, cancelled; /* not cancelled, or meanwhile */
    } rows[] = {
        {{WEIR_SLEPT_WOKEN, DEPTH}, WEIR_SLEPT_WOKEN, WEIR_SLEPT_WOKEN},
        {{WEIR_SLEPT_WOKEN, DEPTH + 1}, WEIR_SLEPT_WOKEN, WEIR_SLEPT_WOKEN},
        {{WEIR_SLEPT_WOKEN, 0}, WEIR_SLEPT_WOKEN, WEIR_SLEPT_EXPIRED},
        {{WEIR_SLEPT_WOKEN, DEPTH - 1}, WEIR_SLEPT_WOKEN, WEIR_SLEPT_EXPIRED},
        {{WEIR_SLEPT_CHANGED, DEPTH + 1},
         WEIR_SLEPT_CHANGED,
         WEIR_SLEPT_CHANGED},
        {{WEIR_SLEPT_EXPIRED, DEPTH + 1},
         WEIR_SLEPT_EXPIRED,
         WEIR_SLEPT_EXPIRED},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* Soon enough for no slice to end before. */
        weir_deadline_t soon = weir_after(1000);

        begin(_i);
        any_answer = &rows[i].answer;
        must_eq(park(soon), rows[i].wanted);
        begin(_i);
        any_answer = &rows[i].answer;
        seam.before_wait = cancel_quietly;
        seam.arg = &chain[i % DEPTH];
        must_eq(park(soon), rows[i].cancelled);
    }
    /* The end of a slice is not the deadline. */
    begin(_i);
    any_answer = &rows[5].answer;
    must_eq(park(weir_after(60000000000)),
            _i ? WEIR_SLEPT_WOKEN : WEIR_SLEPT_EXPIRED);
    /* Cancelled before: no sleep. */
    begin(_i);
    must_eq(weir_token_cancel(&chain[0]), 0);
    must_eq(park(WEIR_FOREVER), WEIR_SLEPT_EXPIRED);
    must_eq(seam_count(&any_waits), 0);
}
END_TEST

/* --- The windows around a sleep --- */

/* It is cancelled, or an ancestor, between the decision to sleep and the sleep,
 * and the canceller's call comes too early: the kernel compares (hazard B12). */
START_TEST(cancelled_before_the_sleep)
{
    for (unsigned i = 0; i < DEPTH; i++) {
        begin(_i);
        seam.before_wait = cancel_quietly;
        seam.arg = &chain[i];
        must_eq(weir_sem_wait_with(&sem, WEIR_FOREVER, &chain[2]), ECANCELED);
        must_eq(seam_count(&any_waits), 1);
        begin(_i);
        seam.before_wait = cancel_quietly;
        seam.arg = &chain[i];
        must_eq(weir_token_wait(&chain[2]), 0);
        must_eq(seam_count(&any_waits), 1);
    }
    /* Alone it sleeps on one word. */
    begin(_i);
    seam.before_wait = cancel_quietly;
    seam.arg = &chain[0];
    must_eq(weir_token_wait(&chain[0]), 0);
    must_eq(seam_count(&any_waits), 0);
    must_eq(seam_count(&seam_waits), 1);
}
END_TEST

static void post(void *arg)
{
    (void)arg;
    must_eq(weir_sem_post(&sem), 0);
}

static void post_and_cancel(void *arg)
{
    post(arg);
    must_eq(weir_token_cancel(&chain[1]), 0);
}

/* Who can have what it waits for gets it, cancelled or not. */
START_TEST(posted_before_the_sleep)
{
    seam_hook_t *hooks[] = {post, post_and_cancel};

    for (int i = 0; i < 2; i++) {
        begin(_i);
        seam.before_wait = hooks[i];
        must_eq(weir_sem_wait_with(&sem, WEIR_FOREVER, &chain[2]), 0);
        must_eq(seam_count(&any_waits), 1);
        must_eq(weir_sem_value(&sem), 0);
    }
}
END_TEST

/* Also when its deadline has passed in its sleep. */
START_TEST(posted_after_the_timeout)
{
    seam_hook_t *hooks[] = {post, post_and_cancel};

    for (int i = 0; i < 2; i++) {
        int64_t ns = 100000;
        int result;

        /* Where the machine is slow it may have passed before. */
        do {
            begin(_i);
            seam.after_wait = hooks[i];
            result = weir_sem_wait_with(&sem, weir_after(ns), &chain[2]);
            ns *= 2;
        } while (seam_count(&any_waits) == 0);
        must_eq(result, 0);
        must_eq(weir_sem_value(&sem), 0);
    }
}
END_TEST

static void reuse(void *arg)
{
    weir_token_t *t = arg;

    weir_store_rlx_(&t->word, 0);
    t->chain ^= SHARED;
}

/* Somebody was let go, and made another token of the memory, before the call:
 * the canceller does not look again. */
START_TEST(the_canceller_is_done)
{
    begin(_i);
    must(mark(&chain[0]));
    seam.before_wake = reuse;
    seam.arg = &chain[0];
    must_eq(weir_token_cancel(&chain[0]), 0);
    must_eq(word_of(0), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_load_rlx_(&seam_woken_shared), _i);
}
END_TEST

/* --- Chosen twice --- */

struct twice {
    weir_token_t *token;
    enum weir_slept slept;
};

static void park_once(unsigned index, void *arg)
{
    struct weir_futex_word object = {&bare, 5, false};
    struct twice *t = arg;

    (void)index;
    seam.patient = true; /* no slice */
    t->slept = weir_token_park_(t->token, &object, WEIR_FOREVER, 1);
}

/* The object's wake-up chooses it, and then the token's: it says that it was
 * the object's, so that it is passed on, whichever it hears of first. */
START_TEST(woken_and_then_cancelled)
{
    /* A signal ends the single sleep as well. */
    support_storm_waive();
    for (long i = support_scaled(200); i > 0; i--) {
        struct twice t = {&chain[2], WEIR_SLEPT_CHANGED};
        support_group_t group;

        begin(_i);
        weir_store_rlx_(&bare, 5);
        support_group_start(&group, 1, park_once, &t);
        (void)support_await_sleep(group.tids[0]);
        while (seam_count(&any_waits) == 0)
            support_sleep_ns(1000);
        (void)support_await_sleep(group.tids[0]);
        __real_weir_futex_wake_(&bare, 1, WEIR_BITS_ALL, false);
        must_eq(weir_token_cancel(&chain[i % DEPTH]), 0);
        support_group_join(&group);
        must_eq(t.slept, WEIR_SLEPT_WOKEN);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("words_token");
    TCase *tcase = support_tcase(suite, "moves");

    tcase_add_loop_test(tcase, cancel_moves, 0, SCOPES * MOVES);
    tcase_add_loop_test(tcase, mark_moves, 0, MOVES);
    tcase_add_loop_test(tcase, all_of_the_chain_is_announced, 0, SCOPES);
    tcase_add_loop_test(tcase, the_object_is_the_last_word, 0, SCOPES);
    tcase_add_loop_test(tcase, answers, 0, SCOPES);
    tcase = support_tcase(suite, "windows");
    tcase_add_loop_test(tcase, cancelled_before_the_sleep, 0, SCOPES);
    tcase_add_loop_test(tcase, posted_before_the_sleep, 0, SCOPES);
    tcase_add_loop_test(tcase, posted_after_the_timeout, 0, SCOPES);
    tcase_add_loop_test(tcase, the_canceller_is_done, 0, SCOPES);
    tcase_add_loop_test(tcase, woken_and_then_cancelled, 0, SCOPES);
    return suite;
}

int main(void)
{
    if (!weir_futex_can_wait_any_()) {
        support_skip("test_words_token", "no futex_waitv here");
        return 0;
    }
    return support_main(make_suite());
}
