/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sequence lock [Lameter05], with the orders of [Boehm12].  One word says
 * which state the data is in, and that is all that readers look at; another is
 * the writers' lock, on which writers sleep, and readers who found a writer
 * that does not get on.
 *
 * WORD weir_seqlock_t.sequence, 64 bits, not slept on, initial: 0, all-zero
 * valid: yes
 *  bits  name     meaning                     set by       cleared by
 *  0     WRITING  the data is being written   write_begin  write_end
 *  1-63  WRITES   how many have ended         -            -
 *  If stale: a reader begins with an older state, and then reads it, or
 *  finds that it has gone.
 *  MOVES  begin  + WRITING | end  - WRITING, WRITES + 1; each by the thread
 *         that has the lock, by plain stores
 *  INV  I1 it never comes back to an earlier value (LIMIT: 2^63 writes).
 *
 * WORD weir_seqlock_t.lock, 32 bits, futex word: yes, initial: 0, all-zero
 * valid: yes
 *  0     HELD      a writer is inside, or a        lock       unlock
 *                  reader that keeps them out
 *  1     SLEEPERS  a thread may sleep; with HELD   sleeper    unlock
 *  If stale: the compare-and-swap fails, or the kernel's comparison does.
 *  MOVES  lock    0 > HELD
 *         sleep   HELD > HELD + SLEEPERS
 *         unlock  all 0, and wake all if SLEEPERS
 *
 * Why nothing torn is taken for whole.  A reader begins at an even sequence,
 * loads, and looks again.
 *  1. Had it loaded anything of a later write: that store came after the fence
 *     of the write's begin, and so after the store of WRITING; the reader's
 *     fence comes after its load, and its second look after that.  Fence meets
 *     fence: the second look sees that store, or a later one [S2][S4].
 *  2. Had it loaded anything older than the state it began at: the end of the
 *     write that made that state is a release, and what it began with was an
 *     acquire of it, or of a later one [S1][S3].
 *  3. Equal looks mean no write between (I1).
 *
 * Why no wake-up is lost.
 *  4. A thread sleeps on HELD + SLEEPERS, which the kernel compares again.
 *     Unlocking takes both, in one step, and wakes all; who compares later
 *     finds another word, or that of a later holder with SLEEPERS set, who
 *     will wake.
 *  5. All are woken, so that nobody swallows another's wake-up: those who find
 *     it HELD again set SLEEPERS again.  A thread whose deadline passed looks
 *     once more.
 *  6. A reader who found WRITING sees HELD, or an unlock after it: both are
 *     before the store of WRITING, which is a release, and which it has
 *     acquired [S3].  So it does not look in vain for what it cannot sleep on:
 *     if the lock is free, then by the unlock that came after the end of that
 *     write, and the next look at the sequence sees it.
 *  7. The compare-and-swap that unlocks is the last access; waking uses the
 *     address only.
 *  8. An unlocker that was killed before it could wake anybody has left 0 in
 *     the lock: shared sleepers look by themselves (park.h).
 *
 * ORDERS
 *  [S1] look   load acquire of sequence; pairs with [S3]
 *  [S3] begin, end  store release of sequence; pairs with [S1],
 *       inline/seqlock.h:[S1]
 *  [S4] begin  fence release after the store of WRITING; pairs with
 *       inline/seqlock.h:[S2]
 *  [S5] lock   compare-and-swap acquire; pairs with [S6]
 *  [S6] unlock compare-and-swap release; pairs with [S5] and [S7]
 *  [S7] mark   load acquire of lock; pairs with [S6] (6)
 */
#include <weir/seqlock.h>

#include <limits.h>

#include "base/atomic.h"
#include "base/spin.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/park.h"

#define WRITING WEIR_SEQLOCK_WRITING_
#define WRITES_ONE 2u

#define HELD 1u
#define SLEEPERS 2u

extern inline uint64_t weir_seqlock_read_begin(weir_seqlock_t *s);
extern inline bool weir_seqlock_read_retry(const weir_seqlock_t *s,
                                           uint64_t begun);
extern inline void weir_seqlock_load(void *to, const void *from, size_t size);
extern inline void weir_seqlock_store(void *to, const void *from, size_t size);

/* -- The sequence: transitions, pure ------------------------------------ */

static uint64_t after_begin(uint64_t sequence)
{
    return sequence + WRITING;
}

static uint64_t after_end(uint64_t sequence)
{
    return sequence - WRITING + WRITES_ONE;
}

/* -- Waiting ------------------------------------------------------------ */

/* What a thread waits for: that no writer is inside, or nobody. */
typedef bool is_free_t(const weir_seqlock_t *s);

static bool is_quiet(const weir_seqlock_t *s)
{
    /* [S1] acquire; pairs with [S3] */
    return !(weir_load_acq_(&s->sequence) & WRITING);
}

static bool is_unlocked(const weir_seqlock_t *s)
{
    /* HINT: the compare-and-swap that locks decides. */
    return !(weir_load_rlx_(&s->lock) & HELD);
}

