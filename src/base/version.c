/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The version, what this build is, and what error numbers mean to this library.
 */
#include <weir/base.h>

#include "base/atomic.h"

#if defined(WEIR_TSAN)
/* Always 0: what fences meet on, see base/atomic.h. */
WEIR_ATOMIC(uint32_t) weir_fence_word_;
/* Tells programs that the sanitizer sees into this library. */
const char weir_instrumented_ = 1;
#endif

const char *weir_version(void)
{
    return WEIR_VERSION;
}

const char *weir_strerror(int error)
{
    switch (error) {
    case 0: return "success";
    case EPERM: return "not held, or not held by the caller";
    case EINVAL: return "invalid argument";
    case EOVERFLOW: return "a counter or a time would overflow";
    case EDEADLK: return "the caller would wait for itself";
    case EALREADY: return "already started, or already over";
    case EINPROGRESS: return "it runs now";
    case ESRCH: return "not started";
    case EBUSY: return "in use";
    case EBADF: return "closed";
    case EAGAIN: return "would have to wait";
    case ETIMEDOUT: return "the deadline passed";
    case ECANCELED: return "broken or cancelled";
    case ESHUTDOWN: return "the queue is closed";
    case EOWNERDEAD: return "the owner died while holding it";
    case ENOTRECOVERABLE: return "its state was lost with its owner";
    case EPIPE: return "the peer is gone";
    case ENODATA: return "end of stream";
    case EMSGSIZE: return "the buffer is too small for the message";
    case EACCES: return "authentication failed";
    case ENOMEM: return "out of memory";
    case EOPNOTSUPP: return "the kernel does not support it";
    default: return "not an error number of weir";
    }
}
