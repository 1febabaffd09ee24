/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Who reads a biased lock [Dice19].  A reader of a biased lock writes nothing
 * that others write: it stands the lock's address in a slot of its own line,
 * and looks whether the lock is still biased.  A writer takes the bias, lets
 * all threads pass a barrier (revoke.c), and then waits until the address
 * stands in no line.
 *
 * There must be one table per process.  It is an exported symbol that the
 * dynamic linker unites, as the table of sleepers is (parked.c), and so is
 * each thread's pointer to its line: both are the same for all copies of the
 * library that the linker unites.
 *
 * A line belongs to one thread, from its first biased read until it ends.
 * Threads that find none left read in the ordinary way.  A thread's destructors
 * may still lock and unlock after the line is given back: then they read
 * in the ordinary way as well.  A line in which something stands is kept until
 * the last round of destructors, and for ever if a thread ends with a lock.
 *
 * WORD weir_reader_line_t_.slot[], 64 bits, not slept on, initial: 0 (as many
 * bits as a pointer has)
 *  0, or the address of a lock that the owner reads; bit 0 (AGAIN) if it has
 *  it more than once by this slot.  Written by the owner alone.
 *  If stale: see "Why no reader is missed".
 *
 * WORD weir_reader_line_t_.again[], 32 bits, not slept on, initial: 0
 *  How often the owner has the lock by this slot, besides the first time.
 *  Read and written by the owner alone, so never stale.
 *
 * WORD weir_reader_line_t_.owner, 32 bits, not slept on, initial: 0
 *  1 while a thread has the line: 0 > 1 claim, 1 > 0 give back.
 *  If stale: a line that is free is not found.
 *
 * WORD weir_reader_line_t_.awaited, 32 bits, futex word: yes, initial: 0
 *  bits   name   meaning                          set by      cleared by
 *  0-11   COUNT  writers that may sleep until     writer      writer
 *                something is gone from the line
 *  12-31  CALLS  of the owner, which woke them    owner       the last writer
 *  If stale: a writer too many costs the owner a system call.  One that is
 *  missing is a lost wake-up; see "Why no wake-up is lost".
 *  LIMIT: a lock has one such writer, and a line few locks; 2^20 calls while a
 *  writer is on its way from its look to its sleep look like none.
 *
 * Why no reader is missed.
 *  1. The reader stores the slot, then loads the lock's state, in that order
 *     as the compiler is concerned.  It has the lock if it found it biased.
 *  2. The writer clears the bias, makes all threads pass a barrier, and then
 *     reads the slots.  If the reader's store came before its barrier, the
 *     writer sees it.  If not, the load came after it, found no bias, and
 *     the reader does not have the lock.
 *  3. Nobody gives the bias back before that writer has seen the table empty
 *     and said so (rwlock_drain.c), so a slot that was empty once does not
 *     fill for this lock again while the writer goes on to the next; but for
 *     readers that are about to find that there is no bias, and leave.
 *  4. A thread that has the lock already, and takes it once more when the bias
 *     is gone, counts that in `again`, and its slot stays as it is.
 *  5. The writer reads as many lines as were ever claimed.  A reader raised
 *     that number before it stored its slot, so 2 holds for it too.
 *  6. What the reader did comes before its store of 0, a release, which the
 *     writer reads, with acquire.  Later stores to the slot are releases too.
 *  7. If the kernel refuses the barrier, which it granted before, nothing of
 *     this holds.  Then the writer stays away for WEIR_UNSURE_SLICE_NS before
 *     it reads the slots.  No store takes that long to become visible on any
 *     CPU that we know, but no manual promises it.  No lock becomes biased
 *     after that.
 *
 * Why no wake-up is lost.
 *  1. A writer that will sleep counts itself in `awaited`, makes all threads
 *     pass a barrier, and looks at the line again.  An owner that leaves
 *     stores 0, then loads `awaited`.  As in 2 above, one sees the other.
 *  2. An owner that sees a COUNT adds to CALLS, and wakes all.  A writer reads
 *     `awaited`, then looks at the line, then sleeps on what it read.  If it
 *     read that call it sees what the owner cleared before; if not, it finds
 *     another word than it expects, or sleeps already and is woken.  Of two
 *     that wait for two locks, one may be woken for the other; it is counted,
 *     so the word does not come back to what it was.
 *  3. If the barrier is refused the writer looks again by itself (park.h).
 *
 * ORDERS
 *  [T1] await, leave  fence between what the writer announced and its look at
 *       the line; pairs with inline/rwlock.h:[L1] and inline/rwlock.h:[L4],
 *       whose two accesses it faces, with [T2] and rwlock_drain.c:[W4]
 *  [T2] stand, leave  store of the slot, then another load; pairs with [T1]
 *  [T3] stands        acquire load of a slot; pairs with [T4] and
 *       inline/rwlock.h:[L3]
 *  [T4] stand, leave  release store of a slot; pairs with [T3]
 *  [T5] claim         acquire; pairs with [T6]
 *  [T6] give_back     release: the line is empty; pairs with [T5]
 *  [T7] sleep         acquire load of `awaited`; pairs with [T8]
 *  [T8] awaited, leave_queue  seq_cst changes of it; pairs with [T7]
 */
