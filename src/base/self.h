/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Who the calling thread is.
 */
#ifndef WEIR_BASE_SELF_H
#define WEIR_BASE_SELF_H

#include <weir/base.h>

/* Bits of weir_self_token_. */
#define WEIR_TOKEN_BITS_ 44

/* A number that no other thread of this process has, had or will have; never
 * 0; for threads of any origin.  After fork the thread that forked keeps it in
 * the child.  Async-signal-safe, also in destructors of thread-specific data. */
uint64_t weir_self_ident_(void);

/* What the kernel calls this thread, in its own pid namespace; asked once, and
 * again after fork.  Not right in the child of a bare clone or vfork, which
 * runs with its parent's thread-local data. */
uint32_t weir_self_tid_(void);

/* A number that, of all threads that use one object in shared memory, only
 * this one has: the thread's number in the kernel, and 22 bits of salt, so
 * that another thread that gets the same number later, or has it in another
 * pid namespace, is taken for this one once in four million times.  Never 0;
 * another after fork. */
uint64_t weir_self_token_(void);

#endif
