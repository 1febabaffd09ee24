/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the suites of shared queues share.
 */
#ifndef TEST_SHARED_KIT_H
#define TEST_SHARED_KIT_H

#include <weir/queue.h>

#include <sys/mman.h>

#include "support/support.h"
#include "test_queue_kit.h"

/* A shared queue at two addresses. */
struct pair {
    support_twin_t twin;
    weir_queue_t *here, *there;
};

static inline struct pair make_pair(size_t capacity, size_t elem_size)
{
    struct pair p = {.twin =
                         support_twin(weir_queue_memsize(capacity, elem_size))};

    p.here = p.twin.here;
    p.there = p.twin.there;
    must_eq(
        weir_queue_init(p.here, p.twin.size, capacity, elem_size, WEIR_SHARED),
        0);
    must_eq(keeps_errno(weir_queue_attach(p.there, p.twin.size)), 0);
    support_watch("queue", p.here, offsetof(weir_queue_t, cells));
    return p;
}

static inline void free_pair(struct pair *p)
{
    support_forget(p->here);
    support_twin_free(&p->twin);
}

/* Zero memory that children share; it lives as long as the test. */
static inline void *shared_memory(size_t size)
{
    void *m = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    must(m != MAP_FAILED);
    return m;
}

#endif
