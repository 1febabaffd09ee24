/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A queue in shared memory: at two addresses in one process, and at
 * different addresses in several.
 */
#include <weir/queue.h>

#include <sys/mman.h>

#include "support/support.h"
#include "test_shared_kit.h"

#define MS 1000000
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const size_t capacities[] = {1, 2, 3, 4, 7, 64};

/* --- two addresses in one process --- */

START_TEST(both_addresses_are_one_queue)
{
    struct pair p = make_pair(3, 8);
    uint64_t e = 1;

    must_eq(weir_queue_put(p.here, &e), 0);
    e = 2;
    must_eq(weir_queue_put(p.there, &e), 0);
    must_eq(weir_queue_len(p.here), 2);
    must_eq(weir_queue_len(p.there), 2);
    must_eq(weir_queue_get(p.there, &e), 0);
    must_eq(e, 1);
    must_eq(weir_queue_get(p.here, &e), 0);
    must_eq(e, 2);
    must_eq(weir_queue_close(p.there), 0);
    must(weir_queue_closed(p.here));
    must_eq(weir_queue_put(p.here, &e), ESHUTDOWN);
    must_eq(weir_queue_drain(p.here, WEIR_NOW), 0);
    free_pair(&p);
}
END_TEST

START_TEST(threads_at_two_addresses)
{
    for (size_t i = 0; i < COUNT(capacities); i++)
        for (unsigned n = 1; n <= 8; n *= 2) {
            struct pair p = make_pair(capacities[i], n % 4 ? 8 : 24);
            kit_run_t run = {.put_queue = p.here,
                             .get_queue = p.there,
                             .elem_size = n % 4 ? 8 : 24,
                             .producers = n,
                             .consumers = n,
                             .per_producer = support_scaled(2000u) / n + 1,
                             .how = i % 2 ? KIT_MIXED : KIT_BLOCKING,
                             .jitter = true};

            kit_account_for_all(&run);
            free_pair(&p);
        }
}
END_TEST

/* --- two processes: each side proves that the other sleeps --- */

static void serve_get(weir_queue_t *q, uint64_t wanted)
{
    uint64_t e = 0;

    must_eq(keeps_errno(weir_queue_get(q, &e)), 0);
    must_eq(e, wanted);
}

static void serve_put(weir_queue_t *q, uint64_t e)
{
    must_eq(keeps_errno(weir_queue_put(q, &e)), 0);
}

/* get and put in the child sleep until the parent's put and get. */
START_TEST(a_child_sleeps_until_the_parent_acts)
{
    struct pair p = make_pair(2, 8);
    pid_t child = support_fork();

    if (child == 0) {
        for (uint64_t i = 0; i < 10; i++)
            serve_get(p.there, i);
        for (uint64_t i = 0; i < 12; i++)
            serve_put(p.there, i);
        support_exit();
    }
    for (uint64_t i = 0; i < 10; i++) {
        support_await_sleep(child);
        serve_put(p.here, i);
    }
    for (uint64_t i = 0; i < 10; i++) {
        support_await_sleep(child);
        must(weir_queue_full(p.here));
        serve_get(p.here, i);
    }
    support_reap(child);
    serve_get(p.here, 10);
    serve_get(p.here, 11);
    kit_must_be_idle(p.here);
    free_pair(&p);
}
END_TEST

START_TEST(a_parent_sleeps_until_the_child_acts)
{
    struct pair p = make_pair(2, 12);
    pid_t parent = support_tid();
    pid_t child = support_fork();
    unsigned char e[12] = {0};

    if (child == 0) {
        for (int i = 0; i < 10; i++) {
            support_await_sleep(parent);
            must_eq(weir_queue_put(p.there, e), 0);
        }
        for (int i = 0; i < 10; i++) {
            support_await_sleep(parent);
            must_eq(weir_queue_get(p.there, e), 0);
        }
        support_exit();
    }
    for (int i = 0; i < 10; i++)
        must_eq(weir_queue_get(p.here, e), 0);
    for (int i = 0; i < 12; i++)
        must_eq(weir_queue_put(p.here, e), 0);
    support_reap(child);
    must(weir_queue_full(p.here));
    free_pair(&p);
}
END_TEST

