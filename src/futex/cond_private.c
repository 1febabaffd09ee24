/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A private condition: a line of waiters, each on its own stack, with a word
 * of its own to sleep on [Nsync16].  A signal takes the first n out of the line
 * and lets the first WEIR_COND_AT_ONCE of them go; each of these lets another
 * one go when it has the lock, the one so many places behind it, and so on: a
 * row [Musl14].  So no more than that at a time contend for it, and while one
 * has it the next are being woken.
 *
 * The line is guarded by a lock that is found by the condition's address in a
 * table of the process, and not in the condition: a waiter whose deadline has
 * passed must ask under that lock whether it was signalled, and if it was, the
 * condition may be gone.  The table's locks are mutexes (mutex.c), so that
 * nobody spins for long for one whose holder is not running.
 *
 * There must be one table per process: it is an exported symbol that the
 * dynamic linker unites.
 *
 * WORD weir_cond_t.waiters, 64 bits, not slept on, initial: 0, all-zero
 * valid: yes
 *  Private: the address of the first waiter in line, 0 if there is none.  The
 *  line is a circle: the one before the first is the last.
 *  MOVES  by who holds the line's lock: to a first waiter, the next one, or 0
 *  If stale: a signal that reads it without the lock may find somebody who has
 *  left; it does not miss anybody (3).
 *  (Shared: see cond_shared.c.)
 *
 * WORD weir_cond_t.turn, 32 bits, not slept on here, initial: 0
 *  Private: the forks of the process up to the time at which the line was
 *  used; a line from before a fork is empty, since its waiters are not here.
 *  If stale: never read without the line's lock.
 *
 * WORD waiter.word, 32 bits, futex word: yes, initial: AWAKE
 *  LEGAL  AWAKE | ASLEEP | RELEASED
 *  MOVES  by the waiter    AWAKE > ASLEEP: it will sleep
 *         by its releaser  AWAKE > RELEASED; ASLEEP > RELEASED, and wake it
 *  If stale: the compare-and-swaps tell, and the kernel compares again.
 *
 * WORD waiter.next, 64 bits, not slept on, initial: itself
 *  In line: the address of the next waiter in the circle.  Out of the line:
 *  the next of its row, whom to release, or 0.
 *  MOVES  by who holds the line's lock, until the waiter is released
 *  If stale: never; read under that lock, or by the waiter after [C2].
 *
 * Why no signal is lost, doubled or stolen.
 *  1. Who is signalled is decided under the line's lock: a waiter is in line
 *     from before it unlocks the mutex until a signal takes it out, or it
 *     leaves at its deadline.  It does one or the other, never both, since
 *     both ask `queued`.  So a signal wakes the first min(n, length) of the
 *     line, each of which returns 0; who comes later is behind them, and who
 *     left before is not there.
 *  2. A signal after the unlock finds the waiter: it holds the line's lock
 *     after the waiter did, or, without it, see 3.
 *  3. A signal that reads 0 without the lock does nothing.  Each waiter that
 *     it must not miss wrote the word under the mutex, before it unlocked
 *     that, and the caller, or whoever changed what it is about and told the
 *     caller, locked the mutex after it.  So the write happens before the
 *     read, which returns it or a later one, and 0 only if that waiter has
 *     been taken out since (hazard B11).
 *  4. Each that was taken out is in one row, and is released once: the first
 *     of each row by the signal, the others each by the one before, which was
 *     released, and waits for nothing but the mutex, which is the same for all
 *     of a row.  Whoever is out of the line waits for its release and for
 *     nothing else, whatever its deadline.
 *  5. Released while AWAKE: it sees the word before it sleeps, since its
 *     AWAKE > ASLEEP fails.  While ASLEEP: the word changes, then comes the
 *     wake-up, and the kernel has compared the word before it slept.
 *  6. The releaser's last access to a waiter is the one that releases it; then
 *     it wakes by address, which may be another's stack by now.
 *  7. A signal's last access to the condition is under the line's lock, before
 *     it releases anybody.  A waiter touches it in its place in line only: if
 *     it asks, at its deadline, and is out of the line, it has touched the
 *     table alone.
 *  8. Of those that one signal took out with one mutex no more than
 *     WEIR_COND_AT_ONCE are released and have not had the mutex: one more is
 *     released only by one that has it.  And they are in rows in the order in
 *     which they came, so that nobody has the mutex before the one so many
 *     places ahead of it.
 *
 * ORDERS
 *  [C1] release  compare-and-swap, or store, release; pairs with [C2]: the
 *                released sees whom it is to release
 *  [C2] look     load acquire; pairs with [C1]
 */
