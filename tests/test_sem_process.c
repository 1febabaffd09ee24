/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Semaphore: freed by whoever took the permit, while the post that let it in
 * has not returned; between processes, also such as are killed; and fork.
 */
#include <weir/sem.h>

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#include "base/atomic.h"
#include "test_sem_kit.h"
#include "test_step_kit.h"

/* --- lifetime --- */

struct race {
    unsigned flags;
    long rounds;
    weir_sem_t *sem; /* NULL between rounds */
};

static weir_sem_t *get(struct race *race)
{
    return __atomic_load_n(&race->sem, __ATOMIC_ACQUIRE);
}

static void put(struct race *race, weir_sem_t *object)
{
    __atomic_store_n(&race->sem, object, __ATOMIC_RELEASE);
}

/* Make a semaphore, show it, post it: the last access. */
static void post_it(struct race *race)
{
    support_random_t random = support_random(0);
    support_strip_t strip = support_strip(race->flags == WEIR_SHARED);

    for (long i = 0; i < race->rounds; i++) {
        weir_sem_t *object = support_strip_take(&strip, sizeof(*object));

        must_eq(weir_sem_init(object, 0, WEIR_SEM_MAX, race->flags), 0);
        support_note("poster: round %lu", (unsigned long)i, 0);
        if (i % 4 == 0) /* as if somebody slept: post has to call */
            must_eq(weir_sem_wait_slow_(object, 1), ETIMEDOUT);
        put(race, object);
        for (uint32_t n = support_below(&random, 8); n > 0; n--)
            (void)weir_sem_value(object);
        if (support_below(&random, 8) == 0)
            support_jitter(&random);
        must_eq(i % 2 ? weir_sem_post(object) : weir_sem_post_n(object, 1), 0);
        while (get(race) != NULL)
            sched_yield();
    }
}

static void take_any_way(weir_sem_t *object, support_random_t *random)
{
    uint32_t way = support_below(random, 4);

    if (way == 0)
        while (weir_sem_trywait(object) != 0)
            continue;
    else if (way == 1)
        while (weir_sem_wait_until(object, weir_after(5000)) != 0)
            continue;
    else
        must_eq(weir_sem_wait(object), 0);
}

/* Take from each one, and take its memory away at once. */
static void free_it(struct race *race)
{
    support_random_t random = support_random(1);

    for (long i = 0; i < race->rounds; i++) {
        weir_sem_t *object;

        support_note("freer: round %lu", (unsigned long)i, 0);
        while ((object = get(race)) == NULL)
            sched_yield();
        take_any_way(object, &random);
        support_strip_drop(object);
        put(race, NULL);
    }
}

static void run_race(unsigned index, void *arg)
{
    if (index == 0)
        post_it(arg);
    else
        free_it(arg);
}

/* Hazards B21, B22, K9. */
START_TEST(unmapped_by_the_taker)
{
    struct race race = {scopes[_i], support_scaled(4000), NULL};

    support_threads(2, run_race, &race);
}
END_TEST

static void free_after_sleep(unsigned index, void *arg)
{
    weir_sem_t *object = arg;

    (void)index;
    must_eq(weir_sem_wait(object), 0);
    support_guarded_drop(object, sizeof(*object));
}

/* The same where the taker surely slept, so that the post has somebody to
 * wake, by an address that may be no memory any more. */
START_TEST(unmapped_by_a_sleeper)
{
    support_group_t group;

    for (long i = support_scaled(50); i > 0; i--) {
        weir_sem_t *object =
            support_guarded(sizeof(*object), scopes[_i] == WEIR_SHARED);

        must_eq(weir_sem_init(object, 0, 1, scopes[_i]), 0);
        support_group_start(&group, 1, free_after_sleep, object);
        support_await_sleep(group.tids[0]);
        must_eq(weir_sem_post(object), 0);
        support_group_join(&group);
    }
}
END_TEST

/* --- lifetime, at every instruction --- */

#if defined(__x86_64__)

static weir_sem_t *stepped;
static volatile bool gone;

/* After each instruction of the post: if that was its step, then somebody has
 * taken the permit, and the memory is gone. */
static void take_it_away(int signal)
{
    (void)signal;
    if (gone || (weir_load_rlx_(&stepped->state) & WEIR_SEM_VALUE_) == 0)
        return;
    gone = true;
    support_strip_drop(stepped);
}

static int post_inline(weir_sem_t *object)
{
    return weir_sem_post(object);
}

static int post_one_of_many(weir_sem_t *object)
{
    return weir_sem_post_n(object, 1);
}

