/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Who goes on.  Each thread stops before each step that others could mind,
 * and then one of all threads is chosen to take its step: the same for
 * nothing, another at the price of a preemption, unless this one cannot go
 * on.  Threads that sleep may be chosen to time out, or to wake for no
 * reason; mortal ones to be killed.
 *
 * Two reductions leave out executions that differ from others in nothing.
 * A word that only one thread touches, or that none writes, is nobody's
 * business, so that no thread stops there (place.c); when the search learns
 * that it was wrong, it begins again.  And a thread that was preempted before
 * a step is snoozed until somebody takes a step that does not commute with
 * it: the execution in which it took its step first, and was preempted
 * after it, was explored before, has no more preemptions, and ends alike (a
 * sleep set [Godefroid96] for the one case in which the bound allows it).
 */
#include "engine.h"

struct explorer ex_;

struct options {
    unsigned n;
    uint16_t codes[OPTIONS]; /* 4 * thread + event */
    uint32_t allowed;
    bool idle; /* nobody can go on, but time does */
};

/* -- Commuting ---------------------------------------------------------- */

static bool commute(const struct step *a, const struct step *b)
{
    if (a->world || b->world || (a->sc && b->sc))
        return false;
    return a->place != b->place || a->place == NULL ||
           (!a->writes && !b->writes);
}

void explore_done_(const struct step *step)
{
    if (!ex_.reducing)
        return;
    for (unsigned i = 0; i < ex_.n_threads; i++)
        if (ex_.threads[i].snoozed && !commute(step, &ex_.threads[i].step))
            ex_.threads[i].snoozed = false;
}

/* -- Options ------------------------------------------------------------ */

/* A thread that yields waits until others have changed something. */
static bool is_waiting(const struct thread *t)
{
    return t->yielding && ex_.changes - t->changed <= t->seen;
}

static bool is_mortal(unsigned i)
{
    return (ex_.program->mortal >> i & 1) && !ex_.threads[i].killed;
}

static void add(struct options *o, unsigned thread, enum event event)
{
    if (o->n == OPTIONS)
        return;
    if (event != RUN || !ex_.threads[thread].snoozed)
        o->allowed |= 1u << o->n;
    o->codes[o->n++] = (uint16_t)(4 * thread + event);
}

/* A sleeper may wake without a wake-up. */
static void add_waking(struct options *o, unsigned i)
{
    const struct thread *t = &ex_.threads[i];

    if (t->status != ASLEEP)
        return;
    if (t->deadline != WEIR_FOREVER && ex_.left.timeouts > 0)
        add(o, i, TIMEOUT);
    if (ex_.left.spurious > 0)
        add(o, i, SPURIOUS);
}

/* To kill one that others would not notice is of no use before its turn, or,
 * if it sleeps, before a wake-up that it would have taken (futex.c). */
static void add_kill(struct options *o, unsigned i, bool its_turn)
{
    const struct thread *t = &ex_.threads[i];

    if (ex_.left.kills == 0 || !is_mortal(i) || t->status == GONE)
        return;
    if (t->robust != NULL || (its_turn && t->status == READY))
        add(o, i, KILL);
}

/* Nobody can go on: time passes until the next deadline. */
static void add_deadlines(struct options *o)
{
    weir_deadline_t next = WEIR_FOREVER;

    for (unsigned i = 0; i < ex_.n_threads; i++)
        if (ex_.threads[i].status == ASLEEP && ex_.threads[i].deadline < next)
            next = ex_.threads[i].deadline;
    for (unsigned i = 0; i < ex_.n_threads && next != WEIR_FOREVER; i++)
        if (ex_.threads[i].status == ASLEEP && ex_.threads[i].deadline == next)
            add(o, i, TIMEOUT);
}

