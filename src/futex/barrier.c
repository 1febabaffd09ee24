/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: central and sense-reversing [MCS91], with the timeouts, breaking
 * and resetting of Python's.  Arrivals are counted in one word; what happens
 * to a phase, completed or broken, is decided there, by one compare-and-swap.
 * The decision is then published in a second word, the sense, on a line of
 * its own, which is all that waiting threads read and sleep on.
 *
 * WORD weir_barrier_t.arrivals, 64 bits, not slept on, initial: 0
 *  bits   name       meaning                     set by     cleared by
 *  0-30   INSIDE     parties that have arrived   arrival    completion; broken:
 *                    and not left                           each that leaves
 *  31     BROKEN     INSIDE are to leave         break      end of a reset
 *  32     RESETTING  whole again when INSIDE is  reset      the last to leave
 *                    0; only with BROKEN
 *  33     ABORTED    broken again when INSIDE    abort      the last to leave,
 *                    is 0; with RESETTING only              or reset
 *  34-63  PHASE      which phase this is         -          -
 *  LEGAL  INSIDE < parties while it fills; == parties while the action runs
 *  MOVES  arrive    INSIDE + 1 | complete  PHASE + 1, INSIDE 0
 *         break     + BROKEN, but RESETTING > + ABORTED
 *         leave     (broken) INSIDE - 1
 *         reset     INSIDE > 0: + BROKEN + RESETTING - ABORTED;
 *                   INSIDE 0 and BROKEN: PHASE + 1, all else 0
 *         drained   RESETTING and INSIDE 0 > PHASE + 1, ABORTED becomes
 *                   BROKEN, all else 0
 *  If stale: the compare-and-swap fails.
 *
 * WORD weir_barrier_t.sense, 32 bits, futex word: yes, initial: 0
 *  0      SLEEPERS   a thread may sleep here     sleeper    publish
 *  1      FAILED     the phase is broken         publish    publish
 *  2-31   PHASE      the phase that fills        publish    publish
 *  INV  I1 without SLEEPERS it only grows, as a number modulo 2^32: a late
 *       publisher changes nothing.
 *  LIMIT  phases wrap after 2^30; only a thread that is stopped for half of
 *       that many phases, which takes more threads than parties, would
 *       mistake one for another.
 *
 * WORD weir_barrier_t.impatience, 32 bits, not slept on: 0 to 255, a HINT of
 * how seldom it lately paid to spin (spin.h).
 *
 * Why no wake-up is lost, and no phase is mistaken.
 *  1. A thread of phase p sleeps on a sense of phase p or before, not FAILED
 *     at p, with SLEEPERS set: it has compared all of it, and the kernel does
 *     so again.  Publishing replaces the sense in one step, which returns
 *     SLEEPERS: if it was set, all are woken; if it is set later, then on the
 *     new sense, by a thread that sees the phase decided.
 *  2. A phase that completed is past for ever: a thread of p that sees PHASE
 *     beyond p returns 0, however far beyond.  A phase that broke stays until
 *     each of its threads has seen it: INSIDE counts them out, and only then
 *     does PHASE move.  So nobody takes the one for the other.
 *  3. A timeout that loses against completion, in the compare-and-swap on
 *     arrivals, is a completion: either all of a phase get 0, or none.
 *  4. Between decision and publication the publisher may be stopped, or
 *     killed in shared scope.  Whoever publishes a later state releases its
 *     threads too (1, 2), and shared sleepers look at arrivals themselves
 *     every WEIR_SHARED_SLICE_NS.
 *  5. A thread that comes while the old are still leaving, or while the
 *     action runs, sleeps only on the very sense that tells about the arrivals
 *     it found; if that is older it publishes, and if it is newer it looks
 *     again.  What ends its wait moves PHASE or breaks the phase, and so the
 *     sense; but for ABORTED, for which it looks again every
 *     WEIR_UNSURE_SLICE_NS while the old are leaving.
 *  6. The last access of a thread that was released is its load of sense;
 *     the publisher wakes by address, after its last access.
 *
 * ORDERS
 *  [B1] arrive, complete  compare-and-swap acq_rel on arrivals; pairs with
 *       [B1] of the others and [B4]: the last arriver sees what all did
 *       before
 *  [B2] publish  compare-and-swap acq_rel on sense; pairs with [B3]
 *  [B3] look     load acquire of sense; pairs with [B2]: the released see
 *       what all did before, and what the action did
 *  [B4] look     load acquire of arrivals; pairs with [B1], for the same
 */
