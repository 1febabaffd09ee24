/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The table of those who sleep on what a plain store releases, from the
 * inside: its words, whom an unlocker calls, what a refusing kernel and a
 * fork do to it, and that nothing stays in it.
 *
 * No case for timed or wrap: the table has no deadline, and COUNT cannot
 * reach its limit.
 */
#include "futex/parked.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test_panic_kit.h"
#include "test_seam_kit.h"

/* The bits of a slot, as the WORD block of parked.c has them. */
#define COUNT_MASK (((uint64_t)1 << 22) - 1)
#define SYMMETRIC ((uint64_t)1 << 63)
#define KEY_SEVERAL (~(SYMMETRIC | COUNT_MASK))

static weir_mutex_t mutex;

static uint64_t slot_of(const volatile void *address)
{
    return weir_load_sc_(weir_parked_slot_(address));
}

static uint64_t key_of(const volatile void *address)
{
    return ((uint64_t)(uintptr_t)address >> 3) << 22 & KEY_SEVERAL;
}

static void table_must_be(uint64_t word)
{
    for (unsigned i = 0; i < WEIR_PARKED_SLOTS_; i++)
        must_eq(weir_load_sc_(&weir_parked_[i]), word);
}

/* The n-th other address that has the slot of this one.  Nothing is there:
 * the table knows addresses only. */
static const char *collide(const char *address, unsigned n)
{
    const char *other = address;

    while (n > 0) {
        other += 8;
        if (weir_parked_slot_(other) == weir_parked_slot_(address))
            n--;
    }
    return other;
}

static const char *const first = (const char *)0x7f0012345678;

static void begin(void)
{
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    weir_parked_reset_();
    seam_reset();
    support_watch("mutex", &mutex, sizeof(mutex));
}

static void end(void)
{
    seam_chaos = false;
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    weir_parked_reset_();
}

/* What is in the table when nobody is. */
static uint64_t nobody(void)
{
    return weir_asymmetric_() ? 0 : SYMMETRIC;
}

/* --- api --- */

START_TEST(empty_at_first)
{
    table_must_be(nobody());
}
END_TEST

START_TEST(entries_are_counted)
{
    uint64_t empty;

    begin();
    empty = nobody();
    for (uint64_t i = 1; i <= 5; i++) {
        must(keeps_errno(weir_parked_enter_(first)));
        must_eq(slot_of(first), empty | key_of(first) | i);
    }
    must_eq(seam_count(&seam_revokes), 5);
    for (uint64_t i = 4; i >= 1; i--) {
        keeps_errno((weir_parked_leave_(first), 0));
        must_eq(slot_of(first), empty | key_of(first) | i);
    }
    weir_parked_leave_(first);
    table_must_be(empty);
}
END_TEST

/* The entry is in the table before the barrier is asked for. */
static void must_be_entered(void *arg)
{
    must((slot_of(arg) & COUNT_MASK) == 1);
}

START_TEST(entered_before_the_barrier)
{
    begin();
    seam.before_revoke = must_be_entered;
    seam.arg = (void *)(uintptr_t)first;
    must(weir_parked_enter_(first));
    must_eq(seam_count(&seam_revokes), 1);
    weir_parked_leave_(first);
}
END_TEST

/* Two addresses in one slot: it says so until the last one has left. */
START_TEST(several_in_a_slot)
{
    const char *second = collide(first, 1);
    const char *third = collide(first, 2);

    begin();
    must(weir_parked_enter_(first));
    must(weir_parked_enter_(second));
    must_eq(slot_of(first), nobody() | KEY_SEVERAL | 2);
    must(weir_parked_enter_(third));
    weir_parked_leave_(first);
    must_eq(slot_of(first), nobody() | KEY_SEVERAL | 2);
    weir_parked_leave_(third);
    must_eq(slot_of(first), nobody() | KEY_SEVERAL | 1);
    weir_parked_leave_(second);
    table_must_be(nobody());
    must(weir_parked_enter_(third));
    must_eq(slot_of(first), nobody() | key_of(third) | 1);
    weir_parked_leave_(third);
    table_must_be(nobody());
}
END_TEST

