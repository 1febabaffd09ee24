/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Condition: what does not depend on the scope.
 */
#include "futex/cond.h"

#include <limits.h>

#include "base/tunables.h"
#include "futex/rmutex.h"

const struct weir_spin_plan weir_cond_spin_plan_ = {
    .budget_ns = WEIR_SPIN_COND_NS,
    .steady = WEIR_SPIN_COND_STEADY,
    .longest = WEIR_SPIN_COND_LONGEST,
    .yields = WEIR_SPIN_COND_YIELDS,
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

static int wait(weir_cond_t *c, weir_mutex_t *m, weir_deadline_t deadline)
{
    return c->scope & WEIR_SHARED ? weir_cond_wait_shared_(c, m, deadline)
                                  : weir_cond_wait_private_(c, m, deadline);
}

int weir_cond_wait_until(weir_cond_t *c, weir_mutex_t *m,
                         weir_deadline_t deadline)
{
    return weir_mutex_is_locked(m) ? wait(c, m, deadline) : EPERM;
}

int weir_cond_wait(weir_cond_t *c, weir_mutex_t *m)
{
    return weir_cond_wait_until(c, m, WEIR_FOREVER);
}

int weir_cond_wait_for(weir_cond_t *c, weir_mutex_t *m, bool (*pred)(void *),
                       void *arg, weir_deadline_t deadline)
{
    int result = 0;

    if (pred == NULL)
        return EINVAL;
    if (!weir_mutex_is_locked(m))
        return EPERM;
    while (!pred(arg)) {
        if (result == ETIMEDOUT)
            return ETIMEDOUT; /* that was the look after the deadline */
        result = weir_cond_wait_until(c, m, deadline);
        if (result != 0 && result != ETIMEDOUT)
            return result;
    }
    return 0;
}

/* -- With a recursive mutex --------------------------------------------- */

int weir_cond_wait_until_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                                weir_deadline_t deadline)
{
    uint64_t suspended;
    int result;

    if (!weir_rmutex_is_mine(m))
        return EPERM;
    suspended = weir_rmutex_suspend_(m);
    result = wait(c, &m->mutex, deadline);
    weir_rmutex_resume_(m, suspended);
    return result;
}

int weir_cond_wait_rmutex(weir_cond_t *c, weir_rmutex_t *m)
{
    return weir_cond_wait_until_rmutex(c, m, WEIR_FOREVER);
}

int weir_cond_wait_for_rmutex(weir_cond_t *c, weir_rmutex_t *m,
                              bool (*pred)(void *), void *arg,
                              weir_deadline_t deadline)
{
    int result = 0;

    if (pred == NULL)
        return EINVAL;
    if (!weir_rmutex_is_mine(m))
        return EPERM;
    while (!pred(arg)) {
        if (result == ETIMEDOUT)
            return ETIMEDOUT; /* that was the look after the deadline */
        result = weir_cond_wait_until_rmutex(c, m, deadline);
        if (result != 0 && result != ETIMEDOUT)
            return result;
    }
    return 0;
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
