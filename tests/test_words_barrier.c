/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The words of the barrier, from the inside: LEGAL and MOVES of the WORD
 * blocks in barrier.h, publications, and resets and aborts that overtake each
 * other.  What falls between decision and publication is in
 * test_words_barrier_decided.c, the wrap of the phases in
 * test_words_barrier_wrap.c.
 */
#include "test_words_barrier_kit.h"

/* --- api: LEGAL and MOVES --- */

START_TEST(sense_tells_a_phase)
{
    uint32_t phase = phases[_i];

    for (uint32_t sleepers = 0; sleepers <= SLEEPERS; sleepers++)
        for (uint32_t away = 1; away < 0x1fffffff; away += away / 2 + 1) {
            uint32_t now = phase << SENSE_PHASE_SHIFT | sleepers;
            uint32_t past = (phase - away) << SENSE_PHASE_SHIFT | sleepers;
            uint32_t next = (phase + away) << SENSE_PHASE_SHIFT | sleepers;

            must(weir_barrier_outcome_in_(now, phase) == UNDECIDED);
            must(weir_barrier_outcome_in_(now | FAILED, phase) == FAILED_PHASE);
            must(weir_barrier_outcome_in_(next, phase) == COMPLETED);
            must(weir_barrier_outcome_in_(next | FAILED, phase) == COMPLETED);
            must(weir_barrier_outcome_in_(past, phase) == UNDECIDED);
            must(weir_barrier_outcome_in_(past | FAILED, phase) == UNDECIDED);
            must(weir_barrier_is_before_(past | FAILED, now & ~SLEEPERS));
            must(!weir_barrier_is_before_(next, now & ~SLEEPERS));
            must(!weir_barrier_is_before_(now, now & ~SLEEPERS));
        }
}
END_TEST

static bool is_legal(uint64_t state, unsigned parties)
{
    if ((state & ABORTED) && !(state & RESETTING))
        return false;
    if ((state & RESETTING) &&
        (!(state & BROKEN) || weir_barrier_inside_(state) == 0))
        return false;
    return weir_barrier_inside_(state) <= parties;
}

/* What a move may do to what others see. */
static void check_move(uint64_t from, uint64_t to, unsigned parties)
{
    bool moves_on = weir_barrier_phase_of_(to) != weir_barrier_phase_of_(from);

    must(is_legal(to, parties));
    must(!moves_on || weir_barrier_phase_of_(to) ==
                          (weir_barrier_phase_of_(from) + 1) % 0x40000000u);
    /* A phase that broke stays until each of its threads has left. */
    must(!moves_on || weir_barrier_inside_(to) == 0);
    must(!moves_on || !(from & BROKEN) || weir_barrier_inside_(from) <= 1);
    must(moves_on || !(from & BROKEN) || (to & BROKEN));
    must(!weir_barrier_is_before_(weir_barrier_sense_of_(to),
                                  weir_barrier_sense_of_(from)));
}

/* All that can become of a state, one move each; how many. */
static unsigned moves_from(uint64_t from, unsigned parties, uint64_t to[8])
{
    unsigned n = 0;

    to[n++] = weir_barrier_after_break_(from);
    to[n++] = weir_barrier_after_reset_(from);
    if ((from & BROKEN) && weir_barrier_inside_(from) > 0)
        to[n++] = weir_barrier_after_leaving_(from);
    if (!(from & BROKEN) && weir_barrier_inside_(from) > 0)
        to[n++] = (from | BROKEN) - 1; /* a timeout */
    if (!(from & BROKEN) && weir_barrier_inside_(from) == parties)
        to[n++] = weir_barrier_next_phase_(from);
    if (!weir_barrier_is_refusing_(from) && !(from & RESETTING) &&
        weir_barrier_inside_(from) < parties) {
        to[n++] = from + 1;
        if (weir_barrier_inside_(from) + 1 == parties)
            to[n++] = weir_barrier_next_phase_(from);
    }
    return n;
}

#define REACHED 4096

/* Some phases from here on, by all moves in any order. */
START_TEST(moves_are_legal)
{
    static uint64_t reached[REACHED];
    unsigned parties = 1 + (unsigned)_i / PHASES;
    uint32_t first = phases[_i % PHASES];
    unsigned count = 1;

    reached[0] = (uint64_t)first << PHASE_SHIFT;
    for (unsigned i = 0; i < count; i++) {
        uint64_t to[8];
        unsigned n = moves_from(reached[i], parties, to);

        for (unsigned j = 0; j < n; j++) {
            bool known =
                ((weir_barrier_phase_of_(to[j]) - first) & 0x3fffffff) > 3;

            check_move(reached[i], to[j], parties);
            for (unsigned k = 0; k < count && !known; k++)
                known = reached[k] == to[j];
            must(count < REACHED);
            if (!known)
                reached[count++] = to[j];
        }
    }
    must(count >= 8 * parties);
}
END_TEST

