/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What CPython's lock_tests.py asks of Lock and RLock, asked of mutexes and
 * recursive mutexes: in threads, private and shared, and in processes that see
 * the lock at another address.  Each test is called as there.
 *
 * Left out, as they have no counterpart in C: test_repr and test_locked_repr,
 * test_with, test_weakref_exists and test_weakref_deleted.
 */
#include <weir/cond.h>
#include <weir/mutex.h>
#include <weir/rmutex.h>
#include <weir/thread.h>

#include "support/support.h"
#include "test_python_kit.h"

#define N 5u
#define SHORT_NS 10000000

struct stage {
    bool recursive;
    union {
        weir_mutex_t mutex;
        weir_rmutex_t rmutex;
    };
    unsigned phase;
    unsigned results;
};

static support_twin_t twin;
static struct stage *here;

/* --- both kinds --- */

/* Loops over the kinds run over ways and kinds: Lock, then RLock. */
#define KINDS(ways) (2 * (ways))

static int init(struct stage *s, int way)
{
    return s->recursive ? weir_rmutex_init(&s->rmutex, scope_of(way))
                        : weir_mutex_init(&s->mutex, scope_of(way));
}

static int acquire(struct stage *s)
{
    return s->recursive ? weir_rmutex_lock(&s->rmutex)
                        : weir_mutex_lock(&s->mutex);
}

static int try_acquire(struct stage *s)
{
    return s->recursive ? weir_rmutex_trylock(&s->rmutex)
                        : weir_mutex_trylock(&s->mutex);
}

static int acquire_until(struct stage *s, weir_deadline_t deadline)
{
    return s->recursive ? weir_rmutex_lock_until(&s->rmutex, deadline)
                        : weir_mutex_lock_until(&s->mutex, deadline);
}

static int release(struct stage *s)
{
    return s->recursive ? weir_rmutex_unlock(&s->rmutex)
                        : weir_mutex_unlock(&s->mutex);
}

static void fresh(bool recursive, int way)
{
    twin = support_twin(sizeof(struct stage));
    here = twin.here;
    here->recursive = recursive;
    must_eq(init(here, way), 0);
    support_watch("lock", &here->rmutex, sizeof(here->rmutex));
}

static void done(void)
{
    support_forget(&here->rmutex);
    support_twin_free(&twin);
}

static void acquire_and_release(unsigned index, void *arg)
{
    struct stage *s = arg;

    support_note("%lu locks", index, 0);
    must_eq(acquire(s), 0);
    append(&s->results);
    must_eq(release(s), 0);
}

/* --- BaseLockTests --- */

START_TEST(test_constructor)
{
    fresh(_i / WAYS, _i % WAYS);
    crew_run(_i % WAYS, 1, acquire_and_release, &twin);
    must_eq(here->results, 1);
    done();
}
END_TEST

/* The memory goes while the lock is held: nothing else knows of it. */
START_TEST(test_acquire_destroy)
{
    for (int i = 0; i < 20; i++) {
        struct stage *s = support_guarded(sizeof(*s), _i % SCOPES == 1);

        s->recursive = _i / SCOPES;
        must_eq(init(s, _i % SCOPES), 0);
        must_eq(acquire(s), 0);
        support_guarded_drop(s, sizeof(*s));
    }
}
END_TEST

START_TEST(test_acquire_release)
{
    fresh(_i / WAYS, _i % WAYS);
    for (int i = 0; i < 3; i++) {
        must_eq(acquire(here), 0);
        must_eq(release(here), 0);
    }
    crew_run(_i % WAYS, 1, acquire_and_release, &twin);
    done();
}
END_TEST

START_TEST(test_try_acquire)
{
    fresh(_i / WAYS, _i % WAYS);
    must_eq(try_acquire(here), 0);
    must_eq(release(here), 0);
    crew_run(_i % WAYS, 1, acquire_and_release, &twin);
    done();
}
END_TEST

/* Nobody gets in while it is held, all do afterwards. */
START_TEST(test_acquire_contended)
{
    crew_t crew;

    fresh(_i / WAYS, _i % WAYS);
    must_eq(acquire(here), 0);
    crew_start(&crew, _i % WAYS, N, acquire_and_release, &twin);
    crew_await_sleep(&crew);
    must_eq(length(&here->results), 0);
    must_eq(release(here), 0);
    crew_join(&crew);
    must_eq(length(&here->results), N);
    done();
}
END_TEST

static void try_in_vain(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(try_acquire(s), EBUSY);
    append(&s->results);
}

