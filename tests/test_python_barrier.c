/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What CPython's lock_tests.py asks of Barrier, asked of this one: in threads,
 * private and shared, and in processes that see it at another address.  Each
 * test is called as there.
 *
 * Left out, as they have no counterpart in C: test_repr; and
 * test_default_timeout, as each wait is given its own deadline.
 */
#include <weir/barrier.h>

#include "support/support.h"
#include "test_python_kit.h"

#define N 5u

struct stage {
    weir_barrier_t barrier;
    weir_barrier_t barrier2;
    unsigned passes;
    unsigned lists[2];   /* of multipass */
    unsigned results[3]; /* what Python calls results1 and so on */
    unsigned sum;        /* of the indices that were returned */
    unsigned actions;    /* plain: the barrier orders them */
};

static support_twin_t twin;
static struct stage *here;

static void fresh(int way)
{
    twin = support_twin(sizeof(struct stage));
    here = twin.here;
    must_eq(weir_barrier_init(&here->barrier, N, scope_of(way)), 0);
    must_eq(weir_barrier_init(&here->barrier2, N, scope_of(way)), 0);
    support_watch("barrier", &here->barrier, sizeof(here->barrier));
}

static void done(void)
{
    support_forget(&here->barrier);
    support_twin_free(&twin);
}

/* The caller is one of the N, as in Python's run_threads. */
static void run(int way, support_body_t *body)
{
    crew_t crew;

    crew_start(&crew, way, N - 1, body, &twin);
    body(N - 1, here);
    crew_join(&crew);
}

static unsigned wait_for_all(struct stage *s)
{
    unsigned index = N;

    must_eq(weir_barrier_wait(&s->barrier, &index), 0);
    must(index < N);
    return index;
}

/* --- phases --- */

/* Nobody is ahead of the slowest by more than the barrier allows. */
static void multipass(unsigned me, void *arg)
{
    struct stage *s = arg;

    must_eq(weir_barrier_parties(&s->barrier), N);
    for (unsigned i = 0; i < s->passes; i++) {
        support_note("%lu in pass %lu", me, i);
        append(&s->lists[0]);
        must_eq(length(&s->lists[1]), i * N);
        (void)wait_for_all(s);
        append(&s->lists[1]);
        must_eq(length(&s->lists[0]), (i + 1) * N);
        (void)wait_for_all(s);
    }
}

static void check_passes(int way, unsigned passes)
{
    fresh(way);
    here->passes = passes;
    run(way, multipass);
    must_eq(here->lists[0], passes * N);
    must_eq(here->lists[1], passes * N);
    must_eq(weir_barrier_n_waiting(&here->barrier), 0);
    must(!weir_barrier_broken(&here->barrier));
    done();
}

START_TEST(test_barrier)
{
    check_passes(_i, 1);
}
END_TEST

START_TEST(test_barrier_10)
{
    check_passes(_i, 10);
}
END_TEST

static void add_index(unsigned me, void *arg)
{
    struct stage *s = arg;

    (void)me;
    __atomic_fetch_add(&s->sum, wait_for_all(s), __ATOMIC_RELAXED);
}

START_TEST(test_wait_return)
{
    fresh(_i);
    run(_i, add_index);
    must_eq(here->sum, N * (N - 1) / 2);
    done();
}
END_TEST

static int count_action(void *arg)
{
    ((struct stage *)arg)->actions++;
    return 0;
}

static void see_one_action(unsigned me, void *arg)
{
    struct stage *s = arg;

    (void)me;
    (void)wait_for_all(s);
    must_eq(s->actions, 1);
}

/* A shared barrier takes none: a function has no address in all processes. */
START_TEST(test_action)
{
    fresh(_i);
    if (_i != THREADS_PRIVATE) {
        must_eq(weir_barrier_set_action(&here->barrier, count_action, here),
                EINVAL);
        done();
        return;
    }
    must_eq(weir_barrier_set_action(&here->barrier, count_action, here), 0);
    run(_i, see_one_action);
    must_eq(here->actions, 1);
    done();
}
END_TEST

START_TEST(test_single_thread)
{
    fresh(_i);
    must_eq(weir_barrier_init(&here->barrier, 1, scope_of(_i)), 0);
    must_eq(wait_for_all(here), 0);
    must_eq(wait_for_all(here), 0);
    done();
}
END_TEST

/* --- broken --- */

