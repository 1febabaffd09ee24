/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with barriers, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

#define PHASES 500

static weir_barrier_t barrier;
static long row[4];
static long total;
static long beside;
static long reason;

static void set_up(unsigned parties)
{
    must(weir_barrier_init(&barrier, parties, 0) == 0);
}

static void meet(unsigned *index)
{
    must(weir_barrier_wait(&barrier, index) == 0);
}

/* -- Right -------------------------------------------------------------- */

/* Each writes its own, then reads all. */
static void *step(void *arg)
{
    unsigned mine;

    for (int i = 0; i < PHASES; i++) {
        meet(&mine);
        row[mine]++;
        if (i % 100 == 0 && mine == 0)
            nap(1000000); /* the others sleep */
        must(weir_barrier_wait_until(&barrier, WEIR_FOREVER, NULL) == 0);
        must(row[0] + row[1] + row[2] + row[3] == 4 * (i + 1));
    }
    return arg;
}

static void phases(void)
{
    set_up(4);
    four(step);
}

/* The action sees what all wrote, and all see what it did. */
static int add_up(void *arg)
{
    total += row[0] + row[1] + row[2] + row[3];
    return *(int *)arg;
}

static void *step_with_action(void *arg)
{
    unsigned mine;

    for (int i = 0; i < PHASES; i++) {
        long before;

        meet(&mine);
        before = total;
        meet(&mine);
        row[mine]++;
        meet(&mine);
        must(total == before + 4 * (i + 1));
        meet(&mine);
    }
    return arg;
}

static int sometimes(void *arg)
{
    static int calls;

    return ++calls % 4 == 3 ? add_up(arg) : 0;
}

static void action(void)
{
    static int result;

    set_up(4);
    must(weir_barrier_set_action(&barrier, sometimes, &result) == 0);
    four(step_with_action);
}

/* Who aborts says why before. */
static void *wait_for_abort(void *arg)
{
    must(weir_barrier_wait(&barrier, NULL) == ECANCELED);
    must(reason == 1);
    return arg;
}

static void *abort_it(void *arg)
{
    nap(1000000);
    reason = 1;
    weir_barrier_abort(&barrier);
    return arg;
}

static void aborted(void)
{
    set_up(3);
    both(wait_for_abort, abort_it);
    must(weir_barrier_broken(&barrier));
    weir_barrier_reset(&barrier);
}

static void *look_for_abort(void *arg)
{
    while (!weir_barrier_broken(&barrier))
        nap(1000);
    must(reason == 1);
    return arg;
}

static void seen_broken(void)
{
    set_up(3);
    both(look_for_abort, abort_it);
}

/* -- Wrong -------------------------------------------------------------- */

static void *forget_the_barrier(void *arg)
{
    meet(NULL);
    apart();
    beside++;
    return arg;
}

static void race_beside(void)
{
    set_up(2);
    both(forget_the_barrier, forget_the_barrier);
}

static void *write_before(void *arg)
{
    apart();
    beside++;
    meet(NULL);
    return arg;
}

static void race_before(void)
{
    set_up(2);
    both(write_before, write_before);
}

/* A wait that timed out orders nothing. */
static void *give_up(void *arg)
{
    must(weir_barrier_wait_until(&barrier, WEIR_NOW, NULL) != 0);
    return arg;
}

static void *write_only(void *arg)
{
    apart();
    beside++;
    return arg;
}

static void *give_up_and_read(void *arg)
{
    (void)give_up(arg);
    apart();
    beside++;
    return arg;
}

static void race_after_timeout(void)
{
    set_up(3);
    both(give_up_and_read, write_only);
}

static void *act(void *arg)
{
    meet(NULL);
    return arg;
}

static int write_in_action(void *arg)
{
    apart();
    beside++;
    (void)arg;
    return 0;
}

/* The third thread is no party. */
static void race_with_action(void)
{
    body_t *bodies[] = {act, act, write_only};

    set_up(2);
    must(weir_barrier_set_action(&barrier, write_in_action, NULL) == 0);
    together(3, bodies);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"phases", CLEAN, phases},
        {"action", CLEAN, action},
        {"aborted", CLEAN, aborted},
        {"seen_broken", CLEAN, seen_broken},
        {"race_beside", RACE, race_beside},
        {"race_before", RACE, race_before},
        {"race_after_timeout", RACE, race_after_timeout},
        {"race_with_action", RACE, race_with_action},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
