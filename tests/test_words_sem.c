/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of the semaphore, from the inside: LEGAL and MOVES of the WORD
 * block in sem.c, which is compiled into this suite, and the windows of its
 * proof, made long by hand.
 */
#include "futex/sem.c"

#include "test_seam_kit.h"

static weir_sem_t sem;

static uint64_t state(void)
{
    return weir_load_sc_(&sem.state);
}

static void begin(unsigned value, unsigned max, unsigned flags)
{
    seam_reset();
    must_eq(weir_sem_init(&sem, value, max, flags), 0);
    support_watch("semaphore", &sem, sizeof(sem));
}

static void end(void)
{
    seam_chaos = false;
    seam_check = NULL;
}

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

/* --- api: LEGAL and MOVES --- */

static const unsigned maxima[] = {0, 1, 2, 5, WEIR_SEM_MAX - 1, WEIR_SEM_MAX};
#define MAXIMA ((int)(sizeof(maxima) / sizeof(maxima[0])))

static bool is_legal(uint64_t word)
{
    return (word & VALUE) + (word >> LESS_SHIFT & VALUE) <= WEIR_SEM_MAX &&
           (!(word & WAITERS) || (word & VALUE) == 0);
}

/* All but the lower half stays. */
static void check_move(uint64_t from, uint64_t to)
{
    must(is_legal(to));
    must(from >> 32 == to >> 32);
}

/* From each state near the ends of the permits, each move. */
static void check_moves_from(uint64_t from, unsigned max)
{
    unsigned value = (unsigned)(from & VALUE);
    static const unsigned counts[] = {1, 2, 3, WEIR_SEM_MAX - 1, WEIR_SEM_MAX};

    must(is_legal(from));
    must_eq(room(from), max - value);
    must_eq(weir_sem_is_full_(from), max == value);
    must_eq(has_permit(from), value != 0);
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        uint64_t to = state_posted(from, counts[i]);

        if (counts[i] > room(from))
            continue;
        check_move(from, to);
        must_eq(to & VALUE, value + counts[i]);
        must(!(to & WAITERS));
    }
    if (value != 0) {
        uint64_t to = state_taken_after_sleep(from);

        check_move(from, to);
        check_move(from, from - 1);
        must_eq(to & VALUE, value - 1);
        must_eq((to & WAITERS) != 0, value == 1);
    } else {
        check_move(from, from | WAITERS);
    }
}

START_TEST(moves_are_legal)
{
    unsigned max = maxima[_i / SCOPES];

    for (unsigned i = 0; i < 8 && i <= max; i++) {
        begin(i, max, scopes[_i % SCOPES]);
        check_moves_from(state(), max);
        begin(max - i, max, scopes[_i % SCOPES]);
        check_moves_from(state(), max);
    }
    begin(0, max, scopes[_i % SCOPES]);
    check_moves_from(state() | WAITERS, max);
}
END_TEST

/* --- uncontended --- */

START_TEST(nobody_is_called_in_vain)
{
    begin(0, WEIR_SEM_MAX, scopes[_i]);
    for (unsigned i = 0; i < 1000; i++) {
        must_eq(i % 2 ? weir_sem_post(&sem) : weir_sem_post_n(&sem, 1), 0);
        must_eq(i % 3 ? weir_sem_wait(&sem) : weir_sem_trywait(&sem), 0);
    }
    must_eq(seam_count(&seam_wakes), 0);
    must_eq(seam_count(&seam_waits), 0);
    must_eq(state() & (VALUE | WAITERS), 0);
}
END_TEST

