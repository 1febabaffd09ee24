/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Wake-ups of a mutex and of a read-write lock that are for one sleeper, and
 * that another gets, since it sleeps with a token, and the kernel heeds no bits
 * then: it passes them on.  (hazard B20)  (Of a condition: test_words_cond_token.c.)
 */
#include <weir/rwlock.h>

#include "test_any_kit.h"
#include "test_words_kit.h"

static weir_token_t token;

/* Sleepers with a token, in front. */
static const unsigned numbers[] = {1, 2, 5};
#define NUMBERS 3
#define ROWS (2 * NUMBERS)

static void start(support_group_t *group, unsigned count, support_body_t *body)
{
    long before = seam_count(&any_waits);

    support_group_start(group, count, body, NULL);
    for (unsigned i = 0; i < count; i++)
        (void)support_await_sleep(group->tids[i]);
    /* Not at the gate. */
    while (seam_count(&any_waits) - before < (long)count)
        support_sleep_ns(10000);
    for (unsigned i = 0; i < count; i++)
        (void)support_await_sleep(group->tids[i]);
}

/* --- mutex --- */

static void lock_with_token(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(weir_mutex_lock_with(&mutex, WEIR_FOREVER, &token), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* As who was passed over, has reserved the lock, and is about to sleep. */
static void lock_reserved(unsigned index, void *arg)
{
    struct weir_mutex_waiter w = {.mutex = &mutex,
                                  .plan = &usual_plan,
                                  .until = weir_until_(WEIR_FOREVER),
                                  .reserver = true};

    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(lock_sleeping(&w), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

START_TEST(the_reserver_is_called_by_who_was_woken)
{
    uint32_t shared = _i % 2 ? SHARED : 0;
    support_group_t group, reserver;

    /* A signal takes a sleeper out of the order in which they are chosen. */
    support_storm_waive();
    begin(LOCKED | HEAVY | CONTENDED | RESERVED | shared);
    any_reset();
    start(&group, numbers[_i / 2], lock_with_token);
    must_eq(word(), LOCKED | HEAVY | CONTENDED | RESERVED | shared);
    support_group_start(&reserver, 1, lock_reserved, NULL);
    await_sleep_on(reserver.tids[0], &mutex, NULL);
    seam_reset();
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&reserver);
    support_group_join(&group);
    must(seam_count(&any_chosen) >= 1);
    must(!(word() & (LOCKED | RESERVED)));
}
END_TEST

static void cancel_it(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_token_cancel(&token), 0);
}

static void lock_and_be_cancelled(unsigned index, void *arg)
{
    int result;

    (void)index;
    (void)arg;
    seam.after_wait = cancel_it;
    result = weir_mutex_lock_with(&mutex, WEIR_FOREVER, &token);
    /* The reserver may have come and gone by now. */
    if (result == 0)
        must_eq(weir_mutex_unlock(&mutex), 0);
    else
        must_eq(result, ECANCELED);
}

/* It is cancelled when it has been woken in the reserver's place: it passes
 * the wake-up on, and goes. */
START_TEST(cancelled_when_woken_for_the_reserver)
{
    support_group_t group, reserver;

    /* As above. */
    support_storm_waive();
    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, 0), 0);
    begin(LOCKED | HEAVY | CONTENDED | RESERVED);
    any_reset();
    start(&group, 1, lock_and_be_cancelled);
    support_group_start(&reserver, 1, lock_reserved, NULL);
    await_sleep_on(reserver.tids[0], &mutex, NULL);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    support_group_join(&reserver);
    must_eq(seam_count(&any_chosen), 1);
    must(!(word() & (LOCKED | RESERVED)));
}
END_TEST

/* No call for nothing: it is not reserved, or held. */
START_TEST(nothing_to_pass_on)
{
    static const uint32_t states[] = {HEAVY, HEAVY | CONTENDED,
                                      LOCKED | HEAVY | CONTENDED,
                                      LOCKED | HEAVY | CONTENDED | RESERVED};

    for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        begin(states[i]);
        weir_mutex_pass_on_(&mutex);
        must_eq(seam_count(&seam_wakes), 0);
    }
    for (uint32_t shared = 0; shared <= SHARED; shared += SHARED) {
        begin(HEAVY | CONTENDED | RESERVED | shared);
        weir_mutex_pass_on_(&mutex);
        must_eq(seam_count(&seam_wakes), 1);
        must_eq(weir_load_rlx_(&seam_woken), 1);
        must_eq(weir_load_rlx_(&seam_woken_shared), shared != 0);
    }
}
END_TEST

/* --- read-write lock --- */

static weir_rwlock_t rw;

static void read_with_token(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(weir_rwlock_rdlock_with(&rw, WEIR_FOREVER, &token), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
}

static void write_patiently(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
}

/* Writers come first: the unlock wakes one, and nobody else. */
START_TEST(a_writer_is_called_by_the_reader_that_was_woken)
{
    support_group_t group, writers;
    unsigned count = 1 + (unsigned)_i % 2;

    /* A signal takes a sleeper out of the order in which they are chosen. */
    support_storm_waive();
    must_eq(weir_rwlock_init(&rw, _i % 2 ? WEIR_SHARED : 0), 0);
    support_watch("rwlock", &rw, sizeof(rw));
    any_reset();
    must_eq(weir_rwlock_wrlock(&rw), 0);
    start(&group, numbers[_i / 2], read_with_token);
    support_group_start(&writers, count, write_patiently, NULL);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(writers.tids[i], weir_low_half_(&rw.state), NULL);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    support_group_join(&writers);
    support_group_join(&group);
    must(seam_count(&any_chosen) >= 1);
    must_eq(weir_rwlock_trywrlock(&rw), 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("words_passed");
    TCase *tcase = support_tcase(suite, "mutex");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, the_reserver_is_called_by_who_was_woken, 0,
                        ROWS);
    tcase_add_loop_test(tcase, cancelled_when_woken_for_the_reserver, 0, 5);
    tcase_add_test(tcase, nothing_to_pass_on);
    tcase = support_tcase(suite, "rwlock");
    tcase_add_loop_test(tcase, a_writer_is_called_by_the_reader_that_was_woken,
                        0, ROWS);
    return suite;
}

int main(void)
{
    if (!weir_futex_can_wait_any_()) {
        support_skip("test_words_passed", "no futex_waitv here");
        return 0;
    }
    return support_main(make_suite());
}
