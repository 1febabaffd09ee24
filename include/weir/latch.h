/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Latch: threads wait until a count has gone down to zero, once.  Python has
 * none; it is C++20's std::latch, with deadlines.
 *
 *   weir_latch_t ready;
 *   weir_latch_init(&ready, workers, 0);
 *
 *   set_up();                                   // in each worker
 *   weir_latch_count_down(&ready, 1);
 *
 *   if (weir_latch_wait_until(&ready, weir_after(1000000000)) == ETIMEDOUT)
 *       ...                                     // somebody is late
 *
 * A latch is closed while its count is above zero, and open from then on: the
 * count never grows again.  For a meeting that repeats take a barrier.  All
 * zero is an open latch.
 *
 * Fairness: none needed.  Opening lets all waiters go.
 *
 * Lifetime: needs no destroy.  A thread that found the latch open may free
 * it at once, even while the count_down that opened it has not returned,
 * unless other threads wait still, or will call.
 *
 * If a process is killed: one that has yet to count down a shared latch never
 * does, and the others wait for it (their deadlines pass).  One that was killed
 * between opening the latch and waking the sleepers costs them a tenth of a
 * second at most.
 */
#ifndef WEIR_LATCH_H
#define WEIR_LATCH_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest count. */
#define WEIR_LATCH_MAX 0x7fffffffu

/* 8 bytes.  The word is described in src/futex/latch.c. */
typedef struct weir_latch {
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint32_t) word;
    uint32_t flags;
} weir_latch_t;

/* An open latch. */
#define WEIR_LATCH_INIT                                                        \
    {                                                                          \
        0, 0                                                                   \
    }

/* Make *l a latch that opens when it has been counted down count times.
 * Context:  any; nobody else may be using *l
 * Progress: wait-free
 * Order:    none: publish *l to other threads as you would any object
 * Params:   count  0 (open) to WEIR_LATCH_MAX; flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL count out of range, or an unknown flag
 * Source:   none */
WEIR_API int weir_latch_init(weir_latch_t *l, unsigned count, unsigned flags);

/* Take n from the count; if nothing is left the latch is open, and all who
 * wait are woken.
 * Context:  any; async-signal-safe; may make one system call
 * Progress: lock-free
 * Order:    release: everything before it is visible after each wait
 * Params:   n  1 to what is left
 * Returns:  0 | EINVAL n is 0 | EOVERFLOW n is more than what is left
 * Source:   std::latch::count_down */
WEIR_API int weir_latch_count_down(weir_latch_t *l, unsigned n);

/* Whether *l is open, without waiting.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    acquire if open
 * Returns:  0 open | EAGAIN closed
 * Source:   std::latch::try_wait */
WEIR_API int weir_latch_try_wait(const weir_latch_t *l);

/* Wait until *l is open.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    acquire: sees everything before every count_down
 * Returns:  0
 * Source:   std::latch::wait */
WEIR_API int weir_latch_wait(weir_latch_t *l);

/* As weir_latch_wait, until the deadline.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire on success, none on ETIMEDOUT
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: one look; WEIR_FOREVER: as weir_latch_wait
 * Returns:  0 | ETIMEDOUT still closed
 * Source:   none */
WEIR_API int weir_latch_wait_until(weir_latch_t *l, weir_deadline_t deadline);

/* As weir_latch_wait_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_latch_wait_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_latch_wait_with(weir_latch_t *l, weir_deadline_t deadline,
                                  weir_token_t *token);

/* Count down by one, and wait until the latch is open.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    acq_rel: everything before any count_down is visible after it
 * Returns:  0 | EOVERFLOW it was open already (nothing was done)
 * Source:   std::latch::arrive_and_wait */
WEIR_API int weir_latch_arrive_and_wait(weir_latch_t *l);

/* As weir_latch_arrive_and_wait, until the deadline.  The caller counts as
 * arrived even if it gives up.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acq_rel on success, release on ETIMEDOUT
 * Params:   deadline  as weir_latch_wait_until
 * Returns:  0 | EOVERFLOW as above | ETIMEDOUT arrived, and still closed
 * Source:   none */
WEIR_API int weir_latch_arrive_and_wait_until(weir_latch_t *l,
                                              weir_deadline_t deadline);

/* As weir_latch_arrive_and_wait_until, until a token is cancelled as well.
 * The caller counts as arrived, whatever is returned.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_latch_arrive_and_wait_until; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_latch_arrive_and_wait_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_latch_arrive_and_wait_with(weir_latch_t *l,
                                             weir_deadline_t deadline,
                                             weir_token_t *token);

/* What is left of the count; stale when it returns.
 * Context:  any; async-signal-safe
 * Order:    none: use it to print, not to decide
 * Returns:  0 if open
 * Source:   none */
WEIR_API unsigned weir_latch_value(const weir_latch_t *l);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_latch_t) == 8, "a latch is 8 bytes");

#if defined(WEIR_ANNOTATED_)
#include <weir/inline/latch_tsan.h>
#endif

#endif
