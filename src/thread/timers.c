/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers: a wheel [Varghese87] [Ahuja90] under one weir_mutex, and one thread
 * that takes out what is due and calls it.
 *
 * One lock, since one thread takes from the wheel, and what is done under it
 * is some loads and stores: sharded wheels would make that thread take several
 * locks for each look at the time, to spare others a wait that is rare.
 *
 * A callback may free its timer.  So what must be known while it runs, and
 * after, stands in a record on the stack of the thread that runs it
 * (weir_timer_run), and those who wait sleep on words of the service: when the
 * callback has returned the timer is not touched.
 *
 * WORD weir_timer_t.state, 32 bits, not slept on, initial: 0
 *  bits  name     meaning                         set by       cleared by
 *  0     ARMED    in the wheel                    start        cancel; firing
 *  1     HANDED   given to an executor, whose     firing       run
 *                 call has not come yet
 *  2     AGAIN    with HANDED: fell due again     firing       run, cancel
 *  3     STARTED  has been armed, here or before  start        init
 *                 a fork
 *  4     REVOKED  cancelled before its first      cancel       that start
 *                 start
 *  If stale: it is read under the lock alone.
 *  LEGAL  AGAIN only with HANDED; REVOKED only by itself; all others only with
 *         STARTED.  In a child, what is left of ARMED, HANDED and AGAIN from
 *         before the fork means nothing (weir_timer_is_known_).
 *  MOVES  start   + ARMED + STARTED, or - REVOKED + STARTED
 *         fire    - ARMED, + ARMED if periodic; + HANDED with an executor, or
 *                 + AGAIN if HANDED
 *         run     - HANDED - AGAIN | cancel  - ARMED - AGAIN, or + REVOKED
 *  INV  I1 the timer is in the wheel if and only if it is ARMED and known.
 *       I2 a timer that is neither ARMED nor HANDED is touched by its callers
 *          alone; also by the thread that runs its callback, if its record
 *          says `again`: then it fell due meanwhile, and was not cancelled.
 *       I3 no two records have one serial: callbacks of a timer do not overlap.
 *
 * WORD weir_timers.word, 32 bits, slept on, initial: 0: counts what is told to
 * those who sleep on it.  BELL: the timer thread, that there is something
 * earlier to do; NEWS: shutdown, that a callback has returned, or the thread;
 * others: who waits for a timer whose serial leads there, that one is idle.
 *  LIMIT  wraps; a thread would have to be between its look and its sleep for
 *  2^32 of them.
 *
 * Why no wake-up is lost.
 *  1. What is waited for changes under the lock, and whoever changes it then
 *     adds one to the word if anybody is counted in `waiting`, before it
 *     unlocks.
 *  2. Who waits looks at it, is counted and reads the word, all before it
 *     unlocks.  So a change that it did not see comes later, sees it counted,
 *     and changes the word that it has read: the kernel does not let it sleep,
 *     or the call that follows the unlock wakes it.
 *  3. The timer thread waits for the time at which the wheel's earliest timer
 *     is due, which it notes in `asleep_until`; who puts in an earlier one
 *     rings, and notes that it did, so that others need not.
 *  4. Who was woken, or timed out, looks again under the lock.
 *
 * Fork: the child's handler makes all of this anew (forget).  The lock may have
 * been held, and the wheel half changed: neither is looked at.  No timer is
 * known there that was armed before, since its serial is not above `floor`; and
 * a thread that forked in a callback sees by `epoch` that it is in a child.
 */
#include "thread/timer_service.h"

#include <limits.h>

#include "atomics/wheel.h"
#include "base/atomic.h"
#include "futex/park.h"

#define ARMED WEIR_TIMER_ARMED_
#define HANDED WEIR_TIMER_HANDED_
#define AGAIN WEIR_TIMER_AGAIN_
#define STARTED WEIR_TIMER_STARTED_
#define REVOKED WEIR_TIMER_REVOKED_

WEIR_STATIC_ASSERT((ARMED | HANDED | AGAIN | STARTED | REVOKED) == 31,
                   "the bits are apart");

struct weir_timers weir_timers_;

/* -- The lock, and sleeping --------------------------------------------- */

