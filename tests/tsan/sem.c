/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Users' programs with semaphores: a post publishes to whoever takes.
 */
#include "kit.h"

#define ROUNDS 500

static weir_sem_t sem;
static weir_sem_t back;
static long counter;
static long beside;
static int readers; /* that have come */

static void set_up(unsigned value)
{
    must(weir_sem_init(&sem, value, WEIR_SEM_MAX, 0) == 0);
    must(weir_sem_init(&back, 0, WEIR_SEM_MAX, 0) == 0);
}

/* -- Right -------------------------------------------------------------- */

static void *count(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        must(weir_sem_wait(&sem) == 0);
        counter++;
        if (i % 100 == 0)
            nap(100000); /* others sleep */
        must(weir_sem_post(&sem) == 0);
    }
    return arg;
}

static void locked(void)
{
    set_up(1);
    four(count);
    must(counter == 4 * ROUNDS);
}

/* By the calls that do not wait, or not for long. */
static void *count_somehow(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 2)
            while (weir_sem_trywait(&sem) != 0)
                nap(1000);
        else
            while (weir_sem_wait_until(&sem, weir_after(100000)) != 0)
                ;
        counter++;
        if (i % 100 == 0)
            nap(300000);
        must(weir_sem_post_n(&sem, 1) == 0);
    }
    return arg;
}

static void tried(void)
{
    set_up(1);
    four(count_somehow);
    must(counter == 4 * ROUNDS);
}

/* Each sleeps until the other has written. */
static void *write_late(void *arg)
{
    for (int i = 0; i < 20; i++) {
        nap(1000000);
        counter++;
        must(weir_sem_post(&sem) == 0);
        must(weir_sem_wait(&back) == 0);
        must(counter == 2 * (i + 1));
    }
    return arg;
}

static void *wait_for_it(void *arg)
{
    for (int i = 0; i < 20; i++) {
        must(weir_sem_wait(&sem) == 0);
        must(counter == 2 * i + 1);
        nap(1000000);
        counter++;
        must(weir_sem_post(&back) == 0);
    }
    return arg;
}

static void woken(void)
{
    set_up(0);
    both(write_late, wait_for_it);
}

/* All that were posted at once publish. */
static void *write_for_all(void *arg)
{
    /* Relaxed: it orders nothing.  And a while later they sleep. */
    while (__atomic_load_n(&readers, __ATOMIC_RELAXED) < 3)
        nap(1000);
    nap(2000000);
    counter = 7;
    must(weir_sem_post_n(&sem, 3) == 0);
    return arg;
}

static void *read_it(void *arg)
{
    __atomic_fetch_add(&readers, 1, __ATOMIC_RELAXED);
    must(weir_sem_wait(&sem) == 0);
    must(counter == 7);
    return arg;
}

static void at_once(void)
{
    body_t *bodies[] = {write_for_all, read_it, read_it, read_it};

    set_up(0);
    together(4, bodies);
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_beside(void *arg)
{
    must(weir_sem_wait(&sem) == 0);
    must(weir_sem_post(&sem) == 0);
    apart();
    beside++;
    return arg;
}

static void race_beside(void)
{
    set_up(1);
    both(write_beside, write_beside);
}

/* Two permits exclude nobody. */
static void *write_inside(void *arg)
{
    must(weir_sem_wait(&sem) == 0);
    apart();
    beside++;
    return arg;
}

static void race_inside(void)
{
    set_up(2);
    both(write_inside, write_inside);
}

static void *write_only(void *arg)
{
    apart();
    beside++;
    return arg;
}

/* What took nothing orders nothing. */
static void *give_up(void *arg)
{
    must(weir_sem_wait_until(&sem, weir_after(1000000)) == ETIMEDOUT);
    must(weir_sem_trywait(&sem) == EAGAIN);
    return write_only(arg);
}

static void race_after_timeout(void)
{
    set_up(0);
    both(give_up, write_only);
}

/* Written after the post, and so not published by it. */
static void *write_too_late(void *arg)
{
    must(weir_sem_post(&sem) == 0);
    return write_only(arg);
}

static void race_after_post(void)
{
    set_up(0);
    both(write_too_late, write_inside);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"locked", CLEAN, locked},
        {"tried", CLEAN, tried},
        {"woken", CLEAN, woken},
        {"at_once", CLEAN, at_once},
        {"race_beside", RACE, race_beside},
        {"race_inside", RACE, race_inside},
        {"race_after_timeout", RACE, race_after_timeout},
        {"race_after_post", RACE, race_after_post},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
