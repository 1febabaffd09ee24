/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the suites of the read-write lock share: one lock of each policy and
 * scope, a load that counts, and the state that can be reached without luck.
 */
#ifndef TEST_RWLOCK_KIT_H
#define TEST_RWLOCK_KIT_H

#include <weir/rwlock.h>

#include <sched.h>
#include <string.h>

#include "futex/readers.h"
#include "futex/revoke.h"
#include "support/support.h"

/* The word, as src/futex/rwlock.h has it. */
#define RW_WRITER ((uint64_t)1)
#define RW_READ ((uint64_t)2)
#define RW_QUEUED ((uint64_t)4)
#define RW_READERS_SLEEP ((uint64_t)8)
#define RW_WRITERS_SLEEP ((uint64_t)16)
#define RW_TURN ((uint64_t)32)
#define RW_BIASED ((uint64_t)64)
#define RW_TABLED ((uint64_t)128)
#define RW_DRAINING ((uint64_t)256)
#define RW_SHARED ((uint64_t)512)
#define RW_PREFER_READER ((uint64_t)1024)
#define RW_PHASE_FAIR ((uint64_t)2048)
#define RW_OF_INIT (RW_SHARED | RW_PREFER_READER | RW_PHASE_FAIR)
#define RW_WRITERS_WAITING(state) ((unsigned)((state) >> 16 & 0xffff))
#define RW_READERS(state) ((unsigned)((state) >> 32 & 0xffff))
#define RW_READERS_WAITING(state) ((unsigned)((state) >> 48 & 0xffff))

/* Loop tests run once per kind. */
static const unsigned kinds[] = {0,
                                 WEIR_RW_PREFER_READER,
                                 WEIR_RW_PHASE_FAIR,
                                 WEIR_SHARED,
                                 WEIR_SHARED | WEIR_RW_PREFER_READER,
                                 WEIR_SHARED | WEIR_RW_PHASE_FAIR};
#define KINDS 6
#define PRIVATE_KINDS 3

static weir_rwlock_t rw;

static inline uint64_t rw_state(void)
{
    return weir_load_sc_(&rw.state);
}

static inline void fresh(int kind)
{
    must_eq(weir_rwlock_init(&rw, kinds[kind]), 0);
    support_watch("rwlock", &rw, sizeof(rw));
}

/* Nobody has it, nobody waits, and nothing is left but what init and the
 * bias have set. */
static inline void must_be_at_rest(void)
{
    uint64_t state = rw_state();

    must_eq(state & ~(RW_OF_INIT | RW_BIASED | RW_TABLED), 0);
    must(!weir_readers_seen_(&rw));
}

/* A lock that was read for a while: biased, if the kernel lets it. */
static inline bool make_biased(void)
{
    if (!weir_asymmetric_())
        return false;
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    /* The watchdog ends this if it never comes true. */
    while (!(rw_state() & RW_BIASED)) {
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
    }
    return true;
}

/* Until n readers, and m writers, are counted as waiting. */
static inline void await_waiting(unsigned n, unsigned m)
{
    while (RW_READERS_WAITING(rw_state()) != n ||
           RW_WRITERS_WAITING(rw_state()) != m)
        sched_yield();
}

static inline void read_once(unsigned index, void *arg)
{
    (void)arg;
    support_note("reading as %lu", index, 0);
    must_eq(keeps_errno(weir_rwlock_rdlock(&rw)), 0);
    must_eq(keeps_errno(weir_rwlock_rdunlock(&rw)), 0);
}

static inline void write_once(unsigned index, void *arg)
{
    (void)arg;
    support_note("writing as %lu", index, 0);
    must_eq(keeps_errno(weir_rwlock_wrlock(&rw)), 0);
    must_eq(keeps_errno(weir_rwlock_wrunlock(&rw)), 0);
}

struct counting {
    long rounds;
    unsigned writes; /* of 256 */
    long counter;    /* plain: only exclusion makes it right */
    long copy;
    long written;
};

static inline int lock_somehow(support_random_t *random, bool write)
{
    int result;

    switch (support_below(random, 8)) {
    case 0:
        while ((result = write ? weir_rwlock_trywrlock(&rw)
                               : weir_rwlock_tryrdlock(&rw)) == EBUSY)
            support_jitter(random);
        return result;
    case 1:
        do {
            weir_deadline_t d = weir_after(support_below(random, 200000));

            result = write ? weir_rwlock_wrlock_until(&rw, d)
                           : weir_rwlock_rdlock_until(&rw, d);
        } while (result == ETIMEDOUT);
        return result;
    default: return write ? weir_rwlock_wrlock(&rw) : weir_rwlock_rdlock(&rw);
    }
}

static inline void read_and_write(unsigned index, void *arg)
{
    struct counting *c = arg;
    support_random_t random = support_random(index);
    long written = 0;

    for (long i = 0; i < c->rounds; i++) {
        bool write = support_below(&random, 256) < c->writes;

        support_note("round %lu", (unsigned long)i, 0);
        must_eq(lock_somehow(&random, write), 0);
        must_eq(c->counter, c->copy);
        if (write) {
            c->counter++;
            written++;
            if (i % 64 == 0)
                support_jitter(&random);
            c->copy++;
        }
        if (write && support_below(&random, 4) == 0) {
            must_eq(weir_rwlock_downgrade(&rw), 0);
            must_eq(c->counter, c->copy);
            write = false;
        }
        must_eq(write ? weir_rwlock_wrunlock(&rw) : weir_rwlock_rdunlock(&rw),
                0);
    }
    __atomic_fetch_add(&c->written, written, __ATOMIC_RELAXED);
}

static inline void count_with(unsigned threads, long total, unsigned writes)
{
    struct counting c = {support_scaled(total) / threads + 1, writes, 0, 0, 0};

    support_threads(threads, read_and_write, &c);
    must_eq(c.counter, c.written);
    must_be_at_rest();
}

#endif
