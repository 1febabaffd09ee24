/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Threads, from their attributes to their result.  They are libc's, because a
 * thread that libc does not know has no thread-local data that it could use;
 * but libc is told to forget them at once (detached), and that one has ended
 * is said by the word of life.c.
 *
 * Whoever starts a thread enters it into the registry before it exists, and
 * then does not touch the object: the thread may have ended, and a joiner may
 * have freed it.  Only where attributes can be refused by the kernel (CPUs,
 * policy) the starter waits for the thread, which takes them itself, to say
 * how that went.  So starting costs one wait less than in Python, and the
 * thread's numbers are waited for by who asks for them.
 */
#include <weir/thread.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "base/self.h"
#include "base/trace.h"
#include "thread/attr.h"
#include "thread/current.h"
#include "thread/leave.h"
#include "thread/join.h"
#include "thread/life.h"
#include "thread/name.h"
#include "thread/registry.h"

/* -- In the new thread -------------------------------------------------- */

static void *begin(void *arg)
{
    weir_thread_t *t = arg;
    bool ends_late;

    t->error = weir_attr_take_(t);
    if (t->error != 0) {
        weir_life_move_(t, WEIR_PHASE_REFUSED);
        return NULL;
    }
    ends_late = weir_current_begin_(t);
    weir_current_number_(t);
    t->began = weir_now();
    t->options |= WEIR_THREAD_STARTED_;
    weir_life_move_(t, WEIR_PHASE_RUNNING);
    weir_name_tell_(t);
    weir_attr_unblock_(t);
    weir_trace_thread_start_(t, weir_self_ident_());
    t->result = t->fn(t->arg);
    if (!ends_late)
        weir_current_end_(t);
    return NULL;
}

/* -- Starting ----------------------------------------------------------- */

