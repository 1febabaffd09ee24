/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A table, by address, of sleepers whose wake-up comes from a plain store.
 *
 * An unlock by plain store must look, after the store, whether somebody
 * sleeps.  It cannot look into the object: the next holder may have freed it
 * by then.  So sleepers of such locks enter the lock's address here, in
 * memory that stays, for as long as they wait; the unlocker reads one slot,
 * which nearly always is 0 and in its cache.  The slot says for which
 * address; where two addresses meet in one slot it says "several", and
 * unlockers of any of them make a wake-up call that may find nobody.
 *
 * There must be one table per process.  It is an exported symbol that the
 * dynamic linker unites, also where a static copy of the library and the
 * shared one are in the same program.
 *
 * WORD weir_parked_[], 64 bits, not slept on, initial: 0
 *  bits   name       meaning                       set by        cleared by
 *  0-21   COUNT      threads that wait here        enter         leave
 *  22-62  KEY        of the address; all ones for  enter, from   leave, with
 *                    several                       0             COUNT to 0
 *  63     SYMMETRIC  no membarrier: unlockers must load, refusal never
 *                    fence before they look again
 *  If stale: a thread too many costs an unlocker a system call.  A thread
 *  missing is a lost wake-up; see [P1].
 *  LIMIT: 2^22 threads, the kernel's own limit.
 *
 * Why no sleeper is missed.
 *  1. The sleeper enters (a seq_cst read-modify-write), then makes all
 *     threads pass a barrier (revoke.c), then reads the lock's word again.
 *  2. The unlocker stores the word, then loads the slot, in that order as
 *     the compiler is concerned.
 *  3. If the store came before the unlocker's barrier, the sleeper reads it
 *     in 1 and does not sleep.  If not, the load comes after the barrier
 *     and sees the entry of 1.
 *  4. With SYMMETRIC the load sees the bit, which is there from the start,
 *     and the unlocker fences and looks again: both sides then have a
 *     store, a fence and a load.
 *  5. If the kernel refuses later, SYMMETRIC is set then; unlocks that were
 *     under way may have missed both the bit and the entry, and the sleeper
 *     looks again by itself (park.h).
 *
 * ORDERS
 *  [P1] enter, unlock_parked  fence; pairs with inline/mutex.h:[M3], whose
 *       two accesses it faces, with [P2] and revoke.c:[V1]
 *  [P2] enter, leave  seq_cst read-modify-writes of the slot; pairs with
 *       [P1]
 */
#include "futex/parked.h"

#include <pthread.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/panic.h"
#include "futex/revoke.h"
#include "futex/sys.h"

#define COUNT_ONE ((uint64_t)1)
#define COUNT_MASK (((uint64_t)1 << 22) - 1)
#define SYMMETRIC ((uint64_t)1 << 63)
#define KEY_SEVERAL (~(SYMMETRIC | COUNT_MASK))

WEIR_ATOMIC(uint64_t) weir_parked_[WEIR_PARKED_SLOTS_];

static uint64_t key_of(const volatile void *address)
{
    return ((uint64_t)(uintptr_t)address << 19) & KEY_SEVERAL;
}

static uint64_t slot_entered(uint64_t slot, uint64_t key)
{
    if ((slot & COUNT_MASK) == 0)
        return (slot & SYMMETRIC) | key | COUNT_ONE;
    if ((slot & KEY_SEVERAL) != key)
        slot |= KEY_SEVERAL;
    return slot + COUNT_ONE;
}

static uint64_t slot_left(uint64_t slot)
{
    return (slot & COUNT_MASK) == 1 ? slot & SYMMETRIC : slot - COUNT_ONE;
}

/* Make unlockers fence; used when the kernel has begun to refuse. */
static void set_symmetric(void)
{
    for (size_t i = 0; i < WEIR_PARKED_SLOTS_; i++)
        (void)weir_fetch_or_sc_(&weir_parked_[i], SYMMETRIC);
}

bool weir_parked_enter_(const volatile void *address)
{
    WEIR_ATOMIC(uint64_t) *slot = weir_parked_slot_(address);
    /* HINT: checked by the compare-and-swap. */
    uint64_t seen = weir_load_rlx_(slot);

    /* [P2] seq_cst; pairs with [P1] */
    while (!weir_cas_sc_(slot, &seen, slot_entered(seen, key_of(address))))
        ;
    /* [P1] fence between the entry and the caller's next look at the word. */
    if (weir_revoke_())
        return true;
    set_symmetric();
    return false;
}

void weir_parked_leave_(const volatile void *address)
{
    WEIR_ATOMIC(uint64_t) *slot = weir_parked_slot_(address);
    /* HINT: checked by the compare-and-swap. */
    uint64_t seen = weir_load_rlx_(slot);

    do {
        if ((seen & COUNT_MASK) == 0)
            WEIR_PANIC(address, seen, "a sleeper leaves that never entered");
        /* [P2] seq_cst; pairs with [P1] */
    } while (!weir_cas_sc_(slot, &seen, slot_left(seen)));
}

void weir_mutex_unlock_parked_(const void *address)
{
    uint64_t slot;

    /* [P1] fence between the unlocker's store and this load. */
    weir_fence_sc_();
    /* FENCED by [P1] */
    slot = weir_load_rlx_(weir_parked_slot_(address));
    if ((slot & COUNT_MASK) == 0)
        return;
    if ((slot & KEY_SEVERAL) == key_of(address) ||
        (slot & KEY_SEVERAL) == KEY_SEVERAL)
        weir_futex_wake_(address, 1, WEIR_BITS_ALL, false);
}

void weir_parked_reset_(void)
{
    uint64_t empty = weir_asymmetric_() ? 0 : SYMMETRIC;

    for (size_t i = 0; i < WEIR_PARKED_SLOTS_; i++)
        /* OWNED: nobody else uses the library yet, or any more. */
        weir_store_rlx_(&weir_parked_[i], empty);
}

/* After revoke.c has probed: constructors of one priority have no order.
 * Nothing is cleared: the table may be in use, where a second copy of the
 * library is loaded into a program later. */
__attribute__((constructor(102))) static void set_up(void)
{
    if (!weir_asymmetric_())
        set_symmetric();
    (void)pthread_atfork(NULL, NULL, weir_parked_reset_);
}
