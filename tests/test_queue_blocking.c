/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: the calls that sleep do sleep, until the one thing happens for
 * which they may return: an element, a place, or the deadline.
 */
#include <weir/queue.h>

#include <stdlib.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define MS 1000000
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- time --- */

START_TEST(timeouts_are_not_early)
{
    weir_queue_t *q = kit_create(3, 8);
    uint64_t e = 7;

    for (int64_t ns = 1; ns < 30 * MS; ns *= 3) {
        weir_deadline_t deadline = weir_after(ns);

        must_eq(keeps_errno(weir_queue_get_until(q, &e, deadline)), ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    for (int i = 0; i < 3; i++)
        must_eq(keeps_errno(weir_queue_put_until(q, &e, WEIR_NOW)), 0);
    for (int64_t ns = 1; ns < 30 * MS; ns *= 3) {
        weir_deadline_t deadline = weir_after(ns);

        must_eq(keeps_errno(weir_queue_put_until(q, &e, deadline)), ETIMEDOUT);
        must(weir_now() >= deadline);
    }
    must_eq(e, 7);
    must_eq(weir_queue_len(q), 3);
    kit_destroy(q);
}
END_TEST

START_TEST(a_past_deadline_is_one_try) /* hazard B51 */
{
    static const weir_deadline_t past[] = {WEIR_NOW, 1, -1, INT64_MIN,
                                           INT64_MIN + 1};
    weir_queue_t *q = kit_create(1, 8);
    uint64_t e = 5;

    for (size_t i = 0; i < COUNT(past); i++) {
        must_eq(weir_queue_get_until(q, &e, past[i]), ETIMEDOUT);
        must_eq(weir_queue_put_until(q, &e, past[i]), 0);
        must_eq(weir_queue_put_until(q, &e, past[i]), ETIMEDOUT);
        must_eq(weir_queue_get_until(q, &e, past[i]), 0);
        must_eq(e, 5);
    }
    /* And the largest ones are no trouble where there is nothing to wait
     * for. */
    must_eq(weir_queue_put_until(q, &e, WEIR_FOREVER), 0);
    must_eq(weir_queue_get_until(q, &e, WEIR_FOREVER - 1), 0);
    kit_destroy(q);
}
END_TEST

/* --- blocking: proven asleep, then woken by the one thing that may --- */

enum sleeper { GETS, GETS_UNTIL, PUTS, PUTS_UNTIL };

struct sleepy {
    weir_queue_t *q;
    enum sleeper how;
    weir_deadline_t deadline;
    uint64_t got[8];
    unsigned returned;
};

static void sleepy_body(unsigned index, void *arg)
{
    struct sleepy *s = arg;
    uint64_t mine = 100 + index;

    switch (s->how) {
    case GETS: must_eq(keeps_errno(weir_queue_get(s->q, &mine)), 0); break;
    case GETS_UNTIL:
        must_eq(keeps_errno(weir_queue_get_until(s->q, &mine, s->deadline)), 0);
        break;
    case PUTS: must_eq(keeps_errno(weir_queue_put(s->q, &mine)), 0); break;
    case PUTS_UNTIL:
        must_eq(keeps_errno(weir_queue_put_until(s->q, &mine, s->deadline)), 0);
        break;
    }
    s->got[index] = mine;
    __atomic_fetch_add(&s->returned, 1, __ATOMIC_RELEASE);
}

static void await_returned(struct sleepy *s, unsigned count)
{
    while (__atomic_load_n(&s->returned, __ATOMIC_ACQUIRE) < count)
        support_sleep_ns(100000);
}

/* Woken as one by one they may be: each is given one element or place, and
 * the others stay asleep. */
static void wake_one_by_one(struct sleepy *s, unsigned count)
{
    support_group_t group;
    bool puts = s->how == PUTS || s->how == PUTS_UNTIL;
    uint64_t e;

    support_group_start(&group, count, sleepy_body, s);
    for (unsigned i = 0; i < count; i++)
        support_await_sleep(group.tids[i]);
    for (unsigned n = 1; n <= count; n++) {
        must_eq(__atomic_load_n(&s->returned, __ATOMIC_ACQUIRE), n - 1);
        e = 1000 + n;
        must_eq(puts ? weir_queue_get(s->q, &e) : weir_queue_put(s->q, &e), 0);
        await_returned(s, n);
    }
    support_group_join(&group);
}

static void blocked_getters_wake(enum sleeper how, size_t elems, unsigned count)
{
    struct sleepy s = {.how = how, .deadline = weir_after(3600000LL * MS)};
    uint64_t sum = 0;

    s.q = kit_create(elems, sizeof(uint64_t));
    wake_one_by_one(&s, count);
    for (unsigned i = 0; i < count; i++)
        sum += s.got[i] - 1000;
    must_eq(sum, count * (count + 1) / 2);
    kit_must_be_idle(s.q);
    kit_destroy(s.q);
}

static void blocked_putters_wake(enum sleeper how, size_t elems, unsigned count)
{
    struct sleepy s = {.how = how, .deadline = weir_after(3600000LL * MS)};
    uint64_t e = 1;

    s.q = kit_create(elems, sizeof(uint64_t));
    for (size_t i = 0; i < elems; i++)
        must_eq(weir_queue_put(s.q, &e), 0);
    wake_one_by_one(&s, count);
    must_eq(weir_queue_len(s.q), elems);
    for (unsigned i = 0; i < elems; i++)
        must_eq(weir_queue_tryget(s.q, &e), 0);
    kit_must_be_idle(s.q);
    kit_destroy(s.q);
}

START_TEST(get_sleeps_until_put)
{
    for (unsigned count = 1; count <= 8; count *= 2) {
        blocked_getters_wake(GETS, 1, count);
        blocked_getters_wake(GETS, 3, count);
        blocked_getters_wake(GETS_UNTIL, 4, count);
    }
}
END_TEST

START_TEST(put_sleeps_until_get)
{
    for (unsigned count = 1; count <= 8; count *= 2) {
        blocked_putters_wake(PUTS, 1, count);
        blocked_putters_wake(PUTS, 3, count);
        blocked_putters_wake(PUTS_UNTIL, 4, count);
    }
}
END_TEST

START_TEST(signals_and_strays_do_not_end_a_sleep) /* hazards B17, B50 */
{
    struct sleepy s = {.q = kit_create(2, 8)};
    uint64_t e = 9;

    support_stray_begin(&s.q->not_empty, 2 * WEIR_LINE);
    support_storm_begin();
    for (int round = 0; round < 20; round++) {
        support_group_t group;

        s.how = round % 2 == 0 ? GETS : PUTS;
        s.returned = 0;
        for (int i = 0; s.how == PUTS && i < 2; i++)
            must_eq(weir_queue_put(s.q, &e), 0);
        support_group_start(&group, 4, sleepy_body, &s);
        support_sleep_ns(5 * MS);
        must_eq(__atomic_load_n(&s.returned, __ATOMIC_ACQUIRE), 0);
        for (unsigned n = 0; n < 4; n++)
            must_eq(s.how == GETS ? weir_queue_put(s.q, &e)
                                  : weir_queue_get(s.q, &e),
                    0);
        support_group_join(&group);
        for (int i = 0; s.how == PUTS && i < 2; i++)
            must_eq(weir_queue_get(s.q, &e), 0);
        kit_must_be_idle(s.q);
    }
    support_storm_end();
    support_stray_end();
    kit_destroy(s.q);
}
END_TEST

START_TEST(timeouts_hold_in_a_storm) /* hazard B50 */
{
    weir_queue_t *q = kit_create(1, 8);
    uint64_t e = 3;

    support_storm_begin();
    for (int round = 0; round < 30; round++) {
        weir_deadline_t deadline = weir_after(round * MS / 4);

        must_eq(keeps_errno(weir_queue_get_until(q, &e, deadline)), ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(weir_queue_put(q, &e), 0);
        deadline = weir_after(round * MS / 4);
        must_eq(keeps_errno(weir_queue_put_until(q, &e, deadline)), ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(weir_queue_get(q, &e), 0);
    }
    support_storm_end();
    kit_destroy(q);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_blocking");
    TCase *tcase = support_tcase(suite, "timed");
    tcase_add_test(tcase, timeouts_are_not_early);
    tcase_add_test(tcase, a_past_deadline_is_one_try);

    tcase = support_tcase(suite, "blocking");
    tcase_add_test(tcase, get_sleeps_until_put);
    tcase_add_test(tcase, put_sleeps_until_get);

    tcase = support_tcase(suite, "signal");
    tcase_add_test(tcase, signals_and_strays_do_not_end_a_sleep);
    tcase_add_test(tcase, timeouts_hold_in_a_storm);
    return support_main(suite);
}
