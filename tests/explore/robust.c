/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What Linux does with the robust list of a thread that is no more
 * (exit_robust_list, handle_futex_death): for each entry whose word names the
 * dead thread, the word becomes OWNER_DIED, keeping WAITERS, and a waiter is
 * woken if there is one; last comes the operation that was pending, for which
 * a waiter is woken also if the word names nobody.  Wake-ups are shared ones.
 * Each is a step of its own: others run between the death and the end of the
 * walk.
 */
#include "engine.h"

enum { LIMIT = 2048 };

#define WAITERS WEIR_EXPLORE_FUTEX_WAITERS
#define OWNER_DIED WEIR_EXPLORE_FUTEX_OWNER_DIED
#define TID_MASK WEIR_EXPLORE_FUTEX_TID_MASK

static void handle_death(const struct thread *t,
                         const struct weir_explore_robust_list *entry,
                         intptr_t offset, bool pending)
{
    uint32_t tid = (uint32_t)(t - ex_.threads) + 1;
    /* The kernel ignores the lowest bit, which marks PI futexes. */
    uintptr_t at = ((uintptr_t)entry & ~(uintptr_t)1) + (uintptr_t)offset;
    volatile uint32_t *word = (volatile uint32_t *)at;
    uint32_t value = (uint32_t)weir_explore_load_(
        word, 4, WEIR_EXPLORE_SC, "kernel|the word of the dead");

    do {
        if (pending && (value & TID_MASK) == 0) {
            (void)explore_wake_(word, 1, UINT32_MAX, true);
            return;
        }
        if ((value & TID_MASK) != tid)
            return;
    } while (!weir_explore_cas_(word, &value, 4, (value & WAITERS) | OWNER_DIED,
                                WEIR_EXPLORE_SC,
                                "kernel|the word of the dead"));
    if (value & WAITERS)
        (void)explore_wake_(word, 1, UINT32_MAX, true);
}

void explore_robust_exit_(struct thread *t)
{
    const struct weir_explore_robust_head *head = t->robust;
    const struct weir_explore_robust_list *entry = head->list.next;
    const struct weir_explore_robust_list *pending = head->list_op_pending;
    intptr_t offset = head->futex_offset;

    t->robust = NULL;
    for (int i = 0; entry != &head->list && i < LIMIT; i++) {
        /* Read before the word is given away. */
        const struct weir_explore_robust_list *next = entry->next;

        if (entry != pending)
            handle_death(t, entry, offset, false);
        entry = next;
    }
    if (pending != NULL)
        handle_death(t, pending, offset, true);
}

void weir_explore_set_robust_list(struct weir_explore_robust_head *head)
{
    if (ex_.active && ex_.self != NOBODY)
        self_()->robust = head;
}
