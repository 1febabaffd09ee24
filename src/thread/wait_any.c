/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for the first of several things.  What each kind of object asks of
 * one who waits for others as well stands with that kind (foreign.h); here is
 * the order of it:
 *
 *  1. Attempt all, in an order that is another each time.  The first that
 *     succeeds is the one, and no other is attempted after it: so exactly one
 *     is consumed.
 *  2. Announce all, attempt all, and sleep on all words: an object that is made
 *     ready meanwhile changes its word, or sees the announcement, or is seen by
 *     the attempt.  Which of them, its own file shows.
 *  3. Woken, or not: for all the same.  The kernel tells of one wake-up, but
 *     others may have chosen this thread too; so each object is treated as if
 *     it had been the one.
 *  4. In the end withdraw all, so that nobody depends on this thread any more.
 *
 * Where the kernel cannot sleep on several words, or files are among the items,
 * nothing is announced: attempt all, sleep for a moment, and again.  No wake-up
 * is for this thread then, so that it can swallow none.
 */
#include <weir/wait.h>

#include "base/atomic.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/trace.h"
#include "base/tunables.h"
#include "futex/foreign.h"
#include "futex/until.h"
#include "thread/join.h"
#include "thread/wait_sys.h"

struct wait {
    weir_wait_item_t *items;
    unsigned n;
    unsigned files; /* how many of the items are */
    struct weir_until until;
    struct weir_foreign *foreign; /* one for each item; not used for files */
    struct pollfd *polled;        /* one for each file */
    uint8_t order[WEIR_WAIT_MAX];
    unsigned ready; /* which one; n: none */
    int result;     /* what its call returned */
};

static const struct weir_foreign_kind *const kinds[] = {
    [WEIR_WAIT_MUTEX] = &weir_mutex_foreign_,
    [WEIR_WAIT_SEM] = &weir_sem_foreign_,
    [WEIR_WAIT_EVENT] = &weir_event_foreign_,
    [WEIR_WAIT_LATCH] = &weir_latch_foreign_,
    [WEIR_WAIT_GET] = &weir_queue_get_foreign_,
    [WEIR_WAIT_PUT] = &weir_queue_put_foreign_,
    [WEIR_WAIT_NOT_EMPTY] = &weir_queue_not_empty_foreign_,
    [WEIR_WAIT_NOT_FULL] = &weir_queue_not_full_foreign_,
    [WEIR_WAIT_THREAD] = &weir_thread_foreign_,
    [WEIR_WAIT_TOKEN] = &weir_token_foreign_,
};

/* -- Items -------------------------------------------------------------- */

static bool is_valid(const weir_wait_item_t *item)
{
    if (item->kind == WEIR_WAIT_FD)
        return item->fd >= 0;
    if (item->kind < WEIR_WAIT_MUTEX || item->kind > WEIR_WAIT_TOKEN ||
        item->object == NULL)
        return false;
    return item->element != NULL ||
           (item->kind != WEIR_WAIT_GET && item->kind != WEIR_WAIT_PUT);
}

static void begin_item(struct wait *w, unsigned i)
{
    weir_wait_item_t *item = &w->items[i];
    struct weir_foreign *f = &w->foreign[i];

    w->order[i] = (uint8_t)i;
    if (item->kind == WEIR_WAIT_FD) {
        w->polled[w->files++] = (struct pollfd){
            .fd = item->fd,
            .events = (short)item->events,
        };
        return;
    }
    *f = (struct weir_foreign){
        .kind = kinds[item->kind],
        .object = item->object,
        .element = item->element,
    };
    if (item->kind == WEIR_WAIT_EVENT)
        weir_event_foreign_begin_(f);
}

/* Shuffle [Fisher38], so that of those that are ready each is as likely to be
 * the first. */
static void shuffle(struct wait *w)
{
    for (unsigned i = w->n; i > 1; i--) {
        unsigned j = (unsigned)((uint64_t)weir_chance_() * i >> 32);
        uint8_t swapped = w->order[i - 1];

        w->order[i - 1] = w->order[j];
        w->order[j] = swapped;
    }
}

/* -- Attempts ----------------------------------------------------------- */

static unsigned file_of(const struct wait *w, unsigned item)
{
    unsigned file = 0;

    for (unsigned i = 0; i < item; i++)
        file += w->items[i].kind == WEIR_WAIT_FD;
    return file;
}

/* What poll has found. */
static int attempt_file(struct wait *w, unsigned i)
{
    short revents = w->polled[file_of(w, i)].revents;

    if (revents == 0)
        return EAGAIN;
    if (revents & POLLNVAL)
        return EINVAL;
    w->items[i].revents = (unsigned)revents;
    return 0;
}

static int attempt_item(struct wait *w, unsigned i, bool last)
{
    if (w->items[i].kind == WEIR_WAIT_FD)
        return attempt_file(w, i);
    return w->foreign[i].kind->attempt(&w->foreign[i], last);
}

/* Attempt all, until one is ready, or is wrong: true. */
static bool attempt(struct wait *w, bool last)
{
    if (w->files > 0)
        (void)weir_poll_(w->polled, w->files, WEIR_NOW);
    for (unsigned k = 0; k < w->n; k++) {
        unsigned i = w->order[k];
        int result = attempt_item(w, i, last);

        if (result == EAGAIN)
            continue;
        w->result = result;
        if (result == 0 || result == ESHUTDOWN)
            w->ready = i;
        return true;
    }
    return false;
}

