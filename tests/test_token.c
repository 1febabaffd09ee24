/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Token: what init makes of it, deadlines, chains, and the waits for it, with a
 * kernel that can wait for several words, and without.
 */
#include <weir/sem.h>
#include <weir/token.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "test_kernel_kit.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2
/* Loop tests run in each scope, and with each kind of kernel. */
#define WAYS (2 * SCOPES)

static weir_sem_t sem;

/* A chain: each is the child of the one before it. */
static weir_token_t chain[WEIR_TOKEN_DEPTH_MAX + 1];

static void fresh(unsigned depth, int way)
{
    kit_can_wait_any = way / SCOPES == 0;
    for (unsigned i = 0; i < depth; i++)
        must_eq(weir_token_init(&chain[i], i == 0 ? NULL : &chain[i - 1],
                                WEIR_FOREVER, scopes[way % SCOPES]),
                0);
    support_watch("chain", chain, sizeof(chain));
}

/* --- api --- */

START_TEST(init_and_queries)
{
    weir_deadline_t later = weir_after(60000000000);

    memset(chain, 0xa5, sizeof(chain));
    must_eq(keeps_errno(weir_token_init(&chain[0], NULL, later, scopes[_i])),
            0);
    must_eq(keeps_errno(weir_token_deadline(&chain[0])), later);
    must(!keeps_errno(weir_token_is_cancelled(&chain[0])));
    must_eq(keeps_errno(weir_token_wait_until(&chain[0], WEIR_NOW)), ETIMEDOUT);
    must_eq(keeps_errno(weir_token_cancel(&chain[0])), 0);
    must(keeps_errno(weir_token_is_cancelled(&chain[0])));
    must_eq(keeps_errno(weir_token_wait_until(&chain[0], WEIR_NOW)), 0);
    must_eq(keeps_errno(weir_token_wait(&chain[0])), 0);
    must_eq(weir_token_deadline(&chain[0]), later);
    /* Once, for good. */
    must_eq(keeps_errno(weir_token_cancel(&chain[0])), 0);
    must(weir_token_is_cancelled(&chain[0]));
    /* But for a new one in the same place. */
    must_eq(weir_token_init(&chain[0], NULL, WEIR_FOREVER, scopes[_i]), 0);
    must(!weir_token_is_cancelled(&chain[0]));
    must_eq(weir_token_deadline(&chain[0]), WEIR_FOREVER);
}
END_TEST

START_TEST(zero_is_not_cancelled)
{
    static weir_token_t zero;
    weir_token_t initialised = WEIR_TOKEN_INIT;

    must(memcmp(&zero, &initialised, sizeof(zero)) == 0);
    must(!weir_token_is_cancelled(&zero));
    must_eq(weir_token_deadline(&zero), WEIR_FOREVER);
    must_eq(weir_token_wait_until(&zero, weir_after(1000)), ETIMEDOUT);
    must_eq(weir_token_init(&chain[0], &zero, WEIR_FOREVER, 0), 0);
    must_eq(weir_token_cancel(&zero), 0);
    must(weir_token_is_cancelled(&zero));
    must(weir_token_is_cancelled(&chain[0]));
}
END_TEST

START_TEST(bad_arguments_change_nothing)
{
    static const unsigned flags[] = {2, 2 | WEIR_SHARED, 1u << 31, ~0u};
    weir_token_t parent = WEIR_TOKEN_INIT;
    weir_token_t before;

    memset(&chain[0], 0xa5, sizeof(chain[0]));
    memcpy(&before, &chain[0], sizeof(before));
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        must_eq(keeps_errno(weir_token_init(&chain[0], i % 2 ? &parent : NULL,
                                            WEIR_FOREVER, flags[i])),
                EINVAL);
        must(memcmp(&chain[0], &before, sizeof(before)) == 0);
    }
    /* Another process could not follow it. */
    must_eq(keeps_errno(
                weir_token_init(&chain[0], &parent, WEIR_FOREVER, WEIR_SHARED)),
            EINVAL);
    must(memcmp(&chain[0], &before, sizeof(before)) == 0);
    /* The other way round is fine. */
    must_eq(weir_token_init(&parent, NULL, WEIR_FOREVER, WEIR_SHARED), 0);
    must_eq(weir_token_init(&chain[0], &parent, WEIR_FOREVER, 0), 0);
    must_eq(weir_token_cancel(&parent), 0);
    must(weir_token_is_cancelled(&chain[0]));
}
END_TEST

