/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The rules.  Each raises the lower end of an interval, never beyond a moment
 * that every order of the history respects.  Reversed in time, a bounded
 * queue is a bounded queue whose gets put and whose puts get; so the rules
 * are applied to the history and to its reverse, and the upper ends need none
 * of their own.
 *
 *  T1 order   if u was put before v, it was got before v; and if it was got
 *             before v, it was put before v
 *  T2 value   a value was put before it was got
 *  T3 batch   as T1, for elements of a batch
 *  T4 empty   what was got after a claim of empty was put after it
 *  T5 room    a put after at least n others was also after n - capacity + 1
 *             gets
 *  T6 full    a claim of full that needs all puts that can have been, and no
 *             get but those that must have been, is before all other gets
 *  T7 number  of values in the queue: regions.c
 */
#include <stdlib.h>

#include "linear/judge.h"

#define PASSES_MAX 16 /* a history in which nobody errs takes two or three */

static void raise(struct judge *j, uint64_t *lo, uint64_t to)
{
    if (*lo < to) {
        *lo = to;
        j->changed = true;
    }
}

/* --- "the greatest payload of those whose key is less than a limit" --- */

struct row {
    uint64_t key, payload;
};

struct index {
    struct row *rows;
    size_t count;
};

static void index_end(struct index *x)
{
    size_t i;

    qsort(x->rows, x->count, sizeof(*x->rows), compare_times);
    for (i = 1; i < x->count; i++)
        if (x->rows[i].payload < x->rows[i - 1].payload)
            x->rows[i].payload = x->rows[i - 1].payload;
}

