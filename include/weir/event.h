/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Event: a flag that threads wait for.  Python's threading.Event.
 *
 *   static weir_event_t ready = WEIR_EVENT_INIT;   // not set; all zero
 *
 *   config = read_config();
 *   weir_event_set(&ready);                        // lets all in, from now on
 *
 *   weir_event_wait(&ready);                       // one load once it is set
 *   use(config);
 *
 * It stays set until somebody clears it.  Clearing takes nothing back: each
 * thread whose wait had begun when the event was set returns, however soon it
 * is cleared again.  So set and clear, one after the other, let in all that
 * wait now, and nobody who comes later.
 *
 * Fairness: none needed.
 *
 * Lifetime: needs no destroy.  A thread whose wait has returned may free the
 * memory as soon as no other thread will use the event again, even while the
 * set that let it in has not returned: setting is that call's last access to
 * the object.
 *
 * Processes: of a WEIR_SHARED event, a process that is killed in the middle of
 * set has set it or has not, and whoever sleeps finds out within a tenth of a
 * second where the dead process had yet to wake it.
 */
#ifndef WEIR_EVENT_H
#define WEIR_EVENT_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 8 bytes.  The word is described in src/futex/event.c. */
typedef struct weir_event {
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint64_t) state;
} weir_event_t;

/* Not set, private. */
#define WEIR_EVENT_INIT                                                        \
    {                                                                          \
        0                                                                      \
    }

/* Make *e an event that is not set.  Not needed for private events in memory
 * that is all zero.
 * Context:  any; nobody else may be using *e
 * Progress: wait-free
 * Order:    none: publish *e to other threads as you would any object
 * Params:   flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL an unknown flag
 * Source:   none */
WEIR_API int weir_event_init(weir_event_t *e, unsigned flags);

/* Set *e, and wake all who wait.  Idempotent.
 * Context:  any; async-signal-safe
 * Progress: lock-free, and one system call when somebody sleeps
 * Order:    release, also if it is set already: publishes everything before
 *           it to each wait, is_set and clear that finds it set
 * Returns:  0
 * Lifetime: *e may be freed by a thread that was let in at once
 * Source:   Python's Event.set */
WEIR_API_INLINE int weir_event_set(weir_event_t *e);

/* Clear *e: who comes from now on waits.  Idempotent.
 * Context:  any; async-signal-safe
 * Progress: lock-free
 * Order:    acquire: sees everything before the sets that it clears, so that
 *           one who clears and then looks misses nothing
 * Returns:  0
 * Source:   Python's Event.clear */
WEIR_API int weir_event_clear(weir_event_t *e);

/* Whether *e is set at this moment.
 * Context:  any; async-signal-safe
 * Progress: wait-free: one load
 * Order:    acquire if true
 * Returns:  true if set
 * Source:   Python's Event.is_set */
WEIR_API_INLINE bool weir_event_is_set(const weir_event_t *e);

/* Wait until *e is set; at once if it is.
 * Context:  may sleep; not async-signal-safe
 * Progress: one load if it is set, else blocking
 * Order:    acquire: sees everything before the set that let it in
 * Returns:  0
 * Source:   Python's Event.wait */
WEIR_API_INLINE int weir_event_wait(weir_event_t *e);

/* Wait until *e is set or the deadline has passed.
 * Context:  may sleep; not async-signal-safe
 * Progress: as weir_event_wait, bounded by the deadline
 * Order:    as weir_event_wait on success, none on ETIMEDOUT
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           a past time: one look; WEIR_FOREVER: as weir_event_wait
 * Returns:  0 | ETIMEDOUT it was not set
 * Source:   Python's Event.wait(timeout) */
WEIR_API int weir_event_wait_until(weir_event_t *e, weir_deadline_t deadline);

/* As weir_event_wait_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    acquire on success and on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_event_wait_until | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API_INLINE int weir_event_wait_with(weir_event_t *e,
                                         weir_deadline_t deadline,
                                         weir_token_t *token);

/* For programs that sleep in epoll: have an eventfd(2) written to when *e is
 * set, once; at once if it is.  After that it is to be armed again.  Whoever
 * sets pays for it only while something is armed, or somebody sleeps.
 * Context:  any thread; not async-signal-safe
 * Progress: lock-free
 * Order:    as weir_event_wait, for who reads the file after it was written to
 * Params:   fd  an eventfd, made with EFD_NONBLOCK, and written to as long as it
 *               is armed: disarm it before
 *               it is closed, or the memory of *e freed
 * Returns:  0 | EINVAL a shared event, or no file | EALREADY it is armed
 *           | EAGAIN 1024 are armed in this process
 * Source:   eventfd(2); folly's EventFD queues, armed only while awaited */
WEIR_API int weir_event_arm(weir_event_t *e, int fd);

/* Take it back: nobody writes to fd for *e after that.
 * Context:  any thread; not async-signal-safe
 * Progress: blocking, for as long as another takes to write
 * Returns:  0 | ESRCH it is not armed, or was written to
 * Source:   as weir_event_arm */
WEIR_API int weir_event_disarm(weir_event_t *e, int fd);

#ifdef __cplusplus
}
#endif

WEIR_STATIC_ASSERT(sizeof(weir_event_t) == 8, "an event is 8 bytes");

#include <weir/inline/event.h>
#if defined(WEIR_ANNOTATED_)
#include <weir/inline/event_tsan.h>
#endif

#endif
