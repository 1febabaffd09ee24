/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Every call that blocks, as a row: how to make it block, the call in its form
 * with a token, and how to let it go.
 */
#ifndef TEST_TOKEN_KIT_H
#define TEST_TOKEN_KIT_H

#include <weir/weir.h>

#include <stdlib.h>

#include "support/support.h"
#include "test_kernel_kit.h"

/* All that the rows use. */
static struct kit {
    weir_mutex_t mutex;
    weir_rmutex_t rmutex;
    weir_sem_t sem;
    weir_event_t event;
    weir_latch_t latch;
    weir_once_t once;
    weir_seqlock_t seqlock;
    uint64_t guarded; /* by it */
    weir_barrier_t barrier;
    weir_rwlock_t rwlock;
    weir_cond_t cond;
    weir_queue_t *empty, *full;
    weir_thread_t thread;
    weir_event_t gate; /* private, for what must go on meanwhile */
    weir_timer_t timer;
    uint64_t element[4];
} kit;

typedef int kit_call_t(weir_deadline_t deadline, weir_token_t *token);

/* -- Making it block ----------------------------------------------------- */

static unsigned kit_flags;
static support_group_t kit_helper;

static void kit_hold(unsigned index, void *fn)
{
    void (*hold)(void);

    (void)index;
    *(void **)&hold = fn;
    hold();
}

/* Run a function in a thread of its own, until kit_let_go. */
static void kit_in_thread(void (*fn)(void))
{
    must_eq(weir_event_init(&kit.gate, 0), 0);
    support_group_start(&kit_helper, 1, kit_hold, *(void **)&fn);
}

static void kit_let_go(void)
{
    must_eq(weir_event_set(&kit.gate), 0);
    support_group_join(&kit_helper);
}

static weir_event_t kit_ready;

static void kit_is_ready(void)
{
    must_eq(weir_event_set(&kit_ready), 0);
    must_eq(weir_event_wait(&kit.gate), 0);
}

static void kit_hold_rmutex(void)
{
    must_eq(weir_rmutex_lock(&kit.rmutex), 0);
    kit_is_ready();
    must_eq(weir_rmutex_unlock(&kit.rmutex), 0);
}

static void kit_hold_write(void)
{
    must_eq(weir_rwlock_wrlock(&kit.rwlock), 0);
    kit_is_ready();
    must_eq(weir_rwlock_wrunlock(&kit.rwlock), 0);
}

static void kit_hold_read(void)
{
    must_eq(weir_rwlock_rdlock(&kit.rwlock), 0);
    kit_is_ready();
    must_eq(weir_rwlock_rdunlock(&kit.rwlock), 0);
}

static int kit_run_once(void *arg)
{
    (void)arg;
    kit_is_ready();
    return 0;
}

static void kit_hold_once(void)
{
    must_eq(weir_once_call(&kit.once, kit_run_once, NULL), 0);
}

static void *kit_live(void *arg)
{
    must_eq(weir_event_wait(&kit.gate), 0);
    return arg;
}

static void kit_fire(void *arg)
{
    (void)arg;
    kit_is_ready();
}

static void kit_start_holder(void (*fn)(void))
{
    must_eq(weir_event_init(&kit_ready, 0), 0);
    kit_in_thread(fn);
    must_eq(weir_event_wait(&kit_ready), 0);
}

static void kit_block_mutex(void)
{
    must_eq(weir_mutex_init(&kit.mutex, kit_flags), 0);
    must_eq(weir_mutex_lock(&kit.mutex), 0);
}

static void kit_free_mutex(void)
{
    must_eq(weir_mutex_unlock(&kit.mutex), 0);
}

static void kit_block_rmutex(void)
{
    must_eq(weir_rmutex_init(&kit.rmutex, kit_flags), 0);
    kit_start_holder(kit_hold_rmutex);
}

static void kit_block_sem(void)
{
    must_eq(weir_sem_init(&kit.sem, 0, WEIR_SEM_MAX, kit_flags), 0);
}

static void kit_free_sem(void)
{
    must_eq(weir_sem_post(&kit.sem), 0);
}

static void kit_block_event(void)
{
    must_eq(weir_event_init(&kit.event, kit_flags), 0);
}

static void kit_free_event(void)
{
    must_eq(weir_event_set(&kit.event), 0);
}

static void kit_block_latch(void)
{
    must_eq(weir_latch_init(&kit.latch, 1, kit_flags), 0);
}

