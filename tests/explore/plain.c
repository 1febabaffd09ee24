/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Plain data: two accesses race if one is a write and neither comes before
 * the other, which vector clocks tell whatever the order was in this
 * execution.  Of each byte it is kept when each thread last read and last wrote
 * it, and where: if an earlier access of a thread's is not ordered before
 * another's, then its last one is not, either.  Bytes are kept by fours, of
 * which most accesses touch all.
 *
 * Also memory that was declared freed.
 */
#include "engine.h"

enum { SLOTS = 4096, FREED = 64, GRANULE = 4 };

enum kind { READS, WRITES, KINDS };

struct shadow {
    uintptr_t key;
    uint64_t generation;
    uint32_t clocks[KINDS][THREADS][GRANULE];   /* 0: none */
    const char *sites[KINDS][THREADS][GRANULE]; /* where there are clocks */
};

static struct shadow table[SLOTS];
static unsigned used;
static uint64_t generation;

static struct {
    uintptr_t from;
    uintptr_t to;
} freed[FREED];
static unsigned n_freed;

void explore_plain_begin_(void)
{
    generation++;
    used = 0;
    n_freed = 0;
}

static struct shadow *find(uintptr_t key)
{
    size_t at = key * UINT64_C(0x9e3779b97f4a7c15) >> 52;

    for (;; at = (at + 1) % SLOTS) {
        struct shadow *s = &table[at];

        if (s->generation != generation) {
            if (++used > SLOTS * 3 / 4)
                explore_fail_(WEIR_EXPLORE_MISUSE, "too much plain data");
            memset(s->clocks, 0, sizeof s->clocks);
            s->key = key;
            s->generation = generation;
            return s;
        }
        if (s->key == key)
            return s;
    }
}

/* A site as people read it: without the operand, and the folders. */
static int site_length(const char *site, const char **start)
{
    const char *end = strchr(site, '|');

    *start = site;
    if (end == NULL)
        end = site + strlen(site);
    for (const char *p = site; p < end; p++)
        if (*p == '/')
            *start = p + 1;
    return (int)(end - *start);
}

static _Noreturn void tell(const char *there, unsigned thread, enum kind other,
                           const char *here, enum kind kind)
{
    int there_length = site_length(there, &there);
    int here_length = site_length(here, &here);

    explore_fail_(WEIR_EXPLORE_RACE,
                  "T%u %s at %.*s, and T%u %s at %.*s: nothing orders them",
                  thread, other == WRITES ? "wrote" : "read", there_length,
                  there, ex_.self, kind == WRITES ? "writes" : "reads",
                  here_length, here);
}

/* Bytes of a granule: first to end - 1. */
struct bytes {
    unsigned first;
    unsigned end;
};

static void check_against(const struct shadow *s, unsigned thread,
                          enum kind other, struct bytes bytes, enum kind kind,
                          const char *site)
{
    uint32_t known = self_()->known->clock[thread];

    for (unsigned b = bytes.first; b < bytes.end; b++)
        if (s->clocks[other][thread][b] > known)
            tell(s->sites[other][thread][b], thread, other, site, kind);
}

static void touch_granule(uintptr_t key, struct bytes bytes, enum kind kind,
                          const char *site)
{
    struct shadow *s = find(key);
    uint32_t clock = self_()->known->clock[ex_.self];

    for (unsigned i = 0; i < ex_.n_threads; i++) {
        if (i == ex_.self)
            continue;
        check_against(s, i, WRITES, bytes, kind, site);
        if (kind == WRITES)
            check_against(s, i, READS, bytes, kind, site);
    }
    for (unsigned b = bytes.first; b < bytes.end; b++) {
        s->clocks[kind][ex_.self][b] = clock;
        s->sites[kind][ex_.self][b] = site;
    }
}

static bool is_on_a_stack(const volatile void *p)
{
    for (unsigned i = 0; i <= ex_.n_threads; i++)
        if (explore_coroutine_has_(&ex_.threads[i].body, p) ||
            explore_coroutine_has_(&ex_.threads[i].ghost, p))
            return true;
    return false;
}

void explore_touch_(const volatile void *p, size_t size, bool write,
                    const char *site)
{
    uintptr_t from = explore_canonical_(p);
    uintptr_t to = from + size;

    if (!ex_.active || ex_.self == NOBODY || size == 0)
        return;
    explore_check_alive_(p, size, site);
    while (from < to) {
        uintptr_t start = from - from % GRANULE;
        uintptr_t end = to - start < GRANULE ? to : start + GRANULE;

        touch_granule(
            start / GRANULE,
            (struct bytes){(unsigned)(from - start), (unsigned)(end - start)},
            write ? WRITES : READS, site);
        from = end;
    }
}

void weir_explore_plain_(const volatile void *p, size_t size, bool write,
                         const char *site)
{
    struct explore_note *note;

    if (!ex_.active)
        return;
    note = explore_note_(ex_.self, write ? "writes" : "reads", site);
    if (note != NULL)
        note->address = p;
    explore_touch_(p, size, write, site);
}

void *weir_explore_memcpy_(void *to, const void *from, size_t n,
                           const char *site)
{
    if (ex_.active && ex_.self != NOBODY) {
        if (!is_on_a_stack(from))
            weir_explore_plain_(from, n, false, site);
        if (!is_on_a_stack(to))
            weir_explore_plain_(to, n, true, site);
    }
    return memcpy(to, from, n);
}

/* -- Freed memory ------------------------------------------------------- */

void weir_explore_free_(const volatile void *p, size_t size, const char *site)
{
    struct explore_note *note;
    uintptr_t from = explore_canonical_(p);

    if (!ex_.active || size == 0)
        return;
    if (ex_.self != NOBODY)
        explore_point_(&(struct step){.world = true});
    explore_touch_(p, size, true, site);
    if (n_freed == FREED)
        explore_fail_(WEIR_EXPLORE_MISUSE, "more than %d frees", FREED);
    /* When others touch them matters from now on. */
    explore_share_(from, from + size);
    freed[n_freed].from = from;
    freed[n_freed++].to = from + size;
    note = explore_note_(ex_.self, "frees", site);
    if (note != NULL)
        note->address = p;
}

void explore_check_alive_(const volatile void *p, size_t size, const char *site)
{
    uintptr_t from;
    const char *start;
    int length;

    if (n_freed == 0)
        return;
    from = explore_canonical_(p);
    for (unsigned i = 0; i < n_freed; i++)
        if (from < freed[i].to && from + size > freed[i].from) {
            length = site_length(site, &start);
            explore_fail_(WEIR_EXPLORE_USE_AFTER_FREE,
                          "T%u touches freed memory at %.*s", ex_.self, length,
                          start);
        }
}