/* Meet; then one of them aborts, and the others wait in vain. */
static void abort_one(struct stage *s)
{
    if (wait_for_all(s) == N / 2)
        must_eq(weir_barrier_abort(&s->barrier), 0);
    else if (weir_barrier_wait(&s->barrier, NULL) == ECANCELED)
        append(&s->results[1]);
    else
        append(&s->results[0]);
}

static void meet_and_abort(unsigned me, void *arg)
{
    (void)me;
    abort_one(arg);
}

START_TEST(test_abort)
{
    fresh(_i);
    run(_i, meet_and_abort);
    must_eq(here->results[0], 0);
    must_eq(here->results[1], N - 1);
    must(weir_barrier_broken(&here->barrier));
    done();
}
END_TEST

/* Meet; one resets when all others wait, who are sent away; meet again. */
static void meet_and_reset(unsigned me, void *arg)
{
    struct stage *s = arg;

    (void)me;
    if (wait_for_all(s) == N / 2) {
        while (weir_barrier_n_waiting(&s->barrier) < N - 1)
            support_sleep_ns(1000000);
        must_eq(weir_barrier_reset(&s->barrier), 0);
    } else if (weir_barrier_wait(&s->barrier, NULL) == ECANCELED) {
        append(&s->results[1]);
    } else {
        append(&s->results[0]);
    }
    (void)wait_for_all(s);
    append(&s->results[2]);
}

static void check_three_results(void)
{
    must_eq(here->results[0], 0);
    must_eq(here->results[1], N - 1);
    must_eq(here->results[2], N);
    must(!weir_barrier_broken(&here->barrier));
}

START_TEST(test_reset)
{
    fresh(_i);
    run(_i, meet_and_reset);
    check_three_results();
    done();
}
END_TEST

/* All have left the broken one when one of them resets it, and nobody comes
 * back before: that is what the second barrier is for. */
static void meet_abort_and_reset(unsigned me, void *arg)
{
    struct stage *s = arg;
    unsigned index;

    (void)me;
    abort_one(s);
    must_eq(weir_barrier_wait(&s->barrier2, &index), 0);
    if (index == N / 2)
        must_eq(weir_barrier_reset(&s->barrier), 0);
    must_eq(weir_barrier_wait(&s->barrier2, NULL), 0);
    (void)wait_for_all(s);
    append(&s->results[2]);
}

START_TEST(test_abort_and_reset)
{
    fresh(_i);
    run(_i, meet_abort_and_reset);
    check_three_results();
    done();
}
END_TEST

/* Meet; one is late, so late that the others have given up. */
static void meet_and_be_late(unsigned me, void *arg)
{
    struct stage *s = arg;
    weir_deadline_t deadline;
    int result;

    (void)me;
    if (wait_for_all(s) == N / 2)
        while (!weir_barrier_broken(&s->barrier))
            support_sleep_ns(1000000);
    deadline = weir_after(20000000);
    result = weir_barrier_wait_until(&s->barrier, deadline, NULL);
    if (result == ETIMEDOUT) {
        must(weir_now() >= deadline);
        append(&s->results[0]);
    } else {
        must_eq(result, ECANCELED);
        append(&s->results[1]);
    }
}

START_TEST(test_timeout)
{
    fresh(_i);
    run(_i, meet_and_be_late);
    must_eq(here->results[0], 1); /* to whom the time ran out first */
    must_eq(here->results[1], N - 1);
    must(weir_barrier_broken(&here->barrier));
    done();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("python_barrier");
    TCase *tcase = support_tcase(suite, "phases");

    tcase_add_loop_test(tcase, test_barrier, 0, WAYS);
    tcase_add_loop_test(tcase, test_barrier_10, 0, WAYS);
    tcase_add_loop_test(tcase, test_wait_return, 0, WAYS);
    tcase_add_loop_test(tcase, test_action, 0, WAYS);
    tcase_add_loop_test(tcase, test_single_thread, 0, WAYS);
    tcase = support_tcase(suite, "broken");
    tcase_add_loop_test(tcase, test_abort, 0, WAYS);
    tcase_add_loop_test(tcase, test_reset, 0, WAYS);
    tcase_add_loop_test(tcase, test_abort_and_reset, 0, WAYS);
    tcase_add_loop_test(tcase, test_timeout, 0, WAYS);
    return support_main(suite);
}
