/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Which read-write locks the calling thread has; in a library that is built
 * with WEIR_CHECKED alone.
 */
#include "futex/held.h"

static _Thread_local struct {
    const void *lock;
    bool write;
} held[WEIR_HELD_MAX];
/* Locks that had no room. */
static _Thread_local unsigned unknown;

static int find_held(const void *lock, bool write)
{
    for (int i = 0; i < WEIR_HELD_MAX; i++)
        if (held[i].lock == lock && held[i].write == write)
            return i;
    return -1;
}

bool weir_held_wrong_(const void *lock, bool write, bool recursive)
{
    if (find_held(lock, true) >= 0)
        return true;
    return (write || !recursive) && find_held(lock, false) >= 0;
}

void weir_held_add_(const void *lock, bool write)
{
    int i = find_held(NULL, false);

    if (i < 0) {
        unknown++;
        return;
    }
    held[i].lock = lock;
    held[i].write = write;
}

bool weir_held_remove_(const void *lock, bool write)
{
    int i = find_held(lock, write);

    if (i < 0) {
        if (unknown == 0)
            return false;
        unknown--;
        return true;
    }
    held[i].lock = NULL;
    held[i].write = false;
    return true;
}