/* Neighbours do not meet: locks in an array or in one structure. */
START_TEST(neighbours_have_slots_of_their_own)
{
    const char *block = (const char *)((uintptr_t)first & ~(uintptr_t)2047);

    for (unsigned i = 0; i < WEIR_PARKED_SLOTS_; i++)
        for (unsigned j = 0; j < i; j++)
            must(weir_parked_slot_(block + 8 * i) !=
                 weir_parked_slot_(block + 8 * j));
}
END_TEST

/* --- uncontended: whom an unlocker calls --- */

static long calls_for(const volatile void *address)
{
    long before = seam_count(&seam_wakes);

    keeps_errno((weir_mutex_unlock_parked_((const void *)address), 0));
    return seam_count(&seam_wakes) - before;
}

START_TEST(calls_only_for_entries)
{
    const char *second = collide(first, 1);
    const char *third = collide(first, 2);

    begin();
    must_eq(calls_for(first), 0);
    must(weir_parked_enter_(first));
    must_eq(calls_for(first), 1);
    must_eq(calls_for(second), 0);
    must_eq(calls_for(first + 8), 0);
    must(weir_parked_enter_(second));
    must_eq(calls_for(first), 1);
    must_eq(calls_for(second), 1);
    must_eq(calls_for(third), 1); /* in vain: several may be anybody */
    weir_parked_leave_(first);
    weir_parked_leave_(second);
    must_eq(calls_for(first), 0);
    must_eq(calls_for(second), 0);
}
END_TEST

/* SYMMETRIC alone makes unlockers look, and not call. */
START_TEST(symmetric_calls_only_for_entries)
{
    begin();
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY);
    weir_parked_reset_();
    table_must_be(SYMMETRIC);
    must_eq(calls_for(first), 0);
    must(weir_parked_enter_(first));
    must_eq(slot_of(first), SYMMETRIC | key_of(first) | 1);
    must_eq(calls_for(first), 1);
    must_eq(calls_for(collide(first, 1)), 0);
    weir_parked_leave_(first);
    table_must_be(SYMMETRIC);
    must_eq(calls_for(first), 0);
}
END_TEST

/* The kernel begins to refuse: from then on all unlockers fence, and this
 * sleeper is told that some may have missed it. */
START_TEST(late_refusal_makes_all_symmetric)
{
    begin();
    if (nobody() != 0) {
        support_skip("a late refusal", "no membarrier here");
        return;
    }
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_LATE);
    must(!keeps_errno(weir_parked_enter_(first)));
    must_eq(slot_of(first), SYMMETRIC | key_of(first) | 1);
    must(!weir_parked_enter_(first));
    weir_parked_leave_(first);
    weir_parked_leave_(first);
    table_must_be(SYMMETRIC);
}
END_TEST

/* --- contended --- */

struct traffic {
    const char *addresses[4];
    long rounds;
};

static void come_and_go(unsigned index, void *arg)
{
    const struct traffic *traffic = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < traffic->rounds; i++) {
        const char *address = traffic->addresses[support_below(&random, 4)];

        must(weir_parked_enter_(address));
        must((slot_of(address) & COUNT_MASK) != 0);
        must((slot_of(address) & KEY_SEVERAL) != 0);
        support_jitter(&random);
        weir_parked_leave_(address);
    }
}

START_TEST(traffic_leaves_nothing)
{
    struct traffic traffic = {
        {first, collide(first, 1), collide(first, 2), first + 8},
        support_scaled(4000)};

    begin();
    support_threads(8, come_and_go, &traffic);
    table_must_be(nobody());
}
END_TEST

/* --- reset: after load on real locks, some of which share a slot --- */

#define LOCKS 6

struct locks {
    weir_mutex_t *locks[LOCKS];
    long counts[LOCKS]; /* plain: each under its lock */
    long rounds;
};

static bool lock_somehow(weir_mutex_t *m, support_random_t *random)
{
    switch (support_below(random, 8)) {
    case 0: return weir_mutex_trylock(m) == 0;
    case 1: return weir_mutex_lock_until(m, weir_after(30000)) == 0;
    default: return weir_mutex_lock(m) == 0;
    }
}

