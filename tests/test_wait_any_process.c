/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for any of several things that other processes share, at another
 * address; and when a process that waits is killed: what holds is that others
 * go on, at the latest after a slice, where the dead one took a wake-up, or a
 * permit for which it had been woken but which it had not taken, with it.  What
 * it had taken is gone with it, as with a plain wait.
 */
#include <weir/weir.h>

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "futex/sys.h"
#include "support/support.h"

enum { SEM, EVENT, LATCH, MUTEX, TOKEN, GET, PUT, STOCK, ROOM };
#define KINDS 9
#define QUEUE_SIZE 4096

struct shared {
    weir_sem_t sem, other;
    weir_event_t event;
    weir_latch_t latch;
    weir_mutex_t mutex;
    weir_token_t token;
    uint64_t got, given;
    size_t which;
    int result;
    int returned;
    _Alignas(WEIR_QUEUE_ALIGN) unsigned char queues[4][QUEUE_SIZE];
};

static support_twin_t twin;
static struct shared *here, *there;

static weir_queue_t *queue_in(struct shared *s, int kind)
{
    return (weir_queue_t *)(void *)s->queues[kind - GET];
}

static void make_queue(int kind)
{
    weir_queue_t *q = queue_in(here, kind);
    uint64_t element = 7;

    must_eq(weir_queue_init(q, QUEUE_SIZE, 1, 8, WEIR_SHARED), 0);
    must_eq(weir_queue_attach(queue_in(there, kind), QUEUE_SIZE), 0);
    if (kind == PUT || kind == ROOM)
        must_eq(weir_queue_put(q, &element), 0);
}

static void begin(void)
{
    twin = support_twin(sizeof(struct shared));
    here = twin.here;
    there = twin.there;
    must_eq(weir_sem_init(&here->sem, 0, 9, WEIR_SHARED), 0);
    must_eq(weir_sem_init(&here->other, 0, 9, WEIR_SHARED), 0);
    must_eq(weir_event_init(&here->event, WEIR_SHARED), 0);
    must_eq(weir_latch_init(&here->latch, 1, WEIR_SHARED), 0);
    must_eq(weir_mutex_init(&here->mutex, WEIR_SHARED), 0);
    must_eq(weir_mutex_lock(&here->mutex), 0);
    must_eq(weir_token_init(&here->token, NULL, WEIR_FOREVER, WEIR_SHARED), 0);
    for (int kind = GET; kind < KINDS; kind++)
        make_queue(kind);
    here->given = 8;
}

static void end(void)
{
    support_twin_free(&twin);
}

static void make_items(weir_wait_item_t *items, struct shared *s)
{
    items[SEM] = weir_wait_on_sem(&s->sem);
    items[EVENT] = weir_wait_on_event(&s->event);
    items[LATCH] = weir_wait_on_latch(&s->latch);
    items[MUTEX] = weir_wait_on_mutex(&s->mutex);
    items[TOKEN] = weir_wait_on_token(&s->token);
    items[GET] = weir_wait_on_get(queue_in(s, GET), &s->got);
    items[PUT] = weir_wait_on_put(queue_in(s, PUT), &s->given);
    items[STOCK] = weir_wait_on_not_empty(queue_in(s, STOCK));
    items[ROOM] = weir_wait_on_not_full(queue_in(s, ROOM));
}

static void make_ready(int kind)
{
    uint64_t element = 11;

    switch (kind) {
    case SEM: must_eq(weir_sem_post(&here->sem), 0); break;
    case EVENT: must_eq(weir_event_set(&here->event), 0); break;
    case LATCH: must_eq(weir_latch_count_down(&here->latch, 1), 0); break;
    case MUTEX: must_eq(weir_mutex_unlock(&here->mutex), 0); break;
    case TOKEN: must_eq(weir_token_cancel(&here->token), 0); break;
    case GET:
    case STOCK:
        must_eq(weir_queue_put(queue_in(here, kind), &element), 0);
        break;
    default: must_eq(weir_queue_get(queue_in(here, kind), &element), 0); break;
    }
}

/* Asleep, or, on a kernel that cannot do it, looking now and then. */
static void await_waiter(pid_t child)
{
    if (weir_futex_can_wait_any_())
        (void)support_await_sleep(child);
    else
        support_sleep_ns(2000000);
}

/* -- Two addresses ------------------------------------------------------ */

START_TEST(woken_from_another_process)
{
    pid_t child;

    begin();
    child = support_fork();
    if (child == 0) {
        weir_wait_item_t items[KINDS];

        make_items(items, there);
        there->result =
            weir_wait_any(items, KINDS, WEIR_FOREVER, &there->which);
        support_exit();
    }
    await_waiter(child);
    make_ready(_i);
    support_reap(child);
    must_eq(here->result, 0);
    must_eq(here->which, _i);
    must_eq(weir_sem_value(&here->sem), 0);
    must_eq(here->got, _i == GET ? 11 : 0);
    must_eq(weir_queue_len(queue_in(here, PUT)), 1);
    must(weir_mutex_is_locked(&here->mutex));
    end();
}
END_TEST

/* -- Killed ------------------------------------------------------------- */

