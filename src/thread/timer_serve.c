/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the timer thread does: it takes out of the wheel what is due, and calls
 * it, or gives it to its executor; and sleeps until the next is.
 *
 * A callback may free its timer.  So what must be known while it runs, and
 * after, stands in a record on the stack of the thread that runs it: when the
 * callback has returned the timer is not touched, unless it fell due again
 * meanwhile (timers.c, I2).
 */
#include "thread/timer_service.h"

#include "atomics/wheel.h"
#include "base/atomic.h"
#include "base/trace.h"

/* -- Callbacks ---------------------------------------------------------- */

static void unlist(const struct weir_timer_run *run)
{
    struct weir_timer_run **at = &weir_timers_.runs;

    while (*at != run)
        at = &(*at)->next;
    *at = run->next;
}

/* Call its function, unlocked.  When that returns the timer may be gone; if it
 * fell due again it is not, or it would have been cancelled first. */
static void run(weir_timer_t *t, int64_t late)
{
    struct weir_timer_run run = {.next = weir_timers_.runs,
                                 .serial = t->serial,
                                 .epoch = weir_timers_.epoch,
                                 .self = weir_timer_self_(),
                                 .again =
                                     weir_timer_state_(t) & WEIR_TIMER_AGAIN_};
    void (*fn)(void *) = t->fn;
    void *arg = t->arg;

    weir_timer_change_(t, WEIR_TIMER_HANDED_ | WEIR_TIMER_AGAIN_, 0);
    weir_timers_.runs = &run;
    for (;;) {
        t->fired++;
        weir_timer_leave_();
        weir_trace_timer_fire_(t, late); /* its address alone */
        fn(arg);
        weir_timer_enter_();
        if (weir_timers_.epoch != run.epoch)
            return; /* this is a child, and does not know of the record */
        if (!run.again || weir_timers_.stopping)
            break;
        run.again = false;
        late = 0;
    }
    unlist(&run);
    weir_timer_tell_(weir_timer_word_of_(run.serial));
    weir_timer_tell_(WEIR_TIMER_NEWS_);
}

/* What executors call. */
static void run_handed(void *timer)
{
    weir_timer_t *t = timer;

    weir_timer_enter_();
    /* Not if it was handed before a fork. */
    if (weir_timer_has_(t, WEIR_TIMER_HANDED_)) {
        weir_timers_.handed--;
        run(t, 0);
    }
    weir_timer_leave_();
}

/* Give its callback to its executor, and if that refuses, call it here. */
static void hand_over(weir_timer_t *t)
{
    int (*submit)(void *, void (*)(void *), void *) = t->submit;
    void *pool = t->pool;
    uint64_t epoch = weir_timers_.epoch;
    int result;

    weir_timer_change_(t, 0, WEIR_TIMER_HANDED_);
    weir_timers_.handed++;
    weir_timer_leave_();
    result = submit(pool, run_handed, t);
    weir_timer_enter_();
    if (result == 0 || weir_timers_.epoch != epoch)
        return;
    weir_timers_.handed--;
    run(t, 0);
}

/* The time of the first firing after now, of those that are one period apart,
 * when the one of t->link.due is late; counts those between. */
static weir_deadline_t next_due(weir_timer_t *t, weir_deadline_t now)
{
    uint64_t late = (uint64_t)now - (uint64_t)t->link.due;
    uint64_t missed = late / (uint64_t)t->period;
    uint64_t step = (missed + 1) * (uint64_t)t->period;

    t->skipped += missed;
    /* The last of them is not after now, so only the step may overflow. */
    if (step - late > (uint64_t)(WEIR_FOREVER - now))
        return WEIR_FOREVER;
    return (weir_deadline_t)((uint64_t)t->link.due + step);
}

/* It was taken out of the wheel. */
static void fire(weir_timer_t *t, weir_deadline_t now)
{
    struct weir_timer_run *running = weir_timer_run_of_(t);
    /* Not of one that was to fire at once, whatever it called that. */
    int64_t late = t->link.due > WEIR_NOW ? now - t->link.due : 0;

    weir_timer_change_(t, WEIR_TIMER_ARMED_, 0);
    if (t->period > 0)
        weir_timer_put_(t, next_due(t, now));
    if (running == NULL && !weir_timer_has_(t, WEIR_TIMER_HANDED_)) {
        if (t->submit != NULL)
            hand_over(t);
        else
            run(t, late);
        return;
    }
    if (weir_timer_is_again_(t))
        t->skipped++;
    else if (running != NULL)
        running->again = true;
    else
        weir_timer_change_(t, 0, WEIR_TIMER_AGAIN_);
    weir_timer_breathe_();
}

/* Fire one timer that is due.  False: there is none. */
static bool serve_one(void)
{
    weir_deadline_t now = weir_now();
    unsigned work = WEIR_TIMER_WORK_;
    weir_timer_link_t_ *link =
        weir_wheel_take_(&weir_timers_.wheel, now, &work);

    if (link != NULL)
        fire(weir_timer_of_(link), now);
    else if (work > 0)
        return false;
    else
        weir_timer_breathe_();
    return true;
}

void weir_timer_serve_(void)
{
    uint64_t epoch;

    weir_timer_enter_();
    epoch = weir_timers_.epoch;
    weir_timers_.server = weir_timer_self_();
    while (!weir_timers_.stopping) {
        if (serve_one()) {
            if (weir_timers_.epoch == epoch)
                continue;
            weir_timer_leave_(); /* forked in a callback: this is the child */
            return;
        }
        weir_timers_.asleep_until = weir_wheel_next_(&weir_timers_.wheel);
        (void)weir_timer_await_(WEIR_TIMER_BELL_,
                                weir_until_(weir_timers_.asleep_until));
        weir_timers_.asleep_until = INT64_MIN;
    }
    weir_timers_.thread = WEIR_TIMER_HAS_SERVED_;
    weir_timers_.server = NULL;
    weir_timer_tell_(WEIR_TIMER_NEWS_);
    weir_timer_leave_();
}
