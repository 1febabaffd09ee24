/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How a thread is to be.
 */
#ifndef WEIR_THREAD_ATTR_H
#define WEIR_THREAD_ATTR_H

#include <pthread.h>

#include <weir/thread.h>

/* Stack and guard, for libc; 0 or an errno. */
int weir_attr_sizes_(pthread_attr_t *attr, const weir_thread_t *t);

/* In the new thread: take its CPUs and its policy; 0, or the errno of the
 * kernel's refusal. */
int weir_attr_take_(const weir_thread_t *t);

/* In the new thread, which began with all signals blocked if it has a mask:
 * have that. */
void weir_attr_unblock_(const weir_thread_t *t);

#endif
