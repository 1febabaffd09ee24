/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Barrier: central and sense-reversing [MCS91], with the timeouts, breaking
 * and resetting of Python's.  Arrivals are counted in one word; what happens
 * to a phase, completed or broken, is decided there, by one compare-and-swap.
 * The decision is then published in a second word, the sense, on a line of
 * its own, which is all that waiting threads read and sleep on.
 *
 * This file has all that users call.  The bits of the words, and the proof, are
 * in barrier.h; who is not the last to arrive waits in barrier_wait.c.
 *
 * ORDERS
 *  [B1] arrive, complete  compare-and-swap acq_rel on arrivals; pairs with
 *       [B1] of the others, [B4], barrier_wait.c:[B1] and barrier_wait.c:[B4]:
 *       the last arriver sees what all did before
 *  [B2] publish  compare-and-swap acq_rel on sense; pairs with
 *       barrier_wait.c:[B3]
 *  [B4] look     load acquire of arrivals; pairs with [B1] and
 *       barrier_wait.c:[B1], for the same
 */
#include "futex/barrier.h"

#include <limits.h>

#include "futex/sys.h"

/* -- Publishing --------------------------------------------------------- */

void weir_barrier_publish_(weir_barrier_t *b, uint64_t arrivals)
{
    bool shared = weir_barrier_is_shared_(b);
    uint32_t next = weir_barrier_sense_of_(arrivals);
    /* HINT: checked by the compare-and-swap. */
    uint32_t sense = weir_load_rlx_(&b->sense);

    do {
        if (!weir_barrier_is_before_(sense, next))
            return;
        /* [B2] acq_rel; pairs with barrier_wait.c:[B3]: the last access. */
    } while (!weir_cas_acq_rel_(&b->sense, &sense, next));
    if (sense & SLEEPERS)
        weir_futex_wake_(&b->sense, INT_MAX, WEIR_BITS_ALL, shared);
}

void weir_barrier_change_(weir_barrier_t *b, uint64_t (*next)(uint64_t))
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t arrivals = weir_load_rlx_(&b->arrivals);

    /* [B1] acq_rel */
    while (!weir_cas_acq_rel_(&b->arrivals, &arrivals, next(arrivals)))
        ;
    weir_barrier_publish_(b, next(arrivals));
}

/* -- Arriving ----------------------------------------------------------- */

/* The last to arrive, inside: run the action, and complete the phase. */
static int run_action(weir_barrier_t *b, uint64_t arrivals)
{
    int result = b->action(b->action_arg);
    uint64_t expected = arrivals;

    if (result == 0 &&
        /* [B1] acq_rel */
        weir_cas_acq_rel_(&b->arrivals, &expected,
                          weir_barrier_next_phase_(arrivals))) {
        weir_barrier_publish_(b, weir_barrier_next_phase_(arrivals));
        return 0;
    }
    /* Failed, or broken meanwhile by a timeout, abort or reset. */
    if (result != 0) {
        /* [B4] acquire */
        expected = weir_load_acq_(&b->arrivals);
        /* [B1] acq_rel: break, unless it is broken already */
        while (!(expected & BROKEN) &&
               !weir_cas_acq_rel_(&b->arrivals, &expected, expected | BROKEN))
            ;
        /* Published by leaving. */
    }
    weir_barrier_change_(b, weir_barrier_after_leaving_);
    return result != 0 ? result : ECANCELED;
}

/* Arrive; -1: done, and *arrivals is the barrier before that; else what the
 * wait returns. */
static int arrive(weir_barrier_t *b, uint64_t *arrivals,
                  struct weir_until until)
{
    for (;;) {
        uint64_t count = weir_barrier_inside_(*arrivals);
        uint64_t next = *arrivals + 1;
        int result;

        if (weir_barrier_is_refusing_(*arrivals))
            return ECANCELED;
        if ((*arrivals & RESETTING) || count == b->parties) {
            result = weir_barrier_wait_outside_(b, *arrivals, until);
            if (result != 0)
                return result;
            /* [B4] acquire */
            *arrivals = weir_load_acq_(&b->arrivals);
            continue;
        }
        if (count + 1 == b->parties && b->action == NULL)
            next = weir_barrier_next_phase_(*arrivals);
        /* [B1] acq_rel */
        if (weir_cas_acq_rel_(&b->arrivals, arrivals, next))
            return -1;
    }
}

