/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The monotonic clock, and deadlines that saturate instead of overflowing.
 */
#include <weir/base.h>

#include "base/time.h"

weir_deadline_t weir_now(void)
{
    struct timespec now;

    /* Cannot fail: the clock exists and the pointer is good. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (weir_deadline_t)now.tv_sec * WEIR_NS_PER_S + now.tv_nsec;
}

weir_deadline_t weir_after(int64_t ns)
{
    weir_deadline_t now = weir_now();

    if (ns <= 0)
        return WEIR_NOW;
    return ns > WEIR_FOREVER - now ? WEIR_FOREVER : now + ns;
}

struct timespec weir_timespec_(weir_deadline_t deadline)
{
    struct timespec ts = {0, 0};

    if (deadline > 0) {
        ts.tv_sec = (time_t)(deadline / WEIR_NS_PER_S);
        ts.tv_nsec = (long)(deadline % WEIR_NS_PER_S);
    }
    return ts;
}

weir_deadline_t weir_sooner_(weir_deadline_t deadline, int64_t ns)
{
    weir_deadline_t other = weir_after(ns);

    return other < deadline ? other : deadline;
}

bool weir_expired_(weir_deadline_t deadline)
{
    if (deadline == WEIR_FOREVER)
        return false;
    return deadline <= WEIR_NOW || deadline <= weir_now();
}
