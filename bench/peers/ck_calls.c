/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Its inline code is compiled into these functions, with the size of an
 * element known to each copy of it.
 */
#include "peers/ck_calls.h"

#include <ck_barrier.h>
#include <ck_ring.h>
#include <stdlib.h>

struct elem8 {
    char bytes[8];
};
struct elem64 {
    char bytes[64];
};
struct elem1024 {
    char bytes[1024];
};

CK_RING_PROTOTYPE(of8, elem8)
CK_RING_PROTOTYPE(of64, elem64)
CK_RING_PROTOTYPE(of1024, elem1024)

struct ck_calls_ring {
    _Alignas(64) ck_ring_t ring;
    _Alignas(64) size_t elem_size;
    void *elems;
};

/* One place of a ring stays empty, and their number is a power of two. */
static unsigned places_for(size_t capacity)
{
    unsigned places = 2;

    while (places - 1 < capacity)
        places *= 2;
    return places;
}

struct ck_calls_ring *ck_calls_ring_new(size_t capacity, size_t elem_size)
{
    const unsigned places = places_for(capacity);
    struct ck_calls_ring *ring = aligned_alloc(64, sizeof(*ring));

    if (ring == NULL)
        return NULL;
    ring->elem_size = elem_size;
    ring->elems = calloc(places, elem_size);
    if (ring->elems == NULL) {
        free(ring);
        return NULL;
    }
    ck_ring_init(&ring->ring, places);
    return ring;
}

void ck_calls_ring_free(struct ck_calls_ring *ring)
{
    free(ring->elems);
    free(ring);
}

bool ck_calls_ring_try_put(struct ck_calls_ring *ring, const void *elem)
{
    /* It is only read. */
    void *e = (void *)elem;

    switch (ring->elem_size) {
    case 8: return ck_ring_enqueue_mpmc_of8(&ring->ring, ring->elems, e);
    case 64: return ck_ring_enqueue_mpmc_of64(&ring->ring, ring->elems, e);
    default: return ck_ring_enqueue_mpmc_of1024(&ring->ring, ring->elems, e);
    }
}

bool ck_calls_ring_try_get(struct ck_calls_ring *ring, void *elem)
{
    switch (ring->elem_size) {
    case 8: return ck_ring_dequeue_mpmc_of8(&ring->ring, ring->elems, elem);
    case 64: return ck_ring_dequeue_mpmc_of64(&ring->ring, ring->elems, elem);
    default: return ck_ring_dequeue_mpmc_of1024(&ring->ring, ring->elems, elem);
    }
}

struct ck_calls_barrier {
    ck_barrier_centralized_t barrier;
    unsigned parties;
};

struct ck_calls_barrier *ck_calls_barrier_new(unsigned parties)
{
    struct ck_calls_barrier *barrier = aligned_alloc(64, 64);

    if (barrier == NULL)
        return NULL;
    *barrier =
        (struct ck_calls_barrier){CK_BARRIER_CENTRALIZED_INITIALIZER, parties};
    return barrier;
}

void ck_calls_barrier_free(struct ck_calls_barrier *barrier)
{
    free(barrier);
}

void ck_calls_barrier_wait(struct ck_calls_barrier *barrier, unsigned *sense)
{
    ck_barrier_centralized_state_t state = {*sense};

    ck_barrier_centralized(&barrier->barrier, &state, barrier->parties);
    *sense = state.sense;
}