static int create_with(const pthread_attr_t *attr, weir_thread_t *t)
{
    bool masked = t->options & WEIR_THREAD_MASK_;
    sigset_t all;
    sigset_t before;
    pthread_t handle;
    int error;

    /* No handler runs in the thread before it has its mask. */
    if (masked) {
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    error = pthread_create(&handle, attr, begin, t);
    if (masked)
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static int create(weir_thread_t *t)
{
    bool asks = t->options & (WEIR_THREAD_CPUS_ | WEIR_THREAD_SCHED);
    pthread_attr_t attr;
    int error = pthread_attr_init(&attr);

    if (error != 0)
        return error;
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    error = weir_attr_sizes_(&attr, t);
    if (error == 0)
        error = create_with(&attr, t);
    (void)pthread_attr_destroy(&attr);
    /* From here on the object may be gone, unless it was created to ask. */
    if (error != 0 || !asks)
        return error;
    if (weir_life_await_(t,
                         WEIR_PHASE_BIT(WEIR_PHASE_REFUSED) |
                             WEIR_PHASE_BIT(WEIR_PHASE_RUNNING) |
                             WEIR_PHASE_BIT(WEIR_PHASE_ENDED),
                         weir_until_(WEIR_FOREVER)) == WEIR_PHASE_REFUSED)
        error = t->error;
    return error;
}

/* The thread does not exist: as before. */
static int undo_start(weir_thread_t *t, struct weir_entry *entry, bool counted,
                      int error)
{
    (void)weir_registry_remove_(entry); /* the next to end frees it */
    if (counted)
        weir_leave_not_started_();
    t->options &= ~WEIR_THREAD_COUNTED_;
    weir_life_move_(t, WEIR_PHASE_NEW);
    return error == ENOMEM ? EAGAIN : error;
}

static int start(weir_thread_t *t)
{
    bool counted = !weir_life_is_daemon_(t);
    struct weir_entry *entry = calloc(1, sizeof(*entry));
    int error;

    if (entry == NULL) {
        weir_life_move_(t, WEIR_PHASE_NEW);
        return EAGAIN;
    }
    if (counted) {
        t->options |= WEIR_THREAD_COUNTED_;
        weir_leave_started_();
    }
    weir_registry_add_(entry, t);
    error = create(t);
    return error == 0 ? 0 : undo_start(t, entry, counted, error);
}

/* Zeros, which are new and have no function. */
static bool is_nothing(const weir_thread_t *t)
{
    return weir_life_phase_(t) == WEIR_PHASE_NEW && t->fn == NULL;
}

int weir_thread_start(weir_thread_t *t)
{
    int saved = errno;
    int result;

    if (is_nothing(t))
        return EINVAL;
    if (!weir_life_claim_(t))
        return EALREADY;
    result = start(t);
    errno = saved;
    return result;
}

int weir_thread_run(weir_thread_t *t)
{
    if (is_nothing(t))
        return EINVAL;
    if (!weir_life_claim_(t))
        return EALREADY;
    weir_current_number_(t);
    weir_life_move_(t, WEIR_PHASE_RUNNING);
    t->result = t->fn(t->arg);
    weir_life_move_(t, WEIR_PHASE_ENDED);
    return 0;
}

/* -- Joining, and asking ------------------------------------------------ */

/* HINT: whoever compares it with its own knows it if it is. */
static bool is_me(const weir_thread_t *t)
{
    /* HINT: as above. */
    return weir_load_rlx_(&t->ident) == weir_self_ident_();
}

/* What there is to say before one waits: 0 it has ended, EAGAIN it has not, or
 * why it cannot be joined. */
static int try_join(const weir_thread_t *t)
{
    enum weir_phase phase = weir_life_phase_(t);

    if (phase == WEIR_PHASE_NEW)
        return ESRCH;
    if (phase == WEIR_PHASE_RUNNING && weir_life_is_foreign_(t))
        return EINVAL;
    if (phase == WEIR_PHASE_RUNNING && is_me(t))
        return EDEADLK;
    return phase == WEIR_PHASE_ENDED ? 0 : EAGAIN;
}

static int join(weir_thread_t *t, struct weir_until until, void **result)
{
    enum weir_phase phase;
    int error = try_join(t);

    if (error != 0 && error != EAGAIN)
        return error;
    phase = weir_life_await_(
        t, WEIR_PHASE_BIT(WEIR_PHASE_NEW) | WEIR_PHASE_BIT(WEIR_PHASE_ENDED),
        until);
    if (phase == WEIR_PHASE_NEW)
        return ESRCH;
    if (phase != WEIR_PHASE_ENDED)
        return weir_until_why_(until, ETIMEDOUT);
    if (result != NULL)
        *result = t->result;
    return 0;
}

int weir_thread_join(weir_thread_t *t, weir_deadline_t deadline, void **result)
{
    return join(t, weir_until_(deadline), result);
}

int weir_thread_join_with(weir_thread_t *t, weir_deadline_t deadline,
                          weir_token_t *token, void **result)
{
    return join(t, weir_until_with_(deadline, token), result);
}

/* -- As one of several -------------------------------------------------- */

static int foreign_attempt(struct weir_foreign *f, bool last)
{
    (void)last;
    return try_join(f->object);
}

static bool foreign_announce(struct weir_foreign *f, struct weir_words *words)
{
    return weir_life_announce_(f->object,
                               WEIR_PHASE_BIT(WEIR_PHASE_NEW) |
                                   WEIR_PHASE_BIT(WEIR_PHASE_ENDED),
                               words);
}

const struct weir_foreign_kind weir_thread_foreign_ = {
    .attempt = foreign_attempt,
    .announce = foreign_announce,
};

/* -- Asking ------------------------------------------------------------- */

bool weir_thread_is_alive(const weir_thread_t *t)
{
    enum weir_phase phase = weir_life_phase_(t);

    return phase != WEIR_PHASE_NEW && phase != WEIR_PHASE_ENDED;
}

/* Wait until the thread has its numbers, or is not being started. */
static void await_numbers(const weir_thread_t *t)
{
    if (weir_life_phase_(t) == WEIR_PHASE_STARTING)
        (void)weir_life_await_((weir_thread_t *)(uintptr_t)t,
                               WEIR_PHASE_BIT(WEIR_PHASE_NEW) |
                                   WEIR_PHASE_BIT(WEIR_PHASE_REFUSED) |
                                   WEIR_PHASE_BIT(WEIR_PHASE_RUNNING) |
                                   WEIR_PHASE_BIT(WEIR_PHASE_ENDED),
                               weir_until_(WEIR_FOREVER));
}

uint64_t weir_thread_ident(const weir_thread_t *t)
{
    await_numbers(t);
    /* HINT: see the WORD block. */
    return weir_load_rlx_(&t->ident);
}

pid_t weir_thread_native_id(const weir_thread_t *t)
{
    await_numbers(t);
    return (pid_t)t->native_id;
}

bool weir_thread_daemon(const weir_thread_t *t)
{
    return weir_life_is_daemon_(t);
}

int weir_thread_set_daemon(weir_thread_t *t, bool daemon)
{
    return weir_life_set_daemon_(t, daemon) ? 0 : EBUSY;
}

unsigned weir_thread_active_count(void)
{
    return weir_registry_count_();
}

size_t weir_thread_enumerate(weir_thread_t **out, size_t cap)
{
    return weir_registry_list_(out, cap);
}

uint64_t weir_get_ident(void)
{
    return weir_self_ident_();
}

pid_t weir_get_native_id(void)
{
    return (pid_t)weir_self_tid_();
}
