/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the compiler is told, and the one machine instruction that C has no
 * word for.
 */
#ifndef WEIR_BASE_COMPILER_H
#define WEIR_BASE_COMPILER_H

#define WEIR_COLD __attribute__((cold, noinline))
#define WEIR_CONSTRUCTOR __attribute__((constructor(101)))

/* Tells the CPU that this is a spin loop: 10 to 140 cycles. */
static inline void weir_cpu_pause_(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    /* YIELD is a no-op on most cores; ISB waits for some 20 cycles. */
    __asm__ volatile("isb" ::: "memory");
#else
    __asm__ volatile("" ::: "memory");
#endif
}

#endif
