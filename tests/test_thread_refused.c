/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What libc and the kernel refuse to threads: memory, threads, keys, handlers.
 * Each leaves a thread that can be started again, and a list as it was.
 */
#include <weir/thread.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

/* Calls of the library that fail, and how. */
static int refuse_create;
static void (*hold_create)(void); /* before it is refused */
static int refuse_stack;
static int refuse_attr;
static int refuse_setspecific;
static int refuse_atexit;
static bool refuse_memory;

int __real_pthread_create(pthread_t *handle, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *handle, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *handle, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg)
{
    if (hold_create != NULL)
        hold_create();
    if (refuse_create != 0)
        return refuse_create;
    return __real_pthread_create(handle, attr, fn, arg);
}

int __real_pthread_attr_init(pthread_attr_t *attr);
int __wrap_pthread_attr_init(pthread_attr_t *attr);
int __wrap_pthread_attr_init(pthread_attr_t *attr)
{
    return refuse_attr != 0 ? refuse_attr : __real_pthread_attr_init(attr);
}

int __real_pthread_attr_setstacksize(pthread_attr_t *attr, size_t size);
int __wrap_pthread_attr_setstacksize(pthread_attr_t *attr, size_t size);
int __wrap_pthread_attr_setstacksize(pthread_attr_t *attr, size_t size)
{
    return refuse_stack != 0 ? refuse_stack
                             : __real_pthread_attr_setstacksize(attr, size);
}

int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
    if (__atomic_load_n(&refuse_setspecific, __ATOMIC_RELAXED) != 0)
        return ENOMEM;
    return __real_pthread_setspecific(key, value);
}

int __real_atexit(void (*handler)(void));
int __wrap_atexit(void (*handler)(void));
int __wrap_atexit(void (*handler)(void))
{
    return refuse_atexit != 0 ? -1 : __real_atexit(handler);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    if (refuse_memory) {
        errno = ENOMEM;
        return NULL;
    }
    return __real_calloc(count, size);
}

static weir_thread_t thread;

static void *at_once(void *arg)
{
    return arg;
}

/* It was refused with error; then it works. */
static void must_be_new(int error)
{
    must_eq(keeps_errno(weir_thread_start(&thread)), error);
    must(!weir_thread_is_alive(&thread));
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), ESRCH);
    must_eq(weir_thread_ident(&thread), 0);
    must_eq(weir_thread_active_count(), 1);
    must_eq(weir_thread_enumerate(NULL, 0), 1);
    must_eq(weir_thread_join_all(WEIR_NOW), 0);
    must_eq(weir_thread_set_daemon(&thread, false), 0);
}

static void must_work(void)
{
    void *result;

    must_eq(weir_thread_start(&thread), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, &result), 0);
    must(result == &thread);
    must_eq(weir_thread_join_all(WEIR_FOREVER), 0);
    must_eq(weir_thread_active_count(), 1);
}

static void make(void)
{
    must_eq(weir_thread_init(&thread, NULL, at_once, &thread), 0);
}

START_TEST(no_thread)
{
    static const int errors[] = {EAGAIN, EPERM, EINVAL, ENOMEM};

    make();
    for (unsigned i = 0; i < 4; i++) {
        refuse_create = errors[i];
        must_be_new(errors[i] == ENOMEM ? EAGAIN : errors[i]);
        must_eq(weir_thread_set_daemon(&thread, i % 2 == 0), 0);
        must_eq(keeps_errno(weir_thread_start(&thread)),
                errors[i] == ENOMEM ? EAGAIN : errors[i]);
    }
    refuse_create = 0;
    must_eq(weir_thread_set_daemon(&thread, false), 0);
    must_work();
}
END_TEST

START_TEST(no_thread_attributes)
{
    make();
    refuse_attr = ENOMEM;
    must_be_new(EAGAIN);
    refuse_attr = 0;
    must_work();
}
END_TEST

START_TEST(no_such_stack)
{
    weir_thread_attr_t attr = {.stack_size = (size_t)1 << 20,
                               .guard_size = (size_t)1 << 16};

    must_eq(weir_thread_init(&thread, &attr, at_once, &thread), 0);
    refuse_stack = EINVAL;
    must_be_new(EINVAL);
    refuse_stack = 0;
    must_work();
}
END_TEST

