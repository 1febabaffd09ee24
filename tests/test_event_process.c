/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Event: freed by whoever was let in, while the set that did it has not
 * returned; between processes, also such as are killed; and fork.
 */
#include <weir/event.h>

#include <sched.h>
#include <signal.h>

#include "base/atomic.h"
#include "support/support.h"
#include "test_step_kit.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

/* --- lifetime --- */

struct race {
    unsigned flags;
    long rounds;
    weir_event_t *event; /* NULL between rounds */
};

static weir_event_t *get(struct race *race)
{
    return __atomic_load_n(&race->event, __ATOMIC_ACQUIRE);
}

static void put(struct race *race, weir_event_t *object)
{
    __atomic_store_n(&race->event, object, __ATOMIC_RELEASE);
}

/* Make an event, show it, set it: the last access. */
static void set_it(struct race *race)
{
    support_random_t random = support_random(0);
    support_strip_t strip = support_strip(race->flags == WEIR_SHARED);

    for (long i = 0; i < race->rounds; i++) {
        weir_event_t *object = support_strip_take(&strip, sizeof(*object));

        must_eq(weir_event_init(object, race->flags), 0);
        support_note("setter: round %lu", (unsigned long)i, 0);
        if (i % 4 == 0) /* as if somebody slept: set has to call */
            must_eq(weir_event_wait_slow_(object,
                                          weir_load_rlx_(&object->state), 1),
                    ETIMEDOUT);
        put(race, object);
        for (uint32_t n = support_below(&random, 8); n > 0; n--)
            (void)weir_event_is_set(object);
        if (support_below(&random, 8) == 0)
            support_jitter(&random);
        must_eq(weir_event_set(object), 0);
        while (get(race) != NULL)
            sched_yield();
    }
}

static void wait_any_way(weir_event_t *object, support_random_t *random)
{
    uint32_t way = support_below(random, 4);

    if (way == 0)
        while (!weir_event_is_set(object))
            continue;
    else if (way == 1)
        while (weir_event_wait_until(object, weir_after(5000)) != 0)
            continue;
    else
        must_eq(weir_event_wait(object), 0);
}

/* Wait for each one, and take its memory away at once. */
static void free_it(struct race *race)
{
    support_random_t random = support_random(1);

    for (long i = 0; i < race->rounds; i++) {
        weir_event_t *object;

        support_note("freer: round %lu", (unsigned long)i, 0);
        while ((object = get(race)) == NULL)
            sched_yield();
        wait_any_way(object, &random);
        support_strip_drop(object);
        put(race, NULL);
    }
}

static void run_race(unsigned index, void *arg)
{
    if (index == 0)
        set_it(arg);
    else
        free_it(arg);
}

/* Hazards B21, B22, K9. */
START_TEST(unmapped_by_the_waiter)
{
    struct race race = {scopes[_i], support_scaled(4000), NULL};

    support_threads(2, run_race, &race);
}
END_TEST

static void free_after_sleep(unsigned index, void *arg)
{
    weir_event_t *object = arg;

    (void)index;
    must_eq(weir_event_wait(object), 0);
    support_guarded_drop(object, sizeof(*object));
}

/* The same where the waiter surely slept, so that the set has somebody to
 * wake, by an address that may be no memory any more. */
START_TEST(unmapped_by_a_sleeper)
{
    support_group_t group;

    for (long i = support_scaled(50); i > 0; i--) {
        weir_event_t *object =
            support_guarded(sizeof(*object), scopes[_i] == WEIR_SHARED);

        must_eq(weir_event_init(object, scopes[_i]), 0);
        support_group_start(&group, 1, free_after_sleep, object);
        support_await_sleep(group.tids[0]);
        must_eq(weir_event_set(object), 0);
        support_group_join(&group);
    }
}
END_TEST

/* --- lifetime, at every instruction --- */

#if defined(__x86_64__)

static weir_event_t *stepped;
static volatile bool gone;

/* After each instruction of the set: if that was its step, then somebody was
 * let in, and the memory is gone. */
