/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Joining: by many, with deadlines, under signals, and the end of the
 * object's life.
 */
#include <weir/thread.h>

#include <pthread.h>
#include <sched.h>

#include "base/atomic.h"
#include "support/support.h"

static weir_thread_t thread;
static uint32_t may_go;
static long cargo;

static void *stay(void *arg)
{
    while (!__atomic_load_n(&may_go, __ATOMIC_RELAXED))
        support_sleep_ns(50000);
    cargo++; /* what joiners must see */
    return arg;
}

static void begin(void)
{
    __atomic_store_n(&may_go, 0, __ATOMIC_RELAXED);
    must_eq(weir_thread_init(&thread, NULL, stay, &cargo), 0);
    must_eq(weir_thread_start(&thread), 0);
}

static void let_go(void)
{
    __atomic_store_n(&may_go, 1, __ATOMIC_RELAXED);
}

/* --- contended --- */

static void join_it(unsigned index, void *arg)
{
    void *result = NULL;

    (void)index;
    must_eq(keeps_errno(weir_thread_join(&thread, WEIR_FOREVER, &result)), 0);
    must(result == &cargo);
    must_eq(cargo, *(long *)arg);
    must(!weir_thread_is_alive(&thread));
}

/* All of them sleep, and all are woken.  (hazard B17) */
START_TEST(by_many)
{
    static const unsigned crowds[] = {1, 2, 3, 8, 16};
    unsigned count = crowds[_i];
    support_group_t group;

    for (long expected = 1; expected <= 5; expected++) {
        begin();
        support_group_start(&group, count, join_it, &expected);
        for (unsigned i = 0; i < count; i++)
            must(support_await_sleep(group.tids[i]) == &thread.state);
        let_go();
        support_group_join(&group);
    }
}
END_TEST

/* Joiners that come while it begins and while it ends. */
static void join_by_turns(unsigned index, void *arg)
{
    pthread_barrier_t *gate = arg;
    support_random_t random = support_random(index);

    for (long i = support_scaled(2000); i > 0; i--) {
        if (index == 0) {
            must_eq(weir_thread_init(&thread, NULL, stay, &cargo), 0);
            must_eq(weir_thread_start(&thread), 0);
        }
        pthread_barrier_wait(gate);
        support_jitter(&random);
        must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
        pthread_barrier_wait(gate);
        if (index == 0)
            support_progress();
    }
}

START_TEST(again_and_again)
{
    pthread_barrier_t gate;

    let_go();
    must_eq(pthread_barrier_init(&gate, NULL, 4), 0);
    support_threads(4, join_by_turns, &gate);
    must_eq(cargo, support_scaled(2000));
    pthread_barrier_destroy(&gate);
}
END_TEST

/* Hazard B47: a join that finds it ended orders as well. */
START_TEST(ended_long_ago)
{
    begin();
    let_go();
    while (weir_thread_is_alive(&thread))
        sched_yield();
    must_eq(cargo, 1);
    must_eq(weir_thread_join(&thread, WEIR_NOW, NULL), 0);
    must_eq(cargo, 1);
}
END_TEST

/* --- timed --- */

START_TEST(deadlines)
{
    weir_deadline_t until;
    void *result = &result;

    begin();
    must_eq(keeps_errno(weir_thread_join(&thread, WEIR_NOW, &result)),
            ETIMEDOUT);
    must_eq(weir_thread_join(&thread, -5, &result), ETIMEDOUT);
    must_eq(weir_thread_join(&thread, 1, &result), ETIMEDOUT);
    until = weir_after(20000000);
    must_eq(keeps_errno(weir_thread_join(&thread, until, &result)), ETIMEDOUT);
    must(weir_now() >= until);
    must(result == &result);
    must(weir_thread_is_alive(&thread));
    let_go();
    must_eq(weir_thread_join(&thread, weir_after(INT64_MAX), &result), 0);
    must(result == &cargo);
}
END_TEST

static void join_impatiently(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    int result;

    (void)arg;
    do
        result = weir_thread_join(
            &thread, weir_after(support_below(&random, 200000)), NULL);
    while (result == ETIMEDOUT);
    must_eq(result, 0);
}

/* Some time out at the moment of the end; nobody is left asleep.  (hazard B20) */
START_TEST(timeouts_against_the_end)
{
    support_group_t group;

    for (long i = support_scaled(200); i > 0; i--) {
        begin();
        support_group_start(&group, 4, join_impatiently, NULL);
        let_go();
        must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
        support_group_join(&group);
    }
}
END_TEST

/* --- signal --- */

