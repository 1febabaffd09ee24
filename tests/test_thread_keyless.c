/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A process in which all keys of thread-specific data were taken before the
 * library was loaded: threads work, without what is done in destructors.
 */
#include <weir/thread.h>

#include <pthread.h>

#include "support/support.h"

static bool loaded;

int __real_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    return loaded ? __real_pthread_key_create(key, destructor) : EAGAIN;
}

static weir_thread_t thread;

static void *find_self(void *arg)
{
    must(weir_thread_current() == &thread);
    must_eq(weir_thread_active_count(), 2);
    return arg;
}

START_TEST(threads_end)
{
    void *result;

    must(weir_thread_current() == weir_thread_main());
    for (int i = 0; i < 10; i++) {
        must_eq(weir_thread_init(&thread, NULL, find_self, &thread), 0);
        must_eq(weir_thread_start(&thread), 0);
        must_eq(weir_thread_join(&thread, WEIR_FOREVER, &result), 0);
        must(result == &thread);
        must_eq(weir_thread_active_count(), 1);
    }
}
END_TEST

static void be_nobody(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must(weir_thread_current() == NULL);
    must(weir_thread_main() != NULL);
    must(weir_get_ident() != 0);
    must_eq(weir_thread_fail(1, "nobody"), 0);
}

START_TEST(foreign_threads_have_no_object)
{
    support_threads(1, be_nobody, NULL);
    must_eq(weir_thread_active_count(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread_keyless");
    TCase *tcase = support_tcase(suite, "api");

    loaded = true;
    tcase_add_test(tcase, threads_end);
    tcase_add_test(tcase, foreign_threads_have_no_object);
    return support_main(suite);
}
