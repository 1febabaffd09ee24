/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for any of several things: each kind as the one that is ready, at
 * once and after a sleep; exactly one is consumed; what was swallowed is passed
 * on; with a kernel that can sleep on several words, without, and with files.
 */
#include <weir/weir.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "futex/revoke.h"
#include "futex/sys.h"
#include "support/support.h"
#include "test_kernel_kit.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};

/* -- One of each kind --------------------------------------------------- */

enum { MUTEX, SEM, EVENT, LATCH, GET, PUT, STOCK, ROOM, THREAD, TOKEN, FD };
#define KINDS 11

static struct all {
    weir_mutex_t mutex;
    weir_sem_t sem;
    weir_event_t event;
    weir_latch_t latch;
    weir_queue_t *get, *put, *stock, *room;
    weir_thread_t thread;
    weir_event_t gate;
    weir_token_t token;
    int fds[2];
    uint64_t got, given;
} all;

static weir_wait_item_t items[KINDS];

static weir_queue_t *queue_of_one(unsigned flags, bool full)
{
    size_t size = weir_queue_memsize(1, 8);
    weir_queue_t *q = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    uint64_t element = 7;

    must(q != NULL);
    must_eq(weir_queue_init(q, size, 1, 8, flags), 0);
    if (full)
        must_eq(weir_queue_put(q, &element), 0);
    return q;
}

static void *live(void *arg)
{
    must_eq(weir_event_wait(&all.gate), 0);
    return arg;
}

/* None of them ready. */
static void make_all(unsigned flags)
{
    must_eq(weir_mutex_init(&all.mutex, flags), 0);
    must_eq(weir_mutex_lock(&all.mutex), 0);
    must_eq(weir_sem_init(&all.sem, 0, WEIR_SEM_MAX, flags), 0);
    must_eq(weir_event_init(&all.event, flags), 0);
    must_eq(weir_latch_init(&all.latch, 1, flags), 0);
    all.get = queue_of_one(flags, false);
    all.put = queue_of_one(flags, true);
    all.stock = queue_of_one(flags, false);
    all.room = queue_of_one(flags, true);
    must_eq(weir_event_init(&all.gate, 0), 0);
    must_eq(weir_thread_init(&all.thread, NULL, live, NULL), 0);
    must_eq(weir_thread_start(&all.thread), 0);
    must_eq(weir_token_init(&all.token, NULL, WEIR_FOREVER, flags), 0);
    must_eq(pipe(all.fds), 0);
    all.got = 0;
    all.given = 9;
    items[MUTEX] = weir_wait_on_mutex(&all.mutex);
    items[SEM] = weir_wait_on_sem(&all.sem);
    items[EVENT] = weir_wait_on_event(&all.event);
    items[LATCH] = weir_wait_on_latch(&all.latch);
    items[GET] = weir_wait_on_get(all.get, &all.got);
    items[PUT] = weir_wait_on_put(all.put, &all.given);
    items[STOCK] = weir_wait_on_not_empty(all.stock);
    items[ROOM] = weir_wait_on_not_full(all.room);
    items[THREAD] = weir_wait_on_thread(&all.thread);
    items[TOKEN] = weir_wait_on_token(&all.token);
    items[FD] = weir_wait_on_fd(all.fds[0], POLLIN);
}

static void drop_all(void)
{
    must_eq(weir_event_set(&all.gate), 0);
    must_eq(weir_thread_join(&all.thread, WEIR_FOREVER, NULL), 0);
    free(all.get);
    free(all.put);
    free(all.stock);
    free(all.room);
    must_eq(close(all.fds[0]), 0);
    must_eq(close(all.fds[1]), 0);
}

static void make_ready(int kind)
{
    uint64_t element = 11;

    switch (kind) {
    case MUTEX: must_eq(weir_mutex_unlock(&all.mutex), 0); break;
    case SEM: must_eq(weir_sem_post(&all.sem), 0); break;
    case EVENT: must_eq(weir_event_set(&all.event), 0); break;
    case LATCH: must_eq(weir_latch_count_down(&all.latch, 1), 0); break;
    case GET: must_eq(weir_queue_put(all.get, &element), 0); break;
    case PUT: must_eq(weir_queue_get(all.put, &element), 0); break;
    case STOCK: must_eq(weir_queue_put(all.stock, &element), 0); break;
    case ROOM: must_eq(weir_queue_get(all.room, &element), 0); break;
    case THREAD: must_eq(weir_event_set(&all.gate), 0); break;
    case TOKEN: must_eq(weir_token_cancel(&all.token), 0); break;
    default: must_eq(write(all.fds[1], "x", 1), 1); break;
    }
}

