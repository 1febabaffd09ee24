/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Places: the words that atomic operations and futex calls were made on, by
 * canonical address.  They are kept for the whole search, because it is only
 * with time that one learns which of them threads share; what else stands in
 * them is of one execution.  Real memory always has the latest store, so that
 * code which is not explored (a memset, a debugger) finds what it expects.
 *
 * At the end of an execution, words that are variables of the program get
 * back the value from before: those of the library, which no setup resets.
 */
#include "engine.h"

#include <link.h>
#include <stdlib.h>

enum { SLOTS = 8192, RANGES = 64 };

static struct place table[SLOTS];
static unsigned used;
static struct place *touched[PLACES];
static unsigned n_touched;

static unsigned char *scratch;
static size_t scratch_used;
#define SCRATCH_SIZE ((size_t)64 << 20)

static struct {
    uintptr_t from;
    uintptr_t to;
} ranges[RANGES];
static unsigned n_ranges;

/* -- Memory ------------------------------------------------------------- */

uint64_t explore_peek_(const volatile void *p, size_t size)
{
    switch (size) {
    case 1: return *(const volatile uint8_t *)p;
    case 2: return *(const volatile uint16_t *)p;
    case 4: return *(const volatile uint32_t *)p;
    default: return *(const volatile uint64_t *)p;
    }
}

void explore_poke_(volatile void *p, size_t size, uint64_t value)
{
    switch (size) {
    case 1: *(volatile uint8_t *)p = (uint8_t)value; break;
    case 2: *(volatile uint16_t *)p = (uint16_t)value; break;
    case 4: *(volatile uint32_t *)p = (uint32_t)value; break;
    default: *(volatile uint64_t *)p = value; break;
    }
}

void *explore_scratch_(size_t size)
{
    unsigned char *p;

    if (scratch == NULL) {
        scratch = malloc(SCRATCH_SIZE);
        if (scratch == NULL)
            abort();
    }
    if (scratch_used + size > SCRATCH_SIZE)
        explore_fail_(WEIR_EXPLORE_MISUSE, "the execution is too long");
    p = scratch + scratch_used;
    scratch_used += (size + 15) / 16 * 16;
    return p;
}

/* -- Variables of the program ------------------------------------------- */

static int note_ranges(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    for (int i = 0; i < info->dlpi_phnum && n_ranges < RANGES; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
            continue;
        ranges[n_ranges].from = info->dlpi_addr + segment->p_vaddr;
        ranges[n_ranges].to = ranges[n_ranges].from + segment->p_memsz;
        n_ranges++;
    }
    return 0;
}

static bool is_variable(const volatile void *p)
{
    if (n_ranges == 0)
        (void)dl_iterate_phdr(note_ranges, NULL);
    for (unsigned i = 0; i < n_ranges; i++)
        if ((uintptr_t)p >= ranges[i].from && (uintptr_t)p < ranges[i].to)
            return true;
    return false;
}

/* -- The table ---------------------------------------------------------- */

void explore_places_forget_(void)
{
    memset(table, 0, sizeof table);
    used = 0;
}

void explore_places_begin_(void)
{
    n_touched = 0;
    scratch_used = 0;
}

void explore_places_end_(void)
{
    for (unsigned i = 0; i < n_touched; i++)
        if (touched[i]->written && is_variable(touched[i]->memory))
            explore_poke_(touched[i]->memory, touched[i]->size,
                          touched[i]->before);
}

unsigned explore_places_(void)
{
    return n_touched;
}

const struct place *explore_nth_place_(unsigned i)
{
    return touched[i];
}

void explore_share_(uintptr_t from, uintptr_t to)
{
    for (unsigned i = 0; i < n_touched; i++)
        if (touched[i]->key >= from && touched[i]->key < to &&
            !touched[i]->visible) {
            touched[i]->visible = true;
            ex_.discovered = true;
        }
}

static struct place *find(uintptr_t key)
{
    size_t at = (key >> 2) * UINT64_C(0x9e3779b97f4a7c15) >> 51;

    while (table[at].key != key && table[at].key != 0)
        at = (at + 1) % SLOTS;
    return &table[at];
}

struct message *explore_append_(struct place *place, uint64_t value,
                                const struct view *view)
{
    struct message *m = explore_scratch_(sizeof *m);

    m->older = place->latest;
    m->value = value;
    m->view = view;
    m->at = place->latest != NULL ? (uint16_t)(place->latest->at + 1) : 0;
    place->latest = m;
    return m;
}

/* The first touch in this execution. */
static void begin_place(struct place *place, const volatile void *p)
{
    uint64_t value = explore_peek_(p, place->size);

    if (n_touched == PLACES)
        explore_fail_(WEIR_EXPLORE_MISUSE, "more than %d words", PLACES);
    place->generation = ex_.generation;
    place->index = (uint16_t)n_touched;
    place->memory = (volatile void *)(uintptr_t)p;
    place->before = value;
    place->latest = NULL;
    touched[n_touched++] = place;
    explore_view_of_new_place_(place->index);
    (void)explore_append_(place, value, NULL);
}

static struct place *new_place(struct place *place, uintptr_t key, size_t size)
{
    if (++used > SLOTS / 2)
        explore_fail_(WEIR_EXPLORE_MISUSE,
                      "too many words: do addresses differ each time?");
    *place = (struct place){.key = key, .size = (uint8_t)size};
    return place;
}

static void note_user(struct place *place, bool writes)
{
    if (ex_.self == NOBODY) {
        place->written |= writes;
        return;
    }
    place->users |= (uint8_t)(1u << ex_.self);
    place->written |= writes;
    if (!place->visible && writes)
        place->contested = true;
    if (!place->visible && place->contested &&
        (place->users & (place->users - 1)) != 0) {
        place->visible = true;
        ex_.discovered = true;
    }
}

struct place *explore_place_(const volatile void *p, size_t size, bool writes)
{
    uintptr_t key = explore_canonical_(p);
    struct place *place = find(key);

    if (place->key == 0)
        place = new_place(place, key, size);
    if (place->size != size)
        explore_fail_(WEIR_EXPLORE_MISUSE,
                      "a word is used as %u and as %zu bytes", place->size,
                      size);
    if (place->generation != ex_.generation)
        begin_place(place, p);
    else if (explore_peek_(p, size) != place->latest->value)
        /* Written by plain code, such as another init: as if ever so. */
        place->latest->value = explore_peek_(p, size);
    note_user(place, writes);
    return place;
}

/* What the kernel compares may be half of a word that programs use as a
 * whole. */
struct place *explore_futex_place_(const volatile void *word, size_t *offset)
{
    uintptr_t key = explore_canonical_(word);
    struct place *whole = find(key - key % 8);

    *offset = key % 8;
    if (whole->key != 0 && whole->size == 8)
        return explore_place_((const volatile unsigned char *)word - *offset, 8,
                              false);
    *offset = 0;
    return explore_place_(word, 4, false);
}
