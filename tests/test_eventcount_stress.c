/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Eventcount under load, by token accounting.  Releasers wait until (nearly)
 * all tokens are taken before they release the next, so that no later
 * release makes up for a lost one: then they wait for ever, sleepers sleep,
 * and the watchdog says where.  Chaos loses time in every window.
 */
#include "futex/eventcount.h"

#include <sched.h>

#include "base/tunables.h"
#include "test_eventcount_kit.h"
#include "test_far_kit.h"

static struct box box;
static struct far far;

struct load {
    unsigned takers, releasers;
    long tokens;    /* of each releaser */
    int32_t behind; /* tokens that releasers leave untaken */
    bool timed;     /* all takers but the first give up soon, and come again */
    bool quiet;     /* releasers notify for nothing, so that it relaxes */
    long taken[SUPPORT_THREADS_MAX];
    unsigned releasing;
};

static void catch_up(const struct load *load)
{
    for (unsigned looks = 0; box_tokens(&box) > load->behind; looks++)
        if (looks % 64 == 63)
            support_sleep_ns(20000);
        else
            sched_yield();
}

static void open_up(void)
{
    weir_store_rel_(&box.open, 1u);
    weir_compiler_barrier_();
    if (weir_load_rlx_(&box.ec.word) != 0)
        weir_eventcount_notify_all_(&box.ec, box.shared);
}

