/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Coroutines.  A switch saves what the calling convention asks a function to
 * preserve, and loads the same from another stack; that is all that the
 * compiler knows of the call.  ucontext, on other machines, makes two system
 * calls for the signal mask that nobody needs.
 */
#include "coroutine.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define STACK_SIZE ((size_t)256 << 10)
#define GUARD_SIZE ((size_t)64 << 10) /* a page, however large */

static unsigned char *make_stack(void)
{
    unsigned char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (stack == MAP_FAILED || mprotect(stack, GUARD_SIZE, PROT_NONE) != 0) {
        perror("weir-explore: a stack");
        abort();
    }
    return stack;
}

bool explore_coroutine_has_(const struct coroutine *c, const volatile void *p)
{
    uintptr_t at = (uintptr_t)p;
    uintptr_t stack = (uintptr_t)c->stack;

    return stack != 0 && at >= stack && at < stack + STACK_SIZE;
}

#if defined(__x86_64__)

void explore_switch_stacks_(void **save, void *load);

__asm__(".text\n"
        ".globl explore_switch_stacks_\n"
        ".hidden explore_switch_stacks_\n"
        ".type explore_switch_stacks_, @function\n"
        "explore_switch_stacks_:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size explore_switch_stacks_, . - explore_switch_stacks_\n");

/* Six registers, the entry, and a return address that is never used; the
 * entry finds the stack as after a call. */
static void *first_frame(unsigned char *top, void (*entry)(void))
{
    uintptr_t *sp = (uintptr_t *)(void *)top - 8;

    for (int i = 0; i < 8; i++)
        sp[i] = 0;
    sp[6] = (uintptr_t)entry;
    return sp;
}

#elif defined(__aarch64__)

void explore_switch_stacks_(void **save, void *load);

__asm__(".text\n"
        ".globl explore_switch_stacks_\n"
        ".hidden explore_switch_stacks_\n"
        ".type explore_switch_stacks_, %function\n"
        "explore_switch_stacks_:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size explore_switch_stacks_, . - explore_switch_stacks_\n");

static void *first_frame(unsigned char *top, void (*entry)(void))
{
    uintptr_t *sp = (uintptr_t *)(void *)top - 20;

    for (int i = 0; i < 20; i++)
        sp[i] = 0;
    sp[11] = (uintptr_t)entry; /* x30 */
    return sp;
}

#endif

#if defined(__x86_64__) || defined(__aarch64__)

void explore_coroutine_make_(struct coroutine *c, void (*entry)(void))
{
    if (c->stack == NULL)
        c->stack = make_stack();
    c->sp = first_frame(c->stack + STACK_SIZE, entry);
}

void explore_coroutine_switch_(struct coroutine *from, struct coroutine *to)
{
    explore_switch_stacks_(&from->sp, to->sp);
}

#else

void explore_coroutine_make_(struct coroutine *c, void (*entry)(void))
{
    if (c->stack == NULL)
        c->stack = make_stack();
    if (getcontext(&c->context) != 0)
        abort();
    c->context.uc_stack.ss_sp = c->stack + GUARD_SIZE;
    c->context.uc_stack.ss_size = STACK_SIZE - GUARD_SIZE;
    c->context.uc_link = NULL;
    makecontext(&c->context, entry, 0);
}

void explore_coroutine_switch_(struct coroutine *from, struct coroutine *to)
{
    if (swapcontext(&from->context, &to->context) != 0)
        abort();
}

#endif
