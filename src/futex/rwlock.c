/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: one word that says all, of which threads sleep on the lower
 * half.  There stand the flags, which decide who may get in; the counts of
 * readers are in the upper half, so that readers who come and go disturb no
 * sleeper, unless the first comes or the last goes.  (Of a 64-bit word with
 * its futex in one half, glibc's semaphore is another example.)
 *
 * A thread that comes, and loses a compare-and-swap to another, leaves the word
 * alone for some microseconds: the other keeps the line then, and gets in and
 * out a hundred times instead of ten.  An unlock tries again at once, since
 * others may wait for it.
 *
 * A waiter counts itself in before it sleeps.  So each move of the word knows
 * who waits, and what the policy makes of that is a function of the flags:
 * reader_may and writer_may below are the policies, and there is nothing else
 * to them.  Phases are by [Brandenburg10].
 *
 * A lock that was read for a while becomes biased: then readers stand in a
 * table, by the lock's address (readers.c), and leave the word alone.
 * TABLED counts for all of them, as READ does for those in the word.  A writer
 * that finds it takes the bias, waits until the table is empty, and says so;
 * one writer at a time does that.  [Dice19]
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
 *         settled(), but where nothing follows: QUEUED and READ as the counts
 *         are; TURN ends with QUEUED; if readers may get in now -
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
 *         open      SHARED: - READERS_WAITING, or - WRITERS_WAITING: see 6.
 *  INV  I1 if a thread sleeps that could do something, a wake-up call for one
 *       of its kind is under way, or a writer that was woken, and is in the
 *       queue, has yet to look.
 *       I2 the releasing compare-and-swap is the unlocker's last access.
 *  LIMIT: 2^16 - 1 of each count; EOVERFLOW beyond.
 *
 * WORD weir_rwlock_t.stamp, 32 bits, not slept on (revoke.h): when the bias may
 * come back.  SHARED: when somebody was kept out by those who wait, and there
 * has been no moment since in which nobody waited (6.); or 0.  If stale: the bias
 * comes back, or the lock is opened, a little early or late, once.
 *
 * WORD weir_rwlock_t.quiet, 32 bits, not slept on: readers since the last
 * writer, or since it was asked whether the bias may come; about.  If stale: as
 * stamp.
 *
 * Why no wake-up is lost (I1).
 *  1. What a waiter could do is a function of the lower half.  It sleeps on
 *     one under which it can do nothing, with the flag of its kind set.  The
 *     kernel compares again: any move of the lower half since then keeps it
 *     awake, and no other move changes what it could do.
 *  2. Each move that lets readers in finds READERS_SLEEP in the same step if
 *     one may sleep, clears it and wakes all.  Those that were about to sleep
 *     fail the comparison.  One that is late, and cannot get in any more, sets
 *     it again before it sleeps.
 *  3. Each move after which a writer could do something finds WRITERS_SLEEP
 *     likewise, and wakes one.  That one is in the queue, and looks.  It gets
 *     the lock, or gives up: then it leaves the queue, and sets WRITERS_SLEEP
 *     if it is not the last in it; settled() wakes the next if that can do
 *     something at once, else the move that lets it does.  Or it drains, and
 *     then does one of these.  Or it finds that it can do nothing, and sets
 *     WRITERS_SLEEP itself before it sleeps again.
 *  4. So a writer that was woken and gives up swallows nothing, nor does one
 *     whose deadline passed while the call was under way: it leaves as in 3.
 *  5. A reader that gives up may end a TURN, or be the last for whom a reader-
 *     preferring lock keeps writers out; a writer that gives up may be the last
 *     for whom readers were kept out.  settled() sees all of these, since they
 *     are moves like any other.
 *  6. Shared: a process may be killed before its call, or while it is counted
 *     as waiting.  Sleepers look again every WEIR_SHARED_SLICE_NS.  Whoever
 *     finds that nobody holds the lock (or that a TURN does not end), and that
 *     those it is to let in first have been counted for that long, opens it: it
 *     sets their count to 0, takes the lock if it is free, and wakes all.  Those of them that live find that they are not
 *     counted, and queue up again.  Where some had already, a count may be
 *     too low or too high for a while; it never goes below 0, and as counts
 *     decide about order alone, not about who holds the lock, that is unfair,
 *     once, or mended in the same way.
 *
 * Why the bias is safe: readers.c says why no reader of the table is missed, if
 * nobody gives the bias back before the table was seen to be empty.  BIASED is
 * set together with TABLED, by a reader that found neither.  TABLED is
 * cleared by the thread that set DRAINING, after its barrier and its look;
 * while DRAINING stands nobody else sets or clears any of the three.
 *
 * A thread that has the lock by the table gets it once more although a writer
 * waits: that one waits for this thread anyway.
 *
 * ORDERS
 *  [W1] take      compare-and-swap acquire; pairs with [W2], [W4]
 *  [W2] release   compare-and-swap release, of either lock; pairs with [W1],
 *                 [W3], [W5] and inline/rwlock.h:[L2], since all moves of the
 *                 word are read-modify-writes
 *  [W3] queue_up  relaxed compare-and-swap, of give_up as well: they hand
 *                 nothing over; pairs with [W2], on the same word
 *  [W4] drain     seq_cst compare-and-swaps: takes the bias before the
 *                 barrier, hands on what the table's readers released; pairs
 *                 with [W1], [W5] and readers.c:[T1]
 *  [W5] enter     acquire load of the state, after the slot's store; pairs
 *                 with [W2], [W4]
 */
#include <weir/rwlock.h>

#include <limits.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/held.h"
#include "futex/park.h"
#include "futex/readers.h"
#include "futex/revoke.h"

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

struct waiter {
    weir_rwlock_t *lock;
    struct weir_until until;
    bool write;
    bool queued; /* is counted as waiting */
};

/* -- The word: predicates and transitions, pure ------------------------- */

static bool reader_may(uint64_t state)
{
    return !(state & WRITER) &&
           ((state & (PREFER_READER | TURN)) || !(state & WRITERS_WAITING));
}

static bool writer_may(uint64_t state, bool queued)
{
    if (state & (WRITER | READ | TABLED | TURN))
        return false;
    if ((state & PREFER_READER) && (state & QUEUED))
        return false;
    return queued || !(state & PHASE_FAIR) || !(state & WRITERS_WAITING);
}

static bool must_drain(uint64_t state)
{
    return (state & (TABLED | DRAINING)) == TABLED;
}

/* Whether a writer of the queue has something to do. */
static bool writer_can(uint64_t state)
{
    return writer_may(state, true) || must_drain(state);
}

static uint64_t counted_down(uint64_t state, uint64_t count)
{
    return state & count ? state - ONE_OF(count) : state;
}

static uint64_t with_flag(uint64_t state, uint64_t flag, bool is)
{
    return is ? state | flag : state & ~flag;
}

/* After a move: what follows from it, and whom to wake. */
static uint64_t settled(uint64_t state, unsigned *wake)
{
    state = with_flag(state, READ, state & READERS);
    *wake = 0;
    if (!(state & (READERS_WAITING | WRITERS_WAITING)))
        return state & ~(QUEUED | TURN | READERS_SLEEP | WRITERS_SLEEP);
    state = with_flag(state, QUEUED, state & READERS_WAITING);
    if (!(state & QUEUED))
        state &= ~(TURN | READERS_SLEEP);
    if (!(state & WRITERS_WAITING))
        state &= ~WRITERS_SLEEP;
    if ((state & READERS_SLEEP) && reader_may(state)) {
        state &= ~READERS_SLEEP;
        *wake |= BIT_READER;
    }
    if ((state & WRITERS_SLEEP) && writer_can(state)) {
        state &= ~WRITERS_SLEEP;
        *wake |= BIT_WRITER;
    }
    return state;
}

/* Out of the queue, if it was counted there. */
static uint64_t state_left(uint64_t state, bool write)
{
    if (!write)
        return counted_down(state, READERS_WAITING);
    return counted_down(state, WRITERS_WAITING) | WRITERS_SLEEP;
}

static uint64_t state_taken(uint64_t state, bool write, bool queued)
{
    if (queued)
        state = state_left(state, write);
    return write ? state | WRITER : state + ONE_OF(READERS);
}

static uint64_t state_written(uint64_t state)
{
    state &= ~WRITER;
    return with_flag(state, TURN, (state & PHASE_FAIR) && (state & QUEUED));
}

/* -- Moves -------------------------------------------------------------- */

/* The lower half of the state, on which threads sleep. */
static const WEIR_ATOMIC(uint32_t) *half_of(const weir_rwlock_t *l)
{
    const char *state = (const char *)&l->state;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    state += 4;
#endif
    return (const WEIR_ATOMIC(uint32_t) *)(const void *)state;
}

/* After the last access: uses the address only. */
static void call(const weir_rwlock_t *l, unsigned wake, bool shared)
{
    if (wake & BIT_READER)
        weir_futex_wake_(half_of(l), INT_MAX, BIT_READER, shared);
    if (wake & BIT_WRITER)
        weir_futex_wake_(half_of(l), 1, BIT_WRITER, shared);
}

static bool was_read_for_long(weir_rwlock_t *l)
{
    /* COUNT */
    return weir_load_rlx_(&l->quiet) + 1 >= WEIR_BIAS_QUIET && !WEIR_CHECKED_;
}

/* Whether this reader, who finds the lock so, is to make it biased. */
static bool is_quiet(weir_rwlock_t *l, uint64_t state)
{
    if ((state & (SHARED | TABLED | WRITERS_WAITING)) || !was_read_for_long(l))
        return false;
    /* COUNT */
    weir_store_rlx_(&l->quiet, 0);
    /* HINT: see the WORD block. */
    return weir_may_relax_(weir_load_rlx_(&l->stamp));
}

/* Count a reader, who has the lock and so the line: before that, it would be
 * one more wait for the line.  Readers that meet here lose some. */
static void note_read(weir_rwlock_t *l, uint64_t state)
{
    if (!(state & (SHARED | TABLED)))
        /* COUNT, both */
        weir_store_rlx_(&l->quiet, weir_load_rlx_(&l->quiet) + 1);
}

static uint64_t state_biased(uint64_t state, bool quiet)
{
    if (!quiet || (state & (TABLED | WRITERS_WAITING)))
        return state;
    return state | BIASED | TABLED;
}

/* Shared: nobody is counted as waiting, so nobody who was killed is. */
static void note_empty(weir_rwlock_t *l, uint64_t state)
{
    if ((state & SHARED) && !(state & (READERS_WAITING | WRITERS_WAITING)) &&
        /* HINT, both: see the WORD block. */
        weir_load_rlx_(&l->stamp) != 0)
        weir_store_rlx_(&l->stamp, 0);
}

/* Take the lock if the policy lets this thread in: 0, EBUSY or EOVERFLOW, or
 * EAGAIN if others moved the word meanwhile; *state is what was found. */
static int take_once(struct waiter *w, uint64_t *state)
{
    bool quiet = false;
    unsigned wake;
    uint64_t next;

    if (w->write ? !writer_may(*state, w->queued) : !reader_may(*state))
        return EBUSY;
    if (!w->write) {
        if ((*state & READERS) == READERS)
            return EOVERFLOW;
        quiet = is_quiet(w->lock, *state);
    }
    next = state_biased(*state, quiet);
    next = settled(state_taken(next, w->write, w->queued), &wake);
    /* [W1] acquire; pairs with [W2], [W4] */
    if (!weir_cas_acq_(&w->lock->state, state, next))
        return EAGAIN;
    call(w->lock, wake, next & SHARED);
    note_empty(w->lock, next);
    if (!w->write)
        note_read(w->lock, next);
    return 0;
}

/* The same, until it is certain: 0, EBUSY or EOVERFLOW. */
static int take(struct waiter *w, uint64_t *state)
{
    int result;

    do
        result = take_once(w, state);
    while (result == EAGAIN);
    return result;
}

/* All of this where nobody is kept out and nothing follows from it, which is
 * most of the time.  EBUSY: it is not so simple; EAGAIN: others moved the word.
 */
static int read_idle(weir_rwlock_t *l)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    uint64_t next = (state + ONE_OF(READERS)) | READ;
    uint64_t idle = OF_INIT | READ | READERS;

    if (state & PREFER_READER)
        idle |= WRITERS_WAITING | WRITERS_SLEEP;
    if ((state & ~idle) || (state & READERS) == READERS)
        return EBUSY;
    if (!(state & (SHARED | WRITERS_WAITING)) && was_read_for_long(l))
        return EBUSY;
    /* [W1] acquire; pairs with [W2], [W4] */
    if (!weir_cas_acq_(&l->state, &state, next))
        return EAGAIN;
    note_empty(l, next);
    note_read(l, next);
    return 0;
}

