/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A semaphore and an event: eight workers wait for the start, then do their
 * work, but no more than three at a time.
 */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <weir/weir.h>

#define WORKERS 8
#define AT_A_TIME 3

static weir_event_t start = WEIR_EVENT_INIT;
static weir_sem_t seats;
static weir_mutex_t lock = WEIR_MUTEX_INIT;
static int busy, most, served; /* guarded by lock */

static void count(int arriving)
{
    weir_mutex_lock(&lock);
    busy += arriving;
    if (busy > most)
        most = busy;
    if (arriving < 0)
        served++;
    weir_mutex_unlock(&lock);
}

static void *work(void *arg)
{
    const struct timespec a_while = {0, 2000000};

    weir_event_wait(&start); /* one load, once it is set */
    weir_sem_wait(&seats);   /* sleeps while all are taken */
    count(1);
    nanosleep(&a_while, NULL);
    count(-1);
    weir_sem_post(&seats); /* EOVERFLOW, if that were one too many */
    return arg;
}

int main(void)
{
    pthread_t workers[WORKERS];

    if (weir_sem_init(&seats, AT_A_TIME, AT_A_TIME, 0) != 0)
        return 1;
    for (int i = 0; i < WORKERS; i++)
        if (pthread_create(&workers[i], NULL, work, NULL) != 0)
            return 1;
    weir_event_set(&start); /* lets all in */
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    printf("%d workers, at most %d at a time; all seats are free: %s\n", served,
           most, weir_sem_post(&seats) == EOVERFLOW ? "yes" : "no");
    return served == WORKERS && most <= AT_A_TIME &&
                   weir_sem_value(&seats) == AT_A_TIME
               ? 0
               : 1;
}
