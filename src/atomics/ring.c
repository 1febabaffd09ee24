/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The ring: see ring.h for what it is.
 *
 * WORD weir_ring_t_.tail, 64 bits, not slept on, initial: a position
 *  bits  name      meaning                     set by    cleared by
 *  1     CLOSED    no put may claim            close     never
 *  2-63  POSITION  of the next put             put       -
 *  If stale: the claim's compare-and-swap fails.  LIMIT  the position wraps
 *  modulo 2^62; a thread would have to be stopped for that many puts.
 *
 * WORD weir_ring_t_.head, 64 bits, not slept on: position of the next get.
 *
 * WORD weir_cell_t_.turn, 64 bits, not slept on: see ring.h.  Set by the thread
 * whose claim it names, and by nobody else until that has set it.
 *
 * Empty and full are exact.  A get that finds the cell at head unpublished
 * loads head again, and then tail: if they are equal, then at the load of tail
 * all puts had been got, since head is never ahead of tail.  The order of the
 * loads matters where memory is weak: that of head sees what the gets up to
 * it saw before they claimed, so that tail is not older than the last put that
 * came before one of them.  If tail is ahead, a put has claimed the position,
 * and its publication was or is to come: the queue is not empty, and the
 * caller is told BUSY.  The same with the sides exchanged.
 *
 * ORDERS
 *  [R1] put   store release of a turn; pairs with [R2], and
 *             inline/queue.h:[R2]
 *  [R2] get   load acquire of a turn; pairs with [R1], and
 *             inline/queue.h:[R1]
 *  [R3] get   store release of a turn; pairs with [R4], and
 *             inline/queue.h:[R4]
 *  [R4] put   load acquire of a turn; pairs with [R3], and
 *             inline/queue.h:[R3]
 *  [R5] put, get, none  claims are release, and loads of head and tail are
 *             acquire, the caller's side first; pairs with [R5] of other
 *             threads and inline/queue.h:[R5]
 */
#include "atomics/ring.h"

#include "base/atomic.h"

#define POSITION WEIR_POSITION_
#define CELL_TURN sizeof(uint64_t)

static weir_cell_t_ *cell_at(const weir_ring_t_ *ring,
                             const unsigned char *cells, uint64_t position)
{
    size_t offset = (size_t)((position >> 2) & ring->mask) * ring->stride;

    return (weir_cell_t_ *)(uintptr_t)(cells + offset);
}

bool weir_ring_geometry_(weir_ring_t_ *ring, size_t capacity, size_t elem_size)
{
    uint64_t cells = 1;

    if (capacity == 0 || elem_size == 0 || elem_size > WEIR_QUEUE_ELEM_MAX ||
        capacity > SIZE_MAX / 4 / sizeof(weir_cell_t_))
        return false;
    while (cells < capacity)
        cells *= 2;
    ring->mask = cells - 1;
    ring->round = cells * POSITION;
    ring->lag = (cells - capacity) * POSITION;
    ring->elem_size = (uint32_t)elem_size;
    ring->stride = (uint32_t)(CELL_TURN + (elem_size + 7) / 8 * 8);
    return cells <= SIZE_MAX / 2 / ring->stride;
}

size_t weir_ring_cells_size_(const weir_ring_t_ *ring)
{
    return (size_t)(ring->mask + 1) * ring->stride;
}

void weir_ring_reset_(weir_ring_t_ *ring, unsigned char *cells, uint64_t start)
{
    for (uint64_t i = 0; i <= ring->mask; i++) {
        uint64_t position = start + i * POSITION;

        /* INIT: not shared yet; published by the caller. */
        weir_store_rlx_(&cell_at(ring, cells, position)->turn, position);
    }
    /* INIT, both: as above. */
    weir_store_rlx_(&ring->tail, start);
    weir_store_rlx_(&ring->head, start);
}

/* Whether a head is ahead of a tail, modulo 2^64: they were read at different
 * times. */
static bool is_ahead(uint64_t head, uint64_t tail)
{
    return (int64_t)(tail - head) < 0;
}

/* -- Put ---------------------------------------------------------------- */

