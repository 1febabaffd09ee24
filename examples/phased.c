/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A computation in phases: running totals of an array, by several threads.
 * In phase k each element adds the one that is 2^k places to its left, so
 * that after log2(n) phases it holds the sum of all up to itself.  A phase
 * may only begin when the one before is complete: that is the barrier.  Its
 * action, run by the last to arrive while the others wait, turns the page.
 */
#include <pthread.h>
#include <stdio.h>
#include <weir/barrier.h>

enum { THREADS = 4, LENGTH = 100000, PART = LENGTH / THREADS };

static weir_barrier_t barrier;
static uint64_t pages[2][LENGTH];
static uint64_t *now = pages[0];
static uint64_t *next = pages[1];
static int distance = 1;
static int phases;

/* Alone: everybody else is inside weir_barrier_wait. */
static int turn_page(void *unused)
{
    uint64_t *old = now;

    (void)unused;
    now = next;
    next = old;
    distance *= 2;
    phases++;
    return 0; /* anything else would break the barrier */
}

static void *compute(void *first)
{
    int begin = *(int *)first;

    while (distance < LENGTH) {
        for (int i = begin; i < begin + PART; i++)
            next[i] = now[i] + (i >= distance ? now[i - distance] : 0);
        if (weir_barrier_wait(&barrier, NULL) != 0)
            break; /* somebody gave up */
    }
    return NULL;
}

static int is_right(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < LENGTH; i++) {
        sum += (uint64_t)i * 7 % 1000;
        if (now[i] != sum)
            return 0;
    }
    return 1;
}

int main(void)
{
    pthread_t threads[THREADS];
    int firsts[THREADS];

    for (int i = 0; i < LENGTH; i++)
        now[i] = (uint64_t)i * 7 % 1000;
    if (weir_barrier_init(&barrier, THREADS, 0) != 0 ||
        weir_barrier_set_action(&barrier, turn_page, NULL) != 0)
        return 1;
    for (int i = 0; i < THREADS; i++) {
        firsts[i] = i * PART;
        if (pthread_create(&threads[i], NULL, compute, &firsts[i]) != 0)
            return 1;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d running totals by %d threads in %d phases: %s\n", LENGTH,
           THREADS, phases, is_right() ? "right" : "wrong");
    return is_right() && phases == 17 ? 0 : 1;
}