static int write_idle(weir_rwlock_t *l)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    uint64_t next = state | WRITER;

    if (state & ~OF_INIT)
        return EBUSY;
    /* [W1] acquire; pairs with [W2], [W4] */
    if (!weir_cas_acq_(&l->state, &state, next))
        return EAGAIN;
    note_empty(l, next);
    return 0;
}

/* Not for now, but this thread may wait. */
static bool is_to_wait(int result)
{
    return result == EBUSY || result == EAGAIN;
}

static int look(struct waiter *w)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&w->lock->state);

    return take_once(w, &state);
}

static int take_now(struct waiter *w)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&w->lock->state);

    return take(w, &state);
}

/* -- Reading by the table ----------------------------------------------- */

/* True if this thread has the lock now. */
static bool enter_table(weir_rwlock_t *l)
{
    /* HINT: looked at again. */
    uint64_t state = weir_load_rlx_(&l->state);
    weir_reader_line_t_ *line;
    unsigned slot;

    if (!(state & TABLED))
        return false;
    line = state & BIASED ? weir_readers_claim_() : NULL;
    slot = line != NULL ? weir_readers_stand_(line, l) : WEIR_READER_SLOTS_;
    if (slot < WEIR_READER_SLOTS_) {
        /* The writer pays for the fence between store and load. */
        weir_compiler_barrier_();
        /* [W5] acquire; pairs with [W2], [W4] */
        if (weir_load_acq_(&l->state) & BIASED)
            return true;
        weir_readers_leave_(line, slot);
    }
    return weir_readers_again_(l);
}