static bool is_free(const weir_ring_t_ *ring, const unsigned char *cells,
                    uint64_t position)
{
    uint64_t limit = position + ring->lag;

    /* [R4] acquire; pairs with [R3] */
    if (weir_load_acq_(&cell_at(ring, cells, position)->turn) != position)
        return false;
    /* [R4] acquire; pairs with [R3]: for the capacity, if it is no power
     * of two. */
    return ring->lag == 0 ||
           weir_load_acq_(&cell_at(ring, cells, limit)->turn) == limit;
}

/* Why position tail, that was the tail, is not free. */
static enum weir_ring_result why_not_put(const weir_ring_t_ *ring,
                                         uint64_t tail, uint64_t *now)
{
    uint64_t head;

    *now = weir_load_acq_(&ring->tail); /* [R5] acquire */
    if (*now != tail)
        return WEIR_RING_DONE;          /* it moved: look again */
    head = weir_load_acq_(&ring->head); /* [R5] acquire */
    if (is_ahead(head, tail))
        return WEIR_RING_DONE;
    return tail - head >= ring->round - ring->lag ? WEIR_RING_NONE
                                                  : WEIR_RING_BUSY;
}

/* Find a run of up to n free places at *tail. */
static enum weir_ring_result room(const weir_ring_t_ *ring,
                                  const unsigned char *cells, uint64_t *tail,
                                  size_t n, size_t *run)
{
    for (;;) {
        enum weir_ring_result why;
        uint64_t start = *tail;

        *run = 0;
        if (start & WEIR_RING_CLOSED)
            return WEIR_RING_SHUT;
        while (*run < n && *run <= ring->mask &&
               is_free(ring, cells, start + *run * POSITION))
            ++*run;
        if (*run > 0)
            return WEIR_RING_DONE;
        why = why_not_put(ring, start, tail);
        if (why != WEIR_RING_DONE)
            return why;
    }
}

enum weir_ring_result weir_ring_put_(weir_ring_t_ *ring, unsigned char *cells,
                                     const unsigned char *elements, size_t n,
                                     size_t *moved)
{
    size_t size = ring->elem_size;
    /* HINT: checked by the compare-and-swap. */
    uint64_t tail = weir_load_rlx_(&ring->tail);
    enum weir_ring_result result;

    do {
        result = room(ring, cells, &tail, n, moved);
        if (result != WEIR_RING_DONE) {
            *moved = 0;
            return result;
        }
        /* [R5] release; pairs with [R5]; an acquire is in [R4]. */
    } while (!weir_cas_rel_(&ring->tail, &tail, tail + *moved * POSITION));

    for (size_t i = 0; i < *moved; i++) {
        uint64_t position = tail + i * POSITION;
        weir_cell_t_ *cell = cell_at(ring, cells, position);

        memcpy((unsigned char *)cell + CELL_TURN, elements + i * size, size);
        /* [R1] release; pairs with [R2] */
        weir_store_rel_(&cell->turn, position + WEIR_TURN_FULL_);
    }
    return WEIR_RING_DONE;
}

enum weir_ring_result weir_ring_peek_put_(const weir_ring_t_ *ring,
                                          const unsigned char *cells)
{
    /* [R5] acquire */
    uint64_t tail = weir_load_acq_(&ring->tail);
    size_t run;

    return room(ring, cells, &tail, 1, &run);
}

bool weir_ring_hint_put_(const weir_ring_t_ *ring, const unsigned char *cells)
{
    /* HINT: the attempt looks again. */
    uint64_t tail = weir_load_rlx_(&ring->tail);

    return (tail & WEIR_RING_CLOSED) || is_free(ring, cells, tail);
}

/* -- Get ---------------------------------------------------------------- */

static bool is_there(const weir_ring_t_ *ring, const unsigned char *cells,
                     uint64_t position)
{
    /* [R2] acquire; pairs with [R1] */
    return weir_load_acq_(&cell_at(ring, cells, position)->turn) ==
           position + WEIR_TURN_FULL_;
}

