/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with conditions, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

#define LOOPS 500

static weir_mutex_t lock; /* all zero */
static weir_rmutex_t rlock;
static weir_cond_t changed;
static weir_cond_t rchanged;
static long turn;
static long counter;
static long beside;

/* -- Right -------------------------------------------------------------- */

static void take_turns(long me)
{
    weir_mutex_lock(&lock);
    for (int i = 0; i < LOOPS; i++) {
        while (turn % 2 != me)
            weir_cond_wait(&changed, &lock);
        turn++;
        counter++;
        weir_cond_signal(&changed);
    }
    weir_mutex_unlock(&lock);
}

static void *even(void *arg)
{
    take_turns(0);
    return arg;
}

static void *odd(void *arg)
{
    take_turns(1);
    return arg;
}

static void turns(void)
{
    both(even, odd);
    must(counter == 2L * LOOPS);
}

static bool is_mine(void *arg)
{
    return turn % 2 == *(long *)arg;
}

static void take_turns_deep(long me)
{
    for (int i = 0; i < LOOPS; i++) {
        weir_rmutex_lock(&rlock);
        weir_rmutex_lock(&rlock);
        while (weir_cond_wait_for_rmutex(&rchanged, &rlock, is_mine, &me,
                                         weir_after(100000)) != 0)
            ;
        turn++;
        counter++;
        weir_rmutex_unlock(&rlock);
        weir_cond_broadcast(&rchanged);
        weir_rmutex_unlock(&rlock);
    }
}

static void *even_deep(void *arg)
{
    take_turns_deep(0);
    return arg;
}

static void *odd_deep(void *arg)
{
    take_turns_deep(1);
    return arg;
}

static void deep(void)
{
    both(even_deep, odd_deep);
    must(counter == 2L * LOOPS);
}

/* The data is ordered by the lock, and waiters time out. */
static void *wait_and_count(void *arg)
{
    weir_mutex_lock(&lock);
    for (int i = 0; i < 100; i++) {
        (void)weir_cond_wait_until(&changed, &lock, weir_after(20000));
        counter++;
        weir_cond_signal_n(&changed, 2);
    }
    weir_mutex_unlock(&lock);
    return arg;
}

static void timed(void)
{
    must(weir_cond_init(&changed, 0) == 0);
    four(wait_and_count);
    must(counter == 400);
}

/* A waiter frees it, while the signal has not returned. */
struct box {
    weir_mutex_t lock;
    weir_cond_t full;
    bool is_full;
};

static struct box *box;

static void *fill(void *arg)
{
    weir_mutex_lock(&box->lock);
    box->is_full = true;
    weir_cond_signal(&box->full);
    weir_mutex_unlock(&box->lock);
    return arg;
}

static void *empty(void *arg)
{
    weir_mutex_lock(&box->lock);
    while (!box->is_full)
        weir_cond_wait(&box->full, &box->lock);
    weir_mutex_unlock(&box->lock);
    free(box);
    return arg;
}

static void freed(void)
{
    for (int i = 0; i < 50; i++) {
        box = calloc(1, sizeof(*box));
        must(box != NULL);
        both(empty, fill);
    }
}

/* Refused, and not announced. */
static void refused(void)
{
    long me = 0;

    must(weir_cond_wait(&changed, &lock) == EPERM);
    must(weir_cond_wait_for(&changed, &lock, is_mine, &me, WEIR_NOW) == EPERM);
    must(weir_cond_wait_rmutex(&rchanged, &rlock) == EPERM);
    must(weir_cond_wait_for_rmutex(&rchanged, &rlock, is_mine, &me, WEIR_NOW) ==
         EPERM);
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_after_a_wait(void *arg)
{
    weir_mutex_lock(&lock);
    while (turn == 0)
        weir_cond_wait(&changed, &lock);
    weir_mutex_unlock(&lock);
    apart();
    beside++;
    return arg;
}

static void *write_after_a_signal(void *arg)
{
    weir_mutex_lock(&lock);
    turn = 1;
    weir_mutex_unlock(&lock);
    weir_cond_signal(&changed);
    apart();
    beside++;
    return arg;
}

static void race_beside(void)
{
    both(write_after_a_wait, write_after_a_signal);
}

/* What a waiter holds before its wait it does not hold in it. */
static void *write_in_the_wait(void *arg)
{
    weir_mutex_lock(&lock);
    (void)weir_cond_wait_until(&changed, &lock, weir_after(1000000));
    weir_mutex_unlock(&lock);
    apart();
    counter = 1;
    return arg;
}

static void race_of_two_waiters(void)
{
    both(write_in_the_wait, write_in_the_wait);
}

static const struct test tests[] = {
    {"turns", CLEAN, turns},
    {"deep", CLEAN, deep},
    {"timed", CLEAN, timed},
    {"freed", CLEAN, freed},
    {"refused", CLEAN, refused},
    {"race_beside", RACE, race_beside},
    {"race_of_two_waiters", RACE, race_of_two_waiters},
};

int main(int argc, char **argv)
{
    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
