/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: the ring (src/atomics/ring.h), and three eventcounts: getters wait
 * for not_empty, putters for not_full, and drain for drained.  All of the
 * queue is in one piece of memory without pointers, so that processes can
 * share it at different addresses.
 *
 * A blocking call tries, spins for a while, and then waits on its
 * eventcount, with the ring operation itself as the attempt.  After it has
 * moved elements it notifies the other side, which costs a load while nobody
 * sleeps there.  A try call that meets another thread between its claim and
 * its publication (WEIR_RING_BUSY) is neither empty nor full, and waits for
 * that thread: pauses, yields, then sleeps of a bounded length.
 *
 * Closing sets a bit in the very word that puts claim positions on, so that
 * each put comes before it, and will be got, or after it, and fails.
 *
 * WORD weir_queue_t.magic, 64 bits, not slept on, initial: 0
 *  MAGIC once init is done; attach reads nothing else before it.
 *  If stale: attach answers EINVAL.
 *
 * ORDERS
 *  [Q1] moved  ring operation, then load of who sleeps: inline/queue.h:[Q1]
 *              out of line; pairs with eventcount.c:[E1]
 *  [Q2] init   store release of magic; pairs with [Q2] in attach, which
 *              loads it acquire: publishes the geometry
 */
#include <weir/queue.h>

#include <sched.h>
#include <stdlib.h>

#include "atomics/ring.h"
#include "base/answer.h"
#include "base/atomic.h"
#include "base/compiler.h"
#include "base/panic.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/tunables.h"
#include "futex/eventcount.h"
#include "futex/foreign.h"
#include "futex/park.h"

#define MAGIC UINT64_C(0x7765697251756575) /* "weirQueu" */
#define VERSION 1u
#define CREATED 2u /* a flag of the object: weir_queue_create made it */
#define BUSY_YIELDS 32
#define BUSY_SLEEP_NS 50000

WEIR_STATIC_ASSERT(WEIR_QUEUE_ALIGN == WEIR_LINE, "aligned as its lines are");
WEIR_STATIC_ASSERT(offsetof(struct weir_queue, cells) % WEIR_LINE == 0,
                   "cells begin on a line");

/* One call's work, on either side. */
struct transfer {
    weir_queue_t *queue;
    const unsigned char *from; /* NULL: a get */
    unsigned char *to;
    size_t n;
    size_t done;
    enum weir_ring_result result;
};

extern inline int weir_queue_put8_(weir_queue_t *q, const void *e);
extern inline int weir_queue_get8_(weir_queue_t *q, void *e);
extern inline int weir_queue_put(weir_queue_t *q, const void *e);
extern inline int weir_queue_tryput(weir_queue_t *q, const void *e);
extern inline int weir_queue_get(weir_queue_t *q, void *e);
extern inline int weir_queue_tryget(weir_queue_t *q, void *e);

static bool is_shared(const weir_queue_t *q)
{
    return q->flags & WEIR_SHARED;
}

/* -- Life --------------------------------------------------------------- */

/* Header and cells; 0 if there can be no such queue. */
static size_t geometry(weir_ring_t_ *ring, size_t capacity, size_t elem_size)
{
    size_t size;

    if (!weir_ring_geometry_(ring, capacity, elem_size))
        return 0;
    size = offsetof(struct weir_queue, cells) + weir_ring_cells_size_(ring);
    size = (size + WEIR_LINE - 1) / WEIR_LINE * WEIR_LINE;
    return size < sizeof(struct weir_queue) ? sizeof(struct weir_queue) : size;
}

size_t weir_queue_memsize(size_t capacity, size_t elem_size)
{
    weir_ring_t_ ring;

    return geometry(&ring, capacity, elem_size);
}

