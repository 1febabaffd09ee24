/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Condition: several processes, at different addresses; waiters and signallers
 * that are killed; fork; and kernels that refuse.  The private kind is compiled
 * into this suite, for the lock of a line.
 */
#include "futex/cond_private.c"

#include <linux/futex.h>
#include <signal.h>
#include <string.h>

#include "support/support.h"
#include "test_cond_kit.h"

/* The object as the parent sees it and, elsewhere, as its children do. */
static support_twin_t twin;
static struct object *here, *there;

static void fresh_twin(int way)
{
    twin = support_twin(sizeof(struct object));
    here = twin.here;
    there = twin.there;
    make(here, way | 1);
    support_watch("cond, parent's view", here, 40);
}

static pid_t fork_waiter(void)
{
    pid_t child = support_fork();

    if (child == 0) {
        wait_counted(there);
        support_exit();
    }
    return child;
}

/* --- process --- */

/* T test_notify, with both kinds of lock.  They really sleep, and are woken
 * through another address: one, then one that came later, then all. */
START_TEST(wakes_across_processes)
{
    pid_t children[4];

    fresh_twin(_i * 2);
    for (long i = 0; i < 3; i++) {
        children[i] = fork_waiter();
        await_came(here, i + 1);
        support_await_sleep(children[i]);
    }
    signal_counted(here, 1, true);
    await_gone(here, 1);
    children[3] = fork_waiter();
    await_came(here, 4);
    signal_counted(here, 1, false);
    await_gone(here, 2);
    signal_counted(here, ~0u, true);
    for (int i = 0; i < 4; i++)
        support_reap(children[i]);
    must_eq(here->owed, 0);
    support_twin_free(&twin);
}
END_TEST

/* T test_timeout. */
START_TEST(times_out_across_processes)
{
    pid_t child;

    fresh_twin(_i * 2);
    child = support_fork();
    if (child == 0) {
        weir_deadline_t deadline = weir_after(3000000);

        lock(there);
        must_eq(wait_until(there, deadline), ETIMEDOUT);
        must(weir_now() >= deadline);
        must(is_held(there));
        unlock(there);
        support_exit();
    }
    support_reap(child);
    lock(here);
    must_eq(wait_until(here, WEIR_NOW), ETIMEDOUT);
    unlock(here);
    support_twin_free(&twin);
}
END_TEST

static void take_turns(struct object *o, long me, long rounds)
{
    lock(o);
    for (long i = 0; i < rounds; i++) {
        while (o->tokens % 2 != me)
            must_eq(wait_on(o), 0);
        o->tokens++;
        must_eq(weir_cond_signal(&o->cond), 0);
    }
    unlock(o);
}

START_TEST(processes_take_turns)
{
    long rounds = support_scaled(5000);
    pid_t child;

    fresh_twin(_i * 2);
    child = support_fork();
    if (child == 0) {
        take_turns(there, 1, rounds);
        support_exit();
    }
    take_turns(here, 0, rounds);
    support_reap(child);
    must_eq(here->tokens, 2 * rounds);
    support_twin_free(&twin);
}
END_TEST

/* --- death --- */

static void kill_it(pid_t doomed)
{
    must_eq(kill(doomed, SIGKILL), 0);
    support_reap_killed(doomed, SIGKILL);
    /* It will never return. */
    lock(here);
    here->came--;
    unlock(here);
}

/* Hazard B55: a waiter is killed asleep, among others of its group.  Each
 * signal reaches a living one; and all goes on as before. */
START_TEST(killed_waiter)
{
    pid_t doomed, children[2];

    fresh_twin(_i * 2);
    children[0] = fork_waiter();
    await_came(here, 1);
    doomed = fork_waiter();
    await_came(here, 2);
    children[1] = fork_waiter();
    await_came(here, 3);
    support_await_sleep(doomed);
    kill_it(doomed);
    for (long i = 1; i <= 2; i++) {
        signal_counted(here, 1, i == 1);
        await_gone(here, i);
    }
    for (int i = 0; i < 2; i++)
        support_reap(children[i]);
    /* The dead one takes a signal at most, when nobody of its time is left. */
    children[0] = fork_waiter();
    await_came(here, 3);
    must_eq(weir_cond_signal(&here->cond), 0);
    signal_counted(here, 1, true);
    support_reap(children[0]);
    must_eq(here->owed, 0);
    support_twin_free(&twin);
}
END_TEST

/* The same, when it was woken and could not look yet: the permit is another's
 * within a slice. */
START_TEST(killed_with_the_signal)
{
    pid_t doomed, child;

    fresh_twin(_i * 2);
    doomed = fork_waiter();
    await_came(here, 1);
    support_await_sleep(doomed);
    child = fork_waiter();
    await_came(here, 2);
    support_await_sleep(child);
    must_eq(kill(doomed, SIGSTOP), 0);
    support_sleep_ns(2000000);
    signal_counted(here, 1, true);
    kill_it(doomed);
    support_reap(child);
    must_eq(here->owed, 0);
    support_twin_free(&twin);
}
END_TEST

static void signal_for_ever(void)
{
    for (;;)
        (void)weir_cond_signal_n(&there->cond, 2);
}

