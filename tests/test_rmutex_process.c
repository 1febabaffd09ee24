/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Recursive mutex: owners that died, fork, and several processes.  Who the
 * owner is comes from self.c, which is compiled into this suite, so that a
 * thread can be given the number of a dead one.
 */
#include "base/self.c"

#include <weir/rmutex.h>

#include <signal.h>

#include "support/support.h"

static weir_rmutex_t mutex;

/* --- identity --- */

static void check_identity(unsigned index, void *arg)
{
    uint64_t *idents = arg;

    idents[index] = weir_self_ident_();
    must(idents[index] != 0);
    must_eq(weir_self_ident_(), idents[index]);
    must_eq(weir_self_tid_(), support_tid());
    must_eq(weir_self_token_() & 0x3fffff, support_tid());
    must_eq(weir_self_token_() >> WEIR_TOKEN_BITS_, 0);
    must_eq(weir_self_token_(), weir_self_token_());
}

START_TEST(threads_are_told_apart)
{
    uint64_t idents[16];
    uint64_t last = weir_self_ident_();

    for (int round = 0; round < 20; round++) {
        uint64_t most = last;

        support_threads(16, check_identity, idents);
        for (unsigned i = 0; i < 16; i++) {
            must(idents[i] > last); /* never again */
            for (unsigned j = 0; j < i; j++)
                must(idents[i] != idents[j]);
            if (idents[i] > most)
                most = idents[i];
        }
        last = most;
    }
}
END_TEST

/* Hazard K4: what is remembered of the kernel's number is right after fork. */
START_TEST(identity_after_fork)
{
    uint64_t ident = weir_self_ident_();
    uint64_t token = weir_self_token_();
    pid_t child;

    must_eq(weir_self_tid_(), support_tid());
    child = support_fork();
    if (child == 0) {
        uint64_t idents[16];

        must_eq(weir_self_ident_(), ident);
        must_eq(weir_self_tid_(), support_tid());
        must(weir_self_token_() != token);
        check_identity(0, idents);
        if (SUPPORT_FORKED_THREADS)
            support_threads(16, check_identity, idents);
        must(idents[15] > ident || !SUPPORT_FORKED_THREADS);
        support_exit();
    }
    support_reap(child);
    must_eq(weir_self_token_(), token);
}
END_TEST

/* --- owners that died --- */

static uint32_t dead_tid;

static void die_with_it(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rmutex_lock(&mutex), 0);
    must_eq(weir_rmutex_lock(&mutex), 0);
    dead_tid = weir_self_tid_();
}

static void be_the_next(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    /* The kernel has given this thread the number of the dead one. */
    weir_self_.tid = dead_tid;
    must_eq(weir_self_token_() & 0x3fffff, dead_tid);
    must(!weir_rmutex_is_mine(&mutex));
    must_eq(weir_rmutex_depth(&mutex), 0);
    must_eq(weir_rmutex_trylock(&mutex), EBUSY);
    must_eq(weir_rmutex_lock_until(&mutex, weir_after(1000)), ETIMEDOUT);
    must_eq(weir_rmutex_unlock(&mutex), EPERM);
}

/* Hazard B29: a thread that ended with the lock has no successor, whether it
 * gets the same memory, the same thread-local data, or the same number.  The
 * salt is random in shared scope: one try in four million may fail. */
START_TEST(a_dead_owner_has_no_successor)
{
    must_eq(weir_rmutex_init(&mutex, _i == 0 ? 0 : WEIR_SHARED), 0);
    support_threads(1, die_with_it, NULL);
    for (int i = 0; i < 100; i++)
        support_threads(1, be_the_next, NULL);
    must_eq(weir_rmutex_trylock(&mutex), EBUSY);
}
END_TEST

/* --- fork --- */

/* The forking thread has in the child what it had, as deep; the copies do not
 * know of each other. */
START_TEST(fork_keeps_a_private_owner)
{
    pid_t child;

    must_eq(weir_rmutex_init(&mutex, 0), 0);
    must_eq(weir_rmutex_lock(&mutex), 0);
    must_eq(weir_rmutex_lock(&mutex), 0);
    child = support_fork();
    if (child == 0) {
        must(weir_rmutex_is_mine(&mutex));
        must_eq(weir_rmutex_depth(&mutex), 2);
        must_eq(weir_rmutex_lock(&mutex), 0);
        for (int i = 0; i < 3; i++)
            must_eq(weir_rmutex_unlock(&mutex), 0);
        must_eq(weir_rmutex_unlock(&mutex), EPERM);
        support_exit();
    }
    support_reap(child);
    must_eq(weir_rmutex_depth(&mutex), 2);
    must_eq(weir_rmutex_unlock(&mutex), 0);
    must_eq(weir_rmutex_unlock(&mutex), 0);
}
END_TEST

static void hold_over_a_fork(unsigned index, void *arg)
{
    pid_t child;

    (void)arg;
    if (index == 0) {
        must_eq(weir_rmutex_lock(&mutex), 0);
        support_sleep_ns(1000);
        must_eq(weir_rmutex_unlock(&mutex), 0);
        return;
    }
    child = support_fork();
    if (child == 0) {
        /* Held by nobody, or by a thread that is not here. */
        must(!weir_rmutex_is_mine(&mutex));
        must_eq(weir_rmutex_unlock(&mutex), EPERM);
        must_eq(weir_rmutex_init(&mutex, 0), 0);
        must_eq(weir_rmutex_lock(&mutex), 0);
        must_eq(weir_rmutex_unlock(&mutex), 0);
        support_exit();
    }
    support_reap(child);
}

