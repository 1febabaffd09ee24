/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Guard pages and double mappings.  Every guarded object is an area of one
 * size, so that dropping it needs no length.
 */
#include "support/memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/support.h"

#define PAGE 4096u
#define STRIP 64u
#define KEPT 48u /* dropped areas whose addresses are still blocked */

struct area {
    char *start;
    size_t size; /* of the pages before the guard page */
};

static struct area kept[KEPT];
static unsigned kept_at;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

static size_t rounded(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

void *support_guarded(size_t size, bool shared)
{
    int flags = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
    size_t body = rounded(size, PAGE);
    char *area = mmap(NULL, body + PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);

    must(area != MAP_FAILED);
    must_eq(mprotect(area + body, PAGE, PROT_NONE), 0);
    return area + body - rounded(size, 8);
}

/* The area that waits longest for its addresses to be free again leaves. */
static struct area swap_kept(struct area area)
{
    struct area *place, oldest;

    pthread_mutex_lock(&kept_lock);
    place = &kept[kept_at++ % KEPT];
    oldest = *place;
    *place = area;
    pthread_mutex_unlock(&kept_lock);
    return oldest;
}

void support_guarded_drop(void *object, size_t size)
{
    struct area area = {NULL, rounded(size, PAGE)};
    char *end = (char *)object + rounded(size, 8);

    area.start = end - area.size;
    must(mmap(area.start, area.size, PROT_NONE,
              MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
              0) == area.start);
    area = swap_kept(area);
    if (area.start != NULL)
        must_eq(munmap(area.start, area.size + PAGE), 0);
}

support_strip_t support_strip(bool shared)
{
    int flags = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
    support_strip_t strip = {NULL, 0};

    strip.pages = mmap(NULL, STRIP * PAGE, PROT_NONE, flags, -1, 0);
    must(strip.pages != MAP_FAILED);
    return strip;
}

void *support_strip_take(support_strip_t *strip, size_t size)
{
    unsigned place = strip->next++ % STRIP;

    must(size <= PAGE);
    if (place == 0)
        must_eq(mprotect(strip->pages, STRIP * PAGE, PROT_READ | PROT_WRITE),
                0);
    return strip->pages + (place + 1) * PAGE - rounded(size, 8);
}

void support_strip_drop(void *object)
{
    char *page = (char *)object - (uintptr_t)object % PAGE;

    must_eq(mprotect(page, PAGE, PROT_NONE), 0);
}

support_twin_t support_twin(size_t size)
{
    int fd = memfd_create("twin", MFD_CLOEXEC);
    support_twin_t twin = {NULL, NULL, size};

    must(fd >= 0);
    must_eq(ftruncate(fd, (off_t)size), 0);
    twin.here = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    twin.there = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(twin.here != MAP_FAILED && twin.there != MAP_FAILED);
    must(twin.here != twin.there);
    close(fd);
    return twin;
}

void support_twin_free(support_twin_t *twin)
{
    must_eq(munmap(twin->here, twin->size), 0);
    must_eq(munmap(twin->there, twin->size), 0);
}
