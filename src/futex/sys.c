/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The only file that issues futex and membarrier calls.  Numbers that old
 * kernel headers lack are defined here and tried at run time, since headers
 * may be older than the kernel.
 */
#include "futex/sys.h"

#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/panic.h"
#include "base/time.h"
#include "base/trace.h"
#include "base/tunables.h"

/* From linux/futex.h and linux/membarrier.h. */
#define FUTEX_OP_WAIT_BITSET 9
#define FUTEX_OP_WAKE_BITSET 10
#define FUTEX_OP_PRIVATE 128
#define FUTEX_WAITV_CALL 449 /* the same on every architecture but Alpha */
#define FUTEX_WAITV_U32 2
#define FUTEX_WAITV_PRIVATE 128
#define MEMBARRIER_OP_PRIVATE_EXPEDITED (1 << 3)
#define MEMBARRIER_OP_REGISTER_PRIVATE_EXPEDITED (1 << 4)

#if defined(SYS_futex)
#define FUTEX_CALL SYS_futex
#else
#define FUTEX_CALL SYS_futex_time64
#endif

#if defined(SYS_membarrier)
#define MEMBARRIER_CALL SYS_membarrier
#elif defined(__x86_64__)
#define MEMBARRIER_CALL 324
#else
#define MEMBARRIER_CALL 283 /* the table that new architectures share */
#endif

/* struct futex_waitv of linux/futex.h. */
struct waitv {
    uint64_t value;
    uint64_t word;
    uint32_t flags;
    uint32_t reserved;
};

/* What futex_waitv takes: 64-bit times, also where time_t is 32 bits. */
struct waitv_time {
    int64_t s;
    int64_t ns;
};

/* 0 not known, 1 the kernel has futex_waitv, 2 it has not. */
static WEIR_ATOMIC(uint32_t) has_waitv;

static int futex_op(int op, bool shared)
{
    return shared ? op : op | FUTEX_OP_PRIVATE;
}

/* A system call that returns 0 or more, or a negative errno. */
static long futex(const volatile void *word, int op, uint32_t value,
                  const struct timespec *until, uint32_t bits)
{
    int saved = errno;
    long result = syscall(FUTEX_CALL, word, op, value, until, NULL, bits);

    if (result < 0) {
        result = -errno;
        errno = saved;
    }
    return result;
}

enum weir_slept weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                 uint32_t expected, weir_deadline_t deadline,
                                 uint32_t bits, bool shared)
{
    struct timespec ts = weir_timespec_(deadline);
    weir_deadline_t begun = weir_trace_wait_(word, expected);
    /* BITSET, because it is the wait whose time is absolute. */
    long result = futex((const volatile void *)word,
                        futex_op(FUTEX_OP_WAIT_BITSET, shared), expected,
                        deadline == WEIR_FOREVER ? NULL : &ts, bits);

    weir_trace_woken_(word, begun);
    switch (result) {
    case 0:
    case -EINTR: return WEIR_SLEPT_WOKEN;
    case -EAGAIN: return WEIR_SLEPT_CHANGED;
    case -ETIMEDOUT: return WEIR_SLEPT_EXPIRED;
    default:
        WEIR_PANIC(word, (uint64_t)-result,
                   "the kernel refuses to let a thread sleep on a futex "
                   "(the word is the errno)");
    }
}

/* -- Several words ------------------------------------------------------ */

static long waitv(struct waitv *words, unsigned n, weir_deadline_t deadline)
{
    struct timespec ts = weir_timespec_(deadline);
    struct waitv_time until = {.s = ts.tv_sec, .ns = ts.tv_nsec};
    int saved = errno;
    long result =
        syscall(FUTEX_WAITV_CALL, words, n, 0,
                deadline == WEIR_FOREVER ? NULL : &until, CLOCK_MONOTONIC);

    if (result < 0) {
        result = -errno;
        errno = saved;
    }
    return result;
}

