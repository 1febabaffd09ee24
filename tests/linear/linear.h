/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Is a long history of calls on a bounded queue linearizable [HW90]?  In time
 * n log n, where a search (test_queue_judge.h) is exponential.
 *
 * The values put are all different.  For an unbounded queue a short list of
 * patterns is then all that can be wrong: a value from nowhere, a value got
 * twice, two values overtaking each other, "empty" while some value or other
 * was there all the time [HSV13]; they can be looked for in n log n
 * [Abdulla25].  This queue has a capacity, can say "full", and can be closed,
 * which those works leave out; tighten.c and regions.c say what is added.
 *
 * A history that is rejected has no order, whatever the scheduler did: each
 * rule draws a conclusion that holds in all orders.  The reverse is not proved
 * for capacities: test_linear.c compares with the search, on histories small
 * enough for it, and counts what passes here and not there.
 */
#ifndef LINEAR_LINEAR_H
#define LINEAR_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum linear_kind { LINEAR_PUT, LINEAR_GET, LINEAR_CLOSE };

/* One call, or one element of a batch call; the elements of a batch stand
 * one after another, and share begin and end. */
struct linear_op {
    enum linear_kind kind;
    int result;   /* 0 | EAGAIN | ESHUTDOWN | ETIMEDOUT */
    bool follows; /* belongs to the same batch as the one before it */
    uint64_t value;
    uint64_t begin, end; /* 1 or more; a call with end < another's begin was
                          * before it */
};

struct linear_history {
    const struct linear_op *ops;
    size_t count;
    size_t capacity;
};

struct linear_verdict {
    bool good;
    char why[160];
    size_t empty, full, timeouts; /* how often the history says so */
};

/* EAGAIN, and ETIMEDOUT too, say that the queue was full (put) or empty (get)
 * at some moment of the call and not closed.  ETIMEDOUT may instead mean that
 * a successful call of the other side was in its middle. */
struct linear_verdict linear_judge(const struct linear_history *history);

#endif