static void set_up(weir_queue_t *q, const weir_ring_t_ *ring, size_t size,
                   size_t capacity, unsigned flags)
{
    bool shared = flags & WEIR_SHARED;

    /* INIT: published by the store below.  Apart from the rest, since attach
     * may be looking at it. */
    weir_store_rlx_(&q->magic, 0);
    memset((unsigned char *)q + sizeof(q->magic), 0,
           offsetof(struct weir_queue, cells) - sizeof(q->magic));
    q->version = VERSION;
    q->flags = flags;
    q->memsize = size;
    q->capacity = capacity;
    q->ring = *ring;
    weir_ring_reset_(&q->ring, q->cells, 0);
    weir_eventcount_init_(&q->not_empty, shared);
    weir_eventcount_init_(&q->not_full, shared);
    weir_eventcount_init_(&q->drained, shared);
    /* [Q2] release; pairs with [Q2] in attach. */
    weir_store_rel_(&q->magic, MAGIC);
}

int weir_queue_init(weir_queue_t *q, size_t memsize, size_t capacity,
                    size_t elem_size, unsigned flags)
{
    weir_ring_t_ ring = {.mask = 0};
    size_t size = geometry(&ring, capacity, elem_size);

    if (size == 0 || memsize < size || (flags & ~WEIR_SHARED) ||
        (uintptr_t)q % WEIR_QUEUE_ALIGN != 0)
        return EINVAL;
    set_up(q, &ring, size, capacity, flags);
    return 0;
}

int weir_queue_create(weir_queue_t **q, size_t capacity, size_t elem_size,
                      unsigned flags)
{
    weir_ring_t_ ring = {.mask = 0};
    size_t size = geometry(&ring, capacity, elem_size);
    int saved = errno;
    weir_queue_t *made;

    if (size == 0 || flags != 0)
        return EINVAL;
    made = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    /* clang believes that allocation never sets errno, and would drop the
     * store. */
    weir_compiler_barrier_();
    errno = saved;
    if (made == NULL)
        return ENOMEM;
    set_up(made, &ring, size, capacity, CREATED);
    *q = made;
    return 0;
}

void weir_queue_destroy(weir_queue_t *q)
{
    if (q == NULL)
        return;
    /* OWNED: nobody else is using it. */
    if (weir_load_rlx_(&q->magic) != MAGIC || !(q->flags & CREATED))
        WEIR_PANIC(q, q->flags,
                   "destroying a queue that weir_queue_create did not make");
    /* OWNED: a second destroy is found out while the memory lasts. */
    weir_store_rlx_(&q->magic, 0);
    free(q);
}

/* Whether the header's geometry is the one that init would have made. */
static bool is_consistent(const weir_queue_t *q, size_t memsize)
{
    weir_ring_t_ ring = {.mask = 0};
    size_t size;

    if (q->version != VERSION || q->flags != WEIR_SHARED ||
        q->capacity > SIZE_MAX)
        return false;
    size = geometry(&ring, (size_t)q->capacity, q->ring.elem_size);
    return size != 0 && size <= memsize && q->memsize == size &&
           q->ring.mask == ring.mask && q->ring.round == ring.round &&
           q->ring.lag == ring.lag && q->ring.stride == ring.stride &&
           weir_ring_is_possible_(&q->ring);
}

int weir_queue_attach(weir_queue_t *q, size_t memsize)
{
    if (q == NULL || (uintptr_t)q % WEIR_QUEUE_ALIGN != 0 ||
        memsize < sizeof(struct weir_queue))
        return EINVAL;
    /* [Q2] acquire; pairs with [Q2] in init. */
    if (weir_load_acq_(&q->magic) != MAGIC || !is_consistent(q, memsize))
        return EINVAL;
    return 0;
}

/* -- Waking the other side ---------------------------------------------- */

WEIR_COLD void weir_queue_wake_getter_(weir_queue_t *q)
{
    weir_eventcount_notify_(&q->not_empty, is_shared(q));
}

WEIR_COLD void weir_queue_wake_putter_(weir_queue_t *q)
{
    /* HINT, both: notify fences and looks again. */
    if (weir_load_rlx_(&q->not_full.word) != 0)
        weir_eventcount_notify_(&q->not_full, is_shared(q));
    /* HINT: as above. */
    if (weir_load_rlx_(&q->drained.word) != 0)
        weir_eventcount_notify_(&q->drained, is_shared(q));
}

