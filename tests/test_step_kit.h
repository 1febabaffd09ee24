/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A SIGTRAP after each instruction of the calling thread (x86-64), for suites
 * that look at an object in the middle of a call.
 */
#ifndef TEST_STEP_KIT_H
#define TEST_STEP_KIT_H

#if defined(__x86_64__)

/* The trap flag, kept clear of the red zone below the stack pointer. */
static inline void set_stepping(bool on)
{
    if (on)
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq;"
                         "orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
    else
        __asm__ volatile(
            "lea -128(%%rsp), %%rsp; pushfq;"
            "andq $~0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                : "memory", "cc");
}

#endif

#endif