/* What the wait has done, to the one that was ready and to no other. */
static void check_consumed(int kind)
{
    must(weir_mutex_is_locked(&all.mutex));
    must_eq(weir_sem_value(&all.sem), 0);
    must_eq(all.got, kind == GET ? 11 : 0);
    must_eq(weir_queue_len(all.get), 0);
    must_eq(weir_queue_len(all.put), 1);
    if (kind == PUT) {
        must_eq(weir_queue_get(all.put, &all.got), 0);
        must_eq(all.got, 9);
    }
    must_eq(weir_queue_len(all.stock), kind == STOCK ? 1 : 0);
    must_eq(weir_queue_len(all.room), kind == ROOM ? 0 : 1);
}

struct wait {
    size_t n, which;
    weir_deadline_t deadline;
    weir_token_t *token;
    int result;
};

static void wait_for(unsigned index, void *arg)
{
    struct wait *wait = arg;

    (void)index;
    wait->result = keeps_errno(weir_wait_any_with(
        items, wait->n, wait->deadline, wait->token, &wait->which));
}

/* Row: kind, scope, kernel, and whether there is a file among them. */
static bool begin_row(int row, int *kind, size_t *n)
{
    bool files = row / KINDS / 4;

    *kind = row % KINDS;
    kit_can_wait_any = row / KINDS / 2 % 2;
    *n = files ? KINDS : KINDS - 1;
    if (*kind == FD && !files)
        return false;
    make_all(scopes[row / KINDS % 2]);
    return true;
}
#define ROWS (KINDS * 8)

START_TEST(is_ready_at_once)
{
    size_t n, which = 99;
    int kind;

    if (!begin_row(_i, &kind, &n))
        return;
    must_eq(keeps_errno(weir_wait_any(items, n, WEIR_NOW, &which)), ETIMEDOUT);
    must_eq(which, n);
    make_ready(kind);
    if (kind == THREAD)
        must_eq(weir_thread_join(&all.thread, WEIR_FOREVER, NULL), 0);
    must_eq(keeps_errno(weir_wait_any(items, n, WEIR_NOW, &which)), 0);
    must_eq(which, kind);
    check_consumed(kind);
    drop_all();
}
END_TEST

START_TEST(is_woken_by_each)
{
    struct wait wait = {.deadline = WEIR_FOREVER, .which = 99};
    support_group_t group;
    int kind;

    if (!begin_row(_i, &kind, &wait.n))
        return;
    support_group_start(&group, 1, wait_for, &wait);
    if (weir_futex_can_wait_any_() && wait.n < KINDS)
        (void)support_await_sleep(group.tids[0]);
    else
        support_sleep_ns(2000000);
    make_ready(kind);
    support_group_join(&group);
    must_eq(wait.result, 0);
    must_eq(wait.which, kind);
    check_consumed(kind);
    drop_all();
}
END_TEST

/* The deadline of the call, its token, or the deadline of that. */
START_TEST(ends_in_time)
{
    weir_token_t token;
    struct wait wait = {.token = &token};
    int kind;

    if (!begin_row(_i, &kind, &wait.n))
        return;
    for (int way = 0; way < 3; way++) {
        weir_deadline_t soon = weir_after(2000000);
        support_group_t group;

        must_eq(weir_token_init(&token, NULL, way == 1 ? soon : WEIR_FOREVER,
                                scopes[_i / KINDS % 2]),
                0);
        wait.deadline = way == 0 ? soon : WEIR_FOREVER;
        support_group_start(&group, 1, wait_for, &wait);
        if (way == 2) {
            support_sleep_ns(2000000);
            must_eq(weir_token_cancel(&token), 0);
        }
        support_group_join(&group);
        must_eq(wait.result, way == 0 ? ETIMEDOUT : ECANCELED);
        must_eq(wait.which, wait.n);
        must(way == 2 || weir_now() >= soon);
    }
    /* And nobody is left behind who would swallow what comes. */
    make_ready(kind);
    wait.token = NULL;
    wait_for(0, &wait);
    must_eq(wait.result, 0);
    must_eq(wait.which, kind);
    check_consumed(kind);
    drop_all();
}
END_TEST

/* -- Misuse ------------------------------------------------------------- */

