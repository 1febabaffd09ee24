/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Eventcount, from the inside: at most one wake-up is in flight, and none is
 * lost on the way.  Each test holds one thread at one place, by a hook or by
 * a wake-up call that is swallowed ("the woken thread does not run yet"), and
 * lets the others do their worst.
 */
#include "futex/eventcount.h"

#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/tunables.h"
#include "test_eventcount_kit.h"

static struct box box;
/* Sleepers look again only when they are woken: some modes have them look by
 * themselves now and then, which would hide a wake-up that is missing, and
 * take what a test has put there for another. */
static bool patient;

static void begin(int mode)
{
    patient = true;
    box_init(&box, (enum mode)mode);
    support_watch("box", &box, sizeof(box));
    seam_reset();
}

static void take_one(unsigned index, void *arg)
{
    (void)arg;
    support_note("taking as %lu", index, 0);
    seam.patient = patient;
    must_eq(keeps_errno(box_await(&box, WEIR_FOREVER)), 0);
}

/* Start count sleepers, and see them sleep. */
static void put_to_bed(support_group_t *group, unsigned count)
{
    support_group_start(group, count, take_one, NULL);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(group->tids[i], &box.ec.word, NULL);
    must_eq(box_word(&box) & COUNT_MASK, count * ONE);
    must(!(box_word(&box) & WAKING));
}

/* A token and a notify whose call, if it makes one, never arrives. */
static void release_muted(void *arg)
{
    (void)arg;
    seam.mute = true;
    box_release(&box, 0);
    seam.mute = false;
}

static void join_idle(support_group_t *group)
{
    support_group_join(group);
    must_eq(box_tokens(&box), 0);
    box_must_be_idle(&box);
}

/* --- uncontended: what notify does to a word --- */