/* All that may happen next; none: everybody is done, or stuck. */
static void collect(struct options *o, bool stays)
{
    bool others = !stays || ex_.left.preemptions > 0;
    bool anybody = stays;

    o->n = 0;
    o->allowed = 0;
    o->idle = false;
    if (stays)
        add(o, ex_.self, RUN);
    for (unsigned i = 0; i < ex_.n_threads; i++) {
        const struct thread *t = &ex_.threads[i];

        if (t->status != READY || is_waiting(t) || (stays && i == ex_.self))
            continue;
        anybody = true;
        if (others)
            add(o, i, RUN);
    }
    if (!anybody) {
        o->idle = true;
        add_deadlines(o);
        if (o->n == 0)
            return;
    }
    for (unsigned i = 0; i < ex_.n_threads; i++) {
        if (anybody && others)
            add_waking(o, i);
        add_kill(o, i, !stays || i == ex_.self);
    }
}

/* -- Acting ------------------------------------------------------------- */

void explore_kill_(struct thread *t)
{
    unsigned i = (unsigned)(t - ex_.threads);

    explore_drain_(t);
    t->killed = true;
    t->snoozed = false;
    t->queueing = false;
    /* To be taken in death from the only queue, is to be woken and killed. */
    if (t->n_queues == 1)
        t->n_queues = 0;
    (void)explore_note_(i, "SIGKILL", NULL);
    if (t->robust == NULL) {
        t->status = GONE;
        return;
    }
    t->status = READY;
    t->context = &t->ghost;
    t->started = false;
}

/* What was chosen happens; the thread to go on with, or NULL: choose again. */
static struct thread *act(unsigned code)
{
    struct thread *t = &ex_.threads[code >> 2];
    struct explore_note *note;

    switch ((enum event)(code & 3)) {
    case RUN: break;
    case KILL:
        ex_.left.kills--;
        explore_kill_(t);
        if (t->status == GONE)
            return NULL;
        break;
    case TIMEOUT:
        if (t->deadline > ex_.now)
            ex_.now = t->deadline;
        t->slept = SLEPT_EXPIRED;
        t->status = READY;
        note = explore_note_(code >> 2, "times out", NULL);
        if (note != NULL)
            note->address = t->queues[0].word;
        break;
    case SPURIOUS:
        ex_.left.spurious--;
        t->slept = SLEPT_WOKEN;
        t->status = READY;
        note = explore_note_(code >> 2, "wakes for no reason", NULL);
        if (note != NULL)
            note->address = t->queues[0].word;
        break;
    }
    return t;
}

/* Nobody can go on.  But stores do not stay in a buffer, nor out of sight of
 * who looks again and again, for ever: true if there were such, so that
 * somebody may have something to see. */
static bool show_all(const struct thread *sleeper)
{
    bool shown = false;

    for (unsigned i = 0; i < ex_.n_threads; i++) {
        shown |= ex_.threads[i].buffered > 0;
        explore_drain_(&ex_.threads[i]);
    }
    for (unsigned i = 0; i < ex_.n_threads; i++) {
        struct thread *t = &ex_.threads[i];

        if ((t->status == READY || t == sleeper) && explore_catch_up_(t)) {
            t->yielding = false;
            shown = true;
        }
    }
    return shown;
}

static void pay(const struct options *o, unsigned chosen, bool stays)
{
    unsigned code = o->codes[chosen];

    if (stays && code >> 2 != ex_.self) {
        if (ex_.left.preemptions > 0)
            ex_.left.preemptions--;
        if (ex_.reducing && (o->allowed & 1) &&
            (ex_.left.kills == 0 || !is_mortal(ex_.self)) && !self_()->yielding)
            self_()->snoozed = true;
    }
    if ((code & 3) == TIMEOUT) {
        if (!o->idle)
            ex_.left.timeouts--;
        else
            /* Longer than a store waits in a buffer, or out of sight. */
            (void)show_all(&ex_.threads[code >> 2]);
    }
    if ((code & 3) != RUN)
        explore_done_(&(struct step){.world = true});
}

