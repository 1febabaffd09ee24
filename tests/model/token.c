/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the token, alone and in the calls of the other primitives.  Who
 * insists has to get what it waits for, and somebody sees to that exactly as
 * often: a wake-up that goes with a wait that is cancelled is a deadlock.
 * (hazards B3, B17, B20, B21, B22, B55)
 */
#include <weir/cond.h>
#include <weir/event.h>
#include <weir/mutex.h>
#include <weir/queue.h>
#include <weir/rwlock.h>
#include <weir/sem.h>
#include <weir/token.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "model/model.h"

#define CAPACITY 1
#define MS 1000000

struct state {
    weir_token_t parent;
    weir_token_t child;
    weir_sem_t sem;
    weir_event_t event;
    weir_mutex_t mutex;
    weir_rwlock_t rwlock;
    weir_cond_t cond;
    model_data_t before; /* written before the cancel */
    model_data_t told;   /* written before the set */
    model_data_t inside; /* guarded by what is locked */
    model_data_t got[MODEL_THREADS];
    WEIR_ALIGNED(WEIR_QUEUE_ALIGN) unsigned char queue[1024];
};

static weir_queue_t *queue_of(struct state *s)
{
    return (weir_queue_t *)(void *)s->queue;
}

/* -- Before ------------------------------------------------------------- */

static void begin_in_scope(struct state *s, unsigned flags)
{
    (void)weir_token_init(&s->parent, NULL, WEIR_FOREVER, flags);
    (void)weir_token_init(&s->child, &s->parent, WEIR_FOREVER, flags);
    (void)weir_sem_init(&s->sem, 0, WEIR_SEM_MAX, flags);
    (void)weir_event_init(&s->event, flags);
}

static void begin(void *arg)
{
    begin_in_scope((struct state *)arg, 0);
}

static void begin_shared(void *arg)
{
    begin_in_scope((struct state *)arg, WEIR_SHARED);
}

/* The tokens are shared, and what is waited for is not. */
static void begin_with_private(void *arg)
{
    struct state *s = (struct state *)arg;

    begin_in_scope(s, WEIR_SHARED);
    (void)weir_event_init(&s->event, 0);
}

static void begin_queue(void *arg)
{
    struct state *s = (struct state *)arg;

    begin(arg);
    (void)weir_queue_init(queue_of(s), sizeof(s->queue), CAPACITY,
                          sizeof(uint64_t), 0);
}

static void begin_written(void *arg)
{
    begin(arg);
    (void)weir_rwlock_wrlock(&((struct state *)arg)->rwlock);
}

/* -- Cancelling --------------------------------------------------------- */

static void cancel(struct state *s, weir_token_t *token)
{
    model_set(&s->before, 7);
    MODEL_ASSERT(weir_token_cancel(token) == 0, "cancel returns 0");
}

static void cancel_child(void *arg)
{
    struct state *s = (struct state *)arg;

    cancel(s, &s->child);
}

static void cancel_parent(void *arg)
{
    struct state *s = (struct state *)arg;

    cancel(s, &s->parent);
}

static void cancel_too(void *arg)
{
    (void)weir_token_cancel(&((struct state *)arg)->child);
}

/* -- Waiting for the token ---------------------------------------------- */

static void wait_for(struct state *s, weir_token_t *token)
{
    MODEL_ASSERT(weir_token_wait(token) == 0, "wait returns 0");
    MODEL_ASSERT(model_get(&s->before) == 7, "a cancel publishes");
    MODEL_ASSERT(weir_token_is_cancelled(token), "it stays cancelled");
}

static void wait_for_parent(void *arg)
{
    struct state *s = (struct state *)arg;

    wait_for(s, &s->parent);
}

static void wait_for_child(void *arg)
{
    struct state *s = (struct state *)arg;

    wait_for(s, &s->child);
}

static void wait_for_either(void *arg)
{
    MODEL_ASSERT(weir_token_wait(&((struct state *)arg)->child) == 0,
                 "wait returns 0");
}

static void look(void *arg)
{
    struct state *s = (struct state *)arg;

    if (weir_token_is_cancelled(&s->child))
        MODEL_ASSERT(model_get(&s->before) == 7, "a cancel publishes");
}

static void wait_and_free(void *arg)
{
    struct state *s = (struct state *)arg;

    wait_for(s, &s->child);
    model_free(&s->parent, 2 * sizeof(s->parent));
}

