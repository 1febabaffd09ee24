/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The state word of the mutex: sleepers under an owner that took it light, and
 * may store 0 over what they marked.
 */
#include "test_words_kit.h"

/* --- contended: under an owner that may store 0 --- */

START_TEST(sleepers_mark_a_light_owner)
{
    support_group_t group;

    begin(LOCKED);
    put_to_bed(&group, crowds[_i]);
    must_eq(word(), LOCKED | HEAVY | LIGHT_OWNER | CONTENDED);
    must(weir_load_sc_(weir_parked_slot_(&mutex)) != 0);
    must(weir_load_rlx_(&mutex.stamp) != 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must(!(word() & LOCKED));
}
END_TEST

/* The store wipes what sleepers wrote; they get in all the same. */
START_TEST(straddling_owner)
{
    support_group_t group;

    for (int i = 0; i < 10; i++) {
        begin(LOCKED);
        put_to_bed(&group, crowds[_i]);
        store_free();
        support_group_join(&group);
        must(!(word() & LOCKED));
    }
}
END_TEST

static void store_free_here(void *arg)
{
    (void)arg;
    seam.before_revoke = seam.after_revoke = seam.before_wait = NULL;
    store_free();
}

/* The store falls into each window of the sleeper's way to bed. */
START_TEST(straddling_owner_in_a_window)
{
    begin(LOCKED);
    seam.before_revoke = _i == 0 ? store_free_here : NULL;
    seam.after_revoke = _i == 1 ? store_free_here : NULL;
    seam.before_wait = _i == 2 ? store_free_here : NULL;
    must_eq(weir_mutex_lock(&mutex), 0);
    must(word() & LOCKED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must(!(word() & LOCKED));
    must_eq(weir_load_sc_(weir_parked_slot_(&mutex)) << 1, 0);
}
END_TEST

static void store_and_take(void *arg)
{
    store_free_here(arg);
    must_eq(weir_mutex_trylock(&mutex), 0);
    must_eq(word(), LOCKED);
    *(support_group_t **)arg = NULL;
}

static void lock_through_a_barger(unsigned index, void *arg)
{
    (void)index;
    seam.arg = arg;
    seam.before_wait = store_and_take;
    lock_and_unlock(0, NULL);
}

/* A barger takes it light when the sleeper, in the table already, is about to
 * sleep: it marks the word anew, and is seen by the next light owner. */
START_TEST(straddling_owner_and_a_light_barger)
{
    support_group_t group;
    support_group_t *stored = &group;

    begin(LOCKED);
    support_group_start(&group, 1, lock_through_a_barger, &stored);
    await_sleep_on(group.tids[0], &mutex, NULL);
    while (word() != (LOCKED | HEAVY | LIGHT_OWNER | CONTENDED))
        support_sleep_ns(50000);
    await_sleep_on(group.tids[0], &mutex, NULL);
    store_free();
    support_group_join(&group);
}
END_TEST

/* --- timed: timeouts at that moment --- */

static void timed_out(void *arg)
{
    struct timing *timing = arg;

    timing->slept = true;
    flag_raise(&timing->out);
    flag_await(&timing->released);
}

static void lock_timed(unsigned index, void *arg)
{
    struct timing *timing = arg;

    if (index != 0) {
        lock_and_unlock(index, NULL);
        return;
    }
    seam.arg = timing;
    seam.after_wait = timed_out;
    timing->result = weir_mutex_lock_until(&mutex, weir_after(3000000));
    if (timing->result == 0)
        must_eq(weir_mutex_unlock(&mutex), 0);
    flag_raise(&timing->out);
}

/* The first sleeper's deadline passes, then the owner stores 0 and wakes one;
 * the others get in, and so does the first, for the lock is free. */
START_TEST(straddling_owner_and_a_timeout)
{
    struct timing timing = {0, 0, false, -1};
    support_group_t group;

    begin(LOCKED);
    support_group_start(&group, crowds[_i], lock_timed, &timing);
    for (unsigned i = 1; i < crowds[_i]; i++)
        await_sleep_on(group.tids[i], &mutex, NULL);
    flag_await(&timing.out);
    store_free();
    flag_raise(&timing.released);
    support_group_join(&group);
    must(timing.result == 0 || timing.result == ETIMEDOUT);
    must(crowds[_i] > 1 || !timing.slept || timing.result == 0);
    must(!(word() & LOCKED));
    must_eq(weir_load_sc_(weir_parked_slot_(&mutex)) << 1, 0);
}
END_TEST

/* Giving up while it is held leaves the others' mark, under a light owner and
 * a heavy one. */
START_TEST(giving_up_leaves_the_mark)
{
    support_group_t group;

    begin(_i == 0 ? LOCKED : LOCKED | HEAVY);
    put_to_bed(&group, 1);
    for (int i = 0; i < 5; i++)
        must_eq(weir_mutex_lock_until(&mutex, weir_after(100000)), ETIMEDOUT);
    must(word() & CONTENDED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
}
END_TEST

/* A thread sleeps under a heavy owner, and so is not in the table; the one
 * that was woken in its place meets a light owner, and gives up. */
START_TEST(giving_up_under_a_light_owner_wakes_another)
{
    support_group_t group;
    int64_t ns = 1000000;

    begin(LOCKED | HEAVY);
    put_to_bed(&group, 1);
    /* As if another had been woken, and the mutex had become light. */
    weir_store_rlx_(&mutex.state, LOCKED);
    /* Where the machine is slow it may have passed before the sleep. */
    do {
        seam_reset();
        must_eq(weir_mutex_lock_until(&mutex, weir_after(ns)), ETIMEDOUT);
        ns *= 2;
    } while (seam_count(&seam_waits) == 0);
    store_free();
    support_group_join(&group);
}
END_TEST

/* --- contended: out of line --- */

/* An unlock out of line looks at the table as well. */
START_TEST(light_unlock_out_of_line)
{
    support_group_t group;

    begin(LOCKED);
    put_to_bed(&group, 1);
    weir_store_rlx_(&mutex.state, LOCKED); /* a light barger has it */
    must_eq(weir_mutex_unlock_slow_(&mutex), 0);
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words of the light mutex");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, sleepers_mark_a_light_owner, 0, CROWDS);
    tcase_add_loop_test(tcase, straddling_owner, 0, CROWDS);
    tcase_add_loop_test(tcase, straddling_owner_in_a_window, 0, 3);
    tcase_add_test(tcase, straddling_owner_and_a_light_barger);
    tcase_add_test(tcase, light_unlock_out_of_line);

    tcase = support_tcase(suite, "timed");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, straddling_owner_and_a_timeout, 0, CROWDS);
    tcase_add_loop_test(tcase, giving_up_leaves_the_mark, 0, 2);
    tcase_add_test(tcase, giving_up_under_a_light_owner_wakes_another);
    return support_main(suite);
}
