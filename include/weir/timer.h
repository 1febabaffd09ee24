/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timer: call a function at a time.  Python's threading.Timer, and periodic
 * ones; one thread for all of them, not one for each.
 *
 *   static void expire(void *arg) { drop((struct connection *)arg); }
 *
 *   weir_timer_init(&c->timer, expire, c, 0);
 *   weir_timer_start_at(&c->timer, weir_after(5000000000));   // in 5 s
 *   ...
 *   weir_timer_restart_at(&c->timer, weir_after(5000000000)); // heard of it
 *   ...
 *   if (weir_timer_cancel_sync(&c->timer, WEIR_FOREVER) != EDEADLK)
 *       free(c);                             // expire does not run, nor will
 *
 * A timer is memory of the user's, and nothing is allocated for it.  Starting
 * and cancelling take a short time that does not depend on how many there are
 * (a hierarchical timing wheel under one lock).
 *
 * When.  A timer never fires early.  Times are rounded up to the next multiple
 * of WEIR_TIMER_TICK_NS, and then the thread has to wake up, and callbacks
 * before this one have to return.  It wakes up for timers that are due, and at
 * most once more for one that was cancelled; never to count time.  Timers of
 * one tick fire in the order in which they were started, as a rule.
 *
 * Where.  Callbacks run on the timer thread ("weir-timer"), one after another,
 * so they must be short; or in an executor of yours (weir_timer_set_executor).
 * Callbacks of one timer never overlap.  The thread starts with the first
 * timer, blocks all signals but those of faults, and never keeps the process
 * alive.
 *
 * Periodic ones are due at first + n * period, without drift.  A firing that
 * comes late is made up for once: all that fell due meanwhile are skipped, and
 * counted (weir_timer_skipped).  So with a callback that takes 2.5 periods the
 * second call follows at once, for the firing that is 1.5 periods late; one is
 * skipped, and the third call is in time again.
 *
 * Lifetime.  The memory may be reused when no call is outstanding on it and
 * cancel or cancel_sync returned 0 or EALREADY, or join returned 0; and by the
 * callback of a timer that is not armed (any more).  The library does not
 * touch a timer after it has called its function, unless that is periodic or
 * was started again.  Nobody else may wait for a timer that its callback frees.
 *
 * Callbacks may start, cancel and free their own timer and others.
 *
 * Fork.  The child has no timer thread.  What was armed in the parent does
 * not fire in the child, where it is as if it had fired; it can be started
 * again, which starts a thread.  A callback that forks must leave the child
 * by exec or _exit.
 *
 * Private to the process.  No call but weir_timer_init is async-signal-safe.
 */
#ifndef WEIR_TIMER_H
#define WEIR_TIMER_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The resolution. */
#define WEIR_TIMER_TICK_NS 1024

/* A timer's place in the wheel (src/atomics/wheel.h). */
typedef struct weir_timer_link_ {
    struct weir_timer_link_ *next;
    struct weir_timer_link_ *prev;
    weir_deadline_t due;
} weir_timer_link_t_;

/* 112 bytes where pointers have 8.  All fields are guarded by the library's
 * lock; the word is described in src/thread/timer.c. */
typedef struct weir_timer {
    weir_timer_link_t_ link;
    WEIR_ATOMIC(uint32_t) state;
    uint32_t flags;
    uint64_t serial;
    int64_t period;
    uint64_t fired;
    uint64_t skipped;
    void (*fn)(void *);
    void *arg;
    int (*submit)(void *pool, void (*fn)(void *), void *arg);
    void *pool;
    /* What init was given, under ThreadSanitizer. */
    void (*given_fn)(void *);
    void *given_arg;
} weir_timer_t;

/* Make *t a timer that calls fn(arg), not armed.
 * Context:  any; nobody else may be using *t, and it is not armed
 * Progress: wait-free
 * Order:    none: publish *t to other threads as you would any object
 * Params:   flags  0
 * Returns:  0 | EINVAL fn is NULL, or an unknown flag; WEIR_SHARED is one: a
 *           function pointer means nothing in another process
 * Source:   none */
WEIR_API int weir_timer_init(weir_timer_t *t, void (*fn)(void *), void *arg,
                             unsigned flags);

/* Have callbacks run where submit puts them.  The timer thread calls
 * submit(pool, f, x), which sees to it that f(x) is called, once, by some
 * thread; f calls the timer's function.  If submit returns other than 0 the
 * timer thread calls it.  A firing that comes while the one before has not
 * returned follows it at once; more than one are skipped, and counted.
 * Context:  any
 * Progress: blocking, for a short time
 * Order:    none
 * Params:   submit  must not block for long; NULL: the timer thread
 * Returns:  0 | EBUSY the timer is armed, or its callback runs
 * Source:   none */
WEIR_API int weir_timer_set_executor(
    weir_timer_t *t, int (*submit)(void *pool, void (*fn)(void *), void *arg),
    void *pool);

/* Arm *t: it fires once, at the deadline; at once, if that has passed.
 * WEIR_FOREVER: never, but it is armed.  A timer can be started again as soon
 * as it has fired, by its callback too, or was cancelled.
 * Context:  any, callbacks included; the first call starts a thread
 * Progress: blocking, for a short time
 * Order:    release: the callback sees what was done before
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after)
 * Returns:  0 | EALREADY it is armed (and stays so) | ECANCELED it had been
 *           cancelled before its first start, and this was the start that is
 *           called off; or the service is being shut down | EAGAIN there can
 *           be no thread; it may be tried again
 * Source:   [Varghese87] hierarchical timing wheels, [Ahuja90] radix heap
 *           (docs/references.md); Python's Timer.start */
WEIR_API int weir_timer_start_at(weir_timer_t *t, weir_deadline_t deadline);

