/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Where events come from: a probe, and a look whether there is a hook.
 *
 *   weir_deadline_t begun = weir_trace_contended_begin_(m);
 *   ... wait for others ...
 *   weir_trace_contended_end_(m, begun);
 *
 * Only in paths that wait, wake, or begin or end a thread.  Where the memory
 * of the object may be gone, its address is still its name.
 */
#ifndef WEIR_BASE_TRACE_H
#define WEIR_BASE_TRACE_H

#include <weir/trace.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/probe.h"

/* Tell the hooks; only if weir_traced_. */
void weir_trace_emit_(uint32_t kind, const volatile void *object, int count,
                      int64_t ns);

#if defined(WEIR_UNTRACED)

/* No hooks, and no probes: in the explorer and other checkers. */
#define weir_traced_() false
#define weir_trace_emit_(kind, object, count, ns)                              \
    ((void)(kind), (void)(object), (void)(count), (void)(ns))

#else

extern WEIR_ATOMIC(weir_tracehook_t) weir_tracehook_;
extern WEIR_ATOMIC(weir_tracehook_t) weir_profilehook_;

/* Whether there is a hook. */
static inline bool weir_traced_(void)
{
    /* HINT, both: weir_trace_emit_ loads again. */
    return WEIR_UNLIKELY(weir_load_rlx_(&weir_tracehook_) != NULL ||
                         weir_load_rlx_(&weir_profilehook_) != NULL);
}

#endif

/* The begin of what takes time: when that was, or 0 if nobody is told. */
static inline weir_deadline_t weir_trace_begin_(uint32_t kind,
                                                const volatile void *object)
{
    if (!weir_traced_())
        return 0;
    weir_trace_emit_(kind, object, 0, 0);
    return weir_now();
}

static inline void weir_trace_end_(uint32_t kind, const volatile void *object,
                                   weir_deadline_t begun)
{
    if (WEIR_UNLIKELY(begun != 0))
        weir_trace_emit_(kind, object, 0, weir_now() - begun);
}

static inline void weir_trace_thread_start_(const volatile void *thread,
                                            uint64_t ident)
{
    WEIR_PROBE("thread_start", (uintptr_t)thread, ident);
    if (weir_traced_())
        weir_trace_emit_(WEIR_TRACE_THREAD_START, thread, 0, 0);
}

static inline void weir_trace_thread_stop_(const volatile void *thread,
                                           uint64_t ident,
                                           weir_deadline_t began)
{
    WEIR_PROBE("thread_stop", (uintptr_t)thread, ident);
    if (weir_traced_())
        weir_trace_emit_(WEIR_TRACE_THREAD_STOP, thread, 0, weir_now() - began);
}

static inline weir_deadline_t
weir_trace_contended_begin_(const volatile void *object)
{
    WEIR_PROBE("contended_begin", (uintptr_t)object, 0);
    return weir_trace_begin_(WEIR_TRACE_CONTENDED_BEGIN, object);
}

static inline void weir_trace_contended_end_(const volatile void *object,
                                             weir_deadline_t begun)
{
    WEIR_PROBE("contended_end", (uintptr_t)object, 0);
    weir_trace_end_(WEIR_TRACE_CONTENDED_END, object, begun);
}

static inline weir_deadline_t weir_trace_wait_(const volatile void *word,
                                               uint32_t expected)
{
    WEIR_PROBE("wait", (uintptr_t)word, expected);
    return weir_trace_begin_(WEIR_TRACE_WAIT, word);
}

static inline void weir_trace_woken_(const volatile void *word,
                                     weir_deadline_t begun)
{
    WEIR_PROBE("woken", (uintptr_t)word, 0);
    weir_trace_end_(WEIR_TRACE_WOKEN, word, begun);
}

static inline void weir_trace_timer_fire_(const volatile void *timer,
                                          int64_t late)
{
    WEIR_PROBE("timer_fire", (uintptr_t)timer, (uint64_t)late);
    if (weir_traced_())
        weir_trace_emit_(WEIR_TRACE_TIMER_FIRE, timer, 0, late);
}

static inline void weir_trace_wake_(const volatile void *word, int count)
{
    WEIR_PROBE("wake", (uintptr_t)word, (unsigned)count);
    if (weir_traced_())
        weir_trace_emit_(WEIR_TRACE_WAKE, word, count, 0);
}

#endif
