/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The trace: what a person reads when a program failed.  Kept only while an
 * execution is run for that purpose.
 */
#include "engine.h"

#include <stdlib.h>

struct line {
    uint32_t step;
    unsigned thread;
    struct explore_note note;
};

enum { LINES = 20000 };

static struct line *lines;
static size_t n_lines;
static struct explore_note beyond;

void explore_trace_begin_(void)
{
    if (lines == NULL)
        lines = malloc(LINES * sizeof *lines);
    if (lines == NULL)
        abort();
    n_lines = 0;
}

struct explore_note *explore_note_(unsigned thread, const char *what,
                                   const char *site)
{
    struct line *line;

    if (!ex_.tracing)
        return NULL;
    if (n_lines == LINES)
        return &beyond;
    line = &lines[n_lines++];
    *line = (struct line){.step = ex_.step, .thread = thread};
    line->note.what = what;
    line->note.site = site;
    return &line->note;
}

void weir_explore_note(const char *text)
{
    struct explore_note *note;

    if (!ex_.active)
        return;
    note = explore_note_(ex_.self, "note", NULL);
    if (note != NULL)
        (void)snprintf(note->note, sizeof note->note, "%s", text);
}

/* "file:line" without folders, and the operand. */
static void split_site(const char *site, char *where, size_t size,
                       const char **operand)
{
    const char *bar = site != NULL ? strchr(site, '|') : NULL;
    const char *start = site;

    where[0] = '\0';
    *operand = "";
    if (site == NULL)
        return;
    if (bar == NULL)
        bar = site + strlen(site);
    else
        *operand = bar + 1;
    for (const char *p = site; p < bar; p++)
        if (*p == '/')
            start = p + 1;
    (void)snprintf(where, size, "%.*s", (int)(bar - start), start);
}

/* What the program calls the word at an address. */
static const char *operand_at(const volatile void *address)
{
    uintptr_t key = explore_canonical_(address);

    for (size_t i = 0; i < n_lines; i++) {
        const struct explore_note *note = &lines[i].note;
        const char *bar = note->site != NULL ? strchr(note->site, '|') : NULL;

        if (bar != NULL && bar[1] != '\0' && note->address != NULL &&
            explore_canonical_(note->address) == key)
            return bar + 1;
    }
    return "";
}

static void print_line(FILE *out, const struct line *line)
{
    char where[48];
    char thread[8] = "-";
    char value[24] = "";
    const char *operand;
    char place[56];

    split_site(line->note.site, where, sizeof where, &operand);
    if (operand[0] == '\0' && line->note.address != NULL)
        operand = operand_at(line->note.address);
    if (operand[0] != '\0')
        (void)snprintf(place, sizeof place, "%s", operand);
    else if (line->note.address != NULL)
        (void)snprintf(place, sizeof place, "%p",
                       (const void *)line->note.address);
    else
        place[0] = '\0';
    if (line->thread != NOBODY)
        (void)snprintf(thread, sizeof thread, "T%u", line->thread);
    if (line->note.has_value)
        (void)snprintf(value, sizeof value, "0x%llx",
                       (unsigned long long)line->note.value);
    (void)fprintf(out, "%5u  %-3s  %-22s %-28s %-12s %s%s%s%s\n", line->step,
                  thread, line->note.what, place, value, line->note.note,
                  where[0] != '\0' ? "  (" : "", where,
                  where[0] != '\0' ? ")" : "");
}

void explore_trace_print_(FILE *out)
{
    unsigned last = THREADS + 1;

    (void)fprintf(out, "%5s  %-3s  %-22s %-28s %-12s %s\n", "step", "who",
                  "operation", "on", "value", "note");
    for (size_t i = 0; i < n_lines; i++) {
        /* Setup goes without saying. */
        if (lines[i].thread == NOBODY && lines[i].step == 0)
            continue;
        if (last != THREADS + 1 && lines[i].thread != last)
            (void)fprintf(out, "%5s  -----\n", "");
        last = lines[i].thread;
        print_line(out, &lines[i]);
    }
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    while (text != NULL && *text != '\0')
        hash = mix(hash, (unsigned char)*text++);
    return hash;
}

uint64_t explore_trace_hash_(void)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n_lines; i++) {
        hash = mix(hash, lines[i].step);
        hash = mix(hash, lines[i].thread);
        hash = mix(hash, lines[i].note.value);
        hash = mix_text(hash, lines[i].note.what);
        hash = mix_text(hash, lines[i].note.site);
    }
    return hash;
}
