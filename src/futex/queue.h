/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The queue: what its parts share.
 *
 *   queue_life.c      from init to destroy, and attach
 *   queue.c           put and get
 *   queue_many.c      put and get many
 *   queue_wait.c      waiting for room or stock, and ending such waits
 *   queue_close.c     close, and drain
 *   queue_foreign.c   waiting for a queue and other things at once
 */
#ifndef WEIR_FUTEX_QUEUE_H
#define WEIR_FUTEX_QUEUE_H

#include <weir/queue.h>

#include "atomics/ring.h"
#include "base/compiler.h"
#include "futex/until.h"

/* One call's work, on either side. */
struct weir_transfer {
    weir_queue_t *queue;
    const unsigned char *from; /* NULL: a get */
    unsigned char *to;
    size_t n;
    size_t done;
    enum weir_ring_result result;
};

static inline bool weir_queue_is_shared_(const weir_queue_t *q)
{
    return q->flags & WEIR_SHARED;
}

/* As in weir/inline/queue.h; here their callers know that they are cold. */
WEIR_COLD void weir_queue_wake_getter_(weir_queue_t *q);
WEIR_COLD void weir_queue_wake_putter_(weir_queue_t *q);

/* A struct weir_transfer, as a struct weir_wait has it.  Move what can be moved
 * now; true if that ends the wait: something was moved, or nothing ever will
 * be. */
bool weir_queue_attempt_(void *transfer);

/* Whether an attempt on the same side would end another's wait as well. */
bool weir_queue_more_(void *transfer);

/* Attempt without waiting for room or stock, only for threads that are
 * between claim and publication; false if full, or empty, or if such a thread
 * is not done by the deadline (and after a moment, should that have passed
 * before).  WEIR_NOW is not a time but asks for one try: it waits for such a
 * thread. */
bool weir_queue_try_now_(struct weir_transfer *t, struct weir_until until);

/* Move all n, waiting as long as the deadline allows: 0, ETIMEDOUT (or
 * ECANCELED), or ESHUTDOWN.  looked: the caller has just found nothing. */
int weir_queue_transfer_(struct weir_transfer *t, struct weir_until until,
                         bool looked);

#endif
