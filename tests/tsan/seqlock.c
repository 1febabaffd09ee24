/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with sequence locks, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

#define WRITES 300

struct data {
    long a, b;
    char c;
};

static weir_seqlock_t lock = WEIR_SEQLOCK_INIT;
static struct data shared;
static long plain; /* of writers */
static long beside;
static int done;

/* -- Right -------------------------------------------------------------- */

static void *writes(void *arg)
{
    for (long i = 1; i <= WRITES; i++) {
        struct data mine = {i, -i, (char)i};

        must(weir_seqlock_write(&lock, &shared, &mine, sizeof(mine)) == 0);
        must(weir_seqlock_write_begin(&lock) == 0);
        weir_seqlock_store(&shared.a, &mine.b, sizeof(mine.b));
        weir_seqlock_store(&shared.b, &mine.a, sizeof(mine.a));
        if (i % 100 == 0)
            nap(1000000); /* the others sleep */
        must(weir_seqlock_write_end(&lock) == 0);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELAXED);
    return arg;
}

static void *reads(void *arg)
{
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
        struct data mine;
        uint64_t begun;

        must(weir_seqlock_read(&lock, &mine, &shared, sizeof(mine)) == 0);
        must(mine.a == -mine.b);
        do {
            begun = weir_seqlock_read_begin(&lock);
            weir_seqlock_load(&mine, &shared, sizeof(mine));
        } while (weir_seqlock_read_retry(&lock, begun));
        must(mine.a == -mine.b);
    }
    return arg;
}

static void copies(void)
{
    both(writes, reads);
}

/* The same, by the forms that are bounded. */
static weir_token_t stop = WEIR_TOKEN_INIT;

static void *writes_in_time(void *arg)
{
    for (long i = 1; i <= WRITES; i++) {
        struct data mine = {i, -i, (char)i};
        int result;

        if (i % 2 == 0)
            result = weir_seqlock_write_until(&lock, &shared, &mine,
                                              sizeof(mine), WEIR_FOREVER);
        else
            result = weir_seqlock_write_with(&lock, &shared, &mine,
                                             sizeof(mine), WEIR_FOREVER, &stop);
        must(result == 0);
        must(weir_seqlock_write_begin(&lock) == 0);
        if (i % 100 == 0)
            nap(1000000); /* the others sleep, or give up */
        must(weir_seqlock_write_end(&lock) == 0);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELAXED);
    return arg;
}

static void *reads_in_time(void *arg)
{
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
        struct data mine;
        int result;

        result = weir_seqlock_read_until(&lock, &mine, &shared, sizeof(mine),
                                         weir_after(100000));
        must(result == 0 || result == ETIMEDOUT);
        must(result != 0 || mine.a == -mine.b);
        must(weir_seqlock_read_with(&lock, &mine, &shared, sizeof(mine),
                                    WEIR_FOREVER, &stop) == 0);
        must(mine.a == -mine.b);
    }
    return arg;
}

static void copies_in_time(void)
{
    both(writes_in_time, reads_in_time);
}

/* What was done before a cancel is seen by whom it lets go. */
static void *cancels(void *arg)
{
    must(weir_seqlock_write_begin(&lock) == 0);
    nap(1000000); /* the other sleeps */
    beside = 7;
    must(weir_token_cancel(&stop) == 0);
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
        nap(100000);
    must(weir_seqlock_write_end(&lock) == 0);
    return arg;
}

static void *is_cancelled(void *arg)
{
    struct data mine;
    int result;

    do {
        nap(100000);
        result = weir_seqlock_read_with(&lock, &mine, &shared, sizeof(mine),
                                        WEIR_FOREVER, &stop);
    } while (result == 0);
    must(result == ECANCELED);
    must(beside == 7);
    must(weir_seqlock_write_with(&lock, &shared, &mine, sizeof(mine),
                                 WEIR_FOREVER, &stop) == ECANCELED);
    __atomic_store_n(&done, 1, __ATOMIC_RELAXED);
    return arg;
}

static void cancelled(void)
{
    both(cancels, is_cancelled);
}

/* Writers among themselves may use plain data as well. */
static void *count_inside(void *arg)
{
    for (int i = 0; i < WRITES; i++) {
        if (i % 3 == 0 && weir_seqlock_trywrite_begin(&lock) != 0)
            continue;
        if (i % 3 == 1)
            must(weir_seqlock_write_begin_until(&lock, WEIR_FOREVER) == 0);
        if (i % 3 == 2)
            must(weir_seqlock_write_begin(&lock) == 0);
        plain++;
        must(weir_seqlock_write_end(&lock) == 0);
    }
    return arg;
}

static void writers(void)
{
    four(count_inside);
}

/* What was made before a write is seen by who reads it. */
static void *publish(void *arg)
{
    long *p = malloc(sizeof(*p));

    must(p != NULL);
    *p = 7;
    nap(1000000);
    must(weir_seqlock_write(&lock, &plain, &p, sizeof(p)) == 0);
    return arg;
}

static void *follow(void *arg)
{
    long *p;

    do {
        uint64_t begun;

        if (weir_seqlock_read_begin_until(&lock, WEIR_FOREVER, &begun) != 0)
            continue;
        weir_seqlock_load(&p, &plain, sizeof(p));
        if (weir_seqlock_read_retry(&lock, begun))
            p = NULL;
    } while (p == NULL);
    must(*p == 7);
    return arg;
}

static void published(void)
{
    both(publish, follow);
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_beside(void *arg)
{
    must(weir_seqlock_write_begin(&lock) == 0);
    must(weir_seqlock_write_end(&lock) == 0);
    apart();
    beside++;
    return arg;
}

static void race_beside(void)
{
    both(write_beside, write_beside);
}

/* Plain access to what readers read. */
static void *write_plainly(void *arg)
{
    must(weir_seqlock_write_begin(&lock) == 0);
    apart();
    shared.a++;
    must(weir_seqlock_write_end(&lock) == 0);
    return arg;
}

static void *read_one(void *arg)
{
    long a;

    apart();
    weir_seqlock_load(&a, &shared.a, sizeof(a));
    return arg;
}

static void race_with_plain_write(void)
{
    both(write_plainly, read_one);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"copies", CLEAN, copies},
        {"copies_in_time", CLEAN, copies_in_time},
        {"cancelled", CLEAN, cancelled},
        {"writers", CLEAN, writers},
        {"published", CLEAN, published},
        {"race_beside", RACE, race_beside},
        {"race_with_plain_write", RACE, race_with_plain_write},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