/* -- Waiting ------------------------------------------------------------ */

/* How long, before weir_may_relax_ begins to think about it, a lock stays
 * without bias whose revocation cost so much.  A revocation that was
 * preempted is not a measure. */
static int64_t inhibited_ns(int64_t cost)
{
    if (cost > WEIR_BIAS_COST_MAX_NS)
        cost = WEIR_BIAS_COST_MAX_NS;
    return cost * (WEIR_BIAS_SHARE - WEIR_REVOKE_SHARE);
}

/* This thread has done with the table: what is true no more. */
static void drained(weir_rwlock_t *l, uint64_t flags)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    unsigned wake;
    uint64_t next;

    do {
        next = settled(state & ~flags, &wake);
        /* [W4] seq_cst; pairs with [W1] */
    } while (!weir_cas_sc_(&l->state, &state, next));
    call(l, wake, false);
}

/* Empty the table, which the caller found to be in need of it.  0: done, or
 * another does it.  EBUSY: not in time.  EOVERFLOW: the queue is full. */
static int drain(struct waiter *w, bool queue, struct weir_until until)
{
    weir_rwlock_t *l = w->lock;
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    bool joins = queue && !w->queued;
    uint64_t next;
    int64_t cost;
    bool empty;

    do {
        if (!must_drain(state))
            return 0;
        if (joins && (state & WRITERS_WAITING) == WRITERS_WAITING)
            return EOVERFLOW;
        next = (state & ~BIASED) | DRAINING;
        if (joins)
            next += ONE_OF(WRITERS_WAITING);
        /* [W4] seq_cst; pairs with [W5], readers.c:[T1] */
    } while (!weir_cas_sc_(&l->state, &state, next));
    w->queued |= joins;

    empty = weir_readers_await_(l, until, &cost);
    /* HINT: see the WORD block. */
    weir_store_rlx_(&l->stamp, weir_stamp_in_(inhibited_ns(cost)));
    drained(l, empty ? TABLED | DRAINING : DRAINING);
    return empty ? 0 : EBUSY;
}

