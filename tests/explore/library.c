/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The library's ground floor, as the explorer has it: what src/futex/sys.c
 * and src/base/{time,spin,cpu,panic}.c are in the real one.  All else is the
 * library's own sources.
 */
#include "library.h"

#include <weir/base.h>

#include "base/answer.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/self.h"
#include "base/spin.h"
#include "base/time.h"
#include "engine.h"
#include "futex/parked.h"
#include "futex/revoke.h"
#include "futex/sys.h"
#include "thread/join.h"
#include "thread/timer_service.h"
#include "thread/wait_sys.h"

/* -- futex/sys.h -------------------------------------------------------- */

static enum weir_slept as_library(enum slept slept)
{
    switch (slept) {
    case SLEPT_CHANGED: return WEIR_SLEPT_CHANGED;
    case SLEPT_EXPIRED: return WEIR_SLEPT_EXPIRED;
    default: return WEIR_SLEPT_WOKEN;
    }
}

enum weir_slept weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                 uint32_t expected, weir_deadline_t deadline,
                                 uint32_t bits, bool shared)
{
    return as_library(explore_wait_(word, expected, deadline, bits, shared));
}

bool weir_futex_can_wait_any_(void)
{
    return !ex_.options.no_wait_any;
}

enum weir_slept weir_futex_wait_any_(const struct weir_futex_word *words,
                                     unsigned n, weir_deadline_t deadline,
                                     unsigned *which)
{
    struct weir_explore_futex_word each[WEIR_FUTEX_WORDS_MAX];

    if (ex_.options.no_wait_any || n > WEIR_FUTEX_WORDS_MAX)
        WEIR_PANIC(words, n,
                   "the kernel refuses to let a thread sleep on several "
                   "futexes (the word is their number)");
    for (unsigned i = 0; i < n; i++)
        each[i] = (struct weir_explore_futex_word){
            words[i].word, words[i].expected, words[i].shared};
    return as_library(explore_wait_any_(each, n, deadline, which));
}

void weir_futex_wake_(const volatile void *word, int count, uint32_t bits,
                      bool shared)
{
    (void)explore_wake_(word, count, bits, shared);
}

/* What a file is, is the program's. */
void weir_eventfd_add_(int fd)
{
    if (weir_explore_eventfd_ != NULL)
        weir_explore_eventfd_(fd);
}

bool weir_membarrier_(void)
{
    return explore_membarrier_();
}

/* -- base/time.h -------------------------------------------------------- */

weir_deadline_t weir_now(void)
{
    return explore_now_();
}

weir_deadline_t weir_after(int64_t ns)
{
    weir_deadline_t now = weir_now();

    if (ns <= 0)
        return WEIR_NOW;
    return ns > WEIR_FOREVER - now ? WEIR_FOREVER : now + ns;
}

/* Only who must look again because a wake-up may never come asks for the
 * sooner of two times. */
weir_deadline_t weir_sooner_(weir_deadline_t deadline, int64_t ns)
{
    weir_deadline_t other;

    if (!ex_.options.safety_nets)
        return deadline;
    other = weir_after(ns);
    return other < deadline ? other : deadline;
}

bool weir_expired_(weir_deadline_t deadline)
{
    if (deadline == WEIR_FOREVER)
        return false;
    return deadline <= WEIR_NOW || deadline <= weir_now();
}

/* -- base/self.h: thread-local, and so not the explorer's --------------- */

uint64_t weir_self_ident_(void)
{
    /* -1: before the threads and after them. */
    return (uint64_t)(weir_explore_self() + 2);
}

uint32_t weir_self_tid_(void)
{
    return (uint32_t)weir_self_ident_();
}

uint64_t weir_self_token_(void)
{
    return weir_self_ident_() << 22;
}

/* -- base/answer.h: none is expected ------------------------------------ */

void weir_answer_expect_(void) {}

