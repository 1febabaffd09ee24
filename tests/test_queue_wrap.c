/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: positions that wrap.  The ring counts in steps of 4 modulo 2^64;
 * its state is preset so that everything that cuts a position short or
 * compares it with a sign goes wrong within a few elements.  Rings have hung
 * where a position crossed 2^31 while they were empty or full.
 * (hazards B31, B32, B34)
 */
#include <weir/queue.h>

#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Positions to cross; 0 is 2^64. */
static const uint64_t edges[] = {
    (uint64_t)1 << 16, (uint64_t)1 << 31, (uint64_t)1 << 32,
    (uint64_t)1 << 33, (uint64_t)1 << 34, ((uint64_t)1 << 33) * 3,
    (uint64_t)1 << 62, (uint64_t)1 << 63, 0};

/* 8 and powers of two: the inline path; the others: the library's. */
static const size_t capacities[] = {1, 2, 3, 4, 5, 7, 8, 11, 16};
static const size_t elem_sizes[] = {8, 12, 24};

/* How far before the edge to start, one after another. */
#define STEP (SUPPORT_SLOWDOWN > 1 ? 3u : 1u)

static weir_queue_t *preset(size_t capacity, size_t elem_size, uint64_t edge,
                            uint64_t before)
{
    weir_queue_t *q = kit_create(capacity, elem_size);

    kit_preset(q, edge - before * WEIR_POSITION_);
    return q;
}

/* Every other token through the exported symbols. */
static void put_token(weir_queue_t *q, size_t size, uint64_t token)
{
    unsigned char e[KIT_ELEM_MAX];

    kit_fill(e, size, token);
    must_eq(token % 2 ? kit_exported_put(q, e) : weir_queue_tryput(q, e), 0);
}

static void get_token(weir_queue_t *q, size_t size, uint64_t token)
{
    unsigned char e[KIT_ELEM_MAX];

    must_eq(token % 2 ? weir_queue_tryget(q, e) : kit_exported_get(q, e), 0);
    must_eq(kit_token(e, size), token);
}

static void must_be_full(weir_queue_t *q, size_t capacity)
{
    unsigned char e[KIT_ELEM_MAX] = {0};

    must(weir_queue_full(q));
    must_eq(weir_queue_len(q), capacity);
    must_eq(weir_queue_tryput(q, e), EAGAIN);
    must_eq(weir_queue_put_until(q, e, WEIR_NOW), ETIMEDOUT);
}

static void must_be_empty(weir_queue_t *q)
{
    unsigned char e[KIT_ELEM_MAX];

    must(weir_queue_empty(q));
    must_eq(weir_queue_len(q), 0);
    must_eq(weir_queue_tryget(q, e), EAGAIN);
    must_eq(weir_queue_get_until(q, e, WEIR_NOW), ETIMEDOUT);
}

/* Cross with at most `level` elements in the queue: fill up to it, empty it,
 * and stay at each level on the way for a step. */
static void cross(weir_queue_t *q, size_t capacity, size_t size, size_t level,
                  size_t steps)
{
    uint64_t put = 0, got = 0;

    for (size_t i = 0; i < steps; i++) {
        while (put - got < level) {
            must_eq(weir_queue_len(q), put - got);
            put_token(q, size, put++);
        }
        if (level == capacity)
            must_be_full(q, capacity);
        if (i % 3 == 2)
            while (got < put)
                get_token(q, size, got++);
        else
            get_token(q, size, got++);
        if (got == put)
            must_be_empty(q);
    }
    while (got < put)
        get_token(q, size, got++);
    must_be_empty(q);
}

START_TEST(one_thread_crosses)
{
    uint64_t edge = edges[_i];

    for (size_t c = 0; c < COUNT(capacities); c++)
        for (size_t s = 0; s < COUNT(elem_sizes); s++)
            for (uint64_t before = 0; before <= capacities[c] + 2;
                 before += STEP)
                for (size_t level = 1; level <= capacities[c]; level++) {
                    weir_queue_t *q =
                        preset(capacities[c], elem_sizes[s], edge, before);

                    must_be_empty(q);
                    cross(q, capacities[c], elem_sizes[s], level,
                          4 * capacities[c] + 4);
                    kit_destroy(q);
                }
}
END_TEST

