/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sleeping on several words, held against what futex_waitv does: the words are
 * compared in their order, and each is slept on from then; wake-ups for any
 * bits count, of several words too, and are not lost to a deadline; the last
 * word that was woken is told.  Each rule is seen in what may happen, and in
 * what may not.
 */
#include "waitv.h"

static weir_deadline_t until; /* after 0 */
static unsigned wakes[5];     /* which are woken; ends with WORDS */

static int result; /* of the wait; -1: it did not return */
static int woken[WORDS];
static unsigned sequence; /* of those of wakes[] that took somebody */

static struct {
    uint64_t ends[3];           /* by result: 0, EAGAIN, ETIMEDOUT */
    uint64_t none;              /* 0 and no word */
    uint64_t by[WORDS];         /* 0 and this word */
    uint64_t taken[1 << WORDS]; /* a bit for each word from which it was */
    uint64_t sequences[1 << 4]; /* a bit for each of wakes[] */
} seen;

static void setup(void *state)
{
    set_up_words(state);
    memset(woken, 0, sizeof woken);
    sequence = 0;
    result = -1;
}

static void sleeper(void *state)
{
    weir_deadline_t deadline = until;

    (void)state;
    if (deadline != WEIR_FOREVER && deadline != WEIR_NOW)
        deadline = weir_after(1000);
    result = sleep_on(order, deadline);
}

static void waker(void *state)
{
    (void)state;
    for (unsigned i = 0; wakes[i] != WORDS; i++) {
        int n = weir_explore_futex_wake(&words[wakes[i]], 1, UINT32_MAX, false);

        woken[wakes[i]] += n;
        sequence |= (unsigned)n << i;
    }
}

static unsigned taken_from(void)
{
    unsigned taken = 0;

    for (unsigned i = 0; i < WORDS; i++)
        taken |= (unsigned)(woken[i] != 0) << i;
    return taken;
}

/* The last of the words that it was told to sleep on, of those. */
static unsigned last_of(unsigned taken)
{
    unsigned last = WORDS;

    for (unsigned i = 0; order[i] != WORDS; i++)
        if (taken >> order[i] & 1)
            last = order[i];
    return last;
}

/* One sleeper, which all wake-ups that took anybody have taken. */
static void check(void *state)
{
    unsigned taken = taken_from();

    (void)state;
    seen.taken[taken]++;
    seen.sequences[sequence]++;
    if (result < 0) {
        weir_explore_assert(weir_explore_was_killed(0));
        return;
    }
    weir_explore_assert(which == last_of(taken));
    weir_explore_assert(taken == 0 || result == 0);
    seen.ends[result == 0 ? 0 : result == EAGAIN ? 1 : 2]++;
    if (result == 0 && which == WORDS)
        seen.none++;
    else if (result == 0)
        seen.by[which]++;
}

/* Sleep on some words until then, while some are woken. */
static void explore(const char *name, const char *on, weir_deadline_t deadline,
                    const char *those, struct weir_explore_options options)
{
    struct weir_explore_program program = {.name = name,
                                           .setup = setup,
                                           .check = check,
                                           .threads = {sleeper, waker},
                                           .mortal = 1};

    put(order, on);
    put(wakes, those);
    until = deadline;
    memset(&seen, 0, sizeof seen);
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
}

/* -- Wake-ups ------------------------------------------------------------ */

/* Taken from either queue, from both, and told of the last. */
static void test_taken(void)
{
    explore("wake-ups of two words", "ab", 1000, "ab", bounds());
    expect(seen.taken[0] && seen.taken[1] && seen.taken[2] && seen.taken[3]);
    expect(seen.by[A] == seen.taken[1]);
    expect(seen.by[B] == seen.taken[2] + seen.taken[3]);
    expect(seen.ends[2] == seen.taken[0] && !seen.ends[1] && !seen.none);
    explore("wake-ups of two words, the last first", "ab", 1000, "ba",
            bounds());
    expect(seen.taken[0] && seen.taken[1] && seen.taken[2] && seen.taken[3]);
    explore("the same word two times", "aa", 1000, "aa", bounds());
    expect(seen.taken[0] && seen.taken[1]);
    explore("a single word", "a", 1000, "ab", bounds());
    expect(seen.taken[0] && seen.taken[1] && !seen.taken[2] && !seen.taken[3]);
}

