/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Death: a toy robust mutex, whose classic unlock loses a wake-up for ever
 * when the unlocker is killed between its store and its wake-up while a third
 * party takes the lock.  The kernel's list walk wakes a waiter only for a
 * word that names nobody, and by then it names the third.  An unlock that
 * leaves the waiters' bit, and a lock that inherits it, pass.
 */
#include "kit.h"

#define WAITERS WEIR_EXPLORE_FUTEX_WAITERS
#define OWNER_DIED WEIR_EXPLORE_FUTEX_OWNER_DIED
#define TID WEIR_EXPLORE_FUTEX_TID_MASK

struct node {
    struct weir_explore_robust_list list;
    uint32_t word;
};

static struct node *shared_node;
static struct weir_explore_robust_head heads[WEIR_EXPLORE_THREADS];
static bool keeps; /* the waiters' bit */
static bool pends; /* tells the kernel what it is about to do */
static bool repeats;
static uint64_t recovered;

static void toy_lock(struct node *m, struct weir_explore_robust_head *head)
{
    uint32_t tid = weir_explore_tid();
    uint32_t word;
    uint32_t slept = 0;

    head->list_op_pending = pends ? &m->list : NULL;
    for (;;) {
        word = weir_load_rlx_(&m->word);
        if ((word & TID) == 0) {
            uint32_t inherited =
                keeps || (word & OWNER_DIED) ? word & WAITERS : 0;

            if (weir_cas_acq_(&m->word, &word, tid | inherited | slept))
                break;
            continue;
        }
        if (!(word & WAITERS) &&
            !weir_cas_rlx_(&m->word, &word, word | WAITERS))
            continue;
        (void)weir_explore_futex_wait(&m->word, word | WAITERS, WEIR_FOREVER,
                                      UINT32_MAX, true);
        slept = WAITERS;
    }
    recovered += (word & OWNER_DIED) != 0;
    head->list.next = &m->list;
    m->list.next = &head->list;
    head->list_op_pending = NULL;
}

static void toy_unlock(struct node *m, struct weir_explore_robust_head *head)
{
    uint32_t before;

    head->list_op_pending = pends ? &m->list : NULL;
    head->list.next = &head->list;
    before = weir_fetch_and_sc_(&m->word, keeps ? WAITERS : 0);
    if (before & WAITERS)
        (void)weir_explore_futex_wake(&m->word, 1, UINT32_MAX, true);
    head->list_op_pending = NULL;
}

static void setup(void *state)
{
    (void)state;
    shared_node = weir_explore_shared(sizeof *shared_node);
}

static void body(void *state)
{
    struct weir_explore_robust_head *head = &heads[weir_explore_self()];
    struct node *m = weir_explore_here(shared_node);

    (void)state;
    head->list.next = &head->list;
    head->list_op_pending = NULL;
    head->futex_offset = offsetof(struct node, word);
    weir_explore_set_robust_list(head);
    for (int i = 0; i <= (int)repeats; i++) {
        toy_lock(m, head);
        toy_unlock(m, head);
    }
}

static struct weir_explore_program program = {.setup = setup,
                                              .threads = {body, body, body},
                                              .processes = true,
                                              .mortal = 1};

static struct weir_explore_options bounds(uint32_t preemptions, uint32_t kills)
{
    struct weir_explore_options options = weir_explore_defaults();

    options.memory = WEIR_EXPLORE_MEMORY_SC;
    options.preemptions = preemptions;
    options.kills = kills;
    return options;
}

static void test_hole(void)
{
    struct weir_explore_result result;

    pends = true;
    program.name = "robust mutex, classic unlock, nobody dies";
    (void)kit_explore(&program, bounds(3, 0), WEIR_EXPLORE_PASSED);
    program.name = "robust mutex, classic unlock, the unlocker dies";
    result = kit_explore(&program, bounds(2, 1), WEIR_EXPLORE_LOST_WAKEUP);
    expect(result.used_kills == 1 && result.used_preemptions <= 2);
}

