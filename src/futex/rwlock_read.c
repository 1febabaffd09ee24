/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: readers.  Those of a lock that is not biased count
 * themselves in its word; those of one that is stand in the table (readers.c),
 * most of them by inline code, whose tags are in inline/rwlock.h.
 *
 * A thread that has the lock by the table gets it once more although a writer
 * waits: that one waits for this thread anyway.
 *
 * ORDERS
 *  [W1] take     compare-and-swap acquire; pairs with rwlock_write.c:[W2]
 *  [W2] release  compare-and-swap release; pairs with rwlock.c:[W1],
 *                rwlock_write.c:[W1], rwlock_open.c:[W1] and
 *                rwlock_wait.c:[W3], since all moves of the word are
 *                read-modify-writes
 *  [W5] enter    acquire load of the state, after the slot's store; pairs
 *                with rwlock_write.c:[W2] and rwlock_drain.c:[W4]
 */
#include "futex/rwlock.h"

#include "base/compiler.h"
#include "futex/readers.h"

/* -- By the word -------------------------------------------------------- */

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
    if (!(state & (SHARED | WRITERS_WAITING)) && weir_rw_was_read_for_long_(l))
        return EBUSY;
    /* [W1] acquire; pairs with rwlock_write.c:[W2] */
    if (!weir_cas_acq_(&l->state, &state, next))
        return EAGAIN;
    weir_rw_note_empty_(l, next);
    weir_rw_note_read_(l, next);
    return 0;
}

/* -- By the table ------------------------------------------------------- */

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
        /* [W5] acquire; pairs with rwlock_write.c:[W2], rwlock_drain.c:[W4] */
        if (weir_load_acq_(&l->state) & BIASED)
            return true;
        weir_readers_leave_(line, slot);
    }
    return weir_readers_again_(l);
}

/* -- Locking ------------------------------------------------------------ */

/* Whether this thread may have read locks of its own twice; never changes. */
static bool is_recursive(const weir_rwlock_t *l)
{
    /* HINT: the bit is as it was when the lock was initialised. */
    return weir_load_rlx_(&l->state) & PREFER_READER;
}

/* Without a waiter: EBUSY, EAGAIN: read_on() goes on from there. */
static int read_at_once(weir_rwlock_t *l)
{
    int result;

    if (weir_held_wrong_(l, false, is_recursive(l)))
        return EDEADLK;
    result = read_idle(l);
    if (result == 0)
        weir_held_add_(l, false);
    return result;
}

static int read_on(struct weir_rw_waiter *w, int result)
{
    if (weir_rw_is_to_wait_(result) && enter_table(w->lock))
        return 0;
    return weir_rw_lock_(w, result);
}

int weir_rwlock_rdlock_slow_(weir_rwlock_t *l)
{
    int result = read_at_once(l);

    if (result == 0)
        return 0;
    return read_on(
        &(struct weir_rw_waiter){.lock = l, .until = {WEIR_FOREVER, NULL}},
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
    return read_on(
        &(struct weir_rw_waiter){.lock = l, .until = {deadline, NULL}},
        read_at_once(l));
}

int weir_rwlock_rdlock_with(weir_rwlock_t *l, weir_deadline_t deadline,
                            weir_token_t *token)
{
    struct weir_rw_waiter w = {.lock = l,
                               .until = weir_until_with_(deadline, token)};

    return weir_until_why_(w.until, read_on(&w, read_at_once(l)));
}

int weir_rwlock_tryrdlock(weir_rwlock_t *l)
{
    struct weir_rw_waiter w = {.lock = l};
    int result = enter_table(l) || read_idle(l) == 0 ? 0 : weir_rw_try_(&w);

    if (result == 0)
        weir_held_add_(l, false);
    return result;
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
            next = weir_rw_settled_(next, &wake);
        /* [W2] release; pairs with rwlock.c:[W1], rwlock_write.c:[W1],
         * rwlock_open.c:[W1], rwlock_wait.c:[W3]: the last access (I2). */
    } while (!weir_cas_rel_(&l->state, &state, next));
    weir_rw_call_(l, wake, state & SHARED);
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
