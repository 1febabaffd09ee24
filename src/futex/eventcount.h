/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Eventcount: lets threads sleep until a condition on some other memory
 * holds, at no cost to those who make it true while nobody sleeps.
 *
 *   releaser:  make the condition true (a release store);
 *              weir_eventcount_notify_(ec, shared);
 *   sleeper:   weir_eventcount_await_(ec, shared, &wait, deadline);
 *
 * The inline form of notify is weir_compiler_barrier_() and a load of
 * ec->word: only if that is not 0 there is something to do.
 */
#ifndef WEIR_FUTEX_EVENTCOUNT_H
#define WEIR_FUTEX_EVENTCOUNT_H

#include <weir/queue.h>

#include "futex/until.h"

/* What a sleeper waits for. */
struct weir_wait {
    /* Try once; true if that is the end of the wait. */
    bool (*attempt)(void *arg);
    /* Whether another sleeper's attempt may now succeed. */
    bool (*more)(void *arg);
    void *arg;
};

/* One thread's stay. */
struct weir_sleeper {
    weir_eventcount_t_ *ec;
    bool shared;
    bool sure;        /* releasers will see it */
    bool responsible; /* it cleared WAKING */
};

/* Make *ec an eventcount without sleepers.  Where there is no membarrier,
 * and for shared ones, it is symmetric from birth. */
void weir_eventcount_init_(weir_eventcount_t_ *ec, bool shared);

/* Something that one sleeper waits for may have become true. */
void weir_eventcount_notify_(weir_eventcount_t_ *ec, bool shared);

/* Something that all sleepers wait for has become true. */
void weir_eventcount_notify_all_(weir_eventcount_t_ *ec, bool shared);

/* Attempt, and sleep until an attempt succeeds: 0; or until the deadline has
 * passed and a last attempt failed: ETIMEDOUT (or ECANCELED, by a token). */
int weir_eventcount_await_(weir_eventcount_t_ *ec, bool shared,
                           const struct weir_wait *wait,
                           struct weir_until until);

/* The same in steps, for a thread that waits for other things as well: enter;
 * look, attempt, and sleep on the word that look gave; again; exit.  slept:
 * since the last look. */
void weir_eventcount_enter_(struct weir_sleeper *s, weir_eventcount_t_ *ec,
                            bool shared);
uint32_t weir_eventcount_look_(struct weir_sleeper *s);
void weir_eventcount_exit_(struct weir_sleeper *s, bool slept,
                           const struct weir_wait *wait);

/* Have a file written to, once, in place of a sleeper (armed.h); private ones
 * only.  It is at once if wait->more says so.  0, or an errno: see
 * weir_queue_arm_not_empty. */
int weir_eventcount_arm_(weir_eventcount_t_ *ec, int fd,
                         const struct weir_wait *wait);

/* No more; true if it was still to be written to. */
bool weir_eventcount_disarm_(weir_eventcount_t_ *ec, int fd);

/* Whether somebody sleeps, or is about to. */
bool weir_eventcount_has_sleepers_(const weir_eventcount_t_ *ec);

/* The bits of the word, for tests. */
#define WEIR_EVENTCOUNT_SYMMETRIC_ 1u
#define WEIR_EVENTCOUNT_WAKING_ 2u
#define WEIR_EVENTCOUNT_REVOKING_ 4u
#define WEIR_EVENTCOUNT_ONE_ 8u

#endif