/* Why there is no element at position head, that was the head. */
static enum weir_ring_result why_not_get(const weir_ring_t_ *ring,
                                         uint64_t head, uint64_t *now)
{
    uint64_t tail;

    *now = weir_load_acq_(&ring->head); /* [R5] acquire */
    if (*now != head)
        return WEIR_RING_DONE;          /* it moved: look again */
    tail = weir_load_acq_(&ring->tail); /* [R5] acquire */
    if ((tail & ~(uint64_t)WEIR_RING_CLOSED) != head)
        return WEIR_RING_BUSY;
    return tail & WEIR_RING_CLOSED ? WEIR_RING_SHUT : WEIR_RING_NONE;
}

/* Find a run of up to n elements at *head. */
static enum weir_ring_result stock(const weir_ring_t_ *ring,
                                   const unsigned char *cells, uint64_t *head,
                                   size_t n, size_t *run)
{
    for (;;) {
        enum weir_ring_result why;
        uint64_t start = *head;

        *run = 0;
        while (*run < n && *run <= ring->mask &&
               is_there(ring, cells, start + *run * POSITION))
            ++*run;
        if (*run > 0)
            return WEIR_RING_DONE;
        why = why_not_get(ring, start, head);
        if (why != WEIR_RING_DONE)
            return why;
    }
}

enum weir_ring_result weir_ring_get_(weir_ring_t_ *ring, unsigned char *cells,
                                     unsigned char *elements, size_t n,
                                     size_t *moved)
{
    size_t size = ring->elem_size;
    /* HINT: checked by the compare-and-swap. */
    uint64_t head = weir_load_rlx_(&ring->head);
    enum weir_ring_result result;

    do {
        result = stock(ring, cells, &head, n, moved);
        if (result != WEIR_RING_DONE) {
            *moved = 0;
            return result;
        }
        /* [R5] release; pairs with [R5]; an acquire is in [R2]. */
    } while (!weir_cas_rel_(&ring->head, &head, head + *moved * POSITION));

    for (size_t i = 0; i < *moved; i++) {
        uint64_t position = head + i * POSITION;
        weir_cell_t_ *cell = cell_at(ring, cells, position);

        memcpy(elements + i * size, (unsigned char *)cell + CELL_TURN, size);
        /* [R3] release; pairs with [R4] */
        weir_store_rel_(&cell->turn, position + ring->round);
    }
    return WEIR_RING_DONE;
}

enum weir_ring_result weir_ring_peek_get_(const weir_ring_t_ *ring,
                                          const unsigned char *cells)
{
    /* [R5] acquire */
    uint64_t head = weir_load_acq_(&ring->head);
    size_t run;

    return stock(ring, cells, &head, 1, &run);
}

bool weir_ring_hint_get_(const weir_ring_t_ *ring, const unsigned char *cells)
{
    /* HINT: the attempt looks again. */
    return is_there(ring, cells, weir_load_rlx_(&ring->head));
}

/* -- Both --------------------------------------------------------------- */

bool weir_ring_is_possible_(const weir_ring_t_ *ring)
{
    uint64_t head;
    uint64_t tail;

    do {
        /* [R5] acquire, all: as in len, since others use the ring. */
        head = weir_load_acq_(&ring->head);
        tail = weir_load_acq_(&ring->tail);        /* [R5] acquire */
    } while (weir_load_acq_(&ring->head) != head); /* [R5] acquire */
    tail &= ~(uint64_t)WEIR_RING_CLOSED;
    return head % POSITION == 0 && tail % POSITION == 0 &&
           tail - head <= ring->round - ring->lag;
}

void weir_ring_close_(weir_ring_t_ *ring)
{
    (void)weir_fetch_or_sc_(&ring->tail, WEIR_RING_CLOSED);
}

bool weir_ring_closed_(const weir_ring_t_ *ring)
{
    /* [R5] acquire */
    return weir_load_acq_(&ring->tail) & WEIR_RING_CLOSED;
}

size_t weir_ring_len_(const weir_ring_t_ *ring)
{
    uint64_t head;
    uint64_t tail;

    do {
        /* [R5] acquire, all: a head that did not move while tail was read
         * belongs to that tail. */
        head = weir_load_acq_(&ring->head);
        tail = weir_load_acq_(&ring->tail);        /* [R5] acquire */
    } while (weir_load_acq_(&ring->head) != head); /* [R5] acquire */
    return is_ahead(head, tail) ? 0 : (size_t)((tail - head) / POSITION);
}
