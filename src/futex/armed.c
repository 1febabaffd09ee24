/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Armed files: a table that whoever wakes sleepers looks at too.  It is looked
 * at only by those who have found that somebody sleeps, and so costs nothing
 * where nobody does.  Each entry is fired once.
 *
 * WORD slot.state, 32 bits, not slept on, initial: 0
 *  bits  name     meaning                        set by      cleared by
 *  0     HELD     one thread fills or empties it that one    that one
 *  1     ARMED    address and fd are there       add         fire, drop
 *  2     COUNTED  who fires it counts it out     count       fire, drop
 *  3-31  TURN     how often it was armed         add         -
 *  If stale: the compare-and-swap fails.
 *  LEGAL  HELD or ARMED, or neither; COUNTED only with ARMED
 *  MOVES  0 > HELD > ARMED, TURN + 1; ARMED > + COUNTED; ARMED > HELD > 0
 *  INV  I1 address and fd change only under HELD of another TURN than that in
 *       which they are read: who reads them, and then moves the state from what
 *       it was before, has read what belongs to it.
 *  LIMIT  TURN wraps after 2^29 times: a thread stopped for so long between
 *       its look and its move may fire another's file, in vain.
 *
 * WORD slot.fd, 32 bits, not slept on: the file, and WORD slot.address, 64 bits,
 * not slept on: for what; both set UNDER HELD.  If stale: see I1.
 *
 * Why nothing is missed.  The entry is ARMED before the object says that
 * somebody waits, by a release; whoever makes true what is waited for sees
 * that, by an acquire, and so the entry.  What became true before is found by
 * the look that the one who arms takes last; it fires its own.
 *
 * ORDERS
 *  [A1] arm   store release; pairs with [A2]
 *  [A2] take  load acquire, then compare-and-swap acquire; pairs with [A1], [A3]
 *  [A3] free  store release; pairs with [A2], [A4]
 *  [A4] hold  compare-and-swap acquire; pairs with [A3]
 */
#include "futex/armed.h"

#include <pthread.h>
#include <time.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/tunables.h"
#include "futex/sys.h"

#define HELD 1u
#define ARMED 2u
#define COUNTED 4u
#define TURN_ONE 8u
#define FLAGS (HELD | ARMED | COUNTED)

#define SLOTS WEIR_ARMED_SLOTS

struct slot {
    WEIR_ATOMIC(uint32_t) state;
    WEIR_ATOMIC(uint32_t) fd;      /* written UNDER HELD; see I1 */
    WEIR_ATOMIC(uint64_t) address; /* the same */
};

static struct slot slots[SLOTS];
/* No slot from here on was ever used. */
static WEIR_ATOMIC(uint32_t) used;

static uint64_t key_of(const volatile void *address)
{
    return (uintptr_t)address;
}

static uint32_t used_slots(void)
{
    /* HINT: the slot that the caller is to see was there before the release
     * that it has acquired. */
    return weir_load_rlx_(&used);
}

/* -- One slot ----------------------------------------------------------- */

/* Whether what the slot holds is for the address, and, unless fd is negative,
 * the file. */
static bool is_for(struct slot *slot, const volatile void *address, int fd)
{
    /* FENCED by [A2], both. */
    return weir_load_rlx_(&slot->address) == key_of(address) &&
           (fd < 0 || weir_load_rlx_(&slot->fd) == (uint32_t)fd); /* FENCED */
}

/* Move what is ARMED for the address and the file: what it was before, or 0. */
static uint32_t move(struct slot *slot, const volatile void *address, int fd,
                     uint32_t flags)
{
    /* [A2] acquire; pairs with [A1] */
    uint32_t state = weir_load_acq_(&slot->state);

    while ((state & ARMED) && is_for(slot, address, fd))
        /* [A2] acquire; pairs with [A1], [A3] */
        if (weir_cas_acq_(&slot->state, &state, (state & ~FLAGS) | flags))
            return state;
    return 0;
}

/* Take it out. */
static enum weir_armed take(struct slot *slot, const volatile void *address,
                            int fd)
{
    uint32_t state = move(slot, address, fd, HELD);

    if (state == 0)
        return WEIR_ARMED_GONE;
    return state & COUNTED ? WEIR_ARMED_COUNTED : WEIR_ARMED_TAKEN;
}

