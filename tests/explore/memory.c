/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What atomic operations do, in each memory model.
 *
 * Each place has the history of its stores, in the order in which they were
 * executed, which so is their modification order.  Each thread has a view:
 * for every place the oldest store that it may still read.  A release store
 * carries its thread's view, and who reads it with acquire takes the view
 * over; fences do the same for the relaxed accesses around them; a seq_cst
 * fence also goes through a view that all share [Kang17].  C11 then means
 * that a load may read any store that its view allows, and SC that it reads
 * the latest.  A read-modify-write, failed or not, reads the latest.  An
 * seq_cst load reads no store before the last seq_cst one of its place, and
 * what seq_cst fences have published.
 *
 * TSO: a store waits in a buffer of its thread, and the thread itself reads
 * it there.  When others look at the place, it is a choice whether it and all
 * stores before it have reached memory; nobody can tell when else they did.
 * Locked operations, seq_cst stores and fences, and futex calls drain the
 * buffer first.
 *
 * Clocks, which tell races on plain data, are carried by the orders that the
 * program states, in each of the models.
 */
#include "engine.h"

#include <stdlib.h>

/* What all seq_cst operations have published. */
static struct view *global;

bool explore_is_weak_(void)
{
    return ex_.options.memory == WEIR_EXPLORE_MEMORY_C11;
}

static bool is_tso(void)
{
    return ex_.options.memory == WEIR_EXPLORE_MEMORY_TSO;
}

static bool acquires(enum weir_explore_order order)
{
    return order == WEIR_EXPLORE_ACQ || order >= WEIR_EXPLORE_ACQ_REL;
}

static bool releases(enum weir_explore_order order)
{
    return order >= WEIR_EXPLORE_REL;
}

/* -- Views -------------------------------------------------------------- */

static size_t view_size(unsigned places)
{
    return sizeof(struct view) + places * sizeof(uint16_t);
}

/* Of a thread, made once: there is room for all places. */
static void reset_view(struct view **view)
{
    if (*view == NULL)
        *view = calloc(1, view_size(PLACES));
    if (*view == NULL)
        abort();
    if (!explore_is_weak_())
        (*view)->places = 0;
    memset((*view)->clock, 0, sizeof(*view)->clock);
    /* As many as the last time, so that it need not grow again. */
    memset((*view)->at, 0, (*view)->places * sizeof(*view)->at[0]);
}

void explore_views_begin_(void)
{
    reset_view(&global);
    for (unsigned i = 0; i <= THREADS; i++) {
        struct thread *t = &ex_.threads[i];

        reset_view(&t->known);
        reset_view(&t->acquired);
        reset_view(&t->released);
        if (i < THREADS)
            t->known->clock[i] = 1;
    }
}

static void extend(struct view *view, unsigned places)
{
    if (view->places < places) {
        memset(view->at + view->places, 0,
               (places - view->places) * sizeof *view->at);
        view->places = (uint16_t)places;
    }
}

void explore_view_of_new_place_(unsigned index)
{
    if (!explore_is_weak_() || global->places > index)
        return;
    extend(global, index + 1);
    for (unsigned i = 0; i <= THREADS; i++) {
        struct thread *t = &ex_.threads[i];

        extend(t->known, index + 1);
        extend(t->acquired, index + 1);
        extend(t->released, index + 1);
    }
}

bool explore_catch_up_(struct thread *t)
{
    bool raised = false;

    for (unsigned i = 0; explore_is_weak_() && i < explore_places_(); i++) {
        uint16_t at = explore_nth_place_(i)->latest->at;

        raised |= t->known->at[i] < at;
        t->known->at[i] = at;
    }
    return raised;
}

/* Written so that the compiler makes vectors of it. */
static void join_places(struct view *restrict to,
                        const struct view *restrict from)
{
    for (unsigned i = 0; i < from->places; i++)
        to->at[i] = to->at[i] < from->at[i] ? from->at[i] : to->at[i];
}

static void join(struct view *restrict to, const struct view *restrict from)
{
    for (unsigned i = 0; i < THREADS; i++)
        to->clock[i] =
            to->clock[i] < from->clock[i] ? from->clock[i] : to->clock[i];
    join_places(to, from);
}

static void assign(struct view *to, const struct view *from)
{
    memcpy(to, from, view_size(from->places));
}

static struct view *copy(const struct view *from)
{
    struct view *view = explore_scratch_(view_size(from->places));

