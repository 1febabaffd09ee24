/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the parts of the judge share.
 *
 * Of each value the judge knows two intervals of time, [put_lo, put_hi] and
 * [get_lo, get_hi], in which its put and its get took effect.  They begin as
 * the calls' own, and rules make them smaller; a value that was never got has
 * the get [NEVER, NEVER].  An interval without a moment is a contradiction.
 */
#ifndef LINEAR_JUDGE_H
#define LINEAR_JUDGE_H

#include "linear/linear.h"

#define NEVER UINT64_MAX
#define NONE SIZE_MAX

struct value {
    uint64_t id;
    uint64_t put_lo, put_hi, get_lo, get_hi;
    size_t next_put, next_get; /* the value after it in the same batch */
};

/* The queue was empty, or full, at some moment of [lo, hi]. */
struct claim {
    uint64_t lo, hi;
};

struct claims {
    struct claim *at;
    size_t count;
};

struct judge {
    struct value *values;
    size_t count;
    size_t capacity;
    struct claims empties, fulls;
    bool changed; /* a rule has made an interval smaller */
    struct linear_verdict verdict;
};

/* Open intervals of time, apart from each other, in order. */
struct regions {
    struct claim *at;
    size_t count;
};

/* When at least n values were in the queue for certain; when fewer than n can
 * have been. */
struct regions regions_at_least(const struct judge *j, size_t n);
struct regions regions_below(const struct judge *j, size_t n);

/* Take the ends of [*lo, *hi] out of the regions; false if nothing is left. */
bool regions_trim(const struct regions *r, uint64_t *lo, uint64_t *hi);

/* All rules, until none has more to say. */
void tighten(struct judge *j);

/* The history cannot have been; the first reason stays. */
__attribute__((format(printf, 2, 3))) void wrong(struct judge *j,
                                                 const char *format, ...);

/* For qsort. */
int compare_times(const void *a, const void *b);

void *must_alloc(size_t count, size_t size);

#endif