START_TEST(no_memory)
{
    make();
    refuse_memory = true;
    must_be_new(EAGAIN);
    refuse_memory = false;
    must_work();
}
END_TEST

/* Nobody waits for a thread that could not be started: who joins meanwhile
 * is told. */
static uint32_t stop;

static void join_in_vain(unsigned index, void *arg)
{
    (void)arg;
    if (index == 0) {
        refuse_create = EAGAIN;
        for (long i = support_scaled(3000); i > 0; i--)
            must_eq(weir_thread_start(&thread), EAGAIN);
        __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
        return;
    }
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), ESRCH);
        must_eq(weir_thread_ident(&thread), 0);
    }
}

START_TEST(joined_while_refused)
{
    support_group_t group;

    make();
    support_group_start(&group, 3, join_in_vain, NULL);
    support_group_join(&group);
}
END_TEST

/* The same, surely asleep when it is refused. */
static support_group_t joiners;

static void join_once(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), ESRCH);
}

static void ask_once(unsigned index, void *arg)
{
    (void)arg;
    if (index == 0)
        must_eq(weir_thread_ident(&thread), 0);
    else
        join_once(index, arg);
}

static void start_joiners(void)
{
    hold_create = NULL;
    must(weir_thread_is_alive(&thread)); /* as far as one knows */
    support_group_start(&joiners, 3, ask_once, NULL);
    for (unsigned i = 0; i < 3; i++)
        support_await_sleep(joiners.tids[i]);
    refuse_create = EAGAIN;
}

START_TEST(asleep_when_refused)
{
    make();
    hold_create = start_joiners;
    must_eq(weir_thread_start(&thread), EAGAIN);
    support_group_join(&joiners);
    refuse_create = 0;
    must_work();
}
END_TEST

/* Without the destructor the thread ends itself. */
static void *set_data(void *arg)
{
    must(weir_thread_current() == &thread);
    return arg;
}

START_TEST(no_destructor)
{
    __atomic_store_n(&refuse_setspecific, 1, __ATOMIC_RELAXED);
    must_eq(weir_thread_init(&thread, NULL, set_data, &thread), 0);
    must_work();
    __atomic_store_n(&refuse_setspecific, 0, __ATOMIC_RELAXED);
    make();
    must_work();
}
END_TEST

/* In the middle of its rounds. */
static void *refuse_from_here(void *arg)
{
    __atomic_store_n(&refuse_setspecific, 1, __ATOMIC_RELAXED);
    return arg;
}

START_TEST(no_second_round)
{
    must_eq(weir_thread_init(&thread, NULL, refuse_from_here, &thread), 0);
    must_work();
}
END_TEST

/* A foreign thread that cannot have an object. */
static void be_nobody(unsigned index, void *arg)
{
    (void)index;
    refuse_memory = arg == NULL;
    __atomic_store_n(&refuse_setspecific, arg != NULL, __ATOMIC_RELAXED);
    must(keeps_errno(weir_thread_current()) == NULL);
    must(weir_thread_main() != NULL);
    must(weir_get_ident() != 0);
    refuse_memory = false;
    __atomic_store_n(&refuse_setspecific, 0, __ATOMIC_RELAXED);
    must(weir_thread_current() != NULL);
}

START_TEST(no_object)
{
    support_threads(1, be_nobody, _i == 0 ? NULL : &thread);
    must_eq(weir_thread_active_count(), 1);
}
END_TEST

START_TEST(no_handler)
{
    refuse_atexit = 1;
    must_eq(weir_thread_join_at_exit(), EAGAIN);
    must_eq(weir_thread_join_at_exit(), EAGAIN);
    refuse_atexit = 0;
    must_eq(weir_thread_join_at_exit(), 0);
    refuse_atexit = 1;
    must_eq(weir_thread_join_at_exit(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread_refused");
    TCase *tcase = support_tcase(suite, "refused");

    tcase_add_test(tcase, no_thread);
    tcase_add_test(tcase, no_thread_attributes);
    tcase_add_test(tcase, no_memory);
    tcase_add_test(tcase, no_such_stack);
    tcase_add_test(tcase, joined_while_refused);
    tcase_add_test(tcase, asleep_when_refused);
    tcase_add_test(tcase, no_destructor);
    tcase_add_test(tcase, no_second_round);
    tcase_add_loop_test(tcase, no_object, 0, 2);
    tcase_add_test(tcase, no_handler);
    return support_main(suite);
}
