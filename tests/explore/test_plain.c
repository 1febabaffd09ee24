/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Races on plain data, byte by byte: a thread touches three pieces of a few
 * bytes, each at a time of its own, and another comes, after all of it but
 * ordered only after the first, and touches a fourth.  It is a race if that
 * has a byte in common with the second or the third, and one of the two is a
 * write; whatever was touched before it or after it beside those bytes.
 */
#include "kit.h"

enum { BYTES = 12, PIECES = 4, PROGRAMS = 4000 };

static struct piece {
    unsigned from;
    unsigned size;
    bool write;
} pieces[PIECES];

static unsigned char *bytes;
static uint32_t step;
static uint32_t flag;
static uint64_t state = 1;

static uint32_t random_below(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(state >> 33) % n;
}

static void setup(void *unused)
{
    (void)unused;
    bytes = weir_explore_alloc(BYTES);
    step = 0;
    flag = 0;
}

static void touch(unsigned i)
{
    static const char *const sites[PIECES] = {"zero:0|", "one:1|", "two:2|",
                                              "three:3|"};

    weir_explore_plain_(bytes + pieces[i].from, pieces[i].size, pieces[i].write,
                        sites[i]);
}

static void touch_three(void *unused)
{
    (void)unused;
    touch(0);
    weir_store_rel_(&step, 1);
    touch(1);
    weir_fence_rel_();
    touch(2);
    weir_store_rlx_(&flag, 1);
}

static void touch_one(void *unused)
{
    (void)unused;
    if (weir_load_rlx_(&flag) == 0)
        return;
    (void)weir_load_acq_(&step);
    touch(3);
}

static const struct weir_explore_program program = {
    .name = "pieces", .setup = setup, .threads = {touch_three, touch_one}};

static bool conflict(const struct piece *a, const struct piece *b)
{
    return (a->write || b->write) && a->from < b->from + b->size &&
           b->from < a->from + a->size;
}

static struct weir_explore_result look_for_race(void)
{
    struct weir_explore_options options = weir_explore_defaults();
    struct weir_explore_result result;

    options.stale = 0;
    options.report = NULL;
    (void)weir_explore(&program, &options, &result);
    return result;
}

/* Small ones too, that lie in one word. */
static void make_pieces(void)
{
    unsigned size = 1 + random_below(8);

    for (unsigned i = 0; i < PIECES; i++) {
        pieces[i].size = 1 + random_below(size);
        pieces[i].from = random_below(BYTES - pieces[i].size + 1);
        pieces[i].write = random_below(2) == 0;
    }
}

static void complain(const struct weir_explore_result *result)
{
    (void)printf("FAIL  %s: %s\n", weir_explore_verdict_name(result->verdict),
                 result->message);
    for (unsigned i = 0; i < PIECES; i++)
        (void)printf("      %s %u bytes at %u\n",
                     pieces[i].write ? "write" : "read", pieces[i].size,
                     pieces[i].from);
    kit_wrong++;
}

static void test_pieces(void)
{
    unsigned races = 0;

    for (unsigned i = 0; i < PROGRAMS; i++) {
        struct weir_explore_result result;
        enum weir_explore_verdict wanted = WEIR_EXPLORE_PASSED;
        bool one;
        bool two;

        make_pieces();
        one = conflict(&pieces[1], &pieces[3]);
        two = conflict(&pieces[2], &pieces[3]);
        if (one || two)
            wanted = WEIR_EXPLORE_RACE;
        result = look_for_race();
        races += wanted == WEIR_EXPLORE_RACE;
        /* Told where it was, of those that it can have been. */
        if (result.verdict != wanted ||
            (one && !two && strstr(result.message, "one:1") == NULL) ||
            (two && !one && strstr(result.message, "two:2") == NULL))
            complain(&result);
    }
    (void)printf("%d programs, %u of them race\n", (int)PROGRAMS, races);
    expect(races > PROGRAMS / 4 && races < PROGRAMS - PROGRAMS / 4);
}

/* At one time, from two places: which it was is told by the byte. */
static void touch_two(void *unused)
{
    (void)unused;
    touch(1);
    touch(2);
    weir_store_rlx_(&flag, 1);
}

static void test_sites(void)
{
    static const struct weir_explore_program two = {
        .name = "neighbours",
        .setup = setup,
        .threads = {touch_two, touch_one}};

    for (unsigned i = 0; i < 2; i++) {
        struct weir_explore_result result;

        pieces[1] = (struct piece){.from = 4, .size = 1, .write = true};
        pieces[2] = (struct piece){.from = 5, .size = 1, .write = true};
        pieces[3] = (struct piece){.from = 4 + i, .size = 1};
        result = kit_explore(&two, weir_explore_defaults(), WEIR_EXPLORE_RACE);
        expect(strstr(result.message, i == 0 ? "one:1" : "two:2") != NULL);
    }
}

int main(void)
{
    test_pieces();
    test_sites();
    return kit_finish();
}
