/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A table of routes that many threads read and one changes.  Readers find each
 * route whole: that hops and cost belong together.  After a while of reading
 * the lock is biased, and reading costs no atomic instruction.  The one that
 * changes a route goes on as a reader, so that what it prints is what it wrote.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <weir/rwlock.h>

enum { READERS = 3, ROUTES = 16, CHANGES = 50 };

static struct {
    weir_rwlock_t lock; /* all zero: unlocked, writers first */
    struct {
        int hops;
        int cost; /* ten for each hop */
    } route[ROUTES];
} table;

static atomic_bool done;

static void *look_up(void *torn)
{
    for (unsigned i = 0; !atomic_load(&done); i++) {
        weir_rwlock_rdlock(&table.lock);
        if (table.route[i % ROUTES].cost != 10 * table.route[i % ROUTES].hops)
            ++*(int *)torn;
        weir_rwlock_rdunlock(&table.lock);
    }
    return NULL;
}

static int change(int i)
{
    int hops, sum = 0;

    weir_rwlock_wrlock(&table.lock);
    table.route[i % ROUTES].hops = i + 1;
    table.route[i % ROUTES].cost = 10 * (i + 1);
    weir_rwlock_downgrade(&table.lock); /* no writer comes in between */
    hops = table.route[i % ROUTES].hops;
    for (int j = 0; j < ROUTES; j++)
        sum += table.route[j].cost;
    weir_rwlock_rdunlock(&table.lock);
    printf("route %d: %d hops, all routes cost %d\n", i % ROUTES, hops, sum);
    return hops == i + 1;
}

int main(void)
{
    pthread_t threads[READERS];
    int torn[READERS] = {0};
    int right = 0;

    for (int i = 0; i < READERS; i++)
        if (pthread_create(&threads[i], NULL, look_up, &torn[i]) != 0)
            return 1;
    for (int i = 0; i < CHANGES; i++)
        right += change(i);
    atomic_store(&done, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        right -= torn[i];
    }
    return right == CHANGES ? 0 : 1;
}
