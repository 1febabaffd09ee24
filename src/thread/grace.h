/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Reading a list without locks, while others take entries out of it: what was
 * taken out is freed only after all have left who may still stand on it.
 * grace_urcu.c is liburcu; grace_lock.c is for systems that do not have it,
 * where readers take a lock.
 */
#ifndef WEIR_THREAD_GRACE_H
#define WEIR_THREAD_GRACE_H

#include <stdbool.h>

/* Around each reading; does not nest. */
void weir_read_begin_(void);
void weir_read_end_(void);

/* Wait until all who are reading now have ended.  Not while reading.  False:
 * that cannot be found out; nothing that was taken out may be freed. */
bool weir_grace_(void);

/* For pthread_atfork. */
void weir_grace_before_fork_(void);
void weir_grace_after_fork_(void);
void weir_grace_in_child_(void);

#endif
