/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: waiting until a phase is decided, or until a barrier that is full or
 * being reset takes arrivals again.  Numbers in brackets are those of the proof
 * (barrier.h).
 *
 * ORDERS
 *  [B1] break  compare-and-swap acq_rel on arrivals; pairs with [B4],
 *       barrier.c:[B1] and barrier.c:[B4]
 *  [B3] look   load acquire of sense; pairs with barrier.c:[B2]: the released
 *       see what all did before, and what the action did
 *  [B4] look   load acquire of arrivals; pairs with [B1] and barrier.c:[B1],
 *       for the same
 */
#include "futex/barrier.h"

#include "base/cpu.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/park.h"

static enum weir_barrier_outcome look(const weir_barrier_t *b, uint32_t phase)
{
    /* [B3] acquire; pairs with barrier.c:[B2] */
    return weir_barrier_outcome_in_(weir_load_acq_(&b->sense), phase);
}

/* For sleepers: what was decided, published or not (4). */
static enum weir_barrier_outcome look_behind(const weir_barrier_t *b,
                                             uint32_t phase)
{
    /* [B4] acquire; pairs with [B1], barrier.c:[B1] */
    return weir_barrier_outcome_in_(
        weir_barrier_sense_of_(weir_load_acq_(&b->arrivals)), phase);
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

static enum weir_barrier_outcome spin(weir_barrier_t *b, uint32_t phase)
{
    struct weir_spin spin = spin_begin(b);
    enum weir_barrier_outcome outcome;

    while ((outcome = look(b, phase)) == UNDECIDED && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    if (outcome != UNDECIDED)
        return outcome; /* and do not touch the barrier again (6) */
    weir_barrier_learn_(b, false);
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
                      weir_barrier_is_shared_(b), sure) == WEIR_SLEPT_EXPIRED;
}

/* Sleep once, unless phase is decided.  True if the deadline passed. */
static bool sleep_once(weir_barrier_t *b, uint32_t phase,
                       struct weir_until until)
{
    /* [B3] acquire; pairs with barrier.c:[B2] */
    uint32_t sense = weir_load_acq_(&b->sense);

    return weir_barrier_outcome_in_(sense, phase) == UNDECIDED &&
           sleep_on(b, sense, until, true);
}

static enum weir_barrier_outcome await_others(weir_barrier_t *b, uint32_t phase,
                                              struct weir_until until)
{
    enum weir_barrier_outcome outcome = UNDECIDED;
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
static enum weir_barrier_outcome await(weir_barrier_t *b, uint32_t phase,
                                       struct weir_until until)
{
    enum weir_barrier_outcome outcome = look(b, phase);
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
    /* [B4] acquire; pairs with [B1], barrier.c:[B1] */
    uint64_t arrivals = weir_load_acq_(&b->arrivals);
    uint64_t next;

    do {
        enum weir_barrier_outcome outcome =
            weir_barrier_outcome_in_(weir_barrier_sense_of_(arrivals), phase);

        if (outcome == COMPLETED)
            return 0;
        if (outcome == FAILED_PHASE) {
            weir_barrier_change_(b, weir_barrier_after_leaving_);
            return ECANCELED;
        }
        next = (arrivals | BROKEN) - 1;
        /* [B1] acq_rel */
    } while (!weir_cas_acq_rel_(&b->arrivals, &arrivals, next));
    weir_barrier_publish_(b, next);
    return weir_until_why_(until, ETIMEDOUT);
}

int weir_barrier_wait_inside_(weir_barrier_t *b, uint32_t phase,
                              struct weir_until until)
{
    switch (await(b, phase, until)) {
    case COMPLETED: return 0;
    case FAILED_PHASE:
        weir_barrier_change_(b, weir_barrier_after_leaving_);
        return ECANCELED;
    default: return time_out(b, phase, until);
    }
}

int weir_barrier_wait_outside_(weir_barrier_t *b, uint64_t arrivals,
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
                                   weir_barrier_after_break_(arrivals)))
                break;
            weir_barrier_publish_(b, weir_barrier_after_break_(arrivals));
            return weir_until_why_(until, ETIMEDOUT);
        }
        sense = weir_load_acq_(&b->sense); /* [B3] acquire */
        if (weir_barrier_is_before_(sense, weir_barrier_sense_of_(arrivals)))
            weir_barrier_publish_(b, arrivals);
        else if ((sense & ~SLEEPERS) == weir_barrier_sense_of_(arrivals))
            /* Under RESETTING an abort would not show in the sense. */
            expired = sleep_on(b, sense, until, !(arrivals & RESETTING));
        /* else it has been decided further: arrivals has moved as well */
    }
    return 0;
}