/* After elements were moved: let the other side know. */
static void moved(const struct transfer *t)
{
    weir_queue_t *q = t->queue;

    /* [Q1] the sleeper pays for the fence between these accesses. */
    weir_compiler_barrier_();
    if (t->from != NULL) {
        /* [Q1] relaxed */
        if (weir_load_rlx_(&q->not_empty.word) != 0)
            weir_queue_wake_getter_(q);
        return;
    }
    /* [Q1] relaxed, both */
    if ((weir_load_rlx_(&q->not_full.word) |
         weir_load_rlx_(&q->drained.word)) != 0)
        weir_queue_wake_putter_(q);
}

/* -- One attempt -------------------------------------------------------- */

/* Move what can be moved now; true if that ends the wait: something was
 * moved, or nothing ever will be. */
static bool attempt(void *arg)
{
    struct transfer *t = arg;
    weir_queue_t *q = t->queue;
    size_t offset = t->done * q->ring.elem_size;
    size_t run;

    if (t->from != NULL)
        t->result = weir_ring_put_(&q->ring, q->cells, t->from + offset,
                                   t->n - t->done, &run);
    else
        t->result = weir_ring_get_(&q->ring, q->cells, t->to + offset,
                                   t->n - t->done, &run);
    if (t->result == WEIR_RING_DONE) {
        t->done += run;
        moved(t);
    }
    return t->result == WEIR_RING_DONE || t->result == WEIR_RING_SHUT;
}

/* Whether an attempt on this side would end another's wait as well. */
static bool more(void *arg)
{
    const struct transfer *t = arg;
    const weir_queue_t *q = t->queue;
    enum weir_ring_result found = t->from != NULL
                                      ? weir_ring_peek_put_(&q->ring, q->cells)
                                      : weir_ring_peek_get_(&q->ring, q->cells);

    return found == WEIR_RING_DONE || found == WEIR_RING_SHUT;
}

/* -- Waiting ------------------------------------------------------------ */

static bool is_alone(const weir_queue_t *q)
{
    return !weir_eventcount_has_sleepers_(&q->not_empty) &&
           !weir_eventcount_has_sleepers_(&q->not_full);
}

/* How long to spin before sleeping.  Longer if what it waits for is there, but
 * others of this side were faster: let them have the line for a while, as
 * with a mutex.  And longer if nobody sleeps on either side, since then CPUs
 * are not short; longest if it waits for the answer of a thread that it has
 * woken. */
static struct weir_spin_plan plan_for(const weir_queue_t *q, bool lost,
                                      int64_t answer)
{
    int64_t budget = WEIR_SPIN_QUEUE_NS;

    if (is_alone(q))
        budget = answer > WEIR_SPIN_QUEUE_ALONE_NS ? answer
                                                   : WEIR_SPIN_QUEUE_ALONE_NS;
    return (struct weir_spin_plan){
        .budget_ns = budget,
        .first_ns = lost ? WEIR_SPIN_QUEUE_LOST_NS : WEIR_SPIN_QUEUE_FIRST_NS,
        .steady = WEIR_SPIN_QUEUE_STEADY,
        .longest = WEIR_SPIN_QUEUE_LONGEST,
        .yields = WEIR_SPIN_QUEUE_YIELDS,
    };
}

/* Another thread needs a moment to publish, unless it was preempted. */
static const struct weir_spin_plan busy_plan = {
    .budget_ns = WEIR_SPIN_QUEUE_NS,
    .longest = WEIR_SPIN_QUEUE_LONGEST,
    .yields = BUSY_YIELDS,
};

/* Attempt without waiting for room or stock, only for threads that are
 * between claim and publication; false if full, or empty, or if such a thread
 * is not done by the deadline (and after a moment, should that have passed
 * before).  WEIR_NOW is not a time but asks for one try: it waits for such a
 * thread. */