/* Everything the parent sends comes back, in order. */
START_TEST(a_hundred_thousand_each_way)
{
    struct pair out = make_pair((size_t)_i, 8), back = make_pair((size_t)_i, 8);
    uint64_t count = support_scaled(100000u), e, sent = 0, received = 0;
    pid_t child = support_fork();

    if (child == 0) {
        for (uint64_t i = 0; i < count; i++) {
            must_eq(weir_queue_get(out.there, &e), 0);
            must_eq(weir_queue_put(back.there, &e), 0);
            if (i % 1024 == 0)
                support_progress();
        }
        support_exit();
    }
    while (received < count) {
        while (sent < count && weir_queue_tryput(out.here, &sent) == 0)
            sent++;
        must_eq(weir_queue_get(back.here, &e), 0);
        must_eq(e, received++);
        if (received % 1024 == 0)
            support_progress();
    }
    support_reap(child);
    kit_must_be_idle(out.here);
    kit_must_be_idle(back.here);
    free_pair(&out);
    free_pair(&back);
}
END_TEST

/* --- many processes --- */

#define PROCESSES 3u /* of each kind */

START_TEST(many_processes_account_for_all)
{
    struct pair p = make_pair(capacities[_i], 16);
    pid_t children[2 * PROCESSES];
    kit_run_t run = {.put_queue = p.here,
                     .get_queue = p.there,
                     .elem_size = 16,
                     .producers = PROCESSES,
                     .consumers = PROCESSES,
                     .per_producer = support_scaled(4000u),
                     .how = _i % 2 ? KIT_MIXED : KIT_BLOCKING,
                     .jitter = true};

    run.got = shared_memory(kit_tokens(&run));
    for (unsigned i = 0; i < 2 * PROCESSES; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            if (i % 2)
                run.put_queue = run.get_queue = i % 4 == 1 ? p.here : p.there;
            if (i < PROCESSES)
                kit_produce(&run, i);
            else
                kit_consume(&run, i - PROCESSES);
            support_exit();
        }
    }
    for (unsigned i = 0; i < 2 * PROCESSES; i++)
        support_reap(children[i]);
    kit_must_balance(&run);
    munmap(run.got, kit_tokens(&run));
    free_pair(&p);
}
END_TEST

/* --- close and time --- */

START_TEST(close_wakes_other_processes)
{
    struct pair p = make_pair(2, 8), full = make_pair(1, 8);
    pid_t children[4];
    uint64_t e = 1;

    must_eq(weir_queue_put(full.here, &e), 0);
    for (unsigned i = 0; i < COUNT(children); i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            must_eq(i % 2 ? weir_queue_get(p.there, &e)
                          : weir_queue_put(full.there, &e),
                    ESHUTDOWN);
            support_exit();
        }
    }
    for (unsigned i = 0; i < COUNT(children); i++)
        support_await_sleep(children[i]);
    must_eq(weir_queue_close(p.here), 0);
    must_eq(weir_queue_close(full.here), 0);
    for (unsigned i = 0; i < COUNT(children); i++)
        support_reap(children[i]);
    must_eq(weir_queue_get(full.there, &e), 0);
    must_eq(weir_queue_get(full.there, &e), ESHUTDOWN);
    kit_must_be_idle(p.here);
    kit_must_be_idle(full.here);
    free_pair(&p);
    free_pair(&full);
}
END_TEST

START_TEST(drain_waits_for_another_process)
{
    struct pair p = make_pair(2, 8);
    pid_t parent = support_tid();
    pid_t child = support_fork();
    uint64_t e = 1;

    if (child == 0) {
        must_eq(weir_queue_put(p.there, &e), 0);
        must_eq(weir_queue_put(p.there, &e), 0);
        must_eq(weir_queue_close(p.there), 0);
        support_await_sleep(parent);
        must_eq(weir_queue_get(p.there, &e), 0);
        support_await_sleep(parent);
        must_eq(weir_queue_get(p.there, &e), 0);
        support_exit();
    }
    while (!weir_queue_closed(p.here))
        support_sleep_ns(100000);
    must_eq(weir_queue_drain(p.here, WEIR_FOREVER), 0);
    support_reap(child);
    kit_must_be_idle(p.here);
    free_pair(&p);
}
END_TEST

