/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for any of several things: one thread takes orders from two queues,
 * reads a pipe, notices a request to report and the end of its source, and
 * ends when it is told to.  Exactly one thing is taken each time.
 */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <weir/wait.h>

enum { ORDERS = 1000, BYTES = 100 };

static weir_queue_t *urgent, *normal;
static weir_event_t report = WEIR_EVENT_INIT;
static weir_token_t stop = WEIR_TOKEN_INIT;
static int ends[2]; /* of a pipe */
static weir_thread_t source;

struct seen {
    int urgent, normal, bytes, reports, sources;
    long sum;
};

static void *give_orders(void *arg)
{
    for (int i = 1; i <= ORDERS; i++) {
        weir_queue_put(i % 4 == 0 ? urgent : normal, &i);
        if (i % (ORDERS / BYTES) == 0 && write(ends[1], "!", 1) != 1)
            return NULL;
    }
    weir_event_set(&report);
    return arg;
}

static void take_byte(struct seen *seen)
{
    char byte;

    if (read(ends[0], &byte, 1) == 1)
        seen->bytes++;
}

static bool is_all(const struct seen *seen)
{
    return seen->urgent + seen->normal == ORDERS && seen->bytes == BYTES &&
           seen->reports == 1 && seen->sources == 1;
}

static int dispatch(struct seen *seen)
{
    int order;
    size_t which, n = 6;
    weir_wait_item_t items[] = {
        weir_wait_on_get(urgent, &order),
        weir_wait_on_get(normal, &order),
        weir_wait_on_fd(ends[0], POLLIN),
        weir_wait_on_event(&report),
        weir_wait_on_token(&stop),
        weir_wait_on_thread(&source), /* last: it stays ended */
    };

    while (weir_wait_any(items, n, WEIR_FOREVER, &which) == 0) {
        switch (which) {
        case 0: seen->urgent++, seen->sum += order; break;
        case 1: seen->normal++, seen->sum += order; break;
        case 2: take_byte(seen); break;
        case 3: seen->reports++, weir_event_clear(&report); break;
        case 4: return 0;
        case 5: seen->sources++, n = 5; break;
        }
        if (is_all(seen)) /* here by itself; elsewhere, a signal handler */
            weir_token_cancel(&stop);
    }
    return 1;
}

int main(void)
{
    struct seen seen = {.sum = 0};
    int failed;

    if (weir_queue_create(&urgent, 8, sizeof(int), 0) != 0 ||
        weir_queue_create(&normal, 8, sizeof(int), 0) != 0 || pipe(ends) != 0 ||
        weir_thread_init(&source, NULL, give_orders, NULL) != 0 ||
        weir_thread_start(&source) != 0)
        return 1;
    failed = dispatch(&seen);
    printf("%d urgent and %d other orders, %d bytes, %d report; sum %ld\n",
           seen.urgent, seen.normal, seen.bytes, seen.reports, seen.sum);
    weir_queue_destroy(urgent);
    weir_queue_destroy(normal);
    close(ends[0]);
    close(ends[1]);
    return failed || !is_all(&seen) || seen.sum != ORDERS * (ORDERS + 1) / 2;
}