/* Signallers are killed at any moment; the waiters get on. */
START_TEST(killed_signaller)
{
    fresh_twin(_i * 2);
    here->owed = 1000000; /* who is signalled how often is not known */
    for (int round = 0; round < 10; round++) {
        pid_t children[2];
        pid_t doomed = support_fork();

        if (doomed == 0)
            signal_for_ever();
        for (int i = 0; i < 2; i++)
            children[i] = fork_waiter();
        support_sleep_ns(100000 * round);
        must_eq(kill(doomed, SIGKILL), 0);
        support_reap_killed(doomed, SIGKILL);
        for (long gone = 0; gone < 2 * round + 2; support_sleep_ns(50000)) {
            must_eq(weir_cond_broadcast(&here->cond), 0);
            lock(here);
            gone = here->gone;
            unlock(here);
        }
        for (int i = 0; i < 2; i++)
            support_reap(children[i]);
    }
    support_twin_free(&twin);
}
END_TEST

/* --- fork --- */

static int stop;

static void wait_and_signal(unsigned index, void *arg)
{
    struct object *o = arg;

    (void)index;
    lock(o);
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        (void)wait_until(o, weir_after(100000));
        must_eq(weir_cond_signal_n(&o->cond, 2), 0);
    }
    unlock(o);
}

static void use_in_child(struct object *o)
{
    /* The lock may be held by a thread that is not here; nobody waits. */
    must_eq(weir_mutex_init(&o->mutex, 0), 0);
    must_eq(weir_rmutex_init(&o->rmutex, 0), 0);
    o->came = o->gone = o->owed = 0;
    must_eq(weir_cond_signal(&o->cond), 0);
    lock(o);
    must_eq(wait_until(o, weir_after(100000)), ETIMEDOUT);
    must_eq(weir_cond_broadcast(&o->cond), 0);
    unlock(o);
    if (SUPPORT_FORKED_THREADS) {
        support_group_t group;

        support_group_start(&group, 2, waiter, o);
        await_came(o, 2);
        signal_counted(o, 1, true);
        await_gone(o, 1);
        signal_counted(o, 1, true);
        support_group_join(&group);
    }
}

/* Hazard B52: fork while others wait, signal and hold the locks of lines.  In
 * the child nobody waits on a private one, and it can be used on. */
START_TEST(fork_with_busy_threads)
{
    support_group_t group;

    fresh(_i * 2);
    stop = 0;
    support_group_start(&group, 4, wait_and_signal, &object);
    for (long i = SUPPORT_TSAN ? 5 : 40; i > 0; i--) {
        pid_t child = support_fork();

        if (child == 0) {
            use_in_child(&object);
            support_exit();
        }
        support_reap(child);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    support_group_join(&group);
    lock(&object);
    must_eq(wait_until(&object, WEIR_NOW), ETIMEDOUT);
    unlock(&object);
}
END_TEST

/* The line from before the fork is nobody's in the child: a signal goes to who
 * waits there. */
START_TEST(fork_with_waiters)
{
    support_group_t group, other;
    pid_t child;

    fresh(_i * 2);
    support_group_start(&group, 3, waiter, &object);
    await_came(&object, 3);
    for (unsigned i = 0; i < 3; i++)
        support_await_sleep(group.tids[i]);
    child = support_fork();
    if (child == 0) {
        must_eq(weir_mutex_init(&object.mutex, 0), 0);
        must_eq(weir_rmutex_init(&object.rmutex, 0), 0);
        object.came = 0;
        if (SUPPORT_FORKED_THREADS) {
            support_group_start(&other, 1, waiter, &object);
            await_came(&object, 1);
            signal_counted(&object, 1, true);
            support_group_join(&other);
        }
        support_exit();
    }
    support_reap(child);
    signal_counted(&object, 3, true);
    support_group_join(&group);
}
END_TEST

/* A thread that holds the lock of a line is not in the child. */
START_TEST(fork_with_a_line_locked)
{
    weir_mutex_t *held = lock_of(&object.cond);
    pid_t child;

    fresh(_i * 2);
    must_eq(weir_mutex_lock(held), 0);
    child = support_fork();
    if (child == 0) {
        lock(&object);
        must_eq(wait_until(&object, WEIR_NOW), ETIMEDOUT);
        unlock(&object);
        support_exit();
    }
    support_reap(child);
    must_eq(weir_mutex_unlock(held), 0);
}
END_TEST

/* --- refused system calls --- */

/* Hazard B53: where futexes do not work a wait stops the process. */
START_TEST(no_futex)
{
    static const int errors[] = {ENOSYS, EPERM};
    pid_t child = support_fork();

    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        fresh(_i % WAYS);
        lock(&object);
        if (!support_refuse_futex(FUTEX_WAIT_BITSET, errors[_i / WAYS])) {
            support_skip("no_futex", "seccomp is refused");
            raise(SIGABRT);
        }
        (void)wait_on(&object);
        support_exit();
    }
    support_reap_killed(child, SIGABRT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cond_process");
    TCase *tcase = support_tcase(suite, "fork");

    tcase_add_loop_test(tcase, fork_with_busy_threads, 0, 2);
    tcase_add_loop_test(tcase, fork_with_waiters, 0, 2);
    tcase_add_loop_test(tcase, fork_with_a_line_locked, 0, 2);
    tcase = support_tcase(suite, "process");
    tcase_add_loop_test(tcase, wakes_across_processes, 0, 2);
    tcase_add_loop_test(tcase, times_out_across_processes, 0, 2);
    tcase_add_loop_test(tcase, processes_take_turns, 0, 2);
    tcase = support_tcase(suite, "death");
    tcase_add_loop_test(tcase, killed_waiter, 0, 2);
    tcase_add_loop_test(tcase, killed_with_the_signal, 0, 2);
    tcase_add_loop_test(tcase, killed_signaller, 0, 2);
    tcase = support_tcase(suite, "refused");
    tcase_add_loop_test(tcase, no_futex, 0, 2 * WAYS);
    return support_main(suite);
}
