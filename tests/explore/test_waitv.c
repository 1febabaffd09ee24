/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sleeping on several words, held against what futex_waitv does: the words are
 * compared in their order, and each is slept on from then; wake-ups for any
 * bits count, of several words too, and are not lost to a deadline; the last
 * word that was woken is told.  Each rule is seen in what may happen, and in
 * what may not.
 */
#include "futex/sys.h"
#include "kit.h"

enum { A, B, X, WORDS };

static uint32_t words[WORDS];
static uint32_t before[WORDS];    /* what setup makes of them */
static unsigned order[WORDS + 1]; /* which are slept on; ends with WORDS */
static weir_deadline_t until;     /* after 0 */
static unsigned wakes[5];         /* which are woken; ends with WORDS */

static int result;     /* of the wait; -1: it did not return */
static unsigned which; /* in the order of words[]; WORDS: none */
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
    (void)state;
    memcpy(words, before, sizeof words);
    memset(woken, 0, sizeof woken);
    sequence = 0;
    result = -1;
    which = WORDS;
}

static int sleep_on(const unsigned *some, weir_deadline_t deadline)
{
    struct weir_explore_futex_word each[WORDS];
    unsigned n = 0;
    unsigned at;
    int ended;

    for (; some[n] != WORDS; n++)
        each[n] = (struct weir_explore_futex_word){.word = &words[some[n]]};
    ended = weir_explore_futex_wait_any(each, n, deadline, &at);
    weir_explore_assert(at <= n && (ended == 0 || at == n));
    which = some[at];
    return ended;
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

static struct weir_explore_options bounds(void)
{
    struct weir_explore_options options = weir_explore_defaults();

    options.preemptions = WEIR_EXPLORE_ANY;
    return options;
}

static void put(unsigned *list, const char *names)
{
    unsigned n = 0;

    for (; *names != '\0'; names++)
        list[n++] = *names == 'a' ? A : *names == 'b' ? B : X;
    list[n] = WORDS;
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

static void look_at_both(void *state)
{
    (void)state;
    while (weir_load_rlx_(&words[A]) == 0 && weir_load_rlx_(&words[B]) == 0)
        (void)sleep_on(order, WEIR_FOREVER);
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
        .setup = setup,
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

static void set_up_lock(void *state)
{
    setup(state);
    lock.word = 0;
    lock.list.next = &head.list;
    head.list.next = &lock.list;
    head.futex_offset = (intptr_t)&lock.word - (intptr_t)&lock.list;
    head.list_op_pending = NULL;
}

static void lock_and_sleep(void *state)
{
    weir_explore_set_robust_list(&head);
    weir_store_rlx_(&lock.word, weir_explore_tid());
    sleeper(state);
    weir_store_rlx_(&lock.word, 0);
    weir_explore_set_robust_list(NULL);
}

static void wake_when_freed(void *state)
{
    if (weir_load_rlx_(&lock.word) & WEIR_EXPLORE_FUTEX_OWNER_DIED) {
        waker(state);
        weir_explore_assert(taken_from() == 0);
        seen.ends[0]++;
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
    put(wakes, "ab");
    until = 1000;
    memset(&seen, 0, sizeof seen);
    options.preemptions = 3;
    options.kills = 1;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(seen.ends[0] > 0);
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
        .setup = setup,
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
}

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
        .setup = setup,
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
        .setup = setup,
        .threads = {sleep_on_others}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LOST_WAKEUP);
}

/* -- Kernels that do not have it ----------------------------------------- */

static void sleep_or_not(void *state)
{
    (void)state;
    while (sleep_on(order, WEIR_FOREVER) != ENOSYS)
        ;
    seen.ends[0]++;
    for (;;)
        (void)weir_explore_futex_wait(&words[A], 0, WEIR_FOREVER, UINT32_MAX,
                                      false);
}

static void test_old_kernel(void)
{
    struct weir_explore_program program = {.name =
                                               "a kernel that does not have it",
                                           .setup = setup,
                                           .threads = {sleep_or_not}};
    struct weir_explore_options options = bounds();
    struct weir_explore_result found;

    put(order, "ab");
    memset(&seen, 0, sizeof seen);
    options.no_wait_any = true;
    found = kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(seen.ends[0] > 0);
    seen.ends[0] = 0;
    options.replay = found.replay;
    options.no_wait_any = false; /* the string knows better */
    (void)kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(seen.ends[0] > 0);
    seen.ends[0] = 0;
    options.replay = NULL;
    (void)kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(seen.ends[0] == 0);
}

/* -- The library's floor -------------------------------------------------- */

static enum weir_slept library_slept;
static unsigned library_which;

static void sleep_in_library(void *state)
{
    struct weir_futex_word both[] = {{.word = &words[A]}, {.word = &words[B]}};

    (void)state;
    library_slept = WEIR_SLEPT_EXPIRED;
    if (!weir_futex_can_wait_any_() && passes_on)
        return;
    library_slept =
        weir_futex_wait_any_(both, 2, weir_after(1000), &library_which);
    seen.ends[library_slept]++;
    weir_explore_assert(library_slept == WEIR_SLEPT_WOKEN ? library_which == 1
                                                          : library_which == 2);
}

static void test_library(void)
{
    struct weir_explore_program program = {
        .name = "weir_futex_wait_any_",
        .setup = setup,
        .threads = {sleep_in_library, store_and_wake}};
    struct weir_explore_options options = bounds();

    passes_on = true;
    to_wake = 1;
    memset(&seen, 0, sizeof seen);
    options.timeouts = 1;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(seen.ends[WEIR_SLEPT_WOKEN] && seen.ends[WEIR_SLEPT_CHANGED] &&
           seen.ends[WEIR_SLEPT_EXPIRED]);
    program.name = "weir_futex_can_wait_any_, on an old kernel";
    memset(&seen, 0, sizeof seen);
    options.no_wait_any = true;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    expect(!seen.ends[0] && !seen.ends[1] && !seen.ends[2]);
    program.name = "weir_futex_wait_any_, on an old kernel";
    passes_on = false;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PANIC);
}

int main(void)
{
    test_taken();
    test_bits();
    test_comes();
    test_first();
    test_leaves();
    test_deadlines();
    test_for_no_reason();
    test_ends_asleep();
    test_killed();
    test_ghost();
    test_scopes();
    test_tokens();
    test_report();
    test_goes_on();
    test_old_kernel();
    test_library();
    return kit_finish();
}
