/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers: what users call.  See timers.c for how they work.
 */
#include <weir/timer.h>

#include "atomics/wheel.h"
#include "base/atomic.h"
#include "thread/timer_service.h"

static bool is_mine(const weir_timer_t *t)
{
    const struct weir_timer_run *run = weir_timer_run_of_(t);

    return run != NULL && run->self == weir_timer_self_();
}

/* -- Starting ----------------------------------------------------------- */

int weir_timer_init(weir_timer_t *t, void (*fn)(void *), void *arg,
                    unsigned flags)
{
    if (fn == NULL || flags != 0)
        return EINVAL;
    *t = (weir_timer_t){.flags = flags, .fn = fn, .arg = arg};
    return 0;
}

int weir_timer_set_executor(weir_timer_t *t,
                            int (*submit)(void *, void (*)(void *), void *),
                            void *pool)
{
    int result = EBUSY;

    weir_timer_enter_();
    if (!weir_timer_is_pending_(t) && !weir_timer_is_busy_(t)) {
        t->submit = submit;
        t->pool = pool;
        result = 0;
    }
    weir_timer_leave_();
    return result;
}

/* Whether there can be a start now, for which there is a thread then. */
static int prepare(weir_timer_t *t)
{
    int result;

    if (weir_timers_.stopping)
        return ECANCELED;
    if (weir_timer_state_(t) & WEIR_TIMER_REVOKED_) {
        weir_timer_change_(t, WEIR_TIMER_REVOKED_, WEIR_TIMER_STARTED_);
        return ECANCELED;
    }
    if (weir_timers_.thread != WEIR_TIMER_NO_THREAD_)
        return 0;
    result = weir_timer_spawn_();
    if (result == 0)
        weir_timers_.thread = WEIR_TIMER_SERVING_;
    return result;
}

static int start(weir_timer_t *t, weir_deadline_t due, int64_t period,
                 bool anew)
{
    int result;

    weir_timer_enter_();
    result = weir_timer_is_pending_(t) && !anew ? EALREADY : prepare(t);
    if (result == 0) {
        (void)weir_timer_take_back_(t);
        if (!weir_timer_is_known_(t)) {
            t->serial = ++weir_timers_.last;
            weir_timer_change_(t, WEIR_TIMER_HANDED_, WEIR_TIMER_STARTED_);
        }
        t->period = period;
        weir_timer_put_(t, due);
    }
    weir_timer_leave_();
    return result;
}

int weir_timer_start_at(weir_timer_t *t, weir_deadline_t deadline)
{
    return start(t, deadline, 0, false);
}

int weir_timer_start(weir_timer_t *t, weir_deadline_t deadline)
{
    return start(t, deadline, 0, false);
}

int weir_timer_start_every(weir_timer_t *t, weir_deadline_t first,
                           int64_t period_ns)
{
    if (period_ns <= 0)
        return EINVAL;
    return start(t, first <= WEIR_NOW ? weir_now() : first, period_ns, false);
}

int weir_timer_restart_at(weir_timer_t *t, weir_deadline_t deadline)
{
    return start(t, deadline, 0, true);
}

/* -- Cancelling and waiting --------------------------------------------- */

/* It was cancelled: those who join it are told, and its first start. */
static void note_cancelled(weir_timer_t *t)
{
    weir_timer_tell_(weir_timer_word_of_(t->serial));
    if (!(weir_timer_state_(t) & WEIR_TIMER_STARTED_))
        weir_timer_change_(t, 0, WEIR_TIMER_REVOKED_);
}

int weir_timer_cancel(weir_timer_t *t)
{
    bool was_pending;
    bool busy;

    weir_timer_enter_();
    was_pending = weir_timer_take_back_(t);
    busy = weir_timer_is_busy_(t);
    note_cancelled(t);
    weir_timer_leave_();
    if (busy)
        return EINPROGRESS;
    return was_pending ? 0 : EALREADY;
}

static int cancel_sync(weir_timer_t *t, struct weir_until until)
{
    int result = EALREADY;
    bool expired = false;

    weir_timer_enter_();
    if (is_mine(t)) {
        weir_timer_leave_();
        return EDEADLK;
    }
    for (;;) {
        if (weir_timer_take_back_(t))
            result = 0;
        if (!weir_timer_is_busy_(t))
            break;
        if (expired) {
            result = weir_until_why_(until, ETIMEDOUT);
            break;
        }
        expired = weir_timer_await_(weir_timer_word_of_(t->serial), until);
    }
    note_cancelled(t);
    weir_timer_leave_();
    return result;
}

int weir_timer_cancel_sync(weir_timer_t *t, weir_deadline_t deadline)
{
    return cancel_sync(t, weir_until_(deadline));
}

int weir_timer_cancel_sync_with(weir_timer_t *t, weir_deadline_t deadline,
                                weir_token_t *token)
{
    return cancel_sync(t, weir_until_with_(deadline, token));
}

