/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: a thread that waits for it and for other objects at once (foreign.h).
 * Numbers in brackets are those of the proof (mutex.h).
 *
 * ORDERS
 *  [M4] mark  compare-and-swap seq_cst that announces a sleeper; pairs with
 *             mutex.c:[M2], on the same word
 */
#include "futex/mutex.h"

#include "futex/foreign.h"
#include "futex/parked.h"

/* It never reserves: it may be taken with something else. */
static struct weir_mutex_waiter foreign_waiter(const struct weir_foreign *f)
{
    struct weir_mutex_waiter w = {
        .mutex = f->object,
        .due = WEIR_FOREVER,
        .slept = f->slept,
        .parked = f->parked,
        .sure = f->sure,
    };

    return w;
}

static int foreign_attempt(struct weir_foreign *f, bool last)
{
    struct weir_mutex_waiter w = foreign_waiter(f);
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&w.mutex->state);

    (void)last;
    return weir_mutex_take_(&w, &state) ? 0 : EAGAIN;
}

static bool foreign_announce(struct weir_foreign *f, struct weir_words *words)
{
    struct weir_mutex_waiter w = foreign_waiter(f);
    /* HINT: checked by the compare-and-swaps, and by the kernel. */
    uint32_t state = weir_load_rlx_(&w.mutex->state);
    bool seen;

    if (weir_mutex_is_free_(state, false) || !weir_mutex_mark_(&w, &state))
        return false;
    seen = !(state & LIGHT_OWNER) || weir_mutex_be_seen_(&w, state);
    f->parked = w.parked;
    f->sure = w.sure;
    if (!seen)
        return false;
    if ((state & LIGHT_OWNER) && !w.sure)
        words->unsure = true;
    weir_words_add_(words, &w.mutex->state, state, state & SHARED);
    return true;
}

static void foreign_woken(struct weir_foreign *f)
{
    weir_mutex_pass_on_(f->object);
}

/* It may have been woken, and leaves: those behind it get what it was for. */
static void make_good(weir_mutex_t *m)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&m->state);

    while ((state & HEAVY) && !weir_mutex_is_free_(state, false)) {
        uint32_t next = weir_mutex_to_sleep_(state, false);

        /* [M4] seq_cst; pairs with mutex.c:[M2] */
        if (next == state || weir_cas_sc_(&m->state, &state, next))
            return; /* CONTENDED stands, and no wake-up is in flight */
    }
    /* Free: the next may have it.  LIGHT: the next depends on this thread, and
     * enters the table (5). */
    weir_futex_wake_(&m->state, 1, BIT_ANY, state & SHARED);
}

static void foreign_withdraw(struct weir_foreign *f, bool won)
{
    weir_mutex_t *m = f->object;

    if (f->slept && !won)
        make_good(m);
    if (!f->parked)
        return;
    weir_parked_leave_(&m->state);
    if (!won)
        /* Keeps I1: 5. says for whom. */
        weir_futex_wake_(&m->state, 1, WEIR_BITS_ALL, false);
}

const struct weir_foreign_kind weir_mutex_foreign_ = {
    .attempt = foreign_attempt,
    .announce = foreign_announce,
    .woken = foreign_woken,
    .withdraw = foreign_withdraw,
};
