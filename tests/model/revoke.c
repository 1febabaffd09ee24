/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the asymmetric fence: a releaser that stores and looks, a
 * sleeper that announces itself, has the fence supplied for both, and looks.
 * (hazards B9, B10)
 */
#include "futex/revoke.h"

#include "base/atomic.h"
#include "model/model.h"

struct state {
    WEIR_ATOMIC(uint32_t) released;
    WEIR_ATOMIC(uint32_t) sleeps[2];
    WEIR_ATOMIC(uint32_t) granted;
    /* What each found. */
    model_data_t saw_sleeper[2];
    model_data_t saw_release[2];
    model_data_t sure[2];
};

static void releaser(void *arg)
{
    struct state *s = (struct state *)arg;
    uint32_t found[2];

    weir_store_rel_(&s->released, 1u);
    weir_compiler_barrier_();
    if (!weir_asymmetric_())
        weir_fence_sc_();
    found[0] = weir_load_rlx_(&s->sleeps[0]);
    found[1] = weir_load_rlx_(&s->sleeps[1]);
    model_set(&s->saw_sleeper[0], found[0] != 0);
    model_set(&s->saw_sleeper[1], found[1] != 0);
}

static void sleep_as(struct state *s, unsigned sleeper)
{
    bool sure;
    uint32_t found;

    (void)weir_fetch_or_sc_(&s->sleeps[sleeper], 1u);
    sure = weir_revoke_();
    found = weir_load_rlx_(&s->released);
    MODEL_ASSERT(sure || weir_refused_(), "who was refused knows it");
    model_set(&s->sure[sleeper], sure);
    model_set(&s->saw_release[sleeper], found != 0);
}

static void sleeper_0(void *arg)
{
    sleep_as((struct state *)arg, 0);
}

static void sleeper_1(void *arg)
{
    sleep_as((struct state *)arg, 1);
}

static void none_missed(struct state *s, unsigned sleeper)
{
    MODEL_ASSERT(!model_get(&s->sure[sleeper]) ||
                     model_get(&s->saw_release[sleeper]) ||
                     model_get(&s->saw_sleeper[sleeper]),
                 "one of the two sees the other");
}

static void one_saw(void *arg)
{
    none_missed((struct state *)arg, 0);
}

static void each_saw(void *arg)
{
    none_missed((struct state *)arg, 0);
    none_missed((struct state *)arg, 1);
}

static void asks(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_may_relax_(0))
        (void)weir_fetch_add_rlx_(&s->granted, 1u);
}

static void at_most_one(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_load_rlx_(&s->granted) <= 1,
                 "the process grants one object at a time");
}

const struct model_program model_revoke[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .thread = {releaser, sleeper_0},
     .check = one_saw,
     .preemptions = 4,
     .stale = 2,
     .deeper = 2},
    {.name = "two",
     .size = sizeof(struct state),
     .thread = {releaser, sleeper_0, sleeper_1},
     .check = each_saw,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "refused_early",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_EARLY,
     .thread = {releaser, sleeper_0},
     .check = one_saw,
     .preemptions = 4,
     .stale = 1,
     .deeper = 2},
    {.name = "refused_late",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_LATE,
     .thread = {releaser, sleeper_0, sleeper_1},
     .check = each_saw,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "grant",
     .size = sizeof(struct state),
     .thread = {asks, asks, asks},
     .check = at_most_one,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = NULL}};