/* Whatever returns in the child says so, and then only waits to be killed. */
static pid_t fork_waiter(void)
{
    pid_t child = support_fork();

    if (child == 0) {
        weir_wait_item_t items[KINDS];
        size_t which;

        make_items(items, there);
        items[EVENT] = weir_wait_on_sem(&there->other);
        items[PUT] = weir_wait_on_get(queue_in(there, STOCK), &there->got);
        (void)weir_wait_any(items, STOCK, WEIR_FOREVER, &which);
        __atomic_fetch_add(&there->returned, 1, __ATOMIC_SEQ_CST);
        for (;;)
            pause();
    }
    return child;
}

static int returned(void)
{
    return __atomic_load_n(&here->returned, __ATOMIC_SEQ_CST);
}

static void kill_and_reap(pid_t child)
{
    kill(child, SIGKILL);
    support_reap_killed(child, SIGKILL);
}

/* One of three is killed in its sleep; the other two are still woken.
 * (hazard B55) */
START_TEST(a_killed_waiter_hangs_nobody)
{
    pid_t children[3];

    begin();
    for (int i = 0; i < 3; i++) {
        children[i] = fork_waiter();
        await_waiter(children[i]);
    }
    kill_and_reap(children[_i]);
    must_eq(weir_sem_post(&here->sem), 0);
    while (returned() < 1)
        support_sleep_ns(100000);
    must_eq(weir_sem_post(&here->other), 0);
    while (returned() < 2)
        support_sleep_ns(100000);
    for (int i = 0; i < 3; i++)
        if (i != _i)
            kill_and_reap(children[i]);
    /* And all is there for those who come. */
    must_eq(weir_sem_value(&here->sem) + weir_sem_value(&here->other), 0);
    must_eq(weir_sem_post(&here->sem), 0);
    must_eq(weir_sem_wait(&here->sem), 0);
    make_ready(GET);
    must_eq(weir_queue_get(queue_in(here, GET), &here->got), 0);
    must_eq(weir_mutex_unlock(&here->mutex), 0);
    must_eq(weir_mutex_lock(&here->mutex), 0);
    end();
}
END_TEST

/* The child shares this thread's CPU and does not preempt it: between the
 * wake-up call and the kill it cannot run. */
static void run_behind_parent(pid_t child)
{
    struct sched_param none = {0};
    cpu_set_t cpu;

    CPU_ZERO(&cpu);
    CPU_SET(sched_getcpu(), &cpu);
    must_eq(sched_setaffinity(0, sizeof(cpu), &cpu), 0);
    must_eq(sched_setaffinity(child, sizeof(cpu), &cpu), 0);
    /* By its number: musl says that it cannot. */
    must_eq(syscall(SYS_sched_setscheduler, child, SCHED_BATCH, &none), 0);
}

static int survived;

static void survive(unsigned index, void *arg)
{
    uint64_t got;

    (void)index;
    switch (*(int *)arg) {
    case SEM: must_eq(weir_sem_wait(&here->sem), 0); break;
    case MUTEX: must_eq(weir_mutex_lock(&here->mutex), 0); break;
    default: must_eq(weir_queue_get(queue_in(here, GET), &got), 0); break;
    }
    __atomic_store_n(&survived, 1, __ATOMIC_RELEASE);
}

static bool is_gone(int kind)
{
    switch (kind) {
    case SEM: return weir_sem_value(&here->sem) == 0;
    case MUTEX: return weir_mutex_is_locked(&here->mutex);
    default: return weir_queue_len(queue_in(here, GET)) == 0;
    }
}

/* Whether the dead one had it, who may have been killed before it could say
 * so: it is gone, and the survivor sleeps on. */
static bool is_taken(int kind, pid_t survivor)
{
    return is_gone(kind) && support_await_sleep_or(survivor, &survived) != NULL;
}

/* The wake-up goes to one that waits for many and dies before it can use it.
 * The thread that sleeps behind it gets what it was for all the same, since it
 * looks again by itself.  Returns whether it came to that. */
static bool kill_the_woken(int kind)
{
    support_group_t group;
    pid_t child;
    bool taken;

    begin();
    survived = 0;
    child = fork_waiter();
    await_waiter(child);
    support_group_start(&group, 1, survive, &kind);
    run_behind_parent(child);
    (void)support_await_sleep(group.tids[0]);
    make_ready(kind);
    kill_and_reap(child);
    taken = is_taken(kind, group.tids[0]);
    if (taken && kind != MUTEX) /* it was fast: another one for the survivor */
        make_ready(kind);
    else if (taken) /* and its mutex is gone with it */
        must_eq(weir_mutex_unlock(&here->mutex), 0);
    support_group_join(&group);
    end();
    return !taken;
}

START_TEST(a_wake_given_to_the_dead_is_made_good)
{
    static const int kinds[] = {SEM, MUTEX, GET};
    unsigned lost = 0;
    cpu_set_t before;

    must_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    for (int round = 0; round < 10; round++)
        lost += kill_the_woken(kinds[_i]);
    must_eq(sched_setaffinity(0, sizeof(before), &before), 0);
    if (lost == 0)
        support_skip("a wake given to the dead", "the scheduler never let it");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wait_any_process");
    TCase *tcase = support_tcase(suite, "processes");

    tcase_add_loop_test(tcase, woken_from_another_process, 0, KINDS);
    tcase = support_tcase(suite, "killed");
    tcase_add_loop_test(tcase, a_killed_waiter_hangs_nobody, 0, 3);
    tcase_add_loop_test(tcase, a_wake_given_to_the_dead_is_made_good, 0, 3);
    return support_main(suite);
}