    assign(view, from);
    return view;
}

/* -- Histories ---------------------------------------------------------- */

static void raise_to(struct view *view, unsigned index, uint16_t at)
{
    if (explore_is_weak_() && view->at[index] < at)
        view->at[index] = at;
}

static void learn(struct thread *t, const struct place *place,
                  const struct message *m, enum weir_explore_order order)
{
    raise_to(t->known, place->index, m->at);
    raise_to(t->acquired, place->index, m->at);
    if (m->view == NULL || m->view == t->last)
        return;
    /* What it has acquired from the same message before it knows. */
    if (acquires(order))
        t->last = m->view;
    join(t->acquired, m->view);
    if (acquires(order))
        join(t->known, m->view);
}

/* What a store carries; a release ends the time of what it publishes. */
static struct view *carried(struct thread *t, enum weir_explore_order order)
{
    struct view *view = NULL;

    if (releases(order)) {
        view = copy(t->known);
        if (ex_.self != NOBODY)
            t->known->clock[ex_.self]++;
    } else if (t->has_released) {
        view = copy(t->released);
    }
    return view;
}

/* A store reaches memory.  What setup and check store was always there. */
static void publish(struct thread *t, struct place *place, uint64_t value,
                    const struct view *view, bool sc)
{
    explore_poke_(place->memory, place->size, value);
    if (ex_.self == NOBODY) {
        place->latest->value = value;
        return;
    }
    (void)explore_append_(place, value, view);
    raise_to(t->known, place->index, place->latest->at);
    raise_to(t->acquired, place->index, place->latest->at);
    if (sc)
        raise_to(global, place->index, place->latest->at);
    ex_.changes++;
    t->changed++;
}

/* -- TSO ---------------------------------------------------------------- */

static void drain_first(struct thread *t, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        publish(t, t->buffer[i].place, t->buffer[i].value, t->buffer[i].view,
                false);
    t->buffered -= n;
    memmove(t->buffer, t->buffer + n, t->buffered * sizeof t->buffer[0]);
}

/* A thread is about to look at a place: whether the stores that t has
 * buffered for it have reached memory.  To leave them costs, once. */
static void observe_one(struct thread *t, const struct place *place)
{
    unsigned ends[BUFFER + 1];
    unsigned n = 0;
    unsigned options = 1;
    unsigned chosen;
    bool paid = true;

    for (unsigned k = t->buffered; k > 0; k--)
        if (t->buffer[k - 1].place == place)
            ends[n++] = k;
    if (n == 0)
        return;
    ends[n] = 0;
    while (options <= n &&
           (ex_.left.stale > 0 || t->buffer[ends[options - 1] - 1].left_once))
        options++;
    chosen = explore_choose_(false, options, NULL, UINT32_MAX);
    for (unsigned i = 0; i < chosen; i++) {
        paid = paid && t->buffer[ends[i] - 1].left_once;
        t->buffer[ends[i] - 1].left_once = true;
    }
    if (!paid)
        ex_.left.stale--;
    drain_first(t, ends[chosen]);
}

static void observe(const struct place *place, const struct thread *by)
{
    for (unsigned i = 0; is_tso() && i < ex_.n_threads; i++)
        if (&ex_.threads[i] != by)
            observe_one(&ex_.threads[i], place);
}

void explore_drain_(struct thread *t)
{
    while (t->buffered > 0) {
        observe(t->buffer[0].place, t);
        drain_first(t, 1);
    }
}

static void buffer(struct thread *t, struct place *place, uint64_t value,
                   const struct view *view)
{
    if (t->buffered == BUFFER) {
        observe(t->buffer[0].place, t);
        drain_first(t, 1);
    }
    t->buffer[t->buffered++] = (struct buffered){place, value, view, false};
}

static const struct buffered *forwarded(const struct thread *t,
                                        const struct place *place)
{
    for (unsigned k = t->buffered; k > 0; k--)
        if (t->buffer[k - 1].place == place)
            return &t->buffer[k - 1];
    return NULL;
}

/* -- Operations --------------------------------------------------------- */

/* The store that a load reads: one of those that its view allows. */
static const struct message *pick(const struct thread *t,
                                  const struct place *place,
                                  enum weir_explore_order order)
{
    const struct message *m = place->latest;
    uint16_t oldest;
    unsigned n = 1;
    unsigned chosen;

