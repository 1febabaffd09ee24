/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the suites of the semaphore share: one semaphore, private or shared,
 * and ways to take a permit.
 */
#ifndef TEST_SEM_KIT_H
#define TEST_SEM_KIT_H

#include <weir/sem.h>

#include "support/support.h"

/* Loop tests run once per scope. */
static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

static weir_sem_t sem;

static inline void fresh(unsigned value, unsigned max, int scope)
{
    must_eq(weir_sem_init(&sem, value, max, scopes[scope]), 0);
    support_watch("semaphore", &sem, sizeof(sem));
}

static inline void wait_once(unsigned index, void *arg)
{
    (void)arg;
    support_note("waiting as %lu", index, 0);
    must_eq(keeps_errno(weir_sem_wait(&sem)), 0);
}

/* By each of the calls; how long it takes is up to the others. */
static inline void take_somehow(support_random_t *random)
{
    int result;

    switch (support_below(random, 8)) {
    case 0:
        while ((result = weir_sem_trywait(&sem)) == EAGAIN)
            support_jitter(random);
        break;
    case 1:
        do
            result = weir_sem_wait_until(
                &sem, weir_after(support_below(random, 200000)));
        while (result == ETIMEDOUT);
        break;
    default: result = weir_sem_wait(&sem);
    }
    must_eq(result, 0);
}

/* All of them are asleep, on a word of the semaphore. */
static inline void await_sleepers(const support_group_t *group, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *word = support_await_sleep(group->tids[i]);

        must(word == NULL ||
             (word >= (const char *)&sem && word < (const char *)(&sem + 1)));
    }
}

#endif