void weir_timer_enter_(void)
{
    (void)weir_mutex_lock(&weir_timers_.lock);
}

void weir_timer_leave_(void)
{
    uint32_t rung = weir_timers_.rung;

    weir_timers_.rung = 0;
    (void)weir_mutex_unlock(&weir_timers_.lock);
    for (; rung != 0; rung &= rung - 1)
        weir_futex_wake_(&weir_timers_.word[__builtin_ctz(rung)], INT_MAX,
                         WEIR_BITS_ALL, false);
}

void weir_timer_breathe_(void)
{
    weir_timer_leave_();
    weir_timer_enter_();
}

void weir_timer_tell_(unsigned i)
{
    if (weir_timers_.waiting[i] == 0)
        return;
    /* UNDER, both: the lock. */
    weir_store_rlx_(&weir_timers_.word[i],
                    weir_load_rlx_(&weir_timers_.word[i]) + 1);
    weir_timers_.rung |= 1u << i;
}

bool weir_timer_await_(unsigned i, struct weir_until until)
{
    /* UNDER: the lock. */
    uint32_t seen = weir_load_rlx_(&weir_timers_.word[i]);
    enum weir_slept slept;

    weir_timers_.waiting[i]++;
    weir_timer_leave_();
    slept = weir_park_(&weir_timers_.word[i], seen, until, WEIR_BITS_ALL, false,
                       true);
    weir_timer_enter_();
    weir_timers_.waiting[i]--;
    return slept == WEIR_SLEPT_EXPIRED;
}

/* -- A timer ------------------------------------------------------------ */

struct weir_timer_run *weir_timer_run_of_(const weir_timer_t *t)
{
    struct weir_timer_run *run =
        weir_timer_is_known_(t) ? weir_timers_.runs : NULL;

    while (run != NULL && run->serial != t->serial)
        run = run->next;
    return run;
}

bool weir_timer_is_again_(const weir_timer_t *t)
{
    const struct weir_timer_run *run = weir_timer_run_of_(t);

    return weir_timer_has_(t, AGAIN) || (run != NULL && run->again);
}

bool weir_timer_is_pending_(const weir_timer_t *t)
{
    return weir_timer_has_(t, ARMED) || weir_timer_is_again_(t);
}

bool weir_timer_is_busy_(const weir_timer_t *t)
{
    return weir_timer_has_(t, HANDED) || weir_timer_run_of_(t) != NULL;
}

void weir_timer_put_(weir_timer_t *t, weir_deadline_t due)
{
    t->link.due = due;
    weir_wheel_put_(&weir_timers_.wheel, &t->link);
    weir_timer_change_(t, 0, ARMED);
    if (weir_wheel_next_(&weir_timers_.wheel) < weir_timers_.asleep_until) {
        weir_timers_.asleep_until = INT64_MIN;
        weir_timer_tell_(WEIR_TIMER_BELL_);
    }
}

bool weir_timer_take_back_(weir_timer_t *t)
{
    bool was_pending = weir_timer_is_pending_(t);
    struct weir_timer_run *run = weir_timer_run_of_(t);

    if (weir_timer_has_(t, ARMED))
        weir_wheel_drop_(&weir_timers_.wheel, &t->link);
    weir_timer_change_(t, ARMED | AGAIN, 0);
    if (run != NULL)
        run->again = false;
    return was_pending;
}

/* -- Another process ---------------------------------------------------- */

void weir_timer_forget_(void)
{
    (void)weir_mutex_init(&weir_timers_.lock, 0);
    weir_timers_.rung = 0;
    for (unsigned i = 0; i < WEIR_TIMER_WORDS_; i++)
        weir_timers_.waiting[i] = 0;
    weir_timers_.thread = WEIR_TIMER_NO_THREAD_;
    weir_timers_.stopping = false;
    weir_timers_.server = NULL;
    weir_timers_.asleep_until = INT64_MIN;
    weir_timers_.epoch++;
    weir_timers_.floor = weir_timers_.last;
    weir_timers_.handed = 0;
    weir_timers_.runs = NULL;
    weir_wheel_init_(&weir_timers_.wheel);
}
