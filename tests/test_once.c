/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Once: run by one, waited for by the others, in both scopes; failures,
 * deadlines, recursion; freed by who was let go; between processes, also such
 * as are killed.
 */
#include <weir/once.h>

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "test_panic_kit.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_once_t once;
static int runs;

static void fresh(int scope)
{
    runs = 0;
    must_eq(weir_once_init(&once, scopes[scope]), 0);
    support_watch("once", &once, sizeof(once));
}

/* A function that returns what arg says. */
static int run(void *arg)
{
    runs++;
    return *(int *)arg;
}

static int good = 0;
static int bad = 42;

/* --- api --- */

START_TEST(is_done_once)
{
    fresh(_i);
    must(!keeps_errno(weir_once_is_done(&once)));
    must_eq(keeps_errno(weir_once_call(&once, run, &good)), 0);
    must(keeps_errno(weir_once_is_done(&once)));
    must_eq(runs, 1);
    must_eq(keeps_errno(weir_once_call(&once, run, &bad)), 0);
    must_eq(keeps_errno(weir_once_call_until(&once, run, &bad, WEIR_NOW)), 0);
    must_eq(runs, 1);
    /* Again, when it is initialised again. */
    fresh(_i);
    must_eq(weir_once_call_until(&once, run, &good, WEIR_NOW), 0);
    must_eq(runs, 1);
}
END_TEST

START_TEST(zero_is_valid)
{
    static weir_once_t zero;
    weir_once_t initialised = WEIR_ONCE_INIT;

    must_eq(weir_once_call(&zero, run, &good), 0);
    must_eq(weir_once_call(&initialised, run, &good), 0);
    must_eq(runs, 2);
    must_eq(memcmp(&zero, &initialised, sizeof(zero)), 0);
}
END_TEST

START_TEST(bad_flags_change_nothing)
{
    weir_once_t before;

    memset(&once, 0xa5, sizeof(once));
    memcpy(&before, &once, sizeof(before));
    must_eq(keeps_errno(weir_once_init(&once, 2)), EINVAL);
    must_eq(keeps_errno(weir_once_init(&once, ~0u)), EINVAL);
    must(memcmp(&once, &before, sizeof(before)) == 0);
}
END_TEST

START_TEST(failures_leave_it_open)
{
    fresh(_i);
    for (int i = 1; i <= 3; i++) {
        must_eq(keeps_errno(weir_once_call(&once, run, &bad)), 42);
        must_eq(runs, i);
        must(!weir_once_is_done(&once));
    }
    bad = -7;
    must_eq(weir_once_call_until(&once, run, &bad, WEIR_NOW), -7);
    must_eq(weir_once_call(&once, run, &good), 0);
    must_eq(runs, 5);
}
END_TEST

/* --- misuse --- */

static int call_again(void *arg)
{
    runs++;
    must_eq(keeps_errno(weir_once_call(&once, run, arg)), EDEADLK);
    must_eq(weir_once_call_until(&once, run, arg, weir_after(1000000)),
            EDEADLK);
    must_eq(weir_once_call_until(&once, run, arg, WEIR_NOW), EDEADLK);
    must(!weir_once_is_done(&once));
    return 0;
}

START_TEST(recursion_is_found_out)
{
    fresh(0);
    must_eq(weir_once_call(&once, call_again, &good), 0);
    must_eq(runs, 1);
    must(weir_once_is_done(&once));
}
END_TEST

