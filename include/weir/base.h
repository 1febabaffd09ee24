/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What every weir header shares: results, time, scope and version.
 *
 * Results.  A call returns 0 or a positive errno, as pthreads do; errno
 * itself is never touched.  Queries that cannot fail return their value.
 *
 *   misuse    EPERM      not held, or not the owner
 *             EINVAL     bad argument (nothing was changed)
 *             EOVERFLOW  a counter or a time would overflow
 *             EDEADLK    the caller would wait for itself
 *             EALREADY   started already; to cancel: not armed (any more)
 *             ESRCH      never started
 *             EBUSY      still in use
 *   outcome   EBUSY      trylock: somebody holds it
 *             EAGAIN     a try operation would have to wait
 *             ETIMEDOUT  the deadline passed
 *             ECANCELED  the token, or the start, was cancelled; the barrier
 *                        is broken
 *             EINPROGRESS  to cancel: it runs now
 *             ESHUTDOWN  the queue is closed (and, for get, drained)
 *             ENOMEM     only from calls named _create; a thread that cannot
 *                        be had is EAGAIN
 *             EOPNOTSUPP the kernel has not what it takes
 *
 * No call returns EINTR.  A broken invariant (memory overwritten, an object
 * used after it was freed) stops the process: function, address, state word
 * and one sentence on stderr, then abort().
 *
 * Time.  Deadlines are absolute: nanoseconds on CLOCK_MONOTONIC, so a wait
 * that has to start over never drifts, and a step of the wall clock changes
 * nothing.  A deadline in the past means: try exactly once.
 *
 * Scope.  Objects are private to the process unless initialised with
 * WEIR_SHARED.  A shared object holds no pointers; it lives in memory that
 * is mapped MAP_SHARED, at any address in each process.
 */
#ifndef WEIR_BASE_H
#define WEIR_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__linux__)
#error "weir is for Linux: it is built on futexes"
#endif

#include <weir/annotate.h>
#include <weir/inline/atomic.h>

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0
#define WEIR_VERSION "0.1.0"

/* Marks what the shared library exports. */
#define WEIR_API __attribute__((visibility("default")))

/* Marks what is exported and, unless WEIR_NO_INLINE is defined, inline as
 * well.  C needs every declaration of an inline function to say so. */
#if defined(WEIR_NO_INLINE)
#define WEIR_API_INLINE WEIR_API
#else
#define WEIR_API_INLINE WEIR_API inline
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Absolute time: nanoseconds on CLOCK_MONOTONIC.  Signed, so that
 * differences of two times are ordinary arithmetic. */
typedef int64_t weir_deadline_t;

#define WEIR_FOREVER INT64_MAX        /* never expires */
#define WEIR_NOW ((weir_deadline_t)0) /* or any past time: one try */
#define WEIR_TIMEOUT_MAX INT64_MAX    /* longest relative time, ns */

/* Ends waits before their time; see token.h. */
typedef struct weir_token weir_token_t;

/* Flags for every _init.  An unknown flag is EINVAL. */
#define WEIR_PRIVATE 0u
#define WEIR_SHARED 1u

/* The monotonic clock now, in nanoseconds.
 * Context:  any, async-signal-safe
 * Order:    none
 * Returns:  nanoseconds since an unspecified start, always > 0
 * Source:   clock_gettime(2) */
WEIR_API weir_deadline_t weir_now(void);

/* The deadline ns nanoseconds from now.
 * Context:  any, async-signal-safe
 * Order:    none
 * Params:   ns  nanoseconds; 0 or less: a deadline that has passed
 * Returns:  now + ns; WEIR_FOREVER where that would overflow
 * Source:   none */
WEIR_API weir_deadline_t weir_after(int64_t ns);

/* What an error number means to weir: a short static English sentence.
 * Context:  any, thread-safe, async-signal-safe
 * Order:    none
 * Returns:  never NULL; an unknown number has a sentence of its own
 * Source:   none */
WEIR_API const char *weir_strerror(int error);

/* The version of the library that is linked, as "major.minor.patch".
 * Compare with WEIR_VERSION, the version of the header.
 * Context:  any
 * Order:    none
 * Returns:  a static string
 * Source:   none */
WEIR_API const char *weir_version(void);

#ifdef __cplusplus
}
#endif

#endif