/* As long as can be; one more is told. */
START_TEST(the_longest_chain)
{
    weir_token_t *last = &chain[WEIR_TOKEN_DEPTH_MAX - 1];
    weir_token_t before;

    fresh(WEIR_TOKEN_DEPTH_MAX, _i);
    memset(last + 1, 0xa5, sizeof(*last));
    memcpy(&before, last + 1, sizeof(before));
    must_eq(
        keeps_errno(weir_token_init(last + 1, last, WEIR_FOREVER, scopes[_i])),
        EOVERFLOW);
    must(memcmp(last + 1, &before, sizeof(before)) == 0);
    must(!weir_token_is_cancelled(last));
    must_eq(weir_token_wait_until(last, weir_after(1000)), ETIMEDOUT);
    must_eq(weir_token_cancel(&chain[0]), 0);
    must(weir_token_is_cancelled(last));
}
END_TEST

/* Whom it is the ancestor of, and nobody else. */
START_TEST(cancels_its_descendants)
{
    for (unsigned which = 0; which < 5; which++) {
        fresh(5, _i);
        must_eq(weir_token_cancel(&chain[which]), 0);
        for (unsigned i = 0; i < 5; i++) {
            must_eq(weir_token_is_cancelled(&chain[i]), i >= which);
            must_eq(weir_token_wait_until(&chain[i], WEIR_NOW),
                    i >= which ? 0 : ETIMEDOUT);
        }
    }
    /* Brothers do not. */
    fresh(2, _i);
    must_eq(weir_token_init(&chain[2], &chain[0], WEIR_FOREVER, 0), 0);
    must_eq(weir_token_cancel(&chain[2]), 0);
    must(!weir_token_is_cancelled(&chain[1]));
    /* The child of one that is cancelled is so from the beginning. */
    must_eq(weir_token_init(&chain[3], &chain[2], WEIR_FOREVER, 0), 0);
    must(weir_token_is_cancelled(&chain[3]));
}
END_TEST

/* --- timed --- */

START_TEST(the_earliest_deadline_counts)
{
    static const struct {
        weir_deadline_t parent, own, folded;
    } rows[] = {
        {WEIR_FOREVER, WEIR_FOREVER, WEIR_FOREVER},
        {WEIR_FOREVER, WEIR_FOREVER - 1, WEIR_FOREVER - 1},
        {WEIR_FOREVER - 1, WEIR_FOREVER, WEIR_FOREVER - 1},
        {1000, 2000, 1000},
        {2000, 1000, 1000},
        {WEIR_NOW, WEIR_FOREVER, WEIR_NOW},
        {WEIR_FOREVER, WEIR_NOW, WEIR_NOW},
        {1000, WEIR_NOW, WEIR_NOW},
        {WEIR_FOREVER, -1, WEIR_NOW},
        {INT64_MIN, WEIR_FOREVER, WEIR_NOW},
        {INT64_MIN, INT64_MIN, WEIR_NOW},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool over = rows[i].folded <= 2000;

        must_eq(weir_token_init(&chain[0], NULL, rows[i].parent, scopes[_i]),
                0);
        must_eq(weir_token_init(&chain[1], &chain[0], rows[i].own, scopes[_i]),
                0);
        must_eq(keeps_errno(weir_token_deadline(&chain[1])), rows[i].folded);
        must_eq(keeps_errno(weir_token_is_cancelled(&chain[1])), over);
        must_eq(keeps_errno(weir_token_wait_until(&chain[1], WEIR_NOW)),
                over ? 0 : ETIMEDOUT);
        /* A grandparent's too, through a parent that has none. */
        must_eq(weir_token_init(&chain[2], &chain[1], WEIR_FOREVER, scopes[_i]),
                0);
        must_eq(weir_token_deadline(&chain[2]), rows[i].folded);
        must_eq(weir_token_is_cancelled(&chain[2]), over);
    }
}
END_TEST

