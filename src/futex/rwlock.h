/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: its word, and what its files share.
 *
 *   rwlock.c        what it is; taking it as the policy lets one
 *   rwlock_read.c   readers: by the word, and by the table
 *   rwlock_write.c  writers
 *   rwlock_wait.c   losing, spinning, sleeping, giving up
 *   rwlock_drain.c  how a writer takes the bias back
 *   rwlock_open.c   shared: those who wait may have been killed
 *
 * WORD weir_rwlock_t.state, 64 bits, futex word: yes (bits 0-31), initial: 0,
 * all-zero valid: yes
 *  bits   name             meaning               set by       cleared by
 *  0      WRITER           held for writing      wrlock       wrunlock
 *  1      READ             READERS is not 0      first        last reader
 *  2      QUEUED           READERS_WAITING is    with it      with it
 *                          not 0
 *  3      READERS_SLEEP    readers may sleep     sleeper      who lets them in
 *  4      WRITERS_SLEEP    a writer may sleep    sleeper,     who lets one in
 *                                                who leaves
 *                                                the queue
 *  5      TURN             phase fair: those     wrunlock,    last of them to
 *                          that are queued get   downgrade    get in, or to
 *                          in before a writer                 give up
 *  6      BIASED           readers may use the   reader       writer that
 *                          table                              will drain
 *  7      TABLED           readers may stand in  reader       writer that has
 *                          the table                          drained
 *  8      DRAINING         a writer sees to it   writer       that writer
 *  9      SHARED           process-shared        init         never
 *  10     PREFER_READER    a policy              init         never
 *  11     PHASE_FAIR       a policy              init         never
 *  16-31  WRITERS_WAITING  writers in the queue  writer       writer
 *  32-47  READERS          that hold it, but     reader       reader
 *                          for the table's
 *  48-63  READERS_WAITING  readers in the queue  reader       reader
 *  If stale: never acted upon but by a compare-and-swap, or in a sleep that
 *  compares the lower half; BIASED see readers.c.
 *  LEGAL  READ and QUEUED as their counts say; WRITER only without READ,
 *         TABLED and TURN; BIASED, DRAINING only with TABLED, and not both;
 *         TURN only with QUEUED and PHASE_FAIR; TABLED never with SHARED;
 *         READERS_SLEEP only with QUEUED, and if no reader may get in;
 *         WRITERS_SLEEP only with WRITERS_WAITING, and if a writer can do
 *         nothing; one policy
 *  MOVES  all by compare-and-swap, and each is followed in the same step by
 *         weir_rw_settled_(), but where nothing follows: QUEUED and READ as
 *         the counts are; TURN ends with QUEUED; if readers may get in now -
 *         READERS_SLEEP, and wake all; if a writer can do something now -
 *         WRITERS_SLEEP, and wake one
 *         read      + READERS, from the queue - READERS_WAITING; after a quiet
 *                   time + BIASED + TABLED
 *         write     + WRITER, from the queue - WRITERS_WAITING, and if others
 *                   are in it + WRITERS_SLEEP
 *         queue up  + READERS_WAITING, + READERS_SLEEP; or
 *                   + WRITERS_WAITING, + WRITERS_SLEEP
 *         drain     TABLED: - BIASED + DRAINING, and + WRITERS_WAITING if it
 *                   will wait; then - TABLED - DRAINING, or gives up: - DRAINING
 *         unlock    - READERS; - WRITER, if phase fair and QUEUED + TURN
 *         downgrade - WRITER + READERS, + TURN as unlock
 *         give up   - READERS_WAITING; - WRITERS_WAITING, and if others are in
 *                   the queue + WRITERS_SLEEP
 *         open      SHARED: - READERS_WAITING, or - WRITERS_WAITING: see
 *                   rwlock_open.c
 *  INV  I1 if a thread sleeps that could do something, a wake-up call for one
 *       of its kind is under way, or a writer that was woken, and is in the
 *       queue, has yet to look.
 *       I2 the releasing compare-and-swap is the unlocker's last access.
 *  LIMIT: 2^16 - 1 of each count; EOVERFLOW beyond.
 *
 * WORD weir_rwlock_t.stamp, 32 bits, not slept on (revoke.h): when the bias may
 * come back.  SHARED: when somebody was kept out by those who wait, and there
 * has been no moment since in which nobody waited (rwlock_open.c); or 0.  If
 * stale: the bias comes back, or the lock is opened, a little early or late,
 * once.
 *
 * WORD weir_rwlock_t.quiet, 32 bits, not slept on: readers since the last
 * writer, or since it was asked whether the bias may come; about.  If stale: as
 * stamp.
 */