START_TEST(nobody_is_called)
{
    begin(_i);
    for (int i = 0; i < 10; i++) {
        uint32_t before = box_word(&box);

        keeps_errno((weir_eventcount_notify_(&box.ec, box.shared), 0));
        weir_eventcount_notify_all_(&box.ec, box.shared);
        must_eq(box_word(&box), before);
    }
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

START_TEST(one_call_while_waking_stands)
{
    begin(_i);
    box_add(&box, 2 * ONE);
    weir_eventcount_notify_(&box.ec, box.shared);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(box_word(&box) & ~SYMMETRIC, 2 * ONE + WAKING);
    for (int i = 0; i < 1000; i++)
        weir_eventcount_notify_(&box.ec, box.shared);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(box_word(&box) & ~SYMMETRIC, 2 * ONE + WAKING);
    must_eq(weir_load_rlx_(&seam_woken), 1);
    must(weir_load_rlx_(&seam_woken_shared) == box.shared);
    /* All have to be woken, whatever is in flight. */
    weir_eventcount_notify_all_(&box.ec, box.shared);
    must_eq(seam_count(&seam_wakes), 2);
    must_eq(weir_load_rlx_(&seam_woken), INT_MAX);
    must(weir_load_rlx_(&seam_woken_shared) == box.shared);
    box_clear(&box, WAKING);
    weir_eventcount_notify_all_(&box.ec, box.shared);
    must_eq(seam_count(&seam_wakes), 3);
    must_eq(box_word(&box) & ~SYMMETRIC, 2 * ONE + WAKING);
}
END_TEST

/* Whoever comes, stays or goes leaves no WAKING behind, also if nobody was
 * woken by it.  (One that was refused its barrier passes it on.) */
START_TEST(waking_in_vain_is_cleared)
{
    begin(_i);
    for (int i = 0; i < 10; i++) {
        box_add(&box, ONE);
        box_set(&box, WAKING);
        must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
        must_eq(box_word(&box) & ~SYMMETRIC, ONE);
        seam.before_wait = release_muted;
        must_eq(box_await(&box, WEIR_FOREVER), 0);
        seam.before_wait = NULL;
        must_eq(box_word(&box) & ~SYMMETRIC, ONE);
        box_add(&box, -ONE);
    }
}
END_TEST

/* --- contended: passing on --- */

/* The one that is woken does not run: four tokens make one call.  When it
 * runs it passes the rest on, one at a time. */
START_TEST(four_tokens_one_call)
{
    support_group_t group;

    begin(_i);
    put_to_bed(&group, 4);
    for (int i = 0; i < 4; i++)
        release_muted(NULL);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(box_word(&box) & ~SYMMETRIC, 4 * ONE + WAKING);
    __real_weir_futex_wake_(&box.ec.word, 1, WEIR_BITS_ALL, box.shared);
    join_idle(&group);
    must_eq(seam_count(&seam_wakes), 4);
}
END_TEST

struct holding {
    int armed; /* from now on: some look again without being woken */
    int held;  /* a thread is in the hook */
    int go;
};

static void hold(void *arg)
{
    struct holding *holding = arg;

    if (!flag_is_up(&holding->armed))
        return;
    flag_raise(&holding->held);
    flag_await(&holding->go);
}

static void take_held(unsigned index, void *arg)
{
    seam.after_wait = hold;
    seam.arg = arg;
    take_one(index, NULL);
}

/* A release while a wake is in flight makes no call; the one that was woken
 * takes one token and passes the other on. */
START_TEST(release_while_a_wake_is_in_flight)
{
    struct holding holding = {0, 0, 0};
    support_group_t group;

    begin(_i);
    support_group_start(&group, 2, take_held, &holding);
    await_sleep_on(group.tids[0], &box.ec.word, NULL);
    await_sleep_on(group.tids[1], &box.ec.word, NULL);
    flag_raise(&holding.armed);
    box_release(&box, 0);
    flag_await(&holding.held);
    must_eq(box_word(&box) & ~SYMMETRIC, 2 * ONE + WAKING);
    box_release(&box, 1);
    must_eq(seam_count(&seam_wakes), 1);
    flag_raise(&holding.go);
    join_idle(&group);
}
END_TEST

static void release_one(void *arg)
{
    (void)arg;
    box_release(&box, 0);
}

/* The second token comes after its attempt: the wake-up is for the other, and
 * stays as this one leaves. */
START_TEST(leaving_with_success_swallows_nothing)
{
    struct taker taker = {.box = &box, .after_attempt = release_one};
    support_group_t group;

    begin(_i);
    put_to_bed(&group, 1);
    box_put(&box, 1);
    must_eq(taker_await(&taker, WEIR_FOREVER), 0);
    must_eq(taker.attempts, 1);
    join_idle(&group);
    must(_i == REFUSED_LATE || seam_count(&seam_wakes) == 1);
}
END_TEST

static void wake_another(void *arg)
{
    (void)arg;
    box_set(&box, WAKING);
}

/* And does not wipe it, which would leave a call in flight that nobody counts
 * on to pass anything on. */
START_TEST(leaving_keeps_anothers_wake_up)
{
    struct taker taker = {.box = &box, .after_attempt = wake_another};

    begin(_i);
    box_add(&box, ONE);
    box_put(&box, 0);
    must_eq(taker_await(&taker, WEIR_FOREVER), 0);
    must_eq(taker.attempts, 1);
    must_eq(box_word(&box) & ~SYMMETRIC, ONE | WAKING);
}
END_TEST

/* It clears WAKING as it comes. */
START_TEST(coming_passes_on)
{
    support_group_t group;

    begin(_i);
    put_to_bed(&group, 1);
    release_muted(NULL);
    release_muted(NULL);
    must_eq(box_await(&box, WEIR_FOREVER), 0);
    join_idle(&group);
}
END_TEST

/* As before, but there was only one token: the next release calls again. */
START_TEST(coming_clears_the_way)
{
    support_group_t group;

    begin(_i);
    put_to_bed(&group, 1);
    release_muted(NULL);
    must_eq(box_await(&box, WEIR_NOW), 0);
    must(_i == REFUSED_LATE || (box_word(&box) & ~SYMMETRIC) == ONE);
    box_release(&box, 1);
    join_idle(&group);
}
END_TEST

/* It clears WAKING as it looks again, having been woken for no reason, and
 * sleeps again, because somebody else took the token. */
static void lose_the_token(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    release_muted(NULL);
    must(box_take(&box));
}

START_TEST(looking_clears_the_way)
{
    support_group_t group;
    weir_deadline_t deadline;

    begin(_i);
    put_to_bed(&group, 1);
    seam.after_wait = lose_the_token;
    deadline = weir_after(2000000);
    must_eq(box_await(&box, deadline), ETIMEDOUT);
    must(_i == REFUSED_LATE || (box_word(&box) & ~SYMMETRIC) == ONE);
    box_release(&box, 1);
    join_idle(&group);
}
END_TEST

/* --- timed: a wake-up that races a timeout (hazard B20) --- */

/* The deadline has passed in the sleep; two tokens come, one call, for which
 * nobody is there.  The last attempt takes one, the other is passed on. */
static void release_two_muted(void *arg)
{
    seam.after_wait = NULL;
    release_muted(arg);
    release_muted(arg);
}

START_TEST(timed_out_takes_and_passes_on)
{
    support_group_t group;

    begin(_i);
    put_to_bed(&group, 1);
    seam.after_wait = release_two_muted;
    must_eq(box_await(&box, WEIR_NOW), 0);
    join_idle(&group);
}
END_TEST

/* Nobody is left to clear it: the last to leave does. */
START_TEST(the_last_to_leave_clears_the_way)
{
    struct taker taker = {.box = &box, .after_attempt = release_one};

    begin(_i);
    for (int i = 0; i < 10; i++) {
        taker = (struct taker){.box = &box, .after_attempt = release_one};
        box_put(&box, 1);
        must_eq(taker_await(&taker, WEIR_FOREVER), 0);
        box_must_be_idle(&box);
        must(box_take(&box));
    }
}
END_TEST

/* The token comes after the last attempt of one that gives up: the wake-up is
 * for the other, and stays as this one leaves. */
static void not_yet(void *arg);

static struct taker giving_up = {.box = &box};

static void not_yet(void *arg)
{
    (void)arg;
    giving_up.after_attempt = release_one; /* of the second attempt */
}

START_TEST(giving_up_swallows_nothing)
{
    support_group_t group;

    begin(_i);
    put_to_bed(&group, 1);
    giving_up = (struct taker){.box = &box, .after_attempt = not_yet};
    must_eq(taker_await(&giving_up, WEIR_NOW), ETIMEDOUT);
    must_eq(giving_up.attempts, 2);
    join_idle(&group);
}
END_TEST

/* The kernel begins to refuse, and one that is refused clears WAKING: it may
 * not see a release that was suppressed by it, and goes.  One that sleeps since
 * before is woken, to look for itself from then on. */
START_TEST(refused_passes_on_what_it_cannot_see)
{
    support_group_t group;

    if (!box_can_be_asymmetric())
        return;
    support_storm_waive(); /* a sleeper that looks again clears WAKING */
    begin(AFFORDED);
    patient = false;
    put_to_bed(&group, 1);
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_LATE);
    box_set(&box, WAKING);
    must_eq(box_await(&box, WEIR_NOW), ETIMEDOUT);
    must_eq(seam_count(&seam_wakes), 1);
    box_put(&box, 0); /* it leaves the store buffer only now */
    support_group_join(&group);
    box_must_be_idle(&box);
}
END_TEST

