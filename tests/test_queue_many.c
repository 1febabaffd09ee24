/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: put_many and get_many.  Every result sets *done, the elements of a
 * batch stay in order, and what was not done is not touched.
 */
#include <weir/queue.h>

#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define MS 1000000
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const size_t capacities[] = {1, 2, 3, 4, 5, 7, 8, 100, 128};

static void number(uint64_t *e, size_t n, uint64_t first)
{
    for (size_t i = 0; i < n; i++)
        e[i] = first + i;
}

static void must_be_numbered(const uint64_t *e, size_t n, uint64_t first)
{
    for (size_t i = 0; i < n; i++)
        must_eq(e[i], first + i);
}

/* --- api --- */

START_TEST(nothing_is_always_possible)
{
    weir_queue_t *q = kit_create(2, 8);
    uint64_t e[2] = {1, 2};
    size_t done;

    for (int step = 0; step < 3; step++) { /* empty, full, closed */
        done = 99;
        must_eq(keeps_errno(weir_queue_put_many(q, e, 0, WEIR_NOW, &done)), 0);
        must_eq(done, 0);
        done = 99;
        must_eq(keeps_errno(weir_queue_get_many(q, e, 0, WEIR_FOREVER, &done)),
                0);
        must_eq(done, 0);
        must_eq(weir_queue_put_many(q, NULL, 0, WEIR_FOREVER, NULL), 0);
        must_eq(weir_queue_get_many(q, NULL, 0, WEIR_NOW, NULL), 0);
        if (step == 0)
            must_eq(weir_queue_put_many(q, e, 2, WEIR_NOW, NULL), 0);
        if (step == 1)
            must_eq(weir_queue_close(q), 0);
    }
    must_eq(weir_queue_len(q), 2);
    kit_destroy(q);
}
END_TEST

/* With a past deadline: as many as there is room for, as there are. */
static void one_try(weir_queue_t *q, size_t capacity, size_t n, uint64_t first)
{
    uint64_t e[160] = {0};
    size_t fit = kit_smaller(n, capacity), done = 99;

    number(e, n, first);
    must_eq(keeps_errno(weir_queue_put_many(q, e, n, WEIR_NOW, &done)),
            fit == n ? 0 : ETIMEDOUT);
    must_eq(done, fit);
    must_eq(weir_queue_len(q), fit);
    memset(e, 0xee, sizeof(e));
    done = 99;
    must_eq(keeps_errno(weir_queue_get_many(q, e, n, WEIR_NOW, &done)),
            fit == n ? 0 : ETIMEDOUT);
    must_eq(done, fit);
    must_be_numbered(e, fit, first);
    for (size_t i = fit; i < COUNT(e); i++)
        must_eq(e[i], 0xeeeeeeeeeeeeeeeeu);
    must(weir_queue_empty(q));
}

START_TEST(a_past_deadline_takes_what_there_is)
{
    for (size_t i = 0; i < COUNT(capacities); i++) {
        weir_queue_t *q = kit_create(capacities[i], 8);

        for (size_t n = 1; n <= capacities[i] + 9; n++)
            one_try(q, capacities[i], n, n * 1000);
        kit_destroy(q);
    }
}
END_TEST

START_TEST(done_may_be_null)
{
    weir_queue_t *q = kit_create(3, 8);
    uint64_t e[5] = {1, 2, 3, 4, 5};

    must_eq(weir_queue_put_many(q, e, 5, WEIR_NOW, NULL), ETIMEDOUT);
    must_eq(weir_queue_len(q), 3);
    must_eq(weir_queue_get_many(q, e, 5, WEIR_NOW, NULL), ETIMEDOUT);
    must(weir_queue_empty(q));
    must_eq(weir_queue_put_many(q, e, 2, WEIR_FOREVER, NULL), 0);
    must_eq(weir_queue_get_many(q, e, 2, WEIR_FOREVER, NULL), 0);
    weir_queue_close(q);
    must_eq(weir_queue_put_many(q, e, 2, WEIR_FOREVER, NULL), ESHUTDOWN);
    must_eq(weir_queue_get_many(q, e, 2, WEIR_FOREVER, NULL), ESHUTDOWN);
    kit_destroy(q);
}
END_TEST

