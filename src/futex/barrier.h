/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the files of the barrier share: its words, and the proof.
 *
 *   barrier.c       arriving, and all else that users call
 *   barrier_wait.c  waiting for the others
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
 */
#ifndef WEIR_FUTEX_BARRIER_H
#define WEIR_FUTEX_BARRIER_H

#include <weir/barrier.h>

#include "base/atomic.h"
#include "base/spin.h"
#include "futex/until.h"

/* Short names: no others include this. */
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

enum weir_barrier_outcome { UNDECIDED, COMPLETED, FAILED_PHASE };

/* -- The words: predicates and transitions, pure ------------------------ */

static inline uint32_t weir_barrier_phase_of_(uint64_t arrivals)
{
    return (uint32_t)(arrivals >> PHASE_SHIFT);
}

static inline uint64_t weir_barrier_next_phase_(uint64_t arrivals)
{
    return ((arrivals >> PHASE_SHIFT) << PHASE_SHIFT) + PHASE_ONE;
}

static inline uint64_t weir_barrier_inside_(uint64_t arrivals)
{
    return arrivals & INSIDE_MASK;
}

/* The sense that tells about arrivals. */
static inline uint32_t weir_barrier_sense_of_(uint64_t arrivals)
{
    return (weir_barrier_phase_of_(arrivals) << SENSE_PHASE_SHIFT) |
           (arrivals & BROKEN ? FAILED : 0);
}

/* Whether sense is older than other, modulo 2^32. */
static inline bool weir_barrier_is_before_(uint32_t sense, uint32_t other)
{
    return (int32_t)((sense & ~SLEEPERS) - other) < 0;
}

/* What a sense says about a phase. */
static inline enum weir_barrier_outcome weir_barrier_outcome_in_(uint32_t sense,
                                                                 uint32_t phase)
{
    uint32_t filling = phase << SENSE_PHASE_SHIFT;

    if (weir_barrier_is_before_(sense, filling | FAILED))
        return UNDECIDED;
    return (sense & ~SLEEPERS) == (filling | FAILED) ? FAILED_PHASE : COMPLETED;
}

static inline uint64_t weir_barrier_after_leaving_(uint64_t arrivals)
{
    arrivals--;
    if (weir_barrier_inside_(arrivals) != 0 || !(arrivals & RESETTING))
        return arrivals;
    return weir_barrier_next_phase_(arrivals) |
           (arrivals & ABORTED ? BROKEN : 0);
}

static inline uint64_t weir_barrier_after_break_(uint64_t arrivals)
{
    return arrivals | (arrivals & RESETTING ? ABORTED : BROKEN);
}

static inline bool weir_barrier_is_refusing_(uint64_t arrivals)
{
    return (arrivals & BROKEN) &&
           (!(arrivals & RESETTING) || (arrivals & ABORTED));
}

static inline uint64_t weir_barrier_after_reset_(uint64_t arrivals)
{
    if (weir_barrier_inside_(arrivals) == 0)
        return arrivals & BROKEN ? weir_barrier_next_phase_(arrivals)
                                 : arrivals;
    return (arrivals | BROKEN | RESETTING) & ~ABORTED;
}

/* -- barrier.c ---------------------------------------------------------- */

static inline bool weir_barrier_is_shared_(const weir_barrier_t *b)
{
    return b->flags & WEIR_SHARED;
}

/* Tell all waiters what was decided; a later decision stays (I1). */
void weir_barrier_publish_(weir_barrier_t *b, uint64_t arrivals);

/* Apply a pure change to arrivals and publish it. */
void weir_barrier_change_(weir_barrier_t *b, uint64_t (*next)(uint64_t));

/* -- barrier_wait.c ----------------------------------------------------- */

/* Inside phase: wait for the others. */
int weir_barrier_wait_inside_(weir_barrier_t *b, uint32_t phase,
                              struct weir_until until);

/* A full or a resetting barrier: wait until it takes arrivals again. */
int weir_barrier_wait_outside_(weir_barrier_t *b, uint64_t arrivals,
                               struct weir_until until);

/* Whether it paid to spin. */
static inline void weir_barrier_learn_(weir_barrier_t *b, bool paid)
{
    /* HINT: patience; a lost update does no harm. */
    uint32_t patience = PATIENCE_MAX - weir_load_rlx_(&b->impatience);

    /* HINT: as above. */
    weir_store_rlx_(&b->impatience,
                    PATIENCE_MAX - weir_patience_after_(patience, paid));
}

#endif
