/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The layout of a queue, and its paths for elements of 8 bytes when nobody
 * sleeps and there is room.  Not an interface: include weir/queue.h.  The
 * ring is explained in src/atomics/ring.h, the sleeping in src/futex/queue.c,
 * queue_wait.c and eventcount.c; the tags below have their partners there.
 *
 * ORDERS
 *   [R1] put  store release of a cell's turn; pairs with [R2], ring.c:[R2]
 *   [R2] get  load acquire of a cell's turn; pairs with [R1], ring.c:[R1]
 *   [R3] get  store release of a cell's turn; pairs with [R4], ring.c:[R4]
 *   [R4] put  load acquire of a cell's turn; pairs with [R3], ring.c:[R3]
 *   [R5] put, get  claim, release; pairs with ring.c:[R5]
 *   [Q1] put, get  cell, then load of who sleeps; pairs with
 *             eventcount.c:[E1]
 */
#ifndef WEIR_INLINE_QUEUE_H
#define WEIR_INLINE_QUEUE_H

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One place in the ring.  `turn` says whose it is: see src/atomics/ring.h.
 * The element follows it. */
typedef struct weir_cell {
    WEIR_ATOMIC(uint64_t) turn;
    unsigned char value[8];
} weir_cell_t_;

/* Who sleeps, and since when they make others pay: src/futex/eventcount.c */
typedef struct weir_eventcount {
    WEIR_ATOMIC(uint32_t) word;
    WEIR_ATOMIC(uint32_t) stamp;
} weir_eventcount_t_;

/* The ring: positions count in steps of 4, modulo 2^64. */
typedef struct weir_ring {
    uint64_t mask;      /* cells - 1; cells is a power of two */
    uint64_t round;     /* 4 * cells */
    uint64_t lag;       /* 4 * (cells - capacity) */
    uint32_t elem_size; /* bytes */
    uint32_t stride;    /* bytes from cell to cell */
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint64_t) tail; /* 2: closed */
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint64_t) head;
} weir_ring_t_;

struct weir_queue {
    /* Written by init only. */
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint64_t) magic;
    uint32_t version;
    uint32_t flags;
    uint64_t memsize;
    uint64_t capacity;
    /* Read by every get, written by those who wait for an empty queue. */
    weir_eventcount_t_ drained;
    WEIR_ALIGNED(WEIR_LINE) weir_ring_t_ ring;
    /* Read by producers, written by consumers that sleep. */
    WEIR_ALIGNED(WEIR_LINE) weir_eventcount_t_ not_empty;
    /* Read by consumers, written by producers that sleep. */
    WEIR_ALIGNED(WEIR_LINE) weir_eventcount_t_ not_full;
    WEIR_ALIGNED(WEIR_LINE) unsigned char cells[WEIR_LINE];
};

#define WEIR_TURN_FULL_ 1u /* added to the position once published */
#define WEIR_POSITION_ 4u  /* from one position to the next */
#define WEIR_QUEUE_AHEAD_ (8u * WEIR_POSITION_) /* two lines of cells */

WEIR_API int weir_queue_put_slow_(weir_queue_t *q, const void *e,
                                  weir_deadline_t deadline);
WEIR_API int weir_queue_tryput_slow_(weir_queue_t *q, const void *e);
WEIR_API int weir_queue_get_slow_(weir_queue_t *q, void *e,
                                  weir_deadline_t deadline);
WEIR_API int weir_queue_tryget_slow_(weir_queue_t *q, void *e);
WEIR_API void weir_queue_wake_getter_(weir_queue_t *q);
WEIR_API void weir_queue_wake_putter_(weir_queue_t *q);

#ifndef WEIR_NO_INLINE

/* The cell of a position in a ring of 16-byte cells. */
#define weir_cell_at_(q, position)                                             \
    ((weir_cell_t_ *)(void *)((unsigned char *)(q) +                           \
                              offsetof(struct weir_queue, cells) +             \
                              (((position) >> 2) & (q)->ring.mask) * 16u))

