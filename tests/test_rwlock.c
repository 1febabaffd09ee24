/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: the contract, one call at a time, for each policy, private
 * and shared.  Waiting is in test_rwlock_wait.c, policies in
 * test_rwlock_policy.c, the bias in test_rwlock_bias.c, lifetime, fork and
 * processes in test_rwlock_process.c.
 */
#include <weir/rwlock.h>

#include "futex/sys.h"
#include "test_rwlock_kit.h"

/* --- api --- */

START_TEST(zero_is_valid)
{
    static weir_rwlock_t zero;
    weir_rwlock_t constant = WEIR_RWLOCK_INIT;

    must_eq(sizeof(weir_rwlock_t), 16);
    must(memcmp(&zero, &constant, sizeof(zero)) == 0);
    must_eq(weir_rwlock_tryrdlock(&zero), 0);
    must_eq(weir_rwlock_trywrlock(&zero), EBUSY);
    must_eq(weir_rwlock_rdunlock(&zero), 0);
    must_eq(weir_rwlock_trywrlock(&zero), 0);
    must_eq(weir_rwlock_tryrdlock(&zero), EBUSY);
    must_eq(weir_rwlock_wrunlock(&zero), 0);
    must(memcmp(&zero, &constant, sizeof(zero)) == 0);
}
END_TEST

START_TEST(private_init_is_zero)
{
    weir_rwlock_t zero = WEIR_RWLOCK_INIT;

    memset(&rw, 0xa5, sizeof(rw));
    must_eq(keeps_errno(weir_rwlock_init(&rw, WEIR_PRIVATE)), 0);
    must(memcmp(&rw, &zero, sizeof(rw)) == 0);
}
END_TEST

START_TEST(wrong_flags_change_nothing)
{
    static const unsigned flags[] = {2,
                                     4,
                                     0x40,
                                     0x80000000u,
                                     ~0u,
                                     WEIR_RW_PREFER_READER | WEIR_RW_PHASE_FAIR,
                                     WEIR_SHARED | WEIR_RW_PREFER_READER |
                                         WEIR_RW_PHASE_FAIR};
    weir_rwlock_t before;

    memset(&rw, 0xa5, sizeof(rw));
    before = rw;
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        must_eq(keeps_errno(weir_rwlock_init(&rw, flags[i])), EINVAL);
        must(memcmp(&rw, &before, sizeof(rw)) == 0);
    }
}
END_TEST

/* Inline or not, it is one object. */
START_TEST(symbols_and_inline_code_agree)
{
    int (*volatile lock)(weir_rwlock_t *) = weir_rwlock_rdlock;
    int (*volatile unlock)(weir_rwlock_t *) = weir_rwlock_rdunlock;

    fresh(_i);
    for (int i = 0; i < 300; i++) {
        must_eq(lock(&rw), 0);
        must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(unlock(&rw), 0);
        must_eq(unlock(&rw), EPERM);
    }
    must_be_at_rest();
}
END_TEST

/* --- uncontended --- */

START_TEST(read_and_write_in_turn)
{
    fresh(_i);
    for (int i = 0; i < 300; i++) {
        must_eq(keeps_errno(weir_rwlock_rdlock(&rw)), 0);
        must_eq(keeps_errno(weir_rwlock_trywrlock(&rw)), EBUSY);
        must_eq(keeps_errno(weir_rwlock_rdunlock(&rw)), 0);
        must_eq(keeps_errno(weir_rwlock_wrlock(&rw)), 0);
        must_eq(keeps_errno(weir_rwlock_trywrlock(&rw)), EBUSY);
        must_eq(keeps_errno(weir_rwlock_tryrdlock(&rw)), EBUSY);
        must_eq(keeps_errno(weir_rwlock_wrunlock(&rw)), 0);
        must_be_at_rest();
    }
}
END_TEST

