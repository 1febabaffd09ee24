/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The timer service: what its parts share.
 *
 *   timers.c        the timers there are, and who waits for them
 *   timer_serve.c   what the timer thread does; a model can do it as well
 *   timer.c         what users call
 *   timer_thread.c  the thread
 */
#ifndef WEIR_THREAD_TIMER_SERVICE_H
#define WEIR_THREAD_TIMER_SERVICE_H

#include <weir/mutex.h>
#include <weir/timer.h>

#include "atomics/wheel.h"
#include "base/atomic.h"
#include "futex/until.h"

/* Bits of a timer's state (timers.c). */
#define WEIR_TIMER_ARMED_ 1u
#define WEIR_TIMER_HANDED_ 2u
#define WEIR_TIMER_AGAIN_ 4u
#define WEIR_TIMER_STARTED_ 8u
#define WEIR_TIMER_REVOKED_ 16u

/* Timers that are moved before the lock is given to others for a moment. */
#define WEIR_TIMER_WORK_ 64u

/* Words that are slept on. */
#define WEIR_TIMER_BELL_ 0u
#define WEIR_TIMER_NEWS_ 1u
#define WEIR_TIMER_FIRST_ 2u
#define WEIR_TIMER_WORDS_ 16u

enum weir_timer_thread {
    WEIR_TIMER_NO_THREAD_,
    WEIR_TIMER_SERVING_,
    WEIR_TIMER_HAS_SERVED_,
    WEIR_TIMER_BEING_REAPED_
};

/* A callback that runs; on the stack of the thread that it runs in. */
struct weir_timer_run {
    struct weir_timer_run *next;
    uint64_t serial; /* whose */
    uint64_t epoch;  /* in which process */
    const void *self;
    bool again; /* fell due again meanwhile */
};

/* All but word is guarded by lock. */
struct weir_timers {
    weir_mutex_t lock;
    uint32_t rung; /* words whose sleepers are to be woken after unlock */
    WEIR_ATOMIC(uint32_t) word[WEIR_TIMER_WORDS_];
    uint32_t waiting[WEIR_TIMER_WORDS_];
    enum weir_timer_thread thread;
    bool stopping;
    uint64_t ended;     /* how many threads have */
    const void *server; /* the timer thread's self */
    weir_deadline_t asleep_until;
    uint64_t epoch;
    uint64_t last;  /* serial */
    uint64_t floor; /* the last serial before the fork */
    uint64_t handed;
    struct weir_timer_run *runs;
    struct weir_wheel wheel;
};

extern struct weir_timers weir_timers_;

/* -- timers.c ----------------------------------------------------------- */

static inline uint32_t weir_timer_state_(const weir_timer_t *t)
{
    /* UNDER: the lock. */
    return weir_load_rlx_(&t->state);
}

static inline void weir_timer_change_(weir_timer_t *t, uint32_t remove,
                                      uint32_t add)
{
    /* UNDER: the lock. */
    weir_store_rlx_(&t->state, (weir_timer_state_(t) & ~remove) | add);
}

/* Whether what its state says is of this process, and not of its parent. */
static inline bool weir_timer_is_known_(const weir_timer_t *t)
{
    return t->serial > weir_timers_.floor;
}

static inline bool weir_timer_has_(const weir_timer_t *t, uint32_t bits)
{
    return weir_timer_is_known_(t) && (weir_timer_state_(t) & bits);
}

static inline unsigned weir_timer_word_of_(uint64_t serial)
{
    return WEIR_TIMER_FIRST_ +
           (unsigned)(serial % (WEIR_TIMER_WORDS_ - WEIR_TIMER_FIRST_));
}

static inline weir_timer_t *weir_timer_of_(weir_timer_link_t_ *link)
{
    return (weir_timer_t *)(void *)((char *)link -
                                    offsetof(weir_timer_t, link));
}

/* Lock. */
void weir_timer_enter_(void);

/* Unlock, and wake those who were told something. */
void weir_timer_leave_(void);

/* Let others have the lock. */
void weir_timer_breathe_(void);

/* Under the lock: there is news for who sleeps on word i. */
void weir_timer_tell_(unsigned i);

/* Unlock, sleep until told or until the deadline, and lock again.  True if the
 * deadline passed. */
bool weir_timer_await_(unsigned i, struct weir_until until);

/* The record of its callback; NULL: that does not run. */
struct weir_timer_run *weir_timer_run_of_(const weir_timer_t *t);

/* Whether it fell due once more than it was called. */
bool weir_timer_is_again_(const weir_timer_t *t);

/* Whether its function will be called (again). */
bool weir_timer_is_pending_(const weir_timer_t *t);

/* Whether its callback runs, or is with an executor. */
bool weir_timer_is_busy_(const weir_timer_t *t);

/* Put it into the wheel; the timer thread is told if it is the earliest. */
void weir_timer_put_(weir_timer_t *t, weir_deadline_t due);

/* Have it not fire again; whether it would have. */
bool weir_timer_take_back_(weir_timer_t *t);

/* Have no timers, no thread and no callbacks, and know nobody who waits: in a
 * child after fork, and for models. */
void weir_timer_forget_(void);

/* -- timer_serve.c ------------------------------------------------------ */

/* Serve timers until weir_timer_shutdown: what the timer thread does. */
void weir_timer_serve_(void);

/* -- timer_thread.c ----------------------------------------------------- */

/* Start a thread that serves.  0, or EAGAIN. */
int weir_timer_spawn_(void);

/* Wait until that thread, which has served, is gone. */
void weir_timer_reap_(void);

/* Something that tells the calling thread from all others. */
const void *weir_timer_self_(void);

#endif