#include "futex/readers.h"

#include <limits.h>
#include <pthread.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/tunables.h"
#include "futex/park.h"
#include "futex/revoke.h"

#define SLOTS WEIR_READER_SLOTS_
#define LINES WEIR_READER_LINES_
#define AGAIN ((uintptr_t)1)
#define COUNT_MASK 0xfffu
#define CALLS_ONE 0x1000u

weir_reader_line_t_ weir_readers_[LINES];
WEIR_THREAD_LOCAL_(weir_reader_line_t_ *, weir_reader_own_);

/* So many lines, from the first on, were ever claimed. */
static WEIR_ATOMIC(uint32_t) lines_used;
/* So many are, about. */
static WEIR_ATOMIC(uint32_t) lines_claimed;

/* For the destructor that gives a line back; there is none if it is not
 * made. */
static pthread_key_t key;
static bool key_made;
/* Destructors of this thread have begun to run; rounds of them so far. */
static _Thread_local WEIR_TLS_FIXED_ int rounds;

WEIR_STATIC_ASSERT(sizeof(weir_reader_line_t_) == WEIR_LINE,
                   "a thread's line is one line");

extern inline int weir_rwlock_rdlock(weir_rwlock_t *l);
extern inline int weir_rwlock_rdunlock(weir_rwlock_t *l);

/* -- Lines -------------------------------------------------------------- */

static bool is_empty(weir_reader_line_t_ *line)
{
    for (unsigned i = 0; i < SLOTS; i++)
        /* OWNED: by the caller. */
        if (weir_load_rlx_(&line->slot[i]) != 0)
            return false;
    return true;
}

static void give_back(weir_reader_line_t_ *line)
{
    weir_set_thread_local_(weir_reader_own_, NULL);
    /* COUNT: a limit that may be missed by a moment. */
    (void)weir_fetch_add_rlx_(&lines_claimed, (uint32_t)-1);
    /* [T6] release; pairs with [T5] */
    weir_store_rel_(&line->owner, 0u);
}

/* At the end of the thread, and again as long as it has a lock. */
static void end_of_thread(void *arg)
{
    weir_reader_line_t_ *line = arg;

    rounds++;
    if (is_empty(line))
        give_back(line);
    else if (rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
        (void)pthread_setspecific(key, line);
}

static void raise_used(uint32_t to)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t used = weir_load_rlx_(&lines_used);

    while (used < to)
        /* FENCED by the writer's barrier [T1] */
        if (weir_cas_rlx_(&lines_used, &used, to))
            return;
}

static weir_reader_line_t_ *claim_line(void)
{
    for (uint32_t i = 0; i < LINES; i++) {
        uint32_t owner = 0;

        /* HINT: checked by the compare-and-swap. */
        if (weir_load_rlx_(&weir_readers_[i].owner) == 0 &&
            /* [T5] acquire; pairs with [T6] */
            weir_cas_acq_(&weir_readers_[i].owner, &owner, 1u)) {
            /* COUNT: as in give_back. */
            (void)weir_fetch_add_rlx_(&lines_claimed, 1u);
            raise_used(i + 1);
            return &weir_readers_[i];
        }
    }
    return NULL;
}

