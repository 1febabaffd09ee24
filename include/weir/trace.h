/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Hooks that see what threads and locks do.  Python's threading.settrace and
 * setprofile, for events instead of lines.
 *
 *   static void print(const weir_trace_event_t *e)
 *   {
 *       if (e->kind == WEIR_TRACE_CONTENDED_END)
 *           printf("%p: waited for %lld ns\n", (void *)e->object,
 *                  (long long)e->ns);
 *   }
 *
 *   weir_set_trace(print);
 *
 * There are two hooks for the whole process, and each may be set while
 * threads run.  The trace hook gets every event.  The profile hook gets those
 * that say how long something took: THREAD_STOP, CONTENDED_END and WOKEN.
 * Neither is called where nothing has to wait, and while none is set the
 * events cost a load of each hook in paths that sleep or wake.
 *
 * A hook is called in the thread that it is about, in the middle of what that
 * does: between deciding to sleep and sleeping, say.  It may use the library,
 * but not the object of the event, and must return (no longjmp, no
 * pthread_exit).  What it does itself makes no events.  errno is kept for it.
 * The object of an event is an address: after a WAKE, or when a thread
 * stops, another thread may have freed it.
 *
 * The same places are USDT probes of the provider "weir", for bpftrace, perf
 * and gdb, on x86-64 and AArch64: thread_start, thread_stop, contended_begin,
 * contended_end, wait, woken, wake, timer_fire.  Arguments: the object; and the
 * ident of the thread, the value slept on, the number of threads to wake, or the
 * nanoseconds that a timer is late; 0 for contended_begin, contended_end and
 * woken, between which the tool takes the time.
 */
#ifndef WEIR_TRACE_H
#define WEIR_TRACE_H

#include <weir/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum weir_trace_kind {
    /* A thread of weir_thread_start is about to call its function, or has
     * returned from it; the object is its weir_thread_t, and ns its life. */
    WEIR_TRACE_THREAD_START = 1,
    WEIR_TRACE_THREAD_STOP,
    /* A call has to wait for others: a lock is held, a condition is to be
     * signalled, a barrier is not full, a queue is empty or full, a thread to
     * join runs.  It ended, after ns nanoseconds.  The object is what was
     * called; the part of it that is waited for, in a queue; the items, of
     * weir_wait_any.  Timers have WAIT and WOKEN alone. */
    WEIR_TRACE_CONTENDED_BEGIN,
    WEIR_TRACE_CONTENDED_END,
    /* The thread goes to sleep in the kernel on a word; it came back, after
     * ns nanoseconds, whether woken or not. */
    WEIR_TRACE_WAIT,
    WEIR_TRACE_WOKEN,
    /* The thread wakes up to count others that sleep on a word. */
    WEIR_TRACE_WAKE,
    /* A timer's callback is about to be called, ns nanoseconds after it fell
     * due; 0 where an executor calls it, or it fell due again meanwhile. */
    WEIR_TRACE_TIMER_FIRE
};

typedef struct weir_trace_event {
    uint32_t kind;               /* enum weir_trace_kind */
    int32_t count;               /* WAKE: how many at most; else 0 */
    const volatile void *object; /* an address, to compare and to print */
    uint64_t thread;             /* weir_get_ident of the calling thread */
    weir_deadline_t time;        /* now */
    int64_t ns; /* THREAD_STOP, CONTENDED_END, WOKEN, TIMER_FIRE */
} weir_trace_event_t;

/* The event is the hook's for the time of the call. */
typedef void (*weir_tracehook_t)(const weir_trace_event_t *event);

/* Have hook called for every event from now on; NULL: no more.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    release: what was done before is visible to the hook
 * Returns:  0
 * Lifetime: calls that are under way may go on, and call the old hook
 * Source:   Python's threading.settrace; here for running threads too */
WEIR_API int weir_set_trace(weir_tracehook_t hook);

/* The hook that weir_set_trace was given last.
 * Context:  any; async-signal-safe
 * Order:    acquire
 * Returns:  NULL if there is none
 * Source:   Python's threading.gettrace */
WEIR_API weir_tracehook_t weir_get_trace(void);

/* Have hook called for the events that say how long something took.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    release: what was done before is visible to the hook
 * Returns:  0
 * Lifetime: as weir_set_trace
 * Source:   Python's threading.setprofile; here for running threads too */
WEIR_API int weir_set_profile(weir_tracehook_t hook);

/* The hook that weir_set_profile was given last.
 * Context:  any; async-signal-safe
 * Order:    acquire
 * Returns:  NULL if there is none
 * Source:   Python's threading.getprofile */
WEIR_API weir_tracehook_t weir_get_profile(void);

#ifdef __cplusplus
}
#endif

#endif
