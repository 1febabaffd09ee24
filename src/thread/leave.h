/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How many threads have to end before the process may.
 */
#ifndef WEIR_THREAD_LEAVE_H
#define WEIR_THREAD_LEAVE_H

#include <weir/thread.h>

/* A thread that is not a daemon is being started; it has ended, or did not
 * start after all: the last that is heard of it. */
void weir_leave_started_(void);
void weir_leave_ended_(void);

/* In the child after fork: there are none. */
void weir_leave_in_child_(void);

#endif
