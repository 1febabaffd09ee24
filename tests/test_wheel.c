/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The wheel, which is compiled into this suite, against a list that is
 * searched: random operations at all scales of time, the edges between levels,
 * and the end of time.
 */
#include "atomics/wheel.c"

#include <string.h>

#include "support/support.h"

#define TICK WEIR_TIMER_TICK_NS
#define TIMERS 400

struct model {
    weir_timer_link_t_ link;
    uint64_t key; /* the tick for which it counts */
    bool in;
};

static struct weir_wheel wheel;
static struct model timers[TIMERS];
static uint64_t count; /* that are in */

static void begin(weir_deadline_t now)
{
    unsigned work = 1;

    memset(&wheel, 0xa5, sizeof(wheel));
    memset(timers, 0, sizeof(timers));
    weir_wheel_init_(&wheel);
    count = 0;
    must(weir_wheel_take_(&wheel, now, &work) == NULL);
    must_eq(work, 1);
    must_eq(wheel.base, tick_down(now));
    support_watch("wheel", &wheel, sizeof(wheel.base));
}

static void put(struct model *m, weir_deadline_t due)
{
    m->link.due = due;
    m->key = tick_up(due) > wheel.base ? tick_up(due) : wheel.base;
    m->in = true;
    count++;
    weir_wheel_put_(&wheel, &m->link);
}

static void drop(struct model *m)
{
    must(m->in);
    weir_wheel_drop_(&wheel, &m->link);
    must(m->link.next == NULL && m->link.prev == NULL);
    m->in = false;
    count--;
}

static struct model *earliest(void)
{
    struct model *least = NULL;

    for (unsigned i = 0; i < TIMERS; i++)
        if (timers[i].in && (least == NULL || timers[i].key < least->key))
            least = &timers[i];
    return least;
}

/* What next may say; exactly, if nothing was dropped. */
static void check_next(bool exact)
{
    const struct model *least = earliest();
    weir_deadline_t next = weir_wheel_next_(&wheel);

    if (least == NULL)
        must_eq(next, WEIR_FOREVER);
    else if (exact)
        must_eq(next, time_of(least->key));
    else
        must(next <= time_of(least->key));
}

/* Each bit has its timers, and each timer its bit; base is before all. */
static void check_shape(void)
{
    uint64_t found = 0;

    for (unsigned l = 0; l < WEIR_WHEEL_LEVELS; l++) {
        const struct weir_wheel_level *level = &wheel.level[l];

        must_eq(wheel.used >> l & 1, level->used != 0);
        for (unsigned s = 0; s < WEIR_WHEEL_SLOTS; s++) {
            const weir_timer_link_t_ *head = &level->slot[s];

            must_eq(level->used >> s & 1, head->next != head);
            for (const weir_timer_link_t_ *link = head->next; link != head;
                 link = link->next) {
                const struct model *m = (const struct model *)link;

                must(m->in && link->next->prev == link);
                must(m->key >= level->least[s] && m->key >= wheel.base);
                must_eq(level_of(wheel.base, m->key), l);
                must_eq(m->key >> (l * DIGIT) & SLOT_MASK, s);
                found++;
            }
        }
    }
    for (const weir_timer_link_t_ *link = wheel.spill.next;
         link != &wheel.spill; link = link->next)
        found++;
    must_eq(found, count);
}

/* Take all that is due, so much at a time; how many. */
static unsigned take_all(weir_deadline_t now, unsigned at_once)
{
    unsigned taken = 0;
    unsigned work;
    struct model *m;

    do {
        const struct model *least = earliest();

        work = at_once;
        m = (struct model *)weir_wheel_take_(&wheel, now, &work);
        must(work <= at_once);
        if (m == NULL)
            continue;
        must(m->in && m->link.due <= now); /* not early */
        must_eq(m->key, least->key);       /* and not before its turn */
        m->in = false;
        count--;
        taken++;
    } while (m != NULL || work == 0);
    must(earliest() == NULL || earliest()->key > tick_down(now));
    must(weir_wheel_next_(&wheel) > now ||
         weir_wheel_next_(&wheel) == WEIR_FOREVER);
    return taken;
}

/* --- api --- */

