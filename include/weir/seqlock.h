/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sequence lock: readers that write nothing, and look again if a writer came
 * between.  For small data that is read much more often than written: times,
 * positions, configurations.  Python has none.
 *
 *   static weir_seqlock_t lock = WEIR_SEQLOCK_INIT;     // all zero is valid
 *   static struct state shared;                         // any plain data
 *
 *   weir_seqlock_write(&lock, &shared, &mine, sizeof(mine));
 *   weir_seqlock_read(&lock, &mine, &shared, sizeof(mine));
 *
 * or, where not all of it is to be copied:
 *
 *   weir_seqlock_write_begin(&lock);
 *   weir_seqlock_store(&shared.x, &x, sizeof(x));
 *   weir_seqlock_write_end(&lock);
 *
 *   do {
 *       begun = weir_seqlock_read_begin(&lock);
 *       weir_seqlock_load(&x, &shared.x, sizeof(x));
 *   } while (weir_seqlock_read_retry(&lock, begun));
 *
 * Readers race with writers by design.  To C that is a data race unless all
 * accesses of the shared data are atomic: so it is copied by weir_seqlock_load
 * and weir_seqlock_store, word by word and relaxed, and never touched in
 * another way while others may use it.  What load returns before read_retry has
 * said false may be half of one write and half of another: do not use it for
 * anything, not as an index or a pointer either.
 *
 * Writers exclude each other, and sleep while one is inside.  A writer may
 * be stopped in the middle: readers who meet that spin for some microseconds,
 * and then sleep until it goes on.  A reader in the middle of its loop may
 * have to start again for each write: weir_seqlock_read gives up after
 * WEIR_SEQLOCK_TRIES, and then keeps writers out while it copies, so that it
 * ends.  A loop of your own may never end if writers come without pause.
 *
 * Fairness: writers barge, and have no order.
 *
 * Lifetime: needs no destroy.  Whoever got in as a writer may free it once no
 * other thread will use it, even while the write_end that let it in has not
 * returned.  A reader may not: a write_end may still be under way after its
 * data has been read.
 *
 * If a process is killed inside a write of a shared seqlock, the data is half
 * written, and nobody gets in again: readers and writers wait, those with a
 * deadline until then.  Initialise it again when nobody uses it.  Readers
 * that wait mark the lock, so all processes need to map it for writing.
 *
 * Sequence: 63 bits, so no reader mistakes a later write for its own.
 */
#ifndef WEIR_SEQLOCK_H
#define WEIR_SEQLOCK_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How often weir_seqlock_read tries before it keeps writers out. */
#define WEIR_SEQLOCK_TRIES 8u

/* 16 bytes.  The words are described in src/futex/seqlock.c. */
typedef struct WEIR_CAPABILITY("seqlock") weir_seqlock {
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint64_t) sequence;
    WEIR_ATOMIC(uint32_t) lock;
    uint32_t flags;
} weir_seqlock_t;

#define WEIR_SEQLOCK_INIT                                                      \
    {                                                                          \
        0, 0, 0                                                                \
    }

/* Make *s a seqlock that nobody uses.  Not needed for private ones in memory
 * that is all zero.
 * Context:  any; nobody else may be using *s
 * Progress: wait-free
 * Order:    none: publish *s to other threads as you would any object
 * Params:   flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL an unknown flag
 * Source:   none */
WEIR_API int weir_seqlock_init(weir_seqlock_t *s, unsigned flags);

/* -- Writers ------------------------------------------------------------ */

/* Begin to write, when no other writer is inside.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    acquire: sees everything before the write_end that it follows
 * Returns:  0
 * Misuse:   from inside a write of the same lock it waits for itself
 * Source:   [Lameter05]; the orders are those of [Boehm12] */
WEIR_API int weir_seqlock_write_begin(weir_seqlock_t *s) WEIR_ACQUIRE(s);

/* Begin to write, if no writer is inside.
 * Context:  any; a signal handler that got in must also leave
 * Progress: lock-free
 * Order:    as weir_seqlock_write_begin on success, none on EBUSY
 * Returns:  0 | EBUSY a writer, or a reader that keeps them out, is inside
 * Source:   as weir_seqlock_write_begin */
WEIR_API int weir_seqlock_trywrite_begin(weir_seqlock_t *s)
    WEIR_TRY_ACQUIRE(0, s);

/* As weir_seqlock_write_begin, until the deadline.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    as weir_seqlock_write_begin on success, none on ETIMEDOUT
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: one try; WEIR_FOREVER: as weir_seqlock_write_begin
 * Returns:  0 | ETIMEDOUT not inside
 * Source:   as weir_seqlock_write_begin */
