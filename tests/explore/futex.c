/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The kernel's part: sleeping and waking.
 *
 * A wait compares and goes to sleep in one step; one on several words does so
 * with each of them in turn, so that others go on between, and may wake it from
 * the first while it looks at the second.  A wake-up uses its address only.
 *
 * Private futexes are per process, and shared ones are not the same as
 * private ones at the same address.
 */
#include "engine.h"

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

static void sleep_until(weir_deadline_t deadline)
{
    struct thread *t = self_();

    t->deadline = deadline;
    t->status = ASLEEP;
    explore_block_();
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
    explore_enqueue_(word, expected, shared);
    t->bits = bits;
    sleep_until(deadline);
    t->n_queues = 0;
    return t->slept;
}

/* -- Sleeping on several words ------------------------------------------ */

static void note_word(const volatile void *word, uint64_t value, unsigned i,
                      unsigned n, const char *text)
{
    char line[64];

    (void)snprintf(line, sizeof line, "word %u of %u: %s", i, n, text);
    note("futex wait any", word, value, line);
}

/* Take the place in each queue; false: a word was another. */
static bool enqueue_all(const struct weir_explore_futex_word *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const volatile void *word = words[i].word;
        uint32_t found = compare(word, "futex wait any");

        if (found != words[i].expected) {
            note_word(word, found, i, n, "it is another");
            return false;
        }
        explore_enqueue_(word, found, words[i].shared);
        note_word(word, found, i, n, "stands in its queue");
    }
    return true;
}

/* It stands in all queues.  False: it does not sleep, and *slept is why. */
static bool may_sleep(weir_deadline_t deadline, enum slept *slept)
{
    const struct thread *t = self_();

    *slept = SLEPT_WOKEN;
    if (explore_woken_by_(t, t->n_queues) < t->n_queues)
        return false;
    *slept = SLEPT_EXPIRED;
    if (deadline != WEIR_FOREVER && deadline <= ex_.now)
        return false;
    *slept = SLEPT_CHANGED;
    if (explore_choose_(false, ex_.left.spurious > 0 ? 2 : 1, NULL,
                        UINT32_MAX) != 0) {
        ex_.left.spurious--;
        return false;
    }
    return true;
}

static void note_end(enum slept slept, unsigned which, unsigned n)
{
    static const char *const texts[] = {
        "returns: no word woke it", "returns EAGAIN", "returns: it is late"};
    const struct thread *t = self_();
    char text[48];

    if (which == n) {
        (void)explore_note_(ex_.self, texts[slept], NULL);
        return;
    }
    (void)snprintf(text, sizeof text, "returns: woken by word %u", which);
    note("futex wait any", t->queues[which].word, t->queues[which].expected,
         text);
}

enum slept explore_wait_any_(const struct weir_explore_futex_word *words,
                             unsigned n, weir_deadline_t deadline,
                             unsigned *which)
{
    struct thread *t = self_();
    enum slept slept = SLEPT_CHANGED;
    bool sleeps;

    *which = n;
    if (!ex_.active || ex_.self == NOBODY)
        return SLEPT_WOKEN;
    if (n == 0 || n > WORDS)
        explore_fail_(WEIR_EXPLORE_MISUSE, "to sleep on %u words", n);
    t->bits = UINT32_MAX;
    t->queueing = true;
    sleeps = enqueue_all(words, n);
    t->queueing = false;
    if (sleeps && may_sleep(deadline, &slept)) {
        (void)explore_note_(ex_.self, "sleeps", NULL);
        sleep_until(deadline);
        slept = t->slept;
    } else if (explore_stands_(t)) {
        /* Who sleeps leaves its queues as it is chosen to go on. */
        explore_point_(&(struct step){.place = NULL});
    }
    *which = explore_woken_by_(t, n);
    if (*which < n)
        slept = SLEPT_WOKEN;
    note_end(slept, *which, n);
    t->n_queues = 0;
    return slept;
}

/* -- Waking ------------------------------------------------------------- */

int explore_wake_(const volatile void *word, int count, uint32_t bits,
                  bool shared)
{
    uintptr_t key;
    int woken = 0;

    if (!ex_.active || ex_.self == NOBODY)
        return 0;
    explore_point_(&(struct step){.world = true});
    explore_fence_(self_(), WEIR_EXPLORE_SC);
    key = explore_futex_key_(word, shared);
    while (woken < count && explore_take_(key, bits))
        woken++;
    if (ex_.tracing) {
        char text[32];

        (void)snprintf(text, sizeof text, "wakes %d", woken);
        note("futex wake", word, (uint64_t)count, text);
    }
    return woken;
}
