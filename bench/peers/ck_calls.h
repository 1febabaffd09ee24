/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Concurrency Kit's ring and barrier as functions that C++ can call: its
 * headers are C only.
 */
#ifndef WEIR_BENCH_PEERS_CK_CALLS_H
#define WEIR_BENCH_PEERS_CK_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ck_calls_ring;

/* For any number of producers and consumers; for at least so many elements
 * of 8, 64 or 1024 bytes.  NULL: no memory. */
struct ck_calls_ring *ck_calls_ring_new(size_t capacity, size_t elem_size);
void ck_calls_ring_free(struct ck_calls_ring *ring);
bool ck_calls_ring_try_put(struct ck_calls_ring *ring, const void *elem);
bool ck_calls_ring_try_get(struct ck_calls_ring *ring, void *elem);

struct ck_calls_barrier;

struct ck_calls_barrier *ck_calls_barrier_new(unsigned parties);
void ck_calls_barrier_free(struct ck_calls_barrier *barrier);
/* *sense: of one thread at one barrier; 0 at first. */
void ck_calls_barrier_wait(struct ck_calls_barrier *barrier, unsigned *sense);

#ifdef __cplusplus
}
#endif

#endif
