/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Condition: the contract, one call at a time, private and shared, with both
 * kinds of lock.  The cases of CPython's ConditionTests are named T.  Long
 * runs and lifetime are in test_cond_stress.c; fork, processes and death in
 * test_cond_process.c; threads of several processes in test_cond_crowd.c; the
 * words, and the races between two instructions, in test_words_cond.c.
 */
#include <weir/cond.h>

#include <string.h>

#include "base/tunables.h"
#include "support/support.h"
#include "test_cond_kit.h"

/* --- api --- */

START_TEST(zero_is_valid)
{
    static weir_cond_t zero;
    weir_cond_t constant = WEIR_COND_INIT;
    weir_cond_t cond;
    weir_mutex_t mutex = WEIR_MUTEX_INIT;

    must_eq(sizeof(weir_cond_t), 16);
    must(memcmp(&zero, &constant, sizeof(zero)) == 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_cond_wait_until(&zero, &mutex, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_cond_broadcast(&zero), 0);
    memset(&cond, 0xa5, sizeof(cond));
    must_eq(keeps_errno(weir_cond_init(&cond, WEIR_PRIVATE)), 0);
    must(memcmp(&cond, &constant, sizeof(cond)) == 0);
}
END_TEST

START_TEST(unknown_flags_change_nothing)
{
    static const unsigned flags[] = {2, 3, 0x100, 0x80000000u, ~0u};
    weir_cond_t cond, before;

    memset(&cond, 0xa5, sizeof(cond));
    before = cond;
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        must_eq(keeps_errno(weir_cond_init(&cond, flags[i])), EINVAL);
        must(memcmp(&cond, &before, sizeof(cond)) == 0);
    }
}
END_TEST

/* --- uncontended --- */

/* T test_notify begins so: a signal without a waiter leaves nothing. */
START_TEST(signals_are_not_kept)
{
    fresh(_i);
    must_eq(keeps_errno(weir_cond_signal(&object.cond)), 0);
    must_eq(keeps_errno(weir_cond_signal_n(&object.cond, 7)), 0);
    must_eq(keeps_errno(weir_cond_broadcast(&object.cond)), 0);
    lock(&object);
    must_eq(weir_cond_signal(&object.cond), 0);
    must_eq(keeps_errno(wait_until(&object, weir_after(1000000))), ETIMEDOUT);
    must_eq(keeps_errno(wait_until(&object, WEIR_NOW)), ETIMEDOUT);
    must(is_held(&object));
    unlock(&object);
}
END_TEST

/* --- timed --- */

/* T test_timeout: not early; the lock is held, as deep as it was. */
START_TEST(timeouts_hold_the_lock)
{
    weir_deadline_t past[] = {WEIR_NOW, -1, INT64_MIN, 1, weir_now()};

    fresh(_i);
    lock(&object);
    if (object.recursive)
        lock(&object);
    for (unsigned i = 0; i < sizeof(past) / sizeof(past[0]); i++)
        must_eq(keeps_errno(wait_until(&object, past[i])), ETIMEDOUT);
    for (int i = 0; i < 5; i++) {
        weir_deadline_t deadline = weir_after(2000000);

        must_eq(keeps_errno(wait_until(&object, deadline)), ETIMEDOUT);
        must(weir_now() >= deadline);
        must(is_held(&object));
        must(!object.recursive || weir_rmutex_depth(&object.rmutex) == 2);
    }
    if (object.recursive)
        unlock(&object);
    unlock(&object);
}
END_TEST

static void take_it(unsigned index, void *arg)
{
    struct object *o = arg;

    (void)index;
    lock(o);
    o->came = 1;
    unlock(o);
}

/* A wait lets others in even if its deadline has passed: it drops the lock. */
START_TEST(a_past_deadline_drops_the_lock)
{
    support_group_t group;

    fresh(_i);
    lock(&object);
    support_group_start(&group, 1, take_it, &object);
    while (object.came == 0) /* the watchdog ends this if it never is */
        must_eq(wait_until(&object, WEIR_NOW), ETIMEDOUT);
    unlock(&object);
    support_group_join(&group);
}
END_TEST