#include <weir/barrier.h>

#include <limits.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/cpu.h"
#include "base/spin.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/park.h"

#define INSIDE_MASK (((uint64_t)1 << 31) - 1)
#define BROKEN ((uint64_t)1 << 31)
#define RESETTING ((uint64_t)1 << 32)
#define ABORTED ((uint64_t)1 << 33)
#define PHASE_SHIFT 34
#define PHASE_ONE ((uint64_t)1 << PHASE_SHIFT)

#define SLEEPERS 1u
#define FAILED 2u
#define SENSE_PHASE_SHIFT 2

#define PATIENCE_MAX 255u

enum outcome { UNDECIDED, COMPLETED, FAILED_PHASE };

/* -- The words: predicates and transitions, pure ------------------------ */

static uint32_t phase_of(uint64_t arrivals)
{
    return (uint32_t)(arrivals >> PHASE_SHIFT);
}

static uint64_t next_phase(uint64_t arrivals)
{
    return ((arrivals >> PHASE_SHIFT) << PHASE_SHIFT) + PHASE_ONE;
}

static uint64_t inside(uint64_t arrivals)
{
    return arrivals & INSIDE_MASK;
}

/* The sense that tells about arrivals. */
static uint32_t sense_of(uint64_t arrivals)
{
    return (phase_of(arrivals) << SENSE_PHASE_SHIFT) |
           (arrivals & BROKEN ? FAILED : 0);
}

/* Whether sense is older than other, modulo 2^32. */
static bool is_before(uint32_t sense, uint32_t other)
{
    return (int32_t)((sense & ~SLEEPERS) - other) < 0;
}

/* What a sense says about a phase. */
static enum outcome outcome_in(uint32_t sense, uint32_t phase)
{
    uint32_t filling = phase << SENSE_PHASE_SHIFT;

    if (is_before(sense, filling | FAILED))
        return UNDECIDED;
    return (sense & ~SLEEPERS) == (filling | FAILED) ? FAILED_PHASE : COMPLETED;
}

static uint64_t after_leaving(uint64_t arrivals)
{
    arrivals--;
    if (inside(arrivals) != 0 || !(arrivals & RESETTING))
        return arrivals;
    return next_phase(arrivals) | (arrivals & ABORTED ? BROKEN : 0);
}

static uint64_t after_break(uint64_t arrivals)
{
    return arrivals | (arrivals & RESETTING ? ABORTED : BROKEN);
}

static bool is_refusing(uint64_t arrivals)
{
    return (arrivals & BROKEN) &&
           (!(arrivals & RESETTING) || (arrivals & ABORTED));
}

static uint64_t after_reset(uint64_t arrivals)
{
    if (inside(arrivals) == 0)
        return arrivals & BROKEN ? next_phase(arrivals) : arrivals;
    return (arrivals | BROKEN | RESETTING) & ~ABORTED;
}

/* -- Publishing --------------------------------------------------------- */

static bool is_shared(const weir_barrier_t *b)
{
    return b->flags & WEIR_SHARED;
}

/* Tell all waiters what was decided; a later decision stays (I1). */
static void publish(weir_barrier_t *b, uint64_t arrivals)
{
    bool shared = is_shared(b);
    uint32_t next = sense_of(arrivals);
    /* HINT: checked by the compare-and-swap. */
    uint32_t sense = weir_load_rlx_(&b->sense);

    do {
        if (!is_before(sense, next))
            return;
        /* [B2] acq_rel; pairs with [B3]: the last access. */
    } while (!weir_cas_acq_rel_(&b->sense, &sense, next));
    if (sense & SLEEPERS)
        weir_futex_wake_(&b->sense, INT_MAX, WEIR_BITS_ALL, shared);
}

