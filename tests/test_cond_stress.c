/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Condition: long runs in which each signal is counted, with timeouts that
 * collide, in storms; and memory that goes as soon as a waiter is woken.
 */
#include <weir/cond.h>

#include "support/support.h"
#include "test_cond_kit.h"

/* --- tokens --- */

struct market {
    struct object *o;
    unsigned makers;
    unsigned eaters;
    unsigned hasty; /* of the eaters: wait with deadlines that collide */
    long rounds;    /* of each maker */
    long made, eaten;
    long still_making;
};

static void make_tokens(struct market *market, unsigned index)
{
    support_random_t random = support_random(index);

    for (long i = 0; i < market->rounds; i++) {
        unsigned n = 1 + support_below(&random, 3);
        bool inside = support_below(&random, 2);

        support_note("maker: round %lu", (unsigned long)i, 0);
        lock(market->o);
        market->o->tokens += n;
        market->made += n;
        if (!inside)
            unlock(market->o);
        if (support_below(&random, 8) == 0)
            support_jitter(&random);
        must_eq(weir_cond_signal_n(&market->o->cond, n), 0);
        if (inside)
            unlock(market->o);
        support_jitter(&random);
    }
    lock(market->o);
    if (--market->still_making == 0)
        must_eq(weir_cond_broadcast(&market->o->cond), 0);
    unlock(market->o);
}

static void eat_tokens(struct market *market, unsigned index)
{
    support_random_t random = support_random(index);
    bool hasty = index < market->makers + market->hasty;
    struct object *o = market->o;
    long eaten = 0;

    lock(o);
    for (;;) {
        while (o->tokens == 0 && market->still_making > 0) {
            support_note("eater: waits after %lu", (unsigned long)eaten, 0);
            if (hasty)
                (void)wait_until(o, weir_after(support_below(&random, 100000)));
            else
                must_eq(wait_on(o), 0);
        }
        if (o->tokens == 0)
            break;
        o->tokens--;
        eaten++;
        if (support_below(&random, 16) == 0) {
            unlock(o);
            support_jitter(&random);
            lock(o);
        }
    }
    market->eaten += eaten;
    unlock(o);
}

static void trade(unsigned index, void *arg)
{
    struct market *market = arg;

    if (index < market->makers)
        make_tokens(market, index);
    else
        eat_tokens(market, index);
}

static void run_market(int way, unsigned makers, unsigned eaters,
                       unsigned hasty, long rounds)
{
    struct market market = {.o = &object,
                            .makers = makers,
                            .eaters = eaters,
                            .hasty = hasty,
                            .rounds = support_scaled(rounds) / makers + 1,
                            .still_making = makers};

    fresh(way);
    support_threads(makers + eaters, trade, &market);
    must_eq(market.made, market.eaten);
}

/* Hazards B1, B2, B5, B11, B19: each token comes with a signal for one, from
 * inside the lock or outside; eaters that only sleep get all of them. */
START_TEST(no_signal_is_lost)
{
    static const unsigned teams[][2] = {{1, 1}, {2, 3}, {3, 2}, {4, 8}};

    run_market(_i % WAYS, teams[_i / WAYS][0], teams[_i / WAYS][1], 0, 10000);
}
END_TEST

/* Hazard B20: deadlines pass as signals come. */
START_TEST(timeouts_swallow_nothing)
{
    run_market(_i, 2, 5, 4, 8000);
}
END_TEST

START_TEST(no_signal_is_lost_in_a_storm)
{
    support_storm_begin();
    run_market(_i, 2, 4, 2, 1500);
    support_storm_end();
}
END_TEST

/* --- exactly --- */

#define WAITERS 5u

struct exact {
    long rounds; /* of each waiter */
    long done;
};

static void wait_often(unsigned index, struct exact *exact)
{
    support_random_t random = support_random(index);

    for (long i = 0; i < exact->rounds; i++) {
        wait_counted(&object);
        support_jitter(&random);
    }
    lock(&object);
    exact->done++;
    unlock(&object);
}

static void wait_or_signal(unsigned index, void *arg)
{
    struct exact *exact = arg;
    support_random_t random = support_random(index);
    long done = 0;

    if (index < WAITERS) {
        wait_often(index, exact);
        return;
    }
    while (done < WAITERS) {
        unsigned n = support_below(&random, 4);

        signal_counted(&object, n == 3 ? ~0u : n, true);
        support_jitter(&random);
        lock(&object);
        done = exact->done;
        unlock(&object);
    }
}

/* Signals of 0, 1, 2 and all, by two threads that hold the lock: as many
 * returns, none without, whatever the order. */
START_TEST(as_many_returns_as_signals)
{
    struct exact exact = {support_scaled(800) + 1, 0};

    fresh(_i);
    support_threads(WAITERS + 2, wait_or_signal, &exact);
    must_eq(object.came, object.gone);
    must_eq(object.owed, 0);
}
END_TEST

