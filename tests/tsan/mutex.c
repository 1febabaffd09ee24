/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with mutexes, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

#if defined(WEIR_TSAN_OWNED)
#define ORDER INVERSION
#define OWNER MISUSE
#else
#define ORDER CLEAN
#define OWNER CLEAN
#endif

#define LOOPS 1000

static weir_mutex_t lock; /* all zero */
static weir_mutex_t other;
static long counter;
static long beside;
static long *heap;

/* -- Right -------------------------------------------------------------- */

/* Now and then the holder sleeps, so that the others do: all paths of lock
 * and unlock. */
static void *count(void *arg)
{
    for (int i = 0; i < LOOPS; i++) {
        weir_mutex_lock(&lock);
        counter++;
        if (i % 500 == 0)
            nap(1000000);
        weir_mutex_unlock(&lock);
    }
    return arg;
}

static void contended(void)
{
    four(count);
    must(counter == 4L * LOOPS);
}

/* Through calls that are never inline. */
static void *count_by_trying(void *arg)
{
    for (int i = 0; i < LOOPS; i++) {
        while (weir_mutex_trylock(&lock) != 0)
            nap(1000);
        counter++;
        weir_mutex_unlock(&lock);
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
        while (weir_mutex_lock_until(&lock, weir_after(1000)) != 0)
            ;
        counter++;
        weir_mutex_unlock(&lock);
        must(weir_mutex_lock_until(&lock, WEIR_FOREVER) == 0);
        counter++;
        weir_mutex_unlock(&lock);
    }
    return arg;
}

static void timed(void)
{
    four(count_in_time);
    must(counter == 8L * LOOPS);
}

/* The calls by address. */
static void *count_by_pointer(void *arg)
{
    int (*volatile take)(weir_mutex_t *) = weir_mutex_lock;
    int (*volatile give)(weir_mutex_t *) = weir_mutex_unlock;

    for (int i = 0; i < LOOPS; i++) {
        take(&lock);
        counter++;
        give(&lock);
    }
    return arg;
}

static void by_pointer(void)
{
    four(count_by_pointer);
    must(counter == 4L * LOOPS);
}

/* Locked here, unlocked there: what was done under the lock is ordered, and
 * it is no misuse. */
static void *unlock_for_main(void *arg)
{
    counter++;
    must(weir_mutex_unlock(&lock) == 0);
    return arg;
}

static void handed_over(void)
{
    for (int i = 0; i < 100; i++) {
        pthread_t thread;

        weir_mutex_lock(&lock);
        counter++;
        must(pthread_create(&thread, NULL, unlock_for_main, NULL) == 0);
        weir_mutex_lock(&lock); /* the other's unlock */
        counter++;
        weir_mutex_unlock(&lock);
        must(pthread_join(thread, NULL) == 0);
    }
    must(counter == 300);
}

static void unlocked_twice(void)
{
    weir_mutex_lock(&lock);
    weir_mutex_unlock(&lock);
    must(weir_mutex_unlock(&lock) == EPERM);
}

/* The next holder frees it. */
struct owned {
    weir_mutex_t mutex;
    long value;
};
static struct owned *owned;

static void *last_holder(void *arg)
{
    weir_mutex_lock(&owned->mutex);
    owned->value++;
    weir_mutex_unlock(&owned->mutex);
    free(owned);
    return arg;
}

static void freed(void)
{
    for (int i = 0; i < 200; i++) {
        pthread_t thread;

        owned = calloc(1, sizeof(*owned));
        must(owned != NULL);
        must(weir_mutex_init(&owned->mutex, 0) == 0);
        weir_mutex_lock(&owned->mutex);
        must(pthread_create(&thread, NULL, last_holder, NULL) == 0);
        owned->value = i;
        weir_mutex_unlock(&owned->mutex);
        must(pthread_join(thread, NULL) == 0);
    }
}

