/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The server that is tested: started, told to end, and asked what it did.
 */
#ifndef SERVER_CHILD_H
#define SERVER_CHILD_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "net.h"

/* The test has failed: the process ends, and with it the server. */
#define fail(...)                                                              \
    (fprintf(stderr, "load: " __VA_ARGS__), fputc('\n', stderr), _Exit(1))
#define check(condition)                                                       \
    ((condition) ? (void)0                                                     \
                 : fail("%s:%d: not so: %s", __FILE__, __LINE__, #condition))

struct child {
    pid_t pid;
    struct lines out; /* what it prints */
    char address[ADDRESS_MAX];
    char final[256]; /* its last line */
};

/* Run command (NULL at its end), with the address and options (words with
 * spaces between) as arguments, until it is ready. */
void child_start(struct child *child, char *const *command, const char *address,
                 const char *options);

void child_signal(const struct child *child);

/* Until it has ended, and well. */
void child_end(struct child *child);

/* What name= is in its last line: a number, or what stands there. */
int64_t child_value(const struct child *child, const char *name);
const char *child_text(const struct child *child, const char *name);

#endif
