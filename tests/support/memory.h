/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Memory that tells when it is touched too late, and memory that is in two
 * places at once.
 */
#ifndef SUPPORT_MEMORY_H
#define SUPPORT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* size zero bytes that end where a page without access begins (size is
 * rounded up to 8).  shared: MAP_SHARED. */
void *support_guarded(size_t size, bool shared);

/* The memory is gone: any access faults from now on.  Its addresses are not
 * used again for the next few dozen drops, so that an access that comes late
 * hits nothing else.  Any thread may drop. */
void support_guarded_drop(void *object, size_t size);

/* A strip of pages for loops that need a new object very often: taking one
 * back costs a single system call.  The memory is not zeroed again. */
typedef struct support_strip {
    char *pages;
    unsigned next;
} support_strip_t;

support_strip_t support_strip(bool shared);

/* size bytes at the end of the next page.  One thread takes; when it comes
 * round, all that it took before must have been dropped. */
void *support_strip_take(support_strip_t *strip, size_t size);

/* Any access to the object's page faults from now on. */
void support_strip_drop(void *object);

/* The same zero pages at two addresses; what is written through one is read
 * through the other, here and in children. */
typedef struct support_twin {
    void *here;
    void *there;
    size_t size;
} support_twin_t;

support_twin_t support_twin(size_t size);
void support_twin_free(support_twin_t *twin);

#endif