/* The wait's deadline: ETIMEDOUT; the token's: 0.  Neither is early. */
START_TEST(deadlines_are_not_early)
{
    static const int64_t waits[] = {0, 1, 100000, 3000000};

    for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
        for (unsigned depth = 1; depth <= 3; depth++) {
            weir_deadline_t deadline;

            fresh(depth, _i);
            deadline = weir_after(waits[i]);
            must_eq(
                keeps_errno(weir_token_wait_until(&chain[depth - 1], deadline)),
                ETIMEDOUT);
            must(weir_now() >= deadline);
            must(!weir_token_is_cancelled(&chain[depth - 1]));
            deadline = weir_after(waits[i]);
            must_eq(weir_token_init(&chain[depth], &chain[depth - 1], deadline,
                                    scopes[_i % SCOPES]),
                    0);
            must_eq(keeps_errno(weir_token_wait(&chain[depth])), 0);
            must(weir_now() >= deadline);
            must(weir_token_is_cancelled(&chain[depth]));
            must(!weir_token_is_cancelled(&chain[depth - 1]));
        }
    must_eq(weir_token_wait_until(&chain[0], INT64_MIN), ETIMEDOUT);
    must_eq(weir_token_wait_until(&chain[0], 1), ETIMEDOUT);
}
END_TEST

/* --- contended --- */

static long cargo;

struct sleeper {
    weir_token_t *token;
    weir_deadline_t deadline;
};

static void wait_and_look(unsigned index, void *arg)
{
    struct sleeper *s = arg;

    (void)index;
    must_eq(keeps_errno(weir_token_wait_until(s->token, s->deadline)), 0);
    must_eq(cargo, 7);
    must(weir_token_is_cancelled(s->token));
}

/* All really sleep, and see what the canceller did: one of them, or an
 * ancestor, is cancelled. */
START_TEST(sleepers_are_let_go)
{
    static const struct {
        unsigned depth, which;
    } rows[] = {{1, 0}, {2, 0}, {2, 1}, {8, 0}, {8, 4}, {8, 7}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sleeper s = {&chain[rows[i].depth - 1],
                            i % 2 ? WEIR_FOREVER : weir_after(600000000000)};
        support_group_t group;

        fresh(rows[i].depth, _i);
        cargo = 0;
        support_group_start(&group, 4, wait_and_look, &s);
        for (unsigned k = 0; k < 4; k++)
            (void)support_await_sleep(group.tids[k]);
        cargo = 7;
        must_eq(keeps_errno(weir_token_cancel(&chain[rows[i].which])), 0);
        support_group_join(&group);
    }
}
END_TEST

struct rounds {
    weir_token_t *tokens; /* a parent and a child for each round */
    long *data;
    long count;
    unsigned cancellers;
};

/* Each round some cancel, and the others learn of it in every way. */
static void cancel_or_wait(unsigned me, void *arg)
{
    struct rounds *r = arg;
    support_random_t random = support_random(me);

    for (long i = 0; i < r->count; i++) {
        weir_token_t *pair = &r->tokens[2 * i];

        support_note("round %lu", (unsigned long)i, 0);
        if (me < r->cancellers) {
            if (i % 16 == 0)
                support_jitter(&random);
            if (me == 0)
                r->data[i] = i + 1;
            else
                must_eq(weir_token_wait(pair), 0);
            must_eq(weir_token_cancel(&pair[me == 0 ? 0 : i % 2]), 0);
        } else if (me % 3 == 0) {
            while (!weir_token_is_cancelled(&pair[1]))
                support_jitter(&random);
        } else if (me % 3 == 1) {
            while (weir_token_wait_until(&pair[1], weir_after(support_below(
                                                       &random, 60000))) != 0)
                continue;
        } else {
            must_eq(weir_token_wait(&pair[i % 2]), 0);
        }
        must_eq(r->data[i], i + 1);
    }
}

static void run_rounds(unsigned threads, int way, long count)
{
    struct rounds r = {.count = support_scaled(count), .cancellers = 2};

    kit_can_wait_any = way / SCOPES == 0;
    r.tokens = calloc((size_t)r.count, 2 * sizeof(*r.tokens));
    r.data = calloc((size_t)r.count, sizeof(*r.data));
    must(r.tokens != NULL && r.data != NULL);
    for (long i = 0; i < r.count; i++) {
        must_eq(weir_token_init(&r.tokens[2 * i], NULL, WEIR_FOREVER,
                                scopes[way % SCOPES]),
                0);
        must_eq(weir_token_init(&r.tokens[2 * i + 1], &r.tokens[2 * i],
                                WEIR_FOREVER, scopes[way % SCOPES]),
                0);
    }
    support_threads(threads, cancel_or_wait, &r);
    free(r.tokens);
    free(r.data);
}

START_TEST(threads_race)
{
    run_rounds(3u + 2 * (unsigned)(_i / WAYS), _i % WAYS, 1500);
}
END_TEST

/* --- signal --- */

/* Hazards B50, B17, K9: signals and wake-ups of strangers cancel nothing. */
START_TEST(threads_race_in_a_storm)
{
    support_storm_begin();
    run_rounds(5, _i, 300);
    support_storm_end();
}
END_TEST

