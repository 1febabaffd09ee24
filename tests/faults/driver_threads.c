/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The driver: timer and thread.
 */
#include "driver.h"

/* -- Timer (private) ----------------------------------------------------- */

static void count_firing(void *arg)
{
    __atomic_add_fetch((uint64_t *)arg, 1, __ATOMIC_RELAXED);
}

/* Due at once, but where deadlines pass. */
static void timers(unsigned index)
{
    uint64_t *fired = &world->sums[index];
    weir_timer_t timer;
    uint64_t before;

    *fired = 0;
    must(weir_timer_init(&timer, count_firing, fired, 0) == 0);
    for (unsigned i = 1; i <= LOCKS; i++) {
        bool late = timed && i % 4 == index;
        int result;

        before = __atomic_load_n(fired, __ATOMIC_RELAXED);
        must(weir_timer_start_at(&timer,
                                 late ? weir_after(SHORT_NS) : WEIR_NOW) == 0);
        if (i % 2 == 0)
            nap(20000);
        if (timed && weir_timer_join(&timer, weir_after(SHORT_NS / 4)) != 0)
            must(weir_timer_restart_at(&timer, WEIR_NOW) == 0);
        result = i % 3 == 0 ? weir_timer_cancel_sync(&timer, WEIR_FOREVER)
                            : weir_timer_join(&timer, WEIR_FOREVER);
        must(result == 0 || result == EALREADY);
        if (!timed)
            must(__atomic_load_n(fired, __ATOMIC_RELAXED) - before ==
                 (i % 3 != 0 || result == EALREADY));
    }
    must(weir_timer_fired(&timer) == *fired);
}

void try_timer(void)
{
    must(!shared);
    for (unsigned round = 0; round < ROUNDS; round++) {
        team(timers);
        must(weir_timer_shutdown(WEIR_FOREVER) == 0);
    }
}

/* -- Thread -------------------------------------------------------------- */

static weir_thread_t members[TEAM];

/* Each joins the one before it, which is asleep by now. */
static void *join_the_last(void *arg)
{
    weir_thread_t *before = arg;
    int result = 0;

    if (before == NULL) {
        nap(200000);
        return arg;
    }
    do
        result = weir_thread_join(
            before, timed ? weir_after(SHORT_NS / 2) : WEIR_FOREVER, NULL);
    while (result == ETIMEDOUT);
    must(result == 0);
    return arg;
}

void try_thread(void)
{
    for (unsigned round = 0; round < 10 * ROUNDS; round++) {
        for (unsigned i = 0; i < TEAM; i++) {
            void *before = i > 0 ? &members[i - 1] : NULL;

            must(weir_thread_init(&members[i], NULL, join_the_last, before) ==
                 0);
            must(weir_thread_start(&members[i]) == 0);
        }
        if (round % 2 == 0)
            must(weir_thread_join_all(WEIR_FOREVER) == 0);
        for (unsigned i = TEAM; i > 0; i--) {
            void *result = NULL;

            must(weir_thread_join(&members[i - 1], WEIR_FOREVER, &result) == 0);
            must(result == (i > 1 ? &members[i - 2] : NULL));
        }
        must(weir_thread_active_count() == 1);
    }
}
