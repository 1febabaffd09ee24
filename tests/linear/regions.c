/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How many values were in the queue, as bounds over time.
 *
 * A value is in the queue for certain between the end of its put and the
 * begin of its get (exclusive: either may have taken effect there), and
 * possibly between the begin of its put and the end of its get (inclusive).
 * So the moment of a claim of empty lies where no value is there for certain,
 * which is the coverage of [HSV13]; that of a claim of full where as many
 * values as the capacity are possibly there; and that of a put where fewer
 * than the capacity are there for certain.
 */
#include <stdlib.h>

#include "linear/judge.h"

int compare_times(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Where intervals begin and end, each sorted. */
struct sweep {
    uint64_t *begins, *ends;
    size_t count;
};

static struct sweep sweep_begin(const struct judge *j, bool certain)
{
    struct sweep s = {.count = 0};

    s.begins = must_alloc(j->count, sizeof(*s.begins));
    s.ends = must_alloc(j->count, sizeof(*s.ends));
    for (size_t i = 0; i < j->count; i++) {
        const struct value *v = &j->values[i];

        if (certain && v->put_hi >= v->get_lo)
            continue;
        s.begins[s.count] = certain ? v->put_hi : v->put_lo;
        s.ends[s.count++] = certain ? v->get_lo : v->get_hi;
    }
    qsort(s.begins, s.count, sizeof(*s.begins), compare_times);
    qsort(s.ends, s.count, sizeof(*s.ends), compare_times);
    return s;
}

static void sweep_end(struct sweep *s)
{
    free(s->begins);
    free(s->ends);
}

static void add(struct regions *r, uint64_t lo, uint64_t hi)
{
    if (lo < hi)
        r->at[r->count++] = (struct claim){lo, hi};
}

/* Open intervals: where one ends and another begins, neither is. */
struct regions regions_at_least(const struct judge *j, size_t n)
{
    struct sweep s = sweep_begin(j, true);
    struct regions r = {must_alloc(s.count, sizeof(*r.at)), 0};
    size_t inside = 0, ended = 0;
    uint64_t since = 0;

    for (size_t i = 0; i < s.count; i++) {
        while (s.ends[ended] <= s.begins[i]) {
            if (inside-- == n)
                add(&r, since, s.ends[ended]);
            ended++;
        }
        if (++inside == n)
            since = s.begins[i];
    }
    for (; ended < s.count; ended++)
        if (inside-- == n)
            add(&r, since, s.ends[ended]);
    sweep_end(&s);
    return r;
}

/* Closed intervals: where one ends and another begins, both are. */
struct regions regions_below(const struct judge *j, size_t n)
{
    struct sweep s = sweep_begin(j, false);
    struct regions r = {must_alloc(s.count + 1, sizeof(*r.at)), 0};
    size_t inside = 0, ended = 0;
    uint64_t since = 0;

    for (size_t i = 0; i < s.count; i++) {
        while (s.ends[ended] < s.begins[i])
            if (inside-- == n)
                since = s.ends[ended++];
            else
                ended++;
        if (++inside == n)
            add(&r, since, s.begins[i]);
    }
    for (; ended < s.count; ended++)
        if (inside-- == n)
            since = s.ends[ended];
    add(&r, since, NEVER);
    sweep_end(&s);
    return r;
}

/* The region that time t is in, or NULL. */
static const struct claim *find(const struct regions *r, uint64_t t)
{
    size_t low = 0, high = r->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->at[middle].hi <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->count && r->at[low].lo < t ? &r->at[low] : NULL;
}

bool regions_trim(const struct regions *r, uint64_t *lo, uint64_t *hi)
{
    const struct claim *first = find(r, *lo);
    const struct claim *last = find(r, *hi);

    if (first != NULL)
        *lo = first->hi;
    if (last != NULL)
        *hi = last->lo;
    return *lo <= *hi;
}
