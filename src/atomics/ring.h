/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The ring: a bounded queue that never sleeps [Vyukov10].
 *
 * Positions count puts and gets, in steps of 4, modulo 2^64; all comparisons
 * are of equality or of differences, so the wrap is nothing special.  There
 * is a power of two of cells, at least as many as the capacity; position p
 * has cell (p / 4) mod cells.  Each cell carries its turn:
 *
 *   turn == p                the cell is free for the put of position p
 *   turn == p + 1            it holds the element of position p
 *   turn == p + 4 * cells    that has been taken: free for the next round
 *
 * A put claims a position by compare-and-swap on tail, writes the element,
 * and publishes it by setting the turn; a get does the same with head.  The
 * claim is where the operation takes effect (its linearization point), so
 * the claim is also what "full" and "empty" are decided by.  A capacity that
 * is no power of two is kept exact by looking at one more cell: position p
 * may be claimed if the cell of p - capacity has been emptied.
 *
 * Closing sets bit 1 of tail: from then on no put can claim.
 */
#ifndef WEIR_ATOMICS_RING_H
#define WEIR_ATOMICS_RING_H

#include <weir/queue.h>

#define WEIR_RING_CLOSED 2u

enum weir_ring_result {
    WEIR_RING_DONE, /* at least one element was moved */
    WEIR_RING_NONE, /* empty, or full */
    WEIR_RING_BUSY, /* another thread is between claim and publication */
    WEIR_RING_SHUT  /* closed (and, for get, empty) */
};

/* The geometry for a capacity and an element size; false if impossible. */
bool weir_ring_geometry_(weir_ring_t_ *ring, size_t capacity, size_t elem_size);

/* Bytes of cells that a geometry takes. */
size_t weir_ring_cells_size_(const weir_ring_t_ *ring);

/* Make the ring empty, with both positions at start (0, but for tests; a
 * multiple of 4). */
void weir_ring_reset_(weir_ring_t_ *ring, unsigned char *cells, uint64_t start);

/* Move up to n elements; *moved is how many. */
enum weir_ring_result weir_ring_put_(weir_ring_t_ *ring, unsigned char *cells,
                                     const unsigned char *elements, size_t n,
                                     size_t *moved);
enum weir_ring_result weir_ring_get_(weir_ring_t_ *ring, unsigned char *cells,
                                     unsigned char *elements, size_t n,
                                     size_t *moved);

/* What a put or get would find now, without moving anything. */
enum weir_ring_result weir_ring_peek_put_(const weir_ring_t_ *ring,
                                          const unsigned char *cells);
enum weir_ring_result weir_ring_peek_get_(const weir_ring_t_ *ring,
                                          const unsigned char *cells);

/* Whether a put or get seems worth an attempt: looks at one cell, and leaves
 * the words alone that the other side needs. */
bool weir_ring_hint_put_(const weir_ring_t_ *ring, const unsigned char *cells);
bool weir_ring_hint_get_(const weir_ring_t_ *ring, const unsigned char *cells);

/* Whether head and tail are positions that a ring of this geometry can come
 * to: in others, calls would wait for a thread that does not exist. */
bool weir_ring_is_possible_(const weir_ring_t_ *ring);

void weir_ring_close_(weir_ring_t_ *ring);
bool weir_ring_closed_(const weir_ring_t_ *ring);

/* Claimed and not yet taken, 0 to capacity. */
size_t weir_ring_len_(const weir_ring_t_ *ring);

#endif
