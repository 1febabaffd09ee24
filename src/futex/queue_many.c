/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: many elements in one call.  Each step moves as many as there is room
 * or stock for at that moment, and the call waits between steps; so elements
 * of others may come between its own.
 */
#include "futex/queue.h"

static int transfer_many(struct weir_transfer *t, struct weir_until until,
                         size_t *done)
{
    int result = weir_queue_transfer_(t, until, false);

    if (done != NULL)
        *done = t->done;
    return result;
}

int weir_queue_put_many(weir_queue_t *q, const void *e, size_t n,
                        weir_deadline_t deadline, size_t *done)
{
    struct weir_transfer t = {.queue = q, .from = e, .n = n};

    return transfer_many(&t, weir_until_(deadline), done);
}

int weir_queue_get_many(weir_queue_t *q, void *e, size_t n,
                        weir_deadline_t deadline, size_t *done)
{
    struct weir_transfer t = {.queue = q, .to = e, .n = n};

    return transfer_many(&t, weir_until_(deadline), done);
}

int weir_queue_put_many_with(weir_queue_t *q, const void *e, size_t n,
                             weir_deadline_t deadline, weir_token_t *token,
                             size_t *done)
{
    struct weir_transfer t = {.queue = q, .from = e, .n = n};

    return transfer_many(&t, weir_until_with_(deadline, token), done);
}

int weir_queue_get_many_with(weir_queue_t *q, void *e, size_t n,
                             weir_deadline_t deadline, weir_token_t *token,
                             size_t *done)
{
    struct weir_transfer t = {.queue = q, .to = e, .n = n};

    return transfer_many(&t, weir_until_with_(deadline, token), done);
}