START_TEST(ticks)
{
    must_eq(tick_up(INT64_MIN), 0);
    must_eq(tick_up(0), 0);
    must_eq(tick_up(1), 1);
    must_eq(tick_up(TICK), 1);
    must_eq(tick_up(TICK + 1), 2);
    must_eq(tick_down(-1), 0);
    must_eq(tick_down(TICK - 1), 0);
    must_eq(tick_down(TICK), 1);
    must_eq(time_of(1), TICK);
    must_eq(time_of(tick_up(WEIR_FOREVER)), WEIR_FOREVER);
    must_eq(time_of(tick_up(WEIR_FOREVER - TICK)), WEIR_FOREVER - TICK + 1);
    must(level_of(0, tick_up(WEIR_FOREVER)) < WEIR_WHEEL_LEVELS);
}
END_TEST

START_TEST(empty)
{
    begin(0);
    check_next(true);
    check_shape();
    must(weir_wheel_any_(&wheel) == NULL);
    must_eq(take_all(WEIR_FOREVER, 1), 0);
}
END_TEST

START_TEST(one)
{
    begin(1000 * TICK);
    put(&timers[0], 1005 * TICK + 1);
    check_next(true);
    must_eq(take_all(1006 * TICK - 1, 1), 0);
    check_next(true);
    must_eq(take_all(1006 * TICK, 1), 1);
    check_next(true);
    put(&timers[0], 0);
    must_eq(weir_wheel_next_(&wheel), 1006 * TICK);
    must_eq(take_all(1006 * TICK, 1), 1);
    put(&timers[0], WEIR_FOREVER);
    must_eq(weir_wheel_next_(&wheel), WEIR_FOREVER);
    must(weir_wheel_any_(&wheel) == &timers[0].link);
    must(weir_wheel_any_(&wheel) == NULL);
}
END_TEST

/* Those of one tick come in the order in which they were put in, from a slot
 * and through all levels above it. */
START_TEST(in_order)
{
    weir_deadline_t due = ((weir_deadline_t)1 << 6 * _i) * TICK * 3 + 1;
    unsigned work = 1000;

    begin(0);
    for (unsigned i = 0; i < 50; i++)
        put(&timers[i], due + i); /* of one tick */
    for (unsigned i = 0; i < 50; i++)
        must(weir_wheel_take_(&wheel, due + 2 * TICK, &work) ==
             &timers[i].link);
}
END_TEST

/* --- edges --- */

/* On both sides of each edge between levels, and from both sides. */
START_TEST(cascades)
{
    weir_deadline_t edge = ((weir_deadline_t)1 << 6 * _i) * TICK;
    unsigned n = 0;

    for (int from = -2; from <= 0; from++) {
        if (edge + from * TICK < 0)
            continue;
        begin(edge + from * TICK);
        n = 0;
        for (weir_deadline_t ns = -3 * TICK; ns <= 3 * TICK; ns += TICK / 4)
            put(&timers[n++], edge + ns);
        check_shape();
        check_next(true);
        for (weir_deadline_t ns = -3 * TICK; ns <= 4 * TICK; ns += TICK / 4) {
            n -= take_all(edge + ns > 0 ? edge + ns : 0, 1);
            check_shape();
            check_next(true);
        }
        must_eq(n, 0);
        must_eq(count, 0);
    }
}
END_TEST

/* The last times there are. */
START_TEST(end_of_time)
{
    begin(WEIR_FOREVER - 100 * TICK);
    for (unsigned i = 0; i < 100; i++)
        put(&timers[i], WEIR_FOREVER - (weir_deadline_t)i * TICK);
    check_shape();
    for (int i = 100; i >= 0; i--) {
        (void)take_all(WEIR_FOREVER - i * TICK, 1 + (unsigned)i % 3);
        check_shape();
        check_next(true);
    }
    /* FOREVER itself is rounded up to a tick that never begins. */
    must_eq(count, 1);
    must(timers[0].in);
    drop(&timers[0]);
    check_next(true);
}
END_TEST

/* A slot with many, moved a few at a time; others come and go meanwhile. */
START_TEST(little_by_little)
{
    weir_deadline_t far = (weir_deadline_t)64 * 64 * TICK;
    unsigned work = 10;

    begin(0);
    for (unsigned i = 0; i < 200; i++)
        put(&timers[i], far + 1 + i % 7 * TICK);
    must(weir_wheel_take_(&wheel, far + TICK, &work) == NULL);
    must_eq(work, 0);
    must_eq(weir_wheel_next_(&wheel), far + TICK);
    drop(&timers[3]);   /* has been moved */
    drop(&timers[100]); /* has not */
    drop(&timers[199]);
    put(&timers[200], far);
    must_eq(take_all(far + TICK, 10), 30);
    must_eq(take_all(far + 10 * TICK, 10), 168);
    must_eq(count, 0);
    check_shape();
}
END_TEST

