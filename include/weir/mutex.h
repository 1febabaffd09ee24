/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: mutual exclusion in 8 bytes.  Python's threading.Lock.
 *
 *   static weir_mutex_t lock = WEIR_MUTEX_INIT;    // all zero is valid
 *
 *   weir_mutex_lock(&lock);
 *   balance += amount;
 *   weir_mutex_unlock(&lock);
 *
 *   if (weir_mutex_lock_until(&lock, weir_after(5000000)) == ETIMEDOUT)
 *       ...                                        // not held
 *
 * Not recursive, and without an owner: any thread may unlock it, so a lock
 * taken here may be released there.  Locking it twice from one thread waits
 * for an unlock that must come from another.  For an owner and a depth use
 * the recursive mutex (rmutex.h).
 *
 * Fairness: barging, with a bound.  A running thread may take the lock
 * before a thread that was woken for it, which is what makes it fast; but
 * once in a period the lock is handed to the waiter that is first in line, if
 * that has waited for WEIR_MUTEX_FAIR_NS, and until it has the lock nobody
 * else gets it.  The period is WEIR_MUTEX_FAIR_NS, or ten times what the last
 * hand-over took (at most 100 ms), if that is longer: where CPUs are short the
 * lock would else be idle for most of the time.  So a waiter with n others
 * before it waits for at most n + 2 periods, plus as many holds and wake-ups.
 *
 * Lifetime: needs no destroy.  A thread that got the lock may free its
 * memory as soon as no other thread will call lock again, even while the
 * unlock that let it in has not returned: releasing is the unlocker's last
 * access to the object.
 *
 * Fork: a mutex that another thread held when the process forked stays
 * locked in the child; initialise it again there.
 */
#ifndef WEIR_MUTEX_H
#define WEIR_MUTEX_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 8 bytes.  The words are described in src/futex/mutex.h. */
typedef struct WEIR_CAPABILITY("mutex") weir_mutex {
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint32_t) state;
    WEIR_ATOMIC(uint32_t) stamp;
} weir_mutex_t;

#define WEIR_MUTEX_INIT                                                        \
    {                                                                          \
        0, 0                                                                   \
    }

/* How long a waiter can be passed over, when it is first in line. */
#define WEIR_MUTEX_FAIR_NS 1000000

/* Make *m an unlocked mutex.  Not needed for private mutexes in memory that
 * is all zero.
 * Context:  any; nobody else may be using *m
 * Progress: wait-free
 * Order:    none: publish *m to other threads as you would any object
 * Params:   flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL an unknown flag
 * Source:   none */
WEIR_API int weir_mutex_init(weir_mutex_t *m, unsigned flags);

/* Lock *m, sleeping until it is free.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking; overtaking is bounded by WEIR_MUTEX_FAIR_NS
 * Order:    acquire: sees everything before the unlock that it follows
 * Requires: *m was initialised or is all zero
 * Returns:  0
 * Misuse:   locking twice from one thread waits for another's unlock
 * Source:   [Drepper11] three-state futex mutex, [Dice06] asymmetric
 *           release, [Pizlo16] eventual fairness (docs/references.md) */
WEIR_API_INLINE int weir_mutex_lock(weir_mutex_t *m) WEIR_ACQUIRE(m);

/* Lock *m if nobody holds it, without waiting.
 * Context:  any; async-signal-safe
 * Progress: lock-free
 * Order:    acquire on success, none on EBUSY
 * Returns:  0 | EBUSY held, or promised to a waiter that is due
 * Source:   as weir_mutex_lock */
WEIR_API int weir_mutex_trylock(weir_mutex_t *m) WEIR_TRY_ACQUIRE(0, m);

/* Lock *m, sleeping until it is free or the deadline has passed.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire on success, none on ETIMEDOUT
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: one try; WEIR_FOREVER: as weir_mutex_lock
 * Returns:  0 | ETIMEDOUT not held
 * Source:   as weir_mutex_lock */
WEIR_API int weir_mutex_lock_until(weir_mutex_t *m, weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE(0, m);

/* As weir_mutex_lock_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_mutex_lock_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API_INLINE int weir_mutex_lock_with(weir_mutex_t *m,
                                         weir_deadline_t deadline,
                                         weir_token_t *token)
    WEIR_TRY_ACQUIRE(0, m);

/* Unlock *m and let a waiter in.
 * Context:  any thread, whoever locked it; not async-signal-safe
 * Progress: wait-free in user space when nobody waits, else lock-free
 *           and one system call
 * Order:    release: publishes everything before it to the next holder
 * Returns:  0 | EPERM *m is not locked (and stays so)
 * Lifetime: *m may be freed by the next holder at once
 * Source:   as weir_mutex_lock */
WEIR_API_INLINE int weir_mutex_unlock(weir_mutex_t *m) WEIR_RELEASE(m);

/* Whether somebody holds *m at this moment; stale when it returns.
 * Context:  any; async-signal-safe
 * Order:    none: use it to print, not to decide
 * Returns:  true if held
 * Source:   none */
WEIR_API bool weir_mutex_is_locked(const weir_mutex_t *m);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_mutex_t) == 8, "a mutex is 8 bytes");

#include <weir/inline/mutex.h>
#if defined(WEIR_ANNOTATED_)
#include <weir/inline/mutex_tsan.h>
#endif

#endif
