/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The judge of long histories (tests/linear/) judged: by hand-written
 * histories of each kind of mistake, and against the search
 * (test_queue_judge.h) on random small ones, right and spoilt.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linear/linear.h"
#include "support/support.h"
#include "test_queue_judge.h"

/* --- by hand --- */

#define OPS_MAX 12

struct example {
    const char *name;
    bool good;
    size_t capacity;
    struct linear_op ops[OPS_MAX];
};

#define P(value, begin, end)                                                   \
    {                                                                          \
        LINEAR_PUT, 0, false, value, begin, end                                \
    }
#define G(value, begin, end)                                                   \
    {                                                                          \
        LINEAR_GET, 0, false, value, begin, end                                \
    }
/* The next element of a batch. */
#define PP(value, begin, end)                                                  \
    {                                                                          \
        LINEAR_PUT, 0, true, value, begin, end                                 \
    }
#define GG(value, begin, end)                                                  \
    {                                                                          \
        LINEAR_GET, 0, true, value, begin, end                                 \
    }
#define FULL(begin, end)                                                       \
    {                                                                          \
        LINEAR_PUT, EAGAIN, false, 99, begin, end                              \
    }
#define EMPTY(begin, end)                                                      \
    {                                                                          \
        LINEAR_GET, EAGAIN, false, 0, begin, end                               \
    }
#define CLOSE(begin, end)                                                      \
    {                                                                          \
        LINEAR_CLOSE, 0, false, 0, begin, end                                  \
    }
#define NO(kind, result, begin, end)                                           \
    {                                                                          \
        kind, result, false, 98, begin, end                                    \
    }