/* Whether a count was set to 0 that this thread was in. */
static bool is_forgotten(const struct waiter *w, uint64_t state)
{
    return w->queued &&
           !(state & (w->write ? WRITERS_WAITING : READERS_WAITING));
}

/* Count this thread as waiting, and say that it will sleep, unless it need
 * not.  0: sleep on *state; EAGAIN: look again; EOVERFLOW: too many wait. */
static int queue_up(struct waiter *w, uint64_t *state)
{
    uint64_t count = w->write ? WRITERS_WAITING : READERS_WAITING;
    uint64_t next = *state;
    bool sleep;

    /* Again: a compare-and-swap that failed since may have brought it. */
    if (is_forgotten(w, next))
        w->queued = false;
    if (!w->queued) {
        if ((next & count) == count)
            return EOVERFLOW;
        next += ONE_OF(count);
        if (!w->write)
            next |= QUEUED;
    }
    sleep = w->write ? !writer_can(next) : !reader_may(next);
    if (sleep)
        next |= w->write ? WRITERS_SLEEP : READERS_SLEEP;
    /* [W3] relaxed; pairs with [W2] */
    if (next != *state && !weir_cas_rlx_(&w->lock->state, state, next))
        return EAGAIN;
    w->queued = true;
    *state = next;
    return sleep ? 0 : EAGAIN;
}