static void time_out(unsigned index, void *arg)
{
    struct object *o = arg;

    for (int i = 0; i < 20; i++) {
        weir_deadline_t deadline = weir_after(100000 + 50000 * index);

        lock(o);
        must_eq(wait_until(o, deadline), ETIMEDOUT);
        must(weir_now() >= deadline);
        unlock(o);
    }
}

/* Those that time out leave the line from all its places; who stays gets the
 * signal. */
START_TEST(leaving_from_the_middle)
{
    support_group_t waiters, leavers;

    fresh(_i);
    support_group_start(&waiters, 2, waiter, &object);
    support_group_start(&leavers, 6, time_out, &object);
    await_came(&object, 2);
    support_group_join(&leavers);
    signal_counted(&object, 1, true);
    await_gone(&object, 1);
    signal_counted(&object, 1, false);
    support_group_join(&waiters);
    must_eq(object.gone, 2);
}
END_TEST

/* --- contended --- */

/* Each waiter really sleeps, and not on the lock; and a broadcast wakes all. */
START_TEST(waiters_sleep_and_are_woken)
{
    static const unsigned counts[] = {1, 2, 3, 8, 32};
    support_group_t group;

    fresh(_i);
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        object.came = object.gone = object.owed = 0;
        support_group_start(&group, counts[i], waiter, &object);
        await_came(&object, counts[i]);
        for (unsigned j = 0; j < counts[i]; j++) {
            const char *word = support_await_sleep(group.tids[j]);

            must(word == NULL || word < (char *)&object.mutex ||
                 word >= (char *)(&object + 1));
        }
        signal_counted(&object, ~0u, i % 2);
        support_group_join(&group);
        must_eq(object.gone, counts[i]);
        must_eq(object.owed, 0);
    }
}
END_TEST

/* Those that have not returned are asleep. */
static void rest_sleeps(const support_group_t *group, unsigned gone)
{
    unsigned asleep = 0;

    while (asleep + gone < group->count) {
        asleep = 0;
        for (unsigned i = 0; i < group->count; i++)
            asleep += support_sleeps(group->tids[i], NULL);
        support_sleep_ns(20000);
    }
}

static void notify(const support_group_t *group, unsigned n, long gone,
                   bool inside)
{
    signal_counted(&object, n, inside);
    await_gone(&object, gone);
    rest_sleeps(group, (unsigned)gone);
    await_gone(&object, gone);
}

/* T test_notify (_check_notify): exactly n, fewer if fewer wait, none if n is
 * 0; and those that came later wait on, until it is their turn. */
START_TEST(exactly_so_many)
{
    support_group_t first, second;

    fresh(_i % WAYS);
    support_group_start(&first, 5, waiter, &object);
    await_came(&object, 5);
    notify(&first, 0, 0, _i >= WAYS);
    notify(&first, 3, 3, _i >= WAYS);
    support_group_start(&second, 5, waiter, &object);
    await_came(&object, 10);
    signal_counted(&object, 1, _i >= WAYS);
    await_gone(&object, 4);
    signal_counted(&object, 4, _i >= WAYS);
    await_gone(&object, 8);
    signal_counted(&object, 9, _i >= WAYS);
    support_group_join(&first);
    support_group_join(&second);
    must_eq(object.gone, 10);
    must_eq(object.owed, 0);
}
END_TEST

/* One that came after a signal does not take it from those that were there:
 * it is the last to be signalled. */
static int last_is_gone;

static void be_last(unsigned index, void *arg)
{
    (void)index;
    wait_counted(arg);
    __atomic_store_n(&last_is_gone, 1, __ATOMIC_RELEASE);
}

