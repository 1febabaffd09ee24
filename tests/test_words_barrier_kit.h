/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the suites of the barrier's words share: its sources are compiled into
 * each of them, and waiters are held up where a test wants them.
 */
#ifndef TEST_WORDS_BARRIER_KIT_H
#define TEST_WORDS_BARRIER_KIT_H

#include "futex/barrier.c"
#include "futex/barrier_wait.c"

#include "test_seam_kit.h"

static weir_barrier_t barrier;

static inline uint64_t arrivals(void)
{
    return weir_load_sc_(&barrier.arrivals);
}

static inline uint32_t sense(void)
{
    return weir_load_sc_(&barrier.sense);
}

static inline void begin(unsigned parties, unsigned flags)
{
    seam_reset();
    must_eq(weir_barrier_init(&barrier, parties, flags), 0);
    support_watch("barrier", &barrier, sizeof(barrier));
}

static inline void end(void)
{
    seam_chaos = false;
}

/* In phase, empty and whole, as if so many had gone by. */
static inline void preset(uint32_t phase)
{
    weir_store_rlx_(&barrier.arrivals, (uint64_t)phase << PHASE_SHIFT);
    weir_store_rlx_(&barrier.sense, phase << SENSE_PHASE_SHIFT);
}

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

/* Near each end of the 30 bits, and where differences change their sign. */
static const uint32_t phases[] = {
    0,          1,          2,          0x1ffffffe, 0x1fffffff, 0x20000000,
    0x20000001, 0x2ffffffe, 0x3ffffffd, 0x3ffffffe, 0x3fffffff};
#define PHASES ((int)(sizeof(phases) / sizeof(phases[0])))

struct waiting {
    int held; /* a waiter is back from its sleep, and has not looked */
    int go;
    weir_deadline_t deadline;
    int results[SUPPORT_THREADS_MAX];
    unsigned indexes[SUPPORT_THREADS_MAX];
};

static inline void hold(void *arg)
{
    struct waiting *waiting = arg;

    flag_raise(&waiting->held);
    flag_await(&waiting->go);
}

static inline void wait_here(unsigned index, void *arg)
{
    struct waiting *waiting = arg;

    support_note("waiting as %lu", index, 0);
    waiting->results[index] = keeps_errno(weir_barrier_wait_until(
        &barrier, waiting->deadline, &waiting->indexes[index]));
}

/* Shared sleepers look by themselves now and then, and would be held up too
 * soon where the machine is slow. */
static inline void wait_held(unsigned index, void *arg)
{
    seam.arg = arg;
    seam.patient = true;
    seam.after_wait = hold;
    seam.patient = true; /* or it would be held before it is woken */
    wait_here(index, arg);
}

static inline void put_to_bed(support_group_t *group, unsigned count,
                              support_body_t *body, struct waiting *waiting)
{
    support_group_start(group, count, body, waiting);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(group->tids[i], &barrier.sense, NULL);
}

static inline void join(support_group_t *group, const struct waiting *waiting,
                        int result)
{
    support_group_join(group);
    for (unsigned i = 0; i < group->count; i++)
        must_eq(waiting->results[i], result);
}

#endif
