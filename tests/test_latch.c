/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Latch: counted down, waited for, in both scopes; freed by who was let go;
 * between processes, also such as are killed.
 */
#include <weir/latch.h>

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_latch_t latch;

static void fresh(unsigned count, int scope)
{
    must_eq(weir_latch_init(&latch, count, scopes[scope]), 0);
    support_watch("latch", &latch, sizeof(latch));
}

/* --- api --- */

START_TEST(init_and_queries)
{
    static const unsigned counts[] = {0, 1, 2, 1000, WEIR_LATCH_MAX};

    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        int seen = counts[i] == 0 ? 0 : EAGAIN;

        memset(&latch, 0xa5, sizeof(latch));
        must_eq(keeps_errno(weir_latch_init(&latch, counts[i], scopes[_i])), 0);
        must_eq(keeps_errno(weir_latch_value(&latch)), counts[i]);
        must_eq(keeps_errno(weir_latch_try_wait(&latch)), seen);
        must_eq(keeps_errno(weir_latch_wait_until(&latch, WEIR_NOW)),
                seen == 0 ? 0 : ETIMEDOUT);
    }
}
END_TEST

START_TEST(zero_is_open)
{
    static weir_latch_t zero;
    weir_latch_t initialised = WEIR_LATCH_INIT;

    must_eq(weir_latch_wait(&zero), 0);
    must_eq(weir_latch_try_wait(&zero), 0);
    must_eq(weir_latch_wait(&initialised), 0);
    must_eq(weir_latch_arrive_and_wait(&zero), EOVERFLOW);
}
END_TEST

START_TEST(bad_arguments_change_nothing)
{
    static const struct {
        unsigned count, flags;
    } bad[] = {{WEIR_LATCH_MAX + 1, 0}, {~0u, 0}, {1, 2}, {1, ~0u}};
    weir_latch_t before;

    memset(&latch, 0xa5, sizeof(latch));
    memcpy(&before, &latch, sizeof(before));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        must_eq(
            keeps_errno(weir_latch_init(&latch, bad[i].count, bad[i].flags)),
            EINVAL);
        must(memcmp(&latch, &before, sizeof(before)) == 0);
    }
}
END_TEST

/* --- uncontended, misuse, and the ends of the range --- */

START_TEST(counts_down_to_zero)
{
    fresh(5, _i);
    must_eq(keeps_errno(weir_latch_count_down(&latch, 2)), 0);
    must_eq(weir_latch_value(&latch), 3);
    must_eq(keeps_errno(weir_latch_count_down(&latch, 4)), EOVERFLOW);
    must_eq(keeps_errno(weir_latch_count_down(&latch, ~0u)), EOVERFLOW);
    must_eq(keeps_errno(weir_latch_count_down(&latch, 0x80000003u)), EOVERFLOW);
    must_eq(keeps_errno(weir_latch_count_down(&latch, 0)), EINVAL);
    must_eq(weir_latch_value(&latch), 3);
    must_eq(weir_latch_try_wait(&latch), EAGAIN);
    must_eq(weir_latch_count_down(&latch, 2), 0);
    must_eq(keeps_errno(weir_latch_arrive_and_wait(&latch)), 0);
    must_eq(weir_latch_value(&latch), 0);
    must_eq(keeps_errno(weir_latch_wait(&latch)), 0);
    must_eq(weir_latch_count_down(&latch, 1), EOVERFLOW);
    must_eq(weir_latch_count_down(&latch, 0), EINVAL);
    must_eq(weir_latch_arrive_and_wait_until(&latch, WEIR_NOW), EOVERFLOW);
    must_eq(weir_latch_try_wait(&latch), 0);
}
END_TEST