START_TEST(test_try_acquire_contended)
{
    fresh(_i / WAYS, _i % WAYS);
    must_eq(acquire(here), 0);
    crew_run(_i % WAYS, 1, try_in_vain, &twin);
    must_eq(length(&here->results), 1);
    must_eq(release(here), 0);
    done();
}
END_TEST

/* Threads that are not the library's leave nothing in its list. */
START_TEST(test_thread_leak)
{
    unsigned threads = weir_thread_active_count();

    fresh(_i / SCOPES, _i % SCOPES);
    for (unsigned i = 0; i < 3; i++)
        support_threads(N, acquire_and_release, here);
    must_eq(here->results, 3 * N);
    must_eq(weir_thread_active_count(), threads);
    done();
}
END_TEST

static void time_out(unsigned index, void *arg)
{
    struct stage *s = arg;
    weir_deadline_t deadline = weir_after(SHORT_NS);

    (void)index;
    must_eq(acquire_until(s, deadline), ETIMEDOUT);
    must(weir_now() >= deadline);
    append(&s->results);
}

/* Where Python has ValueError for -100 and for what is too long, such a
 * deadline has passed, or never comes. */
START_TEST(test_timeout)
{
    weir_deadline_t deadlines[] = {WEIR_NOW, -100, weir_after(WEIR_TIMEOUT_MAX),
                                   WEIR_FOREVER};

    fresh(_i / WAYS, _i % WAYS);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        must_eq(acquire_until(here, deadlines[i]), 0);
        must_eq(release(here), 0);
    }
    must_eq(acquire(here), 0);
    crew_run(_i % WAYS, 1, time_out, &twin);
    must_eq(length(&here->results), 1);
    must_eq(release(here), 0);
    done();
}
END_TEST

/* --- LockTests --- */

static void acquire_twice(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(acquire(s), 0);
    append(&s->phase);
    must_eq(acquire(s), 0);
    append(&s->phase);
}

/* Locked twice by one thread, it is unlocked by another in between. */
START_TEST(test_reacquire)
{
    crew_t crew;

    fresh(false, _i);
    crew_start(&crew, _i, 1, acquire_twice, &twin);
    await_length(&here->phase, 1);
    crew_await_sleep(&crew);
    must_eq(length(&here->phase), 1);
    must_eq(release(here), 0);
    await_length(&here->phase, 2);
    crew_join(&crew);
    must_eq(try_acquire(here), EBUSY);
    done();
}
END_TEST

static void release_it(unsigned index, void *arg)
{
    (void)index;
    must_eq(release(arg), 0);
}

START_TEST(test_different_thread)
{
    fresh(false, _i);
    must_eq(acquire(here), 0);
    crew_run(_i, 1, release_it, &twin);
    must_eq(acquire(here), 0);
    must_eq(release(here), 0);
    done();
}
END_TEST

START_TEST(test_state_after_timeout)
{
    fresh(false, _i);
    must_eq(acquire(here), 0);
    must_eq(acquire_until(here, weir_after(SHORT_NS)), ETIMEDOUT);
    crew_run(_i, N, time_out, &twin);
    must_eq(release(here), 0);
    must(!weir_mutex_is_locked(&here->mutex));
    must_eq(try_acquire(here), 0);
    done();
}
END_TEST

/* In plain memory, of which the child has a copy: there init makes a lock
 * good that was held at the fork, and here it is held as before. */
START_TEST(test_at_fork_reinit)
{
    static struct stage copied;
    pid_t child;

    copied.recursive = _i / SCOPES;
    must_eq(init(&copied, _i % SCOPES), 0);
    must_eq(acquire(&copied), 0);
    child = support_fork();
    if (child == 0) {
        must_eq(init(&copied, _i % SCOPES), 0);
        must_eq(try_acquire(&copied), 0);
        must_eq(release(&copied), 0);
        support_exit();
    }
    support_reap(child);
    support_threads(1, try_in_vain, &copied);
    must_eq(release(&copied), 0);
}
END_TEST

/* --- RLockTests --- */

/* test_reacquire of RLock. */
START_TEST(test_rlock_reacquire)
{
    fresh(true, _i);
    must_eq(acquire(here), 0);
    must_eq(acquire(here), 0);
    must_eq(release(here), 0);
    must_eq(acquire(here), 0);
    must_eq(release(here), 0);
    crew_run(_i, 1, try_in_vain, &twin); /* once is not yet all */
    must_eq(release(here), 0);
    crew_run(_i, 1, acquire_and_release, &twin);
    done();
}
END_TEST

