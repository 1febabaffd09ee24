/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: eventual fairness.  A waiter that has waited for
 * WEIR_MUTEX_FAIR_NS gets the lock at the next release at which it is first
 * in line, and between that release and its turn nobody else does, however
 * fast.  Bounds are counted in releases, never in time.
 */
#include <weir/mutex.h>

#include "base/tunables.h"
#include "support/support.h"

/* How often a due waiter can be overtaken, each time with the lock held until
 * it sleeps again.  The first release finds one that has not looked since it
 * was due; it does so then, and the second one is for it (one more for a
 * private mutex that was light).  A mutex that was handed over lately waits
 * until that has cost no more than its share of the time; to see a thread
 * asleep takes support_await_sleep two looks, 200 us apart. */
#define OVERTAKINGS_FIRST 2u
#define OVERTAKINGS_LATER                                                      \
    (OVERTAKINGS_FIRST +                                                       \
     (unsigned)(WEIR_HANDOVER_MAX_NS / 200000 * WEIR_HANDOVER_SHARE))

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_mutex_t mutex;
static int served[SUPPORT_THREADS_MAX];

static void fresh(int scope)
{
    must_eq(weir_mutex_init(&mutex, scopes[scope]), 0);
    support_watch("mutex", &mutex, sizeof(mutex));
    for (unsigned i = 0; i < SUPPORT_THREADS_MAX; i++)
        served[i] = 0;
}

static bool is_served(unsigned index)
{
    return __atomic_load_n(&served[index], __ATOMIC_ACQUIRE) != 0;
}

static void wait_once(unsigned index, void *arg)
{
    (void)arg;
    must_eq(weir_mutex_lock(&mutex), 0);
    __atomic_store_n(&served[index], 1, __ATOMIC_RELEASE);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* Every waiter sleeps again, or has had its turn. */
static void await_all(const support_group_t *group)
{
    for (unsigned i = 0; i < group->count; i++)
        (void)support_await_sleep_or(group->tids[i], &served[i]);
}

static bool all_served(const support_group_t *group)
{
    for (unsigned i = 0; i < group->count; i++)
        if (!is_served(i))
            return false;
    return true;
}

/* Release and take at once, as often as that works while a waiter is left;
 * how often it did.  Everybody is given the time to look in between.  Held
 * when it returns, behind a waiter that was served. */
static unsigned overtake(const support_group_t *group)
{
    unsigned overtaken = 0;

    for (;;) {
        must_eq(weir_mutex_unlock(&mutex), 0);
        if (weir_mutex_trylock(&mutex) != 0) {
            must_eq(weir_mutex_lock(&mutex), 0);
            return overtaken;
        }
        if (all_served(group))
            return overtaken;
        overtaken++;
        support_note("overtaken %lu times", overtaken, 0);
        await_all(group);
    }
}

START_TEST(a_due_waiter_is_next)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 1, wait_once, NULL);
    await_all(&group);
    support_sleep_ns(2 * WEIR_MUTEX_FAIR_NS);
    must(overtake(&group) <= OVERTAKINGS_FIRST);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must(is_served(0));
}
END_TEST

/* Not owed to a_due_waiter_is_next: what it leaves behind is a mutex like
 * any other. */
START_TEST(fair_again_and_again)
{
    support_group_t group;

    fresh(_i);
    for (int i = 0; i < 20; i++) {
        served[0] = 0;
        must_eq(weir_mutex_lock(&mutex), 0);
        support_group_start(&group, 1, wait_once, NULL);
        await_all(&group);
        support_sleep_ns(3 * WEIR_MUTEX_FAIR_NS / 2);
        must(overtake(&group) <= OVERTAKINGS_LATER);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
    }
}
END_TEST

/* With n of them, all due: each round of the loop below serves one, and is
 * refused after a bounded number of overtakings. */
