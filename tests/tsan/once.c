/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with onces, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

static weir_once_t once = WEIR_ONCE_INIT;
static long made;
static long tries;
static long beside;

/* -- Right -------------------------------------------------------------- */

static int make(void *arg)
{
    nap(1000000); /* the others sleep */
    made = *(long *)arg;
    return 0;
}

static void *call(void *arg)
{
    static long seven = 7;

    must(weir_once_call(&once, make, &seven) == 0);
    must(made == 7);
    must(weir_once_call_until(&once, make, &seven, WEIR_NOW) == 0);
    must(made == 7);
    return arg;
}

static void called(void)
{
    four(call);
}

/* Functions that fail see each other. */
static int make_at_last(void *arg)
{
    nap(100000);
    if (++tries < 4)
        return 5;
    made = 7;
    return arg != NULL;
}

static void *call_until_done(void *arg)
{
    int result;

    do
        result = weir_once_call(&once, make_at_last, NULL);
    while (result == 5);
    must(result == 0 && made == 7 && tries == 4);
    return arg;
}

static void failures(void)
{
    four(call_until_done);
}

static void *ask(void *arg)
{
    while (!weir_once_is_done(&once))
        nap(1000);
    must(made == 7);
    return arg;
}

static void asked(void)
{
    both(call, ask);
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_after(void *arg)
{
    (void)call(arg);
    apart();
    beside++;
    return arg;
}

static void race_after(void)
{
    both(write_after, write_after);
}

static int make_and_race(void *arg)
{
    apart();
    beside++;
    return arg != NULL;
}

static void *run_racy(void *arg)
{
    must(weir_once_call(&once, make_and_race, NULL) == 0);
    return arg;
}

static void *do_not_call(void *arg)
{
    apart();
    beside++;
    return arg;
}

static void race_with_function(void)
{
    both(run_racy, do_not_call);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"called", CLEAN, called},
        {"failures", CLEAN, failures},
        {"asked", CLEAN, asked},
        {"race_after", RACE, race_after},
        {"race_with_function", RACE, race_with_function},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
