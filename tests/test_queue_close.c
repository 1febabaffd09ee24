/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: close and drain, with nobody else there and with sleepers of every
 * kind.  Close in the middle of things is in test_queue_close_race.c.
 */
#include <weir/queue.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define MS 1000000

/* --- one thread --- */

static void puts_are_refused(weir_queue_t *q)
{
    uint64_t e = 8;
    size_t done = 9;

    must_eq(keeps_errno(weir_queue_put(q, &e)), ESHUTDOWN);
    must_eq(keeps_errno(weir_queue_tryput(q, &e)), ESHUTDOWN);
    must_eq(weir_queue_put_until(q, &e, WEIR_NOW), ESHUTDOWN);
    must_eq(weir_queue_put_until(q, &e, WEIR_FOREVER), ESHUTDOWN);
    must_eq(weir_queue_put_many(q, &e, 1, WEIR_NOW, &done), ESHUTDOWN);
    must_eq(done, 0);
}

static void gets_are_refused(weir_queue_t *q)
{
    uint64_t e = 8;
    size_t done = 9;

    must_eq(keeps_errno(weir_queue_get(q, &e)), ESHUTDOWN);
    must_eq(keeps_errno(weir_queue_tryget(q, &e)), ESHUTDOWN);
    must_eq(weir_queue_get_until(q, &e, WEIR_NOW), ESHUTDOWN);
    must_eq(weir_queue_get_until(q, &e, WEIR_FOREVER), ESHUTDOWN);
    must_eq(weir_queue_get_many(q, &e, 1, WEIR_FOREVER, &done), ESHUTDOWN);
    must_eq(done, 0);
    must_eq(e, 8);
}

START_TEST(close_refuses_puts_and_drains)
{
    for (size_t capacity = 1; capacity <= 5; capacity++)
        for (size_t there = 0; there <= capacity; there++) {
            weir_queue_t *q = kit_create(capacity, 8);
            uint64_t e;

            for (e = 0; e < there; e++)
                must_eq(weir_queue_put(q, &e), 0);
            must(!weir_queue_closed(q));
            for (int twice = 0; twice < 2; twice++) {
                must_eq(keeps_errno(weir_queue_close(q)), 0);
                must(weir_queue_closed(q));
                puts_are_refused(q);
                must_eq(weir_queue_len(q), there);
                must(weir_queue_full(q) == (there == capacity));
                must(weir_queue_empty(q) == (there == 0));
            }
            for (uint64_t i = 0; i < there; i++) {
                must_eq(i % 2 ? weir_queue_tryget(q, &e)
                              : weir_queue_get(q, &e),
                        0);
                must_eq(e, i);
                puts_are_refused(q);
            }
            gets_are_refused(q);
            kit_must_be_idle(q);
            must_eq(weir_queue_close(q), 0);
            kit_destroy(q);
        }
}
END_TEST

