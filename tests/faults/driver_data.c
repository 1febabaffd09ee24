/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The driver: queue, once and sequence lock.
 */
#include "driver.h"

/* -- Queue --------------------------------------------------------------- */

static weir_queue_t *queue(void)
{
    return (weir_queue_t *)(void *)world->queue;
}

/* Two put, two get; each pair is now the slower one. */
static void moves(unsigned index)
{
    uint64_t sum = 0;

    for (uint64_t i = 1; i <= ELEMENTS; i++) {
        uint64_t e = i;
        int result = ETIMEDOUT;

        if ((i / 30 + index) % 2 == 0)
            nap(50000);
        if (timed && i % 8 == 0)
            result =
                index < 2
                    ? weir_queue_put_until(queue(), &e, weir_after(SHORT_NS))
                    : weir_queue_get_until(queue(), &e, weir_after(SHORT_NS));
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must((index < 2 ? weir_queue_put(queue(), &e)
                            : weir_queue_get(queue(), &e)) == 0);
        sum += e;
    }
    world->sums[index] = sum;
}

/* All but one find nothing, and sleep; then that one closes. */
static void closes(unsigned index)
{
    uint64_t e;

    if (index != 0) {
        must(weir_queue_get(queue(), &e) == ESHUTDOWN);
        return;
    }
    /* They have announced themselves, and a moment later they sleep. */
    while (weir_load_rlx_(&queue()->not_empty.word) >> 2 < TEAM - 1)
        nap(100000);
    nap(5000000);
    must(weir_queue_close(queue()) == 0);
    must(weir_queue_drain(queue(), WEIR_FOREVER) == 0);
}

static void use_queue_up(void)
{
    uint64_t e = 0;

    must(weir_queue_init(queue(), sizeof(world->queue), CAPACITY, sizeof(e),
                         shared) == 0);
    team(moves);
    must(world->sums[0] + world->sums[1] == world->sums[2] + world->sums[3]);
    must(weir_queue_empty(queue()));
    if (timed)
        must(weir_queue_get_until(queue(), &e, weir_after(SHORT_NS)) ==
             ETIMEDOUT);
    team(closes);
    must(weir_queue_put(queue(), &e) == ESHUTDOWN);
}

void try_queue(void)
{
    for (unsigned round = 0; round < ROUNDS; round++)
        use_queue_up();
}

/* -- Once ---------------------------------------------------------------- */

static int make(void *arg)
{
    uint64_t *made = arg;
    weir_once_t *once = &world->onces[made - world->made];

    /* However busy the machine: others come, and mark the word to sleep. */
    while (!(weir_load_rlx_(&once->word) & 4u))
        nap(20000);
    return ++*made == 1 ? EAGAIN : 0;
}

static void calls(unsigned index)
{
    for (unsigned i = 0; i < PHASES; i++) {
        int result;

        do
            result =
                timed && i % TEAM == index
                    ? weir_once_call_until(&world->onces[i], make,
                                           &world->made[i],
                                           weir_after(SHORT_NS / 4))
                    : weir_once_call(&world->onces[i], make, &world->made[i]);
        while (result == EAGAIN || (timed && result == ETIMEDOUT));
        must(result == 0);
        must(world->made[i] == 2);
    }
}

void try_once(void)
{
    for (unsigned i = 0; i < PHASES; i++)
        must(weir_once_init(&world->onces[i], shared) == 0);
    team(calls);
}

/* -- Sequence lock ------------------------------------------------------- */

static void see_whole(const uint64_t *data)
{
    for (unsigned i = 1; i < 4; i++)
        must(data[i] == data[0]);
}

/* Two write, and sleep inside; two read. */
static void writes(unsigned index)
{
    uint64_t data[4];

    for (unsigned i = 0; i < LOCKS; i++) {
        if (index >= 2) {
            must(weir_seqlock_read(&world->seqlock, data, world->guarded,
                                   sizeof(data)) == 0);
            see_whole(data);
            nap(10000);
            continue;
        }
        while (weir_seqlock_write_begin_until(&world->seqlock,
                                              timed ? weir_after(SHORT_NS)
                                                    : WEIR_FOREVER) != 0)
            must(timed);
        weir_seqlock_load(data, world->guarded, sizeof(data));
        see_whole(data);
        for (unsigned n = 0; n < 4; n++)
            data[n]++;
        nap(100000); /* the others are asleep by now */
        weir_seqlock_store(world->guarded, data, sizeof(data));
        must(weir_seqlock_write_end(&world->seqlock) == 0);
    }
}

void try_seqlock(void)
{
    memset(world->guarded, 0, sizeof(world->guarded));
    must(weir_seqlock_init(&world->seqlock, shared) == 0);
    team(writes);
    must(world->guarded[0] == (uint64_t)2 * LOCKS);
}