/* Apply a pure change to arrivals and publish it. */
static void change(weir_barrier_t *b, uint64_t (*next)(uint64_t))
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t arrivals = weir_load_rlx_(&b->arrivals);

    /* [B1] acq_rel */
    while (!weir_cas_acq_rel_(&b->arrivals, &arrivals, next(arrivals)))
        ;
    publish(b, next(arrivals));
}

/* -- Waiting ------------------------------------------------------------ */

static enum outcome look(const weir_barrier_t *b, uint32_t phase)
{
    /* [B3] acquire; pairs with [B2] */
    return outcome_in(weir_load_acq_(&b->sense), phase);
}

/* For sleepers: what was decided, published or not (4). */
static enum outcome look_behind(const weir_barrier_t *b, uint32_t phase)
{
    /* [B4] acquire; pairs with [B1] */
    return outcome_in(sense_of(weir_load_acq_(&b->arrivals)), phase);
}

/* Pauses only where all parties can run at once; yields where not. */
static struct weir_spin spin_begin(const weir_barrier_t *b)
{
    /* HINT: patience. */
    uint32_t patience = PATIENCE_MAX - weir_load_rlx_(&b->impatience);
    struct weir_spin_plan plan = {
        .longest = WEIR_SPIN_BARRIER_LONGEST,
        .yields =
            (uint32_t)weir_patient_budget_(patience, WEIR_SPIN_BARRIER_YIELDS),
    };

    if (b->parties <= weir_usable_cpus_())
        plan.budget_ns = weir_patient_budget_(patience, weir_wake_cost_ns_());
    return weir_spin_begin_(&plan);
}

static void learn(weir_barrier_t *b, bool paid)
{
    /* HINT: patience; a lost update does no harm. */
    uint32_t patience = PATIENCE_MAX - weir_load_rlx_(&b->impatience);

    /* HINT: as above. */
    weir_store_rlx_(&b->impatience,
                    PATIENCE_MAX - weir_patience_after_(patience, paid));
}

static enum outcome spin(weir_barrier_t *b, uint32_t phase)
{
    struct weir_spin spin = spin_begin(b);
    enum outcome outcome;

    while ((outcome = look(b, phase)) == UNDECIDED && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    if (outcome != UNDECIDED)
        return outcome; /* and do not touch the barrier again (6) */
    learn(b, false);
    return UNDECIDED;
}

/* Sleep while the sense is what was seen.  True if the deadline passed. */
static bool sleep_on(weir_barrier_t *b, uint32_t sense, struct weir_until until,
                     bool sure)
{
    if (!(sense & SLEEPERS) &&
        /* [B3] acquire */
        !weir_cas_acq_(&b->sense, &sense, sense | SLEEPERS))
        return false;
    return weir_park_(&b->sense, sense | SLEEPERS, until, WEIR_BITS_ALL,
                      is_shared(b), sure) == WEIR_SLEPT_EXPIRED;
}

/* Sleep once, unless phase is decided.  True if the deadline passed. */
static bool sleep_once(weir_barrier_t *b, uint32_t phase,
                       struct weir_until until)
{
    /* [B3] acquire; pairs with [B2] */
    uint32_t sense = weir_load_acq_(&b->sense);

    return outcome_in(sense, phase) == UNDECIDED &&
           sleep_on(b, sense, until, true);
}

static enum outcome await_others(weir_barrier_t *b, uint32_t phase,
                                 struct weir_until until)
{
    enum outcome outcome = UNDECIDED;
    bool expired = false;

    if (until.deadline > WEIR_NOW)
        outcome = spin(b, phase);
    while (outcome == UNDECIDED && !expired) {
        expired = sleep_once(b, phase, until);
        outcome = look(b, phase);
        if (outcome == UNDECIDED)
            outcome = look_behind(b, phase);
    }
    return outcome;
}

/* Wait until phase is decided; UNDECIDED if the deadline passes first. */
static enum outcome await(weir_barrier_t *b, uint32_t phase,
                          struct weir_until until)
{
    enum outcome outcome = look(b, phase);
    weir_deadline_t begun;