struct late {
    weir_deadline_t deadline;
    int released;
    int result;
};

/* Back from its sleep, it runs again only when the deadline has passed and
 * the token is there, whichever of the two ended the sleep. */
static void be_late(void *arg)
{
    struct late *late = arg;

    flag_await(&late->released);
    while (weir_now() <= late->deadline)
        support_sleep_ns(100000);
}

static void take_late(unsigned index, void *arg)
{
    struct late *late = arg;

    (void)index;
    seam.arg = late;
    seam.after_wait = be_late;
    late->result = box_await(&box, late->deadline);
}

/* A release and the deadline at the same time: no timeout, since the wake-up
 * may have been consumed. */
START_TEST(woken_and_late)
{
    begin(_i);
    for (int i = 0; i < 20; i++) {
        struct late late = {weir_after(1000000), 0, -1};
        support_group_t group;

        support_group_start(&group, 1, take_late, &late);
        support_sleep_ns(100000 * i);
        box_release(&box, 0);
        flag_raise(&late.released);
        support_group_join(&group);
        must_eq(late.result, 0);
        must_eq(box_tokens(&box), 0);
        box_must_be_idle(&box);
    }
}
END_TEST

/* --- all --- */

static void open_up(void)
{
    weir_store_rel_(&box.open, 1u);
    weir_compiler_barrier_();
    if (weir_load_rlx_(&box.ec.word) != 0)
        weir_eventcount_notify_all_(&box.ec, box.shared);
}

