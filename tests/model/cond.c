/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the condition.  Signals are counted under the mutex: who returns
 * without one, or sleeps on with one, is found.
 * (hazards B1, B3, B5, B8, B11, B19, B20, B21, B55)
 */
#include <weir/cond.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "model/model.h"

#define MS 1000000

struct state {
    weir_mutex_t mutex;
    weir_mutex_t other;
    weir_mutex_t gate;
    weir_rmutex_t rmutex;
    weir_cond_t cond;
    /* Guarded by mutex, or rmutex. */
    model_data_t closed; /* nobody is to wait any more */
    model_data_t came;   /* waiters, in all */
    model_data_t sent;   /* signals that somebody must get */
    model_data_t got;    /* by waiters */
    model_data_t before; /* came before the signals that were sent */
    model_data_t tokens;
    model_data_t eaten;
};

static void add(model_data_t *data, int n)
{
    model_set(data, model_get(data) + n);
}

static void lock(struct state *s)
{
    (void)weir_mutex_lock(&s->mutex);
}

static void unlock(struct state *s)
{
    MODEL_ASSERT(weir_mutex_unlock(&s->mutex) == 0, "it was locked");
}

static bool is_shared(const struct state *s)
{
    return s->cond.scope != 0;
}

/* -- Exactly so many, of those that were there -------------------------- */

/* A waiter that holds the lock was signalled. */
static void count_it(struct state *s, int ticket)
{
    add(&s->got, 1);
    MODEL_ASSERT(model_get(&s->got) <= model_get(&s->sent),
                 "nobody returns without a signal");
    MODEL_ASSERT(
        ticket < (is_shared(s) ? model_get(&s->before) : model_get(&s->sent)),
        "nobody takes the signal of one who came before");
}

static void wait_once(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    if (!model_get(&s->closed)) {
        int ticket = model_get(&s->came);

        add(&s->came, 1);
        MODEL_ASSERT(weir_cond_wait(&s->cond, &s->mutex) == 0,
                     "wait returns 0");
        count_it(s, ticket);
    }
    unlock(s);
}

/* With the lock held: signal n, and note for how many that must be, and of
 * which: in shared scope of a group that was there before some signal. */
static void signal_n(struct state *s, int n)
{
    int waiting = model_get(&s->came) - model_get(&s->sent);

    for (int i = 0; i < n && i < waiting; i++) {
        if (model_get(&s->sent) == model_get(&s->before))
            model_set(&s->before, model_get(&s->came));
        add(&s->sent, 1);
    }
    (void)weir_cond_signal_n(&s->cond, (unsigned)n);
}

/* One broadcast to three, of whom two are let go at once: the third not before
 * the first. */
#define AT_ONCE 2 /* as tests/explore/library.h has it */

static void wait_in_row(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    if (!model_get(&s->closed)) {
        int ticket = model_get(&s->came);

        add(&s->came, 1);
        (void)weir_cond_wait(&s->cond, &s->mutex);
        MODEL_ASSERT(ticket < AT_ONCE ||
                         model_get(&s->eaten) >> (ticket - AT_ONCE) & 1,
                     "nobody comes before the one ahead in its row");
        add(&s->eaten, 1 << ticket);
        count_it(s, ticket);
    }
    unlock(s);
}

static void signal_one(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    signal_n(s, 1);
    unlock(s);
}

static void close_all(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    model_set(&s->closed, 1);
    if (model_get(&s->came) > model_get(&s->sent))
        signal_n(s, MODEL_THREADS);
    unlock(s);
}

static void signal_and_close(void *arg)
{
    signal_one(arg);
    close_all(arg);
}

static void signal_twice_and_close(void *arg)
{
    signal_one(arg);
    signal_one(arg);
    close_all(arg);
}

static void two_and_close(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    signal_n(s, 2);
    unlock(s);
    close_all(arg);
}

static void one_and_two(void *arg)
{
    signal_one(arg);
    two_and_close(arg);
}

static void all_got_it(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(model_get(&s->got) == model_get(&s->came) &&
                     model_get(&s->got) == model_get(&s->sent),
                 "each signal was got once");
    MODEL_ASSERT(!weir_mutex_is_locked(&s->mutex), "the lock is free");
    /* Of a shared one, all but the number of the group. */
    MODEL_ASSERT(weir_load_rlx_(&s->cond.waiters) << 28 == 0,
                 "nobody waits, and no permit is left");
}

/* -- Tokens: signals without the lock, and deadlines -------------------- */

static void make(struct state *s, bool all)
{
    lock(s);
    add(&s->tokens, 1);
    unlock(s);
    if (all)
        (void)weir_cond_broadcast(&s->cond);
    else
        (void)weir_cond_signal(&s->cond);
}