/* The deadline passed: out of the queue, unless the lock can be had. */
static int give_up(struct waiter *w, int result)
{
    /* HINT: checked by the compare-and-swaps. */
    uint64_t state = weir_load_rlx_(&w->lock->state);
    unsigned wake;
    uint64_t next;

    do {
        if (take(w, &state) == 0)
            return 0;
        if (!w->queued)
            return result;
        next = settled(state_left(state, w->write), &wake);
        note_empty(w->lock, next);
        /* [W3] relaxed; pairs with [W2] */
    } while (!weir_cas_rlx_(&w->lock->state, &state, next));
    call(w->lock, wake, next & SHARED);
    return result;
}

/* Shared, and this thread is kept out only by those who are to get in first,
 * and may have been killed. */
static bool is_gated(const struct waiter *w, uint64_t state)
{
    if (!(state & SHARED) || (state & WRITER))
        return false;
    return !(state & READ) || (w->write && (state & TURN));
}

/* Whether that has been so for long.  One look at the stamp: another may clear
 * it meanwhile, and it is of no age then. */
static bool is_kept_shut(weir_rwlock_t *l)
{
    /* HINT: see the WORD block. */
    uint32_t stamp = weir_load_rlx_(&l->stamp);

    if (stamp != 0)
        return weir_stamp_age_ns_(stamp) >= WEIR_SHARED_SLICE_NS;
    /* HINT: see the WORD block. */
    weir_store_rlx_(&l->stamp, weir_stamp_in_(0));
    return false;
}