/* All that sleep, whatever is in flight. */
START_TEST(all_are_woken)
{
    static const unsigned crowds[] = {1, 2, 3, 8, 32};
    support_group_t group;

    for (unsigned i = 0; i < sizeof(crowds) / sizeof(crowds[0]); i++) {
        begin(_i % MODES);
        put_to_bed(&group, crowds[i]);
        if (_i >= MODES)
            box_set(&box, WAKING);
        open_up();
        support_group_join(&group);
        box_must_be_idle(&box);
    }
}
END_TEST

static void take_held_before_sleep(unsigned index, void *arg)
{
    if (index == 0) {
        seam.before_wait = hold;
        seam.arg = arg;
    }
    take_one(index, NULL);
}

/* One is on its way to sleep when all are woken, and another clears WAKING
 * before it sleeps: it sleeps on the very word that it looked at, and is
 * reached because whoever cleared WAKING passes on what holds for good.
 * (hazard B11) */
START_TEST(all_means_those_about_to_sleep_too)
{
    struct holding holding = {1, 0, 0};
    support_group_t group;

    begin(_i % MODES);
    support_group_start(&group, 2, take_held_before_sleep, &holding);
    flag_await(&holding.held);
    await_sleep_on(group.tids[1], &box.ec.word, NULL);
    open_up();
    if (_i >= MODES) {
        must_eq(pthread_join(group.threads[1], NULL), 0);
        must_eq(box_await(&box, WEIR_FOREVER), 0);
        flag_raise(&holding.go);
        must_eq(pthread_join(group.threads[0], NULL), 0);
        pthread_barrier_destroy(&group.gate);
    } else {
        flag_raise(&holding.go);
        support_group_join(&group);
    }
    box_must_be_idle(&box);
}
END_TEST

/* --- signal: waking for no reason (hazards B17, B50) --- */

static void take_counted(unsigned index, void *arg)
{
    (void)index;
    must_eq(taker_await(arg, WEIR_FOREVER), 0);
}

START_TEST(stray_wakes_do_not_end_a_wait)
{
    struct taker taker = {.box = &box};
    support_group_t group;

    begin(_i);
    support_group_start(&group, 1, take_counted, &taker);
    while (__atomic_load_n(&taker.attempts, __ATOMIC_RELAXED) < 50) {
        await_sleep_on(group.tids[0], &box.ec.word, NULL);
        support_progress();
        __real_weir_futex_wake_(&box.ec.word, INT_MAX, WEIR_BITS_ALL,
                                box.shared);
    }
    await_sleep_on(group.tids[0], &box.ec.word, NULL);
    must_eq(box_word(&box) & ~SYMMETRIC, ONE);
    box_release(&box, 0);
    support_group_join(&group);
    must(taker.taken);
    box_must_be_idle(&box);
}
END_TEST

START_TEST(signals_do_not_end_a_wait)
{
    support_group_t group;

    begin(_i);
    support_storm_begin();
    support_group_start(&group, 2, take_one, NULL);
    while ((box_word(&box) & COUNT_MASK) != 2 * ONE)
        support_sleep_ns(100000);
    support_sleep_ns(20000000);
    must_eq(box_word(&box) & COUNT_MASK, 2 * ONE);
    box_release(&box, 0);
    box_release(&box, 0);
    support_group_join(&group);
    support_storm_end();
    box_must_be_idle(&box);
}
END_TEST

/* --- process: shared ones outlive their users --- */

/* WAKING stands for a thread that is no more: a sleeper looks again by
 * itself, and clears it. */
