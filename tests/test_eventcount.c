/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Eventcount, from the inside: who pays for the fence.  Birth, the first and
 * the second sleeper, a release in each window of a sleeper's way to bed, the
 * way back to asymmetric, and kernels that refuse.  Wake-ups in flight are in
 * test_eventcount_wake.c, load in test_eventcount_stress.c.
 *
 * No case for wrap: COUNT cannot reach its limit, and nothing else counts.
 */
#include "futex/eventcount.h"

#include <sys/syscall.h>

#include "base/tunables.h"
#include "test_eventcount_kit.h"

static struct box box;

static void begin(int mode)
{
    box_init(&box, (enum mode)mode);
    support_watch("box", &box, sizeof(box));
    seam_reset();
}

/* --- api --- */

START_TEST(birth)
{
    static const uint32_t expected[MODES] = {0, 0, SYMMETRIC, SYMMETRIC, 0};

    if (!box_can_be_asymmetric())
        return;
    begin(_i);
    must_eq(box_word(&box), expected[_i]);
    must_eq(weir_load_rlx_(&box.ec.stamp), 0);
    must(!weir_eventcount_has_sleepers_(&box.ec));
}
END_TEST

START_TEST(nothing_to_wait_for)
{
    struct taker taker = {.box = &box};

    begin(_i);
    box_release(&box, 0);
    must_eq(keeps_errno(taker_await(&taker, WEIR_FOREVER)), 0);
    must(taker.taken);
    must_eq(taker.attempts, 1);
    must_eq(seam_count(&seam_waits), 0);
    box_must_be_idle(&box);
}
END_TEST

/* The attempt before the sleep, and the last one after the deadline. */
START_TEST(past_deadline_attempts_twice)
{
    weir_deadline_t deadlines[] = {WEIR_NOW, -1, INT64_MIN, 1, weir_now()};

    begin(_i);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        struct taker taker = {.box = &box};

        must_eq(keeps_errno(taker_await(&taker, deadlines[i])), ETIMEDOUT);
        must(!taker.taken);
        must_eq(taker.attempts, 2);
        box_must_be_idle(&box);
        box_release(&box, 0);
        must_eq(taker_await(&taker, deadlines[i]), 0);
        must_eq(taker.attempts, 3);
        box_must_be_idle(&box);
    }
}
END_TEST

static void put_one(void *arg)
{
    (void)arg;
    box_put(&box, 0);
}

/* What became true during the sleep is found by the last attempt, though
 * nobody said so. */
START_TEST(last_attempt_follows_the_deadline)
{
    begin(_i);
    for (int i = 0; i < 10; i++) {
        seam.before_wait = put_one;
        must_eq(box_await(&box, WEIR_NOW), 0);
        seam.before_wait = NULL;
        must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
    }
    box_must_be_idle(&box);
}
END_TEST

