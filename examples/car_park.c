/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A car park with three places.  Cars that find it full wait for a place, some
 * of them not for long; whoever leaves wakes exactly one of those that wait.
 * Then it closes, and all that still wait go home.
 */
#define _POSIX_C_SOURCE 200809L /* nanosleep */

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <weir/cond.h>

enum { CARS = 8, VISITS = 100, PLACES = 3, PATIENCE_NS = 200000 };
static const struct timespec stay = {0, 50000};

static struct {
    weir_mutex_t lock; /* all zero: unlocked */
    weir_cond_t freed; /* all zero: nobody waits */
    int free;
    int most; /* cars inside at one time */
    bool closed;
    long parked, gave_up;
} park = {.free = PLACES};

/* Called with the lock held. */
static bool may_decide(void *unused)
{
    (void)unused;
    return park.free > 0 || park.closed;
}

/* Go in, or give up: 0, or the reason. */
static int enter(weir_deadline_t deadline)
{
    int result;

    weir_mutex_lock(&park.lock);
    result =
        weir_cond_wait_for(&park.freed, &park.lock, may_decide, NULL, deadline);
    if (result == 0 && park.closed)
        result = ECANCELED;
    if (result == 0) {
        park.free--;
        park.parked++;
        if (PLACES - park.free > park.most)
            park.most = PLACES - park.free;
    } else {
        park.gave_up++;
    }
    weir_mutex_unlock(&park.lock);
    return result;
}

static void leave(void)
{
    weir_mutex_lock(&park.lock);
    park.free++;
    weir_mutex_unlock(&park.lock);
    weir_cond_signal(&park.freed); /* one place, one car */
}

static void close_it(void)
{
    weir_mutex_lock(&park.lock);
    park.closed = true;
    weir_cond_broadcast(&park.freed);
    weir_mutex_unlock(&park.lock);
}

static void *drive(void *arg)
{
    bool is_hasty = *(const int *)arg % 2;

    for (int i = 0; i < VISITS; i++)
        if (enter(is_hasty ? weir_after(PATIENCE_NS) : WEIR_FOREVER) == 0) {
            (void)nanosleep(&stay, NULL);
            leave();
        }
    return NULL;
}

int main(void)
{
    pthread_t cars[CARS];
    int numbers[CARS];
    int late;

    for (int i = 0; i < CARS; i++) {
        numbers[i] = i;
        if (pthread_create(&cars[i], NULL, drive, &numbers[i]) != 0)
            return 1;
    }
    for (int i = 0; i < CARS; i++)
        pthread_join(cars[i], NULL);
    close_it();
    late = enter(WEIR_FOREVER);

    printf("%ld visits, %ld given up, at most %d cars at a time; then: %s\n",
           park.parked, park.gave_up, park.most, weir_strerror(late));
    return park.parked + park.gave_up == (long)CARS * VISITS + 1 &&
                   park.most <= PLACES && park.free == PLACES &&
                   late == ECANCELED
               ? 0
               : 1;
}
