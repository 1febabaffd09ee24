/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Coroutines: stacks that one thread of the machine switches between.
 */
#ifndef WEIR_EXPLORE_COROUTINE_H
#define WEIR_EXPLORE_COROUTINE_H

#include <stdbool.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
#endif

struct coroutine {
#if defined(__x86_64__) || defined(__aarch64__)
    void *sp;
#else
    ucontext_t context;
#endif
    unsigned char *stack; /* NULL until it was first made */
};

/* Make *c begin at entry, which must not return, at the next switch to it;
 * whatever it did before is forgotten.  It is not the one that runs. */
void explore_coroutine_make_(struct coroutine *c, void (*entry)(void));

/* Go on with *to; returns when somebody switches back to *from. */
void explore_coroutine_switch_(struct coroutine *from, struct coroutine *to);

/* Whether p is on the stack of *c. */
bool explore_coroutine_has_(const struct coroutine *c, const volatile void *p);

#endif