/* Shared sleepers look again now and then, and do not return for that. */
START_TEST(shared_timeouts_are_not_early)
{
    struct pair p = make_pair(1, 8);
    uint64_t e = 1;

    for (int64_t ns = 1000; ns < 400 * MS; ns *= 7) {
        weir_deadline_t deadline = weir_after(ns);

        must_eq(keeps_errno(weir_queue_get_until(p.there, &e, deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(weir_queue_put(p.here, &e), 0);
        deadline = weir_after(ns);
        must_eq(keeps_errno(weir_queue_put_until(p.there, &e, deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(weir_queue_get(p.here, &e), 0);
    }
    kit_must_be_idle(p.here);
    free_pair(&p);
}
END_TEST

/* --- fork --- */

#define FORKS 50

struct traffic {
    weir_queue_t *q;
    int stop;
    uint64_t balance; /* put and not got, by threads of the parent */
};

static void pass_on(struct traffic *t, int64_t by)
{
    __atomic_fetch_add(&t->balance, (uint64_t)by, __ATOMIC_RELAXED);
}

static void keep_putting(unsigned index, void *arg)
{
    struct traffic *t = arg;
    uint64_t e = index;

    while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
        must_eq(weir_queue_put(t->q, &e), 0);
        pass_on(t, 1);
    }
}

static void keep_getting(unsigned index, void *arg)
{
    struct traffic *t = arg;
    uint64_t e;

    (void)index;
    while (weir_queue_get(t->q, &e) == 0)
        pass_on(t, -1);
}

/* What the threads of the parent had in hand is theirs to finish; the child
 * uses the shared queue as it is, and one of its own. */
static void use_queues_in_child(weir_queue_t *there)
{
    weir_queue_t *own = kit_create(2, 8);
    uint64_t e = 7, got = 0;

    for (int i = 0; i < 3; i++) {
        must_eq(weir_queue_put(there, &e), 0);
        must_eq(weir_queue_get(there, &got), 0);
        must_eq(weir_queue_put(own, &e), 0);
        must_eq(weir_queue_get(own, &got), 0);
        must_eq(got, e);
    }
    must_eq(weir_queue_get_until(own, &got, weir_after(100000)), ETIMEDOUT);
    kit_destroy(own);
}

/* Hazard B52: fork while threads are inside calls. */
START_TEST(fork_with_busy_threads)
{
    struct pair p = make_pair((size_t)_i, 8);
    struct traffic t = {p.here, 0, 0};
    support_group_t putters, getters;

    support_group_start(&putters, 2, keep_putting, &t);
    support_group_start(&getters, 2, keep_getting, &t);
    for (int i = SUPPORT_TSAN ? FORKS / 5 : FORKS; i > 0; i--) {
        pid_t child = support_fork();

        if (child == 0) {
            use_queues_in_child(p.there);
            support_exit();
        }
        support_reap(child);
    }
    __atomic_store_n(&t.stop, 1, __ATOMIC_RELAXED);
    support_group_join(&putters);
    must_eq(weir_queue_close(p.here), 0);
    support_group_join(&getters);
    must_eq(t.balance, 0);
    kit_must_be_idle(p.here);
    free_pair(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shared_queue");
    TCase *tcase = support_tcase(suite, "processes");

    /* Before any thread was started: see support_fork. */
    tcase_add_test(tcase, a_child_sleeps_until_the_parent_acts);
    tcase_add_test(tcase, a_parent_sleeps_until_the_child_acts);
    tcase_add_test(tcase, close_wakes_other_processes);
    tcase_add_test(tcase, drain_waits_for_another_process);
    tcase_add_loop_test(tcase, a_hundred_thousand_each_way, 1, 2);
    tcase_add_loop_test(tcase, a_hundred_thousand_each_way, 64, 65);
    tcase_add_loop_test(tcase, many_processes_account_for_all, 0,
                        COUNT(capacities));

    tcase = support_tcase(suite, "fork");
    tcase_add_loop_test(tcase, fork_with_busy_threads, 1, 2);
    tcase_add_loop_test(tcase, fork_with_busy_threads, 64, 65);

    tcase = support_tcase(suite, "addresses");
    tcase_add_test(tcase, both_addresses_are_one_queue);
    tcase_add_test(tcase, threads_at_two_addresses);
    tcase_add_test(tcase, shared_timeouts_are_not_early);
    return support_main(suite);
}
