/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: its end.  Closing sets a bit in the very word that puts claim
 * positions on, so that each put comes before it, and will be got, or after
 * it, and fails.  Drain waits until all have been got, and is told by those who
 * get (queue_wait.c).
 */
#include "futex/queue.h"

#include "base/time.h"
#include "futex/eventcount.h"

int weir_queue_close(weir_queue_t *q)
{
    bool shared = weir_queue_is_shared_(q);

    weir_ring_close_(&q->ring);
    weir_eventcount_notify_all_(&q->not_empty, shared);
    weir_eventcount_notify_all_(&q->not_full, shared);
    return 0;
}

bool weir_queue_closed(const weir_queue_t *q)
{
    return weir_ring_closed_(&q->ring);
}

static bool is_drained(void *arg)
{
    weir_queue_t *q = arg;

    return weir_ring_len_(&q->ring) == 0;
}

int weir_queue_drain_with(weir_queue_t *q, weir_deadline_t deadline,
                          weir_token_t *token)
{
    struct weir_until until;

    struct weir_wait wait = {
        .attempt = is_drained, .more = is_drained, .arg = q};

    if (!weir_queue_closed(q))
        return EBUSY;
    if (is_drained(q))
        return 0;
    until = weir_until_with_(deadline, token);
    if (weir_expired_(until.deadline))
        return weir_until_why_(until, ETIMEDOUT);
    return weir_eventcount_await_(&q->drained, weir_queue_is_shared_(q), &wait,
                                  until);
}

int weir_queue_drain(weir_queue_t *q, weir_deadline_t deadline)
{
    return weir_queue_drain_with(q, deadline, NULL);
}
