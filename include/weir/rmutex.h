/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Recursive mutex: an owner and a depth, in 16 bytes.  Python's
 * threading.RLock.
 *
 *   static weir_rmutex_t lock = WEIR_RMUTEX_INIT;  // all zero is valid
 *
 *   weir_rmutex_lock(&lock);
 *   weir_rmutex_lock(&lock);                       // mine already: depth 2
 *   weir_rmutex_unlock(&lock);
 *   weir_rmutex_unlock(&lock);                     // free now
 *
 * The thread that has it may lock it again, and must unlock it as often; no
 * other thread can unlock it.  Waiting, fairness and lifetime are those of the
 * mutex (mutex.h), which it contains.
 *
 * Who the owner is: in private scope a number that each thread gets once and
 * that is never used again in the process, so that a thread that ended with
 * the lock leaves it locked, and no later thread is taken for it.  In shared
 * scope the owner is its number in the kernel and 22 bits of salt: a thread
 * that gets the number of one that died with the lock is taken for its owner
 * once in four million times.
 *
 * Fork: the thread that forked still owns, in the child, the private ones that
 * it owned, at the same depth; the copies in parent and child have nothing to
 * do with each other.  One that another thread owned stays locked in the
 * child: initialise it again there.  A shared one stays with the parent.
 *
 * Whoever dies with a shared one leaves it locked for ever.
 *
 * clang's thread-safety analysis takes it for a mutex: it warns where one
 * function locks it twice.
 */
#ifndef WEIR_RMUTEX_H
#define WEIR_RMUTEX_H

#include <weir/mutex.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 16 bytes.  The words are described in src/futex/rmutex.c. */
typedef struct WEIR_CAPABILITY("mutex") weir_rmutex {
    weir_mutex_t mutex;
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint64_t) owner;
} weir_rmutex_t;

#define WEIR_RMUTEX_INIT                                                       \
    {                                                                          \
        WEIR_MUTEX_INIT, 0                                                     \
    }

/* How often a thread may have one at a time. */
#define WEIR_RMUTEX_DEPTH_MAX 1048575u

/* Make *m an unlocked recursive mutex.  Not needed for private ones in memory
 * that is all zero.
 * Context:  any; nobody else may be using *m
 * Progress: wait-free
 * Order:    none: publish *m to other threads as you would any object
 * Params:   flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL an unknown flag
 * Source:   none */
WEIR_API int weir_rmutex_init(weir_rmutex_t *m, unsigned flags);

/* Lock *m, sleeping until no other thread has it.
 * Context:  may sleep; not async-signal-safe
 * Progress: wait-free if the caller has it; else as weir_mutex_lock
 * Order:    acquire: sees everything before the unlock that it follows
 * Requires: *m was initialised or is all zero
 * Returns:  0 | EOVERFLOW the caller has it WEIR_RMUTEX_DEPTH_MAX times
 *           already (and still has)
 * Source:   as weir_mutex_lock */
WEIR_API int weir_rmutex_lock(weir_rmutex_t *m) WEIR_ACQUIRE(m);

/* Lock *m if no other thread has it, without waiting.
 * Context:  any; not async-signal-safe
 * Progress: lock-free
 * Order:    acquire on success, none otherwise
 * Returns:  0 | EBUSY another has it, or it is promised to a waiter that is
 *           due | EOVERFLOW as weir_rmutex_lock
 * Source:   as weir_mutex_lock */
WEIR_API int weir_rmutex_trylock(weir_rmutex_t *m) WEIR_TRY_ACQUIRE(0, m);

/* Lock *m, sleeping until no other thread has it or the deadline has passed.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire on success, none otherwise
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: one try; WEIR_FOREVER: as weir_rmutex_lock
 * Returns:  0 | ETIMEDOUT another has it | EOVERFLOW as weir_rmutex_lock
 * Source:   as weir_mutex_lock */
WEIR_API int weir_rmutex_lock_until(weir_rmutex_t *m, weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE(0, m);

/* As weir_rmutex_lock_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_rmutex_lock_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_rmutex_lock_with(weir_rmutex_t *m, weir_deadline_t deadline,
                                   weir_token_t *token) WEIR_TRY_ACQUIRE(0, m);

/* Undo one lock of the calling thread; the last lets a waiter in.
 * Context:  the owner; not async-signal-safe
 * Progress: wait-free at a depth of more than 1; else as weir_mutex_unlock
 * Order:    release at depth 1
 * Returns:  0 | EPERM another thread has it, or nobody (nothing changed)
 * Lifetime: *m may be freed by the next owner at once
 * Source:   as weir_mutex_lock */
WEIR_API int weir_rmutex_unlock(weir_rmutex_t *m) WEIR_RELEASE(m);

/* Whether the calling thread has *m.
 * Context:  any
 * Order:    none
 * Returns:  true if it does
 * Source:   none */
WEIR_API bool weir_rmutex_is_mine(const weir_rmutex_t *m);

/* How often the calling thread has *m.
 * Context:  any
 * Order:    none
 * Returns:  the depth; 0 if another thread has it, or nobody
 * Source:   none */
WEIR_API unsigned weir_rmutex_depth(const weir_rmutex_t *m);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_rmutex_t) == 16,
                   "a recursive mutex is 16 bytes");

#if defined(WEIR_ANNOTATED_)
#include <weir/inline/rmutex_tsan.h>
#endif

#endif
