/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The timer thread: how it begins and ends.
 */
#include "thread/timer_service.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

/* Guarded by the lock of timer.c, which calls spawn under it, and reap from
 * the one thread that found that the thread has served. */
static pthread_t thread;

static _Thread_local char self;

const void *weir_timer_self_(void)
{
    return &self;
}

static void *serve(void *unused)
{
    /* Both can only fail where the kernel does not know them. */
    (void)prctl(PR_SET_NAME, "weir-timer");
    (void)prctl(PR_SET_TIMERSLACK, 1L);
    weir_timer_serve_();
    return unused;
}

/* All but those of faults, which kill a thread that blocks them, past the
 * handlers of debuggers and sanitizers. */
static void all_signals(sigset_t *set)
{
    static const int faults[] = {SIGSEGV, SIGBUS,  SIGFPE,
                                 SIGILL,  SIGTRAP, SIGABRT};

    (void)sigfillset(set);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        (void)sigdelset(set, faults[i]);
}

/* Blocked here, so that the thread is never without. */
int weir_timer_spawn_(void)
{
    sigset_t all;
    sigset_t old;
    int result;

    all_signals(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &old);
    result = pthread_create(&thread, NULL, serve, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return result == 0 ? 0 : EAGAIN;
}

/* Not a wait for what the thread does, but for its stack, its thread-local
 * variables, and its last steps through this code, which may be unloaded. */
void weir_timer_reap_(void)
{
    (void)pthread_join(thread, NULL);
}

/* After the fork handlers of the floors below (parked.c). */
__attribute__((constructor(103))) static void set_up(void)
{
    weir_timer_forget_();
    (void)pthread_atfork(NULL, NULL, weir_timer_forget_);
}
