/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Processes that share all memory: they use one private object as threads do,
 * and yet one can trace another, which threads of one process cannot.
 */
#ifndef STEPS_MEMORY_H
#define STEPS_MEMORY_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether this build can: it has to make thread-local storage by hand. */
bool memory_can_clone(void);

/* A process with this one's memory, and a stack and thread-local storage of
 * its own, number n; the last one with that number must be gone. */
pid_t memory_clone(unsigned n, int (*body)(void *), void *arg);

#endif