static void make_one(void *arg)
{
    make((struct state *)arg, false);
}

static void make_two(void *arg)
{
    make_one(arg);
    make_one(arg);
}

static void make_one_for_all(void *arg)
{
    make((struct state *)arg, true);
}

static void make_at_once(struct state *s, int n)
{
    lock(s);
    add(&s->tokens, n);
    unlock(s);
    (void)weir_cond_broadcast(&s->cond);
}

static void make_two_at_once(void *arg)
{
    make_at_once((struct state *)arg, 2);
}

static void make_three_at_once(void *arg)
{
    make_at_once((struct state *)arg, 3);
}

/* Eat one; without, if the deadline passes. */
static void eat(struct state *s, weir_deadline_t deadline)
{
    int result = 0;

    lock(s);
    while (model_get(&s->tokens) == 0 && result == 0) {
        result = weir_cond_wait_until(&s->cond, &s->mutex, deadline);
        MODEL_ASSERT(result == 0 ||
                         (result == ETIMEDOUT && deadline != WEIR_FOREVER),
                     "0, or ETIMEDOUT where there is a deadline");
        MODEL_ASSERT(weir_mutex_is_locked(&s->mutex), "the lock is held");
    }
    if (model_get(&s->tokens) > 0) {
        add(&s->tokens, -1);
        add(&s->eaten, 1);
    }
    unlock(s);
}

static void eat_one(void *arg)
{
    eat((struct state *)arg, WEIR_FOREVER);
}

static void eat_until(void *arg)
{
    eat((struct state *)arg, weir_after(MS));
}

static void eat_now(void *arg)
{
    eat((struct state *)arg, WEIR_NOW);
}

/* A waiter that does not ask what for: it may take a signal, and then must
 * pass it on. */
static void pass_on(void *arg)
{
    struct state *s = (struct state *)arg;
    int result;

    lock(s);
    result = weir_cond_wait_until(&s->cond, &s->mutex, weir_after(MS));
    unlock(s);
    if (result == 0)
        (void)weir_cond_signal(&s->cond);
}

static void three_were_eaten(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(model_get(&s->tokens) == 0 && model_get(&s->eaten) == 3,
                 "each token once");
}

static void two_were_there(void *arg)
{
    struct state *s = (struct state *)arg;

    MODEL_ASSERT(model_get(&s->tokens) + model_get(&s->eaten) <= 2,
                 "no token twice");
}

/* -- A predicate -------------------------------------------------------- */

static bool is_there(void *arg)
{
    return model_get(&((struct state *)arg)->tokens) > 0;
}

static void wait_for(struct state *s, weir_deadline_t deadline)
{
    int result;

    lock(s);
    result = weir_cond_wait_for(&s->cond, &s->mutex, is_there, s, deadline);
    MODEL_ASSERT(result == (is_there(s) ? 0 : ETIMEDOUT),
                 "it returns what the predicate is");
    unlock(s);
}

static void wait_for_it(void *arg)
{
    wait_for((struct state *)arg, WEIR_FOREVER);
}

static void wait_for_it_until(void *arg)
{
    wait_for((struct state *)arg, weir_after(MS));
}

/* -- A recursive mutex -------------------------------------------------- */

static void wait_deep(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_rmutex_lock(&s->rmutex);
    (void)weir_rmutex_lock(&s->rmutex);
    while (!is_there(s)) {
        MODEL_ASSERT(weir_cond_wait_rmutex(&s->cond, &s->rmutex) == 0,
                     "wait returns 0");
        MODEL_ASSERT(weir_rmutex_depth(&s->rmutex) == 2, "as deep as it was");
    }
    add(&s->tokens, -1);
    (void)weir_rmutex_unlock(&s->rmutex);
    MODEL_ASSERT(weir_rmutex_unlock(&s->rmutex) == 0, "twice");
    MODEL_ASSERT(!weir_rmutex_is_mine(&s->rmutex), "and no more");
}

static void make_two_deep(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_rmutex_lock(&s->rmutex);
    MODEL_ASSERT(weir_rmutex_depth(&s->rmutex) == 1, "who waits has let go");
    add(&s->tokens, 2);
    (void)weir_cond_broadcast(&s->cond);
    (void)weir_rmutex_unlock(&s->rmutex);
}

/* -- Two mutexes -------------------------------------------------------- */

static void wait_with_mutex(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    if (!model_get(&s->closed)) {
        model_set(&s->came, 1);
        (void)weir_cond_wait(&s->cond, &s->mutex);
    }
    unlock(s);
}

