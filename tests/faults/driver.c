/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A program that uses the library as shipped, sleeps and wakes in all of its
 * primitives, checks what comes of it, and ends by itself: for a kernel that
 * was told to fail (inject.c, strace).
 *
 *   driver PART [timed]
 *
 * PART is private-mutex, shared-mutex, private-barrier, ...; timed: deadlines
 * pass, too, which takes a kernel that lets them.
 *
 * No futex of libc's is of the kind that inject makes fail: pthread_join waits
 * by the wall clock, another operation.  Strace knows no operations.
 */
#include "driver.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct world *world;
bool shared;
bool timed;

_Noreturn void fail(const char *file, int line, const char *text)
{
    (void)fprintf(stderr, "%s:%d: must hold: %s\n", file, line, text);
    _exit(1);
}

void nap(long ns)
{
    struct timespec left = {0, ns};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        ;
}

/* -- Teams: threads, or processes ---------------------------------------- */

struct member {
    body_t *body;
    unsigned index;
};

static void *run(void *arg)
{
    struct member *member = arg;

    member->body(member->index);
    return NULL;
}

static void run_threads(body_t *body)
{
    struct member members[TEAM];
    pthread_t threads[TEAM];

    for (unsigned i = 0; i < TEAM; i++) {
        members[i] = (struct member){body, i};
        must(pthread_create(&threads[i], NULL, run, &members[i]) == 0);
    }
    for (unsigned i = 0; i < TEAM; i++)
        must(pthread_join(threads[i], NULL) == 0);
}

static void run_processes(body_t *body)
{
    pid_t children[TEAM];
    int status;

    for (unsigned i = 0; i < TEAM; i++) {
        children[i] = fork();
        must(children[i] >= 0);
        if (children[i] == 0) {
            body(i);
            _exit(0);
        }
    }
    for (unsigned n = 0; n < TEAM;) {
        if (wait(&status) < 0) {
            must(errno == EINTR);
            continue;
        }
        n++;
        if (status == 0)
            continue;
        /* What ends one ends the program: a panic is its own. */
        for (unsigned i = 0; i < TEAM; i++)
            (void)kill(children[i], SIGKILL);
        if (WIFSIGNALED(status))
            abort();
        _exit(1);
    }
}

void team(body_t *body)
{
    if (shared)
        run_processes(body);
    else
        run_threads(body);
}

/* -- All ----------------------------------------------------------------- */

struct part {
    const char *name;
    void (*attempt)(void);
};

static const struct part parts[] = {
    {"mutex", try_mutex},   {"rmutex", try_rmutex},   {"cond", try_cond},
    {"rwlock", try_rwlock}, {"barrier", try_barrier}, {"queue", try_queue},
    {"sem", try_sem},       {"event", try_event},     {"latch", try_latch},
    {"once", try_once},     {"seqlock", try_seqlock}, {"thread", try_thread},
    {"timer", try_timer},   {"token", try_token},     {"wait", try_wait},
};

static const struct part *find(const char *name)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcmp(name, parts[i].name) == 0)
            return &parts[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const char *dash = argc > 1 ? strchr(argv[1], '-') : NULL;
    const struct part *part = dash != NULL ? find(dash + 1) : NULL;

    if (part == NULL) {
        (void)fprintf(stderr, "usage: driver private-PART|shared-PART "
                              "[timed]\n");
        return 2;
    }
    shared = argv[1][0] == 's';
    timed = argc > 2;
    world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(world != MAP_FAILED);
    part->attempt();
    return 0;
}
