/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Groups of threads behind a start gate, signal storms, stray wakers, and
 * the proof that a thread sleeps.
 *
 *   static void body(unsigned index, void *arg);
 *
 *   support_threads(8, body, &shared);            // start, run, join
 *
 *   support_group_t group;                        // or step by step
 *   support_group_start(&group, 3, body, &shared);
 *   support_await_sleep(group.tids[1]);           // in a futex call, now
 *   support_group_join(&group);
 */
#ifndef SUPPORT_THREADS_H
#define SUPPORT_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SUPPORT_THREADS_MAX 64u

typedef void support_body_t(unsigned index, void *arg);

typedef struct support_group {
    unsigned count;
    support_body_t *body;
    void *arg;
    pthread_barrier_t gate;
    pthread_t threads[SUPPORT_THREADS_MAX];
    pid_t tids[SUPPORT_THREADS_MAX];
} support_group_t;

/* Start count threads; they call body(0..count-1, arg) when all are there.
 * When it returns, tids is filled and the gate is open. */
void support_group_start(support_group_t *group, unsigned count,
                         support_body_t *body, void *arg);
void support_group_join(support_group_t *group);

/* Both in one. */
void support_threads(unsigned count, support_body_t *body, void *arg);

pid_t support_tid(void);

/* Whether the thread (of any process of this user) is inside a futex system
 * call, asleep and not woken; *address (if not NULL) is the word it sleeps
 * on. */
bool support_sleeps(pid_t tid, const void **address);

/* Wait until it does, for two looks in a row at the same address.  There is
 * no limit: a thread that never sleeps is a case for the watchdog. */
const void *support_await_sleep(pid_t tid);

/* As support_await_sleep, but ended by *stop becoming non-zero (then NULL):
 * for threads that may also get what they want without sleeping. */
const void *support_await_sleep_or(pid_t tid, const int *stop);

/* Sleep for ns without any lock or signal involved. */
void support_sleep_ns(long ns);

/* From here to the end each thread of each new group, and the caller, gets
 * a SIGALRM every 100 us, without SA_RESTART and with an empty handler: each
 * system call that can return EINTR does.  (hazard B50)  It stands still while
 * somebody looks whether a thread sleeps, and is back when it was found. */
void support_storm_begin(void);
void support_storm_end(void);

/* For support.c and process.c: with WEIR_TEST_STORM in the environment, all of
 * each test is a storm, in its children too. */
void support_storm_everywhere_(void);
void support_storm_nowhere_(void);
void support_storm_map_(void); /* before the first test */

/* Said at the beginning of a test, with the reason: not in this one, nor in
 * its children.  For tests about who sleeps just then, or in which order; a
 * signal takes a sleeper out of the kernel's queue. */
void support_storm_waive(void);

/* A thread that wakes random numbers of sleepers on the 32-bit words of the
 * object, as a stale unlock of reused memory does: every sleep must look
 * again.  (hazards B17, K9)  One at a time. */
void support_stray_begin(const void *object, size_t size);
void support_stray_end(void);

#endif