static void all_cancelled(void *arg)
{
    MODEL_ASSERT(weir_token_is_cancelled(&((struct state *)arg)->child),
                 "it is cancelled");
}

/* -- Semaphore ---------------------------------------------------------- */

static void post(void *arg)
{
    MODEL_ASSERT(weir_sem_post(&((struct state *)arg)->sem) == 0,
                 "there is room");
}

static void insist_on_permit(void *arg)
{
    MODEL_ASSERT(weir_sem_wait(&((struct state *)arg)->sem) == 0,
                 "wait returns 0");
}

/* Gives back what it gets. */
static void borrow(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_sem_wait_with(&s->sem, WEIR_FOREVER, &s->child);

    MODEL_ASSERT(result == 0 || result == ECANCELED,
                 "a permit, or it is cancelled");
    if (result == 0)
        post(arg);
    else
        MODEL_ASSERT(model_get(&s->before) == 7, "a cancel publishes");
}

static void borrow_until(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_sem_wait_with(&s->sem, weir_after(MS), &s->child);

    MODEL_ASSERT(result == 0 || result == ECANCELED || result == ETIMEDOUT,
                 "0, ECANCELED or ETIMEDOUT");
    if (result == 0)
        post(arg);
}

static void no_permit_left(void *arg)
{
    MODEL_ASSERT(weir_sem_value(&((struct state *)arg)->sem) == 0,
                 "as many were taken as were posted");
}

/* -- Event -------------------------------------------------------------- */

static void set_event(void *arg)
{
    struct state *s = (struct state *)arg;

    model_set(&s->told, 7);
    (void)weir_event_set(&s->event);
}

static void insist_on_event(void *arg)
{
    MODEL_ASSERT(weir_event_wait(&((struct state *)arg)->event) == 0,
                 "wait returns 0");
}

static void wait_for_event(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_event_wait_with(&s->event, WEIR_FOREVER, &s->child);

    MODEL_ASSERT(result == 0 || result == ECANCELED,
                 "it is set, or it is cancelled");
    if (result == 0)
        MODEL_ASSERT(model_get(&s->told) == 7, "a set publishes");
}

/* -- Queue -------------------------------------------------------------- */

static void put(void *arg)
{
    uint64_t element = 7;

    MODEL_ASSERT(weir_queue_put(queue_of((struct state *)arg), &element) == 0,
                 "put returns 0");
}

static void get(void *arg)
{
    uint64_t element = 0;

    MODEL_ASSERT(weir_queue_get(queue_of((struct state *)arg), &element) == 0,
                 "get returns 0");
    MODEL_ASSERT(element == 7, "what was put");
}

static void get_and_put_back(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t element = 0;
    int result =
        weir_queue_get_with(queue_of(s), &element, WEIR_FOREVER, &s->child);

    MODEL_ASSERT(result == 0 || result == ECANCELED,
                 "an element, or it is cancelled");
    if (result == 0)
        put(arg);
}

/* -- Mutex -------------------------------------------------------------- */

static void work(struct state *s)
{
    int before = model_get(&s->inside);

    model_set(&s->inside, before + 1);
    MODEL_ASSERT(model_get(&s->inside) == before + 1, "nobody else is inside");
}

static void lock_once(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_mutex_lock(&s->mutex);
    work(s);
    (void)weir_mutex_unlock(&s->mutex);
}

/* Whoever is woken in between, and has waited for long, reserves it. */
static void lock_twice(void *arg)
{
    lock_once(arg);
    lock_once(arg);
}

static void lock_with(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_mutex_lock_with(&s->mutex, WEIR_FOREVER, &s->child);

    MODEL_ASSERT(result == 0 || result == ECANCELED,
                 "locked, or it is cancelled");
    if (result != 0)
        return;
    work(s);
    (void)weir_mutex_unlock(&s->mutex);
}

/* -- Read-write lock ---------------------------------------------------- */

static void end_write(void *arg)
{
    struct state *s = (struct state *)arg;

    work(s);
    (void)weir_rwlock_wrunlock(&s->rwlock);
}

static void write_once(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_rwlock_wrlock(&s->rwlock) == 0, "wrlock returns 0");
    end_write(arg);
}

