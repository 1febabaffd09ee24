/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Token: freed by whoever was let go, while the cancel that did it has not
 * returned; between processes, also such as are killed; and fork.
 */
#include <weir/event.h>
#include <weir/sem.h>
#include <weir/token.h>

#include <sched.h>
#include <signal.h>

#include "base/atomic.h"
#include "support/support.h"
#include "test_kernel_kit.h"
#include "test_step_kit.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

/* As src/futex/token.c has it. */
#define SLEEPERS 1u
#define CANCELLED 2u

static weir_event_t event;
static weir_sem_t sem;

/* --- lifetime --- */

struct race {
    unsigned flags;
    long rounds;
    weir_token_t *token; /* NULL between rounds */
};

static weir_token_t *get(struct race *race)
{
    return __atomic_load_n(&race->token, __ATOMIC_ACQUIRE);
}

static void put(struct race *race, weir_token_t *token)
{
    __atomic_store_n(&race->token, token, __ATOMIC_RELEASE);
}

/* As if somebody slept: there is a call to make. */
static void mark(weir_token_t *token)
{
    for (long ns = 1000; weir_load_rlx_(&token->word) != SLEEPERS; ns *= 2)
        must_eq(weir_token_wait_until(token, weir_after(ns)), ETIMEDOUT);
}

/* Make a token, show it, cancel it: the last access. */
static void cancel_it(struct race *race)
{
    support_random_t random = support_random(0);
    support_strip_t strip = support_strip(race->flags == WEIR_SHARED);

    for (long i = 0; i < race->rounds; i++) {
        weir_token_t *token = support_strip_take(&strip, sizeof(*token));

        must_eq(weir_token_init(token, NULL, WEIR_FOREVER, race->flags), 0);
        support_note("canceller: round %lu", (unsigned long)i, 0);
        if (i % 4 == 0)
            mark(token);
        put(race, token);
        for (uint32_t n = support_below(&random, 8); n > 0; n--)
            (void)weir_token_deadline(token);
        if (support_below(&random, 8) == 0)
            support_jitter(&random);
        must_eq(weir_token_cancel(token), 0);
        while (get(race) != NULL)
            sched_yield();
    }
}

static void wait_any_way(weir_token_t *token, support_random_t *random)
{
    uint32_t way = support_below(random, 4);

    if (way == 0)
        while (!weir_token_is_cancelled(token))
            continue;
    else if (way == 1)
        while (weir_token_wait_until(token, weir_after(5000)) != 0)
            continue;
    else if (way == 2)
        must_eq(weir_event_wait_with(&event, WEIR_FOREVER, token), ECANCELED);
    else
        must_eq(weir_token_wait(token), 0);
}

/* Wait for each one, and take its memory away at once. */
static void free_it(struct race *race)
{
    support_random_t random = support_random(1);

    for (long i = 0; i < race->rounds; i++) {
        weir_token_t *token;

        support_note("freer: round %lu", (unsigned long)i, 0);
        while ((token = get(race)) == NULL)
            sched_yield();
        wait_any_way(token, &random);
        support_strip_drop(token);
        put(race, NULL);
    }
}

static void run_race(unsigned index, void *arg)
{
    if (index == 0)
        cancel_it(arg);
    else
        free_it(arg);
}

/* Hazards B21, B22, K9. */
START_TEST(unmapped_by_the_waiter)
{
    struct race race = {scopes[_i], support_scaled(4000), NULL};

    must_eq(weir_event_init(&event, 0), 0);
    support_threads(2, run_race, &race);
}
END_TEST

static void free_after_sleep(unsigned index, void *arg)
{
    weir_token_t *token = arg;

    must_eq(weir_event_wait_with(&event, WEIR_FOREVER, token), ECANCELED);
    must_eq(index, 0);
    support_guarded_drop(token, 2 * sizeof(*token));
}

/* The same where the waiter surely slept, with a child of the token, so that
 * the canceller has somebody to wake, by an address that may be no memory any
 * more. */
START_TEST(unmapped_by_a_sleeper)
{
    support_group_t group;

    must_eq(weir_event_init(&event, 0), 0);
    for (long i = support_scaled(50); i > 0; i--) {
        weir_token_t *pair =
            support_guarded(2 * sizeof(*pair), scopes[_i] == WEIR_SHARED);

        must_eq(weir_token_init(&pair[1], NULL, WEIR_FOREVER, scopes[_i]), 0);
        must_eq(weir_token_init(&pair[0], &pair[1], WEIR_FOREVER, scopes[_i]),
                0);
        support_group_start(&group, 1, free_after_sleep, pair);
        (void)support_await_sleep(group.tids[0]);
        must_eq(weir_token_cancel(&pair[i % 2]), 0);
        support_group_join(&group);
    }
}
END_TEST

/* --- lifetime, at every instruction --- */

#if defined(__x86_64__)

static weir_token_t *stepped;
static volatile bool gone;

