/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Memory for programs, at the same addresses each time: private, and shared
 * by processes.  The shared part is one piece of memory that is mapped once
 * for setup and once for each process, at distances that are no multiple of
 * anything, so that whoever keeps an address instead of an offset is found
 * out.
 */
#include "engine.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARENA_SIZE ((size_t)4 << 20)
#define ALIGNMENT ((size_t)128)
#define PRIVATE_AT ((uintptr_t)0x510000000000)
#define SHARED_AT ((uintptr_t)0x520000000000)
#define DISTANCE ((uintptr_t)0x10123000)

static unsigned char *private_arena;
static size_t private_used;
static unsigned char *shared_arena;
static size_t shared_used;

static void *map(uintptr_t at, int flags, int fd)
{
    void *p = mmap((void *)at, ARENA_SIZE, PROT_READ | PROT_WRITE,
                   flags | MAP_FIXED_NOREPLACE, fd, 0);

    if (p != (void *)at) {
        perror("weir-explore: memory for programs");
        abort();
    }
    return p;
}

void explore_arena_begin_(void)
{
    if (private_used > 0)
        memset(private_arena, 0, private_used);
    private_used = 0;
    if (shared_used > 0)
        memset(shared_arena, 0, shared_used);
    shared_used = 0;
}

static void *take(unsigned char *arena, size_t *in_use, size_t size)
{
    unsigned char *p = arena + *in_use;

    if (size > ARENA_SIZE - *in_use)
        explore_fail_(WEIR_EXPLORE_MISUSE, "more than %zu bytes of memory",
                      ARENA_SIZE);
    *in_use += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return p;
}

void *weir_explore_alloc(size_t size)
{
    if (private_arena == NULL)
        private_arena = map(PRIVATE_AT, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return take(private_arena, &private_used, size);
}

/* The mapping of process i, or of setup: -1. */
static uintptr_t mapping(int i)
{
    return SHARED_AT + (uintptr_t)(i + 1) * DISTANCE;
}

void *weir_explore_shared(size_t size)
{
    if (shared_arena == NULL) {
        int fd = memfd_create("weir-explore", MFD_CLOEXEC);

        if (fd < 0 || ftruncate(fd, (off_t)ARENA_SIZE) != 0)
            abort();
        shared_arena = map(mapping(-1), MAP_SHARED, fd);
        for (int i = 0; i < THREADS; i++)
            (void)map(mapping(i), MAP_SHARED, fd);
        (void)close(fd);
    }
    return take(shared_arena, &shared_used, size);
}

uintptr_t explore_canonical_(const volatile void *p)
{
    uintptr_t at = (uintptr_t)p;
    uintptr_t offset = at - SHARED_AT;

    if (at < SHARED_AT || offset / DISTANCE > THREADS ||
        offset % DISTANCE >= ARENA_SIZE)
        return at;
    return SHARED_AT + offset % DISTANCE;
}

unsigned explore_process_(unsigned thread)
{
    return ex_.program->processes && thread < THREADS ? thread : 0;
}

void *weir_explore_here(const volatile void *p)
{
    uintptr_t at = explore_canonical_(p);
    bool moves = ex_.program->processes && ex_.self != NOBODY &&
                 at >= SHARED_AT && at < SHARED_AT + ARENA_SIZE;

    return (void *)(moves ? at - SHARED_AT + mapping((int)ex_.self)
                          : (uintptr_t)p);
}
