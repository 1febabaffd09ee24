/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for the answer of a thread that was just woken.  Two threads that
 * take turns and have fallen asleep once would stay out of step: each sleeps
 * while the other wakes up, because a wake-up takes longer than spinning is
 * worth otherwise.  So a thread that has woken another, and then waits, spins
 * for as long as that takes: if the answer comes, both are in step again.
 *
 * How often that was in vain is learnt, by each thread for itself: after an
 * answer that did not come it expects none from the next thread that it
 * wakes, then from the next 3, and so on, up to 63.
 */
#ifndef WEIR_BASE_ANSWER_H
#define WEIR_BASE_ANSWER_H

#include <weir/base.h>

/* The caller has made the call that wakes a thread. */
void weir_answer_expect_(void);

/* Nanoseconds for which an answer is worth spinning for, from now on; 0 if
 * none is expected.  The expectation ends with being asked for. */
int64_t weir_answer_budget_(void);

/* What became of a wait that had such a budget. */
void weir_answer_learn_(bool came);

#endif
