/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with latches, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

static weir_latch_t latch;
/* volatile: clang would read all at once, as a vector, and ThreadSanitizer
 * leaves out accesses of such a size. */
static volatile long rows[4];
static long beside;

static void set_up(unsigned count)
{
    must(weir_latch_init(&latch, count, 0) == 0);
}

static long sum(void)
{
    return rows[0] + rows[1] + rows[2] + rows[3];
}

/* -- Right -------------------------------------------------------------- */

static void *arrive(void *arg)
{
    static int next;
    int mine = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);

    nap(mine * 1000000); /* those that came sleep */
    rows[mine] = 1;
    must(weir_latch_arrive_and_wait(&latch) == 0);
    must(sum() == 4);
    return arg;
}

static void arrivals(void)
{
    set_up(4);
    four(arrive);
}

static void *count_down(void *arg)
{
    rows[0] = 4;
    nap(1000000);
    must(weir_latch_count_down(&latch, 1) == 0);
    return arg;
}

static void *wait_for_it(void *arg)
{
    must(weir_latch_wait_until(&latch, WEIR_FOREVER) == 0);
    must(sum() == 4);
    return arg;
}

static void waited(void)
{
    set_up(1);
    both(count_down, wait_for_it);
}

static void *try_for_it(void *arg)
{
    while (weir_latch_try_wait(&latch) != 0)
        nap(1000);
    must(sum() == 4);
    return arg;
}

static void tried(void)
{
    set_up(1);
    both(count_down, try_for_it);
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_after(void *arg)
{
    must(weir_latch_arrive_and_wait(&latch) == 0);
    apart();
    beside++;
    return arg;
}

static void race_after(void)
{
    set_up(2);
    both(write_after, write_after);
}

static void *give_up_and_write(void *arg)
{
    must(weir_latch_wait_until(&latch, WEIR_NOW) == ETIMEDOUT);
    apart();
    beside++;
    return arg;
}

static void *write_and_count(void *arg)
{
    apart();
    beside++;
    nap(100000000);
    must(weir_latch_count_down(&latch, 1) == 0);
    return arg;
}

/* A wait that timed out orders nothing. */
static void race_after_timeout(void)
{
    set_up(1);
    both(give_up_and_write, write_and_count);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"arrivals", CLEAN, arrivals},
        {"waited", CLEAN, waited},
        {"tried", CLEAN, tried},
        {"race_after", RACE, race_after},
        {"race_after_timeout", RACE, race_after_timeout},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