/* After each instruction of the cancel: if that was its step, then somebody
 * was let go, and the memory is gone. */
static void take_it_away(int signal)
{
    (void)signal;
    if (gone || (weir_load_rlx_(&stepped->word) & CANCELLED) == 0)
        return;
    gone = true;
    support_strip_drop(stepped);
}

/* Hazards B21, B22: with and without somebody to call, gone at the very
 * instruction after the step. */
START_TEST(unmapped_at_the_cancel)
{
    struct sigaction action = {.sa_handler = take_it_away};
    support_strip_t strip = support_strip(true);

    support_watchdog_disarm(); /* it uses the same signal */
    must_eq(sigaction(SIGTRAP, &action, NULL), 0);
    for (unsigned i = 0; i < 4; i++) {
        int result;

        stepped = support_strip_take(&strip, sizeof(*stepped));
        must_eq(weir_token_init(stepped, NULL, WEIR_FOREVER, scopes[i % 2]), 0);
        if (i / 2 == 1)
            mark(stepped);
        gone = false;
        set_stepping(true);
        result = weir_token_cancel(stepped);
        set_stepping(false);
        must_eq(result, 0);
        must(gone);
    }
}
END_TEST

static void add_stepping(TCase *tcase)
{
    if (SUPPORT_TSAN)
        support_skip("unmapped_at_the_cancel",
                     "ThreadSanitizer's code would be stepped as well");
    else
        tcase_add_test(tcase, unmapped_at_the_cancel);
}

#else

static void add_stepping(TCase *tcase)
{
    (void)tcase;
    support_skip("unmapped_at_the_cancel", "steps need x86-64's trap flag");
}

#endif

/* --- processes --- */

struct shared {
    weir_token_t child; /* its parent lies behind it */
    weir_token_t parent;
    weir_event_t event;
    weir_sem_t sem;
};

static support_twin_t twin;
static struct shared *here, *there;

static void fresh_pair(bool can_wait_any)
{
    kit_can_wait_any = can_wait_any;
    twin = support_twin(4096);
    here = twin.here;
    there = twin.there;
    must_eq(weir_token_init(&here->parent, NULL, WEIR_FOREVER, WEIR_SHARED), 0);
    must_eq(
        weir_token_init(&here->child, &here->parent, WEIR_FOREVER, WEIR_SHARED),
        0);
    must_eq(weir_event_init(&here->event, WEIR_SHARED), 0);
    must_eq(weir_sem_init(&here->sem, 0, WEIR_SEM_MAX, WEIR_SHARED), 0);
    support_watch("tokens, parent's view", here, 2 * sizeof(weir_token_t));
}

static void wait_there(unsigned way, struct shared *s)
{
    if (way == 0)
        must_eq(weir_token_wait(&s->child), 0);
    else if (way == 1)
        must_eq(weir_event_wait_with(&s->event, WEIR_FOREVER, &s->child),
                ECANCELED);
    else
        must_eq(
            weir_sem_wait_with(&s->sem, weir_after(600000000000), &s->child),
            ECANCELED);
}

static void fork_waiters(pid_t children[3])
{
    for (unsigned i = 0; i < 3; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            wait_there(i, i % 2 ? here : there);
            support_exit();
        }
    }
    for (unsigned i = 0; i < 3; i++)
        (void)support_await_sleep(children[i]);
}

/* The chain is followed at each address, since it is kept as a distance. */
START_TEST(processes_at_two_addresses)
{
    for (unsigned i = 0; i < 4; i++) {
        pid_t children[3];

        fresh_pair(_i == 0);
        fork_waiters(children);
        must_eq(weir_token_cancel(i % 2 ? &here->parent : &there->child), 0);
        for (unsigned k = 0; k < 3; k++)
            support_reap(children[k]);
        must(weir_token_is_cancelled(&there->child));
        must_eq(weir_token_is_cancelled(&there->parent), i % 2);
        support_twin_free(&twin);
    }
}
END_TEST

/* --- killed --- */

/* Hazard B55: what a canceller leaves that was killed before its wake-up call;
 * sleepers look by themselves. */
START_TEST(the_canceller_is_killed_before_its_call)
{
    for (unsigned i = 0; i < 2; i++) {
        weir_token_t *token;
        pid_t children[3];

        fresh_pair(_i == 0);
        fork_waiters(children);
        token = i == 0 ? &here->parent : &here->child;
        must_eq(weir_load_rlx_(&token->word), SLEEPERS);
        weir_store_rel_(&token->word, SLEEPERS | CANCELLED);
        for (unsigned k = 0; k < 3; k++)
            support_reap(children[k]);
        support_twin_free(&twin);
    }
}
END_TEST

static void wait_with_it(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_event_wait_with(&event, WEIR_FOREVER, arg), ECANCELED);
}

/* The same for sleepers on what is private, and is never looked at again by
 * itself; with a private child of the shared token. */
