/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * From a history to values and claims; and what close does.
 *
 * Close took effect in one moment k: puts that succeeded, and claims of full
 * and of empty, are before it; refusals with ESHUTDOWN after it.  The latest
 * possible k is best for all: it lets the former be as late as they can, and
 * of the latter it only asks that k be no later than their ends.  A refused
 * get says in addition that all values were got before it, and after k that
 * stays true; so it may be taken to have happened at its end.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "linear/judge.h"
#include "support/support.h"

void *must_alloc(size_t count, size_t size)
{
    void *made = calloc(count > 0 ? count : 1, size);

    must(made != NULL);
    return made;
}

void wrong(struct judge *j, const char *format, ...)
{
    va_list args;

    if (!j->verdict.good)
        return;
    j->verdict.good = false;
    va_start(args, format);
    vsnprintf(j->verdict.why, sizeof(j->verdict.why), format, args);
    va_end(args);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t greatest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* --- close --- */

/* The latest moment for close, and by when all values were got. */
struct closing {
    uint64_t at, empty_by;
};

static bool is_before_close(const struct linear_op *op)
{
    return op->result == EAGAIN || (op->kind == LINEAR_PUT && op->result == 0);
}

static struct closing find_close(struct judge *j,
                                 const struct linear_history *h)
{
    struct closing c = {NEVER, NEVER};
    uint64_t earliest = NEVER, after = 0;

    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];

        if (op->kind == LINEAR_CLOSE)
            earliest = least(earliest, op->begin);
        if (op->kind == LINEAR_CLOSE || op->result == ESHUTDOWN)
            c.at = least(c.at, op->end);
        if (op->kind == LINEAR_GET && op->result == ESHUTDOWN)
            c.empty_by = least(c.empty_by, op->end);
        if (is_before_close(op))
            after = greatest(after, op->begin);
    }
    if (c.at != NEVER && (earliest == NEVER || earliest > c.at))
        wrong(j, "refused at %llu, before any close", (unsigned long long)c.at);
    if (after > c.at)
        wrong(j, "served at %llu, though closed by %llu",
              (unsigned long long)after, (unsigned long long)c.at);
    return c;
}

/* --- values --- */

struct name {
    uint64_t id;
    size_t value;
};

static void collect_puts(struct judge *j, const struct linear_history *h,
                         const struct closing *close)
{
    size_t last = NONE;

    j->values = must_alloc(h->count, sizeof(*j->values));
    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];
        struct value *v = &j->values[j->count];

        if (op->kind != LINEAR_PUT || op->result != 0)
            continue;
        *v = (struct value){op->value, op->begin, least(op->end, close->at),
                            NEVER,     NEVER,     NONE,
                            NONE};
        if (op->follows && last != NONE)
            j->values[last].next_put = j->count;
        last = j->count++;
    }
}

static struct name *name_all(struct judge *j)
{
    struct name *names = must_alloc(j->count, sizeof(*names));

    for (size_t i = 0; i < j->count; i++)
        names[i] = (struct name){j->values[i].id, i};
    qsort(names, j->count, sizeof(*names), compare_times);
    for (size_t i = 1; i < j->count; i++)
        if (names[i].id == names[i - 1].id)
            wrong(j, "value %llu put twice: not a history for this judge",
                  (unsigned long long)names[i].id);
    return names;
}

static size_t find_value(const struct judge *j, const struct name *names,
                         uint64_t id)
{
    const struct name *found =
        bsearch(&id, names, j->count, sizeof(*names), compare_times);

    return found != NULL ? found->value : NONE;
}

/* Two elements of one batch of gets, taken in the order in which they were
 * put; those of one batch of puts follow each other in values. */
static void check_batch(struct judge *j, size_t first, size_t second)
{
    size_t v = second;

    while (v != NONE && v != first)
        v = j->values[v].next_put;
    if (v == first)
        wrong(j, "value %llu before %llu, against the batch of their put",
              (unsigned long long)j->values[first].id,
              (unsigned long long)j->values[second].id);
}

static void check_batches(struct judge *j)
{
    for (size_t i = 0; i < j->count; i++)
        for (size_t next = j->values[i].next_get; next != NONE;
             next = j->values[next].next_get)
            check_batch(j, i, next);
}

