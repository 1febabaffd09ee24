/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Which object the calling thread has: a thread-local pointer, set when a
 * thread of ours begins, when the library is loaded (main), or when a foreign
 * thread asks.
 *
 * A thread ends in a destructor of thread-specific data.  libc runs those
 * however a thread ends, by return, pthread_exit or cancellation; and it runs
 * them in rounds, PTHREAD_DESTRUCTOR_ITERATIONS of them, as long as one sets
 * its data again.  Ours does, so that it is called again after all others
 * have had their turn, and ends the thread in the last round but one: in the
 * last, sanitizers take their own state down.  Then joiners find done what
 * others' destructors do, as after pthread_join; and destructors may use
 * locks, join, and ask who they are, in all rounds before that (hazard B27).
 *
 * A foreign thread's object is freed by the same destructor, as part of its
 * entry in the registry.
 */
#include "thread/current.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/self.h"
#include "base/trace.h"
#include "thread/leave.h"
#include "thread/life.h"
#include "thread/registry.h"

#define THREAD_LOCAL static _Thread_local WEIR_TLS_FIXED_

#define LAST_ROUND (PTHREAD_DESTRUCTOR_ITERATIONS - 1)

struct foreign {
    struct weir_entry entry; /* first: it is what the registry frees */
    weir_thread_t thread;
};

THREAD_LOCAL weir_thread_t *self;
THREAD_LOCAL bool ended; /* self was set once */
THREAD_LOCAL int rounds; /* of destructors, so far */

static pthread_key_t key;
static bool keyed; /* whether there is a key */

/* The main thread's, unless a thread of another object forked. */
static struct weir_entry main_entry = {.fixed = true};
static weir_thread_t main_object;
/* The main thread; changes in a child after fork only, where it is alone. */
static weir_thread_t *main_thread = &main_object;

/* COUNT of names made. */
static WEIR_ATOMIC(uint32_t) names;

weir_thread_t *weir_current_(void)
{
    return self;
}

void weir_current_number_(weir_thread_t *t)
{
    t->native_id = weir_self_tid_();
    t->handle = (uintptr_t)pthread_self();
    /* INIT: published by the phase. */
    weir_store_rlx_(&t->ident, weir_self_ident_());
}

void weir_current_name_(weir_thread_t *t, const char *kind)
{
    /* COUNT: any order will do. */
    uint32_t number = weir_fetch_add_rlx_(&names, 1u) + 1;

    (void)snprintf(t->own_name, sizeof(t->own_name), "%s-%u", kind,
                   (unsigned)number);
}

/* -- The end ------------------------------------------------------------ */

void weir_current_end_(weir_thread_t *t)
{
    bool foreign = weir_life_is_foreign_(t);
    bool counted = t->options & WEIR_THREAD_COUNTED_;
    bool many;

    if (t->options & WEIR_THREAD_STARTED_)
        weir_trace_thread_stop_(t, weir_self_ident_(), t->began);
    self = NULL;
    ended = true;
    /* Out of the list first: after a join nobody finds it there. */
    many = weir_registry_remove_(t->entry);
    if (counted)
        weir_leave_ended_(t);
    else if (!foreign) /* else it may be gone */
        weir_life_move_(t, WEIR_PHASE_ENDED);
    /* Last: no join waits for those who read the list. */
    if (many)
        weir_registry_collect_();
}

static void at_end(void *t)
{
    if (++rounds < LAST_ROUND && pthread_setspecific(key, t) == 0)
        return;
    weir_current_end_(t);
}

bool weir_current_begin_(weir_thread_t *t)
{
    self = t;
    return keyed && pthread_setspecific(key, t) == 0;
}

/* -- Main and foreign threads ------------------------------------------- */

static void make_main(void)
{
    weir_life_init_running_(&main_object, false);
    /* INIT: not in the registry yet. */
    weir_store_rlx_(&main_object.name, (uintptr_t)NULL);
    (void)snprintf(main_object.own_name, sizeof(main_object.own_name),
                   "MainThread");
    main_object.native_id = (uint32_t)getpid();
    main_object.handle = 0;
    weir_registry_add_(&main_entry, &main_object);
}

/* The calling thread is main, and says so for the first time. */
static void adopt_main(void)
{
    weir_registry_lock_();
    main_object.handle = (uintptr_t)pthread_self();
    weir_registry_unlock_();
    /* HINT: see the WORD block. */
    weir_store_rlx_(&main_object.ident, weir_self_ident_());
    /* If it cannot be arranged, main is taken to live for ever. */
    (void)weir_current_begin_(&main_object);
}

static weir_thread_t *adopt_foreign(void)
{
    struct foreign *foreign;

    if (!keyed) /* nothing would free it */
        return NULL;
    foreign = calloc(1, sizeof(*foreign));
    if (foreign == NULL)
        return NULL;
    if (!weir_current_begin_(&foreign->thread)) {
        self = NULL;
        free(foreign);
        return NULL;
    }
    weir_life_init_running_(&foreign->thread, true);
    weir_current_number_(&foreign->thread);
    weir_current_name_(&foreign->thread, "Dummy");
    weir_registry_add_(&foreign->entry, &foreign->thread);
    return &foreign->thread;
}

static bool is_unknown_main(void)
{
    return main_thread == &main_object &&
           weir_self_tid_() == (uint32_t)getpid();
}

WEIR_COLD static weir_thread_t *become_known(void)
{
    int saved = errno;

    if (ended)
        return NULL;
    if (is_unknown_main())
        adopt_main();
    else
        self = adopt_foreign();
    errno = saved;
    return self;
}

weir_thread_t *weir_thread_current(void)
{
    return WEIR_LIKELY(self != NULL) ? self : become_known();
}

weir_thread_t *weir_thread_main(void)
{
    if (self == NULL && is_unknown_main())
        (void)become_known();
    return main_thread;
}

/* -- Fork, and loading -------------------------------------------------- */

/* A thread that is not in this process has ended. */
static void mark_gone(weir_thread_t *t)
{
    if (weir_life_is_foreign_(t))
        return; /* and is freed now */
    t->result = NULL;
    weir_life_move_(t, WEIR_PHASE_ENDED);
}

static void in_child(void)
{
    weir_registry_in_child_(self, mark_gone);
    weir_leave_in_child_();
    if (self == NULL) {
        main_thread = &main_object;
        make_main();
        if (!ended)
            adopt_main();
        return;
    }
    main_thread = self;
    main_thread->options &= ~WEIR_THREAD_COUNTED_;
    if (weir_life_is_foreign_(main_thread))
        weir_life_init_running_(main_thread, false);
    weir_current_number_(main_thread);
}

/* After the floors below. */
__attribute__((constructor(103))) static void set_up(void)
{
    keyed = pthread_key_create(&key, at_end) == 0;
    make_main();
    if (is_unknown_main())
        adopt_main();
    (void)pthread_atfork(weir_registry_before_fork_, weir_registry_after_fork_,
                         in_child);
}
