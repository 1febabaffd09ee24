/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the sequence lock: what is read is of one write, writers exclude
 * each other, and nobody sleeps for ever.
 * (hazards B13, B17, B20, B21, B43)
 */
#include <weir/seqlock.h>

#include "base/atomic.h"
#include "model/model.h"

#define MS 1000000

struct state {
    weir_seqlock_t lock;
    uintptr_t shared[2]; /* atomic by the copying */
    model_data_t plain;  /* of writers */
};

static void for_processes(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_seqlock_init(&s->lock, WEIR_SHARED) == 0,
                 "init returns 0");
}

static void is_unlocked(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_load_rlx_(&s->lock.lock) == 0, "it is left unlocked");
    MODEL_ASSERT((weir_load_rlx_(&s->lock.sequence) & 1) == 0,
                 "and nobody writes");
}

static void two_have_written(void *arg)
{
    struct state *s = (struct state *)arg;

    is_unlocked(arg);
    MODEL_ASSERT(model_get(&s->plain) == 2, "each write counts");
    MODEL_ASSERT(weir_load_rlx_(&s->lock.sequence) == 4, "in the sequence too");
}

/* -- Writing ------------------------------------------------------------ */

static void write_inside(struct state *s)
{
    uintptr_t data[2];

    model_set(&s->plain, model_get(&s->plain) + 1);
    weir_seqlock_load(data, s->shared, sizeof(data));
    MODEL_ASSERT(data[0] == data[1], "a writer sees all of the last write");
    data[0]++;
    data[1]++;
    weir_seqlock_store(s->shared, data, sizeof(data));
    MODEL_ASSERT(weir_seqlock_write_end(&s->lock) == 0, "it was inside");
}

static void write_one(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_seqlock_write_begin(&s->lock) == 0, "it gets in");
    write_inside(s);
}

static void write_two(void *arg)
{
    write_one(arg);
    write_one(arg);
}

static void write_shortly(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_seqlock_write_begin_until(&s->lock, weir_after(MS)) == 0)
        write_inside(s);
}

static void write_if_free(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_seqlock_trywrite_begin(&s->lock) == 0)
        write_inside(s);
}

/* No other writer will come: the last may free it. */
static void write_and_free(void *arg)
{
    struct state *s = (struct state *)arg;
    bool last;

    MODEL_ASSERT(weir_seqlock_write_begin(&s->lock) == 0, "it gets in");
    last = model_get(&s->plain) == 1;
    model_set(&s->plain, 1);
    if (last)
        model_free(&s->lock, sizeof(s->lock));
    else
        MODEL_ASSERT(weir_seqlock_write_end(&s->lock) == 0, "it was inside");
}

/* -- Reading ------------------------------------------------------------ */

static void read_once(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t begun = weir_seqlock_read_begin(&s->lock);
    uintptr_t data[2];

    weir_seqlock_load(data, s->shared, sizeof(data));
    if (weir_seqlock_read_retry(&s->lock, begun))
        return;
    MODEL_ASSERT(data[0] == data[1], "what is read is of one write");
    MODEL_ASSERT(data[0] == begun / 2, "of the very write that it began at");
}

static void read_whole(void *arg)
{
    struct state *s = (struct state *)arg;
    uintptr_t data[2];

    MODEL_ASSERT(weir_seqlock_read(&s->lock, data, s->shared, sizeof(data)) ==
                     0,
                 "it is read");
    MODEL_ASSERT(data[0] == data[1], "all of one write");
}

static void read_shortly(void *arg)
{
    struct state *s = (struct state *)arg;
    uintptr_t data[2];
    uint64_t begun;

    if (weir_seqlock_read_begin_until(&s->lock, weir_after(MS), &begun) != 0)
        return;
    weir_seqlock_load(data, s->shared, sizeof(data));
    MODEL_ASSERT(weir_seqlock_read_retry(&s->lock, begun) || data[0] == data[1],
                 "what is read is of one write");
}

static void read_whole_shortly(void *arg)
{
    struct state *s = (struct state *)arg;
    uintptr_t data[2];
    int result = weir_seqlock_read_until(&s->lock, data, s->shared,
                                         sizeof(data), weir_after(MS));

    MODEL_ASSERT(result == ETIMEDOUT || result == 0, "it is read, or is not");
    MODEL_ASSERT(result != 0 || data[0] == data[1], "all of one write");
}

const struct model_program model_seqlock[] = {
    {.name = "read",
     .size = sizeof(struct state),
     .thread = {write_two, read_once},
     .check = two_have_written,
     .preemptions = 3,
     .stale = 2,
     .deeper = 1},
    {.name = "two_readers",
     .size = sizeof(struct state),
     .thread = {write_one, read_once, read_whole},
     .check = is_unlocked,
     .preemptions = 2,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "two_writers",
     .size = sizeof(struct state),
     .thread = {write_one, write_one, read_once},
     .check = two_have_written,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "writers",
     .size = sizeof(struct state),
     .thread = {write_one, write_one, write_if_free},
     .check = is_unlocked,
     .preemptions = 2,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "timeout",
     .size = sizeof(struct state),
     .thread = {write_one, write_one, write_shortly},
     .check = is_unlocked,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "read_timeout",
     .size = sizeof(struct state),
     .thread = {write_one, read_shortly, read_whole},
     .check = is_unlocked,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "whole_timeout",
     .size = sizeof(struct state),
     .thread = {write_one, write_one, read_whole_shortly},
     .check = two_have_written,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .thread = {write_and_free, write_and_free},
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = for_processes,
     .thread = {write_one, write_one, read_whole},
     .check = two_have_written,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "killed",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = for_processes,
     .thread = {write_one, write_shortly, read_shortly},
     .mortal = 1,
     .preemptions = 1,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = NULL}};
