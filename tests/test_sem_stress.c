/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Semaphore: that no permit is lost, none is taken twice, and no wake-up is
 * lost.
 *
 * The stress is made of rounds: as many permits are posted as are waited for,
 * and then all meet at a barrier of libc.  A wake-up that is lost in a round
 * is repaired by nobody, and the watchdog shows the sleeper.
 */
#include <weir/sem.h>

#include <pthread.h>

#include "test_sem_kit.h"

/* --- as a lock --- */

struct counting {
    long rounds;
    long counter; /* plain: only exclusion makes it right */
    int inside;
};

static void count_up(unsigned index, void *arg)
{
    struct counting *counting = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < counting->rounds; i++) {
        support_note("round %lu", (unsigned long)i, 0);
        take_somehow(&random);
        must_eq(counting->inside, 0);
        counting->inside = 1;
        counting->counter++;
        if (i % 64 == 0)
            support_jitter(&random);
        counting->inside = 0;
        must_eq(weir_sem_post(&sem), 0);
    }
}

static const unsigned crowds[] = {1, 2, 3, 4, 5, 6, 7, 8, 32};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

/* Hazard B2: each number of threads, not only 2 and many. */
START_TEST(one_permit_excludes)
{
    unsigned threads = crowds[_i / SCOPES];
    struct counting counting = {support_scaled(24000) / threads + 1, 0, 0};

    fresh(1, 1, _i % SCOPES);
    support_threads(threads, count_up, &counting);
    must_eq(counting.counter, counting.rounds * threads);
    must_eq(weir_sem_value(&sem), 1);
    must_eq(weir_sem_post(&sem), EOVERFLOW);
}
END_TEST

/* --- rounds --- */

struct rounds {
    unsigned posters;
    unsigned waiters;
    unsigned permits; /* that each waiter takes, in a round */
    bool timed;       /* all waiters but the first have deadlines */
    long count;
    pthread_barrier_t meet;
};

/* A share of the permits, in portions. */
static void post_share(const struct rounds *r, unsigned index,
                       support_random_t *random)
{
    unsigned all = r->waiters * r->permits;
    unsigned mine = all / r->posters + (index < all % r->posters);

    while (mine > 0) {
        unsigned n = 1 + support_below(random, mine < 3 ? mine : 3);

        support_jitter(random);
        must_eq(n == 1 ? weir_sem_post(&sem) : weir_sem_post_n(&sem, n), 0);
        mine -= n;
    }
}

/* One with a deadline gives back what it got: there is one for each of those
 * without. */
static void wait_in_time(support_random_t *random)
{
    if (weir_sem_wait_until(&sem, weir_after(support_below(random, 60000))) ==
        0) {
        support_jitter(random);
        must_eq(weir_sem_post(&sem), 0);
    }
}

static void run_rounds(unsigned index, void *arg)
{
    struct rounds *r = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < r->count; i++) {
        support_note("round %lu as %lu", (unsigned long)i, index);
        if (index < r->posters)
            post_share(r, index, &random);
        else if (r->timed && index >= r->posters + r->waiters)
            wait_in_time(&random);
        else
            for (unsigned n = 0; n < r->permits; n++)
                must_eq(weir_sem_wait(&sem), 0);
        pthread_barrier_wait(&r->meet);
    }
}

/* others: threads with deadlines, beside the waiters. */
static void play(struct rounds *r, unsigned others, long count)
{
    unsigned threads = r->posters + r->waiters + others;

    r->timed = others > 0;
    r->count = support_scaled(count) / threads + 1;
    must_eq(pthread_barrier_init(&r->meet, NULL, threads), 0);
    support_threads(threads, run_rounds, r);
    pthread_barrier_destroy(&r->meet);
    must_eq(weir_sem_value(&sem), 0);
}

static const struct {
    unsigned posters, waiters;
} casts[] = {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 1}, {2, 2},
             {2, 3}, {3, 3}, {4, 4}, {3, 1}, {1, 8}};
#define CASTS ((int)(sizeof(casts) / sizeof(casts[0])))

/* Hazards B2, B7: posters and waiters in each small number. */
START_TEST(no_wake_up_is_lost)
{
    struct rounds r = {.posters = casts[_i / SCOPES].posters,
                       .waiters = casts[_i / SCOPES].waiters,
                       .permits = 2};

    fresh(0, WEIR_SEM_MAX, _i % SCOPES);
    play(&r, 0, 3000);
}
END_TEST

/* Hazards B17, K9: sleepers are woken for nothing all the time. */
START_TEST(stray_wake_ups_do_no_harm)
{
    struct rounds r = {.posters = 2, .waiters = 3, .permits = 2};

    fresh(0, WEIR_SEM_MAX, _i);
    support_stray_begin(&sem, sizeof(sem));
    play(&r, 0, 4000);
    support_stray_end();
}
END_TEST

/* Hazard B50, with timers of 100 us in each thread. */
START_TEST(no_wake_up_is_lost_in_a_storm)
{
    struct rounds r = {.posters = 2, .waiters = 3, .permits = 2};

    fresh(0, WEIR_SEM_MAX, _i);
    support_storm_begin();
    play(&r, 0, 4000);
    support_storm_end();
}
END_TEST

/* Hazard B20: who times out takes nobody's wake-up along. */
START_TEST(timeouts_swallow_nothing)
{
    struct rounds r = {.posters = 1 + (unsigned)_i / SCOPES % 2,
                       .waiters = 1 + (unsigned)_i / SCOPES / 2,
                       .permits = 1};

    fresh(0, WEIR_SEM_MAX, _i % SCOPES);
    play(&r, 3, 4000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sem_stress");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, one_permit_excludes, 0, SCOPES * CROWDS);
    tcase_add_loop_test(tcase, no_wake_up_is_lost, 0, SCOPES * CASTS);
    tcase_add_loop_test(tcase, stray_wake_ups_do_no_harm, 0, SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, timeouts_swallow_nothing, 0, SCOPES * 4);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, no_wake_up_is_lost_in_a_storm, 0, SCOPES);
    return support_main(suite);
}
