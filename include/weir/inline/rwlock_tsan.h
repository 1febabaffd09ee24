/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The read-write lock, as a program under ThreadSanitizer sees it.  Not an
 * interface: include weir/rwlock.h.  Why there are macros, and why the
 * sanitizer looks away during the calls, is in weir/inline/mutex_tsan.h.
 *
 * Both modes have the thread that took them as owner, so the sanitizer's own
 * notion of a read-write lock fits: a write unlock is seen by all who lock
 * after it, a read unlock by writers only.  Lock orders are left out all the
 * same (see the mutex): so it is told by release and acquire, of two clocks:
 * the lock's for what writers release, and the next byte's for readers'.
 */
#ifndef WEIR_INLINE_RWLOCK_TSAN_H
#define WEIR_INLINE_RWLOCK_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

/* What readers have released. */
static inline void *weir_tsan_readers_(weir_rwlock_t *l)
{
    return (void *)((char *)l + 8);
}

static inline void weir_tsan_rw_begin_(weir_rwlock_t *l)
{
    __tsan_mutex_pre_signal(l, 0);
}

static inline int weir_tsan_read_(weir_rwlock_t *l, int result)
{
    __tsan_mutex_post_signal(l, 0);
    if (result == 0)
        __tsan_acquire(l);
    return result;
}

static inline int weir_tsan_written_(weir_rwlock_t *l, int result)
{
    __tsan_mutex_post_signal(l, 0);
    if (result == 0) {
        __tsan_acquire(l);
        __tsan_acquire(weir_tsan_readers_(l));
    }
    return result;
}

static inline int weir_tsan_unlocked_rw_(weir_rwlock_t *l, int result)
{
    __tsan_mutex_post_signal(l, 0);
    return result;
}

static inline int weir_rwlock_init_tsan_(weir_rwlock_t *l, unsigned flags);
static inline int weir_rwlock_rdlock_tsan_(weir_rwlock_t *l)
    WEIR_ACQUIRE_SHARED(l);
static inline int weir_rwlock_tryrdlock_tsan_(weir_rwlock_t *l)
    WEIR_TRY_ACQUIRE_SHARED(0, l);
static inline int weir_rwlock_rdlock_until_tsan_(weir_rwlock_t *l,
                                                 weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE_SHARED(0, l);
static inline int weir_rwlock_rdlock_with_tsan_(weir_rwlock_t *l,
                                                weir_deadline_t deadline,
                                                weir_token_t *token)
    WEIR_TRY_ACQUIRE_SHARED(0, l);
static inline int weir_rwlock_rdunlock_tsan_(weir_rwlock_t *l)
    WEIR_RELEASE_SHARED(l);
static inline int weir_rwlock_wrlock_tsan_(weir_rwlock_t *l) WEIR_ACQUIRE(l);
static inline int weir_rwlock_trywrlock_tsan_(weir_rwlock_t *l)
    WEIR_TRY_ACQUIRE(0, l);
static inline int weir_rwlock_wrlock_until_tsan_(weir_rwlock_t *l,
                                                 weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE(0, l);
static inline int weir_rwlock_wrlock_with_tsan_(weir_rwlock_t *l,
                                                weir_deadline_t deadline,
                                                weir_token_t *token)
    WEIR_TRY_ACQUIRE(0, l);
static inline int weir_rwlock_wrunlock_tsan_(weir_rwlock_t *l) WEIR_RELEASE(l);
static inline int weir_rwlock_downgrade_tsan_(weir_rwlock_t *l) WEIR_RELEASE(l)
    WEIR_ACQUIRE_SHARED(l);

static inline int weir_rwlock_init_tsan_(weir_rwlock_t *l, unsigned flags)
{
    int result = weir_rwlock_init(l, flags);

    if (result == 0) {
        __tsan_mutex_destroy(l, 0);
        __tsan_mutex_create(l, __tsan_mutex_not_static);
    }
    return result;
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_rdlock_tsan_(weir_rwlock_t *l)
{
    weir_tsan_rw_begin_(l);
    return weir_tsan_read_(l, weir_rwlock_rdlock(l));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_tryrdlock_tsan_(weir_rwlock_t *l)
{
    weir_tsan_rw_begin_(l);
    return weir_tsan_read_(l, weir_rwlock_tryrdlock(l));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_rdlock_until_tsan_(weir_rwlock_t *l,
                                                 weir_deadline_t deadline)
{
    weir_tsan_rw_begin_(l);
    return weir_tsan_read_(l, weir_rwlock_rdlock_until(l, deadline));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_rdlock_with_tsan_(weir_rwlock_t *l,
                                                weir_deadline_t deadline,
                                                weir_token_t *token)
{
    weir_tsan_rw_begin_(l);
    return weir_tsan_read_(
        l, weir_token_ended_tsan_(token,
                                  weir_rwlock_rdlock_with(l, deadline, token)));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_rdunlock_tsan_(weir_rwlock_t *l)
{
    __tsan_release(weir_tsan_readers_(l));
    weir_tsan_rw_begin_(l);
    return weir_tsan_unlocked_rw_(l, weir_rwlock_rdunlock(l));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_wrlock_tsan_(weir_rwlock_t *l)
{
    weir_tsan_rw_begin_(l);
    return weir_tsan_written_(l, weir_rwlock_wrlock(l));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_trywrlock_tsan_(weir_rwlock_t *l)
{
    weir_tsan_rw_begin_(l);
    return weir_tsan_written_(l, weir_rwlock_trywrlock(l));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_wrlock_until_tsan_(weir_rwlock_t *l,
                                                 weir_deadline_t deadline)
{
    weir_tsan_rw_begin_(l);
    return weir_tsan_written_(l, weir_rwlock_wrlock_until(l, deadline));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_wrlock_with_tsan_(weir_rwlock_t *l,
                                                weir_deadline_t deadline,
                                                weir_token_t *token)
{
    weir_tsan_rw_begin_(l);
    return weir_tsan_written_(
        l, weir_token_ended_tsan_(token,
                                  weir_rwlock_wrlock_with(l, deadline, token)));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_wrunlock_tsan_(weir_rwlock_t *l)
{
    __tsan_release(l);
    weir_tsan_rw_begin_(l);
    return weir_tsan_unlocked_rw_(l, weir_rwlock_wrunlock(l));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_rwlock_downgrade_tsan_(weir_rwlock_t *l)
{
    __tsan_release(l);
    weir_tsan_rw_begin_(l);
    return weir_tsan_unlocked_rw_(l, weir_rwlock_downgrade(l));
}

#define weir_rwlock_init weir_rwlock_init_tsan_
#define weir_rwlock_rdlock weir_rwlock_rdlock_tsan_
#define weir_rwlock_tryrdlock weir_rwlock_tryrdlock_tsan_
#define weir_rwlock_rdlock_until weir_rwlock_rdlock_until_tsan_
#define weir_rwlock_rdlock_with weir_rwlock_rdlock_with_tsan_
#define weir_rwlock_rdunlock weir_rwlock_rdunlock_tsan_
#define weir_rwlock_wrlock weir_rwlock_wrlock_tsan_
#define weir_rwlock_trywrlock weir_rwlock_trywrlock_tsan_
#define weir_rwlock_wrlock_until weir_rwlock_wrlock_until_tsan_
#define weir_rwlock_wrlock_with weir_rwlock_wrlock_with_tsan_
#define weir_rwlock_wrunlock weir_rwlock_wrunlock_tsan_
#define weir_rwlock_downgrade weir_rwlock_downgrade_tsan_

#ifdef __cplusplus
}
#endif

#endif
