/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The words of the barrier, from the inside: LEGAL and MOVES of the WORD
 * blocks in barrier.c, which is compiled into this suite; the time between
 * decision and publication, made long by hand; and the wrap of the phases.
 */
#include "futex/barrier.c"

#include "test_seam_kit.h"

static weir_barrier_t barrier;

static uint64_t arrivals(void)
{
    return weir_load_sc_(&barrier.arrivals);
}

static uint32_t sense(void)
{
    return weir_load_sc_(&barrier.sense);
}

static void begin(unsigned parties, unsigned flags)
{
    seam_reset();
    must_eq(weir_barrier_init(&barrier, parties, flags), 0);
    support_watch("barrier", &barrier, sizeof(barrier));
}

static void end(void)
{
    seam_chaos = false;
}

/* In phase, empty and whole, as if so many had gone by. */
static void preset(uint32_t phase)
{
    weir_store_rlx_(&barrier.arrivals, (uint64_t)phase << PHASE_SHIFT);
    weir_store_rlx_(&barrier.sense, phase << SENSE_PHASE_SHIFT);
}

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

/* Near each end of the 30 bits, and where differences change their sign. */
static const uint32_t phases[] = {
    0,          1,          2,          0x1ffffffe, 0x1fffffff, 0x20000000,
    0x20000001, 0x2ffffffe, 0x3ffffffd, 0x3ffffffe, 0x3fffffff};
#define PHASES ((int)(sizeof(phases) / sizeof(phases[0])))

/* --- api: LEGAL and MOVES --- */

START_TEST(sense_tells_a_phase)
{
    uint32_t phase = phases[_i];

    for (uint32_t sleepers = 0; sleepers <= SLEEPERS; sleepers++)
        for (uint32_t away = 1; away < 0x1fffffff; away += away / 2 + 1) {
            uint32_t now = phase << SENSE_PHASE_SHIFT | sleepers;
            uint32_t past = (phase - away) << SENSE_PHASE_SHIFT | sleepers;
            uint32_t next = (phase + away) << SENSE_PHASE_SHIFT | sleepers;

            must(outcome_in(now, phase) == UNDECIDED);
            must(outcome_in(now | FAILED, phase) == FAILED_PHASE);
            must(outcome_in(next, phase) == COMPLETED);
            must(outcome_in(next | FAILED, phase) == COMPLETED);
            must(outcome_in(past, phase) == UNDECIDED);
            must(outcome_in(past | FAILED, phase) == UNDECIDED);
            must(is_before(past | FAILED, now & ~SLEEPERS));
            must(!is_before(next, now & ~SLEEPERS));
            must(!is_before(now, now & ~SLEEPERS));
        }
}
END_TEST

static bool is_legal(uint64_t state, unsigned parties)
{
    if ((state & ABORTED) && !(state & RESETTING))
        return false;
    if ((state & RESETTING) && (!(state & BROKEN) || inside(state) == 0))
        return false;
    return inside(state) <= parties;
}

/* What a move may do to what others see. */
static void check_move(uint64_t from, uint64_t to, unsigned parties)
{
    bool moves_on = phase_of(to) != phase_of(from);

    must(is_legal(to, parties));
    must(!moves_on || phase_of(to) == (phase_of(from) + 1) % 0x40000000u);
    /* A phase that broke stays until each of its threads has left. */
    must(!moves_on || inside(to) == 0);
    must(!moves_on || !(from & BROKEN) || inside(from) <= 1);
    must(moves_on || !(from & BROKEN) || (to & BROKEN));
    must(!is_before(sense_of(to), sense_of(from)));
}