/* Its bits are all bits. */
static void store_and_wake_bit(void *state)
{
    (void)state;
    weir_store_rlx_(&words[B], 1);
    (void)weir_explore_futex_wake(&words[B], 1, 1u << 7, false);
}

static void store_only(void *state)
{
    (void)state;
    weir_store_rlx_(&words[B], 1);
}

static void test_bits(void)
{
    struct weir_explore_program program = {
        .name = "a wake-up for one bit",
        .setup = setup,
        .threads = {look_at_both, store_and_wake_bit}};

    put(order, "ab");
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    /* It may come before the last word is looked at: nobody sleeps then. */
    put(order, "ba");
    program.name = "a wake-up for one bit of the first word";
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    program.name = "a store to one word, and no wake-up";
    program.threads[1] = store_only;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
}

/* -- Coming to the queues, and leaving them ------------------------------ */

/* The second word is another from the start: a wake-up of the first finds who
 * has not looked at it yet. */
static void test_comes(void)
{
    before[B] = 1;
    explore("woken before the second word is looked at", "ab", WEIR_FOREVER,
            "a", bounds());
    expect(seen.by[A] && seen.ends[1]);
    expect(seen.by[A] == seen.taken[1] && seen.ends[1] == seen.taken[0]);
    explore("the first word is another", "ba", WEIR_FOREVER, "a", bounds());
    expect(!seen.ends[0] && seen.ends[1] && !seen.taken[1]);
    /* It goes on to the third word though it has been woken. */
    explore("woken two times before the third", "axb", WEIR_FOREVER, "ax",
            bounds());
    expect(seen.taken[0] && seen.taken[1] && seen.taken[4] && seen.taken[5]);
    before[B] = 0;
    /* Woken from the first, not yet there to be woken from the second. */
    explore("the second word, too early and again", "ab", 1000, "abb",
            bounds());
    expect(seen.sequences[1 << 0 | 1 << 2]);
    /* Nor does it leave the first before it has come to the last. */
    explore("the last word, too early and again", "axb", 1000, "xabb",
            bounds());
    expect(seen.sequences[1 << 0 | 1 << 1 | 1 << 3]);
    expect(!seen.sequences[1 << 0 | 1 << 3]);
}

/* Of those who sleep on a word, whichever others they sleep on, the one that
 * has come first: nobody is preempted, and who goes on first comes first. */
static int first;
static int first_woken;

static void come_and_sleep(const unsigned *some)
{
    if (first < 0)
        first = weir_explore_self();
    if (sleep_on(some, weir_after(1000)) == 0 && first_woken < 0)
        first_woken = weir_explore_self();
}

static void sleep_on_two(void *state)
{
    (void)state;
    come_and_sleep((const unsigned[]){X, B, WORDS});
}

static void sleep_on_one(void *state)
{
    (void)state;
    come_and_sleep((const unsigned[]){B, WORDS});
}

static void set_up_first(void *state)
{
    setup(state);
    first = -1;
    first_woken = -1;
}

static void is_first(void *state)
{
    (void)state;
    weir_explore_assert(first_woken == (woken[B] > 0 ? first : -1));
    seen.ends[0] += first_woken == 0;
    seen.ends[1] += first_woken == 1;
}

static void test_first(void)
{
    struct weir_explore_program program = {
        .name = "who came first",
        .setup = set_up_first,
        .check = is_first,
        .threads = {sleep_on_two, sleep_on_one, waker}};
    struct weir_explore_options options = bounds();

    put(wakes, "b");
    memset(&seen, 0, sizeof seen);
    options.preemptions = 0;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(seen.ends[0] && seen.ends[1]);
}

/* Who was woken from X, its last, has come to all queues; it leaves A before
 * it leaves B. */
