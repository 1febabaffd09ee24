/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How many threads have to end before the process may.
 */
#ifndef WEIR_THREAD_LEAVE_H
#define WEIR_THREAD_LEAVE_H

#include <weir/thread.h>

/* A thread that is not a daemon is being started; or it did not start after
 * all. */
void weir_leave_started_(void);
void weir_leave_not_started_(void);

/* The calling thread, one of those, has ended: its object says so, and it is
 * not counted any more.  Who sees one sees the other.  The last access. */
void weir_leave_ended_(weir_thread_t *t);

/* In the child after fork: there are none. */
void weir_leave_in_child_(void);

#endif