START_TEST(test_release_unacquired)
{
    fresh(true, _i);
    must_eq(release(here), EPERM);
    must_eq(acquire(here), 0);
    must_eq(acquire(here), 0);
    must_eq(release(here), 0);
    must_eq(acquire(here), 0);
    must_eq(release(here), 0);
    must_eq(release(here), 0);
    must_eq(release(here), EPERM);
    crew_run(_i, 1, acquire_and_release, &twin);
    done();
}
END_TEST

/* What saves and restores is the wait on a condition. */
START_TEST(test_release_save_unacquired)
{
    weir_cond_t cond;

    fresh(true, _i);
    must_eq(weir_cond_init(&cond, scope_of(_i)), 0);
    must_eq(weir_cond_wait_rmutex(&cond, &here->rmutex), EPERM);
    must_eq(acquire(here), 0);
    must_eq(release(here), 0);
    must_eq(weir_cond_wait_rmutex(&cond, &here->rmutex), EPERM);
    crew_run(_i, 1, acquire_and_release, &twin);
    done();
}
END_TEST

static void refuse_release(unsigned index, void *arg)
{
    struct stage *s = arg;

    (void)index;
    must_eq(release(s), EPERM);
    must(!weir_rmutex_is_mine(&s->rmutex));
    append(&s->results);
}

/* test_different_thread of RLock. */
START_TEST(test_rlock_different_thread)
{
    fresh(true, _i);
    must_eq(acquire(here), 0);
    crew_run(_i, 1, refuse_release, &twin);
    must_eq(length(&here->results), 1);
    must_eq(release(here), 0);
    done();
}
END_TEST

START_TEST(test__is_owned)
{
    fresh(true, _i);
    must(!weir_rmutex_is_mine(&here->rmutex));
    must_eq(acquire(here), 0);
    must(weir_rmutex_is_mine(&here->rmutex));
    must_eq(acquire(here), 0);
    must(weir_rmutex_is_mine(&here->rmutex));
    crew_run(_i, 1, refuse_release, &twin);
    must_eq(release(here), 0);
    must(weir_rmutex_is_mine(&here->rmutex));
    must_eq(release(here), 0);
    must(!weir_rmutex_is_mine(&here->rmutex));
    done();
}
END_TEST

START_TEST(test_recursion_count)
{
    static const int steps[] = {1, 1, -1, 1, -1, -1};
    unsigned depth = 0;

    fresh(true, _i);
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        must_eq(weir_rmutex_depth(&here->rmutex), depth);
        must_eq(steps[i] > 0 ? acquire(here) : release(here), 0);
        depth += (unsigned)steps[i];
    }
    must_eq(weir_rmutex_depth(&here->rmutex), 0);
    done();
}
END_TEST

static void add_base(TCase *tcase)
{
    tcase_add_loop_test(tcase, test_constructor, 0, KINDS(WAYS));
    tcase_add_loop_test(tcase, test_acquire_destroy, 0, KINDS(SCOPES));
    tcase_add_loop_test(tcase, test_acquire_release, 0, KINDS(WAYS));
    tcase_add_loop_test(tcase, test_try_acquire, 0, KINDS(WAYS));
    tcase_add_loop_test(tcase, test_acquire_contended, 0, KINDS(WAYS));
    tcase_add_loop_test(tcase, test_try_acquire_contended, 0, KINDS(WAYS));
    tcase_add_loop_test(tcase, test_thread_leak, 0, KINDS(SCOPES));
    tcase_add_loop_test(tcase, test_timeout, 0, KINDS(WAYS));
    tcase_add_loop_test(tcase, test_at_fork_reinit, 0, KINDS(SCOPES));
}

int main(void)
{
    Suite *suite = suite_create("python_lock");
    TCase *tcase = support_tcase(suite, "both");

    add_base(tcase);
    tcase = support_tcase(suite, "lock");
    tcase_add_loop_test(tcase, test_reacquire, 0, WAYS);
    tcase_add_loop_test(tcase, test_different_thread, 0, WAYS);
    tcase_add_loop_test(tcase, test_state_after_timeout, 0, WAYS);
    tcase = support_tcase(suite, "rlock");
    tcase_add_loop_test(tcase, test_rlock_reacquire, 0, WAYS);
    tcase_add_loop_test(tcase, test_release_unacquired, 0, WAYS);
    tcase_add_loop_test(tcase, test_release_save_unacquired, 0, WAYS);
    tcase_add_loop_test(tcase, test_rlock_different_thread, 0, WAYS);
    tcase_add_loop_test(tcase, test__is_owned, 0, WAYS);
    tcase_add_loop_test(tcase, test_recursion_count, 0, WAYS);
    return support_main(suite);
}
