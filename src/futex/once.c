/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Once: who runs the function is decided by a compare-and-swap; the others
 * sleep on the word until it is done, or failed.
 *
 * WORD weir_once_t.word, 32 bits, futex word: yes, initial: 0, all-zero
 * valid: yes
 *  bits  name      meaning                      set by     cleared by
 *  0     DONE      a function has succeeded     runner     never
 *  1     RUNNING   a thread runs its function   runner     runner
 *  2     SLEEPERS  a thread may sleep           sleeper    runner
 *  3     SHARED    process-shared               init       never
 *  4-31  RUNNER    the thread's number, while   runner     runner
 *                  RUNNING and not SHARED
 *  If stale: the compare-and-swap fails, or the kernel's comparison does.
 *  DONE never is: nothing follows.
 *  LEGAL  0 | RUNNING with or without SLEEPERS | DONE; SHARED with each
 *  MOVES  claim  0 > RUNNING + RUNNER
 *         sleep  RUNNING > + SLEEPERS
 *         leave  RUNNING > DONE, or 0 after a failure; wakes all if SLEEPERS
 *  LIMIT  threads' numbers are below 2^22, the kernel's own limit.  RUNNER is
 *       told only to the thread itself, that it waits for itself: a number is
 *       not used again before its thread has ended, which must not happen
 *       inside the function.
 *
 * Why no wake-up is lost.
 *  1. A thread sleeps on a word that it has compared: with RUNNING, and with
 *     SLEEPERS.  The kernel compares again, in one step with the sleep.
 *  2. Each end of RUNNING takes SLEEPERS along, in the same step, and wakes
 *     all who sleep.  Who compares later finds another word, or the same one:
 *     a function has failed, another runs, and somebody has set SLEEPERS
 *     anew.  Then its runner will wake.
 *  3. All are woken, so that nobody swallows another's wake-up.  After a
 *     failure one of them, or a newcomer, claims; the rest sleep again, with
 *     SLEEPERS set anew by one of them.
 *  4. A thread whose deadline passed looks once more.
 *  5. The compare-and-swap that leaves is the runner's last access to the
 *     once; waking uses the address only.
 *  6. A runner that was killed between leaving and waking has left DONE or 0
 *     in the word: shared sleepers look by themselves (park.h).
 *
 * ORDERS
 *  [O1] look   load acquire; pairs with [O2]
 *  [O2] leave  compare-and-swap release; pairs with [O1], [O3], [O4] and
 *       inline/once.h:[O1]: publishes what the function did
 *  [O3] claim  compare-and-swap acquire; pairs with [O2]: the next function
 *       sees what one that failed did
 *  [O4] mark   compare-and-swap relaxed: it hands on nothing, for the word
 *       with RUNNING publishes nothing; pairs with [O2], which finds it
 */
#include <weir/once.h>

#include <limits.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/panic.h"
#include "base/spin.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/park.h"

#define DONE WEIR_ONCE_DONE_
#define RUNNING 2u
#define SLEEPERS 4u
#define SHARED 8u
#define RUNNER_SHIFT 4

extern inline int weir_once_call(weir_once_t *o, int (*fn)(void *), void *arg);
extern inline int weir_once_call_with(weir_once_t *o, int (*fn)(void *),
                                      void *arg, weir_deadline_t deadline,
                                      weir_token_t *token);
extern inline bool weir_once_is_done(const weir_once_t *o);

/* -- The word: predicates and transitions, pure ------------------------- */

static uint32_t claimed_by(uint32_t word, uint32_t thread)
{
    return word & SHARED ? RUNNING | SHARED : RUNNING | thread << RUNNER_SHIFT;
}

static bool is_run_by(uint32_t word, uint32_t thread)
{
    return !(word & SHARED) && word >> RUNNER_SHIFT == thread;
}

static uint32_t after_leaving(uint32_t word, bool done)
{
    return (word & SHARED) | (done ? DONE : 0);
}

/* -- Running ------------------------------------------------------------ */