START_TEST(all_due_waiters_are_served)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 5, wait_once, NULL);
    await_all(&group);
    support_sleep_ns(2 * WEIR_MUTEX_FAIR_NS);
    for (unsigned round = 0; !all_served(&group); round++) {
        support_note("round %lu", round, 0);
        must(overtake(&group) <= OVERTAKINGS_LATER);
        await_all(&group);
    }
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
}
END_TEST

/* --- against a thread that never pauses --- */

struct hog {
    int stop;
    unsigned long turns;
    int64_t hold_ns;
    long visits;
};

static void hog_or_visit(unsigned index, void *arg)
{
    struct hog *hog = arg;

    if (index != 0) {
        while (__atomic_load_n(&hog->turns, __ATOMIC_RELAXED) == 0)
            support_sleep_ns(10000);
        for (long i = 0; i < hog->visits; i++) {
            support_note("visit %lu", (unsigned long)i, 0);
            must_eq(weir_mutex_lock(&mutex), 0);
            must_eq(weir_mutex_unlock(&mutex), 0);
        }
        __atomic_fetch_add(&hog->stop, 1, __ATOMIC_RELEASE);
        return;
    }
    while (__atomic_load_n(&hog->stop, __ATOMIC_ACQUIRE) < 3) {
        must_eq(weir_mutex_lock(&mutex), 0);
        __atomic_fetch_add(&hog->turns, 1, __ATOMIC_RELAXED);
        if (hog->hold_ns > 0)
            support_delay_ns(hog->hold_ns);
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
}

/* Visitors get in though a hog locks again right after each unlock, holding
 * it for nothing, for a while, and for longer than the bound. */
START_TEST(a_hog_starves_nobody)
{
    static const int64_t holds[] = {0, 3000, 3 * WEIR_MUTEX_FAIR_NS / 2};
    struct hog hog = {0};

    fresh(_i % SCOPES);
    hog.hold_ns = holds[_i / SCOPES];
    hog.visits = support_scaled(hog.hold_ns > 100000 ? 100 : 500);
    support_threads(4, hog_or_visit, &hog);
}
END_TEST

/* --- a reservation that is not used --- */

static void give_up_late(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_mutex_lock_until(&mutex,
                                  weir_after(INT64_C(20) * WEIR_MUTEX_FAIR_NS)),
            ETIMEDOUT);
    __atomic_store_n(&served[index], 1, __ATOMIC_RELEASE);
}

/* A waiter that is due and then gives up gives its claim up too: the lock is
 * not kept for it. */
START_TEST(a_claim_ends_with_the_wait)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 1, give_up_late, NULL);
    await_all(&group);
    support_sleep_ns(2 * WEIR_MUTEX_FAIR_NS);
    /* Have it look, and so claim, without a release of the lock. */
    support_stray_begin(&mutex, sizeof(mutex));
    support_group_join(&group);
    support_stray_end();
    must(is_served(0));
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(weir_mutex_trylock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}
END_TEST

static void claim_then_rest(unsigned index, void *arg)
{
    if (index == 0)
        give_up_late(index, arg);
    else
        wait_once(index, arg);
}

/* The same with others asleep behind it: they are woken all the same. */
START_TEST(a_given_up_claim_strands_nobody)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 4, claim_then_rest, NULL);
    await_all(&group);
    support_sleep_ns(2 * WEIR_MUTEX_FAIR_NS);
    support_stray_begin(&mutex, sizeof(mutex));
    while (!is_served(0))
        support_sleep_ns(1000000);
    support_stray_end();
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must(all_served(&group));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mutex_fair");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, a_due_waiter_is_next, 0, SCOPES);
    tcase_add_loop_test(tcase, fair_again_and_again, 0, SCOPES);
    tcase_add_loop_test(tcase, all_due_waiters_are_served, 0, SCOPES);
    tcase_add_loop_test(tcase, a_hog_starves_nobody, 0, 3 * SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, a_claim_ends_with_the_wait, 0, SCOPES);
    tcase_add_loop_test(tcase, a_given_up_claim_strands_nobody, 0, SCOPES);
    return support_main(suite);
}