/* Hazards B21, B22: with and without somebody to call, gone at the very
 * instruction after the step. */
START_TEST(unmapped_at_the_post)
{
    int (*volatile posts[])(weir_sem_t *) = {weir_sem_post, post_inline,
                                             post_one_of_many};
    struct sigaction action = {.sa_handler = take_it_away};
    support_strip_t strip = support_strip(true);

    support_watchdog_disarm(); /* it uses the same signal */
    must_eq(sigaction(SIGTRAP, &action, NULL), 0);
    for (unsigned i = 0; i < 12; i++) {
        int result;

        stepped = support_strip_take(&strip, sizeof(*stepped));
        must_eq(weir_sem_init(stepped, 0, 1, scopes[i % 2]), 0);
        if (i / 2 % 2 == 1)
            must_eq(weir_sem_wait_slow_(stepped, 1), ETIMEDOUT);
        gone = false;
        set_stepping(true);
        result = posts[i / 4](stepped);
        set_stepping(false);
        must_eq(result, 0);
        must(gone);
    }
}
END_TEST

static void add_stepping(TCase *tcase)
{
    if (SUPPORT_TSAN)
        support_skip("unmapped_at_the_post",
                     "ThreadSanitizer's code would be stepped as well");
    else
        tcase_add_test(tcase, unmapped_at_the_post);
}

#else

static void add_stepping(TCase *tcase)
{
    (void)tcase;
    support_skip("unmapped_at_the_post", "steps need x86-64's trap flag");
}

#endif

/* --- processes --- */

struct shared {
    weir_sem_t items;
    weir_sem_t places;
    weir_sem_t lock;
    long counter; /* plain: guarded by lock */
};

static support_twin_t twin;
static struct shared *here, *there;

static void fresh_pair(void)
{
    twin = support_twin(4096);
    here = twin.here;
    there = twin.there;
    must_eq(weir_sem_init(&here->items, 0, 3, WEIR_SHARED), 0);
    must_eq(weir_sem_init(&here->places, 3, 3, WEIR_SHARED), 0);
    must_eq(weir_sem_init(&here->lock, 1, 1, WEIR_SHARED), 0);
    support_watch("semaphores, parent's view", here, 24);
    support_watch("semaphores, children's view", there, 24);
}

static void count(struct shared *s, long by)
{
    must_eq(weir_sem_wait(&s->lock), 0);
    s->counter += by;
    must_eq(weir_sem_post(&s->lock), 0);
}

static void produce(struct shared *s, long rounds)
{
    for (long i = 0; i < rounds; i++) {
        support_note("put %lu", (unsigned long)i, 0);
        must_eq(weir_sem_wait(&s->places), 0);
        count(s, 1);
        must_eq(weir_sem_post(&s->items), 0);
    }
}

static void consume(struct shared *s, long rounds)
{
    for (long i = 0; i < rounds; i++) {
        support_note("get %lu", (unsigned long)i, 0);
        must_eq(weir_sem_wait(&s->items), 0);
        count(s, -1);
        must_eq(weir_sem_post(&s->places), 0);
    }
}

/* The oldest use of semaphores: producers and consumers, 2 or 4 processes,
 * each at an address of its own kind; the bounds hold at all times. */
START_TEST(processes_trade)
{
    long rounds = support_scaled(3000);
    unsigned n = 2 + 2 * (unsigned)_i;
    pid_t children[4];

    fresh_pair();
    for (unsigned i = 1; i < n; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            if (i % 2 == 0)
                produce(here, rounds);
            else
                consume(there, rounds);
            support_exit();
        }
    }
    produce(here, rounds);
    for (unsigned i = 1; i < n; i++)
        support_reap(children[i]);
    must_eq(here->counter, 0);
    must_eq(weir_sem_value(&there->items), 0);
    must_eq(weir_sem_value(&there->places), 3);
    support_twin_free(&twin);
}
END_TEST

static pid_t fork_waiter(int64_t ns, int wanted)
{
    pid_t child = support_fork();

    if (child == 0) {
        weir_deadline_t deadline = ns < 0 ? WEIR_FOREVER : weir_after(ns);

        must_eq(weir_sem_wait_until(&there->items, deadline), wanted);
        support_exit();
    }
    return child;
}

/* A sleeper in another process is woken, through another address; and gives
 * up there, when it has a deadline. */
