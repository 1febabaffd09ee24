/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Replay strings: "weir1:2,2,1,0,0,0,0,0,0,0,0,2000000;12.0.4;15.1.1".  First
 * the memory model and the bounds, since they decide which choices there are;
 * then each choice that was not the plainest: step, which choice of the step,
 * and what was chosen.  Options that came later, and are not what they were
 * before, follow the bounds.
 */
#include "script.h"

#include <stdarg.h>
#include <stdlib.h>

#define PREFIX "weir1:"

struct text {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void
append(struct text *text, const char *format, ...)
{
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(text->at, text->left, format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= text->left)
        n = (int)text->left - 1;
    text->at += n;
    text->left -= (size_t)n;
}

void explore_script_write_(char *text, size_t size,
                           const struct weir_explore_options *o,
                           const struct script *script)
{
    struct text t = {text, size};

    append(&t, PREFIX "%d,%u,%u,%u,%u,%u,%u,%u,%u,%d,%d,%lld", (int)o->memory,
           o->preemptions, o->stale, o->kills, o->spurious, o->timeouts,
           o->jumps, o->refusals, o->spins, o->no_membarrier, o->safety_nets,
           (long long)o->jump_ns);
    if (o->no_wait_any)
        append(&t, ",1");
    for (unsigned i = 0; i < script->n; i++)
        append(&t, ";%u.%u.%u", script->at[i].step, script->at[i].slot,
               script->at[i].code);
    /* Part of a script would be another one. */
    if (t.left <= 1)
        text[0] = '\0';
}

static bool read_number(const char **at, long long *number, char before)
{
    char *end;

    if (before != '\0' && *(*at)++ != before)
        return false;
    *number = strtoll(*at, &end, 10);
    if (end == *at)
        return false;
    *at = end;
    return true;
}

static bool read_options(const char **at, struct weir_explore_options *o)
{
    uint32_t *const bounds[] = {&o->preemptions, &o->stale,    &o->kills,
                                &o->spurious,    &o->timeouts, &o->jumps,
                                &o->refusals,    &o->spins};
    long long number;

    if (!read_number(at, &number, '\0'))
        return false;
    o->memory = (enum weir_explore_memory)number;
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        if (!read_number(at, &number, ','))
            return false;
        *bounds[i] = (uint32_t)number;
    }
    if (!read_number(at, &number, ','))
        return false;
    o->no_membarrier = number != 0;
    if (!read_number(at, &number, ','))
        return false;
    o->safety_nets = number != 0;
    if (!read_number(at, &number, ','))
        return false;
    o->jump_ns = number;
    o->no_wait_any = false;
    if (**at == ',') {
        if (!read_number(at, &number, ','))
            return false;
        o->no_wait_any = number != 0;
    }
    return true;
}

bool explore_script_read_(const char *text, struct weir_explore_options *o,
                          struct script *script)
{
    long long step;
    long long slot;
    long long code;

    script->n = 0;
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return false;
    text += strlen(PREFIX);
    if (!read_options(&text, o))
        return false;
    while (*text == ';') {
        if (script->n == DEVIATIONS || !read_number(&text, &step, ';') ||
            !read_number(&text, &slot, '.') || !read_number(&text, &code, '.'))
            return false;
        script->at[script->n++] =
            (struct deviation){(uint32_t)step, (uint16_t)slot, (uint16_t)code};
    }
    return *text == '\0';
}