static void kit_block_latch_of_many(void)
{
    must_eq(weir_latch_init(&kit.latch, 1000, kit_flags), 0);
}

static void kit_free_latch(void)
{
    must_eq(weir_latch_count_down(&kit.latch, weir_latch_value(&kit.latch)), 0);
}

static void kit_block_once(void)
{
    must_eq(weir_once_init(&kit.once, kit_flags), 0);
    kit_start_holder(kit_hold_once);
}

static void kit_block_seqlock(void)
{
    must_eq(weir_seqlock_init(&kit.seqlock, kit_flags), 0);
    must_eq(weir_seqlock_write_begin(&kit.seqlock), 0);
    weir_seqlock_store(&kit.guarded, &(uint64_t){5}, sizeof(kit.guarded));
}

static void kit_free_seqlock(void)
{
    must_eq(weir_seqlock_write_end(&kit.seqlock), 0);
}

static void kit_block_read(void)
{
    must_eq(weir_rwlock_init(&kit.rwlock, kit_flags), 0);
    kit_start_holder(kit_hold_write);
}

static void kit_block_write(void)
{
    must_eq(weir_rwlock_init(&kit.rwlock, kit_flags), 0);
    kit_start_holder(kit_hold_read);
}

/* The wait for the lock after it is not bounded. */
static void kit_block_cond(void)
{
    must_eq(weir_cond_init(&kit.cond, kit_flags), 0);
    must_eq(weir_mutex_init(&kit.mutex, kit_flags), 0);
    must_eq(weir_rmutex_init(&kit.rmutex, kit_flags), 0);
}

static void kit_free_cond(void)
{
    must_eq(weir_cond_signal(&kit.cond), 0);
}

static weir_queue_t *kit_queue_of_one(weir_queue_t *q)
{
    size_t size = weir_queue_memsize(1, sizeof(kit.element[0]));

    if (q == NULL)
        q = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    must(q != NULL);
    must_eq(weir_queue_init(q, size, 1, sizeof(kit.element[0]), kit_flags), 0);
    return q;
}

static void kit_block_get(void)
{
    kit.empty = kit_queue_of_one(kit.empty);
}

static void kit_free_get(void)
{
    must_eq(weir_queue_put(kit.empty, kit.element), 0);
}

static void kit_block_put(void)
{
    kit.full = kit_queue_of_one(kit.full);
    must_eq(weir_queue_put(kit.full, kit.element), 0);
}

static void kit_free_put(void)
{
    must_eq(weir_queue_get(kit.full, &kit.element[3]), 0);
}

static void kit_block_drain(void)
{
    kit_block_put();
    must_eq(weir_queue_close(kit.full), 0);
}

static void kit_block_join(void)
{
    must_eq(weir_event_init(&kit.gate, 0), 0);
    must_eq(weir_thread_init(&kit.thread, NULL, kit_live, NULL), 0);
    must_eq(weir_thread_start(&kit.thread), 0);
}

static void kit_free_join(void)
{
    must_eq(weir_event_set(&kit.gate), 0);
    must_eq(weir_thread_join(&kit.thread, WEIR_FOREVER, NULL), 0);
}

static void kit_block_timer(void)
{
    must_eq(weir_event_init(&kit_ready, 0), 0);
    must_eq(weir_event_init(&kit.gate, 0), 0);
    must_eq(weir_timer_init(&kit.timer, kit_fire, NULL, 0), 0);
    must_eq(weir_timer_start(&kit.timer, weir_after(1)), 0);
    must_eq(weir_event_wait(&kit_ready), 0);
}

static void kit_free_timer(void)
{
    must_eq(weir_event_set(&kit.gate), 0);
    must_eq(weir_timer_join(&kit.timer, WEIR_FOREVER), 0);
}

/* -- The calls ----------------------------------------------------------- */

static bool kit_never(void *arg)
{
    (void)arg;
    return false;
}

static int kit_no_function(void *arg)
{
    (void)arg;
    return 0;
}

static int kit_lock(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_mutex_lock_with(&kit.mutex, deadline, token);
}

static int kit_rlock(weir_deadline_t deadline, weir_token_t *token)
{
    int result = weir_rmutex_lock_with(&kit.rmutex, deadline, token);

    if (result == 0)
        must_eq(weir_rmutex_unlock(&kit.rmutex), 0);
    return result;
}