static void collect_get(struct judge *j, const struct linear_op *op, size_t at,
                        size_t *last)
{
    struct value *v = at == NONE ? NULL : &j->values[at];

    if (v == NULL || v->get_lo != NEVER) {
        wrong(j, "value %llu got at %llu %s", (unsigned long long)op->value,
              (unsigned long long)op->begin,
              v == NULL ? "was never put" : "a second time");
        *last = NONE;
        return;
    }
    v->get_lo = op->begin;
    v->get_hi = op->end;
    if (op->follows && *last != NONE)
        j->values[*last].next_get = at;
    *last = at;
}

static void collect_gets(struct judge *j, const struct linear_history *h,
                         const struct closing *close)
{
    struct name *names = name_all(j);
    size_t last = NONE;

    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];

        if (op->kind == LINEAR_GET && op->result == 0)
            collect_get(j, op, find_value(j, names, op->value), &last);
    }
    for (size_t i = 0; i < j->count; i++)
        if (j->values[i].get_hi != NEVER || close->empty_by != NEVER)
            j->values[i].get_hi = least(j->values[i].get_hi, close->empty_by);
    free(names);
}

/* --- claims --- */

static void collect_claims(struct judge *j, const struct linear_history *h,
                           const struct closing *close)
{
    j->empties.at = must_alloc(h->count, sizeof(*j->empties.at));
    j->fulls.at = must_alloc(h->count, sizeof(*j->fulls.at));
    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];
        struct claims *claims =
            op->kind == LINEAR_PUT ? &j->fulls : &j->empties;

        if (op->result == EAGAIN)
            claims->at[claims->count++] =
                (struct claim){op->begin, least(op->end, close->at)};
    }
    j->verdict.empty = j->empties.count;
    j->verdict.full = j->fulls.count;
}

/* --- timeouts --- */

/* The successful calls of one side: sorted by begin, with the latest end of
 * all up to there. */
struct calls {
    struct claim *at;
    size_t count;
};

static struct calls calls_of(const struct linear_history *h,
                             enum linear_kind kind)
{
    struct calls c = {must_alloc(h->count, sizeof(*c.at)), 0};

    for (size_t i = 0; i < h->count; i++)
        if (h->ops[i].kind == kind && h->ops[i].result == 0)
            c.at[c.count++] = (struct claim){h->ops[i].begin, h->ops[i].end};
    qsort(c.at, c.count, sizeof(*c.at), compare_times);
    for (size_t i = 1; i < c.count; i++)
        c.at[i].hi = greatest(c.at[i].hi, c.at[i - 1].hi);
    return c;
}

/* Whether one of the calls was under way at some moment of the operation. */
static bool overlaps(const struct calls *c, const struct linear_op *op)
{
    size_t low = 0, high = c->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (c->at[middle].lo <= op->end)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && c->at[low - 1].hi >= op->begin;
}

static bool can_be(const struct regions *never, const struct linear_op *op,
                   uint64_t close)
{
    uint64_t lo = op->begin, hi = least(op->end, close);

    return lo <= hi && regions_trim(never, &lo, &hi);
}

static void judge_timeouts(struct judge *j, const struct linear_history *h,
                           const struct closing *close)
{
    struct regions some = regions_at_least(j, 1);
    struct regions few = regions_below(j, j->capacity);
    struct calls puts = calls_of(h, LINEAR_PUT);
    struct calls gets = calls_of(h, LINEAR_GET);

    for (size_t i = 0; i < h->count && j->verdict.good; i++) {
        const struct linear_op *op = &h->ops[i];
        bool put = op->kind == LINEAR_PUT;

        if (op->result != ETIMEDOUT)
            continue;
        j->verdict.timeouts++;
        if (!can_be(put ? &few : &some, op, close->at) &&
            !overlaps(put ? &gets : &puts, op))
            wrong(j, "timed out in [%llu, %llu], with %s all the time",
                  (unsigned long long)op->begin, (unsigned long long)op->end,
                  put ? "room" : "stock");
    }
    free(some.at);
    free(few.at);
    free(puts.at);
    free(gets.at);
}

struct linear_verdict linear_judge(const struct linear_history *history)
{
    struct judge j = {.capacity = history->capacity, .verdict = {.good = true}};
    struct closing close = find_close(&j, history);

    collect_puts(&j, history, &close);
    collect_gets(&j, history, &close);
    collect_claims(&j, history, &close);
    if (j.verdict.good)
        check_batches(&j);
    if (j.verdict.good)
        tighten(&j);
    if (j.verdict.good)
        judge_timeouts(&j, history, &close);
    free(j.values);
    free(j.empties.at);
    free(j.fulls.at);
    return j.verdict;
}