static void test_fix(void)
{
    keeps = true;
    recovered = 0;
    program.name = "robust mutex, unlock keeps the bit, one dies";
    (void)kit_explore(&program, bounds(3, 1), WEIR_EXPLORE_PASSED);
    expect(recovered > 0);
    program.name = "the same, any two of three die";
    program.mortal = 7;
    (void)kit_explore(&program, bounds(2, 2), WEIR_EXPLORE_PASSED);
    program.name = "the same, weak memory, a spurious return";
    {
        struct weir_explore_options options = bounds(1, 1);

        options.memory = WEIR_EXPLORE_MEMORY_C11;
        options.stale = 1;
        options.spurious = 1;
        (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    }
}

/* Whoever does not say what it is about to do is not found by the kernel. */
static void test_not_pending(void)
{
    pends = false;
    program.name = "robust mutex that does not set list_op_pending";
    (void)kit_explore(&program, bounds(2, 1), WEIR_EXPLORE_DEADLOCK);
    pends = true;
}

/* -- Death without robust lists ----------------------------------------- */

static uint32_t word;
static uint64_t killed_at[3];

static void setup_word(void *state)
{
    (void)state;
    word = 0;
}

static void two_stores(void *state)
{
    (void)state;
    weir_store_rlx_(&word, 1);
    weir_store_rlx_(&word, 2);
}

static void count(void *state)
{
    (void)state;
    weir_explore_assert(weir_explore_was_killed(0) || word == 2);
    if (weir_explore_was_killed(0))
        killed_at[word]++;
}

static void look(void *state)
{
    (void)state;
    (void)weir_load_rlx_(&word);
}

static void test_every_step(void)
{
    struct weir_explore_program plain = {.name = "killed before each step",
                                         .setup = setup_word,
                                         .check = count,
                                         .threads = {two_stores, look},
                                         .mortal = 1};

    (void)kit_explore(&plain, bounds(2, 1), WEIR_EXPLORE_PASSED);
    expect(killed_at[0] > 0 && killed_at[1] > 0 && killed_at[2] == 0);
}

/* Also between stores that no thread minds: who looks when all is over does. */
static void look_elsewhere(void *state)
{
    (void)state;
}

static void test_every_private_step(void)
{
    struct weir_explore_program private = {
        .name = "killed before each step that nobody minds",
        .setup = setup_word,
        .check = count,
        .threads = {two_stores, look_elsewhere},
        .mortal = 1};

    memset(killed_at, 0, sizeof killed_at);
    (void)kit_explore(&private, bounds(0, 1), WEIR_EXPLORE_PASSED);
    expect(killed_at[0] > 0 && killed_at[1] > 0 && killed_at[2] == 0);
}

/* A sleeper that is killed takes no wake-up; one that was woken and is
 * killed then has taken it. */
static void sleep_once(void *state)
{
    (void)state;
    while (weir_load_rlx_(&word) == 0)
        (void)weir_explore_futex_wait(&word, 0, WEIR_FOREVER, UINT32_MAX,
                                      false);
}

static void wake_two_times(void *state)
{
    (void)state;
    weir_store_rlx_(&word, 1);
    (void)weir_explore_futex_wake(&word, 1, UINT32_MAX, false);
    (void)weir_explore_futex_wake(&word, 1, UINT32_MAX, false);
}

/* One wake-up for all, which each passes on. */
static void sleep_and_pass_on(void *state)
{
    sleep_once(state);
    (void)weir_explore_futex_wake(&word, 1, UINT32_MAX, false);
}

static void wake_one_time(void *state)
{
    (void)state;
    weir_store_rlx_(&word, 1);
    (void)weir_explore_futex_wake(&word, 1, UINT32_MAX, false);
}

static void test_sleepers(void)
{
    struct weir_explore_program sleepers = {
        .name = "a wake-up for each of two, one is killed",
        .setup = setup_word,
        .threads = {sleep_once, sleep_once, wake_two_times},
        .mortal = 1};

    (void)kit_explore(&sleepers, bounds(2, 1), WEIR_EXPLORE_PASSED);
    sleepers.name = "one wake-up that is passed on";
    sleepers.threads[0] = sleepers.threads[1] = sleep_and_pass_on;
    sleepers.threads[2] = wake_one_time;
    (void)kit_explore(&sleepers, bounds(2, 0), WEIR_EXPLORE_PASSED);
    sleepers.name = "the same, taken by one that is killed";
    (void)kit_explore(&sleepers, bounds(2, 1), WEIR_EXPLORE_LOST_WAKEUP);
}

int main(void)
{
    test_hole();
    test_fix();
    test_not_pending();
    test_every_step();
    test_every_private_step();
    test_sleepers();
    return kit_finish();
}