static const struct example examples[] = {
    {"nothing", true, 1, {{0}}},
    {"one after another",
     true,
     2,
     {P(1, 1, 2), P(2, 3, 4), FULL(5, 6), G(1, 7, 8), G(2, 9, 10),
      EMPTY(11, 12)}},
    {"puts at once, either order",
     true,
     2,
     {P(1, 1, 4), P(2, 2, 3), G(2, 5, 6), G(1, 7, 8)}},
    {"a get that began before its put", true, 1, {G(1, 1, 4), P(1, 2, 3)}},
    {"empty before an overlapping put", true, 1, {EMPTY(1, 4), P(1, 2, 3)}},
    {"empty between two values",
     true,
     2,
     {P(1, 1, 2), EMPTY(3, 10), G(1, 4, 6), P(2, 5, 7), G(2, 11, 12)}},
    {"full before an overlapping get",
     true,
     1,
     {P(1, 1, 2), FULL(3, 6), G(1, 4, 5)}},
    {"full after an overlapping put", true, 1, {P(1, 1, 4), FULL(2, 3)}},
    {"what is left stays", true, 3, {P(1, 1, 2), P(2, 3, 4), G(1, 5, 6)}},
    {"close at once with a put",
     true,
     1,
     {P(1, 1, 4), CLOSE(2, 3), G(1, 5, 6), NO(LINEAR_GET, ESHUTDOWN, 7, 8)}},
    {"closed and full: closed",
     true,
     1,
     {P(1, 1, 2), CLOSE(3, 4), NO(LINEAR_PUT, ESHUTDOWN, 5, 6)}},
    {"closed twice",
     true,
     1,
     {CLOSE(1, 2), CLOSE(3, 4), NO(LINEAR_GET, ESHUTDOWN, 5, 6)}},
    {"refused while close was under way",
     true,
     1,
     {CLOSE(1, 9), NO(LINEAR_PUT, ESHUTDOWN, 2, 3)}},
    {"a batch in order",
     true,
     2,
     {P(1, 1, 4), PP(2, 1, 4), G(1, 5, 6), G(2, 7, 8)}},
    {"a batch got as a batch",
     true,
     2,
     {P(1, 1, 4), PP(2, 1, 4), G(1, 5, 6), GG(2, 5, 6)}},
    {"a batch longer than the queue",
     true,
     1,
     {P(1, 1, 9), PP(2, 1, 9), PP(3, 1, 9), G(1, 3, 4), G(2, 5, 6),
      G(3, 7, 8)}},
    {"timed out on a full queue",
     true,
     1,
     {P(1, 1, 2), NO(LINEAR_PUT, ETIMEDOUT, 3, 4)}},
    {"timed out on an empty queue", true, 1, {NO(LINEAR_GET, ETIMEDOUT, 3, 4)}},
    {"timed out beside a get in its middle",
     true,
     2,
     {P(1, 1, 2), G(1, 3, 8), NO(LINEAR_PUT, ETIMEDOUT, 4, 6)}},
    {"timed out beside a put in its middle",
     true,
     2,
     {P(1, 1, 2), P(2, 3, 9), NO(LINEAR_GET, ETIMEDOUT, 5, 6), G(1, 10, 11),
      G(2, 12, 13)}},

    {"reordered", false, 2, {P(1, 1, 2), P(2, 3, 4), G(2, 5, 6), G(1, 7, 8)}},
    {"reordered between consumers",
     false,
     2,
     {P(1, 1, 2), P(2, 3, 4), G(1, 7, 9), G(2, 5, 6)}},
    {"lost: overtaken by the next",
     false,
     2,
     {P(1, 1, 2), P(2, 3, 4), G(2, 5, 6)}},
    {"lost: empty at the end", false, 2, {P(1, 1, 2), EMPTY(3, 4)}},
    {"lost: drained without it",
     false,
     2,
     {P(1, 1, 2), CLOSE(3, 4), NO(LINEAR_GET, ESHUTDOWN, 5, 6)}},
    {"duplicated", false, 2, {P(1, 1, 2), G(1, 3, 6), G(1, 4, 5)}},
    {"from nowhere", false, 2, {P(1, 1, 2), G(7, 3, 4)}},
    {"got before it was put", false, 1, {G(1, 1, 2), P(1, 3, 4)}},
    {"got though its put said full",
     false,
     1,
     {P(1, 1, 2), FULL(3, 4), G(1, 5, 6), G(99, 7, 8)}},
    {"empty, with one value there throughout",
     false,
     2,
     {P(1, 1, 2), EMPTY(3, 4), G(1, 5, 6)}},
    {"empty, with one value after another there",
     false,
     2,
     {P(1, 1, 2), EMPTY(3, 8), P(2, 4, 5), G(1, 6, 7), G(2, 9, 10)}},
    {"full, with a place free throughout", false, 2, {P(1, 1, 2), FULL(3, 4)}},
    {"full, with a place free since a get",
     false,
     1,
     {P(1, 1, 2), G(1, 3, 4), FULL(5, 6), P(2, 7, 8)}},
    {"more than the capacity", false, 1, {P(1, 1, 2), P(2, 3, 4), G(1, 5, 6)}},
    {"more than the capacity while a put is under way",
     false,
     2,
     {P(1, 1, 2), P(2, 3, 4), P(3, 5, 6), G(1, 7, 8), G(2, 9, 10),
      G(3, 11, 12)}},
    {"a batch longer than the queue, with nobody to get",
     false,
     1,
     {P(1, 1, 4), PP(2, 1, 4), G(1, 5, 6), G(2, 7, 8)}},
    {"empty, then full of what was got before",
     false,
     1,
     {P(1, 1, 2), G(1, 3, 20), EMPTY(4, 5), FULL(6, 7)}},
    {"put after close", false, 2, {CLOSE(1, 2), P(1, 3, 4)}},
    {"full after close", false, 1, {P(1, 1, 2), CLOSE(3, 4), FULL(5, 6)}},
    {"empty after close", false, 2, {CLOSE(1, 2), EMPTY(3, 4)}},
    {"refused before close",
     false,
     2,
     {NO(LINEAR_PUT, ESHUTDOWN, 1, 2), CLOSE(3, 4)}},
    {"refused, and nobody closes", false, 2, {NO(LINEAR_GET, ESHUTDOWN, 1, 2)}},
    {"shut down before it was drained",
     false,
     2,
     {P(1, 1, 2), CLOSE(3, 4), NO(LINEAR_GET, ESHUTDOWN, 5, 6), G(1, 7, 8)}},
    {"a put served after another was refused",
     false,
     2,
     {CLOSE(1, 20), NO(LINEAR_PUT, ESHUTDOWN, 2, 3), P(1, 4, 5)}},
    {"a batch out of order",
     false,
     2,
     {P(1, 1, 4), PP(2, 1, 4), G(2, 5, 6), G(1, 7, 8)}},
    {"a batch got out of order, in a batch",
     false,
     2,
     {P(1, 1, 4), PP(2, 1, 4), G(2, 5, 6), GG(1, 5, 6)}},
    {"got in a batch against the order of the puts",
     false,
     2,
     {P(1, 1, 2), P(2, 3, 4), G(2, 5, 6), GG(1, 5, 6)}},
    {"timed out, with room and nobody about",
     false,
     2,
     {P(1, 1, 2), NO(LINEAR_PUT, ETIMEDOUT, 3, 4)}},
    {"timed out, with stock and nobody about",
     false,
     2,
     {P(1, 1, 2), NO(LINEAR_GET, ETIMEDOUT, 3, 4), G(1, 5, 6)}},
};

