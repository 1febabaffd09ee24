/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Explore a primitive of your own: a gate that is opened once, and that costs
 * one store and one load to open while nobody waits.  That store and that
 * load need a fence between them.  Without it every test on x86 that is not
 * very lucky passes; the explorer shows the execution that does not.
 *
 * Linked with weir::explore, which also defines the atomic seam of weir's own
 * headers.
 */
#include <stdio.h>
#include <string.h>

#include <weir/explore.h>
#include <weir/weir.h>

/* -- The gate's seam: in a product, C11 atomics and futex(2) in its #else - */

#if defined(WEIR_ATOMIC_SEAM)
typedef uint32_t gate_word_t;
#define LOAD_ACQ(p) weir_explore_load(p, ACQ)
#define LOAD_RLX(p) weir_explore_load(p, RLX)
#define STORE_REL(p, v) weir_explore_store(p, v, REL)
#define ADD_RLX(p, v) weir_explore_add(p, v, RLX)
#define FENCE() weir_explore_fence(SC)
#define SLEEP(p, v) weir_explore_futex_wait(p, v, WEIR_FOREVER, ~0u, false)
#define WAKE_ALL(p) weir_explore_futex_wake(p, INT32_MAX, ~0u, false)
#endif

/* -- The gate ----------------------------------------------------------- */

struct gate {
    gate_word_t is_open;
    gate_word_t waiters;
    bool fenced; /* for this example only */
};

static void gate_open(struct gate *g)
{
    STORE_REL(&g->is_open, 1);
    if (g->fenced)
        FENCE();
    if (LOAD_RLX(&g->waiters) != 0)
        (void)WAKE_ALL(&g->is_open);
}

static void gate_pass(struct gate *g)
{
    if (LOAD_ACQ(&g->is_open))
        return;
    (void)ADD_RLX(&g->waiters, 1);
    FENCE();
    while (!LOAD_ACQ(&g->is_open))
        (void)SLEEP(&g->is_open, 0);
}

/* -- A program that uses it --------------------------------------------- */

static struct gate gate;
static weir_mutex_t mutex;
static int passed;
static int message;

static void setup(void *state)
{
    const bool *fenced = state;

    memset(&gate, 0, sizeof gate);
    gate.fenced = *fenced;
    (void)weir_mutex_init(&mutex, 0);
    passed = 0;
    message = 0;
}

static void opener(void *state)
{
    (void)state;
    weir_explore_write(&message, sizeof message);
    message = 42;
    gate_open(&gate);
}

static void passer(void *state)
{
    (void)state;
    gate_pass(&gate);
    weir_explore_read(&message, sizeof message);
    weir_explore_assert(message == 42);
    (void)weir_mutex_lock(&mutex);
    weir_explore_write(&passed, sizeof passed);
    passed++;
    (void)weir_mutex_unlock(&mutex);
}

static void check(void *state)
{
    (void)state;
    weir_explore_assert(passed == 2);
}

int main(void)
{
    bool fenced = true;
    const struct weir_explore_program program = {
        .name = "gate",
        .state = &fenced,
        .setup = setup,
        .check = check,
        .threads = {opener, passer, passer}};
    struct weir_explore_options options = weir_explore_defaults();
    struct weir_explore_result result;

    options.report = stdout;
    if (weir_explore(&program, &options, &result) != WEIR_EXPLORE_PASSED ||
        !result.complete)
        return 1;
    printf("with its fence: no failure in %llu executions\n",
           (unsigned long long)result.executions);

    fenced = false;
    if (weir_explore(&program, &options, &result) != WEIR_EXPLORE_LOST_WAKEUP)
        return 1;

    /* The string from the report gives the very same execution again. */
    options.replay = result.replay;
    options.report = NULL;
    return weir_explore(&program, &options, NULL) != WEIR_EXPLORE_LOST_WAKEUP;
}