/* Gets away while the other mutex is held. */
static void wait_with_other(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_mutex_lock(&s->other);
    if (!model_get(&s->eaten)) { /* guarded by other, here */
        model_set(&s->tokens, 1);
        (void)weir_cond_wait(&s->cond, &s->other);
        (void)weir_mutex_unlock(&s->gate);
    }
    (void)weir_mutex_unlock(&s->other);
}

static void hold_one_and_wake(void *arg)
{
    struct state *s = (struct state *)arg;
    bool there;

    lock(s);
    (void)weir_mutex_lock(&s->other);
    model_set(&s->closed, 1);
    model_set(&s->eaten, 1);
    there = model_get(&s->tokens);
    (void)weir_cond_broadcast(&s->cond);
    (void)weir_mutex_unlock(&s->other);
    if (there)
        (void)weir_mutex_lock(&s->gate); /* which the waiter opens */
    unlock(s);
}

static void begin_with_gate(void *arg)
{
    (void)weir_mutex_lock(&((struct state *)arg)->gate);
}

/* -- Lifetime ----------------------------------------------------------- */

static void wait_and_free(void *arg)
{
    struct state *s = (struct state *)arg;
    bool waits;

    lock(s);
    waits = !model_get(&s->closed);
    if (waits) {
        add(&s->came, 1);
        (void)weir_cond_wait(&s->cond, &s->mutex);
    }
    unlock(s);
    if (waits)
        model_free(&s->cond, sizeof(s->cond));
}

static void wait_until_once(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    if (!model_get(&s->closed))
        (void)weir_cond_wait_until(&s->cond, &s->mutex, weir_after(MS));
    unlock(s);
}

static void wake_the_freer(void *arg)
{
    struct state *s = (struct state *)arg;
    bool waits;

    lock(s);
    model_set(&s->closed, 1);
    waits = model_get(&s->came);
    if (waits)
        (void)weir_cond_broadcast(&s->cond);
    unlock(s);
}

static void wake_the_freer_outside(void *arg)
{
    struct state *s = (struct state *)arg;
    bool waits;

    lock(s);
    model_set(&s->closed, 1);
    waits = model_get(&s->came);
    unlock(s);
    if (waits)
        (void)weir_cond_signal(&s->cond);
}

/* -- Processes ---------------------------------------------------------- */

static void begin_shared(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_mutex_init(&s->mutex, WEIR_SHARED);
    (void)weir_mutex_init(&s->other, WEIR_SHARED);
    (void)weir_cond_init(&s->cond, WEIR_SHARED);
}

/* Has a lock of its own, so that it takes none along. */
static void wait_and_die(void *arg)
{
    struct state *s = (struct state *)arg;

    (void)weir_mutex_lock(&s->other);
    (void)weir_cond_wait_until(&s->cond, &s->other,
                               weir_after(8 * (int64_t)WEIR_SHARED_SLICE_NS));
    (void)weir_mutex_unlock(&s->other);
}

/* Two signals, of which the dead may take one. */
static void signal_both(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    model_set(&s->closed, 1);
    (void)weir_cond_signal(&s->cond);
    (void)weir_cond_signal(&s->cond);
    unlock(s);
}

static void survive(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    if (!model_get(&s->closed))
        MODEL_ASSERT(weir_cond_wait(&s->cond, &s->mutex) == 0,
                     "a signal is left for the living");
    unlock(s);
}

static void signal_and_die(void *arg)
{
    (void)weir_cond_broadcast(&((struct state *)arg)->cond);
}

static void signal_after(void *arg)
{
    struct state *s = (struct state *)arg;

    lock(s);
    model_set(&s->closed, 1);
    (void)weir_cond_broadcast(&s->cond);
    unlock(s);
}

#define PROGRAM(text) .name = text, .size = sizeof(struct state)
#define SHARED_PROGRAM(text)                                                   \
    PROGRAM(text), .flags = MODEL_PROCESSES, .setup = begin_shared

