/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The kernel's part: sleeping and waking, membarrier, and time.
 *
 * A wait compares and goes to sleep in one step.  Sleepers of a word are
 * woken in the order in which they slept.  A sleeper's leaving the queue
 * otherwise (its deadline, a signal, its death) matters to others only if a
 * wake-up comes that it would have taken; so that is where it is chosen too,
 * besides where it is chosen to run.  A wake-up uses its address only.
 *
 * Private futexes are per process, and shared ones are not the same as
 * private ones at the same address.
 */
#include "engine.h"

static uintptr_t futex_key(const volatile void *word, bool shared)
{
    if (shared)
        return explore_canonical_(word);
    return (uintptr_t)word ^ (uintptr_t)(explore_process_(ex_.self) + 1) << 56;
}

/* -- Sleeping ----------------------------------------------------------- */

/* What the kernel finds in the word. */
static uint32_t compare(const volatile void *word, const char *site)
{
    struct place *place;
    uint32_t found;
    uint64_t value;
    size_t offset;

    explore_check_alive_(word, 4, site);
    place = explore_futex_place_(word, &offset);
    explore_point_(
        &(struct step){.place = place,
                       .writes = true,
                       .sc = explore_is_weak_(),
                       .world = !explore_is_weak_() && self_()->buffered > 0});
    explore_check_alive_(word, 4, site);
    explore_fence_(self_(), WEIR_EXPLORE_SC);
    value = explore_kernel_read_(place);
    if (place->size == 4)
        return (uint32_t)value;
    memcpy(&found, (const unsigned char *)&value + offset, sizeof found);
    return found;
}

static void note(const char *what, const volatile void *word, uint64_t value,
                 const char *text)
{
    struct explore_note *note = explore_note_(ex_.self, what, NULL);

    if (note == NULL)
        return;
    note->address = word;
    note->value = value;
    note->has_value = true;
    (void)snprintf(note->note, sizeof note->note, "%s", text);
}

enum slept explore_wait_(const volatile void *word, uint32_t expected,
                         weir_deadline_t deadline, uint32_t bits, bool shared)
{
    struct thread *t = self_();
    uint32_t found;

    if (!ex_.active || ex_.self == NOBODY)
        return SLEPT_WOKEN;
    found = compare(word, "futex wait");
    if (found != expected) {
        note("futex wait", word, found, "returns: the word is another");
        return SLEPT_CHANGED;
    }
    if (deadline != WEIR_FOREVER && deadline <= ex_.now) {
        note("futex wait", word, found, "returns: the deadline has passed");
        return SLEPT_EXPIRED;
    }
    if (explore_choose_(false, ex_.left.spurious > 0 ? 2 : 1, NULL,
                        UINT32_MAX) != 0) {
        ex_.left.spurious--;
        note("futex wait", word, found, "returns EAGAIN for no reason");
        return SLEPT_CHANGED;
    }
    note("futex wait", word, found, "sleeps");
    t->status = ASLEEP;
    t->key = futex_key(word, shared);
    t->word = word;
    t->expected = expected;
    t->bits = bits;
    t->deadline = deadline;
    t->since = ++ex_.sleeps;
    explore_block_();
    return t->slept;
}

/* -- Waking ------------------------------------------------------------- */

static struct thread *first_sleeper(uintptr_t key, uint32_t bits)
{
    struct thread *first = NULL;

    for (unsigned i = 0; i < ex_.n_threads; i++) {
        struct thread *t = &ex_.threads[i];

        if (t->status == ASLEEP && t->key == key && (t->bits & bits) &&
            (first == NULL || t->since < first->since))
            first = t;
    }
    return first;
}

/* Whether a sleeper is there to be woken, or has just left for a reason of
 * its own. */
static bool is_still_there(struct thread *t)
{
    unsigned i = (unsigned)(t - ex_.threads);
    enum event events[4] = {RUN};
    struct explore_note *note;
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
    note = explore_note_(i, "leaves the queue before it", NULL);
    if (note != NULL)
        note->address = t->word;
    return false;
}

int explore_wake_(const volatile void *word, int count, uint32_t bits,
                  bool shared)
{
    uintptr_t key;
    struct thread *t;
    int woken = 0;

    if (!ex_.active || ex_.self == NOBODY)
        return 0;
    explore_point_(&(struct step){.world = true});
    explore_fence_(self_(), WEIR_EXPLORE_SC);
    key = futex_key(word, shared);
    while (woken < count && (t = first_sleeper(key, bits)) != NULL) {
        if (!is_still_there(t))
            continue;
        t->slept = SLEPT_WOKEN;
        t->status = READY;
        woken++;
        ex_.changes++;
    }
    if (ex_.tracing) {
        char text[32];

        (void)snprintf(text, sizeof text, "wakes %d", woken);
        note("futex wake", word, (uint64_t)count, text);
    }
    return woken;
}

/* -- membarrier --------------------------------------------------------- */

bool explore_membarrier_(void)
{
    unsigned process;

    if (!ex_.active || ex_.self == NOBODY)
        return !ex_.active || !ex_.refused;
    process = explore_process_(ex_.self);
    explore_point_(&(struct step){.world = true});
    if (!ex_.refused && explore_choose_(false, ex_.left.refusals > 0 ? 2 : 1,
                                        NULL, UINT32_MAX) != 0) {
        ex_.left.refusals--;
        ex_.refused = true;
    }
    (void)explore_note_(
        ex_.self, ex_.refused ? "membarrier is refused" : "membarrier", NULL);
    if (ex_.refused)
        return false;
    /* The caller's accesses before it, a barrier in each, those after it. */
    explore_fence_(self_(), WEIR_EXPLORE_SC);
    for (unsigned i = 0; i < ex_.n_threads; i++)
        if (explore_process_(i) == process)
            explore_fence_(&ex_.threads[i], WEIR_EXPLORE_SC);
    explore_fence_(self_(), WEIR_EXPLORE_SC);
    return true;
}

/* -- Time --------------------------------------------------------------- */

weir_deadline_t explore_now_(void)
{
    if (!ex_.active || ex_.self == NOBODY)
        return ex_.now;
    explore_count_step_();
    if (explore_choose_(false, ex_.left.jumps > 0 ? 2 : 1, NULL, UINT32_MAX) !=
        0) {
        ex_.left.jumps--;
        ex_.now += ex_.options.jump_ns;
        explore_done_(&(struct step){.world = true});
        (void)explore_note_(ex_.self, "time jumps", NULL);
    }
    return ex_.now;
}

void explore_pass_(int64_t ns)
{
    ex_.now += ns;
    explore_yield_();
}