static void set_free(struct slot *slot)
{
    /* UNDER HELD */
    uint32_t state = weir_load_rlx_(&slot->state);

    /* [A3] release; pairs with [A2], [A4] */
    weir_store_rel_(&slot->state, state & ~FLAGS);
}

static bool hold(struct slot *slot)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t state = weir_load_rlx_(&slot->state);

    return !(state & FLAGS) &&
           /* [A4] acquire; pairs with [A3] */
           weir_cas_acq_(&slot->state, &state, state | HELD);
}

static void fill(struct slot *slot, const volatile void *address, int fd)
{
    /* UNDER HELD */
    uint32_t state = weir_load_rlx_(&slot->state);

    weir_store_rlx_(&slot->address, key_of(address)); /* UNDER HELD */
    weir_store_rlx_(&slot->fd, (uint32_t)fd);         /* UNDER HELD */
    /* [A1] release; pairs with [A2] */
    weir_store_rel_(&slot->state, ((state & ~FLAGS) + TURN_ONE) | ARMED);
}

/* -- The table ---------------------------------------------------------- */

static bool is_armed(const volatile void *address, int fd)
{
    for (uint32_t i = 0; i < used_slots(); i++)
        /* [A2] acquire; pairs with [A1] */
        if ((weir_load_acq_(&slots[i].state) & ARMED) &&
            is_for(&slots[i], address, fd))
            return true;
    return false;
}

static void note_used(uint32_t i)
{
    /* HINT: checked by the compare-and-swap. */
    uint32_t seen = weir_load_rlx_(&used);

    while (seen <= i)
        /* HINT: see used_slots. */
        if (weir_cas_rlx_(&used, &seen, i + 1))
            return;
}

int weir_armed_add_(const volatile void *address, int fd)
{
    if (is_armed(address, fd))
        return EALREADY;
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (!hold(&slots[i]))
            continue;
        note_used(i);
        fill(&slots[i], address, fd);
        return 0;
    }
    return EAGAIN;
}

bool weir_armed_count_(const volatile void *address, int fd)
{
    for (uint32_t i = 0; i < used_slots(); i++)
        if (move(&slots[i], address, fd, ARMED | COUNTED) != 0)
            return true;
    return false;
}

unsigned weir_armed_fire_(const volatile void *address)
{
    unsigned counted = 0;

    for (uint32_t i = 0; i < used_slots(); i++) {
        enum weir_armed was = take(&slots[i], address, -1);

        if (was == WEIR_ARMED_GONE)
            continue;
        /* UNDER HELD */
        weir_eventfd_add_((int)weir_load_rlx_(&slots[i].fd));
        set_free(&slots[i]);
        counted += was == WEIR_ARMED_COUNTED;
    }
    return counted;
}

/* Whether somebody is about to write to it, for the address. */
static bool is_being_fired(struct slot *slot, const volatile void *address,
                           int fd)
{
    /* [A2] acquire; pairs with [A3] */
    return (weir_load_acq_(&slot->state) & HELD) && is_for(slot, address, fd);
}

enum weir_armed weir_armed_drop_(const volatile void *address, int fd)
{
    /* Asleep, not yielding: whoever fires may be of lower priority. */
    const struct timespec moment = {0, WEIR_WAIT_PAUSE_MIN_NS};
    enum weir_armed dropped = WEIR_ARMED_GONE;

    for (uint32_t i = 0; i < used_slots(); i++) {
        enum weir_armed was = take(&slots[i], address, fd);

        if (was != WEIR_ARMED_GONE) {
            set_free(&slots[i]);
            dropped = was;
        }
        while (is_being_fired(&slots[i], address, fd))
            (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
    }
    return dropped;
}

/* -- Fork --------------------------------------------------------------- */

void weir_armed_reset_(void)
{
    for (uint32_t i = 0; i < used_slots(); i++)
        /* OWNED: there is one thread. */
        weir_store_rlx_(&slots[i].state, 0);
}

WEIR_CONSTRUCTOR static void set_up(void)
{
    (void)pthread_atfork(NULL, NULL, weir_armed_reset_);
}
