/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for any of several things: as many as there may be, the same one
 * twice, each regime of a mutex, signals and stray wake-ups, many who wait for
 * the same things, what is freed by whom, and fork.
 */
#include <weir/weir.h>

#include <stdlib.h>

#include "futex/sys.h"
#include "support/support.h"
#include "test_kernel_kit.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};

static weir_sem_t sems[WEIR_WAIT_MAX];
static weir_wait_item_t items[WEIR_WAIT_MAX];

static void make_sems(unsigned n, unsigned flags)
{
    for (unsigned i = 0; i < n; i++) {
        must_eq(weir_sem_init(&sems[i], 0, WEIR_SEM_MAX, flags), 0);
        items[i] = weir_wait_on_sem(&sems[i]);
    }
}

/* -- One who waits ------------------------------------------------------ */

struct wait {
    weir_wait_item_t *items;
    size_t n;
    weir_token_t *token;
    size_t which;
    int result;
    int done;
};

static void wait_for(unsigned index, void *arg)
{
    struct wait *w = arg;

    (void)index;
    w->result = keeps_errno(
        weir_wait_any_with(w->items, w->n, WEIR_FOREVER, w->token, &w->which));
    __atomic_store_n(&w->done, 1, __ATOMIC_RELEASE);
}

static bool is_done(const struct wait *w)
{
    return __atomic_load_n(&w->done, __ATOMIC_ACQUIRE) != 0;
}

/* Asleep, or looking now and then. */
static void start(support_group_t *group, struct wait *w)
{
    support_group_start(group, 1, wait_for, w);
    if (weir_futex_can_wait_any_())
        (void)support_await_sleep(group->tids[0]);
    else
        support_sleep_ns(2000000);
}

static void finish(support_group_t *group, const struct wait *w, int result,
                   size_t which)
{
    support_group_join(group);
    must_eq(w->result, result);
    must_eq(w->which, which);
}

/* -- How many ----------------------------------------------------------- */

/* Row: scope, kernel. */
START_TEST(as_many_as_there_may_be)
{
    static const unsigned posted[] = {0, 1, 63, 126, 127};
    struct wait w = {.items = items, .n = WEIR_WAIT_MAX};
    support_group_t group;

    kit_can_wait_any = _i / 2;
    for (unsigned i = 0; i < 5; i++) {
        make_sems(WEIR_WAIT_MAX, scopes[_i % 2]);
        start(&group, &w);
        must_eq(weir_sem_post(&sems[posted[i]]), 0);
        finish(&group, &w, 0, posted[i]);
        for (unsigned k = 0; k < WEIR_WAIT_MAX; k++)
            must_eq(weir_sem_value(&sems[k]), 0);
    }
}
END_TEST

/* More words than the kernel takes: it looks now and then. */
START_TEST(and_a_token_with_ancestors)
{
    struct wait w = {.items = items, .n = WEIR_WAIT_MAX};
    weir_token_t chain[3];
    support_group_t group;

    for (int cancelled = 0; cancelled < 3; cancelled++) {
        make_sems(WEIR_WAIT_MAX, scopes[_i]);
        for (int i = 0; i < 3; i++)
            must_eq(weir_token_init(&chain[i], i > 0 ? &chain[i - 1] : NULL,
                                    WEIR_FOREVER, 0),
                    0);
        w.token = &chain[2];
        support_group_start(&group, 1, wait_for, &w);
        support_sleep_ns(3000000);
        must_eq(weir_token_cancel(&chain[cancelled]), 0);
        finish(&group, &w, ECANCELED, WEIR_WAIT_MAX);
        w.done = 0;
    }
    must_eq(weir_token_init(&chain[2], NULL, WEIR_FOREVER, 0), 0);
    support_group_start(&group, 1, wait_for, &w);
    support_sleep_ns(3000000);
    /* Nobody is called for what is only looked at. */
    must_eq(weir_sem_post(&sems[5]), 0);
    finish(&group, &w, 0, 5);
}
END_TEST