/* As a mutex does, whose holder is doing its work. */
static bool spin(const weir_seqlock_t *s, is_free_t *is_free)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_MUTEX_NS,
        .longest = WEIR_SPIN_MUTEX_LONGEST,
        .yields = WEIR_SPIN_MUTEX_YIELDS,
    };
    struct weir_spin spin = weir_spin_begin_(&plan);
    bool freed;

    while (!(freed = is_free(s)) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return freed;
}

/* Wait, once, for what may then be there.  True if the deadline passed in that.
 */
static bool await(weir_seqlock_t *s, is_free_t *is_free,
                  struct weir_until until)
{
    /* [S7] acquire; pairs with [S6] */
    uint32_t lock = weir_load_acq_(&s->lock);

    /* Where somebody sleeps already, it takes long. */
    if (!(lock & SLEEPERS)) {
        if (spin(s, is_free))
            return false;
        lock = weir_load_acq_(&s->lock); /* [S7] acquire */
    }
    if (!(lock & HELD) || (!(lock & SLEEPERS) &&
                           /* [S7] relaxed: looked at again after the sleep */
                           !weir_cas_rlx_(&s->lock, &lock, lock | SLEEPERS)))
        return false;
    return weir_park_(&s->lock, HELD | SLEEPERS, until, WEIR_BITS_ALL,
                      s->flags & WEIR_SHARED, true) == WEIR_SLEPT_EXPIRED;
}

/* -- The writers' lock -------------------------------------------------- */

static bool try_lock(weir_seqlock_t *s)
{
    uint32_t expected = 0;

    /* [S5] acquire; pairs with [S6] */
    return weir_cas_acq_(&s->lock, &expected, HELD);
}

static int lock_waiting(weir_seqlock_t *s, struct weir_until until)
{
    bool expired = false;

    while (!try_lock(s)) {
        if (expired)
            return ETIMEDOUT;
        expired = await(s, is_unlocked, until);
    }
    return 0;
}

static int lock_until(weir_seqlock_t *s, struct weir_until until)
{
    weir_deadline_t begun;
    int result;

    if (try_lock(s))
        return 0;
    if (until.deadline <= WEIR_NOW)
        return ETIMEDOUT;
    begun = weir_trace_contended_begin_(s);
    result = lock_waiting(s, until);
    weir_trace_contended_end_(s, begun);
    return result;
}

static void unlock(weir_seqlock_t *s)
{
    bool shared = s->flags & WEIR_SHARED;
    uint32_t lock = HELD;

    /* [S6] release; pairs with [S5], [S7]: the last access (7) */
    while (!weir_cas_rel_(&s->lock, &lock, 0))
        ;
    if (lock & SLEEPERS)
        weir_futex_wake_(&s->lock, INT_MAX, WEIR_BITS_ALL, shared);
}

/* -- Writing ------------------------------------------------------------ */

/* Change the sequence, which only the holder of the lock writes. */
static void step(weir_seqlock_t *s, uint64_t (*next)(uint64_t))
{
    /* UNDER the lock */
    uint64_t sequence = weir_load_rlx_(&s->sequence);

    /* [S3] release; pairs with [S1], inline/seqlock.h:[S1] */
    weir_store_rel_(&s->sequence, next(sequence));
}

static int begin(weir_seqlock_t *s, int result)
{
    if (result != 0)
        return result;
    step(s, after_begin);
    /* [S4] fence release, and then the data; pairs with
     * inline/seqlock.h:[S2] */
    weir_fence_rel_();
    return 0;
}

int weir_seqlock_write_begin_until(weir_seqlock_t *s, weir_deadline_t deadline)
{
    return begin(s, lock_until(s, weir_until_(deadline)));
}

int weir_seqlock_write_begin_with(weir_seqlock_t *s, weir_deadline_t deadline,
                                  weir_token_t *token)
{
    struct weir_until until;

    if (try_lock(s))
        return begin(s, 0);
    until = weir_until_with_(deadline, token);
    return begin(s, weir_until_why_(until, lock_until(s, until)));
}

int weir_seqlock_write_begin(weir_seqlock_t *s)
{
    return weir_seqlock_write_begin_until(s, WEIR_FOREVER);
}

int weir_seqlock_trywrite_begin(weir_seqlock_t *s)
{
    return begin(s, try_lock(s) ? 0 : EBUSY);
}

int weir_seqlock_write_end(weir_seqlock_t *s)
{
    /* UNDER the lock, if it is no mistake. */
    if (!(weir_load_rlx_(&s->sequence) & WRITING))
        return EPERM;
    step(s, after_end);
    unlock(s);
    return 0;
}

/* -- Reading ------------------------------------------------------------ */

/* Whether no writer is inside; then *begun is for read_retry. */
static bool try_read(const weir_seqlock_t *s, uint64_t *begun)
{
    /* [S1] acquire; pairs with [S3] */
    uint64_t sequence = weir_load_acq_(&s->sequence);

    if (sequence & WRITING)
        return false;
    *begun = sequence;
    return true;
}

