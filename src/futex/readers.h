/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Who reads a biased lock: a line for each thread, in which it stands the
 * addresses of the locks that it reads.
 */
#ifndef WEIR_FUTEX_READERS_H
#define WEIR_FUTEX_READERS_H

#include <weir/rwlock.h>

#include "futex/until.h"

/* The calling thread's line, which it gets if it has none and there is one
 * left; else NULL. */
weir_reader_line_t_ *weir_readers_claim_(void);

/* Stand a lock's address in a free slot of one's own line: the slot, or
 * WEIR_READER_SLOTS_ if none is free.  The caller then looks at the lock,
 * behind a compiler barrier, and leaves if that is not biased. */
unsigned weir_readers_stand_(weir_reader_line_t_ *line, const void *lock);

/* Clear a slot: the last access that has to do with the lock. */
void weir_readers_leave_(weir_reader_line_t_ *line, unsigned slot);

/* If this thread stands there for the lock: once more, and true. */
bool weir_readers_again_(const void *lock);

/* If this thread stands there for the lock: once less, and true. */
bool weir_readers_less_(const void *lock);

/* Whether some thread is seen to stand there for the lock; a HINT. */
bool weir_readers_seen_(const void *lock);

/* Called by the one thread that has taken the lock's bias: make all readers
 * that came in by it known, and wait until none is left.  False if the
 * deadline passed.  *cost_ns is what making them known took. */
bool weir_readers_await_(const void *lock, struct weir_until until,
                         int64_t *cost_ns);

/* For tests, and in a child after fork: no line but the caller's is taken. */
void weir_readers_reset_(void);

#endif
