/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A thread that waits for several objects at once, as one of them has it.
 *
 *   announce all; attempt all; sleep on all their words; and again
 *   in the end: withdraw all
 *
 * The thread is told of one wake-up at most, but several may have chosen it
 * (sys.h).  So whoever has slept acts, for each object, as if that object had
 * woken it: what a wake-up obliges to is made good by the attempt that
 * succeeds, or by withdraw.
 */
#ifndef WEIR_FUTEX_FOREIGN_H
#define WEIR_FUTEX_FOREIGN_H

#include "futex/eventcount.h"
#include "futex/sys.h"

/* What a thread is about to sleep on. */
struct weir_words {
    struct weir_futex_word word[WEIR_FUTEX_WORDS_MAX];
    unsigned n;
    bool full;   /* there are more */
    bool shared; /* a waker may be killed before it wakes */
    bool unsure; /* a waker may not see this thread */
    /* When something is true by itself. */
    weir_deadline_t deadline;
};

struct weir_foreign;

struct weir_foreign_kind {
    /* Try once: 0, or why it never will be; EAGAIN: not now.  last: no other
     * will follow. */
    int (*attempt)(struct weir_foreign *f, bool last);
    /* Say that this thread will sleep, and on which word.  The attempt that
     * follows must fail before it does.  False: not on this word, which has
     * changed; look again. */
    bool (*announce)(struct weir_foreign *f, struct weir_words *words);
    /* It was woken, perhaps here; or NULL. */
    void (*woken)(struct weir_foreign *f);
    /* Called once, after it was announced; won: the attempt that succeeded was
     * here.  Or NULL. */
    void (*withdraw)(struct weir_foreign *f, bool won);
};

struct weir_foreign {
    const struct weir_foreign_kind *kind;
    void *object;
    void *element;
    uint64_t began;              /* event: the state when the wait began */
    struct weir_sleeper sleeper; /* queue */
    bool announced;
    bool slept;  /* since it was announced */
    bool parked; /* mutex: is in the table */
    bool sure;   /* mutex: and was seen there */
};

/* One word more, or words->full. */
void weir_words_add_(struct weir_words *words,
                     const WEIR_ATOMIC(uint32_t) *word, uint32_t expected,
                     bool shared);

/* The words of a token's chain, and its deadline; false if it is cancelled. */
bool weir_token_add_(weir_token_t *t, struct weir_words *words);

/* Begin: remember what there is now, where that matters. */
void weir_event_foreign_begin_(struct weir_foreign *f);

extern const struct weir_foreign_kind weir_mutex_foreign_;
extern const struct weir_foreign_kind weir_sem_foreign_;
extern const struct weir_foreign_kind weir_event_foreign_;
extern const struct weir_foreign_kind weir_latch_foreign_;
extern const struct weir_foreign_kind weir_token_foreign_;
extern const struct weir_foreign_kind weir_queue_get_foreign_;
extern const struct weir_foreign_kind weir_queue_put_foreign_;
extern const struct weir_foreign_kind weir_queue_not_empty_foreign_;
extern const struct weir_foreign_kind weir_queue_not_full_foreign_;

#endif
