/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the programs of this folder share.  Each has a table of cases, and
 * what ThreadSanitizer must find in each; run.py asks for the table with
 * --list, and runs one case per process.
 *
 * Where a race is expected, both accesses come after the last thing that
 * their threads do with a lock, so that no schedule can order them; and each
 * is preceded by apart(), so that they do not happen at the same instant.
 */
#ifndef TSAN_KIT_H
#define TSAN_KIT_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <weir/weir.h>

#define CLEAN "nothing"
#define RACE "data race"
#define INVERSION "lock-order-inversion"
#define MISUSE "unlock of an unlocked mutex"

typedef void *body_t(void *arg);

struct test {
    const char *name;
    const char *finds;
    void (*run)(void);
};

#define must(condition)                                                        \
    ((condition) ? (void)0                                                     \
                 : (fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__,        \
                            __LINE__, #condition),                             \
                    exit(1)))

static inline void nap(long ns)
{
    struct timespec ts = {0, ns};

    must(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL) == 0);
}

/* Whoever comes here first goes on at once, who comes second a while later.
 * Orders nothing, for the sanitizer as for C.  It checks an access against
 * what it has noted of earlier ones, and then notes it, without a lock: of two
 * accesses at the very same time, as right after a barrier, neither may find
 * the other's note, and a race goes unreported. */
static inline void apart(void)
{
    static int came;

    if (__atomic_fetch_add(&came, 1, __ATOMIC_RELAXED) != 0)
        nap(50000000);
}

/* Run all bodies at once, each in a thread. */
static inline void together(int n, body_t *const *bodies)
{
    pthread_t threads[8];

    for (int i = 0; i < n; i++)
        must(pthread_create(&threads[i], NULL, bodies[i], NULL) == 0);
    for (int i = 0; i < n; i++)
        must(pthread_join(threads[i], NULL) == 0);
}

static inline void both(body_t *one, body_t *other)
{
    body_t *bodies[] = {one, other};

    together(2, bodies);
}

static inline void four(body_t *body)
{
    body_t *bodies[] = {body, body, body, body};

    together(4, bodies);
}

static inline int kit_main(int argc, char **argv, const struct test *tests,
                           size_t count)
{
    must(argc == 2);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[1], "--list") == 0)
            printf("%s: %s\n", tests[i].name, tests[i].finds);
        else if (strcmp(argv[1], tests[i].name) == 0)
            return tests[i].run(), 0;
    }
    return strcmp(argv[1], "--list") == 0 ? 0 : 2;
}

#endif
