/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Condition: wait, with a lock released, until another thread says that
 * something has changed.  Python's threading.Condition.  16 bytes.
 *
 *   static weir_mutex_t lock = WEIR_MUTEX_INIT;
 *   static weir_cond_t more = WEIR_COND_INIT;      // all zero is valid
 *
 *   weir_mutex_lock(&lock);                        weir_mutex_lock(&lock);
 *   while (count == 0)                             count++;
 *       weir_cond_wait(&more, &lock);              weir_mutex_unlock(&lock);
 *   count--;                                       weir_cond_signal(&more);
 *   weir_mutex_unlock(&lock);
 *
 * Waiting.  A wait takes the caller's place in line and then unlocks, so that
 * no signal that comes after the unlock is missed.  It returns with the lock
 * held, however it ends, also if that takes longer than the deadline: the
 * deadline is for the signal.  The lock may be a mutex, or a recursive mutex
 * (the calls named _rmutex), which is released at whatever depth it has, and
 * has that depth again on return.
 *
 * Signalling.  signal_n(n) wakes min(n, waiting) of those that wait at that
 * moment.  A thread waits from before its wait unlocks until it is signalled,
 * or leaves at its deadline; so a signal finds each that had the lock before
 * whoever made the change that it tells of.  It wakes none that comes later,
 * and who comes later cannot take the place of one that was there.  A wait
 * that is signalled as its deadline passes was either one of the n, and
 * returns 0, or was not.  So signals are neither lost nor doubled.  The caller
 * need not hold the lock, but the change must be made under it.
 *
 * What more is promised depends on the scope:
 *
 *             private                     WEIR_SHARED
 *   returns   only when signalled, or     the same
 *             at the deadline: nothing
 *             spurious
 *   which     those that came first       any of those that came before some
 *                                         signal that left some of them; then
 *                                         those that came after that, ...
 *   onto the  16 at once: each wakes      those that are woken by one call, at
 *   lock      another once it has the     once
 *             lock, the one 16 places
 *             behind it
 *   waiters   as many as there are        4095 that no signal was meant for,
 *             threads                     then EOVERFLOW
 *   lifetime  a woken waiter may free     once each call on it has returned,
 *             it while the signal that    those of signal included
 *             woke it has not returned
 *   fork      nobody waits, in the        shared with the child
 *             child
 *   killed    -                           a killed waiter counts as waiting
 *                                         until a signal was spent on it: one,
 *                                         and only when all living ones of its
 *                                         time have been signalled.  A signal
 *                                         whose caller is killed in it may be
 *                                         lost, or reach its waiters within
 *                                         100 ms.  Nobody is stuck
 *
 * No call of a private condition by a woken waiter touches it after it was
 * signalled.  So the last of those that use it may free it, where "use" ends
 * for a waiter when it is signalled, or has returned ETIMEDOUT; for instance,
 * who has called broadcast, with the lock held, after which nobody comes any
 * more.  Waiters of one condition may use different locks.
 *
 * Signal handlers must not call any of this.
 */
#ifndef WEIR_COND_H
#define WEIR_COND_H

#include <weir/mutex.h>
#include <weir/rmutex.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 16 bytes.  The words are described in src/futex/cond_private.c and
 * src/futex/cond_shared.c. */
typedef struct weir_cond {
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint64_t) waiters;
    WEIR_ATOMIC(uint32_t) turn;
    uint32_t scope;
} weir_cond_t;

#define WEIR_COND_INIT                                                         \
    {                                                                          \
        0, 0, 0                                                                \
    }

/* How many may wait for the same signal of a shared one. */
#define WEIR_COND_SHARED_MAX 4095u

/* Make *c a condition on which nobody waits.  Not needed for private ones in
 * memory that is all zero.
 * Context:  any; nobody else may be using *c
 * Progress: wait-free
 * Order:    none: publish *c to other threads as you would any object
 * Params:   flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL an unknown flag
 * Source:   none */
WEIR_API int weir_cond_init(weir_cond_t *c, unsigned flags);

/* Unlock *m, wait for a signal, and lock *m again.
 * Context:  may sleep; holds *m; not async-signal-safe
 * Progress: blocking
 * Order:    that of the unlock and of the lock
 * Returns:  0 signalled | EPERM *m is not locked (for the _rmutex form: not by
 *           the caller) | EOVERFLOW WEIR_SHARED: too many wait already; after
 *           both nothing has changed
 * Source:   stack nodes [Nsync16], one waiter wakes the next [Musl14], groups
 *           [Glibc17] (docs/references.md) */
