/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Which read-write locks the calling thread has: in a library that was built
 * with WEIR_CHECKED; nothing, and nothing is wrong, in others.  It knows
 * WEIR_HELD_MAX locks of a thread; while a thread has more, what it knows
 * of the rest is nothing.
 */
#ifndef WEIR_FUTEX_HELD_H
#define WEIR_FUTEX_HELD_H

#include <weir/base.h>

#define WEIR_HELD_MAX 64

#if defined(WEIR_CHECKED)

#define WEIR_CHECKED_ true

/* Whether taking it would wait for a lock that this thread has itself. */
bool weir_held_wrong_(const void *lock, bool write, bool recursive);

void weir_held_add_(const void *lock, bool write);

/* Before it is given back; false if this thread does not have it. */
bool weir_held_remove_(const void *lock, bool write);

#else

#define WEIR_CHECKED_ false

static inline bool weir_held_wrong_(const void *lock, bool write,
                                    bool recursive)
{
    (void)lock;
    (void)write;
    (void)recursive;
    return false;
}

static inline void weir_held_add_(const void *lock, bool write)
{
    (void)lock;
    (void)write;
}

static inline bool weir_held_remove_(const void *lock, bool write)
{
    (void)lock;
    (void)write;
    return true;
}

#endif

#endif