START_TEST(wakes_across_processes)
{
    pid_t children[3];

    fresh_pair();
    for (int i = 0; i < 10; i++) {
        children[0] = fork_waiter(-1, 0);
        support_await_sleep(children[0]);
        must_eq(weir_sem_post(&here->items), 0);
        support_reap(children[0]);
    }
    for (unsigned i = 0; i < 3; i++)
        children[i] = fork_waiter(-1, 0);
    for (unsigned i = 0; i < 3; i++)
        support_await_sleep(children[i]);
    must_eq(weir_sem_post_n(&here->items, 3), 0);
    for (unsigned i = 0; i < 3; i++)
        support_reap(children[i]);
    children[0] = fork_waiter(5000000, ETIMEDOUT);
    support_reap(children[0]);
    must_eq(weir_sem_value(&here->items), 0);
    support_twin_free(&twin);
}
END_TEST

/* --- killed --- */

static void kill_and_reap(pid_t child)
{
    must_eq(kill(child, SIGKILL), 0);
    support_reap_killed(child, SIGKILL);
}

/* Hazard B55: of three that sleep one is killed; the others get their permits,
 * at once or at the end of a slice. */
START_TEST(a_killed_sleeper_hangs_nobody)
{
    pid_t children[3];

    fresh_pair();
    for (unsigned i = 0; i < 3; i++)
        children[i] = fork_waiter(-1, 0);
    for (unsigned i = 0; i < 3; i++)
        support_await_sleep(children[i]);
    kill_and_reap(children[_i]);
    must_eq(weir_sem_post(&here->items), 0);
    must_eq(weir_sem_post(&here->items), 0);
    for (unsigned i = 0; i < 3; i++)
        if (i != (unsigned)_i)
            support_reap(children[i]);
    must_eq(weir_sem_value(&here->items), 0);
    support_twin_free(&twin);
}
END_TEST

/* A process that posts and takes is killed at any moment, while another waits:
 * the bound holds, and that one gets a permit when there is one. */
START_TEST(killed_at_any_moment)
{
    support_random_t random = support_random(0);

    for (int i = 0; i < 10; i++) {
        pid_t doomed, sleeper;
        int result;

        fresh_pair();
        sleeper = support_fork();
        if (sleeper == 0) {
            while (weir_sem_value(&there->places) != 0)
                must_eq(weir_sem_wait(&there->items), 0);
            support_exit();
        }
        doomed = support_fork();
        if (doomed == 0)
            for (;;)
                if (weir_sem_post(&here->items) != 0)
                    (void)weir_sem_trywait(&here->items);
        support_delay_ns(support_below(&random, 2000000));
        kill_and_reap(doomed);
        must(weir_sem_value(&here->items) <= 3);
        while (weir_sem_trywait(&here->places) == 0)
            continue;
        result = weir_sem_post(&here->items);
        must(result == 0 || result == EOVERFLOW);
        support_reap(sleeper);
        support_twin_free(&twin);
    }
}
END_TEST

/* --- fork --- */

static void use_in_child(void)
{
    must_eq(weir_sem_init(&sem, 1, 1, WEIR_PRIVATE), 0);
    must_eq(weir_sem_wait(&sem), 0);
    must_eq(weir_sem_wait_until(&sem, weir_after(100000)), ETIMEDOUT);
    must_eq(weir_sem_post(&sem), 0);
    if (SUPPORT_FORKED_THREADS)
        support_threads(1, wait_once, NULL);
}

/* Hazard B52: fork while others sleep; the child starts over. */
START_TEST(fork_with_sleepers)
{
    support_group_t group;

    fresh(0, 3, WEIR_PRIVATE);
    support_group_start(&group, 3, wait_once, NULL);
    for (int i = 0; i < 10; i++) {
        pid_t child = support_fork();

        if (child == 0) {
            use_in_child();
            support_exit();
        }
        support_reap(child);
    }
    await_sleepers(&group, 3);
    must_eq(weir_sem_post_n(&sem, 3), 0);
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sem_process");
    TCase *tcase = support_tcase(suite, "lifetime");

    tcase_add_loop_test(tcase, unmapped_by_the_taker, 0, SCOPES);
    tcase_add_loop_test(tcase, unmapped_by_a_sleeper, 0, SCOPES);
    add_stepping(tcase);
    tcase = support_tcase(suite, "fork");
    tcase_add_test(tcase, fork_with_sleepers);
    tcase = support_tcase(suite, "process");
    tcase_add_loop_test(tcase, processes_trade, 0, 2);
    tcase_add_test(tcase, wakes_across_processes);
    tcase_add_loop_test(tcase, a_killed_sleeper_hangs_nobody, 0, 3);
    tcase_add_test(tcase, killed_at_any_moment);
    return support_main(suite);
}
