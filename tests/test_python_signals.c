/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What CPython's lock_tests.py asks of events and semaphores, asked of these:
 * in threads, private and shared, and in processes that see the object at
 * another address.  Each test is called as there.  What has no counterpart in
 * C is left out: repr, and the objects' inner locks.
 */
#include <weir/event.h>
#include <weir/sem.h>

#include "support/support.h"
#include "test_python_kit.h"

#define LONG_NS 50000000
#define SHORT_NS 5000000

struct stage {
    union {
        weir_event_t event;
        weir_sem_t sem;
    };
    unsigned results[2];
    unsigned phase;
    unsigned by_phase[3];
    unsigned acquired;
};

static support_twin_t twin;
static struct stage *here;

static void fresh(void)
{
    twin = support_twin(sizeof(struct stage));
    here = twin.here;
}

static void fresh_event(int way)
{
    fresh();
    must_eq(weir_event_init(&here->event, scope_of(way)), 0);
    support_watch("event", &here->event, sizeof(here->event));
}

static void fresh_sem(unsigned value, unsigned max, int way)
{
    fresh();
    must_eq(weir_sem_init(&here->sem, value, max, scope_of(way)), 0);
    support_watch("semaphore", &here->sem, sizeof(here->sem));
}

static void done(void)
{
    support_forget(here); /* the object is its first member */
    support_twin_free(&twin);
}

/* --- EventTests --- */

static void see_set(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must(weir_event_is_set(&s->event));
}

static void see_clear(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must(!weir_event_is_set(&s->event));
}

START_TEST(test_is_set)
{
    fresh_event(_i);
    see_clear(0, here);
    for (int i = 0; i < 2; i++) {
        must_eq(weir_event_set(&here->event), 0);
        see_set(0, here);
        crew_run(_i, 1, see_set, &twin);
    }
    for (int i = 0; i < 2; i++) {
        must_eq(weir_event_clear(&here->event), 0);
        see_clear(0, here);
        crew_run(_i, 1, see_clear, &twin);
    }
    done();
}
END_TEST

static void wait_twice(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    for (int i = 0; i < 2; i++) {
        must_eq(weir_event_wait(&s->event), 0);
        append(&s->results[i]);
    }
}

static void check_notify(int way)
{
    crew_t crew;

    here->results[0] = here->results[1] = 0;
    crew_start(&crew, way, 5, wait_twice, &twin);
    crew_await_sleep(&crew);
    must_eq(length(&here->results[0]), 0);
    must_eq(weir_event_set(&here->event), 0);
    crew_join(&crew);
    must_eq(length(&here->results[0]), 5);
    must_eq(length(&here->results[1]), 5);
}

START_TEST(test_notify)
{
    fresh_event(_i);
    check_notify(_i);
    must_eq(weir_event_set(&here->event), 0);
    must_eq(weir_event_clear(&here->event), 0);
    check_notify(_i);
    done();
}
END_TEST

