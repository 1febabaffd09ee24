/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: what a library that was built with WEIR_CHECKED knows of
 * the locks that each thread has.
 */
#define WEIR_CHECKED
#include "futex/held.c"
#include "futex/rwlock.c"
#include "futex/rwlock_read.c"
#include "futex/rwlock_write.c"

#include "support/support.h"

static const unsigned kinds[] = {0, WEIR_RW_PREFER_READER, WEIR_RW_PHASE_FAIR};
#define KINDS 3

static weir_rwlock_t rw;

static void read_and_unlock(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_rdunlock(&rw), EPERM);
}

START_TEST(read_under_read)
{
    bool twice = kinds[_i] == WEIR_RW_PREFER_READER;

    must_eq(weir_rwlock_init(&rw, kinds[_i]), 0);
    for (int i = 0; i < 100; i++) {
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(keeps_errno(weir_rwlock_rdlock(&rw)), twice ? 0 : EDEADLK);
        must_eq(weir_rwlock_rdlock_until(&rw, weir_after(1000)),
                twice ? 0 : EDEADLK);
        /* A try does not wait. */
        must_eq(weir_rwlock_tryrdlock(&rw), 0);
        support_threads(1, read_and_unlock, NULL);
        for (int j = twice ? 4 : 2; j > 0; j--)
            must_eq(weir_rwlock_rdunlock(&rw), 0);
        must_eq(weir_rwlock_rdunlock(&rw), EPERM);
    }
    must_eq(weir_load_sc_(&rw.state) & ~(PREFER_READER | PHASE_FAIR), 0);
}
END_TEST

START_TEST(write_under_read_and_read_under_write)
{
    must_eq(weir_rwlock_init(&rw, kinds[_i]), 0);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(keeps_errno(weir_rwlock_wrlock(&rw)), EDEADLK);
    must_eq(weir_rwlock_wrlock_until(&rw, WEIR_FOREVER), EDEADLK);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(weir_rwlock_wrlock(&rw), EDEADLK);
    must_eq(weir_rwlock_rdlock(&rw), EDEADLK);
    must_eq(weir_rwlock_tryrdlock(&rw), EBUSY);
    must_eq(weir_rwlock_downgrade(&rw), 0);
    must_eq(weir_rwlock_wrlock(&rw), EDEADLK);
    must_eq(weir_rwlock_wrunlock(&rw), EPERM);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_trywrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    must_eq(weir_rwlock_downgrade(&rw), EPERM);
}
END_TEST

static void unlock_anothers(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(keeps_errno(weir_rwlock_rdunlock(&rw)), EPERM);
    must_eq(keeps_errno(weir_rwlock_wrunlock(&rw)), EPERM);
    must_eq(keeps_errno(weir_rwlock_downgrade(&rw)), EPERM);
}

START_TEST(unlock_of_what_another_has)
{
    must_eq(weir_rwlock_init(&rw, kinds[_i]), 0);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    support_threads(2, unlock_anothers, NULL);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_threads(2, unlock_anothers, NULL);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
}
END_TEST

/* More than it can know: then nothing is wrong that it does not know. */
START_TEST(more_than_it_knows)
{
    static weir_rwlock_t locks[2 * WEIR_HELD_MAX];

    for (int i = 0; i < 2 * WEIR_HELD_MAX; i++)
        must_eq(weir_rwlock_rdlock(&locks[i]), 0);
    must_eq(weir_rwlock_rdlock(&locks[0]), EDEADLK);
    for (int i = 0; i < 2 * WEIR_HELD_MAX; i++)
        must_eq(weir_rwlock_rdunlock(&locks[i]), 0);
    must_eq(weir_rwlock_rdunlock(&locks[0]), EPERM);
}
END_TEST

/* Nothing is biased, so that nothing is unknown. */
START_TEST(never_biased)
{
    must_eq(weir_rwlock_init(&rw, kinds[_i]), 0);
    for (int i = 0; i < 10 * WEIR_BIAS_QUIET; i++) {
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(weir_load_sc_(&rw.state) & (BIASED | TABLED), 0);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rwlock_checked");
    TCase *tcase = support_tcase(suite, "checked");

    tcase_add_loop_test(tcase, read_under_read, 0, KINDS);
    tcase_add_loop_test(tcase, write_under_read_and_read_under_write, 0, KINDS);
    tcase_add_loop_test(tcase, unlock_of_what_another_has, 0, KINDS);
    tcase_add_test(tcase, more_than_it_knows);
    tcase_add_loop_test(tcase, never_biased, 0, KINDS);
    return support_main(suite);
}
