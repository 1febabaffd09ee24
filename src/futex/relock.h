/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * For waits that end with the lock, and are let go several at once.
 */
#ifndef WEIR_FUTEX_RELOCK_H
#define WEIR_FUTEX_RELOCK_H

#include <weir/mutex.h>

/* Lock *m, as one of several that were woken for it: others of them are as
 * likely to hold it as not, and to have been preempted by this one, so it lets
 * them run soon and sleeps soon. */
void weir_mutex_relock_(weir_mutex_t *m);

#endif