START_TEST(of_both_scopes)
{
    struct wait w = {.items = items, .n = 2};
    support_group_t group;

    kit_can_wait_any = _i / 2;
    must_eq(weir_sem_init(&sems[0], 0, 9, WEIR_PRIVATE), 0);
    must_eq(weir_sem_init(&sems[1], 0, 9, WEIR_SHARED), 0);
    items[0] = weir_wait_on_sem(&sems[0]);
    items[1] = weir_wait_on_sem(&sems[1]);
    start(&group, &w);
    must_eq(weir_sem_post(&sems[_i % 2]), 0);
    finish(&group, &w, 0, (size_t)_i % 2);
}
END_TEST

/* -- The same one twice ------------------------------------------------- */

START_TEST(the_same_twice)
{
    struct wait w = {.items = items, .n = 4};
    size_t size = weir_queue_memsize(1, 8);
    weir_queue_t *q = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    uint64_t got[2], given = 3;
    weir_mutex_t mutex;
    support_group_t group;

    kit_can_wait_any = _i / 2;
    must(q != NULL);
    must_eq(weir_queue_init(q, size, 1, 8, 0), 0);
    must_eq(weir_mutex_init(&mutex, 0), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    items[0] = items[1] = weir_wait_on_mutex(&mutex);
    items[2] = weir_wait_on_get(q, &got[0]);
    items[3] = weir_wait_on_get(q, &got[1]);
    start(&group, &w);
    if (_i % 2)
        must_eq(weir_queue_put(q, &given), 0);
    else
        must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must_eq(w.result, 0);
    must_eq(w.which / 2, _i % 2);
    /* Once, and nobody is left behind. */
    must_eq(weir_queue_len(q), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(weir_queue_put(q, &given), 0);
    must_eq(weir_queue_get(q, &got[0]), 0);
    free(q);
}
END_TEST

/* -- Events that are set for a moment ----------------------------------- */

/* Whoever began before is released: by the generation, which a look that comes
 * later sees too. */
START_TEST(a_pulse_releases_who_began)
{
    weir_event_t event;
    struct wait w = {.items = items, .n = 2};
    support_group_t group;

    kit_can_wait_any = _i / 2;
    make_sems(1, 0);
    must_eq(weir_event_init(&event, scopes[_i % 2]), 0);
    items[1] = weir_wait_on_event(&event);
    start(&group, &w);
    /* A look finds it set by chance alone: one pulse in a long time. */
    do {
        must_eq(weir_event_set(&event), 0);
        must_eq(weir_event_clear(&event), 0);
        support_sleep_ns(1000000);
    } while (!is_done(&w));
    finish(&group, &w, 0, 1);
}
END_TEST

/* -- Threads ------------------------------------------------------------ */

static void *wait_for_itself(void *arg)
{
    weir_wait_item_t item = weir_wait_on_thread(weir_thread_current());
    size_t which;

    must_eq(keeps_errno(weir_wait_any(&item, 1, WEIR_FOREVER, &which)),
            EDEADLK);
    must_eq(which, 1);
    return arg;
}

/* A thread that the library did not start, and of whose end it does not hear. */
static void wait_for_foreign(unsigned index, void *arg)
{
    weir_wait_item_t item = weir_wait_on_thread(weir_thread_current());
    size_t which;

    (void)index;
    (void)arg;
    must_eq(keeps_errno(weir_wait_any(&item, 1, WEIR_FOREVER, &which)), EINVAL);
    must_eq(which, 1);
}

START_TEST(threads_that_cannot_be_waited_for)
{
    weir_thread_t thread;
    weir_wait_item_t item = weir_wait_on_thread(&thread);
    size_t which = 9;

    support_threads(1, wait_for_foreign, NULL);
    must_eq(weir_thread_init(&thread, NULL, wait_for_itself, NULL), 0);
    must_eq(weir_thread_start(&thread), 0);
    must_eq(weir_wait_any(&item, 1, WEIR_FOREVER, &which), 0);
    must_eq(which, 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
}
END_TEST

/* -- A mutex that many lock --------------------------------------------- */

struct locks {
    weir_mutex_t mutex;
    long rounds;
    long held; /* UNDER the mutex */
    int over;
};

/* Enough of them that some are woken late and reserve it. */
static void lock_until_over(struct locks *l)
{
    while (!__atomic_load_n(&l->over, __ATOMIC_RELAXED)) {
        must_eq(weir_mutex_lock(&l->mutex), 0);
        l->held++;
        support_sleep_ns(20000);
        l->held--;
        must_eq(l->held, 0);
        must_eq(weir_mutex_unlock(&l->mutex), 0);
    }
}

static void lock_as_one_of_two(unsigned index, void *arg)
{
    struct locks *l = arg;
    weir_wait_item_t two[2];
    size_t which;

    if (index < 3) {
        lock_until_over(l);
        return;
    }
    two[0] = weir_wait_on_sem(&sems[0]);
    two[1] = weir_wait_on_mutex(&l->mutex);
    for (long i = 0; i < l->rounds; i++) {
        must_eq(weir_wait_any(two, 2, WEIR_FOREVER, &which), 0);
        must_eq(which, 1);
        must_eq(l->held, 0);
        must_eq(weir_mutex_unlock(&l->mutex), 0);
    }
    __atomic_store_n(&l->over, 1, __ATOMIC_RELAXED);
}

/* Only where it can sleep on it: who looks now and then finds a lock free that
 * hardly ever is, when chance has it. */
START_TEST(beside_those_who_reserve)
{
    struct locks l = {.rounds = support_scaled(200)};

    make_sems(1, 0);
    must_eq(weir_mutex_init(&l.mutex, scopes[_i]), 0);
    support_threads(4, lock_as_one_of_two, &l);
    must(!weir_mutex_is_locked(&l.mutex));
}
END_TEST

/* -- Many who wait for the same things ---------------------------------- */

#define TAKERS 4u
#define THINGS 3u

struct share {
    long posted; /* by each poster */
    long taken[TAKERS];
    int stop;
};

static void take_or_post(unsigned index, void *arg)
{
    struct share *s = arg;
    support_random_t random = support_random(index);
    size_t which;

    if (index >= TAKERS) {
        for (long i = 0; i < s->posted; i++) {
            must_eq(weir_sem_post(&sems[support_below(&random, THINGS)]), 0);
            if (i % 16 == 0)
                support_jitter(&random);
        }
        return;
    }
    for (long n = 2 * s->posted / TAKERS; n > 0; n--) {
        must_eq(weir_wait_any(items, THINGS, WEIR_FOREVER, &which), 0);
        must(which < THINGS);
        s->taken[index]++;
    }
}

/* As many as are posted: a wake-up that is lost leaves one asleep. */
static void share_all(unsigned scope)
{
    struct share s = {.posted = support_scaled(4000) / TAKERS * TAKERS};

    if (s.posted == 0)
        s.posted = TAKERS;
    make_sems(THINGS, scope);
    support_threads(TAKERS + 2, take_or_post, &s);
    for (unsigned i = 0; i < THINGS; i++)
        must_eq(weir_sem_value(&sems[i]), 0);
}

START_TEST(each_is_taken_once)
{
    kit_can_wait_any = _i / 2;
    share_all(scopes[_i % 2]);
}
END_TEST

/* Hazard B17. */
START_TEST(in_a_storm_with_strays)
{
    kit_can_wait_any = _i / 2;
    support_storm_begin();
    support_stray_begin(sems, THINGS * sizeof(sems[0]));
    share_all(scopes[_i % 2]);
    support_stray_end();
    support_storm_end();
}
END_TEST

/* -- Lifetime ----------------------------------------------------------- */

struct owned {
    weir_sem_t *sem;
    weir_event_t *event;
    weir_mutex_t *mutex;
    size_t which;
};

/* Each is gone at the moment in which one is told, while the call that let it
 * go has not returned. */
static void wait_and_drop(unsigned index, void *arg)
{
    struct owned *o = arg;
    weir_wait_item_t all[3];

    (void)index;
    all[0] = weir_wait_on_sem(o->sem);
    all[1] = weir_wait_on_event(o->event);
    all[2] = weir_wait_on_mutex(o->mutex);
    must_eq(weir_wait_any(all, 3, WEIR_FOREVER, &o->which), 0);
    support_guarded_drop(o->sem, sizeof(*o->sem));
    support_guarded_drop(o->event, sizeof(*o->event));
    support_guarded_drop(o->mutex, sizeof(*o->mutex));
}

static void let_go(const struct owned *o, long way)
{
    if (way == 0)
        must_eq(weir_sem_post(o->sem), 0);
    else if (way == 1)
        must_eq(weir_event_set(o->event), 0);
    else
        must_eq(weir_mutex_unlock(o->mutex), 0);
}

/* Hazard B22. */
START_TEST(freed_by_the_one_that_is_told)
{
    bool shared = scopes[_i % 2] == WEIR_SHARED;
    support_group_t group;
    struct owned o;

    kit_can_wait_any = _i / 2;
    for (long i = support_scaled(60); i > 0; i--) {
        o.sem = support_guarded(sizeof(*o.sem), shared);
        o.event = support_guarded(sizeof(*o.event), shared);
        o.mutex = support_guarded(sizeof(*o.mutex), shared);
        must_eq(weir_sem_init(o.sem, 0, 1, scopes[_i % 2]), 0);
        must_eq(weir_event_init(o.event, scopes[_i % 2]), 0);
        must_eq(weir_mutex_init(o.mutex, scopes[_i % 2]), 0);
        must_eq(weir_mutex_lock(o.mutex), 0);
        support_group_start(&group, 1, wait_and_drop, &o);
        if (weir_futex_can_wait_any_())
            support_await_sleep(group.tids[0]);
        let_go(&o, i % 3);
        support_group_join(&group);
        must_eq(o.which, i % 3);
    }
}
END_TEST

/* -- Fork --------------------------------------------------------------- */

/* The child has what one who is not there has marked; it can go on. */
START_TEST(the_child_of_a_fork)
{
    struct wait w = {.items = items, .n = 2};
    support_group_t group;
    size_t which;
    pid_t child;

    make_sems(2, 0);
    start(&group, &w);
    child = support_fork();
    if (child == 0) {
        must_eq(weir_sem_post(&sems[0]), 0);
        must_eq(weir_wait_any(items, 2, WEIR_FOREVER, &which), 0);
        must_eq(which, 0);
        must_eq(weir_wait_any(items, 2, weir_after(1000000), &which),
                ETIMEDOUT);
        support_exit();
    }
    support_reap(child);
    must(!is_done(&w));
    must_eq(weir_sem_post(&sems[1]), 0);
    finish(&group, &w, 0, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wait_any_use");
    TCase *tcase = support_tcase(suite, "use");

    tcase_add_loop_test(tcase, as_many_as_there_may_be, 0, 4);
    tcase_add_loop_test(tcase, and_a_token_with_ancestors, 0, 2);
    tcase_add_loop_test(tcase, of_both_scopes, 0, 4);
    tcase_add_loop_test(tcase, the_same_twice, 0, 4);
    tcase_add_loop_test(tcase, a_pulse_releases_who_began, 0, 4);
    tcase_add_test(tcase, threads_that_cannot_be_waited_for);
    tcase = support_tcase(suite, "lifetime");
    tcase_add_loop_test(tcase, freed_by_the_one_that_is_told, 0, 4);
    if (SUPPORT_FORKED_THREADS)
        tcase_add_test(tcase, the_child_of_a_fork);
    tcase = support_tcase(suite, "stress");
    if (weir_futex_can_wait_any_())
        tcase_add_loop_test(tcase, beside_those_who_reserve, 0, 2);
    else
        support_skip("beside_those_who_reserve", "the kernel has no waitv");
    tcase_add_loop_test(tcase, each_is_taken_once, 0, 4);
    tcase_add_loop_test(tcase, in_a_storm_with_strays, 0, 4);
    return support_main(suite);
}