START_TEST(the_largest_count)
{
    fresh(WEIR_LATCH_MAX, _i);
    must_eq(weir_latch_count_down(&latch, WEIR_LATCH_MAX - 1), 0);
    must_eq(weir_latch_value(&latch), 1);
    must_eq(weir_latch_count_down(&latch, 1), 0);
    must_eq(weir_latch_try_wait(&latch), 0);
    fresh(WEIR_LATCH_MAX, _i);
    must_eq(weir_latch_count_down(&latch, WEIR_LATCH_MAX), 0);
    must_eq(weir_latch_try_wait(&latch), 0);
}
END_TEST

/* --- contended --- */

static long cargo[SUPPORT_THREADS_MAX];

static void wait_and_look(unsigned me, void *arg)
{
    unsigned workers = *(unsigned *)arg;

    (void)me;
    must_eq(keeps_errno(weir_latch_wait(&latch)), 0);
    for (unsigned i = 0; i < workers; i++)
        must_eq(cargo[i], 7);
}

/* All really sleep; counting down wakes nobody before the last. */
START_TEST(sleepers_are_let_go_by_the_last)
{
    unsigned workers = 3;
    support_group_t group;

    fresh(workers, _i);
    support_group_start(&group, 4, wait_and_look, &workers);
    for (unsigned n = 0; n < workers; n++) {
        for (unsigned i = 0; i < 4; i++) {
            const void *word = support_await_sleep(group.tids[i]);

            must(word == NULL || SUPPORT_TSAN || word == &latch.word);
        }
        must_eq(weir_latch_value(&latch), workers - n);
        cargo[n] = 7;
        must_eq(weir_latch_count_down(&latch, 1), 0);
    }
    support_group_join(&group);
    must_eq(weir_latch_try_wait(&latch), 0);
}
END_TEST

struct rounds {
    weir_latch_t *latches;
    long *data; /* one row of plain data for each round */
    unsigned threads;
    long count;
};

/* Each thread arrives in each round, and sees what all did before. */
static void arrive(unsigned me, void *arg)
{
    struct rounds *r = arg;
    support_random_t random = support_random(me);

    for (long i = 0; i < r->count; i++) {
        weir_latch_t *l = &r->latches[i];

        support_note("round %lu", (unsigned long)i, 0);
        r->data[i * r->threads + me] = i + 1;
        if (i % 16 == 0)
            support_jitter(&random);
        if (me % 2 == 0) {
            must_eq(weir_latch_arrive_and_wait(l), 0);
        } else {
            must_eq(weir_latch_count_down(l, 1), 0);
            must_eq(weir_latch_wait(l), 0);
        }
        for (unsigned t = 0; t < r->threads; t++)
            must_eq(r->data[i * r->threads + t], i + 1);
    }
}

static void arrive_together(unsigned threads, unsigned flags, long count)
{
    struct rounds r = {.threads = threads, .count = count};

    r.latches = calloc((size_t)count, sizeof(*r.latches));
    r.data = calloc((size_t)count * threads, sizeof(*r.data));
    must(r.latches != NULL && r.data != NULL);
    for (long i = 0; i < count; i++)
        must_eq(weir_latch_init(&r.latches[i], threads, flags), 0);
    support_threads(threads, arrive, &r);
    free(r.latches);
    free(r.data);
}

START_TEST(threads_arrive)
{
    unsigned threads = 2u << _i / SCOPES;

    arrive_together(threads, scopes[_i % SCOPES],
                    support_scaled(8000 / threads));
}
END_TEST

/* Hazards B50, B17, K9: signals and wake-ups of strangers end no wait. */
START_TEST(threads_arrive_in_a_storm)
{
    support_storm_begin();
    arrive_together(4, scopes[_i], support_scaled(300));
    support_storm_end();
}
END_TEST

static void wait_counted(unsigned me, void *arg)
{
    (void)me;
    must_eq(weir_latch_wait(&latch), 0);
    must_eq(__atomic_load_n((int *)arg, __ATOMIC_RELAXED), 1);
}

