/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The condition, as a program under ThreadSanitizer sees it.  Not an
 * interface: include weir/cond.h.  Why it is done in this way is said in
 * inline/mutex_tsan.h.
 *
 * A wait is an unlock and a lock.  A signal orders nothing, as its header
 * says: the sanitizer looks away while the library goes along its line of
 * waiters, and that is all.  A wait that is refused, since the lock is not
 * held, is not announced; one for which there is no room is, which does no
 * harm: the lock is released and taken at once.
 *
 * wait_for is written out here, since what the predicate does is the
 * program's, and not the library's.
 */
#ifndef WEIR_INLINE_COND_TSAN_H
#define WEIR_INLINE_COND_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

static inline int weir_cond_init_tsan_(weir_cond_t *c, unsigned flags);
static inline int weir_cond_wait_until_tsan_(weir_cond_t *c, weir_mutex_t *m,
                                             weir_deadline_t deadline)
    WEIR_REQUIRES(m);
static inline int weir_cond_wait_with_tsan_(weir_cond_t *c, weir_mutex_t *m,
                                            weir_deadline_t deadline,
                                            weir_token_t *token)
    WEIR_REQUIRES(m);
static inline int weir_cond_wait_tsan_(weir_cond_t *c, weir_mutex_t *m)
    WEIR_REQUIRES(m);
static inline int weir_cond_wait_for_tsan_(weir_cond_t *c, weir_mutex_t *m,
                                           bool (*pred)(void *), void *arg,
                                           weir_deadline_t deadline)
    WEIR_REQUIRES(m);
static inline int weir_cond_wait_for_with_tsan_(weir_cond_t *c, weir_mutex_t *m,
                                                bool (*pred)(void *), void *arg,
                                                weir_deadline_t deadline,
                                                weir_token_t *token)
    WEIR_REQUIRES(m);
static inline int weir_cond_wait_until_rmutex_tsan_(weir_cond_t *c,
                                                    weir_rmutex_t *m,
                                                    weir_deadline_t deadline)
    WEIR_REQUIRES(m);
static inline int
weir_cond_wait_with_rmutex_tsan_(weir_cond_t *c, weir_rmutex_t *m,
                                 weir_deadline_t deadline, weir_token_t *token)
    WEIR_REQUIRES(m);
static inline int weir_cond_wait_rmutex_tsan_(weir_cond_t *c, weir_rmutex_t *m)
    WEIR_REQUIRES(m);
static inline int
weir_cond_wait_for_rmutex_tsan_(weir_cond_t *c, weir_rmutex_t *m,
                                bool (*pred)(void *), void *arg,
                                weir_deadline_t deadline) WEIR_REQUIRES(m);
static inline int weir_cond_wait_for_with_rmutex_tsan_(
    weir_cond_t *c, weir_rmutex_t *m, bool (*pred)(void *), void *arg,
    weir_deadline_t deadline, weir_token_t *token) WEIR_REQUIRES(m);

