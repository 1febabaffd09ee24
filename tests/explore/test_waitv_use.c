/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sleeping on several words, in programs: those who are killed there, words of
 * several scopes, and a lock whose waiters a token can call off, which lose a
 * wake-up if they do not know that one may be woken for both.
 */
#include "waitv.h"

/* -- Death --------------------------------------------------------------- */

static int to_wake;

static void store_and_wake(void *state)
{
    (void)state;
    weir_store_rlx_(&words[B], 1);
    (void)weir_explore_futex_wake(&words[B], to_wake, UINT32_MAX, false);
}

static void look_and_pass_on(void *state)
{
    look_at_both(state);
    (void)weir_explore_futex_wake(&words[B], 1, UINT32_MAX, false);
}

static void look_at_second_and_pass_on(void *state)
{
    (void)state;
    while (weir_load_rlx_(&words[B]) == 0)
        (void)weir_explore_futex_wait(&words[B], 0, WEIR_FOREVER, UINT32_MAX,
                                      false);
    (void)weir_explore_futex_wake(&words[B], 1, UINT32_MAX, false);
}

static void test_killed(void)
{
    struct weir_explore_program program = {
        .name = "a wake-up that is passed on",
        .setup = set_up_words,
        .threads = {look_and_pass_on, look_at_second_and_pass_on,
                    store_and_wake},
        .mortal = 1};
    struct weir_explore_options options = bounds();

    options.preemptions = 2;
    to_wake = 1;
    put(order, "ab");
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    program.name = "the same, taken by one that is killed";
    options.kills = 1;
    (void)kit_explore(&program, options, WEIR_EXPLORE_LOST_WAKEUP);
    program.name = "the same, a wake-up for each";
    to_wake = 2;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
}

/* Whose locks the kernel frees stands in no queue any more. */
static struct {
    struct weir_explore_robust_list list;
    uint32_t word;
} lock;
static struct weir_explore_robust_head head;
static uint64_t freed;

static void set_up_lock(void *state)
{
    set_up_words(state);
    lock.word = 0;
    lock.list.next = &head.list;
    head.list.next = &lock.list;
    head.futex_offset = (intptr_t)&lock.word - (intptr_t)&lock.list;
    head.list_op_pending = NULL;
}

static void lock_and_sleep(void *state)
{
    (void)state;
    weir_explore_set_robust_list(&head);
    weir_store_rlx_(&lock.word, weir_explore_tid());
    (void)sleep_on(order, weir_after(1000));
    weir_store_rlx_(&lock.word, 0);
    weir_explore_set_robust_list(NULL);
}

static void wake_when_freed(void *state)
{
    (void)state;
    if (weir_load_rlx_(&lock.word) & WEIR_EXPLORE_FUTEX_OWNER_DIED) {
        for (unsigned i = 0; i < 2; i++)
            weir_explore_assert(
                weir_explore_futex_wake(&words[i], 1, UINT32_MAX, false) == 0);
        freed++;
    }
}

static void test_ghost(void)
{
    struct weir_explore_program program = {
        .name = "the locks of the dead",
        .setup = set_up_lock,
        .threads = {lock_and_sleep, wake_when_freed},
        .mortal = 1};
    struct weir_explore_options options = bounds();

    put(order, "ab");
    options.preemptions = 3;
    options.kills = 1;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(freed > 0);
}

/* -- Scopes -------------------------------------------------------------- */

static uint32_t *shared_word;
static uint32_t private_word;

static void set_up_shared(void *state)
{
    (void)state;
    shared_word = weir_explore_shared(sizeof *shared_word);
    private_word = 0;
}

static void sleep_on_both(void *state)
{
    uint32_t *mine = weir_explore_here(shared_word);
    struct weir_explore_futex_word both[] = {{.word = &private_word},
                                             {.word = mine, .shared = true}};
    unsigned at;

    (void)state;
    while (weir_load_rlx_(mine) == 0) {
        int ended = weir_explore_futex_wait_any(both, 2, WEIR_FOREVER, &at);

        weir_explore_assert(at != 0 && (ended == 0 || ended == EAGAIN));
    }
}

/* state: NULL wakes the shared word as shared */
static void wake_one_of_both(void *state)
{
    uint32_t *mine = weir_explore_here(shared_word);

    weir_store_rlx_(mine, 1);
    (void)weir_explore_futex_wake(&private_word, 1, UINT32_MAX, state != NULL);
    (void)weir_explore_futex_wake(mine, 1, UINT32_MAX, state == NULL);
}

static void test_scopes(void)
{
    static int wrong;
    struct weir_explore_program program = {
        .name = "a private and a shared word",
        .setup = set_up_shared,
        .threads = {sleep_on_both, wake_one_of_both},
        .processes = true};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    program.name = "each woken in the other scope";
    program.state = &wrong;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
}

/* -- What it is for ------------------------------------------------------ */

/* A lock, A: 1 free; a token that ends one wait for it, B.  A sleeper that is
 * woken for both and goes for the token must pass the lock's wake-up on. */
static bool passes_on;

static void unlock(void)
{
    weir_store_rel_(&words[A], 1);
    (void)weir_explore_futex_wake(&words[A], 1, UINT32_MAX, false);
}

static bool try_lock(void)
{
    uint32_t word = 1;

    return weir_cas_acq_(&words[A], &word, 0);
}

static void lock_unless_told(void *state)
{
    (void)state;
    while (!try_lock()) {
        (void)sleep_on(order, WEIR_FOREVER);
        if (weir_load_rlx_(&words[B]) == 0)
            continue;
        if (passes_on)
            (void)weir_explore_futex_wake(&words[A], 1, UINT32_MAX, false);
        return;
    }
    unlock();
}

static void lock_it(void *state)
{
    (void)state;
    while (!try_lock())
        (void)weir_explore_futex_wait(&words[A], 0, WEIR_FOREVER, UINT32_MAX,
                                      false);
    unlock();
}

static void tell_and_unlock(void *state)
{
    (void)state;
    weir_store_rlx_(&words[B], 1);
    (void)weir_explore_futex_wake(&words[B], 1, UINT32_MAX, false);
    unlock();
}

static void test_tokens(void)
{
    struct weir_explore_program program = {
        .name = "a token, and a lock",
        .setup = set_up_words,
        .threads = {lock_unless_told, lock_it, tell_and_unlock}};
    struct weir_explore_options options = bounds();
    struct weir_explore_result found;

    options.preemptions = 2;
    put(order, "ab");
    passes_on = true;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    program.name = "the same, and a wake-up that is not passed on";
    passes_on = false;
    found = kit_explore(&program, options, WEIR_EXPLORE_LOST_WAKEUP);
    options.replay = found.replay;
    found = kit_explore(&program, options, WEIR_EXPLORE_LOST_WAKEUP);
    expect(found.executions == 1);
    program.name = "the same, at random";
    options.replay = NULL;
    options.search = WEIR_EXPLORE_RANDOM;
    (void)kit_explore(&program, options, WEIR_EXPLORE_LOST_WAKEUP);
    passes_on = true;
    options.runs = 10000;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
}

int main(void)
{
    for (memory = WEIR_EXPLORE_MEMORY_SC; memory <= WEIR_EXPLORE_MEMORY_C11;
         memory++) {
        test_killed();
        test_ghost();
        test_scopes();
        test_tokens();
    }
    return kit_finish();
}
