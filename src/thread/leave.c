/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for all threads that are not daemons.  They are counted, under a
 * lock: an object of one that has ended may be gone before anybody could wait
 * for it.
 *
 * WORD news, 32 bits, futex word: yes, initial: 0
 *  0-31   TURN   of changes that somebody may wait for, UNDER lock
 *  If stale: the kernel compares.  LIMIT: it wraps; a thread would have to be
 *  stopped between its look and its sleep for 2^32 ends of threads, to sleep
 *  until the next.
 *
 * No wake-up is lost: who waits has counted itself in, and read the turn,
 * under the lock under which it found that it must wait; any change after
 * that moves the turn, and then wakes all.
 */
#include "thread/leave.h"

#include <limits.h>
#include <stdlib.h>

#include <weir/mutex.h>

#include "base/atomic.h"
#include "futex/park.h"
#include "thread/current.h"
#include "thread/life.h"

#define TURN_ONE 1u

static weir_mutex_t lock = WEIR_MUTEX_INIT;
/* All UNDER lock. */
static unsigned lasting; /* threads that are not daemons */
static unsigned inside;  /* of those, in weir_thread_join_all */
static unsigned waiting; /* in weir_thread_join_all, whoever */
static WEIR_ATOMIC(uint32_t) news;
/* Whether exit will call us, UNDER lock. */
static bool registered;

/* With the lock held, which it gives back: tell all who wait that a number
 * has changed. */
static void unlock_with_news(void)
{
    bool tell = waiting != 0;

    if (tell)
        /* UNDER lock; the kernel compares. */
        (void)weir_fetch_add_rlx_(&news, TURN_ONE);
    (void)weir_mutex_unlock(&lock);
    if (tell)
        weir_futex_wake_(&news, INT_MAX, WEIR_BITS_ALL, false);
}

void weir_leave_started_(void)
{
    (void)weir_mutex_lock(&lock);
    lasting++;
    (void)weir_mutex_unlock(&lock);
}

void weir_leave_not_started_(void)
{
    (void)weir_mutex_lock(&lock);
    lasting--;
    unlock_with_news();
}

/* With the lock held for both: who has seen the end of a thread, by a join or
 * otherwise, and then asks once whether all have ended, does not find that
 * one counted; and who was told that all have ended can join them at once. */
void weir_leave_ended_(weir_thread_t *t)
{
    (void)weir_mutex_lock(&lock);
    weir_life_move_(t, WEIR_PHASE_ENDED);
    lasting--;
    unlock_with_news();
}

void weir_leave_in_child_(void)
{
    (void)weir_mutex_init(&lock, 0);
    lasting = 0;
    inside = 0;
    waiting = 0;
}

/* Whether all have ended that the caller waits for. */
static bool is_over(bool counted)
{
    return counted ? lasting == inside : lasting == 0;
}

/* With the lock held, before and after: wait until it is over. */
static int wait_until_over(bool counted, struct weir_until until)
{
    bool expired = until.deadline <= WEIR_NOW;

    while (!is_over(counted)) {
        /* UNDER lock. */
        uint32_t turn = weir_load_rlx_(&news);

        if (expired)
            return weir_until_why_(until, ETIMEDOUT);
        (void)weir_mutex_unlock(&lock);
        expired = weir_park_(&news, turn, until, WEIR_BITS_ALL, false, true) ==
                  WEIR_SLEPT_EXPIRED;
        (void)weir_mutex_lock(&lock);
    }
    return 0;
}

static int join_all(struct weir_until until)
{
    const weir_thread_t *self = weir_current_();
    bool counted = self != NULL && (self->options & WEIR_THREAD_COUNTED_);
    int result;

    (void)weir_mutex_lock(&lock);
    waiting++;
    if (counted)
        inside++;
    /* Others of its kind need not wait for this one any more. */
    unlock_with_news();
    (void)weir_mutex_lock(&lock);
    result = wait_until_over(counted, until);
    if (counted)
        inside--;
    waiting--;
    (void)weir_mutex_unlock(&lock);
    return result;
}

int weir_thread_join_all(weir_deadline_t deadline)
{
    return join_all(weir_until_(deadline));
}

int weir_thread_join_all_with(weir_deadline_t deadline, weir_token_t *token)
{
    return join_all(weir_until_with_(deadline, token));
}

/* -- At exit ------------------------------------------------------------ */

static void on_exit_join(void)
{
    (void)weir_thread_join_all(WEIR_FOREVER);
}

int weir_thread_join_at_exit(void)
{
    int result = 0;

    (void)weir_mutex_lock(&lock);
    if (!registered) {
        registered = atexit(on_exit_join) == 0;
        result = registered ? 0 : EAGAIN;
    }
    (void)weir_mutex_unlock(&lock);
    return result;
}
