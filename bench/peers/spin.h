/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What a program does with a queue that only tries.
 */
#ifndef WEIR_BENCH_PEERS_SPIN_H
#define WEIR_BENCH_PEERS_SPIN_H

#include <sched.h>

namespace wbench {

inline void pause_cpu()
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

/* Tries until it succeeds; gives the CPU away now and then, since the one
 * that it waits for may need it. */
template <class Try>
void spin_until(Try done)
{
    constexpr unsigned kTries = 100;

    for (unsigned tries = 1; !done(); tries++)
        if (tries % kTries == 0)
            sched_yield();
        else
            pause_cpu();
}

} // namespace wbench

#endif
