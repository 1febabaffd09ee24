/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Reading a biased read-write lock.  Not an interface: include weir/rwlock.h.
 * The state word and the protocol are in src/futex/rwlock.h, the table of
 * readers and its proof in src/futex/readers.c; the tags below have their
 * partners there.
 *
 * ORDERS
 *   [L1] rdlock    store of the slot, then load of the state; pairs with
 *                  readers.c:[T1]
 *   [L2] rdlock    acquire load of the state; pairs with rwlock_write.c:[W2]
 *   [L3] rdunlock  release store of the slot; pairs with readers.c:[T3]
 *   [L4] rdunlock  store of the slot, then load of the line's flag; pairs
 *                  with readers.c:[T1]
 */
#ifndef WEIR_INLINE_RWLOCK_H
#define WEIR_INLINE_RWLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_RWLOCK_BIASED_ ((uint64_t)64)

/* Lines in which threads say what they read: see src/futex/readers.c. */
#define WEIR_READER_LINES_ 64u
#define WEIR_READER_SLOTS_ 8u
typedef struct weir_reader_line {
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uintptr_t) slot[WEIR_READER_SLOTS_];
    WEIR_ATOMIC(uint32_t) again[WEIR_READER_SLOTS_];
    WEIR_ATOMIC(uint32_t) owner;
    WEIR_ATOMIC(uint32_t) awaited;
} weir_reader_line_t_;
WEIR_API extern weir_reader_line_t_ weir_readers_[WEIR_READER_LINES_];

/* The calling thread's, or NULL. */
WEIR_API extern WEIR_THREAD_LOCAL_(weir_reader_line_t_ *, weir_reader_own_);

WEIR_API int weir_rwlock_rdlock_slow_(weir_rwlock_t *l);
WEIR_API int weir_rwlock_rdlock_undo_(weir_rwlock_t *l);
WEIR_API int weir_rwlock_rdunlock_slow_(weir_rwlock_t *l);
WEIR_API void weir_rwlock_awaited_(weir_reader_line_t_ *line);

#ifndef WEIR_NO_INLINE

WEIR_NO_THREAD_SAFETY_ANALYSIS
WEIR_API_INLINE int weir_rwlock_rdlock(weir_rwlock_t *l)
{
    weir_reader_line_t_ *line = weir_thread_local_(weir_reader_own_);

    if (WEIR_UNLIKELY(line == (weir_reader_line_t_ *)0) ||
        /* HINT: looked at again. */
        WEIR_UNLIKELY(!(weir_load_rlx_(&l->state) & WEIR_RWLOCK_BIASED_)) ||
        /* OWNED: only this thread writes it. */
        WEIR_UNLIKELY(weir_load_rlx_(&line->slot[0]) != 0))
        return weir_rwlock_rdlock_slow_(l);
    /* [L1], [L3] release; pairs with readers.c:[T3] */
    weir_store_rel_(&line->slot[0], (uintptr_t)l);
    /* [L1] the writer pays for the fence between these two accesses. */
    weir_compiler_barrier_();
    /* [L2] acquire; pairs with rwlock_write.c:[W2] */
    if (WEIR_LIKELY(weir_load_acq_(&l->state) & WEIR_RWLOCK_BIASED_))
        return 0;
    return weir_rwlock_rdlock_undo_(l);
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
WEIR_API_INLINE int weir_rwlock_rdunlock(weir_rwlock_t *l)
{
    weir_reader_line_t_ *line = weir_thread_local_(weir_reader_own_);

    if (WEIR_UNLIKELY(line == (weir_reader_line_t_ *)0) ||
        /* OWNED: only this thread writes it. */
        WEIR_UNLIKELY(weir_load_rlx_(&line->slot[0]) != (uintptr_t)l))
        return weir_rwlock_rdunlock_slow_(l);
    /* [L3] release; pairs with readers.c:[T3]: the writer gets in, and *l may
     * be gone. */
    weir_store_rel_(&line->slot[0], (uintptr_t)0);
    /* [L4] the writer pays for the fence between these two accesses. */
    weir_compiler_barrier_();
    /* [L4] relaxed; the line stays. */
    if (WEIR_UNLIKELY(weir_load_rlx_(&line->awaited) != 0))
        weir_rwlock_awaited_(line);
    return 0;
}

#endif

#ifdef __cplusplus
}
#endif

#endif
