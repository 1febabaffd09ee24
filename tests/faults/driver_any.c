/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The driver: what sleeps on several words, with a token, or for any of several
 * things.
 */
#include "driver.h"

#include <string.h>

#define ASK_NS 20000000 /* not over before it is slept on */

/* -- Token --------------------------------------------------------------- */

/* Each cancels the next token, or its parent, late; the others wait for it, or
 * with it for something else. */
static void cancels(unsigned index)
{
    for (unsigned i = 0; i < GATES; i++) {
        weir_token_t *token = &world->tokens[i];
        int result = 0;

        if (i % TEAM == index) {
            nap(200000); /* the others are asleep by now */
            __atomic_store_n(&world->arrived[index], i + 1, __ATOMIC_RELAXED);
            must(weir_token_cancel(i % 2 ? token : &world->parents[i]) == 0);
        }
        if (timed && (i + 1) % TEAM == index)
            result =
                weir_sem_wait_with(&world->sem, weir_after(SHORT_NS), token);
        must(result == 0 || result == ETIMEDOUT || result == ECANCELED);
        if ((i + index) % 2 == 0)
            must(weir_token_wait(i % 4 == 0 ? &world->parents[i] : token) == 0);
        else
            must(weir_sem_wait_with(&world->sem, WEIR_FOREVER, token) ==
                 ECANCELED);
        must(__atomic_load_n(&world->arrived[i % TEAM], __ATOMIC_RELAXED) >=
             i + 1);
    }
}

/* Before the team does, whose first sleepers would ask at once, each by a call
 * of its own; and here, so that children know the answer. */
static void ask_with_token(void)
{
    weir_token_t soon;

    must(weir_token_init(&soon, &world->tokens[0], weir_after(ASK_NS), 0) == 0);
    must(weir_token_wait(&soon) == 0);
    must(!weir_token_is_cancelled(&world->tokens[0]));
}

void try_token(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        memset(world->arrived, 0, sizeof(world->arrived));
        must(weir_sem_init(&world->sem, 0, WEIR_SEM_MAX, shared) == 0);
        for (unsigned i = 0; i < GATES; i++) {
            must(weir_token_init(&world->parents[i], NULL, WEIR_FOREVER,
                                 shared) == 0);
            must(weir_token_init(&world->tokens[i], &world->parents[i],
                                 WEIR_FOREVER, shared) == 0);
        }
        ask_with_token();
        team(cancels);
        must(weir_sem_value(&world->sem) == 0);
    }
}

/* -- Any of several ------------------------------------------------------- */

/* Permits, until it has its share; the lock, when it is that which is free. */
static void take_any(void)
{
    weir_wait_item_t items[2];
    unsigned permits = 0;
    size_t which;

    items[0] = weir_wait_on_sem(&world->sem);
    items[1] = weir_wait_on_mutex(&world->mutex);
    while (permits < LOCKS) {
        weir_deadline_t deadline = timed ? weir_after(SHORT_NS) : WEIR_FOREVER;
        int result = weir_wait_any(items, 2, deadline, &which);

        must(result == 0 || (timed && result == ETIMEDOUT));
        if (result != 0)
            continue;
        if (which == 0) {
            permits++;
            continue;
        }
        must(world->inside++ == 0);
        must(--world->inside == 0);
        must(weir_mutex_unlock(&world->mutex) == 0);
    }
}

static void waits(unsigned index)
{
    if (index < TEAM / 2) {
        take_any();
        return;
    }
    for (unsigned i = 0; i < LOCKS; i++) {
        must(weir_mutex_lock(&world->mutex) == 0);
        must(world->inside++ == 0);
        nap(20000);
        must(weir_sem_post(&world->sem) == 0);
        must(--world->inside == 0);
        must(weir_mutex_unlock(&world->mutex) == 0);
        nap(20000);
    }
}

/* As above. */
static void ask_with_items(void)
{
    weir_wait_item_t items[2];
    size_t which;

    items[0] = weir_wait_on_sem(&world->sem);
    items[1] = weir_wait_on_mutex(&world->mutex);
    must(weir_mutex_lock(&world->mutex) == 0);
    must(weir_wait_any(items, 2, weir_after(ASK_NS), &which) == ETIMEDOUT);
    must(weir_mutex_unlock(&world->mutex) == 0);
}

void try_wait(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        must(weir_mutex_init(&world->mutex, shared) == 0);
        must(weir_sem_init(&world->sem, 0, WEIR_SEM_MAX, shared) == 0);
        ask_with_items();
        team(waits);
        must(weir_sem_value(&world->sem) == 0);
        must(!weir_mutex_is_locked(&world->mutex));
    }
}
