/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: a thread that stops between claiming a place and publishing it.
 * The test claims by moving head or tail, as such a thread has done, and
 * publishes later.  Meanwhile the queue is neither empty nor full on that
 * account: try calls wait, timed ones give up in time, close does not lose
 * the element, and others go on where they can.  All of it at positions
 * about to wrap, too.  (hazards B31, B36, B37, B38)
 */
#include <weir/queue.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define MS 1000000
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint64_t edges[] = {(uint64_t)1 << 20, (uint64_t)1 << 31,
                                 (uint64_t)1 << 32, (uint64_t)1 << 63, 0};
static const size_t capacities[] = {1, 2, 3, 4, 5};

/* --- stopped threads --- */

static weir_cell_t_ *cell_of(weir_queue_t *q, uint64_t position)
{
    size_t offset = (size_t)((position >> 2) & q->ring.mask) * q->ring.stride;

    return (weir_cell_t_ *)(void *)(q->cells + offset);
}

static uint64_t claim_put(weir_queue_t *q)
{
    uint64_t position = weir_load_rlx_(&q->ring.tail);

    weir_store_rlx_(&q->ring.tail, position + WEIR_POSITION_);
    return position;
}

static void publish_put(weir_queue_t *q, uint64_t position, uint64_t e)
{
    weir_cell_t_ *cell = cell_of(q, position);

    memcpy(cell->value, &e, sizeof(e));
    weir_store_rel_(&cell->turn, position + WEIR_TURN_FULL_);
    weir_queue_wake_getter_(q);
}

static uint64_t claim_get(weir_queue_t *q)
{
    uint64_t position = weir_load_rlx_(&q->ring.head);

    weir_store_rlx_(&q->ring.head, position + WEIR_POSITION_);
    return position;
}

static void publish_get(weir_queue_t *q, uint64_t position)
{
    weir_store_rel_(&cell_of(q, position)->turn, position + q->ring.round);
    weir_queue_wake_putter_(q);
}

/* --- threads that meet them --- */

enum call { TRYGET, GET_NOW, GET, TRYPUT, PUT_NOW, PUT };

struct caller {
    weir_queue_t *q;
    enum call call;
    uint64_t e;
    int returned;
    support_group_t group;
};

static void call_body(unsigned index, void *arg)
{
    struct caller *c = arg;
    int result = -1;

    (void)index;
    switch (c->call) {
    case TRYGET: result = weir_queue_tryget(c->q, &c->e); break;
    case GET_NOW: result = weir_queue_get_until(c->q, &c->e, WEIR_NOW); break;
    case GET: result = weir_queue_get(c->q, &c->e); break;
    case TRYPUT: result = weir_queue_tryput(c->q, &c->e); break;
    case PUT_NOW: result = weir_queue_put_until(c->q, &c->e, WEIR_NOW); break;
    case PUT: result = weir_queue_put(c->q, &c->e); break;
    }
    must_eq(result, 0);
    __atomic_store_n(&c->returned, 1, __ATOMIC_RELEASE);
}

/* The call is made, and does not come back. */
static void start_call(struct caller *c, weir_queue_t *q, enum call call,
                       uint64_t e)
{
    c->q = q;
    c->call = call;
    c->e = e;
    c->returned = 0;
    support_group_start(&c->group, 1, call_body, c);
    support_sleep_ns(2 * MS);
    must_eq(__atomic_load_n(&c->returned, __ATOMIC_ACQUIRE), 0);
}

static weir_queue_t *preset(size_t capacity, uint64_t edge, uint64_t before)
{
    weir_queue_t *q = kit_create(capacity, 8);

    kit_preset(q, edge - before * WEIR_POSITION_);
    return q;
}

static void put_numbers(weir_queue_t *q, uint64_t first, uint64_t end)
{
    for (uint64_t e = first; e < end; e++)
        must_eq(weir_queue_tryput(q, &e), 0);
}

static void get_numbers(weir_queue_t *q, uint64_t first, uint64_t end)
{
    uint64_t e;

    for (; first < end; first++) {
        must_eq(weir_queue_tryget(q, &e), 0);
        must_eq(e, first);
    }
}

/* --- a put that does not come to its end --- */

static void stalled_put(size_t capacity, uint64_t edge, uint64_t before,
                        enum call call)
{
    weir_queue_t *q = preset(capacity, edge, before);
    uint64_t position = claim_put(q), e = 9;
    struct caller caller;

    must_eq(weir_queue_len(q), 1);
    must(!weir_queue_empty(q));
    /* Other puts go on until the queue is full, and know that it is. */
    put_numbers(q, 1, capacity);
    must(weir_queue_full(q));
    must_eq(weir_queue_tryput(q, &e), EAGAIN);
    must_eq(weir_queue_put_until(q, &e, WEIR_NOW), ETIMEDOUT);
    /* Gets wait for the first one, whatever is behind it. */
    start_call(&caller, q, call, 77);
    publish_put(q, position, 0);
    support_group_join(&caller.group);
    must_eq(caller.e, 0);
    get_numbers(q, 1, capacity);
    kit_must_be_idle(q);
    kit_destroy(q);
}