/* A mark in vain costs one call, once. */
START_TEST(a_stale_mark_costs_one_call)
{
    begin(0, 3, scopes[_i]);
    must_eq(weir_sem_wait_slow_(&sem, 1), ETIMEDOUT);
    must(state() & WAITERS);
    for (int i = 0; i < 3; i++)
        must_eq(weir_sem_post(&sem), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(state() & (VALUE | WAITERS), 3);
}
END_TEST

/* --- contended: waiters, held up where a test wants them --- */

struct waiting {
    int held; /* a waiter is back from its sleep, and has not looked */
    int go;
    int over; /* waits that have returned */
    weir_deadline_t deadline;
    int results[SUPPORT_THREADS_MAX];
};

static void hold(void *arg)
{
    struct waiting *w = arg;

    seam.after_wait = NULL;
    flag_raise(&w->held);
    flag_await(&w->go);
}

/* Sleeps at least once, also if its deadline has passed. */
static void wait_in_slices(unsigned index, void *arg)
{
    struct waiting *w = arg;

    support_note("waiting as %lu", index, 0);
    w->results[index] = keeps_errno(weir_sem_wait_slow_(&sem, w->deadline));
    __atomic_fetch_add(&w->over, 1, __ATOMIC_SEQ_CST);
}

/* Shared sleepers look by themselves now and then, which is too soon where the
 * machine is slow: these sleep until they are woken. */
static void wait_here(unsigned index, void *arg)
{
    seam.patient = true;
    wait_in_slices(index, arg);
}

static void wait_held(unsigned index, void *arg)
{
    seam.arg = arg;
    seam.after_wait = hold;
    wait_here(index, arg);
}

static void put_to_bed(support_group_t *group, unsigned count,
                       support_body_t *body, struct waiting *w)
{
    support_group_start(group, count, body, w);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(group->tids[i], &sem.state, NULL);
}

static unsigned overs(const struct waiting *w)
{
    return (unsigned)__atomic_load_n(&w->over, __ATOMIC_SEQ_CST);
}

static void join(support_group_t *group, const struct waiting *w)
{
    support_group_join(group);
    for (unsigned i = 0; i < group->count; i++)
        must_eq(w->results[i], 0);
}

START_TEST(a_wait_in_words)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(0, 9, scopes[_i]);
    put_to_bed(&group, 1, wait_here, &w);
    must_eq(state() & (VALUE | WAITERS), WAITERS);
    must_eq(weir_sem_value(&sem), 0);
    must_eq(weir_sem_trywait(&sem), EAGAIN);
    must_eq(weir_sem_post(&sem), 0);
    join(&group, &w);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_load_rlx_(&seam_woken), 1);
    must_eq(weir_load_rlx_(&seam_woken_shared), _i == 1);
    /* For those behind it, of whom it knows nothing. */
    must_eq(state() & (VALUE | WAITERS), WAITERS);
}
END_TEST

START_TEST(many_are_called_at_once)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(0, 9, scopes[_i]);
    put_to_bed(&group, 4, wait_here, &w);
    must_eq(weir_sem_post_n(&sem, 3), 0);
    must_eq(weir_load_rlx_(&seam_woken_shared), _i == 1);
    while (overs(&w) < 3)
        support_sleep_ns(50000);
    must_eq(weir_sem_post(&sem), 0);
    join(&group, &w);
    must_eq(state() & VALUE, 0);
}
END_TEST

/* A refused post leaves all as it is, the mark too, and calls nobody. */
START_TEST(refused_beside_sleepers)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;
    uint64_t before;

    begin(0, 1, scopes[_i]);
    put_to_bed(&group, 1, wait_here, &w);
    before = state();
    must_eq(weir_sem_post_n(&sem, 2), EOVERFLOW);
    must_eq(weir_sem_post_n(&sem, 0), EINVAL);
    must_eq(state(), before);
    must_eq(seam_count(&seam_wakes), 0);
    must_eq(weir_sem_post(&sem), 0);
    join(&group, &w);
}
END_TEST

/* Hazard B7: what is posted while a wake-up is in flight makes no call, and
 * is found by the one that was woken, and passed on by it, from one to the
 * next. */
