/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Producers make jobs, workers do them, and everybody goes home in order:
 *
 *   1. join the producers      no more jobs will come
 *   2. close the queue         workers finish what is there, then get
 *                              ESHUTDOWN
 *   3. drain it                wait until the last job has been taken
 *   4. join the workers        the last job has been done
 *   5. destroy it              nobody is inside any more
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <weir/queue.h>

enum { PRODUCERS = 2, WORKERS = 3, JOBS = 20000, CAPACITY = 100 };

struct job {
    uint32_t producer;
    uint32_t number;
};

struct person {
    pthread_t thread;
    uint32_t id;
    uint64_t jobs;
    uint64_t sum;
};

static weir_queue_t *queue;

static void *produce(void *arg)
{
    struct person *me = arg;
    struct job job = {.producer = me->id};

    for (job.number = 1; job.number <= JOBS; job.number++)
        if (weir_queue_put(queue, &job) == 0) /* sleeps while it is full */
            me->jobs++;
    return NULL;
}

static void *work(void *arg)
{
    struct person *me = arg;
    struct job job;

    while (weir_queue_get(queue, &job) == 0) { /* sleeps while it is empty */
        me->jobs++;
        me->sum += job.number;
    }
    return NULL;
}

int main(void)
{
    struct person producers[PRODUCERS] = {{0}};
    struct person workers[WORKERS] = {{0}};
    uint64_t done = 0, sum = 0;
    struct job late = {0};

    if (weir_queue_create(&queue, CAPACITY, sizeof(struct job), 0) != 0)
        return 1;
    for (int i = 0; i < WORKERS; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i].id = (uint32_t)i;
        if (pthread_create(&producers[i].thread, NULL, produce,
                           &producers[i]) != 0)
            return 1;
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i].thread, NULL);
    weir_queue_close(queue);
    printf("closed; a late put: %s\n",
           weir_strerror(weir_queue_put(queue, &late)));
    if (weir_queue_drain(queue, weir_after(INT64_C(30000000000))) != 0)
        return 1;
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        printf("worker %d did %" PRIu64 " jobs\n", i, workers[i].jobs);
        done += workers[i].jobs;
        sum += workers[i].sum;
    }
    weir_queue_destroy(queue);
    printf("%" PRIu64 " jobs in all\n", done);
    return done == (uint64_t)PRODUCERS * JOBS &&
                   sum == (uint64_t)PRODUCERS * JOBS * (JOBS + 1) / 2
               ? 0
               : 1;
}