static int kit_sem(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_sem_wait_with(&kit.sem, deadline, token);
}

static int kit_event(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_event_wait_with(&kit.event, deadline, token);
}

static int kit_latch(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_latch_wait_with(&kit.latch, deadline, token);
}

static int kit_arrive(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_latch_arrive_and_wait_with(&kit.latch, deadline, token);
}

static int kit_once(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_once_call_with(&kit.once, kit_no_function, NULL, deadline,
                               token);
}

static int kit_write_begin(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_seqlock_write_begin_with(&kit.seqlock, deadline, token);
}

static int kit_read_begin(weir_deadline_t deadline, weir_token_t *token)
{
    uint64_t begun;

    return weir_seqlock_read_begin_with(&kit.seqlock, deadline, token, &begun);
}

/* The copy is left alone by one that did not begin. */
static int kit_read_all(weir_deadline_t deadline, weir_token_t *token)
{
    uint64_t got = 7;
    int result = weir_seqlock_read_with(&kit.seqlock, &got, &kit.guarded,
                                        sizeof(got), deadline, token);

    must_eq(got, result == 0 ? 5 : 7);
    return result;
}

static int kit_write_all(weir_deadline_t deadline, weir_token_t *token)
{
    uint64_t mine = 6, got;
    int result = weir_seqlock_write_with(&kit.seqlock, &kit.guarded, &mine,
                                         sizeof(mine), deadline, token);

    weir_seqlock_load(&got, &kit.guarded, sizeof(got));
    must_eq(got, result == 0 ? 6 : 5);
    return result;
}

static int kit_read(weir_deadline_t deadline, weir_token_t *token)
{
    int result = weir_rwlock_rdlock_with(&kit.rwlock, deadline, token);

    if (result == 0)
        must_eq(weir_rwlock_rdunlock(&kit.rwlock), 0);
    return result;
}

static int kit_write(weir_deadline_t deadline, weir_token_t *token)
{
    int result = weir_rwlock_wrlock_with(&kit.rwlock, deadline, token);

    if (result == 0)
        must_eq(weir_rwlock_wrunlock(&kit.rwlock), 0);
    return result;
}

static int kit_cond(weir_deadline_t deadline, weir_token_t *token)
{
    int result;

    must_eq(weir_mutex_lock(&kit.mutex), 0);
    result = weir_cond_wait_with(&kit.cond, &kit.mutex, deadline, token);
    must_eq(weir_mutex_unlock(&kit.mutex), 0);
    return result;
}

static int kit_cond_rmutex(weir_deadline_t deadline, weir_token_t *token)
{
    int result;

    must_eq(weir_rmutex_lock(&kit.rmutex), 0);
    must_eq(weir_rmutex_lock(&kit.rmutex), 0);
    result =
        weir_cond_wait_with_rmutex(&kit.cond, &kit.rmutex, deadline, token);
    must_eq(weir_rmutex_depth(&kit.rmutex), 2);
    must_eq(weir_rmutex_unlock(&kit.rmutex), 0);
    must_eq(weir_rmutex_unlock(&kit.rmutex), 0);
    return result;
}

static int kit_cond_for(weir_deadline_t deadline, weir_token_t *token)
{
    int result;

    must_eq(weir_mutex_lock(&kit.mutex), 0);
    result = weir_cond_wait_for_with(&kit.cond, &kit.mutex, kit_never, NULL,
                                     deadline, token);
    must_eq(weir_mutex_unlock(&kit.mutex), 0);
    return result;
}

static int kit_cond_for_rmutex(weir_deadline_t deadline, weir_token_t *token)
{
    int result;

    must_eq(weir_rmutex_lock(&kit.rmutex), 0);
    result = weir_cond_wait_for_with_rmutex(&kit.cond, &kit.rmutex, kit_never,
                                            NULL, deadline, token);
    must_eq(weir_rmutex_unlock(&kit.rmutex), 0);
    return result;
}

static int kit_get(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_queue_get_with(kit.empty, &kit.element[1], deadline, token);
}

static int kit_put(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_queue_put_with(kit.full, &kit.element[2], deadline, token);
}

static int kit_get_many(weir_deadline_t deadline, weir_token_t *token)
{
    size_t done = 9;
    int result = weir_queue_get_many_with(kit.empty, &kit.element[1], 1,
                                          deadline, token, &done);

    must_eq(done, result == 0 ? 1 : 0);
    return result;
}

