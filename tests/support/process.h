/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Child processes, and system calls that fail on purpose.
 *
 *   pid_t child = support_fork();
 *   if (child == 0) {
 *       must_eq(weir_mutex_lock(shared), 0);
 *       support_exit();
 *   }
 *   support_reap(child);
 */
#ifndef SUPPORT_PROCESS_H
#define SUPPORT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* fork; the child has a watchdog of its own and dies with its parent.  Fork
 * before starting threads where the child starts some: ThreadSanitizer does
 * not support threads in the child of a process with threads. */
pid_t support_fork(void);

/* How a child ends when all went well: without exit handlers and leak
 * checks, which belong to the parent. */
_Noreturn void support_exit(void);

/* Wait for the child; it must have called support_exit. */
void support_reap(pid_t child);

/* Wait for the child; it must have been killed by this signal. */
void support_reap_killed(pid_t child, int signal);

/* From now on the system call fails with error, in this thread and those it
 * starts, for good: use it in a child.  False where seccomp is refused. */
bool support_refuse(long call, int error);

/* The same for one operation of futex(2) in all its scopes and clocks. */
bool support_refuse_futex(int operation, int error);

#endif
