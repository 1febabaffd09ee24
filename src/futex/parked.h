/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Who sleeps on a word whose releaser may use a plain store, by address.
 */
#ifndef WEIR_FUTEX_PARKED_H
#define WEIR_FUTEX_PARKED_H

#include <weir/mutex.h>

/* Enter the calling thread, which is about to sleep on *address, and make
 * all releases that it will not see see it.  False: the kernel refused, so
 * sleep in slices (park.h). */
bool weir_parked_enter_(const volatile void *address);

/* Take one entry out again. */
void weir_parked_leave_(const volatile void *address);

/* Set the table up anew; for tests, and in a child after fork. */
void weir_parked_reset_(void);

#endif
