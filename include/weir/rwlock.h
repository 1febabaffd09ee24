/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: many readers, or one writer, in 16 bytes.
 *
 *   static weir_rwlock_t lock = WEIR_RWLOCK_INIT;  // all zero is valid
 *
 *   weir_rwlock_rdlock(&lock);
 *   route = find(&routes, address);
 *   weir_rwlock_rdunlock(&lock);
 *
 *   weir_rwlock_wrlock(&lock);
 *   add(&routes, route);
 *   weir_rwlock_downgrade(&lock);                  // no writer in between
 *   ...
 *   weir_rwlock_rdunlock(&lock);
 *
 * Locks are released by the thread that took them, in the mode in which it
 * has them; a downgraded lock is a read lock.
 *
 * Policy: who gets in when both wait.  It is chosen by init.  A thread waits,
 * as far as this is concerned, when it has looked for some microseconds in
 * vain and is about to sleep; a try never waits.
 *
 *   writers first  The default.  Where a writer waits no more readers get in;
 *                  so a stream of writers keeps readers out for ever, and
 *                  readers can not keep writers out.
 *   WEIR_RW_PREFER_READER
 *                  Readers wait for a writer that has the lock, and never for
 *                  one that waits.  When a writer leaves, the readers that
 *                  wait get in before any other writer.  So a stream of
 *                  readers keeps writers out for ever.
 *   WEIR_RW_PHASE_FAIR
 *                  Where a writer waits no more readers get in; but when a
 *                  writer leaves, all readers that wait at that moment get in
 *                  before any other writer.  So a reader waits for those who
 *                  have the lock and for one writer, a writer for those who
 *                  have it, one crowd of readers, and the writers before it,
 *                  and no stream keeps the others out for ever.  An
 *                  arriving writer does not overtake writers that wait.
 *
 * Among writers the lock is not fair but for that: one that arrives in the
 * right moment may overtake one that was just woken.
 *
 * Reading twice.  With WEIR_RW_PREFER_READER a thread may take a read lock
 * that it has, any number of times.  With the other policies it must not: if
 * a writer comes in between, each waits for the other.  Writing while one
 * reads, or the other way round, waits for oneself with any policy.  A library
 * that was built with WEIR_CHECKED returns EDEADLK for all of this, and EPERM
 * to a thread that gives back what another has; it knows the locks that each
 * thread has, up to 64, at a price.
 *
 * Many readers.  A private lock that is read, and not written, for a while
 * becomes biased: then reading is a store to a line of the thread's own and
 * no read-modify-write, whose cost does not grow with the number of threads.
 * The next writer pays for that, by 10 to 30 microseconds; so the bias comes
 * back so late that this is less than a tenth of the time.  Up to 64 threads
 * of the process have such a line at once, others read in the ordinary way.
 *
 * Lifetime: needs no destroy.  A thread that got the lock may free its memory
 * as soon as no other will call lock again, even while the unlock that let it
 * in has not returned.
 *
 * Fork: what other threads had when the process forked is undefined in the
 * child; initialise such a lock again there.  What the forking thread has it
 * has in the child too.
 *
 * Shared: a process that is killed while it has the lock keeps it for ever.
 * One that is killed while it waits keeps nobody out for longer than about a
 * tenth of a second; so where threads wait all the time, one may get in before
 * its turn ten times a second.
 */
#ifndef WEIR_RWLOCK_H
#define WEIR_RWLOCK_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 16 bytes.  The words are described in src/futex/rwlock.h. */
typedef struct WEIR_CAPABILITY("rwlock") weir_rwlock {
    WEIR_ALIGNED(16) WEIR_ATOMIC(uint64_t) state;
    WEIR_ATOMIC(uint32_t) stamp;
    WEIR_ATOMIC(uint32_t) quiet;
} weir_rwlock_t;

#define WEIR_RWLOCK_INIT                                                       \
    {                                                                          \
        0, 0, 0                                                                \
    }

/* Flags of init, besides WEIR_SHARED. */
#define WEIR_RW_PREFER_READER 0x10u
#define WEIR_RW_PHASE_FAIR 0x20u

/* Read locks at a time (of those that are counted in the lock), and threads
 * that wait for one, or for the write lock. */
#define WEIR_RW_MAX 65535u

/* Make *l an unlocked read-write lock.  Not needed for private ones with the
 * default policy in memory that is all zero.
 * Context:  any; nobody else may be using *l
 * Progress: wait-free
 * Order:    none: publish *l to other threads as you would any object
 * Params:   flags  WEIR_SHARED, and one of WEIR_RW_PREFER_READER and
 *           WEIR_RW_PHASE_FAIR, or neither
 * Returns:  0 | EINVAL an unknown flag, or both policies
 * Source:   none */
WEIR_API int weir_rwlock_init(weir_rwlock_t *l, unsigned flags);

/* Take *l for reading, sleeping until that is possible.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking; see the policies above
 * Order:    acquire: sees everything before the unlock of each writer before
 * Requires: *l was initialised or is all zero
 * Returns:  0 | EOVERFLOW WEIR_RW_MAX have it, or wait for it | EDEADLK only
 *           where the library is checked: this thread has it
 * Misuse:   waits for itself where the thread has the write lock
 * Source:   [Dice19] reading by a store to a line of one's own, [Dice06]
 *           asymmetric fence, [Brandenburg10] phases
 *           (docs/references.md) */