START_TEST(strays_end_no_wait)
{
    support_group_t group;
    int opened = 0;

    fresh(1, _i);
    support_storm_begin();
    support_stray_begin(&latch.word, sizeof(latch.word));
    support_group_start(&group, 3, wait_counted, &opened);
    support_sleep_ns(20000000);
    must_eq(weir_latch_value(&latch), 1);
    __atomic_store_n(&opened, 1, __ATOMIC_RELAXED);
    must_eq(weir_latch_count_down(&latch, 1), 0);
    support_group_join(&group);
    support_stray_end();
    support_storm_end();
}
END_TEST

/* --- timed --- */

START_TEST(deadlines_are_not_early)
{
    static const int64_t waits[] = {0, 1, 100000, 3000000};

    fresh(2, _i);
    for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        weir_deadline_t deadline = weir_after(waits[i]);

        must_eq(keeps_errno(weir_latch_wait_until(&latch, deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    must_eq(weir_latch_wait_until(&latch, INT64_MIN), ETIMEDOUT);
    must_eq(weir_latch_wait_until(&latch, 1), ETIMEDOUT);
    must_eq(weir_latch_value(&latch), 2);
    /* Who gives up has arrived. */
    must_eq(weir_latch_arrive_and_wait_until(&latch, weir_after(100000)),
            ETIMEDOUT);
    must_eq(weir_latch_value(&latch), 1);
    must_eq(weir_latch_arrive_and_wait_until(&latch, WEIR_NOW), 0);
    must_eq(weir_latch_wait_until(&latch, WEIR_NOW), 0);
}
END_TEST

/* Timed sleepers come and go among those that stay: hazard B20. */
static void wait_shortly(unsigned me, void *arg)
{
    support_random_t random = support_random(me);
    int result;

    (void)arg;
    if (me == 0) {
        must_eq(weir_latch_wait_until(&latch, WEIR_FOREVER - 1), 0);
        return;
    }
    do
        result = weir_latch_wait_until(
            &latch, weir_after(support_below(&random, 60000)));
    while (result == ETIMEDOUT);
    must_eq(result, 0);
}

START_TEST(timeouts_swallow_nothing)
{
    support_random_t random = support_random(99);

    for (int i = 0; i < support_scaled(60); i++) {
        support_group_t group;

        fresh(1, _i);
        support_group_start(&group, 4, wait_shortly, NULL);
        support_delay_ns(support_below(&random, 200000));
        must_eq(weir_latch_count_down(&latch, 1), 0);
        support_group_join(&group);
    }
}
END_TEST

/* --- lifetime --- */

struct tenancy {
    weir_latch_t *latch;
    long round;
    long rounds;
    unsigned flags;
    support_strip_t strip;
};

static void furnish(struct tenancy *t)
{
    t->latch = support_strip_take(&t->strip, sizeof(*t->latch));
    must_eq(weir_latch_init(t->latch, 1, t->flags), 0);
}

static void dwell(unsigned me, void *arg)
{
    struct tenancy *t = arg;
    support_random_t random = support_random(me);

    for (long i = 0; i < t->rounds; i++) {
        while (__atomic_load_n(&t->round, __ATOMIC_ACQUIRE) != i)
            sched_yield();
        if (i % 8 == 0)
            support_jitter(&random);
        if (me == 0) {
            must_eq(i % 2 ? weir_latch_count_down(t->latch, 1)
                          : weir_latch_arrive_and_wait(t->latch),
                    0);
            continue;
        }
        must_eq(weir_latch_wait(t->latch), 0);
        support_strip_drop(t->latch);
        furnish(t);
        __atomic_store_n(&t->round, i + 1, __ATOMIC_RELEASE);
    }
}

/* Hazards B21, B22: the one that was let go unmaps the latch while
 * count_down is under way. */
START_TEST(unmapped_by_the_waiter)
{
    struct tenancy t = {.flags = scopes[_i], .rounds = support_scaled(4000)};

    t.strip = support_strip(t.flags == WEIR_SHARED);
    furnish(&t);
    support_threads(2, dwell, &t);
}
END_TEST

/* --- processes --- */

static support_twin_t twin;

START_TEST(processes_at_two_addresses)
{
    weir_latch_t *here, *there;
    pid_t children[3];

    twin = support_twin(4096);
    here = twin.here;
    there = twin.there;
    must_eq(weir_latch_init(here, 4, WEIR_SHARED), 0);
    for (unsigned i = 0; i < 3; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            must_eq(weir_latch_arrive_and_wait(i % 2 ? here : there), 0);
            support_exit();
        }
    }
    for (unsigned i = 0; i < 3; i++)
        (void)support_await_sleep(children[i]);
    must_eq(weir_latch_value(there), 1);
    must_eq(weir_latch_count_down(here, 1), 0);
    for (unsigned i = 0; i < 3; i++)
        support_reap(children[i]);
    must_eq(weir_latch_wait(there), 0);
    support_twin_free(&twin);
}
END_TEST

/* Hazard B55: a sleeper that is killed hangs nobody, and an opener's wake-up
 * that never came is made good for by looking again. */
START_TEST(killed_around_the_opening)
{
    weir_latch_t *here;
    pid_t sleeper, waiter;

    twin = support_twin(4096);
    here = twin.here;
    must_eq(weir_latch_init(here, 1, WEIR_SHARED), 0);
    sleeper = support_fork();
    if (sleeper == 0) {
        must_eq(weir_latch_wait(here), 0);
        support_exit();
    }
    (void)support_await_sleep(sleeper);
    must_eq(kill(sleeper, SIGKILL), 0);
    support_reap_killed(sleeper, SIGKILL);
    waiter = support_fork();
    if (waiter == 0) {
        must_eq(weir_latch_wait(twin.there), 0);
        support_exit();
    }
    (void)support_await_sleep(waiter);
    /* What an opener that was killed before its wake-up call leaves. */
    __atomic_store_n((uint32_t *)twin.here, 0, __ATOMIC_RELEASE);
    support_reap(waiter);
    support_twin_free(&twin);
}
END_TEST

/* Hazard B52: fork while others wait; the child has a latch of its own. */
START_TEST(fork_with_waiters)
{
    unsigned workers = 0;
    support_group_t group;
    pid_t child;

    fresh(1, 0);
    support_group_start(&group, 2, wait_and_look, &workers);
    child = support_fork();
    if (child == 0) {
        must_eq(weir_latch_value(&latch), 1);
        must_eq(weir_latch_count_down(&latch, 1), 0);
        must_eq(weir_latch_wait(&latch), 0);
        support_exit();
    }
    support_reap(child);
    for (unsigned i = 0; i < 2; i++)
        (void)support_await_sleep(group.tids[i]);
    must_eq(weir_latch_count_down(&latch, 1), 0);
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("latch");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, init_and_queries, 0, SCOPES);
    tcase_add_test(tcase, zero_is_open);
    tcase_add_test(tcase, bad_arguments_change_nothing);
    tcase_add_loop_test(tcase, counts_down_to_zero, 0, SCOPES);
    tcase_add_loop_test(tcase, the_largest_count, 0, SCOPES);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, sleepers_are_let_go_by_the_last, 0, SCOPES);
    tcase_add_loop_test(tcase, threads_arrive, 0, 3 * SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, threads_arrive_in_a_storm, 0, SCOPES);
    tcase_add_loop_test(tcase, strays_end_no_wait, 0, SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, deadlines_are_not_early, 0, SCOPES);
    tcase_add_loop_test(tcase, timeouts_swallow_nothing, 0, SCOPES);
    tcase = support_tcase(suite, "lifetime");
    tcase_add_loop_test(tcase, unmapped_by_the_waiter, 0, SCOPES);
    tcase = support_tcase(suite, "process");
    tcase_add_test(tcase, processes_at_two_addresses);
    tcase_add_test(tcase, killed_around_the_opening);
    tcase_add_test(tcase, fork_with_waiters);
    return support_main(suite);
}
