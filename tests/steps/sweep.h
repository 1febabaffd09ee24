/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * One operation, stopped after each of its instructions.
 *
 * What the others then see is one letter per stop.  A scenario says which
 * letters, in which order, a sweep must see, repetitions left out: "-HT" for a
 * put is nothing, then a window in which the place is claimed and not
 * published, then the element.  So a window that the documentation speaks of
 * must be there, must be one, and must lie inside the operation: the first
 * stop is before its first instruction, the last one after it returned.
 */
#ifndef STEPS_SWEEP_H
#define STEPS_SWEEP_H

#include <stdbool.h>

#include "victim.h"
#include "world.h"

struct scenario {
    const char *name;
    /* The object, and this run's variables. */
    void (*set_up)(const struct scenario *s);
    void (*victim)(unsigned);
    void (*waiter)(unsigned); /* NULL: nobody waits */
    unsigned early;           /* waiters that sleep before the victim starts */
    unsigned late;            /* others, which come when the judge says so */
    void (*prepare)(void);    /* once they sleep */
    /* The victim sleeps for the nth time: wake it.  False: it went another
     * way than it should have, since the scheduler intervened. */
    bool (*awaken)(unsigned nth);
    /* What the others see, and how they get on, while the victim is stopped
     * or dead. */
    char (*others)(bool dead);
    /* The victim goes on, and all must come to their end.  Also if dead. */
    void (*finish)(bool dead);
    const char *suspended; /* expected; NULL: not swept */
    const char *killed;
    bool vm;      /* a private object, processes with one memory */
    bool threads; /* see crew.h; never killed */
    /* Of these: starts the victim, whose thread calls crew_victim_waits, and
     * whose operation it is to end if it does not return from VICTIM. */
    void (*launch)(void);
    unsigned arg[5]; /* for set_up */
};

struct totals {
    unsigned sweeps;
    long stops;
    long longest;
};

/* Where to stop. */
struct stops {
    bool every_kill;    /* also where nothing has changed since the last one:
                         * there it must show the same */
    long suspend_every; /* 1: after each instruction; n: after each nth, and
                         * where something has changed */
};

/* Both sweeps of a scenario; ends the process if one sees what it should
 * not. */
void sweep(const struct scenario *s, const struct stops *stops,
           struct totals *totals);

/* Tables, each ending with a scenario without a name.  STEPS_PRIMITIVES is
 * TABLE(mutex) TABLE(barrier) ..., from the list in CMakeLists.txt; a primitive
 * may do without private ones. */
#define TABLE(primitive)                                                       \
    extern const struct scenario primitive##_scenarios[];                      \
    extern const struct scenario private_##primitive##_scenarios[]             \
        __attribute__((weak));
STEPS_PRIMITIVES
#undef TABLE

#endif
