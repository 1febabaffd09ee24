/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with read-write locks, right and wrong, for
 * ThreadSanitizer.
 */
#include "kit.h"

#define LOOPS 1000

static weir_rwlock_t lock; /* all zero */
static weir_rwlock_t other;
static long counter;
static long beside;
static long *heap;

/* -- Right -------------------------------------------------------------- */

/* Reads alone at first, so that the lock becomes biased; then mostly, and now and
 * then somebody sleeps with it: all paths. */
static void *read_and_write(void *arg)
{
    long sum = 0;

    for (int i = 0; i < 5000; i++) {
        must(weir_rwlock_rdlock(&lock) == 0);
        sum += counter;
        must(weir_rwlock_rdunlock(&lock) == 0);
    }
    for (int i = 0; i < LOOPS; i++) {
        if (i % 100 == 0) {
            must(weir_rwlock_wrlock(&lock) == 0);
            counter++;
            if (i % 500 == 0)
                nap(1000000);
            must(weir_rwlock_wrunlock(&lock) == 0);
        }
        must(weir_rwlock_rdlock(&lock) == 0);
        sum += counter;
        if (i % 500 == 250)
            nap(1000000);
        must(weir_rwlock_rdunlock(&lock) == 0);
    }
    must(sum > 0);
    return arg;
}

static void contended(void)
{
    four(read_and_write);
    must(counter == 4L * LOOPS / 100);
}

static void *by_trying(void *arg)
{
    for (int i = 0; i < LOOPS; i++) {
        while (weir_rwlock_trywrlock(&lock) != 0)
            nap(1000);
        counter++;
        must(weir_rwlock_wrunlock(&lock) == 0);
        while (weir_rwlock_tryrdlock(&lock) != 0)
            nap(1000);
        must(counter > 0);
        must(weir_rwlock_rdunlock(&lock) == 0);
    }
    return arg;
}

static void tried(void)
{
    four(by_trying);
    must(counter == 4L * LOOPS);
}

static void *in_time(void *arg)
{
    for (int i = 0; i < LOOPS; i++) {
        while (weir_rwlock_wrlock_until(&lock, weir_after(1000)) != 0)
            ;
        counter++;
        must(weir_rwlock_wrunlock(&lock) == 0);
        must(weir_rwlock_rdlock_until(&lock, WEIR_FOREVER) == 0);
        must(counter > 0);
        must(weir_rwlock_rdunlock(&lock) == 0);
    }
    return arg;
}

static void timed(void)
{
    four(in_time);
    must(counter == 4L * LOOPS);
}

static void *downgrade(void *arg)
{
    for (int i = 0; i < LOOPS; i++) {
        long written;

        must(weir_rwlock_wrlock(&lock) == 0);
        written = ++counter;
        must(weir_rwlock_downgrade(&lock) == 0);
        must(counter == written);
        must(weir_rwlock_rdunlock(&lock) == 0);
    }
    return arg;
}

static void downgraded(void)
{
    must(weir_rwlock_init(&lock, WEIR_RW_PHASE_FAIR) == 0);
    four(downgrade);
    must(counter == 4L * LOOPS);
}

/* The next writer frees it. */
struct owned {
    weir_rwlock_t lock;
    long value;
};
static struct owned *owned;

static void *last_writer(void *arg)
{
    must(weir_rwlock_wrlock(&owned->lock) == 0);
    owned->value++;
    must(weir_rwlock_wrunlock(&owned->lock) == 0);
    free(owned);
    return arg;
}

static void freed(void)
{
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        long seen;

        owned = aligned_alloc(16, sizeof(*owned));
        must(owned != NULL);
        owned->value = i;
        must(weir_rwlock_init(&owned->lock, 0) == 0);
        must(weir_rwlock_rdlock(&owned->lock) == 0);
        must(pthread_create(&thread, NULL, last_writer, NULL) == 0);
        seen = owned->value;
        must(weir_rwlock_rdunlock(&owned->lock) == 0);
        must(seen == i);
        must(pthread_join(thread, NULL) == 0);
    }
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_under_read(void *arg)
{
    must(weir_rwlock_rdlock(&lock) == 0);
    apart();
    beside++;
    must(weir_rwlock_rdunlock(&lock) == 0);
    return arg;
}

/* Until both are inside: one that comes later, in a library whose orders the
 * sanitizer sees, would come after the other.  Orders nothing. */
static int here;

static void await_others(int n)
{
    while (__atomic_load_n(&here, __ATOMIC_RELAXED) < n)
        nap(100000);
}

static void meet(void)
{
    __atomic_fetch_add(&here, 1, __ATOMIC_RELAXED);
    await_others(2);
}

static void *write_together(void *arg)
{
    must(weir_rwlock_rdlock(&lock) == 0);
    meet();
    apart();
    beside++;
    must(weir_rwlock_rdunlock(&lock) == 0);
    return arg;
}

static void race_of_readers(void)
{
    both(write_together, write_together);
}

static void *forget_the_lock(void *arg)
{
    must(weir_rwlock_wrlock(&lock) == 0);
    counter++;
    must(weir_rwlock_wrunlock(&lock) == 0);
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
    (void)weir_rwlock_trywrlock(&lock); /* held by main */
    apart();
    beside++;
    return arg;
}

static void race_after_failed_trywrlock(void)
{
    must(weir_rwlock_rdlock(&lock) == 0);
    both(ignore_failure, ignore_failure);
    must(weir_rwlock_rdunlock(&lock) == 0);
}

static void *ignore_timeout(void *arg)
{
    must(weir_rwlock_rdlock_until(&lock, weir_after(1000)) == ETIMEDOUT);
    apart();
    beside++;
    return arg;
}

static void race_after_timeout(void)
{
    must(weir_rwlock_wrlock(&lock) == 0);
    both(ignore_timeout, ignore_timeout);
    must(weir_rwlock_wrunlock(&lock) == 0);
}

static void *write_downgraded(void *arg)
{
    must(weir_rwlock_wrlock(&lock) == 0);
    must(weir_rwlock_downgrade(&lock) == 0);
    meet();
    apart();
    beside++;
    must(weir_rwlock_rdunlock(&lock) == 0);
    return arg;
}

/* Not before the other has been a writer, who would not get in. */
static void *write_beside_downgraded(void *arg)
{
    await_others(1);
    return write_together(arg);
}

static void race_after_downgrade(void)
{
    must(weir_rwlock_init(&lock, WEIR_RW_PREFER_READER) == 0);
    both(write_downgraded, write_beside_downgraded);
}

static void *under_other(void *arg)
{
    must(weir_rwlock_wrlock(&other) == 0);
    apart();
    beside++;
    must(weir_rwlock_wrunlock(&other) == 0);
    return arg;
}

static void race_two_locks(void)
{
    both(write_under_read, under_other);
}

static void *write_late(void *arg)
{
    must(weir_rwlock_wrlock(&lock) == 0);
    must(weir_rwlock_wrunlock(&lock) == 0);
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

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"contended", CLEAN, contended},
        {"tried", CLEAN, tried},
        {"timed", CLEAN, timed},
        {"downgraded", CLEAN, downgraded},
        {"freed", CLEAN, freed},
        {"race_of_readers", RACE, race_of_readers},
        {"race_beside", RACE, race_beside},
        {"race_after_failed_trywrlock", RACE, race_after_failed_trywrlock},
        {"race_after_timeout", RACE, race_after_timeout},
        {"race_after_downgrade", RACE, race_after_downgrade},
        {"race_two_locks", RACE, race_two_locks},
        {"race_on_the_heap", RACE, race_on_the_heap},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
