/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: fork, several processes, killed waiters, and kernels that refuse.
 */
#include <weir/mutex.h>

#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "futex/parked.h"
#include "support/support.h"

struct shared {
    weir_mutex_t mutex;
    long counter; /* plain: guarded by mutex */
    int go;
};

/* The object as the parent sees it and, elsewhere, as its children do. */
static support_twin_t twin;
static struct shared *here, *there;

static void fresh(void)
{
    twin = support_twin(4096);
    here = twin.here;
    there = twin.there;
    must_eq(weir_mutex_init(&here->mutex, WEIR_SHARED), 0);
    support_watch("mutex, parent's view", here, 16);
    support_watch("mutex, children's view", there, 16);
}

static void count_up(struct shared *shared, unsigned stream, long rounds)
{
    support_random_t random = support_random(stream);

    for (long i = 0; i < rounds; i++) {
        support_note("round %lu", (unsigned long)i, 0);
        must_eq(weir_mutex_lock(&shared->mutex), 0);
        shared->counter++;
        if (i % 32 == 0)
            support_jitter(&random);
        must_eq(weir_mutex_unlock(&shared->mutex), 0);
    }
}

/* --- process --- */

/* 2 to 4 processes, each at an address of its own kind. */
START_TEST(processes_count_together)
{
    long rounds = support_scaled(20000);
    pid_t children[3];

    fresh();
    for (int i = 0; i <= _i; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            count_up(i % 2 == 0 ? there : here, (unsigned)i + 1, rounds);
            support_exit();
        }
    }
    count_up(here, 0, rounds);
    for (int i = 0; i <= _i; i++)
        support_reap(children[i]);
    must_eq(here->counter, rounds * (_i + 2));
    must(!weir_mutex_is_locked(&there->mutex));
    support_twin_free(&twin);
}
END_TEST

static pid_t fork_waiter(weir_deadline_t deadline, int wanted)
{
    pid_t child = support_fork();

    if (child == 0) {
        support_note("child waits", 0, 0);
        must_eq(weir_mutex_lock_until(&there->mutex, deadline), wanted);
        if (wanted == 0)
            must_eq(weir_mutex_unlock(&there->mutex), 0);
        support_exit();
    }
    return child;
}

/* A sleeper in another process is woken, through another address, by an
 * unlock here; and an unlock there of what was locked here is fine. */
START_TEST(wakes_across_processes)
{
    pid_t child;

    fresh();
    for (int i = 0; i < 20; i++) {
        must_eq(weir_mutex_lock(&here->mutex), 0);
        child = fork_waiter(WEIR_FOREVER, 0);
        support_await_sleep(child);
        must_eq(weir_mutex_unlock(&here->mutex), 0);
        support_reap(child);
    }
    must_eq(weir_mutex_lock(&here->mutex), 0);
    child = support_fork();
    if (child == 0) {
        must_eq(weir_mutex_trylock(&there->mutex), EBUSY);
        must_eq(weir_mutex_unlock(&there->mutex), 0);
        support_exit();
    }
    must_eq(weir_mutex_lock(&here->mutex), 0);
    support_reap(child);
    support_twin_free(&twin);
}
END_TEST

START_TEST(times_out_across_processes)
{
    pid_t child;

    fresh();
    must_eq(weir_mutex_lock(&here->mutex), 0);
    child = fork_waiter(weir_after(5000000), ETIMEDOUT);
    support_reap(child);
    must_eq(weir_mutex_unlock(&here->mutex), 0);
    must_eq(weir_mutex_trylock(&there->mutex), 0);
    support_twin_free(&twin);
}
END_TEST

/* A waiter that is killed asleep takes nobody's turn along. */
START_TEST(killed_waiter)
{
    pid_t doomed, child;

    fresh();
    must_eq(weir_mutex_lock(&here->mutex), 0);
    doomed = fork_waiter(WEIR_FOREVER, 0);
    support_await_sleep(doomed);
    child = fork_waiter(WEIR_FOREVER, 0);
    support_await_sleep(child);
    must_eq(kill(doomed, SIGKILL), 0);
    support_reap_killed(doomed, SIGKILL);
    must_eq(weir_mutex_unlock(&here->mutex), 0);
    support_reap(child);
    support_twin_free(&twin);
}
END_TEST

