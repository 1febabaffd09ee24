/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The last words of a process whose invariants are broken, composed by hand
 * because stdio locks and allocates.
 */
#include "base/panic.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct line {
    char text[512];
    size_t length;
};

static void append(struct line *line, const char *text)
{
    size_t n = strlen(text);

    if (n > sizeof line->text - line->length)
        n = sizeof line->text - line->length;
    memcpy(line->text + line->length, text, n);
    line->length += n;
}

static void append_hex(struct line *line, uint64_t value)
{
    char digits[2 + 16 + 1] = "0x";
    int n = 2;
    int shift = 60;

    while (shift > 0 && (value >> shift) == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        digits[n++] = "0123456789abcdef"[(value >> shift) & 15];
    digits[n] = '\0';
    append(line, digits);
}

void weir_panic_(const char *function, const volatile void *object,
                 uint64_t word, const char *sentence)
{
    struct line line = {.length = 0};
    ssize_t written;

    append(&line, "weir: ");
    append(&line, function);
    append(&line, ": object ");
    append_hex(&line, (uint64_t)(uintptr_t)object);
    append(&line, ", word ");
    append_hex(&line, word);
    append(&line, ": ");
    append(&line, sentence);
    append(&line, "\n");
    written = write(STDERR_FILENO, line.text, line.length);
    (void)written; /* there is nobody left to tell */
    abort();
}