START_TEST(drain_needs_close_and_waits)
{
    weir_queue_t *q = kit_create(3, 8);
    uint64_t e = 1;

    must_eq(keeps_errno(weir_queue_drain(q, WEIR_NOW)), EBUSY);
    must_eq(weir_queue_drain(q, WEIR_FOREVER), EBUSY);
    must_eq(weir_queue_put(q, &e), 0);
    must_eq(weir_queue_drain(q, WEIR_FOREVER), EBUSY);
    must_eq(weir_queue_close(q), 0);
    must_eq(keeps_errno(weir_queue_drain(q, WEIR_NOW)), ETIMEDOUT);
    for (int64_t ns = 1000; ns < 30 * MS; ns *= 5) {
        weir_deadline_t deadline = weir_after(ns);

        must_eq(keeps_errno(weir_queue_drain(q, deadline)), ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    must_eq(weir_queue_get(q, &e), 0);
    must_eq(keeps_errno(weir_queue_drain(q, WEIR_NOW)), 0);
    must_eq(keeps_errno(weir_queue_drain(q, WEIR_FOREVER)), 0);
    kit_must_be_idle(q);
    kit_destroy(q);
}
END_TEST

START_TEST(closed_and_empty_is_drained)
{
    weir_queue_t *q = kit_create(1, 24);

    must_eq(weir_queue_close(q), 0);
    must_eq(weir_queue_drain(q, WEIR_FOREVER), 0);
    must_eq(weir_queue_drain(q, WEIR_NOW), 0);
    kit_destroy(q);
}
END_TEST

/* --- sleepers --- */

enum role { GET, GET_UNTIL, PUT, PUT_UNTIL, PUT_MANY, DRAIN };

struct sleepers {
    weir_queue_t *q;
    const enum role *roles;
    unsigned shut_out; /* how many returned ESHUTDOWN */
    unsigned drained;
};

static void sleepers_body(unsigned index, void *arg)
{
    struct sleepers *s = arg;
    weir_deadline_t deadline = weir_after(3600000LL * MS);
    enum role role = s->roles[index];
    uint64_t e[2] = {4, 5};
    int result = -1;

    switch (role) {
    case GET: result = weir_queue_get(s->q, e); break;
    case GET_UNTIL: result = weir_queue_get_until(s->q, e, deadline); break;
    case PUT: result = weir_queue_put(s->q, e); break;
    case PUT_UNTIL: result = weir_queue_put_until(s->q, e, deadline); break;
    case PUT_MANY:
        result = weir_queue_put_many(s->q, e, 2, deadline, NULL);
        break;
    case DRAIN:
        must_eq(weir_queue_drain(s->q, deadline), 0);
        must(weir_queue_empty(s->q));
        __atomic_fetch_add(&s->drained, 1, __ATOMIC_RELEASE);
        return;
    }
    must_eq(result, ESHUTDOWN);
    __atomic_fetch_add(&s->shut_out, 1, __ATOMIC_RELEASE);
}

/* All threads sleep; close; all are back. */
static void close_wakes(struct sleepers *s, unsigned count)
{
    support_group_t group;

    support_group_start(&group, count, sleepers_body, s);
    for (unsigned i = 0; i < count; i++)
        support_await_sleep(group.tids[i]);
    must_eq(s->shut_out, 0);
    must_eq(weir_queue_close(s->q), 0);
    support_group_join(&group);
    must_eq(s->shut_out, count);
}

START_TEST(close_wakes_getters)
{
    static const enum role roles[16] = {GET, GET_UNTIL, GET_UNTIL, GET};

    for (unsigned count = 1; count <= 16; count *= 2)
        for (size_t size = 8; size <= 12; size += 4) {
            struct sleepers s = {kit_create(count % 3 + 1, size), roles, 0, 0};

            close_wakes(&s, count);
            gets_are_refused(s.q);
            kit_must_be_idle(s.q);
            kit_destroy(s.q);
        }
}
END_TEST

START_TEST(close_wakes_putters)
{
    static const enum role roles[16] = {
        PUT,       PUT_UNTIL, PUT_MANY, PUT, PUT_MANY, PUT,      PUT, PUT,
        PUT_UNTIL, PUT,       PUT,      PUT, PUT,      PUT_MANY, PUT, PUT_UNTIL,
    };

    for (unsigned count = 1; count <= 16; count *= 2)
        for (size_t capacity = 1; capacity <= 4; capacity++) {
            struct sleepers s = {kit_create(capacity, 8), roles, 0, 0};
            uint64_t e;

            for (e = 0; e < capacity; e++)
                must_eq(weir_queue_put(s.q, &e), 0);
            close_wakes(&s, count);
            for (uint64_t i = 0; i < capacity; i++) {
                must_eq(weir_queue_get(s.q, &e), 0);
                must_eq(e, i);
            }
            must_eq(weir_queue_get(s.q, &e), ESHUTDOWN);
            kit_must_be_idle(s.q);
            kit_destroy(s.q);
        }
}
END_TEST

START_TEST(drainers_wake_with_the_last_get)
{
    static const enum role roles[8] = {DRAIN, DRAIN, DRAIN, DRAIN,
                                       DRAIN, DRAIN, DRAIN, DRAIN};

    for (unsigned count = 1; count <= 8; count *= 2)
        for (size_t there = 1; there <= 4; there++) {
            struct sleepers s = {kit_create(4, there % 2 ? 8 : 12), roles, 0,
                                 0};
            support_group_t group;
            uint64_t e[2] = {0};

            for (size_t i = 0; i < there; i++)
                must_eq(weir_queue_put(s.q, e), 0);
            must_eq(weir_queue_close(s.q), 0);
            support_group_start(&group, count, sleepers_body, &s);
            for (unsigned i = 0; i < count; i++)
                support_await_sleep(group.tids[i]);
            for (size_t i = 1; i < there; i++)
                must_eq(weir_queue_get(s.q, e), 0);
            support_sleep_ns(MS);
            must_eq(__atomic_load_n(&s.drained, __ATOMIC_ACQUIRE), 0);
            must_eq(weir_queue_get(s.q, e), 0);
            support_group_join(&group);
            must_eq(s.drained, count);
            kit_must_be_idle(s.q);
            kit_destroy(s.q);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_close");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, close_refuses_puts_and_drains);
    tcase_add_test(tcase, drain_needs_close_and_waits);
    tcase_add_test(tcase, closed_and_empty_is_drained);

    tcase = support_tcase(suite, "blocking");
    tcase_add_test(tcase, close_wakes_getters);
    tcase_add_test(tcase, close_wakes_putters);
    tcase_add_test(tcase, drainers_wake_with_the_last_get);
    return support_main(suite);
}
