/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Semaphore: a number of permits in 8 bytes, with or without a bound.
 * Python's threading.Semaphore and BoundedSemaphore.
 *
 *   static weir_sem_t jobs = WEIR_SEM_INIT;        // no permits; all zero
 *
 *   weir_sem_post(&jobs);                          // anywhere, any thread
 *
 *   weir_sem_wait(&jobs);                          // takes one, or sleeps
 *   if (weir_sem_wait_until(&jobs, weir_after(5000000)) == ETIMEDOUT)
 *       ...                                        // took nothing
 *
 *   weir_sem_t slots;                              // four at a time
 *   weir_sem_init(&slots, 4, 4, 0);
 *   weir_sem_wait(&slots);
 *   ...
 *   weir_sem_post(&slots);                         // EOVERFLOW: once too often
 *
 * A permit belongs to nobody: any thread may post, whoever waited.
 *
 * Fairness: none is promised.  A running thread may take a permit before the
 * thread that was woken for it; sleepers are woken in the order in which they
 * slept.  Permits do not get lost: as long as there are any, nobody stays
 * asleep.
 *
 * Lifetime: needs no destroy.  A thread that took a permit may free the memory
 * as soon as no other thread will use the semaphore again, even while the post
 * that let it in has not returned: adding the permit is the poster's last
 * access to the object.
 *
 * Processes: in a WEIR_SHARED semaphore the permits that a killed process had
 * taken stay taken.  One that is killed in the middle of post has added its
 * permit or has not, and whoever sleeps finds it, within a tenth of a second
 * where the dead process had yet to wake it.
 */
#ifndef WEIR_SEM_H
#define WEIR_SEM_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The largest number of permits; as max, it stands for no bound. */
#define WEIR_SEM_MAX 0x7fffffffu

/* 8 bytes.  The word is described in src/futex/sem.c. */
typedef struct weir_sem {
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint64_t) state;
} weir_sem_t;

/* No permits, no bound, private. */
#define WEIR_SEM_INIT                                                          \
    {                                                                          \
        0                                                                      \
    }

/* Make *s a semaphore with value permits, and never more than max.  Not needed
 * for what WEIR_SEM_INIT stands for, in memory that is all zero.
 * Context:  any; nobody else may be using *s
 * Progress: wait-free
 * Order:    none: publish *s to other threads as you would any object
 * Params:   value  0 to max; max  0 (each post is refused) to WEIR_SEM_MAX;
 *           flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL value > max, max > WEIR_SEM_MAX, or an unknown flag
 * Source:   none */
WEIR_API int weir_sem_init(weir_sem_t *s, unsigned value, unsigned max,
                           unsigned flags);

/* Take a permit, sleeping until there is one.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    acquire: sees everything before the posts that made the permits
 *           taken so far possible, this one's included
 * Returns:  0
 * Source:   [Drepper11] futexes; the mark of sleepers is in the word that is
 *           posted (src/futex/sem.c) */
WEIR_API_INLINE int weir_sem_wait(weir_sem_t *s);

/* Take a permit if there is one, without waiting.
 * Context:  any; async-signal-safe
 * Progress: lock-free
 * Order:    acquire on success, none on EAGAIN
 * Returns:  0 | EAGAIN there is none
 * Source:   as weir_sem_wait */
WEIR_API int weir_sem_trywait(weir_sem_t *s);

/* Take a permit, sleeping until there is one or the deadline has passed.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire on success, none on ETIMEDOUT
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: one try; WEIR_FOREVER: as weir_sem_wait
 * Returns:  0 | ETIMEDOUT nothing was taken
 * Source:   as weir_sem_wait */
WEIR_API int weir_sem_wait_until(weir_sem_t *s, weir_deadline_t deadline);

/* As weir_sem_wait_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_sem_wait_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API_INLINE int weir_sem_wait_with(weir_sem_t *s, weir_deadline_t deadline,
                                       weir_token_t *token);

/* Add a permit, and wake a thread that sleeps for one.
 * Context:  any; async-signal-safe
 * Progress: lock-free, and one system call when somebody sleeps
 * Order:    release: publishes everything before it to whoever takes the
 *           permit, or a later one; none on EOVERFLOW
 * Returns:  0 | EOVERFLOW there are max permits (and still are)
 * Lifetime: *s may be freed by whoever takes the permit at once
 * Source:   as weir_sem_wait */
WEIR_API_INLINE int weir_sem_post(weir_sem_t *s);

/* Add n permits in one step, or none, and wake up to n threads.
 * Context:  any; async-signal-safe
 * Progress: lock-free, and one system call when somebody sleeps
 * Order:    as weir_sem_post
 * Params:   n  1 or more
 * Returns:  0 | EINVAL n is 0 | EOVERFLOW there would be more than max (and
 *           none was added)
 * Lifetime: as weir_sem_post, for whoever takes the last of them
 * Source:   Python's Semaphore.release(n) */
WEIR_API int weir_sem_post_n(weir_sem_t *s, unsigned n);

/* How many permits there are at this moment; stale when it returns.
 * Context:  any; async-signal-safe
 * Order:    none: use it to print, not to decide
 * Returns:  0 to max; 0 when threads sleep
 * Source:   multiprocessing's Semaphore.get_value() */
WEIR_API unsigned weir_sem_value(const weir_sem_t *s);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_sem_t) == 8, "a semaphore is 8 bytes");

#include <weir/inline/sem.h>
#if defined(WEIR_ANNOTATED_)
#include <weir/inline/sem_tsan.h>
#endif

#endif
