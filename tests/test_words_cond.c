/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The words of the condition from the inside: LEGAL and MOVES of the word of a
 * shared one (cond_shared.c, which is compiled into this suite); and, for both
 * kinds, the races that the blocks argue about, each brought about by hand in
 * the very window.
 */
#include "futex/cond_shared.c"

#include "test_cond_kit.h"
#include "test_seam_kit.h"

static uint64_t word_of(uint32_t g, unsigned p, unsigned w, unsigned c)
{
    return (uint64_t)g << GROUP_SHIFT | p * PERMITS_ONE | w * WAITING_ONE | c;
}

/* --- api: LEGAL and MOVES --- */

static bool is_legal(uint64_t word)
{
    return waiting(word) > 0 || permits(word) == 0;
}

static const uint32_t groups[] = {
    0, 1, GROUP_HALF - 1, GROUP_HALF, GROUP_MASK - 1, GROUP_MASK};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static const unsigned counts[] = {0, 1, 2, 3, 17, COUNT_MASK - 1, COUNT_MASK};
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

static void check_parts(uint64_t word, uint32_t g, unsigned p, unsigned w,
                        unsigned c)
{
    must_eq(group(word), g);
    must_eq(permits(word), p);
    must_eq(waiting(word), w);
    must_eq(coming(word), c);
    must(is_legal(word));
}

/* What a signal of n must make of it, by the definition: one after another. */
static void check_signal(uint64_t word, unsigned n)
{
    uint64_t next = signalled(word, n);
    uint64_t one_by_one = word;
    unsigned there = waiting(word) + coming(word);
    unsigned left_over = n < there ? there - n : 0;

    must(is_legal(next));
    must_eq(waiting(next) + coming(next), left_over);
    for (unsigned i = 0; i < n && i < 40; i++)
        one_by_one = signalled(one_by_one, 1);
    if (n < 40)
        must_eq(next, one_by_one);
    must(n > 0 || next == (waiting(word) == 0 ? word : next));
    /* Those of GROUP come first. */
    if (n < waiting(word)) {
        check_parts(next, group(word), permits(word) + n, waiting(word) - n,
                    coming(word));
    } else {
        must(is_signalled(next, group(word)));
        if (n == waiting(word) || coming(word) == 0)
            check_parts(next, group(word), 0, 0, coming(word));
        else
            must_eq(group(next), open_group(word));
    }
}

static void check_leave(uint64_t word)
{
    if (coming(word) > 0)
        check_parts(left(word, open_group(word)), group(word), permits(word),
                    waiting(word), coming(word) - 1);
    if (waiting(word) == 1)
        check_parts(left(word, group(word)), group(word), 0, 0, coming(word));
    if (waiting(word) > 1)
        check_parts(left(word, group(word)), group(word), permits(word),
                    waiting(word) - 1, coming(word));
}

static void check_word(uint64_t word)
{
    static const unsigned signals[] = {1, 2, 3, 4, 18, 5000, ~0u};

    must(!is_signalled(word, open_group(word)));
    must_eq(is_signalled(word, group(word)), waiting(word) == 0);
    for (uint32_t past = 1; past < 100; past++)
        must(is_signalled(word, (group(word) - past) & GROUP_MASK));
    must(!may_take(word, open_group(word)));
    must(!may_take(word, (group(word) - 1) & GROUP_MASK));
    must_eq(may_take(word, group(word)), permits(word) > 0);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        check_signal(word, signals[i]);
    check_leave(word);
}

/* Hazard B4: also where the number of the group wraps. */
START_TEST(every_move)
{
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned w = 0; w < COUNTS; w++)
            for (unsigned p = 0; p < (w == 0 ? 1 : COUNTS); p++)
                for (unsigned c = 0; c < COUNTS; c++) {
                    uint64_t word =
                        word_of(groups[g], counts[p], counts[w], counts[c]);

                    if (counts[p] + counts[w] > COUNT_MASK)
                        continue; /* never more than have come */
                    check_parts(word, groups[g], counts[p], counts[w],
                                counts[c]);
                    check_word(word);
                }
}
END_TEST

/* --- wrap --- */

/* Hazard B4: real waits, across the end of both counters. */
START_TEST(groups_and_turns_wrap)
{
    seam_reset();
    fresh(1);
    weir_store_rlx_(&object.cond.waiters, word_of(GROUP_MASK - 2, 0, 0, 0));
    weir_store_rlx_(&object.cond.turn, UINT32_MAX - 7);
    for (long i = 0; i < 12; i++) {
        support_group_t group;

        object.came = object.gone = 0;
        support_group_start(&group, 3, waiter, &object);
        await_came(&object, 3);
        for (unsigned j = 0; j < 3; j++)
            if (i % 2 == 0)
                support_await_sleep(group.tids[j]);
        signal_counted(&object, 1, true);
        await_gone(&object, 1);
        signal_counted(&object, 2, false);
        support_group_join(&group);
    }
    must(group(weir_load_rlx_(&object.cond.waiters)) < 20);
}
END_TEST

/* --- misuse --- */

