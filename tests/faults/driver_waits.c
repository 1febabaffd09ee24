/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The driver: barrier, semaphore, event and latch.
 */
#include "driver.h"

/* -- Barrier ------------------------------------------------------------- */

static void phases(unsigned index)
{
    for (unsigned phase = 1; phase <= PHASES; phase++) {
        if (phase % TEAM == index)
            nap(100000); /* the others are asleep by now */
        __atomic_store_n(&world->arrived[index], phase, __ATOMIC_RELAXED);
        must(weir_barrier_wait(&world->barrier, NULL) == 0);
        for (unsigned i = 0; i < TEAM; i++)
            must(__atomic_load_n(&world->arrived[i], __ATOMIC_RELAXED) >=
                 phase);
    }
}

/* All but the last come; one of them has a deadline. */
static void broken(unsigned index)
{
    int result;

    if (index == TEAM - 1)
        return;
    result = weir_barrier_wait_until(
        &world->barrier, index == 0 ? weir_after(20 * SHORT_NS) : WEIR_FOREVER,
        NULL);
    must(result == (index == 0 ? ETIMEDOUT : ECANCELED));
}

void try_barrier(void)
{
    must(weir_barrier_init(&world->barrier, TEAM, shared) == 0);
    team(phases);
    if (timed) {
        team(broken);
        must(weir_barrier_broken(&world->barrier));
        must(weir_barrier_reset(&world->barrier) == 0);
        memset(world->arrived, 0, sizeof(world->arrived));
        team(phases);
    }
}

/* -- Semaphore ----------------------------------------------------------- */

static void take(bool in_time)
{
    int result = ETIMEDOUT;

    if (in_time)
        result = weir_sem_wait_until(&world->sem, weir_after(SHORT_NS));
    must(result == 0 || result == ETIMEDOUT);
    if (result == ETIMEDOUT)
        must(weir_sem_wait(&world->sem) == 0);
}

/* One permit, as a lock. */
static void permits(unsigned index)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        take(timed && i % 4 == index);
        must(world->inside++ == 0);
        world->counter++;
        nap(20000);
        must(--world->inside == 0);
        must(weir_sem_post(&world->sem) == 0);
    }
}

/* One hands out what the others need, all at once or one by one. */
static void hands_out(unsigned index)
{
    for (unsigned i = 0; i < GATES; i++) {
        if (index != 0) {
            take(timed && i % 4 == index);
            continue;
        }
        nap(200000); /* the others are asleep by now */
        if (i % 2 == 0)
            must(weir_sem_post_n(&world->sem, TEAM - 1) == 0);
        for (unsigned n = 1; n < TEAM && i % 2 == 1; n++)
            must(weir_sem_post(&world->sem) == 0);
    }
}

void try_sem(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        world->counter = 0;
        must(weir_sem_init(&world->sem, 1, 1, shared) == 0);
        team(permits);
        must(world->counter == (uint64_t)TEAM * LOCKS);
        must(weir_sem_value(&world->sem) == 1);
    }
    must(weir_sem_init(&world->sem, 0, WEIR_SEM_MAX, shared) == 0);
    team(hands_out);
    must(weir_sem_trywait(&world->sem) == EAGAIN);
    if (timed)
        must(weir_sem_wait_until(&world->sem, weir_after(SHORT_NS)) ==
             ETIMEDOUT);
}

/* -- Event --------------------------------------------------------------- */

/* Each opens the next gate for all, late. */
static void gates(unsigned index)
{
    for (unsigned i = 0; i < GATES; i++) {
        int result = ETIMEDOUT;

        if (i % TEAM == index) {
            nap(200000); /* the others are asleep by now */
            __atomic_store_n(&world->arrived[index], i + 1, __ATOMIC_RELAXED);
            must(weir_event_set(&world->gates[i]) == 0);
        }
        if (timed && (i + 1) % TEAM == index)
            result = weir_event_wait_until(&world->gates[i],
                                           weir_after(SHORT_NS / 4));
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must(weir_event_wait(&world->gates[i]) == 0);
        must(__atomic_load_n(&world->arrived[i % TEAM], __ATOMIC_RELAXED) >=
             i + 1);
    }
}

void try_event(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        memset(world->arrived, 0, sizeof(world->arrived));
        for (unsigned i = 0; i < GATES; i++) {
            must(weir_event_init(&world->gates[i], shared) == 0);
            must(!weir_event_is_set(&world->gates[i]));
        }
        team(gates);
        must(weir_event_clear(&world->gates[0]) == 0);
        if (timed)
            must(weir_event_wait_until(&world->gates[0],
                                       weir_after(SHORT_NS)) == ETIMEDOUT);
    }
}

/* -- Latch --------------------------------------------------------------- */

static void arrivals(unsigned index)
{
    for (unsigned i = 0; i < PHASES; i++) {
        weir_latch_t *latch = &world->latches[i];
        int result = ETIMEDOUT;

        if (i % TEAM == index)
            nap(100000); /* the others are asleep by now */
        __atomic_store_n(&world->arrived[index], i, __ATOMIC_RELAXED);
        if (timed && i % 4 == index)
            result =
                weir_latch_arrive_and_wait_until(latch, weir_after(SHORT_NS));
        else
            must(weir_latch_count_down(latch, 1) == 0);
        if (result == ETIMEDOUT)
            must(weir_latch_wait(latch) == 0);
        else
            must(result == 0);
        for (unsigned n = 0; n < TEAM; n++)
            must(__atomic_load_n(&world->arrived[n], __ATOMIC_RELAXED) >= i);
    }
}

void try_latch(void)
{
    for (unsigned i = 0; i < PHASES; i++)
        must(weir_latch_init(&world->latches[i], TEAM, shared) == 0);
    team(arrivals);
    must(weir_latch_init(&world->latches[0], 1, shared) == 0);
    if (timed)
        must(weir_latch_wait_until(&world->latches[0], weir_after(SHORT_NS)) ==
             ETIMEDOUT);
}