static void wait_counted(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_token_wait(&chain[2]), 0);
    must_eq(__atomic_load_n((int *)arg, __ATOMIC_RELAXED), 1);
}

START_TEST(strays_cancel_nothing)
{
    support_group_t group;
    int cancelled = 0;

    fresh(3, _i);
    support_storm_begin();
    support_stray_begin(chain, 3 * sizeof(chain[0]));
    support_group_start(&group, 3, wait_counted, &cancelled);
    support_sleep_ns(20000000);
    must(!weir_token_is_cancelled(&chain[2]));
    __atomic_store_n(&cancelled, 1, __ATOMIC_RELAXED);
    must_eq(weir_token_cancel(&chain[0]), 0);
    support_group_join(&group);
    support_stray_end();
    support_storm_end();
}
END_TEST

/* A semaphore's sleeper, among the same: nothing is had, and nothing ends. */
static void wait_for_permit(unsigned index, void *arg)
{
    int result = weir_sem_wait_with(&sem, WEIR_FOREVER, &chain[2]);

    (void)index;
    must_eq(result, ECANCELED);
    must_eq(__atomic_load_n((int *)arg, __ATOMIC_RELAXED), 1);
}

START_TEST(strays_end_no_wait_with_a_token)
{
    support_group_t group;
    int cancelled = 0;

    fresh(3, _i);
    must_eq(weir_sem_init(&sem, 0, WEIR_SEM_MAX, scopes[_i % SCOPES]), 0);
    support_storm_begin();
    support_stray_begin(_i % 2 ? (void *)&sem : chain, sizeof(sem));
    support_group_start(&group, 3, wait_for_permit, &cancelled);
    support_sleep_ns(20000000);
    __atomic_store_n(&cancelled, 1, __ATOMIC_RELAXED);
    must_eq(weir_token_cancel(&chain[_i % 3]), 0);
    support_group_join(&group);
    support_stray_end();
    support_storm_end();
    must_eq(weir_sem_value(&sem), 0);
}
END_TEST

static void cancel_it(int signal)
{
    (void)signal;
    cargo = 7;
    (void)weir_token_cancel(&chain[1]);
}

static void wait_in_the_way(unsigned index, void *arg)
{
    (void)arg;
    must_eq(index == 0 ? keeps_errno(weir_token_wait(&chain[2]))
                       : keeps_errno(
                             weir_sem_wait_with(&sem, WEIR_FOREVER, &chain[2])),
            index == 0 ? 0 : ECANCELED);
}

/* By the handler of a signal that one of the sleepers gets, or in the thread
 * that could cancel it itself. */
START_TEST(cancelled_by_a_signal_handler)
{
    struct sigaction action = {.sa_handler = cancel_it};
    support_group_t group;

    must_eq(sigaction(SIGUSR1, &action, NULL), 0);
    for (unsigned who = 0; who < 3; who++) {
        fresh(3, _i);
        must_eq(weir_sem_init(&sem, 0, WEIR_SEM_MAX, 0), 0);
        support_group_start(&group, 2, wait_in_the_way, NULL);
        for (unsigned k = 0; k < 2; k++)
            (void)support_await_sleep(group.tids[k]);
        if (who < 2)
            must_eq(pthread_kill(group.threads[who], SIGUSR1), 0);
        else
            must_eq(raise(SIGUSR1), 0);
        support_group_join(&group);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, init_and_queries, 0, SCOPES);
    tcase_add_test(tcase, zero_is_not_cancelled);
    tcase_add_test(tcase, bad_arguments_change_nothing);
    tcase_add_loop_test(tcase, the_longest_chain, 0, SCOPES);
    tcase_add_loop_test(tcase, cancels_its_descendants, 0, SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, the_earliest_deadline_counts, 0, SCOPES);
    tcase_add_loop_test(tcase, deadlines_are_not_early, 0, WAYS);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, sleepers_are_let_go, 0, WAYS);
    tcase_add_loop_test(tcase, threads_race, 0, 3 * WAYS);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, threads_race_in_a_storm, 0, WAYS);
    tcase_add_loop_test(tcase, strays_cancel_nothing, 0, WAYS);
    tcase_add_loop_test(tcase, strays_end_no_wait_with_a_token, 0, WAYS);
    tcase_add_loop_test(tcase, cancelled_by_a_signal_handler, 0, WAYS);
    return support_main(suite);
}