/* They do not come: see 6.  True if this thread has the lock now. */
static bool open(struct waiter *w, uint64_t state)
{
    bool taken = !(state & READ);
    unsigned wake;
    uint64_t next;

    if (!is_gated(w, state) || !is_kept_shut(w->lock))
        return false;
    next = state & ~(w->write ? READERS_WAITING : WRITERS_WAITING);
    if (taken)
        next = state_taken(next, w->write, w->queued);
    next = settled(next, &wake);
    /* [W1] acquire; pairs with [W2] */
    if (!weir_cas_acq_(&w->lock->state, &state, next))
        return false;
    weir_futex_wake_(half_of(w->lock), INT_MAX, WEIR_BITS_ALL, true);
    /* HINT: see the WORD block. */
    weir_store_rlx_(&w->lock->stamp, 0);
    return taken;
}

/* Others move the word at this very moment: leave its line to them for a while,
 * in which they can do that many times, and look then. */
static int stand_back(struct waiter *w)
{
    int64_t ns = WEIR_RWLOCK_LOST_NS;
    int result = EAGAIN;

    for (int i = 0; i < WEIR_RWLOCK_LOSSES && result == EAGAIN; i++) {
        const struct weir_spin_plan plan = {.budget_ns = ns, .first_ns = ns};
        struct weir_spin spin = weir_spin_begin_(&plan);

        weir_spin_end_(&spin);
        result = look(w);
        ns *= 2;
    }
    return result;
}

/* Look for the lock for a while, unless the table must be emptied first. */
static int spin(struct waiter *w)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_RWLOCK_NS,
        .longest = WEIR_SPIN_RWLOCK_LONGEST,
        .yields = WEIR_SPIN_RWLOCK_YIELDS,
    };
    struct weir_spin spin = weir_spin_begin_(&plan);
    uint64_t state;
    int result;

    do {
        /* HINT: checked by the compare-and-swap. */
        state = weir_load_rlx_(&w->lock->state);
        result = take(w, &state);
    } while (result == EBUSY && !(w->write && (state & TABLED)) &&
             weir_spin_again_(&spin));
    weir_spin_end_(&spin);
    return result;
}

/* A reader was woken in a sleep that heeds no bits (token.c): if it was in
 * place of a writer, wake one. */
static void pass_on(weir_rwlock_t *l)
{
    /* HINT: no writer waits, or the wake-up was for readers: a call too many.
     */
    uint64_t state = weir_load_rlx_(&l->state);

    if (state & WRITERS_WAITING)
        weir_futex_wake_(half_of(l), 1, BIT_WRITER, state & SHARED);
}

/* Sleep once.  True if the deadline passed in that sleep. */
static bool sleep_once(struct waiter *w, uint64_t state)
{
    enum weir_slept slept =
        weir_park_(half_of(w->lock), (uint32_t)state, w->until,
                   w->write ? BIT_WRITER : BIT_READER, state & SHARED, true);

    if (slept == WEIR_SLEPT_WOKEN && w->until.token != NULL && !w->write)
        pass_on(w->lock);
    return slept == WEIR_SLEPT_EXPIRED;
}

static int sleep_for(struct waiter *w)
{
    for (;;) {
        /* HINT: checked by the compare-and-swaps, and by the kernel. */
        uint64_t state = weir_load_rlx_(&w->lock->state);
        int result;

        if (is_forgotten(w, state))
            w->queued = false;
        result = take(w, &state);
        if (result == 0 || (result == EBUSY && open(w, state)))
            return 0;
        if (result == EBUSY && w->write && must_drain(state)) {
            result = drain(w, true, w->until);
            if (result == 0)
                continue;
            return give_up(w, result == EBUSY ? ETIMEDOUT : result);
        }
        if (result == EBUSY)
            result = queue_up(w, &state);
        if (result == EAGAIN)
            continue;
        if (result != 0)
            return give_up(w, result);
        if (sleep_once(w, state))
            return give_up(w, ETIMEDOUT);
    }
}

