/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Files that are to be written to when something becomes true, by the address
 * that sleepers of it would sleep on.
 */
#ifndef WEIR_FUTEX_ARMED_H
#define WEIR_FUTEX_ARMED_H

#include <weir/base.h>

/* Enter a file: 0, EAGAIN if there are too many, EALREADY if it is there.  The
 * caller then makes those who fire see that somebody waits, by a release. */
int weir_armed_add_(const volatile void *address, int fd);

/* Take it out again: true if it was there; false: it was not, or has been
 * fired.  In either case nobody writes to it any more. */
bool weir_armed_drop_(const volatile void *address, int fd);

/* Take out all that are entered for the address, and write to each: how many
 * there were.  The caller has seen, by an acquire, that somebody waits.
 * Async-signal-safe; the address alone is used. */
unsigned weir_armed_fire_(const volatile void *address);

/* Empty the table; for tests, and in a child after fork: the files are the
 * parent's too, and so are those who wait for them. */
void weir_armed_reset_(void);

#endif