/* --- uncontended: publishing --- */

START_TEST(a_late_publisher_changes_nothing)
{
    uint32_t phase = phases[_i];
    uint64_t old = (uint64_t)phase << PHASE_SHIFT;
    uint64_t new = weir_barrier_next_phase_(weir_barrier_next_phase_(old));

    begin(2, 0);
    preset(weir_barrier_phase_of_(new));
    for (int sleepers = 0; sleepers <= 1; sleepers++) {
        uint32_t before = sense();

        weir_barrier_publish_(&barrier, old);
        weir_barrier_publish_(&barrier, old | BROKEN);
        weir_barrier_publish_(&barrier, weir_barrier_next_phase_(old));
        weir_barrier_publish_(&barrier, weir_barrier_next_phase_(old) | BROKEN);
        weir_barrier_publish_(&barrier, new);
        must_eq(sense(), before);
        (void)weir_fetch_or_sc_(&barrier.sense, SLEEPERS);
    }
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

START_TEST(publishing_calls_if_somebody_sleeps)
{
    uint64_t now = (uint64_t)phases[_i] << PHASE_SHIFT;

    begin(2, 0);
    preset(phases[_i]);
    weir_barrier_publish_(&barrier, now | BROKEN);
    must_eq(sense(), weir_barrier_sense_of_(now | BROKEN));
    must_eq(seam_count(&seam_wakes), 0);
    (void)weir_fetch_or_sc_(&barrier.sense, SLEEPERS);
    weir_barrier_publish_(&barrier, weir_barrier_next_phase_(now));
    must_eq(sense(), weir_barrier_sense_of_(weir_barrier_next_phase_(now)));
    must_eq(seam_count(&seam_wakes), 1);
    weir_barrier_publish_(
        &barrier, weir_barrier_next_phase_(weir_barrier_next_phase_(now)));
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

START_TEST(resets_of_nobody)
{
    begin(2, scopes[_i]);
    must_eq(weir_barrier_reset(&barrier), 0);
    must_eq(arrivals(), 0);
    must_eq(weir_barrier_abort(&barrier), 0);
    must_eq(arrivals(), BROKEN);
    must_eq(sense(), FAILED);
    must(weir_barrier_broken(&barrier));
    must_eq(weir_barrier_abort(&barrier), 0);
    must_eq(arrivals(), BROKEN);
    must_eq(weir_barrier_wait(&barrier, NULL), ECANCELED);
    must_eq(arrivals(), BROKEN);
    must_eq(weir_barrier_reset(&barrier), 0);
    must_eq(arrivals(), PHASE_ONE);
    must_eq(sense(), 1u << SENSE_PHASE_SHIFT);
    must(!weir_barrier_broken(&barrier));
}
END_TEST

/* --- contended: phases, resets and aborts in words --- */

START_TEST(a_phase_in_words)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    uint32_t phase = phases[_i];
    support_group_t group;

    begin(3, 0);
    preset(phase);
    put_to_bed(&group, 2, wait_here, &waiting);
    must_eq(arrivals(), ((uint64_t)phase << PHASE_SHIFT) + 2);
    must_eq(sense(), phase << SENSE_PHASE_SHIFT | SLEEPERS);
    must_eq(weir_barrier_n_waiting(&barrier), 2);
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
    must_eq(arrivals(),
            weir_barrier_next_phase_((uint64_t)phase << PHASE_SHIFT));
    must_eq(sense(), (phase + 1) << SENSE_PHASE_SHIFT);
    must_eq(seam_count(&seam_wakes), 1);
    join(&group, &waiting, 0);
    must_eq(waiting.indexes[0] + waiting.indexes[1], 1);
}
END_TEST

/* Reset while some are inside, who do not run; abort after it; the newcomer
 * that waits for them to leave is refused at once. */
START_TEST(abort_while_resetting)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    struct waiting outside = {.deadline = WEIR_FOREVER};
    support_group_t group;
    support_group_t newcomer;

    begin(3, scopes[_i]);
    put_to_bed(&group, 2, wait_held, &waiting);
    must_eq(weir_barrier_reset(&barrier), 0);
    must_eq(arrivals(), BROKEN | RESETTING | 2);
    must_eq(weir_barrier_n_waiting(&barrier), 0);
    must(!weir_barrier_broken(&barrier));
    put_to_bed(&newcomer, 1, wait_here, &outside);
    must_eq(arrivals(), BROKEN | RESETTING | 2);
    must_eq(weir_barrier_abort(&barrier), 0);
    must_eq(arrivals(), BROKEN | RESETTING | ABORTED | 2);
    must(weir_barrier_broken(&barrier));
    must_eq(weir_barrier_wait(&barrier, NULL), ECANCELED);
    join(&newcomer, &outside, ECANCELED);
    must_eq(arrivals(), BROKEN | RESETTING | ABORTED | 2);
    flag_raise(&waiting.go);
    join(&group, &waiting, ECANCELED);
    must_eq(arrivals(), PHASE_ONE | BROKEN);
    must_eq(weir_barrier_reset(&barrier), 0);
    must_eq(arrivals(), 2 * PHASE_ONE);
}
END_TEST