#ifndef WEIR_FUTEX_RWLOCK_H
#define WEIR_FUTEX_RWLOCK_H

#include <weir/rwlock.h>

#include <limits.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "futex/held.h"
#include "futex/park.h"

/* Short names: this header is for the files of the lock alone. */
#define BIT(n) ((uint64_t)1 << (n))
#define WRITER BIT(0)
#define READ BIT(1)
#define QUEUED BIT(2)
#define READERS_SLEEP BIT(3)
#define WRITERS_SLEEP BIT(4)
#define TURN BIT(5)
#define BIASED WEIR_RWLOCK_BIASED_
#define TABLED BIT(7)
#define DRAINING BIT(8)
#define SHARED BIT(9)
#define PREFER_READER BIT(10)
#define PHASE_FAIR BIT(11)
#define OF_INIT (SHARED | PREFER_READER | PHASE_FAIR)
#define WRITERS_WAITING ((uint64_t)WEIR_RW_MAX << 16)
#define READERS ((uint64_t)WEIR_RW_MAX << 32)
#define READERS_WAITING ((uint64_t)WEIR_RW_MAX << 48)

#define ONE_OF(count) ((count) & -(count))

/* Sleepers' bits, and what a move owes. */
#define BIT_READER 1u
#define BIT_WRITER 2u

struct weir_rw_waiter {
    weir_rwlock_t *lock;
    struct weir_until until;
    bool write;
    bool queued; /* is counted as waiting */
};

/* -- The word: predicates and transitions, pure ------------------------- */

static inline bool weir_rw_reader_may_(uint64_t state)
{
    return !(state & WRITER) &&
           ((state & (PREFER_READER | TURN)) || !(state & WRITERS_WAITING));
}

static inline bool weir_rw_writer_may_(uint64_t state, bool queued)
{
    if (state & (WRITER | READ | TABLED | TURN))
        return false;
    if ((state & PREFER_READER) && (state & QUEUED))
        return false;
    return queued || !(state & PHASE_FAIR) || !(state & WRITERS_WAITING);
}

static inline bool weir_rw_must_drain_(uint64_t state)
{
    return (state & (TABLED | DRAINING)) == TABLED;
}

/* Whether a writer of the queue has something to do. */
static inline bool weir_rw_writer_can_(uint64_t state)
{
    return weir_rw_writer_may_(state, true) || weir_rw_must_drain_(state);
}

static inline uint64_t weir_rw_counted_down_(uint64_t state, uint64_t count)
{
    return state & count ? state - ONE_OF(count) : state;
}

static inline uint64_t weir_rw_with_flag_(uint64_t state, uint64_t flag,
                                          bool is)
{
    return is ? state | flag : state & ~flag;
}

/* After a move: what follows from it, and whom to wake. */
static inline uint64_t weir_rw_settled_(uint64_t state, unsigned *wake)
{
    state = weir_rw_with_flag_(state, READ, state & READERS);
    *wake = 0;
    if (!(state & (READERS_WAITING | WRITERS_WAITING)))
        return state & ~(QUEUED | TURN | READERS_SLEEP | WRITERS_SLEEP);
    state = weir_rw_with_flag_(state, QUEUED, state & READERS_WAITING);
    if (!(state & QUEUED))
        state &= ~(TURN | READERS_SLEEP);
    if (!(state & WRITERS_WAITING))
        state &= ~WRITERS_SLEEP;
    if ((state & READERS_SLEEP) && weir_rw_reader_may_(state)) {
        state &= ~READERS_SLEEP;
        *wake |= BIT_READER;
    }
    if ((state & WRITERS_SLEEP) && weir_rw_writer_can_(state)) {
        state &= ~WRITERS_SLEEP;
        *wake |= BIT_WRITER;
    }
    return state;
}

