/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of weir_wait_any: one who waits for two things, beside those who
 * wait for one of them.  What it takes it gives back, so that each of them ends
 * if no wake-up is swallowed: one that is, is a deadlock.  Which of the two it
 * attempts first is a choice.  (hazards B6, B7, B14, B17, B20, B22, B55)
 */
#include <weir/wait.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "futex/eventcount.h"
#include "futex/parked.h"
#include "model/model.h"

#define MS 1000000
#define A 0
#define B 1
/* As src/futex/mutex.h has it. */
#define MUTEX_HEAVY 2u

struct state {
    weir_sem_t sems[2];
    weir_mutex_t mutex;
    weir_event_t event;
    weir_token_t token;
    struct weir_queue queue;
    model_data_t inside; /* guarded by the mutex */
    model_data_t before; /* written before what is waited for */
    model_data_t result[MODEL_THREADS];
    model_data_t told[MODEL_THREADS];
};

/* -- Calls -------------------------------------------------------------- */

static void post(struct state *s, unsigned which)
{
    MODEL_ASSERT(weir_sem_post(&s->sems[which]) == 0, "there is room");
}

static void take(struct state *s, unsigned which)
{
    MODEL_ASSERT(weir_sem_wait(&s->sems[which]) == 0, "wait returns 0");
}

static int left(struct state *s, unsigned which)
{
    return (int)weir_sem_value(&s->sems[which]);
}

static void work(struct state *s)
{
    int before = model_get(&s->inside);

    model_set(&s->inside, before + 1);
    MODEL_ASSERT(model_get(&s->inside) == before + 1, "nobody else is inside");
}

static void unlock(struct state *s)
{
    MODEL_ASSERT(weir_mutex_unlock(&s->mutex) == 0, "the holder may unlock");
}

static void put(struct state *s)
{
    uint64_t element = 7;

    MODEL_ASSERT(weir_queue_put(&s->queue, &element) == 0, "there is room");
}

/* Wait for one of two; what it returned, and which it was: 2 if none. */
static int any(struct state *s, unsigned id, weir_wait_item_t first,
               weir_wait_item_t second, weir_deadline_t deadline,
               weir_token_t *token)
{
    weir_wait_item_t items[2];
    size_t which = 9;
    int result;

    items[0] = first;
    items[1] = second;
    result = weir_wait_any_with(items, 2, deadline, token, &which);
    MODEL_ASSERT(result == 0 || result == ETIMEDOUT || result == ECANCELED ||
                     result == ESHUTDOWN,
                 "0, ETIMEDOUT, ECANCELED or ESHUTDOWN");
    MODEL_ASSERT(result == 0 || result == ESHUTDOWN ? which < 2 : which == 2,
                 "it is told which, if one was ready");
    model_set(&s->result[id], result);
    model_set(&s->told[id], (int)which);
    return result == 0 || result == ESHUTDOWN ? (int)which : -1;
}

static int any_sem(struct state *s, unsigned id, weir_deadline_t deadline,
                   weir_token_t *token)
{
    return any(s, id, weir_wait_on_sem(&s->sems[A]),
               weir_wait_on_sem(&s->sems[B]), deadline, token);
}

/* -- Setting up --------------------------------------------------------- */

static void of_one(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_queue_init(&s->queue, sizeof(s->queue), 1,
                                 sizeof(uint64_t), 0) == 0,
                 "init returns 0");
}

/* Somebody has slept on the mutex before. */
static void heavy(void *arg)
{
    /* INIT: the threads have not begun. */
    weir_store_rlx_(&((struct state *)arg)->mutex.state, MUTEX_HEAVY);
}

static void shared(void *arg)
{
    struct state *s = (struct state *)arg;

    for (unsigned i = 0; i < 2; i++)
        (void)weir_sem_init(&s->sems[i], 0, WEIR_SEM_MAX, WEIR_SHARED);
    (void)weir_mutex_init(&s->mutex, WEIR_SHARED);
}

/* -- Two semaphores ----------------------------------------------------- */

static void post_a(void *arg)
{
    post((struct state *)arg, A);
}

static void publish_a(void *arg)
{
    model_set(&((struct state *)arg)->before, 7);
    post_a(arg);
}

static void post_b(void *arg)
{
    post((struct state *)arg, B);
}

static void post_both(void *arg)
{
    post_a(arg);
    post_b(arg);
}

static void post_a_and_both(void *arg)
{
    post_a(arg);
    post_both(arg);
}

