/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A wake-up of a shared condition that is for a group, and that one of another
 * group gets, since it sleeps with a token, and the kernel heeds no bits then:
 * it passes it on (hazard B20).  cond_shared.c is compiled into this suite.
 */
#include "futex/cond_shared.c"

#include "test_any_kit.h"

static weir_cond_t cond;
static weir_token_t token;

#define GROUP 7u

static uint64_t word_of(unsigned p, unsigned w, unsigned c)
{
    return (uint64_t)GROUP << GROUP_SHIFT | p * PERMITS_ONE | w * WAITING_ONE |
           c;
}

static void begin(uint64_t word)
{
    any_reset();
    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, 0), 0);
    must_eq(weir_cond_init(&cond, WEIR_SHARED), 0);
    weir_store_rlx_(&cond.waiters, word);
    weir_store_rlx_(&cond.turn, SLEEPERS);
    support_watch("condition", &cond, sizeof(cond));
}

/* Of the open group, with a token. */
static void await_next(unsigned index, void *arg)
{
    struct weir_until until = {WEIR_FOREVER, &token};

    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(await(&cond, GROUP + 1, until), SIGNALLED);
}

/* Of the group that signals are for. */
static void await_now(unsigned index, void *arg)
{
    (void)index;
    seam.patient = true;
    must_eq(await(&cond, GROUP, weir_until_(WEIR_FOREVER)), SIGNALLED);
    __atomic_fetch_add((long *)arg, 1, __ATOMIC_RELEASE);
}

static void await_count(const long *count, long wanted)
{
    while (__atomic_load_n(count, __ATOMIC_ACQUIRE) != wanted)
        support_sleep_ns(10000);
}

static const unsigned numbers[] = {1, 2, 5};

START_TEST(a_permit_is_called_for_by_who_was_woken)
{
    unsigned others = numbers[_i / 2];
    unsigned signals = 1 + (unsigned)_i % 2;
    support_group_t next, now;
    long gone = 0;

    /* A signal takes a sleeper out of the order in which they are chosen. */
    support_storm_waive();
    begin(word_of(0, 3, others));
    support_group_start(&next, others, await_next, NULL);
    while (seam_count(&any_waits) < (long)others)
        support_sleep_ns(10000);
    for (unsigned i = 0; i < others; i++)
        (void)support_await_sleep(next.tids[i]);
    support_group_start(&now, 3, await_now, &gone);
    for (unsigned i = 0; i < 3; i++)
        await_sleep_on(now.tids[i], &cond.turn, NULL);
    weir_cond_signal_shared_(&cond, signals);
    await_count(&gone, signals);
    must(seam_count(&any_chosen) >= 1);
    must_eq(permits(weir_load_sc_(&cond.waiters)), 0);
    must_eq(waiting(weir_load_sc_(&cond.waiters)), 3 - signals);
    must_eq(coming(weir_load_sc_(&cond.waiters)), others);
    weir_cond_signal_shared_(&cond, ~0u);
    support_group_join(&now);
    support_group_join(&next);
}
END_TEST

static void await_in_vain(unsigned index, void *arg)
{
    struct weir_until until = {WEIR_FOREVER, &token};

    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(await(&cond, GROUP + 1, until), LEFT);
}

/* Cancelled among all of this: it leaves, and takes nobody's signal along. */
START_TEST(who_is_cancelled_leaves)
{
    support_group_t next, now;
    long gone = 0;

    /* A signal takes a sleeper out of the order in which they are chosen. */
    support_storm_waive();
    begin(word_of(0, 3, 2));
    support_group_start(&next, 2, await_in_vain, NULL);
    while (seam_count(&any_waits) < 2)
        support_sleep_ns(10000);
    for (unsigned i = 0; i < 2; i++)
        (void)support_await_sleep(next.tids[i]);
    support_group_start(&now, 3, await_now, &gone);
    for (unsigned i = 0; i < 3; i++)
        await_sleep_on(now.tids[i], &cond.turn, NULL);
    weir_cond_signal_shared_(&cond, 1);
    must_eq(weir_token_cancel(&token), 0);
    support_group_join(&next);
    await_count(&gone, 1);
    must_eq(coming(weir_load_sc_(&cond.waiters)), 0);
    weir_cond_signal_shared_(&cond, ~0u);
    support_group_join(&now);
    must_eq(weir_load_sc_(&cond.waiters), word_of(0, 0, 0));
}
END_TEST

START_TEST(nothing_to_pass_on)
{
    begin(word_of(0, 3, 1));
    pass_on(&cond);
    must_eq(seam_count(&seam_wakes), 0);
    begin(word_of(2, 3, 1));
    pass_on(&cond);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_load_rlx_(&seam_woken), 1);
    must(weir_load_rlx_(&seam_woken_shared));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("words_cond_token");
    TCase *tcase = support_tcase(suite, "passed");

    tcase_add_loop_test(tcase, a_permit_is_called_for_by_who_was_woken, 0, 6);
    tcase_add_loop_test(tcase, who_is_cancelled_leaves, 0, 10);
    tcase_add_test(tcase, nothing_to_pass_on);
    return suite;
}

int main(void)
{
    if (!weir_futex_can_wait_any_()) {
        support_skip("test_words_cond_token", "no futex_waitv here");
        return 0;
    }
    return support_main(make_suite());
}
