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

#if defined(WEIR_CHECKED)
#define WEIR_CHECKED_ true
#else
#define WEIR_CHECKED_ false
#endif

#define WEIR_HELD_MAX 64

#if defined(WEIR_CHECKED)
static _Thread_local struct {
    const void *lock;
    bool write;
} weir_held_[WEIR_HELD_MAX];
/* Locks that had no room. */
static _Thread_local unsigned weir_held_unknown_;

static inline int weir_held_find_(const void *lock, bool write)
{
    for (int i = 0; i < WEIR_HELD_MAX; i++)
        if (weir_held_[i].lock == lock && weir_held_[i].write == write)
            return i;
    return -1;
}
#endif

/* Whether taking it would wait for a lock that this thread has itself. */
static inline bool weir_held_wrong_(const void *lock, bool write,
                                    bool recursive)
{
#if defined(WEIR_CHECKED)
    if (weir_held_find_(lock, true) >= 0)
        return true;
    return (write || !recursive) && weir_held_find_(lock, false) >= 0;
#else
    (void)lock;
    (void)write;
    (void)recursive;
    return false;
#endif
}

static inline void weir_held_add_(const void *lock, bool write)
{
#if defined(WEIR_CHECKED)
    int i = weir_held_find_(NULL, false);

    if (i < 0) {
        weir_held_unknown_++;
        return;
    }
    weir_held_[i].lock = lock;
    weir_held_[i].write = write;
#else
    (void)lock;
    (void)write;
#endif
}

/* Before it is given back; false if this thread does not have it. */
static inline bool weir_held_remove_(const void *lock, bool write)
{
#if defined(WEIR_CHECKED)
    int i = weir_held_find_(lock, write);

    if (i < 0) {
        if (weir_held_unknown_ == 0)
            return false;
        weir_held_unknown_--;
        return true;
    }
    weir_held_[i].lock = NULL;
    weir_held_[i].write = false;
    return true;
#else
    (void)lock;
    (void)write;
    return true;
#endif
}

#endif
