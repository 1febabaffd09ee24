/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: waiting for room or stock, and ending the waits of others.
 *
 * A try call that meets another thread between its claim and its publication
 * (WEIR_RING_BUSY) is neither empty nor full, and waits for that thread:
 * pauses, yields, then sleeps of a bounded length.
 *
 * ORDERS
 *  [Q1] moved  ring operation, then load of who sleeps: inline/queue.h:[Q1]
 *              out of line; pairs with eventcount.c:[E1]
 */
#include "futex/queue.h"

#include <sched.h>

#include "base/answer.h"
#include "base/atomic.h"
#include "base/compiler.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/tunables.h"
#include "futex/eventcount.h"

#define BUSY_YIELDS 32
#define BUSY_SLEEP_NS 50000

/* -- Waking the other side ---------------------------------------------- */

WEIR_COLD void weir_queue_wake_getter_(weir_queue_t *q)
{
    weir_eventcount_notify_(&q->not_empty, weir_queue_is_shared_(q));
}

WEIR_COLD void weir_queue_wake_putter_(weir_queue_t *q)
{
    /* HINT, both: notify fences and looks again. */
    if (weir_load_rlx_(&q->not_full.word) != 0)
        weir_eventcount_notify_(&q->not_full, weir_queue_is_shared_(q));
    /* HINT: as above. */
    if (weir_load_rlx_(&q->drained.word) != 0)
        weir_eventcount_notify_(&q->drained, weir_queue_is_shared_(q));
}

/* After elements were moved: let the other side know. */
static void moved(const struct weir_transfer *t)
{
    weir_queue_t *q = t->queue;

    /* [Q1] the sleeper pays for the fence between these accesses. */
    weir_compiler_barrier_();
    if (t->from != NULL) {
        /* [Q1] relaxed */
        if (weir_load_rlx_(&q->not_empty.word) != 0)
            weir_queue_wake_getter_(q);
        return;
    }
    /* [Q1] relaxed, both */
    if ((weir_load_rlx_(&q->not_full.word) |
         weir_load_rlx_(&q->drained.word)) != 0)
        weir_queue_wake_putter_(q);
}

/* -- One attempt -------------------------------------------------------- */

bool weir_queue_attempt_(void *transfer)
{
    struct weir_transfer *t = transfer;
    weir_queue_t *q = t->queue;
    size_t offset = t->done * q->ring.elem_size;
    size_t run;

    if (t->from != NULL)
        t->result = weir_ring_put_(&q->ring, q->cells, t->from + offset,
                                   t->n - t->done, &run);
    else
        t->result = weir_ring_get_(&q->ring, q->cells, t->to + offset,
                                   t->n - t->done, &run);
    if (t->result == WEIR_RING_DONE) {
        t->done += run;
        moved(t);
    }
    return t->result == WEIR_RING_DONE || t->result == WEIR_RING_SHUT;
}

bool weir_queue_more_(void *transfer)
{
    const struct weir_transfer *t = transfer;
    const weir_queue_t *q = t->queue;
    enum weir_ring_result found = t->from != NULL
                                      ? weir_ring_peek_put_(&q->ring, q->cells)
                                      : weir_ring_peek_get_(&q->ring, q->cells);

    return found == WEIR_RING_DONE || found == WEIR_RING_SHUT;
}

/* -- Waiting ------------------------------------------------------------ */

static bool is_alone(const weir_queue_t *q)
{
    return !weir_eventcount_has_sleepers_(&q->not_empty) &&
           !weir_eventcount_has_sleepers_(&q->not_full);
}

/* How long to spin before sleeping.  Longer if what it waits for is there, but
 * others of this side were faster: let them have the line for a while, as
 * with a mutex.  And longer if nobody sleeps on either side, since then CPUs
 * are not short; longest if it waits for the answer of a thread that it has
 * woken. */
static struct weir_spin_plan plan_for(const weir_queue_t *q, bool lost,
                                      int64_t answer)
{
    int64_t budget = WEIR_SPIN_QUEUE_NS;

    if (is_alone(q))
        budget = answer > WEIR_SPIN_QUEUE_ALONE_NS ? answer
                                                   : WEIR_SPIN_QUEUE_ALONE_NS;
    return (struct weir_spin_plan){
        .budget_ns = budget,
        .first_ns = lost ? WEIR_SPIN_QUEUE_LOST_NS : WEIR_SPIN_QUEUE_FIRST_NS,
        .steady = WEIR_SPIN_QUEUE_STEADY,
        .longest = WEIR_SPIN_QUEUE_LONGEST,
        .yields = WEIR_SPIN_QUEUE_YIELDS,
    };
}

/* Another thread needs a moment to publish, unless it was preempted. */
static const struct weir_spin_plan busy_plan = {
    .budget_ns = WEIR_SPIN_QUEUE_NS,
    .longest = WEIR_SPIN_QUEUE_LONGEST,
    .yields = BUSY_YIELDS,
};

bool weir_queue_try_now_(struct weir_transfer *t, struct weir_until until)
{
    struct weir_spin spin = weir_spin_begin_(&busy_plan);
    bool done = weir_queue_attempt_(t);

    while (!done && t->result == WEIR_RING_BUSY) {
        if (!weir_spin_again_(&spin)) {
            struct timespec ts = {0, BUSY_SLEEP_NS};

            if (until.deadline > WEIR_NOW && weir_until_over_(until))
                break;
            (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
        }
        done = weir_queue_attempt_(t);
    }
    weir_spin_end_(&spin);
    return done;
}

static weir_eventcount_t_ *eventcount_of(const struct weir_transfer *t)
{
    return t->from != NULL ? &t->queue->not_full : &t->queue->not_empty;
}

static bool seems_worth_it(const struct weir_transfer *t)
{
    const weir_queue_t *q = t->queue;

    return t->from != NULL ? weir_ring_hint_put_(&q->ring, q->cells)
                           : weir_ring_hint_get_(&q->ring, q->cells);
}

static bool spin_for(struct weir_transfer *t)
{
    int64_t answer = weir_answer_budget_();
    struct weir_spin_plan plan = plan_for(t->queue, seems_worth_it(t), answer);
    struct weir_spin spin = weir_spin_begin_(&plan);
    bool done;

    while (!(done = seems_worth_it(t) && weir_queue_attempt_(t)) &&
           weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    if (answer > 0 && plan.budget_ns == answer)
        weir_answer_learn_(done);
    return done;
}

static int sleep_for(struct weir_transfer *t, struct weir_until until)
{
    struct weir_wait wait = {
        .attempt = weir_queue_attempt_,
        .more = weir_queue_more_,
        .arg = t,
    };

    return weir_eventcount_await_(
        eventcount_of(t), weir_queue_is_shared_(t->queue), &wait, until);
}

/* The plan for spinning begins with a pause, so there is a look before it; but
 * one only: a second look right after one that failed finds a single element,
 * and the next call none (queue/1x1: half as many). */
int weir_queue_transfer_(struct weir_transfer *t, struct weir_until until,
                         bool looked)
{
    while (t->done < t->n) {
        bool done = (!looked && seems_worth_it(t) && weir_queue_attempt_(t)) ||
                    (!weir_expired_(until.deadline) &&
                     (spin_for(t) || sleep_for(t, until) == 0));

        looked = true;
        if (!done && !weir_queue_try_now_(t, until))
            return weir_until_why_(until, ETIMEDOUT);
        if (t->result == WEIR_RING_SHUT)
            return ESHUTDOWN;
    }
    return 0;
}
