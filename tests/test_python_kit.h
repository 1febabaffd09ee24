/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Crews, for what CPython's lock_tests.py asks: the same body runs in threads,
 * on a private object and on a shared one, and in processes, which see the
 * object at another address.
 *
 * What a body uses is in memory at two addresses, and it gets the one that is
 * its own.  Nothing in there may be a pointer.
 */
#ifndef TEST_PYTHON_KIT_H
#define TEST_PYTHON_KIT_H

#include <weir/base.h>

#include "support/support.h"

/* Loop tests run once per way. */
#define THREADS_PRIVATE 0
#define THREADS_SHARED 1
#define PROCESSES 2
#define WAYS 3
#define SCOPES 2 /* of the ways, those within one process */

#define CREW_MAX 10u

static inline unsigned scope_of(int way)
{
    return way == THREADS_PRIVATE ? WEIR_PRIVATE : WEIR_SHARED;
}

typedef struct crew {
    int way;
    unsigned count;
    support_group_t group;
    pid_t children[CREW_MAX];
} crew_t;

static inline void crew_start(crew_t *crew, int way, unsigned count,
                              support_body_t *body, const support_twin_t *twin)
{
    crew->way = way;
    crew->count = count;
    must(count <= CREW_MAX);
    if (way != PROCESSES) {
        support_group_start(&crew->group, count, body, twin->here);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        crew->children[i] = support_fork();
        if (crew->children[i] == 0) {
            body(i, twin->there);
            support_exit();
        }
    }
}

/* Until all of them sleep in the kernel. */
static inline void crew_await_sleep(const crew_t *crew)
{
    for (unsigned i = 0; i < crew->count; i++)
        support_await_sleep(crew->way == PROCESSES ? crew->children[i]
                                                   : crew->group.tids[i]);
}

static inline void crew_join(crew_t *crew)
{
    if (crew->way != PROCESSES) {
        support_group_join(&crew->group);
        return;
    }
    for (unsigned i = 0; i < crew->count; i++)
        support_reap(crew->children[i]);
}

/* Start, run, join. */
static inline void crew_run(int way, unsigned count, support_body_t *body,
                            const support_twin_t *twin)
{
    crew_t crew;

    crew_start(&crew, way, count, body, twin);
    crew_join(&crew);
}

/* Lists that Python's tests append to, and count. */
static inline void append(unsigned *list)
{
    __atomic_fetch_add(list, 1, __ATOMIC_SEQ_CST);
}

static inline unsigned length(const unsigned *list)
{
    return __atomic_load_n(list, __ATOMIC_SEQ_CST);
}

static inline void await_length(const unsigned *list, unsigned wanted)
{
    while (length(list) < wanted)
        support_sleep_ns(100000);
    must_eq(length(list), wanted);
}

#endif