int64_t weir_answer_budget_(void)
{
    return 0;
}

void weir_answer_learn_(bool came)
{
    (void)came;
}

/* -- base/spin.h: as many looks as options.spins ------------------------ */

struct weir_spin weir_spin_begin_(const struct weir_spin_plan *plan)
{
    (void)plan;
    return (struct weir_spin){.yields = ex_.options.spins};
}

struct weir_spin weir_spin_begin_on_(const struct weir_spin_plan *plan,
                                     const volatile void *object)
{
    (void)object;
    return weir_spin_begin_(plan);
}

bool weir_spin_again_(struct weir_spin *spin)
{
    if (spin->yields == 0)
        return false;
    spin->yields--;
    explore_yield_();
    return true;
}

void weir_spin_end_(struct weir_spin *spin)
{
    (void)spin;
}

int64_t weir_pause_cost_ps_(void)
{
    return 10000;
}

int64_t weir_wake_cost_ns_(void)
{
    return 10000;
}

/* Whoever asks how long to spin need not learn. */
uint32_t weir_patience_after_(uint32_t patience, bool paid)
{
    (void)paid;
    return patience;
}

int64_t weir_patient_budget_(uint32_t patience, int64_t budget_ns)
{
    (void)patience;
    return budget_ns;
}

/* -- base/cpu.h, base/panic.h ------------------------------------------- */

unsigned weir_usable_cpus_(void)
{
    return 2;
}

void weir_panic_(const char *function, const volatile void *object,
                 uint64_t word, const char *sentence)
{
    if (ex_.active)
        explore_fail_(WEIR_EXPLORE_PANIC, "%s: word 0x%llx: %s", function,
                      (unsigned long long)word, sentence);
    (void)fprintf(stderr, "weir: %s: object %p, word 0x%llx: %s\n", function,
                  (const void *)object, (unsigned long long)word, sentence);
    abort();
}

/* -- thread/timer_service.h: a thread of the program has to serve ------- */

int weir_timer_spawn_(void)
{
    return EAGAIN;
}

void weir_timer_reap_(void) {}

const void *weir_timer_self_(void)
{
    static const char threads[NOBODY + 1];

    return &threads[ex_.self];
}

/* -- thread/wait_sys.h, thread/join.h ------------------------------------ */

/* There are no files: a pause, which ends when somebody has changed something,
 * or, if it has an end of its own, when time has passed. */
unsigned weir_poll_(struct pollfd *files, unsigned n, weir_deadline_t deadline)
{
    static WEIR_ATOMIC(uint32_t) nothing;

    (void)files;
    (void)n;
    if (deadline == WEIR_FOREVER)
        explore_yield_();
    else if (deadline > WEIR_NOW)
        (void)explore_wait_(&nothing, 0, deadline, WEIR_BITS_ALL, false);
    return 0;
}

/* The ends, of which the choices between two things are made. */
uint32_t weir_chance_(void)
{
    return weir_explore_choose(2) != 0 ? UINT32_MAX : 0;
}

/* The library's threads are not the explorer's. */
static int no_thread(struct weir_foreign *f, bool last)
{
    (void)f;
    (void)last;
    return EINVAL;
}

const struct weir_foreign_kind weir_thread_foreign_ = {.attempt = no_thread};

/* -- What the sources call of libc (library.h) -------------------------- */

int explore_sched_yield_(void)
{
    explore_yield_();
    return 0;
}

int explore_clock_nanosleep_(const struct timespec *ts)
{
    explore_pass_((int64_t)ts->tv_sec * WEIR_NS_PER_S + ts->tv_nsec);
    return 0;
}

/* -- Its constructors --------------------------------------------------- */

/* At the beginning of each execution; that none is refused is how they found
 * it, and the end of an execution puts all of it back (place.c). */
void explore_library_begin_(void)
{
    if (!ex_.refused)
        return;
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY);
    weir_parked_reset_();
}