static int wait_for(struct waiter *w, int result)
{
    weir_deadline_t begun = weir_trace_contended_begin_(w->lock);

    if (result == EAGAIN)
        result = stand_back(w);
    if (is_to_wait(result))
        result = spin(w);
    if (result == EBUSY)
        result = sleep_for(w);
    weir_trace_contended_end_(w->lock, begun);
    return result;
}

/* Without waiting: 0, EBUSY or EOVERFLOW. */
static int try(struct waiter *w)
{
    /* HINT: checked by the compare-and-swaps. */
    uint64_t state = weir_load_rlx_(&w->lock->state);
    int result = take(w, &state);

    if (result == EBUSY && open(w, state))
        return 0;
    if (result != EBUSY || !w->write || !must_drain(state) ||
        weir_readers_seen_(w->lock))
        return result;
    (void)drain(w, false, weir_until_(WEIR_NOW));
    return take_now(w);
}

/* The deadline has passed already. */
static int try_last(struct waiter *w)
{
    int result = try(w);

    return result == EBUSY ? ETIMEDOUT : result;
}

/* -- Locking ------------------------------------------------------------ */

int weir_rwlock_init(weir_rwlock_t *l, unsigned flags)
{
    const unsigned policies = WEIR_RW_PREFER_READER | WEIR_RW_PHASE_FAIR;
    uint64_t state = 0;

    if ((flags & ~(WEIR_SHARED | policies)) || (flags & policies) == policies)
        return EINVAL;
    if (flags & WEIR_SHARED)
        state |= SHARED;
    if (flags & WEIR_RW_PREFER_READER)
        state |= PREFER_READER;
    if (flags & WEIR_RW_PHASE_FAIR)
        state |= PHASE_FAIR;
    /* INIT, all: not shared yet; published by the caller. */
    weir_store_rlx_(&l->quiet, 0);
    weir_store_rlx_(&l->stamp, 0);
    weir_store_rlx_(&l->state, state);
    return 0;
}

/* Whether this thread may have read locks of its own twice; never changes. */
static bool is_recursive(const weir_rwlock_t *l)
{
    /* HINT: the bit is as it was when the lock was initialised. */
    return weir_load_rlx_(&l->state) & PREFER_READER;
}

/* Without a waiter: EBUSY, EAGAIN: lock() goes on from there. */
static int lock_idle(weir_rwlock_t *l, bool write)
{
    int result;

    if (weir_held_wrong_(l, write, is_recursive(l)))
        return EDEADLK;
    result = write ? write_idle(l) : read_idle(l);
    if (result == 0)
        weir_held_add_(l, write);
    return result;
}

static int lock(struct waiter *w, int result)
{
    if (!is_to_wait(result))
        return result;
    if (!w->write && enter_table(w->lock))
        return 0;
    if (result == EBUSY)
        result = look(w);
    if (is_to_wait(result))
        result = weir_expired_(w->until.deadline) ? try_last(w)
                                                  : wait_for(w, result);
    if (result == 0)
        weir_held_add_(w->lock, w->write);
    return result;
}

int weir_rwlock_rdlock_slow_(weir_rwlock_t *l)
{
    int result = lock_idle(l, false);

    if (result == 0)
        return 0;
    return lock(&(struct waiter){.lock = l, .until = {WEIR_FOREVER, NULL}},
                result);
}

/* The inline code stood in its first slot, and found no bias. */
WEIR_COLD int weir_rwlock_rdlock_undo_(weir_rwlock_t *l)
{
    weir_readers_leave_(weir_thread_local_(weir_reader_own_), 0);
    return weir_rwlock_rdlock_slow_(l);
}

int weir_rwlock_rdlock_until(weir_rwlock_t *l, weir_deadline_t deadline)
{
    return lock(&(struct waiter){.lock = l, .until = {deadline, NULL}},
                lock_idle(l, false));
}