/* The only one of those that are spilled is dropped. */
START_TEST(drop_what_is_spilled)
{
    unsigned work = 1;

    begin(0);
    put(&timers[0], 100 * TICK);
    put(&timers[1], 100 * TICK);
    must(weir_wheel_take_(&wheel, 100 * TICK, &work) == NULL);
    must_eq(work, 0);
    drop(&timers[1]);
    check_shape();
    must_eq(take_all(100 * TICK, 5), 1);
    put(&timers[0], 200 * TICK);
    put(&timers[1], 200 * TICK);
    work = 1;
    must(weir_wheel_take_(&wheel, 200 * TICK, &work) == NULL);
    must(weir_wheel_any_(&wheel) == &timers[1].link);
    must(weir_wheel_any_(&wheel) == &timers[0].link);
    must(weir_wheel_any_(&wheel) == NULL);
}
END_TEST

/* After a drop of the earliest, next may be early, once. */
START_TEST(dropped_earliest)
{
    begin(0);
    put(&timers[0], 70 * TICK);
    put(&timers[1], 75 * TICK);
    drop(&timers[0]);
    must_eq(weir_wheel_next_(&wheel), 70 * TICK);
    must_eq(take_all(70 * TICK, 100), 0);
    check_next(true);
    must_eq(take_all(75 * TICK, 100), 1);
}
END_TEST

/* --- against the model --- */

/* A time from now on, at any scale; or one that has passed. */
static weir_deadline_t some_time(support_random_t *random, weir_deadline_t now)
{
    unsigned bits = support_below(random, 64);
    weir_deadline_t ns = (weir_deadline_t)(support_next(random) >> 1 >> bits);

    if (support_below(random, 20) == 0)
        return now - ns;
    return ns > WEIR_FOREVER - now ? WEIR_FOREVER : now + ns;
}

/* A step of the clock, mostly to where something is about to happen. */
static weir_deadline_t some_step(support_random_t *random, weir_deadline_t now)
{
    weir_deadline_t next = weir_wheel_next_(&wheel);

    if (support_below(random, 3) > 0 && next > now &&
        next < WEIR_FOREVER - 3 * TICK)
        next += (weir_deadline_t)support_below(random, 3 * TICK) - TICK;
    else
        next = some_time(random, now);
    return next > now ? next : now;
}

struct mixture {
    weir_deadline_t start;
    bool drops;
};

static const struct mixture mixtures[] = {
    {0, false},
    {0, true},
    {(weir_deadline_t)1 << 40, true},
    {((weir_deadline_t)1 << 62) - 5 * TICK, true},
    {WEIR_FOREVER - ((weir_deadline_t)1 << 20), true},
    {WEIR_FOREVER - ((weir_deadline_t)1 << 45), false},
};

START_TEST(as_the_model)
{
    const struct mixture *mixture = &mixtures[_i];
    support_random_t random = support_random((unsigned)_i);
    weir_deadline_t now = mixture->start;
    unsigned rounds = support_scaled(20000);

    begin(now);
    for (unsigned i = 0; i < rounds; i++) {
        struct model *m = &timers[support_below(&random, TIMERS)];

        support_note("round %lu", i, 0);
        if (!m->in)
            put(m, some_time(&random, now));
        else if (mixture->drops)
            drop(m);
        check_next(!mixture->drops);
        if (support_below(&random, 8) == 0) {
            now = some_step(&random, now);
            (void)take_all(now, 1 + support_below(&random, 100));
            check_next(!mixture->drops);
        }
        if (i % 64 == 0)
            check_shape();
        if (now - mixture->start > (weir_deadline_t)1 << 50 ||
            now > WEIR_FOREVER - 4 * TICK) {
            now = mixture->start;
            begin(now);
        }
    }
    while (weir_wheel_any_(&wheel) != NULL)
        count--;
    must_eq(count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wheel");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, ticks);
    tcase_add_test(tcase, empty);
    tcase_add_test(tcase, one);
    tcase_add_loop_test(tcase, in_order, 0, WEIR_WHEEL_LEVELS - 1);

    tcase = support_tcase(suite, "edges");
    tcase_add_loop_test(tcase, cascades, 0, WEIR_WHEEL_LEVELS);
    tcase_add_test(tcase, end_of_time);
    tcase_add_test(tcase, little_by_little);
    tcase_add_test(tcase, drop_what_is_spilled);
    tcase_add_test(tcase, dropped_earliest);

    tcase = support_tcase(suite, "model");
    tcase_add_loop_test(tcase, as_the_model, 0,
                        sizeof(mixtures) / sizeof(mixtures[0]));
    return support_main(suite);
}