static void leave(weir_once_t *o, bool done)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t word = weir_load_rlx_(&o->word);

    do {
        if (!(word & RUNNING))
            WEIR_PANIC(o, word, "its function was run, and it does not say so");
        /* [O2] release; pairs with [O1], [O3], [O4]: the last access (5). */
    } while (!weir_cas_rel_(&o->word, &word, after_leaving(word, done)));
    if (word & SLEEPERS)
        weir_futex_wake_(&o->word, INT_MAX, WEIR_BITS_ALL, word & SHARED);
}

static int run(weir_once_t *o, int (*fn)(void *), void *arg)
{
    int result = fn(arg);

    leave(o, result == 0);
    return result;
}

/* -- Waiting ------------------------------------------------------------ */

static uint32_t look(const weir_once_t *o)
{
    /* [O1] acquire; pairs with [O2] */
    return weir_load_acq_(&o->word);
}

/* As a mutex does, whose holder is doing its work. */
static uint32_t spin(const weir_once_t *o)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_MUTEX_NS,
        .longest = WEIR_SPIN_MUTEX_LONGEST,
        .yields = WEIR_SPIN_MUTEX_YIELDS,
    };
    struct weir_spin spin = weir_spin_begin_(&plan);
    uint32_t word;

    while (((word = look(o)) & RUNNING) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return word;
}

/* Wait for a runner, once.  True if the deadline passed in that. */
static bool sleep_on(weir_once_t *o, uint32_t word, struct weir_until until)
{
    /* Where somebody sleeps already, it takes long. */
    if (!(word & SLEEPERS))
        word = spin(o);
    if (!(word & RUNNING) || (!(word & SLEEPERS) &&
                              /* [O4] relaxed; pairs with [O2] */
                              !weir_cas_rlx_(&o->word, &word, word | SLEEPERS)))
        return false;
    return weir_park_(&o->word, word | SLEEPERS, until, WEIR_BITS_ALL,
                      word & SHARED, true) == WEIR_SLEPT_EXPIRED;
}

/* Until the runner has left.  True if the deadline passed first. */
static bool await(weir_once_t *o, uint32_t word, struct weir_until until)
{
    weir_deadline_t begun = weir_trace_contended_begin_(o);
    bool expired = false;

    while ((word & RUNNING) && !expired) {
        expired = sleep_on(o, word, until);
        word = look(o);
    }
    weir_trace_contended_end_(o, begun);
    return expired;
}

/* -- Calls -------------------------------------------------------------- */

static int call(weir_once_t *o, int (*fn)(void *), void *arg,
                struct weir_until until)
{
    uint32_t me = (uint32_t)gettid();
    bool expired = until.deadline <= WEIR_NOW;

    for (;;) {
        uint32_t word = look(o);

        if (word & DONE)
            return 0;
        if (!(word & RUNNING)) {
            /* [O3] acquire; pairs with [O2] */
            if (weir_cas_acq_(&o->word, &word, claimed_by(word, me)))
                return run(o, fn, arg);
        } else if (is_run_by(word, me)) {
            return EDEADLK;
        } else if (expired) {
            return weir_until_why_(until, ETIMEDOUT);
        } else {
            expired = await(o, word, until);
        }
    }
}

WEIR_COLD int weir_once_call_slow_(weir_once_t *o, int (*fn)(void *), void *arg,
                                   weir_deadline_t deadline)
{
    return call(o, fn, arg, weir_until_(deadline));
}

int weir_once_call_until(weir_once_t *o, int (*fn)(void *), void *arg,
                         weir_deadline_t deadline)
{
    return (look(o) & DONE) ? 0 : call(o, fn, arg, weir_until_(deadline));
}

WEIR_COLD int weir_once_call_with_slow_(weir_once_t *o, int (*fn)(void *),
                                        void *arg, weir_deadline_t deadline,
                                        weir_token_t *token)
{
    return call(o, fn, arg, weir_until_with_(deadline, token));
}

int weir_once_init(weir_once_t *o, unsigned flags)
{
    if (flags & ~WEIR_SHARED)
        return EINVAL;
    /* INIT: not shared yet; published by the caller. */
    weir_store_rlx_(&o->word, flags & WEIR_SHARED ? SHARED : 0);
    return 0;
}