    if (!explore_is_weak_() || ex_.self == NOBODY)
        return m;
    oldest = t->known->at[place->index];
    if (order == WEIR_EXPLORE_SC && global->at[place->index] > oldest)
        oldest = global->at[place->index];
    if (ex_.left.stale > 0)
        for (const struct message *o = m->older;
             o != NULL && o->at >= oldest && n < 4; o = o->older)
            n++;
    chosen = explore_choose_(false, n, NULL, UINT32_MAX);
    if (chosen > 0)
        ex_.left.stale--;
    while (chosen-- > 0)
        m = m->older;
    return m;
}

/* The place of an operation, before which another thread may go on. */
static struct place *begin(const volatile void *p, size_t size, bool writes,
                           bool locked, enum weir_explore_order order,
                           const char *site)
{
    struct place *place;
    struct step step;

    explore_check_alive_(p, size, site);
    place = explore_place_(p, size, writes);
    if (ex_.self == NOBODY)
        return place;
    step = (struct step){.place = place,
                         .writes = writes,
                         .sc = order == WEIR_EXPLORE_SC && explore_is_weak_(),
                         .world = is_tso()};
    if (place->visible || !ex_.reducing || (is_tso() && locked))
        explore_point_(&step);
    else
        explore_private_point_();
    /* Others may have run, and freed it. */
    explore_check_alive_(p, size, site);
    return place;
}

static void note(const char *what, const volatile void *p, const char *site,
                 uint64_t value, const char *how, const uint64_t *other)
{
    struct explore_note *note;

    if (!ex_.tracing)
        return;
    note = explore_note_(ex_.self, what, site);
    note->address = p;
    note->value = value;
    note->has_value = true;
    if (other != NULL)
        (void)snprintf(note->note, sizeof note->note, "%s 0x%llx", how,
                       (unsigned long long)*other);
    else
        (void)snprintf(note->note, sizeof note->note, "%s", how);
}

#define WITH_ORDERS(word)                                                      \
    {                                                                          \
        word " relaxed", word " acquire", word " release", word " acq_rel",    \
            word " seq_cst"                                                    \
    }
static const char *const load_names[] = WITH_ORDERS("load");
static const char *const store_names[] = WITH_ORDERS("store");
static const char *const cas_names[] = WITH_ORDERS("cas");
static const char *const fence_names[] = WITH_ORDERS("fence");
static const char *const rmw_names[][5] = {
    WITH_ORDERS("add"), WITH_ORDERS("or"), WITH_ORDERS("and"),
    WITH_ORDERS("exchange")};

uint64_t weir_explore_load_(const volatile void *p, size_t size,
                            enum weir_explore_order order, const char *site)
{
    struct thread *t = self_();
    const struct buffered *own;
    const struct message *m;
    struct place *place;

    if (!ex_.active)
        return explore_peek_(p, size);
    place = begin(p, size, false, false, order, site);
    own = forwarded(t, place);
    if (own != NULL) {
        note(load_names[order], p, site, own->value, "from its own buffer",
             NULL);
        return own->value;
    }
    observe(place, t);
    m = pick(t, place, order);
    learn(t, place, m, order);
    note(load_names[order], p, site, m->value,
         m == place->latest ? "" : "stale: the latest is",
         m == place->latest ? NULL : &place->latest->value);
    return m->value;
}

void weir_explore_store_(volatile void *p, size_t size, uint64_t value,
                         enum weir_explore_order order, const char *site)
{
    struct thread *t = self_();
    struct place *place;
    const struct view *view;
    bool sc = order == WEIR_EXPLORE_SC;

    if (!ex_.active) {
        explore_poke_(p, size, value);
        return;
    }
    if (size < 8)
        value &= ((uint64_t)1 << 8 * size) - 1;
    place = begin(p, size, true, sc, order, site);
    view = carried(t, order);
    if (is_tso() && !sc && ex_.self != NOBODY) {
        buffer(t, place, value, view);
        note(store_names[order], p, site, value, "into its buffer", NULL);
        return;
    }
    if (sc) {
        explore_drain_(t);
        observe(place, t);
    }
    publish(t, place, value, view, sc);
    note(store_names[order], p, site, value, "", NULL);
}

/* The latest value, for a read-modify-write. */
static const struct message *lock(struct thread *t, struct place *place)
{
    explore_drain_(t);
    observe(place, t);
    return place->latest;
}

static void replace(struct thread *t, struct place *place,
                    const struct message *m, uint64_t value,
                    enum weir_explore_order order)
{
    struct view *view = carried(t, order);

