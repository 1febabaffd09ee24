/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Recursive mutex: a mutex, and beside it who has it, how often.
 *
 * WORD weir_rmutex_t.owner, 64 bits, not slept on, initial: 0, all-zero
 * valid: yes
 *  bits   name      meaning                       set by      cleared by
 *  0-19   DEPTH     how often the owner has it    lock        unlock
 *  20-63  OWNER     which thread has it (self.h)  lock, at    unlock, to
 *                                                 depth 1     depth 0
 *  LEGAL  0 | OWNER and DEPTH, both not 0
 *  MOVES  lock    0 > OWNER + 1, by the thread that has just locked the mutex;
 *                 DEPTH + 1, by the owner, up to all ones
 *         unlock  DEPTH - 1, by the owner; to 0 before it unlocks the mutex
 *         wait    (cond.c) to 0, and back to what it was
 *  If stale: it is another's, and so not the reader's own, before and after.
 *  INV  I1 it is written by the holder of the mutex, and by nobody else.
 *       I2 a thread finds itself in it if and only if it is the owner.
 *  LIMIT  private identities are counted modulo 2^44: a lock that is left
 *         behind by a thread, and met by the 2^44th thread after it.
 *
 * I2.  Only thread T writes T's identity, while it holds the mutex, and it
 * writes something else before it releases it.  A thread always sees its own
 * writes, or later ones: so without the mutex it never reads its identity, and
 * with it nothing else.  That identities are not used again is self.c's.
 *
 * The mutex does all the ordering: each access to the owner is relaxed.
 */
#include "futex/rmutex.h"

#include "base/atomic.h"
#include "base/self.h"

#define DEPTH_BITS 20
#define DEPTH_MASK (((uint64_t)1 << DEPTH_BITS) - 1)
#define OWNER_MASK (~DEPTH_MASK)

WEIR_STATIC_ASSERT(DEPTH_BITS + WEIR_TOKEN_BITS_ == 64, "owner and depth fit");
WEIR_STATIC_ASSERT(DEPTH_MASK == WEIR_RMUTEX_DEPTH_MAX, "as the header has it");

/* The OWNER that the calling thread is to this mutex. */
static uint64_t self_of(const weir_rmutex_t *m)
{
    /* HINT: the scope, which is set once and for all by init. */
    uint32_t state = weir_load_rlx_(&m->mutex.state);

    return (state & WEIR_MUTEX_SHARED_ ? weir_self_token_()
                                       : weir_self_ident_())
           << DEPTH_BITS;
}

static uint64_t owner_of(const weir_rmutex_t *m)
{
    /* OWNED: by the calling thread, or not its own (I2). */
    return weir_load_rlx_(&m->owner);
}

static void set_owner(weir_rmutex_t *m, uint64_t owner)
{
    /* UNDER the mutex (I1). */
    weir_store_rlx_(&m->owner, owner);
}

int weir_rmutex_init(weir_rmutex_t *m, unsigned flags)
{
    int result = weir_mutex_init(&m->mutex, flags);

    if (result == 0)
        set_owner(m, 0); /* not shared yet */
    return result;
}

/* The caller has it: once more. */
static int deepen(weir_rmutex_t *m, uint64_t owner)
{
    if ((owner & DEPTH_MASK) == DEPTH_MASK)
        return EOVERFLOW;
    set_owner(m, owner + 1);
    return 0;
}

/* The result of locking the mutex for the first time, by self. */
static int begin(weir_rmutex_t *m, uint64_t self, int result)
{
    if (result == 0)
        set_owner(m, self + 1);
    return result;
}

int weir_rmutex_lock(weir_rmutex_t *m)
{
    uint64_t self = self_of(m);
    uint64_t owner = owner_of(m);

    if ((owner & OWNER_MASK) == self)
        return deepen(m, owner);
    return begin(m, self, weir_mutex_lock(&m->mutex));
}

int weir_rmutex_trylock(weir_rmutex_t *m)
{
    uint64_t self = self_of(m);
    uint64_t owner = owner_of(m);

    if ((owner & OWNER_MASK) == self)
        return deepen(m, owner);
    return begin(m, self, weir_mutex_trylock(&m->mutex));
}

int weir_rmutex_lock_until(weir_rmutex_t *m, weir_deadline_t deadline)
{
    uint64_t self = self_of(m);
    uint64_t owner = owner_of(m);

    if ((owner & OWNER_MASK) == self)
        return deepen(m, owner);
    return begin(m, self, weir_mutex_lock_until(&m->mutex, deadline));
}

int weir_rmutex_lock_with(weir_rmutex_t *m, weir_deadline_t deadline,
                          weir_token_t *token)
{
    uint64_t self = self_of(m);
    uint64_t owner = owner_of(m);

    if ((owner & OWNER_MASK) == self)
        return deepen(m, owner);
    return begin(m, self, weir_mutex_lock_with(&m->mutex, deadline, token));
}

int weir_rmutex_unlock(weir_rmutex_t *m)
{
    uint64_t owner = owner_of(m);

    if ((owner & OWNER_MASK) != self_of(m))
        return EPERM;
    if ((owner & DEPTH_MASK) > 1) {
        set_owner(m, owner - 1);
        return 0;
    }
    set_owner(m, 0);
    return weir_mutex_unlock(&m->mutex);
}

bool weir_rmutex_is_mine(const weir_rmutex_t *m)
{
    return (owner_of(m) & OWNER_MASK) == self_of(m);
}

unsigned weir_rmutex_depth(const weir_rmutex_t *m)
{
    uint64_t owner = owner_of(m);

    return (owner & OWNER_MASK) == self_of(m) ? (unsigned)(owner & DEPTH_MASK)
                                              : 0;
}

uint64_t weir_rmutex_suspend_(weir_rmutex_t *m)
{
    uint64_t owner = owner_of(m);

    set_owner(m, 0);
    return owner;
}

void weir_rmutex_resume_(weir_rmutex_t *m, uint64_t suspended)
{
    set_owner(m, suspended);
}
