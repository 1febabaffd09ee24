/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the suites of the mutex's state word share: its sources are compiled
 * into each of them.  A mutex has no owner, so a hook of the sleeper's may do what
 * the owner would do at that very moment.
 */
#ifndef TEST_WORDS_KIT_H
#define TEST_WORDS_KIT_H

#include "futex/mutex.c"
#include "futex/mutex_fair.c"
#include "futex/mutex_foreign.c"
#include "futex/mutex_wait.c"

#include <signal.h>
#include <unistd.h>

#include "test_seam_kit.h"

static weir_mutex_t mutex;

static inline uint32_t word(void)
{
    return weir_load_sc_(&mutex.state);
}

/* Shared sleepers look by themselves now and then, and reserve the lock when
 * they are due: not where a test knows each word, however slow the machine. */
static bool patient;

static inline void begin(uint32_t state)
{
    seam_reset();
    patient = true;
    /* As the unlock that set it free, or the reservation, would have. */
    weir_store_rlx_(&mutex.stamp, state & RESERVED ? weir_stamp_in_(0) : 0);
    weir_store_rlx_(&mutex.state, state);
    support_watch("mutex", &mutex, sizeof(mutex));
}

static inline void end(void)
{
    seam_chaos = false;
    seam_relaxed = false;
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    weir_parked_reset_();
}

static inline void lock_and_unlock(unsigned index, void *arg)
{
    (void)arg;
    seam.patient = patient;
    support_note("locking as %lu", index, 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must(word() & LOCKED);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* As the inline unlock does when it has read LOCKED before anybody came. */
static inline void store_free(void)
{
    weir_store_rel_(&mutex.state, WEIR_MUTEX_FREE_);
    weir_compiler_barrier_();
    if (weir_load_rlx_(weir_parked_slot_(&mutex)) != 0)
        weir_mutex_unlock_parked_(&mutex);
}

static inline void put_to_bed(support_group_t *group, unsigned count)
{
    support_group_start(group, count, lock_and_unlock, NULL);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(group->tids[i], &mutex, NULL);
}

static const unsigned crowds[] = {1, 2, 3, 4, 8, 32};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

struct timing {
    int out;      /* one has timed out, and has not looked yet */
    int released; /* the owner has stored 0 and looked at the table */
    bool slept;   /* it timed out in its sleep, not before */
    int result;
};

static inline void use(void)
{
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

#endif