static void read_with(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_rwlock_rdlock_with(&s->rwlock, WEIR_FOREVER, &s->child);

    MODEL_ASSERT(result == 0 || result == ECANCELED,
                 "locked, or it is cancelled");
    if (result != 0)
        return;
    (void)model_get(&s->inside);
    (void)weir_rwlock_rdunlock(&s->rwlock);
}

static void write_with(void *arg)
{
    struct state *s = (struct state *)arg;
    int result = weir_rwlock_wrlock_with(&s->rwlock, WEIR_FOREVER, &s->child);

    MODEL_ASSERT(result == 0 || result == ECANCELED,
                 "locked, or it is cancelled");
    if (result == 0)
        end_write(arg);
}

/* -- Shared condition --------------------------------------------------- */

/* As src/futex/cond_shared.c has it. */
#define PERMIT ((uint64_t)1 << 24)

/* Two have come already, who do not sleep and will not look; and the mutex is
 * held by the first thread, so that nobody else comes before it. */
static void begin_cond(void *arg)
{
    struct state *s = (struct state *)arg;

    begin(arg);
    (void)weir_cond_init(&s->cond, WEIR_SHARED);
    (void)weir_mutex_init(&s->mutex, WEIR_SHARED);
    weir_store_rlx_(&s->cond.waiters, 2);
    (void)weir_mutex_lock(&s->mutex);
}

static void insist_on_signal(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(weir_cond_wait(&s->cond, &s->mutex) == 0, "wait returns 0");
    (void)weir_mutex_unlock(&s->mutex);
}

/* Of the next group. */
static void wait_with(void *arg)
{
    struct state *s = (struct state *)arg;
    int result;

    insist_on_permit(arg);
    (void)weir_mutex_lock(&s->mutex);
    result = weir_cond_wait_with(&s->cond, &s->mutex, WEIR_FOREVER, &s->child);
    (void)weir_mutex_unlock(&s->mutex);
    MODEL_ASSERT(result == 0 || result == ECANCELED,
                 "signalled, or it is cancelled");
}

/* One of the two takes the first permit, if the third has not. */
static void signal_in_turn(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t word;

    (void)weir_mutex_lock(&s->mutex);
    (void)weir_cond_signal(&s->cond);
    word = weir_load_sc_(&s->cond.waiters);
    while (word & PERMIT)
        if (weir_cas_sc_(&s->cond.waiters, &word, word - PERMIT))
            break;
    (void)weir_mutex_unlock(&s->mutex);
    post(arg);
    (void)weir_cond_signal(&s->cond);
}

/* -- Killed ------------------------------------------------------------- */

/* Far beyond the time after which a sleeper looks again. */
#define FAR (4 * (int64_t)WEIR_SHARED_SLICE_NS)

/* It is cancelled, and then they find out in time; or it never will be. */
static void must_find_out(struct state *s, bool cancelled, weir_deadline_t end)
{
    weir_deadline_t now = weir_now();

    MODEL_ASSERT(cancelled || now >= end, "nobody gives up early");
    if (!weir_token_is_cancelled(&s->child))
        return;
    MODEL_ASSERT(cancelled, "who waited for long has found out");
    MODEL_ASSERT(now <= end - FAR + 2 * WEIR_SHARED_SLICE_NS,
                 "a sleeper looks by itself in time");
}

static void survive_wait(void *arg)
{
    struct state *s = (struct state *)arg;
    weir_deadline_t end = weir_after(FAR);
    int result = weir_token_wait_until(&s->child, end);

    must_find_out(s, result == 0, end);
}

static void survive_event(void *arg)
{
    struct state *s = (struct state *)arg;
    weir_deadline_t end = weir_after(FAR);
    int result = weir_event_wait_with(&s->event, end, &s->child);

    must_find_out(s, result == ECANCELED, end);
}

#define PROGRAM(program) .name = (program), .size = sizeof(struct state)

