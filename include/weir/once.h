/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Once: what many threads need, and one of them makes.  pthread_once, with an
 * argument, a result and a deadline.
 *
 *   static weir_once_t once = WEIR_ONCE_INIT;       // all zero is valid
 *   static struct table *table;
 *
 *   static int make(void *arg)                      // 0: made
 *   {
 *       table = read_table(arg);
 *       return table != NULL ? 0 : ENOMEM;
 *   }
 *
 *   if (weir_once_call(&once, make, path) != 0)     // in each thread
 *       return;
 *   use(table);
 *
 * The first caller runs the function, and others wait for it.  If it returns
 * 0 that is that: each call returns 0, at the price of one load.  If it returns
 * anything else the caller that ran it gets that, and the next caller, or one
 * that waits, runs its own function: nothing is remembered of a failure.
 *
 * The function must return: no longjmp, no C++ exception, no end of the thread
 * out of it.  A call from inside it, of the same once, is found out (EDEADLK)
 * for private objects; of a shared one it waits for itself, since 4 bytes hold
 * no name of a thread that is unique among all processes that may map them.
 *
 * Fairness: none.
 *
 * Lifetime: needs no destroy.  A thread whose call returned 0 may free it at
 * once, even while the call that ran the function has not returned, unless
 * other threads are in a call or will make one.
 *
 * If a process is killed while it runs the function of a shared once, nobody
 * knows how far it came, and nobody runs it again: callers wait, those with a
 * deadline until then.  Initialise the once again when nobody uses it.  One
 * that was killed after that, before it could wake those who wait, costs them a
 * tenth of a second at most.
 *
 * Fork: a function that another thread was running stays unfinished in the
 * child; initialise the once again there.
 */
#ifndef WEIR_ONCE_H
#define WEIR_ONCE_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 4 bytes.  The word is described in src/futex/once.c. */
typedef struct weir_once {
    WEIR_ATOMIC(uint32_t) word;
} weir_once_t;

#define WEIR_ONCE_INIT                                                         \
    {                                                                          \
        0                                                                      \
    }

/* Make *o a once that nobody has called.  Not needed for private ones in
 * memory that is all zero.
 * Context:  any; nobody else may be using *o
 * Progress: wait-free
 * Order:    none: publish *o to other threads as you would any object
 * Params:   flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL an unknown flag
 * Source:   none */
WEIR_API int weir_once_init(weir_once_t *o, unsigned flags);

/* Run fn(arg), unless it was done, or wait for the thread that runs its own.
 * Context:  may sleep; not async-signal-safe
 * Progress: wait-free when done; else blocking
 * Order:    acquire: sees what the function that succeeded did, and those
 *           that failed before it; they see each other too
 * Params:   fn  returns 0 for done; where a once is shared, each process has
 *           a function of its own, which means the same
 * Returns:  0 done | EDEADLK called by the function itself (private scope)
 *           | what fn returned, to the thread that ran it
 * Source:   pthread_once; Go's sync.Once, Rust's Once::call_once */
WEIR_API_INLINE int weir_once_call(weir_once_t *o, int (*fn)(void *),
                                   void *arg);

/* As weir_once_call, but wait for others until the deadline only.  Once fn
 * runs it is not interrupted.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline (fn is not)
 * Order:    as weir_once_call; none on ETIMEDOUT
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: fn is run if nobody runs it
 * Returns:  as weir_once_call | ETIMEDOUT another thread runs its function
 * Source:   none */
WEIR_API int weir_once_call_until(weir_once_t *o, int (*fn)(void *), void *arg,
                                  weir_deadline_t deadline);

/* As weir_once_call_until; but a token ends the wait for others as well.  Once
 * fn runs, nothing ends it.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_once_call_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API_INLINE int weir_once_call_with(weir_once_t *o, int (*fn)(void *),
                                        void *arg, weir_deadline_t deadline,
                                        weir_token_t *token);

/* Whether a function has succeeded.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    acquire if true, as weir_once_call
 * Returns:  true for ever after the first time
 * Source:   Rust's Once::is_completed */
WEIR_API_INLINE bool weir_once_is_done(const weir_once_t *o);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_once_t) == 4, "a once is 4 bytes");

#include <weir/inline/once.h>
#if defined(WEIR_ANNOTATED_)
#include <weir/inline/once_tsan.h>
#endif

#endif
