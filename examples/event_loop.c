/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A queue and an event in an epoll loop: files stand for them while nothing is
 * there, and nobody pays for that while the loop is busy.  Four threads
 * compute; the loop, which owns all files of the program, gets what they have
 * found, beside what comes from a pipe.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <weir/event.h>
#include <weir/latch.h>
#include <weir/queue.h>
#include <weir/thread.h>

enum { THREADS = 4, RESULTS = 2000, BYTES = THREADS * RESULTS / 100 };

static weir_queue_t *results;
static weir_event_t finished = WEIR_EVENT_INIT;
static weir_latch_t running;
static int ends[2]; /* of a pipe */

struct loop {
    int epoll, results, finished; /* the last two are eventfds */
    long sum;
    int got, bytes;
    bool over;
};

static void *compute(void *arg)
{
    for (int i = 0; i < RESULTS; i++) {
        weir_queue_put(results, &i);
        if (i % 100 == 0 && write(ends[1], "!", 1) != 1)
            return NULL;
    }
    if (weir_latch_count_down(&running, 1) == 0 &&
        weir_latch_try_wait(&running) == 0)
        weir_event_set(&finished); /* the last one, or two at once: no matter */
    return arg;
}

static void forget(int file)
{
    uint64_t count;

    if (read(file, &count, sizeof(count)) != sizeof(count))
        perror("eventfd");
}

/* Read the file, get all there is, arm it again: in this order, so that nothing
 * that is put meanwhile is overlooked. */
static int on_results(struct loop *loop)
{
    int result;

    forget(loop->results);
    while (weir_queue_tryget(results, &result) == 0) {
        loop->sum += result;
        loop->got++;
    }
    return weir_queue_arm_not_empty(results, loop->results);
}

static int on_pipe(struct loop *loop)
{
    char bytes[16];
    ssize_t got = read(ends[0], bytes, sizeof(bytes));

    loop->bytes += got > 0 ? (int)got : 0;
    return got > 0 ? 0 : 1;
}

static int watch(const struct loop *loop, int file)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = file};

    return file < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, file, &event) != 0;
}

static int begin(struct loop *loop)
{
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->results = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->finished = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return loop->epoll < 0 || watch(loop, loop->results) ||
           watch(loop, loop->finished) || watch(loop, ends[0]) ||
           weir_queue_arm_not_empty(results, loop->results) != 0 ||
           weir_event_arm(&finished, loop->finished) != 0;
}

/* Until all is there: the event may be seen before the last results. */
static int run(struct loop *loop)
{
    while (!loop->over || loop->got < THREADS * RESULTS ||
           loop->bytes < BYTES) {
        struct epoll_event event;
        int failed = 0;

        if (epoll_wait(loop->epoll, &event, 1, -1) != 1)
            return 1;
        if (event.data.fd == loop->results) {
            failed = on_results(loop);
        } else if (event.data.fd == loop->finished) {
            forget(loop->finished); /* armed once, and written to once */
            loop->over = true;
        } else {
            failed = on_pipe(loop);
        }
        if (failed)
            return 1;
    }
    return weir_queue_disarm_not_empty(results, loop->results);
}

int main(void)
{
    struct loop loop = {.sum = 0};
    weir_thread_t threads[THREADS];

    if (weir_queue_create(&results, 16, sizeof(int), 0) != 0 ||
        weir_latch_init(&running, THREADS, 0) != 0 || pipe(ends) != 0 ||
        begin(&loop) != 0)
        return 1;
    for (int i = 0; i < THREADS; i++)
        if (weir_thread_init(&threads[i], NULL, compute, NULL) != 0 ||
            weir_thread_start(&threads[i]) != 0)
            return 1;
    if (run(&loop) != 0)
        return 1;
    for (int i = 0; i < THREADS; i++)
        weir_thread_join(&threads[i], WEIR_FOREVER, NULL);
    weir_queue_destroy(results);
    close(loop.results);
    close(loop.finished);
    close(loop.epoll);
    printf("%d results, sum %ld; %d bytes\n", loop.got, loop.sum, loop.bytes);
    return loop.sum == (long)THREADS * RESULTS * (RESULTS - 1) / 2 ? 0 : 1;
}