/* Of a shared one it is not, but a deadline ends the wait. */
static int call_again_shared(void *arg)
{
    weir_deadline_t deadline = weir_after(1000000);

    must_eq(weir_once_call_until(&once, run, arg, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_once_call_until(&once, run, arg, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
    return 0;
}

START_TEST(recursion_in_shared_scope_waits)
{
    fresh(1);
    must_eq(weir_once_call(&once, call_again_shared, &good), 0);
    must_eq(runs, 0);
}
END_TEST

static int init_again(void *arg)
{
    must_eq(weir_once_init(&once, 0), 0);
    return *(int *)arg;
}

static void overwrite(void *arg)
{
    (void)arg;
    (void)weir_once_call(&once, init_again, &good);
}

START_TEST(overwritten_while_it_runs)
{
    fresh(0);
    panic_must_say(overwrite, NULL, "leave", &once, 0, "does not say so");
}
END_TEST

/* --- contended --- */

static struct {
    int begun, go; /* flags */
    long cargo;    /* plain */
} slow;

static int run_slowly(void *arg)
{
    __atomic_store_n(&slow.begun, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&slow.go, __ATOMIC_ACQUIRE))
        support_sleep_ns(50000);
    slow.cargo = 7;
    return run(arg);
}

static void begin_slowly(unsigned me, void *arg)
{
    (void)me;
    must_eq(weir_once_call(&once, run_slowly, arg), *(int *)arg);
}

static void call_and_look(unsigned me, void *arg)
{
    (void)me;
    must_eq(keeps_errno(weir_once_call(&once, run, arg)), 0);
    must_eq(slow.cargo, 7);
}

/* They really sleep; and after a failure one of them runs its own. */
START_TEST(sleepers_are_let_go)
{
    int fails = _i / SCOPES;
    support_group_t runner, others;

    fresh(_i % SCOPES);
    memset(&slow, 0, sizeof(slow));
    support_group_start(&runner, 1, begin_slowly, fails ? &bad : &good);
    while (!__atomic_load_n(&slow.begun, __ATOMIC_ACQUIRE))
        support_sleep_ns(50000);
    must(!weir_once_is_done(&once));
    must_eq(keeps_errno(weir_once_call_until(&once, run, &good, WEIR_NOW)),
            ETIMEDOUT);
    support_group_start(&others, 3, call_and_look, &good);
    for (unsigned i = 0; i < 3; i++)
        (void)support_await_sleep(others.tids[i]);
    must_eq(runs, 0);
    __atomic_store_n(&slow.go, 1, __ATOMIC_RELEASE);
    support_group_join(&runner);
    support_group_join(&others);
    must_eq(runs, fails ? 2 : 1);
    must(weir_once_is_done(&once));
}
END_TEST

struct rounds {
    weir_once_t *onces;
    long (*made)[2]; /* plain: what functions wrote */
    long count;
};

struct making {
    long *made;
    bool fails;
};

static int make(void *arg)
{
    struct making *making = arg;

    making->made[0]++;
    if (making->fails)
        return 1;
    making->made[1] = making->made[0] + 1000;
    return 0;
}

/* Hazard B45: whoever is told that it is done sees what was made. */
static void race(unsigned me, void *arg)
{
    struct rounds *r = arg;
    support_random_t random = support_random(me);

    for (long i = 0; i < r->count; i++) {
        struct making making = {r->made[i], false};
        int result;

        support_note("round %lu", (unsigned long)i, 0);
        if (i % 32 == 0)
            support_jitter(&random);
        do {
            making.fails = support_below(&random, 3) == 0;
            result = me % 2 == 0
                         ? weir_once_call(&r->onces[i], make, &making)
                         : weir_once_call_until(&r->onces[i], make, &making,
                                                weir_after(20000));
        } while (result != 0);
        must_eq(r->made[i][1], r->made[i][0] + 1000);
        must(weir_once_is_done(&r->onces[i]));
    }
}

static void race_together(unsigned threads, unsigned flags, long count)
{
    struct rounds r = {.count = count};

    r.onces = calloc((size_t)count, sizeof(*r.onces));
    r.made = calloc((size_t)count, sizeof(*r.made));
    must(r.onces != NULL && r.made != NULL);
    for (long i = 0; i < count; i++)
        must_eq(weir_once_init(&r.onces[i], flags), 0);
    support_threads(threads, race, &r);
    free(r.onces);
    free(r.made);
}

START_TEST(threads_race)
{
    race_together(2u << _i / SCOPES, scopes[_i % SCOPES],
                  support_scaled(20000));
}
END_TEST

/* Hazards B50, B17: signals end no wait, and run nothing twice. */
START_TEST(threads_race_in_a_storm)
{
    support_storm_begin();
    race_together(4, scopes[_i], support_scaled(2000));
    support_storm_end();
}
END_TEST

START_TEST(strays_end_no_wait)
{
    support_group_t runner, others;

    fresh(_i);
    memset(&slow, 0, sizeof(slow));
    support_group_start(&runner, 1, begin_slowly, &good);
    while (!__atomic_load_n(&slow.begun, __ATOMIC_ACQUIRE))
        support_sleep_ns(50000);
    support_stray_begin(&once, sizeof(once));
    support_group_start(&others, 3, call_and_look, &good);
    support_sleep_ns(20000000);
    __atomic_store_n(&slow.go, 1, __ATOMIC_RELEASE);
    support_group_join(&runner);
    support_group_join(&others);
    support_stray_end();
    must_eq(runs, 1);
}
END_TEST

/* --- lifetime --- */

struct tenancy {
    weir_once_t *once;
    long round;
    long rounds;
    unsigned inside;
    unsigned flags;
    support_strip_t strip;
};

static void furnish(struct tenancy *t)
{
    t->once = support_strip_take(&t->strip, sizeof(*t->once));
    must_eq(weir_once_init(t->once, t->flags), 0);
    __atomic_store_n(&t->inside, 1, __ATOMIC_RELAXED);
}

/* The runner's function lets the other come, who is let go by its end. */
static int open_door(void *arg)
{
    struct tenancy *t = arg;

    __atomic_store_n(&t->inside, 2, __ATOMIC_RELEASE);
    for (int i = 0; i < 20; i++)
        sched_yield();
    return 0;
}

static void dwell(unsigned me, void *arg)
{
    struct tenancy *t = arg;
    int unused = 1;

    for (long i = 0; i < t->rounds; i++) {
        while (__atomic_load_n(&t->round, __ATOMIC_ACQUIRE) != i)
            sched_yield();
        if (me == 0) {
            must_eq(weir_once_call(t->once, open_door, t), 0);
            continue;
        }
        while (__atomic_load_n(&t->inside, __ATOMIC_ACQUIRE) != 2)
            sched_yield();
        must_eq(weir_once_call(t->once, run, &unused), 0);
        support_strip_drop(t->once);
        furnish(t);
        __atomic_store_n(&t->round, i + 1, __ATOMIC_RELEASE);
    }
}

/* Hazards B21, B22: the one that was let go unmaps the once while the call
 * that ran the function is under way. */
START_TEST(unmapped_by_the_waiter)
{
    struct tenancy t = {.flags = scopes[_i], .rounds = support_scaled(400)};

    t.strip = support_strip(t.flags == WEIR_SHARED);
    furnish(&t);
    support_threads(2, dwell, &t);
}
END_TEST

/* --- processes --- */

static support_twin_t twin;

struct shared {
    weir_once_t once;
    int runs; /* plain: only the function writes */
    int begun;
};

static int run_in_process(void *arg)
{
    struct shared *shared = arg;

    __atomic_store_n(&shared->begun, 1, __ATOMIC_RELEASE);
    support_sleep_ns(3000000);
    shared->runs++;
    return 0;
}

START_TEST(processes_at_two_addresses)
{
    pid_t children[4];
    struct shared *here;

    twin = support_twin(4096);
    here = twin.here;
    must_eq(weir_once_init(&here->once, WEIR_SHARED), 0);
    for (unsigned i = 0; i < 4; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            struct shared *mine = i % 2 ? twin.there : twin.here;

            must_eq(weir_once_call(&mine->once, run_in_process, mine), 0);
            must_eq(mine->runs, 1);
            support_exit();
        }
    }
    for (unsigned i = 0; i < 4; i++)
        support_reap(children[i]);
    must(weir_once_is_done(&here->once));
    support_twin_free(&twin);
}
END_TEST

static int stay(void *arg)
{
    struct shared *shared = arg;

    __atomic_store_n(&shared->begun, 1, __ATOMIC_RELEASE);
    while (shared->begun)
        support_sleep_ns(1000000);
    return 1;
}

/* As its header says: nobody runs it again; deadlines pass; init helps. */
START_TEST(killed_in_the_function)
{
    struct shared *here;
    pid_t child;

    twin = support_twin(4096);
    here = twin.here;
    must_eq(weir_once_init(&here->once, WEIR_SHARED), 0);
    child = support_fork();
    if (child == 0)
        must_eq(weir_once_call(&here->once, stay, twin.there), 0);
    while (!__atomic_load_n(&here->begun, __ATOMIC_ACQUIRE))
        support_sleep_ns(50000);
    must_eq(kill(child, SIGKILL), 0);
    support_reap_killed(child, SIGKILL);
    must_eq(weir_once_call_until(&here->once, run_in_process, here,
                                 weir_after(1000000)),
            ETIMEDOUT);
    must(!weir_once_is_done(&here->once));
    must_eq(weir_once_init(&here->once, WEIR_SHARED), 0);
    must_eq(weir_once_call(&here->once, run_in_process, here), 0);
    must_eq(here->runs, 1);
    support_twin_free(&twin);
}
END_TEST

/* Hazard B52: what another thread runs stays unfinished in the child. */
START_TEST(fork_with_a_runner)
{
    support_group_t runner;
    pid_t child;

    fresh(0);
    memset(&slow, 0, sizeof(slow));
    support_group_start(&runner, 1, begin_slowly, &good);
    while (!__atomic_load_n(&slow.begun, __ATOMIC_ACQUIRE))
        support_sleep_ns(50000);
    child = support_fork();
    if (child == 0) {
        must_eq(weir_once_call_until(&once, run, &good, weir_after(100000)),
                ETIMEDOUT);
        must_eq(weir_once_init(&once, 0), 0);
        must_eq(weir_once_call(&once, run, &good), 0);
        support_exit();
    }
    support_reap(child);
    __atomic_store_n(&slow.go, 1, __ATOMIC_RELEASE);
    support_group_join(&runner);
    must(weir_once_is_done(&once));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("once");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, is_done_once, 0, SCOPES);
    tcase_add_test(tcase, zero_is_valid);
    tcase_add_test(tcase, bad_flags_change_nothing);
    tcase_add_loop_test(tcase, failures_leave_it_open, 0, SCOPES);
    tcase = support_tcase(suite, "misuse");
    tcase_add_test(tcase, recursion_is_found_out);
    tcase_add_test(tcase, recursion_in_shared_scope_waits);
    tcase_add_test(tcase, overwritten_while_it_runs);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, sleepers_are_let_go, 0, 2 * SCOPES);
    tcase_add_loop_test(tcase, threads_race, 0, 3 * SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, threads_race_in_a_storm, 0, SCOPES);
    tcase_add_loop_test(tcase, strays_end_no_wait, 0, SCOPES);
    tcase = support_tcase(suite, "lifetime");
    tcase_add_loop_test(tcase, unmapped_by_the_waiter, 0, SCOPES);
    tcase = support_tcase(suite, "process");
    tcase_add_test(tcase, processes_at_two_addresses);
    tcase_add_test(tcase, killed_in_the_function);
    tcase_add_test(tcase, fork_with_a_runner);
    return support_main(suite);
}