static void lock_somewhere(unsigned index, void *arg)
{
    struct locks *locks = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < locks->rounds; i++) {
        unsigned at = support_below(&random, LOCKS);

        support_note("round %lu, lock %lu", (unsigned long)i, at);
        if (!lock_somehow(locks->locks[at], &random))
            continue;
        locks->counts[at]++;
        support_jitter(&random);
        must_eq(weir_mutex_unlock(locks->locks[at]), 0);
    }
}

START_TEST(load_leaves_nothing)
{
    static const unsigned crowds[] = {2, 4, 8, 32};
    static char memory[1 << 16];
    struct locks locks = {.rounds = support_scaled(8000) / crowds[_i] + 1};

    begin();
    seam_chaos = true;
    for (unsigned i = 0; i < LOCKS; i++) {
        const char *at = (char *)(((uintptr_t)memory + 7) & ~(uintptr_t)7);

        /* Three that meet in one slot, and three that do not. */
        at = i < 3 ? collide(at, i) : at + 8 * (size_t)i;
        must(at + sizeof(weir_mutex_t) <= memory + sizeof(memory));
        locks.locks[i] = (weir_mutex_t *)(uintptr_t)at;
        must_eq(weir_mutex_init(locks.locks[i], 0), 0);
        support_watch("lock", at, sizeof(weir_mutex_t));
    }
    support_threads(crowds[_i], lock_somewhere, &locks);
    for (unsigned i = 0; i < LOCKS; i++)
        must(!weir_mutex_is_locked(locks.locks[i]));
    table_must_be(nobody());
}
END_TEST

/* --- fork --- */