START_TEST(batches_cross)
{
    uint64_t edge = edges[_i];
    uint64_t e[32];
    size_t done;

    for (size_t c = 0; c < COUNT(capacities); c++)
        for (uint64_t before = 0; before <= 2 * capacities[c]; before++) {
            weir_queue_t *q = preset(capacities[c], 8, edge, before);

            for (uint64_t lap = 0; lap < 5; lap++) {
                for (uint64_t i = 0; i < COUNT(e); i++)
                    e[i] = lap * 100 + i;
                must_eq(weir_queue_put_many(q, e, COUNT(e), WEIR_NOW, &done),
                        ETIMEDOUT);
                must_eq(done, capacities[c]);
                memset(e, 0, sizeof(e));
                must_eq(weir_queue_get_many(q, e, COUNT(e), WEIR_NOW, &done),
                        ETIMEDOUT);
                must_eq(done, capacities[c]);
                for (uint64_t i = 0; i < done; i++)
                    must_eq(e[i], lap * 100 + i);
            }
            must_be_empty(q);
            kit_destroy(q);
        }
}
END_TEST

START_TEST(close_at_the_edge)
{
    uint64_t edge = edges[_i];
    unsigned char e[KIT_ELEM_MAX] = {0};

    for (size_t c = 0; c < COUNT(capacities); c++)
        for (uint64_t before = 0; before <= capacities[c]; before++) {
            size_t capacity = capacities[c];
            weir_queue_t *q = preset(capacity, 12, edge, before);

            for (size_t i = 0; i < capacity; i++)
                put_token(q, 12, i);
            must_eq(weir_queue_close(q), 0);
            must_eq(weir_queue_tryput(q, e), ESHUTDOWN);
            must_eq(weir_queue_len(q), capacity);
            must(weir_queue_full(q));
            must_eq(weir_queue_drain(q, WEIR_NOW), ETIMEDOUT);
            for (size_t i = 0; i < capacity; i++)
                get_token(q, 12, i);
            must_eq(weir_queue_tryget(q, e), ESHUTDOWN);
            must_eq(weir_queue_get(q, e), ESHUTDOWN);
            must_eq(weir_queue_drain(q, WEIR_NOW), 0);
            must_eq(weir_queue_len(q), 0);
            kit_destroy(q);
        }
}
END_TEST

/* --- with threads, and so with sleeping at the edge --- */

START_TEST(threads_cross)
{
    uint64_t edge = edges[_i];

    for (size_t c = 0; c < COUNT(capacities); c++)
        for (size_t s = 0; s < COUNT(elem_sizes); s++) {
            uint64_t before = 60 + c;
            weir_queue_t *q =
                preset(capacities[c], elem_sizes[s], edge, before);
            kit_run_t run = {.put_queue = q,
                             .get_queue = q,
                             .elem_size = elem_sizes[s],
                             .producers = 2,
                             .consumers = 2,
                             .per_producer = 200,
                             .how = s == 2 ? KIT_MIXED : (enum kit_how)(c % 2),
                             .jitter = true};

            kit_account_for_all(&run);
            /* It did cross. */
            must_eq(weir_load_rlx_(&q->ring.tail),
                    edge + (400 - before) * WEIR_POSITION_);
            kit_destroy(q);
        }
}
END_TEST

/* Asleep on an empty, or a full, queue whose next position is the edge, or
 * is a step before or behind it. */
static void sleep_at(unsigned index, void *arg)
{
    weir_queue_t *q = arg;
    uint64_t e = 1;

    must_eq(index == 0 ? weir_queue_get(q, &e) : weir_queue_put(q, &e), 0);
}

static void put_at(unsigned index, void *arg)
{
    (void)index;
    sleep_at(1, arg);
}

START_TEST(sleepers_at_the_edge_wake)
{
    uint64_t edge = edges[_i];

    for (size_t capacity = 1; capacity <= 4; capacity++)
        for (uint64_t before = 0; before <= capacity + 1; before++) {
            weir_queue_t *q = preset(capacity, 8, edge, before);
            support_group_t group;
            uint64_t e = 1;

            support_group_start(&group, 1, sleep_at, q);
            support_await_sleep(group.tids[0]);
            must_eq(weir_queue_put(q, &e), 0);
            support_group_join(&group);
            for (size_t i = 0; i < capacity; i++)
                must_eq(weir_queue_put(q, &e), 0);
            support_group_start(&group, 1, put_at, q);
            support_await_sleep(group.tids[0]);
            must_eq(weir_queue_get(q, &e), 0);
            support_group_join(&group);
            must_eq(weir_queue_len(q), capacity);
            kit_destroy(q);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_wrap");
    TCase *tcase = support_tcase(suite, "uncontended");

    tcase_add_loop_test(tcase, one_thread_crosses, 0, COUNT(edges));
    tcase_add_loop_test(tcase, batches_cross, 0, COUNT(edges));
    tcase_add_loop_test(tcase, close_at_the_edge, 0, COUNT(edges));

    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, threads_cross, 0, COUNT(edges));
    tcase_add_loop_test(tcase, sleepers_at_the_edge_wake, 0, COUNT(edges));
    return support_main(suite);
}
