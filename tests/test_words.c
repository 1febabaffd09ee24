/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The state word of the mutex, from the inside: LEGAL and MOVES of the WORD
 * block in mutex.h, marks that stand for nobody, and the way back to light.
 * The races that the block argues about, each brought about by hand, are in
 * test_words_light.c and test_words_reserved.c.
 *
 * The word of the barrier is in test_words_barrier.c, that of the eventcount
 * in test_eventcount.c.  No case for wrap: QUIET is cleared before its end.
 */
#include "test_words_kit.h"

/* --- api: LEGAL and MOVES --- */

static bool is_legal(uint32_t state)
{
    if (state & ~(uint32_t)(LOCKED | HEAVY | SHARED | LIGHT_OWNER | CONTENDED |
                            WAKING | RESERVED | QUIET_MASK))
        return false;
    if (!(state & HEAVY))
        return state == 0 || state == LOCKED;
    if ((state & LIGHT_OWNER) && !(state & LOCKED))
        return false;
    if ((state & LIGHT_OWNER) && (state & (RESERVED | SHARED)))
        return false;
    return !(state & QUIET_MASK) || !(state & CONTENDED);
}

static bool reached[1 << 16];
static uint32_t found[1 << 16];
static unsigned founds;

static void reach(uint32_t state)
{
    must(is_legal(state));
    if (reached[state])
        return;
    reached[state] = true;
    found[founds++] = state;
}

static void move_lock(uint32_t state)
{
    for (int reserver = 0; reserver <= 1; reserver++)
        if (weir_mutex_is_free_(state, reserver != 0)) {
            must(!(state & LOCKED));
            must(!(state & RESERVED) || reserver != 0);
            must(weir_mutex_taken_(state) & LOCKED);
            must(weir_mutex_taken_after_sleep_(state) & CONTENDED);
            must(!(weir_mutex_taken_after_sleep_(state) & (WAKING | RESERVED)));
            if (!(state & RESERVED))
                reach(weir_mutex_taken_(state));
            reach(weir_mutex_taken_after_sleep_(state));
        }
}

static void move_to_sleep(uint32_t state)
{
    if (weir_mutex_is_free_(state, false))
        return;
    for (int reserve = 0; reserve <= weir_mutex_may_reserve_(state);
         reserve++) {
        uint32_t next = weir_mutex_to_sleep_(state, reserve != 0);

        must(next & CONTENDED);
        must(!(next & WAKING));
        must(((next ^ state) & (LOCKED | SHARED)) == 0);
        must((next & LIGHT_OWNER) == (state & LIGHT_OWNER) || state == LOCKED);
        must((next & RESERVED) == (reserve != 0 ? RESERVED : state & RESERVED));
        reach(next);
    }
}

/* Whoever sleeps is remembered, or has been called; and there is a call for
 * each WAKING that is set, and for none that stands. */
static void check_unlock(uint32_t state)
{
    uint32_t next = weir_mutex_unlocked_(state);

    must(is_legal(next));
    must(!(next & (LOCKED | LIGHT_OWNER)));
    must(!(state & CONTENDED) || (next & (CONTENDED | WAKING)));
    must((next & (RESERVED | SHARED | HEAVY)) ==
         (state & (RESERVED | SHARED | HEAVY)));
    if (state & RESERVED)
        must(weir_mutex_must_wake_(state) && next == (state & ~LOCKED));
    else
        must(weir_mutex_must_wake_(state) ==
             ((next & WAKING) && !(state & WAKING)));
}

static void move_unlock(uint32_t state)
{
    if (!(state & LOCKED))
        return;
    if (state == LOCKED || (state & LIGHT_OWNER))
        reach(0); /* the plain store */
    if (state == LOCKED)
        return;
    check_unlock(state);
    reach(weir_mutex_unlocked_(state));
    for (int may = 0; may <= 1; may++) {
        seam_relaxed = may != 0;
        reach(next_unlocked(&mutex, state));
    }
    seam_relaxed = false;
}

/* From the two initial words, by all moves, in any order: only legal words,
 * and each of them says what MOVES says. */
START_TEST(moves_are_legal)
{
    begin(0);
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY); /* nothing relaxes */
    reach(0);
    reach(HEAVY | SHARED);
    for (unsigned i = 0; i < founds; i++) {
        move_lock(found[i]);
        move_to_sleep(found[i]);
        move_unlock(found[i]);
        if (found[i] & RESERVED)
            reach(found[i] & ~RESERVED); /* given up */
    }
    must(founds > 100);
    must(reached[HEAVY | RESERVED | CONTENDED]);
    must(reached[LOCKED | HEAVY | LIGHT_OWNER | CONTENDED]);
    /* Where a wake-up is in flight no other is asked for. */
    for (unsigned i = 0; i < founds; i++)
        must((found[i] & (CONTENDED | WAKING)) != (CONTENDED | WAKING));
    for (uint32_t state = 0; state < 1u << 16; state++)
        if (is_legal(state) && (state & LOCKED) && (state & HEAVY))
            check_unlock(state);
}
END_TEST