weir_reader_line_t_ *weir_readers_claim_(void)
{
    weir_reader_line_t_ *line = weir_thread_local_(weir_reader_own_);

    if (line != NULL)
        return line;
    /* COUNT: as in give_back. */
    if (rounds != 0 || !key_made || weir_load_rlx_(&lines_claimed) >= LINES)
        return NULL;
    line = claim_line();
    if (line == NULL)
        return NULL;
    if (pthread_setspecific(key, line) != 0) {
        give_back(line);
        return NULL;
    }
    weir_set_thread_local_(weir_reader_own_, line);
    return line;
}

/* -- Readers ------------------------------------------------------------ */

/* The slot of a line that stands for this lock, or SLOTS; 0: a free one. */
static unsigned find(weir_reader_line_t_ *line, const void *lock)
{
    for (unsigned i = 0; i < SLOTS; i++)
        /* OWNED: by the caller. */
        if ((weir_load_rlx_(&line->slot[i]) & ~AGAIN) == (uintptr_t)lock)
            return i;
    return SLOTS;
}

unsigned weir_readers_stand_(weir_reader_line_t_ *line, const void *lock)
{
    unsigned i = find(line, NULL);

    if (i < SLOTS)
        /* [T2], [T4] release; pairs with [T3] */
        weir_store_rel_(&line->slot[i], (uintptr_t)lock);
    return i;
}

void weir_readers_leave_(weir_reader_line_t_ *line, unsigned slot)
{
    /* [T4] release; pairs with [T3] */
    weir_store_rel_(&line->slot[slot], (uintptr_t)0);
    /* [T2] the writer pays for the fence between these two accesses. */
    weir_compiler_barrier_();
    /* [T2] relaxed; the line stays. */
    if (weir_load_rlx_(&line->awaited) != 0)
        weir_rwlock_awaited_(line);
}

WEIR_COLD void weir_rwlock_awaited_(weir_reader_line_t_ *line)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t awaited = weir_load_rlx_(&line->awaited);

    do {
        if ((awaited & COUNT_MASK) == 0)
            return;
        /* [T8] seq_cst; pairs with [T7] */
    } while (!weir_cas_sc_(&line->awaited, &awaited, awaited + CALLS_ONE));
    weir_futex_wake_(&line->awaited, INT_MAX, WEIR_BITS_ALL, false);
}

static void set_again(weir_reader_line_t_ *line, unsigned i, uint32_t times,
                      const void *lock)
{
    /* OWNED: by the caller. */
    weir_store_rlx_(&line->again[i], times);
    /* [T4] release; pairs with [T3] */
    weir_store_rel_(&line->slot[i],
                    times != 0 ? (uintptr_t)lock | AGAIN : (uintptr_t)lock);
}

bool weir_readers_again_(const void *lock)
{
    weir_reader_line_t_ *line = weir_thread_local_(weir_reader_own_);
    unsigned i = line != NULL ? find(line, lock) : SLOTS;

    if (i == SLOTS)
        return false;
    /* OWNED: by the caller. */
    set_again(line, i, weir_load_rlx_(&line->again[i]) + 1, lock);
    return true;
}

bool weir_readers_less_(const void *lock)
{
    weir_reader_line_t_ *line = weir_thread_local_(weir_reader_own_);
    unsigned i = line != NULL ? find(line, lock) : SLOTS;
    uint32_t times;

    if (i == SLOTS)
        return false;
    /* OWNED: by the caller. */
    times = weir_load_rlx_(&line->again[i]);
    if (times != 0)
        set_again(line, i, times - 1, lock);
    else
        weir_readers_leave_(line, i);
    return true;
}

/* -- Writers ------------------------------------------------------------ */

static bool stands(const weir_reader_line_t_ *line, const void *lock)
{
    for (unsigned i = 0; i < SLOTS; i++)
        /* [T3] acquire; pairs with [T4] and inline/rwlock.h:[L3] */
        if ((weir_load_acq_(&line->slot[i]) & ~AGAIN) == (uintptr_t)lock)
            return true;
    return false;
}

bool weir_readers_seen_(const void *lock)
{
    /* HINT: a writer that acts on it revokes, and looks again. */
    uint32_t used = weir_load_rlx_(&lines_used);

    for (uint32_t i = 0; i < used; i++)
        if (stands(&weir_readers_[i], lock))
            return true;
    return false;
}

