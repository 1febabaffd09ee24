/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: n threads meet, again and again.  Python's threading.Barrier,
 * with its timeout, abort, reset, index and action.
 *
 *   weir_barrier_t barrier;
 *   weir_barrier_init(&barrier, threads, 0);
 *
 *   for (int step = 0; step < steps; step++) {      // in each thread
 *       compute(step);
 *       if (weir_barrier_wait(&barrier, NULL) != 0)
 *           return;                                 // somebody gave up
 *   }
 *
 * A barrier is filling (parties arrive and wait), or broken.  When the last
 * party arrives the action runs, the phase is complete and all go on; the
 * barrier can be used for the next phase at once.  It breaks when a wait
 * times out, when the action fails, and on abort.  Whoever waits in a broken
 * barrier, or comes to one, gets ECANCELED until somebody calls reset.
 *
 * Fairness: none needed.  More threads than parties may use one barrier:
 * each set of `parties` arrivals is a phase.
 *
 * Lifetime: needs no destroy.  The thread that is the last to return from
 * its wait (or from abort or reset) may free the memory.
 */
#ifndef WEIR_BARRIER_H
#define WEIR_BARRIER_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest number of parties. */
#define WEIR_BARRIER_MAX 0x3fffffffu

/* 256 bytes: what arrivals write, and what waiters read, on lines of their
 * own.  The words are described in src/futex/barrier.h. */
typedef struct weir_barrier {
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint64_t) arrivals;
    uint32_t parties;
    uint32_t flags;
    int (*action)(void *);
    void *action_arg;
    /* What set_action was given, under ThreadSanitizer. */
    int (*given_action)(void *);
    void *given_arg;
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint32_t) sense;
    WEIR_ATOMIC(uint32_t) impatience;
} weir_barrier_t;

/* Make *b an empty barrier for parties threads.
 * Context:  any; nobody else may be using *b
 * Progress: wait-free
 * Order:    none: publish *b to other threads as you would any object
 * Params:   parties  1 to WEIR_BARRIER_MAX; flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL parties out of range, or an unknown flag
 * Source:   [MCS91] the centralized sense-reversing barrier */
WEIR_API int weir_barrier_init(weir_barrier_t *b, unsigned parties,
                               unsigned flags);

/* Have the last arriver of each phase call action(arg) before anybody is
 * released.  A result other than 0 breaks the barrier: the thread that ran
 * the action returns the result, all others ECANCELED.
 * Context:  before the first wait
 * Order:    what was done before any wait of the phase is visible to the
 *           action, and the action's effects to all who are released
 * Params:   action  NULL for none
 * Returns:  0 | EINVAL *b is WEIR_SHARED: a function pointer means nothing
 *           in another process | EBUSY somebody is waiting
 * Source:   Python's Barrier(action) */
WEIR_API int weir_barrier_set_action(weir_barrier_t *b, int (*action)(void *),
                                     void *arg);

/* Arrive, and wait until all parties have.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    acq_rel: everything before any party's wait is visible to every
 *           party after it
 * Params:   index  NULL, or receives 0 .. parties-1 in order of arrival
 *           when the phase completes; parties-1 is the one that completed it
 * Returns:  0 | ECANCELED the barrier is or was broken, or was reset
 *           | what the action returned, to the thread that ran it
 * Source:   [MCS91] */
WEIR_API int weir_barrier_wait(weir_barrier_t *b, unsigned *index);

/* As weir_barrier_wait, but give up, and so break the barrier, when the
 * deadline has passed.  A past deadline breaks it at once, unless the caller
 * is the last to arrive.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline (the action is not)
 * Order:    as weir_barrier_wait on success
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after)
 * Returns:  as weir_barrier_wait | ETIMEDOUT this call broke the barrier
 * Source:   Python's Barrier.wait(timeout) */
WEIR_API int weir_barrier_wait_until(weir_barrier_t *b,
                                     weir_deadline_t deadline, unsigned *index);

/* As weir_barrier_wait_until, until a token is cancelled as well: whose token
 * ends its wait breaks the barrier, as a deadline does, so that the others get
 * ECANCELED too.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_barrier_wait_until; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_barrier_wait_until | ECANCELED the token is cancelled, or the
 *           barrier is broken
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_barrier_wait_with(weir_barrier_t *b, weir_deadline_t deadline,
                                    weir_token_t *token, unsigned *index);

/* Send everybody who waits away with ECANCELED, and make the barrier empty
 * and whole again.  Arrivals that come before the last of them has left wait
 * for that, and then count for the new phase.
 * Context:  any; may make one system call
 * Progress: lock-free
 * Order:    release
 * Returns:  0
 * Source:   Python's Barrier.reset */
WEIR_API int weir_barrier_reset(weir_barrier_t *b);

/* Break the barrier: all who wait, and all who come, get ECANCELED until it
 * is reset; those who wait for the end of a reset get it then.  Idempotent.
 * Context:  any; may make one system call
 * Progress: lock-free
 * Order:    release
 * Returns:  0
 * Source:   Python's Barrier.abort */
WEIR_API int weir_barrier_abort(weir_barrier_t *b);

/* How many threads make a phase.
 * Context:  any
 * Order:    none
 * Returns:  what init was given
 * Source:   none */
WEIR_API unsigned weir_barrier_parties(const weir_barrier_t *b);

/* How many threads are waiting in the phase that is filling; stale when it
 * returns.
 * Context:  any
 * Order:    none
 * Returns:  0 when the barrier is broken or being reset
 * Source:   Python's Barrier.n_waiting */
WEIR_API unsigned weir_barrier_n_waiting(const weir_barrier_t *b);

/* Whether the barrier is broken and waits for a reset.
 * Context:  any
 * Order:    acquire
 * Returns:  true if broken
 * Source:   Python's Barrier.broken */
WEIR_API bool weir_barrier_broken(const weir_barrier_t *b);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_barrier_t) <= 384, "a barrier is <= 384 bytes");

#if defined(WEIR_ANNOTATED_)
#include <weir/inline/barrier_tsan.h>
#endif

#endif