/* All that can become of a state, one move each; how many. */
static unsigned moves_from(uint64_t from, unsigned parties, uint64_t to[8])
{
    unsigned n = 0;

    to[n++] = after_break(from);
    to[n++] = after_reset(from);
    if ((from & BROKEN) && inside(from) > 0)
        to[n++] = after_leaving(from);
    if (!(from & BROKEN) && inside(from) > 0)
        to[n++] = (from | BROKEN) - 1; /* a timeout */
    if (!(from & BROKEN) && inside(from) == parties)
        to[n++] = next_phase(from);
    if (!is_refusing(from) && !(from & RESETTING) && inside(from) < parties) {
        to[n++] = from + 1;
        if (inside(from) + 1 == parties)
            to[n++] = next_phase(from);
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
            bool known = ((phase_of(to[j]) - first) & 0x3fffffff) > 3;

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
    uint64_t new = next_phase(next_phase(old));

    begin(2, 0);
    preset(phase_of(new));
    for (int sleepers = 0; sleepers <= 1; sleepers++) {
        uint32_t before = sense();

        publish(&barrier, old);
        publish(&barrier, old | BROKEN);
        publish(&barrier, next_phase(old));
        publish(&barrier, next_phase(old) | BROKEN);
        publish(&barrier, new);
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
    publish(&barrier, now | BROKEN);
    must_eq(sense(), sense_of(now | BROKEN));
    must_eq(seam_count(&seam_wakes), 0);
    (void)weir_fetch_or_sc_(&barrier.sense, SLEEPERS);
    publish(&barrier, next_phase(now));
    must_eq(sense(), sense_of(next_phase(now)));
    must_eq(seam_count(&seam_wakes), 1);
    publish(&barrier, next_phase(next_phase(now)));
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

/* --- contended: waiters, held up where a test wants them --- */

struct waiting {
    int held; /* a waiter is back from its sleep, and has not looked */
    int go;
    weir_deadline_t deadline;
    int results[SUPPORT_THREADS_MAX];
    unsigned indexes[SUPPORT_THREADS_MAX];
};

static void hold(void *arg)
{
    struct waiting *waiting = arg;

    flag_raise(&waiting->held);
    flag_await(&waiting->go);
}

static void wait_here(unsigned index, void *arg)
{
    struct waiting *waiting = arg;

    support_note("waiting as %lu", index, 0);
    waiting->results[index] = keeps_errno(weir_barrier_wait_until(
        &barrier, waiting->deadline, &waiting->indexes[index]));
}

/* Shared sleepers look by themselves now and then, and would be held up too
 * soon where the machine is slow. */
static void wait_held(unsigned index, void *arg)
{
    seam.arg = arg;
    seam.patient = true;
    seam.after_wait = hold;
    seam.patient = true; /* or it would be held before it is woken */
    wait_here(index, arg);
}

static void put_to_bed(support_group_t *group, unsigned count,
                       support_body_t *body, struct waiting *waiting)
{
    support_group_start(group, count, body, waiting);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(group->tids[i], &barrier.sense, NULL);
}

static void join(support_group_t *group, const struct waiting *waiting,
                 int result)
{
    support_group_join(group);
    for (unsigned i = 0; i < group->count; i++)
        must_eq(waiting->results[i], result);
}

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
    must_eq(arrivals(), next_phase((uint64_t)phase << PHASE_SHIFT));
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

    waiting->results[index] =
        wait_outside(&barrier, BROKEN | RESETTING | 1, WEIR_FOREVER);
}

START_TEST(outsiders_do_not_sleep_on_what_is_new)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(3, 0);
    weir_store_rlx_(&barrier.arrivals, BROKEN | RESETTING | 1);
    weir_store_rlx_(&barrier.sense, sense_of(PHASE_ONE));
    support_group_start(&group, 1, wait_as_it_was, &waiting);
    support_sleep_ns(2000000);
    must_eq(sense(), sense_of(PHASE_ONE));
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
    must_eq(sense(), sense_of(BROKEN) | SLEEPERS);
    change(&barrier, after_leaving);
    join(&group, &waiting, 0);
    must_eq(arrivals(), PHASE_ONE);
    must_eq(sense(), sense_of(PHASE_ONE));
}
END_TEST

/* --- contended: between decision and publication --- */

/* The last arriver is killed before it publishes; shared sleepers look at
 * the decision themselves. */
START_TEST(shared_sleepers_look_behind)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(4, WEIR_SHARED);
    preset(phases[_i]);
    put_to_bed(&group, 3, wait_here, &waiting);
    weir_store_rlx_(&barrier.arrivals, next_phase(arrivals()));
    join(&group, &waiting, 0);
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

START_TEST(shared_sleepers_see_an_unpublished_break)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    support_group_t group;

    begin(4, WEIR_SHARED);
    preset(phases[_i]);
    put_to_bed(&group, 3, wait_here, &waiting);
    weir_store_rlx_(&barrier.arrivals, arrivals() | BROKEN);
    join(&group, &waiting, ECANCELED);
    must_eq(arrivals(), (uint64_t)phases[_i] << PHASE_SHIFT | BROKEN);
}
END_TEST

/* The publisher of a phase is stopped; whoever publishes the next one lets
 * the sleepers of both go.  Then it runs again, and changes nothing. */
START_TEST(a_later_publisher_releases_all)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    struct waiting later = {.deadline = WEIR_FOREVER};
    uint64_t decided;
    support_group_t group;
    support_group_t next;

    begin(3, 0);
    preset(phases[_i]);
    put_to_bed(&group, 2, wait_here, &waiting);
    decided = next_phase(arrivals());
    weir_store_rlx_(&barrier.arrivals, decided);
    put_to_bed(&next, 2, wait_here, &later);
    must_eq(arrivals(), decided + 2);
    must_eq(sense(), phases[_i] << SENSE_PHASE_SHIFT | SLEEPERS);
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
    join(&group, &waiting, 0);
    join(&next, &later, 0);
    publish(&barrier, decided);
    must_eq(sense(), sense_of(next_phase(decided)));
}
END_TEST

