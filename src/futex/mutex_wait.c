/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: waiting for it.  A thread spins, announces itself in the word, and
 * sleeps on it; under a LIGHT owner it enters the table first.  Numbers in
 * brackets are those of the proof (mutex.h).
 *
 * ORDERS
 *  [M1] take  compare-and-swap acquire; pairs with mutex.c:[M2] and
 *             inline/mutex.h:[M2]
 *  [M3] sleep entry in the table, barrier, second look; pairs with
 *             inline/mutex.h:[M3]
 *  [M4] mark  compare-and-swap seq_cst that announces a sleeper; pairs with
 *             mutex.c:[M2], on the same word
 */
#include "futex/mutex.h"

#include "base/time.h"
#include "base/trace.h"
#include "futex/park.h"
#include "futex/parked.h"

bool weir_mutex_take_(struct weir_mutex_waiter *w, uint32_t *state)
{
    bool stolen = weir_mutex_is_abandoned_(w->mutex, *state);

    while (weir_mutex_is_free_(*state, w->reserver || stolen)) {
        uint32_t next = w->slept || stolen
                            ? weir_mutex_taken_after_sleep_(*state)
                            : weir_mutex_taken_(*state);

        /* [M1] acquire; pairs with mutex.c:[M2] */
        if (weir_cas_acq_(&w->mutex->state, state, next)) {
            if (w->reserver)
                weir_mutex_account_(w->mutex);
            return true;
        }
    }
    return false;
}

/* Spin, unless the lock is promised to another; true if that got it.  Also
 * where others sleep: a mutex that many use is held for moments, and a thread
 * that slept for it would be one more to wake (mutex/t16). */
static bool spin(struct weir_mutex_waiter *w)
{
    struct weir_spin spin = weir_spin_begin_(w->plan);
    bool taken = false;

    do {
        /* HINT: checked by the compare-and-swap. */
        uint32_t state = weir_load_rlx_(&w->mutex->state);

        if ((state & RESERVED) && !w->reserver)
            break;
        taken = weir_mutex_take_(w, &state);
    } while (!taken && weir_spin_again_(&spin));
    weir_spin_end_(&spin);
    return taken;
}

bool weir_mutex_mark_(struct weir_mutex_waiter *w, uint32_t *state)
{
    bool reserve;
    uint32_t next;

    /* Its reservation was taken for one of a thread that is gone (7). */
    if (!(*state & RESERVED))
        w->reserver = false;
    reserve = weir_mutex_is_due_(w, *state);
    next = weir_mutex_to_sleep_(*state, reserve);
    /* [M4] seq_cst; pairs with mutex.c:[M2] */
    if (next != *state && !weir_cas_sc_(&w->mutex->state, state, next))
        return false;
    if (reserve)
        weir_mutex_note_reserver_(w);
    *state = next;
    return true;
}

bool weir_mutex_be_seen_(struct weir_mutex_waiter *w, uint32_t state)
{
    if (!w->parked) {
        w->parked = true;
        w->sure = weir_parked_enter_(&w->mutex->state);
        /* HINT: read when the mutex may relax. */
        weir_store_rlx_(&w->mutex->stamp, weir_stamp_in_(0));
    }
    /* [M3] the second look, after the barrier in weir_parked_enter_. */
    return weir_load_sc_(&w->mutex->state) == state;
}

/* The deadline passed in its own sleep: clear its reservation.  True if the
 * lock was free, and taken. */
static bool give_up(struct weir_mutex_waiter *w)
{
    /* HINT: checked by the compare-and-swaps. */
    uint32_t state = weir_load_rlx_(&w->mutex->state);

    for (;;) {
        if (weir_mutex_take_(w, &state))
            return true;
        if (!w->reserver || !(state & RESERVED))
            return false;
        /* [M4] seq_cst; pairs with mutex.c:[M2] */
        if (weir_cas_sc_(&w->mutex->state, &state, state & ~RESERVED))
            return false;
    }
}

/* Sleep once.  True if the deadline passed in that sleep. */
static bool sleep_once(struct weir_mutex_waiter *w, uint32_t state)
{
    uint32_t bits = w->reserver ? BIT_ANY | BIT_RESERVER : BIT_ANY;
    bool shared = state & SHARED;
    enum weir_slept slept =
        weir_park_(&w->mutex->state, state, w->until, bits, shared,
                   w->sure || !(state & LIGHT_OWNER));

    w->slept = true;
    if (slept == WEIR_SLEPT_WOKEN && w->until.token != NULL && !w->reserver)
        weir_mutex_pass_on_(w->mutex);
    return slept == WEIR_SLEPT_EXPIRED;
}

static int lock_sleeping(struct weir_mutex_waiter *w)
{
    for (;;) {
        /* HINT: checked by the compare-and-swaps, and by the kernel. */
        uint32_t state = weir_load_rlx_(&w->mutex->state);

        if (weir_mutex_take_(w, &state))
            return 0;
        if (!weir_mutex_mark_(w, &state))
            continue;
        if ((state & LIGHT_OWNER) && !weir_mutex_be_seen_(w, state))
            continue;
        if (sleep_once(w, state))
            return give_up(w) ? 0 : ETIMEDOUT;
        weir_mutex_reserve_running_(w);
        if (spin(w))
            return 0;
    }
}

static int lock_waiting(weir_mutex_t *m, struct weir_until until,
                        const struct weir_spin_plan *plan)
{
    struct weir_mutex_waiter w = {.mutex = m, .plan = plan, .until = until};
    int result;

    if (spin(&w))
        return 0;
    w.due = weir_after(WEIR_MUTEX_FAIR_NS);
    result = lock_sleeping(&w);
    if (w.parked) {
        weir_parked_leave_(&m->state);
        if (result != 0)
            /* Keeps I1: 5. says for whom. */
            weir_futex_wake_(&m->state, 1, WEIR_BITS_ALL, false);
    }
    return result;
}

int weir_mutex_lock_contended_(weir_mutex_t *m, struct weir_until until,
                               const struct weir_spin_plan *plan)
{
    weir_deadline_t begun = weir_trace_contended_begin_(m);
    int result = lock_waiting(m, until, plan);

    weir_trace_contended_end_(m, begun);
    return result;
}