WEIR_API_INLINE int weir_rwlock_rdlock(weir_rwlock_t *l) WEIR_ACQUIRE_SHARED(l);

/* Take *l for reading if that is possible without waiting.
 * Context:  any thread; not async-signal-safe
 * Progress: lock-free
 * Order:    acquire on success, none on failure
 * Returns:  0 | EBUSY a writer has it, or waits and is preferred |
 *           EOVERFLOW WEIR_RW_MAX have it
 * Source:   as weir_rwlock_rdlock */
WEIR_API int weir_rwlock_tryrdlock(weir_rwlock_t *l)
    WEIR_TRY_ACQUIRE_SHARED(0, l);

/* Take *l for reading, sleeping until that is possible or the deadline has
 * passed.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire on success, none on failure
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: one try; WEIR_FOREVER: as weir_rwlock_rdlock
 * Returns:  0 | ETIMEDOUT | EOVERFLOW, EDEADLK as weir_rwlock_rdlock
 * Source:   as weir_rwlock_rdlock */
WEIR_API int weir_rwlock_rdlock_until(weir_rwlock_t *l,
                                      weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE_SHARED(0, l);

/* As weir_rwlock_rdlock_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_rwlock_rdlock_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_rwlock_rdlock_with(weir_rwlock_t *l, weir_deadline_t deadline,
                                     weir_token_t *token)
    WEIR_TRY_ACQUIRE_SHARED(0, l);

/* Give a read lock back, and let a writer in if it was the last.
 * Context:  the thread that took it; not async-signal-safe
 * Progress: wait-free in user space where the lock is biased, else lock-free
 *           and one system call if a writer waits
 * Order:    release: what was read before it was read before the next writer
 * Returns:  0 | EPERM nobody is known to have a read lock (where others have
 *           some, one of theirs is given back: that it is none of this
 *           thread's is known to a checked library only)
 * Lifetime: *l may be freed by the next writer at once
 * Source:   as weir_rwlock_rdlock */
WEIR_API_INLINE int weir_rwlock_rdunlock(weir_rwlock_t *l)
    WEIR_RELEASE_SHARED(l);

/* Take *l for writing, sleeping until nobody has it.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking; see the policies above
 * Order:    acquire: sees everything before each unlock before it
 * Requires: *l was initialised or is all zero
 * Returns:  0 | EOVERFLOW WEIR_RW_MAX wait for it | EDEADLK only where the
 *           library is checked: this thread has it
 * Misuse:   waits for itself where the thread has the lock, in either mode
 * Source:   as weir_rwlock_rdlock */
WEIR_API int weir_rwlock_wrlock(weir_rwlock_t *l) WEIR_ACQUIRE(l);

/* Take *l for writing if that is possible without waiting.  Where it is
 * biased that takes a barrier (see "Many readers").
 * Context:  any thread; not async-signal-safe
 * Progress: lock-free, and one system call where *l is biased
 * Order:    acquire on success, none on EBUSY
 * Returns:  0 | EBUSY somebody has it, or is to have it before
 * Source:   as weir_rwlock_rdlock */
WEIR_API int weir_rwlock_trywrlock(weir_rwlock_t *l) WEIR_TRY_ACQUIRE(0, l);

/* Take *l for writing, sleeping until nobody has it or the deadline has
 * passed.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire on success, none on failure
 * Params:   deadline  as for weir_rwlock_rdlock_until
 * Returns:  0 | ETIMEDOUT | EOVERFLOW, EDEADLK as weir_rwlock_wrlock
 * Source:   as weir_rwlock_rdlock */
WEIR_API int weir_rwlock_wrlock_until(weir_rwlock_t *l,
                                      weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE(0, l);

/* As weir_rwlock_wrlock_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_rwlock_wrlock_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_rwlock_wrlock_with(weir_rwlock_t *l, weir_deadline_t deadline,
                                     weir_token_t *token)
    WEIR_TRY_ACQUIRE(0, l);

/* Give the write lock back, and let those in who are next.
 * Context:  the thread that took it; not async-signal-safe
 * Progress: lock-free, and one system call if somebody waits
 * Order:    release: publishes everything before it to the next holders
 * Returns:  0 | EPERM nobody has the write lock (whose it is is known to a
 *           checked library only)
 * Lifetime: *l may be freed by the next holder at once
 * Source:   as weir_rwlock_rdlock */
WEIR_API int weir_rwlock_wrunlock(weir_rwlock_t *l) WEIR_RELEASE(l);

/* Make a read lock of the write lock: no writer gets in between.  Readers
 * that wait get in too, unless a writer waits and is preferred.
 * Context:  the thread that has the write lock; not async-signal-safe
 * Progress: lock-free, and one system call if readers wait
 * Order:    release: publishes everything before it to other readers
 * Returns:  0 | EPERM nobody has the write lock
 * Source:   as weir_rwlock_rdlock */
WEIR_API int weir_rwlock_downgrade(weir_rwlock_t *l) WEIR_RELEASE(l)
    WEIR_ACQUIRE_SHARED(l);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_rwlock_t) == 16, "a lock is 16 bytes");

#include <weir/inline/rwlock.h>
#if defined(WEIR_ANNOTATED_)
#include <weir/inline/rwlock_tsan.h>
#endif

#endif