static bool spin(struct wait *w)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = WEIR_SPIN_SIGNAL_NS,
        .steady = WEIR_SPIN_SIGNAL_STEADY,
        .longest = WEIR_SPIN_SIGNAL_LONGEST,
        .yields = WEIR_SPIN_SIGNAL_YIELDS,
        .free_ns = WEIR_SPIN_SIGNAL_FREE_NS,
    };
    struct weir_spin spin = weir_spin_begin_on_(&plan, w->items);
    bool done;

    while (!(done = attempt(w, false)) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return done;
}

/* -- Sleeping on all words ---------------------------------------------- */

/* False if there is nothing to sleep on: look again. */
static bool announce(struct wait *w, struct weir_words *words)
{
    bool all = true;

    words->n = 0;
    words->full = false;
    words->shared = false;
    words->unsure = false;
    words->deadline = w->until.deadline;
    for (unsigned i = 0; i < w->n; i++) {
        struct weir_foreign *f = &w->foreign[i];

        all &= f->kind->announce(f, words);
        f->announced = true;
    }
    if (w->until.token != NULL)
        all &= weir_token_add_(w->until.token, words);
    return all;
}

/* True if the deadline passed in that sleep. */
static bool sleep_on(struct wait *w, const struct weir_words *words)
{
    weir_deadline_t until = words->deadline;
    enum weir_slept slept;
    unsigned which;

    if (words->unsure)
        until = weir_sooner_(until, WEIR_UNSURE_SLICE_NS);
    else if (words->shared)
        until = weir_sooner_(until, WEIR_SHARED_SLICE_NS);
    slept = weir_futex_wait_any_(words->word, words->n, until, &which);
    if (slept != WEIR_SLEPT_WOKEN)
        return slept == WEIR_SLEPT_EXPIRED && until == w->until.deadline;
    for (unsigned i = 0; i < w->n; i++) {
        struct weir_foreign *f = &w->foreign[i];

        f->slept = true;
        if (f->kind->woken != NULL)
            f->kind->woken(f);
    }
    return false;
}

static void withdraw(struct wait *w)
{
    for (unsigned i = 0; i < w->n; i++) {
        struct weir_foreign *f = &w->foreign[i];

        if (f->kind->withdraw != NULL)
            f->kind->withdraw(f, i == w->ready);
    }
}

/* True if one is ready; false: the deadline has passed.  *full: there are more
 * words than the kernel takes, and nothing was done. */
static bool await_words(struct wait *w, bool *full)
{
    struct weir_words words;
    bool over = false;
    bool done;

    for (;;) {
        bool all = announce(w, &words);

        *full = words.full;
        done = attempt(w, over);
        if (done || over || words.full)
            break;
        if (all)
            over = sleep_on(w, &words);
        over = over || weir_until_over_(w->until);
    }
    withdraw(w);
    return done;
}

/* -- Looking at all, again and again ------------------------------------ */

static bool await_looking(struct wait *w)
{
    bool files_alone = w->files == w->n && w->until.token == NULL;
    int64_t pause = WEIR_WAIT_PAUSE_MIN_NS;

    for (;;) {
        bool over = weir_until_over_(w->until);
        weir_deadline_t until = w->until.deadline;

        if (attempt(w, over))
            return true;
        if (over)
            return false;
        if (!files_alone)
            until = weir_sooner_(until, pause);
        (void)weir_poll_(w->polled, w->files, until);
        pause = pause * 2 < WEIR_WAIT_PAUSE_MAX_NS ? pause * 2
                                                   : WEIR_WAIT_PAUSE_MAX_NS;
    }
}

static bool await(struct wait *w)
{
    weir_deadline_t begun = weir_trace_contended_begin_(w->items);
    bool full = true;
    bool done = spin(w);

    if (!done && w->files == 0 && weir_futex_can_wait_any_())
        done = await_words(w, &full);
    if (!done && full)
        done = await_looking(w);
    weir_trace_contended_end_(w->items, begun);
    return done;
}

/* -- The call ----------------------------------------------------------- */

static int wait_for(struct wait *w)
{
    for (unsigned i = 0; i < w->n; i++)
        begin_item(w, i);
    shuffle(w);
    if (attempt(w, false))
        return w->result;
    if (weir_expired_(w->until.deadline) ? attempt(w, true) : await(w))
        return w->result;
    return weir_until_why_(w->until, ETIMEDOUT);
}

int weir_wait_any_with(weir_wait_item_t *items, size_t n,
                       weir_deadline_t deadline, weir_token_t *token,
                       size_t *index)
{
    struct weir_foreign foreign[WEIR_WAIT_MAX];
    struct pollfd polled[WEIR_WAIT_MAX];
    struct wait w = {
        .items = items,
        .foreign = foreign,
        .polled = polled,
        .until = weir_until_with_(deadline, token),
    };
    int result = n == 0 || n > WEIR_WAIT_MAX ? EINVAL : 0;

    for (size_t i = 0; result == 0 && i < n; i++)
        if (!is_valid(&items[i]))
            result = EINVAL;
    w.n = (unsigned)n;
    w.ready = (unsigned)n;
    if (result == 0)
        result = wait_for(&w);
    if (index != NULL)
        *index = w.ready == w.n ? n : w.ready;
    return result;
}

int weir_wait_any(weir_wait_item_t *items, size_t n, weir_deadline_t deadline,
                  size_t *index)
{
    return weir_wait_any_with(items, n, deadline, NULL, index);
}