/* Whether a join would be of itself. */
static int why_not_join(const weir_timer_t *t)
{
    if (!(weir_timer_state_(t) & (WEIR_TIMER_STARTED_ | WEIR_TIMER_REVOKED_)))
        return ESRCH;
    if (is_mine(t) || (weir_timers_.server == weir_timer_self_() &&
                       weir_timer_is_pending_(t)))
        return EDEADLK;
    return 0;
}

static int join(weir_timer_t *t, struct weir_until until)
{
    bool expired = false;
    int result;

    weir_timer_enter_();
    result = why_not_join(t);
    while (result == 0 &&
           (weir_timer_is_pending_(t) || weir_timer_is_busy_(t))) {
        if (expired)
            result = weir_until_why_(until, ETIMEDOUT);
        else
            expired = weir_timer_await_(weir_timer_word_of_(t->serial), until);
    }
    weir_timer_leave_();
    return result;
}

int weir_timer_join(weir_timer_t *t, weir_deadline_t deadline)
{
    return join(t, weir_until_(deadline));
}

int weir_timer_join_with(weir_timer_t *t, weir_deadline_t deadline,
                         weir_token_t *token)
{
    return join(t, weir_until_with_(deadline, token));
}

/* -- Queries ------------------------------------------------------------ */

bool weir_timer_is_armed(const weir_timer_t *t)
{
    bool is_armed;

    weir_timer_enter_();
    is_armed = weir_timer_is_pending_(t);
    weir_timer_leave_();
    return is_armed;
}

uint64_t weir_timer_fired(const weir_timer_t *t)
{
    uint64_t fired;

    weir_timer_enter_();
    fired = t->fired;
    weir_timer_leave_();
    return fired;
}

uint64_t weir_timer_skipped(const weir_timer_t *t)
{
    uint64_t skipped;

    weir_timer_enter_();
    skipped = t->skipped;
    weir_timer_leave_();
    return skipped;
}

/* -- The end ------------------------------------------------------------ */

/* Cancel all, unless another shutdown has meanwhile: what there is then was
 * started later. */
static void cancel_all(void)
{
    uint64_t ended = weir_timers_.ended;
    weir_timer_link_t_ *link;
    unsigned work = WEIR_TIMER_WORK_;

    while (weir_timers_.ended == ended &&
           (link = weir_wheel_any_(&weir_timers_.wheel)) != NULL) {
        weir_timer_t *t = weir_timer_of_(link);

        weir_timer_change_(t, WEIR_TIMER_ARMED_, 0);
        weir_timer_tell_(weir_timer_word_of_(t->serial));
        if (--work > 0)
            continue;
        weir_timer_breathe_();
        work = WEIR_TIMER_WORK_;
    }
}

/* Whether a callback runs in this thread. */
static bool is_in_callback(void)
{
    const struct weir_timer_run *run = weir_timers_.runs;

    while (run != NULL && run->self != weir_timer_self_())
        run = run->next;
    return run != NULL;
}

/* The thread has served, and nothing is left to do for executors. */
static bool is_quiet(void)
{
    return weir_timers_.thread == WEIR_TIMER_HAS_SERVED_ &&
           weir_timers_.handed == 0 && weir_timers_.runs == NULL;
}

/* Quiet: the thread that comes here first ends it for all. */
static void finish(void)
{
    weir_timers_.thread = WEIR_TIMER_BEING_REAPED_;
    weir_timer_leave_();
    weir_timer_reap_();
    weir_timer_enter_();
    weir_timers_.thread = WEIR_TIMER_NO_THREAD_;
    weir_timers_.stopping = false;
    weir_timers_.ended++;
    weir_timer_tell_(WEIR_TIMER_NEWS_);
}

static int shut_down(struct weir_until until)
{
    bool expired = false;
    uint64_t ended;
    int result = 0;

    weir_timer_enter_();
    if (is_in_callback()) {
        weir_timer_leave_();
        return EDEADLK;
    }
    ended = weir_timers_.ended;
    if (weir_timers_.thread == WEIR_TIMER_NO_THREAD_) {
        weir_timer_leave_();
        return 0;
    }
    weir_timers_.stopping = true;
    weir_timer_tell_(WEIR_TIMER_BELL_);
    cancel_all();
    /* Until this thread has ended: there may be another by then. */
    while (result == 0 && weir_timers_.ended == ended) {
        if (is_quiet())
            finish();
        else if (expired)
            result = weir_until_why_(until, ETIMEDOUT);
        else
            expired = weir_timer_await_(WEIR_TIMER_NEWS_, until);
    }
    weir_timer_leave_();
    return result;
}

int weir_timer_shutdown(weir_deadline_t deadline)
{
    return shut_down(weir_until_(deadline));
}

int weir_timer_shutdown_with(weir_deadline_t deadline, weir_token_t *token)
{
    return shut_down(weir_until_with_(deadline, token));
}
