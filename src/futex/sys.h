/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The kernel, as far as weir needs it: sleep on a word, wake sleepers, make
 * every thread pass a barrier.  No errno is touched and no EINTR gets out.
 */
#ifndef WEIR_FUTEX_SYS_H
#define WEIR_FUTEX_SYS_H

#include <weir/base.h>

/* Whom a wake-up is for: a sleeper names its bits, a waker any of them. */
#define WEIR_BITS_ALL 0xffffffffu

enum weir_slept {
    WEIR_SLEPT_WOKEN,   /* or a signal, or for no reason: look again */
    WEIR_SLEPT_CHANGED, /* did not sleep, the word was another: look again */
    WEIR_SLEPT_EXPIRED  /* the deadline passed; no wake-up was consumed */
};

/* Sleep while *word == expected, until woken or until the deadline.  The
 * kernel compares and sleeps in one step.  Panics where futexes do not
 * work at all (a seccomp filter): the alternative would be to spin. */
enum weir_slept weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                 uint32_t expected, weir_deadline_t deadline,
                                 uint32_t bits, bool shared);

/* One of several words to sleep on. */
struct weir_futex_word {
    const WEIR_ATOMIC(uint32_t) *word;
    uint32_t expected;
    bool shared;
};

#define WEIR_FUTEX_WORDS_MAX 128u

/* Whether the kernel lets a thread sleep on several words at once: Linux 5.16
 * and later do.  Never becomes true once it is false. */
bool weir_futex_can_wait_any_(void);

/* Sleep while each of n words is as expected, until one is woken or until the
 * deadline; n is 1 to WEIR_FUTEX_WORDS_MAX.
 * Such a sleeper stands in the queue of each word, with all bits, so that a
 * wake-up for any bits may choose it; and several words may be woken before it
 * runs, each wake-up having chosen it and nobody else.  *which is then the last
 * such word in the order of the array, or n if there was none (a signal), which
 * it is too if the result is not WEIR_SLEPT_WOKEN: then no wake-up of any word
 * was consumed. */
enum weir_slept weir_futex_wait_any_(const struct weir_futex_word *words,
                                     unsigned n, weir_deadline_t deadline,
                                     unsigned *which);

/* Wake up to count sleepers.  Uses the address only: the memory may be gone,
 * or be another object by now, whose sleepers look again as they must. */
void weir_futex_wake_(const volatile void *word, int count, uint32_t bits,
                      bool shared);

/* Add 1 to an eventfd.  One that is full is readable already; one that is not
 * open is the caller's mistake, and nobody's to report. */
void weir_eventfd_add_(int fd);

/* Make every running thread of the process pass a full memory barrier.
 * False where the kernel cannot or will not. */
bool weir_membarrier_(void);

#endif
