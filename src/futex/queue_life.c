/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: init, create, destroy and attach.  A header says all about the
 * geometry that follows from capacity and element size, and attach believes
 * none of it: it makes the geometry again.
 *
 * WORD weir_queue_t.magic, 64 bits, not slept on, initial: 0
 *  MAGIC once init is done; attach reads nothing else before it.
 *  If stale: attach answers EINVAL.
 *
 * ORDERS
 *  [Q2] init   store release of magic; pairs with [Q2] in attach, which
 *              loads it acquire: publishes the geometry
 */
#include "futex/queue.h"

#include <stdlib.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/panic.h"
#include "futex/eventcount.h"

#define MAGIC UINT64_C(0x7765697251756575) /* "weirQueu" */
#define VERSION 1u
#define CREATED 2u /* a flag of the object: weir_queue_create made it */

WEIR_STATIC_ASSERT(WEIR_QUEUE_ALIGN == WEIR_LINE, "aligned as its lines are");
WEIR_STATIC_ASSERT(offsetof(struct weir_queue, cells) % WEIR_LINE == 0,
                   "cells begin on a line");

/* Header and cells; 0 if there can be no such queue. */
static size_t geometry(weir_ring_t_ *ring, size_t capacity, size_t elem_size)
{
    size_t size;

    if (!weir_ring_geometry_(ring, capacity, elem_size))
        return 0;
    size = offsetof(struct weir_queue, cells) + weir_ring_cells_size_(ring);
    size = (size + WEIR_LINE - 1) / WEIR_LINE * WEIR_LINE;
    return size < sizeof(struct weir_queue) ? sizeof(struct weir_queue) : size;
}

size_t weir_queue_memsize(size_t capacity, size_t elem_size)
{
    weir_ring_t_ ring;

    return geometry(&ring, capacity, elem_size);
}

static void set_up(weir_queue_t *q, const weir_ring_t_ *ring, size_t size,
                   size_t capacity, unsigned flags)
{
    bool shared = flags & WEIR_SHARED;

    /* INIT: published by the store below.  Apart from the rest, since attach
     * may be looking at it. */
    weir_store_rlx_(&q->magic, 0);
    memset((unsigned char *)q + sizeof(q->magic), 0,
           offsetof(struct weir_queue, cells) - sizeof(q->magic));
    q->version = VERSION;
    q->flags = flags;
    q->memsize = size;
    q->capacity = capacity;
    q->ring = *ring;
    weir_ring_reset_(&q->ring, q->cells, 0);
    weir_eventcount_init_(&q->not_empty, shared);
    weir_eventcount_init_(&q->not_full, shared);
    weir_eventcount_init_(&q->drained, shared);
    /* [Q2] release; pairs with [Q2] in attach. */
    weir_store_rel_(&q->magic, MAGIC);
}

int weir_queue_init(weir_queue_t *q, size_t memsize, size_t capacity,
                    size_t elem_size, unsigned flags)
{
    weir_ring_t_ ring = {.mask = 0};
    size_t size = geometry(&ring, capacity, elem_size);

    if (size == 0 || memsize < size || (flags & ~WEIR_SHARED) ||
        (uintptr_t)q % WEIR_QUEUE_ALIGN != 0)
        return EINVAL;
    set_up(q, &ring, size, capacity, flags);
    return 0;
}

int weir_queue_create(weir_queue_t **q, size_t capacity, size_t elem_size,
                      unsigned flags)
{
    weir_ring_t_ ring = {.mask = 0};
    size_t size = geometry(&ring, capacity, elem_size);
    int saved = errno;
    weir_queue_t *made;

    if (size == 0 || flags != 0)
        return EINVAL;
    made = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    /* clang believes that allocation never sets errno, and would drop the
     * store. */
    weir_compiler_barrier_();
    errno = saved;
    if (made == NULL)
        return ENOMEM;
    set_up(made, &ring, size, capacity, CREATED);
    *q = made;
    return 0;
}

void weir_queue_destroy(weir_queue_t *q)
{
    if (q == NULL)
        return;
    /* OWNED: nobody else is using it. */
    if (weir_load_rlx_(&q->magic) != MAGIC || !(q->flags & CREATED))
        WEIR_PANIC(q, q->flags,
                   "destroying a queue that weir_queue_create did not make");
    /* OWNED: a second destroy is found out while the memory lasts. */
    weir_store_rlx_(&q->magic, 0);
    free(q);
}

/* Whether the header's geometry is the one that init would have made. */
static bool is_consistent(const weir_queue_t *q, size_t memsize)
{
    weir_ring_t_ ring = {.mask = 0};
    size_t size;

    if (q->version != VERSION || q->flags != WEIR_SHARED ||
        q->capacity > SIZE_MAX)
        return false;
    size = geometry(&ring, (size_t)q->capacity, q->ring.elem_size);
    return size != 0 && size <= memsize && q->memsize == size &&
           q->ring.mask == ring.mask && q->ring.round == ring.round &&
           q->ring.lag == ring.lag && q->ring.stride == ring.stride &&
           weir_ring_is_possible_(&q->ring);
}

int weir_queue_attach(weir_queue_t *q, size_t memsize)
{
    if (q == NULL || (uintptr_t)q % WEIR_QUEUE_ALIGN != 0 ||
        memsize < sizeof(struct weir_queue))
        return EINVAL;
    /* [Q2] acquire; pairs with [Q2] in init. */
    if (weir_load_acq_(&q->magic) != MAGIC || !is_consistent(q, memsize))
        return EINVAL;
    return 0;
}