/* Hazard B54's neighbour: killed after the wake-up was sent to it, and
 * before it could look.  Others sleep no longer than a slice of time. */
START_TEST(killed_with_the_wake_up)
{
    pid_t doomed, child;

    fresh();
    for (int i = 0; i < 5; i++) {
        must_eq(weir_mutex_lock(&here->mutex), 0);
        doomed = fork_waiter(WEIR_FOREVER, 0);
        support_await_sleep(doomed);
        child = fork_waiter(WEIR_FOREVER, 0);
        support_await_sleep(child);
        must_eq(kill(doomed, SIGSTOP), 0);
        support_sleep_ns(2000000);
        must_eq(weir_mutex_unlock(&here->mutex), 0);
        must_eq(kill(doomed, SIGKILL), 0);
        support_reap_killed(doomed, SIGKILL);
        support_reap(child);
    }
    support_twin_free(&twin);
}
END_TEST

/* Killed when it was due, so that the lock was promised to it: the promise
 * does not keep others out for ever. */
static void kill_the_next(void)
{
    pid_t doomed;

    fresh();
    must_eq(weir_mutex_lock(&here->mutex), 0);
    doomed = fork_waiter(WEIR_FOREVER, 0);
    support_await_sleep(doomed);
    support_sleep_ns(2 * WEIR_MUTEX_FAIR_NS);
    /* Make it look, now that it is due, without letting it in. */
    for (int i = 0; i < 5; i++) {
        syscall(SYS_futex, &here->mutex.state, FUTEX_WAKE, 1, NULL, NULL, 0);
        support_await_sleep(doomed);
    }
    must_eq(kill(doomed, SIGKILL), 0);
    support_reap_killed(doomed, SIGKILL);
    must_eq(weir_mutex_unlock(&here->mutex), 0);
}

START_TEST(killed_when_it_was_next)
{
    weir_deadline_t deadline;

    kill_the_next();
    deadline = _i == 0 ? WEIR_FOREVER : weir_after(INT64_C(60000000000));
    must_eq(weir_mutex_lock_until(&here->mutex, deadline), 0);
    must_eq(weir_mutex_unlock(&here->mutex), 0);
    must_eq(weir_mutex_trylock(&here->mutex), 0);
    support_twin_free(&twin);
}
END_TEST

static int ask_briefly(int way)
{
    return way == 0 ? weir_mutex_trylock(&here->mutex)
                    : weir_mutex_lock_until(&here->mutex, weir_after(25000000));
}

/* The same where nobody is ready to wait for long, or at all: whoever asks
 * often enough, here for seconds, gets it. */
START_TEST(killed_when_it_was_next_short_waits)
{
    kill_the_next();
    for (int tries = 0; ask_briefly(_i) != 0; tries++) {
        must(tries < 100);
        support_sleep_ns(5000000);
    }
    support_twin_free(&twin);
}
END_TEST

/* --- fork --- */

static weir_mutex_t mutex;
static struct shared load; /* private memory: each process has its own */

