/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The barrier, as a program under ThreadSanitizer sees it, if the library
 * was built without: whoever arrives releases, and whoever leaves acquires.
 * Not an interface: include weir/barrier.h; the macros are explained in
 * inline/mutex_tsan.h.
 *
 * A phase orders more than it must when seen like this: a thread that is
 * slow to leave one is taken to see what fast ones did before they came to
 * the next.  abort and reset order too, towards those whom they send away.
 */
#ifndef WEIR_INLINE_BARRIER_TSAN_H
#define WEIR_INLINE_BARRIER_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

/* The library calls the action in the middle of the last wait. */
static inline int weir_barrier_action_tsan_(void *arg)
{
    weir_barrier_t *b = (weir_barrier_t *)arg;
    int result;

    __tsan_acquire(b);
    result = b->given_action(b->given_arg);
    __tsan_release(b);
    return result;
}

static inline int weir_barrier_set_action_tsan_(weir_barrier_t *b,
                                                int (*action)(void *),
                                                void *arg)
{
    int result;

    if (!weir_tsan_blind_() || action == NULL)
        return weir_barrier_set_action(b, action, arg);
    result = weir_barrier_set_action(b, weir_barrier_action_tsan_, b);
    if (result == 0) {
        b->given_action = action;
        b->given_arg = arg;
    }
    return result;
}

static inline int weir_barrier_wait_until_tsan_(weir_barrier_t *b,
                                                weir_deadline_t deadline,
                                                unsigned *index)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_barrier_wait_until(b, deadline, index);
    __tsan_release(b);
    result = weir_barrier_wait_until(b, deadline, index);
    if (result != ETIMEDOUT)
        __tsan_acquire(b);
    return result;
}

static inline int weir_barrier_wait_with_tsan_(weir_barrier_t *b,
                                               weir_deadline_t deadline,
                                               weir_token_t *token,
                                               unsigned *index)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_token_ended_tsan_(
            token, weir_barrier_wait_with(b, deadline, token, index));
    __tsan_release(b);
    result = weir_token_ended_tsan_(
        token, weir_barrier_wait_with(b, deadline, token, index));
    if (result != ETIMEDOUT)
        __tsan_acquire(b);
    return result;
}

static inline int weir_barrier_wait_tsan_(weir_barrier_t *b, unsigned *index)
{
    return weir_barrier_wait_until_tsan_(b, WEIR_FOREVER, index);
}

static inline int weir_barrier_reset_tsan_(weir_barrier_t *b)
{
    if (weir_tsan_blind_())
        __tsan_release(b);
    return weir_barrier_reset(b);
}

static inline int weir_barrier_abort_tsan_(weir_barrier_t *b)
{
    if (weir_tsan_blind_())
        __tsan_release(b);
    return weir_barrier_abort(b);
}

static inline bool weir_barrier_broken_tsan_(const weir_barrier_t *b)
{
    bool broken = weir_barrier_broken(b);

    if (broken && weir_tsan_blind_())
        __tsan_acquire((void *)(uintptr_t)b);
    return broken;
}

#define weir_barrier_set_action weir_barrier_set_action_tsan_
#define weir_barrier_wait weir_barrier_wait_tsan_
#define weir_barrier_wait_until weir_barrier_wait_until_tsan_
#define weir_barrier_wait_with weir_barrier_wait_with_tsan_
#define weir_barrier_reset weir_barrier_reset_tsan_
#define weir_barrier_abort weir_barrier_abort_tsan_
#define weir_barrier_broken weir_barrier_broken_tsan_

#ifdef __cplusplus
}
#endif

#endif
