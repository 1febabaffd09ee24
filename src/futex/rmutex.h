/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * For waits that release a recursive mutex at whatever depth.
 */
#ifndef WEIR_FUTEX_RMUTEX_H
#define WEIR_FUTEX_RMUTEX_H

#include <weir/rmutex.h>

/* The caller, who has *m, is about to unlock its mutex: nobody owns it from
 * now on.  Returns what resume is to be given. */
uint64_t weir_rmutex_suspend_(weir_rmutex_t *m);

/* The caller has the mutex of *m again, or still: it is the owner, as deep as
 * it was. */
void weir_rmutex_resume_(weir_rmutex_t *m, uint64_t suspended);

#endif