/* And reset after that: whole again for those who come. */
START_TEST(reset_while_aborted_while_resetting)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    struct waiting outside = {.deadline = WEIR_FOREVER};
    support_group_t group;
    support_group_t newcomers;

    begin(3, scopes[_i]);
    put_to_bed(&group, 1, wait_held, &waiting);
    must_eq(weir_barrier_reset(&barrier), 0);
    must_eq(weir_barrier_abort(&barrier), 0);
    must_eq(weir_barrier_reset(&barrier), 0);
    must_eq(arrivals(), BROKEN | RESETTING | 1);
    put_to_bed(&newcomers, 3, wait_here, &outside);
    must_eq(arrivals(), BROKEN | RESETTING | 1);
    flag_raise(&waiting.go);
    join(&group, &waiting, ECANCELED);
    join(&newcomers, &outside, 0);
    must_eq(arrivals(), 2 * PHASE_ONE);
}
END_TEST

/* A newcomer that gives up while the old leave breaks what is to come. */
START_TEST(timeout_while_resetting)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    struct waiting outside = {.deadline = WEIR_FOREVER};
    support_group_t group;
    support_group_t newcomer;

    begin(3, scopes[_i]);
    put_to_bed(&group, 2, wait_held, &waiting);
    must_eq(weir_barrier_reset(&barrier), 0);
    put_to_bed(&newcomer, 1, wait_here, &outside);
    must_eq(weir_barrier_wait_until(&barrier, weir_after(1000000), NULL),
            ETIMEDOUT);
    must_eq(arrivals(), BROKEN | RESETTING | ABORTED | 2);
    join(&newcomer, &outside, ECANCELED);
    flag_raise(&waiting.go);
    join(&group, &waiting, ECANCELED);
    must_eq(arrivals(), PHASE_ONE | BROKEN);
}
END_TEST

/* A newcomer found the barrier as it was, and the sense as it is now: it
 * must not sleep on that, which may wait for it. */
static void wait_as_it_was(unsigned index, void *arg)
{
    struct waiting *waiting = arg;

    waiting->results[index] = weir_barrier_wait_outside_(
        &barrier, BROKEN | RESETTING | 1, weir_until_(WEIR_FOREVER));
}

START_TEST(outsiders_do_not_sleep_on_what_is_new)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(3, 0);
    weir_store_rlx_(&barrier.arrivals, BROKEN | RESETTING | 1);
    weir_store_rlx_(&barrier.sense, weir_barrier_sense_of_(PHASE_ONE));
    support_group_start(&group, 1, wait_as_it_was, &waiting);
    support_sleep_ns(2000000);
    must_eq(sense(), weir_barrier_sense_of_(PHASE_ONE));
    weir_store_rlx_(&barrier.arrivals, PHASE_ONE);
    join(&group, &waiting, 0);
    must_eq(seam_count(&seam_waits), 0);
}
END_TEST

/* It found the barrier decided, and that not published: it publishes, and
 * sleeps. */
START_TEST(outsiders_publish)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(3, scopes[_i]);
    weir_store_rlx_(&barrier.arrivals, BROKEN | RESETTING | 1);
    support_group_start(&group, 1, wait_as_it_was, &waiting);
    while (!(sense() & SLEEPERS))
        support_sleep_ns(50000);
    must_eq(sense(), weir_barrier_sense_of_(BROKEN) | SLEEPERS);
    weir_barrier_change_(&barrier, weir_barrier_after_leaving_);
    join(&group, &waiting, 0);
    must_eq(arrivals(), PHASE_ONE);
    must_eq(sense(), weir_barrier_sense_of_(PHASE_ONE));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words of the barrier");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, sense_tells_a_phase, 0, PHASES);
    tcase_add_loop_test(tcase, moves_are_legal, 0, 4 * PHASES);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, a_late_publisher_changes_nothing, 0, PHASES);
    tcase_add_loop_test(tcase, publishing_calls_if_somebody_sleeps, 0, PHASES);
    tcase_add_loop_test(tcase, resets_of_nobody, 0, SCOPES);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, a_phase_in_words, 0, PHASES);
    tcase_add_loop_test(tcase, abort_while_resetting, 0, SCOPES);
    tcase_add_loop_test(tcase, reset_while_aborted_while_resetting, 0, SCOPES);
    tcase_add_test(tcase, outsiders_do_not_sleep_on_what_is_new);
    tcase_add_loop_test(tcase, outsiders_publish, 0, SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, timeout_while_resetting, 0, SCOPES);
    return support_main(suite);
}
