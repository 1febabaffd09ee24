/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: for a thread that waits for other things as well: for several objects
 * (foreign.h), or for files, of which one is written to in place of a sleeper.
 */
#include "futex/queue.h"

#include "futex/eventcount.h"
#include "futex/foreign.h"

/* -- Several objects ---------------------------------------------------- */

static int result_of(enum weir_ring_result found)
{
    if (found == WEIR_RING_SHUT)
        return ESHUTDOWN;
    return found == WEIR_RING_DONE ? 0 : EAGAIN;
}

static struct weir_transfer foreign_get(const struct weir_foreign *f)
{
    struct weir_transfer t = {.queue = f->object, .to = f->element, .n = 1};

    return t;
}

static struct weir_transfer foreign_put(const struct weir_foreign *f)
{
    struct weir_transfer t = {.queue = f->object, .from = f->element, .n = 1};

    return t;
}

/* One of `last` waits for those who are between claim and publication. */
static int foreign_transfer(struct weir_transfer *t, bool last)
{
    if (last ? weir_queue_try_now_(t, weir_until_(WEIR_NOW))
             : weir_queue_attempt_(t))
        return result_of(t->result);
    return EAGAIN;
}

static int foreign_attempt_get(struct weir_foreign *f, bool last)
{
    struct weir_transfer t = foreign_get(f);

    return foreign_transfer(&t, last);
}

static int foreign_attempt_put(struct weir_foreign *f, bool last)
{
    struct weir_transfer t = foreign_put(f);

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
        weir_eventcount_enter_(&f->sleeper, ec, weir_queue_is_shared_(q));
    weir_words_add_(words, &ec->word, weir_eventcount_look_(&f->sleeper),
                    weir_queue_is_shared_(q));
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
    struct weir_transfer t = {.queue = f->object};
    struct weir_wait wait = {.more = weir_queue_more_, .arg = &t};

    (void)won;
    weir_eventcount_exit_(&f->sleeper, f->slept, &wait);
}

static void foreign_withdraw_put(struct weir_foreign *f, bool won)
{
    struct weir_transfer t = {.queue = f->object, .from = f->object};
    struct weir_wait wait = {.more = weir_queue_more_, .arg = &t};

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

/* -- As a file ---------------------------------------------------------- */

static int arm(weir_queue_t *q, weir_eventcount_t_ *ec, int fd,
               const void *from)
{
    struct weir_transfer t = {.queue = q, .from = from};
    struct weir_wait wait = {.more = weir_queue_more_, .arg = &t};

    if (fd < 0 || weir_queue_is_shared_(q))
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