static void post_b_twice(void *arg)
{
    post_b(arg);
    post_b(arg);
}

static void take_a(void *arg)
{
    take((struct state *)arg, A);
}

static void take_b(void *arg)
{
    take((struct state *)arg, B);
}

static void read_what_was_published(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(any_sem(s, 1, WEIR_FOREVER, NULL) == A, "only A was posted");
    MODEL_ASSERT(model_get(&s->before) == 7, "a permit publishes");
}

static void keep_as_1(void *arg)
{
    (void)any_sem((struct state *)arg, 1, WEIR_FOREVER, NULL);
}

static void keep_as_2(void *arg)
{
    (void)any_sem((struct state *)arg, 2, WEIR_FOREVER, NULL);
}

static void keep_twice(void *arg)
{
    keep_as_1(arg);
    keep_as_1(arg);
}

/* Gives back what it got: somebody else needs it. */
static void borrow(struct state *s, weir_deadline_t deadline,
                   weir_token_t *token)
{
    int which = any_sem(s, 1, deadline, token);

    if (which >= 0)
        post(s, (unsigned)which);
}

static void borrow_one(void *arg)
{
    borrow((struct state *)arg, WEIR_FOREVER, NULL);
}

static void borrow_until(void *arg)
{
    borrow((struct state *)arg, weir_after(MS), NULL);
}

static void borrow_past(void *arg)
{
    borrow((struct state *)arg, WEIR_NOW, NULL);
}

static void borrow_with(void *arg)
{
    struct state *s = (struct state *)arg;

    borrow(s, WEIR_FOREVER, &s->token);
    MODEL_ASSERT(model_get(&s->result[1]) != ETIMEDOUT, "no deadline");
}

static void cancel(void *arg)
{
    MODEL_ASSERT(weir_token_cancel(&((struct state *)arg)->token) == 0,
                 "cancel returns 0");
}

static void cancel_and_post(void *arg)
{
    cancel(arg);
    post_a(arg);
}

/* The same object, twice. */
static void borrow_of_same(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(any(s, 1, weir_wait_on_sem(&s->sems[B]),
                     weir_wait_on_sem(&s->sems[B]), WEIR_FOREVER, NULL) >= 0,
                 "one of them is told");
    post(s, B);
}

static void nothing_left(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(left(s, A) == 0 && left(s, B) == 0,
                 "as many were taken as were posted");
}

static void one_a_left(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(left(s, A) == 1 && left(s, B) == 0,
                 "one of A was posted and not taken");
}

static void one_b_left(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(left(s, A) == 0 && left(s, B) == 1,
                 "one of B was posted and not taken");
}

static void one_left(void *arg)
{
    struct state *s = (struct state *)arg;
    int told = model_get(&s->told[1]);

    MODEL_ASSERT(left(s, A) == (told != A) && left(s, B) == (told != B),
                 "the one that was told was taken, and no other");
}

/* -- A mutex, and something else ---------------------------------------- */

static void lock_and_work(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_mutex_lock(&s->mutex) == 0, "lock returns 0");
    work(s);
    unlock(s);
}

static void lock_and_post(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_mutex_lock(&s->mutex) == 0, "lock returns 0");
    work(s);
    post(s, B);
    unlock(s);
}

static void lock_3_times(void *arg)
{
    for (int i = 0; i < 3; i++)
        lock_and_work(arg);
}

static void lock_or_take_until(struct state *s, weir_deadline_t deadline)
{
    int which = any(s, 1, weir_wait_on_mutex(&s->mutex),
                    weir_wait_on_sem(&s->sems[B]), deadline, NULL);

    if (which == 0) {
        work(s);
        unlock(s);
    } else if (which == 1) {
        post(s, B);
    }
}

static void lock_or_take(void *arg)
{
    lock_or_take_until((struct state *)arg, WEIR_FOREVER);
}

static void lock_or_take_in_time(void *arg)
{
    lock_or_take_until((struct state *)arg, weir_after(MS));
}

/* Nobody posts. */
static void lock_alone(void *arg)
{
    lock_or_take(arg);
    MODEL_ASSERT(model_get(&((struct state *)arg)->told[1]) == 0,
                 "it gets the lock");
}