START_TEST(later_comers_wait_their_turn)
{
    support_group_t first, last;

    last_is_gone = 0;
    fresh(_i);
    support_group_start(&first, 4, waiter, &object);
    await_came(&object, 4);
    signal_counted(&object, 1, true);
    await_gone(&object, 1);
    support_group_start(&last, 1, be_last, &object);
    await_came(&object, 5);
    for (long gone = 2; gone <= 4; gone++) {
        signal_counted(&object, 1, gone % 2);
        await_gone(&object, gone);
        must_eq(__atomic_load_n(&last_is_gone, __ATOMIC_ACQUIRE), 0);
    }
    signal_counted(&object, 1, true);
    support_group_join(&first);
    support_group_join(&last);
}
END_TEST

#define CROWD 40

static long order[CROWD]; /* who returned, one after another */
static long place[CROWD]; /* where in that */

static void wait_in_order(unsigned index, void *arg)
{
    struct object *o = arg;

    (void)index;
    lock(o);
    index = (unsigned)o->came++;
    must_eq(wait_on(o), 0);
    order[o->gone++] = index;
    o->owed--;
    unlock(o);
}

/* Private: first come, first signalled. */
START_TEST(first_come_first_signalled)
{
    support_group_t group;

    fresh(_i * 2);
    support_group_start(&group, 8, wait_in_order, &object);
    await_came(&object, 8);
    for (long i = 1; i <= 4; i++) {
        signal_counted(&object, 1, i % 2);
        await_gone(&object, i);
        must_eq(order[i - 1], i - 1);
    }
    signal_counted(&object, ~0u, true); /* and the rest, in any order */
    support_group_join(&group);
    must_eq(object.gone, 8);
    must_eq(order[4] + order[5] + order[6] + order[7], 4 + 5 + 6 + 7);
}
END_TEST

/* How many of the group sleep on the mutex, or have been let go. */
static unsigned sleep_on_mutex(const support_group_t *group)
{
    unsigned there = 0;

    for (unsigned i = 0; i < group->count; i++)
        there += support_await_sleep(group->tids[i]) ==
                 (const char *)&object.mutex.state;
    return there;
}

/* Private: a broadcast lets so many go at once, and no more go for the mutex;
 * each of these lets another one go once it has it, the one so many places
 * behind it. */
START_TEST(a_broadcast_in_rows)
{
    support_group_t group;

    fresh(0);
    support_group_start(&group, CROWD, wait_in_order, &object);
    await_came(&object, CROWD);
    for (unsigned i = 0; i < CROWD; i++)
        (void)support_await_sleep(group.tids[i]);
    lock(&object);
    object.owed = CROWD;
    must_eq(weir_cond_broadcast(&object.cond), 0);
    while (sleep_on_mutex(&group) < WEIR_COND_AT_ONCE)
        support_sleep_ns(20000);
    for (int i = 0; i < 20; i++, support_sleep_ns(100000))
        must_eq(sleep_on_mutex(&group), WEIR_COND_AT_ONCE);
    unlock(&object);
    support_group_join(&group);
    for (long i = 0; i < CROWD; i++)
        place[order[i]] = i;
    for (long i = WEIR_COND_AT_ONCE; i < CROWD; i++)
        must(place[i] > place[i - (long)WEIR_COND_AT_ONCE]);
}
END_TEST

/* --- predicates --- */

static bool has_token(void *arg)
{
    return ((struct object *)arg)->tokens > 0;
}

static unsigned calls;

static bool count_calls(void *arg)
{
    must(is_held(arg));
    return ++calls == 0;
}

/* T test_waitfor. */
static void wait_for_four(unsigned index, void *arg)
{
    struct object *o = arg;

    (void)index;
    lock(o);
    must_eq(keeps_errno(wait_for(o, has_token, o, WEIR_FOREVER)), 0);
    must(o->tokens > 0);
    unlock(o);
}

