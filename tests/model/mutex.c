/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the mutex.  What it guards is plain: two holders at once, or a
 * release that does not publish, are a data race.
 * (hazards B2, B6, B12, B13, B14, B17, B20, B22, B43, B54)
 */
#include <weir/mutex.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "model/model.h"

#define MS 1000000
/* Bits of the word, as src/futex/mutex.h has them. */
#define HEAVY 2u
#define RESERVED 64u

struct state {
    weir_mutex_t mutex;
    model_data_t count;
    model_data_t locked;             /* times, by all */
    model_data_t got[MODEL_THREADS]; /* times, by each; guarded by mutex */
    model_data_t timed_out[MODEL_THREADS];
};

/* -- Sections ----------------------------------------------------------- */

static void work(struct state *s, unsigned id)
{
    int before = model_get(&s->count);

    model_set(&s->count, before + 1);
    model_set(&s->got[id], model_get(&s->got[id]) + 1);
    MODEL_ASSERT(model_get(&s->count) == before + 1, "nobody else is inside");
}

static void unlock(struct state *s)
{
    MODEL_ASSERT(weir_mutex_unlock(&s->mutex) == 0, "the holder may unlock");
}

static void lock(struct state *s)
{
    MODEL_ASSERT(weir_mutex_lock(&s->mutex) == 0, "lock returns 0");
}

static void lock_and_work(struct state *s, unsigned id)
{
    lock(s);
    work(s, id);
    unlock(s);
}

/* What must hold whenever the threads are done. */
static void is_at_rest(void *arg)
{
    struct state *s = (struct state *)arg;
    uint32_t state = weir_load_rlx_(&s->mutex.state);
    int sum = 0;

    for (unsigned i = 0; i < MODEL_THREADS; i++)
        sum += model_get(&s->got[i]);
    MODEL_ASSERT(model_get(&s->count) == sum, "no section was lost");
    MODEL_ASSERT(!weir_mutex_is_locked(&s->mutex), "nobody holds it");
    MODEL_ASSERT(!(state & RESERVED), "it is reserved for nobody");
    MODEL_ASSERT(weir_mutex_trylock(&s->mutex) == 0 &&
                     weir_mutex_unlock(&s->mutex) == 0,
                 "it can be locked");
    MODEL_ASSERT(weir_load_rlx_(weir_parked_slot_(&s->mutex)) << 1 == 0,
                 "nobody is left in the table");
}

/* -- Locking ------------------------------------------------------------ */

static void once_as_0(void *arg)
{
    lock_and_work((struct state *)arg, 0);
}

static void once_as_1(void *arg)
{
    lock_and_work((struct state *)arg, 1);
}

static void once_as_2(void *arg)
{
    lock_and_work((struct state *)arg, 2);
}

static void once_as_3(void *arg)
{
    lock_and_work((struct state *)arg, 3);
}

static void twice_as_0(void *arg)
{
    once_as_0(arg);
    once_as_0(arg);
}

static void twice_as_1(void *arg)
{
    once_as_1(arg);
    once_as_1(arg);
}

static void try_as_2(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_mutex_trylock(&s->mutex);

    MODEL_ASSERT(result == 0 || result == EBUSY, "trylock returns 0 or EBUSY");
    if (result == 0) {
        work(s, 2);
        unlock(s);
    }
}

/* -- Deadlines ---------------------------------------------------------- */

static void until(struct state *s, unsigned id, weir_deadline_t deadline)
{
    int result = weir_mutex_lock_until(&s->mutex, deadline);

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                 "lock_until returns 0 or ETIMEDOUT");
    model_set(&s->timed_out[id], result != 0);
    if (result == 0) {
        work(s, id);
        unlock(s);
    }
}

static void until_as_1(void *arg)
{
    until((struct state *)arg, 1, weir_after(MS));
}

static void until_as_2(void *arg)
{
    until((struct state *)arg, 2, weir_after(MS));
}

static void past_as_2(void *arg)
{
    until((struct state *)arg, 2, WEIR_NOW);
}

/* -- Fairness ----------------------------------------------------------- */

static int got_by_others(struct state *s)
{
    return model_get(&s->got[1]) + model_get(&s->got[2]);
}

/* Locks again and again: whoever is woken in between, and has waited for
 * long, reserves it before it sleeps again.  Then nobody else may get it. */
static void hog(void *arg)
{
    struct state *s = (struct state *)arg;
    bool promised;

    lock(s);
    work(s, 0);
    unlock(s);
    lock(s);
    work(s, 0);
    /* HINT of a promise that stands while this thread holds the lock. */
    promised = weir_load_rlx_(&s->mutex.state) & RESERVED;
    model_set(&s->locked, got_by_others(s));
    unlock(s);
    if (weir_mutex_trylock(&s->mutex) == 0) {
        MODEL_ASSERT(!promised || got_by_others(s) > model_get(&s->locked),
                     "a lock that was promised to one goes to nobody else");
        work(s, 0);
        unlock(s);
    }
}

/* So patient that it may have reserved the lock before it gives up. */
static void patient_as_1(void *arg)
{
    until((struct state *)arg, 1, weir_after(10 * WEIR_MUTEX_FAIR_NS));
}

/* -- From LIGHT to HEAVY and back --------------------------------------- */

