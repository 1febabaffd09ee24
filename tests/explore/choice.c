/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Choices.  SEARCH goes through the tree of all of them, depth first, by
 * running the program anew for each leaf [Godefroid97]: the path is a stack,
 * of which one execution follows the part that was there, and beyond it takes
 * the first option each time.  REPLAY follows a script: the first option of
 * each choice but for those that are written down, by step and by meaning, so
 * that a script holds whichever words the search has found to be shared.
 */
#include "engine.h"

#include <stdlib.h>

struct choice {
    uint8_t n;
    uint8_t chosen;
    uint32_t allowed;
    uint32_t mark; /* where: to find programs that differ from run to run */
};

static struct choice *path;
static size_t depth;    /* of this execution */
static size_t length;   /* of the path */
static size_t capacity; /* allocated */

uint64_t explore_random_(void)
{
    /* splitmix64 */
    uint64_t z = ex_.random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void explore_choices_begin_(void)
{
    depth = 0;
    ex_.script.n = 0;
}

void explore_choices_clear_(void)
{
    depth = 0;
    length = 0;
}

bool explore_choices_next_(void)
{
    /* What the last execution did not come to is not part of it. */
    length = depth;
    while (length > 0) {
        struct choice *last = &path[length - 1];

        while (++last->chosen < last->n)
            if (last->allowed >> last->chosen & 1)
                return true;
        length--;
    }
    return false;
}

static uint32_t mark(void)
{
    const struct place *place = self_()->step.place;
    uint64_t key = place != NULL ? place->key : 0;

    return ex_.step * 64 + ex_.self * 4 + (uint32_t)(key >> 2) * 2654435761u;
}

static void push(unsigned n, unsigned chosen, uint32_t allowed)
{
    if (length == capacity) {
        capacity = capacity != 0 ? 2 * capacity : 1024;
        path = realloc(path, capacity * sizeof *path);
        if (path == NULL)
            abort();
    }
    path[length++] = (struct choice){.n = (uint8_t)n,
                                     .chosen = (uint8_t)chosen,
                                     .allowed = allowed,
                                     .mark = mark()};
}

static unsigned search(unsigned n, uint32_t allowed)
{
    unsigned chosen = 0;

    if (depth < length) {
        if (path[depth].n != n || path[depth].mark != mark())
            explore_fail_(WEIR_EXPLORE_MISUSE,
                          "the program did not repeat itself: step %u differs",
                          ex_.step);
        return path[depth++].chosen;
    }
    while (chosen < n && !(allowed >> chosen & 1))
        chosen++;
    if (chosen == n) {
        ex_.pruned = true;
        explore_leave_();
    }
    push(n, chosen, allowed);
    depth++;
    return chosen;
}

static unsigned highest(unsigned n, const uint16_t *codes)
{
    unsigned best = n;

    for (unsigned i = 0; i < n; i++) {
        int mine = ex_.threads[codes[i] >> 2].priority;

        if ((codes[i] & 3) == RUN &&
            (best == n || mine > ex_.threads[codes[best] >> 2].priority))
            best = i;
    }
    return best;
}

/* Who goes on: the one of highest priority; at times, what is not just
 * running. */
static unsigned at_random(bool who, unsigned n, const uint16_t *codes)
{
    unsigned i = (unsigned)(explore_random_() % n);
    unsigned best;

    if (!who)
        return explore_random_() % 4 == 0 ? i : 0;
    best = highest(n, codes);
    if (best == n || ((codes[i] & 3) != RUN && explore_random_() % 16 == 0))
        return i;
    return best;
}

static unsigned replay(unsigned n, const uint16_t *codes)
{
    const struct script *plan = ex_.plan;

    for (unsigned i = 0; i < plan->n; i++) {
        const struct deviation *d = &plan->at[i];

        if (d->step != ex_.step || d->slot != ex_.slot)
            continue;
        for (unsigned k = 0; k < n; k++)
            if ((codes != NULL ? codes[k] : k) == d->code)
                return k;
        if (ex_.strict)
            explore_fail_(WEIR_EXPLORE_MISUSE,
                          "the replay string is not of this program");
    }
    return 0;
}

static void write_down(unsigned code)
{
    struct script *script = &ex_.script;

    if (script->n < DEVIATIONS)
        script->at[script->n++] =
            (struct deviation){ex_.step, ex_.slot, (uint16_t)code};
}

unsigned explore_choose_(bool who, unsigned n, const uint16_t *codes,
                         uint32_t allowed)
{
    unsigned chosen = 0;

    if (ex_.probing)
        return 0;
    if (n > OPTIONS)
        explore_fail_(WEIR_EXPLORE_MISUSE, "a choice of more than 32");
    if (ex_.mode == SEARCH) {
        if (n > 1 || !(allowed & 1))
            chosen = search(n, allowed);
    } else if (n > 1) {
        chosen =
            ex_.mode == REPLAY ? replay(n, codes) : at_random(who, n, codes);
    }
    if (chosen != 0)
        write_down(codes != NULL ? codes[chosen] : chosen);
    ex_.slot++;
    return chosen;
}
