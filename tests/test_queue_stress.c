/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue under load: token accounting over threads, capacities, element sizes
 * and ways to call; timeouts that collide with wakes; elements that are
 * provably there; and kernels that refuse things.
 */
#include <weir/queue.h>

#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Tiny ones are where rings deadlock (hazard B35); 3 and 7 take the path of
 * those that are no powers of two. */
static const size_t capacities[] = {1, 2, 3, 4, 7, 1024};

static void account(size_t capacity, size_t elem_size, unsigned producers,
                    unsigned consumers, size_t tokens, enum kit_how how,
                    bool jitter)
{
    weir_queue_t *q = kit_create(capacity, elem_size);
    kit_run_t run = {.put_queue = q,
                     .get_queue = q,
                     .elem_size = elem_size,
                     .producers = producers,
                     .consumers = consumers,
                     .how = how,
                     .jitter = jitter};

    run.per_producer = (uint32_t)(tokens / producers + 1);
    kit_account_for_all(&run);
    kit_destroy(q);
}

/* --- contended: hazards B1, B2, B9, B33, B35, B39 --- */

START_TEST(grid_with_jitter)
{
    size_t capacity = capacities[_i];

    for (unsigned producers = 1; producers <= 8; producers++)
        for (unsigned consumers = 1; consumers <= 8; consumers++)
            account(capacity, producers % 2 ? 8 : 12, producers, consumers,
                    support_scaled(1500), KIT_BLOCKING, true);
}
END_TEST

/* With an observer of the length, too (hazards B41, B42). */
START_TEST(flat_out)
{
    static const struct {
        unsigned producers, consumers;
    } shapes[] = {{1, 1}, {1, 3}, {3, 1}, {2, 2}, {4, 4}, {16, 16}};
    size_t capacity = capacities[_i];

    for (size_t i = 0; i < COUNT(shapes); i++)
        for (enum kit_how how = KIT_BLOCKING; how <= KIT_EXPORTED; how++)
            account(capacity, 8, shapes[i].producers, shapes[i].consumers,
                    support_scaled(capacity < 8 ? 12000 : 300000), how, false);
}
END_TEST

START_TEST(every_way_to_call)
{
    static const size_t sizes[] = {8, 12, 16, 24, 64};
    size_t capacity = capacities[_i];

    for (enum kit_how how = KIT_TRY; how <= KIT_MIXED; how++)
        for (unsigned n = 1; n <= 4; n++)
            account(capacity, sizes[(how + n) % COUNT(sizes)], n, 5 - n,
                    support_scaled(3000), how, how != KIT_TRY);
    account(capacity, 8, 16, 16, support_scaled(6000), KIT_MIXED, true);
}
END_TEST

START_TEST(grid_in_a_storm) /* hazards B17, B50 */
{
    size_t capacity = capacities[_i];

    support_storm_begin();
    for (unsigned n = 1; n <= 8; n *= 2) {
        account(capacity, 8, n, n, support_scaled(1500), KIT_BLOCKING, true);
        account(capacity, 12, n, n, support_scaled(1500), KIT_MIXED, true);
    }
    support_storm_end();
}
END_TEST

START_TEST(stray_wakes_change_nothing) /* hazards B17, K9 */
{
    weir_queue_t *q = kit_create(capacities[_i], 8);
    kit_run_t run = {.put_queue = q,
                     .get_queue = q,
                     .elem_size = 8,
                     .producers = 3,
                     .consumers = 3,
                     .per_producer = support_scaled(8000),
                     .jitter = true};

    support_stray_begin(&q->not_empty, 2 * WEIR_LINE);
    kit_account_for_all(&run);
    support_stray_end();
    kit_destroy(q);
}
END_TEST

/* --- what a put publishes: hazards B18, B44 (for ThreadSanitizer too) --- */

struct box {
    unsigned long content[4];
};

struct boxes {
    weir_queue_t *empty_boxes, *full_boxes;
    unsigned rounds;
};

static void pack_or_unpack(unsigned index, void *arg)
{
    struct boxes *b = arg;
    struct box *box;

    for (unsigned i = 0; i < b->rounds; i++) {
        weir_queue_t *from = index % 2 ? b->full_boxes : b->empty_boxes;
        weir_queue_t *to = index % 2 ? b->empty_boxes : b->full_boxes;

        must_eq(weir_queue_get(from, &box), 0);
        for (size_t k = 0; k < COUNT(box->content); k++) {
            must_eq(box->content[k], index % 2 ? k + 1 : 0);
            box->content[k] = index % 2 ? 0 : k + 1;
        }
        must_eq(weir_queue_put(to, &box), 0);
        if (i % 1024 == 0)
            support_progress();
    }
}

