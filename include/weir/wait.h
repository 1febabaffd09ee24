/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Wait for the first of several things, of different kinds.  Python's
 * multiprocessing.connection.wait, for locks as well as for files; Windows'
 * WaitForMultipleObjects.
 *
 *   weir_wait_item_t items[] = {
 *       weir_wait_on_get(&jobs, &job),            // takes an element
 *       weir_wait_on_event(&reload),
 *       weir_wait_on_token(&stop),
 *       weir_wait_on_fd(listener, POLLIN),
 *   };
 *   size_t which;
 *
 *   error = weir_wait_any(items, 4, weir_after(1000000000), &which);
 *   if (error == 0 && which == 0)
 *       run(job);
 *
 * Exactly one item is consumed, and it is the one that is told: its mutex is
 * locked, one permit of its semaphore is taken, one element is got or put.  Of
 * the others nothing is.  Events, latches, threads, tokens, queues that were
 * only asked for their state, and files are not changed by being waited for.
 *
 * Fairness: each call begins at another item, so that of several that are ready
 * all the time each is told about as often.
 *
 * Cost: a look at each item; and if none is ready a sleep on all their words at
 * once (futex_waitv).  Where the kernel has no such call (before Linux 5.16), or
 * there are files among the items, or more than WEIR_WAIT_MAX words, as 128
 * items and a token have (a token has one, and one for each of its ancestors), it
 * looks at all of them, sleeps for 50 us, looks again, and so on, up to a
 * millisecond; files end that sleep at once.
 */
#ifndef WEIR_WAIT_H
#define WEIR_WAIT_H

#include <weir/base.h>
#include <weir/event.h>
#include <weir/latch.h>
#include <weir/mutex.h>
#include <weir/queue.h>
#include <weir/sem.h>
#include <weir/thread.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Items of one call. */
#define WEIR_WAIT_MAX 128u

/* Kinds of items; made by the functions below. */
#define WEIR_WAIT_MUTEX 1u     /* until it is locked, by the caller */
#define WEIR_WAIT_SEM 2u       /* until a permit is taken */
#define WEIR_WAIT_EVENT 3u     /* until it is set */
#define WEIR_WAIT_LATCH 4u     /* until it is open */
#define WEIR_WAIT_GET 5u       /* until an element is got */
#define WEIR_WAIT_PUT 6u       /* until an element is put */
#define WEIR_WAIT_NOT_EMPTY 7u /* until get would not block */
#define WEIR_WAIT_NOT_FULL 8u  /* until put would not block */
#define WEIR_WAIT_THREAD 9u    /* until it has ended */
#define WEIR_WAIT_TOKEN 10u    /* until it is cancelled */
#define WEIR_WAIT_FD 11u       /* until poll(2) has something to tell */

typedef struct weir_wait_item {
    unsigned kind;
    int fd;
    void *object;
    void *element;    /* for GET and PUT: of the queue's element size */
    unsigned events;  /* for FD: as poll(2) takes them */
    unsigned revents; /* for FD: what poll(2) told, if this was the one */
} weir_wait_item_t;

/* Wait until one of n items is ready, and take that one.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    of the call that stands for the item (weir_mutex_lock, weir_sem_wait
 *           and so on); a file: none beyond the kernel's
 * Params:   n         1 to WEIR_WAIT_MAX
 *           deadline  absolute CLOCK_MONOTONIC nanoseconds; a past time: one
 *                     look at each
 *           index     where the item that was ready stands; may be NULL
 * Returns:  0 items[*index] was ready, and taken
 *           | ESHUTDOWN items[*index] is a queue that is closed, and for get
 *             drained
 *           | ETIMEDOUT none was ready
 *           | EINVAL n, a kind, or an object that is NULL; a file that is not
 *             open; a thread that runs and that weir did not start
 *           | ESRCH a thread that was never started
 *           | EDEADLK a thread that is the caller
 *           Where no item was ready *index is n
 * Source:   multiprocessing.connection.wait; futex_waitv(2) */
WEIR_API int weir_wait_any(weir_wait_item_t *items, size_t n,
                           weir_deadline_t deadline, size_t *index);

/* The same, until a token is cancelled.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline and by the token
 * Order:    as weir_wait_any; acquire on ECANCELED
 * Params:   token  or NULL
 * Returns:  as weir_wait_any | ECANCELED the token is cancelled
 * Source:   as weir_wait_any */
WEIR_API int weir_wait_any_with(weir_wait_item_t *items, size_t n,
                                weir_deadline_t deadline, weir_token_t *token,
                                size_t *index);

#ifdef __cplusplus
}
#endif

#include <weir/inline/wait.h>
#if defined(WEIR_ANNOTATED_)
#include <weir/inline/wait_tsan.h>
#endif

#endif