START_TEST(light_pair)
{
    begin(0);
    for (int i = 0; i < 100; i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        must_eq(word(), LOCKED);
        must_eq(weir_mutex_unlock(&mutex), 0);
        must_eq(word(), 0);
        must_eq(weir_mutex_trylock(&mutex), 0);
        must_eq(word(), LOCKED);
        must_eq(weir_mutex_unlock_slow_(&mutex), 0);
        must_eq(word(), 0);
    }
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

/* An unlock of what nobody holds changes nothing, in any state. */
START_TEST(free_words_cannot_be_unlocked)
{
    for (uint32_t state = 0; state < 1u << 16; state++) {
        if (!is_legal(state) || (state & LOCKED))
            continue;
        begin(state);
        must_eq(weir_mutex_unlock(&mutex), EPERM);
        must_eq(word(), state);
        must_eq(seam_count(&seam_wakes), 0);
    }
}
END_TEST

/* --- contended: WAKING and CONTENDED in vain --- */

/* WAKING stands for nobody: the next sleeper clears it, and is woken. */
START_TEST(waking_in_vain)
{
    support_group_t group;

    support_storm_waive(); /* a sleeper that looks again may reserve it */
    for (int i = 0; i < 10; i++) {
        begin(LOCKED | HEAVY | WAKING | _i);
        put_to_bed(&group, 1);
        must_eq(word(), LOCKED | HEAVY | CONTENDED | _i);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
        must_eq(seam_count(&seam_wakes), 2); /* its own: in vain */
    }
}
END_TEST

/* One call, and then no more. */
START_TEST(contended_in_vain)
{
    begin(LOCKED | HEAVY | CONTENDED | _i);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(word(), HEAVY | WAKING | _i);
    for (int i = 0; i < 10 * WEIR_RELAX_QUIET; i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        must(!(word() & CONTENDED));
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

/* One wake-up in flight: the woken thread does not run, and unlocks meanwhile
 * call nobody. */
static void hold_back(void *arg)
{
    struct timing *timing = arg;

    seam.after_wait = NULL;
    flag_raise(&timing->out);
    flag_await(&timing->released);
}

static void lock_held_back(unsigned index, void *arg)
{
    seam.arg = arg;
    seam.after_wait = hold_back;
    lock_and_unlock(index, NULL);
}

START_TEST(one_wake_in_flight)
{
    struct timing timing = {0, 0, false, 0};
    support_group_t group;

    begin(LOCKED | HEAVY | _i);
    support_group_start(&group, 4, lock_held_back, &timing);
    for (unsigned i = 0; i < 4; i++)
        await_sleep_on(group.tids[i], &mutex, NULL);
    must_eq(weir_mutex_unlock(&mutex), 0);
    flag_await(&timing.out);
    must_eq(word(), HEAVY | WAKING | _i);
    for (int i = 0; i < WEIR_RELAX_QUIET / 2; i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
    must_eq(seam_count(&seam_wakes), 1);
    flag_raise(&timing.released);
    support_group_join(&group);
}
END_TEST

/* --- reset: light again --- */

/* After so many quiet unlocks, if the clock agrees. */
START_TEST(light_after_quiet_unlocks)
{
    begin(HEAVY);
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY); /* it does not */
    for (int i = 0; i < 10 * WEIR_RELAX_QUIET; i++) {
        use();
        must(word() & HEAVY);
    }
    begin(HEAVY);
    seam_relaxed = true;
    weir_parked_reset_();
    weir_store_rlx_(weir_parked_slot_(&mutex), 0);
    for (int i = 1; i < WEIR_RELAX_QUIET; i++) {
        use();
        must_eq(word(), HEAVY | (uint32_t)i * QUIET_ONE);
    }
    use();
    must_eq(word(), 0);
}
END_TEST

/* The quiet is over when somebody sleeps. */
START_TEST(sleepers_end_the_quiet)
{
    support_group_t group;

    begin(HEAVY);
    for (int i = 1; i < WEIR_RELAX_QUIET / 2; i++)
        use();
    must((word() & QUIET_MASK) != 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    put_to_bed(&group, 1);
    must_eq(word(), LOCKED | HEAVY | CONTENDED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
}
END_TEST

/* By the real clock: no sooner than the least time after the last sleeper
 * paid; the watchdog ends this if it never comes true. */
START_TEST(light_after_a_while)
{
    support_group_t group;

    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    if (!weir_asymmetric_()) {
        support_skip("light again", "no membarrier here");
        return;
    }
    for (int i = 0; i < 5; i++) {
        weir_deadline_t before;

        begin(LOCKED);
        before = weir_now();
        put_to_bed(&group, 1);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
        must(word() & HEAVY);
        while (word() != 0)
            use();
        must(weir_now() >= before + WEIR_RELAX_MIN_NS - 16384);
    }
}
END_TEST

START_TEST(shared_is_never_light)
{
    support_group_t group;

    begin(0);
    must_eq(weir_mutex_init(&mutex, WEIR_SHARED), 0);
    must_eq(word(), HEAVY | SHARED);
    seam_relaxed = true;
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 2 * WEIR_RELAX_QUIET; j++)
            use();
        must_eq(word() & (LOCKED | HEAVY | SHARED | LIGHT_OWNER | RESERVED),
                HEAVY | SHARED);
        must_eq(weir_mutex_lock(&mutex), 0);
        put_to_bed(&group, 2);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
    }
    must_eq(seam_count(&seam_revokes), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words of the mutex");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, moves_are_legal);
    tcase_add_test(tcase, light_pair);
    tcase_add_test(tcase, free_words_cannot_be_unlocked);

    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, waking_in_vain, 0, 1);
    tcase_add_loop_test(tcase, waking_in_vain, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, contended_in_vain, 0, 1);
    tcase_add_loop_test(tcase, contended_in_vain, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, one_wake_in_flight, 0, 1);
    tcase_add_loop_test(tcase, one_wake_in_flight, SHARED, SHARED + 1);

    tcase = support_tcase(suite, "reset");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, light_after_quiet_unlocks);
    tcase_add_test(tcase, sleepers_end_the_quiet);
    tcase_add_test(tcase, light_after_a_while);
    tcase_add_test(tcase, shared_is_never_light);
    return support_main(suite);
}