    if (outcome != UNDECIDED)
        return outcome;
    begun = weir_trace_contended_begin_(b);
    outcome = await_others(b, phase, until);
    weir_trace_contended_end_(b, begun); /* its address alone (6) */
    return outcome;
}

/* The deadline of a thread inside passed: break the barrier, and leave it.
 * Returns what the wait does. */
static int time_out(weir_barrier_t *b, uint32_t phase, struct weir_until until)
{
    /* [B4] acquire; pairs with [B1] */
    uint64_t arrivals = weir_load_acq_(&b->arrivals);
    uint64_t next;

    do {
        enum outcome outcome = outcome_in(sense_of(arrivals), phase);

        if (outcome == COMPLETED)
            return 0;
        if (outcome == FAILED_PHASE) {
            change(b, after_leaving);
            return ECANCELED;
        }
        next = (arrivals | BROKEN) - 1;
        /* [B1] acq_rel */
    } while (!weir_cas_acq_rel_(&b->arrivals, &arrivals, next));
    publish(b, next);
    return weir_until_why_(until, ETIMEDOUT);
}

/* Inside phase: wait for the others. */
static int wait_inside(weir_barrier_t *b, uint32_t phase,
                       struct weir_until until)
{
    switch (await(b, phase, until)) {
    case COMPLETED: return 0;
    case FAILED_PHASE: change(b, after_leaving); return ECANCELED;
    default: return time_out(b, phase, until);
    }
}

/* -- Arriving ----------------------------------------------------------- */

/* The last to arrive, inside: run the action, and complete the phase. */
static int run_action(weir_barrier_t *b, uint64_t arrivals)
{
    int result = b->action(b->action_arg);
    uint64_t expected = arrivals;

    if (result == 0 &&
        /* [B1] acq_rel */
        weir_cas_acq_rel_(&b->arrivals, &expected, next_phase(arrivals))) {
        publish(b, next_phase(arrivals));
        return 0;
    }
    /* Failed, or broken meanwhile by a timeout, abort or reset. */
    if (result != 0) {
        /* [B4] acquire */
        expected = weir_load_acq_(&b->arrivals);
        /* [B1] acq_rel: break, unless it is broken already */
        while (!(expected & BROKEN) &&
               !weir_cas_acq_rel_(&b->arrivals, &expected, expected | BROKEN))
            ;
        /* Published by leaving. */
    }
    change(b, after_leaving);
    return result != 0 ? result : ECANCELED;
}

/* A full or a resetting barrier: wait until it takes arrivals again. */
static int wait_outside(weir_barrier_t *b, uint64_t arrivals,
                        struct weir_until until)
{
    bool expired = false;
    uint32_t sense;

