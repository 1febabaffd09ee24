/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The mutex, as a program under ThreadSanitizer sees it.  Not an interface:
 * include weir/mutex.h.
 *
 * The names of the calls become macros for the functions below, and not
 * inline functions of the same names: those are not inlined at -O0, where the
 * program would call the library's, which nothing announces.
 *
 * Any thread may unlock, and so a mutex is no more than a release and an
 * acquire here.  What the sanitizer knows as a mutex has an owner: it reports
 * an unlock by another thread, and then forgets the release.  What it knows
 * as a read lock has none, but stays in the set of locks that its thread
 * holds, for lock orders, and when that has grown to 64 the sanitizer stops
 * the program.  So lock orders are for those who ask, by WEIR_TSAN_OWNED, and
 * keep to one thread.
 *
 * From before a call to after it the sanitizer looks away (pre_signal is
 * its name for that): the plain store of unlock, and the fence that the
 * sleeper pays for, are nothing that it could judge.  After unlock nothing
 * touches the mutex, which may be gone.  Zeros need no create: what the
 * sanitizer keeps of a mutex begins with its first lock.  init forgets it, so
 * that another mutex in the same memory has no order with the old.
 */
#ifndef WEIR_INLINE_MUTEX_TSAN_H
#define WEIR_INLINE_MUTEX_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(WEIR_TSAN_OWNED)

static inline void weir_tsan_locking_(weir_mutex_t *m, bool tries)
{
    __tsan_mutex_pre_lock(m, tries ? __tsan_mutex_try_lock : 0);
}

static inline void weir_tsan_locked_(weir_mutex_t *m, bool tries, bool failed)
{
    __tsan_mutex_post_lock(m,
                           (tries ? __tsan_mutex_try_lock : 0) |
                               (failed ? __tsan_mutex_try_lock_failed : 0),
                           0);
}

static inline void weir_tsan_unlocking_(weir_mutex_t *m)
{
    (void)__tsan_mutex_pre_unlock(m, 0);
}

static inline void weir_tsan_unlocked_(weir_mutex_t *m)
{
    __tsan_mutex_post_unlock(m, 0);
}

#else

static inline void weir_tsan_locking_(weir_mutex_t *m, bool tries)
{
    (void)tries;
    __tsan_mutex_pre_signal(m, 0);
}

static inline void weir_tsan_locked_(weir_mutex_t *m, bool tries, bool failed)
{
    (void)tries;
    __tsan_mutex_post_signal(m, 0);
    if (!failed)
        __tsan_acquire(m);
}

static inline void weir_tsan_unlocking_(weir_mutex_t *m)
{
    __tsan_release(m);
    __tsan_mutex_pre_signal(m, 0);
}

static inline void weir_tsan_unlocked_(weir_mutex_t *m)
{
    __tsan_mutex_post_signal(m, 0);
}

#endif

static inline int weir_mutex_init_tsan_(weir_mutex_t *m, unsigned flags);
static inline int weir_mutex_lock_tsan_(weir_mutex_t *m) WEIR_ACQUIRE(m);
static inline int weir_mutex_trylock_tsan_(weir_mutex_t *m)
    WEIR_TRY_ACQUIRE(0, m);
static inline int weir_mutex_lock_until_tsan_(weir_mutex_t *m,
                                              weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE(0, m);
static inline int weir_mutex_lock_with_tsan_(weir_mutex_t *m,
                                             weir_deadline_t deadline,
                                             weir_token_t *token)
    WEIR_TRY_ACQUIRE(0, m);
static inline int weir_mutex_unlock_tsan_(weir_mutex_t *m) WEIR_RELEASE(m);

static inline int weir_mutex_init_tsan_(weir_mutex_t *m, unsigned flags)
{
    int result = weir_mutex_init(m, flags);

    if (result == 0) {
        __tsan_mutex_destroy(m, 0);
        __tsan_mutex_create(m, __tsan_mutex_not_static);
    }
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_mutex_lock_tsan_(weir_mutex_t *m)
{
    int result;

    weir_tsan_locking_(m, false);
    result = weir_mutex_lock(m);
    weir_tsan_locked_(m, false, false);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_mutex_trylock_tsan_(weir_mutex_t *m)
{
    int result;

    weir_tsan_locking_(m, true);
    result = weir_mutex_trylock(m);
    weir_tsan_locked_(m, true, result != 0);
    return result;
}

/* With a deadline it is a try: no deadlock lasts for ever. */
WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_mutex_lock_until_tsan_(weir_mutex_t *m,
                                              weir_deadline_t deadline)
{
    bool tries = deadline != WEIR_FOREVER;
    int result;

    weir_tsan_locking_(m, tries);
    result = weir_mutex_lock_until(m, deadline);
    weir_tsan_locked_(m, tries, result != 0);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_mutex_lock_with_tsan_(weir_mutex_t *m,
                                             weir_deadline_t deadline,
                                             weir_token_t *token)
{
    bool tries = deadline != WEIR_FOREVER || token;
    int result;

    weir_tsan_locking_(m, tries);
    result =
        weir_token_ended_tsan_(token, weir_mutex_lock_with(m, deadline, token));
    weir_tsan_locked_(m, tries, result != 0);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_mutex_unlock_tsan_(weir_mutex_t *m)
{
    int result;

    weir_tsan_unlocking_(m);
    result = weir_mutex_unlock(m);
    weir_tsan_unlocked_(m);
    return result;
}

#define weir_mutex_init weir_mutex_init_tsan_
#define weir_mutex_lock weir_mutex_lock_tsan_
#define weir_mutex_trylock weir_mutex_trylock_tsan_
#define weir_mutex_lock_until weir_mutex_lock_until_tsan_
#define weir_mutex_lock_with weir_mutex_lock_with_tsan_
#define weir_mutex_unlock weir_mutex_unlock_tsan_

#ifdef __cplusplus
}
#endif

#endif
