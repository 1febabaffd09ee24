/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: arrivals, timeouts, aborts and resets at the same moment, again
 * and again.  What must hold each time: a phase completes for all of its
 * threads or for none, one thread at most is told that it timed out, and
 * nobody is left behind.
 */
#include <weir/barrier.h>

#include <pthread.h>
#include <string.h>

#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2
#define PARTIES_MAX 8

static weir_barrier_t barrier;

static void fresh(unsigned parties, int scope)
{
    must_eq(weir_barrier_init(&barrier, parties, scopes[scope]), 0);
    support_watch("barrier", &barrier, sizeof(barrier));
}

static void must_be_idle(void)
{
    must_eq(weir_barrier_n_waiting(&barrier), 0);
    must(!weir_barrier_broken(&barrier));
}

/* --- timeouts against the last arrival, and aborts and resets --- */

struct game {
    unsigned parties;
    unsigned threads; /* parties, and those who meddle */
    long rounds;
    int (*meddle)(weir_barrier_t *b);
    bool timed;
    weir_deadline_t common; /* of a round in which all meet at one moment */
    int results[PARTIES_MAX];
    unsigned indices[PARTIES_MAX];
    long completed, broken, timed_out;
    pthread_barrier_t meet; /* libc's: the rounds do not trust ours */
};

static void take_part(struct game *game, unsigned me, support_random_t *random)
{
    weir_deadline_t deadline = WEIR_FOREVER;

    if (game->timed && support_below(random, 2) == 0)
        deadline = weir_after(support_below(random, 60000));
    support_jitter(random);
    game->results[me] =
        weir_barrier_wait_until(&barrier, deadline, &game->indices[me]);
}

/* The narrow windows: the deadlines of all but one pass at the very moment at
 * which that one arrives, or all pass together. */
static void meet_at_once(struct game *game, unsigned me, long round,
                         support_random_t *random)
{
    weir_deadline_t deadline = game->common;

    if (round % 3 != 0 && me == (unsigned long)round % game->parties) {
        /* It takes a sleeper some time to find out. */
        while (weir_now() < game->common + support_below(random, 80000))
            continue;
        deadline = WEIR_FOREVER;
    }
    game->results[me] =
        weir_barrier_wait_until(&barrier, deadline, &game->indices[me]);
}

/* All got 0 and one index each; or nobody did. */
static void judge(struct game *game)
{
    unsigned zeros = 0, timeouts = 0, mask = 0;

    for (unsigned i = 0; i < game->parties; i++) {
        int result = game->results[i];

        zeros += result == 0;
        timeouts += result == ETIMEDOUT;
        must(result == 0 || result == ETIMEDOUT || result == ECANCELED);
        if (result == 0)
            mask |= 1u << game->indices[i];
        else
            must_eq(game->indices[i], ~0u);
    }
    must(timeouts <= 1);
    must(zeros == 0 || zeros == game->parties);
    must(zeros == 0 || mask == (1u << game->parties) - 1);
    game->completed += zeros != 0;
    game->broken += zeros == 0;
    game->timed_out += timeouts;
}

static void play(unsigned me, void *arg)
{
    struct game *game = arg;
    support_random_t random = support_random(me);

    for (long i = 0; i < game->rounds; i++) {
        support_note("round %lu as %lu", (unsigned long)i, me);
        if (me < game->parties) {
            game->indices[me] = ~0u;
            if (game->timed && i % 2 == 1)
                meet_at_once(game, me, i, &random);
            else
                take_part(game, me, &random);
        } else {
            support_delay_ns(support_below(&random, 30000));
            must_eq(game->meddle(&barrier), 0);
        }
        pthread_barrier_wait(&game->meet);
        if (me == 0) {
            judge(game);
            must_eq(weir_barrier_reset(&barrier), 0);
            must_be_idle();
            game->common = weir_after(50000 + support_below(&random, 50000));
        }
        pthread_barrier_wait(&game->meet);
    }
}

static void play_all(struct game *game, long rounds)
{
    game->rounds = support_scaled(rounds);
    must_eq(pthread_barrier_init(&game->meet, NULL, game->threads), 0);
    support_threads(game->threads, play, game);
    pthread_barrier_destroy(&game->meet);
    must_eq(game->completed + game->broken, game->rounds);
}

/* Hazard B20's question to a barrier. */
START_TEST(timeouts_against_arrivals)
{
    unsigned parties = 2 + (unsigned)_i / SCOPES;
    struct game game = {.parties = parties, .threads = parties, .timed = true};

    fresh(parties, _i % SCOPES);
    play_all(&game, 4000);
    must_eq(game.broken, game.timed_out);
}
END_TEST

