/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A C11 program that uses an installed weir: a second thread sends numbers
 * through a queue, and sleeps on a mutex that main holds, so that both the
 * inline paths and the sleeping ones cross from program to library.
 */
#define _POSIX_C_SOURCE 200809L
#include <weir/weir.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NUMBERS = 1000 };

static weir_queue_t *queue;
static weir_mutex_t mutex = WEIR_MUTEX_INIT;
static weir_barrier_t barrier;
static int locked_late;

static void *send(void *unused)
{
    uint64_t number;

    for (number = 1; number <= NUMBERS; number++)
        weir_queue_put(queue, &number);
    weir_barrier_wait(&barrier, NULL);
    if (weir_mutex_lock_until(&mutex, weir_after(20000000000)) == 0) {
        locked_late = 1;
        weir_mutex_unlock(&mutex);
    }
    return unused;
}

static int failed(const char *what)
{
    fprintf(stderr, "consumer.c: %s\n", what);
    return 1;
}

int main(void)
{
    const struct timespec pause = {0, 20000000};
    uint64_t number, sum = 0;
    weir_thread_t sender;

    if (strcmp(weir_version(), WEIR_VERSION) != 0)
        return failed("header and library differ in version");
    if (weir_queue_create(&queue, 7, sizeof number, 0) != 0)
        return failed("no queue");
    if (weir_barrier_init(&barrier, 2, 0) != 0)
        return failed("no barrier");
    weir_mutex_lock(&mutex);
    if (weir_thread_init(&sender, NULL, send, NULL) != 0 ||
        weir_thread_start(&sender) != 0)
        return failed("no thread");
    while (sum < NUMBERS * (NUMBERS + 1) / 2) {
        if (weir_queue_get(queue, &number) != 0)
            return failed("get failed");
        sum += number;
    }
    weir_barrier_wait(&barrier, NULL);
    nanosleep(&pause, NULL); /* time to fall asleep on the mutex */
    weir_mutex_unlock(&mutex);
    if (weir_thread_join(&sender, WEIR_FOREVER, NULL) != 0)
        return failed("the thread was not joined");
    weir_queue_destroy(queue);
    if (!locked_late)
        return failed("the sleeping thread was not woken");
    puts("consumer.c: ok");
    return 0;
}
