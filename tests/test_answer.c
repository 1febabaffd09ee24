/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for answers, from the inside: what a thread expects, for how long,
 * and what it learns; and that a queue's waits go by it.  The source is
 * compiled into this suite; the linker sends the clock, the number of CPUs,
 * the cost of a wake-up and the beginning of spins here.
 *
 * No cases for misuse and lifetime: the only state is a thread's own.
 */
#include "base/answer.c"

#include <weir/queue.h>

#include "support/support.h"
#include "support/threads.h"

#define WAKE 10000
#define WORTH (WAKE * WEIR_SPIN_ANSWER_WAKES)

weir_deadline_t __real_weir_now(void);
weir_deadline_t __wrap_weir_now(void);
weir_deadline_t __real_weir_after(int64_t ns);
weir_deadline_t __wrap_weir_after(int64_t ns);
unsigned __real_weir_usable_cpus_(void);
unsigned __wrap_weir_usable_cpus_(void);
int64_t __real_weir_wake_cost_ns_(void);
int64_t __wrap_weir_wake_cost_ns_(void);
struct weir_spin __real_weir_spin_begin_(const struct weir_spin_plan *plan);
struct weir_spin __wrap_weir_spin_begin_(const struct weir_spin_plan *plan);

/* All zero: nothing is fake. */
static struct {
    weir_deadline_t now;
    unsigned cpus;
    int64_t wake;
} fake;

/* The budgets of this thread's spins: the largest. */
static _Thread_local int64_t longest;
/* Where this thread's answer will be, before its spin begins. */
static _Thread_local const weir_queue_t *awaited;
static bool spins; /* atomic: it is about to spin for that */

weir_deadline_t __wrap_weir_now(void)
{
    return fake.now != 0 ? fake.now : __real_weir_now();
}

weir_deadline_t __wrap_weir_after(int64_t ns)
{
    return fake.now != 0 ? fake.now + ns : __real_weir_after(ns);
}

unsigned __wrap_weir_usable_cpus_(void)
{
    return fake.cpus != 0 ? fake.cpus : __real_weir_usable_cpus_();
}

/* By this thread: it may have to be measured. */
static _Thread_local unsigned asked;

int64_t __wrap_weir_wake_cost_ns_(void)
{
    asked++;
    return fake.wake != 0 ? fake.wake : __real_weir_wake_cost_ns_();
}

struct weir_spin __wrap_weir_spin_begin_(const struct weir_spin_plan *plan)
{
    if (plan->budget_ns > longest)
        longest = plan->budget_ns;
    if (awaited != NULL) {
        __atomic_store_n(&spins, true, __ATOMIC_RELEASE);
        while (weir_queue_empty(awaited))
            support_sleep_ns(10000);
    }
    return __real_weir_spin_begin_(plan);
}

static void begin(void)
{
    memset(&answer, 0, sizeof(answer));
    memset(&fake, 0, sizeof(fake));
    fake.now = 1000000;
    fake.cpus = 2;
    fake.wake = WAKE;
    longest = 0;
}

static void end(void)
{
    memset(&fake, 0, sizeof(fake));
}

/* --- api --- */

START_TEST(expected_once)
{
    must_eq(weir_answer_budget_(), 0);
    weir_answer_expect_();
    must_eq(weir_answer_budget_(), WORTH);
    must_eq(weir_answer_budget_(), 0);
}
END_TEST

/* What a wake-up costs is measured by who waits, not by who wakes, for whom
 * that would be a sleep in a call that does not sleep. */
START_TEST(who_wakes_measures_nothing)
{
    asked = 0;
    weir_answer_expect_();
    must_eq(asked, 0);
    must_eq(weir_answer_budget_(), WORTH);
    must_eq(asked, 1);
}
END_TEST

/* What has passed since the wake-up is not waited again. */
START_TEST(time_passes)
{
    weir_answer_expect_();
    fake.now += 3000;
    must_eq(weir_answer_budget_(), WORTH - 3000);
    weir_answer_expect_();
    fake.now += WORTH;
    must_eq(weir_answer_budget_(), 0);
    weir_answer_expect_();
    fake.now += 10 * WORTH;
    must_eq(weir_answer_budget_(), 0);
}
END_TEST

/* Whoever is woken could not run while this thread spins. */
START_TEST(one_cpu_expects_nothing)
{
    fake.cpus = 1;
    weir_answer_expect_();
    must_eq(weir_answer_budget_(), 0);
}
END_TEST

/* Wake until one is expected to answer; how many were not. */
static unsigned without(void)
{
    for (unsigned n = 0;; n++) {
        weir_answer_expect_();
        if (weir_answer_budget_() > 0)
            return n;
    }
}

