/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Token: tells any number of waits, of any kind, that what they wait for is no
 * longer wanted.  Go's context.Context and C++'s std::stop_token.
 *
 *   static weir_token_t stop = WEIR_TOKEN_INIT;    // not cancelled; all zero
 *
 *   weir_token_t request;                          // ends with stop, or
 *   weir_token_init(&request, &stop,               // after a second
 *                   weir_after(1000000000), 0);
 *   error = weir_queue_get_with(&q, &job, WEIR_FOREVER, &request);
 *   if (error == ECANCELED)
 *       return;
 *
 *   weir_token_cancel(&stop);                      // all such waits return
 *
 * Each call that blocks has a form whose name ends in _with, which takes a
 * deadline and a token; NULL is no token.  (All but weir_token_wait: to wait
 * for one token until another is cancelled is what weir_wait_any_with does,
 * with an item that is weir_wait_on_token.)  A token ends a wait exactly as a
 * deadline does: what was not taken stays for others, no wake-up is lost, and
 * a call that can have what it asks for at once gets it, also under a token
 * that is cancelled.  Only the result is another: ECANCELED instead of
 * ETIMEDOUT.  Where both have come, it is ECANCELED.
 *
 * A token is cancelled once, for good: by weir_token_cancel, by its own
 * deadline, or with its parent.  So a server has one for all that it does, a
 * child of it for each connection, and a child of that, with a deadline, for
 * each request.
 *
 * Cost: a wait that does not sleep does not look at its token.  One that sleeps
 * does so on its object and on the words of the token and its ancestors at
 * once (futex_waitv); where the kernel has no such call (before Linux 5.16) it
 * looks at the token every WEIR_TOKEN_SLICE_NS.
 *
 * Lifetime: needs no destroy.  A token may be freed when no call uses it any
 * more, and no token that has it for a parent.  To cancel is the canceller's
 * last access: whom it let go may free the token at once.
 *
 * Processes: a WEIR_SHARED token lies in shared memory, as its parent does, in
 * the same mapping, since it keeps how far off that is.  If the canceller is
 * killed half-way, the token is cancelled or it is not, and who sleeps finds
 * out within a tenth of a second.
 */
#ifndef WEIR_TOKEN_H
#define WEIR_TOKEN_H

#include <weir/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Parent, its parent, and so on: at most so many tokens in a chain. */
#define WEIR_TOKEN_DEPTH_MAX 8u

/* How often a wait looks at its token where the kernel cannot wake it. */
#define WEIR_TOKEN_SLICE_NS 1000000

/* 24 bytes.  The words are described in src/futex/token.c. */
struct weir_token {
    WEIR_ATOMIC(uint32_t) word;
    uint32_t chain;
    /* How far before the end of time it ends: 0 never. */
    int64_t early;
    /* From here, in bytes; 0 no parent. */
    int64_t parent;
};

/* Not cancelled, no deadline, no parent, private. */
#define WEIR_TOKEN_INIT                                                        \
    {                                                                          \
        0, 0, 0, 0                                                             \
    }

/* Make *t a token that is not cancelled.  Not needed for private ones without
 * parent and deadline in memory that is all zero.
 * Context:  any; nobody else may be using *t
 * Progress: wait-free
 * Order:    none: publish *t to other threads as you would any object
 * Params:   parent    cancelled with it, it is too; outlives *t; or NULL
 *           deadline  cancelled from then on, absolute CLOCK_MONOTONIC
 *                     nanoseconds; that of the parent counts if it is earlier
 *           flags     0 or WEIR_SHARED
 * Returns:  0 | EINVAL an unknown flag, or a shared token of a private parent
 *           | EOVERFLOW more than WEIR_TOKEN_DEPTH_MAX in a chain
 * Source:   Go's context.WithDeadline; nsync's nsync_note_new */
WEIR_API int weir_token_init(weir_token_t *t, const weir_token_t *parent,
                             weir_deadline_t deadline, unsigned flags);

/* Cancel *t, and so all that descend from it, and wake who waits with them.
 * Idempotent.
 * Context:  any; async-signal-safe
 * Progress: wait-free, and one system call when somebody sleeps
 * Order:    release: publishes everything before it to each call that returns
 *           ECANCELED for it, or true
 * Returns:  0
 * Lifetime: *t may be freed by a thread that was let go at once
 * Source:   C++20's std::stop_source::request_stop */
WEIR_API int weir_token_cancel(weir_token_t *t);

/* Whether *t or an ancestor was cancelled, or its deadline has passed.
 * Context:  any; async-signal-safe
 * Progress: wait-free: a load for each in the chain, and the clock if there is
 *           a deadline
 * Order:    acquire if true
 * Returns:  true if it is cancelled
 * Source:   C++20's std::stop_token::stop_requested */
WEIR_API bool weir_token_is_cancelled(const weir_token_t *t);

/* When *t will be cancelled by itself.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    none
 * Returns:  the earliest deadline of the chain; WEIR_FOREVER if there is none
 * Source:   Go's context.Context.Deadline */
WEIR_API weir_deadline_t weir_token_deadline(const weir_token_t *t);

/* Wait until *t is cancelled: a sleep that can be cut short.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire on success, none on ETIMEDOUT
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds; a past time: one
 *                     look
 * Returns:  0 it is cancelled | ETIMEDOUT it is not
 * Source:   Go's <-ctx.Done() */
WEIR_API int weir_token_wait_until(weir_token_t *t, weir_deadline_t deadline);

/* The same without end.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    acquire
 * Returns:  0
 * Source:   Go's <-ctx.Done() */
WEIR_API int weir_token_wait(weir_token_t *t);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_token_t) == 24, "a token is 24 bytes");

#if defined(WEIR_ANNOTATED_)
#include <weir/inline/token_tsan.h>
#endif

#endif
