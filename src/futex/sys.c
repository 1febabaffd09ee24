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

/* From linux/futex.h and linux/membarrier.h. */
#define FUTEX_OP_WAIT_BITSET 9
#define FUTEX_OP_WAKE_BITSET 10
#define FUTEX_OP_PRIVATE 128
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