static void hold_often(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    while (!__atomic_load_n(&load.go, __ATOMIC_ACQUIRE)) {
        must_eq(weir_mutex_lock(&mutex), 0);
        support_delay_ns(2000);
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
}

static void count_in_child(unsigned index, void *arg)
{
    (void)arg;
    count_up(&load, index, 300);
}

static void use_in_child(void)
{
    /* As whoever forked left it: held, perhaps, by a thread that is gone. */
    must_eq(weir_mutex_init(&mutex, 0), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_lock_until(&mutex, weir_after(100000)), ETIMEDOUT);
    must_eq(weir_mutex_unlock(&mutex), 0);
    if (!SUPPORT_FORKED_THREADS)
        return;
    support_threads(3, count_in_child, NULL);
    must_eq(load.counter, 900);
}

/* Hazard B52: fork while others hold the lock and wait for it.  The child
 * initialises it again and uses it, and the parent does not notice. */
START_TEST(fork_with_busy_threads)
{
    support_group_t group;

    must_eq(weir_mutex_init(&mutex, 0), 0);
    support_group_start(&group, 4, hold_often, NULL);
    for (long i = SUPPORT_TSAN ? 10 : 100; i > 0; i--) {
        pid_t child = support_fork();

        if (child == 0) {
            use_in_child();
            support_exit();
        }
        support_reap(child);
    }
    __atomic_store_n(&load.go, 1, __ATOMIC_RELEASE);
    support_group_join(&group);
    must(!weir_mutex_is_locked(&mutex));
}
END_TEST

/* A private mutex that is not held and not waited for may be used on in the
 * child; the two copies have nothing to do with each other. */
START_TEST(fork_copies_a_private_mutex)
{
    pid_t child;

    must_eq(weir_mutex_init(&mutex, 0), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    child = support_fork();
    if (child == 0) {
        must(weir_mutex_is_locked(&mutex));
        must_eq(weir_mutex_unlock(&mutex), 0);
        must_eq(weir_mutex_unlock(&mutex), EPERM);
        support_exit();
    }
    support_reap(child);
    must_eq(weir_mutex_trylock(&mutex), EBUSY);
    must_eq(weir_mutex_unlock(&mutex), 0);
}
END_TEST

/* --- refused system calls --- */

static void count_in_thread(unsigned index, void *arg)
{
    count_up(arg, index, 2000);
}

static void use_under_filter(unsigned flags)
{
    static struct shared object;

    must_eq(weir_mutex_init(&object.mutex, flags), 0);
    object.counter = 0;
    must_eq(weir_mutex_lock(&object.mutex), 0);
    must_eq(weir_mutex_lock_until(&object.mutex, weir_after(3000000)),
            ETIMEDOUT);
    must_eq(weir_mutex_unlock(&object.mutex), 0);
    support_threads(4, count_in_thread, &object);
    must_eq(object.counter, 4 * 2000);
    must_eq(weir_mutex_unlock(&object.mutex), EPERM);
}

/* membarrier is refused from now on, in a process that was let at first. */
START_TEST(no_membarrier)
{
    static const int errors[] = {EPERM, ENOSYS, EINVAL};
    pid_t child = support_fork();

    if (child == 0) {
        if (support_refuse(SYS_membarrier, errors[_i])) {
            use_under_filter(WEIR_PRIVATE);
            use_under_filter(WEIR_SHARED);
        } else {
            support_skip("no_membarrier", "seccomp is refused");
        }
        support_exit();
    }
    support_reap(child);
}
END_TEST

static void wait_for_ever(unsigned index, void *arg)
{
    (void)index;
    (void)weir_mutex_lock(arg);
}

/* Hazard B53: where futexes do not work at all a wait stops the process with
 * a message; it neither spins for ever nor pretends to have the lock. */
START_TEST(no_futex)
{
    static const int errors[] = {ENOSYS, EPERM};
    pid_t child = support_fork();

    if (child == 0) {
        struct shared object = {.counter = 0};

        signal(SIGABRT, SIG_DFL);
        must_eq(weir_mutex_lock(&object.mutex), 0);
        if (!support_refuse_futex(FUTEX_WAIT_BITSET, errors[_i]) ||
            !support_refuse_futex(FUTEX_WAIT, errors[_i])) {
            support_skip("no_futex", "seccomp is refused");
            raise(SIGABRT);
        }
        wait_for_ever(0, &object.mutex);
        support_exit();
    }
    support_reap_killed(child, SIGABRT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mutex_process");
    TCase *tcase = support_tcase(suite, "fork");

    tcase_add_test(tcase, fork_with_busy_threads);
    tcase_add_test(tcase, fork_copies_a_private_mutex);
    tcase = support_tcase(suite, "process");
    tcase_add_loop_test(tcase, processes_count_together, 0, 3);
    tcase_add_test(tcase, wakes_across_processes);
    tcase_add_test(tcase, times_out_across_processes);
    tcase_add_test(tcase, killed_waiter);
    tcase_add_test(tcase, killed_with_the_wake_up);
    tcase_add_loop_test(tcase, killed_when_it_was_next, 0, 2);
    tcase_add_loop_test(tcase, killed_when_it_was_next_short_waits, 0, 2);
    tcase = support_tcase(suite, "refused");
    tcase_add_loop_test(tcase, no_membarrier, 0, 3);
    tcase_add_loop_test(tcase, no_futex, 0, 2);
    return support_main(suite);
}
