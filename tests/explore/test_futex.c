/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The explorer's futexes, held against what Linux promises: comparing and
 * sleeping is one step, wake-ups count, bits choose, shared and private are
 * apart; and every way in which a wait may end does appear.
 */
#include "kit.h"

static uint32_t word;
static uint32_t woken;
static uint64_t ends[3]; /* by result: 0, EAGAIN, ETIMEDOUT */
static uint64_t outcomes[4];

static void setup(void *state)
{
    (void)state;
    word = 0;
    woken = 0;
}

static struct weir_explore_options bounds(void)
{
    struct weir_explore_options options = weir_explore_defaults();

    memset(ends, 0, sizeof ends);
    memset(outcomes, 0, sizeof outcomes);
    options.preemptions = WEIR_EXPLORE_ANY;
    return options;
}

static void wait_for(weir_deadline_t deadline, uint32_t bits, bool shared)
{
    int result = weir_explore_futex_wait(&word, 0, deadline, bits, shared);

    ends[result == 0 ? 0 : result == EAGAIN ? 1 : 2]++;
}

static void sleeper(void *state)
{
    (void)state;
    wait_for(WEIR_FOREVER, UINT32_MAX, false);
}

static void looker(void *state)
{
    (void)state;
    while (weir_load_rlx_(&word) == 0)
        wait_for(WEIR_FOREVER, UINT32_MAX, false);
}

static void timed(void *state)
{
    (void)state;
    wait_for(weir_after(1000), UINT32_MAX, false);
}

static void store_and_wake(void *state)
{
    (void)state;
    weir_store_rlx_(&word, 1);
    (void)weir_explore_futex_wake(&word, 1, UINT32_MAX, false);
}

static void wake_then_store(void *state)
{
    (void)state;
    (void)weir_explore_futex_wake(&word, 1, UINT32_MAX, false);
    weir_store_rlx_(&word, 1);
}

static void store_and_wake_all(void *state)
{
    (void)state;
    weir_store_rlx_(&word, 1);
    (void)weir_explore_futex_wake(&word, INT32_MAX, UINT32_MAX, false);
}

static void store_and_wake_shared(void *state)
{
    (void)state;
    weir_store_rlx_(&word, 1);
    (void)weir_explore_futex_wake(&word, 1, UINT32_MAX, true);
}