START_TEST(waits_until_it_is_true)
{
    support_group_t group;

    fresh(_i);
    support_group_start(&group, 3, wait_for_four, &object);
    for (long i = -3; i <= 1; i++) {
        lock(&object);
        object.tokens = i;
        must_eq(weir_cond_broadcast(&object.cond), 0);
        unlock(&object);
    }
    support_group_join(&group);
    lock(&object); /* true at once: no wait */
    must_eq(wait_for(&object, has_token, &object, WEIR_NOW), 0);
    unlock(&object);
}
END_TEST

/* T test_waitfor_timeout: false at the deadline, and asked once more then. */
START_TEST(gives_up_when_it_stays_false)
{
    weir_deadline_t deadline = weir_after(3000000);

    fresh(_i);
    lock(&object);
    calls = 0;
    must_eq(keeps_errno(wait_for(&object, count_calls, &object, deadline)),
            ETIMEDOUT);
    must(weir_now() >= deadline);
    must_eq(calls, 2);
    calls = 0;
    must_eq(wait_for(&object, count_calls, &object, WEIR_NOW), ETIMEDOUT);
    must_eq(calls, 2);
    must(is_held(&object));
    unlock(&object);
}
END_TEST

/* True by the time of the last look: 0, though nobody signalled. */
static bool second_time(void *arg)
{
    (void)arg;
    return ++calls == 2;
}

START_TEST(the_last_look_counts)
{
    fresh(_i);
    lock(&object);
    calls = 0;
    must_eq(wait_for(&object, second_time, &object, weir_after(1000000)), 0);
    must_eq(calls, 2);
    unlock(&object);
}
END_TEST

static void nag(unsigned index, void *arg)
{
    struct object *o = arg;

    (void)index;
    while (!__atomic_load_n(&o->owed, __ATOMIC_ACQUIRE))
        must_eq(weir_cond_broadcast(&o->cond), 0);
}

