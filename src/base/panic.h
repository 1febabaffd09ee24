/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The end of a process whose invariants are broken.
 */
#ifndef WEIR_BASE_PANIC_H
#define WEIR_BASE_PANIC_H

#include <stdint.h>

/* Write "weir: FUNCTION: object ADDRESS, word HEX: SENTENCE" to stderr and
 * abort.  Async-signal-safe; allocates nothing. */
__attribute__((noreturn, cold)) void weir_panic_(const char *function,
                                                 const volatile void *object,
                                                 uint64_t word,
                                                 const char *sentence);

#define WEIR_PANIC(object, word, sentence)                                     \
    weir_panic_(__func__, (object), (word), (sentence))

#endif