/* The kernel has no memory for a list of words at the moment: sleep without,
 * for a moment, and look. */
static enum weir_slept pause_for(weir_deadline_t deadline)
{
    weir_deadline_t until = weir_sooner_(deadline, WEIR_UNSURE_SLICE_NS);
    struct timespec ts = weir_timespec_(until);

    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
    return until == deadline && weir_expired_(deadline) ? WEIR_SLEPT_EXPIRED
                                                        : WEIR_SLEPT_WOKEN;
}

bool weir_futex_can_wait_any_(void)
{
    /* HINT: whoever sees 0 asks again, and learns the same. */
    uint32_t known = weir_load_rlx_(&has_waitv);

    if (known == 0) {
        /* Of no words: EINVAL from a kernel that has it. */
        known = waitv(NULL, 0, WEIR_FOREVER) == -EINVAL ? 1 : 2;
        /* HINT: as above. */
        weir_store_rlx_(&has_waitv, known);
    }
    return known == 1;
}

enum weir_slept weir_futex_wait_any_(const struct weir_futex_word *words,
                                     unsigned n, weir_deadline_t deadline,
                                     unsigned *which)
{
    struct waitv each[WEIR_FUTEX_WORDS_MAX];
    weir_deadline_t begun;
    long result;

    for (unsigned i = 0; i < n; i++)
        each[i] = (struct waitv){
            .value = words[i].expected,
            .word = (uintptr_t)words[i].word,
            .flags =
                FUTEX_WAITV_U32 | (words[i].shared ? 0 : FUTEX_WAITV_PRIVATE),
        };
    begun = weir_trace_wait_(words[n - 1].word, words[n - 1].expected);
    result = waitv(each, n, deadline);
    weir_trace_woken_(words[n - 1].word, begun);
    *which = result >= 0 ? (unsigned)result : n;
    if (result >= 0)
        return WEIR_SLEPT_WOKEN;
    switch (result) {
    case -EINTR: return WEIR_SLEPT_WOKEN;
    case -EAGAIN: return WEIR_SLEPT_CHANGED;
    case -ETIMEDOUT: return WEIR_SLEPT_EXPIRED;
    case -ENOMEM: return pause_for(deadline);
    default:
        WEIR_PANIC(words[0].word, (uint64_t)-result,
                   "the kernel refuses to let a thread sleep on several "
                   "futexes (the word is the errno)");
    }
}

/* -- Waking -------------------------------------------------------------- */

void weir_futex_wake_(const volatile void *word, int count, uint32_t bits,
                      bool shared)
{
    long result;

    weir_trace_wake_(word, count);
    result = futex(word, futex_op(FUTEX_OP_WAKE_BITSET, shared),
                   (uint32_t)count, NULL, bits);

    /* EFAULT, EINVAL: the object is gone.  Others mean that a sleeper that
     * we owe a wake-up will not get it. */
    if (result < 0 && result != -EFAULT && result != -EINVAL)
        WEIR_PANIC(word, (uint64_t)-result,
                   "the kernel refuses to wake a futex "
                   "(the word is the errno)");
}

void weir_eventfd_add_(int fd)
{
    const uint64_t one = 1;
    int saved = errno;

    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    errno = saved;
}

bool weir_membarrier_(void)
{
    int saved = errno;
    bool done =
        syscall(MEMBARRIER_CALL, MEMBARRIER_OP_PRIVATE_EXPEDITED, 0, 0) == 0;

    /* EPERM: this process has not registered yet, or it is a new program in
     * an old process. */
    if (!done && errno == EPERM &&
        syscall(MEMBARRIER_CALL, MEMBARRIER_OP_REGISTER_PRIVATE_EXPEDITED, 0,
                0) == 0)
        done = syscall(MEMBARRIER_CALL, MEMBARRIER_OP_PRIVATE_EXPEDITED, 0,
                       0) == 0;
    errno = saved;
    return done;
}
