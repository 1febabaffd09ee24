/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Deadlines: each wait exists with one.  A deadline is a moment, not a
 * length of time, so that one covers several waits, and a wait that starts
 * over does not start its time over.
 */
#include <pthread.h>
#include <stdio.h>
#include <weir/weir.h>

#define MILLISECONDS INT64_C(1000000) /* in nanoseconds */

static int failures;

static void check(const char *what, int result, int expected)
{
    printf("%-44s %s\n", what, weir_strerror(result));
    if (result != expected)
        failures++;
}

static void mutex_in_time(void)
{
    weir_mutex_t mutex = WEIR_MUTEX_INIT;
    weir_deadline_t deadline = weir_after(20 * MILLISECONDS);

    check("lock a free mutex", weir_mutex_lock_until(&mutex, deadline), 0);
    check("lock it once more, within 20 ms",
          weir_mutex_lock_until(&mutex, deadline), ETIMEDOUT);
    if (weir_now() < deadline)
        failures++; /* never early */
    check("lock it at once or not at all",
          weir_mutex_lock_until(&mutex, WEIR_NOW), ETIMEDOUT);
    weir_mutex_unlock(&mutex);
}

static void signals_in_time(void)
{
    weir_sem_t sem = WEIR_SEM_INIT;
    weir_event_t event = WEIR_EVENT_INIT;
    weir_deadline_t deadline = weir_after(20 * MILLISECONDS);

    check("wait for a permit, and there is none",
          weir_sem_wait_until(&sem, deadline), ETIMEDOUT);
    check("wait for an event, with the same deadline",
          weir_event_wait_until(&event, deadline), ETIMEDOUT);
    weir_sem_post(&sem);
    weir_event_set(&event);
    check("take what is there, though it has passed",
          weir_sem_wait_until(&sem, deadline), 0);
    check("wait for what is set, the same",
          weir_event_wait_until(&event, deadline), 0);
}

static void queue_in_time(void)
{
    /* One deadline for all that follows. */
    weir_deadline_t deadline = weir_after(20 * MILLISECONDS);
    weir_queue_t *queue;
    size_t sent;

    if (weir_queue_create(&queue, 3, sizeof(int), 0) != 0) {
        failures++;
        return;
    }
    check(
        "put five elements where there is room for 3",
        weir_queue_put_many(queue, (int[]){1, 2, 3, 4, 5}, 5, deadline, &sent),
        ETIMEDOUT);
    printf("%zu of the five are in the queue\n", sent);
    if (sent != 3 || weir_queue_len(queue) != 3)
        failures++;
    weir_queue_destroy(queue);
}

/* A barrier for two to which one comes: a timeout breaks it, so that the
 * other, who comes too late, does not wait for nothing. */
static void barrier_in_time(void)
{
    weir_barrier_t barrier;

    if (weir_barrier_init(&barrier, 2, 0) != 0) {
        failures++;
        return;
    }
    check(
        "meet at a barrier, alone, within 20 ms",
        weir_barrier_wait_until(&barrier, weir_after(20 * MILLISECONDS), NULL),
        ETIMEDOUT);
    check("come to the broken barrier", weir_barrier_wait(&barrier, NULL),
          ECANCELED);
    check("reset it", weir_barrier_reset(&barrier), 0);
    if (weir_barrier_broken(&barrier))
        failures++;
}

int main(void)
{
    mutex_in_time();
    signals_in_time();
    queue_in_time();
    barrier_in_time();
    return failures == 0 ? 0 : 1;
}
