/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with recursive mutexes, right and wrong, for
 * ThreadSanitizer.
 */
#include "kit.h"

#if defined(WEIR_TSAN_OWNED)
#define ORDER INVERSION
#else
#define ORDER CLEAN
#endif

#define LOOPS 1000

static weir_rmutex_t lock; /* all zero */
static weir_rmutex_t other;
static long counter;
static long beside;

/* -- Right -------------------------------------------------------------- */

/* Now and then the owner sleeps, so that the others do. */
static void *count(void *arg)
{
    for (int i = 0; i < LOOPS; i++) {
        weir_rmutex_lock(&lock);
        weir_rmutex_lock(&lock);
        counter++;
        if (i % 500 == 0)
            nap(1000000);
        weir_rmutex_unlock(&lock);
        counter++;
        weir_rmutex_unlock(&lock);
    }
    return arg;
}

static void contended(void)
{
    four(count);
    must(counter == 8L * LOOPS);
}

static void *count_by_trying(void *arg)
{
    for (int i = 0; i < LOOPS; i++) {
        while (weir_rmutex_trylock(&lock) != 0)
            nap(1000);
        must(weir_rmutex_trylock(&lock) == 0);
        counter++;
        weir_rmutex_unlock(&lock);
        weir_rmutex_unlock(&lock);
    }
    return arg;
}

static void tried(void)
{
    four(count_by_trying);
    must(counter == 4L * LOOPS);
}

static void *count_in_time(void *arg)
{
    for (int i = 0; i < LOOPS; i++) {
        while (weir_rmutex_lock_until(&lock, weir_after(1000)) != 0)
            ;
        must(weir_rmutex_lock_until(&lock, WEIR_FOREVER) == 0);
        counter++;
        weir_rmutex_unlock(&lock);
        weir_rmutex_unlock(&lock);
    }
    return arg;
}

static void timed(void)
{
    four(count_in_time);
    must(counter == 4L * LOOPS);
}

/* Refused: no release, and no misuse that the sanitizer would tell of. */
static void *unlock_of_main(void *arg)
{
    must(weir_rmutex_unlock(&lock) == EPERM);
    must(weir_rmutex_trylock(&lock) == EBUSY);
    return arg;
}

static void refused(void)
{
    must(weir_rmutex_init(&lock, 0) == 0);
    weir_rmutex_lock(&lock);
    both(unlock_of_main, unlock_of_main);
    weir_rmutex_unlock(&lock);
    must(weir_rmutex_unlock(&lock) == EPERM);
}

/* -- Wrong -------------------------------------------------------------- */

static void *lock_and_race(void *arg)
{
    weir_rmutex_lock(&lock);
    counter++;
    weir_rmutex_unlock(&lock);
    apart();
    beside++;
    return arg;
}

static void race_beside(void)
{
    both(lock_and_race, lock_and_race);
}

/* What was refused orders nothing. */
static void *ignore_the_refusal(void *arg)
{
    must(weir_rmutex_trylock(&lock) == EBUSY); /* held by main */
    must(weir_rmutex_lock_until(&lock, weir_after(1000)) == ETIMEDOUT);
    apart();
    beside++;
    return arg;
}

static void race_after_a_refusal(void)
{
    weir_rmutex_lock(&lock);
    both(ignore_the_refusal, ignore_the_refusal);
    weir_rmutex_unlock(&lock);
}

static void take(weir_rmutex_t *first, weir_rmutex_t *second)
{
    weir_rmutex_lock(first);
    weir_rmutex_lock(second);
    weir_rmutex_lock(first); /* its own again: no order */
    weir_rmutex_unlock(first);
    weir_rmutex_unlock(second);
    weir_rmutex_unlock(first);
}

static void orders(void)
{
    take(&lock, &other);
    take(&other, &lock);
}

static const struct test tests[] = {
    {"contended", CLEAN, contended},
    {"tried", CLEAN, tried},
    {"timed", CLEAN, timed},
    {"refused", CLEAN, refused},
    {"race_beside", RACE, race_beside},
    {"race_after_a_refusal", RACE, race_after_a_refusal},
    {"orders", ORDER, orders},
};

int main(int argc, char **argv)
{
    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