static void wait_in_vain(unsigned index, void *arg)
{
    struct stage *s = arg;
    weir_deadline_t deadline = weir_after(LONG_NS);

    (void)index;
    must_eq(weir_event_wait_until(&s->event, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_event_wait_until(&s->event, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
}

static void wait_when_set(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(weir_event_wait_until(&s->event, WEIR_NOW), 0);
    must_eq(weir_event_wait_until(&s->event, weir_after(LONG_NS)), 0);
}

/* test_timeout of events. */
START_TEST(test_event_timeout)
{
    fresh_event(_i);
    crew_run(_i, 5, wait_in_vain, &twin);
    must_eq(weir_event_set(&here->event), 0);
    crew_run(_i, 5, wait_when_set, &twin);
    done();
}
END_TEST

static void wait_for_pulse(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(weir_event_wait_until(&s->event, WEIR_FOREVER), 0);
}

/* What multiprocessing's Event does not promise. */
START_TEST(test_set_and_clear)
{
    crew_t crew;

    fresh_event(_i);
    for (long i = support_scaled(50); i > 0; i--) {
        crew_start(&crew, _i, 5, wait_for_pulse, &twin);
        crew_await_sleep(&crew);
        must_eq(weir_event_set(&here->event), 0);
        must_eq(weir_event_clear(&here->event), 0);
        crew_join(&crew);
        must(!weir_event_is_set(&here->event));
    }
    done();
}
END_TEST

/* --- BaseSemaphoreTests, for both kinds --- */

/* Loops run over way and kind: not bounded, or bounded by what it begins
 * with. */
#define KINDS (2 * WAYS)

static void fresh_kind(unsigned value, int i)
{
    fresh_sem(value, i / WAYS ? value : WEIR_SEM_MAX, i % WAYS);
}

static void acquire_once(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(weir_sem_wait(&s->sem), 0);
}

static void release_once(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(weir_sem_post(&s->sem), 0);
}

static void refuse_acquire(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(weir_sem_trywait(&s->sem), EAGAIN);
}

static void refuse_release(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(weir_sem_post(&s->sem), EOVERFLOW);
}

START_TEST(test_constructor)
{
    weir_sem_t sem;
    unsigned scope = scope_of(_i);

    must_eq(weir_sem_init(&sem, (unsigned)-1, WEIR_SEM_MAX, scope), EINVAL);
    must_eq(weir_sem_init(&sem, WEIR_SEM_MAX + 1, WEIR_SEM_MAX, scope), EINVAL);
    must_eq(weir_sem_init(&sem, WEIR_SEM_MAX, WEIR_SEM_MAX, scope), 0);
}
END_TEST

/* And test_with. */
START_TEST(test_acquire)
{
    for (unsigned n = 1; n <= 2; n++) {
        fresh_kind(n, _i);
        for (unsigned i = 0; i < n; i++)
            must_eq(weir_sem_wait(&here->sem), 0);
        refuse_acquire(0, here);
        crew_run(_i % WAYS, 1, refuse_acquire, &twin);
        for (unsigned i = 0; i < n; i++)
            must_eq(weir_sem_post(&here->sem), 0);
        must_eq(weir_sem_value(&here->sem), n);
        crew_run(_i % WAYS, n, acquire_once, &twin);
        must_eq(weir_sem_value(&here->sem), 0);
        done();
    }
}
END_TEST

START_TEST(test_acquire_destroy)
{
    for (int i = 0; i < 20; i++) {
        weir_sem_t *object = support_guarded(sizeof(*object), _i == 1);

        must_eq(weir_sem_init(object, 1, 1, scope_of(_i)), 0);
        must_eq(weir_sem_wait(object), 0);
        support_guarded_drop(object, sizeof(*object));
    }
}
END_TEST

static void acquire_twice(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    for (int i = 0; i < 2; i++) {
        must_eq(weir_sem_wait(&s->sem), 0);
        append(&s->by_phase[length(&s->phase)]);
        append(&s->acquired);
    }
}

static void await_acquired(unsigned wanted)
{
    await_length(&here->acquired, wanted);
    support_sleep_ns(1000000); /* more would be too many */
    must_eq(length(&here->acquired), wanted);
}

static void release_all(unsigned n, bool at_once)
{
    if (at_once) {
        must_eq(weir_sem_post_n(&here->sem, n), 0);
        return;
    }
    while (n-- > 0)
        must_eq(weir_sem_post(&here->sem), 0);
}

/* 7 permits, of which this thread has one; 10 others want 2 each. */
static void check_phases(int i, bool at_once)
{
    crew_t crew;

    fresh_kind(7, i);
    must_eq(weir_sem_wait(&here->sem), 0);
    crew_start(&crew, i % WAYS, 10, acquire_twice, &twin);
    await_acquired(6);
    append(&here->phase);
    release_all(7, at_once);
    await_acquired(6 + 7);
    append(&here->phase);
    release_all(6, at_once);
    await_acquired(6 + 7 + 6);
    must_eq(length(&here->by_phase[0]), 6);
    must_eq(length(&here->by_phase[1]), 7);
    must_eq(length(&here->by_phase[2]), 6);
    refuse_acquire(0, here);
    must_eq(weir_sem_post(&here->sem), 0);
    crew_join(&crew);
    must_eq(length(&here->acquired), 20);
}

START_TEST(test_acquire_contended)
{
    check_phases(_i, false);
    done();
}
END_TEST

START_TEST(test_multirelease)
{
    check_phases(_i, true);
    must_eq(weir_sem_post_n(&here->sem, 0), EINVAL);
    done();
}
END_TEST

START_TEST(test_try_acquire)
{
    fresh_kind(2, _i);
    must_eq(weir_sem_trywait(&here->sem), 0);
    must_eq(weir_sem_trywait(&here->sem), 0);
    refuse_acquire(0, here);
    crew_run(_i % WAYS, 1, refuse_acquire, &twin);
    must_eq(weir_sem_post(&here->sem), 0);
    must_eq(weir_sem_trywait(&here->sem), 0);
    done();
}
END_TEST

static void try_twice(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    for (int i = 0; i < 2; i++)
        if (weir_sem_trywait(&s->sem) == 0)
            append(&s->acquired);
}

START_TEST(test_try_acquire_contended)
{
    fresh_kind(4, _i);
    must_eq(weir_sem_wait(&here->sem), 0);
    crew_run(_i % WAYS, 5, try_twice, &twin);
    must_eq(length(&here->acquired), 3);
    done();
}
END_TEST

static void acquire_in_vain(unsigned index, void *arg)
{
    struct stage *s = arg;
    weir_deadline_t deadline = weir_after(LONG_NS);

    (void)index;
    must_eq(weir_sem_wait_until(&s->sem, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
}

START_TEST(test_acquire_timeout)
{
    fresh_kind(2, _i);
    must_eq(weir_sem_trywait(&here->sem), 0);
    must_eq(weir_sem_wait_until(&here->sem, weir_after(SHORT_NS)), 0);
    refuse_acquire(0, here);
    must_eq(weir_sem_wait_until(&here->sem, weir_after(SHORT_NS)), ETIMEDOUT);
    acquire_in_vain(0, here);
    crew_run(_i % WAYS, 1, acquire_in_vain, &twin);
    must_eq(weir_sem_post(&here->sem), 0);
    must_eq(weir_sem_wait_until(&here->sem, weir_after(SHORT_NS)), 0);
    done();
}
END_TEST

static void acquire_and_release(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(weir_sem_wait(&s->sem), 0);
    must_eq(weir_sem_post(&s->sem), 0);
    append(&s->acquired);
}

/* Of 1, which has no default here. */
START_TEST(test_default_value)
{
    crew_t crew;

    fresh_kind(1, _i);
    must_eq(weir_sem_wait(&here->sem), 0);
    crew_start(&crew, _i % WAYS, 1, acquire_and_release, &twin);
    crew_await_sleep(&crew);
    must_eq(length(&here->acquired), 0);
    must_eq(weir_sem_post(&here->sem), 0);
    crew_join(&crew);
    must_eq(length(&here->acquired), 1);
    done();
}
END_TEST

/* --- SemaphoreTests --- */

START_TEST(test_release_unacquired)
{
    fresh_sem(1, WEIR_SEM_MAX, _i);
    crew_run(_i, 1, release_once, &twin);
    must_eq(weir_sem_wait(&here->sem), 0);
    must_eq(weir_sem_wait(&here->sem), 0);
    must_eq(weir_sem_post(&here->sem), 0);
    must_eq(weir_sem_value(&here->sem), 1);
    done();
}
END_TEST

/* --- BoundedSemaphoreTests --- */

/* test_release_unacquired of bounded ones. */
START_TEST(test_bounded_release_unacquired)
{
    fresh_sem(1, 1, _i);
    refuse_release(0, here);
    must_eq(weir_sem_wait(&here->sem), 0);
    must_eq(weir_sem_post(&here->sem), 0);
    refuse_release(0, here);
    crew_run(_i, 1, refuse_release, &twin);
    must_eq(weir_sem_value(&here->sem), 1);
    done();
    /* All or nothing. */
    fresh_sem(3, 3, _i);
    must_eq(weir_sem_wait(&here->sem), 0);
    must_eq(weir_sem_wait(&here->sem), 0);
    must_eq(weir_sem_post_n(&here->sem, 3), EOVERFLOW);
    must_eq(weir_sem_value(&here->sem), 1);
    done();
    fresh_sem(0, 0, _i);
    refuse_release(0, here);
    done();
}
END_TEST

/* Of test_threading.py. */
START_TEST(test_bounded_semaphore_limit)
{
    for (unsigned limit = 1; limit < 10; limit++) {
        fresh_sem(limit, limit, _i);
        crew_run(_i, limit, acquire_once, &twin);
        must_eq(weir_sem_value(&here->sem), 0);
        crew_run(_i, limit, release_once, &twin);
        refuse_release(0, here);
        must_eq(weir_sem_value(&here->sem), limit);
        done();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("python_signals");
    TCase *tcase = support_tcase(suite, "event");

    tcase_add_loop_test(tcase, test_is_set, 0, WAYS);
    tcase_add_loop_test(tcase, test_notify, 0, WAYS);
    tcase_add_loop_test(tcase, test_event_timeout, 0, WAYS);
    tcase_add_loop_test(tcase, test_set_and_clear, 0, WAYS);
    tcase = support_tcase(suite, "semaphores");
    tcase_add_loop_test(tcase, test_constructor, 0, SCOPES);
    tcase_add_loop_test(tcase, test_acquire, 0, KINDS);
    tcase_add_loop_test(tcase, test_acquire_destroy, 0, SCOPES);
    tcase_add_loop_test(tcase, test_acquire_contended, 0, KINDS);
    tcase_add_loop_test(tcase, test_multirelease, 0, KINDS);
    tcase_add_loop_test(tcase, test_try_acquire, 0, KINDS);
    tcase_add_loop_test(tcase, test_try_acquire_contended, 0, KINDS);
    tcase_add_loop_test(tcase, test_acquire_timeout, 0, KINDS);
    tcase_add_loop_test(tcase, test_default_value, 0, KINDS);
    tcase = support_tcase(suite, "semaphore");
    tcase_add_loop_test(tcase, test_release_unacquired, 0, WAYS);
    tcase = support_tcase(suite, "bounded");
    tcase_add_loop_test(tcase, test_bounded_release_unacquired, 0, WAYS);
    tcase_add_loop_test(tcase, test_bounded_semaphore_limit, 0, WAYS);
    return support_main(suite);
}
