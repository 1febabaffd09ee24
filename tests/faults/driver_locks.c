/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The driver: mutex, recursive mutex, condition and read-write lock.
 */
#include "driver.h"

/* -- Mutex --------------------------------------------------------------- */

static void locks(unsigned index)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        int result = 0;

        if (timed && i % 4 == index)
            result = weir_mutex_lock_until(&world->mutex, weir_after(SHORT_NS));
        else
            must(weir_mutex_lock(&world->mutex) == 0);
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must(weir_mutex_lock(&world->mutex) == 0);
        must(world->inside++ == 0);
        world->counter++;
        nap(20000);
        must(--world->inside == 0);
        must(weir_mutex_unlock(&world->mutex) == 0);
    }
}

void try_mutex(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        world->counter = 0;
        must(weir_mutex_init(&world->mutex, shared) == 0);
        team(locks);
        must(world->counter == (uint64_t)TEAM * LOCKS);
    }
    must(weir_mutex_trylock(&world->mutex) == 0);
    if (timed)
        must(weir_mutex_lock_until(&world->mutex, weir_after(SHORT_NS)) ==
             ETIMEDOUT);
    must(weir_mutex_unlock(&world->mutex) == 0);
}

/* -- Recursive mutex ----------------------------------------------------- */

static void deep_locks(unsigned index)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        int result = 0;

        if (timed && i % 4 == index)
            result =
                weir_rmutex_lock_until(&world->rmutex, weir_after(SHORT_NS));
        else
            must(weir_rmutex_lock(&world->rmutex) == 0);
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must(weir_rmutex_lock(&world->rmutex) == 0);
        must(weir_rmutex_lock(&world->rmutex) == 0);
        must(world->inside++ == 0);
        world->counter++;
        nap(20000);
        must(--world->inside == 0);
        must(weir_rmutex_unlock(&world->rmutex) == 0);
        must(weir_rmutex_depth(&world->rmutex) == 1);
        must(weir_rmutex_unlock(&world->rmutex) == 0);
    }
}

void try_rmutex(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        world->counter = 0;
        must(weir_rmutex_init(&world->rmutex, shared) == 0);
        team(deep_locks);
        must(world->counter == (uint64_t)TEAM * LOCKS);
    }
    must(weir_rmutex_unlock(&world->rmutex) == EPERM);
}

/* -- Condition ----------------------------------------------------------- */

/* Each in turn; whoever ends its turn naps first, so that the others sleep. */
static void turns(unsigned index)
{
    must(weir_mutex_lock(&world->mutex) == 0);
    for (unsigned i = 0; i < LOCKS; i++) {
        while (world->counter % TEAM != index) {
            int result = weir_cond_wait_until(&world->cond, &world->mutex,
                                              timed ? weir_after(SHORT_NS)
                                                    : WEIR_FOREVER);

            must(result == 0 || (timed && result == ETIMEDOUT));
        }
        world->counter++;
        nap(20000);
        must(weir_cond_broadcast(&world->cond) == 0);
    }
    must(weir_mutex_unlock(&world->mutex) == 0);
}

/* Signals for one at a time: as many as there are waiters. */
static void signals(unsigned index)
{
    if (index != 0) {
        must(weir_mutex_lock(&world->mutex) == 0);
        world->inside++;
        must(weir_cond_wait(&world->cond, &world->mutex) == 0);
        world->counter++;
        must(weir_mutex_unlock(&world->mutex) == 0);
        return;
    }
    for (uint64_t there = 0; there < TEAM - 1; nap(100000)) {
        must(weir_mutex_lock(&world->mutex) == 0);
        there = world->inside;
        must(weir_mutex_unlock(&world->mutex) == 0);
    }
    nap(1000000); /* they sleep, or will at once */
    for (unsigned i = 1; i < TEAM; i++)
        must(weir_cond_signal(&world->cond) == 0);
}

void try_cond(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        must(weir_mutex_init(&world->mutex, shared) == 0);
        must(weir_cond_init(&world->cond, shared) == 0);
        world->counter = 0;
        team(turns);
        must(world->counter == (uint64_t)TEAM * LOCKS);
        world->counter = world->inside = 0;
        team(signals);
        must(world->counter == TEAM - 1);
        world->inside = 0;
    }
}

/* -- Read-write lock ----------------------------------------------------- */

static void read_routine(unsigned i)
{
    int result = 0;

    if (timed && i % 4 == 1)
        result = weir_rwlock_rdlock_until(&world->rwlock, weir_after(SHORT_NS));
    else
        must(weir_rwlock_rdlock(&world->rwlock) == 0);
    must(result == 0 || result == ETIMEDOUT);
    if (result == ETIMEDOUT)
        must(weir_rwlock_rdlock(&world->rwlock) == 0);
    must(world->inside == 0);
    nap(10000);
    must(world->inside == 0);
    must(weir_rwlock_rdunlock(&world->rwlock) == 0);
}

/* Each writes, goes on as a reader, and reads for a while. */
static void reads_and_writes(unsigned index)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        int result = 0;

        if (timed && i % 4 == index)
            result =
                weir_rwlock_wrlock_until(&world->rwlock, weir_after(SHORT_NS));
        else
            must(weir_rwlock_wrlock(&world->rwlock) == 0);
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must(weir_rwlock_wrlock(&world->rwlock) == 0);
        must(world->inside++ == 0);
        world->counter++;
        nap(20000);
        must(--world->inside == 0);
        if (i % 2 == 0) {
            must(weir_rwlock_wrunlock(&world->rwlock) == 0);
        } else {
            must(weir_rwlock_downgrade(&world->rwlock) == 0);
            must(weir_rwlock_rdunlock(&world->rwlock) == 0);
        }
        read_routine(i);
        if (i == LOCKS / 2) /* as often as it takes to become biased */
            for (unsigned j = 0; j < 3200; j++) {
                must(weir_rwlock_rdlock(&world->rwlock) == 0);
                must(weir_rwlock_rdunlock(&world->rwlock) == 0);
            }
    }
}

void try_rwlock(void)
{
    static const unsigned policies[ROUNDS] = {0, WEIR_RW_PREFER_READER,
                                              WEIR_RW_PHASE_FAIR};

    for (unsigned round = 0; round < ROUNDS; round++) {
        world->counter = 0;
        must(weir_rwlock_init(&world->rwlock, shared | policies[round]) == 0);
        team(reads_and_writes);
        must(world->counter == (uint64_t)TEAM * LOCKS);
    }
    must(weir_rwlock_trywrlock(&world->rwlock) == 0);
    if (timed)
        must(weir_rwlock_rdlock_until(&world->rwlock, weir_after(SHORT_NS)) ==
             ETIMEDOUT);
    must(weir_rwlock_wrunlock(&world->rwlock) == 0);
}
