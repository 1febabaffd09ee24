/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The hooks that see what threads and locks do.
 *
 * ORDERS
 *  [T1] set_trace, set_profile  store release of a hook; pairs with [T2]: the
 *       hook sees what was done before it was set
 *  [T2] emit, get_trace, get_profile  load acquire of a hook; pairs with [T1]
 */
#include <weir/trace.h>

#include "base/self.h"
#include "base/trace.h"

/* NULL: none.  Two words that many threads read and hardly anybody writes. */
WEIR_ATOMIC(weir_tracehook_t) weir_tracehook_;
WEIR_ATOMIC(weir_tracehook_t) weir_profilehook_;

/* What a hook does makes no events: it would never end. */
static _Thread_local WEIR_TLS_FIXED_ bool inside;

static bool takes_time(uint32_t kind)
{
    return kind == WEIR_TRACE_THREAD_STOP || kind == WEIR_TRACE_CONTENDED_END ||
           kind == WEIR_TRACE_WOKEN || kind == WEIR_TRACE_TIMER_FIRE;
}

WEIR_COLD void weir_trace_emit_(uint32_t kind, const volatile void *object,
                                int count, int64_t ns)
{
    int saved = errno;
    weir_trace_event_t event = {
        .kind = kind, .count = count, .object = object, .ns = ns};
    weir_tracehook_t hook;

    if (inside)
        return;
    inside = true;
    event.thread = weir_self_ident_();
    event.time = weir_now();
    /* [T2] acquire; pairs with [T1] */
    hook = weir_load_acq_(&weir_tracehook_);
    if (hook != NULL)
        hook(&event);
    /* [T2] acquire; pairs with [T1] */
    hook = weir_load_acq_(&weir_profilehook_);
    if (hook != NULL && takes_time(kind))
        hook(&event);
    inside = false;
    errno = saved;
}

int weir_set_trace(weir_tracehook_t hook)
{
    /* [T1] release; pairs with [T2] */
    weir_store_rel_(&weir_tracehook_, hook);
    return 0;
}

weir_tracehook_t weir_get_trace(void)
{
    /* [T2] acquire; pairs with [T1] */
    return weir_load_acq_(&weir_tracehook_);
}

int weir_set_profile(weir_tracehook_t hook)
{
    /* [T1] release; pairs with [T2] */
    weir_store_rel_(&weir_profilehook_, hook);
    return 0;
}

weir_tracehook_t weir_get_profile(void)
{
    /* [T2] acquire; pairs with [T1] */
    return weir_load_acq_(&weir_profilehook_);
}
