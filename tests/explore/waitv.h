/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Words that programs of the explorer's tests sleep on, several at once.
 */
#ifndef WEIR_EXPLORE_WAITV_H
#define WEIR_EXPLORE_WAITV_H

#include "kit.h"

enum { A, B, X, WORDS };

static uint32_t words[WORDS];
static uint32_t before[WORDS];    /* what setup makes of them */
static unsigned order[WORDS + 1]; /* which are slept on; ends with WORDS */
static unsigned which; /* of words[] woke the last one; WORDS: none */

static inline void set_up_words(void *state)
{
    (void)state;
    memcpy(words, before, sizeof words);
    which = WORDS;
}

/* On some of them, up to WORDS. */
static inline int sleep_on(const unsigned *some, weir_deadline_t deadline)
{
    struct weir_explore_futex_word each[WORDS];
    unsigned n = 0;
    unsigned at;
    int ended;

    for (; some[n] != WORDS; n++)
        each[n] = (struct weir_explore_futex_word){.word = &words[some[n]]};
    ended = weir_explore_futex_wait_any(each, n, deadline, &at);
    weir_explore_assert(at <= n && (ended == 0 || at == n));
    which = some[at];
    return ended;
}

static inline void put(unsigned *list, const char *names)
{
    unsigned n = 0;

    for (; *names != '\0'; names++)
        list[n++] = *names == 'a' ? A : *names == 'b' ? B : X;
    list[n] = WORDS;
}

static inline void look_at_both(void *state)
{
    (void)state;
    while (weir_load_rlx_(&words[A]) == 0 && weir_load_rlx_(&words[B]) == 0)
        (void)sleep_on(order, WEIR_FOREVER);
}

static enum weir_explore_memory memory = WEIR_EXPLORE_MEMORY_C11;

static inline struct weir_explore_options bounds(void)
{
    struct weir_explore_options options = weir_explore_defaults();

    options.memory = memory;
    options.preemptions = WEIR_EXPLORE_ANY;
    return options;
}

#endif