static bool spin(const weir_reader_line_t_ *line, const void *lock)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_RWLOCK_NS,
        .longest = WEIR_SPIN_RWLOCK_LONGEST,
        .yields = WEIR_SPIN_RWLOCK_YIELDS,
    };
    struct weir_spin spin = weir_spin_begin_(&plan);
    bool gone;

    do
        gone = !stands(line, lock);
    while (!gone && weir_spin_again_(&spin));
    weir_spin_end_(&spin);
    return gone;
}

static void leave_queue(weir_reader_line_t_ *line)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t awaited = weir_load_rlx_(&line->awaited);
    uint32_t next;

    do {
        next = (awaited & COUNT_MASK) == 1 ? 0 : awaited - 1;
        /* [T8] seq_cst; pairs with [T7] */
    } while (!weir_cas_sc_(&line->awaited, &awaited, next));
}

/* Until the lock is gone from the line; false if the deadline passed. */
static bool sleep_until_gone(weir_reader_line_t_ *line, const void *lock,
                             struct weir_until until)
{
    bool expired = false;
    bool gone;
    bool sure;

    /* [T1] seq_cst: the announcement. */
    (void)weir_fetch_add_sc_(&line->awaited, 1u);
    /* [T1] fence between it and the look. */
    sure = weir_revoke_();
    for (;;) {
        /* [T7] acquire; pairs with [T8] */
        uint32_t awaited = weir_load_acq_(&line->awaited);

        gone = !stands(line, lock);
        if (gone || expired)
            break;
        expired = weir_park_(&line->awaited, awaited, until, WEIR_BITS_ALL,
                             false, sure) == WEIR_SLEPT_EXPIRED;
    }
    leave_queue(line);
    return gone;
}

static bool await_line(weir_reader_line_t_ *line, const void *lock,
                       struct weir_until until)
{
    if (!stands(line, lock))
        return true;
    if (weir_until_over_(until))
        return false;
    return spin(line, lock) || sleep_until_gone(line, lock, until);
}

/* The kernel refused: see 7. above. */
WEIR_COLD static void stay_away(void)
{
    /* Nobody wakes it. */
    static WEIR_ATOMIC(uint32_t) never;
    weir_deadline_t until = weir_after(WEIR_UNSURE_SLICE_NS);

    while (weir_futex_wait_(&never, 0, until, WEIR_BITS_ALL, false) !=
           WEIR_SLEPT_EXPIRED)
        ;
}

bool weir_readers_await_(const void *lock, struct weir_until until,
                         int64_t *cost_ns)
{
    weir_deadline_t start = weir_now();
    uint32_t used;

    /* [T1] fence between the end of the bias and the look at the lines. */
    if (!weir_revoke_())
        stay_away();
    *cost_ns = weir_now() - start;
    /* FENCED by [T1] */
    used = weir_load_rlx_(&lines_used);
    for (uint32_t i = 0; i < used; i++)
        if (!await_line(&weir_readers_[i], lock, until))
            return false;
    return true;
}

/* -- Set up ------------------------------------------------------------- */

void weir_readers_reset_(void)
{
    const weir_reader_line_t_ *own = weir_thread_local_(weir_reader_own_);

    for (uint32_t i = 0; i < LINES; i++) {
        weir_reader_line_t_ *line = &weir_readers_[i];

        /* OWNED, all: nobody else uses the library any more. */
        weir_store_rlx_(&line->awaited, 0u);
        for (unsigned j = 0; line != own && j < SLOTS; j++) {
            weir_store_rlx_(&line->slot[j], (uintptr_t)0);
            weir_store_rlx_(&line->again[j], 0u);
        }
        weir_store_rlx_(&line->owner, line == own ? 1u : 0u);
    }
    /* OWNED: as above. */
    weir_store_rlx_(&lines_claimed, own != NULL ? 1u : 0u);
}

WEIR_CONSTRUCTOR static void set_up(void)
{
    key_made = pthread_key_create(&key, end_of_thread) == 0;
    (void)pthread_atfork(NULL, NULL, weir_readers_reset_);
}

/* Where the library is unloaded, threads that end later must not call into
 * it; where the process ends, those that run on keep their lines. */
__attribute__((destructor)) static void tear_down(void)
{
    if (key_made)
        (void)pthread_key_delete(key);
}
