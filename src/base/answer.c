/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What a thread knows of answers, all of it thread-local: nothing is written
 * that others read.
 */
#include "base/answer.h"

#include "base/cpu.h"
#include "base/spin.h"
#include "base/tunables.h"

/* What this thread expects, and has learnt. */
static _Thread_local WEIR_TLS_FIXED_ struct {
    weir_deadline_t woke; /* when it woke a thread; 0: expects no answer */
    uint32_t doubt;       /* threads to wake without expecting, next time */
    uint32_t left;        /* of these, still to wake */
} answer;

void weir_answer_expect_(void)
{
    if (weir_usable_cpus_() < 2)
        return;
    if (answer.left > 0) {
        answer.left--;
        return;
    }
    answer.woke = weir_now();
}

/* What a wake-up costs is asked here, and not by who wakes: it may have to be
 * measured, and that sleeps. */
int64_t weir_answer_budget_(void)
{
    weir_deadline_t woke = answer.woke;
    int64_t budget;

    if (woke == 0)
        return 0;
    answer.woke = 0;
    budget = weir_wake_cost_ns_() * WEIR_SPIN_ANSWER_WAKES;
    budget -= weir_now() - woke;
    return budget > 0 ? budget : 0;
}

void weir_answer_learn_(bool came)
{
    answer.doubt = came ? answer.doubt / 2 : answer.doubt * 2 + 1;
    if (answer.doubt > WEIR_SPIN_ANSWER_DOUBT)
        answer.doubt = WEIR_SPIN_ANSWER_DOUBT;
    answer.left = answer.doubt;
}