WEIR_API int weir_cond_wait(weir_cond_t *c, weir_mutex_t *m) WEIR_REQUIRES(m);
WEIR_API int weir_cond_wait_rmutex(weir_cond_t *c, weir_rmutex_t *m)
    WEIR_REQUIRES(m);

/* The same until the deadline.
 * Context:  may sleep; holds *m; not async-signal-safe
 * Progress: blocking, the wait for the signal bounded by the deadline, that
 *           for the lock not
 * Order:    that of the unlock and of the lock
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: unlocks, looks once, and locks
 * Returns:  0 signalled, also if the deadline has passed | ETIMEDOUT not
 *           signalled, the lock held | EPERM, EOVERFLOW as weir_cond_wait
 * Source:   as weir_cond_wait */
WEIR_API int weir_cond_wait_until(weir_cond_t *c, weir_mutex_t *m,
                                  weir_deadline_t deadline) WEIR_REQUIRES(m);
WEIR_API int weir_cond_wait_until_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                                         weir_deadline_t deadline)
    WEIR_REQUIRES(m);

/* As weir_cond_wait_until, until a token is cancelled as well.  On ECANCELED
 * the lock is held, and no signal was consumed.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking; the deadline and the token bound the wait for a signal, not
 *           that for the lock
 * Order:    as weir_cond_wait_until; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_cond_wait_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_cond_wait_with(weir_cond_t *c, weir_mutex_t *m,
                                 weir_deadline_t deadline, weir_token_t *token)
    WEIR_REQUIRES(m);
WEIR_API int weir_cond_wait_with_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                                        weir_deadline_t deadline,
                                        weir_token_t *token) WEIR_REQUIRES(m);

/* Wait until pred(arg) is true; it is called with the lock held: at once,
 * after each signal, and once more at the deadline.
 * Context:  as weir_cond_wait_until
 * Progress: as weir_cond_wait_until
 * Order:    that of the lock
 * Params:   pred  must leave the lock as it found it
 * Returns:  0 pred(arg) was true when it was called last, and the lock was
 *           held since | ETIMEDOUT it was false | EINVAL pred is NULL | EPERM,
 *           EOVERFLOW as weir_cond_wait
 * Source:   as weir_cond_wait */
WEIR_API int weir_cond_wait_for(weir_cond_t *c, weir_mutex_t *m,
                                bool (*pred)(void *), void *arg,
                                weir_deadline_t deadline) WEIR_REQUIRES(m);
WEIR_API int weir_cond_wait_for_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                                       bool (*pred)(void *), void *arg,
                                       weir_deadline_t deadline)
    WEIR_REQUIRES(m);

/* As weir_cond_wait_for, until a token is cancelled as well; pred is called
 * once more then, as after a timeout.
 * Context:  may sleep; not async-signal-safe
 * Progress: as weir_cond_wait_with
 * Order:    as weir_cond_wait_for; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_cond_wait_for | ECANCELED pred was false at the end
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_cond_wait_for_with(weir_cond_t *c, weir_mutex_t *m,
                                     bool (*pred)(void *), void *arg,
                                     weir_deadline_t deadline,
                                     weir_token_t *token) WEIR_REQUIRES(m);
WEIR_API int weir_cond_wait_for_with_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                                            bool (*pred)(void *), void *arg,
                                            weir_deadline_t deadline,
                                            weir_token_t *token)
    WEIR_REQUIRES(m);

/* Wake one of those that wait, n of them, or all; fewer if fewer wait, and
 * nobody if n is 0.
 * Context:  any thread, with or without the lock; not async-signal-safe
 * Progress: private: blocking for as long as another thread changes the line,
 *           some 100 ns for each waiter; shared: lock-free; and one system
 *           call if somebody sleeps (shared: two at most)
 * Order:    none of its own
 * Returns:  0
 * Lifetime: see above
 * Source:   as weir_cond_wait */
WEIR_API int weir_cond_signal(weir_cond_t *c);
WEIR_API int weir_cond_signal_n(weir_cond_t *c, unsigned n);
WEIR_API int weir_cond_broadcast(weir_cond_t *c);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_cond_t) == 16, "a condition is 16 bytes");

#if defined(WEIR_ANNOTATED_)
#include <weir/inline/cond_tsan.h>
#endif

#endif
