/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the recursive mutex.  What it guards is plain: two owners at
 * once, or a release that does not publish, are a data race.  That waiters are
 * woken is the mutex's (model/mutex.c).
 * (hazard B29)
 */
#include <weir/rmutex.h>

#include "base/atomic.h"
#include "model/model.h"

#define MS 1000000

struct state {
    weir_rmutex_t mutex;
    model_data_t count;
    model_data_t got[MODEL_THREADS]; /* times, by each; guarded by mutex */
};

static void work(struct state *s, unsigned id)
{
    int before = model_get(&s->count);

    model_set(&s->count, before + 1);
    model_set(&s->got[id], model_get(&s->got[id]) + 1);
    MODEL_ASSERT(model_get(&s->count) == before + 1, "nobody else is inside");
}

static void must_have(struct state *s, unsigned depth)
{
    MODEL_ASSERT(weir_rmutex_depth(&s->mutex) == depth,
                 "the depth is what the caller locked");
    MODEL_ASSERT(weir_rmutex_is_mine(&s->mutex) == (depth > 0),
                 "it is its owner's alone");
}

static void unlock(struct state *s)
{
    MODEL_ASSERT(weir_rmutex_unlock(&s->mutex) == 0, "the owner may unlock");
}

/* The caller has just got it: twice, and out again. */
static void inside(struct state *s, unsigned id)
{
    must_have(s, 1);
    MODEL_ASSERT(weir_rmutex_lock(&s->mutex) == 0, "lock again");
    work(s, id);
    must_have(s, 2);
    unlock(s);
    work(s, id);
    must_have(s, 1);
    unlock(s);
}

static void once(struct state *s, unsigned id)
{
    must_have(s, 0);
    MODEL_ASSERT(weir_rmutex_lock(&s->mutex) == 0, "lock returns 0");
    inside(s, id);
    must_have(s, 0);
}

static void once_as_0(void *arg)
{
    once((struct state *)arg, 0);
}

static void once_as_1(void *arg)
{
    once((struct state *)arg, 1);
}

static void once_as_2(void *arg)
{
    once((struct state *)arg, 2);
}

static void twice_as_1(void *arg)
{
    once_as_1(arg);
    once_as_1(arg);
}

static void try_as_2(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_rmutex_trylock(&s->mutex);

    MODEL_ASSERT(result == 0 || result == EBUSY, "trylock returns 0 or EBUSY");
    if (result == 0)
        inside(s, 2);
    else
        must_have(s, 0);
}

static void until_as_2(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_rmutex_lock_until(&s->mutex, weir_after(MS));

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                 "lock_until returns 0 or ETIMEDOUT");
    if (result == 0)
        inside(s, 2);
    else
        must_have(s, 0);
}

/* Never its owner, whatever the others do. */
static void thief_as_2(void *arg)
{
    struct state *s = (struct state *)arg;

    must_have(s, 0);
    MODEL_ASSERT(weir_rmutex_unlock(&s->mutex) == EPERM,
                 "nobody unlocks what another has");
    must_have(s, 0);
}

static void is_at_rest(void *arg)
{
    struct state *s = (struct state *)arg;
    int sum = 0;

    for (unsigned i = 0; i < MODEL_THREADS; i++)
        sum += model_get(&s->got[i]);
    MODEL_ASSERT(model_get(&s->count) == sum, "no section was lost");
    must_have(s, 0);
    MODEL_ASSERT(weir_rmutex_unlock(&s->mutex) == EPERM, "it is nobody's");
    MODEL_ASSERT(weir_rmutex_trylock(&s->mutex) == 0, "it can be locked");
    must_have(s, 1);
    unlock(s);
}

static void begin_shared(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_rmutex_init(&s->mutex, WEIR_SHARED);
}

const struct model_program model_rmutex[] = {
    {.name = "two",
     .size = sizeof(struct state),
     .thread = {once_as_0, twice_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 2,
     .deeper = 1},
    {.name = "trylock",
     .size = sizeof(struct state),
     .thread = {once_as_0, twice_as_1, try_as_2},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "until",
     .size = sizeof(struct state),
     .thread = {once_as_0, once_as_1, until_as_2},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "thief",
     .size = sizeof(struct state),
     .thread = {once_as_0, once_as_1, thief_as_2},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 2,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = begin_shared,
     .thread = {once_as_0, once_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = NULL}};
