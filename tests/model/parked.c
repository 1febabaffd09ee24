/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the table of sleepers: a lock of the simplest kind that is
 * released by a plain store, and whose memory may be gone right after that.
 * Two locks may share a slot of the table.
 * (hazards B9, B10, B22)
 */
#include "futex/parked.h"

#include "base/atomic.h"
#include "futex/park.h"
#include "futex/revoke.h"
#include "model/model.h"

#define HELD 1u
#define MS 1000000

/* One slot for words at this distance, wherever the first is. */
#define DISTANCE (2048u + 8u)

struct lock {
    WEIR_ATOMIC(uint32_t) word;
};

struct state {
    struct lock first;
    unsigned char between[DISTANCE - sizeof(struct lock)];
    struct lock second;
    model_data_t cargo[2];
};

static struct lock *lock_of(struct state *s, unsigned i)
{
    return i == 0 ? &s->first : &s->second;
}

/* -- The lock ----------------------------------------------------------- */

static void release(struct state *s, unsigned i)
{
    struct lock *lock = lock_of(s, i);

    model_set(&s->cargo[i], 7);
    weir_store_rel_(&lock->word, 0u);
    weir_compiler_barrier_();
    if (weir_load_rlx_(weir_parked_slot_(lock)) != 0)
        weir_mutex_unlock_parked_(lock);
}

/* Sleep until it was released; true, or false if the deadline passed. */
static bool await(struct state *s, unsigned i, weir_deadline_t deadline)
{
    struct lock *lock = lock_of(s, i);
    bool sure = weir_parked_enter_(&lock->word);
    bool expired = false;

    /* As the mutex: the look that decides comes after the entry. */
    while (weir_load_sc_(&lock->word) == HELD && !expired)
        expired = weir_park_(&lock->word, HELD, weir_until_(deadline),
                             WEIR_BITS_ALL, false, sure) == WEIR_SLEPT_EXPIRED;
    weir_parked_leave_(&lock->word);
    /* One call wakes one: pass it on, or it may have been ours. */
    weir_futex_wake_(&lock->word, 1, WEIR_BITS_ALL, false);
    return weir_load_acq_(&lock->word) == 0;
}

/* -- What must hold ----------------------------------------------------- */

static void hold(void *arg)
{
    struct state *s = (struct state *)arg;

    weir_store_rlx_(&s->first.word, HELD);
    weir_store_rlx_(&s->second.word, HELD);
}

/* Nobody is left in the table, and what it says for ever is still there. */
static void is_empty(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t slot = weir_load_rlx_(weir_parked_slot_(&s->first));

    MODEL_ASSERT(slot << 1 == 0, "a slot without sleepers is empty");
    MODEL_ASSERT(weir_asymmetric_() || slot != 0,
                 "unlockers fence where there is no membarrier");
}

/* -- Programs ----------------------------------------------------------- */

static void release_0(void *arg)
{
    release((struct state *)arg, 0);
}

static void release_1(void *arg)
{
    release((struct state *)arg, 1);
}

static void await_for_ever(struct state *s, unsigned i)
{
    MODEL_ASSERT(await(s, i, WEIR_FOREVER), "a wait for ever ends well");
    MODEL_ASSERT(model_get(&s->cargo[i]) == 7, "a release publishes");
}

static void await_0(void *arg)
{
    await_for_ever((struct state *)arg, 0);
}

static void await_1(void *arg)
{
    await_for_ever((struct state *)arg, 1);
}

static void await_0_shortly(void *arg)
{
    (void)await((struct state *)arg, 0, weir_after(MS));
}

/* The only sleeper gives the memory back, as a next holder may. */
static void await_0_and_free(void *arg)
{
    struct state *s = (struct state *)arg;
    bool sure = weir_parked_enter_(&s->first.word);

    while (weir_load_sc_(&s->first.word) == HELD)
        (void)weir_park_(&s->first.word, HELD, weir_until_(WEIR_FOREVER),
                         WEIR_BITS_ALL, false, sure);
    model_free(&s->first, sizeof(s->first));
    weir_parked_leave_(&s->first.word);
}

const struct model_program model_parked[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .setup = hold,
     .thread = {release_0, await_0},
     .check = is_empty,
     .preemptions = 4,
     .stale = 2,
     .spurious = 1,
     .deeper = 2},
    {.name = "two_sleepers",
     .size = sizeof(struct state),
     .setup = hold,
     .thread = {release_0, await_0, await_0},
     .check = is_empty,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "one_slot",
     .size = sizeof(struct state),
     .setup = hold,
     .thread = {release_0, release_1, await_0, await_1},
     .check = is_empty,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "timeout",
     .size = sizeof(struct state),
     .setup = hold,
     .thread = {release_0, await_0, await_0_shortly},
     .check = is_empty,
     .preemptions = 2,
     .stale = 1,
     .timeouts = 1,
     .deeper = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .setup = hold,
     .thread = {release_0, await_0_and_free},
     .check = is_empty,
     .preemptions = 4,
     .stale = 1,
     .deeper = 2},
    {.name = "refused_early",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_EARLY,
     .setup = hold,
     .thread = {release_0, release_1, await_0, await_1},
     .check = is_empty,
     .preemptions = 2,
     .stale = 1,
     .deeper = 1},
    {.name = "refused_late",
     .size = sizeof(struct state),
     .flags = MODEL_REFUSED_LATE | MODEL_NETS,
     .setup = hold,
     .thread = {release_0, await_0, await_0},
     .check = is_empty,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = NULL}};