/* Signals that change nothing do not move the deadline. */
START_TEST(signals_do_not_move_the_deadline)
{
    weir_deadline_t deadline;
    support_group_t group;

    fresh(_i);
    support_group_start(&group, 1, nag, &object);
    deadline = weir_after(5000000);
    lock(&object);
    must_eq(wait_for(&object, has_token, &object, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
    unlock(&object);
    __atomic_store_n(&object.owed, 1, __ATOMIC_RELEASE);
    support_group_join(&group);
}
END_TEST

/* --- misuse --- */

/* T test_unacquired_wait: nothing has changed, and nobody was asked. */
static void refused(struct object *o)
{
    struct object before = *o;

    calls = 0;
    must_eq(keeps_errno(wait_on(o)), EPERM);
    must_eq(keeps_errno(wait_until(o, weir_after(1000000))), EPERM);
    must_eq(keeps_errno(wait_until(o, WEIR_NOW)), EPERM);
    must_eq(keeps_errno(wait_for(o, count_calls, o, WEIR_FOREVER)), EPERM);
    must_eq(calls, 0);
    must(memcmp(o, &before, sizeof(*o)) == 0);
}

static void refused_here(unsigned index, void *arg)
{
    (void)index;
    refused(arg);
}

START_TEST(waits_without_the_lock_are_refused)
{
    fresh(_i);
    refused(&object);
    if (object.recursive) { /* another's is not the caller's */
        lock(&object);
        support_threads(1, refused_here, &object);
        unlock(&object);
    }
    lock(&object);
    must_eq(keeps_errno(wait_for(&object, NULL, NULL, WEIR_NOW)), EINVAL);
    must(is_held(&object));
    unlock(&object);
}
END_TEST

/* The predicate lets the lock go: the next wait says so. */
static bool let_go(void *arg)
{
    unlock(arg);
    return false;
}

START_TEST(a_predicate_that_unlocks_is_found_out)
{
    fresh(_i);
    lock(&object);
    must_eq(wait_for(&object, let_go, &object, WEIR_FOREVER), EPERM);
    must(!is_held(&object));
}
END_TEST

/* --- signal --- */

/* Hazards B17, B50: neither signals nor stray wake-ups end a wait. */
START_TEST(nothing_is_spurious)
{
    support_group_t group;

    fresh(_i);
    support_storm_begin();
    support_group_start(&group, 4, waiter, &object);
    await_came(&object, 4);
    support_stray_begin(&object.cond, sizeof(object.cond));
    for (long i = 1; i <= 4; i++) {
        support_sleep_ns(3000000);
        signal_counted(&object, 1, i % 2);
        await_gone(&object, i);
    }
    support_stray_end();
    support_group_join(&group);
    time_out(0, &object);
    support_storm_end();
}
END_TEST

/* --- two locks --- */

static weir_mutex_t others[4];
static int held_up[4];

static void wait_with_own(unsigned index, void *arg)
{
    struct object *o = arg;

    must_eq(weir_mutex_lock(&others[index]), 0);
    __atomic_store_n(&held_up[index], 1, __ATOMIC_RELEASE);
    must_eq(weir_cond_wait(&o->cond, &others[index]), 0);
    __atomic_store_n(&held_up[index], 2, __ATOMIC_RELEASE);
    must_eq(weir_mutex_unlock(&others[index]), 0);
}

/* Hazard B8's neighbour: waiters with several locks do not hold each other up,
 * though one of the locks is held for long. */
START_TEST(several_locks)
{
    support_group_t group;

    fresh(_i);
    memset(held_up, 0, sizeof(held_up));
    for (int i = 0; i < 4; i++)
        must_eq(weir_mutex_init(&others[i], _i & 1 ? WEIR_SHARED : 0), 0);
    support_group_start(&group, 4, wait_with_own, &object);
    for (int i = 0; i < 4; i++) {
        while (__atomic_load_n(&held_up[i], __ATOMIC_ACQUIRE) == 0)
            support_sleep_ns(20000);
        must_eq(weir_mutex_lock(&others[i]), 0); /* so it waits */
    }
    must_eq(weir_cond_broadcast(&object.cond), 0);
    for (int i = 3; i >= 0; i--) {
        must_eq(weir_mutex_unlock(&others[i]), 0);
        while (__atomic_load_n(&held_up[i], __ATOMIC_ACQUIRE) != 2)
            support_sleep_ns(20000);
    }
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cond");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, zero_is_valid);
    tcase_add_test(tcase, unknown_flags_change_nothing);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, signals_are_not_kept, 0, WAYS);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, timeouts_hold_the_lock, 0, WAYS);
    tcase_add_loop_test(tcase, a_past_deadline_drops_the_lock, 0, WAYS);
    tcase_add_loop_test(tcase, leaving_from_the_middle, 0, WAYS);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, waiters_sleep_and_are_woken, 0, WAYS);
    tcase_add_loop_test(tcase, exactly_so_many, 0, 2 * WAYS);
    tcase_add_loop_test(tcase, later_comers_wait_their_turn, 0, WAYS);
    tcase_add_loop_test(tcase, first_come_first_signalled, 0, 2);
    tcase_add_test(tcase, a_broadcast_in_rows);
    tcase = support_tcase(suite, "predicates");
    tcase_add_loop_test(tcase, waits_until_it_is_true, 0, WAYS);
    tcase_add_loop_test(tcase, gives_up_when_it_stays_false, 0, WAYS);
    tcase_add_loop_test(tcase, the_last_look_counts, 0, WAYS);
    tcase_add_loop_test(tcase, signals_do_not_move_the_deadline, 0, WAYS);
    tcase = support_tcase(suite, "misuse");
    tcase_add_loop_test(tcase, waits_without_the_lock_are_refused, 0, WAYS);
    tcase_add_loop_test(tcase, a_predicate_that_unlocks_is_found_out, 0, WAYS);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, nothing_is_spurious, 0, WAYS);
    tcase = support_tcase(suite, "locks");
    tcase_add_loop_test(tcase, several_locks, 0, 2);
    return support_main(suite);
}