static size_t length(const struct linear_op *ops)
{
    size_t n = 0;

    while (n < OPS_MAX && ops[n].begin != 0)
        n++;
    return n;
}

START_TEST(examples_are_judged_rightly)
{
    const struct example *x = &examples[_i];
    struct linear_history h = {x->ops, length(x->ops), x->capacity};
    struct linear_verdict verdict = linear_judge(&h);

    if (verdict.good != x->good) {
        fprintf(stderr, "wrong about: %s%s%s\n", x->name,
                verdict.good ? "" : ": ", verdict.why);
        must(false);
    }
}
END_TEST

/* --- against the search --- */

/* A sequential queue, called at random, whose calls are then given time
 * before and after; a batch is two calls that share both. */
static void invent(struct history *h, support_random_t *random)
{
    struct state s = {0, 0, 0, false};
    unsigned moment = 100, value = 0, widest = 4 + support_below(random, 60);
    bool closes = support_below(random, 2);

    memset(h, 0, sizeof(*h));
    h->capacity = 1 + support_below(random, CAPACITY_MAX);
    h->count = 4 + support_below(random, 11);
    for (unsigned i = 0; i < h->count; i++, moment += 10) {
        struct call *c = &h->calls[i];

        c->kind = closes && support_below(random, 8) == 0 ? CLOSE
                  : support_below(random, 2)              ? PUT
                                                          : GET;
        if (c->kind == PUT)
            c->value = ++value;
        if (c->kind != CLOSE && s.closed && (c->kind == PUT || s.length == 0))
            c->result = ESHUTDOWN;
        else if (c->kind == PUT && s.length == h->capacity)
            c->result = EAGAIN;
        else if (c->kind == GET && s.length == 0)
            c->result = EAGAIN;
        if (c->kind == GET && c->result == 0)
            c->value = s.elements & VALUE_MAX;
        must(apply(&s, c, h->capacity));
        c->begin = moment - support_below(random, widest);
        c->end = moment + support_below(random, widest);
        c->after = -1;
    }
}

/* Make batches of some neighbours that did the same. */
static void join_some(struct history *h, support_random_t *random)
{
    for (unsigned i = 1; i < h->count; i++) {
        struct call *c = &h->calls[i], *before = c - 1;

        if (c->kind == CLOSE || c->kind != before->kind || c->result != 0 ||
            before->result != 0 || before->after >= 0 ||
            support_below(random, 3) != 0)
            continue;
        c->after = (int)i - 1;
        c->begin = before->begin =
            c->begin < before->begin ? c->begin : before->begin;
        c->end = before->end = c->end > before->end ? c->end : before->end;
    }
}

/* One mistake, of those that a queue makes. */
static void spoil(struct history *h, support_random_t *random)
{
    struct call *c = &h->calls[support_below(random, h->count)];
    struct call *other = &h->calls[support_below(random, h->count)];
    unsigned value = other->value;

    switch (support_below(random, 8)) {
    case 0: /* reordered */
        if (c->kind != GET || other->kind != GET)
            break;
        other->value = c->value;
        c->value = value;
        break;
    case 1: /* duplicated, or from nowhere */
        if (c->kind == GET)
            c->value = 1 + support_below(random, 15);
        break;
    case 2: /* lost, or said to be empty or full */
        if (c->kind != CLOSE && c->after < 0)
            c->result = c->result == 0 ? EAGAIN : c->result;
        break;
    case 3: /* refused, or not */
        if (c->kind != CLOSE)
            c->result = c->result == EAGAIN ? ESHUTDOWN : EAGAIN;
        break;
    case 4: h->capacity = 1 + support_below(random, CAPACITY_MAX); break;
    case 5: c->kind = CLOSE, c->result = 0; break;
    case 6: c->begin = c->end; break; /* too early, or too late */
    default: c->end = c->begin; break;
    }
}