START_TEST(bad_arguments)
{
    size_t which = 99;
    weir_thread_t new;

    make_all(0);
    must_eq(keeps_errno(weir_wait_any(items, 0, WEIR_NOW, &which)), EINVAL);
    must_eq(which, 0);
    must_eq(
        keeps_errno(weir_wait_any(items, WEIR_WAIT_MAX + 1, WEIR_NOW, NULL)),
        EINVAL);
    make_ready(SEM);
    for (int i = 0; i < KINDS; i++) {
        weir_wait_item_t kept = items[i];

        items[i].kind = i % 2 ? 0 : WEIR_WAIT_FD + 1;
        must_eq(keeps_errno(weir_wait_any(items, KINDS, WEIR_NOW, &which)),
                EINVAL);
        must_eq(which, KINDS);
        items[i] = kept;
        items[i].object = NULL;
        items[i].fd = -1;
        must_eq(keeps_errno(weir_wait_any(items, KINDS, WEIR_NOW, &which)),
                EINVAL);
        items[i] = kept;
    }
    must_eq(weir_sem_value(&all.sem), 1);
    must_eq(weir_thread_init(&new, NULL, live, NULL), 0);
    items[0] = weir_wait_on_thread(&new);
    must_eq(keeps_errno(weir_wait_any(items, 1, WEIR_FOREVER, &which)), ESRCH);
    must_eq(which, 1);
    items[0] = weir_wait_on_fd(1000000, POLLIN);
    must_eq(keeps_errno(weir_wait_any(items, 1, WEIR_FOREVER, &which)), EINVAL);
    must_eq(which, 1);
    drop_all();
}
END_TEST

START_TEST(closed_queues)
{
    size_t which;

    make_all(scopes[_i]);
    must_eq(weir_queue_close(all.get), 0);
    must_eq(weir_wait_any(items, KINDS, WEIR_FOREVER, &which), ESHUTDOWN);
    must_eq(which, GET);
    items[GET] = items[SEM];
    must_eq(weir_queue_close(all.stock), 0);
    must_eq(weir_wait_any(items, KINDS, WEIR_FOREVER, &which), ESHUTDOWN);
    must_eq(which, STOCK);
    items[STOCK] = items[SEM];
    must_eq(weir_queue_close(all.room), 0);
    must_eq(weir_wait_any(items, KINDS, WEIR_FOREVER, &which), ESHUTDOWN);
    must_eq(which, ROOM);
    drop_all();
}
END_TEST

START_TEST(no_place_for_an_element)
{
    size_t which;

    make_all(0);
    make_ready(GET);
    items[0] = weir_wait_on_get(all.get, NULL);
    must_eq(keeps_errno(weir_wait_any(items, 1, WEIR_NOW, &which)), EINVAL);
    items[0] = weir_wait_on_put(all.get, NULL);
    must_eq(keeps_errno(weir_wait_any(items, 1, WEIR_NOW, &which)), EINVAL);
    must_eq(weir_queue_len(all.get), 1);
    drop_all();
}
END_TEST

/* -- Other ends of a sleep ----------------------------------------------- */

static void wait_for_file(unsigned index, void *token)
{
    weir_wait_item_t item = weir_wait_on_fd(all.fds[0], POLLIN);
    size_t which;

    (void)index;
    must_eq(weir_wait_any_with(&item, 1, WEIR_FOREVER, token, &which), 0);
    must_eq(which, 0);
    must_eq(item.revents, POLLIN);
}

/* Nothing but a file, and no end: it sleeps in poll alone, unless there is a
 * token to look at. */
START_TEST(a_file_alone)
{
    weir_token_t token = WEIR_TOKEN_INIT;
    support_group_t group;

    make_all(0);
    support_group_start(&group, 1, wait_for_file, _i ? &token : NULL);
    support_sleep_ns(2000000);
    make_ready(FD);
    support_group_join(&group);
    drop_all();
}
END_TEST

/* A token among the items, which ends by itself. */
START_TEST(a_token_in_time)
{
    weir_deadline_t soon = weir_after(2000000);
    size_t which;

    kit_can_wait_any = _i % 2;
    make_all(scopes[_i / 2]);
    must_eq(weir_token_init(&all.token, NULL, soon, scopes[_i / 2]), 0);
    must_eq(weir_wait_any(items, KINDS - 1, WEIR_FOREVER, &which), 0);
    must_eq(which, TOKEN);
    must(weir_now() >= soon);
    drop_all();
}
END_TEST

/* The kernel begins to refuse membarrier: releasers may not see who sleeps, and
 * who sleeps looks by itself. */
START_TEST(refused_membarrier)
{
    struct wait wait = {.n = KINDS - 1, .deadline = WEIR_FOREVER};
    support_group_t group;

    support_storm_waive(); /* a signal would have it look */
    kit_can_wait_any = true;
    make_all(0);
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_LATE);
    support_group_start(&group, 1, wait_for, &wait);
    support_sleep_ns(2000000);
    make_ready(_i);
    support_group_join(&group);
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    must_eq(wait.result, 0);
    must_eq(wait.which, _i);
    drop_all();
}
END_TEST

/* -- Fairness ----------------------------------------------------------- */

