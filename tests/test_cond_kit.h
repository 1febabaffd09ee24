/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the suites of the condition share: one condition with its lock, in all
 * ways that there are; and waiters that are counted under that lock, so that
 * who holds it knows how many wait.
 */
#ifndef TEST_COND_KIT_H
#define TEST_COND_KIT_H

#include <weir/cond.h>

#include "support/support.h"

/* Loop tests run once per way: scope, and kind of lock. */
#define WAYS 4

struct object {
    weir_cond_t cond;
    weir_mutex_t mutex;
    weir_rmutex_t rmutex;
    bool recursive;
    /* Guarded by the lock. */
    long came;   /* waiters, in all */
    long gone;   /* of those, returned */
    long owed;   /* signals that have yet to be got */
    long tokens; /* made and not eaten */
};

static struct object object;

static inline void make(struct object *o, int way)
{
    unsigned scope = way & 1 ? WEIR_SHARED : WEIR_PRIVATE;

    o->recursive = way & 2;
    o->came = o->gone = o->owed = o->tokens = 0;
    must_eq(weir_cond_init(&o->cond, scope), 0);
    must_eq(weir_mutex_init(&o->mutex, scope), 0);
    must_eq(weir_rmutex_init(&o->rmutex, scope), 0);
}

static inline void fresh(int way)
{
    make(&object, way);
    support_watch("cond and locks", &object, 40);
}

static inline void lock(struct object *o)
{
    must_eq(o->recursive ? weir_rmutex_lock(&o->rmutex)
                         : weir_mutex_lock(&o->mutex),
            0);
}

static inline void unlock(struct object *o)
{
    must_eq(o->recursive ? weir_rmutex_unlock(&o->rmutex)
                         : weir_mutex_unlock(&o->mutex),
            0);
}

static inline bool is_held(struct object *o)
{
    return o->recursive ? weir_rmutex_is_mine(&o->rmutex)
                        : weir_mutex_is_locked(&o->mutex);
}

static inline int wait_on(struct object *o)
{
    return o->recursive ? weir_cond_wait_rmutex(&o->cond, &o->rmutex)
                        : weir_cond_wait(&o->cond, &o->mutex);
}

static inline int wait_until(struct object *o, weir_deadline_t deadline)
{
    return o->recursive
               ? weir_cond_wait_until_rmutex(&o->cond, &o->rmutex, deadline)
               : weir_cond_wait_until(&o->cond, &o->mutex, deadline);
}

static inline int wait_for(struct object *o, bool (*pred)(void *), void *arg,
                           weir_deadline_t deadline)
{
    return o->recursive
               ? weir_cond_wait_for_rmutex(&o->cond, &o->rmutex, pred, arg,
                                           deadline)
               : weir_cond_wait_for(&o->cond, &o->mutex, pred, arg, deadline);
}

/* A waiter: one wait, one signal.  The lock is held before and after. */
static inline void wait_held(struct object *o)
{
    o->came++;
    support_note("waits as number %lu", (unsigned long)o->came, 0);
    must_eq(keeps_errno(wait_on(o)), 0);
    must(is_held(o));
    must(o->owed > 0); /* nobody returns without a signal */
    o->owed--;
    o->gone++;
}

static inline void wait_counted(struct object *o)
{
    lock(o);
    wait_held(o);
    unlock(o);
}

static inline void waiter(unsigned index, void *arg)
{
    (void)index;
    wait_counted(arg);
}

/* Until n waiters have come, and so are in line or past it. */
static inline void await_came(struct object *o, long n)
{
    for (long came = -1; came < n; support_sleep_ns(20000)) {
        lock(o);
        came = o->came;
        unlock(o);
    }
}

/* Until n have returned; and then it is n. */
static inline void await_gone(struct object *o, long n)
{
    for (long gone = -1; gone < n; support_sleep_ns(20000)) {
        lock(o);
        gone = o->gone;
        unlock(o);
        must(gone <= n);
    }
}

/* Signal n, and note for how many that is. */
static inline void signal_counted(struct object *o, unsigned n, bool inside)
{
    long waiting;

    lock(o);
    waiting = o->came - o->gone - o->owed;
    o->owed += (long)n < waiting ? (long)n : waiting;
    if (!inside)
        unlock(o);
    if (n == 1)
        must_eq(keeps_errno(weir_cond_signal(&o->cond)), 0);
    else if (n < 1000)
        must_eq(keeps_errno(weir_cond_signal_n(&o->cond, n)), 0);
    else
        must_eq(keeps_errno(weir_cond_broadcast(&o->cond)), 0);
    if (inside)
        unlock(o);
}

#endif
