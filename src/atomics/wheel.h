/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The wheel: timers by time, in constant time each.  Never sleeps, knows no
 * clock and has no lock: the caller guards it, and says what time it is.
 *
 * A hierarchical timing wheel [Varghese87] with nine levels of 64 slots, which
 * reach from one tick to the end of time, so that there is no list of those
 * that are too far away.  Slots are not counted off from now: the level of a
 * timer is that of the highest digit, in base 64, in which its tick differs
 * from the wheel's, and its slot is that digit [Ahuja90].  So a slot of a level
 * comes after all that are before it, and all levels below come before it; the
 * earliest timers are in the lowest slot of the lowest level that is in use,
 * which two bit masks tell.
 *
 * base is a tick that no timer in the wheel is before.  When it comes to a slot
 * of a higher level, the slot's timers are spilled: each is put in anew, and
 * ends up at least one level further down.  That is at most eight times in its
 * life, and no more of them are moved in one
 * call than the caller says.
 */
#ifndef WEIR_ATOMICS_WHEEL_H
#define WEIR_ATOMICS_WHEEL_H

#include <weir/timer.h>

#define WEIR_WHEEL_LEVELS 9u
#define WEIR_WHEEL_SLOTS 64u

/* The slots of one level. */
struct weir_wheel_level {
    uint64_t used;                    /* which slots have timers */
    uint64_t least[WEIR_WHEEL_SLOTS]; /* no timer of the slot is before */
    weir_timer_link_t_ slot[WEIR_WHEEL_SLOTS]; /* heads of rings */
};

struct weir_wheel {
    uint64_t base;
    uint32_t used;            /* which levels have timers */
    weir_timer_link_t_ spill; /* head of those that are to be put in anew */
    struct weir_wheel_level level[WEIR_WHEEL_LEVELS];
};

/* Make it an empty wheel, whatever it was. */
void weir_wheel_init_(struct weir_wheel *wheel);

/* Put in a timer that is not in a wheel; link->due says when, or that it is
 * due already. */
void weir_wheel_put_(struct weir_wheel *wheel, weir_timer_link_t_ *link);

/* Take out one that is. */
void weir_wheel_drop_(struct weir_wheel *wheel, weir_timer_link_t_ *link);

/* Take out one that is due at now.  NULL: there is none, or *work is 0: so many
 * others as it was have been moved, and the caller may take a breath. */
weir_timer_link_t_ *weir_wheel_take_(struct weir_wheel *wheel,
                                     weir_deadline_t now, unsigned *work);

/* Take out any; NULL: it is empty. */
weir_timer_link_t_ *weir_wheel_any_(struct weir_wheel *wheel);

/* The first time at which take may return something: that of the earliest
 * timer, or before, if an earlier one has been dropped; WEIR_FOREVER if there
 * is none. */
weir_deadline_t weir_wheel_next_(const struct weir_wheel *wheel);

#endif