START_TEST(silent_posts_are_passed_on)
{
    struct waiting first = {.deadline = WEIR_FOREVER};
    struct waiting rest = {.deadline = WEIR_FOREVER};
    support_group_t group, behind;

    support_storm_waive(); /* a sleeper that looks again takes what is there */
    begin(0, 9, scopes[_i]);
    put_to_bed(&group, 1, wait_held, &first);
    put_to_bed(&behind, 3, wait_here, &rest);
    must_eq(weir_sem_post(&sem), 0);
    flag_await(&first.held);
    must_eq(weir_sem_post(&sem), 0);
    must_eq(weir_sem_post_n(&sem, 2), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(state() & (VALUE | WAITERS), 4);
    flag_raise(&first.go);
    join(&group, &first);
    join(&behind, &rest);
    must_eq(state() & VALUE, 0);
}
END_TEST

/* Hazard B6: woken, and another was faster: it marks the word again, for
 * itself and for those behind it. */
START_TEST(an_overtaken_sleeper_marks_again)
{
    struct waiting first = {.deadline = WEIR_FOREVER};
    struct waiting rest = {.deadline = WEIR_FOREVER};
    support_group_t group, behind;

    support_storm_waive(); /* a sleeper that looks again takes what is there */
    begin(0, 9, scopes[_i]);
    put_to_bed(&group, 1, wait_held, &first);
    put_to_bed(&behind, 1, wait_here, &rest);
    must_eq(weir_sem_post(&sem), 0);
    flag_await(&first.held);
    must_eq(weir_sem_trywait(&sem), 0);
    must_eq(state() & (VALUE | WAITERS), 0);
    flag_raise(&first.go);
    await_sleep_on(group.tids[0], &sem.state, NULL);
    must_eq(state() & (VALUE | WAITERS), WAITERS);
    must_eq(weir_sem_post_n(&sem, 2), 0);
    join(&group, &first);
    join(&behind, &rest);
}
END_TEST

/* Hazard B20: woken when its deadline has passed, and another was faster.  It
 * must not just go: the other sleeper depends on it. */
START_TEST(woken_too_late_makes_good)
{
    struct waiting first = {.deadline = 1};
    struct waiting rest = {.deadline = WEIR_FOREVER};
    support_group_t group, behind;

    support_storm_waive(); /* a sleeper that looks again takes what is there */
    begin(0, 9, scopes[_i]);
    /* Patient in its first sleep: it is woken, whatever its deadline. */
    put_to_bed(&group, 1, wait_held, &first);
    put_to_bed(&behind, 1, wait_here, &rest);
    must_eq(weir_sem_post(&sem), 0);
    flag_await(&first.held);
    must_eq(weir_sem_trywait(&sem), 0);
    flag_raise(&first.go);
    while (!(state() & WAITERS))
        support_sleep_ns(50000);
    must_eq(weir_sem_post_n(&sem, 2), 0);
    join(&behind, &rest);
    join(&group, &first);
}
END_TEST

/* The same, and it really sleeps until its deadline, and goes. */
static void hold_then_be_impatient(void *arg)
{
    hold(arg);
    seam.patient = false;
}

static void wait_held_once(unsigned index, void *arg)
{
    seam.arg = arg;
    seam.after_wait = hold_then_be_impatient;
    wait_here(index, arg);
}

START_TEST(woken_too_late_times_out)
{
    struct waiting first = {.deadline = 1};
    struct waiting rest = {.deadline = WEIR_FOREVER};
    support_group_t group, behind;

    support_storm_waive(); /* a sleeper that looks again takes what is there */
    begin(0, 9, scopes[_i]);
    put_to_bed(&group, 1, wait_held_once, &first);
    put_to_bed(&behind, 1, wait_here, &rest);
    must_eq(weir_sem_post(&sem), 0);
    flag_await(&first.held);
    must_eq(weir_sem_trywait(&sem), 0);
    flag_raise(&first.go);
    support_group_join(&group);
    must_eq(first.results[0], ETIMEDOUT);
    must_eq(state() & (VALUE | WAITERS), WAITERS);
    must_eq(weir_sem_post(&sem), 0);
    join(&behind, &rest);
}
END_TEST

/* --- contended: what falls into the window before a sleep --- */

static void post_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_sem_post(&sem), 0);
}

