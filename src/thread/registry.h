/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The list of all threads that are alive and known.
 */
#ifndef WEIR_THREAD_REGISTRY_H
#define WEIR_THREAD_REGISTRY_H

#include <weir/thread.h>

struct weir_entry {
    WEIR_ATOMIC(struct weir_entry *) next;
    struct weir_entry *previous;
    weir_thread_t *thread;
    struct weir_entry *retired; /* the next of those to be freed */
    bool fixed;                 /* not from malloc */
};

/* Enter *t, whose fields are set, at the end of the list.  The entry must not
 * be in it; memory from malloc, unless fixed, and it may be the beginning of
 * more than an entry. */
void weir_registry_add_(struct weir_entry *entry, weir_thread_t *t);

/* Take the entry out; it will be freed, if not fixed.  Nobody who begins to
 * list after this finds it.  Whether there are many to be freed. */
bool weir_registry_remove_(struct weir_entry *entry);

/* Free all that are out.  Waits for those who list, who may be suspended: only
 * for a caller for whom nobody waits. */
void weir_registry_collect_(void);

/* What weir_thread_enumerate and weir_thread_active_count do. */
size_t weir_registry_list_(weir_thread_t **out, size_t cap);
unsigned weir_registry_count_(void);

/* While it is locked nobody gets in or out. */
void weir_registry_lock_(void);
void weir_registry_unlock_(void);
/* Whether *t is in the list, with the lock held. */
bool weir_registry_has_(const weir_thread_t *t);

/* For pthread_atfork.  In the child all but one (or none) are taken out: gone
 * is called for each, before its entry is freed. */
void weir_registry_before_fork_(void);
void weir_registry_after_fork_(void);
void weir_registry_in_child_(const weir_thread_t *survivor,
                             void (*gone)(weir_thread_t *t));

#endif
