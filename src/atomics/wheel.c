/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The wheel: see wheel.h for what it is.
 *
 * Why the lowest slot is the earliest.  A timer of tick k is put in at level l
 * and slot s if l is the highest digit in which k and base differ, and s is
 * that digit of k (level 0 if they do not differ).  Since k >= base, s is above
 * that digit of base, and the digits above l are those of base.  This stays
 * true while base moves on to no further than the earliest slot of all: its
 * digits above the level of that slot do not change, the one of that level gets
 * no higher than that slot, and what lies below is empty.  So
 *  1. of two timers of one level, that in the lower slot is earlier;
 *  2. of two in different levels, that in the lower level is: both have base's
 *     digits above the higher level, and there the other is above base.
 * Base comes to the earliest slot itself only by spilling it, and moves no
 * further before all are put in anew.
 */
#include "atomics/wheel.h"

#define DIGIT 6u
#define SLOT_MASK ((uint64_t)(WEIR_WHEEL_SLOTS - 1))

/* The first tick at which a timer is due.  Ticks of all times fit. */
static uint64_t tick_up(weir_deadline_t due)
{
    if (due <= 0)
        return 0;
    return ((uint64_t)due + (WEIR_TIMER_TICK_NS - 1)) / WEIR_TIMER_TICK_NS;
}

/* The last tick that has begun. */
static uint64_t tick_down(weir_deadline_t now)
{
    return now <= 0 ? 0 : (uint64_t)now / WEIR_TIMER_TICK_NS;
}

static weir_deadline_t time_of(uint64_t tick)
{
    uint64_t last = (uint64_t)WEIR_FOREVER / WEIR_TIMER_TICK_NS;

    return tick > last ? WEIR_FOREVER
                       : (weir_deadline_t)(tick * WEIR_TIMER_TICK_NS);
}

static unsigned lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

static unsigned level_of(uint64_t base, uint64_t tick)
{
    uint64_t differ = base ^ tick;

    return differ == 0 ? 0 : (63 - (unsigned)__builtin_clzll(differ)) / DIGIT;
}

/* -- Rings -------------------------------------------------------------- */

static void ring_init(weir_timer_link_t_ *head)
{
    head->next = head;
    head->prev = head;
}

static bool ring_empty(const weir_timer_link_t_ *head)
{
    return head->next == head;
}

static void ring_append(weir_timer_link_t_ *head, weir_timer_link_t_ *link)
{
    link->next = head;
    link->prev = head->prev;
    head->prev->next = link;
    head->prev = link;
}

static void ring_unlink(weir_timer_link_t_ *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = NULL;
    link->prev = NULL;
}

/* All of one, which is not empty, to the empty other. */
static void ring_move(weir_timer_link_t_ *from, weir_timer_link_t_ *to)
{
    to->next = from->next;
    to->prev = from->prev;
    to->next->prev = to;
    to->prev->next = to;
    ring_init(from);
}

/* -- The wheel ---------------------------------------------------------- */

void weir_wheel_init_(struct weir_wheel *wheel)
{
    wheel->base = 0;
    wheel->used = 0;
    ring_init(&wheel->spill);
    for (unsigned l = 0; l < WEIR_WHEEL_LEVELS; l++) {
        wheel->level[l].used = 0;
        for (unsigned s = 0; s < WEIR_WHEEL_SLOTS; s++)
            ring_init(&wheel->level[l].slot[s]);
    }
}

void weir_wheel_put_(struct weir_wheel *wheel, weir_timer_link_t_ *link)
{
    uint64_t tick = tick_up(link->due);
    unsigned l, s;
    struct weir_wheel_level *level;

    if (tick < wheel->base)
        tick = wheel->base;
    l = level_of(wheel->base, tick);
    s = (unsigned)(tick >> (l * DIGIT) & SLOT_MASK);
    level = &wheel->level[l];
    if (!(level->used >> s & 1) || tick < level->least[s])
        level->least[s] = tick;
    level->used |= (uint64_t)1 << s;
    wheel->used |= 1u << l;
    ring_append(&level->slot[s], link);
}