START_TEST(each_is_told_about_as_often)
{
    enum { N = 5, CALLS = 3000 };
    weir_wait_item_t some[N];
    weir_sem_t sems[N];
    unsigned told[N] = {0};
    size_t which;

    for (int i = 0; i < N; i++) {
        must_eq(weir_sem_init(&sems[i], i % 4 ? CALLS : 0, CALLS, 0), 0);
        some[i] = weir_wait_on_sem(&sems[i]);
    }
    for (int i = 0; i < CALLS; i++) {
        must_eq(weir_wait_any(some, N, WEIR_FOREVER, &which), 0);
        told[which]++;
    }
    must_eq(told[0] + told[4], 0);
    for (int i = 1; i < 4; i++) {
        must(told[i] > CALLS / 4);
        must_eq(weir_sem_value(&sems[i]), CALLS - told[i]);
    }
}
END_TEST

/* -- Nothing is lost ---------------------------------------------------- */

struct traffic {
    unsigned flags;
    long rounds;
    weir_sem_t sems[3];
    weir_mutex_t mutex;
    weir_queue_t *queue;
    long held;     /* UNDER the mutex */
    long taken[3]; /* permits, and elements in the last */
    long sent, received;
};

static void take_any(struct traffic *t, support_random_t *random)
{
    weir_wait_item_t some[5];
    weir_token_t token;
    uint64_t element;
    size_t which;
    size_t n = 0;
    int result;

    for (int i = 0; i < 3; i++)
        some[n++] = weir_wait_on_sem(&t->sems[i]);
    some[n++] = weir_wait_on_get(t->queue, &element);
    some[n++] = weir_wait_on_mutex(&t->mutex);
    must_eq(weir_token_init(&token, NULL,
                            support_below(random, 4) ? weir_after(200000)
                                                     : WEIR_FOREVER,
                            0),
            0);
    result = weir_wait_any_with(some, n, weir_after(2000000), &token, &which);
    if (result != 0) {
        must(result == ETIMEDOUT || result == ECANCELED);
    } else if (which < 3) {
        (void)__atomic_fetch_add(&t->taken[which], 1, __ATOMIC_RELAXED);
    } else if (which == 3) {
        (void)__atomic_fetch_add(&t->received, 1, __ATOMIC_RELAXED);
    } else {
        t->held++;
        must_eq(weir_mutex_unlock(&t->mutex), 0);
    }
}

static void take_one(struct traffic *t, unsigned which)
{
    if (weir_sem_wait_until(&t->sems[which], weir_after(2000000)) == 0)
        (void)__atomic_fetch_add(&t->taken[which], 1, __ATOMIC_RELAXED);
    must_eq(weir_mutex_lock(&t->mutex), 0);
    t->held++;
    must_eq(weir_mutex_unlock(&t->mutex), 0);
}

static void drive(unsigned index, void *arg)
{
    struct traffic *t = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < t->rounds; i++) {
        uint64_t element = (uint64_t)i;

        if (index < 2) {
            take_any(t, &random);
        } else if (index == 2) {
            take_one(t, support_below(&random, 3));
        } else {
            must_eq(weir_sem_post(&t->sems[support_below(&random, 3)]), 0);
            if (weir_queue_tryput(t->queue, &element) == 0)
                (void)__atomic_fetch_add(&t->sent, 1, __ATOMIC_RELAXED);
            support_jitter(&random);
        }
    }
}

START_TEST(permits_and_elements_are_conserved)
{
    struct traffic t = {.flags = scopes[_i / 2],
                        .rounds = support_scaled(3000)};
    long permits = 0;

    kit_can_wait_any = _i % 2;
    for (int i = 0; i < 3; i++)
        must_eq(weir_sem_init(&t.sems[i], 0, WEIR_SEM_MAX, t.flags), 0);
    must_eq(weir_mutex_init(&t.mutex, t.flags), 0);
    t.queue = queue_of_one(t.flags, false);
    support_threads(4, drive, &t);
    for (int i = 0; i < 3; i++)
        permits += t.taken[i] + weir_sem_value(&t.sems[i]);
    must_eq(permits, t.rounds);
    must_eq(t.received + (long)weir_queue_len(t.queue), t.sent);
    must(!weir_mutex_is_locked(&t.mutex));
    free(t.queue);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wait_any");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, is_ready_at_once, 0, ROWS);
    tcase_add_test(tcase, bad_arguments);
    tcase_add_loop_test(tcase, closed_queues, 0, 2);
    tcase_add_test(tcase, no_place_for_an_element);
    tcase_add_test(tcase, each_is_told_about_as_often);
    tcase = support_tcase(suite, "woken");
    tcase_add_loop_test(tcase, is_woken_by_each, 0, ROWS);
    tcase_add_loop_test(tcase, a_file_alone, 0, 2);
    tcase_add_loop_test(tcase, refused_membarrier, 0, KINDS - 1);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, a_token_in_time, 0, 4);
    tcase_add_loop_test(tcase, ends_in_time, 0, ROWS);
    tcase = support_tcase(suite, "stress");
    tcase_add_loop_test(tcase, permits_and_elements_are_conserved, 0, 4);
    return support_main(suite);
}
