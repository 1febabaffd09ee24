/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The once, as a program under ThreadSanitizer sees it, if the library was
 * built without: who has run a function releases, and who runs one, or finds
 * it done, acquires.  Not an interface: include weir/once.h; the macros are
 * explained in inline/mutex_tsan.h.
 */
#ifndef WEIR_INLINE_ONCE_TSAN_H
#define WEIR_INLINE_ONCE_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

struct weir_once_run_tsan_ {
    weir_once_t *once;
    int (*fn)(void *);
    void *arg;
};

/* The library calls the function in the middle of the call. */
static inline int weir_once_function_tsan_(void *arg)
{
    struct weir_once_run_tsan_ *run = (struct weir_once_run_tsan_ *)arg;
    int result;

    __tsan_acquire(run->once);
    result = run->fn(run->arg);
    __tsan_release(run->once);
    return result;
}

static inline int weir_once_call_until_tsan_(weir_once_t *o, int (*fn)(void *),
                                             void *arg,
                                             weir_deadline_t deadline)
{
    struct weir_once_run_tsan_ run = {o, fn, arg};
    int result;

    if (!weir_tsan_blind_())
        return weir_once_call_until(o, fn, arg, deadline);
    result = weir_once_call_until(o, weir_once_function_tsan_, &run, deadline);
    if (result == 0)
        __tsan_acquire(o);
    return result;
}

static inline int weir_once_call_with_tsan_(weir_once_t *o, int (*fn)(void *),
                                            void *arg, weir_deadline_t deadline,
                                            weir_token_t *token)
{
    struct weir_once_run_tsan_ run = {o, fn, arg};
    int result;

    if (!weir_tsan_blind_())
        return weir_token_ended_tsan_(
            token, weir_once_call_with(o, fn, arg, deadline, token));
    result = weir_token_ended_tsan_(
        token, weir_once_call_with(o, weir_once_function_tsan_, &run, deadline,
                                   token));
    if (result == 0)
        __tsan_acquire(o);
    return result;
}

static inline int weir_once_call_tsan_(weir_once_t *o, int (*fn)(void *),
                                       void *arg)
{
    return weir_once_call_until_tsan_(o, fn, arg, WEIR_FOREVER);
}

static inline bool weir_once_is_done_tsan_(const weir_once_t *o)
{
    bool done = weir_once_is_done(o);

    if (done && weir_tsan_blind_())
        __tsan_acquire((void *)(uintptr_t)o);
    return done;
}

#define weir_once_call weir_once_call_tsan_
#define weir_once_call_until weir_once_call_until_tsan_
#define weir_once_call_with weir_once_call_with_tsan_
#define weir_once_is_done weir_once_is_done_tsan_

#ifdef __cplusplus
}
#endif

#endif