/* The same, but it runs again before the next phase is complete: sleepers of
 * that one go back to sleep. */
START_TEST(a_late_publisher_releases_its_own)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    struct waiting later = {.deadline = WEIR_FOREVER};
    uint64_t decided;
    support_group_t group;
    support_group_t next;

    begin(3, 0);
    preset(phases[_i]);
    put_to_bed(&group, 2, wait_here, &waiting);
    decided = next_phase(arrivals());
    weir_store_rlx_(&barrier.arrivals, decided);
    put_to_bed(&next, 2, wait_here, &later);
    publish(&barrier, decided);
    join(&group, &waiting, 0);
    while (!(sense() & SLEEPERS))
        support_sleep_ns(50000);
    must_eq(sense(), sense_of(decided) | SLEEPERS);
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
    join(&next, &later, 0);
}
END_TEST

/* --- contended: what falls into the window before a sleep --- */

static void arrive_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
}

static void abort_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_barrier_abort(&barrier), 0);
}

static void reset_here(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_barrier_reset(&barrier), 0);
}

START_TEST(decided_before_the_sleep)
{
    static seam_hook_t *const hooks[] = {arrive_here, abort_here, reset_here};
    seam_hook_t *hook = hooks[_i / SCOPES];

    begin(2, scopes[_i % SCOPES]);
    seam.before_wait = hook;
    must_eq(weir_barrier_wait(&barrier, NULL),
            hook == arrive_here ? 0 : ECANCELED);
    must_eq(inside(arrivals()), 0);
    must(weir_barrier_broken(&barrier) == (hook == abort_here));
}
END_TEST

/* --- timed: what falls between a timeout and its consequence --- */

static void arrive_late(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_barrier_wait(&barrier, NULL), 0);
}

static void abort_late(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_barrier_abort(&barrier), 0);
}

static void reset_late(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_barrier_reset(&barrier), 0);
}

/* Its deadline has passed in the sleep, but the phase is decided before it
 * can break it: all of a phase get the same. */
START_TEST(decided_before_the_timeout)
{
    static seam_hook_t *const hooks[] = {arrive_late, abort_late, reset_late};
    seam_hook_t *hook = hooks[_i / SCOPES];

    begin(2, scopes[_i % SCOPES]);
    seam.after_wait = hook;
    must_eq(weir_barrier_wait_until(&barrier, WEIR_NOW, NULL),
            hook == arrive_late ? 0 : ECANCELED);
    must_eq(inside(arrivals()), 0);
    must(weir_barrier_broken(&barrier) == (hook == abort_late));
}
END_TEST

/* A timeout, at the very step that would break the barrier. */
START_TEST(timeouts_lose_against_decisions)
{
    uint64_t now = (uint64_t)phases[_i] << PHASE_SHIFT;

    begin(3, 0);
    preset(phases[_i]);
    weir_store_rlx_(&barrier.arrivals, next_phase(now));
    must_eq(time_out(&barrier, phases[_i]), 0);
    must_eq(arrivals(), next_phase(now));
    weir_store_rlx_(&barrier.arrivals, next_phase(now) | BROKEN | 2);
    must_eq(time_out(&barrier, phases[_i]), 0);
    must_eq(arrivals(), next_phase(now) | BROKEN | 2);
    weir_store_rlx_(&barrier.arrivals, now | BROKEN | 2);
    must_eq(time_out(&barrier, phases[_i]), ECANCELED);
    must_eq(arrivals(), now | BROKEN | 1);
    preset(phases[_i]);
    weir_store_rlx_(&barrier.arrivals, now | 2);
    must_eq(time_out(&barrier, phases[_i]), ETIMEDOUT);
    must_eq(arrivals(), now | BROKEN | 1);
    must_eq(sense(), sense_of(now | BROKEN));
}
END_TEST

START_TEST(a_timeout_in_words)
{
    struct waiting waiting = {.deadline = WEIR_FOREVER};
    uint64_t now = (uint64_t)phases[_i] << PHASE_SHIFT;
    support_group_t group;

    begin(4, 0);
    preset(phases[_i]);
    put_to_bed(&group, 2, wait_held, &waiting);
    must_eq(weir_barrier_wait_until(&barrier, WEIR_NOW, NULL), ETIMEDOUT);
    must_eq(arrivals(), now | BROKEN | 2);
    must_eq(sense(), sense_of(now) | FAILED);
    flag_raise(&waiting.go);
    join(&group, &waiting, ECANCELED);
    must_eq(arrivals(), now | BROKEN);
}
END_TEST

/* --- wrap --- */

struct lap {
    long phases;
    unsigned parties;
    bool timed;
};