static void enter_thread(void);

static void enter_ghost(void)
{
    self_()->n_queues = 0;
    explore_robust_exit_(self_());
    self_()->status = GONE;
    explore_block_();
    __builtin_unreachable();
}

static void go_on_with(struct thread *t)
{
    struct coroutine *here = ex_.context;

    ex_.self = (unsigned)(t - ex_.threads);
    t->yielding = false;
    if (!t->started) {
        t->started = true;
        explore_coroutine_make_(
            t->context, t->context == &t->ghost ? enter_ghost : enter_thread);
    }
    if (here != t->context) {
        ex_.context = t->context;
        explore_coroutine_switch_(here, t->context);
    }
}

/* Everybody is done, or stuck: returns if somebody may go on after all. */
static void end_or_fail(void)
{
    bool yielding = false;
    bool asleep = false;

    for (unsigned i = 0; i < ex_.n_threads; i++) {
        yielding |= ex_.threads[i].status == READY;
        asleep |= ex_.threads[i].status == ASLEEP;
    }
    if (ex_.probing)
        explore_conclude_();
    if (yielding)
        explore_fail_(WEIR_EXPLORE_LIVELOCK,
                      "all who can go on yield, and nothing changes");
    if (!asleep)
        explore_leave_();
    explore_probe_();
}

/* Choose, and go on with what was chosen; stays: the calling thread could go
 * on.  Returns when it does. */
static void choose_who(bool stays)
{
    struct options o;
    struct thread *next = NULL;

    while (next == NULL) {
        unsigned chosen;

        collect(&o, stays);
        if (o.n == 0) {
            if (!show_all(NULL))
                end_or_fail();
            continue;
        }
        chosen = explore_choose_(true, o.n, o.codes, o.allowed);
        pay(&o, chosen, stays);
        next = act(o.codes[chosen]);
        stays = stays && self_()->status == READY && !self_()->killed;
    }
    go_on_with(next);
}

/* -- Steps -------------------------------------------------------------- */

static void change_priority(void)
{
    /* At depth - 1 steps, chosen beforehand, whoever runs comes after all who
     * have not met such a step. */
    for (int i = 0; i < (int)CHANGES; i++)
        if (ex_.change_at[i] == ex_.step)
            self_()->priority = i + 1;
}

void explore_count_step_(void)
{
    ex_.slot = 1;
    if (++ex_.step > ex_.options.max_steps)
        explore_fail_(WEIR_EXPLORE_LIVELOCK, "more than %u steps",
                      ex_.options.max_steps);
}

void explore_point_(const struct step *step)
{
    explore_count_step_();
    if (ex_.mode == RANDOM)
        change_priority();
    self_()->step = *step;
    /* Most steps are taken when there is nothing left to choose: count_step
     * has accounted for the choice of one. */
    if (ex_.left.preemptions > 0 || ex_.left.kills > 0) {
        ex_.slot = 0;
        choose_who(true);
    }
    explore_done_(step);
}

/* Before a step that no other thread minds, if not for the state in which its
 * thread dies, which is there to be seen when all is over. */
void explore_private_point_(void)
{
    const uint16_t codes[] = {(uint16_t)(4 * ex_.self + RUN),
                              (uint16_t)(4 * ex_.self + KILL)};

    explore_count_step_();
    if (ex_.left.kills == 0 || !is_mortal(ex_.self))
        return;
    ex_.slot = 0;
    if (explore_choose_(true, 2, codes, UINT32_MAX) == 0)
        return;
    (void)act(codes[1]);
    explore_done_(&(struct step){.world = true});
    explore_block_();
}

void explore_block_(void)
{
    choose_who(false);
}

