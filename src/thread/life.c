/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The life of a thread: a word that counts up from new to ended, and threads
 * that wait for it to get somewhere.  Joining is waiting for the end of it;
 * nothing but this word says that a thread has ended, and nothing of libc is
 * asked, so that any number of threads can join, with deadlines, before and
 * after the end.
 *
 * WORD weir_thread_t.state, 32 bits, futex word: yes, initial: 0, all-zero
 * valid: yes (but it has no function yet, see weir_thread_init)
 *  bits  name     meaning                     set by        cleared by
 *  0-2   PHASE    enum weir_phase             see MOVES     see MOVES
 *  3     WAITERS  a thread may sleep here     await         each move
 *  4     DAEMON   not waited for at exit      while NEW     while NEW
 *  5     FOREIGN  the library did not start   at its birth  fork, in the child
 *                 it, and nobody may join it
 *  If stale: the compare-and-swap fails; the kernel compares all of it.
 *  LEGAL  WAITERS only with a PHASE other than NEW and ENDED; FOREIGN only
 *         with RUNNING
 *  MOVES  claim     NEW > STARTING, by whoever starts or runs it
 *         begin     STARTING > RUNNING, by the thread
 *         refuse    STARTING > REFUSED, by the thread; then
 *         drop      STARTING or REFUSED > NEW, by whoever claimed it
 *         end       RUNNING > ENDED, by the thread
 *         fork      any but NEW > ENDED, in a child that does not have it
 *         to sleep  + WAITERS
 *  INV    I1 who sleeps here does so on the exact word, with WAITERS.
 *         I2 a move is the last access of who makes it.
 *
 * WORD weir_thread_t.ident, 64 bits, not slept on, initial: 0: the number of
 * the thread (base/self.h), stored once, before RUNNING; that of main, if
 * another thread has loaded the library, at any time, which is why it is
 * atomic.  If stale: 0, as if it had not begun.
 *
 * WORD weir_thread_t.name, 64 bits, not slept on, initial: 0: the address of
 * a string of the user's; 0 for own_name.  Stored under the registry's lock
 * (name.c).  If stale: an old name, which the user keeps.
 *
 * Why no wake-up is lost.
 *  1. A thread sleeps on a word that it has compared, with WAITERS set (I1);
 *     the kernel compares again.  Each move replaces the word in one step that
 *     returns the old: if WAITERS was set all are woken, and if it is set later
 *     then on the new word, by a thread that has seen the new phase.
 *  2. All are woken at each move, also those who wait for a later one; they
 *     sleep again on the new word, as in 1.
 *  3. A deadline changes nothing: WAITERS may be set in vain.
 *
 * Why a joiner may free the object.
 *  4. It has seen ENDED, which the thread stores in its last access (I2): the
 *     wake-up that follows uses the address, and may meet another object's
 *     waiters, who look again.
 *  5. Whoever starts a thread touches it after the thread exists only to wait
 *     for RUNNING or REFUSED, inside the call: nobody may free it then.
 *
 * ORDERS
 *  [L1] move   compare-and-swap release; pairs with [L2]: who joins sees what
 *       the thread did, and who gets a number, that number
 *  [L2] claim, phase, await  acquire; pairs with [L1], also where nobody had
 *       to wait (hazard B47)
 */
#include "thread/life.h"

#include <limits.h>

#include "base/atomic.h"
#include "base/spin.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/park.h"

#define PHASE_MASK 7u
#define WAITERS 8u
#define DAEMON 16u
#define FOREIGN 32u

WEIR_STATIC_ASSERT((uint32_t)WEIR_PHASE_ENDED <= PHASE_MASK,
                   "a phase fits its bits");

/* -- The word: predicates and transitions, pure ------------------------- */

static enum weir_phase phase_of(uint32_t state)
{
    return (enum weir_phase)(state & PHASE_MASK);
}

static uint32_t state_moved(uint32_t state, enum weir_phase phase)
{
    return (state & ~(PHASE_MASK | WAITERS)) | (uint32_t)phase;
}

static uint32_t state_with_daemon(uint32_t state, bool daemon)
{
    return daemon ? state | DAEMON : state & ~DAEMON;
}

static bool is_in(uint32_t state, uint32_t phases)
{
    return (WEIR_PHASE_BIT(phase_of(state)) & phases) != 0;
}

/* -- Moving ------------------------------------------------------------- */

