/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * clone(CLONE_VM), with thread-local storage copied from the caller's: errno
 * is in there, and must not be another's.  The layout is that of x86-64 (ELF
 * TLS variant II) and of glibc's control block, whose first and third word
 * are its own address.
 */
#include "memory.h"

#include <elf.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#define STACK_SIZE 65536u
#define TLS_MAX 2048u
#define CONTROL_SIZE 2304u
#define COUNT 4u

#if defined(__x86_64__) && defined(__GLIBC__)

static struct {
    _Alignas(64) unsigned char tls[TLS_MAX + 2 * CONTROL_SIZE];
    _Alignas(64) unsigned char stack[STACK_SIZE];
} memories[COUNT];

bool memory_can_clone(void)
{
    return true;
}

static int find_tls(struct dl_phdr_info *info, size_t size, void *arg)
{
    size_t *found = arg;

    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];

        if (header->p_type == PT_TLS)
            *found = (header->p_memsz + header->p_align - 1) / header->p_align *
                     header->p_align;
    }
    return 1; /* the first one is the program, and there are no others */
}

pid_t memory_clone(unsigned n, int (*body)(void *), void *arg)
{
    unsigned char *control = memories[n].tls + TLS_MAX;
    uintptr_t own;
    size_t size = 0;

    must(n < COUNT);
    (void)dl_iterate_phdr(find_tls, &size);
    must(size <= TLS_MAX);
    __asm__("mov %%fs:0, %0" : "=r"(own));
    memcpy(control - size, (unsigned char *)own - size, size + CONTROL_SIZE);
    memcpy(control, &(void *){control}, sizeof(void *));
    memcpy(control + 16, &(void *){control}, sizeof(void *));
    return clone(body, memories[n].stack + STACK_SIZE,
                 CLONE_VM | CLONE_SETTLS | SIGCHLD, arg, NULL, control, NULL);
}

#else

bool memory_can_clone(void)
{
    return false;
}

pid_t memory_clone(unsigned n, int (*body)(void *), void *arg)
{
    (void)n;
    (void)body;
    (void)arg;
    return -1;
}

#endif