static void is_at_rest(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(!weir_mutex_is_locked(&s->mutex), "nobody holds it");
    MODEL_ASSERT(weir_mutex_trylock(&s->mutex) == 0 &&
                     weir_mutex_unlock(&s->mutex) == 0,
                 "it can be locked");
    MODEL_ASSERT(weir_load_rlx_(weir_parked_slot_(&s->mutex)) << 1 == 0,
                 "nobody is left in the table");
}

/* -- A queue, and something else ---------------------------------------- */

static void put_once(void *arg)
{
    put((struct state *)arg);
}

static void put_and_close(void *arg)
{
    put((struct state *)arg);
    MODEL_ASSERT(weir_queue_close(&((struct state *)arg)->queue) == 0,
                 "close returns 0");
}

static void get_once(void *arg)
{
    uint64_t element = 0;

    MODEL_ASSERT(weir_queue_get(&((struct state *)arg)->queue, &element) == 0 &&
                     element == 7,
                 "what was put is got");
}

static void get_or_learn(void *arg)
{
    uint64_t element = 0;
    int result = weir_queue_get(&((struct state *)arg)->queue, &element);

    MODEL_ASSERT(result == 0 || result == ESHUTDOWN, "0 or ESHUTDOWN");
}

/* Puts back what it got. */
static void get_or_take(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t element = 0;
    int which = any(s, 1, weir_wait_on_get(&s->queue, &element),
                    weir_wait_on_sem(&s->sems[B]), WEIR_FOREVER, NULL);

    MODEL_ASSERT(which == 1 || element == 7, "what was put is got");
    if (which == 0)
        put(s);
    else
        post(s, B);
}

static void look_or_take(void *arg)
{
    struct state *s = (struct state *)arg;

    if (any(s, 1, weir_wait_on_not_empty(&s->queue),
            weir_wait_on_sem(&s->sems[B]), WEIR_FOREVER, NULL) == 1)
        post(s, B);
}

static void get_or_learn_or_take(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t element = 0;
    int which = any(s, 1, weir_wait_on_get(&s->queue, &element),
                    weir_wait_on_sem(&s->sems[B]), WEIR_FOREVER, NULL);

    MODEL_ASSERT(which == 0, "nobody posts");
}

static void put_twice(void *arg)
{
    put((struct state *)arg);
    put((struct state *)arg);
}

/* Nobody posts. */
static void get_alone(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t element = 0;

    MODEL_ASSERT(any(s, 1, weir_wait_on_get(&s->queue, &element),
                     weir_wait_on_sem(&s->sems[B]), WEIR_FOREVER, NULL) == 0,
                 "it gets an element");
    MODEL_ASSERT(element == 7, "what was put is got");
}

static void is_empty(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_queue_len(&s->queue) == 0, "all were got");
    MODEL_ASSERT(!weir_eventcount_has_sleepers_(&s->queue.not_empty) &&
                     !weir_eventcount_has_sleepers_(&s->queue.not_full),
                 "nobody is counted who has left");
}

static void is_drained(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_queue_len(&s->queue) == 0, "it was got");
    MODEL_ASSERT(left(s, B) == 1, "and the permit given back");
    MODEL_ASSERT(!weir_eventcount_has_sleepers_(&s->queue.not_empty),
                 "nobody is counted who has left");
}

/* -- An event, and something else --------------------------------------- */

/* Release whoever sleeps, and nobody who comes later. */
static void pulse_or_post(void *arg)
{
    struct state *s = (struct state *)arg;

    /* HINT: whoever has marked it began before. */
    if (!(weir_load_rlx_(&s->event.state) & WEIR_EVENT_WAITERS_)) {
        post(s, B);
        return;
    }
    MODEL_ASSERT(weir_event_set(&s->event) == 0, "set returns 0");
    MODEL_ASSERT(weir_event_clear(&s->event) == 0, "clear returns 0");
}

static void event_or_take(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)any(s, 1, weir_wait_on_event(&s->event),
              weir_wait_on_sem(&s->sems[B]), WEIR_FOREVER, NULL);
}

static void publish_and_set(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->before, 7);
    MODEL_ASSERT(weir_event_set(&s->event) == 0, "set returns 0");
}

static void token_or_event(void *arg)
{
    struct state *s = (struct state *)arg;
    int which = any(s, 1, weir_wait_on_token(&s->token),
                    weir_wait_on_event(&s->event), WEIR_FOREVER, NULL);

    if (which == 1)
        MODEL_ASSERT(model_get(&s->before) == 7, "the event publishes");
}

