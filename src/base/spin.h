/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How long to spin before sleeping, in nanoseconds and not in iterations:
 * a pause costs 10 to 140 cycles, depending on the CPU.
 *
 *   struct weir_spin spin = weir_spin_begin_(budget_ns, yields, longest);
 *   while (!(done = attempt()) && weir_spin_again_(&spin))
 *       ;
 *   weir_spin_end_(&spin);
 *
 * First pauses for budget_ns, then a number of sched_yield calls, but never
 * for longer than a wake-up costs, then no more: the caller goes to sleep.  No pauses where only one CPU is usable,
 * nor while as many threads of the process pause as there are CPUs to spare.
 */
#ifndef WEIR_BASE_SPIN_H
#define WEIR_BASE_SPIN_H

#include <weir/base.h>

/* How many pauses to do between two looks, at most: a look takes the line
 * from the thread that is waited for.  Locks look seldom, because the holder
 * needs the line for each lock and unlock it can do meanwhile; where one
 * store ends the wait, looks are frequent. */
#define WEIR_SPIN_SELDOM 128u
#define WEIR_SPIN_OFTEN 8u

struct weir_spin {
    uint32_t pauses; /* still to do */
    uint32_t burst;  /* of the next step; doubles up to longest */
    uint32_t longest;
    uint32_t yields;       /* still to do */
    weir_deadline_t until; /* yield no longer; 0: not yielding yet */
    bool counted;          /* among the spinners of the process */
};

struct weir_spin weir_spin_begin_(int64_t budget_ns, unsigned yields,
                                  unsigned longest);
bool weir_spin_again_(struct weir_spin *spin);
void weir_spin_end_(struct weir_spin *spin);

/* Forget the spinners of the parent; in a child, after fork. */
void weir_spin_after_fork_(void);

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
