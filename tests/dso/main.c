/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * B56: two shared objects, both built with hidden visibility, use one mutex.
 * A thread that sleeps through one of them must be woken by an unlock that is
 * inline in the other: there is one table of sleepers, or this hangs.  And a
 * biased read lock that was taken through one is given back through the other,
 * and seen by a writer that is here: there is one table of readers, and a
 * thread has one line.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "side.h"

#define ROUNDS 300

static weir_mutex_t mutex = WEIR_MUTEX_INIT;
static long counter;

static void *wait_on_the_right(void *arg)
{
    (void)arg;
    if (right_lock(&mutex) != 0)
        return &counter;
    counter++;
    return right_unlock(&mutex) != 0 ? &counter : NULL;
}

static weir_rwlock_t rwlock = WEIR_RWLOCK_INIT;

static bool is_biased(void)
{
    return weir_load_sc_(&rwlock.state) & WEIR_RWLOCK_BIASED_;
}

static bool read_here_and_there(void)
{
    for (int i = 0; !is_biased() && i < 100000; i++)
        if (left_rdlock(&rwlock) != 0 || right_rdunlock(&rwlock) != 0)
            return false;
    if (!is_biased()) {
        puts("no bias: the kernel has no membarrier");
        return true;
    }
    for (int i = 0; i < ROUNDS; i++)
        if (left_rdlock(&rwlock) != 0 || right_rdlock(&rwlock) != 0 ||
            left_line() != right_line() || left_line() == NULL ||
            weir_rwlock_trywrlock(&rwlock) != EBUSY ||
            left_rdunlock(&rwlock) != 0 || right_rdunlock(&rwlock) != 0 ||
            left_rdunlock(&rwlock) != EPERM || !is_biased())
            return false;
    return weir_rwlock_trywrlock(&rwlock) == 0 &&
           weir_rwlock_wrunlock(&rwlock) == 0;
}

int main(void)
{
    const struct timespec nap = {0, 300000}; /* longer than anybody spins */
    pthread_t thread;
    void *result;

    alarm(60); /* a lost wake-up sleeps for ever */
    if (left_table() != right_table() || left_table() != weir_parked_) {
        puts("each side has a table of its own");
        return 1;
    }
    if (!read_here_and_there()) {
        puts("a read lock is not the same on both sides");
        return 1;
    }
    for (int i = 0; i < ROUNDS; i++) {
        mutex = (weir_mutex_t)WEIR_MUTEX_INIT; /* light again */
        if (left_lock(&mutex) != 0 ||
            pthread_create(&thread, NULL, wait_on_the_right, NULL) != 0)
            return 1;
        nanosleep(&nap, NULL);
        if (left_unlock(&mutex) != 0 || pthread_join(thread, &result) != 0 ||
            result != NULL)
            return 1;
    }
    printf("%ld waits, each woken from the other side\n", counter);
    return counter == ROUNDS ? 0 : 1;
}