/* The scope is plain data. */
static inline int weir_cond_init_tsan_(weir_cond_t *c, unsigned flags)
{
    int result;

    __tsan_mutex_pre_signal(c, 0);
    result = weir_cond_init(c, flags);
    __tsan_mutex_post_signal(c, 0);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_cond_wait_until_tsan_(weir_cond_t *c, weir_mutex_t *m,
                                             weir_deadline_t deadline)
{
    int result;

    if (!weir_mutex_is_locked(m))
        return weir_cond_wait_until(c, m, deadline);
    weir_tsan_unlocking_(m);
    weir_tsan_unlocked_(m);
    weir_tsan_locking_(m, false);
    result = weir_cond_wait_until(c, m, deadline);
    weir_tsan_locked_(m, false, false);
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_cond_wait_with_tsan_(weir_cond_t *c, weir_mutex_t *m,
                                            weir_deadline_t deadline,
                                            weir_token_t *token)
{
    int result;

    if (!weir_mutex_is_locked(m))
        return weir_token_ended_tsan_(
            token, weir_cond_wait_with(c, m, deadline, token));
    weir_tsan_unlocking_(m);
    weir_tsan_unlocked_(m);
    weir_tsan_locking_(m, false);
    result = weir_token_ended_tsan_(token,
                                    weir_cond_wait_with(c, m, deadline, token));
    weir_tsan_locked_(m, false, false);
    return result;
}

static inline int weir_cond_wait_tsan_(weir_cond_t *c, weir_mutex_t *m)
{
    return weir_cond_wait_until_tsan_(c, m, WEIR_FOREVER);
}

static inline int weir_cond_wait_for_tsan_(weir_cond_t *c, weir_mutex_t *m,
                                           bool (*pred)(void *), void *arg,
                                           weir_deadline_t deadline)
{
    int result = 0;

    if (!pred || !weir_mutex_is_locked(m))
        return weir_cond_wait_for(c, m, pred, arg, deadline);
    while (!pred(arg)) {
        if (result != 0)
            return result;
        result = weir_cond_wait_until_tsan_(c, m, deadline);
        if (result != 0 && result != ETIMEDOUT)
            return result;
    }
    return 0;
}

static inline int weir_cond_wait_for_with_tsan_(weir_cond_t *c, weir_mutex_t *m,
                                                bool (*pred)(void *), void *arg,
                                                weir_deadline_t deadline,
                                                weir_token_t *token)
{
    int result = 0;

    if (!pred || !weir_mutex_is_locked(m))
        return weir_token_ended_tsan_(
            token, weir_cond_wait_for_with(c, m, pred, arg, deadline, token));
    while (!pred(arg)) {
        if (result != 0)
            return result;
        result = weir_cond_wait_with_tsan_(c, m, deadline, token);
        if (result != 0 && result != ETIMEDOUT && result != ECANCELED)
            return result;
    }
    return 0;
}

/* All of its depth goes, and comes back. */
WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_cond_wait_until_rmutex_tsan_(weir_cond_t *c,
                                                    weir_rmutex_t *m,
                                                    weir_deadline_t deadline)
{
    int result;

    if (!weir_rmutex_is_mine(m))
        return weir_cond_wait_until_rmutex(c, m, deadline);
#if defined(WEIR_TSAN_OWNED)
    int depth = __tsan_mutex_pre_unlock(m, __tsan_mutex_recursive_unlock);

    __tsan_mutex_post_unlock(m, __tsan_mutex_recursive_unlock);
    __tsan_mutex_pre_lock(m, __tsan_mutex_write_reentrant);
    result = weir_cond_wait_until_rmutex(c, m, deadline);
    __tsan_mutex_post_lock(
        m, __tsan_mutex_write_reentrant | __tsan_mutex_recursive_lock, depth);
#else
    weir_tsan_runlocking_(m);
    weir_tsan_runlocked_(m);
    weir_tsan_rlocking_(m, false);
    result = weir_cond_wait_until_rmutex(c, m, deadline);
    weir_tsan_rlocked_(m, false, false);
#endif
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_cond_wait_with_rmutex_tsan_(weir_cond_t *c,
                                                   weir_rmutex_t *m,
                                                   weir_deadline_t deadline,
                                                   weir_token_t *token)
{
    int result;

    if (!weir_rmutex_is_mine(m))
        return weir_token_ended_tsan_(
            token, weir_cond_wait_with_rmutex(c, m, deadline, token));
#if defined(WEIR_TSAN_OWNED)
    int depth = __tsan_mutex_pre_unlock(m, __tsan_mutex_recursive_unlock);

    __tsan_mutex_post_unlock(m, __tsan_mutex_recursive_unlock);
    __tsan_mutex_pre_lock(m, __tsan_mutex_write_reentrant);
    result = weir_token_ended_tsan_(
        token, weir_cond_wait_with_rmutex(c, m, deadline, token));
    __tsan_mutex_post_lock(
        m, __tsan_mutex_write_reentrant | __tsan_mutex_recursive_lock, depth);
#else
    weir_tsan_runlocking_(m);
    weir_tsan_runlocked_(m);
    weir_tsan_rlocking_(m, false);
    result = weir_token_ended_tsan_(
        token, weir_cond_wait_with_rmutex(c, m, deadline, token));
    weir_tsan_rlocked_(m, false, false);
#endif
    return result;
}

static inline int weir_cond_wait_rmutex_tsan_(weir_cond_t *c, weir_rmutex_t *m)
{
    return weir_cond_wait_until_rmutex_tsan_(c, m, WEIR_FOREVER);
}

static inline int weir_cond_wait_for_rmutex_tsan_(weir_cond_t *c,
                                                  weir_rmutex_t *m,
                                                  bool (*pred)(void *),
                                                  void *arg,
                                                  weir_deadline_t deadline)
{
    int result = 0;

    if (!pred || !weir_rmutex_is_mine(m))
        return weir_cond_wait_for_rmutex(c, m, pred, arg, deadline);
    while (!pred(arg)) {
        if (result != 0)
            return result;
        result = weir_cond_wait_until_rmutex_tsan_(c, m, deadline);
        if (result != 0 && result != ETIMEDOUT)
            return result;
    }
    return 0;
}

static inline int weir_cond_wait_for_with_rmutex_tsan_(
    weir_cond_t *c, weir_rmutex_t *m, bool (*pred)(void *), void *arg,
    weir_deadline_t deadline, weir_token_t *token)
{
    int result = 0;

    if (!pred || !weir_rmutex_is_mine(m))
        return weir_token_ended_tsan_(
            token,
            weir_cond_wait_for_with_rmutex(c, m, pred, arg, deadline, token));
    while (!pred(arg)) {
        if (result != 0)
            return result;
        result = weir_cond_wait_with_rmutex_tsan_(c, m, deadline, token);
        if (result != 0 && result != ETIMEDOUT && result != ECANCELED)
            return result;
    }
    return 0;
}

static inline int weir_cond_signal_n_tsan_(weir_cond_t *c, unsigned n)
{
    int result;

    __tsan_mutex_pre_signal(c, 0);
    result = weir_cond_signal_n(c, n);
    __tsan_mutex_post_signal(c, 0);
    return result;
}

static inline int weir_cond_signal_tsan_(weir_cond_t *c)
{
    return weir_cond_signal_n_tsan_(c, 1);
}

static inline int weir_cond_broadcast_tsan_(weir_cond_t *c)
{
    return weir_cond_signal_n_tsan_(c, ~0u);
}

#define weir_cond_init weir_cond_init_tsan_
#define weir_cond_wait weir_cond_wait_tsan_
#define weir_cond_wait_until weir_cond_wait_until_tsan_
#define weir_cond_wait_with weir_cond_wait_with_tsan_
#define weir_cond_wait_for weir_cond_wait_for_tsan_
#define weir_cond_wait_for_with weir_cond_wait_for_with_tsan_
#define weir_cond_wait_rmutex weir_cond_wait_rmutex_tsan_
#define weir_cond_wait_until_rmutex weir_cond_wait_until_rmutex_tsan_
#define weir_cond_wait_with_rmutex weir_cond_wait_with_rmutex_tsan_
#define weir_cond_wait_for_rmutex weir_cond_wait_for_rmutex_tsan_
#define weir_cond_wait_for_with_rmutex weir_cond_wait_for_with_rmutex_tsan_
#define weir_cond_signal weir_cond_signal_tsan_
#define weir_cond_signal_n weir_cond_signal_n_tsan_
#define weir_cond_broadcast weir_cond_broadcast_tsan_

#ifdef __cplusplus
}
#endif

#endif
