/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The two kinds of condition: a line of waiters in the memory of the process,
 * and one without pointers.
 */
#ifndef WEIR_FUTEX_COND_H
#define WEIR_FUTEX_COND_H

#include <weir/cond.h>

#include "base/spin.h"
#include "futex/until.h"

/* Wait with *m, which is locked, and is again on return: 0, ETIMEDOUT, or
 * EOVERFLOW with nothing done. */
int weir_cond_wait_private_(weir_cond_t *c, weir_mutex_t *m,
                            struct weir_until until);
int weir_cond_wait_shared_(weir_cond_t *c, weir_mutex_t *m,
                           struct weir_until until);

/* Wake n of those that wait, or all that there are. */
void weir_cond_signal_private_(weir_cond_t *c, unsigned n);
void weir_cond_signal_shared_(weir_cond_t *c, unsigned n);

/* This is the child of a fork: nobody waits, and nobody holds a line's lock.
 * For tests as well. */
void weir_cond_after_fork_(void);

/* How both kinds spin before they sleep. */
extern const struct weir_spin_plan weir_cond_spin_plan_;

#endif
