/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The asymmetric fence: who sleeps rarely pays for who releases often.
 */
#ifndef WEIR_FUTEX_REVOKE_H
#define WEIR_FUTEX_REVOKE_H

#include <weir/base.h>

/* Whether releasers may leave their fence to sleepers: false where the
 * kernel has no membarrier for us.  Goes from true to false at most. */
bool weir_asymmetric_(void);

/* Whether the kernel has begun to refuse: releases may be under way that
 * missed it, so that no sleeper can be sure. */
bool weir_refused_(void);

/* Called by a thread that has announced that it will sleep.  True: every
 * release that this thread does not see from now on will see the
 * announcement.  False: the kernel refused, and a release under way may see
 * neither; sleep WEIR_UNSURE_SLICE_NS at a time. */
bool weir_revoke_(void);

/* Whether a revocation can be afforded now; if not, those who would need
 * many must do with fences.  False where weir_asymmetric_ is. */
bool weir_may_revoke_(void);

/* The time ns nanoseconds from now, as it is kept in an object: never 0. */
uint32_t weir_stamp_in_(int64_t ns);

/* Nanoseconds since a stamp, to within 2^14; negative if it is to come
 * within a second, and long if it is 0. */
int64_t weir_stamp_age_ns_(uint32_t stamp);

/* Whether an object whose last revocation was at stamp may let its releasers
 * go without a fence again, so that another revocation may follow. */
bool weir_may_relax_(uint32_t stamp);

/* Nanoseconds that a revocation costs, as measured lately; for tests. */
int64_t weir_revoke_cost_ns_(void);

/* For tests only: as the kernel is; as if it refused membarrier when the
 * library was loaded; as if it refuses from now on.  Also sets back what was
 * learnt. */
enum weir_revoke_test {
    WEIR_REVOKE_REAL,
    WEIR_REVOKE_REFUSED_EARLY,
    WEIR_REVOKE_REFUSED_LATE
};
void weir_revoke_for_test_(enum weir_revoke_test test);

#endif