/* Hazard B52; T test_at_fork_reinit. */
START_TEST(fork_while_another_holds_it)
{
    must_eq(weir_rmutex_init(&mutex, 0), 0);
    for (int i = 0; i < 10; i++)
        support_threads(2, hold_over_a_fork, NULL);
}
END_TEST

/* --- process --- */

struct shared {
    weir_rmutex_t mutex;
    long counter; /* plain: guarded by mutex */
    int at_last;  /* the child is about to wait for as long as it takes */
};

static support_twin_t twin;
static struct shared *here, *there;

static void fresh(void)
{
    twin = support_twin(4096);
    here = twin.here;
    there = twin.there;
    must_eq(weir_rmutex_init(&here->mutex, WEIR_SHARED), 0);
    support_watch("rmutex", here, sizeof(*here));
}

static void count_up(struct shared *shared, unsigned stream, long rounds)
{
    support_random_t random = support_random(stream);

    for (long i = 0; i < rounds; i++) {
        support_note("round %lu", (unsigned long)i, 0);
        must_eq(weir_rmutex_lock(&shared->mutex), 0);
        must_eq(weir_rmutex_lock(&shared->mutex), 0);
        shared->counter++;
        if (i % 32 == 0)
            support_jitter(&random);
        must_eq(weir_rmutex_depth(&shared->mutex), 2);
        must_eq(weir_rmutex_unlock(&shared->mutex), 0);
        must_eq(weir_rmutex_unlock(&shared->mutex), 0);
    }
}

/* A shared one stays with the parent; children wait for it, at another
 * address, really asleep, or time out. */
START_TEST(fork_leaves_a_shared_one_behind)
{
    pid_t child;

    fresh();
    must_eq(weir_rmutex_lock(&here->mutex), 0);
    must_eq(weir_rmutex_lock(&here->mutex), 0);
    child = support_fork();
    if (child == 0) {
        must(!weir_rmutex_is_mine(&there->mutex));
        must_eq(weir_rmutex_unlock(&there->mutex), EPERM);
        must_eq(weir_rmutex_trylock(&there->mutex), EBUSY);
        must_eq(weir_rmutex_lock_until(&there->mutex, weir_after(1000000)),
                ETIMEDOUT);
        __atomic_store_n(&there->at_last, 1, __ATOMIC_RELEASE);
        must_eq(weir_rmutex_lock(&there->mutex), 0);
        must_eq(weir_rmutex_depth(&there->mutex), 1);
        must_eq(weir_rmutex_unlock(&there->mutex), 0);
        support_exit();
    }
    while (!__atomic_load_n(&here->at_last, __ATOMIC_ACQUIRE))
        support_sleep_ns(50000);
    support_await_sleep(child);
    must_eq(weir_rmutex_unlock(&here->mutex), 0);
    must_eq(weir_rmutex_depth(&here->mutex), 1);
    must_eq(weir_rmutex_unlock(&here->mutex), 0);
    support_reap(child);
    support_twin_free(&twin);
}
END_TEST

START_TEST(processes_count_together)
{
    long rounds = support_scaled(10000);
    pid_t children[2];

    fresh();
    for (unsigned i = 0; i < 2; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            count_up(i == 0 ? there : here, i + 1, rounds);
            support_exit();
        }
    }
    count_up(here, 0, rounds);
    for (unsigned i = 0; i < 2; i++)
        support_reap(children[i]);
    must_eq(here->counter, rounds * 3);
    must(!weir_rmutex_is_mine(&there->mutex));
    support_twin_free(&twin);
}
END_TEST

/* Killed with it: nobody gets it, and nobody takes itself for the owner. */
START_TEST(killed_owner)
{
    pid_t doomed;

    fresh();
    doomed = support_fork();
    if (doomed == 0) {
        must_eq(weir_rmutex_lock(&there->mutex), 0);
        raise(SIGKILL);
    }
    support_reap_killed(doomed, SIGKILL);
    must_eq(weir_rmutex_trylock(&here->mutex), EBUSY);
    must_eq(weir_rmutex_unlock(&here->mutex), EPERM);
    must_eq(weir_rmutex_lock_until(&here->mutex, weir_after(1000000)),
            ETIMEDOUT);
    must_eq(weir_rmutex_init(&here->mutex, WEIR_SHARED), 0);
    must_eq(weir_rmutex_trylock(&there->mutex), 0);
    support_twin_free(&twin);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rmutex_process");
    TCase *tcase = support_tcase(suite, "identity");

    tcase_add_test(tcase, threads_are_told_apart);
    tcase_add_test(tcase, identity_after_fork);
    tcase_add_loop_test(tcase, a_dead_owner_has_no_successor, 0, 2);
    tcase = support_tcase(suite, "fork");
    tcase_add_test(tcase, fork_keeps_a_private_owner);
    tcase_add_test(tcase, fork_while_another_holds_it);
    tcase_add_test(tcase, fork_leaves_a_shared_one_behind);
    tcase = support_tcase(suite, "process");
    tcase_add_test(tcase, processes_count_together);
    tcase_add_test(tcase, killed_owner);
    return support_main(suite);
}