static void take_it_away(int signal)
{
    (void)signal;
    if (gone || (weir_load_rlx_(&stepped->state) & WEIR_EVENT_SET_) == 0)
        return;
    gone = true;
    support_strip_drop(stepped);
}

static int set_inline(weir_event_t *object)
{
    return weir_event_set(object);
}

/* Hazards B21, B22: with and without somebody to call, gone at the very
 * instruction after the step. */
START_TEST(unmapped_at_the_set)
{
    int (*volatile sets[])(weir_event_t *) = {weir_event_set, set_inline};
    struct sigaction action = {.sa_handler = take_it_away};
    support_strip_t strip = support_strip(true);

    support_watchdog_disarm(); /* it uses the same signal */
    must_eq(sigaction(SIGTRAP, &action, NULL), 0);
    for (unsigned i = 0; i < 8; i++) {
        int result;

        stepped = support_strip_take(&strip, sizeof(*stepped));
        must_eq(weir_event_init(stepped, scopes[i % 2]), 0);
        if (i / 2 % 2 == 1)
            must_eq(weir_event_wait_slow_(stepped,
                                          weir_load_rlx_(&stepped->state), 1),
                    ETIMEDOUT);
        gone = false;
        set_stepping(true);
        result = sets[i / 4](stepped);
        set_stepping(false);
        must_eq(result, 0);
        must(gone);
    }
}
END_TEST

static void add_stepping(TCase *tcase)
{
    if (SUPPORT_TSAN)
        support_skip("unmapped_at_the_set",
                     "ThreadSanitizer's code would be stepped as well");
    else
        tcase_add_test(tcase, unmapped_at_the_set);
}

#else

static void add_stepping(TCase *tcase)
{
    (void)tcase;
    support_skip("unmapped_at_the_set", "steps need x86-64's trap flag");
}

#endif

/* --- processes --- */

struct shared {
    weir_event_t ping;
    weir_event_t pong;
    long counter; /* plain: the events take turns */
};

static support_twin_t twin;
static struct shared *here, *there;

static void fresh_pair(void)
{
    twin = support_twin(4096);
    here = twin.here;
    there = twin.there;
    must_eq(weir_event_init(&here->ping, WEIR_SHARED), 0);
    must_eq(weir_event_init(&here->pong, WEIR_SHARED), 0);
    support_watch("events, parent's view", here, 16);
    support_watch("events, children's view", there, 16);
}

static void answer(struct shared *s, long rounds)
{
    for (long i = 0; i < rounds; i++) {
        support_note("answer %lu", (unsigned long)i, 0);
        must_eq(weir_event_wait(&s->ping), 0);
        must_eq(weir_event_clear(&s->ping), 0);
        s->counter++;
        must_eq(weir_event_set(&s->pong), 0);
    }
}

/* Two processes take turns, each at an address of its own. */
START_TEST(processes_take_turns)
{
    long rounds = support_scaled(2000);
    pid_t child;

    fresh_pair();
    child = support_fork();
    if (child == 0) {
        answer(there, rounds);
        support_exit();
    }
    for (long i = 0; i < rounds; i++) {
        support_note("round %lu", (unsigned long)i, 0);
        here->counter++;
        must_eq(weir_event_set(&here->ping), 0);
        must_eq(weir_event_wait(&here->pong), 0);
        must_eq(weir_event_clear(&here->pong), 0);
        must_eq(here->counter, 2 * (i + 1));
    }
    support_reap(child);
    support_twin_free(&twin);
}
END_TEST

static pid_t fork_waiter(int64_t ns, int wanted)
{
    pid_t child = support_fork();

    if (child == 0) {
        weir_deadline_t deadline = ns < 0 ? WEIR_FOREVER : weir_after(ns);

        must_eq(weir_event_wait_until(&there->ping, deadline), wanted);
        support_exit();
    }
    return child;
}

/* All sleepers of other processes are woken, through another address, also by
 * a pulse; and give up there, when they have a deadline. */