static int wait_for(weir_barrier_t *b, struct weir_until until, unsigned *index)
{
    /* [B4] acquire */
    uint64_t arrivals = weir_load_acq_(&b->arrivals);
    unsigned mine;
    int result = arrive(b, &arrivals, until);

    if (result != -1)
        return result;
    mine = (unsigned)weir_barrier_inside_(arrivals);
    if (mine + 1 < b->parties) {
        result = weir_barrier_wait_inside_(b, weir_barrier_phase_of_(arrivals),
                                           until);
    } else if (b->action != NULL) {
        result = run_action(b, arrivals + 1);
    } else {
        /* HINT, both: nobody had to sleep, so spinning pays again. */
        if (weir_load_rlx_(&b->impatience) != 0 &&
            !(weir_load_rlx_(&b->sense) & SLEEPERS)) /* HINT */
            weir_barrier_learn_(b, true);
        weir_barrier_publish_(b, weir_barrier_next_phase_(arrivals));
        result = 0;
    }
    if (result == 0 && index != NULL)
        *index = mine;
    return result;
}

int weir_barrier_wait_until(weir_barrier_t *b, weir_deadline_t deadline,
                            unsigned *index)
{
    return wait_for(b, weir_until_(deadline), index);
}

int weir_barrier_wait_with(weir_barrier_t *b, weir_deadline_t deadline,
                           weir_token_t *token, unsigned *index)
{
    return wait_for(b, weir_until_with_(deadline, token), index);
}

int weir_barrier_wait(weir_barrier_t *b, unsigned *index)
{
    return weir_barrier_wait_until(b, WEIR_FOREVER, index);
}

/* -- The rest ----------------------------------------------------------- */

int weir_barrier_init(weir_barrier_t *b, unsigned parties, unsigned flags)
{
    if (parties == 0 || parties > WEIR_BARRIER_MAX || (flags & ~WEIR_SHARED))
        return EINVAL;
    b->parties = parties;
    b->flags = flags;
    b->action = NULL;
    b->action_arg = NULL;
    /* INIT, all: not shared yet; published by the caller. */
    weir_store_rlx_(&b->impatience, 0);
    weir_store_rlx_(&b->sense, 0);
    weir_store_rlx_(&b->arrivals, 0); /* INIT */
    return 0;
}

int weir_barrier_set_action(weir_barrier_t *b, int (*action)(void *), void *arg)
{
    if (weir_barrier_is_shared_(b))
        return EINVAL;
    /* [B4] acquire */
    if (weir_barrier_inside_(weir_load_acq_(&b->arrivals)) != 0)
        return EBUSY;
    b->action = action;
    b->action_arg = arg;
    return 0;
}

int weir_barrier_reset(weir_barrier_t *b)
{
    weir_barrier_change_(b, weir_barrier_after_reset_);
    return 0;
}

int weir_barrier_abort(weir_barrier_t *b)
{
    weir_barrier_change_(b, weir_barrier_after_break_);
    return 0;
}

unsigned weir_barrier_parties(const weir_barrier_t *b)
{
    return b->parties;
}

unsigned weir_barrier_n_waiting(const weir_barrier_t *b)
{
    /* [B4] acquire */
    uint64_t arrivals = weir_load_acq_(&b->arrivals);

    return arrivals & BROKEN ? 0 : (unsigned)weir_barrier_inside_(arrivals);
}

bool weir_barrier_broken(const weir_barrier_t *b)
{
    /* [B4] acquire */
    return weir_barrier_is_refusing_(weir_load_acq_(&b->arrivals));
}