    /* A release sequence goes on through it. */
    if (m->view != NULL) {
        struct view *both;

        if (view == NULL) {
            view = copy(m->view);
        } else {
            both = explore_scratch_(view_size(view->places > m->view->places
                                                  ? view->places
                                                  : m->view->places));
            assign(both, view);
            extend(both, m->view->places);
            join(both, m->view);
            view = both;
        }
    }
    publish(t, place, value, view, order == WEIR_EXPLORE_SC);
}

bool weir_explore_cas_(volatile void *p, void *expected, size_t size,
                       uint64_t value, enum weir_explore_order order,
                       const char *site)
{
    struct thread *t = self_();
    uint64_t wanted = explore_peek_(expected, size);
    const struct message *m;
    struct place *place;
    uint64_t found;

    if (!ex_.active) {
        found = explore_peek_(p, size);
        if (found == wanted)
            explore_poke_(p, size, value);
        else
            explore_poke_(expected, size, found);
        return found == wanted;
    }
    if (size < 8)
        value &= ((uint64_t)1 << 8 * size) - 1;
    place = begin(p, size, true, true, order, site);
    m = lock(t, place);
    found = m->value;
    if (found != wanted) {
        /* Relaxed on failure, unless seq_cst. */
        learn(t, place, m, order == WEIR_EXPLORE_SC ? order : WEIR_EXPLORE_RLX);
        explore_poke_(expected, size, found);
        note(cas_names[order], p, site, found, "fails: not", &wanted);
        return false;
    }
    learn(t, place, m, order);
    replace(t, place, m, value, order);
    note(cas_names[order], p, site, value, "was", &found);
    return true;
}

uint64_t weir_explore_rmw_(volatile void *p, size_t size,
                           enum weir_explore_rmw rmw, uint64_t operand,
                           enum weir_explore_order order, const char *site)
{
    struct thread *t = self_();
    const struct message *m = NULL;
    struct place *place = NULL;
    uint64_t before;
    uint64_t after;

    if (ex_.active) {
        place = begin(p, size, true, true, order, site);
        m = lock(t, place);
    }
    before = m != NULL ? m->value : explore_peek_(p, size);
    switch (rmw) {
    case WEIR_EXPLORE_ADD: after = before + operand; break;
    case WEIR_EXPLORE_OR: after = before | operand; break;
    case WEIR_EXPLORE_AND: after = before & operand; break;
    default: after = operand; break;
    }
    if (size < 8)
        after &= ((uint64_t)1 << 8 * size) - 1;
    if (place == NULL) {
        explore_poke_(p, size, after);
        return before;
    }
    learn(t, place, m, order);
    replace(t, place, m, after, order);
    note(rmw_names[rmw][order], p, site, after, "was", &before);
    return before;
}

/* The kernel compares a futex word: behind a full barrier, under a lock. */
uint64_t explore_kernel_read_(struct place *place)
{
    struct thread *t = self_();
    const struct message *m;

    observe(place, t);
    m = place->latest;
    learn(t, place, m, WEIR_EXPLORE_RLX);
    return m->value;
}

/* -- Fences ------------------------------------------------------------- */

void explore_fence_(struct thread *t, enum weir_explore_order order)
{
    unsigned i = (unsigned)(t - ex_.threads);

    if (order == WEIR_EXPLORE_SC)
        explore_drain_(t);
    if (acquires(order))
        join(t->known, t->acquired);
    if (order == WEIR_EXPLORE_SC) {
        join_places(t->known, global);
        join_places(global, t->known);
        join_places(t->acquired, t->known);
    }
    if (releases(order)) {
        assign(t->released, t->known);
        t->has_released = true;
        if (i < THREADS)
            t->known->clock[i]++;
    }
}

void weir_explore_fence_(enum weir_explore_order order, const char *site)
{
    struct step step = {.sc = order == WEIR_EXPLORE_SC, .world = is_tso()};

    if (!ex_.active)
        return;
    if (ex_.self != NOBODY) {
        /* Others can tell when it is, if it is more than this thread's. */
        if (!ex_.reducing || (order == WEIR_EXPLORE_SC &&
                              ex_.options.memory != WEIR_EXPLORE_MEMORY_SC))
            explore_point_(&step);
        else
            explore_private_point_();
    }
    explore_fence_(self_(), order);
    (void)explore_note_(ex_.self, fence_names[order], site);
}