static void sleep_on_mutex(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* A thread of the parent sleeps; in the child there is no such thread, and
 * no unlock there calls for it. */
START_TEST(child_starts_clean)
{
    support_group_t group;
    pid_t child;

    begin();
    must_eq(weir_mutex_init(&mutex, 0), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 1, sleep_on_mutex, NULL);
    await_sleep_on(group.tids[0], &mutex, NULL);
    must_eq(slot_of(&mutex), nobody() | key_of(&mutex) | 1);
    child = support_fork();
    if (child == 0) {
        table_must_be(nobody());
        must_eq(weir_mutex_init(&mutex, 0), 0);
        seam_reset();
        for (int i = 0; i < 100; i++) {
            must_eq(weir_mutex_lock(&mutex), 0);
            must_eq(weir_mutex_unlock(&mutex), 0);
        }
        must_eq(seam_count(&seam_wakes), 0);
        support_exit();
    }
    support_reap(child);
    must_eq(slot_of(&mutex), nobody() | key_of(&mutex) | 1);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    table_must_be(nobody());
}
END_TEST

/* And stays symmetric in it where the kernel refuses. */
START_TEST(child_knows_what_the_kernel_refuses)
{
    pid_t child;

    begin();
    weir_revoke_for_test_((enum weir_revoke_test)_i);
    if (_i == WEIR_REVOKE_REFUSED_LATE && weir_parked_enter_(first)) {
        support_skip("a late refusal", "no membarrier here");
        return;
    }
    child = support_fork();
    if (child == 0) {
        table_must_be(SYMMETRIC);
        support_exit();
    }
    support_reap(child);
}
END_TEST

/* A real filter: a lock that is released by a plain store, after that store
 * alone and after nothing else; the sleeper gets in. */
START_TEST(filtered_late)
{
    static const int errors[] = {ENOSYS, EPERM};
    pid_t child;

    begin();
    child = support_fork();
    if (child == 0) {
        support_group_t group;

        if (!support_refuse(SYS_membarrier, errors[_i])) {
            support_skip("membarrier under a filter", "no seccomp here");
            support_exit();
        }
        for (int i = 0; i < 20; i++) {
            must_eq(weir_mutex_init(&mutex, 0), 0);
            must_eq(weir_mutex_lock(&mutex), 0);
            support_group_start(&group, 3, sleep_on_mutex, NULL);
            await_sleep_on(group.tids[0], &mutex, NULL);
            weir_store_rel_(&mutex.state, WEIR_MUTEX_FREE_);
            support_group_join(&group);
        }
        table_must_be(SYMMETRIC);
        support_exit();
    }
    support_reap(child);
}
END_TEST

/* The same filter, but this program is loaded under it: a program that is
 * executed keeps it.  Nobody needs a barrier from then on. */
#define LOADED "WEIR_TEST_LOADED_UNDER_FILTER"

static void use_in_turn(unsigned index, void *arg)
{
    long *uses = arg;

    (void)index;
    for (int i = 0; i < 1000; i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        ++*uses;
        if (i % 100 == 0)
            support_sleep_ns(50000);
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
}

static void loaded_under_filter(void)
{
    support_group_t group;
    long uses = 0;

    support_watchdog_arm();
    must(!weir_asymmetric_());
    must(!weir_refused_());
    table_must_be(SYMMETRIC);
    must(weir_parked_enter_(first));
    weir_parked_leave_(first);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 1, sleep_on_mutex, NULL);
    await_sleep_on(group.tids[0], &mutex, NULL);
    weir_store_rel_(&mutex.state, WEIR_MUTEX_FREE_);
    weir_mutex_unlock_parked_(&mutex);
    support_group_join(&group);
    support_threads(4, use_in_turn, &uses);
    must_eq(uses, 4000);
    table_must_be(SYMMETRIC);
    support_exit();
}

START_TEST(filtered_early)
{
    static const int errors[] = {ENOSYS, EPERM};
    pid_t child = support_fork();

    if (child == 0) {
        if (!support_refuse(SYS_membarrier, errors[_i])) {
            support_skip("loading under a filter", "no seccomp here");
            support_exit();
        }
        must_eq(setenv(LOADED, "1", 1), 0);
        (void)execl("/proc/self/exe", "test_parked", (char *)NULL);
        must_eq(errno, 0); /* says why it cannot be executed */
        _exit(1);
    }
    support_reap(child);
}
END_TEST

/* --- misuse --- */

static void leave(void *arg)
{
    weir_parked_leave_(arg);
}

START_TEST(leaving_uninvited_panics)
{
    begin();
    panic_must_say(leave, &mutex, "weir_parked_leave_", &mutex, nobody(),
                   "never entered");
    must(weir_parked_enter_(&mutex));
    weir_parked_leave_(&mutex);
    panic_must_say(leave, &mutex, "weir_parked_leave_", &mutex, nobody(),
                   "never entered");
}
END_TEST

static void add_forks(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "fork");

    tcase_add_checked_fixture(tcase, NULL, end);
    if (!SUPPORT_TSAN) /* forks with threads */
        tcase_add_test(tcase, child_starts_clean);
    tcase_add_loop_test(tcase, child_knows_what_the_kernel_refuses,
                        WEIR_REVOKE_REFUSED_EARLY,
                        WEIR_REVOKE_REFUSED_LATE + 1);
    tcase_add_loop_test(tcase, filtered_late, 0, 2);
    tcase_add_loop_test(tcase, filtered_early, 0, 2);
    tcase = support_tcase(suite, "misuse");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, leaving_uninvited_panics);
}

int main(void)
{
    Suite *suite;
    TCase *tcase;

    if (getenv(LOADED) != NULL)
        loaded_under_filter();
    suite = suite_create("parked");
    tcase = support_tcase(suite, "api");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, empty_at_first);
    tcase_add_test(tcase, entries_are_counted);
    tcase_add_test(tcase, entered_before_the_barrier);
    tcase_add_test(tcase, several_in_a_slot);
    tcase_add_test(tcase, neighbours_have_slots_of_their_own);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, calls_only_for_entries);
    tcase_add_test(tcase, symmetric_calls_only_for_entries);
    tcase_add_test(tcase, late_refusal_makes_all_symmetric);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, traffic_leaves_nothing);
    tcase = support_tcase(suite, "reset");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, load_leaves_nothing, 0, 4);
    add_forks(suite);
    return support_main(suite);
}
