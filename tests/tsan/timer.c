/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with timers, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

#include <stdint.h>

#define ROUNDS 200

static weir_timer_t timer;
static long told;
static long seen;
static long beside;

static void note(void *arg)
{
    seen = told;
    (void)arg;
}

static void set_up(void (*fn)(void *))
{
    must(weir_timer_init(&timer, fn, NULL, 0) == 0);
}

/* -- Right -------------------------------------------------------------- */

/* What was written before the start is seen by the callback, and what that
 * writes by who joins. */
static void joined(void)
{
    set_up(note);
    for (told = 1; told <= ROUNDS; told++) {
        must(weir_timer_start_at(&timer, weir_after(20000)) == 0);
        must(weir_timer_join(&timer, WEIR_FOREVER) == 0);
        must(seen == told);
    }
}

static void cancelled(void)
{
    set_up(note);
    for (told = 1; told <= ROUNDS; told++) {
        int result;

        must(weir_timer_start(&timer, weir_after(told * 300)) == 0);
        nap(30000);
        result = weir_timer_cancel_sync(&timer, WEIR_FOREVER);
        must(result == 0 || (result == EALREADY && seen == told));
        seen = 0;
    }
}

/* Cancel, too, if it says that all is over. */
static void found_done(void)
{
    set_up(note);
    for (told = 1; told <= ROUNDS; told++) {
        int result;

        must(weir_timer_restart_at(&timer, WEIR_NOW) == 0);
        do
            result = weir_timer_cancel(&timer);
        while (result == EINPROGRESS);
        must(result == 0 || seen == told);
        seen = 0;
    }
}

static void count(void *arg)
{
    ++*(long *)arg;
}

/* The callback is ordered with itself. */
static void periodic(void)
{
    long calls = 0;

    must(weir_timer_init(&timer, count, &calls, 0) == 0);
    must(weir_timer_start_every(&timer, WEIR_NOW, 50000) == 0);
    while (weir_timer_fired(&timer) < 50)
        nap(100000);
    must(weir_timer_cancel_sync(&timer, WEIR_FOREVER) == 0);
    must(calls == (long)weir_timer_fired(&timer));
}

struct owned {
    weir_timer_t timer;
    long *done;
};

static void free_it(void *arg)
{
    struct owned *owned = (struct owned *)arg;

    __atomic_fetch_add(owned->done, 1, __ATOMIC_RELEASE);
    free(owned);
}

/* The callback frees its timer, whose memory is another's soon. */
static void freed(void)
{
    static long done;

    for (long i = 0; i < ROUNDS; i++) {
        struct owned *owned = (struct owned *)malloc(sizeof(*owned));

        must(owned != NULL);
        owned->done = &done;
        must(weir_timer_init(&owned->timer, free_it, owned, 0) == 0);
        must(weir_timer_start_at(&owned->timer, WEIR_NOW) == 0);
    }
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < ROUNDS)
        nap(1000);
}

static void shut_down(void)
{
    set_up(note);
    told = 7;
    must(weir_timer_start_at(&timer, WEIR_NOW) == 0);
    must(weir_timer_shutdown(WEIR_FOREVER) == 0);
    must(weir_timer_cancel(&timer) == EALREADY);
    must(seen == 0 || seen == 7);
}

/* -- Wrong -------------------------------------------------------------- */

static void write_beside(void *arg)
{
    apart();
    beside++;
    (void)arg;
}

/* Written after the start, without a join. */
static void race_after_start(void)
{
    set_up(write_beside);
    must(weir_timer_start_at(&timer, WEIR_NOW) == 0);
    apart();
    beside++;
    nap(100000000);
}

/* A join that timed out orders nothing. */
static void race_after_timeout(void)
{
    set_up(write_beside);
    must(weir_timer_start_at(&timer, weir_after(20000000)) == 0);
    must(weir_timer_join(&timer, WEIR_NOW) == ETIMEDOUT);
    apart();
    beside++;
    nap(100000000);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"joined", CLEAN, joined},
        {"cancelled", CLEAN, cancelled},
        {"found_done", CLEAN, found_done},
        {"periodic", CLEAN, periodic},
        {"freed", CLEAN, freed},
        {"shut_down", CLEAN, shut_down},
        {"race_after_start", RACE, race_after_start},
        {"race_after_timeout", RACE, race_after_timeout},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