int weir_rwlock_rdlock_with(weir_rwlock_t *l, weir_deadline_t deadline,
                            weir_token_t *token)
{
    struct waiter w = {.lock = l, .until = weir_until_with_(deadline, token)};

    return weir_until_why_(w.until, lock(&w, lock_idle(l, false)));
}

int weir_rwlock_tryrdlock(weir_rwlock_t *l)
{
    struct waiter w = {.lock = l};
    int result = enter_table(l) || read_idle(l) == 0 ? 0 : try(&w);

    if (result == 0)
        weir_held_add_(l, false);
    return result;
}

/* A writer came: readers start to count anew. */
static int written(weir_rwlock_t *l, int result)
{
    if (result == 0)
        /* UNDER the lock */
        weir_store_rlx_(&l->quiet, 0);
    return result;
}

static int write_until(weir_rwlock_t *l, weir_deadline_t deadline)
{
    int result = lock_idle(l, true);

    if (result != 0)
        result = lock(&(struct waiter){.lock = l,
                                       .until = {deadline, NULL},
                                       .write = true},
                      result);
    return written(l, result);
}

int weir_rwlock_wrlock(weir_rwlock_t *l)
{
    return write_until(l, WEIR_FOREVER);
}

int weir_rwlock_wrlock_until(weir_rwlock_t *l, weir_deadline_t deadline)
{
    return write_until(l, deadline);
}

int weir_rwlock_wrlock_with(weir_rwlock_t *l, weir_deadline_t deadline,
                            weir_token_t *token)
{
    struct waiter w = {
        .lock = l, .until = weir_until_with_(deadline, token), .write = true};
    int result = lock(&w, lock_idle(l, true));

    return written(l, weir_until_why_(w.until, result));
}

int weir_rwlock_trywrlock(weir_rwlock_t *l)
{
    struct waiter w = {.lock = l, .write = true};
    int result = write_idle(l) == 0 ? 0 : try(&w);

    if (result == 0)
        weir_held_add_(l, true);
    return written(l, result);
}

/* -- Unlocking ---------------------------------------------------------- */

static int read_unlock(weir_rwlock_t *l)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    unsigned wake;
    uint64_t next;

    do {
        if (!(state & READERS))
            return EPERM;
        wake = 0;
        next = state - ONE_OF(READERS);
        if (!(next & READERS)) /* else it lets nobody in */
            next = settled(next, &wake);
        /* [W2] release; pairs with [W1], [W3], [W5]: the last access (I2). */
    } while (!weir_cas_rel_(&l->state, &state, next));
    call(l, wake, state & SHARED);
    return 0;
}

int weir_rwlock_rdunlock_slow_(weir_rwlock_t *l)
{
    /* HINT: a thread that stands in the table has seen TABLED, which stays for
     * as long as it stands there. */
    if ((weir_load_rlx_(&l->state) & TABLED) && weir_readers_less_(l))
        return 0;
    if (!weir_held_remove_(l, false))
        return EPERM;
    return read_unlock(l);
}

static int write_unlock(weir_rwlock_t *l, uint64_t readers)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    unsigned wake;
    uint64_t next;

    do {
        if (!(state & WRITER))
            return EPERM;
        next = settled(state_written(state) + readers, &wake);
        /* [W2] release; pairs with [W1], [W3], [W5]: the last access (I2). */
    } while (!weir_cas_rel_(&l->state, &state, next));
    call(l, wake, state & SHARED);
    return 0;
}

int weir_rwlock_wrunlock(weir_rwlock_t *l)
{
    if (!weir_held_remove_(l, true))
        return EPERM;
    return write_unlock(l, 0);
}

int weir_rwlock_downgrade(weir_rwlock_t *l)
{
    int result;

    if (!weir_held_remove_(l, true))
        return EPERM;
    result = write_unlock(l, ONE_OF(READERS));
    if (result == 0)
        weir_held_add_(l, false);
    return result;
}