void weir_life_init_(weir_thread_t *t, bool daemon)
{
    /* INIT: not shared yet; published by the caller. */
    weir_store_rlx_(&t->state, daemon ? DAEMON : 0u);
}

void weir_life_init_running_(weir_thread_t *t, bool foreign)
{
    uint32_t state = (uint32_t)WEIR_PHASE_RUNNING;

    /* INIT: not shared yet; published by the caller. */
    weir_store_rlx_(&t->state, foreign ? state | FOREIGN | DAEMON : state);
}

bool weir_life_claim_(weir_thread_t *t)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&t->state);

    while (phase_of(state) == WEIR_PHASE_NEW)
        /* [L2] acquire; pairs with [L1] */
        if (weir_cas_acq_(&t->state, &state,
                          state_moved(state, WEIR_PHASE_STARTING)))
            return true;
    return false;
}

void weir_life_move_(weir_thread_t *t, enum weir_phase phase)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&t->state);

    /* [L1] release; pairs with [L2]: the last access. */
    while (!weir_cas_rel_(&t->state, &state, state_moved(state, phase)))
        ;
    if (state & WAITERS)
        weir_futex_wake_(&t->state, INT_MAX, WEIR_BITS_ALL, false);
}

/* -- Waiting ------------------------------------------------------------ */

static uint32_t look(const weir_thread_t *t)
{
    /* [L2] acquire; pairs with [L1] */
    return weir_load_acq_(&t->state);
}

enum weir_phase weir_life_phase_(const weir_thread_t *t)
{
    return phase_of(look(t));
}

static uint32_t spin(const weir_thread_t *t, uint32_t phases)
{
    static const struct weir_spin_plan plan = {
        .longest = 1,
        .yields = WEIR_SPIN_JOIN_YIELDS,
    };
    struct weir_spin spin = weir_spin_begin_(&plan);
    uint32_t state;

    while (!is_in(state = look(t), phases) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return state;
}

/* Sleep while the word is state.  True if the deadline passed. */
static bool sleep_on(weir_thread_t *t, uint32_t state, struct weir_until until)
{
    /* [L2] acquire: not needed here, the caller looks again. */
    return ((state & WAITERS) ||
            weir_cas_acq_(&t->state, &state, state | WAITERS)) &&
           weir_park_(&t->state, state | WAITERS, until, WEIR_BITS_ALL, false,
                      true) == WEIR_SLEPT_EXPIRED;
}

bool weir_life_announce_(weir_thread_t *t, uint32_t phases,
                         struct weir_words *words)
{
    uint32_t state = look(t);

    if (is_in(state, phases) ||
        (!(state & WAITERS) &&
         /* [L2] acquire: not needed here, the caller looks again. */
         !weir_cas_acq_(&t->state, &state, state | WAITERS)))
        return false;
    weir_words_add_(words, &t->state, state | WAITERS, false);
    return true;
}

static uint32_t await_sleeping(weir_thread_t *t, uint32_t phases,
                               struct weir_until until)
{
    weir_deadline_t begun = weir_trace_contended_begin_(t);
    uint32_t state = spin(t, phases);
    bool expired = false;

    while (!is_in(state, phases) && !expired) {
        expired = sleep_on(t, state, until);
        state = look(t);
    }
    weir_trace_contended_end_(t, begun);
    return state;
}

enum weir_phase weir_life_await_(weir_thread_t *t, uint32_t phases,
                                 struct weir_until until)
{
    uint32_t state = look(t);

    if (!is_in(state, phases) && until.deadline > WEIR_NOW)
        state = await_sleeping(t, phases, until);
    return phase_of(state);
}

/* -- Flags -------------------------------------------------------------- */

bool weir_life_is_foreign_(const weir_thread_t *t)
{
    /* OWNED: set at its birth. */
    return weir_load_rlx_(&t->state) & FOREIGN;
}

bool weir_life_is_daemon_(const weir_thread_t *t)
{
    /* HINT: stale when it returns. */
    return weir_load_rlx_(&t->state) & DAEMON;
}

bool weir_life_set_daemon_(weir_thread_t *t, bool daemon)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&t->state);

    while (phase_of(state) == WEIR_PHASE_NEW)
        /* HINT: a flag alone; publishes nothing. */
        if (weir_cas_rlx_(&t->state, &state, state_with_daemon(state, daemon)))
            return true;
    return false;
}