START_TEST(doubt_grows_and_shrinks)
{
    static const unsigned grown[] = {0, 1, 3, 7, 15, 31, 63, 63, 63};
    static const unsigned shrunk[] = {63, 31, 15, 7, 3, 1, 0, 0};

    for (size_t i = 0; i < sizeof(grown) / sizeof(grown[0]); i++) {
        must_eq(without(), grown[i]);
        weir_answer_learn_(false);
    }
    for (size_t i = 0; i < sizeof(shrunk) / sizeof(shrunk[0]); i++) {
        must_eq(without(), shrunk[i]);
        weir_answer_learn_(true);
    }
}
END_TEST

/* --- contended: through a queue --- */

struct peer {
    weir_queue_t *there;
    weir_queue_t *back;
    bool answers;
    pid_t tid;
};

/* Get one, and answer it once the other spins, or not. */
static void answers(unsigned index, void *arg)
{
    struct peer *peer = arg;
    uint64_t e;

    (void)index;
    __atomic_store_n(&peer->tid, support_tid(), __ATOMIC_RELEASE);
    must_eq(weir_queue_get(peer->there, &e), 0);
    if (!peer->answers)
        return;
    while (!__atomic_load_n(&spins, __ATOMIC_ACQUIRE))
        support_sleep_ns(10000);
    must_eq(weir_queue_put(peer->back, &e), 0);
}

/* Put to a thread that sleeps, and wait on another queue, where nobody
 * sleeps; the longest spin of that wait. */
static int64_t asks(struct peer *peer)
{
    support_group_t group;
    uint64_t e = 1;

    peer->tid = 0;
    __atomic_store_n(&spins, false, __ATOMIC_RELEASE);
    support_group_start(&group, 1, answers, peer);
    while (__atomic_load_n(&peer->tid, __ATOMIC_ACQUIRE) == 0)
        support_sleep_ns(10000);
    (void)support_await_sleep(peer->tid);
    longest = 0;
    awaited = peer->answers ? peer->back : NULL;
    must_eq(weir_queue_put(peer->there, &e), 0);
    must_eq(weir_queue_get_until(peer->back, &e,
                                 peer->answers ? WEIR_FOREVER
                                               : weir_after(1000000)),
            peer->answers ? 0 : ETIMEDOUT);
    awaited = NULL;
    support_group_join(&group);
    return longest;
}

START_TEST(a_queue_waits_for_its_answer)
{
    struct peer peer = {.there = NULL};

    must_eq(weir_queue_create(&peer.there, 4, 8, 0), 0);
    must_eq(weir_queue_create(&peer.back, 4, 8, 0), 0);
    fake.now = 0; /* deadlines are real */
    fake.wake = INT64_C(1000000000);
    must(asks(&peer) > INT64_C(1000000000));
    /* It did not come: so the next wake-up expects none. */
    must_eq(answer.doubt, 1);
    must_eq(asks(&peer), WEIR_SPIN_QUEUE_ALONE_NS);
    must(asks(&peer) > INT64_C(1000000000));
    must_eq(answer.doubt, 3);
    /* It comes: learnt as well. */
    answer.left = 0;
    peer.answers = true;
    must(asks(&peer) > INT64_C(1000000000));
    must_eq(answer.doubt, 1);
    weir_queue_destroy(peer.there);
    weir_queue_destroy(peer.back);
}
END_TEST

/* Where others sleep, CPUs may be short: no long spin, whoever was woken. */
START_TEST(no_answer_where_others_sleep)
{
    struct peer peer = {.there = NULL};
    struct peer other = {.there = NULL};
    support_group_t group;
    uint64_t e = 2;

    must_eq(weir_queue_create(&peer.there, 4, 8, 0), 0);
    must_eq(weir_queue_create(&peer.back, 4, 8, 0), 0);
    fake.now = 0;
    fake.wake = INT64_C(1000000000);
    other.there = peer.back;
    support_group_start(&group, 1, answers, &other);
    while (__atomic_load_n(&other.tid, __ATOMIC_ACQUIRE) == 0)
        support_sleep_ns(10000);
    (void)support_await_sleep(other.tid);
    must_eq(asks(&peer), WEIR_SPIN_QUEUE_NS);
    must_eq(answer.doubt, 0); /* and nothing learnt */
    must_eq(weir_queue_put(peer.back, &e), 0);
    support_group_join(&group);
    weir_queue_destroy(peer.there);
    weir_queue_destroy(peer.back);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("answer");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, expected_once);
    tcase_add_test(tcase, who_wakes_measures_nothing);
    tcase_add_test(tcase, time_passes);
    tcase_add_test(tcase, one_cpu_expects_nothing);
    tcase_add_test(tcase, doubt_grows_and_shrinks);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_queue_waits_for_its_answer);
    tcase_add_test(tcase, no_answer_where_others_sleep);
    return support_main(suite);
}
