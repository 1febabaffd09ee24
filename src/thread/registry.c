/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The list of all threads that are alive and known, in the order in which
 * they came.  Who comes or goes holds a lock; who reads does not, and may
 * stand on an entry that is taken out at that moment.  So an entry keeps its
 * way on to the rest of the list, and is freed only when all who read have
 * left (grace.h).  That wait is long, against the end of a thread, and endless
 * if a reader is suspended: entries are gathered, one wait is for
 * WEIR_REGISTRY_RETIRED of them, and it is the last that a thread does which
 * ends, when nobody waits for it any more.
 *
 * Entries are not part of weir_thread_t, which its owner may free as soon as
 * it is joined, long before readers have left.  For the same reason a reader
 * takes the address of a thread from its entry and does not look at the
 * thread.
 *
 * WORD weir_entry.next, 64 bits, not slept on, initial: 0: the next entry, or
 * NULL at the end; changed UNDER lock.  If stale: an entry that has just come,
 * or gone, which still leads on.
 *
 * ORDERS
 *  [Y1] link, unlink  store release of an entry's next; pairs with [Y2]: who
 *       finds an entry finds it filled in, and the thread initialised
 *  [Y2] list          load acquire of next; pairs with [Y1]
 */
#include "thread/registry.h"

#include <stdlib.h>

#include <weir/mutex.h>

#include "base/atomic.h"
#include "base/tsan.h"
#include "base/tunables.h"
#include "thread/grace.h"

static weir_mutex_t lock = WEIR_MUTEX_INIT;
/* The list begins here; all but next and the way back UNDER lock. */
static struct weir_entry head;
static struct weir_entry *last = &head;
/* Entries that are out, and not freed yet, UNDER lock. */
static struct weir_entry *retired;
static unsigned retired_count;
/* COUNT of the entries in the list. */
static WEIR_ATOMIC(uint32_t) count;

/* -- With the lock held ------------------------------------------------- */

static void add_to_count(uint32_t more)
{
    /* COUNT: changed under the lock, read without. */
    (void)weir_fetch_add_rlx_(&count, more);
}

static void link_last(struct weir_entry *entry)
{
    /* INIT: not in the list yet. */
    weir_store_rlx_(&entry->next, NULL);
    entry->previous = last;
    /* [Y1] release; pairs with [Y2] */
    weir_store_rel_(&last->next, entry);
    last = entry;
    add_to_count(1);
}

static void unlink_entry(struct weir_entry *entry)
{
    /* UNDER lock. */
    struct weir_entry *next = weir_load_rlx_(&entry->next);

    /* [Y1] release; pairs with [Y2]: next was published before, to others. */
    weir_store_rel_(&entry->previous->next, next);
    if (next != NULL)
        next->previous = entry->previous;
    else
        last = entry->previous;
    entry->previous = NULL;
    add_to_count((uint32_t)-1);
}

/* Put an entry to those that are to be freed; whether they are many. */
static bool retire(struct weir_entry *entry)
{
    entry->retired = retired;
    retired = entry;
    return ++retired_count >= WEIR_REGISTRY_RETIRED;
}

static struct weir_entry *take_retired(void)
{
    struct weir_entry *all = retired;

    retired = NULL;
    retired_count = 0;
    return all;
}

/* -- Coming and going --------------------------------------------------- */

static void free_all(struct weir_entry *entry)
{
    while (entry != NULL) {
        struct weir_entry *next = entry->retired;

        free(entry);
        entry = next;
    }
}

/* They cannot be freed now; with the next, perhaps. */
static void keep(struct weir_entry *entry)
{
    struct weir_entry *end = entry;

    while (end->retired != NULL)
        end = end->retired;
    weir_registry_lock_();
    end->retired = retired;
    retired = entry;
    weir_registry_unlock_();
}

void weir_registry_lock_(void)
{
    (void)weir_mutex_lock(&lock);
}

void weir_registry_unlock_(void)
{
    (void)weir_mutex_unlock(&lock);
}

bool weir_registry_has_(const weir_thread_t *t)
{
    return t->entry != NULL;
}

void weir_registry_add_(struct weir_entry *entry, weir_thread_t *t)
{
    weir_tell_release_(&retired); /* others free what this thread allocated */
    weir_registry_lock_();
    entry->thread = t;
    t->entry = entry;
    link_last(entry);
    weir_registry_unlock_();
}

bool weir_registry_remove_(struct weir_entry *entry)
{
    bool many;

    weir_registry_lock_();
    entry->thread->entry = NULL;
    unlink_entry(entry);
    many = !entry->fixed && retire(entry);
    weir_registry_unlock_();
    return many;
}

void weir_registry_collect_(void)
{
    struct weir_entry *free_now;

    weir_registry_lock_();
    free_now = take_retired();
    weir_registry_unlock_();
    if (free_now == NULL) /* another thread has them */
        return;
    if (!weir_grace_()) {
        keep(free_now);
        return;
    }
    weir_tell_acquire_(&retired);
    free_all(free_now);
}

/* -- Reading ------------------------------------------------------------ */

size_t weir_registry_list_(weir_thread_t **out, size_t cap)
{
    const struct weir_entry *entry;
    size_t found = 0;

    weir_read_begin_();
    /* [Y2] acquire; pairs with [Y1] */
    for (entry = weir_load_acq_(&head.next); entry != NULL;
         entry = weir_load_acq_(&entry->next)) { /* [Y2] acquire */
        if (found < cap)
            out[found] = entry->thread;
        found++;
    }
    weir_read_end_();
    return found;
}

unsigned weir_registry_count_(void)
{
    /* COUNT: stale when it returns. */
    return weir_load_rlx_(&count);
}

/* -- Fork --------------------------------------------------------------- */

void weir_registry_before_fork_(void)
{
    weir_registry_lock_();
    weir_grace_before_fork_();
}

void weir_registry_after_fork_(void)
{
    weir_grace_after_fork_();
    weir_registry_unlock_();
}

/* The child has one thread: nobody reads, nobody waits for the lock. */
void weir_registry_in_child_(const weir_thread_t *survivor,
                             void (*gone)(weir_thread_t *t))
{
    struct weir_entry *entry;
    struct weir_entry *next;

    weir_grace_in_child_();
    (void)weir_mutex_init(&lock, 0);
    /* OWNED, all: there is nobody else. */
    for (entry = weir_load_rlx_(&head.next); entry != NULL; entry = next) {
        next = weir_load_rlx_(&entry->next); /* OWNED */
        if (entry->thread == survivor)
            continue;
        entry->thread->entry = NULL;
        gone(entry->thread);
        unlink_entry(entry);
        if (!entry->fixed)
            free(entry);
    }
    free_all(retired);
    retired = NULL;
    retired_count = 0;
}