static int read_waiting(weir_seqlock_t *s, struct weir_until until,
                        uint64_t *begun)
{
    bool expired = false;

    while (!try_read(s, begun)) {
        if (expired)
            return ETIMEDOUT;
        expired = await(s, is_quiet, until);
    }
    return 0;
}

static int read_begin(weir_seqlock_t *s, struct weir_until until,
                      uint64_t *begun)
{
    weir_deadline_t started;
    int result;

    if (try_read(s, begun))
        return 0;
    if (until.deadline <= WEIR_NOW)
        return ETIMEDOUT;
    started = weir_trace_contended_begin_(s);
    result = read_waiting(s, until, begun);
    weir_trace_contended_end_(s, started);
    return result;
}

int weir_seqlock_read_begin_until(weir_seqlock_t *s, weir_deadline_t deadline,
                                  uint64_t *begun)
{
    return read_begin(s, weir_until_(deadline), begun);
}

int weir_seqlock_read_begin_with(weir_seqlock_t *s, weir_deadline_t deadline,
                                 weir_token_t *token, uint64_t *begun)
{
    struct weir_until until = weir_until_with_(deadline, token);

    return weir_until_why_(until, read_begin(s, until, begun));
}

uint64_t weir_seqlock_read_begin_slow_(weir_seqlock_t *s)
{
    uint64_t begun = 0;

    (void)weir_seqlock_read_begin_until(s, WEIR_FOREVER, &begun);
    return begun;
}

/* -- Copying ------------------------------------------------------------ */

int weir_seqlock_read(weir_seqlock_t *s, void *to, const void *from,
                      size_t size)
{
    for (unsigned i = 0; i < WEIR_SEQLOCK_TRIES; i++) {
        uint64_t begun = weir_seqlock_read_begin(s);

        weir_seqlock_load(to, from, size);
        if (!weir_seqlock_read_retry(s, begun))
            return 0;
    }
    /* Writers do not cease: keep them out. */
    (void)lock_until(s, weir_until_(WEIR_FOREVER));
    weir_seqlock_load(to, from, size);
    unlock(s);
    return 0;
}

/* Keep writers out, if they can be kept out in time. */
static int read_alone(weir_seqlock_t *s, void *to, const void *from,
                      size_t size, struct weir_until until)
{
    int result = lock_until(s, until);

    if (result != 0)
        return result;
    weir_seqlock_load(to, from, size);
    unlock(s);
    return 0;
}

/* As weir_seqlock_read, whose tries begin inline and end in success alone. */
static int read_bounded(weir_seqlock_t *s, void *to, const void *from,
                        size_t size, struct weir_until until)
{
    for (unsigned i = 0; i < WEIR_SEQLOCK_TRIES; i++) {
        uint64_t begun;
        int result = read_begin(s, until, &begun);

        if (result != 0)
            return result;
        weir_seqlock_load(to, from, size);
        if (!weir_seqlock_read_retry(s, begun))
            return 0;
        if (weir_until_over_(until))
            return ETIMEDOUT;
    }
    return read_alone(s, to, from, size, until);
}

int weir_seqlock_read_until(weir_seqlock_t *s, void *to, const void *from,
                            size_t size, weir_deadline_t deadline)
{
    return read_bounded(s, to, from, size, weir_until_(deadline));
}

int weir_seqlock_read_with(weir_seqlock_t *s, void *to, const void *from,
                           size_t size, weir_deadline_t deadline,
                           weir_token_t *token)
{
    struct weir_until until = weir_until_with_(deadline, token);

    return weir_until_why_(until, read_bounded(s, to, from, size, until));
}

int weir_seqlock_write(weir_seqlock_t *s, void *to, const void *from,
                       size_t size)
{
    (void)weir_seqlock_write_begin(s);
    weir_seqlock_store(to, from, size);
    return weir_seqlock_write_end(s);
}

/* What is left to do for a writer, if it got in. */
static int store_inside(weir_seqlock_t *s, void *to, const void *from,
                        size_t size, int result)
{
    if (result != 0)
        return result;
    weir_seqlock_store(to, from, size);
    return weir_seqlock_write_end(s);
}

int weir_seqlock_write_until(weir_seqlock_t *s, void *to, const void *from,
                             size_t size, weir_deadline_t deadline)
{
    return store_inside(s, to, from, size,
                        weir_seqlock_write_begin_until(s, deadline));
}

int weir_seqlock_write_with(weir_seqlock_t *s, void *to, const void *from,
                            size_t size, weir_deadline_t deadline,
                            weir_token_t *token)
{
    return store_inside(s, to, from, size,
                        weir_seqlock_write_begin_with(s, deadline, token));
}

/* -- The rest ----------------------------------------------------------- */

int weir_seqlock_init(weir_seqlock_t *s, unsigned flags)
{
    if (flags & ~WEIR_SHARED)
        return EINVAL;
    s->flags = flags;
    /* INIT, both: not shared yet; published by the caller. */
    weir_store_rlx_(&s->sequence, 0);
    weir_store_rlx_(&s->lock, 0);
    return 0;
}
