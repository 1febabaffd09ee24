/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The atomic seam, the library's half: the operations that only sources
 * use.  The others, and the naming, are in weir/inline/atomic.h.
 */
#ifndef WEIR_BASE_ATOMIC_H
#define WEIR_BASE_ATOMIC_H

#include <weir/base.h>

#if !defined(WEIR_ATOMIC_SEAM)

#define weir_store_sc_(p, v)                                                   \
    atomic_store_explicit((p), (v), memory_order_seq_cst)
#define weir_cas_acq_rel_(p, e, v)                                             \
    atomic_compare_exchange_strong_explicit(                                   \
        (p), (e), (v), memory_order_acq_rel, memory_order_relaxed)
#define weir_cas_sc_(p, e, v)                                                  \
    atomic_compare_exchange_strong_explicit(                                   \
        (p), (e), (v), memory_order_seq_cst, memory_order_seq_cst)
#define weir_fetch_add_rlx_(p, v)                                              \
    atomic_fetch_add_explicit((p), (v), memory_order_relaxed)
#define weir_fetch_add_sc_(p, v)                                               \
    atomic_fetch_add_explicit((p), (v), memory_order_seq_cst)
#define weir_fetch_or_rel_(p, v)                                               \
    atomic_fetch_or_explicit((p), (v), memory_order_release)
#define weir_fetch_or_sc_(p, v)                                                \
    atomic_fetch_or_explicit((p), (v), memory_order_seq_cst)
#define weir_fetch_and_sc_(p, v)                                               \
    atomic_fetch_and_explicit((p), (v), memory_order_seq_cst)

/* A full fence.  ThreadSanitizer does not understand fences, and a read-
 * modify-write of a word that all fences share is at least as strong. */
#if defined(WEIR_TSAN)
extern WEIR_ATOMIC(uint32_t) weir_fence_word_;
#define weir_fence_sc_()                                                       \
    ((void)atomic_fetch_add_explicit(&weir_fence_word_, 0,                     \
                                     memory_order_seq_cst))
#else
#define weir_fence_sc_() atomic_thread_fence(memory_order_seq_cst)
#endif

#endif

#endif