/* A ring has become empty; if it is a slot's, say so. */
static void mark_empty(struct weir_wheel *wheel, const weir_timer_link_t_ *head)
{
    size_t l, s;

    if (head == &wheel->spill)
        return;
    l = (size_t)((const char *)head - (const char *)wheel->level) /
        sizeof(wheel->level[0]);
    s = (size_t)(head - wheel->level[l].slot);
    wheel->level[l].used &= ~((uint64_t)1 << s);
    if (wheel->level[l].used == 0)
        wheel->used &= ~(1u << l);
}

void weir_wheel_drop_(struct weir_wheel *wheel, weir_timer_link_t_ *link)
{
    const weir_timer_link_t_ *head = link->next;
    bool last = link->next == link->prev;

    ring_unlink(link);
    if (last)
        mark_empty(wheel, head);
}

/* Put up to *work of the spilled in anew. */
static void put_anew(struct weir_wheel *wheel, unsigned *work)
{
    while (*work > 0 && !ring_empty(&wheel->spill)) {
        weir_timer_link_t_ *link = wheel->spill.next;

        ring_unlink(link);
        weir_wheel_put_(wheel, link);
        --*work;
    }
}

/* Base comes to the earliest slot. */
static void spill(struct weir_wheel *wheel, unsigned l, unsigned s)
{
    weir_timer_link_t_ *head = &wheel->level[l].slot[s];

    wheel->base = wheel->level[l].least[s];
    ring_move(head, &wheel->spill);
    mark_empty(wheel, head);
}

/* Nothing is due: the closer base is, the lower new ones begin. */
static void move_on(struct weir_wheel *wheel, uint64_t now)
{
    uint64_t limit = now;

    if (wheel->used != 0) {
        unsigned l = lowest(wheel->used);
        unsigned s = lowest(wheel->level[l].used);
        uint64_t above = wheel->base >> (l * DIGIT) & ~SLOT_MASK;
        uint64_t start = (above | s) << (l * DIGIT);

        if (start <= limit)
            limit = start - 1;
    }
    if (limit > wheel->base)
        wheel->base = limit;
}

weir_timer_link_t_ *weir_wheel_take_(struct weir_wheel *wheel,
                                     weir_deadline_t now, unsigned *work)
{
    uint64_t tick = tick_down(now);

    for (;;) {
        unsigned l, s;
        weir_timer_link_t_ *link;

        put_anew(wheel, work);
        if (*work == 0)
            return NULL;
        if (wheel->used == 0)
            break;
        l = lowest(wheel->used);
        s = lowest(wheel->level[l].used);
        if (wheel->level[l].least[s] > tick)
            break;
        if (l > 0) {
            spill(wheel, l, s);
            continue;
        }
        wheel->base = wheel->level[0].least[s];
        link = wheel->level[0].slot[s].next;
        weir_wheel_drop_(wheel, link);
        return link;
    }
    move_on(wheel, tick);
    return NULL;
}

weir_timer_link_t_ *weir_wheel_any_(struct weir_wheel *wheel)
{
    weir_timer_link_t_ *head = &wheel->spill;

    if (ring_empty(head)) {
        unsigned l;

        if (wheel->used == 0)
            return NULL;
        l = lowest(wheel->used);
        head = &wheel->level[l].slot[lowest(wheel->level[l].used)];
    }
    head = head->next;
    weir_wheel_drop_(wheel, head);
    return head;
}

weir_deadline_t weir_wheel_next_(const struct weir_wheel *wheel)
{
    unsigned l;

    if (!ring_empty(&wheel->spill))
        return time_of(wheel->base);
    if (wheel->used == 0)
        return WEIR_FOREVER;
    l = lowest(wheel->used);
    return time_of(wheel->level[l].least[lowest(wheel->level[l].used)]);
}
