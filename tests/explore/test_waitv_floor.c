/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sleeping on several words: what is told of it, kernels that do not have it,
 * and the library's floor (futex/sys.h).
 */
#include "futex/sys.h"
#include "waitv.h"

/* -- Reports ------------------------------------------------------------- */

static void name_and_sleep(void *state)
{
    uint32_t *one = &words[A];
    uint32_t *other = &words[B];

    (void)state;
    (void)weir_explore_load(one, RLX);
    (void)weir_explore_load(other, RLX);
    for (;;)
        (void)sleep_on(order, WEIR_FOREVER);
}

static void wake_second(void *state)
{
    (void)state;
    (void)weir_explore_futex_wake(&words[B], 1, UINT32_MAX, false);
}

static unsigned lines_with(const char *text, const char *one, const char *other)
{
    unsigned n = 0;

    while (text != NULL && *text != '\0') {
        const char *end = strchr(text, '\n');
        char line[256];

        (void)snprintf(line, sizeof line, "%.*s",
                       end != NULL ? (int)(end - text) : 200, text);
        n += strstr(line, one) != NULL && strstr(line, other) != NULL;
        text = end != NULL ? end + 1 : NULL;
    }
    return n;
}

static void test_report(void)
{
    struct weir_explore_program program = {
        .name = "told word by word",
        .setup = set_up_words,
        .threads = {name_and_sleep, wake_second}};
    struct weir_explore_options options = bounds();
    struct weir_explore_result found;
    char *text = NULL;
    size_t size = 0;

    put(order, "ab");
    found = kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    options.replay = found.replay;
    options.report = open_memstream(&text, &size);
    (void)weir_explore(&program, &options, NULL);
    (void)fclose(options.report);
    expect(lines_with(text, " one ", "word 0 of 2: stands in its queue"));
    expect(lines_with(text, " other ", "word 1 of 2: stands in its queue"));
    expect(lines_with(text, " other ", "returns: woken by word 1") == 1);
    expect(lines_with(text, "  T0   sleeps", "") == 2);
    expect(lines_with(text, " one ", "is asleep for ever") == 1);
    expect(lines_with(text, " other ", "is asleep for ever") == 1);
    free(text);
}

/* To sleep on, on others, is to go on. */
static void sleep_on_others(void *state)
{
    (void)state;
    (void)sleep_on((const unsigned[]){A, B, WORDS}, WEIR_FOREVER);
    for (;;)
        (void)sleep_on((const unsigned[]){A, X, WORDS}, WEIR_FOREVER);
}

static void test_goes_on(void)
{
    static const struct weir_explore_program program = {
        .name = "would sleep on other words",
        .setup = set_up_words,
        .threads = {sleep_on_others}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
}

/* When all are woken to see who would go on, nobody stands in a queue any more:
 * the wake-up that comes of it is for who has gone to sleep again. */
static void sleep_two_times(void *state)
{
    (void)state;
    (void)sleep_on((const unsigned[]){A, WORDS}, WEIR_FOREVER);
    (void)sleep_on((const unsigned[]){A, WORDS}, WEIR_FOREVER);
}

static void sleep_and_wake_first(void *state)
{
    (void)state;
    for (;;) {
        (void)sleep_on((const unsigned[]){X, WORDS}, WEIR_FOREVER);
        (void)weir_explore_futex_wake(&words[A], 1, UINT32_MAX, false);
    }
}

static void sleep_for_ever(void *state)
{
    (void)state;
    for (;;)
        (void)sleep_on((const unsigned[]){A, B, WORDS}, WEIR_FOREVER);
}

static void test_all_woken(void)
{
    static const struct weir_explore_program program = {
        .name = "would go on if others were woken",
        .setup = set_up_words,
        .threads = {sleep_two_times, sleep_and_wake_first, sleep_for_ever}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
}

/* -- Kernels that do not have it ----------------------------------------- */

static uint64_t refused;

static void sleep_or_not(void *state)
{
    (void)state;
    while (sleep_on(order, WEIR_FOREVER) != ENOSYS)
        ;
    refused++;
    for (;;)
        (void)weir_explore_futex_wait(&words[A], 0, WEIR_FOREVER, UINT32_MAX,
                                      false);
}

static void test_old_kernel(void)
{
    struct weir_explore_program program = {.name = "an old kernel",
                                           .setup = set_up_words,
                                           .threads = {sleep_or_not}};
    struct weir_explore_options options = bounds();
    struct weir_explore_result found;

    put(order, "ab");
    refused = 0;
    options.no_wait_any = true;
    found = kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(refused > 0);
    refused = 0;
    options.replay = found.replay;
    options.no_wait_any = false; /* the string knows better */
    (void)kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(refused > 0);
    refused = 0;
    program.name = "a new kernel";
    options.replay = NULL;
    (void)kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(refused == 0);
}

/* -- The library's floor -------------------------------------------------- */

static bool asks;
static uint64_t ends[3];

static void store_and_wake(void *state)
{
    (void)state;
    weir_store_rlx_(&words[B], 1);
    (void)weir_explore_futex_wake(&words[B], 1, UINT32_MAX, false);
}

static void sleep_in_library(void *state)
{
    struct weir_futex_word both[] = {{.word = &words[A]}, {.word = &words[B]}};
    enum weir_slept slept;
    unsigned by;

    (void)state;
    if (asks && !weir_futex_can_wait_any_())
        return;
    slept = weir_futex_wait_any_(both, 2, weir_after(1000), &by);
    weir_explore_assert(by == (slept == WEIR_SLEPT_WOKEN ? 1 : 2));
    ends[slept]++;
}

static void test_library(void)
{
    struct weir_explore_program program = {
        .name = "weir_futex_wait_any_",
        .setup = set_up_words,
        .threads = {sleep_in_library, store_and_wake}};
    struct weir_explore_options options = bounds();

    asks = true;
    memset(ends, 0, sizeof ends);
    options.timeouts = 1;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(ends[WEIR_SLEPT_WOKEN] && ends[WEIR_SLEPT_CHANGED] &&
           ends[WEIR_SLEPT_EXPIRED]);
    program.name = "weir_futex_can_wait_any_, on an old kernel";
    memset(ends, 0, sizeof ends);
    options.no_wait_any = true;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(!ends[0] && !ends[1] && !ends[2]);
    program.name = "weir_futex_wait_any_, on an old kernel";
    asks = false;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PANIC);
}

int main(void)
{
    test_report();
    test_goes_on();
    test_all_woken();
    test_old_kernel();
    test_library();
    return kit_finish();
}