/* weir_timer_start_at, by its short name.
 * Context:  as weir_timer_start_at
 * Order:    as weir_timer_start_at
 * Returns:  as weir_timer_start_at
 * Source:   as weir_timer_start_at */
WEIR_API int weir_timer_start(weir_timer_t *t, weir_deadline_t deadline);

/* Arm *t: it fires at first, first + period_ns, first + 2 * period_ns, ...
 * until it is cancelled.
 * Context:  as weir_timer_start_at
 * Progress: as weir_timer_start_at
 * Order:    as weir_timer_start_at
 * Params:   first  absolute; WEIR_NOW, or a negative time: now.  Firings before
 *           now count as skipped, but for the last; period_ns  at least 1
 * Returns:  as weir_timer_start_at | EINVAL period_ns is 0 or less
 * Source:   as weir_timer_start_at */
WEIR_API int weir_timer_start_every(weir_timer_t *t, weir_deadline_t first,
                                    int64_t period_ns);

/* Cancel *t, if it is armed, and arm it anew, in one step: it fires once, at
 * the deadline, and not at its old time.  A callback that runs is not
 * affected.
 * Context:  as weir_timer_start_at
 * Progress: as weir_timer_start_at
 * Order:    as weir_timer_start_at
 * Returns:  as weir_timer_start_at, but never EALREADY
 * Source:   as weir_timer_start_at */
WEIR_API int weir_timer_restart_at(weir_timer_t *t, weir_deadline_t deadline);

/* Have *t not fire any more.  Does not wait for a callback that runs.  A timer
 * that has never been started is marked, as in Python: its first start returns
 * ECANCELED.
 * Context:  any, callbacks included
 * Progress: blocking, for a short time
 * Order:    acquire on EALREADY: sees what the callback did
 * Returns:  0 cancelled before it ran | EINPROGRESS its callback runs now (it
 *           may be the caller), or is with the executor; it does not fire
 *           after that | EALREADY was not armed: it has fired, and returned,
 *           or was cancelled, or never started
 * Source:   Python's Timer.cancel */
WEIR_API int weir_timer_cancel(weir_timer_t *t);

/* Cancel *t, and wait until its callback, if it runs, has returned; what that
 * has started again is cancelled too.
 * Context:  may sleep; not from *t's own callback
 * Progress: blocking, bounded by the deadline
 * Order:    acquire unless ETIMEDOUT: sees what the callback did
 * Params:   deadline  absolute; a past time: one look
 * Returns:  0 cancelled before it ran (again) | EALREADY was not armed; after
 *           both the callback does not run | ETIMEDOUT the callback still
 *           runs; it does not fire after that | EDEADLK called by the callback
 *           itself (nothing is changed)
 * Source:   none */
WEIR_API int weir_timer_cancel_sync(weir_timer_t *t, weir_deadline_t deadline);

/* As weir_timer_cancel_sync, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_timer_cancel_sync; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_timer_cancel_sync | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_timer_cancel_sync_with(weir_timer_t *t,
                                         weir_deadline_t deadline,
                                         weir_token_t *token);

/* Wait until *t has fired, and its callback has returned, or until it was
 * cancelled.  A periodic timer ends by being cancelled.  Any number of threads
 * may join, any number of times.
 * Context:  may sleep
 * Progress: blocking, bounded by the deadline
 * Order:    acquire on success: sees what the callback did
 * Params:   deadline  absolute; a past time: one look
 * Returns:  0 | ETIMEDOUT | ESRCH never started, nor cancelled | EDEADLK
 *           called by its own callback, or for an armed timer on the timer
 *           thread, without which it cannot fire
 * Source:   Python's Thread.join */
WEIR_API int weir_timer_join(weir_timer_t *t, weir_deadline_t deadline);

/* As weir_timer_join, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_timer_join; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_timer_join | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_timer_join_with(weir_timer_t *t, weir_deadline_t deadline,
                                  weir_token_t *token);

/* Whether *t will fire (again); stale when it returns.
 * Context:  any
 * Order:    none
 * Returns:  true from start until the function is called or the timer is
 *           cancelled; for periodic ones until that
 * Source:   Python's Thread.is_alive */
WEIR_API bool weir_timer_is_armed(const weir_timer_t *t);

/* How many times the function of *t has been called since init, and how many
 * firings were skipped because they came late.
 * Context:  any
 * Order:    none
 * Returns:  a count
 * Source:   timer_getoverrun(2) */
WEIR_API uint64_t weir_timer_fired(const weir_timer_t *t);
WEIR_API uint64_t weir_timer_skipped(const weir_timer_t *t);

/* Cancel all timers, and end the thread: for who unloads the library, or wants
 * nothing left at exit.  Waits for callbacks that run, also in executors.  A
 * start that comes before it is over returns ECANCELED; a later one begins
 * anew.
 * Context:  may sleep; not from a callback
 * Progress: blocking, bounded by the deadline (but for what threads do when
 *           they end)
 * Order:    acquire on success: sees what the callbacks did
 * Params:   deadline  absolute; a past time: one look
 * Returns:  0 | ETIMEDOUT a callback still runs; all is cancelled, and it may
 *           be called again to wait | EDEADLK called by a callback
 * Source:   none */
WEIR_API int weir_timer_shutdown(weir_deadline_t deadline);

/* As weir_timer_shutdown, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_timer_shutdown; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_timer_shutdown | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_timer_shutdown_with(weir_deadline_t deadline,
                                      weir_token_t *token);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_timer_t) == 48 + 8 * sizeof(void *),
                   "a timer is 112 bytes");

#if defined(WEIR_ANNOTATED_)
#include <weir/inline/timer_tsan.h>
#endif

#endif