START_TEST(wakes_across_processes)
{
    pid_t children[3];

    fresh_pair();
    for (int round = 0; round < 6; round++) {
        for (unsigned i = 0; i < 3; i++)
            children[i] = fork_waiter(-1, 0);
        for (unsigned i = 0; i < 3; i++)
            support_await_sleep(children[i]);
        must_eq(weir_event_set(&here->ping), 0);
        if (round % 2 == 0)
            must_eq(weir_event_clear(&here->ping), 0);
        for (unsigned i = 0; i < 3; i++)
            support_reap(children[i]);
        must_eq(weir_event_is_set(&there->ping), round % 2 == 1);
        must_eq(weir_event_clear(&here->ping), 0);
    }
    children[0] = fork_waiter(5000000, ETIMEDOUT);
    support_reap(children[0]);
    support_twin_free(&twin);
}
END_TEST

/* --- killed --- */

static void kill_and_reap(pid_t child)
{
    must_eq(kill(child, SIGKILL), 0);
    support_reap_killed(child, SIGKILL);
}

/* Hazard B55: of three that sleep one is killed. */
START_TEST(a_killed_sleeper_hangs_nobody)
{
    pid_t children[3];

    fresh_pair();
    for (unsigned i = 0; i < 3; i++)
        children[i] = fork_waiter(-1, 0);
    for (unsigned i = 0; i < 3; i++)
        support_await_sleep(children[i]);
    kill_and_reap(children[_i]);
    must_eq(weir_event_set(&here->ping), 0);
    must_eq(weir_event_clear(&here->ping), 0);
    for (unsigned i = 0; i < 3; i++)
        if (i != (unsigned)_i)
            support_reap(children[i]);
    support_twin_free(&twin);
}
END_TEST

/* One that sets and clears is killed at any moment, while another waits. */
START_TEST(killed_at_any_moment)
{
    support_random_t random = support_random(0);

    for (int i = 0; i < 10; i++) {
        pid_t doomed, sleeper;

        fresh_pair();
        sleeper = support_fork();
        if (sleeper == 0) {
            while (!weir_event_is_set(&there->pong))
                must_eq(weir_event_wait(&there->ping), 0);
            support_exit();
        }
        doomed = support_fork();
        if (doomed == 0)
            for (;;) {
                (void)weir_event_set(&here->ping);
                (void)weir_event_clear(&here->ping);
            }
        support_delay_ns(support_below(&random, 2000000));
        kill_and_reap(doomed);
        must_eq(weir_event_set(&here->pong), 0);
        must_eq(weir_event_set(&here->ping), 0);
        support_reap(sleeper);
        support_twin_free(&twin);
    }
}
END_TEST

/* --- fork --- */

static weir_event_t event;

static void wait_here(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_event_wait(&event), 0);
}

static void use_in_child(void)
{
    must_eq(weir_event_init(&event, WEIR_PRIVATE), 0);
    must_eq(weir_event_wait_until(&event, weir_after(100000)), ETIMEDOUT);
    must_eq(weir_event_set(&event), 0);
    if (SUPPORT_FORKED_THREADS)
        support_threads(2, wait_here, NULL);
}

/* Hazard B52: fork while others sleep; the child starts over. */
START_TEST(fork_with_sleepers)
{
    support_group_t group;

    must_eq(weir_event_init(&event, WEIR_PRIVATE), 0);
    support_group_start(&group, 3, wait_here, NULL);
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
    must_eq(weir_event_set(&event), 0);
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event_process");
    TCase *tcase = support_tcase(suite, "lifetime");

    tcase_add_loop_test(tcase, unmapped_by_the_waiter, 0, SCOPES);
    tcase_add_loop_test(tcase, unmapped_by_a_sleeper, 0, SCOPES);
    add_stepping(tcase);
    tcase = support_tcase(suite, "fork");
    tcase_add_test(tcase, fork_with_sleepers);
    tcase = support_tcase(suite, "process");
    tcase_add_test(tcase, processes_take_turns);
    tcase_add_test(tcase, wakes_across_processes);
    tcase_add_loop_test(tcase, a_killed_sleeper_hangs_nobody, 0, 3);
    tcase_add_test(tcase, killed_at_any_moment);
    return support_main(suite);
}