    /* [B4] acquire: until something about it changes. */
    while (weir_load_acq_(&b->arrivals) == arrivals) {
        if (expired) {
            uint64_t expected = arrivals;

            /* [B1] acq_rel */
            if (!weir_cas_acq_rel_(&b->arrivals, &expected,
                                   after_break(arrivals)))
                break;
            publish(b, after_break(arrivals));
            return weir_until_why_(until, ETIMEDOUT);
        }
        sense = weir_load_acq_(&b->sense); /* [B3] acquire */
        if (is_before(sense, sense_of(arrivals)))
            publish(b, arrivals);
        else if ((sense & ~SLEEPERS) == sense_of(arrivals))
            /* Under RESETTING an abort would not show in the sense. */
            expired = sleep_on(b, sense, until, !(arrivals & RESETTING));
        /* else it has been decided further: arrivals has moved as well */
    }
    return 0;
}

/* Arrive; -1: done, and *arrivals is the barrier before that; else what the
 * wait returns. */
static int arrive(weir_barrier_t *b, uint64_t *arrivals,
                  struct weir_until until)
{
    for (;;) {
        uint64_t count = inside(*arrivals);
        uint64_t next = *arrivals + 1;
        int result;

        if (is_refusing(*arrivals))
            return ECANCELED;
        if ((*arrivals & RESETTING) || count == b->parties) {
            result = wait_outside(b, *arrivals, until);
            if (result != 0)
                return result;
            /* [B4] acquire */
            *arrivals = weir_load_acq_(&b->arrivals);
            continue;
        }
        if (count + 1 == b->parties && b->action == NULL)
            next = next_phase(*arrivals);
        /* [B1] acq_rel */
        if (weir_cas_acq_rel_(&b->arrivals, arrivals, next))
            return -1;
    }
}

static int wait_for(weir_barrier_t *b, struct weir_until until, unsigned *index)
{
    /* [B4] acquire */
    uint64_t arrivals = weir_load_acq_(&b->arrivals);
    unsigned mine;
    int result = arrive(b, &arrivals, until);

    if (result != -1)
        return result;
    mine = (unsigned)inside(arrivals);
    if (mine + 1 < b->parties) {
        result = wait_inside(b, phase_of(arrivals), until);
    } else if (b->action != NULL) {
        result = run_action(b, arrivals + 1);
    } else {
        /* HINT, both: nobody had to sleep, so spinning pays again. */
        if (weir_load_rlx_(&b->impatience) != 0 &&
            !(weir_load_rlx_(&b->sense) & SLEEPERS)) /* HINT */
            learn(b, true);
        publish(b, next_phase(arrivals));
        result = 0;
    }
    if (result == 0 && index != NULL)
        *index = mine;
    return result;
}

int weir_barrier_wait_until(weir_barrier_t *b, weir_deadline_t deadline,
                            unsigned *index)
{
    return wait_for(b, weir_until_(deadline), index);
}

int weir_barrier_wait_with(weir_barrier_t *b, weir_deadline_t deadline,
                           weir_token_t *token, unsigned *index)
{
    return wait_for(b, weir_until_with_(deadline, token), index);
}

int weir_barrier_wait(weir_barrier_t *b, unsigned *index)
{
    return weir_barrier_wait_until(b, WEIR_FOREVER, index);
}

/* -- The rest ----------------------------------------------------------- */

int weir_barrier_init(weir_barrier_t *b, unsigned parties, unsigned flags)
{
    if (parties == 0 || parties > WEIR_BARRIER_MAX || (flags & ~WEIR_SHARED))
        return EINVAL;
    b->parties = parties;
    b->flags = flags;
    b->action = NULL;
    b->action_arg = NULL;
    /* INIT, all: not shared yet; published by the caller. */
    weir_store_rlx_(&b->impatience, 0);
    weir_store_rlx_(&b->sense, 0);
    weir_store_rlx_(&b->arrivals, 0); /* INIT */
    return 0;
}

int weir_barrier_set_action(weir_barrier_t *b, int (*action)(void *), void *arg)
{
    if (is_shared(b))
        return EINVAL;
    /* [B4] acquire */
    if (inside(weir_load_acq_(&b->arrivals)) != 0)
        return EBUSY;
    b->action = action;
    b->action_arg = arg;
    return 0;
}

int weir_barrier_reset(weir_barrier_t *b)
{
    change(b, after_reset);
    return 0;
}

int weir_barrier_abort(weir_barrier_t *b)
{
    change(b, after_break);
    return 0;
}

unsigned weir_barrier_parties(const weir_barrier_t *b)
{
    return b->parties;
}

unsigned weir_barrier_n_waiting(const weir_barrier_t *b)
{
    /* [B4] acquire */
    uint64_t arrivals = weir_load_acq_(&b->arrivals);

    return arrivals & BROKEN ? 0 : (unsigned)inside(arrivals);
}

bool weir_barrier_broken(const weir_barrier_t *b)
{
    /* [B4] acquire */
    return is_refusing(weir_load_acq_(&b->arrivals));
}
