/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Two threads put an element each, one gets twice, on a ring with two cells
 * and on its way over the end of the positions: no element is got twice, and
 * none is left.  The ring is the library's own source.  Runs as an ordinary
 * program, too.
 */
#include <assert.h>
#include <pthread.h>

#include "atomics/ring.c"

static weir_ring_t_ ring;
static _Alignas(8) unsigned char cells[2 * sizeof(weir_cell_t_)];
static uint64_t got[2];
static size_t n_got;

static void *put(void *arg)
{
    uint64_t element = (uintptr_t)arg;
    size_t moved;

    if (weir_ring_put_(&ring, cells, (const unsigned char *)&element, 1,
                       &moved) != WEIR_RING_DONE)
        assert(0 && "a ring with room is full");
    return NULL;
}

static void *get(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++) {
        size_t moved;

        (void)weir_ring_get_(&ring, cells, (unsigned char *)&got[n_got], 1,
                             &moved);
        n_got += moved;
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[3];

    if (!weir_ring_geometry_(&ring, 2, 8))
        return 1;
    weir_ring_reset_(&ring, cells, (uint64_t)-4);
    (void)pthread_create(&threads[0], NULL, put, (void *)(uintptr_t)1);
    (void)pthread_create(&threads[1], NULL, put, (void *)(uintptr_t)2);
    (void)pthread_create(&threads[2], NULL, get, NULL);
    for (int i = 0; i < 3; i++)
        (void)pthread_join(threads[i], NULL);

    assert(weir_ring_len_(&ring) == 2 - n_got);
    while (n_got < 2)
        (void)get(NULL);
    assert(got[0] + got[1] == 3 && got[0] * got[1] == 2);
    return 0;
}