static void wait_behind_a_post(unsigned index, void *arg)
{
    seam.before_wait = post_here;
    wait_here(index, arg);
}

START_TEST(posted_before_the_sleep)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(0, 9, scopes[_i]);
    support_group_start(&group, 1, wait_behind_a_post, &w);
    join(&group, &w);
    must_eq(seam_count(&seam_waits), 1);
    must_eq(state() & VALUE, 0);
}
END_TEST

/* Hazards B3, B7: from 0 to 1 and back to 0.  The word is without its mark, so
 * that it does not sleep on it. */
static void post_and_take_here(void *arg)
{
    post_here(arg);
    must_eq(weir_sem_trywait(&sem), 0);
    must_eq(state() & (VALUE | WAITERS), 0);
}

static void wait_behind_both(unsigned index, void *arg)
{
    seam.before_wait = post_and_take_here;
    wait_here(index, arg);
}

/* And with the mark: another has come to wait, and gone. */
static void bring_the_word_back(void *arg)
{
    uint64_t before = state();

    post_and_take_here(arg);
    seam.patient = false;
    must_eq(weir_sem_wait_slow_(&sem, 1), ETIMEDOUT);
    seam.patient = true;
    must_eq(state(), before);
}

static void wait_behind_another(unsigned index, void *arg)
{
    seam.before_wait = bring_the_word_back;
    wait_here(index, arg);
}

START_TEST(a_semaphore_comes_back)
{
    static support_body_t *const bodies[] = {wait_behind_both,
                                             wait_behind_another};
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(0, 9, scopes[_i % SCOPES]);
    put_to_bed(&group, 1, bodies[_i / SCOPES], &w);
    must_eq(state() & (VALUE | WAITERS), WAITERS);
    must_eq(weir_sem_post(&sem), 0);
    join(&group, &w);
}
END_TEST

/* Hazard B12: nobody sleeps on a word that tells posts to make no call. */
static void must_be_marked(const volatile void *word, uint32_t expected)
{
    must(word == (const volatile void *)weir_low_half_(&sem.state));
    must_eq(expected, (uint32_t)WAITERS);
}

START_TEST(sleeps_on_marked_words)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(0, 9, scopes[_i]);
    seam_check = must_be_marked;
    support_group_start(&group, 4, wait_here, &w);
    for (int i = 0; i < 4; i++) {
        support_sleep_ns(200000);
        must_eq(weir_sem_post(&sem), 0);
    }
    join(&group, &w);
}
END_TEST

/* --- signal: between the step of a post and its call --- */

/* As a handler of the poster's would. */
static void post_in_between(void *arg)
{
    (void)arg;
    seam.before_wake = NULL;
    must_eq(weir_sem_post(&sem), 0);
    must_eq(seam_count(&seam_wakes), 1); /* that which is to come */
}

/* Hazard B7: a post is interrupted before its call, by a handler that posts:
 * both sleepers are let in. */
START_TEST(interrupted_in_the_post)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    support_storm_waive(); /* a sleeper that looks again takes what is there */
    begin(0, 9, scopes[_i]);
    put_to_bed(&group, 2, wait_here, &w);
    seam.before_wake = post_in_between;
    must_eq(weir_sem_post(&sem), 0);
    join(&group, &w);
    must_eq(state() & VALUE, 0);
}
END_TEST

struct gap {
    struct waiting *late;
    support_group_t *group;
};

