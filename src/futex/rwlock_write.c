/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: writers, and how one becomes a reader.
 *
 * ORDERS
 *  [W1] take     compare-and-swap acquire; pairs with [W2],
 *                rwlock_read.c:[W2] and rwlock_drain.c:[W4]
 *  [W2] release  compare-and-swap release; pairs with [W1], rwlock.c:[W1],
 *                rwlock_read.c:[W1], rwlock_read.c:[W5], rwlock_open.c:[W1],
 *                rwlock_wait.c:[W3] and inline/rwlock.h:[L2], since all moves
 *                of the word are read-modify-writes
 */
#include "futex/rwlock.h"

/* -- Locking ------------------------------------------------------------ */

static int write_idle(weir_rwlock_t *l)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&l->state);
    uint64_t next = state | WRITER;

    if (state & ~OF_INIT)
        return EBUSY;
    /* [W1] acquire; pairs with [W2], rwlock_read.c:[W2], rwlock_drain.c:[W4] */
    if (!weir_cas_acq_(&l->state, &state, next))
        return EAGAIN;
    weir_rw_note_empty_(l, next);
    return 0;
}

/* Without a waiter: EBUSY, EAGAIN: weir_rw_lock_() goes on from there. */
static int write_at_once(weir_rwlock_t *l)
{
    int result;

    if (weir_held_wrong_(l, true, false))
        return EDEADLK;
    result = write_idle(l);
    if (result == 0)
        weir_held_add_(l, true);
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
    int result = write_at_once(l);

    if (result != 0)
        result = weir_rw_lock_(
            &(struct weir_rw_waiter){
                .lock = l, .until = {deadline, NULL}, .write = true},
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
    struct weir_rw_waiter w = {
        .lock = l, .until = weir_until_with_(deadline, token), .write = true};
    int result = weir_rw_lock_(&w, write_at_once(l));

    return written(l, weir_until_why_(w.until, result));
}

int weir_rwlock_trywrlock(weir_rwlock_t *l)
{
    struct weir_rw_waiter w = {.lock = l, .write = true};
    int result = write_idle(l) == 0 ? 0 : weir_rw_try_(&w);

    if (result == 0)
        weir_held_add_(l, true);
    return written(l, result);
}

/* -- Unlocking ---------------------------------------------------------- */

static uint64_t state_written(uint64_t state)
{
    state &= ~WRITER;
    return weir_rw_with_flag_(state, TURN,
                              (state & PHASE_FAIR) && (state & QUEUED));
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
        next = weir_rw_settled_(state_written(state) + readers, &wake);
        /* [W2] release; pairs with each [W1], rwlock_read.c:[W5],
         * rwlock_wait.c:[W3], inline/rwlock.h:[L2]: the last access (I2). */
    } while (!weir_cas_rel_(&l->state, &state, next));
    weir_rw_call_(l, wake, state & SHARED);
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
