/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What threads are called.
 */
#ifndef WEIR_THREAD_NAME_H
#define WEIR_THREAD_NAME_H

#include <weir/thread.h>

/* Tell the kernel; the thread's first act once it is running, if it was given
 * its name before. */
void weir_name_tell_(weir_thread_t *t);

/* The longest beginning of name that the kernel takes, in buffer. */
#define WEIR_NAME_SIZE 16
void weir_name_cut_(char buffer[WEIR_NAME_SIZE], const char *name);

#endif