/* There is room for so many; one more is told, and nothing has changed. */
START_TEST(too_many_waiters)
{
    uint64_t full = word_of(5, 0, 0, COUNT_MASK);

    fresh(1 + 2 * _i);
    weir_store_rlx_(&object.cond.waiters, full);
    lock(&object);
    if (object.recursive)
        lock(&object);
    must_eq(keeps_errno(wait_on(&object)), EOVERFLOW);
    must_eq(keeps_errno(wait_until(&object, WEIR_NOW)), EOVERFLOW);
    must(is_held(&object));
    must(!object.recursive || weir_rmutex_depth(&object.rmutex) == 2);
    must_eq(weir_load_rlx_(&object.cond.waiters), full);
    weir_store_rlx_(&object.cond.waiters, full - 1);
    must_eq(wait_until(&object, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_load_rlx_(&object.cond.waiters), full - 1);
}
END_TEST

static bool never(void *arg)
{
    (void)arg;
    return false;
}

START_TEST(too_many_waiters_for_a_predicate)
{
    fresh(1 + 2 * _i);
    weir_store_rlx_(&object.cond.waiters, word_of(5, 0, 0, COUNT_MASK));
    lock(&object);
    must_eq(wait_for(&object, never, NULL, WEIR_FOREVER), EOVERFLOW);
    must(is_held(&object));
}
END_TEST

/* --- windows --- */

/* What happens in a waiter's window, once. */
static int signals;   /* to give in it; -1: all */
static bool happened; /* it was there */

static void signal_now(void *arg)
{
    struct object *o = arg;

    /* Not in the waits for the lock. */
    if (happened)
        return;
    happened = true;
    must_eq(signals < 0 ? weir_cond_broadcast(&o->cond)
                        : weir_cond_signal_n(&o->cond, (unsigned)signals),
            0);
}

static int wait_with(seam_hook_t **hook, weir_deadline_t deadline)
{
    int result;

    happened = false;
    seam.arg = &object;
    *hook = signal_now;
    lock(&object);
    result = wait_until(&object, deadline);
    must(is_held(&object));
    unlock(&object);
    *hook = NULL;
    must(happened);
    return result;
}

/* Hazards B3, B5: signalled when it has decided to sleep. */
START_TEST(signalled_before_the_sleep)
{
    seam_reset();
    fresh(_i);
    for (int i = 0; i < 10; i++) {
        signals = i % 2 == 0 ? 1 : -1;
        must_eq(wait_with(&seam.before_wait,
                          i < 5 ? WEIR_FOREVER : weir_after(1000000)),
                0);
    }
    signals = 0; /* of none is of nobody */
    must_eq(wait_with(&seam.before_wait, weir_after(1000000)), ETIMEDOUT);
}
END_TEST

/* Hazard B20: signalled when its deadline has passed in the kernel, and it
 * knows, and has not left the line.  That is a signal. */
START_TEST(signalled_at_the_deadline)
{
    seam_reset();
    fresh(_i);
    for (int i = 0; i < 10; i++) {
        signals = i % 2 == 0 ? 1 : -1;
        must_eq(wait_with(&seam.after_wait, weir_after(100000)), 0);
    }
    signals = 0;
    must_eq(wait_with(&seam.after_wait, weir_after(100000)), ETIMEDOUT);
    lock(&object);
    must_eq(wait_until(&object, WEIR_NOW), ETIMEDOUT); /* nothing is left */
    unlock(&object);
}
END_TEST

/* Does not look by itself, however slow the machine. */
static void patient_waiter(unsigned index, void *arg)
{
    (void)index;
    seam.patient = true;
    wait_counted(arg);
}

/* Shared, in a group: a permit that is there when the deadline has passed is
 * taken, and is not there for another. */
START_TEST(a_permit_at_the_deadline)
{
    support_group_t group;

    seam_reset();
    fresh(1 + 2 * _i);
    support_group_start(&group, 2, patient_waiter, &object);
    await_came(&object, 2);
    for (unsigned i = 0; i < 2; i++)
        await_sleep_on(group.tids[i], &object.cond.turn, NULL);
    signals = 1;
    seam.mute = true; /* nobody else is woken for it */
    must_eq(wait_with(&seam.after_wait, weir_after(100000)), 0);
    seam.mute = false;
    must_eq(permits(weir_load_rlx_(&object.cond.waiters)), 0);
    must_eq(waiting(weir_load_rlx_(&object.cond.waiters)), 2);
    signal_counted(&object, 2, true);
    support_group_join(&group);
}
END_TEST

/* Shared: the wake-up never comes, as when the signaller was killed before
 * it; sleepers look by themselves. */
START_TEST(a_signal_without_a_call)
{
    support_group_t group;

    seam_reset();
    fresh(1 + 2 * _i);
    support_group_start(&group, 3, waiter, &object);
    await_came(&object, 3);
    for (unsigned i = 0; i < 3; i++)
        await_sleep_on(group.tids[i], &object.cond.turn, NULL);
    seam.mute = true;
    signal_counted(&object, 1, true);
    seam.mute = false;
    await_gone(&object, 1);
    seam.mute = true;
    signal_counted(&object, 2, true);
    seam.mute = false;
    support_group_join(&group);
}
END_TEST

static void come_late(void *arg)
{
    struct object *o = arg;

    /* As another waiter that joins and marks. */
    (void)weir_fetch_add_sc_(&o->cond.waiters, COMING_ONE);
}

/* Shared: two groups in one signal, with sleepers in both: all of the one, and
 * some of the other, are woken by the calls. */
START_TEST(two_groups_in_one_signal)
{
    support_group_t first, second;

    seam_reset();
    fresh(1 + 2 * _i);
    support_group_start(&first, 3, waiter, &object);
    await_came(&object, 3);
    signal_counted(&object, 1, true);
    await_gone(&object, 1);
    support_group_start(&second, 3, waiter, &object);
    await_came(&object, 6);
    for (unsigned i = 0; i < 3; i++)
        await_sleep_on(second.tids[i], &object.cond.turn, NULL);
    must_eq(waiting(weir_load_rlx_(&object.cond.waiters)), 2);
    must_eq(coming(weir_load_rlx_(&object.cond.waiters)), 3);
    signal_counted(&object, 3, true);
    await_gone(&object, 4);
    must_eq(waiting(weir_load_rlx_(&object.cond.waiters)), 2);
    /* A newcomer is left: those of the group that is done are woken alone. */
    seam.arg = &object;
    come_late(&object);
    signal_counted(&object, 2, true);
    await_gone(&object, 6);
    must_eq(coming(weir_load_rlx_(&object.cond.waiters)), 1);
    support_group_join(&first);
    support_group_join(&second);
}
END_TEST

/* No call where nobody sleeps: the mark goes with the last. */
START_TEST(no_call_where_nobody_sleeps)
{
    support_group_t group;

    fresh(_i);
    support_group_start(&group, 1, waiter, &object);
    await_came(&object, 1);
    support_await_sleep(group.tids[0]);
    signal_counted(&object, 1, true);
    support_group_join(&group);
    seam_reset();
    must_eq(weir_cond_signal(&object.cond), 0);
    must_eq(weir_cond_broadcast(&object.cond), 0);
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

static weir_cond_t *fragile;
static int dropped;

static void wait_and_drop(unsigned index, void *arg)
{
    struct object *o = arg;

    (void)index;
    lock(o);
    o->came = 1;
    must_eq(weir_cond_wait(fragile, &o->mutex), 0);
    unlock(o);
    support_guarded_drop(fragile, sizeof(*fragile));
    flag_raise(&dropped);
}

static void until_dropped(void *arg)
{
    (void)arg;
    flag_await(&dropped);
}

/* Hazard B21: private, the waiter has seen its release (a signal woke it), and
 * unmapped the condition, before the signaller makes its call. */
START_TEST(unmapped_before_the_call)
{
    support_group_t group;

    fresh(0);
    dropped = 0;
    fragile = support_guarded(sizeof(*fragile), false);
    support_storm_begin();
    support_group_start(&group, 1, wait_and_drop, &object);
    await_came(&object, 1);
    support_await_sleep(group.tids[0]);
    seam_reset();
    seam.before_wake = until_dropped;
    must_eq(weir_cond_signal(fragile), 0);
    must(flag_is_up(&dropped));
    seam_reset();
    support_group_join(&group);
    support_storm_end();
}
END_TEST

/* Hazard B17: late wake-ups, stray returns and delays in every window. */
START_TEST(chaos)
{
    support_group_t group;

    fresh(_i);
    seam_chaos = true;
    for (long round = 0; round < support_scaled(30) + 1; round++) {
        object.came = object.gone = object.owed = 0;
        support_group_start(&group, 4, waiter, &object);
        await_came(&object, 4);
        for (long i = 1; i <= 2; i++) {
            signal_counted(&object, 1, i == 1);
            await_gone(&object, i);
        }
        signal_counted(&object, ~0u, round % 2);
        support_group_join(&group);
        must_eq(object.owed, 0);
    }
    seam_chaos = false;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words_cond");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, every_move);
    tcase = support_tcase(suite, "wrap");
    tcase_add_test(tcase, groups_and_turns_wrap);
    tcase = support_tcase(suite, "misuse");
    tcase_add_loop_test(tcase, too_many_waiters, 0, 2);
    tcase_add_loop_test(tcase, too_many_waiters_for_a_predicate, 0, 2);
    tcase = support_tcase(suite, "windows");
    tcase_add_loop_test(tcase, signalled_before_the_sleep, 0, WAYS);
    tcase_add_loop_test(tcase, signalled_at_the_deadline, 0, WAYS);
    tcase_add_loop_test(tcase, a_permit_at_the_deadline, 0, 2);
    tcase_add_loop_test(tcase, a_signal_without_a_call, 0, 2);
    tcase_add_loop_test(tcase, two_groups_in_one_signal, 0, 2);
    tcase_add_loop_test(tcase, no_call_where_nobody_sleeps, 0, WAYS);
    tcase_add_test(tcase, unmapped_before_the_call);
    tcase_add_loop_test(tcase, chaos, 0, WAYS);
    return support_main(suite);
}
