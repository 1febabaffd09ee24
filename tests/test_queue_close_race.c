/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: close at any step of any other call.  What a put returned 0 for is
 * got exactly once, what it refused is never seen, and nobody is left
 * asleep.  (hazards B36, B37)
 */
#include <weir/queue.h>

#include <sched.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define PUTTERS 3u
#define GETTERS 2u
#define PER_PUTTER 24u

struct race {
    weir_queue_t *q;
    unsigned round;
    bool drain;      /* the closer drains, against getters that go on */
    bool leave_some; /* getters stop when they like */
    int results[PUTTERS * PER_PUTTER]; /* of the puts */
    unsigned got[PUTTERS * PER_PUTTER];
};

static int put_somehow(weir_queue_t *q, support_random_t *random, uint64_t e)
{
    int result;

    switch (support_below(random, 4)) {
    case 0: return weir_queue_put(q, &e);
    case 1:
        while ((result = weir_queue_tryput(q, &e)) == EAGAIN)
            sched_yield();
        return result;
    case 2:
        while ((result = weir_queue_put_until(q, &e, kit_soon(random))) ==
               ETIMEDOUT)
            continue;
        return result;
    default: return weir_queue_put_many(q, &e, 1, WEIR_FOREVER, NULL);
    }
}

/* Once a put was refused, all later ones are. */
static void race_put(struct race *r, unsigned index, support_random_t *random)
{
    bool refused = false;

    for (unsigned i = 0; i < PER_PUTTER; i++) {
        unsigned token = index * PER_PUTTER + i;
        int result = put_somehow(r->q, random, token);

        r->results[token] = result;
        must(result == ESHUTDOWN || (result == 0 && !refused));
        refused = result == ESHUTDOWN;
        support_jitter(random);
    }
}

static int get_somehow(weir_queue_t *q, support_random_t *random, uint64_t *e)
{
    int result;

    switch (support_below(random, 3)) {
    case 0: return weir_queue_get(q, e);
    case 1:
        while ((result = weir_queue_tryget(q, e)) == EAGAIN)
            sched_yield();
        return result;
    default:
        while ((result = weir_queue_get_until(q, e, kit_soon(random))) ==
               ETIMEDOUT)
            continue;
        return result;
    }
}

static void race_get(struct race *r, support_random_t *random)
{
    uint64_t e;

    while (get_somehow(r->q, random, &e) == 0) {
        must(e < PUTTERS * PER_PUTTER);
        __atomic_fetch_add(&r->got[e], 1, __ATOMIC_RELAXED);
        support_jitter(random);
        if (r->leave_some && support_below(random, 40) == 0)
            return;
    }
    /* Once ESHUTDOWN, always. */
    must_eq(weir_queue_get(r->q, &e), ESHUTDOWN);
}

static void race_close(struct race *r, support_random_t *random)
{
    uint64_t e = 0;

    support_delay_ns(support_below(random, 200000));
    must_eq(weir_queue_close(r->q), 0);
    must_eq(weir_queue_tryput(r->q, &e), ESHUTDOWN);
    if (!r->drain)
        return;
    must_eq(weir_queue_drain(r->q, WEIR_FOREVER), 0);
    must_eq(weir_queue_len(r->q), 0);
    must_eq(weir_queue_get(r->q, &e), ESHUTDOWN);
}

static void race_body(unsigned index, void *arg)
{
    struct race *r = arg;
    support_random_t random = support_random(r->round * 16 + index);

    if (index < PUTTERS)
        race_put(r, index, &random);
    else if (index < PUTTERS + GETTERS)
        race_get(r, &random);
    else
        race_close(r, &random);
}

static void take_the_rest(struct race *r)
{
    uint64_t e;

    while (weir_queue_tryget(r->q, &e) == 0)
        r->got[e]++;
    must_eq(weir_queue_tryget(r->q, &e), ESHUTDOWN);
}

static void one_race(size_t capacity, unsigned round)
{
    struct race r = {.q = kit_create(capacity, 8), .round = round};

    r.drain = round % 3 == 0;
    r.leave_some = round % 3 == 1;
    support_threads(PUTTERS + GETTERS + 1, race_body, &r);
    if (r.leave_some)
        take_the_rest(&r);
    for (unsigned i = 0; i < PUTTERS * PER_PUTTER; i++)
        must_eq(r.got[i], r.results[i] == 0);
    kit_must_be_idle(r.q);
    kit_destroy(r.q);
}

START_TEST(what_was_put_is_got_and_nothing_else)
{
    for (unsigned round = 0; round < support_scaled(3000u); round++)
        one_race((size_t)_i, round);
}
END_TEST

START_TEST(close_in_a_storm) /* hazard B50 */
{
    support_storm_begin();
    for (unsigned round = 0; round < support_scaled(500u); round++)
        one_race(1 + round % 4, round);
    support_storm_end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_close_race");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, what_was_put_is_got_and_nothing_else, 1, 5);

    tcase = support_tcase(suite, "signal");
    tcase_add_test(tcase, close_in_a_storm);
    return support_main(suite);
}
