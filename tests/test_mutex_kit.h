/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the suites of the mutex share: one mutex, private or shared, and a
 * load that counts.
 */
#ifndef TEST_MUTEX_KIT_H
#define TEST_MUTEX_KIT_H

#include <weir/mutex.h>

#include "support/support.h"

/* Loop tests run once per scope. */
static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_mutex_t mutex;

static void fresh(int scope)
{
    must_eq(weir_mutex_init(&mutex, scopes[scope]), 0);
    support_watch("mutex", &mutex, sizeof(mutex));
}

static void lock_and_unlock(unsigned index, void *arg)
{
    (void)arg;
    support_note("locking as %lu", index, 0);
    must_eq(keeps_errno(weir_mutex_lock(&mutex)), 0);
    must_eq(keeps_errno(weir_mutex_unlock(&mutex)), 0);
}

/* Leave the mutex unlocked, but as it is when somebody has slept on it. */
static void have_slept(void)
{
    support_group_t group;

    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 1, lock_and_unlock, NULL);
    support_await_sleep(group.tids[0]);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
}

struct counting {
    long rounds;
    long counter; /* plain: only exclusion makes it right */
    int inside;
};

static int lock_somehow(support_random_t *random)
{
    int result;

    switch (support_below(random, 8)) {
    case 0:
        while ((result = weir_mutex_trylock(&mutex)) == EBUSY)
            support_jitter(random);
        return result;
    case 1:
        do
            result = weir_mutex_lock_until(
                &mutex, weir_after(support_below(random, 200000)));
        while (result == ETIMEDOUT);
        return result;
    default: return weir_mutex_lock(&mutex);
    }
}

static void count_up(unsigned index, void *arg)
{
    struct counting *counting = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < counting->rounds; i++) {
        support_note("round %lu", (unsigned long)i, 0);
        must_eq(lock_somehow(&random), 0);
        must_eq(counting->inside, 0);
        counting->inside = 1;
        counting->counter++;
        if (i % 64 == 0)
            support_jitter(&random);
        counting->inside = 0;
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
}

static void count_with(unsigned threads, long total)
{
    struct counting counting = {support_scaled(total) / threads + 1, 0, 0};

    support_threads(threads, count_up, &counting);
    must_eq(counting.counter, counting.rounds * threads);
    must(!weir_mutex_is_locked(&mutex));
}

#endif