static void with_deadline(void *arg)
{
    MODEL_ASSERT(weir_token_init(&((struct state *)arg)->token, NULL,
                                 weir_after(MS), 0) == 0,
                 "init returns 0");
}

static void ends_by_itself(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(any(s, 1, weir_wait_on_token(&s->token),
                     weir_wait_on_event(&s->event), WEIR_FOREVER, NULL) == 0,
                 "nobody sets the event");
}

/* -- Lifetime ----------------------------------------------------------- */

static void take_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)any_sem(s, 1, WEIR_FOREVER, NULL);
    model_free(s->sems, sizeof(s->sems));
}

static void lock_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)any(s, 1, weir_wait_on_mutex(&s->mutex),
              weir_wait_on_sem(&s->sems[B]), WEIR_FOREVER, NULL);
    work(s);
    unlock(s);
    model_free(&s->mutex, sizeof(s->mutex));
    model_free(s->sems, sizeof(s->sems));
}

static void lock_in_setup(void *arg)
{
    MODEL_ASSERT(weir_mutex_lock(&((struct state *)arg)->mutex) == 0,
                 "lock returns 0");
}

static void unlock_once(void *arg)
{
    work((struct state *)arg);
    unlock((struct state *)arg);
}

/* -- Processes ---------------------------------------------------------- */

/* Far beyond the time after which a sleeper looks again. */
static weir_deadline_t long_enough(void)
{
    return weir_after(4 * (int64_t)WEIR_SHARED_SLICE_NS);
}

static void survive(void *arg)
{
    struct state *s = (struct state *)arg;
    weir_deadline_t start = weir_now();

    MODEL_ASSERT(weir_sem_wait_until(&s->sems[A], long_enough()) == 0,
                 "there is one for each that lives");
    MODEL_ASSERT(weir_now() - start <= 2 * WEIR_SHARED_SLICE_NS,
                 "a shared waiter looks again in time");
}

static void survive_any(void *arg)
{
    struct state *s = (struct state *)arg;
    weir_deadline_t start = weir_now();

    MODEL_ASSERT(any_sem(s, 2, long_enough(), NULL) >= 0,
                 "there is one for each that lives");
    MODEL_ASSERT(weir_now() - start <= 2 * WEIR_SHARED_SLICE_NS,
                 "a shared waiter looks again in time");
}

static void post_a_twice(void *arg)
{
    post_a(arg);
    post_a(arg);
}

