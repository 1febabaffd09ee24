/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The recursive mutex, as a program under ThreadSanitizer sees it.  Not an
 * interface: include weir/rmutex.h.  Why it is done in this way is said in
 * inline/mutex_tsan.h.
 *
 * Each lock is an acquire, and each unlock a release, whatever the depth: those
 * in between are of the same thread, and order nothing new.  With
 * WEIR_TSAN_OWNED it is what the sanitizer knows as a mutex that may be locked
 * again.  An unlock that is refused is not announced.
 */
#ifndef WEIR_INLINE_RMUTEX_TSAN_H
#define WEIR_INLINE_RMUTEX_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(WEIR_TSAN_OWNED)

static inline void weir_tsan_rlocking_(weir_rmutex_t *m, bool tries)
{
    __tsan_mutex_pre_lock(m, __tsan_mutex_write_reentrant |
                                 (tries ? __tsan_mutex_try_lock : 0));
}

static inline void weir_tsan_rlocked_(weir_rmutex_t *m, bool tries, bool failed)
{
    __tsan_mutex_post_lock(m,
                           __tsan_mutex_write_reentrant |
                               (tries ? __tsan_mutex_try_lock : 0) |
                               (failed ? __tsan_mutex_try_lock_failed : 0),
                           0);
}

static inline void weir_tsan_runlocking_(weir_rmutex_t *m)
{
    (void)__tsan_mutex_pre_unlock(m, 0);
}

static inline void weir_tsan_runlocked_(weir_rmutex_t *m)
{
    __tsan_mutex_post_unlock(m, 0);
}

#else

static inline void weir_tsan_rlocking_(weir_rmutex_t *m, bool tries)
{
    (void)tries;
    __tsan_mutex_pre_signal(m, 0);
}

static inline void weir_tsan_rlocked_(weir_rmutex_t *m, bool tries, bool failed)
{
    (void)tries;
    __tsan_mutex_post_signal(m, 0);
    if (!failed)
        __tsan_acquire(m);
}

static inline void weir_tsan_runlocking_(weir_rmutex_t *m)
{
    __tsan_release(m);
    __tsan_mutex_pre_signal(m, 0);
}

static inline void weir_tsan_runlocked_(weir_rmutex_t *m)
{
    __tsan_mutex_post_signal(m, 0);
}

#endif

static inline int weir_rmutex_init_tsan_(weir_rmutex_t *m, unsigned flags);
static inline int weir_rmutex_lock_tsan_(weir_rmutex_t *m) WEIR_ACQUIRE(m);
static inline int weir_rmutex_trylock_tsan_(weir_rmutex_t *m)
    WEIR_TRY_ACQUIRE(0, m);
static inline int weir_rmutex_lock_until_tsan_(weir_rmutex_t *m,
                                               weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE(0, m);
static inline int weir_rmutex_lock_with_tsan_(weir_rmutex_t *m,
                                              weir_deadline_t deadline,
                                              weir_token_t *token)
    WEIR_TRY_ACQUIRE(0, m);
static inline int weir_rmutex_unlock_tsan_(weir_rmutex_t *m) WEIR_RELEASE(m);

static inline int weir_rmutex_init_tsan_(weir_rmutex_t *m, unsigned flags)
{
    int result = weir_rmutex_init(m, flags);

    if (result == 0) {
        __tsan_mutex_destroy(m, 0);
        __tsan_mutex_create(m, __tsan_mutex_not_static |
                                   __tsan_mutex_write_reentrant);
    }
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rmutex_lock_tsan_(weir_rmutex_t *m)
{
    int result;

    weir_tsan_rlocking_(m, false);
    result = weir_rmutex_lock(m);
    weir_tsan_rlocked_(m, false, result != 0);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rmutex_trylock_tsan_(weir_rmutex_t *m)
{
    int result;

    weir_tsan_rlocking_(m, true);
    result = weir_rmutex_trylock(m);
    weir_tsan_rlocked_(m, true, result != 0);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rmutex_lock_until_tsan_(weir_rmutex_t *m,
                                               weir_deadline_t deadline)
{
    bool tries = deadline != WEIR_FOREVER;
    int result;

    weir_tsan_rlocking_(m, tries);
    result = weir_rmutex_lock_until(m, deadline);
    weir_tsan_rlocked_(m, tries, result != 0);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rmutex_lock_with_tsan_(weir_rmutex_t *m,
                                              weir_deadline_t deadline,
                                              weir_token_t *token)
{
    bool tries = deadline != WEIR_FOREVER || token;
    int result;

    weir_tsan_rlocking_(m, tries);
    result = weir_token_ended_tsan_(token,
                                    weir_rmutex_lock_with(m, deadline, token));
    weir_tsan_rlocked_(m, tries, result != 0);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rmutex_unlock_tsan_(weir_rmutex_t *m)
{
    int result;

    if (!weir_rmutex_is_mine(m))
        return weir_rmutex_unlock(m);
    weir_tsan_runlocking_(m);
    result = weir_rmutex_unlock(m);
    weir_tsan_runlocked_(m);
    return result;
}

#define weir_rmutex_init weir_rmutex_init_tsan_
#define weir_rmutex_lock weir_rmutex_lock_tsan_
#define weir_rmutex_trylock weir_rmutex_trylock_tsan_
#define weir_rmutex_lock_until weir_rmutex_lock_until_tsan_
#define weir_rmutex_lock_with weir_rmutex_lock_with_tsan_
#define weir_rmutex_unlock weir_rmutex_unlock_tsan_

#ifdef __cplusplus
}
#endif

#endif
