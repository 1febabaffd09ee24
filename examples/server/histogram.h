/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How long things took, to within an eighth.
 */
#ifndef SERVER_HISTOGRAM_H
#define SERVER_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (64 * 8)

/* All zero is empty. */
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t longest;
};

void histogram_add(struct histogram *histogram, int64_t ns);
void histogram_merge(struct histogram *into, const struct histogram *from);

/* Not less than what so many of a thousand took. */
uint64_t histogram_at(const struct histogram *histogram, unsigned per_mille);

/* A table of a line or two. */
void histogram_print(const struct histogram *histogram);

#endif