START_TEST(an_element_comes_with_what_it_points_at)
{
    static struct box box[6];
    struct boxes b = {.rounds = support_scaled(60000)};

    b.empty_boxes = kit_create((size_t)_i, sizeof(struct box *));
    b.full_boxes = kit_create((size_t)_i, sizeof(struct box *));
    for (int i = 0; i < _i; i++) {
        struct box *one = &box[i];
        must_eq(weir_queue_put(b.empty_boxes, &one), 0);
    }
    support_threads(4, pack_or_unpack, &b);
    must_eq(weir_queue_len(b.empty_boxes), _i);
    kit_must_be_idle(b.full_boxes);
    kit_destroy(b.empty_boxes);
    kit_destroy(b.full_boxes);
}
END_TEST

/* --- provably there: hazard B38 --- */

/* As many tokens circulate as there are threads, and whoever gets holds
 * none: at each moment of its call at least one is in the queue.  Whoever
 * puts holds one: at each moment of its call a place is free. */
struct circle {
    weir_queue_t *q;
    unsigned rounds;
    bool blocking_too;
};

static void circulate(unsigned index, void *arg)
{
    struct circle *c = arg;
    support_random_t random = support_random(index);
    unsigned char e[KIT_ELEM_MAX];

    for (unsigned i = 0; i < c->rounds; i++) {
        if (i % 1024 == 0)
            support_progress();
        if (c->blocking_too && support_below(&random, 4) == 0) {
            must_eq(weir_queue_get_until(c->q, e, WEIR_NOW), 0);
            must_eq(weir_queue_put_until(c->q, e, WEIR_NOW), 0);
            continue;
        }
        must_eq(weir_queue_tryget(c->q, e), 0);
        if (support_below(&random, 64) == 0)
            support_jitter(&random);
        must_eq(weir_queue_tryput(c->q, e), 0);
    }
}

static void run_circle(unsigned threads, size_t elem_size, bool blocking_too)
{
    struct circle c = {kit_create(threads, elem_size),
                       support_scaled(300000) / threads, blocking_too};
    unsigned char e[KIT_ELEM_MAX];

    for (unsigned i = 0; i < threads; i++) {
        kit_fill(e, elem_size, i);
        must_eq(weir_queue_tryput(c.q, e), 0);
    }
    support_threads(threads, circulate, &c);
    must(weir_queue_full(c.q));
    for (unsigned i = 0; i < threads; i++)
        must_eq(weir_queue_tryget(c.q, e), 0);
    kit_must_be_idle(c.q);
    kit_destroy(c.q);
}

START_TEST(what_is_there_is_found)
{
    static const size_t sizes[] = {8, 12, 16};

    for (unsigned threads = 2; threads <= 8; threads++)
        for (size_t i = 0; i < COUNT(sizes); i++)
            run_circle(threads, sizes[i], threads % 2 == 0);
    run_circle(32, 8, true);
}
END_TEST

/* --- timed waiters never swallow a wake: hazard B20 --- */

#define TIMED 4u

struct swallow {
    weir_queue_t *q;
    pthread_barrier_t gate;
    unsigned rounds;
    bool putters; /* who waits: for places, not for elements */
    unsigned timed_done, untimed_done;
    unsigned timed_successes;
};

static int wait_for_it(struct swallow *s, weir_deadline_t deadline)
{
    uint64_t e = 1;

    return s->putters ? weir_queue_put_until(s->q, &e, deadline)
                      : weir_queue_get_until(s->q, &e, deadline);
}

static int give_one(struct swallow *s)
{
    uint64_t e = 2;

    return s->putters ? weir_queue_get(s->q, &e) : weir_queue_put(s->q, &e);
}

static void await_count(unsigned *counter, unsigned count)
{
    while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < count)
        sched_yield();
}

static void one_timed_wait(struct swallow *s, support_random_t *random)
{
    int result = wait_for_it(s, weir_after(support_below(random, 250000)));

    if (result == 0)
        __atomic_fetch_add(&s->timed_successes, 1, __ATOMIC_RELAXED);
    else
        must_eq(result, ETIMEDOUT);
    __atomic_fetch_add(&s->timed_done, 1, __ATOMIC_RELEASE);
}

