/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Deadlines, for the library's own use.
 */
#ifndef WEIR_BASE_TIME_H
#define WEIR_BASE_TIME_H

#include <time.h>

#include <weir/base.h>

#define WEIR_NS_PER_S 1000000000

/* The deadline as the kernel wants it.  A negative one becomes 0, which has
 * passed as well. */
struct timespec weir_timespec_(weir_deadline_t deadline);

/* The earlier of the deadline and ns nanoseconds from now. */
weir_deadline_t weir_sooner_(weir_deadline_t deadline, int64_t ns);

/* Whether the deadline is in the past; asks the clock only if it must. */
bool weir_expired_(weir_deadline_t deadline);

#endif
