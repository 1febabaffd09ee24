/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Condition: what does not depend on the scope.
 */
#include "futex/cond.h"

#include <limits.h>

#include "base/trace.h"
#include "base/tunables.h"
#include "futex/rmutex.h"

const struct weir_spin_plan weir_cond_spin_plan_ = {
    .budget_ns = WEIR_SPIN_COND_NS,
    .steady = WEIR_SPIN_COND_STEADY,
    .longest = WEIR_SPIN_COND_LONGEST,
    .yields = WEIR_SPIN_COND_YIELDS,
    .free_ns = WEIR_SPIN_COND_FREE_NS,
};

int weir_cond_init(weir_cond_t *c, unsigned flags)
{
    if (flags & ~WEIR_SHARED)
        return EINVAL;
    /* INIT, both: not shared yet; published by the caller. */
    weir_store_rlx_(&c->waiters, 0);
    weir_store_rlx_(&c->turn, 0);
    c->scope = flags;
    return 0;
}

/* -- With a mutex ------------------------------------------------------- */

static int wait_in_scope(weir_cond_t *c, weir_mutex_t *m,
                         struct weir_until until)
{
    return c->scope & WEIR_SHARED ? weir_cond_wait_shared_(c, m, until)
                                  : weir_cond_wait_private_(c, m, until);
}

/* The event ends with the wait for the mutex, which is part of it. */
static int wait(weir_cond_t *c, weir_mutex_t *m, struct weir_until until)
{
    weir_deadline_t begun = weir_trace_contended_begin_(c);
    int result = wait_in_scope(c, m, until);

    weir_trace_contended_end_(c, begun);
    return result;
}

int weir_cond_wait_until(weir_cond_t *c, weir_mutex_t *m,
                         weir_deadline_t deadline)
{
    return weir_mutex_is_locked(m) ? wait(c, m, weir_until_(deadline)) : EPERM;
}

int weir_cond_wait_with(weir_cond_t *c, weir_mutex_t *m,
                        weir_deadline_t deadline, weir_token_t *token)
{
    struct weir_until until;

    if (!weir_mutex_is_locked(m))
        return EPERM;
    until = weir_until_with_(deadline, token);
    return weir_until_why_(until, wait(c, m, until));
}

int weir_cond_wait(weir_cond_t *c, weir_mutex_t *m)
{
    return weir_cond_wait_until(c, m, WEIR_FOREVER);
}

/* Whether a wait ended for good, but for one last look. */
static bool is_end(int result)
{
    return result == ETIMEDOUT || result == ECANCELED;
}

int weir_cond_wait_for_with(weir_cond_t *c, weir_mutex_t *m,
                            bool (*pred)(void *), void *arg,
                            weir_deadline_t deadline, weir_token_t *token)
{
    int result = 0;

    if (pred == NULL)
        return EINVAL;
    if (!weir_mutex_is_locked(m))
        return EPERM;
    while (!pred(arg)) {
        if (is_end(result))
            return result; /* that was the look after the deadline */
        result = weir_cond_wait_with(c, m, deadline, token);
        if (result != 0 && !is_end(result))
            return result;
    }
    return 0;
}

int weir_cond_wait_for(weir_cond_t *c, weir_mutex_t *m, bool (*pred)(void *),
                       void *arg, weir_deadline_t deadline)
{
    return weir_cond_wait_for_with(c, m, pred, arg, deadline, NULL);
}

/* -- With a recursive mutex --------------------------------------------- */

int weir_cond_wait_with_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                               weir_deadline_t deadline, weir_token_t *token)
{
    struct weir_until until;
    uint64_t suspended;
    int result;

    if (!weir_rmutex_is_mine(m))
        return EPERM;
    until = weir_until_with_(deadline, token);
    suspended = weir_rmutex_suspend_(m);
    result = wait(c, &m->mutex, until);
    weir_rmutex_resume_(m, suspended);
    return weir_until_why_(until, result);
}

int weir_cond_wait_until_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                                weir_deadline_t deadline)
{
    return weir_cond_wait_with_rmutex(c, m, deadline, NULL);
}

int weir_cond_wait_rmutex(weir_cond_t *c, weir_rmutex_t *m)
{
    return weir_cond_wait_until_rmutex(c, m, WEIR_FOREVER);
}

int weir_cond_wait_for_with_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                                   bool (*pred)(void *), void *arg,
                                   weir_deadline_t deadline,
                                   weir_token_t *token)
{
    int result = 0;

    if (pred == NULL)
        return EINVAL;
    if (!weir_rmutex_is_mine(m))
        return EPERM;
    while (!pred(arg)) {
        if (is_end(result))
            return result; /* that was the look after the deadline */
        result = weir_cond_wait_with_rmutex(c, m, deadline, token);
        if (result != 0 && !is_end(result))
            return result;
    }
    return 0;
}

int weir_cond_wait_for_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                              bool (*pred)(void *), void *arg,
                              weir_deadline_t deadline)
{
    return weir_cond_wait_for_with_rmutex(c, m, pred, arg, deadline, NULL);
}

/* -- Signalling --------------------------------------------------------- */

int weir_cond_signal_n(weir_cond_t *c, unsigned n)
{
    if (c->scope & WEIR_SHARED)
        weir_cond_signal_shared_(c, n);
    else
        weir_cond_signal_private_(c, n);
    return 0;
}

int weir_cond_signal(weir_cond_t *c)
{
    return weir_cond_signal_n(c, 1);
}

int weir_cond_broadcast(weir_cond_t *c)
{
    return weir_cond_signal_n(c, UINT_MAX);
}