START_TEST(gets_wait_for_a_stalled_put)
{
    for (size_t c = 0; c < COUNT(capacities); c++)
        for (uint64_t before = 0; before <= capacities[c]; before++)
            stalled_put(capacities[c], edges[_i], before,
                        (enum call)(TRYGET + (before + c) % 3));
}
END_TEST

/* --- a get that does not come to its end --- */

static void stalled_get(size_t capacity, uint64_t edge, uint64_t before,
                        enum call call)
{
    weir_queue_t *q = preset(capacity, edge, before);
    struct caller caller;
    uint64_t position, e = 9;

    put_numbers(q, 0, capacity);
    position = claim_get(q);
    must_eq(weir_queue_len(q), capacity - 1);
    must(!weir_queue_full(q));
    /* Other gets go on until the queue is empty, and know that it is. */
    get_numbers(q, 1, capacity);
    must(weir_queue_empty(q));
    must_eq(weir_queue_tryget(q, &e), EAGAIN);
    must_eq(weir_queue_get_until(q, &e, WEIR_NOW), ETIMEDOUT);
    /* The next place is the one that is being emptied. */
    start_call(&caller, q, call, 50);
    publish_get(q, position);
    support_group_join(&caller.group);
    put_numbers(q, 51, 50 + capacity);
    must(weir_queue_full(q));
    get_numbers(q, 50, 50 + capacity);
    kit_must_be_idle(q);
    kit_destroy(q);
}

START_TEST(puts_wait_for_a_stalled_get)
{
    for (size_t c = 0; c < COUNT(capacities); c++)
        for (uint64_t before = 0; before <= 2 * capacities[c]; before++)
            stalled_get(capacities[c], edges[_i], before,
                        (enum call)(TRYPUT + (before + c) % 3));
}
END_TEST

/* --- deadlines, and close --- */

START_TEST(deadlines_hold_against_stalled_threads)
{
    weir_queue_t *q = preset(1, edges[_i], 1);
    uint64_t position = claim_put(q), e = 5;
    weir_deadline_t deadline = weir_after(20 * MS);

    must_eq(weir_queue_get_until(q, &e, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
    must_eq(e, 5);
    publish_put(q, position, 6);
    position = claim_get(q);
    deadline = weir_after(20 * MS);
    must_eq(weir_queue_put_until(q, &e, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
    publish_get(q, position);
    put_numbers(q, 1, 2);
    get_numbers(q, 1, 2);
    kit_must_be_idle(q);
    kit_destroy(q);
}
END_TEST

/* The put came before close, so its element is still to be had. */
START_TEST(close_waits_for_a_stalled_put)
{
    for (enum call call = TRYGET; call <= GET; call++)
        for (uint64_t before = 0; before <= 2; before++) {
            weir_queue_t *q = preset(2, edges[_i], before);
            uint64_t position = claim_put(q), e = 5;
            struct caller caller;

            must_eq(weir_queue_close(q), 0);
            must_eq(weir_queue_tryput(q, &e), ESHUTDOWN);
            must_eq(weir_queue_len(q), 1);
            must_eq(weir_queue_drain(q, WEIR_NOW), ETIMEDOUT);
            start_call(&caller, q, call, 5);
            publish_put(q, position, 6);
            support_group_join(&caller.group);
            must_eq(caller.e, 6);
            must_eq(weir_queue_tryget(q, &e), ESHUTDOWN);
            must_eq(weir_queue_drain(q, WEIR_NOW), 0);
            kit_destroy(q);
        }
}
END_TEST

/* It takes its element; nobody needs to wait for it. */
START_TEST(close_does_not_wait_for_a_stalled_get)
{
    weir_queue_t *q = preset(2, edges[_i], 1);
    uint64_t e = 5;

    put_numbers(q, 0, 2);
    (void)claim_get(q);
    must_eq(weir_queue_close(q), 0);
    must_eq(weir_queue_tryput(q, &e), ESHUTDOWN);
    must_eq(weir_queue_put(q, &e), ESHUTDOWN);
    get_numbers(q, 1, 2);
    must_eq(weir_queue_tryget(q, &e), ESHUTDOWN);
    must_eq(weir_queue_drain(q, WEIR_FOREVER), 0);
    kit_destroy(q);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_stall");
    TCase *tcase = support_tcase(suite, "stall");

    tcase_add_loop_test(tcase, gets_wait_for_a_stalled_put, 0, COUNT(edges));
    tcase_add_loop_test(tcase, puts_wait_for_a_stalled_get, 0, COUNT(edges));
    tcase_add_loop_test(tcase, deadlines_hold_against_stalled_threads, 0,
                        COUNT(edges));

    tcase = support_tcase(suite, "close");
    tcase_add_loop_test(tcase, close_waits_for_a_stalled_put, 0, COUNT(edges));
    tcase_add_loop_test(tcase, close_does_not_wait_for_a_stalled_get, 0,
                        COUNT(edges));
    return support_main(suite);
}