static int kit_put_many(weir_deadline_t deadline, weir_token_t *token)
{
    size_t done = 9;
    int result = weir_queue_put_many_with(kit.full, &kit.element[1], 1,
                                          deadline, token, &done);

    must_eq(done, result == 0 ? 1 : 0);
    return result;
}

static int kit_drain(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_queue_drain_with(kit.full, deadline, token);
}

static int kit_join(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_thread_join_with(&kit.thread, deadline, token, NULL);
}

static int kit_join_all(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_thread_join_all_with(deadline, token);
}

static int kit_timer_cancel(weir_deadline_t deadline, weir_token_t *token)
{
    int result = weir_timer_cancel_sync_with(&kit.timer, deadline, token);

    return result == EALREADY ? 0 : result;
}

static int kit_timer_join(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_timer_join_with(&kit.timer, deadline, token);
}

static int kit_shutdown(weir_deadline_t deadline, weir_token_t *token)
{
    return weir_timer_shutdown_with(deadline, token);
}

/* -- The rows ------------------------------------------------------------ */

struct kit_row {
    const char *name;
    void (*block)(void);
    kit_call_t *call;
    void (*release)(void);
    bool is_private;   /* there is no other kind */
    bool is_predicate; /* one that is never true: not let go by its release */
};

static const struct kit_row kit_rows[] = {
    {"mutex", kit_block_mutex, kit_lock, kit_free_mutex, false, false},
    {"rmutex", kit_block_rmutex, kit_rlock, kit_let_go, false, false},
    {"sem", kit_block_sem, kit_sem, kit_free_sem, false, false},
    {"event", kit_block_event, kit_event, kit_free_event, false, false},
    {"latch", kit_block_latch, kit_latch, kit_free_latch, false, false},
    {"latch arrive", kit_block_latch_of_many, kit_arrive, kit_free_latch, false,
     false},
    {"once", kit_block_once, kit_once, kit_let_go, false, false},
    {"seqlock write", kit_block_seqlock, kit_write_begin, kit_free_seqlock,
     false, false},
    {"seqlock read", kit_block_seqlock, kit_read_begin, kit_free_seqlock, false,
     false},
    {"seqlock write all", kit_block_seqlock, kit_write_all, kit_free_seqlock,
     false, false},
    {"seqlock read all", kit_block_seqlock, kit_read_all, kit_free_seqlock,
     false, false},
    {"rwlock read", kit_block_read, kit_read, kit_let_go, false, false},
    {"rwlock write", kit_block_write, kit_write, kit_let_go, false, false},
    {"cond", kit_block_cond, kit_cond, kit_free_cond, false, false},
    {"cond rmutex", kit_block_cond, kit_cond_rmutex, kit_free_cond, false,
     false},
    {"cond for", kit_block_cond, kit_cond_for, kit_free_cond, false, true},
    {"cond for rmutex", kit_block_cond, kit_cond_for_rmutex, kit_free_cond,
     false, true},
    {"queue get", kit_block_get, kit_get, kit_free_get, false, false},
    {"queue put", kit_block_put, kit_put, kit_free_put, false, false},
    {"queue get many", kit_block_get, kit_get_many, kit_free_get, false, false},
    {"queue put many", kit_block_put, kit_put_many, kit_free_put, false, false},
    {"queue drain", kit_block_drain, kit_drain, kit_free_put, false, false},
    {"thread join", kit_block_join, kit_join, kit_free_join, true, false},
    {"thread join all", kit_block_join, kit_join_all, kit_free_join, true,
     false},
    {"timer cancel", kit_block_timer, kit_timer_cancel, kit_free_timer, true,
     false},
    {"timer join", kit_block_timer, kit_timer_join, kit_free_timer, true,
     false},
    {"timer shutdown", kit_block_timer, kit_shutdown, kit_free_timer, true,
     false},
};
#define KIT_ROWS ((int)(sizeof(kit_rows) / sizeof(kit_rows[0])))

/* The row of a loop test over rows and scopes; false: there is no such. */
static const struct kit_row *kit_row(int i)
{
    const struct kit_row *row = &kit_rows[i % KIT_ROWS];

    kit_flags = i < KIT_ROWS ? WEIR_PRIVATE : WEIR_SHARED;
    return row->is_private && kit_flags != 0 ? NULL : row;
}

#endif
