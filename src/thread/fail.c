/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Threads that fail, and who hears of it.
 *
 * ORDERS
 *  [F1] set_failhook  compare-and-swap acq_rel of the hook; pairs with [F2],
 *       and with [F1] of who gets the old one back
 *  [F2] fail          load acquire of the hook; pairs with [F1]
 */
#include <weir/thread.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/self.h"

/* NULL: the default. */
static WEIR_ATOMIC(weir_failhook_t) failhook;

/* Whether this thread is in the hook, and whether that has failed. */
static _Thread_local WEIR_TLS_FIXED_ bool inside;
static _Thread_local WEIR_TLS_FIXED_ bool failed;

/* One line, in one write, so that those of several threads stay apart. */
static void print(const weir_failure_t *failure, const char *where)
{
    char line[512];
    const char *name =
        failure->thread != NULL ? weir_thread_name(failure->thread) : "?";
    int length = snprintf(
        line, sizeof(line),
        "weir: thread %.99s (ident %llu, tid %u) failed%s: %.250s (%d)", name,
        (unsigned long long)failure->ident, (unsigned)weir_self_tid_(), where,
        failure->message, failure->code);
    ssize_t written;

    line[length++] = '\n';
    written = write(STDERR_FILENO, line, (size_t)length);
    (void)written; /* there is nobody else to tell */
}

static void call(weir_failhook_t hook, const weir_failure_t *failure)
{
    inside = true;
    failed = false;
    hook(failure);
    inside = false;
    if (failed)
        print(failure, "");
}

int weir_thread_fail(int code, const char *message)
{
    int saved = errno;
    weir_failure_t failure = {
        .thread = weir_thread_current(),
        .ident = weir_self_ident_(),
        .code = code,
        .message = message != NULL ? message : weir_strerror(code),
    };
    /* [F2] acquire; pairs with [F1] */
    weir_failhook_t hook = weir_load_acq_(&failhook);

    if (inside) {
        failed = true;
        print(&failure, " in the failhook");
    } else if (hook != NULL) {
        call(hook, &failure);
    } else {
        print(&failure, "");
    }
    errno = saved;
    return 0;
}

weir_failhook_t weir_set_failhook(weir_failhook_t hook)
{
    /* HINT: checked by the compare-and-swap. */
    weir_failhook_t old = weir_load_rlx_(&failhook);

    /* [F1] acq_rel; pairs with [F2] */
    while (!weir_cas_acq_rel_(&failhook, &old, hook))
        ;
    return old;
}
