/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How long to spin before sleeping, in nanoseconds and not in iterations:
 * a pause costs 10 to 140 cycles, depending on the CPU.
 *
 *   struct weir_spin spin = weir_spin_begin_(&plan);
 *   while (!(done = attempt()) && weir_spin_again_(&spin))
 *       ;
 *   weir_spin_end_(&spin);
 *
 * First pauses, for the time that the plan allows, then a number of
 * sched_yield calls, but never for longer than a wake-up costs, then no more:
 * the caller goes to sleep.  No pauses where only one CPU is usable, nor
 * while as many threads of the process pause as there are CPUs to spare.  One
 * that begins on an object learns whether pauses are of use there (lesson.h):
 * where they are it pauses for as long as a wake-up costs, once that is known,
 * and else not at all.
 *
 * How often to look is part of the plan, because a look takes the line from
 * the thread that is waited for.
 */
#ifndef WEIR_BASE_SPIN_H
#define WEIR_BASE_SPIN_H

#include <weir/base.h>

struct weir_spin_plan {
    int64_t budget_ns; /* for pauses */
    int64_t first_ns;  /* of that, before the first look */
    uint32_t steady;   /* looks with a single pause between them; then the
                          pauses double from look to look */
    uint32_t longest;  /* up to so many */
    uint32_t yields;   /* calls of sched_yield after that */
    int64_t free_ns;   /* of pauses before it counts as a spinner; 0: a few */
};

struct weir_spin {
    uint32_t pauses; /* still to do */
    uint32_t steady; /* looks before the burst grows */
    uint32_t burst;  /* pauses until the next look */
    uint32_t longest;
    uint32_t yields;            /* still to do */
    uint32_t free;              /* pauses before it counts as a spinner */
    bool counted;               /* among the spinners of the process */
    bool paused;                /* and not yet in vain */
    weir_deadline_t until;      /* yield no longer; 0: not yielding yet */
    struct weir_lesson *lesson; /* to be told how it went; NULL: none */
};

struct weir_spin weir_spin_begin_(const struct weir_spin_plan *plan);

/* The same, in turn with what was learnt on that object.  Its address alone is
 * used. */
struct weir_spin weir_spin_begin_on_(const struct weir_spin_plan *plan,
                                     const volatile void *object);

bool weir_spin_again_(struct weir_spin *spin);
void weir_spin_end_(struct weir_spin *spin);

/* Picoseconds that one pause takes, and nanoseconds from a sleeper's wake-up
 * to its first instruction; measured when first asked for, in less than a
 * millisecond. */
int64_t weir_pause_cost_ps_(void);
int64_t weir_wake_cost_ns_(void);

/* Whether spinning pays, learnt per object: 0 (always slept in the end) to
 * 255 (never had to).  Both are pure. */
uint32_t weir_patience_after_(uint32_t patience, bool paid);
int64_t weir_patient_budget_(uint32_t patience, int64_t budget_ns);

#endif