START_TEST(the_canceller_of_private_waits_is_killed)
{
    weir_token_t child;
    support_group_t group;

    fresh_pair(_i == 0);
    must_eq(weir_event_init(&event, WEIR_PRIVATE), 0);
    must_eq(weir_token_init(&child, &here->child, WEIR_FOREVER, 0), 0);
    support_group_start(&group, 3, wait_with_it, &child);
    for (unsigned k = 0; k < 3; k++)
        (void)support_await_sleep(group.tids[k]);
    weir_store_rel_(&here->parent.word, SLEEPERS | CANCELLED);
    support_group_join(&group);
    support_twin_free(&twin);
}
END_TEST

/* Hazard B55: a sleeper is killed, and hangs nobody. */
START_TEST(a_killed_sleeper_hangs_nobody)
{
    pid_t children[3];

    fresh_pair(_i / 3 == 0);
    fork_waiters(children);
    must_eq(kill(children[_i % 3], SIGKILL), 0);
    support_reap_killed(children[_i % 3], SIGKILL);
    must_eq(weir_token_cancel(&there->parent), 0);
    for (int i = 0; i < 3; i++)
        if (i != _i % 3)
            support_reap(children[i]);
    support_twin_free(&twin);
}
END_TEST

/* A canceller is killed at any moment: it is cancelled, and all find out, or
 * it is not. */
START_TEST(killed_at_any_moment)
{
    support_random_t random = support_random(0);

    for (int i = 0; i < 10; i++) {
        pid_t doomed, sleeper;

        fresh_pair(i % 2 == 0);
        sleeper = support_fork();
        if (sleeper == 0) {
            wait_there((unsigned)i % 3, there);
            support_exit();
        }
        doomed = support_fork();
        if (doomed == 0) {
            support_delay_ns(support_below(&random, 1000000));
            for (;;)
                (void)weir_token_cancel(&here->parent);
        }
        support_delay_ns(support_below(&random, 2000000));
        must_eq(kill(doomed, SIGKILL), 0);
        support_reap_killed(doomed, SIGKILL);
        if (!weir_token_is_cancelled(&here->child))
            must_eq(weir_token_cancel(&here->child), 0);
        support_reap(sleeper);
        support_twin_free(&twin);
    }
}
END_TEST

/* --- fork --- */

static weir_token_t token;

static void wait_here(unsigned index, void *arg)
{
    (void)arg;
    if (index % 2 == 0)
        must_eq(weir_token_wait(&token), 0);
    else
        must_eq(weir_sem_wait_with(&sem, WEIR_FOREVER, &token), ECANCELED);
}

static void use_in_child(void)
{
    must(!weir_token_is_cancelled(&token));
    must_eq(weir_token_wait_until(&token, weir_after(100000)), ETIMEDOUT);
    must_eq(weir_token_cancel(&token), 0);
    if (SUPPORT_FORKED_THREADS)
        support_threads(2, wait_here, NULL);
    else
        must_eq(weir_token_wait(&token), 0);
}

/* Hazard B52: fork while others sleep; the child has tokens of its own. */
START_TEST(fork_with_sleepers)
{
    support_group_t group;

    kit_can_wait_any = _i == 0;
    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, WEIR_PRIVATE), 0);
    must_eq(weir_sem_init(&sem, 0, WEIR_SEM_MAX, 0), 0);
    support_group_start(&group, 3, wait_here, NULL);
    for (unsigned i = 0; i < 3; i++)
        (void)support_await_sleep(group.tids[i]);
    for (int i = 0; i < 5; i++) {
        pid_t child = support_fork();

        if (child == 0) {
            use_in_child();
            support_exit();
        }
        support_reap(child);
    }
    must(!weir_token_is_cancelled(&token));
    for (unsigned i = 0; i < 3; i++)
        (void)support_await_sleep(group.tids[i]);
    must_eq(weir_token_cancel(&token), 0);
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token_process");
    TCase *tcase = support_tcase(suite, "lifetime");

    tcase_add_loop_test(tcase, unmapped_by_the_waiter, 0, SCOPES);
    tcase_add_loop_test(tcase, unmapped_by_a_sleeper, 0, SCOPES);
    add_stepping(tcase);
    tcase = support_tcase(suite, "fork");
    tcase_add_loop_test(tcase, fork_with_sleepers, 0, 2);
    tcase = support_tcase(suite, "process");
    tcase_add_loop_test(tcase, processes_at_two_addresses, 0, 2);
    tcase_add_loop_test(tcase, the_canceller_is_killed_before_its_call, 0, 2);
    tcase_add_loop_test(tcase, the_canceller_of_private_waits_is_killed, 0, 2);
    tcase_add_loop_test(tcase, a_killed_sleeper_hangs_nobody, 0, 6);
    tcase_add_test(tcase, killed_at_any_moment);
    return support_main(suite);
}