static void nest(weir_mutex_t *outer, weir_mutex_t *inner)
{
    weir_mutex_lock(outer);
    weir_mutex_lock(inner);
    weir_mutex_unlock(inner);
    weir_mutex_unlock(outer);
}

/* Two mutexes that come to be in the same memory have no order. */
static void initialised_again(void)
{
    nest(&lock, &other);
    must(weir_mutex_init(&lock, 0) == 0);
    nest(&other, &lock);
}

static void order_kept(void)
{
    nest(&lock, &other);
    nest(&lock, &other);
    weir_mutex_lock(&other);
    if (weir_mutex_trylock(&lock) == 0) /* no deadlock is possible */
        weir_mutex_unlock(&lock);
    weir_mutex_unlock(&other);
}

/* -- Wrong -------------------------------------------------------------- */

static void *forget_the_lock(void *arg)
{
    weir_mutex_lock(&lock);
    counter++;
    weir_mutex_unlock(&lock);
    apart();
    beside++;
    return arg;
}

static void race_beside(void)
{
    both(forget_the_lock, forget_the_lock);
}

static void *ignore_failure(void *arg)
{
    (void)weir_mutex_trylock(&lock); /* held by main */
    apart();
    beside++;
    return arg;
}

static void race_after_failed_trylock(void)
{
    weir_mutex_lock(&lock);
    both(ignore_failure, ignore_failure);
    weir_mutex_unlock(&lock);
}

static void *ignore_timeout(void *arg)
{
    must(weir_mutex_lock_until(&lock, weir_after(1000)) == ETIMEDOUT);
    apart();
    beside++;
    return arg;
}

static void race_after_timeout(void)
{
    weir_mutex_lock(&lock);
    both(ignore_timeout, ignore_timeout);
    weir_mutex_unlock(&lock);
}

/* Each under a lock, but not the same. */
static void *under_one(void *arg)
{
    weir_mutex_lock(&lock);
    apart();
    beside++;
    weir_mutex_unlock(&lock);
    return arg;
}

static void *under_other(void *arg)
{
    weir_mutex_lock(&other);
    apart();
    beside++;
    weir_mutex_unlock(&other);
    return arg;
}

static void race_two_locks(void)
{
    both(under_one, under_other);
}

/* After its unlock the memory is the next holder's. */
static void *write_late(void *arg)
{
    weir_mutex_lock(&lock);
    weir_mutex_unlock(&lock);
    apart();
    heap[0] = 1;
    return arg;
}

static void race_on_the_heap(void)
{
    heap = calloc(1, sizeof(*heap));
    must(heap != NULL);
    both(write_late, write_late);
    free(heap);
}

static void order_reversed(void)
{
    nest(&lock, &other);
    nest(&other, &lock);
}

/* Also where the outer one was got by trying. */
static void order_reversed_under_trylock(void)
{
    nest(&lock, &other);
    must(weir_mutex_trylock(&other) == 0);
    weir_mutex_lock(&lock);
    weir_mutex_unlock(&lock);
    weir_mutex_unlock(&other);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"contended", CLEAN, contended},
        {"tried", CLEAN, tried},
        {"timed", CLEAN, timed},
        {"by_pointer", CLEAN, by_pointer},
        {"handed_over", OWNER, handed_over},
        {"unlocked_twice", OWNER, unlocked_twice},
        {"freed", CLEAN, freed},
        {"initialised_again", CLEAN, initialised_again},
        {"order_kept", CLEAN, order_kept},
        {"race_beside", RACE, race_beside},
        {"race_after_failed_trylock", RACE, race_after_failed_trylock},
        {"race_after_timeout", RACE, race_after_timeout},
        {"race_two_locks", RACE, race_two_locks},
        {"race_on_the_heap", RACE, race_on_the_heap},
        {"order_reversed", ORDER, order_reversed},
        {"order_reversed_under_trylock", ORDER, order_reversed_under_trylock},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
