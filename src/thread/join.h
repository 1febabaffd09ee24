/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The end of a thread, as one of several things to wait for.
 */
#ifndef WEIR_THREAD_JOIN_H
#define WEIR_THREAD_JOIN_H

#include "futex/foreign.h"

extern const struct weir_foreign_kind weir_thread_foreign_;

#endif