START_TEST(shared_recovers_from_a_stuck_wake)
{
    support_group_t group;

    support_storm_waive(); /* as above */
    begin(SHARED_SCOPE);
    patient = false;
    for (int i = 0; i < 3; i++) {
        put_to_bed(&group, 1);
        box_set(&box, WAKING);
        box_release(&box, 0);
        support_group_join(&group);
        box_must_be_idle(&box);
    }
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

/* The releaser is killed between its store and its call. */
START_TEST(shared_recovers_from_an_untold_release)
{
    support_group_t group;

    begin(SHARED_SCOPE);
    patient = false;
    put_to_bed(&group, 1);
    box_put(&box, 0);
    support_group_join(&group);
    box_must_be_idle(&box);
}
END_TEST

static void die(void *arg)
{
    if (box_tokens(arg) > 0)
        kill(getpid(), SIGKILL);
}

/* The sleeper that was woken is killed before it looks.  COUNT keeps its
 * place; all goes on. */
START_TEST(shared_sleeper_dies_when_chosen)
{
    struct box *shared = support_guarded(sizeof(*shared), true);
    struct taker taker = {.box = shared};
    pid_t child;

    begin(SHARED_SCOPE);
    box_init(shared, SHARED_SCOPE);
    support_watch("shared box", shared, sizeof(*shared));
    child = support_fork();
    if (child == 0) {
        seam.after_wait = die;
        seam.arg = shared;
        box_await(shared, WEIR_FOREVER);
        support_exit();
    }
    await_sleep_on(child, &shared->ec.word, NULL);
    box_release(shared, 0);
    support_reap_killed(child, SIGKILL);
    must_eq(box_word(shared), SYMMETRIC | WAKING | ONE);
    for (int i = 0; i < 5; i++) {
        must_eq(taker_await(&taker, WEIR_FOREVER), 0);
        must_eq(box_word(shared), SYMMETRIC | ONE);
        box_release(shared, 0);
        must_eq(box_word(shared), SYMMETRIC | WAKING | ONE);
    }
}
END_TEST

static void add_timed(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "timed");

    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, timed_out_takes_and_passes_on, 0, MODES);
    tcase_add_loop_test(tcase, the_last_to_leave_clears_the_way, 0, MODES);
    tcase_add_test(tcase, refused_passes_on_what_it_cannot_see);
    tcase_add_loop_test(tcase, giving_up_swallows_nothing, 0, MODES);
    tcase_add_loop_test(tcase, woken_and_late, 0, MODES);
    tcase = support_tcase(suite, "all");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, all_are_woken, 0, 2 * MODES);
    tcase_add_loop_test(tcase, all_means_those_about_to_sleep_too, 0,
                        2 * MODES);
    tcase = support_tcase(suite, "signal");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, stray_wakes_do_not_end_a_wait, 0, MODES);
    tcase_add_loop_test(tcase, signals_do_not_end_a_wait, 0, MODES);
    tcase = support_tcase(suite, "process");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_test(tcase, shared_recovers_from_a_stuck_wake);
    tcase_add_test(tcase, shared_recovers_from_an_untold_release);
    tcase_add_test(tcase, shared_sleeper_dies_when_chosen);
}

int main(void)
{
    Suite *suite = suite_create("eventcount wake-ups");
    TCase *tcase = support_tcase(suite, "uncontended");

    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, nobody_is_called, 0, MODES);
    tcase_add_loop_test(tcase, one_call_while_waking_stands, 0, MODES);
    tcase_add_loop_test(tcase, waking_in_vain_is_cleared, 0, REFUSED_LATE);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, four_tokens_one_call, 0, MODES);
    tcase_add_loop_test(tcase, release_while_a_wake_is_in_flight, 0, MODES);
    tcase_add_loop_test(tcase, leaving_with_success_swallows_nothing, 0, MODES);
    tcase_add_loop_test(tcase, leaving_keeps_anothers_wake_up, 0, MODES);
    tcase_add_loop_test(tcase, coming_passes_on, 0, MODES);
    tcase_add_loop_test(tcase, coming_clears_the_way, 0, MODES);
    tcase_add_loop_test(tcase, looking_clears_the_way, 0, MODES);
    add_timed(suite);
    return support_main(suite);
}