/* Takes back what was posted, and another comes to sleep. */
static void take_and_sleep_in_between(void *arg)
{
    struct gap *gap = arg;

    seam.before_wake = NULL;
    must_eq(weir_sem_trywait(&sem), 0);
    put_to_bed(gap->group, 1, wait_here, gap->late);
}

/* The call comes late, and wakes one that it was not for, or one for whom
 * there is nothing: they sleep again, with the mark. */
START_TEST(a_late_call)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    struct waiting late = {.deadline = WEIR_FOREVER};
    support_group_t group, other;
    struct gap gap = {&late, &other};

    support_storm_waive(); /* a sleeper that looks again takes what is there */
    begin(0, 9, scopes[_i]);
    put_to_bed(&group, 1, wait_here, &w);
    seam.arg = &gap;
    seam.before_wake = take_and_sleep_in_between;
    must_eq(weir_sem_post(&sem), 0);
    for (unsigned i = 1; i <= 2; i++) {
        await_sleep_on(group.tids[0], &sem.state, &w.over);
        await_sleep_on(other.tids[0], &sem.state, &late.over);
        must(state() & WAITERS);
        must_eq(weir_sem_post(&sem), 0);
        while (overs(&w) + overs(&late) < i)
            support_sleep_ns(50000);
    }
    join(&group, &w);
    join(&other, &late);
}
END_TEST

/* --- shared: a call that never comes --- */

/* The poster dies between its step and its call. */
START_TEST(shared_sleepers_look_again)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    support_storm_waive(); /* a sleeper that looks between posts marks again */
    begin(0, 9, WEIR_SHARED);
    put_to_bed(&group, 2, wait_in_slices, &w);
    seam.mute = true;
    must_eq(weir_sem_post(&sem), 0);
    must_eq(weir_sem_post(&sem), 0);
    must_eq(seam_count(&seam_wakes), 1);
    join(&group, &w);
}
END_TEST

/* The one that was woken dies, and takes the wake-up along: the other marks
 * the word again. */
START_TEST(shared_sleepers_mark_again)
{
    struct waiting w = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(0, 9, WEIR_SHARED);
    put_to_bed(&group, 1, wait_in_slices, &w);
    (void)weir_fetch_and_sc_(&sem.state, ~WAITERS);
    while (!(state() & WAITERS))
        support_sleep_ns(1000000);
    must_eq(weir_sem_post(&sem), 0);
    must_eq(seam_count(&seam_wakes), 1);
    join(&group, &w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words of the semaphore");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, moves_are_legal, 0, MAXIMA * SCOPES);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_loop_test(tcase, nobody_is_called_in_vain, 0, SCOPES);
    tcase_add_loop_test(tcase, a_stale_mark_costs_one_call, 0, SCOPES);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, a_wait_in_words, 0, SCOPES);
    tcase_add_loop_test(tcase, many_are_called_at_once, 0, SCOPES);
    tcase_add_loop_test(tcase, refused_beside_sleepers, 0, SCOPES);
    tcase_add_loop_test(tcase, silent_posts_are_passed_on, 0, SCOPES);
    tcase_add_loop_test(tcase, an_overtaken_sleeper_marks_again, 0, SCOPES);
    tcase_add_loop_test(tcase, woken_too_late_makes_good, 0, SCOPES);
    tcase_add_loop_test(tcase, woken_too_late_times_out, 0, SCOPES);
    tcase_add_loop_test(tcase, posted_before_the_sleep, 0, SCOPES);
    tcase_add_loop_test(tcase, a_semaphore_comes_back, 0, SCOPES * 2);
    tcase_add_loop_test(tcase, sleeps_on_marked_words, 0, SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, interrupted_in_the_post, 0, SCOPES);
    tcase_add_loop_test(tcase, a_late_call, 0, SCOPES);
    tcase = support_tcase(suite, "shared");
    tcase_add_test(tcase, shared_sleepers_look_again);
    tcase_add_test(tcase, shared_sleepers_mark_again);
    return support_main(suite);
}
