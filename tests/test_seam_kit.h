/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The seam between the sleeping protocol and the kernel, in the hands of the
 * suites that test the protocol from the inside.  The linker sends the
 * library's calls here (--wrap, see CMakeLists.txt): they are counted, hooks
 * of the calling thread run in the very windows that a preemption could hit,
 * and chaos loses time there and wakes sleepers for no reason.
 */
#ifndef TEST_SEAM_KIT_H
#define TEST_SEAM_KIT_H

#include <signal.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "futex/revoke.h"
#include "futex/sys.h"
#include "support/support.h"

typedef void seam_hook_t(void *arg);

/* What happens to the calls of one thread; all zero: nothing. */
struct seam {
    seam_hook_t *before_wait; /* it has decided to sleep */
    seam_hook_t *after_wait;  /* the kernel let it go; no signal did */
    seam_hook_t *before_revoke;
    seam_hook_t *after_revoke;
    seam_hook_t *after_may_relax; /* it has asked, and will act on it */
    seam_hook_t *before_wake;     /* it has decided to make the call */
    void *arg;
    bool mute;              /* its wake-up calls are not made */
    bool patient;           /* it sleeps until woken: no deadline, no signal */
    enum weir_slept *slept; /* where the last sleep's end is told */
};

static _Thread_local struct seam seam;

/* Calls since seam_reset, of all threads. */
static WEIR_ATOMIC(long) seam_waits;
static WEIR_ATOMIC(long) seam_wakes;
static WEIR_ATOMIC(long) seam_revokes;
/* How many the last wake-up call was for, and whether in all processes. */
static WEIR_ATOMIC(int) seam_woken;
static WEIR_ATOMIC(bool) seam_woken_shared;
/* Random delays and stray returns, for all threads. */
static bool seam_chaos;
/* Looks at what each thread is about to sleep on. */
static void (*seam_check)(const volatile void *word, uint32_t expected);
/* Objects may relax whenever they ask. */
static bool seam_relaxed;
/* Whether barriers can be afforded. */
static enum { SEAM_AS_IT_IS, SEAM_AFFORDED, SEAM_TOO_DEAR } seam_barriers;

static inline void seam_reset(void)
{
    weir_store_rlx_(&seam_waits, 0);
    weir_store_rlx_(&seam_wakes, 0);
    weir_store_rlx_(&seam_revokes, 0);
    seam = (struct seam){.arg = NULL};
}

static inline long seam_count(WEIR_ATOMIC(long) *counter)
{
    return weir_load_acq_(counter);
}

static inline support_random_t *seam_random(void)
{
    static _Thread_local support_random_t random;

    if (random.state == 0)
        random = support_random(2000 + (unsigned)support_tid());
    return &random;
}

static inline void seam_lose_time(void)
{
    int saved = errno; /* is the caller's, whatever a test does here */

    if (seam_chaos)
        support_jitter(seam_random());
    errno = saved;
}

static inline void seam_run(seam_hook_t *hook)
{
    int saved = errno;

    if (hook != NULL)
        hook(seam.arg);
    errno = saved;
}

enum weir_slept __real_weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                        uint32_t expected,
                                        weir_deadline_t deadline, uint32_t bits,
                                        bool shared);
enum weir_slept __wrap_weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                        uint32_t expected,
                                        weir_deadline_t deadline, uint32_t bits,
                                        bool shared);
void __real_weir_futex_wake_(const volatile void *word, int count,
                             uint32_t bits, bool shared);
void __wrap_weir_futex_wake_(const volatile void *word, int count,
                             uint32_t bits, bool shared);
bool __real_weir_revoke_(void);
bool __wrap_weir_revoke_(void);
bool __real_weir_may_revoke_(void);
bool __wrap_weir_may_revoke_(void);
bool __real_weir_may_relax_(uint32_t stamp);
bool __wrap_weir_may_relax_(uint32_t stamp);

/* Whoever is to be caught as it wakes up hears no storm in its sleep. */
static inline enum weir_slept seam_sleep(const WEIR_ATOMIC(uint32_t) *word,
                                         uint32_t expected,
                                         weir_deadline_t deadline,
                                         uint32_t bits, bool shared)
{
    bool deaf = seam.after_wait != NULL || seam.patient;
    enum weir_slept slept;
    sigset_t storm, before;

    if (deaf) {
        sigemptyset(&storm);
        sigaddset(&storm, SIGALRM);
        pthread_sigmask(SIG_BLOCK, &storm, &before);
    }
    slept = __real_weir_futex_wait_(word, expected, deadline, bits, shared);
    if (deaf)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return slept;
}

enum weir_slept __wrap_weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                        uint32_t expected,
                                        weir_deadline_t deadline, uint32_t bits,
                                        bool shared)
{
    enum weir_slept slept;

    (void)weir_fetch_add_rlx_(&seam_waits, 1);
    if (seam_check != NULL)
        seam_check(word, expected);
    seam_run(seam.before_wait);
    seam_lose_time();
    /* Hazard B17: FUTEX_WAIT may return for no reason. */
    if (seam_chaos && support_below(seam_random(), 32) == 0)
        return WEIR_SLEPT_WOKEN;
    if (seam.patient)
        deadline = WEIR_FOREVER;
    slept = seam_sleep(word, expected, deadline, bits, shared);
    seam_lose_time();
    if (seam.slept != NULL)
        *seam.slept = slept;
    seam_run(seam.after_wait);
    return slept;
}

void __wrap_weir_futex_wake_(const volatile void *word, int count,
                             uint32_t bits, bool shared)
{
    (void)weir_fetch_add_rlx_(&seam_wakes, 1);
    weir_store_rlx_(&seam_woken, count);
    weir_store_rlx_(&seam_woken_shared, shared);
    seam_run(seam.before_wake);
    if (seam.mute)
        return;
    seam_lose_time();
    __real_weir_futex_wake_(word, count, bits, shared);
    seam_lose_time();
}

bool __wrap_weir_revoke_(void)
{
    bool done;

    (void)weir_fetch_add_rlx_(&seam_revokes, 1);
    seam_run(seam.before_revoke);
    seam_lose_time();
    done = __real_weir_revoke_();
    seam_lose_time();
    seam_run(seam.after_revoke);
    return done;
}

bool __wrap_weir_may_revoke_(void)
{
    bool may = seam_barriers == SEAM_AFFORDED ||
               (seam_barriers == SEAM_AS_IT_IS && __real_weir_may_revoke_());

    seam_lose_time();
    return may;
}

bool __wrap_weir_may_relax_(uint32_t stamp)
{
    bool may = seam_relaxed || __real_weir_may_relax_(stamp);

    seam_run(seam.after_may_relax);
    seam_lose_time();
    return may;
}

/* Wait until the thread sleeps on this very word: not at the start gate, nor
 * in a lock of a sanitizer's.  Ended by *stop, if that is not NULL. */
static inline void await_sleep_on(pid_t tid, const volatile void *word,
                                  const int *stop)
{
    const void *found;

    do
        found = support_await_sleep_or(tid, stop);
    while (found != NULL && found != word);
}

/* --- flags between threads; the watchdog ends a wait that would not --- */

static inline void flag_raise(int *flag)
{
    __atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

static inline bool flag_is_up(const int *flag)
{
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

static inline void flag_await(const int *flag)
{
    while (!flag_is_up(flag))
        support_sleep_ns(50000);
}

#endif
