/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The queues of words: who stands in which, and whom a wake-up takes.
 *
 * Sleepers of a word are woken in the order in which they came to it.  A
 * sleeper's leaving the queue otherwise (its deadline, a signal, its death)
 * matters to others only if a wake-up comes that it would have taken; so that
 * is where it is chosen too, besides where it is chosen to run.
 *
 * Who sleeps on several words stands in several queues, and a wake-up takes it
 * out of one.  It leaves the others by itself, the first of its words first,
 * and with other threads' steps between: from when it is woken, or something
 * else has ended its sleep, until it runs.  That it may have left a queue
 * matters to who would wake it from there, and so is chosen there.  So its
 * leaving commutes with all steps of others (see reduction in sched.c): if a
 * wake-up comes first instead, to find it gone is one of its outcomes.
 */
#include "engine.h"

uintptr_t explore_futex_key_(const volatile void *word, bool shared)
{
    if (shared)
        return explore_canonical_(word);
    return (uintptr_t)word ^ (uintptr_t)(explore_process_(ex_.self) + 1) << 56;
}

/* -- Coming and going --------------------------------------------------- */

void explore_enqueue_(const volatile void *word, uint32_t expected, bool shared)
{
    struct thread *t = self_();

    t->queues[t->n_queues++] =
        (struct standing){.key = explore_futex_key_(word, shared),
                          .word = word,
                          .since = ++ex_.sleeps,
                          .expected = expected,
                          .there = true};
}

bool explore_stands_(const struct thread *t)
{
    bool there = false;

    for (unsigned i = 0; i < t->n_queues; i++)
        there |= t->queues[i].there;
    return there;
}

unsigned explore_woken_by_(const struct thread *t, unsigned none)
{
    unsigned last = none;

    for (unsigned i = 0; i < t->n_queues; i++)
        if (t->queues[i].woken)
            last = i;
    return last;
}

/* -- Being taken -------------------------------------------------------- */

static void leave_up_to(struct thread *t, unsigned i)
{
    struct explore_note *note = explore_note_(
        (unsigned)(t - ex_.threads), "leaves the queue before it", NULL);

    if (note != NULL)
        note->address = t->queues[i].word;
    for (unsigned k = 0; k <= i; k++)
        t->queues[k].there = false;
}

/* Whether a sleeper is there to be woken, or its sleep has just ended for a
 * reason of its own. */
static bool still_sleeps(struct thread *t)
{
    unsigned i = (unsigned)(t - ex_.threads);
    enum event events[4] = {RUN};
    unsigned n = 1;

    if (t->deadline != WEIR_FOREVER && ex_.left.timeouts > 0)
        events[n++] = TIMEOUT;
    if (ex_.left.spurious > 0)
        events[n++] = SPURIOUS;
    if (ex_.left.kills > 0 && (ex_.program->mortal >> i & 1))
        events[n++] = KILL;
    switch (events[explore_choose_(false, n, NULL, UINT32_MAX)]) {
    case RUN: return true;
    case KILL:
        ex_.left.kills--;
        explore_kill_(t);
        return false;
    case TIMEOUT:
        ex_.left.timeouts--;
        if (t->deadline > ex_.now)
            ex_.now = t->deadline;
        t->slept = SLEPT_EXPIRED;
        break;
    case SPURIOUS:
        ex_.left.spurious--;
        t->slept = SLEPT_WOKEN;
        break;
    }
    t->status = READY;
    return false;
}

/* Whether a thread still stands where a wake-up would take it. */
static bool is_still_there(struct thread *t, unsigned i)
{
    bool there = true;

    if (t->status == ASLEEP)
        there = still_sleeps(t);
    else if (!t->queueing)
        there = explore_choose_(false, 2, NULL, UINT32_MAX) == 0;
    if (!there)
        leave_up_to(t, i);
    return there;
}

/* The first in a queue; *at: which of its words it is. */
static struct thread *first_in(uintptr_t key, uint32_t bits, unsigned *at)
{
    struct thread *first = NULL;

    for (unsigned i = 0; i < ex_.n_threads; i++) {
        struct thread *t = &ex_.threads[i];

        for (unsigned k = 0; k < t->n_queues; k++) {
            const struct standing *s = &t->queues[k];

            if (!s->there || s->key != key || !(t->bits & bits) ||
                (first != NULL && first->queues[*at].since < s->since))
                continue;
            first = t;
            *at = k;
        }
    }
    return first;
}

bool explore_take_(uintptr_t key, uint32_t bits)
{
    struct thread *t;
    unsigned at = 0;

    do {
        t = first_in(key, bits, &at);
        if (t == NULL)
            return false;
    } while (!is_still_there(t, at));
    t->queues[at].there = false;
    t->queues[at].woken = true;
    if (t->status == ASLEEP) {
        t->slept = SLEPT_WOKEN;
        t->status = READY;
    }
    ex_.changes++;
    return true;
}