WEIR_API int weir_seqlock_write_begin_until(weir_seqlock_t *s,
                                            weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE(0, s);

/* As weir_seqlock_write_begin_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_seqlock_write_begin_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_seqlock_write_begin_with(weir_seqlock_t *s,
                                           weir_deadline_t deadline,
                                           weir_token_t *token)
    WEIR_TRY_ACQUIRE(0, s);

/* End a write: readers from now on see all of it.
 * Context:  any thread; may make one system call; async-signal-safe
 * Progress: lock-free
 * Order:    release
 * Returns:  0 | EPERM no write has begun
 * Source:   as weir_seqlock_write_begin */
WEIR_API int weir_seqlock_write_end(weir_seqlock_t *s) WEIR_RELEASE(s);

/* -- Readers ------------------------------------------------------------ */

/* Begin to read, when no writer is inside.
 * Context:  may sleep; not async-signal-safe
 * Progress: wait-free when no writer is inside, else blocking
 * Order:    acquire: sees everything before the last write_end
 * Returns:  what weir_seqlock_read_retry has to be given
 * Misuse:   from inside a write of the same lock it waits for itself
 * Source:   [Boehm12] */
WEIR_API_INLINE uint64_t weir_seqlock_read_begin(weir_seqlock_t *s);

/* As weir_seqlock_read_begin, until the deadline.
 * Context:  may sleep; not async-signal-safe
 * Progress: wait-free when no writer is inside, else blocking, bounded by
 *           the deadline
 * Order:    as weir_seqlock_read_begin on success, none on ETIMEDOUT
 * Params:   deadline  as weir_seqlock_write_begin_until; begun  receives what
 *           weir_seqlock_read_retry has to be given
 * Returns:  0 | ETIMEDOUT a writer is inside (*begun is left alone)
 * Source:   [Boehm12] */
WEIR_API int weir_seqlock_read_begin_until(weir_seqlock_t *s,
                                           weir_deadline_t deadline,
                                           uint64_t *begun);

/* As weir_seqlock_read_begin_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_seqlock_read_begin_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_seqlock_read_begin_with(weir_seqlock_t *s,
                                          weir_deadline_t deadline,
                                          weir_token_t *token, uint64_t *begun);

/* Whether a write came between, so that what was loaded is worth nothing.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    acquire: orders the loads since read_begin before it
 * Params:   begun  what read_begin returned
 * Returns:  true: begin again | false: it was all of one write
 * Source:   [Boehm12] */
WEIR_API_INLINE bool weir_seqlock_read_retry(const weir_seqlock_t *s,
                                             uint64_t begun);

/* -- Data --------------------------------------------------------------- */

/* Copy size bytes of shared data at `from` to private memory at `to`; or
 * from private memory to shared data.  The shared side is accessed atomically,
 * in words as far as it is aligned, relaxed.
 * Context:  any; async-signal-safe.  store: between write_begin and write_end
 * Progress: wait-free
 * Order:    none but what begin, retry and end give
 * Params:   size  0 is nothing
 * Source:   [Boehm12] */
WEIR_API_INLINE void weir_seqlock_load(void *to, const void *from, size_t size);
WEIR_API_INLINE void weir_seqlock_store(void *to, const void *from,
                                        size_t size);

/* Read size bytes of shared data, all of one state.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking; after WEIR_SEQLOCK_TRIES writes that came between as a
 *           writer does
 * Order:    acquire, as weir_seqlock_read_begin
 * Params:   to  private memory; from  shared data
 * Returns:  0
 * Source:   [Boehm12]; Linux's read_seqbegin_or_lock */
WEIR_API int weir_seqlock_read(weir_seqlock_t *s, void *to, const void *from,
                               size_t size);

/* As weir_seqlock_read, until the deadline, which is one for all of its tries.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    as weir_seqlock_read on success, none on ETIMEDOUT
 * Params:   deadline  as weir_seqlock_write_begin_until; a past time: one try,
 *           which fails as well if a write comes between
 * Returns:  0 | ETIMEDOUT nothing was read: if a write came between, parts of
 *           several states are at `to`, else it is left alone
 * Source:   as weir_seqlock_read */
WEIR_API int weir_seqlock_read_until(weir_seqlock_t *s, void *to,
                                     const void *from, size_t size,
                                     weir_deadline_t deadline);

/* As weir_seqlock_read_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_seqlock_read_until | ECANCELED, and `to` as on ETIMEDOUT
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_seqlock_read_with(weir_seqlock_t *s, void *to,
                                    const void *from, size_t size,
                                    weir_deadline_t deadline,
                                    weir_token_t *token);

/* Write size bytes of shared data, for readers to see all at once.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    acq_rel, as weir_seqlock_write_begin and _end
 * Params:   to  shared data; from  private memory
 * Returns:  0
 * Source:   [Boehm12] */
WEIR_API int weir_seqlock_write(weir_seqlock_t *s, void *to, const void *from,
                                size_t size);

/* As weir_seqlock_write, until the deadline.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    as weir_seqlock_write on success, none on ETIMEDOUT
 * Params:   deadline  as weir_seqlock_write_begin_until
 * Returns:  0 | ETIMEDOUT nothing was written
 * Source:   as weir_seqlock_write */
WEIR_API int weir_seqlock_write_until(weir_seqlock_t *s, void *to,
                                      const void *from, size_t size,
                                      weir_deadline_t deadline);

/* As weir_seqlock_write_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acq_rel on success, acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_seqlock_write_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_seqlock_write_with(weir_seqlock_t *s, void *to,
                                     const void *from, size_t size,
                                     weir_deadline_t deadline,
                                     weir_token_t *token);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_seqlock_t) == 16, "a seqlock is 16 bytes");

#include <weir/inline/seqlock.h>
#if defined(WEIR_ANNOTATED_)
#include <weir/inline/seqlock_tsan.h>
#endif

#endif
