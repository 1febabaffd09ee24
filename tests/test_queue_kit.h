/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the queue suites share: queues under the watchdog's eyes, positions
 * preset near a wrap, and token accounting.
 *
 * Accounting: each of P producers puts the tokens 0, 1, 2, ... of its own, in
 * order, and each of C consumers gets a fixed share of all of them.  In the
 * end every token was got exactly once, each consumer has seen each producer's
 * tokens in order, and the queue is empty.  Nobody closes the queue: a lost
 * wake-up leaves somebody asleep for the watchdog to find.
 */
#ifndef TEST_QUEUE_KIT_H
#define TEST_QUEUE_KIT_H

#include <weir/queue.h>

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "atomics/ring.h"
#include "futex/eventcount.h"
#include "support/support.h"

/* --- queues --- */

static inline weir_queue_t *kit_create(size_t capacity, size_t elem_size)
{
    weir_queue_t *q = NULL;

    must_eq(weir_queue_create(&q, capacity, elem_size, 0), 0);
    must(q != NULL);
    support_watch("queue", q, offsetof(weir_queue_t, cells));
    return q;
}

static inline void kit_destroy(weir_queue_t *q)
{
    support_forget(q);
    weir_queue_destroy(q);
}

/* Make an unused queue one whose next element has this position (a multiple
 * of WEIR_POSITION_), as if so many had gone through it. */
static inline void kit_preset(weir_queue_t *q, uint64_t position)
{
    weir_ring_reset_(&q->ring, q->cells, position);
}

static inline void kit_must_be_unwanted(const weir_eventcount_t_ *ec)
{
    must_eq(weir_load_rlx_(&ec->word) & ~WEIR_EVENTCOUNT_SYMMETRIC_, 0);
}

/* Nobody is inside a call: an empty queue that agrees with itself, for which
 * nobody waits and no wake-up is on its way.  (hazard B39) */
static inline void kit_must_be_idle(weir_queue_t *q)
{
    must_eq(weir_queue_len(q), 0);
    must(weir_queue_empty(q));
    must(!weir_queue_full(q));
    kit_must_be_unwanted(&q->not_empty);
    kit_must_be_unwanted(&q->not_full);
    kit_must_be_unwanted(&q->drained);
}

/* --- elements: a token, then bytes that follow from it --- */

#define KIT_ELEM_MAX 64u
#define KIT_BATCH_MAX 5u

static inline void kit_fill(unsigned char *e, size_t size, uint64_t token)
{
    memcpy(e, &token, sizeof(token));
    for (size_t i = sizeof(token); i < size; i++)
        e[i] = (unsigned char)(token * 31 + i);
}

static inline uint64_t kit_token(const unsigned char *e, size_t size)
{
    uint64_t token;

    memcpy(&token, e, sizeof(token));
    for (size_t i = sizeof(token); i < size; i++)
        must_eq(e[i], (unsigned char)(token * 31 + i));
    return token;
}

/* --- accounting --- */

/* How elements are put and got. */
enum kit_how {
    KIT_BLOCKING, /* the inline fast path first */
    KIT_EXPORTED, /* the exported symbols, as a binding does */
    KIT_TRY,
    KIT_TIMED, /* tiny timeouts, again and again */
    KIT_MANY,
    KIT_MIXED /* each call another way */
};

#define KIT_PRODUCERS_MAX 32u

typedef struct kit_run {
    weir_queue_t *put_queue; /* one queue, perhaps at two addresses */
    weir_queue_t *get_queue;
    size_t elem_size; /* 8 to KIT_ELEM_MAX */
    unsigned producers, consumers;
    uint32_t per_producer;
    enum kit_how how;
    bool jitter;
    unsigned char *got; /* per token: how often; zero at the start */
    unsigned finished;  /* threads that are done */
} kit_run_t;

typedef int kit_put_t(weir_queue_t *, const void *);
typedef int kit_get_t(weir_queue_t *, void *);

/* Volatile, so that no compiler inlines what they point at. */
static kit_put_t *volatile kit_exported_put = weir_queue_put;
static kit_get_t *volatile kit_exported_get = weir_queue_get;

static inline size_t kit_tokens(const kit_run_t *run)
{
    return (size_t)run->producers * run->per_producer;
}

static inline weir_deadline_t kit_soon(support_random_t *random)
{
    return weir_after((int64_t)support_below(random, 60000));
}

static inline enum kit_how kit_choose(const kit_run_t *run,
                                      support_random_t *random)
{
    if (run->jitter)
        support_jitter(random);
    return run->how == KIT_MIXED ? support_below(random, KIT_MIXED) : run->how;
}

/* Put up to n elements; how many were. */
static inline size_t kit_put_some(kit_run_t *run, support_random_t *random,
                                  const unsigned char *e, size_t n)
{
    weir_queue_t *q = run->put_queue;
    enum kit_how how = kit_choose(run, random);
    size_t done = SIZE_MAX;
    int result;

    switch (how) {
    case KIT_EXPORTED: must_eq(kit_exported_put(q, e), 0); return 1;
    case KIT_TRY: result = weir_queue_tryput(q, e); break;
    case KIT_TIMED:
        result = weir_queue_put_until(q, e, kit_soon(random));
        break;
    case KIT_MANY:
        result = weir_queue_put_many(q, e, n, kit_soon(random), &done);
        must(done <= n);
        must_eq(result, done == n ? 0 : ETIMEDOUT);
        return done;
    default: must_eq(weir_queue_put(q, e), 0); return 1;
    }
    if (result != 0) {
        must_eq(result, how == KIT_TRY ? EAGAIN : ETIMEDOUT);
        sched_yield();
    }
    return result == 0;
}

