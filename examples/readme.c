/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The example in README.md, word for word from the next line on: a test
 * compares the two.
 */
#include <pthread.h>
#include <stdio.h>
#include <weir/weir.h>

static void *add_up(void *queue)
{
    static long sum;

    for (int n; weir_queue_get(queue, &n) == 0;) /* sleeps while empty */
        sum += n;
    return &sum; /* ESHUTDOWN: closed, and all has been taken */
}

int main(void)
{
    weir_queue_t *queue;
    pthread_t worker;
    void *sum;

    if (weir_queue_create(&queue, 16, sizeof(int), 0) != 0 ||
        pthread_create(&worker, NULL, add_up, queue) != 0)
        return 1;
    for (int n = 1; n <= 1000; n++)
        weir_queue_put(queue, &n); /* sleeps while full */
    weir_queue_close(queue);
    pthread_join(worker, &sum);
    printf("1 + 2 + ... + 1000 = %ld\n", *(long *)sum);
    weir_queue_destroy(queue);
    return *(long *)sum == 500500 ? 0 : 1;
}
