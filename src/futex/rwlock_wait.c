/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: waiting for it.
 *
 * A thread that comes, and loses a compare-and-swap to another, leaves the word
 * alone for some microseconds: the other keeps the line then, and gets in and
 * out a hundred times instead of ten.  An unlock tries again at once, since
 * others may wait for it.
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
 *     if it is not the last in it; weir_rw_settled_() wakes the next if that
 *     can do something at once, else the move that lets it does.  Or it
 *     drains, and then does one of these.  Or it finds that it can do nothing,
 *     and sets WRITERS_SLEEP itself before it sleeps again.
 *  4. So a writer that was woken and gives up swallows nothing, nor does one
 *     whose deadline passed while the call was under way: it leaves as in 3.
 *  5. A reader that gives up may end a TURN, or be the last for whom a reader-
 *     preferring lock keeps writers out; a writer that gives up may be the last
 *     for whom readers were kept out.  weir_rw_settled_() sees all of these,
 *     since they are moves like any other.
 *  6. Shared: a process may be killed before its call: sleepers look again
 *     every WEIR_SHARED_SLICE_NS.  Or while it is counted as waiting: see
 *     rwlock_open.c.
 *
 * ORDERS
 *  [W3] queue_up  relaxed compare-and-swap, of give_up as well: they hand
 *                 nothing over; pairs with rwlock_read.c:[W2] and
 *                 rwlock_write.c:[W2], on the same word
 */
#include "futex/rwlock.h"

#include "base/spin.h"
#include "base/trace.h"

/* -- The queue ---------------------------------------------------------- */

/* Whether a count was set to 0 that this thread was in. */
static bool is_forgotten(const struct weir_rw_waiter *w, uint64_t state)
{
    return w->queued &&
           !(state & (w->write ? WRITERS_WAITING : READERS_WAITING));
}

/* Count this thread as waiting, and say that it will sleep, unless it need
 * not.  0: sleep on *state; EAGAIN: look again; EOVERFLOW: too many wait. */
static int queue_up(struct weir_rw_waiter *w, uint64_t *state)
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
    sleep = w->write ? !weir_rw_writer_can_(next) : !weir_rw_reader_may_(next);
    if (sleep)
        next |= w->write ? WRITERS_SLEEP : READERS_SLEEP;
    /* [W3] relaxed; pairs with rwlock_read.c:[W2], rwlock_write.c:[W2] */
    if (next != *state && !weir_cas_rlx_(&w->lock->state, state, next))
        return EAGAIN;
    w->queued = true;
    *state = next;
    return sleep ? 0 : EAGAIN;
}

/* The deadline passed: out of the queue, unless the lock can be had. */
static int give_up(struct weir_rw_waiter *w, int result)
{
    /* HINT: checked by the compare-and-swaps. */
    uint64_t state = weir_load_rlx_(&w->lock->state);
    unsigned wake;
    uint64_t next;

    do {
        if (weir_rw_take_(w, &state) == 0)
            return 0;
        if (!w->queued)
            return result;
        next = weir_rw_settled_(weir_rw_left_(state, w->write), &wake);
        weir_rw_note_empty_(w->lock, next);
        /* [W3] relaxed; pairs with rwlock_read.c:[W2], rwlock_write.c:[W2] */
    } while (!weir_cas_rlx_(&w->lock->state, &state, next));
    weir_rw_call_(w->lock, wake, next & SHARED);
    return result;
}

/* -- Spinning ----------------------------------------------------------- */

/* Others move the word at this very moment: leave its line to them for a while,
 * in which they can do that many times, and look then. */
static int stand_back(struct weir_rw_waiter *w)
{
    int64_t ns = WEIR_RWLOCK_LOST_NS;
    int result = EAGAIN;

    for (int i = 0; i < WEIR_RWLOCK_LOSSES && result == EAGAIN; i++) {
        const struct weir_spin_plan plan = {.budget_ns = ns, .first_ns = ns};
        struct weir_spin spin = weir_spin_begin_(&plan);

        weir_spin_end_(&spin);
        result = weir_rw_look_(w);
        ns *= 2;
    }
    return result;
}

/* Look for the lock for a while, unless the table must be emptied first. */
static int spin(struct weir_rw_waiter *w)
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
        result = weir_rw_take_(w, &state);
    } while (result == EBUSY && !(w->write && (state & TABLED)) &&
             weir_spin_again_(&spin));
    weir_spin_end_(&spin);
    return result;
}

/* -- Sleeping ----------------------------------------------------------- */

/* A reader was woken in a sleep that heeds no bits (token.c): if it was in
 * place of a writer, wake one. */
static void pass_on(weir_rwlock_t *l)
{
    /* HINT: no writer waits, or the wake-up was for readers: a call too many.
     */
    uint64_t state = weir_load_rlx_(&l->state);

    if (state & WRITERS_WAITING)
        weir_futex_wake_(weir_low_half_(&l->state), 1, BIT_WRITER,
                         state & SHARED);
}

/* Sleep once.  True if the deadline passed in that sleep. */
static bool sleep_once(struct weir_rw_waiter *w, uint64_t state)
{
    enum weir_slept slept =
        weir_park_(weir_low_half_(&w->lock->state), (uint32_t)state, w->until,
                   w->write ? BIT_WRITER : BIT_READER, state & SHARED, true);

    if (slept == WEIR_SLEPT_WOKEN && w->until.token != NULL && !w->write)
        pass_on(w->lock);
    return slept == WEIR_SLEPT_EXPIRED;
}

static int sleep_for(struct weir_rw_waiter *w)
{
    for (;;) {
        /* HINT: checked by the compare-and-swaps, and by the kernel. */
        uint64_t state = weir_load_rlx_(&w->lock->state);
        int result;

        if (is_forgotten(w, state))
            w->queued = false;
        result = weir_rw_take_(w, &state);
        if (result == 0 || (result == EBUSY && weir_rw_open_(w, state)))
            return 0;
        if (result == EBUSY && w->write && weir_rw_must_drain_(state)) {
            result = weir_rw_drain_(w, true, w->until);
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

int weir_rw_wait_(struct weir_rw_waiter *w, int result)
{
    weir_deadline_t begun = weir_trace_contended_begin_(w->lock);

    if (result == EAGAIN)
        result = stand_back(w);
    if (weir_rw_is_to_wait_(result))
        result = spin(w);
    if (result == EBUSY)
        result = sleep_for(w);
    weir_trace_contended_end_(w->lock, begun);
    return result;
}
