/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The semaphore, as a program under ThreadSanitizer sees it, if the library
 * was built without: whoever posts releases, and whoever takes acquires.  Not
 * an interface: include weir/sem.h; the macros are explained in
 * inline/mutex_tsan.h.  After a post nothing touches the semaphore, which may
 * be gone.
 */
#ifndef WEIR_INLINE_SEM_TSAN_H
#define WEIR_INLINE_SEM_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

static inline int weir_sem_took_tsan_(weir_sem_t *s, int result)
{
    if (result == 0 && weir_tsan_blind_())
        __tsan_acquire(s);
    return result;
}

static inline int weir_sem_wait_tsan_(weir_sem_t *s)
{
    return weir_sem_took_tsan_(s, weir_sem_wait(s));
}

static inline int weir_sem_trywait_tsan_(weir_sem_t *s)
{
    return weir_sem_took_tsan_(s, weir_sem_trywait(s));
}

static inline int weir_sem_wait_until_tsan_(weir_sem_t *s,
                                            weir_deadline_t deadline)
{
    return weir_sem_took_tsan_(s, weir_sem_wait_until(s, deadline));
}

static inline int weir_sem_wait_with_tsan_(weir_sem_t *s,
                                           weir_deadline_t deadline,
                                           weir_token_t *token)
{
    return weir_sem_took_tsan_(
        s,
        weir_token_ended_tsan_(token, weir_sem_wait_with(s, deadline, token)));
}

static inline int weir_sem_post_tsan_(weir_sem_t *s)
{
    if (weir_tsan_blind_())
        __tsan_release(s);
    return weir_sem_post(s);
}

static inline int weir_sem_post_n_tsan_(weir_sem_t *s, unsigned n)
{
    if (weir_tsan_blind_())
        __tsan_release(s);
    return weir_sem_post_n(s, n);
}

#define weir_sem_wait weir_sem_wait_tsan_
#define weir_sem_trywait weir_sem_trywait_tsan_
#define weir_sem_wait_until weir_sem_wait_until_tsan_
#define weir_sem_wait_with weir_sem_wait_with_tsan_
#define weir_sem_post weir_sem_post_tsan_
#define weir_sem_post_n weir_sem_post_n_tsan_

#ifdef __cplusplus
}
#endif

#endif