static void release_tokens(struct load *load, unsigned releaser)
{
    support_random_t random = support_random(releaser);

    for (long i = 0; i < load->tokens; i++) {
        support_note("token %lu of releaser %lu", (unsigned long)i, releaser);
        support_jitter(&random);
        box_release(&box, releaser);
        /* Where it shall be quiet: one for each, and then they are away. */
        for (unsigned j = 1; load->quiet && j < load->takers; j++)
            box_release(&box, releaser);
        catch_up(load);
        for (unsigned j = 0; load->quiet && j < WEIR_RELAX_QUIET; j++)
            box_tell(&box);
    }
    if (__atomic_sub_fetch(&load->releasing, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    load->behind = 0;
    catch_up(load);
    open_up();
}

static weir_deadline_t some_deadline(const struct load *load, unsigned index,
                                     support_random_t *random)
{
    if (!load->timed || index == 0)
        return WEIR_FOREVER;
    return weir_after(support_below(random, 4) * 20000);
}

static void take_tokens(struct load *load, unsigned index)
{
    support_random_t random = support_random(100 + index);

    for (;;) {
        weir_deadline_t deadline = some_deadline(load, index, &random);
        struct taker taker = {.box = &box};
        int result;

        support_note("taking its token %lu as %lu",
                     (unsigned long)load->taken[index], index);
        result = taker_await(&taker, deadline);
        must(result == 0 || (result == ETIMEDOUT && deadline != WEIR_FOREVER));
        must_eq(taker.taken, result == 0);
        if (weir_load_acq_(&box.open) != 0)
            return;
        if (result == 0)
            load->taken[index]++;
        support_jitter(&random);
        if (load->quiet)
            support_delay_ns(support_below(&random, 20000));
    }
}

static void run_load(unsigned index, void *arg)
{
    struct load *load = arg;

    if (index < load->takers)
        take_tokens(load, index);
    else
        release_tokens(load, index - load->takers);
}

static void run(struct load load)
{
    long taken = 0;

    support_watch("box", &box, sizeof(box));
    load.releasing = load.releasers;
    support_threads(load.takers + load.releasers, run_load, &load);
    for (unsigned i = 0; i < load.takers; i++)
        taken += load.taken[i];
    /* The last of them may have come back when the box was open. */
    must(taken <= weir_load_acq_(&box.taken));
    must_eq(box_tokens(&box), 0);
    box_must_be_idle(&box);
}

static void begin(int mode)
{
    box_init(&box, (enum mode)mode);
    seam_reset();
}

/* --- rounds with a fresh eventcount each: the race of a first sleeper --- */

struct rounds {
    unsigned threads; /* the last one releases */
    long rounds;
    enum mode mode;
    unsigned arrived;
    long round;
};

/* All meet here; spinning, so that they go on at the same moment. */
static void meet(struct rounds *rounds, long round)
{
    if (__atomic_add_fetch(&rounds->arrived, 1, __ATOMIC_ACQ_REL) ==
        rounds->threads) {
        rounds->arrived = 0;
        box_init(&box, rounds->mode);
        __atomic_store_n(&rounds->round, round, __ATOMIC_RELEASE);
    }
    for (unsigned i = 1;
         __atomic_load_n(&rounds->round, __ATOMIC_ACQUIRE) != round; i++)
        if (i % 256 == 0)
            sched_yield();
}

static void lose_moment(support_random_t *random)
{
    for (uint32_t i = support_below(random, 400); i > 0; i--)
        __asm__ volatile("" ::: "memory");
}

static void run_rounds(unsigned index, void *arg)
{
    struct rounds *rounds = arg;
    support_random_t random = support_random(index);

    for (long round = 1; round <= rounds->rounds; round++) {
        support_note("round %lu as %lu", (unsigned long)round, index);
        if (index == 0)
            far_claim(&far);
        meet(rounds, round);
        lose_moment(&random);
        if (index + 1 < rounds->threads) {
            must_eq(box_await(&box, WEIR_FOREVER), 0);
            continue;
        }
        far_stores(&far, support_below(&random, FAR_LINES + 1));
        for (unsigned i = 1; i < rounds->threads; i++)
            box_release(&box, 0);
    }
}

START_TEST(first_sleepers)
{
    struct rounds rounds = {.threads = 2 + (unsigned)_i / 3,
                            .rounds = support_scaled(10000),
                            .mode = (enum mode)(_i % 3)};

    support_watch("box", &box, sizeof(box));
    support_threads(rounds.threads, run_rounds, &rounds);
    must_eq(box_tokens(&box), 0);
    box_must_be_idle(&box);
}
END_TEST

/* --- load --- */

static const unsigned crowds[] = {1, 2, 3, 4, 5, 6, 7, 8, 32};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

/* Hazard B2: each number of sleepers; one token at a time. */
START_TEST(one_token_at_a_time)
{
    begin(_i % MODES);
    seam_chaos = true;
    run((struct load){.takers = crowds[_i / MODES],
                      .releasers = 1,
                      .tokens = support_scaled(2000)});
}
END_TEST

START_TEST(many_tokens)
{
    begin(_i % MODES);
    run((struct load){.takers = 1 + (unsigned)_i / MODES,
                      .releasers = 2,
                      .tokens = support_scaled(30000),
                      .behind = 16});
}
END_TEST

START_TEST(many_releasers)
{
    begin(_i % MODES);
    seam_chaos = true;
    run((struct load){.takers = 3,
                      .releasers = 2 + 2 * ((unsigned)_i / MODES),
                      .tokens = support_scaled(1000),
                      .behind = _i % 3});
}
END_TEST

/* Both ways between asymmetric and symmetric, as often as can be. */
START_TEST(back_and_forth)
{
    if (!box_can_be_asymmetric())
        return;
    begin(TOO_DEAR);
    seam_chaos = true;
    seam_relaxed = true;
    run((struct load){.takers = 1 + (unsigned)_i % 4,
                      .releasers = 1 + (unsigned)_i / 4,
                      .tokens = support_scaled(3000) *
                                (SUPPORT_SLOWDOWN >= 16 ? 4 : 1),
                      .quiet = true});
    must(seam_count(&seam_revokes) > 1);
}
END_TEST

/* At the rate that the clock allows. */
START_TEST(back_and_forth_in_time)
{
    if (!box_can_be_asymmetric())
        return;
    begin(TOO_DEAR);
    run((struct load){.takers = 1 + (unsigned)_i,
                      .releasers = 1,
                      .tokens = support_scaled(20000),
                      .quiet = true});
    must(seam_count(&seam_revokes) > 1);
}
END_TEST

/* Hazard B20: timeouts collide with releases; the untimed sleeper must not
 * be left alone with a token. */
START_TEST(timeouts_collide)
{
    begin(_i % MODES);
    seam_chaos = _i >= MODES;
    run((struct load){.takers = 4,
                      .releasers = 1,
                      .tokens = support_scaled(3000),
                      .timed = true});
}
END_TEST

/* Hazard B50. */
START_TEST(in_a_storm)
{
    begin(_i % MODES);
    support_storm_begin();
    run((struct load){.takers = 3,
                      .releasers = 2,
                      .tokens = support_scaled(2000),
                      .timed = _i >= MODES});
    support_storm_end();
}
END_TEST

/* Hazard B17. */
START_TEST(among_strays)
{
    begin(_i % MODES);
    support_stray_begin(&box.ec, sizeof(box.ec));
    run((struct load){.takers = 3,
                      .releasers = 2,
                      .tokens = support_scaled(2000),
                      .timed = _i >= MODES});
    support_stray_end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eventcount stress");
    TCase *tcase = support_tcase(suite, "first");

    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, first_sleepers, 0, 9);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, one_token_at_a_time, 0, CROWDS * MODES);
    tcase_add_loop_test(tcase, many_tokens, 0, 3 * MODES);
    tcase_add_loop_test(tcase, many_releasers, 0, 2 * MODES);
    tcase_add_loop_test(tcase, back_and_forth, 0, 8);
    tcase_add_loop_test(tcase, back_and_forth_in_time, 0, 2);
    tcase = support_tcase(suite, "timed");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, timeouts_collide, 0, 2 * MODES);
    tcase = support_tcase(suite, "signal");
    tcase_add_checked_fixture(tcase, NULL, box_restore);
    tcase_add_loop_test(tcase, in_a_storm, 0, 2 * MODES);
    tcase_add_loop_test(tcase, among_strays, 0, 2 * MODES);
    return support_main(suite);
}