/* 1 if the element was appended; 0: ask the slow path. */
WEIR_API_INLINE int weir_queue_put8_(weir_queue_t *q, const void *e)
{
    weir_cell_t_ *cell;
    uint64_t tail;

    /* Known to be shorter: not for here, and gcc would warn of the copy. */
    if (__builtin_object_size(e, 0) < 8)
        return 0;
    if (WEIR_UNLIKELY(q->ring.elem_size != 8 || q->ring.lag != 0))
        return 0;
    /* HINT: checked by the compare-and-swap below. */
    tail = weir_load_rlx_(&q->ring.tail);
    cell = weir_cell_at_(q, tail);
    /* [R4] acquire; pairs with [R3]: the last reader is done. */
    if (WEIR_UNLIKELY(weir_load_acq_(&cell->turn) != tail))
        return 0;
    /* [R5] release; pairs with ring.c:[R5]; an acquire is in [R4]. */
    if (WEIR_UNLIKELY(
            !weir_cas_rel_(&q->ring.tail, &tail, tail + WEIR_POSITION_)))
        return 0;
    /* The line that this side needs next but one, while the CPU waits for
     * nothing: it is in the other side's cache. */
    __builtin_prefetch(weir_cell_at_(q, tail + WEIR_QUEUE_AHEAD_), 1);
    memcpy(cell->value, e, 8);
    /* [R1] release; pairs with [R2]: publishes the element. */
    weir_store_rel_(&cell->turn, tail + WEIR_TURN_FULL_);
    /* [Q1] the sleeper pays for the fence between these two accesses. */
    weir_compiler_barrier_();
    /* [Q1] relaxed */
    if (WEIR_UNLIKELY(weir_load_rlx_(&q->not_empty.word) != 0))
        weir_queue_wake_getter_(q);
    return 1;
}

/* 1 if an element was taken; 0: ask the slow path. */
WEIR_API_INLINE int weir_queue_get8_(weir_queue_t *q, void *e)
{
    weir_cell_t_ *cell;
    uint64_t head;

    /* Known to be shorter: not for here, and gcc would warn of the copy. */
    if (__builtin_object_size(e, 0) < 8)
        return 0;
    if (WEIR_UNLIKELY(q->ring.elem_size != 8))
        return 0;
    /* HINT: checked by the compare-and-swap below. */
    head = weir_load_rlx_(&q->ring.head);
    cell = weir_cell_at_(q, head);
    /* [R2] acquire; pairs with [R1]: the element is there. */
    if (WEIR_UNLIKELY(weir_load_acq_(&cell->turn) != head + WEIR_TURN_FULL_))
        return 0;
    /* [R5] release; pairs with ring.c:[R5]; an acquire is in [R2]. */
    if (WEIR_UNLIKELY(
            !weir_cas_rel_(&q->ring.head, &head, head + WEIR_POSITION_)))
        return 0;
    __builtin_prefetch(weir_cell_at_(q, head + WEIR_QUEUE_AHEAD_), 0);
    memcpy(e, cell->value, 8);
    /* [R3] release; pairs with [R4]: the place may be used again. */
    weir_store_rel_(&cell->turn, head + q->ring.round);
    /* [Q1] the sleeper pays for the fence between these accesses. */
    weir_compiler_barrier_();
    /* [Q1] relaxed, both */
    if (WEIR_UNLIKELY((weir_load_rlx_(&q->not_full.word) |
                       weir_load_rlx_(&q->drained.word)) != 0))
        weir_queue_wake_putter_(q);
    return 1;
}

WEIR_API_INLINE int weir_queue_put(weir_queue_t *q, const void *e)
{
    if (WEIR_LIKELY(weir_queue_put8_(q, e)))
        return 0;
    return weir_queue_put_slow_(q, e, WEIR_FOREVER);
}

WEIR_API_INLINE int weir_queue_tryput(weir_queue_t *q, const void *e)
{
    if (WEIR_LIKELY(weir_queue_put8_(q, e)))
        return 0;
    return weir_queue_tryput_slow_(q, e);
}

WEIR_API_INLINE int weir_queue_get(weir_queue_t *q, void *e)
{
    if (WEIR_LIKELY(weir_queue_get8_(q, e)))
        return 0;
    return weir_queue_get_slow_(q, e, WEIR_FOREVER);
}

WEIR_API_INLINE int weir_queue_tryget(weir_queue_t *q, void *e)
{
    if (WEIR_LIKELY(weir_queue_get8_(q, e)))
        return 0;
    return weir_queue_tryget_slow_(q, e);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
