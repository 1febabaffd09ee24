/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: one word that says all, of which threads sleep on the lower
 * half.  There stand the flags, which decide who may get in; the counts of
 * readers are in the upper half, so that readers who come and go disturb no
 * sleeper, unless the first comes or the last goes.  (Of a 64-bit word with
 * its futex in one half, glibc's semaphore is another example.)  The word is
 * in rwlock.h.
 *
 * A waiter counts itself in before it sleeps.  So each move of the word knows
 * who waits, and what the policy makes of that is a function of the flags:
 * weir_rw_reader_may_ and weir_rw_writer_may_ are the policies, and there is
 * nothing else to them.  Phases are by [Brandenburg10].
 *
 * A lock that was read for a while becomes biased: then readers stand in a
 * table, by the lock's address (readers.c), and leave the word alone.
 * TABLED counts for all of them, as READ does for those in the word.  A writer
 * that finds it takes the bias, waits until the table is empty, and says so;
 * one writer at a time does that (rwlock_drain.c).  [Dice19]
 *
 * ORDERS
 *  [W1] take  compare-and-swap acquire; pairs with rwlock_read.c:[W2],
 *             rwlock_write.c:[W2] and rwlock_drain.c:[W4]
 */
#include "futex/rwlock.h"

#include "base/time.h"
#include "futex/readers.h"
#include "futex/revoke.h"

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

/* -- Taking it ---------------------------------------------------------- */

/* Whether this reader, who finds the lock so, is to make it biased. */
static bool is_quiet(weir_rwlock_t *l, uint64_t state)
{
    if ((state & (SHARED | TABLED | WRITERS_WAITING)) ||
        !weir_rw_was_read_for_long_(l))
        return false;
    /* COUNT */
    weir_store_rlx_(&l->quiet, 0);
    /* HINT: see the WORD block. */
    return weir_may_relax_(weir_load_rlx_(&l->stamp));
}

static uint64_t state_biased(uint64_t state, bool quiet)
{
    if (!quiet || (state & (TABLED | WRITERS_WAITING)))
        return state;
    return state | BIASED | TABLED;
}

/* Take the lock if the policy lets this thread in: 0, EBUSY or EOVERFLOW, or
 * EAGAIN if others moved the word meanwhile; *state is what was found. */
static int take_once(struct weir_rw_waiter *w, uint64_t *state)
{
    bool quiet = false;
    unsigned wake;
    uint64_t next;

    if (w->write ? !weir_rw_writer_may_(*state, w->queued)
                 : !weir_rw_reader_may_(*state))
        return EBUSY;
    if (!w->write) {
        if ((*state & READERS) == READERS)
            return EOVERFLOW;
        quiet = is_quiet(w->lock, *state);
    }
    next = state_biased(*state, quiet);
    next = weir_rw_settled_(weir_rw_taken_(next, w->write, w->queued), &wake);
    /* [W1] acquire; pairs with rwlock_read.c:[W2], rwlock_write.c:[W2],
     * rwlock_drain.c:[W4] */
    if (!weir_cas_acq_(&w->lock->state, state, next))
        return EAGAIN;
    weir_rw_call_(w->lock, wake, next & SHARED);
    weir_rw_note_empty_(w->lock, next);
    if (!w->write)
        weir_rw_note_read_(w->lock, next);
    return 0;
}

int weir_rw_take_(struct weir_rw_waiter *w, uint64_t *state)
{
    int result;

    do
        result = take_once(w, state);
    while (result == EAGAIN);
    return result;
}

int weir_rw_look_(struct weir_rw_waiter *w)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&w->lock->state);

    return take_once(w, &state);
}

static int take_now(struct weir_rw_waiter *w)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&w->lock->state);

    return weir_rw_take_(w, &state);
}

int weir_rw_try_(struct weir_rw_waiter *w)
{
    /* HINT: checked by the compare-and-swaps. */
    uint64_t state = weir_load_rlx_(&w->lock->state);
    int result = weir_rw_take_(w, &state);

    if (result == EBUSY && weir_rw_open_(w, state))
        return 0;
    if (result != EBUSY || !w->write || !weir_rw_must_drain_(state) ||
        weir_readers_seen_(w->lock))
        return result;
    (void)weir_rw_drain_(w, false, weir_until_(WEIR_NOW));
    return take_now(w);
}

/* -- Locking ------------------------------------------------------------ */

/* The deadline has passed already. */
static int try_last(struct weir_rw_waiter *w)
{
    int result = weir_rw_try_(w);

    return result == EBUSY ? ETIMEDOUT : result;
}

int weir_rw_lock_(struct weir_rw_waiter *w, int result)
{
    if (!weir_rw_is_to_wait_(result))
        return result;
    if (result == EBUSY)
        result = weir_rw_look_(w);
    if (weir_rw_is_to_wait_(result))
        result = weir_expired_(w->until.deadline) ? try_last(w)
                                                  : weir_rw_wait_(w, result);
    if (result == 0)
        weir_held_add_(w->lock, w->write);
    return result;
}