static void read_too(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must_eq(weir_rwlock_wrlock_until(&rw, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(weir_rwlock_tryrdlock(&rw), 0);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
}

START_TEST(readers_read_together)
{
    fresh(_i % KINDS);
    if (_i >= KINDS && !make_biased())
        return;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    support_threads(4, read_too, NULL);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_be_at_rest();
    must_eq(weir_rwlock_trywrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
}
END_TEST

/* A deadline in the past means one try, which succeeds if it can. */
START_TEST(free_whatever_the_deadline)
{
    weir_deadline_t deadlines[] = {WEIR_NOW,     -1,
                                   INT64_MIN,    1,
                                   weir_now(),   weir_after(1000000),
                                   WEIR_FOREVER, WEIR_FOREVER - 1};

    fresh(_i);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        must_eq(keeps_errno(weir_rwlock_rdlock_until(&rw, deadlines[i])), 0);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
        must_eq(keeps_errno(weir_rwlock_wrlock_until(&rw, deadlines[i])), 0);
        must_eq(weir_rwlock_wrunlock(&rw), 0);
    }
    must_be_at_rest();
}
END_TEST

static void is_read_locked(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_tryrdlock(&rw), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
}

START_TEST(downgraded)
{
    fresh(_i);
    for (int i = 0; i < 20; i++) {
        must_eq(weir_rwlock_wrlock(&rw), 0);
        must_eq(keeps_errno(weir_rwlock_downgrade(&rw)), 0);
        support_threads(1, is_read_locked, NULL);
        must_eq(keeps_errno(weir_rwlock_downgrade(&rw)), EPERM);
        must_eq(weir_rwlock_wrunlock(&rw), EPERM);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
        must_be_at_rest();
    }
}
END_TEST

/* --- wrap --- */

/* The word as if so many more read, or wait. */
static void add_to(unsigned shift, unsigned n, bool flag)
{
    uint64_t state = rw_state() + ((uint64_t)n << shift);

    if (flag)
        state |= shift == 32 ? RW_READ : shift == 48 ? RW_QUEUED : 0;
    weir_store_rlx_(&rw.state, state);
}

START_TEST(too_many_readers)
{
    fresh(_i);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    add_to(32, WEIR_RW_MAX - 2, true);
    must_eq(weir_rwlock_tryrdlock(&rw), 0);
    must_eq(RW_READERS(rw_state()), WEIR_RW_MAX);
    must_eq(keeps_errno(weir_rwlock_tryrdlock(&rw)), EOVERFLOW);
    must_eq(keeps_errno(weir_rwlock_rdlock(&rw)), EOVERFLOW);
    must_eq(keeps_errno(weir_rwlock_rdlock_until(&rw, WEIR_NOW)), EOVERFLOW);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must_eq(RW_READERS(rw_state()), WEIR_RW_MAX);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_rdlock(&rw), 0);
}
END_TEST

START_TEST(too_many_waiters)
{
    fresh(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    add_to(48, WEIR_RW_MAX, true);
    add_to(16, WEIR_RW_MAX, true);
    must_eq(keeps_errno(weir_rwlock_rdlock_until(&rw, WEIR_FOREVER)),
            EOVERFLOW);
    must_eq(keeps_errno(weir_rwlock_wrlock_until(&rw, WEIR_FOREVER)),
            EOVERFLOW);
    must_eq(weir_rwlock_tryrdlock(&rw), EBUSY);
    must_eq(RW_READERS_WAITING(rw_state()), WEIR_RW_MAX);
    must_eq(RW_WRITERS_WAITING(rw_state()), WEIR_RW_MAX);
}
END_TEST

/* A writer that would have to empty the table first, and cannot queue up. */
START_TEST(too_many_writers_of_a_biased_lock)
{
    fresh(_i);
    weir_store_rlx_(&rw.state, rw_state() | RW_TABLED);
    add_to(16, WEIR_RW_MAX, false);
    must_eq(keeps_errno(weir_rwlock_wrlock(&rw)), EOVERFLOW);
    must_eq(RW_WRITERS_WAITING(rw_state()), WEIR_RW_MAX);
}
END_TEST

static void overflow(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(keeps_errno(weir_rwlock_rdlock(&rw)), EOVERFLOW);
}

/* One that waited finds that too many others came before it. */
START_TEST(too_many_readers_meanwhile)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_group_start(&group, 1, overflow, NULL);
    support_await_sleep(group.tids[0]);
    /* All of them at once, as if the writer had left long ago. */
    weir_store_rlx_(&rw.state, (rw_state() & ~(RW_WRITER | RW_READERS_SLEEP)) |
                                   RW_READ | (uint64_t)WEIR_RW_MAX << 32);
    weir_futex_wake_(&rw.state, 1, WEIR_BITS_ALL, kinds[_i] & WEIR_SHARED);
    support_group_join(&group);
    must_eq(RW_READERS_WAITING(rw_state()), 0);
    must_eq(RW_READERS(rw_state()), WEIR_RW_MAX);
}
END_TEST

/* --- reset --- */

START_TEST(at_rest_after_load)
{
    fresh(_i % KINDS);
    count_with(4, 20000, _i < KINDS ? 128 : 8);
    for (int i = 0; i < 3; i++) {
        write_once(0, NULL);
        must_eq(rw_state() & ~RW_OF_INIT, 0);
    }
    count_with(3, 5000, 16);
}
END_TEST

/* --- misuse --- */

START_TEST(unlock_of_unlocked)
{
    uint64_t before;

    fresh(_i % KINDS);
    if (_i >= KINDS && !make_biased())
        return;
    before = rw_state();
    for (int i = 0; i < 3; i++) {
        must_eq(keeps_errno(weir_rwlock_rdunlock(&rw)), EPERM);
        must_eq(keeps_errno(weir_rwlock_wrunlock(&rw)), EPERM);
        must_eq(keeps_errno(weir_rwlock_downgrade(&rw)), EPERM);
        must_eq(rw_state(), before);
    }
}
END_TEST

START_TEST(unlock_in_the_other_mode)
{
    fresh(_i % KINDS);
    if (_i >= KINDS && !make_biased())
        return;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(keeps_errno(weir_rwlock_wrunlock(&rw)), EPERM);
    must_eq(keeps_errno(weir_rwlock_downgrade(&rw)), EPERM);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(keeps_errno(weir_rwlock_rdunlock(&rw)), EPERM);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    must_be_at_rest();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rwlock");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, zero_is_valid);
    tcase_add_test(tcase, private_init_is_zero);
    tcase_add_test(tcase, wrong_flags_change_nothing);
    tcase_add_loop_test(tcase, symbols_and_inline_code_agree, 0, KINDS);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, read_and_write_in_turn, 0, KINDS);
    tcase_add_loop_test(tcase, readers_read_together, 0, KINDS + PRIVATE_KINDS);
    tcase_add_loop_test(tcase, free_whatever_the_deadline, 0, KINDS);
    tcase_add_loop_test(tcase, downgraded, 0, KINDS);
    tcase = support_tcase(suite, "wrap");
    tcase_add_loop_test(tcase, too_many_readers, 0, KINDS);
    tcase_add_loop_test(tcase, too_many_waiters, 0, KINDS);
    tcase_add_loop_test(tcase, too_many_writers_of_a_biased_lock, 0,
                        PRIVATE_KINDS);
    tcase_add_loop_test(tcase, too_many_readers_meanwhile, 0, KINDS);
    tcase = support_tcase(suite, "reset");
    tcase_add_loop_test(tcase, at_rest_after_load, 0, KINDS + PRIVATE_KINDS);
    tcase = support_tcase(suite, "misuse");
    tcase_add_loop_test(tcase, unlock_of_unlocked, 0, KINDS + PRIVATE_KINDS);
    tcase_add_loop_test(tcase, unlock_in_the_other_mode, 0,
                        KINDS + PRIVATE_KINDS);
    return support_main(suite);
}