const struct model_program model_wait_any[] = {
    {.name = "one",
     .size = sizeof(struct state),
     .thread = {publish_a, read_what_was_published},
     .check = nothing_left,
     .preemptions = 3,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "either",
     .size = sizeof(struct state),
     .thread = {post_a, keep_as_1, post_b},
     .check = one_left,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "both",
     .size = sizeof(struct state),
     .thread = {post_both, keep_twice},
     .check = nothing_left,
     .preemptions = 3,
     .spurious = 1,
     .deeper = 1},
    {.name = "two",
     .size = sizeof(struct state),
     .thread = {post_a, keep_as_1, keep_as_2, post_b},
     .check = nothing_left,
     .preemptions = 2,
     .deeper = 1},
    {.name = "swallowed",
     .size = sizeof(struct state),
     .thread = {post_both, borrow_one, take_b},
     .check = one_a_left,
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "swallowed_two",
     .size = sizeof(struct state),
     .thread = {post_a_and_both, borrow_one, take_b, take_a},
     .check = one_a_left,
     .preemptions = 2,
     .deeper = 1},
    {.name = "of_same",
     .size = sizeof(struct state),
     .thread = {post_b_twice, borrow_of_same, take_b},
     .check = one_b_left,
     .preemptions = 3,
     .deeper = 1},
    {.name = "until",
     .size = sizeof(struct state),
     .thread = {post_a, borrow_until, take_a},
     .check = nothing_left,
     .preemptions = 2,
     .timeouts = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "until_jump",
     .size = sizeof(struct state),
     .thread = {post_a, borrow_until, take_a},
     .check = nothing_left,
     .preemptions = 2,
     .timeouts = 1,
     .jumps = 1,
     .deeper = 1},
    {.name = "until_past",
     .size = sizeof(struct state),
     .thread = {post_a, borrow_past, take_a},
     .check = nothing_left,
     .preemptions = 3,
     .deeper = 1},
    {.name = "token",
     .size = sizeof(struct state),
     .thread = {cancel_and_post, borrow_with, take_a},
     .check = nothing_left,
     .preemptions = 3,
     .deeper = 1},
    {.name = "mutex",
     .size = sizeof(struct state),
     .thread = {lock_and_post, lock_or_take, lock_and_work},
     .check = is_at_rest,
     .preemptions = 3,
     .deeper = 1},
    {.name = "mutex_light",
     .size = sizeof(struct state),
     .thread = {lock_and_work, lock_or_take_in_time, lock_and_work},
     .check = is_at_rest,
     .preemptions = 3,
     .timeouts = 1,
     .deeper = 1},
    {.name = "mutex_alone",
     .size = sizeof(struct state),
     .thread = {lock_and_work, lock_alone},
     .check = is_at_rest,
     .preemptions = 4,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "mutex_heavy",
     .size = sizeof(struct state),
     .setup = heavy,
     .thread = {lock_and_post, lock_or_take, lock_and_work},
     .check = is_at_rest,
     .preemptions = 3,
     .deeper = 1},
    {.name = "mutex_reserved",
     .size = sizeof(struct state),
     .setup = heavy,
     .thread = {lock_3_times, lock_alone, lock_and_work},
     .check = is_at_rest,
     .preemptions = 2,
     .jumps = 1,
     .deeper = 1},
    {.name = "mutex_shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = shared,
     .thread = {lock_and_post, lock_or_take, lock_and_work},
     .check = is_at_rest,
     .preemptions = 2,
     .deeper = 1},
    {.name = "get",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_once, get_alone},
     .check = is_empty,
     .preemptions = 3,
     .stale = 1,
     .spurious = 1,
     .deeper = 1},
    {.name = "get_two",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_twice, get_alone, get_once},
     .check = is_empty,
     .preemptions = 2,
     .deeper = 1},
    {.name = "queue",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_once, get_or_take, get_once, post_b},
     .check = is_drained,
     .preemptions = 2,
     .deeper = 1},
    {.name = "pass_on",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_once, look_or_take, get_once, post_b},
     .check = is_drained,
     .preemptions = 2,
     .deeper = 1},
    {.name = "close",
     .size = sizeof(struct state),
     .setup = of_one,
     .thread = {put_and_close, get_or_learn_or_take, get_or_learn},
     .preemptions = 2,
     .deeper = 1},
    {.name = "pulse",
     .size = sizeof(struct state),
     .thread = {pulse_or_post, event_or_take},
     .preemptions = 4,
     .stale = 1,
     .deeper = 1},
    {.name = "token_or_event",
     .size = sizeof(struct state),
     .thread = {publish_and_set, token_or_event, cancel},
     .preemptions = 3,
     .stale = 1,
     .deeper = 1},
    {.name = "token_deadline",
     .size = sizeof(struct state),
     .setup = with_deadline,
     .thread = {ends_by_itself},
     .spurious = 1},
    {.name = "free",
     .size = sizeof(struct state),
     .thread = {post_a, take_and_free},
     .preemptions = 4,
     .spurious = 1,
     .deeper = 1},
    {.name = "free_mutex",
     .size = sizeof(struct state),
     .setup = lock_in_setup,
     .thread = {unlock_once, lock_and_free},
     .preemptions = 4,
     .deeper = 1},
    {.name = "looking",
     .size = sizeof(struct state),
     .flags = MODEL_NO_WAIT_ANY,
     .thread = {post_both, borrow_one, take_b},
     .check = one_a_left,
     .preemptions = 3,
     .deeper = 1},
    {.name = "looking_until",
     .size = sizeof(struct state),
     .flags = MODEL_NO_WAIT_ANY | MODEL_NETS,
     .thread = {post_a, borrow_until, take_a},
     .check = nothing_left,
     .preemptions = 3,
     .timeouts = 1,
     .deeper = 1},
    {.name = "shared",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES,
     .setup = shared,
     .thread = {post_both, borrow_one, take_b},
     .check = one_a_left,
     .preemptions = 3,
     .deeper = 1},
    {.name = "killed",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = shared,
     .thread = {post_a_twice, keep_as_1, survive},
     .mortal = 2,
     .preemptions = 2,
     .kills = 1,
     .deeper = 1},
    {.name = "killed_poster",
     .size = sizeof(struct state),
     .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = shared,
     .thread = {post_a, post_a, survive_any},
     .mortal = 1,
     .preemptions = 2,
     .kills = 1,
     .deeper = 1},
    {.name = NULL}};