static void translate(const struct history *from, struct linear_op *ops)
{
    static const enum linear_kind kinds[] = {LINEAR_PUT, LINEAR_GET,
                                             LINEAR_CLOSE};

    for (unsigned i = 0; i < from->count; i++) {
        const struct call *c = &from->calls[i];

        ops[i] = (struct linear_op){kinds[c->kind], c->result, c->after >= 0,
                                    c->value,       c->begin,  c->end};
    }
}

/* What search and judge are both for: values put once, batches together. */
static bool is_for_both(const struct history *h)
{
    uint32_t put = 0;

    for (unsigned i = 0; i < h->count; i++) {
        const struct call *c = &h->calls[i];

        if (c->kind == PUT && (put & bit(c->value)))
            return false;
        if (c->kind == PUT)
            put |= bit(c->value);
        if (c->after >= 0 &&
            (c->kind != c[-1].kind || c->result != 0 || c[-1].result != 0 ||
             c->begin != c[-1].begin || c->end != c[-1].end))
            return false;
    }
    return true;
}

struct tally {
    unsigned good, bad, missed;
};

static void print(const struct history *h)
{
    for (unsigned i = 0; i < h->count; i++)
        fprintf(stderr, "  [%3u %3u] %s %2u = %d after %d\n", h->calls[i].begin,
                h->calls[i].end,
                h->calls[i].kind == PUT   ? "put"
                : h->calls[i].kind == GET ? "get"
                                          : "close",
                h->calls[i].value, h->calls[i].result, h->calls[i].after);
}

static void compare(const struct history *h, struct tally *tally)
{
    struct linear_op ops[CALLS_MAX];
    struct linear_history long_one = {ops, h->count, h->capacity};
    struct linear_verdict verdict;
    bool good = linearizable(h);

    translate(h, ops);
    verdict = linear_judge(&long_one);
    if (good && !verdict.good) {
        fprintf(stderr, "rejected, though it has an order, capacity %u: %s\n",
                h->capacity, verdict.why);
        print(h);
        must(false);
    }
    tally->good += good;
    tally->bad += !good;
    tally->missed += !good && verdict.good;
    if (!good && verdict.good && getenv("WEIR_TEST_MISSED") != NULL) {
        fprintf(stderr, "missed, capacity %u:\n", h->capacity);
        print(h);
    }
}

START_TEST(agrees_with_the_search)
{
    support_random_t random = support_random(0);
    struct tally right = {0}, spoilt = {0};
    struct history h;

    for (unsigned i = 0; i < support_scaled(100000u); i++) {
        if (i % 1000 == 0)
            support_progress();
        invent(&h, &random);
        join_some(&h, &random);
        compare(&h, &right);
        for (unsigned n = 1 + support_below(&random, 2); n > 0; n--)
            spoil(&h, &random);
        if (is_for_both(&h))
            compare(&h, &spoilt);
    }
    fprintf(stderr, "right: %u have an order, %u have none\n", right.good,
            right.bad);
    fprintf(stderr,
            "spoilt: %u have an order, %u have none, of which %u "
            "were missed\n",
            spoilt.good, spoilt.bad, spoilt.missed);
    must_eq(right.bad, 0);
    must(spoilt.bad > 0);
    /* All that is missed has a claim of full beside one of empty; it is some
     * one in a thousand. */
    must(spoilt.missed * 100 <= spoilt.bad);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("linear");
    TCase *tcase = support_tcase(suite, "examples");

    tcase_add_loop_test(tcase, examples_are_judged_rightly, 0,
                        sizeof(examples) / sizeof(examples[0]));
    tcase = support_tcase(suite, "search");
    tcase_add_test(tcase, agrees_with_the_search);
    return support_main(suite);
}
