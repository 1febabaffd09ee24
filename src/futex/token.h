/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Tokens, as sleepers use them.
 */
#ifndef WEIR_FUTEX_TOKEN_H
#define WEIR_FUTEX_TOKEN_H

#include "futex/sys.h"
#include "futex/until.h"

/* The words of a token and of its ancestors, each marked, to sleep on: how
 * many there are, or 0 if one of them is cancelled.  *shared: a canceller may
 * be killed before it wakes anybody, so that sleepers must look by themselves.
 */
unsigned weir_token_announce_(weir_token_t *token,
                              struct weir_futex_word *words, bool *shared);

/* As weir_futex_wait_, with a token that ends the sleep: then the result is
 * WEIR_SLEPT_EXPIRED, and no wake-up of the word was consumed. */
enum weir_slept weir_token_park_(weir_token_t *token,
                                 const struct weir_futex_word *word,
                                 weir_deadline_t deadline, uint32_t bits);

#endif
