/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Users' programs with events: a set publishes to whoever finds it set, or
 * clears it.
 */
#include "kit.h"

#define TURNS 20

static weir_event_t event;
static weir_event_t answered;
static long config;
static long beside;

static void set_up(void)
{
    must(weir_event_init(&event, 0) == 0);
    must(weir_event_init(&answered, 0) == 0);
}

/* -- Right -------------------------------------------------------------- */

static int readers;

/* Relaxed: it orders nothing. */
static void come(void)
{
    __atomic_fetch_add(&readers, 1, __ATOMIC_RELAXED);
}

/* When all have come, and a while later, so that they sleep. */
static void *write_late(void *arg)
{
    while (__atomic_load_n(&readers, __ATOMIC_RELAXED) < 2)
        nap(1000);
    nap(2000000);
    config = 7;
    must(weir_event_set(&event) == 0);
    return arg;
}

static void *read_it(void *arg)
{
    come();
    must(weir_event_wait(&event) == 0);
    must(config == 7);
    return arg;
}

static void woken(void)
{
    body_t *bodies[] = {write_late, read_it, read_it};

    set_up();
    together(3, bodies);
}

static void *look_for_it(void *arg)
{
    come();
    while (!weir_event_is_set(&event))
        nap(1000);
    must(config == 7);
    return arg;
}

static void *look_in_time(void *arg)
{
    come();
    while (weir_event_wait_until(&event, weir_after(100000)) != 0)
        ;
    must(config == 7);
    return arg;
}

static void seen(void)
{
    body_t *bodies[] = {write_late, look_for_it, look_in_time};

    set_up();
    together(3, bodies);
}

/* Two take turns, and clear what they have seen. */
static void *ask(void *arg)
{
    for (int i = 0; i < TURNS; i++) {
        config++;
        must(weir_event_set(&event) == 0);
        must(weir_event_wait(&answered) == 0);
        must(weir_event_clear(&answered) == 0);
        must(config == 2 * (i + 1));
    }
    return arg;
}

static void *answer(void *arg)
{
    for (int i = 0; i < TURNS; i++) {
        must(weir_event_wait(&event) == 0);
        must(weir_event_clear(&event) == 0);
        nap(1000000);
        config++;
        must(weir_event_set(&answered) == 0);
    }
    return arg;
}

static void turns(void)
{
    set_up();
    both(ask, answer);
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_only(void *arg)
{
    apart();
    beside++;
    return arg;
}

/* Written after the set, and so not published by it. */
static void *write_too_late(void *arg)
{
    must(weir_event_set(&event) == 0);
    return write_only(arg);
}

static void *wait_and_write(void *arg)
{
    come();
    must(weir_event_wait(&event) == 0);
    return write_only(arg);
}

static void race_after_set(void)
{
    set_up();
    both(write_too_late, wait_and_write);
}

/* All are let in at once: no mutual exclusion. */
static void race_inside(void)
{
    body_t *bodies[] = {write_late, wait_and_write, wait_and_write};

    set_up();
    together(3, bodies);
}

/* What was not set orders nothing. */
static void *give_up(void *arg)
{
    must(weir_event_wait_until(&event, weir_after(1000000)) == ETIMEDOUT);
    must(!weir_event_is_set(&event));
    return write_only(arg);
}

static void race_after_timeout(void)
{
    set_up();
    both(give_up, write_only);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"woken", CLEAN, woken},
        {"seen", CLEAN, seen},
        {"turns", CLEAN, turns},
        {"race_after_set", RACE, race_after_set},
        {"race_inside", RACE, race_inside},
        {"race_after_timeout", RACE, race_after_timeout},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