static bool try_now(struct transfer *t, struct weir_until until)
{
    struct weir_spin spin = weir_spin_begin_(&busy_plan);
    bool done = attempt(t);

    while (!done && t->result == WEIR_RING_BUSY) {
        if (!weir_spin_again_(&spin)) {
            struct timespec ts = {0, BUSY_SLEEP_NS};

            if (until.deadline > WEIR_NOW && weir_until_over_(until))
                break;
            (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
        }
        done = attempt(t);
    }
    weir_spin_end_(&spin);
    return done;
}

static weir_eventcount_t_ *eventcount_of(const struct transfer *t)
{
    return t->from != NULL ? &t->queue->not_full : &t->queue->not_empty;
}

static bool seems_worth_it(const struct transfer *t)
{
    const weir_queue_t *q = t->queue;

    return t->from != NULL ? weir_ring_hint_put_(&q->ring, q->cells)
                           : weir_ring_hint_get_(&q->ring, q->cells);
}

static bool spin_for(struct transfer *t)
{
    int64_t answer = weir_answer_budget_();
    struct weir_spin_plan plan = plan_for(t->queue, seems_worth_it(t), answer);
    struct weir_spin spin = weir_spin_begin_(&plan);
    bool done;

    while (!(done = seems_worth_it(t) && attempt(t)) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    if (answer > 0 && plan.budget_ns == answer)
        weir_answer_learn_(done);
    return done;
}

static int sleep_for(struct transfer *t, struct weir_until until)
{
    struct weir_wait wait = {
        .attempt = attempt,
        .more = more,
        .arg = t,
    };

    return weir_eventcount_await_(eventcount_of(t), is_shared(t->queue), &wait,
                                  until);
}

/* Move all n, waiting as long as the deadline allows.  The plan for spinning
 * begins with a pause, so there is a look before it; but one only: a second
 * look right after one that failed finds a single element, and the next call
 * none (queue/1x1: half as many). */
static int transfer(struct transfer *t, struct weir_until until, bool looked)
{
    while (t->done < t->n) {
        bool done = (!looked && seems_worth_it(t) && attempt(t)) ||
                    (!weir_expired_(until.deadline) &&
                     (spin_for(t) || sleep_for(t, until) == 0));

        looked = true;
        if (!done && !try_now(t, until))
            return weir_until_why_(until, ETIMEDOUT);
        if (t->result == WEIR_RING_SHUT)
            return ESHUTDOWN;
    }
    return 0;
}

/* The inline paths have looked, if the elements are theirs. */
WEIR_COLD int weir_queue_put_slow_(weir_queue_t *q, const void *e,
                                   weir_deadline_t deadline)
{
    struct transfer t = {.queue = q, .from = e, .n = 1};

    return transfer(&t, weir_until_(deadline),
                    q->ring.elem_size == 8 && q->ring.lag == 0);
}

WEIR_COLD int weir_queue_get_slow_(weir_queue_t *q, void *e,
                                   weir_deadline_t deadline)
{
    struct transfer t = {.queue = q, .to = e, .n = 1};

    return transfer(&t, weir_until_(deadline), q->ring.elem_size == 8);
}

static int try_result(struct transfer *t)
{
    if (!try_now(t, weir_until_(WEIR_NOW)))
        return EAGAIN;
    return t->result == WEIR_RING_SHUT ? ESHUTDOWN : 0;
}

WEIR_COLD int weir_queue_tryput_slow_(weir_queue_t *q, const void *e)
{
    struct transfer t = {.queue = q, .from = e, .n = 1};

    return try_result(&t);
}

WEIR_COLD int weir_queue_tryget_slow_(weir_queue_t *q, void *e)
{
    struct transfer t = {.queue = q, .to = e, .n = 1};

    return try_result(&t);
}

int weir_queue_put_until(weir_queue_t *q, const void *e,
                         weir_deadline_t deadline)
{
    if (weir_queue_put8_(q, e))
        return 0;
    return weir_queue_put_slow_(q, e, deadline);
}

int weir_queue_get_until(weir_queue_t *q, void *e, weir_deadline_t deadline)
{
    if (weir_queue_get8_(q, e))
        return 0;
    return weir_queue_get_slow_(q, e, deadline);
}

/* Put or get many. */
static int transfer_many(struct transfer *t, struct weir_until until,
                         size_t *done)
{
    int result = transfer(t, until, false);

    if (done != NULL)
        *done = t->done;
    return result;
}

int weir_queue_put_many(weir_queue_t *q, const void *e, size_t n,
                        weir_deadline_t deadline, size_t *done)
{
    struct transfer t = {.queue = q, .from = e, .n = n};

    return transfer_many(&t, weir_until_(deadline), done);
}

int weir_queue_get_many(weir_queue_t *q, void *e, size_t n,
                        weir_deadline_t deadline, size_t *done)
{
    struct transfer t = {.queue = q, .to = e, .n = n};

    return transfer_many(&t, weir_until_(deadline), done);
}

/* -- With a token ------------------------------------------------------- */

int weir_queue_put_with(weir_queue_t *q, const void *e,
                        weir_deadline_t deadline, weir_token_t *token)
{
    struct transfer t = {.queue = q, .from = e, .n = 1};

    if (weir_queue_put8_(q, e))
        return 0;
    return transfer(&t, weir_until_with_(deadline, token), false);
}

int weir_queue_get_with(weir_queue_t *q, void *e, weir_deadline_t deadline,
                        weir_token_t *token)
{
    struct transfer t = {.queue = q, .to = e, .n = 1};

    if (weir_queue_get8_(q, e))
        return 0;
    return transfer(&t, weir_until_with_(deadline, token), false);
}

int weir_queue_put_many_with(weir_queue_t *q, const void *e, size_t n,
                             weir_deadline_t deadline, weir_token_t *token,
                             size_t *done)
{
    struct transfer t = {.queue = q, .from = e, .n = n};

    return transfer_many(&t, weir_until_with_(deadline, token), done);
}

int weir_queue_get_many_with(weir_queue_t *q, void *e, size_t n,
                             weir_deadline_t deadline, weir_token_t *token,
                             size_t *done)
{
    struct transfer t = {.queue = q, .to = e, .n = n};

    return transfer_many(&t, weir_until_with_(deadline, token), done);
}

/* -- Closing ------------------------------------------------------------ */

int weir_queue_close(weir_queue_t *q)
{
    bool shared = is_shared(q);

    weir_ring_close_(&q->ring);
    weir_eventcount_notify_all_(&q->not_empty, shared);
    weir_eventcount_notify_all_(&q->not_full, shared);
    return 0;
}

static bool is_drained(void *arg)
{
    weir_queue_t *q = arg;

    return weir_ring_len_(&q->ring) == 0;
}

int weir_queue_drain_with(weir_queue_t *q, weir_deadline_t deadline,
                          weir_token_t *token)
{
    struct weir_until until;

    struct weir_wait wait = {
        .attempt = is_drained, .more = is_drained, .arg = q};

    if (!weir_queue_closed(q))
        return EBUSY;
    if (is_drained(q))
        return 0;
    until = weir_until_with_(deadline, token);
    if (weir_expired_(until.deadline))
        return weir_until_why_(until, ETIMEDOUT);
    return weir_eventcount_await_(&q->drained, is_shared(q), &wait, until);
}

int weir_queue_drain(weir_queue_t *q, weir_deadline_t deadline)
{
    return weir_queue_drain_with(q, deadline, NULL);
}

/* -- As a file ---------------------------------------------------------- */

static int arm(weir_queue_t *q, weir_eventcount_t_ *ec, int fd,
               const void *from)
{
    struct transfer t = {.queue = q, .from = from};
    struct weir_wait wait = {.more = more, .arg = &t};

    if (fd < 0 || is_shared(q))
        return EINVAL;
    return weir_eventcount_arm_(ec, fd, &wait);
}

int weir_queue_arm_not_empty(weir_queue_t *q, int fd)
{
    return arm(q, &q->not_empty, fd, NULL);
}

int weir_queue_arm_not_full(weir_queue_t *q, int fd)
{
    return arm(q, &q->not_full, fd, q);
}

int weir_queue_disarm_not_empty(weir_queue_t *q, int fd)
{
    return weir_eventcount_disarm_(&q->not_empty, fd) ? 0 : ESRCH;
}

int weir_queue_disarm_not_full(weir_queue_t *q, int fd)
{
    return weir_eventcount_disarm_(&q->not_full, fd) ? 0 : ESRCH;
}

/* -- Questions ---------------------------------------------------------- */

bool weir_queue_closed(const weir_queue_t *q)
{
    return weir_ring_closed_(&q->ring);
}

size_t weir_queue_len(const weir_queue_t *q)
{
    return weir_ring_len_(&q->ring);
}

size_t weir_queue_capacity(const weir_queue_t *q)
{
    return (size_t)q->capacity;
}

size_t weir_queue_elem_size(const weir_queue_t *q)
{
    return q->ring.elem_size;
}

bool weir_queue_empty(const weir_queue_t *q)
{
    return weir_queue_len(q) == 0;
}

bool weir_queue_full(const weir_queue_t *q)
{
    return weir_queue_len(q) >= q->capacity;
}

/* -- A foreign waiter --------------------------------------------------- */

static int result_of(enum weir_ring_result found)
{
    if (found == WEIR_RING_SHUT)
        return ESHUTDOWN;
    return found == WEIR_RING_DONE ? 0 : EAGAIN;
}

static struct transfer foreign_get(const struct weir_foreign *f)
{
    struct transfer t = {.queue = f->object, .to = f->element, .n = 1};

    return t;
}

static struct transfer foreign_put(const struct weir_foreign *f)
{
    struct transfer t = {.queue = f->object, .from = f->element, .n = 1};

    return t;
}

/* One of `last` waits for those who are between claim and publication. */
static int foreign_transfer(struct transfer *t, bool last)
{
    if (last ? try_now(t, weir_until_(WEIR_NOW)) : attempt(t))
        return result_of(t->result);
    return EAGAIN;
}

static int foreign_attempt_get(struct weir_foreign *f, bool last)
{
    struct transfer t = foreign_get(f);

    return foreign_transfer(&t, last);
}

static int foreign_attempt_put(struct weir_foreign *f, bool last)
{
    struct transfer t = foreign_put(f);

    return foreign_transfer(&t, last);
}

static int foreign_look_for_stock(struct weir_foreign *f, bool last)
{
    const weir_queue_t *q = f->object;

    (void)last;
    return result_of(weir_ring_peek_get_(&q->ring, q->cells));
}

static int foreign_look_for_room(struct weir_foreign *f, bool last)
{
    const weir_queue_t *q = f->object;

    (void)last;
    return result_of(weir_ring_peek_put_(&q->ring, q->cells));
}

static bool foreign_announce(struct weir_foreign *f, weir_eventcount_t_ *ec,
                             struct weir_words *words)
{
    const weir_queue_t *q = f->object;

    if (!f->announced)
        weir_eventcount_enter_(&f->sleeper, ec, is_shared(q));
    weir_words_add_(words, &ec->word, weir_eventcount_look_(&f->sleeper),
                    is_shared(q));
    words->unsure |= !f->sleeper.sure;
    return true;
}

static bool foreign_announce_get(struct weir_foreign *f,
                                 struct weir_words *words)
{
    weir_queue_t *q = f->object;

    return foreign_announce(f, &q->not_empty, words);
}

static bool foreign_announce_put(struct weir_foreign *f,
                                 struct weir_words *words)
{
    weir_queue_t *q = f->object;

    return foreign_announce(f, &q->not_full, words);
}

static void foreign_withdraw_get(struct weir_foreign *f, bool won)
{
    struct transfer t = {.queue = f->object};
    struct weir_wait wait = {.more = more, .arg = &t};

    (void)won;
    weir_eventcount_exit_(&f->sleeper, f->slept, &wait);
}

static void foreign_withdraw_put(struct weir_foreign *f, bool won)
{
    struct transfer t = {.queue = f->object, .from = f->object};
    struct weir_wait wait = {.more = more, .arg = &t};

    (void)won;
    weir_eventcount_exit_(&f->sleeper, f->slept, &wait);
}

const struct weir_foreign_kind weir_queue_get_foreign_ = {
    .attempt = foreign_attempt_get,
    .announce = foreign_announce_get,
    .withdraw = foreign_withdraw_get,
};

const struct weir_foreign_kind weir_queue_put_foreign_ = {
    .attempt = foreign_attempt_put,
    .announce = foreign_announce_put,
    .withdraw = foreign_withdraw_put,
};

const struct weir_foreign_kind weir_queue_not_empty_foreign_ = {
    .attempt = foreign_look_for_stock,
    .announce = foreign_announce_get,
    .withdraw = foreign_withdraw_get,
};

const struct weir_foreign_kind weir_queue_not_full_foreign_ = {
    .attempt = foreign_look_for_room,
    .announce = foreign_announce_put,
    .withdraw = foreign_withdraw_put,
};
