/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's exploration: a hand-over that is right, and one whose flag is
 * raised too early.
 */
#include <weir/explore.h>
#include <weir/weir.h>

static weir_queue_t *queue;
static int box;
static bool early;

static void setup(void *state)
{
    (void)state;
    (void)weir_queue_create(&queue, 1, sizeof(uint64_t), 0);
    box = 0;
}

static void fill(void)
{
    weir_explore_write(&box, sizeof box);
    box = 42;
}

static void sender(void *state)
{
    uint64_t token = 1;

    (void)state;
    if (!early)
        fill();
    (void)weir_queue_put(queue, &token);
    if (early)
        fill();
}

static void receiver(void *state)
{
    uint64_t token;

    (void)state;
    (void)weir_queue_get(queue, &token);
    weir_explore_read(&box, sizeof box);
    weir_explore_assert(box == 42);
}

int main(void)
{
    const struct weir_explore_program program = {
        .name = "hand-over", .setup = setup, .threads = {sender, receiver}};
    struct weir_explore_options options = weir_explore_defaults();

    options.report = stdout;
    if (weir_explore(&program, &options, NULL) != WEIR_EXPLORE_PASSED)
        return 1;
    early = true;
    return weir_explore(&program, &options, NULL) == WEIR_EXPLORE_PASSED;
}