START_TEST(aborts_against_arrivals)
{
    unsigned parties = 2 + (unsigned)_i / SCOPES;
    struct game game = {.parties = parties,
                        .threads = parties + 1,
                        .timed = parties % 2 == 0,
                        .meddle = weir_barrier_abort};

    fresh(parties, _i % SCOPES);
    play_all(&game, 2000);
}
END_TEST

/* --- resets against everything --- */

/* Threads that start over when they are sent away, and one that resets, or
 * aborts and resets.  All are counted in lockstep: after n successes of mine
 * everybody has had n. */
struct marchers {
    unsigned parties;
    long phases;
    int left;
    int aborts;
    long slots[2][PARTIES_MAX]; /* plain */
};

static void march(struct marchers *m, unsigned me)
{
    support_random_t random = support_random(me);
    long done = 0;

    while (done < m->phases) {
        int result;

        support_note("done %lu", (unsigned long)done, 0);
        if (support_below(&random, 16) == 0)
            support_jitter(&random);
        m->slots[done % 2][me] = done + 1;
        result = weir_barrier_wait(&barrier, NULL);
        if (result == 0) {
            for (unsigned i = 0; i < m->parties; i++)
                must_eq(m->slots[done % 2][i], done + 1);
            done++;
        } else {
            must_eq(result, ECANCELED);
        }
    }
    __atomic_fetch_sub(&m->left, 1, __ATOMIC_RELEASE);
}

static void march_or_meddle(unsigned me, void *arg)
{
    struct marchers *m = arg;
    support_random_t random = support_random(100 + me);

    if (me < m->parties) {
        march(m, me);
        return;
    }
    while (__atomic_load_n(&m->left, __ATOMIC_ACQUIRE) > 0) {
        support_delay_ns(support_below(&random, 150000));
        if (m->aborts)
            must_eq(weir_barrier_abort(&barrier), 0);
        support_jitter(&random);
        must_eq(weir_barrier_reset(&barrier), 0);
        (void)weir_barrier_n_waiting(&barrier);
        (void)weir_barrier_broken(&barrier);
    }
}

START_TEST(resets_against_lockstep)
{
    unsigned parties = 2 + (unsigned)_i / (2 * SCOPES);
    struct marchers m = {.parties = parties,
                         .phases = support_scaled(1000),
                         .left = (int)parties,
                         .aborts = _i / SCOPES % 2};

    fresh(parties, _i % SCOPES);
    support_threads(parties + 1, march_or_meddle, &m);
    must_eq(weir_barrier_reset(&barrier), 0);
    must_be_idle();
}
END_TEST

/* --- everything at once, with more threads than parties --- */

static int stop;

static void do_anything(unsigned me, void *arg)
{
    support_random_t random = support_random(me);
    unsigned parties = weir_barrier_parties(&barrier);

    for (long i = *(long *)arg; i > 0; i--) {
        unsigned index = ~0u;
        int result = 0;

        support_note("left to do: %lu", (unsigned long)i, 0);
        switch (support_below(&random, 12)) {
        case 0: result = weir_barrier_abort(&barrier); break;
        case 1:
        case 2:
        case 3: result = weir_barrier_reset(&barrier); break;
        case 4: must(weir_barrier_n_waiting(&barrier) <= parties); break;
        default:
            result = weir_barrier_wait_until(
                &barrier, weir_after(support_below(&random, 100000)), &index);
            must(result == 0 || result == ETIMEDOUT || result == ECANCELED);
            must(result == 0 ? index < parties : index == ~0u);
            result = 0;
        }
        must_eq(result, 0);
    }
    __atomic_fetch_add(&stop, 1, __ATOMIC_RELEASE);
}

static void wait_ok(unsigned me, void *arg)
{
    (void)me;
    (void)arg;
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
}

START_TEST(anything_goes)
{
    unsigned parties = 1 + (unsigned)_i / SCOPES;
    long times = support_scaled(3000);

    fresh(parties, _i % SCOPES);
    if (_i % 3 == 0)
        support_storm_begin();
    support_threads(parties + 2, do_anything, &times);
    support_storm_end();
    /* Whatever they left, one reset makes it good. */
    must_eq(weir_barrier_reset(&barrier), 0);
    must_be_idle();
    support_threads(parties, wait_ok, NULL);
    must_be_idle();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("barrier_race");
    TCase *tcase = support_tcase(suite, "timed");

    tcase_add_loop_test(tcase, timeouts_against_arrivals, 0, SCOPES * 7);
    tcase = support_tcase(suite, "abort");
    tcase_add_loop_test(tcase, aborts_against_arrivals, 0, SCOPES * 4);
    tcase = support_tcase(suite, "reset");
    tcase_add_loop_test(tcase, resets_against_lockstep, 0, SCOPES * 2 * 4);
    tcase_add_loop_test(tcase, anything_goes, 0, SCOPES * 5);
    return support_main(suite);
}