static void lightly(void *arg)
{
    struct state *s = (struct state *)arg;

    for (int i = 0; i < 3; i++)
        lock_and_work(s, 0);
}

static void begin_heavy(void *arg)
{
    struct state *s = (struct state *)arg;

    weir_store_rlx_(&s->mutex.state, HEAVY);
}

/* -- Lifetime ----------------------------------------------------------- */

/* The last to have it frees it, as soon as it holds it. */
static void use_and_free(struct state *s, unsigned id)
{
    bool last;

    lock(s);
    model_set(&s->got[id], 1);
    model_set(&s->locked, model_get(&s->locked) + 1);
    last = model_get(&s->locked) == 2;
    unlock(s);
    if (last)
        model_free(&s->mutex, sizeof(s->mutex));
}

static void free_as_0(void *arg)
{
    use_and_free((struct state *)arg, 0);
}

static void free_as_1(void *arg)
{
    use_and_free((struct state *)arg, 1);
}

/* -- Processes ---------------------------------------------------------- */

static void begin_shared(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_mutex_init(&s->mutex, WEIR_SHARED);
}

static void survive(struct state *s, unsigned id)
{
    weir_deadline_t start = weir_now();

    /* Far beyond the time after which a sleeper looks again. */
    until(s, id, weir_after(4 * (int64_t)WEIR_SHARED_SLICE_NS));
    MODEL_ASSERT(model_get(&s->timed_out[id]) ||
                     weir_now() - start <= 3 * WEIR_SHARED_SLICE_NS,
                 "a shared waiter looks again in time");
}

static void survive_as_0(void *arg)
{
    survive((struct state *)arg, 0);
}

static void survive_twice_as_0(void *arg)
{
    struct state *s = (struct state *)arg;

    survive(s, 0);
    if (!model_get(&s->timed_out[0]))
        survive(s, 0);
}

static void survive_as_2(void *arg)
{
    survive((struct state *)arg, 2);
}

static void survive_as_3(void *arg)
{
    survive((struct state *)arg, 3);
}

/* Only a holder that was killed may keep the others out. */
static void only_holders_keep_it(void *arg)
{
    struct state *s = (struct state *)arg;
    bool locked = weir_mutex_is_locked(&s->mutex);

    MODEL_ASSERT(!locked || model_was_killed(0) || model_was_killed(1),
                 "nobody holds it");
    for (unsigned i = 0; i < MODEL_THREADS; i++)
        MODEL_ASSERT(!model_get(&s->timed_out[i]) || locked,
                     "a free lock is found");
}

const struct model_program model_mutex[] = {
    {.name = "two",
     .size = sizeof(struct state),
     .thread = {twice_as_0, twice_as_1},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "three",
     .size = sizeof(struct state),
     .thread = {once_as_0, once_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "four",
     .size = sizeof(struct state),
     .thread = {once_as_0, once_as_1, once_as_2, once_as_3},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 1,
     .deeper = 1},
    {.name = "trylock",
     .size = sizeof(struct state),
     .thread = {once_as_0, once_as_1, try_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "until",
     .size = sizeof(struct state),
     .thread = {once_as_0, until_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "until_two",
     .size = sizeof(struct state),
     .thread = {once_as_0, until_as_1, until_as_2, once_as_3},
     .check = is_at_rest,
     .preemptions = 1,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "until_past",
     .size = sizeof(struct state),
     .thread = {once_as_0, once_as_1, past_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "fair",
     .size = sizeof(struct state),
     .thread = {hog, once_as_1},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "fair_three",
     .size = sizeof(struct state),
     .thread = {hog, once_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "fair_until",
     .size = sizeof(struct state),
     .thread = {twice_as_0, patient_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "light",
     .size = sizeof(struct state),
     .thread = {lightly, twice_as_1},
     .check = is_at_rest,
     .preemptions = 3,
     .stale = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "light_three",
     .size = sizeof(struct state),
     .thread = {lightly, once_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "light_until",
     .size = sizeof(struct state),
     .thread = {lightly, until_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "heavy_until",
     .size = sizeof(struct state),
     .setup = begin_heavy,
     .thread = {lightly, until_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .timeouts = 1,
     .deeper = 1},
    {.name = "heavy_fair_until",
     .size = sizeof(struct state),
     .setup = begin_heavy,
     .thread = {twice_as_0, patient_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .timeouts = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .thread = {free_as_0, free_as_1},
     .preemptions = 3,
     .stale = 1,
     .deeper = 2},
    {.name = "refused_early",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_EARLY,
     .thread = {once_as_0, once_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "refused_late",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_LATE | MODEL_NETS,
     .thread = {once_as_0, once_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = begin_shared,
     .thread = {once_as_0, once_as_1, once_as_2},
     .check = is_at_rest,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "killed_waker",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {once_as_0, survive_as_2, survive_as_3},
     .check = only_holders_keep_it,
     .mortal = 1,
     .preemptions = 2,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = "killed_waiter",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {survive_as_0, once_as_1, survive_as_2},
     .check = only_holders_keep_it,
     .mortal = 2,
     .preemptions = 2,
     .stale = 1,
     .kills = 1,
     .deeper = 1},
    {.name = "killed_reserver",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {survive_twice_as_0, once_as_1, survive_as_2},
     .check = only_holders_keep_it,
     .mortal = 2,
     .preemptions = 2,
     .kills = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = NULL}};
