/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Which object the calling thread has, and its end.
 */
#ifndef WEIR_THREAD_CURRENT_H
#define WEIR_THREAD_CURRENT_H

#include <weir/thread.h>

/* The calling thread's object if it has one; makes none. */
weir_thread_t *weir_current_(void);

/* The calling thread is *t, which is being started.  True: when libc has run
 * destructors, weir_current_end_ is called.  False: there was no memory to
 * arrange that, and the caller must call it. */
bool weir_current_begin_(weir_thread_t *t);

/* The calling thread has ended. */
void weir_current_end_(weir_thread_t *t);

/* Its numbers, in *t. */
void weir_current_number_(weir_thread_t *t);

/* "Dummy-N" or "Thread-N", in t->own_name; N is of the process. */
void weir_current_name_(weir_thread_t *t, const char *kind);

#endif