static void test_leaves(void)
{
    const unsigned a = 1 << A;
    const unsigned b = 1 << B;
    const unsigned x = 1 << X;

    explore("leaves the first queue first", "abx", 1000, "xba", bounds());
    expect(seen.taken[x] && seen.taken[x | a | b] && seen.taken[x | b]);
    expect(!seen.taken[x | a]);
    explore("leaves one queue after the other", "abx", 1000, "xab", bounds());
    expect(seen.taken[x] && seen.taken[x | a | b] && seen.taken[x | a]);
    expect(seen.taken[x | b]);
}

/* -- Other ends ---------------------------------------------------------- */

static void test_deadlines(void)
{
    struct weir_explore_options options = bounds();

    options.timeouts = 1;
    explore("a deadline that comes early", "ab", 1000, "ab", options);
    expect(seen.taken[0] && seen.taken[1] && seen.taken[2] && seen.taken[3]);
    expect(seen.ends[2] == seen.taken[0]);
    explore("a deadline that has passed", "ab", WEIR_NOW, "ab", bounds());
    expect(seen.taken[0] && seen.taken[1] && seen.taken[2] && seen.taken[3]);
    expect(seen.ends[2] == seen.taken[0]);
    /* Nobody goes on in between, since it does not sleep. */
    options.timeouts = 0;
    options.preemptions = 0;
    explore("the same, undisturbed", "ab", WEIR_NOW, "ab", options);
    expect(seen.taken[0] && !seen.ends[0]);
}

static void test_for_no_reason(void)
{
    struct weir_explore_options options = bounds();

    explore("nothing for no reason", "ab", 1000, "ab", options);
    expect(!seen.none && !seen.ends[1]);
    options.spurious = 1;
    explore("EINTR and EAGAIN", "ab", 1000, "ab", options);
    expect(seen.none && seen.ends[1] && seen.ends[2]);
    expect(seen.none + seen.ends[1] + seen.ends[2] == seen.taken[0]);
    expect(seen.taken[1] && seen.taken[2] && seen.taken[3]);
}

/* Something else ends the sleep at the moment of a wake-up, and it leaves the
 * queues one after the other; so that, of two wake-ups in the order of the
 * words, the second may take it though the first has not.  Nobody is preempted,
 * so that it sleeps on both before them, or comes after both. */
static void test_leaves_for(const char *what,
                            struct weir_explore_options options)
{
    char name[64];

    options.preemptions = 0;
    (void)snprintf(name, sizeof name, "%s, as words are woken in order", what);
    explore(name, "ab", WEIR_FOREVER - 1, "ab", options);
    expect(seen.taken[0] && seen.taken[1] && seen.taken[2] && seen.taken[3]);
    (void)snprintf(name, sizeof name, "%s, as the last is woken first", what);
    explore(name, "ab", WEIR_FOREVER - 1, "ba", options);
    expect(seen.taken[0] && !seen.taken[1] && seen.taken[2] && seen.taken[3]);
}

static void test_ends_asleep(void)
{
    struct weir_explore_options options = bounds();

    options.preemptions = 0;
    explore("asleep", "ab", WEIR_FOREVER - 1, "ba", options);
    expect(seen.taken[0] && !seen.taken[1] && seen.taken[2] && seen.taken[3]);
    explore("asleep, and nothing ends it", "ab", WEIR_FOREVER - 1, "ab",
            options);
    expect(seen.taken[0] && seen.taken[1] && !seen.taken[2] && seen.taken[3]);
    options.timeouts = 1;
    test_leaves_for("a deadline", options);
    options.timeouts = 0;
    options.spurious = 1;
    test_leaves_for("a signal", options);
    options.spurious = 0;
    options.kills = 1;
    test_leaves_for("death", options);
}

int main(void)
{
    for (memory = WEIR_EXPLORE_MEMORY_SC; memory <= WEIR_EXPLORE_MEMORY_C11;
         memory++) {
        test_taken();
        test_bits();
        test_comes();
        test_first();
        test_leaves();
        test_deadlines();
        test_for_no_reason();
        test_ends_asleep();
    }
    return kit_finish();
}
