/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How a thread is to be: attributes are copied into its object when that is
 * initialised, and taken by libc when the thread is created, or by the thread
 * itself.
 */
#include "thread/attr.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"
#include "thread/current.h"
#include "thread/life.h"

#define ALL_FLAGS                                                              \
    (WEIR_THREAD_DAEMON | WEIR_THREAD_NOT_DAEMON | WEIR_THREAD_SCHED)
#define LAST_SIGNAL 64

/* COUNT: bytes; 0: libc's default.  One value for all. */
static WEIR_ATOMIC(uintptr_t) default_stack;

/* -- Attributes --------------------------------------------------------- */

/* Whether libc might give a thread such a stack. */
static bool is_stack(size_t size)
{
    return size == 0 || (size >= (size_t)PTHREAD_STACK_MIN &&
                         size <= SIZE_MAX - (size_t)sysconf(_SC_PAGESIZE));
}

static size_t in_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (size + page - 1) / page * page;
}

/* Whether all CPUs are among those that an object can keep. */
static bool are_cpus(const unsigned char *cpus, size_t size)
{
    for (size_t i = WEIR_THREAD_CPUS / 8; i < size; i++)
        if (cpus[i] != 0)
            return false;
    return (cpus == NULL) == (size == 0);
}

static bool is_valid(const weir_thread_attr_t *attr)
{
    const unsigned both = WEIR_THREAD_DAEMON | WEIR_THREAD_NOT_DAEMON;

    return (attr->flags & ~ALL_FLAGS) == 0 && (attr->flags & both) != both &&
           is_stack(attr->stack_size) && are_cpus(attr->cpus, attr->cpus_size);
}

static void copy_cpus(weir_thread_t *t, const void *cpus, size_t size)
{
    memset(t->cpus, 0, sizeof(t->cpus));
    if (cpus == NULL)
        return;
    memcpy(t->cpus, cpus, size < sizeof(t->cpus) ? size : sizeof(t->cpus));
    t->options |= WEIR_THREAD_CPUS_;
}

static void copy_mask(weir_thread_t *t, const sigset_t *mask)
{
    t->signal_mask = 0;
    if (mask == NULL)
        return;
    t->options |= WEIR_THREAD_MASK_;
    for (int signal = 1; signal <= LAST_SIGNAL; signal++)
        if (sigismember(mask, signal) == 1)
            t->signal_mask |= (uint64_t)1 << (signal - 1);
}

static sigset_t mask_of(const weir_thread_t *t)
{
    sigset_t mask;

    (void)sigemptyset(&mask);
    for (int signal = 1; signal <= LAST_SIGNAL; signal++)
        if (t->signal_mask & (uint64_t)1 << (signal - 1))
            (void)sigaddset(&mask, signal);
    return mask;
}

static bool inherits_daemon(void)
{
    const weir_thread_t *self;

    (void)weir_thread_main(); /* which makes itself known, if it calls */
    self = weir_current_();
    return self == NULL || weir_life_is_daemon_(self);
}

static bool wants_daemon(unsigned flags)
{
    if (flags & (WEIR_THREAD_DAEMON | WEIR_THREAD_NOT_DAEMON))
        return flags & WEIR_THREAD_DAEMON;
    return inherits_daemon();
}

static void set_up(weir_thread_t *t, const weir_thread_attr_t *attr)
{
    bool named = attr->name != NULL && attr->name[0] != '\0';

    /* INIT, both: not shared yet; published by the caller. */
    weir_store_rlx_(&t->ident, 0);
    weir_store_rlx_(&t->name, named ? (uintptr_t)attr->name : 0);
    t->own_name[0] = '\0';
    if (!named)
        weir_current_name_(t, "Thread");
    t->native_id = 0;
    t->entry = NULL;
    t->handle = 0;
    t->result = NULL;
    t->stack_size = in_pages(attr->stack_size);
    t->guard_size = attr->guard_size;
    t->policy = attr->policy;
    t->priority = attr->priority;
    t->error = 0;
    t->began = 0;
    weir_life_init_(t, wants_daemon(attr->flags));
}

int weir_thread_init(weir_thread_t *t, const weir_thread_attr_t *attr,
                     void *(*fn)(void *), void *arg)
{
    static const weir_thread_attr_t usual;
    int saved = errno;

    if (attr == NULL)
        attr = &usual;
    if (fn == NULL || !is_valid(attr))
        return EINVAL;
    t->options = attr->flags & WEIR_THREAD_SCHED;
    copy_cpus(t, attr->cpus, attr->cpus_size);
    copy_mask(t, attr->signal_mask);
    t->fn = fn;
    t->arg = arg;
    t->given_fn = NULL;
    t->given_arg = NULL;
    set_up(t, attr);
    errno = saved;
    return 0;
}

int weir_thread_stack_size(size_t size, size_t *old)
{
    uintptr_t before;

    if (size != WEIR_THREAD_KEEP && !is_stack(size))
        return EINVAL;
    /* COUNT, all: one value, that says nothing about other memory. */
    before = weir_load_rlx_(&default_stack);
    while (size != WEIR_THREAD_KEEP &&
           !weir_cas_rlx_(&default_stack, &before, in_pages(size))) /* COUNT */
        ;
    if (old != NULL)
        *old = before;
    return 0;
}

/* -- When it is created -------------------------------------------------- */

int weir_attr_sizes_(pthread_attr_t *attr, const weir_thread_t *t)
{
    /* COUNT: see weir_thread_stack_size. */
    size_t stack =
        t->stack_size != 0 ? t->stack_size : weir_load_rlx_(&default_stack);
    int error = 0;

    if (stack != 0)
        error = pthread_attr_setstacksize(attr, stack);
    if (error == 0 && t->guard_size != 0)
        error = pthread_attr_setguardsize(
            attr, t->guard_size == WEIR_THREAD_NO_GUARD ? 0 : t->guard_size);
    return error;
}

int weir_attr_take_(const weir_thread_t *t)
{
    struct sched_param param = {.sched_priority = t->priority};

    if ((t->options & WEIR_THREAD_CPUS_) &&
        sched_setaffinity(0, sizeof(t->cpus), (const void *)t->cpus) != 0)
        return errno;
    if (t->options & WEIR_THREAD_SCHED)
        return pthread_setschedparam(pthread_self(), t->policy, &param);
    return 0;
}

void weir_attr_unblock_(const weir_thread_t *t)
{
    sigset_t mask;

    if (!(t->options & WEIR_THREAD_MASK_))
        return;
    mask = mask_of(t);
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
}