START_TEST(timeouts_are_not_early)
{
    begin(_i % MODES);
    if (_i >= MODES)
        support_storm_begin();
    for (int i = 0; i < 8; i++) {
        weir_deadline_t deadline = weir_after(1 + i * 700000);

        must_eq(keeps_errno(box_await(&box, deadline)), ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    support_storm_end();
    box_must_be_idle(&box);
}
END_TEST

/* --- uncontended: who pays --- */

static void must_be_announced(void *arg)
{
    (void)arg;
    must_eq(box_word(&box), ONE | REVOKING);
    must(weir_eventcount_has_sleepers_(&box.ec));
}

static void must_be_confirmed(void *arg)
{
    (void)arg;
    must_eq(box_word(&box), ONE | SYMMETRIC);
    must(weir_load_rlx_(&box.ec.stamp) != 0);
}

/* Announced before the barrier, SYMMETRIC only after it, both before the
 * attempt. */
START_TEST(first_sleeper_announces_pays_confirms)
{
    struct taker taker = {.box = &box, .after_attempt = must_be_confirmed};

    if (!box_can_be_asymmetric())
        return;
    begin(TOO_DEAR);
    seam.before_revoke = must_be_announced;
    seam.after_revoke = must_be_announced;
    box_put(&box, 0);
    must_eq(taker_await(&taker, WEIR_FOREVER), 0);
    must_eq(seam_count(&seam_revokes), 1);
    must_eq(box_word(&box), SYMMETRIC);
}
END_TEST

static void must_stay_asymmetric(void *arg)
{
    (void)arg;
    must_eq(box_word(&box), ONE);
}

/* Where barriers can be afforded each sleeper pays for its own, and releasers
 * never fence. */
START_TEST(afforded_barriers_leave_no_trace)
{
    if (!box_can_be_asymmetric())
        return;
    begin(AFFORDED);
    for (int i = 0; i < 10; i++) {
        struct taker taker = {.box = &box,
                              .after_attempt = must_stay_asymmetric};

        seam.before_revoke = must_stay_asymmetric;
        seam.after_revoke = must_stay_asymmetric;
        box_put(&box, 0);
        must_eq(taker_await(&taker, WEIR_FOREVER), 0);
        must_eq(seam_count(&seam_revokes), i + 1);
        must_eq(box_word(&box), 0);
    }
    must_eq(weir_load_rlx_(&box.ec.stamp), 0);
}
END_TEST

static void must_have_cleared(void *arg)
{
    (void)arg;
    must_eq(box_word(&box) & WAKING, 0);
}

/* Who clears WAKING hides a release from its releaser as much as one who
 * comes: it pays as well, after the change and before the attempt. */
START_TEST(looking_pays_too)
{
    struct taker taker = {.box = &box};

    if (!box_can_be_asymmetric())
        return;
    begin(AFFORDED);
    box_add(&box, ONE);
    seam.after_wait = NULL;
    for (int i = 0; i < 10; i++) {
        box_set(&box, WAKING);
        seam.before_revoke = must_have_cleared;
        must_eq(taker_await(&taker, WEIR_NOW), ETIMEDOUT);
        must_eq(seam_count(&seam_revokes), i + 1); /* both at once */
    }
    box_add(&box, -ONE);
}
END_TEST

static void wake_in_vain(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    box_set(&box, WAKING);
}

START_TEST(looking_again_pays_again)
{
    if (!box_can_be_asymmetric())
        return;
    begin(AFFORDED);
    for (int i = 0; i < 10; i++) {
        seam.before_wait = wake_in_vain;
        must_eq(box_await(&box, weir_after(1000000)), ETIMEDOUT);
        must_eq(seam_count(&seam_revokes), 2 * (i + 1));
        must_eq(box_word(&box), 0);
    }
}
END_TEST

/* When barriers become dear while sleepers are there: the next one to come
 * or to look makes it symmetric, and the others lose nothing. */
START_TEST(becomes_symmetric_under_sleepers)
{
    if (!box_can_be_asymmetric())
        return;
    begin(AFFORDED);
    box_add(&box, ONE);
    must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
    must_eq(box_word(&box), ONE);
    seam_barriers = SEAM_TOO_DEAR;
    must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
    must_eq(box_word(&box), ONE | SYMMETRIC);
    must_eq(seam_count(&seam_revokes), 2);
    must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
    must_eq(seam_count(&seam_revokes), 2);
    box_add(&box, -ONE);
}
END_TEST

START_TEST(symmetric_sleepers_pay_nothing)
{
    begin(_i);
    box_set(&box, SYMMETRIC);
    for (int i = 0; i < 100; i++) {
        must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
        box_put(&box, 0);
        must_eq(box_await(&box, WEIR_FOREVER), 0);
    }
    must_eq(seam_count(&seam_revokes), 0);
}
END_TEST

static void must_be_revoking(void *arg)
{
    (void)arg;
    must_eq(box_word(&box), 2 * ONE | REVOKING);
}

/* Another is announced, but has not confirmed: its barrier may not have
 * happened, so this sleeper pays for its own, and leaves REVOKING to the
 * one that set it. */
START_TEST(second_sleeper_pays_too)
{
    struct taker taker = {.box = &box, .after_attempt = must_be_revoking};

    if (!box_can_be_asymmetric())
        return;
    begin(TOO_DEAR);
    box_add(&box, ONE | REVOKING);
    box_put(&box, 0);
    must_eq(taker_await(&taker, WEIR_FOREVER), 0);
    must_eq(seam_count(&seam_revokes), 1);
    must_eq(box_word(&box), ONE | REVOKING);
}
END_TEST

struct overlap {
    int first_announced;
    int second_done;
    seam_hook_t *before, *after; /* where the first one is held up */
};

static void hold_up(void *arg)
{
    struct overlap *overlap = arg;

    flag_raise(&overlap->first_announced);
    flag_await(&overlap->second_done);
}

static void take_one(unsigned index, void *arg)
{
    struct overlap *overlap = arg;

    if (index == 0) {
        seam.arg = overlap;
        seam.before_revoke = overlap->before;
        seam.after_revoke = overlap->after;
    } else {
        flag_await(&overlap->first_announced);
    }
    support_note("taking as %lu", index, 0);
    must_eq(box_await(&box, WEIR_FOREVER), 0);
    if (index == 1)
        flag_raise(&overlap->second_done);
}

/* The second sleeper comes and goes while the first is between announcement
 * and confirmation, before its barrier or after it. */
START_TEST(second_sleeper_overtakes_the_first)
{
    struct overlap overlap = {0, 0, NULL, NULL};
    support_group_t group;

    if (!box_can_be_asymmetric())
        return;
    begin(TOO_DEAR);
    overlap.before = _i == 0 ? hold_up : NULL;
    overlap.after = _i == 0 ? NULL : hold_up;
    support_group_start(&group, 2, take_one, &overlap);
    flag_await(&overlap.first_announced);
    await_sleep_on(group.tids[1], &box.ec.word, NULL);
    must_eq(box_word(&box), 2 * ONE | REVOKING);
    must_eq(seam_count(&seam_revokes), 2);
    box_release(&box, 0);
    flag_await(&overlap.second_done);
    await_sleep_on(group.tids[0], &box.ec.word, NULL);
    box_release(&box, 0);
    support_group_join(&group);
    must_eq(box_word(&box), SYMMETRIC);
}
END_TEST

/* --- a release in each window --- */

static int released_in_window;

static void release_here(void *arg)
{
    (void)arg;
    if (released_in_window++ == 0)
        box_release(&box, 0);
}

enum window { BEFORE_BARRIER, AFTER_BARRIER, AFTER_ATTEMPT, ASLEEP, WINDOWS };

/* Wherever the release falls, the sleeper gets it: the word that it sleeps
 * on is older than its attempt, and the announcement older than that. */
START_TEST(release_in_a_window)
{
    struct taker taker = {.box = &box};
    enum window window = (enum window)(_i / MODES);

    begin(_i % MODES);
    released_in_window = 0;
    seam.before_revoke = window == BEFORE_BARRIER ? release_here : NULL;
    seam.after_revoke = window == AFTER_BARRIER ? release_here : NULL;
    seam.before_wait = window == ASLEEP ? release_here : NULL;
    taker.after_attempt = window == AFTER_ATTEMPT ? release_here : NULL;
    if (window <= AFTER_BARRIER && (box_word(&box) & SYMMETRIC))
        box_release(&box, 0); /* there is no such window */
    must_eq(taker_await(&taker, WEIR_FOREVER), 0);
    must(taker.taken);
    box_must_be_idle(&box);
}
END_TEST

static void take_tokens(unsigned index, void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        support_note("token %lu as %lu", (unsigned long)i, index);
        must_eq(keeps_errno(box_await(&box, WEIR_FOREVER)), 0);
    }
}

static const unsigned crowds[] = {1, 2, 3, 4, 5, 6, 7, 8, 32};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

/* Each of n really sleeps, on the word, and each gets its token; hazard B2. */
START_TEST(sleepers_are_let_in)
{
    unsigned count = crowds[_i / MODES];
    support_group_t group;
    int each = 1;

    begin(_i % MODES);
    support_group_start(&group, count, take_tokens, &each);
    for (unsigned i = 0; i < count; i++) {
        await_sleep_on(group.tids[i], &box.ec.word, NULL);
    }
    must_eq(box_word(&box) & COUNT_MASK, count * ONE);
    for (unsigned i = 0; i < count; i++)
        box_release(&box, i % RELEASERS);
    support_group_join(&group);
    must_eq(box_tokens(&box), 0);
    box_must_be_idle(&box);
}
END_TEST

/* --- reset: back to asymmetric --- */

static void notify_quietly(long times)
{
    for (long i = 0; i < times; i++)
        weir_eventcount_notify_(&box.ec, box.shared);
}

/* Back to 0, by itself, after a quiet time, and not before; then the next
 * sleeper pays again.  The watchdog ends this if it never comes true. */
START_TEST(relaxes_and_stiffens)
{
    if (!box_can_be_asymmetric())
        return;
    begin(TOO_DEAR);
    for (int i = 0; i < 20; i++) {
        weir_deadline_t before = weir_now();

        must_eq(box_word(&box), 0);
        must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
        must_eq(box_word(&box), SYMMETRIC);
        must_eq(seam_count(&seam_revokes), i + 1);
        while (box_word(&box) != 0)
            box_tell(&box);
        /* Stamps round down, to 16.4 us. */
        must(weir_now() >= before + WEIR_RELAX_MIN_NS - 16384);
        support_progress();
    }
}
END_TEST

static void sleeper_comes(void *arg)
{
    (void)arg;
    box_add(&box, ONE);
}

/* A sleeper comes, and finds SYMMETRIC, while a releaser is about to clear
 * it: the sleeper stays, and is seen by the next. */
START_TEST(relaxes_past_a_sleeper)
{
    if (!box_can_be_asymmetric())
        return;
    begin(TOO_DEAR);
    box_set(&box, SYMMETRIC);
    seam_relaxed = true;
    seam.after_may_relax = sleeper_comes;
    while (box_word(&box) == SYMMETRIC)
        weir_eventcount_notify_(&box.ec, false);
    seam.after_may_relax = NULL;
    must(box_word(&box) & ONE);
    must_eq(box_word(&box) & SYMMETRIC, 0);
    seam.mute = true;
    box_release(&box, 0);
    must_eq(box_word(&box), ONE | WAKING);
}
END_TEST

/* It relaxes while others sleep, and these are woken like any. */
START_TEST(relaxes_under_sleepers)
{
    support_group_t group;
    int each = 1;

    if (!box_can_be_asymmetric())
        return;
    support_storm_waive(); /* a sleeper that looks again clears WAKING */
    begin(TOO_DEAR);
    for (int i = 0; i < 20; i++) {
        support_group_start(&group, 2, take_tokens, &each);
        await_sleep_on(group.tids[0], &box.ec.word, NULL);
        await_sleep_on(group.tids[1], &box.ec.word, NULL);
        must_eq(box_word(&box), 2 * ONE | SYMMETRIC);
        box_set(&box, WAKING); /* so that no call is made */
        seam_relaxed = true;
        notify_quietly(2 * WEIR_RELAX_QUIET);
        seam_relaxed = false;
        must_eq(box_word(&box), 2 * ONE | WAKING);
        box_clear(&box, WAKING);
        box_release(&box, 0);
        box_release(&box, 0);
        support_group_join(&group);
        box_must_be_idle(&box);
        while (box_word(&box) != 0)
            box_tell(&box);
    }
}
END_TEST

/* Not while the barrier is still to come, however quiet it is and however
 * long: the one that set REVOKING relies on it. */
START_TEST(never_relaxes_while_revoking)
{
    begin(TOO_DEAR);
    seam_relaxed = true;
    box_add(&box, ONE | REVOKING | WAKING);
    notify_quietly(100 * WEIR_RELAX_QUIET);
    must_eq(box_word(&box), ONE | REVOKING | WAKING);
}
END_TEST

/* A shared one stays symmetric, whatever the clock says, and so does one that
 * was born so because the kernel refused. */
START_TEST(some_never_relax)
{
    begin(_i);
    seam_relaxed = _i == SHARED_SCOPE;
    for (int i = 0; i < 20; i++) {
        must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
        notify_quietly(10 * WEIR_RELAX_QUIET);
        support_sleep_ns(200000);
        must_eq(box_word(&box), SYMMETRIC);
    }
}
END_TEST

/* --- fork and refused system calls --- */

static void find_untold(unsigned index, void *arg)
{
    (void)index;
    must_eq(box_await(&box, WEIR_FOREVER), 0);
    flag_raise(arg);
}

/* The kernel refuses: a release that was under way when the first sleeper
 * came may have seen neither sleeper nor SYMMETRIC, and tells nobody.  The
 * sleeper looks again by itself. */
static void untold_release_is_found(void)
{
    support_group_t group;
    int done = 0;

    support_group_start(&group, 1, find_untold, &done);
    await_sleep_on(group.tids[0], &box.ec.word, &done);
    must_eq(box_word(&box) & COUNT_MASK, ONE);
    box_put(&box, 0);
    support_group_join(&group);
    must(!weir_asymmetric_());
    box_must_be_idle(&box);
}

START_TEST(untold_release_is_found_when_refused)
{
    begin(REFUSED_LATE);
    untold_release_is_found();
    must_eq(box_word(&box) & ~SYMMETRIC, 0);
}
END_TEST

static void take_untold(unsigned index, void *arg)
{
    int *first_sleeps = arg;

    if (index == 1)
        flag_await(first_sleeps);
    must_eq(box_await(&box, WEIR_FOREVER), 0);
}

/* Several such releases, and several sleepers: those that found SYMMETRIC
 * set by the one whose barrier was refused were missed as well. */
START_TEST(untold_releases_are_found_by_all)
{
    support_group_t group;
    int first_sleeps = 0;

    begin(REFUSED_LATE);
    support_group_start(&group, 2, take_untold, &first_sleeps);
    await_sleep_on(group.tids[0], &box.ec.word, NULL);
    flag_raise(&first_sleeps);
    await_sleep_on(group.tids[1], &box.ec.word, NULL);
    box_put(&box, 0);
    box_put(&box, 1);
    support_group_join(&group);
    box_must_be_idle(&box);
}
END_TEST

/* A real filter, put in place when the process already counts on the
 * kernel. */
START_TEST(filtered_late)
{
    static const int errors[] = {ENOSYS, EPERM};
    pid_t child;

    if (!box_can_be_asymmetric())
        return;
    begin(TOO_DEAR);
    child = support_fork();
    if (child == 0) {
        int each = 50;
        support_group_t group;

        if (!support_refuse(SYS_membarrier, errors[_i])) {
            support_skip("membarrier under a filter", "no seccomp here");
            support_exit();
        }
        untold_release_is_found();
        must_eq(box_word(&box) & ~SYMMETRIC, 0);
        support_group_start(&group, 3, take_tokens, &each);
        for (int i = 0; i < 3 * each; i++) {
            box_release(&box, 0);
            while (box_tokens(&box) > 0)
                support_sleep_ns(20000);
        }
        support_group_join(&group);
        box_must_be_idle(&box);
        weir_eventcount_init_(&box.ec, false);
        must_eq(box_word(&box), SYMMETRIC);
        support_exit();
    }
    support_reap(child);
}
END_TEST

static void add_uncontended(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "uncontended");

    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_test(tcase, first_sleeper_announces_pays_confirms);
    tcase_add_test(tcase, afforded_barriers_leave_no_trace);
    tcase_add_test(tcase, looking_pays_too);
    tcase_add_test(tcase, looking_again_pays_again);
    tcase_add_test(tcase, becomes_symmetric_under_sleepers);
    tcase_add_loop_test(tcase, symmetric_sleepers_pay_nothing, 0, MODES);
    tcase_add_test(tcase, second_sleeper_pays_too);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, second_sleeper_overtakes_the_first, 0, 2);
    tcase_add_loop_test(tcase, release_in_a_window, 0, MODES * WINDOWS);
    tcase_add_loop_test(tcase, sleepers_are_let_in, 0, MODES * CROWDS);
}

int main(void)
{
    Suite *suite = suite_create("eventcount");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, birth, 0, MODES);
    tcase_add_loop_test(tcase, nothing_to_wait_for, 0, MODES);
    tcase_add_loop_test(tcase, past_deadline_attempts_twice, 0, MODES);
    tcase_add_loop_test(tcase, last_attempt_follows_the_deadline, 0, MODES);
    tcase_add_loop_test(tcase, timeouts_are_not_early, 0, 2 * MODES);
    add_uncontended(suite);
    tcase = support_tcase(suite, "reset");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_test(tcase, relaxes_and_stiffens);
    tcase_add_test(tcase, relaxes_past_a_sleeper);
    tcase_add_test(tcase, relaxes_under_sleepers);
    tcase_add_test(tcase, never_relaxes_while_revoking);
    tcase_add_loop_test(tcase, some_never_relax, SHARED_SCOPE,
                        REFUSED_EARLY + 1);
    tcase = support_tcase(suite, "fork");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_test(tcase, untold_release_is_found_when_refused);
    tcase_add_test(tcase, untold_releases_are_found_by_all);
    tcase_add_loop_test(tcase, filtered_late, 0, 2);
    return support_main(suite);
}
