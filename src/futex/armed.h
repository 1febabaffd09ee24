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

/* After add: who fires it is to be told that it is counted (as a sleeper is).
 * False: it has been fired already. */
bool weir_armed_count_(const volatile void *address, int fd);

enum weir_armed {
    WEIR_ARMED_GONE,   /* it is not there, or has been fired */
    WEIR_ARMED_TAKEN,  /* it was there */
    WEIR_ARMED_COUNTED /* and was counted */
};

/* Take it out again.  Nobody writes to it any more. */
enum weir_armed weir_armed_drop_(const volatile void *address, int fd);

/* Take out all that are entered for the address, and write to each: how many
 * of them were counted.  The caller has seen, by an acquire, that somebody
 * waits.  Async-signal-safe; the address alone is used. */
unsigned weir_armed_fire_(const volatile void *address);

/* Empty the table; for tests, and in a child after fork: the files are the
 * parent's too, and so are those who wait for them. */
void weir_armed_reset_(void);

#endif
