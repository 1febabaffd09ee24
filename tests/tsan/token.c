/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with tokens, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

static weir_token_t parent, child;
static weir_sem_t sem, back;
static weir_mutex_t mutex;
static long cargo;
static long beside;

static void set_up(void)
{
    must(weir_token_init(&parent, NULL, WEIR_FOREVER, 0) == 0);
    must(weir_token_init(&child, &parent, WEIR_FOREVER, 0) == 0);
    must(weir_sem_init(&sem, 0, WEIR_SEM_MAX, 0) == 0);
    must(weir_sem_init(&back, 0, WEIR_SEM_MAX, 0) == 0);
}

/* -- Right -------------------------------------------------------------- */

static void *cancel(void *arg)
{
    cargo = 7;
    nap(1000000);
    must(weir_token_cancel(&parent) == 0);
    return arg;
}

static void *wait_for_it(void *arg)
{
    must(weir_token_wait(&child) == 0);
    must(cargo == 7);
    return arg;
}

static void waited(void)
{
    set_up();
    both(cancel, wait_for_it);
}

static void *look_for_it(void *arg)
{
    while (!weir_token_is_cancelled(&child))
        nap(1000);
    must(cargo == 7);
    return arg;
}

static void looked(void)
{
    set_up();
    both(cancel, look_for_it);
}

/* What ends a wait for something else publishes as well. */
static void *wait_in_vain(void *arg)
{
    must(weir_sem_wait_with(&sem, WEIR_FOREVER, &child) == ECANCELED);
    must(cargo == 7);
    return arg;
}

static void ended(void)
{
    set_up();
    both(cancel, wait_in_vain);
}

/* Most of these sleep; one that comes late takes the permit by inline code,
 * which the sanitizer sees. */
static void *post(void *arg)
{
    for (int i = 1; i <= 20; i++) {
        cargo = i;
        nap(1000000);
        must(weir_sem_post(&sem) == 0);
        must(weir_sem_wait(&back) == 0);
    }
    return arg;
}

static void *get(void *arg)
{
    for (int i = 1; i <= 20; i++) {
        must(weir_sem_wait_with(&sem, WEIR_FOREVER, &child) == 0);
        must(cargo == i);
        must(weir_sem_post(&back) == 0);
    }
    return arg;
}

static void got(void)
{
    set_up();
    both(post, get);
}

static void *count(void *arg)
{
    for (int i = 0; i < 100; i++) {
        must(weir_mutex_lock_with(&mutex, WEIR_FOREVER, &child) == 0);
        cargo++;
        must(weir_mutex_unlock(&mutex) == 0);
    }
    return arg;
}

static void locked(void)
{
    set_up();
    must(weir_mutex_init(&mutex, 0) == 0);
    both(count, count);
    must(cargo == 200);
}

/* -- Wrong -------------------------------------------------------------- */

static void *cancel_and_write(void *arg)
{
    must(weir_token_cancel(&parent) == 0);
    apart();
    beside++;
    return arg;
}

static void *wait_and_write(void *arg)
{
    must(weir_token_wait(&child) == 0);
    apart();
    beside++;
    return arg;
}

/* What comes after the cancel is not published. */
static void race_after(void)
{
    set_up();
    both(cancel_and_write, wait_and_write);
}

static void *give_up_and_write(void *arg)
{
    must(weir_sem_wait_with(&sem, WEIR_NOW, &child) == ETIMEDOUT);
    apart();
    beside++;
    return arg;
}

static void *write_and_cancel(void *arg)
{
    apart();
    beside++;
    nap(100000000);
    must(weir_token_cancel(&parent) == 0);
    return arg;
}

/* A wait that timed out orders nothing, though it had a token. */
static void race_after_timeout(void)
{
    set_up();
    both(give_up_and_write, write_and_cancel);
}

static void *time_out_and_write(void *arg)
{
    weir_token_t late;

    must(weir_token_init(&late, &child, weir_after(1000), 0) == 0);
    must(weir_token_wait(&late) == 0);
    apart();
    beside++;
    return arg;
}

/* Nor does a deadline of the token: nobody cancelled it. */
static void race_after_deadline(void)
{
    set_up();
    both(time_out_and_write, write_and_cancel);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"waited", CLEAN, waited},
        {"looked", CLEAN, looked},
        {"ended", CLEAN, ended},
        {"got", CLEAN, got},
        {"locked", CLEAN, locked},
        {"race_after", RACE, race_after},
        {"race_after_timeout", RACE, race_after_timeout},
        {"race_after_deadline", RACE, race_after_deadline},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
