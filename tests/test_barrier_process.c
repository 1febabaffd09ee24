/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: freed by the last to leave; and between processes, also such as
 * are killed.
 */
#include <weir/barrier.h>

#include <sched.h>
#include <signal.h>

#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

/* --- lifetime --- */

struct tenancy {
    unsigned parties;
    unsigned flags;
    bool breaking; /* somebody has a deadline */
    long rounds;
    long round;              /* whose barrier this is */
    weir_barrier_t *barrier; /* of this round */
    unsigned inside;
    support_strip_t strip;
};

static void furnish(struct tenancy *t)
{
    t->barrier = support_strip_take(&t->strip, sizeof(*t->barrier));
    must_eq(weir_barrier_init(t->barrier, t->parties, t->flags), 0);
    __atomic_store_n(&t->inside, t->parties, __ATOMIC_RELAXED);
}

/* The last to return takes the memory away and makes the next barrier. */
static void leave(struct tenancy *t, long round)
{
    if (__atomic_sub_fetch(&t->inside, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    support_strip_drop(t->barrier);
    furnish(t);
    __atomic_store_n(&t->round, round + 1, __ATOMIC_RELEASE);
}

static void dwell(unsigned me, void *arg)
{
    struct tenancy *t = arg;
    support_random_t random = support_random(me);

    for (long i = 0; i < t->rounds; i++) {
        weir_deadline_t deadline = WEIR_FOREVER;
        int result;

        support_note("round %lu", (unsigned long)i, 0);
        while (__atomic_load_n(&t->round, __ATOMIC_ACQUIRE) != i)
            sched_yield();
        if (t->breaking && me == 0)
            deadline = weir_after(support_below(&random, 20000));
        if (i % 8 == 0)
            support_jitter(&random);
        result = weir_barrier_wait_until(t->barrier, deadline, NULL);
        must(result == 0 || (t->breaking && result != 0));
        leave(t, i);
    }
}

/* Hazard B24: whoever is the last to return may free the barrier. */
START_TEST(unmapped_by_the_last_to_leave)
{
    struct tenancy t = {.parties = 2 + (unsigned)_i / (2 * SCOPES),
                        .flags = scopes[_i % SCOPES],
                        .breaking = _i / SCOPES % 2,
                        .rounds = support_scaled(3000)};

    t.strip = support_strip(t.flags == WEIR_SHARED);
    furnish(&t);
    support_threads(t.parties, dwell, &t);
}
END_TEST

/* --- processes --- */

struct shared {
    weir_barrier_t barrier;
    unsigned slots[2][8]; /* plain */
};

static support_twin_t twin;
static struct shared *here, *there;

static void fresh(unsigned parties)
{
    twin = support_twin(8192);
    here = twin.here;
    there = twin.there;
    must_eq(weir_barrier_init(&here->barrier, parties, WEIR_SHARED), 0);
    support_watch("barrier, parent's view", here, sizeof(weir_barrier_t));
    support_watch("barrier, children's view", there, sizeof(weir_barrier_t));
}

static void march(struct shared *shared, unsigned me, unsigned phases)
{
    unsigned parties = weir_barrier_parties(&shared->barrier);

    for (unsigned phase = 0; phase < phases; phase++) {
        support_note("phase %lu", phase, 0);
        shared->slots[phase % 2][me] = phase;
        must_eq(weir_barrier_wait(&shared->barrier, NULL), 0);
        for (unsigned i = 0; i < parties; i++)
            must_eq(shared->slots[phase % 2][i], phase);
    }
}

/* TM test_thousand: a thousand phases in lockstep, each process at an
 * address of its own. */
START_TEST(processes_in_lockstep)
{
    unsigned parties = 2 + (unsigned)_i;
    pid_t children[8];

    fresh(parties);
    for (unsigned i = 1; i < parties; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            march(i % 2 == 1 ? there : here, i, 1000);
            support_exit();
        }
    }
    march(here, 0, 1000);
    for (unsigned i = 1; i < parties; i++)
        support_reap(children[i]);
    must_eq(weir_barrier_n_waiting(&there->barrier), 0);
    support_twin_free(&twin);
}
END_TEST

static pid_t fork_waiter(int64_t ns, int wanted)
{
    pid_t child = support_fork();

    if (child == 0) {
        weir_deadline_t deadline = ns < 0 ? WEIR_FOREVER : weir_after(ns);

        must_eq(weir_barrier_wait_until(&there->barrier, deadline, NULL),
                wanted);
        support_exit();
    }
    return child;
}

/* Timeouts, aborts and resets reach the other processes. */
START_TEST(breaks_across_processes)
{
    pid_t first, second;

    fresh(3);
    first = fork_waiter(-1, ECANCELED);
    support_await_sleep(first);
    second = fork_waiter(5000000, ETIMEDOUT);
    support_reap(second);
    support_reap(first);
    must(weir_barrier_broken(&here->barrier));
    must_eq(weir_barrier_reset(&here->barrier), 0);
    first = fork_waiter(-1, ECANCELED);
    support_await_sleep(first);
    must_eq(weir_barrier_n_waiting(&here->barrier), 1);
    must_eq(weir_barrier_abort(&here->barrier), 0);
    support_reap(first);
    must_eq(weir_barrier_reset(&here->barrier), 0);
    first = fork_waiter(-1, ECANCELED);
    support_await_sleep(first);
    must_eq(weir_barrier_reset(&here->barrier), 0);
    support_reap(first);
    must(!weir_barrier_broken(&here->barrier));
    support_twin_free(&twin);
}
END_TEST

/* --- killed --- */

static void kill_and_reap(pid_t child)
{
    must_eq(kill(child, SIGKILL), 0);
    support_reap_killed(child, SIGKILL);
}

/* Hazard B55's question to a barrier: a process dies while it waits.  It
 * still counts as arrived; waits that have a deadline end, now and after a
 * reset, and a barrier that is initialised again is good. */
START_TEST(killed_while_waiting)
{
    pid_t doomed, child;
    int result;

    fresh(3);
    doomed = fork_waiter(-1, 0);
    support_await_sleep(doomed);
    kill_and_reap(doomed);
    child = fork_waiter(20000000, ETIMEDOUT);
    support_reap(child);
    child = fork_waiter(20000000, ECANCELED);
    support_reap(child);
    must_eq(weir_barrier_reset(&here->barrier), 0);
    result =
        weir_barrier_wait_until(&here->barrier, weir_after(20000000), NULL);
    must(result == ETIMEDOUT || result == ECANCELED);
    must_eq(weir_barrier_init(&here->barrier, 1, WEIR_SHARED), 0);
    must_eq(weir_barrier_wait(&here->barrier, NULL), 0);
    support_twin_free(&twin);
}
END_TEST

/* The same at any moment: of two processes that meet all the time one is
 * killed, the other's waits end. */
START_TEST(killed_at_any_moment)
{
    support_random_t random = support_random(0);

    for (int i = 0; i < 50; i++) {
        pid_t doomed;
        int result;

        fresh(2);
        doomed = support_fork();
        if (doomed == 0)
            for (;;)
                (void)weir_barrier_wait(&there->barrier, NULL);
        for (uint32_t n = support_below(&random, 300); n > 0; n--)
            must_eq(weir_barrier_wait(&here->barrier, NULL), 0);
        must_eq(kill(doomed, SIGKILL), 0);
        do
            result = weir_barrier_wait_until(&here->barrier,
                                             weir_after(3000000), NULL);
        while (result == 0);
        must_eq(result, ETIMEDOUT);
        must(weir_barrier_broken(&here->barrier));
        support_reap_killed(doomed, SIGKILL);
        support_twin_free(&twin);
    }
}
END_TEST

/* Stopped, perhaps in the middle of completing a phase, and continued: no
 * wake-up is lost over it. */
START_TEST(stopped_and_continued)
{
    support_random_t random = support_random(0);
    pid_t children[2];

    fresh(2);
    for (unsigned i = 0; i < 2; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            march(i == 0 ? here : there, i, support_scaled(20000u));
            support_exit();
        }
    }
    for (int i = 0; i < 50; i++) {
        pid_t child = children[i % 2];

        support_delay_ns(support_below(&random, 300000));
        must_eq(kill(child, SIGSTOP), 0);
        support_delay_ns(support_below(&random, 300000));
        must_eq(kill(child, SIGCONT), 0);
    }
    support_reap(children[0]);
    support_reap(children[1]);
    support_twin_free(&twin);
}
END_TEST