static void run_laps(unsigned index, void *arg)
{
    const struct lap *lap = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < lap->phases; i++) {
        support_note("phase %lu", (unsigned long)i, 0);
        must_eq(weir_barrier_wait_until(
                    &barrier,
                    lap->timed ? weir_after(INT64_C(1) << 40) : WEIR_FOREVER,
                    NULL),
                0);
        support_jitter(&random);
    }
}

/* From just before each edge, past it. */
START_TEST(phases_wrap)
{
    struct lap lap = {.phases = 40, .parties = 2 + (unsigned)_i / PHASES % 3};

    for (int scope = 0; scope < SCOPES; scope++) {
        begin(lap.parties, scopes[scope]);
        preset((phases[_i % PHASES] - 20) & 0x3fffffff);
        seam_chaos = true;
        lap.timed = scope == 0;
        support_threads(lap.parties, run_laps, &lap);
        must_eq(phase_of(arrivals()), (phases[_i % PHASES] + 20) & 0x3fffffff);
        must_eq(inside(arrivals()), 0);
        must_eq(sense() & ~SLEEPERS, sense_of(arrivals()));
    }
}
END_TEST

/* Broken and reset across the edge. */
START_TEST(breaks_wrap)
{
    begin(2, 0);
    preset((phases[_i] - 5) & 0x3fffffff);
    for (int i = 0; i < 10; i++) {
        struct waiting waiting = {.deadline = WEIR_FOREVER};
        support_group_t group;

        put_to_bed(&group, 1, wait_here, &waiting);
        if (i % 2 == 0)
            must_eq(weir_barrier_abort(&barrier), 0);
        must_eq(weir_barrier_reset(&barrier), 0);
        join(&group, &waiting, ECANCELED);
        must_eq(phase_of(arrivals()),
                (phases[_i] - 4 + (unsigned)i) & 0x3fffffff);
        must(!weir_barrier_broken(&barrier));
        must_eq(sense() & ~SLEEPERS, sense_of(arrivals()));
    }
}
END_TEST

/* More threads than parties: each set of arrivals is a phase. */
static void run_crowd(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    long *arrivals_left = arg;

    while (__atomic_sub_fetch(arrivals_left, 1, __ATOMIC_RELAXED) >= 0) {
        must_eq(weir_barrier_wait(&barrier, NULL), 0);
        support_jitter(&random);
    }
}

START_TEST(crowds_wrap)
{
    uint32_t laps = support_scaled(1000);
    long arrivals_left = 2 * (long)laps;

    begin(2, scopes[_i]);
    preset(0x40000000u - 20);
    seam_chaos = true;
    support_threads(7, run_crowd, &arrivals_left);
    must_eq(phase_of(arrivals()), laps - 20);
    must_eq(arrivals() << (64 - PHASE_SHIFT), 0);
}
END_TEST

/* --- signal (hazard B50) --- */

START_TEST(storms_decide_nothing)
{
    struct lap lap = {.phases = support_scaled(400), .parties = 3};

    begin(lap.parties, scopes[_i]);
    support_storm_begin();
    support_stray_begin(&barrier.sense, sizeof(barrier.sense));
    support_threads(lap.parties, run_laps, &lap);
    support_stray_end();
    support_storm_end();
    must_eq(phase_of(arrivals()), lap.phases);
}
END_TEST

static void add_contended(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, a_phase_in_words, 0, PHASES);
    tcase_add_loop_test(tcase, abort_while_resetting, 0, SCOPES);
    tcase_add_loop_test(tcase, reset_while_aborted_while_resetting, 0, SCOPES);
    tcase_add_test(tcase, outsiders_do_not_sleep_on_what_is_new);
    tcase_add_loop_test(tcase, outsiders_publish, 0, SCOPES);
    tcase_add_loop_test(tcase, shared_sleepers_look_behind, 0, PHASES);
    tcase_add_loop_test(tcase, shared_sleepers_see_an_unpublished_break, 0,
                        PHASES);
    tcase_add_loop_test(tcase, a_later_publisher_releases_all, 0, PHASES);
    tcase_add_loop_test(tcase, a_late_publisher_releases_its_own, 0, PHASES);
    tcase_add_loop_test(tcase, decided_before_the_sleep, 0, 3 * SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, timeout_while_resetting, 0, SCOPES);
    tcase_add_loop_test(tcase, decided_before_the_timeout, 0, 3 * SCOPES);
    tcase_add_loop_test(tcase, timeouts_lose_against_decisions, 0, PHASES);
    tcase_add_loop_test(tcase, a_timeout_in_words, 0, PHASES);
}

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
    add_contended(suite);
    tcase = support_tcase(suite, "wrap");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, phases_wrap, 0, 3 * PHASES);
    tcase_add_loop_test(tcase, breaks_wrap, 0, PHASES);
    tcase_add_loop_test(tcase, crowds_wrap, 0, SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, storms_decide_nothing, 0, SCOPES);
    return support_main(suite);
}
