/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Threads, as a program under ThreadSanitizer sees them, if the library was
 * built without: a thread releases when its function has returned, and who
 * joins it, or sees it not alive, acquires.  That a thread sees what was done
 * before it was started the sanitizer knows from pthread_create.  Not an
 * interface: include weir/thread.h; the macros are explained in
 * inline/mutex_tsan.h.
 *
 * What destructors of thread-specific data do after that, and what was done
 * before pthread_exit, is not seen to come before the join.
 */
#ifndef WEIR_INLINE_THREAD_TSAN_H
#define WEIR_INLINE_THREAD_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

/* What weir_thread_join_all orders, as one clock. */
#define weir_thread_all_tsan_() ((void *)(uintptr_t)(&weir_thread_active_count))

static inline void *weir_thread_fn_tsan_(void *arg)
{
    weir_thread_t *t = (weir_thread_t *)arg;
    void *result = t->given_fn(t->given_arg);

    __tsan_release(weir_thread_all_tsan_());
    __tsan_release(t);
    return result;
}

static inline int weir_thread_init_tsan_(weir_thread_t *t,
                                         const weir_thread_attr_t *attr,
                                         void *(*fn)(void *), void *arg)
{
    int result;

    if (!weir_tsan_blind_() || fn == NULL)
        return weir_thread_init(t, attr, fn, arg);
    result = weir_thread_init(t, attr, weir_thread_fn_tsan_, t);
    if (result == 0) {
        t->given_fn = fn;
        t->given_arg = arg;
    }
    return result;
}

static inline int weir_thread_join_tsan_(weir_thread_t *t,
                                         weir_deadline_t deadline,
                                         void **result)
{
    int error = weir_thread_join(t, deadline, result);

    if (error == 0 && weir_tsan_blind_())
        __tsan_acquire(t);
    return error;
}

static inline int weir_thread_join_with_tsan_(weir_thread_t *t,
                                              weir_deadline_t deadline,
                                              weir_token_t *token,
                                              void **result)
{
    int error = weir_token_ended_tsan_(
        token, weir_thread_join_with(t, deadline, token, result));

    if (error == 0 && weir_tsan_blind_())
        __tsan_acquire(t);
    return error;
}

static inline bool weir_thread_is_alive_tsan_(const weir_thread_t *t)
{
    bool alive = weir_thread_is_alive(t);

    if (!alive && weir_tsan_blind_())
        __tsan_acquire((void *)(uintptr_t)t);
    return alive;
}

static inline int weir_thread_join_all_tsan_(weir_deadline_t deadline)
{
    int error = weir_thread_join_all(deadline);

    if (error == 0 && weir_tsan_blind_())
        __tsan_acquire(weir_thread_all_tsan_());
    return error;
}

static inline int weir_thread_join_all_with_tsan_(weir_deadline_t deadline,
                                                  weir_token_t *token)
{
    int error = weir_token_ended_tsan_(
        token, weir_thread_join_all_with(deadline, token));

    if (error == 0 && weir_tsan_blind_())
        __tsan_acquire(weir_thread_all_tsan_());
    return error;
}

#define weir_thread_init weir_thread_init_tsan_
#define weir_thread_join weir_thread_join_tsan_
#define weir_thread_join_with weir_thread_join_with_tsan_
#define weir_thread_is_alive weir_thread_is_alive_tsan_
#define weir_thread_join_all weir_thread_join_all_tsan_
#define weir_thread_join_all_with weir_thread_join_all_with_tsan_

#ifdef __cplusplus
}
#endif

#endif