/* --- fork --- */

static weir_barrier_t barrier;

static void wait_here(unsigned me, void *arg)
{
    (void)me;
    must_eq(weir_barrier_wait(&barrier, NULL), *(int *)arg);
}

static void use_in_child(void)
{
    int wanted = 0;

    must_eq(weir_barrier_init(&barrier, 2, WEIR_PRIVATE), 0);
    must_eq(weir_barrier_wait_until(&barrier, weir_after(100000), NULL),
            ETIMEDOUT);
    must_eq(weir_barrier_reset(&barrier), 0);
    if (SUPPORT_FORKED_THREADS)
        support_threads(2, wait_here, &wanted);
}

/* Hazard B52: fork while others wait; the child starts over. */
START_TEST(fork_with_waiters)
{
    int wanted = ECANCELED;
    support_group_t group;

    must_eq(weir_barrier_init(&barrier, 4, WEIR_PRIVATE), 0);
    support_group_start(&group, 3, wait_here, &wanted);
    for (int i = 0; i < 10; i++) {
        pid_t child = support_fork();

        if (child == 0) {
            use_in_child();
            support_exit();
        }
        support_reap(child);
    }
    for (unsigned i = 0; i < 3; i++)
        support_await_sleep(group.tids[i]);
    must_eq(weir_barrier_n_waiting(&barrier), 3);
    must_eq(weir_barrier_abort(&barrier), 0);
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("barrier_process");
    TCase *tcase = support_tcase(suite, "lifetime");

    tcase_add_loop_test(tcase, unmapped_by_the_last_to_leave, 0,
                        SCOPES * 2 * 4);
    tcase = support_tcase(suite, "fork");
    tcase_add_test(tcase, fork_with_waiters);
    tcase = support_tcase(suite, "process");
    tcase_add_loop_test(tcase, processes_in_lockstep, 0, 4);
    tcase_add_test(tcase, breaks_across_processes);
    tcase_add_test(tcase, killed_while_waiting);
    tcase_add_test(tcase, killed_at_any_moment);
    tcase_add_test(tcase, stopped_and_continued);
    return support_main(suite);
}