/* How many keys are less than the limit. */
static size_t index_below(const struct index *x, uint64_t limit)
{
    size_t low = 0, high = x->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (x->rows[middle].key < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint64_t index_max(const struct index *x, uint64_t limit)
{
    size_t below = index_below(x, limit);

    return below == 0 ? 0 : x->rows[below - 1].payload;
}

static uint64_t field(const struct value *v, size_t offset)
{
    return *(const uint64_t *)(const void *)((const char *)v + offset);
}

static struct index index_of(const struct judge *j, size_t key, size_t payload)
{
    struct index x = {must_alloc(j->count, sizeof(*x.rows)), j->count};

    for (size_t i = 0; i < j->count; i++)
        x.rows[i] = (struct row){field(&j->values[i], key),
                                 field(&j->values[i], payload)};
    index_end(&x);
    return x;
}

#define INDEX(j, key, payload)                                                 \
    index_of(j, offsetof(struct value, key), offsetof(struct value, payload))

/* --- the rules --- */

static void by_order(struct judge *j)
{
    struct index puts = INDEX(j, put_hi, get_lo);
    struct index gets = INDEX(j, get_hi, put_lo);

    for (size_t i = 0; i < j->count; i++) {
        struct value *v = &j->values[i];

        raise(j, &v->get_lo, index_max(&puts, v->put_lo));
        raise(j, &v->put_lo, index_max(&gets, v->get_lo));
        raise(j, &v->get_lo, v->put_lo);
    }
    free(puts.rows);
    free(gets.rows);
}

static void follow(struct judge *j, const struct value *v, size_t next)
{
    if (next == NONE)
        return;
    raise(j, &j->values[next].put_lo, v->put_lo);
    raise(j, &j->values[next].get_lo, v->get_lo);
}

static void by_batch(struct judge *j)
{
    for (size_t i = 0; i < j->count; i++) {
        follow(j, &j->values[i], j->values[i].next_put);
        follow(j, &j->values[i], j->values[i].next_get);
    }
}

static void by_empty(struct judge *j)
{
    struct index x = {must_alloc(j->empties.count, sizeof(*x.rows)),
                      j->empties.count};

    for (size_t i = 0; i < x.count; i++)
        x.rows[i] = (struct row){j->empties.at[i].hi, j->empties.at[i].lo};
    index_end(&x);
    for (size_t i = 0; i < j->count; i++)
        raise(j, &j->values[i].put_lo, index_max(&x, j->values[i].get_lo));
    free(x.rows);
}

/* previous[i] is the value before i in its put batch. */
static size_t *previous_puts(const struct judge *j)
{
    size_t *previous = must_alloc(j->count, sizeof(*previous));

    for (size_t i = 0; i < j->count; i++)
        previous[i] = NONE;
    for (size_t i = 0; i < j->count; i++)
        if (j->values[i].next_put != NONE)
            previous[j->values[i].next_put] = i;
    return previous;
}

static void by_room(struct judge *j)
{
    struct index puts = INDEX(j, put_hi, put_hi);
    struct index gets = INDEX(j, get_lo, get_lo);
    size_t *previous = previous_puts(j);

    for (size_t i = 0; i < j->count; i++) {
        struct value *v = &j->values[i];
        size_t before = index_below(&puts, v->put_lo);

        for (size_t p = previous[i]; p != NONE; p = previous[p])
            before += j->values[p].put_hi >= v->put_lo;
        if (before >= j->capacity)
            raise(j, &v->put_lo, gets.rows[before - j->capacity].key);
    }
    free(previous);
    free(puts.rows);
    free(gets.rows);
}

static void by_full(struct judge *j)
{
    struct index puts = INDEX(j, put_lo, put_lo);
    struct index gets = INDEX(j, get_hi, get_hi);
    struct index tight = {must_alloc(j->fulls.count, sizeof(*tight.rows)), 0};

    for (size_t i = 0; i < j->fulls.count; i++) {
        const struct claim *f = &j->fulls.at[i];
        size_t most = index_below(&puts, f->hi + 1);
        size_t least = index_below(&gets, f->lo);

        if (most == least + j->capacity)
            tight.rows[tight.count++] = (struct row){f->lo, f->lo};
    }
    index_end(&tight);
    for (size_t i = 0; i < j->count; i++) {
        struct value *v = &j->values[i];

        if (v->get_hi != NEVER)
            raise(j, &v->get_lo, index_max(&tight, v->get_hi + 1));
    }
    free(puts.rows);
    free(gets.rows);
    free(tight.rows);
}

static void forward(struct judge *j)
{
    by_order(j);
    by_batch(j);
    by_empty(j);
    by_room(j);
    by_full(j);
}

/* --- time turned round --- */

static void turn_claims(const struct claims *claims)
{
    for (size_t i = 0; i < claims->count; i++)
        claims->at[i] = (struct claim){~claims->at[i].hi, ~claims->at[i].lo};
}

static void turn_batches(struct judge *j)
{
    struct value *was = must_alloc(j->count, sizeof(*was));

    for (size_t i = 0; i < j->count; i++) {
        was[i] = j->values[i];
        j->values[i].next_put = j->values[i].next_get = NONE;
    }
    for (size_t i = 0; i < j->count; i++) {
        if (was[i].next_get != NONE)
            j->values[was[i].next_get].next_put = i;
        if (was[i].next_put != NONE)
            j->values[was[i].next_put].next_get = i;
    }
    free(was);
}

static void turn(struct judge *j)
{
    for (size_t i = 0; i < j->count; i++) {
        struct value v = j->values[i];

        j->values[i].put_lo = ~v.get_hi;
        j->values[i].put_hi = ~v.get_lo;
        j->values[i].get_lo = ~v.put_hi;
        j->values[i].get_hi = ~v.put_lo;
    }
    turn_batches(j);
    turn_claims(&j->empties);
    turn_claims(&j->fulls);
}

/* --- T7, and the end of it --- */

static void trim(struct judge *j, const struct regions *r, uint64_t *lo,
                 uint64_t *hi)
{
    uint64_t old_lo = *lo, old_hi = *hi;

    (void)regions_trim(r, lo, hi);
    if (*lo != old_lo || *hi != old_hi)
        j->changed = true;
}

static void trim_all(struct judge *j, struct regions *r, struct claims *claims,
                     const char *what)
{
    for (size_t i = 0; i < claims->count; i++) {
        struct claim *c = &claims->at[i];
        struct claim was = *c;

        trim(j, r, &c->lo, &c->hi);
        if (c->lo > c->hi)
            wrong(j, "said to be %s in [%llu, %llu], and was not", what,
                  (unsigned long long)was.lo, (unsigned long long)was.hi);
    }
    free(r->at);
}

static void by_number(struct judge *j)
{
    struct regions some = regions_at_least(j, 1);
    struct regions few = regions_below(j, j->capacity);
    struct regions all = regions_at_least(j, j->capacity);
    struct regions over = regions_at_least(j, j->capacity + 1);

    trim_all(j, &some, &j->empties, "empty");
    trim_all(j, &few, &j->fulls, "full");
    for (size_t i = 0; i < j->count; i++) {
        struct value *v = &j->values[i];

        trim(j, &all, &v->put_lo, &v->put_hi);
        if (v->get_lo != NEVER)
            trim(j, &all, &v->get_lo, &v->get_hi);
    }
    if (over.count > 0)
        wrong(j, "more than %zu values at %llu", j->capacity,
              (unsigned long long)over.at[0].lo);
    free(all.at);
    free(over.at);
}

static void must_have_moments(struct judge *j)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct value *v = &j->values[i];

        if (v->put_lo > v->put_hi || v->get_lo > v->get_hi)
            wrong(j, "no moment for the %s of value %llu",
                  v->put_lo > v->put_hi ? "put" : "get",
                  (unsigned long long)v->id);
    }
}

void tighten(struct judge *j)
{
    must_have_moments(j);
    j->changed = true;
    for (int pass = 0; pass < PASSES_MAX && j->changed; pass++) {
        if (!j->verdict.good)
            return;
        j->changed = false;
        forward(j);
        turn(j);
        forward(j);
        turn(j);
        must_have_moments(j);
        if (j->verdict.good)
            by_number(j);
        must_have_moments(j);
    }
}