const struct model_program model_token[] = {
    {PROGRAM("wait"), .setup = begin, .thread = {cancel_child, wait_for_child},
     .check = all_cancelled, .preemptions = 4, .stale = 2, .spurious = 1,
     .deeper = 1},
    {PROGRAM("wait_alone"), .setup = begin,
     .thread = {cancel_parent, wait_for_parent}, .check = all_cancelled,
     .preemptions = 4, .stale = 2, .spurious = 1, .deeper = 1},
    {PROGRAM("ancestor"), .setup = begin,
     .thread = {cancel_parent, wait_for_child}, .check = all_cancelled,
     .preemptions = 4, .stale = 1, .spurious = 1, .deeper = 1},
    {PROGRAM("all"), .setup = begin,
     .thread = {cancel_parent, wait_for_child, wait_for_parent},
     .check = all_cancelled, .preemptions = 2, .stale = 1, .deeper = 1},
    {PROGRAM("twice"), .setup = begin,
     .thread = {cancel_parent, cancel_too, wait_for_either},
     .check = all_cancelled, .preemptions = 3, .stale = 1, .deeper = 1},
    {PROGRAM("look"), .setup = begin, .thread = {cancel_parent, look, look},
     .preemptions = 3, .stale = 2, .deeper = 1},
    {PROGRAM("free"), .setup = begin, .thread = {cancel_child, wait_and_free},
     .preemptions = 4, .stale = 1, .spurious = 1, .deeper = 1},
    {PROGRAM("sem"), .setup = begin, .thread = {cancel_child, borrow},
     .check = no_permit_left, .preemptions = 4, .stale = 1, .spurious = 1,
     .deeper = 1},
    {PROGRAM("sem_posted"), .setup = begin,
     .thread = {post, cancel_parent, borrow, insist_on_permit},
     .check = no_permit_left, .preemptions = 2, .deeper = 1},
    {PROGRAM("sem_until"), .setup = begin,
     .thread = {post, cancel_too, borrow_until, insist_on_permit},
     .check = no_permit_left, .preemptions = 1, .timeouts = 1, .deeper = 1},
    {PROGRAM("event"), .setup = begin,
     .thread = {set_event, cancel_parent, wait_for_event, insist_on_event},
     .preemptions = 2, .deeper = 1},
    {PROGRAM("queue"), .setup = begin_queue,
     .thread = {put, cancel_child, get_and_put_back, get}, .preemptions = 1,
     .stale = 1, .deeper = 1},
    {PROGRAM("mutex"), .setup = begin,
     .thread = {lock_once, cancel_child, lock_with, lock_once},
     .preemptions = 1, .stale = 1, .deeper = 1},
    {PROGRAM("mutex_reserved"), .setup = begin,
     .thread = {lock_twice, lock_once, lock_with}, .preemptions = 2, .jumps = 1,
     .deeper = 1},
    {PROGRAM("rwlock"), .setup = begin_written,
     .thread = {end_write, read_with, write_once}, .preemptions = 2,
     .spurious = 1, .deeper = 1},
    {PROGRAM("rwlock_cancelled"), .setup = begin_written,
     .thread = {end_write, read_with, write_once, cancel_child},
     .preemptions = 2, .deeper = 1},
    {PROGRAM("rwlock_writers"), .setup = begin_written,
     .thread = {end_write, write_with, write_once, cancel_child},
     .preemptions = 2, .deeper = 1},
    {PROGRAM("cond_shared"), .setup = begin_cond,
     .thread = {insist_on_signal, wait_with, signal_in_turn, cancel_child},
     .preemptions = 2, .deeper = 1},
    {PROGRAM("old_kernel"), .setup = begin,
     .flags = MODEL_NETS | MODEL_NO_WAIT_ANY,
     .thread = {cancel_parent, wait_for_child}, .check = all_cancelled,
     .preemptions = 3, .stale = 1, .spurious = 1, .timeouts = 1, .deeper = 1},
    {PROGRAM("old_kernel_sem"), .setup = begin,
     .flags = MODEL_NETS | MODEL_NO_WAIT_ANY,
     .thread = {post, cancel_parent, borrow, insist_on_permit},
     .check = no_permit_left, .preemptions = 1, .timeouts = 1, .deeper = 1},
    {PROGRAM("killed"), .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared,
     .thread = {cancel_parent, survive_wait, survive_event}, .mortal = 1,
     .preemptions = 2, .kills = 1, .deeper = 1},
    {PROGRAM("killed_alone"), .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared, .thread = {cancel_child, survive_wait}, .mortal = 1,
     .preemptions = 3, .kills = 1, .deeper = 1},
    {PROGRAM("killed_private"), .flags = MODEL_NETS,
     .setup = begin_with_private, .thread = {cancel_parent, survive_event},
     .mortal = 1, .preemptions = 3, .kills = 1, .deeper = 1},
    {.name = NULL}};