/* --- lifetime --- */

struct race {
    struct object *o; /* NULL between rounds */
    bool free_at_once;
};

static struct object *get(struct race *race)
{
    return __atomic_load_n(&race->o, __ATOMIC_ACQUIRE);
}

static void put(struct race *race, struct object *o)
{
    __atomic_store_n(&race->o, o, __ATOMIC_RELEASE);
}

/* Wait on each, and take its memory away at once: the locks are elsewhere. */
static void wait_and_drop(struct race *race, weir_cond_t *c)
{
    lock(&object);
    object.came = 1;
    must_eq(weir_cond_wait(c, &object.mutex), 0);
    unlock(&object);
    support_strip_drop(c);
    put(race, NULL);
}

static weir_cond_t *conds[2];

static void signal_or_free(unsigned index, void *arg)
{
    struct race *race = arg;
    support_random_t random = support_random(index);
    support_strip_t strip = {NULL, 0};

    if (index == 0)
        strip = support_strip(false);
    for (long i = support_scaled(600); i > 0; i--) {
        support_note("round %lu", (unsigned long)i, 0);
        if (index == 1) {
            while (get(race) == NULL)
                support_sleep_ns(1000);
            wait_and_drop(race, conds[0]);
            continue;
        }
        conds[0] = support_strip_take(&strip, sizeof(weir_cond_t));
        must_eq(weir_cond_init(conds[0], 0), 0);
        object.came = 0;
        put(race, &object);
        for (bool there = false; !there;) {
            lock(&object);
            there = object.came;
            unlock(&object);
        }
        if (support_below(&random, 4) == 0)
            support_jitter(&random);
        if (i % 2 == 0)
            must_eq(weir_cond_signal(conds[0]), 0);
        else
            must_eq(weir_cond_broadcast(conds[0]), 0);
        while (get(race) != NULL)
            support_sleep_ns(1000);
    }
}

/* Hazards B21, B22, K9: a woken waiter unmaps it, while the signal that woke
 * it has not returned. */
START_TEST(unmapped_by_the_woken)
{
    struct race race = {NULL, true};

    fresh(0);
    support_threads(2, signal_or_free, &race);
}
END_TEST

/* One waits for a signal, one until a deadline, and one broadcasts with the
 * lock held: whoever was signalled unmaps it, while the other may be asking
 * whether it was. */
static weir_cond_t *shown;
static int closed, freed;
static long out; /* of all rounds */

static void part(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    support_strip_t strip = {NULL, 0};

    (void)arg;
    if (index == 0)
        strip = support_strip(false);
    for (long i = 1; i <= support_scaled(400); i++) {
        support_note("round %lu", (unsigned long)i, 0);
        lock(&object);
        if (index == 0) {
            shown = support_strip_take(&strip, sizeof(weir_cond_t));
            must_eq(weir_cond_init(shown, 0), 0);
            closed = freed = 0;
            object.came = i; /* the round begins */
            unlock(&object);
            support_delay_ns(support_below(&random, 60000));
            lock(&object);
            closed = 1;
            must_eq(weir_cond_broadcast(shown), 0);
        } else {
            weir_cond_t *c;
            int result = ETIMEDOUT;

            while (object.came != i) {
                unlock(&object);
                support_sleep_ns(1000);
                lock(&object);
            }
            c = shown;
            if (!closed)
                result = weir_cond_wait_until(c, &object.mutex,
                                              index == 1 ? WEIR_FOREVER
                                                         : weir_after(30000));
            must(result == 0 || index == 2 || closed);
            if (result == 0 && !freed) {
                freed = 1;
                support_strip_drop(c);
            }
        }
        for (out++; out < 3 * i;) {
            unlock(&object);
            support_sleep_ns(1000);
            lock(&object);
        }
        if (index == 0 && !freed)
            support_strip_drop(shown);
        unlock(&object);
    }
}

START_TEST(unmapped_at_the_deadline)
{
    fresh(0);
    out = 0;
    support_threads(3, part, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cond_stress");
    TCase *tcase = support_tcase(suite, "tokens");

    tcase_add_loop_test(tcase, no_signal_is_lost, 0, 4 * WAYS);
    tcase_add_loop_test(tcase, timeouts_swallow_nothing, 0, WAYS);
    tcase_add_loop_test(tcase, no_signal_is_lost_in_a_storm, 0, WAYS);
    tcase = support_tcase(suite, "exactly");
    tcase_add_loop_test(tcase, as_many_returns_as_signals, 0, WAYS);
    tcase = support_tcase(suite, "lifetime");
    tcase_add_test(tcase, unmapped_by_the_woken);
    tcase_add_test(tcase, unmapped_at_the_deadline);
    return support_main(suite);
}
