/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Who the calling thread is.  The kernel's number of a thread is used again as
 * soon as the thread is gone, so it identifies nobody whose lock outlived him
 * (hazard B29).  Within a process threads are counted instead; between
 * processes there is nobody who counts, and the kernel's number gets salt.
 *
 * Both objects are exported symbols that the dynamic linker unites, so that a
 * thread is the same to each copy of the library in its process.
 *
 * WORD weir_idents_, 64 bits, not slept on, initial: 0: how many threads have
 * asked for a number.
 *  If stale: never; it is only added to.
 *  LIMIT: 2^64, which a thread a nanosecond reaches in 584 years.
 *
 * WORD self.ident, 64 bits, not slept on, initial: 0: this thread's number.  It
 * is atomic because a signal handler may ask in the middle of the question.
 *  If stale: never; only its own thread reads and writes it.
 */
#include "base/self.h"

#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/compiler.h"

#define SALT_BITS 22
#define TID_BITS 22 /* the kernel's own limit: PID_MAX_LIMIT */

WEIR_STATIC_ASSERT(SALT_BITS + TID_BITS == WEIR_TOKEN_BITS_,
                   "a token is a thread's number and salt");

/* All zero: not asked yet. */
struct self {
    WEIR_ATOMIC(uint64_t) ident;
    uint64_t token;
    uint32_t tid;
};

WEIR_API extern _Thread_local struct self weir_self_;
_Thread_local struct self weir_self_;

WEIR_API extern WEIR_ATOMIC(uint64_t) weir_idents_;
WEIR_ATOMIC(uint64_t) weir_idents_;

uint64_t weir_self_ident_(void)
{
    struct self *self = &weir_self_;
    /* OWNED: by this thread and its signal handlers. */
    uint64_t ident = weir_load_rlx_(&self->ident);
    uint64_t next;

    if (WEIR_LIKELY(ident != 0))
        return ident;
    /* COUNT: each gets another number, in whatever order. */
    next = weir_fetch_add_rlx_(&weir_idents_, (uint64_t)1) + 1;
    /* OWNED: as above. */
    return weir_cas_rlx_(&self->ident, &ident, next) ? next : ident;
}

uint32_t weir_self_tid_(void)
{
    struct self *self = &weir_self_;

    if (WEIR_UNLIKELY(self->tid == 0))
        self->tid = (uint32_t)gettid();
    return self->tid;
}

/* All bits of x decide about all bits of the result: the finalizer of
 * SplitMix64 [Steele14]. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* What differs between threads that have the same number one after another,
 * the time, or at the same time in two namespaces, 16 random bytes that the
 * kernel gives to each program. */
static uint64_t salt(void)
{
    const void *random = (const void *)getauxval(AT_RANDOM);
    uint64_t program[2] = {0, 0};

    if (random != NULL)
        memcpy(program, random, sizeof(program)); /* not aligned */
    return mix(mix((uint64_t)weir_now() ^ program[0]) + program[1] +
               weir_self_ident_());
}

uint64_t weir_self_token_(void)
{
    struct self *self = &weir_self_;

    if (WEIR_UNLIKELY(self->token == 0))
        self->token = (salt() >> (64 - SALT_BITS) << TID_BITS) |
                      (weir_self_tid_() & ((1u << TID_BITS) - 1));
    return self->token;
}

/* The thread that forked is another to the kernel, and to those with whom it
 * shares memory; in its own memory it is still the same. */
static void after_fork(void)
{
    weir_self_.tid = 0;
    weir_self_.token = 0;
}

WEIR_CONSTRUCTOR static void set_up(void)
{
    (void)pthread_atfork(NULL, NULL, after_fork);
}
