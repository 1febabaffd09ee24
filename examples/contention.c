/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Which lock is it that threads wait for?  The trace hook is told of each
 * wait, and how long it was; a program needs no change to be looked at so.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <weir/event.h>
#include <weir/mutex.h>
#include <weir/thread.h>
#include <weir/token.h>
#include <weir/trace.h>

enum { THREADS = 4, ROUNDS = 20 };

static weir_mutex_t quick = WEIR_MUTEX_INIT; /* held for an addition */
static weir_mutex_t slow = WEIR_MUTEX_INIT;  /* held for a millisecond */
static long counter;                         /* guarded by quick */

static weir_event_t somebody_waits = WEIR_EVENT_INIT;
static _Atomic unsigned waits;
static _Atomic int64_t waited_ns;

/* In the thread that has waited, which may be any: so it is atomic, or has a
 * lock of its own. */
static void note(const weir_trace_event_t *event)
{
    if (event->object != &slow)
        return;
    if (event->kind == WEIR_TRACE_CONTENDED_BEGIN) {
        weir_event_set(&somebody_waits);
    } else if (event->kind == WEIR_TRACE_CONTENDED_END) {
        atomic_fetch_add_explicit(&waits, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&waited_ns, event->ns, memory_order_relaxed);
    }
}

static void *work(void *arg)
{
    weir_token_t never = WEIR_TOKEN_INIT;

    for (int i = 0; i < ROUNDS; i++) {
        weir_mutex_lock(&quick);
        counter++;
        weir_mutex_unlock(&quick);
        weir_mutex_lock(&slow);
        weir_token_wait_until(&never, weir_after(1000000));
        weir_mutex_unlock(&slow);
    }
    return arg;
}

static int start(weir_thread_t *threads)
{
    for (int i = 0; i < THREADS; i++)
        if (weir_thread_init(&threads[i], NULL, work, NULL) != 0 ||
            weir_thread_start(&threads[i]) != 0)
            return 1;
    return 0;
}

int main(void)
{
    weir_thread_t threads[THREADS];
    int failed;

    weir_set_trace(note);
    weir_mutex_lock(&slow);
    failed = start(threads);
    if (!failed)
        weir_event_wait(&somebody_waits);
    weir_mutex_unlock(&slow);
    if (failed)
        return 1;
    for (int i = 0; i < THREADS; i++)
        if (weir_thread_join(&threads[i], WEIR_FOREVER, NULL) != 0)
            return 1;
    weir_set_trace(NULL);
    printf("%u waits for the slow lock, %" PRId64 " ms in all\n",
           atomic_load_explicit(&waits, memory_order_relaxed),
           atomic_load_explicit(&waited_ns, memory_order_relaxed) / 1000000);
    return counter == THREADS * ROUNDS &&
                   atomic_load_explicit(&waits, memory_order_relaxed) > 0
               ? 0
               : 1;
}
