/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What ThreadSanitizer is told by the library itself.  In a program that is
 * built with it, and has an ordinary library, it sees the library's calls of
 * malloc and free, and nothing of the locks that order them.  The program has
 * these functions then; in all others they are not there.
 */
#ifndef WEIR_BASE_TSAN_H
#define WEIR_BASE_TSAN_H

#include <stddef.h>

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

/* What was done before a release, by whom, comes before an acquire. */
static inline void weir_tell_acquire_(void *clock)
{
    if (__tsan_acquire != NULL)
        __tsan_acquire(clock);
}

static inline void weir_tell_release_(void *clock)
{
    if (__tsan_release != NULL)
        __tsan_release(clock);
}

#endif
