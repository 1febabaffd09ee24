/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * B56: two shared objects, both built with hidden visibility, use one mutex.
 * A thread that sleeps through one of them must be woken by an unlock that is
 * inline in the other: there is one table of sleepers, or this hangs.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "side.h"

#define ROUNDS 300

static weir_mutex_t mutex = WEIR_MUTEX_INIT;
static long counter;

static void *wait_on_the_right(void *arg)
{
    (void)arg;
    if (right_lock(&mutex) != 0)
        return &counter;
    counter++;
    return right_unlock(&mutex) != 0 ? &counter : NULL;
}

int main(void)
{
    const struct timespec nap = {0, 300000}; /* longer than anybody spins */
    pthread_t thread;
    void *result;

    alarm(60); /* a lost wake-up sleeps for ever */
    if (left_table() != right_table() || left_table() != weir_parked_) {
        puts("each side has a table of its own");
        return 1;
    }
    for (int i = 0; i < ROUNDS; i++) {
        mutex = (weir_mutex_t)WEIR_MUTEX_INIT; /* light again */
        if (left_lock(&mutex) != 0 ||
            pthread_create(&thread, NULL, wait_on_the_right, NULL) != 0)
            return 1;
        nanosleep(&nap, NULL);
        if (left_unlock(&mutex) != 0 || pthread_join(thread, &result) != 0 ||
            result != NULL)
            return 1;
    }
    printf("%ld waits, each woken from the other side\n", counter);
    return counter == ROUNDS ? 0 : 1;
}
