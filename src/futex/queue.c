/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: the ring (src/atomics/ring.h), and three eventcounts: getters wait
 * for not_empty, putters for not_full, and drain for drained.  All of the
 * queue is in one piece of memory without pointers, so that processes can
 * share it at different addresses.
 *
 * A blocking call tries, spins for a while, and then waits on its
 * eventcount, with the ring operation itself as the attempt (queue_wait.c).
 * After it has moved elements it notifies the other side, which costs a load
 * while nobody sleeps there.
 */
#include "futex/queue.h"

extern inline int weir_queue_put8_(weir_queue_t *q, const void *e);
extern inline int weir_queue_get8_(weir_queue_t *q, void *e);
extern inline int weir_queue_put(weir_queue_t *q, const void *e);
extern inline int weir_queue_tryput(weir_queue_t *q, const void *e);
extern inline int weir_queue_get(weir_queue_t *q, void *e);
extern inline int weir_queue_tryget(weir_queue_t *q, void *e);

/* -- Behind the inline paths -------------------------------------------- */

/* They have looked, if the elements are theirs. */
WEIR_COLD int weir_queue_put_slow_(weir_queue_t *q, const void *e,
                                   weir_deadline_t deadline)
{
    struct weir_transfer t = {.queue = q, .from = e, .n = 1};

    return weir_queue_transfer_(&t, weir_until_(deadline),
                                q->ring.elem_size == 8 && q->ring.lag == 0);
}

WEIR_COLD int weir_queue_get_slow_(weir_queue_t *q, void *e,
                                   weir_deadline_t deadline)
{
    struct weir_transfer t = {.queue = q, .to = e, .n = 1};

    return weir_queue_transfer_(&t, weir_until_(deadline),
                                q->ring.elem_size == 8);
}

static int try_result(struct weir_transfer *t)
{
    if (!weir_queue_try_now_(t, weir_until_(WEIR_NOW)))
        return EAGAIN;
    return t->result == WEIR_RING_SHUT ? ESHUTDOWN : 0;
}

WEIR_COLD int weir_queue_tryput_slow_(weir_queue_t *q, const void *e)
{
    struct weir_transfer t = {.queue = q, .from = e, .n = 1};

    return try_result(&t);
}

WEIR_COLD int weir_queue_tryget_slow_(weir_queue_t *q, void *e)
{
    struct weir_transfer t = {.queue = q, .to = e, .n = 1};

    return try_result(&t);
}

/* -- With a deadline, and with a token ---------------------------------- */

int weir_queue_put_until(weir_queue_t *q, const void *e,
                         weir_deadline_t deadline)
{
    if (weir_queue_put8_(q, e))
        return 0;
    return weir_queue_put_slow_(q, e, deadline);
}

int weir_queue_get_until(weir_queue_t *q, void *e, weir_deadline_t deadline)
{
    if (weir_queue_get8_(q, e))
        return 0;
    return weir_queue_get_slow_(q, e, deadline);
}

int weir_queue_put_with(weir_queue_t *q, const void *e,
                        weir_deadline_t deadline, weir_token_t *token)
{
    struct weir_transfer t = {.queue = q, .from = e, .n = 1};

    if (weir_queue_put8_(q, e))
        return 0;
    return weir_queue_transfer_(&t, weir_until_with_(deadline, token), false);
}

int weir_queue_get_with(weir_queue_t *q, void *e, weir_deadline_t deadline,
                        weir_token_t *token)
{
    struct weir_transfer t = {.queue = q, .to = e, .n = 1};

    if (weir_queue_get8_(q, e))
        return 0;
    return weir_queue_transfer_(&t, weir_until_with_(deadline, token), false);
}

/* -- Questions ---------------------------------------------------------- */

size_t weir_queue_len(const weir_queue_t *q)
{
    return weir_ring_len_(&q->ring);
}

size_t weir_queue_capacity(const weir_queue_t *q)
{
    return (size_t)q->capacity;
}

size_t weir_queue_elem_size(const weir_queue_t *q)
{
    return q->ring.elem_size;
}

bool weir_queue_empty(const weir_queue_t *q)
{
    return weir_queue_len(q) == 0;
}

bool weir_queue_full(const weir_queue_t *q)
{
    return weir_queue_len(q) >= q->capacity;
}
