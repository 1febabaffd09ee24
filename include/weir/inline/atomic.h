/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The atomic seam: every atomic operation of the library, inline ones in
 * user code included, goes through the names below, so that a scheduler or
 * a model checker can take their place (define WEIR_ATOMIC_SEAM to the
 * header that does).  The order is part of the name:
 *
 *   _rlx relaxed   _acq acquire   _rel release   _acq_rel   _sc seq_cst
 *
 * A compare-and-swap takes the address of the expected value, writes what
 * it found there when it fails, and is relaxed on failure unless its name
 * has two orders.  In C the words are C11 atomics; in C++17 the same
 * builtins work on plain words of the same size and alignment.
 */
#ifndef WEIR_INLINE_ATOMIC_H
#define WEIR_INLINE_ATOMIC_H

#include <stdint.h>

#define WEIR_LIKELY(x) __builtin_expect(!!(x), 1)
#define WEIR_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* What keeps the words of different writers apart: two lines, since
 * several CPUs fetch lines in pairs. */
#define WEIR_LINE 128

#ifdef __cplusplus
#define WEIR_ALIGNED(n) alignas(n)
#define WEIR_STATIC_ASSERT(e, text) static_assert(e, text)
#else
#define WEIR_ALIGNED(n) _Alignas(n)
#define WEIR_STATIC_ASSERT(e, text) _Static_assert(e, text)
#endif

/* A thread's own variable at a fixed distance from its thread pointer, so that
 * no call finds it.  glibc keeps room for that in libraries which are loaded
 * while the program runs; others, such as musl, refuse to load them. */
#if defined(__GLIBC__)
#define WEIR_TLS_FIXED_ __attribute__((tls_model("initial-exec")))
#else
#define WEIR_TLS_FIXED_
#endif

#if defined(WEIR_ATOMIC_SEAM)
#include WEIR_ATOMIC_SEAM
#endif

/* A variable that each thread has for itself, and that inline code may read. */
#if !defined(WEIR_THREAD_LOCAL_)
#define WEIR_THREAD_LOCAL_(T, name) __thread T name WEIR_TLS_FIXED_
#define weir_thread_local_(name) (name)
#define weir_set_thread_local_(name, value) ((void)((name) = (value)))
#endif

#if defined(WEIR_ATOMIC_SEAM)
#elif defined(__cplusplus)

#define WEIR_ATOMIC(T) T
#define weir_load_rlx_(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define weir_load_acq_(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define weir_load_sc_(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define weir_store_rlx_(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define weir_store_rel_(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define weir_cas_rlx_(p, e, v)                                                 \
    __atomic_compare_exchange_n((p), (e), (v), false, __ATOMIC_RELAXED,        \
                                __ATOMIC_RELAXED)
#define weir_cas_acq_(p, e, v)                                                 \
    __atomic_compare_exchange_n((p), (e), (v), false, __ATOMIC_ACQUIRE,        \
                                __ATOMIC_RELAXED)
#define weir_cas_rel_(p, e, v)                                                 \
    __atomic_compare_exchange_n((p), (e), (v), false, __ATOMIC_RELEASE,        \
                                __ATOMIC_RELAXED)
/* Keeps the compiler, and only the compiler, from moving memory accesses
 * across: the CPU's half of the fence is paid by the thread that sleeps. */
#define weir_compiler_barrier_() __atomic_signal_fence(__ATOMIC_SEQ_CST)

#else

#include <stdatomic.h>

#define WEIR_ATOMIC(T) _Atomic(T)
#define weir_load_rlx_(p) atomic_load_explicit((p), memory_order_relaxed)
#define weir_load_acq_(p) atomic_load_explicit((p), memory_order_acquire)
#define weir_load_sc_(p) atomic_load_explicit((p), memory_order_seq_cst)
#define weir_store_rlx_(p, v)                                                  \
    atomic_store_explicit((p), (v), memory_order_relaxed)
#define weir_store_rel_(p, v)                                                  \
    atomic_store_explicit((p), (v), memory_order_release)
#define weir_cas_rlx_(p, e, v)                                                 \
    atomic_compare_exchange_strong_explicit(                                   \
        (p), (e), (v), memory_order_relaxed, memory_order_relaxed)
#define weir_cas_acq_(p, e, v)                                                 \
    atomic_compare_exchange_strong_explicit(                                   \
        (p), (e), (v), memory_order_acquire, memory_order_relaxed)
#define weir_cas_rel_(p, e, v)                                                 \
    atomic_compare_exchange_strong_explicit(                                   \
        (p), (e), (v), memory_order_release, memory_order_relaxed)
/* Keeps the compiler, and only the compiler, from moving memory accesses
 * across: the CPU's half of the fence is paid by the thread that sleeps. */
#define weir_compiler_barrier_() atomic_signal_fence(memory_order_seq_cst)

#endif

#if !defined(WEIR_ATOMIC_SEAM)
/* Fences.  gcc warns that ThreadSanitizer does not see them: what they are for
 * here (seqlock.h) are atomic accesses only, which are no race to it. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define WEIR_FENCE_(order)                                                     \
    do {                                                                       \
        _Pragma("GCC diagnostic push")                                         \
            _Pragma("GCC diagnostic ignored \"-Wtsan\"")                       \
                __atomic_thread_fence(order);                                  \
        _Pragma("GCC diagnostic pop")                                          \
    } while (0)
#else
#define WEIR_FENCE_(order) __atomic_thread_fence(order)
#endif
#define weir_fence_acq_() WEIR_FENCE_(__ATOMIC_ACQUIRE)
#define weir_fence_rel_() WEIR_FENCE_(__ATOMIC_RELEASE)
#endif

#endif
