/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Users' programs that wait for any of several things: the one that was ready
 * publishes as its own call would, and the others publish nothing.
 */
#include "kit.h"

#define TURNS 20

static weir_mutex_t mutex;
static weir_sem_t sem;
static weir_event_t event;
static weir_token_t token;
static weir_queue_t *queue;
static long config;
static long beside;

static void set_up(void)
{
    must(weir_mutex_init(&mutex, 0) == 0);
    must(weir_sem_init(&sem, 0, WEIR_SEM_MAX, 0) == 0);
    must(weir_event_init(&event, 0) == 0);
    must(weir_token_init(&token, NULL, WEIR_FOREVER, 0) == 0);
    must(weir_queue_create(&queue, 1, sizeof(long *), 0) == 0);
}

/* -- Right -------------------------------------------------------------- */

static void *lock_one_of_two(void *arg)
{
    for (int i = 0; i < TURNS; i++) {
        weir_wait_item_t items[2];
        size_t which;

        items[0] = weir_wait_on_event(&event);
        items[1] = weir_wait_on_mutex(&mutex);
        must(weir_wait_any(items, 2, WEIR_FOREVER, &which) == 0);
        must(which == 1);
        config++;
        nap(100000);
        must(weir_mutex_unlock(&mutex) == 0);
    }
    return arg;
}

static void *lock(void *arg)
{
    for (int i = 0; i < TURNS; i++) {
        must(weir_mutex_lock(&mutex) == 0);
        config++;
        nap(100000);
        must(weir_mutex_unlock(&mutex) == 0);
    }
    return arg;
}

static void locked(void)
{
    body_t *bodies[] = {lock_one_of_two, lock, lock_one_of_two};

    set_up();
    together(3, bodies);
    must(config == 3 * TURNS);
}

/* Each after the one before has been seen, by who has read it: an order in the
 * other direction than the waits'. */
static int seen;

static void await_seen(int n)
{
    while (__atomic_load_n(&seen, __ATOMIC_ACQUIRE) < n)
        nap(1000);
    nap(2000000);
}

static void *publish_each(void *arg)
{
    long *there = &config;

    nap(2000000);
    config = 1;
    must(weir_sem_post(&sem) == 0);
    await_seen(1);
    beside = 2;
    must(weir_queue_put(queue, &there) == 0);
    await_seen(2);
    beside = 3;
    must(weir_event_set(&event) == 0);
    await_seen(3);
    beside = 4;
    must(weir_token_cancel(&token) == 0);
    return arg;
}

static size_t any(void)
{
    long *got = NULL;
    weir_wait_item_t items[4];
    size_t which;

    items[0] = weir_wait_on_sem(&sem);
    items[1] = weir_wait_on_get(queue, &got);
    items[2] = weir_wait_on_event(&event);
    items[3] = weir_wait_on_token(&token);
    must(weir_wait_any(items, 4, WEIR_FOREVER, &which) == 0);
    if (which == 1)
        must(*got == 1);
    return which;
}

static void *read_each(void *arg)
{
    for (int i = 0; i < 4; i++) {
        size_t which = any();

        must(which == (size_t)i);
        must(i == 0 ? config == 1 : beside == i + 1);
        if (which == 2)
            must(weir_event_clear(&event) == 0);
        __atomic_store_n(&seen, i + 1, __ATOMIC_RELEASE);
    }
    return arg;
}

static void each(void)
{
    set_up();
    both(publish_each, read_each);
    weir_queue_destroy(queue);
}

/* What is put publishes. */
static void *put_one_of_two(void *arg)
{
    for (long i = 0; i < TURNS; i++) {
        long *cargo = malloc(sizeof(*cargo));
        weir_wait_item_t items[2];
        size_t which;

        must(cargo != NULL);
        *cargo = i;
        items[0] = weir_wait_on_put(queue, &cargo);
        items[1] = weir_wait_on_event(&event);
        must(weir_wait_any(items, 2, WEIR_FOREVER, &which) == 0);
        must(which == 0);
    }
    return arg;
}

static void *get_each(void *arg)
{
    for (long i = 0; i < TURNS; i++) {
        long *cargo;

        nap(100000);
        must(weir_queue_get(queue, &cargo) == 0);
        must(*cargo == i);
        *cargo = 0;
        free(cargo);
    }
    return arg;
}

static void put(void)
{
    set_up();
    both(put_one_of_two, get_each);
    weir_queue_destroy(queue);
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_only(void *arg)
{
    apart();
    beside++;
    return arg;
}

static void *post_and_write(void *arg)
{
    must(weir_sem_post(&sem) == 0);
    return write_only(arg);
}

static void *wait_and_write(void *arg)
{
    must(any() == 0);
    return write_only(arg);
}

/* Written after the post, and so not published by it. */
static void race_after_post(void)
{
    set_up();
    both(post_and_write, wait_and_write);
}

/* What was not ready orders nothing. */
static void *give_up(void *arg)
{
    weir_wait_item_t items[2];
    size_t which;

    items[0] = weir_wait_on_event(&event);
    items[1] = weir_wait_on_sem(&sem);
    must(weir_wait_any(items, 2, weir_after(1000000), &which) == ETIMEDOUT);
    return write_only(arg);
}

static void race_after_timeout(void)
{
    set_up();
    both(give_up, write_only);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"locked", CLEAN, locked},
        {"each", CLEAN, each},
        {"put", CLEAN, put},
        {"race_after_post", RACE, race_after_post},
        {"race_after_timeout", RACE, race_after_timeout},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
