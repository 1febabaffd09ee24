/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The reductions leave out nothing that a program could see: random programs
 * have the same set of outcomes with and without them, for each bound on
 * preemptions and each memory model; and it is the smaller number of
 * executions that has it.
 */
#include "kit.h"

#include <string.h>

enum { THREADS = 3, OPERATIONS = 4, WORDS = 2, OUTCOMES = 4096 };

enum operation {
    LOAD,
    LOAD_ACQ,
    STORE,
    STORE_REL,
    ADD,
    CAS,
    FENCE,
    WAIT,
    WAKE,
    WAIT_ANY,
    KINDS
};

static struct {
    enum operation operation;
    unsigned word;
    uint32_t value;
} code[THREADS][OPERATIONS];

static uint32_t words[WORDS];
static uint32_t own[THREADS]; /* words that nobody shares */
static uint32_t last;         /* see timeless */
static weir_deadline_t start;
static uint64_t seen_by[THREADS];
static uint64_t outcomes[OUTCOMES];
static unsigned n_outcomes;
static uint64_t state = 1;

/* Time tells reductions: when a deadline is made, on which side of a timeout,
 * is a step that nobody minds; and one comes early, before that of another, as
 * long as somebody could go on, who may have only such steps left.  So, in some
 * programs, deadlines are there from the start, and last steps are minded. */
static bool timeless;

static uint32_t random_below(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(state >> 33) % n;
}

/* Of the first so many kinds of operations. */
static void make_program(uint32_t kinds)
{
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < OPERATIONS; i++) {
            code[t][i].operation = (enum operation)random_below(kinds);
            /* Where there are many kinds, more of those that sleep. */
            if (kinds == KINDS && random_below(2) == 0)
                code[t][i].operation =
                    (enum operation)(WAIT + random_below(KINDS - WAIT));
            code[t][i].word = random_below(WORDS + 1);
            code[t][i].value = 1 + random_below(2);
        }
}

static void setup(void *unused)
{
    (void)unused;
    memset(words, 0, sizeof words);
    memset(own, 0, sizeof own);
    memset(seen_by, 0, sizeof seen_by);
    last = 0;
    start = weir_now();
}

static weir_deadline_t deadline_in(uint32_t value)
{
    int64_t ns = 1000 * (int64_t)value;

    return timeless ? start + ns : weir_after(ns);
}

/* On both, the given one first; 4 to 6 if it was woken. */
static uint32_t wait_any(uint32_t *word, uint32_t value)
{
    uint32_t *other = word == &words[0] ? &words[1] : &words[0];
    struct weir_explore_futex_word both[] = {{.word = word}, {.word = other}};
    unsigned which;
    int result =
        weir_explore_futex_wait_any(both, 2, deadline_in(value), &which);

    return result != 0 ? (uint32_t)result : 4 + which;
}

static uint32_t step(enum operation operation, uint32_t *word, uint32_t value)
{
    uint32_t expected = 0;

    switch (operation) {
    case LOAD: return weir_load_rlx_(word);
    case LOAD_ACQ: return weir_load_acq_(word);
    case STORE: weir_store_rlx_(word, value); return 0;
    case STORE_REL: weir_store_rel_(word, value); return 0;
    case ADD: return weir_fetch_add_rlx_(word, value);
    case CAS: return weir_cas_acq_(word, &expected, value);
    case FENCE: weir_fence_sc_(); return 0;
    case WAIT:
        /* With a deadline, so that it ends. */
        return (uint32_t)weir_explore_futex_wait(word, 0, deadline_in(value),
                                                 UINT32_MAX, false);
    case WAIT_ANY: return wait_any(word, value);
    default:
        return (uint32_t)weir_explore_futex_wake(word, 1, UINT32_MAX, false);
    }
}

static void body(void *unused)
{
    int self = weir_explore_self();

    (void)unused;
    for (int i = 0; i < OPERATIONS; i++) {
        unsigned word = code[self][i].word;
        uint32_t result =
            step(code[self][i].operation,
                 word < WORDS ? &words[word] : &own[self], code[self][i].value);

        seen_by[self] = seen_by[self] * 131 + result + 1;
    }
    if (timeless)
        (void)weir_fetch_add_rlx_(&last, 1);
}

static void check(void *unused)
{
    uint64_t outcome =
        weir_load_rlx_(&words[0]) * 131 + weir_load_rlx_(&words[1]);

    (void)unused;
    for (int t = 0; t < THREADS; t++)
        outcome = outcome * UINT64_C(0x100000001b3) +
                  (weir_explore_was_killed(t) ? 1 : seen_by[t]);
    for (unsigned i = 0; i < n_outcomes; i++)
        if (outcomes[i] == outcome)
            return;
    weir_explore_assert(n_outcomes < OUTCOMES);
    outcomes[n_outcomes++] = outcome;
}

/* The sum of all outcomes; 0 if it failed. */
static uint64_t explore_one(struct weir_explore_options options,
                            bool no_reduction, uint64_t *executions)
{
    static const struct weir_explore_program program = {
        .name = "random program",
        .setup = setup,
        .check = check,
        .threads = {body, body, body},
        .mortal = 1};
    struct weir_explore_result result;
    uint64_t sum = 1;

    options.no_reduction = no_reduction;
    n_outcomes = 0;
    expect(weir_explore(&program, &options, &result) == WEIR_EXPLORE_PASSED);
    expect(result.complete);
    *executions += result.executions;
    for (unsigned i = 0; i < n_outcomes; i++)
        sum += outcomes[i] ^ outcomes[i] >> 31;
    return sum;
}

static uint64_t less;
static uint64_t more;

static void compare(int i)
{
    for (int memory = WEIR_EXPLORE_MEMORY_SC;
         memory <= (int)WEIR_EXPLORE_MEMORY_C11; memory++)
        for (uint32_t p = 0; p <= 2; p++) {
            struct weir_explore_options options = weir_explore_defaults();
            uint64_t with;

            options.memory = (enum weir_explore_memory)memory;
            options.preemptions = p;
            options.timeouts = p == 1;
            options.spurious = timeless && i % 3 == 1 && p < 2;
            options.kills = timeless && i % 3 == 2;
            with = explore_one(options, false, &less);
            if (with != explore_one(options, true, &more)) {
                kit_wrong++;
                (void)printf("FAIL  program %d, memory %d, %u preemptions: "
                             "the outcomes differ\n",
                             i, memory, p);
            }
        }
}

static void tell(int programs)
{
    (void)printf("%d programs: %" PRIu64 " executions instead of %" PRIu64 "\n",
                 programs, less, more);
    expect(less < more);
    less = 0;
    more = 0;
}

/* Without futexes, with futexes, and with waits on two of them; these also with
 * waits that end for no reason, and with one of the threads killed. */
int main(int argc, char **argv)
{
    int programs = argc > 1 ? atoi(argv[1]) : 60;

    for (int i = 0; i < programs; i++) {
        make_program(i % 2 == 1 ? WAIT_ANY : WAIT);
        compare(i);
    }
    tell(programs);
    timeless = true;
    for (int i = 0; i < programs / 2; i++) {
        make_program(KINDS);
        compare(programs + i);
    }
    tell(programs / 2);
    return kit_finish();
}