START_TEST(deadlines_are_not_early_and_keep_what_was_done)
{
    weir_queue_t *q = kit_create(3, 8);
    uint64_t e[5] = {1, 2, 3, 4, 5};

    for (int64_t ns = 1000; ns < 30 * MS; ns *= 5) {
        weir_deadline_t deadline = weir_after(ns);
        size_t done = 99;

        must_eq(keeps_errno(weir_queue_put_many(q, e, 5, deadline, &done)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(done, 3);
        done = 99;
        deadline = weir_after(ns);
        must_eq(keeps_errno(weir_queue_get_many(q, e, 5, deadline, &done)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(done, 3);
    }
    kit_destroy(q);
}
END_TEST

START_TEST(bytes_of_all_sizes_survive)
{
    static const size_t sizes[] = {1, 3, 8, 9, 16, 24, 65, 4096};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t size = sizes[i], done;
        weir_queue_t *q = kit_create(6, size);
        unsigned char *from = malloc(5 * size), *to = malloc(5 * size);

        must(from != NULL && to != NULL);
        for (unsigned lap = 0; lap < 9; lap++) { /* runs cross the end */
            for (size_t k = 0; k < 5 * size; k++)
                from[k] = (unsigned char)(k * 13 + lap + (k >> 8));
            must_eq(weir_queue_put_many(q, from, 5, WEIR_NOW, &done), 0);
            must_eq(weir_queue_get_many(q, to, 5, WEIR_NOW, &done), 0);
            must_eq(memcmp(from, to, 5 * size), 0);
        }
        free(from);
        free(to);
        kit_destroy(q);
    }
}
END_TEST

/* --- more than fits, against another thread --- */

struct transfer {
    weir_queue_t *q;
    size_t n, batch; /* elements in all, and per get */
};

static void transfer_body(unsigned index, void *arg)
{
    struct transfer *t = arg;
    uint64_t *e = malloc(t->n * sizeof(*e));
    size_t done = 0, at = 0;

    must(e != NULL);
    if (index == 0) { /* all of it in one call */
        number(e, t->n, 5);
        must_eq(weir_queue_put_many(t->q, e, t->n, WEIR_FOREVER, &done), 0);
        must_eq(done, t->n);
    }
    while (index == 1 && at < t->n) {
        size_t want = kit_smaller(t->batch, t->n - at);

        must_eq(weir_queue_get_many(t->q, e + at, want, WEIR_FOREVER, &done),
                0);
        must_eq(done, want);
        at += want;
        support_progress(); /* slow is not stuck */
    }
    if (index == 1)
        must_be_numbered(e, t->n, 5);
    free(e);
}

START_TEST(more_than_fits_flows_through)
{
    static const size_t batches[] = {1, 2, 3, 7, 50, 5000};

    for (size_t i = 0; i < COUNT(capacities); i++)
        for (size_t k = 0; k < COUNT(batches); k++) {
            struct transfer t = {kit_create(capacities[i], 8),
                                 support_scaled(20000), batches[k]};

            support_threads(2, transfer_body, &t);
            kit_must_be_idle(t.q);
            kit_destroy(t.q);
        }
}
END_TEST

/* Batches of one producer among those of others keep their order, and so do
 * a producer's batches one after another.  (hazard B33; the rest of the
 * accounting is in test_queue_kit.h) */
START_TEST(batches_and_singles_account_for_all)
{
    for (size_t i = 0; i < COUNT(capacities); i++)
        for (unsigned n = 1; n <= 8; n *= 2) {
            weir_queue_t *q = kit_create(capacities[i], n % 4 ? 8 : 24);
            kit_run_t run = {.put_queue = q,
                             .get_queue = q,
                             .elem_size = n % 4 ? 8 : 24,
                             .producers = n,
                             .consumers = n == 8 ? 3 : n,
                             .per_producer = support_scaled(12000) / n + 1,
                             .how = n % 2 ? KIT_MANY : KIT_MIXED,
                             .jitter = n > 2};

            kit_account_for_all(&run);
            kit_destroy(q);
        }
}
END_TEST

/* --- close in the middle --- */

struct closing {
    weir_queue_t *q;
    bool puts;
    size_t done;
};

static void closing_body(unsigned index, void *arg)
{
    struct closing *c = arg;
    uint64_t e[10];

    (void)index;
    number(e, 10, 50);
    c->done = 99;
    if (c->puts) {
        must_eq(weir_queue_put_many(c->q, e, 10, WEIR_FOREVER, &c->done),
                ESHUTDOWN);
        return;
    }
    must_eq(weir_queue_get_many(c->q, e, 10, WEIR_FOREVER, &c->done),
            ESHUTDOWN);
    must_be_numbered(e, c->done, 7);
    must_be_numbered(e + c->done, 10 - c->done, 50 + c->done);
}

START_TEST(close_ends_a_put_many_part_way)
{
    for (size_t capacity = 1; capacity <= 9; capacity++) {
        struct closing c = {kit_create(capacity, 8), true, 0};
        support_group_t group;
        uint64_t e;

        support_group_start(&group, 1, closing_body, &c);
        support_await_sleep(group.tids[0]);
        must_eq(weir_queue_close(c.q), 0);
        support_group_join(&group);
        must_eq(c.done, capacity);
        for (size_t i = 0; i < capacity; i++) {
            must_eq(weir_queue_get(c.q, &e), 0);
            must_eq(e, 50 + i);
        }
        must_eq(weir_queue_get(c.q, &e), ESHUTDOWN);
        kit_destroy(c.q);
    }
}
END_TEST

START_TEST(close_ends_a_get_many_part_way)
{
    for (size_t there = 0; there <= 9; there++) {
        struct closing c = {kit_create(9, 8), false, 0};
        support_group_t group;
        uint64_t e[9];

        number(e, there, 7);
        must_eq(weir_queue_put_many(c.q, e, there, WEIR_NOW, NULL), 0);
        support_group_start(&group, 1, closing_body, &c);
        support_await_sleep(group.tids[0]);
        must_eq(weir_queue_close(c.q), 0);
        support_group_join(&group);
        must_eq(c.done, there);
        must(weir_queue_empty(c.q));
        kit_destroy(c.q);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_many");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, nothing_is_always_possible);
    tcase_add_test(tcase, a_past_deadline_takes_what_there_is);
    tcase_add_test(tcase, done_may_be_null);
    tcase_add_test(tcase, deadlines_are_not_early_and_keep_what_was_done);
    tcase_add_test(tcase, bytes_of_all_sizes_survive);

    tcase = support_tcase(suite, "contended");
    tcase_add_test(tcase, more_than_fits_flows_through);
    tcase_add_test(tcase, batches_and_singles_account_for_all);

    tcase = support_tcase(suite, "close");
    tcase_add_test(tcase, close_ends_a_put_many_part_way);
    tcase_add_test(tcase, close_ends_a_get_many_part_way);
    return support_main(suite);
}