#include "futex/cond.h"

#include <pthread.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/tunables.h"
#include "futex/park.h"
#include "futex/relock.h"

#define AWAKE 0u
#define ASLEEP 1u
#define RELEASED 2u

struct waiter {
    /* What it sleeps on. */
    WEIR_ATOMIC(uint32_t) word;
    bool queued;  /* UNDER the line's lock, also the three below */
    bool several; /* it is let go with others; then its own, after [C2] */
    const weir_mutex_t *mutex;
    struct waiter *previous;
    /* An address.  Out of the line: whom to release, read without the lock. */
    WEIR_ATOMIC(uint64_t) next;
};

#define LINES 64u

struct line {
    WEIR_ALIGNED(WEIR_LINE) weir_mutex_t lock;
};

/* How often this process is the child of a fork, and the lines' locks. */
struct lines {
    struct line line[LINES];
    uint32_t forks;
};

WEIR_API extern struct lines weir_lines_;
struct lines weir_lines_;

static weir_mutex_t *lock_of(const weir_cond_t *c)
{
    uintptr_t at = (uintptr_t)c;

    return &weir_lines_.line[((at >> 4) ^ (at >> 10)) % LINES].lock;
}

/* -- The line, under its lock ------------------------------------------- */

static struct waiter *first(const weir_cond_t *c)
{
    uint32_t forks = weir_load_rlx_(&c->turn); /* UNDER the line's lock */
    uint64_t at = weir_load_rlx_(&c->waiters); /* UNDER the line's lock */

    return forks == weir_lines_.forks ? (struct waiter *)(uintptr_t)at : NULL;
}

static void set_first(weir_cond_t *c, struct waiter *w)
{
    /* UNDER the line's lock */
    weir_store_rlx_(&c->turn, weir_lines_.forks);
    /* UNDER the line's lock; also read without it (3). */
    weir_store_rlx_(&c->waiters, (uint64_t)(uintptr_t)w);
}

static struct waiter *next_of(const struct waiter *w)
{
    /* UNDER the line's lock; or FENCED by [C2], where it is released. */
    return (struct waiter *)(uintptr_t)weir_load_rlx_(&w->next);
}

static void set_next(struct waiter *w, struct waiter *next)
{
    /* UNDER the line's lock. */
    weir_store_rlx_(&w->next, (uint64_t)(uintptr_t)next);
}

static void append(weir_cond_t *c, struct waiter *w)
{
    struct waiter *head = first(c);

    w->queued = true;
    if (head == NULL) {
        w->previous = w;
        set_next(w, w);
        set_first(c, w);
        return;
    }
    w->previous = head->previous;
    set_next(w, head);
    set_next(w->previous, w);
    head->previous = w;
}

static void take_out(weir_cond_t *c, struct waiter *w)
{
    struct waiter *next = next_of(w);

    w->queued = false;
    set_next(w->previous, next);
    next->previous = w->previous;
    if (first(c) == w)
        set_first(c, next == w ? NULL : next);
}

/* Those that a signal takes out, in rows of which each is to release the next,
 * by `next`; the first of the rows are linked by `previous`. */
struct rows {
    struct waiter *head;
    struct waiter *tail;
    /* Those with one mutex that come after one another in line: how many so
     * far, and the last of each of their rows. */
    unsigned count;
    struct waiter *last[WEIR_COND_AT_ONCE];
};

/* One more, which was taken out just now. */
static void add_to_rows(struct rows *rows, struct waiter *w)
{
    if (rows->count > 0 &&
        rows->last[(rows->count - 1) % WEIR_COND_AT_ONCE]->mutex != w->mutex)
        rows->count = 0;
    w->previous = NULL;
    set_next(w, NULL);
    if (rows->count >= WEIR_COND_AT_ONCE) {
        set_next(rows->last[rows->count % WEIR_COND_AT_ONCE], w);
    } else {
        if (rows->tail != NULL)
            rows->tail->previous = w;
        else
            rows->head = w;
        rows->tail = w;
    }
    rows->last[rows->count++ % WEIR_COND_AT_ONCE] = w;
}

/* Take the first n out; the first of the first row is returned. */
static struct waiter *take_first(weir_cond_t *c, unsigned n)
{
    struct rows rows;
    struct waiter *w = first(c);
    bool several = w != NULL && n > 1 && next_of(w) != w;

    rows.head = rows.tail = NULL;
    rows.count = 0;
    while (n-- > 0 && (w = first(c)) != NULL) {
        take_out(c, w);
        w->several = several;
        add_to_rows(&rows, w);
    }
    return rows.head;
}