const struct model_program model_cond[] = {
    {PROGRAM("one"), .thread = {wait_once, close_all}, .check = all_got_it,
     .preemptions = 3, .stale = 1, .spurious = 1, .deeper = 1},
    {PROGRAM("two"), .thread = {wait_once, wait_once, signal_and_close},
     .check = all_got_it, .preemptions = 2, .deeper = 1},
    {PROGRAM("three"),
     .thread = {wait_once, wait_once, wait_once, two_and_close},
     .check = all_got_it, .preemptions = 1, .deeper = 1},
    {PROGRAM("rows"),
     .thread = {wait_in_row, wait_in_row, wait_in_row, close_all},
     .check = all_got_it, .preemptions = 1, .stale = 1, .deeper = 1},
    {PROGRAM("signallers"),
     .thread = {wait_once, wait_once, signal_one, signal_and_close},
     .check = all_got_it, .preemptions = 1, .deeper = 1},
    {PROGRAM("tokens"), .thread = {eat_one, eat_one, make_one, make_one},
     .check = two_were_there, .preemptions = 1, .stale = 1, .deeper = 1},
    {PROGRAM("two_at_once"), .thread = {eat_one, eat_one, make_two_at_once},
     .check = two_were_there, .preemptions = 1, .stale = 1, .deeper = 1},
    {PROGRAM("three_at_once"),
     .thread = {eat_one, eat_one, eat_one, make_three_at_once},
     .check = three_were_eaten, .preemptions = 1, .stale = 1, .deeper = 1},
    {PROGRAM("until"), .thread = {eat_one, eat_until, make_two},
     .check = two_were_there, .preemptions = 2, .timeouts = 1, .deeper = 1},
    {PROGRAM("until_broadcast"),
     .thread = {eat_one, eat_until, make_one, make_one_for_all},
     .check = two_were_there, .preemptions = 1, .timeouts = 1, .deeper = 1},
    {PROGRAM("now"), .thread = {eat_one, eat_now, make_two},
     .check = two_were_there, .preemptions = 2, .deeper = 1},
    {PROGRAM("passed_on"), .thread = {eat_one, pass_on, make_one},
     .check = two_were_there, .preemptions = 2, .timeouts = 1, .deeper = 1},
    {PROGRAM("predicate"),
     .thread = {wait_for_it, wait_for_it_until, make_one_for_all},
     .preemptions = 2, .timeouts = 1, .deeper = 1},
    {PROGRAM("recursive"), .thread = {wait_deep, wait_deep, make_two_deep},
     .preemptions = 1, .stale = 1, .deeper = 1},
    {PROGRAM("two_mutexes"), .setup = begin_with_gate,
     .thread = {wait_with_mutex, wait_with_other, hold_one_and_wake},
     .preemptions = 2, .deeper = 1},
    {PROGRAM("two_mutexes_of_three"), .setup = begin_with_gate,
     .thread = {wait_with_mutex, wait_with_mutex, wait_with_other,
                hold_one_and_wake},
     .preemptions = 1, .deeper = 1},
    {PROGRAM("free"), .thread = {wait_and_free, wake_the_freer_outside},
     .preemptions = 3, .stale = 1, .deeper = 1},
    {PROGRAM("free_until"),
     .thread = {wait_and_free, wait_until_once, wake_the_freer},
     .preemptions = 2, .timeouts = 1, .deeper = 1},
    {SHARED_PROGRAM("shared"),
     .thread = {wait_once, wait_once, signal_and_close}, .check = all_got_it,
     .preemptions = 2, .deeper = 1},
    {SHARED_PROGRAM("shared_three"),
     .thread = {wait_once, wait_once, wait_once, signal_twice_and_close},
     .check = all_got_it, .preemptions = 1, .deeper = 1},
    {SHARED_PROGRAM("shared_two_of_three"),
     .thread = {wait_once, wait_once, wait_once, two_and_close},
     .check = all_got_it, .preemptions = 1, .deeper = 1},
    {SHARED_PROGRAM("shared_one_and_two"),
     .thread = {wait_once, wait_once, wait_once, one_and_two},
     .check = all_got_it, .preemptions = 1, .deeper = 1},
    {SHARED_PROGRAM("shared_groups"),
     .thread = {eat_one, eat_one, pass_on, make_two}, .check = two_were_there,
     .preemptions = 1, .timeouts = 1, .deeper = 1},
    {SHARED_PROGRAM("shared_tokens"),
     .thread = {eat_one, eat_one, make_one, make_one}, .check = two_were_there,
     .preemptions = 1, .stale = 1, .deeper = 1},
    {SHARED_PROGRAM("shared_until"), .thread = {eat_one, eat_until, make_two},
     .check = two_were_there, .preemptions = 2, .timeouts = 1, .deeper = 1},
    {SHARED_PROGRAM("shared_passed_on"), .thread = {eat_one, pass_on, make_one},
     .check = two_were_there, .preemptions = 2, .timeouts = 1, .deeper = 1},
    {PROGRAM("killed_waiter"), .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared, .thread = {wait_and_die, survive, signal_both},
     .mortal = 1, .preemptions = 2, .kills = 1, .deeper = 1},
    {PROGRAM("killed_signaller"), .flags = MODEL_PROCESSES | MODEL_NETS,
     .setup = begin_shared, .thread = {signal_and_die, survive, signal_after},
     .mortal = 1, .preemptions = 2, .kills = 1, .deeper = 1},
    {.name = NULL}};