/* Sleep and wake in order: comparing and sleeping is one step. */
static void test_atomic(void)
{
    struct weir_explore_program program = {
        .name = "wait, against store and wake",
        .setup = setup,
        .threads = {sleeper, store_and_wake}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    expect(ends[0] > 0 && ends[1] > 0 && ends[2] == 0);
    program.name = "wait, against wake and store";
    program.threads[1] = wake_then_store;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
    program.name = "private wait, shared wake";
    program.threads[1] = store_and_wake_shared;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
}

static void test_counts(void)
{
    struct weir_explore_program program = {
        .name = "two sleepers, one is woken",
        .setup = setup,
        .threads = {looker, looker, store_and_wake}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
    program.name = "two sleepers, all are woken";
    program.threads[2] = store_and_wake_all;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
}

static void bit_one(void *state)
{
    (void)state;
    wait_for(WEIR_FOREVER, 1, false);
}

static void bit_two(void *state)
{
    (void)state;
    wait_for(weir_after(1000), 2, false);
}

static void wake_bit_one(void *state)
{
    (void)state;
    weir_store_rlx_(&word, 1);
    woken += (uint32_t)weir_explore_futex_wake(&word, 2, 1, false);
}

static void count_woken(void *state)
{
    (void)state;
    weir_explore_assert(woken < 2);
    outcomes[woken]++;
}

static void test_bits(void)
{
    struct weir_explore_program program = {
        .name = "a wake-up for some of the sleepers",
        .setup = setup,
        .check = count_woken,
        .threads = {bit_one, bit_two, wake_bit_one}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    expect(ends[2] > 0 && outcomes[0] > 0 && outcomes[1] > 0);
}

/* Every end of a wait is a choice, and none without its bound. */
static void test_ends(void)
{
    struct weir_explore_program program = {
        .name = "nobody wakes", .setup = setup, .threads = {looker}};
    struct weir_explore_options options = bounds();

    (void)kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    program.name = "nobody wakes, but for no reason";
    options.spurious = 1;
    (void)kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    program.name = "a deadline that comes";
    program.threads[0] = timed;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    expect(ends[2] > 0 && ends[0] == 0);
    program.name = "a deadline, against a wake-up";
    program.threads[1] = store_and_wake;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    expect(ends[0] > 0 && ends[1] > 0 && ends[2] == 0);
    program.name = "a deadline that comes early";
    options = bounds();
    options.timeouts = 1;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(ends[0] > 0 && ends[1] > 0 && ends[2] > 0);
    program.name = "EINTR and EAGAIN";
    program.threads[0] = looker;
    options = bounds();
    options.spurious = 2;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(ends[0] > 0 && ends[1] > 0 && ends[2] == 0);
}

/* A wake-up must not be counted for a sleeper that has just timed out. */
static void wake_and_count(void *state)
{
    (void)state;
    woken += (uint32_t)weir_explore_futex_wake(&word, 1, UINT32_MAX, false);
}

static uint32_t timed_out;

static void timed_and_count(void *state)
{
    (void)state;
    timed_out = 0;
    if (weir_explore_futex_wait(&word, 0, weir_after(1000), UINT32_MAX,
                                false) == ETIMEDOUT)
        timed_out = 1;
}

static void count_once(void *state)
{
    (void)state;
    weir_explore_assert(woken + timed_out == 1);
    outcomes[woken]++;
}

static void test_consumed(void)
{
    struct weir_explore_program program = {
        .name = "woken, or timed out",
        .setup = setup,
        .check = count_once,
        .threads = {timed_and_count, wake_and_count}};
    struct weir_explore_options options = bounds();

    options.timeouts = 1;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(outcomes[0] > 0 && outcomes[1] > 0);
}

/* Futexes of processes: the same word at different addresses. */
static uint32_t *shared_word;

static void setup_shared(void *state)
{
    (void)state;
    shared_word = weir_explore_shared(sizeof *shared_word);
}

static void sleep_shared(void *state)
{
    bool shared = state == NULL;
    uint32_t *mine = weir_explore_here(shared_word);

    weir_explore_assert(mine != shared_word);
    while (weir_load_rlx_(mine) == 0)
        (void)weir_explore_futex_wait(mine, 0, WEIR_FOREVER, UINT32_MAX,
                                      shared);
}

static void wake_shared(void *state)
{
    bool shared = state == NULL;
    uint32_t *mine = weir_explore_here(shared_word);

    weir_store_rlx_(mine, 1);
    (void)weir_explore_futex_wake(mine, 1, UINT32_MAX, shared);
}

static void test_processes(void)
{
    static int not_shared;
    struct weir_explore_program program = {
        .name = "shared futex of two processes",
        .setup = setup_shared,
        .threads = {sleep_shared, wake_shared},
        .processes = true};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    program.name = "private futex of two processes";
    program.state = &not_shared;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
}

/* The classic order of store and wake-up, where the waker looks for waiters
 * first: store, fence, load against announce, fence, look. */
static uint32_t waiters;
static bool fenced;

static void setup_waiters(void *state)
{
    setup(state);
    waiters = 0;
}

static void announce_and_sleep(void *state)
{
    (void)state;
    weir_store_rlx_(&waiters, 1);
    weir_fence_sc_();
    while (weir_load_rlx_(&word) == 0)
        (void)weir_explore_futex_wait(&word, 0, WEIR_FOREVER, UINT32_MAX,
                                      false);
}

static void store_and_look(void *state)
{
    (void)state;
    weir_store_rlx_(&word, 1);
    if (fenced)
        weir_fence_sc_();
    if (weir_load_rlx_(&waiters) != 0)
        (void)weir_explore_futex_wake(&word, 1, UINT32_MAX, false);
}

static void test_missing_fence(void)
{
    struct weir_explore_program program = {
        .setup = setup_waiters,
        .threads = {announce_and_sleep, store_and_look}};

    for (int memory = WEIR_EXPLORE_MEMORY_SC;
         memory <= (int)WEIR_EXPLORE_MEMORY_C11; memory++) {
        struct weir_explore_options options = bounds();
        bool weak = memory != (int)WEIR_EXPLORE_MEMORY_SC;

        options.memory = (enum weir_explore_memory)memory;
        fenced = true;
        program.name = "store, fence, look for waiters";
        (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
        fenced = false;
        program.name = "store, look for waiters";
        (void)kit_explore(&program, options,
                          weak ? WEIR_EXPLORE_LOST_WAKEUP
                               : WEIR_EXPLORE_PASSED);
    }
}

/* A word of 64 bits, of which the kernel compares one half, whichever. */
static uint64_t wide;

static void set_up_wide(void *state)
{
    (void)state;
    wide = 0;
}

static const uint32_t *half_of_wide(int half)
{
    return (const uint32_t *)(const void *)&wide + half;
}

static void sleep_on_half(int half)
{
    int result;

    (void)weir_explore_load(&wide, ACQ);
    result = weir_explore_futex_wait(half_of_wide(half), 0, WEIR_FOREVER,
                                     UINT32_MAX, false);
    ends[result == 0 ? 0 : result == EAGAIN ? 1 : 2]++;
}

static void sleep_on_first_half(void *state)
{
    (void)state;
    sleep_on_half(0);
}

static void sleep_on_second_half(void *state)
{
    (void)state;
    sleep_on_half(1);
}

static void change_first_half(void *state)
{
    uint64_t value = 0;
    uint32_t one = 1;

    (void)state;
    memcpy(&value, &one, sizeof one);
    weir_explore_store(&wide, value, SC);
    (void)weir_explore_futex_wake(half_of_wide(0), 1, UINT32_MAX, false);
    (void)weir_explore_futex_wake(half_of_wide(1), 1, UINT32_MAX, false);
}

static void test_halves(void)
{
    static const struct weir_explore_program same = {
        .name = "the half that changes",
        .setup = set_up_wide,
        .threads = {sleep_on_first_half, change_first_half}};
    static const struct weir_explore_program other = {
        .name = "the other half",
        .setup = set_up_wide,
        .threads = {sleep_on_second_half, change_first_half}};

    (void)kit_explore(&same, bounds(), WEIR_EXPLORE_PASSED);
    expect(ends[0] > 0 && ends[1] > 0);
    /* Nothing tells it that it comes too late. */
    (void)kit_explore(&other, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
    expect(ends[1] == 0);
}

int main(void)
{
    test_atomic();
    test_counts();
    test_bits();
    test_ends();
    test_consumed();
    test_processes();
    test_missing_fence();
    test_halves();
    return kit_finish();
}
