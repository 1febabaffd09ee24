/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A gauge that one thread sets and many read, with the three small things that
 * such programs need: a once makes the table that all of them use, a latch
 * holds the setter back until every reader is there, and a sequence lock lets
 * readers read without writing anything that others share.
 */
#include <pthread.h>
#include <stdio.h>
#include <weir/weir.h>

enum { READERS = 3, SQUARES = 1000 };

struct gauge {
    long number;
    long square; /* of number, always */
};

static weir_once_t once = WEIR_ONCE_INIT;
static long squares[SQUARES];
static weir_latch_t ready;
static weir_seqlock_t lock = WEIR_SEQLOCK_INIT;
static struct gauge gauge; /* touched through weir_seqlock_ calls only */

static int make_table(void *unused)
{
    (void)unused;
    for (long i = 0; i < SQUARES; i++)
        squares[i] = i * i;
    return 0; /* anything else: the next caller tries again */
}

/* Until it shows the last number; NULL if it was ever wrong. */
static void *watch(void *fine)
{
    struct gauge seen;

    if (weir_once_call(&once, make_table, NULL) != 0)
        return NULL;
    weir_latch_count_down(&ready, 1);
    do {
        weir_seqlock_read(&lock, &seen, &gauge, sizeof(seen));
        if (seen.square != squares[seen.number])
            return NULL;
    } while (seen.number != SQUARES - 1);
    return fine;
}

int main(void)
{
    pthread_t readers[READERS];
    int right = 0;

    if (weir_latch_init(&ready, READERS, 0) != 0)
        return 1;
    for (int i = 0; i < READERS; i++)
        if (pthread_create(&readers[i], NULL, watch, &gauge) != 0)
            return 1;
    if (weir_once_call(&once, make_table, NULL) != 0 ||
        weir_latch_wait_until(&ready, weir_after(60000000000)) != 0)
        return 1;
    for (long i = 0; i < SQUARES; i++) {
        struct gauge now = {i, squares[i]};

        weir_seqlock_write(&lock, &gauge, &now, sizeof(now));
    }
    for (int i = 0; i < READERS; i++) {
        void *fine;

        pthread_join(readers[i], &fine);
        right += fine != NULL;
    }
    printf("%d of %d readers saw whole pairs only\n", right, READERS);
    return right == READERS ? 0 : 1;
}