/* Gives once, at a time when the timeouts fall due.  Once those are over,
 * either one of them has had it, and the untimed waiter is given another, or
 * nothing more happens and it must have been woken. */
static void give_round(struct swallow *s, support_random_t *random,
                       unsigned round)
{
    support_delay_ns(support_below(random, 300000));
    must_eq(give_one(s), 0);
    await_count(&s->timed_done, TIMED * (round + 1));
    must(s->timed_successes <= 1);
    if (s->timed_successes == 1)
        must_eq(give_one(s), 0);
    await_count(&s->untimed_done, round + 1);
}

static void swallow_body(unsigned index, void *arg)
{
    struct swallow *s = arg;
    support_random_t random = support_random(index);

    for (unsigned round = 0; round < s->rounds; round++) {
        pthread_barrier_wait(&s->gate);
        if (index == 0) {
            give_round(s, &random, round);
            __atomic_store_n(&s->timed_successes, 0, __ATOMIC_RELAXED);
            support_progress();
        } else if (index == 1) {
            must_eq(wait_for_it(s, WEIR_FOREVER), 0);
            __atomic_fetch_add(&s->untimed_done, 1, __ATOMIC_RELEASE);
        } else {
            one_timed_wait(s, &random);
        }
        pthread_barrier_wait(&s->gate);
    }
}

START_TEST(a_timeout_passes_its_wake_on)
{
    struct swallow s = {.q = kit_create(3, 8),
                        .putters = _i == 1,
                        .rounds = support_scaled(4000)};
    uint64_t e = 0;

    for (int i = 0; s.putters && i < 3; i++)
        must_eq(weir_queue_put(s.q, &e), 0);
    must_eq(pthread_barrier_init(&s.gate, NULL, TIMED + 2), 0);
    support_threads(TIMED + 2, swallow_body, &s);
    pthread_barrier_destroy(&s.gate);
    must_eq(weir_queue_len(s.q), s.putters ? 3 : 0);
    kit_destroy(s.q);
}
END_TEST

/* --- kernels that refuse, or return for no reason --- */

static void load_under_refusal(size_t capacity, size_t tokens)
{
    account(capacity, 8, 2, 2, tokens, KIT_BLOCKING, true);
    account(capacity, 12, 4, 4, tokens, KIT_MIXED, true);
}

START_TEST(works_without_membarrier)
{
    for (size_t i = 0; i < COUNT(capacities); i++) {
        pid_t child = support_fork();

        if (child == 0) {
            if (support_refuse(SYS_membarrier, EPERM))
                load_under_refusal(capacities[i], support_scaled(8000));
            else
                support_skip("queue without membarrier", "no seccomp");
            support_exit();
        }
        support_reap(child);
    }
}
END_TEST

/* Every sleep of the library ends at once.  (hazard B17) */
START_TEST(works_with_spurious_returns)
{
    static const int errors[] = {0, EAGAIN, EINTR};

    for (size_t i = 0; i < COUNT(capacities); i++) {
        pid_t child = support_fork();

        if (child == 0) {
            if (support_refuse_futex(FUTEX_WAIT_BITSET, errors[_i]))
                load_under_refusal(capacities[i], support_scaled(120));
            else
                support_skip("queue with spurious returns", "no seccomp");
            support_exit();
        }
        support_reap(child);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_stress");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, grid_with_jitter, 0, COUNT(capacities));
    tcase_add_loop_test(tcase, flat_out, 0, COUNT(capacities));
    tcase_add_loop_test(tcase, every_way_to_call, 0, COUNT(capacities));
    tcase_add_test(tcase, what_is_there_is_found);
    tcase_add_loop_test(tcase, an_element_comes_with_what_it_points_at, 1, 7);

    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, a_timeout_passes_its_wake_on, 0, 2);

    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, grid_in_a_storm, 0, COUNT(capacities));
    tcase_add_loop_test(tcase, stray_wakes_change_nothing, 0,
                        COUNT(capacities));

    tcase = support_tcase(suite, "kernel");
    tcase_add_test(tcase, works_without_membarrier);
    tcase_add_loop_test(tcase, works_with_spurious_returns, 0, 3);
    return support_main(suite);
}