static inline size_t kit_get_some(kit_run_t *run, support_random_t *random,
                                  unsigned char *e, size_t n)
{
    weir_queue_t *q = run->get_queue;
    enum kit_how how = kit_choose(run, random);
    size_t done = SIZE_MAX;
    int result;

    switch (how) {
    case KIT_EXPORTED: must_eq(kit_exported_get(q, e), 0); return 1;
    case KIT_TRY: result = weir_queue_tryget(q, e); break;
    case KIT_TIMED:
        result = weir_queue_get_until(q, e, kit_soon(random));
        break;
    case KIT_MANY:
        result = weir_queue_get_many(q, e, n, kit_soon(random), &done);
        must(done <= n);
        must_eq(result, done == n ? 0 : ETIMEDOUT);
        return done;
    default: must_eq(weir_queue_get(q, e), 0); return 1;
    }
    if (result != 0) {
        must_eq(result, how == KIT_TRY ? EAGAIN : ETIMEDOUT);
        sched_yield();
    }
    return result == 0;
}

static inline size_t kit_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline void kit_produce(kit_run_t *run, unsigned producer)
{
    unsigned char batch[KIT_BATCH_MAX * KIT_ELEM_MAX];
    support_random_t random = support_random(producer);
    uint64_t first = (uint64_t)producer * run->per_producer;
    size_t at = 0;

    while (at < run->per_producer) {
        size_t n = kit_smaller(KIT_BATCH_MAX, run->per_producer - at);

        if (at % 1024 == 0)
            support_progress();
        for (size_t i = 0; i < n; i++)
            kit_fill(batch + i * run->elem_size, run->elem_size,
                     first + at + i);
        at += kit_put_some(run, &random, batch, n);
    }
}

/* Note the token; next is what this consumer may get next of each producer. */
static inline void kit_account(kit_run_t *run, uint64_t token, uint32_t *next)
{
    uint64_t producer = token / run->per_producer;
    uint32_t serial = (uint32_t)(token % run->per_producer);

    must(token < kit_tokens(run));
    must(serial >= next[producer]);
    next[producer] = serial + 1;
    must_eq(__atomic_fetch_add(&run->got[token], 1, __ATOMIC_RELAXED), 0);
}

static inline size_t kit_share(const kit_run_t *run, unsigned consumer)
{
    size_t tokens = kit_tokens(run);

    return tokens / run->consumers + (consumer < tokens % run->consumers);
}

static inline void kit_consume(kit_run_t *run, unsigned consumer)
{
    unsigned char batch[KIT_BATCH_MAX * KIT_ELEM_MAX];
    support_random_t random = support_random(100 + consumer);
    uint32_t next[KIT_PRODUCERS_MAX] = {0};
    size_t left = kit_share(run, consumer);

    while (left > 0) {
        size_t n =
            kit_get_some(run, &random, batch, kit_smaller(KIT_BATCH_MAX, left));

        for (size_t i = 0; i < n; i++)
            kit_account(run,
                        kit_token(batch + i * run->elem_size, run->elem_size),
                        next);
        left -= n;
    }
}

/* The snapshots stay in their bounds whatever goes on.  (hazards B41, B42) */
static inline void kit_observe(kit_run_t *run)
{
    size_t capacity = weir_queue_capacity(run->get_queue);
    unsigned others = run->producers + run->consumers;

    while (__atomic_load_n(&run->finished, __ATOMIC_RELAXED) < others) {
        must(weir_queue_len(run->get_queue) <= capacity);
        must(weir_queue_len(run->put_queue) <= capacity);
        sched_yield();
    }
}

/* For support_threads: producers, then consumers, then observers. */
static inline void kit_body(unsigned index, void *arg)
{
    kit_run_t *run = arg;

    if (index >= run->producers + run->consumers) {
        kit_observe(run);
        return;
    }
    if (index < run->producers)
        kit_produce(run, index);
    else
        kit_consume(run, index - run->producers);
    __atomic_fetch_add(&run->finished, 1, __ATOMIC_RELAXED);
}

/* Nothing missing, nothing left.  (hazard B39) */
static inline void kit_must_balance(kit_run_t *run)
{
    for (size_t i = 0; i < kit_tokens(run); i++)
        must_eq(run->got[i], 1);
    kit_must_be_idle(run->get_queue);
}

/* All of it: run.queue, sizes and mode are set, the rest is zero. */
static inline void kit_account_for_all(kit_run_t *run)
{
    must(run->producers <= KIT_PRODUCERS_MAX);
    run->got = calloc(kit_tokens(run), 1);
    must(run->got != NULL);
    support_note("%lu producers, %lu consumers", run->producers,
                 run->consumers);
    support_threads(run->producers + run->consumers + 1, kit_body, run);
    kit_must_balance(run);
    free(run->got);
}

#endif
