/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: waiting, with and without a deadline, in storms of signals
 * and stray wake-ups; each policy, private and shared.
 */
#include <weir/rwlock.h>

#include "test_rwlock_kit.h"

/* --- contended --- */

static void one_of_both(unsigned index, void *arg)
{
    if (index % 2 == 0)
        read_once(index, arg);
    else
        write_once(index, arg);
}

/* Each of n waiters really sleeps, on the lock, and each is let in.  (hazards
 * B2, B15, B16) */
START_TEST(waiters_sleep_and_are_let_in)
{
    static const unsigned counts[] = {1, 2, 3, 4, 8, 32};
    static support_body_t *const bodies[] = {read_once, write_once,
                                             one_of_both};
    const char *first = (const char *)&rw;
    support_group_t group;

    fresh(_i);
    for (unsigned i = 0; i < 3 * sizeof(counts) / sizeof(counts[0]); i++) {
        must_eq(weir_rwlock_wrlock(&rw), 0);
        support_group_start(&group, counts[i / 3], bodies[i % 3], NULL);
        for (unsigned j = 0; j < counts[i / 3]; j++) {
            const char *word = support_await_sleep(group.tids[j]);

            must(word == NULL || (word >= first && word < first + 8));
        }
        must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
        must_eq(weir_rwlock_wrunlock(&rw), 0);
        support_group_join(&group);
        must_be_at_rest();
    }
}
END_TEST

/* The last of several readers lets a writer in, and no other does. */
START_TEST(the_last_reader_lets_a_writer_in)
{
    support_group_t group;

    fresh(_i);
    for (int i = 0; i < 10; i++) {
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(weir_rwlock_rdlock(&rw), 0);
        support_group_start(&group, 2, write_once, NULL);
        support_await_sleep(group.tids[0]);
        support_await_sleep(group.tids[1]);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
        support_await_sleep(group.tids[0]);
        support_await_sleep(group.tids[1]);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
        support_group_join(&group);
        must_be_at_rest();
    }
}
END_TEST

static const unsigned crowds[] = {1, 2, 3, 4, 6, 16};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

/* Hazards B2 and B43 (what it guards is plain). */
START_TEST(exclusion)
{
    fresh(_i % KINDS);
    count_with(crowds[_i / KINDS], 12000, 128);
    count_with(crowds[_i / KINDS], 12000, 8);
}
END_TEST

/* --- timed --- */

static void try_past_deadlines(unsigned index, void *arg)
{
    weir_deadline_t deadlines[] = {WEIR_NOW, -1, INT64_MIN, 1, weir_now()};
    bool read = *(bool *)arg;

    (void)index;
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        if (read)
            must_eq(keeps_errno(weir_rwlock_rdlock_until(&rw, deadlines[i])),
                    ETIMEDOUT);
        must_eq(keeps_errno(weir_rwlock_wrlock_until(&rw, deadlines[i])),
                ETIMEDOUT);
    }
}

START_TEST(held_and_past_deadline)
{
    bool read = true;

    fresh(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_threads(2, try_past_deadlines, &read);
    must_eq(weir_rwlock_downgrade(&rw), 0);
    read = false;
    support_threads(2, try_past_deadlines, &read);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_be_at_rest();
}
END_TEST

static int done;

static void time_out(unsigned index, void *arg)
{
    (void)arg;
    for (int i = 0; i < 6; i++) {
        weir_deadline_t deadline = weir_after(3000000 + 100000 * index);
        int result = index % 2 == 0
                         ? keeps_errno(weir_rwlock_rdlock_until(&rw, deadline))
                         : keeps_errno(weir_rwlock_wrlock_until(&rw, deadline));

        must_eq(result, ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
}

/* Sleeps, and not for less than it was asked to; and leaves nothing behind.
 * (hazards B13, B14) */
START_TEST(timeouts_are_not_early)
{
    support_group_t group;

    fresh(_i);
    done = 0;
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_group_start(&group, 4, time_out, NULL);
    (void)support_await_sleep_or(group.tids[0], &done);
    (void)support_await_sleep_or(group.tids[1], &done);
    support_group_join(&group);
    must_eq(rw_state() & ~RW_OF_INIT, RW_WRITER);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    must_be_at_rest();
}
END_TEST

static void timed_once(unsigned index, void *arg)
{
    if (index % 2 == 0) {
        must_eq(weir_rwlock_rdlock_until(&rw, *(weir_deadline_t *)arg), 0);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
    } else {
        must_eq(weir_rwlock_wrlock_until(&rw, *(weir_deadline_t *)arg), 0);
        must_eq(weir_rwlock_wrunlock(&rw), 0);
    }
}

/* Hazard B51: a deadline that the clock will never reach is no error. */
START_TEST(far_deadlines_wait)
{
    weir_deadline_t deadlines[] = {WEIR_FOREVER - 1, INT64_MAX / 2,
                                   weir_after(INT64_C(3600) * 1000000000)};
    support_group_t group;

    fresh(_i);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        must_eq(weir_rwlock_wrlock(&rw), 0);
        support_group_start(&group, 2, timed_once, &deadlines[i]);
        support_await_sleep(group.tids[0]);
        support_await_sleep(group.tids[1]);
        must_eq(weir_rwlock_wrunlock(&rw), 0);
        support_group_join(&group);
    }
    must_be_at_rest();
}
END_TEST

/* --- signal --- */

/* Hazard B50: a storm of signals wakes waiters all the time; none gets in
 * before the unlock, none gets EINTR. */
START_TEST(storm_lets_nobody_in)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_storm_begin();
    support_group_start(&group, 4, one_of_both, NULL);
    for (int i = 0; i < 8; i++) {
        support_sleep_ns(1000000);
        must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
        must_eq(weir_rwlock_tryrdlock(&rw), EBUSY);
    }
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    support_group_join(&group);
    support_storm_end();
    must_be_at_rest();
}
END_TEST

START_TEST(storm_while_counting)
{
    fresh(_i);
    support_storm_begin();
    count_with(4, 3000, 64);
    support_storm_end();
}
END_TEST

START_TEST(storm_makes_no_timeout_early)
{
    fresh(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_storm_begin();
    support_threads(2, time_out, NULL);
    support_storm_end();
    must_eq(weir_rwlock_wrunlock(&rw), 0);
}
END_TEST

/* Hazards B17 and K9: wake-ups that are for nobody do no harm. */
START_TEST(among_strays)
{
    fresh(_i);
    support_stray_begin(&rw, 8);
    count_with(4, 8000, 64);
    support_stray_end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rwlock_wait");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, waiters_sleep_and_are_let_in, 0, KINDS);
    tcase_add_loop_test(tcase, the_last_reader_lets_a_writer_in, 0, KINDS);
    tcase_add_loop_test(tcase, exclusion, 0, KINDS * CROWDS);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, held_and_past_deadline, 0, KINDS);
    tcase_add_loop_test(tcase, timeouts_are_not_early, 0, KINDS);
    tcase_add_loop_test(tcase, far_deadlines_wait, 0, KINDS);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, storm_lets_nobody_in, 0, KINDS);
    tcase_add_loop_test(tcase, storm_while_counting, 0, KINDS);
    tcase_add_loop_test(tcase, storm_makes_no_timeout_early, 0, KINDS);
    tcase_add_loop_test(tcase, among_strays, 0, KINDS);
    return support_main(suite);
}