/* -- Releasing ---------------------------------------------------------- */

static void release(struct waiter *w)
{
    uint32_t found = AWAKE;

    /* [C1] release; pairs with [C2]: the last access (6). */
    if (weir_cas_rel_(&w->word, &found, RELEASED))
        return;
    /* [C1] release; pairs with [C2]: ASLEEP, which nobody else changes. */
    weir_store_rel_(&w->word, RELEASED);
    weir_futex_wake_(&w->word, 1, WEIR_BITS_ALL, false);
}

void weir_cond_signal_private_(weir_cond_t *c, unsigned n)
{
    weir_mutex_t *lock = lock_of(c);
    struct waiter *row;

    /* HINT: not 0 is looked at again; 0 is nobody (3). */
    if (weir_load_rlx_(&c->waiters) == 0)
        return;
    (void)weir_mutex_lock(lock);
    row = take_first(c, n);
    (void)weir_mutex_unlock(lock);
    while (row != NULL) {
        struct waiter *other = row->previous;

        release(row);
        row = other;
    }
}

/* -- Waiting ------------------------------------------------------------ */

/* Get in line; true if nobody else is there. */
static bool enter(weir_cond_t *c, struct waiter *w)
{
    weir_mutex_t *lock = lock_of(c);
    bool alone;

    /* INIT: nobody else knows it. */
    weir_store_rlx_(&w->word, AWAKE);
    (void)weir_mutex_lock(lock);
    append(c, w);
    alone = next_of(w) == w;
    (void)weir_mutex_unlock(lock);
    return alone;
}

/* The deadline has passed: leave the line.  False if a signal was faster. */
static bool leave(weir_cond_t *c, struct waiter *w)
{
    weir_mutex_t *lock = lock_of(c);
    bool left;

    (void)weir_mutex_lock(lock);
    left = w->queued;
    if (left)
        take_out(c, w);
    (void)weir_mutex_unlock(lock);
    return left;
}

static bool is_released(const struct waiter *w)
{
    /* [C2] acquire; pairs with [C1] */
    return weir_load_acq_(&w->word) == RELEASED;
}

static bool spin(const weir_cond_t *c, const struct waiter *w)
{
    struct weir_spin spin = weir_spin_begin_on_(&weir_cond_spin_plan_, c);
    bool released;

    while (!(released = is_released(w)) && weir_spin_again_(&spin))
        ;
    weir_spin_end_(&spin);
    return released;
}

/* Sleep until released; false if the deadline passes first. */
static bool await(struct waiter *w, struct weir_until until)
{
    uint32_t found = AWAKE;

    /* HINT: it fails if it is ASLEEP already, or RELEASED, which is looked at
     * next. */
    (void)weir_cas_rlx_(&w->word, &found, ASLEEP);
    while (!is_released(w))
        if (weir_park_(&w->word, ASLEEP, until, WEIR_BITS_ALL, false, true) ==
            WEIR_SLEPT_EXPIRED)
            return false;
    return true;
}

/* Wait for a signal, in line; what the wait returns. */
static int wait_in_line(weir_cond_t *c, struct waiter *w, bool alone,
                        struct weir_until until)
{
    if (alone && until.deadline > WEIR_NOW && spin(c, w))
        return 0;
    if (await(w, until))
        return 0;
    if (leave(c, w))
        return ETIMEDOUT;
    (void)await(w,
                weir_until_(WEIR_FOREVER)); /* the release is on its way (4) */
    return 0;
}

int weir_cond_wait_private_(weir_cond_t *c, weir_mutex_t *m,
                            struct weir_until until)
{
    struct waiter w = {.mutex = m};
    struct waiter *next;
    bool alone;
    int result;

    alone = enter(c, &w);
    (void)weir_mutex_unlock(m);
    result = wait_in_line(c, &w, alone, until);
    if (w.several)
        weir_mutex_relock_(m);
    else
        (void)weir_mutex_lock(m);
    next = result == 0 ? next_of(&w) : NULL;
    if (next != NULL)
        release(next);
    return result;
}

/* -- Fork --------------------------------------------------------------- */

void weir_cond_after_fork_(void)
{
    for (unsigned i = 0; i < LINES; i++)
        (void)weir_mutex_init(&weir_lines_.line[i].lock, 0);
    weir_lines_.forks++;
}

WEIR_CONSTRUCTOR static void set_up(void)
{
    (void)pthread_atfork(NULL, NULL, weir_cond_after_fork_);
}