/* Out of the queue, if it was counted there. */
static inline uint64_t weir_rw_left_(uint64_t state, bool write)
{
    if (!write)
        return weir_rw_counted_down_(state, READERS_WAITING);
    return weir_rw_counted_down_(state, WRITERS_WAITING) | WRITERS_SLEEP;
}

static inline uint64_t weir_rw_taken_(uint64_t state, bool write, bool queued)
{
    if (queued)
        state = weir_rw_left_(state, write);
    return write ? state | WRITER : state + ONE_OF(READERS);
}

/* -- What each move has with it ----------------------------------------- */

/* After the last access: uses the address only. */
static inline void weir_rw_call_(const weir_rwlock_t *l, unsigned wake,
                                 bool shared)
{
    if (wake & BIT_READER)
        weir_futex_wake_(weir_low_half_(&l->state), INT_MAX, BIT_READER,
                         shared);
    if (wake & BIT_WRITER)
        weir_futex_wake_(weir_low_half_(&l->state), 1, BIT_WRITER, shared);
}

/* Shared: nobody is counted as waiting, so nobody who was killed is. */
static inline void weir_rw_note_empty_(weir_rwlock_t *l, uint64_t state)
{
    if ((state & SHARED) && !(state & (READERS_WAITING | WRITERS_WAITING)) &&
        /* HINT, both: see the WORD block. */
        weir_load_rlx_(&l->stamp) != 0)
        weir_store_rlx_(&l->stamp, 0);
}

static inline bool weir_rw_was_read_for_long_(weir_rwlock_t *l)
{
    /* COUNT */
    return weir_load_rlx_(&l->quiet) + 1 >= WEIR_BIAS_QUIET && !WEIR_CHECKED_;
}

/* Count a reader, who has the lock and so the line: before that, it would be
 * one more wait for the line.  Readers that meet here lose some. */
static inline void weir_rw_note_read_(weir_rwlock_t *l, uint64_t state)
{
    if (!(state & (SHARED | TABLED)))
        /* COUNT, both */
        weir_store_rlx_(&l->quiet, weir_load_rlx_(&l->quiet) + 1);
}

/* Not for now, but this thread may wait. */
static inline bool weir_rw_is_to_wait_(int result)
{
    return result == EBUSY || result == EAGAIN;
}

/* -- rwlock.c ----------------------------------------------------------- */

/* Take the lock if the policy lets this thread in: 0, EBUSY or EOVERFLOW;
 * *state is what was found. */
int weir_rw_take_(struct weir_rw_waiter *w, uint64_t *state);

/* The same once: EAGAIN if others moved the word meanwhile. */
int weir_rw_look_(struct weir_rw_waiter *w);

/* Without waiting: 0, EBUSY or EOVERFLOW. */
int weir_rw_try_(struct weir_rw_waiter *w);

/* Wait, if a first attempt came to EBUSY or EAGAIN, until the deadline. */
int weir_rw_lock_(struct weir_rw_waiter *w, int result);

/* -- rwlock_wait.c ------------------------------------------------------ */

/* Wait until the deadline, as a first look came to result: EBUSY or EAGAIN. */
int weir_rw_wait_(struct weir_rw_waiter *w, int result);

/* -- rwlock_drain.c ----------------------------------------------------- */

/* Empty the table, which the caller found to be in need of it.  0: done, or
 * another does it.  EBUSY: not in time.  EOVERFLOW: the queue is full. */
int weir_rw_drain_(struct weir_rw_waiter *w, bool queue,
                   struct weir_until until);

/* -- rwlock_open.c ------------------------------------------------------ */

/* Shared: if those who are to get in before this thread have not come for long,
 * they are forgotten.  True if this thread has the lock now. */
bool weir_rw_open_(struct weir_rw_waiter *w, uint64_t state);

#endif