/* Hazards B50, B17, K9. */
START_TEST(storm_ends_no_join)
{
    support_group_t group;
    long expected = 1;

    support_storm_begin();
    begin();
    support_group_start(&group, 4, join_it, &expected);
    support_stray_begin(&thread, sizeof(uint32_t));
    support_sleep_ns(20000000);
    must(weir_thread_is_alive(&thread));
    support_stray_end();
    let_go();
    support_group_join(&group);
    support_storm_end();
}
END_TEST

/* --- lifetime --- */

struct race {
    long rounds;
    weir_thread_t *thread;
};

static void *at_once(void *arg)
{
    return arg;
}

/* Hazards B21, B22, K9: the object is gone as soon as the join returns. */
static void free_after_join(unsigned index, void *arg)
{
    struct race *race = arg;
    support_strip_t strip = support_strip(false);
    support_random_t random = support_random(index);

    for (long i = 0; i < race->rounds; i++) {
        weir_thread_t *t = support_strip_take(&strip, sizeof(*t));

        must_eq(weir_thread_init(t, NULL, at_once, t), 0);
        must_eq(weir_thread_start(t), 0);
        if (support_below(&random, 2) == 0)
            support_jitter(&random);
        while (weir_thread_join(t,
                                support_below(&random, 4) == 0
                                    ? weir_after(20000)
                                    : WEIR_FOREVER,
                                NULL) != 0)
            continue;
        support_strip_drop(t);
        support_note("round %lu", (unsigned long)i, 0);
    }
}

START_TEST(unmapped_after_join)
{
    struct race race = {.rounds = support_scaled(1500)};

    support_threads(3, free_after_join, &race);
}
END_TEST

/* The last of several joiners frees it. */
struct shared {
    weir_thread_t thread;
    uint32_t joiners;
};

static void join_and_leave(unsigned index, void *arg)
{
    struct shared *shared = arg;

    (void)index;
    must_eq(weir_thread_join(&shared->thread, WEIR_FOREVER, NULL), 0);
    if (__atomic_sub_fetch(&shared->joiners, 1, __ATOMIC_ACQ_REL) == 0)
        support_guarded_drop(shared, sizeof(*shared));
}

START_TEST(unmapped_by_the_last_joiner)
{
    support_group_t group;

    for (long i = support_scaled(100); i > 0; i--) {
        struct shared *shared = support_guarded(sizeof(*shared), false);

        shared->joiners = 4;
        __atomic_store_n(&may_go, 0, __ATOMIC_RELAXED);
        must_eq(weir_thread_init(&shared->thread, NULL, stay, NULL), 0);
        must_eq(weir_thread_start(&shared->thread), 0);
        support_group_start(&group, 4, join_and_leave, shared);
        if (i % 2 == 0)
            for (unsigned j = 0; j < 4; j++)
                support_await_sleep(group.tids[j]);
        let_go();
        support_group_join(&group);
    }
}
END_TEST

/* Who polls may free it too. */
START_TEST(unmapped_when_not_alive)
{
    support_strip_t strip = support_strip(false);

    for (long i = support_scaled(1000); i > 0; i--) {
        weir_thread_t *t = support_strip_take(&strip, sizeof(*t));

        must_eq(weir_thread_init(t, NULL, at_once, NULL), 0);
        must_eq(weir_thread_start(t), 0);
        while (weir_thread_is_alive(t))
            sched_yield();
        support_strip_drop(t);
    }
}
END_TEST

/* --- trees: threads that start and join threads --- */

static void *grow(void *arg)
{
    uintptr_t depth = (uintptr_t)arg;
    weir_thread_t children[2];
    uintptr_t leaves = 0;

    if (depth == 0)
        return (void *)(uintptr_t)1;
    for (int i = 0; i < 2; i++) {
        must_eq(weir_thread_init(&children[i], NULL, grow, (void *)(depth - 1)),
                0);
        must_eq(weir_thread_start(&children[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        void *result;

        must_eq(weir_thread_join(&children[i], WEIR_FOREVER, &result), 0);
        leaves += (uintptr_t)result;
    }
    return (void *)leaves;
}

START_TEST(trees)
{
    for (int i = 0; i < 5; i++) {
        must_eq((uintptr_t)grow((void *)5), 32);
        must_eq(weir_thread_active_count(), 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread_join");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, by_many, 0, 5);
    tcase_add_test(tcase, again_and_again);
    tcase_add_test(tcase, ended_long_ago);
    tcase = support_tcase(suite, "timed");
    tcase_add_test(tcase, deadlines);
    tcase_add_test(tcase, timeouts_against_the_end);
    tcase = support_tcase(suite, "signal");
    tcase_add_test(tcase, storm_ends_no_join);
    tcase = support_tcase(suite, "lifetime");
    tcase_add_test(tcase, unmapped_after_join);
    tcase_add_test(tcase, unmapped_by_the_last_joiner);
    tcase_add_test(tcase, unmapped_when_not_alive);
    tcase_add_test(tcase, trees);
    return support_main(suite);
}
