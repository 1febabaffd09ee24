/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Lessons: per thread, so that learning moves no line between CPUs, and per
 * object, as far as a few bytes go, so that one that is waited for in vain
 * teaches nothing about others.
 *
 * A wait whose pauses were in vain adds to the doubt, one that they ended takes
 * less away: below two thirds of successes it grows.  At the most there are no
 * pauses any more but in one wait of many, by which it is learnt that they are
 * of use again.  Such a trial is as long as any where waits end in sleep: two
 * threads that have both fallen asleep get into step again when one of them
 * pauses for as long as the other takes to wake up.  It is short where they end
 * by yields, since then the other runs here.
 */
#include "base/lesson.h"

#include "base/tunables.h"

#define LESSONS_LOG2 4

/* OWNED, as all thread-local variables. */
static _Thread_local WEIR_TLS_FIXED_ struct weir_lesson
    lessons[1 << LESSONS_LOG2];

WEIR_STATIC_ASSERT(WEIR_LESSON_DOUBT_MAX + WEIR_LESSON_DOUBT_STEP <= UINT8_MAX,
                   "no overflow");
WEIR_STATIC_ASSERT((UINT8_MAX + 1) % WEIR_LESSON_TRIAL_WAITS == 0,
                   "as many waits between trials where the count wraps");

struct weir_lesson *weir_lesson_on_(const volatile void *object)
{
    /* Fibonacci hashing: also of neighbours. */
    uint64_t hash = (uint64_t)(uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15);

    return &lessons[hash >> (64 - LESSONS_LOG2)];
}

int64_t weir_lesson_budget_(struct weir_lesson *lesson, int64_t full_ns)
{
    if (lesson->doubt < WEIR_LESSON_DOUBT_MAX)
        return full_ns;
    if (++lesson->waits % WEIR_LESSON_TRIAL_WAITS != 0)
        return 0;
    return lesson->by_yields && full_ns > WEIR_LESSON_TRIAL_NS
               ? WEIR_LESSON_TRIAL_NS
               : full_ns;
}

void weir_lesson_paid_(struct weir_lesson *lesson)
{
    if (lesson->doubt > 0)
        lesson->doubt--;
}

void weir_lesson_lost_(struct weir_lesson *lesson)
{
    lesson->doubt += WEIR_LESSON_DOUBT_STEP;
    if (lesson->doubt > WEIR_LESSON_DOUBT_MAX)
        lesson->doubt = WEIR_LESSON_DOUBT_MAX;
}
