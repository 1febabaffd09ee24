/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Included before each of the library's sources when they are compiled for
 * the explorer: what they ask of libc goes to it, and numbers that would put a
 * transition out of its reach are smaller.
 */
#ifndef WEIR_EXPLORE_LIBRARY_H
#define WEIR_EXPLORE_LIBRARY_H

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <weir/explore.h>

#include "base/tunables.h"

/* An object asks whether it may relax at each quiet release: the clock
 * decides, and the explorer's clock jumps. */
#undef WEIR_RELAX_QUIET
#define WEIR_RELAX_QUIET 1
#undef WEIR_BIAS_QUIET
#define WEIR_BIAS_QUIET 1
/* Two revocations can be afforded, and a third only after some time. */
#undef WEIR_REVOKE_BURST_NS
#define WEIR_REVOKE_BURST_NS 40000

/* Few enough that one of three waiters is let go by another. */
#undef WEIR_COND_AT_ONCE
#define WEIR_COND_AT_ONCE 2u

/* Few files, each of which is looked at. */
#undef WEIR_ARMED_SLOTS
#define WEIR_ARMED_SLOTS 2

/* Nobody sets a hook (base/trace.h). */
#define WEIR_UNTRACED

int explore_sched_yield_(void);
int explore_clock_nanosleep_(const struct timespec *ts);

/* A program may define it: one was written to that stands for an eventfd. */
__attribute__((weak)) void weir_explore_eventfd_(int fd);

#define gettid() ((int)weir_explore_tid())
#define sched_yield() explore_sched_yield_()
#define clock_nanosleep(clock, flags, ts, rest) explore_clock_nanosleep_(ts)
#define pthread_atfork(prepare, parent, child)                                 \
    ((void)(prepare), (void)(parent), (void)(child), 0)
#define pthread_key_create(key, function) ((void)(key), (void)(function), 0)
#define pthread_key_delete(key) ((void)(key), 0)
#define pthread_setspecific(key, value) ((void)(key), (void)(value), 0)

/* The same address in each execution; the size of what is freed is not
 * known, its first line is enough. */
#define aligned_alloc(alignment, size) weir_explore_alloc(size)
#define free(p) weir_explore_free((p), WEIR_LINE)

#endif
