/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the calling thread has learnt about waiting for an object: whether
 * pauses are of use.  They are not where the thread that it waits for shares
 * its CPU, has none, or has long to go; and no mask of CPUs says so.
 */
#ifndef WEIR_BASE_LESSON_H
#define WEIR_BASE_LESSON_H

#include <weir/base.h>

/* All zero: nothing yet, so it pauses. */
struct weir_lesson {
    uint8_t doubt;  /* 0 to WEIR_LESSON_DOUBT_MAX; there, no pauses */
    uint8_t waits;  /* since then; it wraps */
    bool by_yields; /* the last that went on after the pauses ended so */
};

/* That of one object, which may be gone, or another's: a hint.  The calling
 * thread's own. */
struct weir_lesson *weir_lesson_on_(const volatile void *object);

/* Nanoseconds to pause for, of full_ns: all, or none but once in a while. */
int64_t weir_lesson_budget_(struct weir_lesson *lesson, int64_t full_ns);

/* How it went: what was waited for came during the pauses, or did not. */
void weir_lesson_paid_(struct weir_lesson *lesson);
void weir_lesson_lost_(struct weir_lesson *lesson);

#endif
