/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The uncontended paths of the mutex.  Not an interface: include
 * weir/mutex.h.  The state word and the proof are in src/futex/mutex.h; the
 * tags below have their partners in the sources beside it.
 *
 * ORDERS
 *   [M1] lock    compare-and-swap acquire; pairs with [M2], mutex.c:[M2]
 *   [M2] unlock  store release; pairs with [M1], mutex.c:[M1] and
 *                mutex_wait.c:[M1]
 *   [M3] unlock  store, then load of weir_parked_; pairs with
 *                mutex_wait.c:[M3] and parked.c:[P1]
 */
#ifndef WEIR_INLINE_MUTEX_H
#define WEIR_INLINE_MUTEX_H

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_MUTEX_FREE_ 0u
#define WEIR_MUTEX_LIGHT_ 1u /* held, and nobody is known to wait */
#define WEIR_MUTEX_SHARED_ 4u

/* Who sleeps on a mutex that may be released by a plain store, by address:
 * see src/futex/parked.c.  In the library and not in the mutex, because
 * unlock reads it after the release, when the mutex may be gone. */
#define WEIR_PARKED_SLOTS_ 256u
WEIR_API extern WEIR_ATOMIC(uint64_t) weir_parked_[WEIR_PARKED_SLOTS_];

#define weir_parked_slot_(address)                                             \
    (&weir_parked_[(((uintptr_t)(address) >> 3) ^                              \
                    ((uintptr_t)(address) >> 11)) &                            \
                   (WEIR_PARKED_SLOTS_ - 1)])

WEIR_API int weir_mutex_lock_slow_(weir_mutex_t *m, weir_deadline_t deadline);
WEIR_API int weir_mutex_lock_with_slow_(weir_mutex_t *m,
                                        weir_deadline_t deadline,
                                        weir_token_t *token);
WEIR_API int weir_mutex_unlock_slow_(weir_mutex_t *m);
WEIR_API void weir_mutex_unlock_parked_(const void *address);

#ifndef WEIR_NO_INLINE

WEIR_NO_THREAD_SAFETY_ANALYSIS
WEIR_API_INLINE int weir_mutex_lock(weir_mutex_t *m)
{
    uint32_t expected = WEIR_MUTEX_FREE_;

    /* [M1] acquire; pairs with [M2]; the failed value is only a HINT. */
    if (WEIR_LIKELY(weir_cas_acq_(&m->state, &expected, WEIR_MUTEX_LIGHT_)))
        return 0;
    return weir_mutex_lock_slow_(m, WEIR_FOREVER);
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
WEIR_API_INLINE int weir_mutex_lock_with(weir_mutex_t *m,
                                         weir_deadline_t deadline,
                                         weir_token_t *token)
{
    uint32_t expected = WEIR_MUTEX_FREE_;

    /* [M1] acquire; pairs with [M2]; the failed value is only a HINT. */
    if (WEIR_LIKELY(weir_cas_acq_(&m->state, &expected, WEIR_MUTEX_LIGHT_)))
        return 0;
    return weir_mutex_lock_with_slow_(m, deadline, token);
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
WEIR_API_INLINE int weir_mutex_unlock(weir_mutex_t *m)
{
    /* HINT: other values are examined again by the slow path. */
    if (WEIR_UNLIKELY(weir_load_rlx_(&m->state) != WEIR_MUTEX_LIGHT_))
        return weir_mutex_unlock_slow_(m);
    /* [M2] release; pairs with [M1]: the last access to *m. */
    weir_store_rel_(&m->state, WEIR_MUTEX_FREE_);
    /* [M3] the sleeper pays for the fence between these two accesses. */
    weir_compiler_barrier_();
    /* [M3] relaxed; the address of *m is used, its memory is not. */
    if (WEIR_UNLIKELY(weir_load_rlx_(weir_parked_slot_(m)) != 0))
        weir_mutex_unlock_parked_(m);
    return 0;
}

#endif

#ifdef __cplusplus
}
#endif

#endif
