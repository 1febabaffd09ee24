/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Is there one order of all these calls that agrees with real time, and that
 * a sequential bounded FIFO with close would answer in the same way?  A
 * search over the orders [WG93]; states already visited are remembered
 * [Lowe17].  For long histories see tests/linear/.
 */
#ifndef TEST_QUEUE_JUDGE_H
#define TEST_QUEUE_JUDGE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum kind { PUT, GET, CLOSE };

/* One call, or one element of a batch call. */
struct call {
    enum kind kind;
    int result; /* 0 | EAGAIN | ESHUTDOWN | ETIMEDOUT, which says nothing */
    unsigned value;
    unsigned begin, end;
    int after; /* index of the batch's element before this one, or -1 */
};

#define CALLS_MAX 30
#define VALUE_BITS 5 /* 1 to 31; 0 is no element */
#define VALUE_MAX 31
#define CAPACITY_MAX 4

struct history {
    struct call calls[CALLS_MAX];
    unsigned count;
    unsigned capacity;
};

/* The sequential queue, and which calls have taken effect: one word, so that
 * it can be remembered. */
struct state {
    uint32_t done;
    uint32_t elements; /* VALUE_BITS each, oldest lowest */
    uint32_t length;
    bool closed;
};

static inline unsigned bit(unsigned i)
{
    return 1u << i;
}

/* What the sequential queue does; false: it would have answered otherwise. */
static inline bool apply_put(struct state *s, const struct call *c,
                             unsigned capacity)
{
    if (c->result == ETIMEDOUT)
        return true;
    if (s->closed)
        return c->result == ESHUTDOWN;
    if (s->length == capacity)
        return c->result == EAGAIN;
    if (c->result != 0)
        return false;
    s->elements |= c->value << (VALUE_BITS * s->length);
    s->length++;
    return true;
}

static inline bool apply_get(struct state *s, const struct call *c)
{
    if (c->result == ETIMEDOUT)
        return true;
    if (s->length == 0)
        return c->result == (s->closed ? ESHUTDOWN : EAGAIN);
    if (c->result != 0 || c->value != (s->elements & VALUE_MAX))
        return false;
    s->elements >>= VALUE_BITS;
    s->length--;
    return true;
}

static inline bool apply(struct state *s, const struct call *c,
                         unsigned capacity)
{
    switch (c->kind) {
    case PUT: return apply_put(s, c, capacity);
    case GET: return apply_get(s, c);
    case CLOSE: s->closed = true; return c->result == 0;
    }
    return false;
}

/* States from which the search has failed.  A full table only forgets. */
#define VISITED_SIZE 8192u
static uint64_t visited[VISITED_SIZE];
static unsigned visited_count;

/* Length follows from the elements, since none is 0; never 0 once a call is
 * done. */
static inline uint64_t key_of(const struct state *s)
{
    return ((uint64_t)s->done << 21 | s->elements) << 1 | s->closed;
}

static inline bool seen_before(uint64_t key)
{
    unsigned slot = (unsigned)(key * 0x9e3779b97f4a7c15u >> 40);

    for (;; slot++) {
        uint64_t *entry = &visited[slot % VISITED_SIZE];
        if (*entry == key)
            return true;
        if (*entry == 0) {
            if (visited_count < VISITED_SIZE / 2) {
                *entry = key;
                visited_count++;
            }
            return false;
        }
    }
}

/* Whether call i may be the next to take effect: nothing that is still to
 * come ended before it began. */
static inline bool may_be_next(const struct history *h, uint32_t done,
                               unsigned i)
{
    const struct call *c = &h->calls[i];
    unsigned k;

    if ((done & bit(i)) || (c->after >= 0 && !(done & bit((unsigned)c->after))))
        return false;
    for (k = 0; k < h->count; k++)
        if (!(done & bit(k)) && h->calls[k].end < c->begin)
            return false;
    return true;
}

static inline bool search(const struct history *h, const struct state *s)
{
    unsigned i;

    if (s->done == bit(h->count) - 1)
        return true;
    if (s->done != 0 && seen_before(key_of(s)))
        return false;
    for (i = 0; i < h->count; i++) {
        struct state next = *s;
        next.done |= bit(i);
        if (may_be_next(h, s->done, i) &&
            apply(&next, &h->calls[i], h->capacity) && search(h, &next))
            return true;
    }
    return false;
}

static inline bool linearizable(const struct history *h)
{
    struct state start = {0, 0, 0, false};

    memset(visited, 0, sizeof visited);
    visited_count = 0;
    return search(h, &start);
}

#endif