void explore_yield_(void)
{
    struct thread *t = self_();

    if (ex_.self == NOBODY)
        return;
    explore_count_step_();
    if (ex_.mode == RANDOM)
        t->priority = -(int)ex_.step;
    t->yielding = true;
    t->step = (struct step){.world = true};
    (void)explore_note_(ex_.self, "yields", NULL);
    /* Something has changed since it last looked: it may look again. */
    if (!is_waiting(t))
        t->yielding = false;
    choose_who(false);
    t->seen = ex_.changes - t->changed;
}

/* -- An execution ------------------------------------------------------- */

static void enter_thread(void)
{
    unsigned i = ex_.self;

    if (i == NOBODY) {
        ex_.alone(ex_.program->state);
        explore_leave_();
    }
    ex_.program->threads[i](ex_.program->state);
    (void)explore_note_(i, "returns", NULL);
    if (ex_.threads[i].robust != NULL)
        explore_robust_exit_(&ex_.threads[i]);
    ex_.threads[i].status = GONE;
    explore_block_();
    __builtin_unreachable();
}

static void run_alone(weir_explore_body_t *body)
{
    struct thread *t = &ex_.threads[NOBODY];

    if (body == NULL || ex_.verdict != WEIR_EXPLORE_PASSED || ex_.pruned)
        return;
    ex_.alone = body;
    ex_.context = &ex_.driver;
    t->context = &t->body;
    t->started = false;
    go_on_with(t);
}

static void set_up_alone(void *state)
{
    explore_library_begin_();
    if (ex_.program->setup != NULL)
        ex_.program->setup(state);
}

/* Here, because whoever fails leaves for the driver. */
static void run_threads(void *state)
{
    (void)state;
    ex_.threads[NOBODY].status = GONE;
    explore_block_();
}

static void reset_thread(struct thread *t)
{
    t->context = &t->body;
    t->status = READY;
    t->started = false;
    t->killed = false;
    t->step = (struct step){.place = NULL};
    t->snoozed = false;
    t->yielding = false;
    t->seen = 0;
    t->changed = 0;
    t->robust = NULL;
    t->queueing = false;
    t->n_queues = 0;
    t->has_released = false;
    t->last = NULL;
    t->buffered = 0;
    if (ex_.mode == RANDOM)
        t->priority = (int)(explore_random_() % 1000000) + CHANGES + 1;
}

/* Priorities change at steps that any of an execution can be [Burckhardt10]. */
static void choose_changes(void)
{
    uint32_t steps = ex_.longest > 0 ? ex_.longest : 100;

    for (uint32_t i = 0; i < CHANGES; i++)
        ex_.change_at[i] = i + 1 < ex_.options.depth
                               ? 1 + (uint32_t)(explore_random_() % steps)
                               : 0;
}

static void begin(void)
{
    ex_.generation++;
    ex_.step = 0;
    ex_.slot = 0;
    ex_.changes = 0;
    ex_.sleeps = 0;
    ex_.now = (weir_deadline_t)1000000000000;
    ex_.refused = ex_.options.no_membarrier;
    ex_.left = ex_.options;
    ex_.pruned = false;
    ex_.probing = false;
    ex_.verdict = WEIR_EXPLORE_PASSED;
    explore_choices_begin_();
    explore_arena_begin_();
    explore_places_begin_();
    for (unsigned i = 0; i <= THREADS; i++)
        reset_thread(&ex_.threads[i]);
    explore_views_begin_();
    if (ex_.mode == RANDOM)
        choose_changes();
}

void explore_run_(void)
{
    begin();
    ex_.active = true;
    explore_plain_begin_();
    run_alone(set_up_alone);
    run_alone(run_threads);
    if (ex_.verdict == WEIR_EXPLORE_PASSED && !ex_.pruned)
        for (unsigned i = 0; i < ex_.n_threads; i++)
            explore_drain_(&ex_.threads[i]);
    run_alone(ex_.program->check);
    ex_.active = false;
    explore_places_end_();
    ex_.total_steps += ex_.step;
    if (ex_.step > ex_.longest)
        ex_.longest = ex_.step;
}
