/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The timer, as a program under ThreadSanitizer sees it, if the library was
 * built without: whoever starts it releases, its callback acquires and
 * releases, and whoever finds it idle acquires.  Not an interface: include
 * weir/timer.h; the macros are explained in inline/mutex_tsan.h.
 *
 * A timer orders more than it must when seen like this: its callback is taken
 * to see what was done before any start that began before it.
 */
#ifndef WEIR_INLINE_TIMER_TSAN_H
#define WEIR_INLINE_TIMER_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

/* The library calls this in place of the function.  That may free the timer,
 * whose address alone is used after it. */
static inline void weir_timer_call_tsan_(void *arg)
{
    weir_timer_t *t = (weir_timer_t *)arg;

    __tsan_acquire(t);
    t->given_fn(t->given_arg);
    __tsan_release(t);
}

static inline int weir_timer_init_tsan_(weir_timer_t *t, void (*fn)(void *),
                                        void *arg, unsigned flags)
{
    int result;

    if (!weir_tsan_blind_() || fn == NULL)
        return weir_timer_init(t, fn, arg, flags);
    result = weir_timer_init(t, weir_timer_call_tsan_, t, flags);
    if (result == 0) {
        t->given_fn = fn;
        t->given_arg = arg;
    }
    return result;
}

static inline int weir_timer_start_at_tsan_(weir_timer_t *t,
                                            weir_deadline_t deadline)
{
    if (weir_tsan_blind_())
        __tsan_release(t);
    return weir_timer_start_at(t, deadline);
}

static inline int weir_timer_start_every_tsan_(weir_timer_t *t,
                                               weir_deadline_t first,
                                               int64_t period_ns)
{
    if (weir_tsan_blind_())
        __tsan_release(t);
    return weir_timer_start_every(t, first, period_ns);
}

static inline int weir_timer_restart_at_tsan_(weir_timer_t *t,
                                              weir_deadline_t deadline)
{
    if (weir_tsan_blind_())
        __tsan_release(t);
    return weir_timer_restart_at(t, deadline);
}

static inline int weir_timer_cancel_tsan_(weir_timer_t *t)
{
    int result = weir_timer_cancel(t);

    if (result != EINPROGRESS && weir_tsan_blind_())
        __tsan_acquire(t);
    return result;
}

static inline int weir_timer_cancel_sync_tsan_(weir_timer_t *t,
                                               weir_deadline_t deadline)
{
    int result = weir_timer_cancel_sync(t, deadline);

    if ((result == 0 || result == EALREADY) && weir_tsan_blind_())
        __tsan_acquire(t);
    return result;
}

static inline int weir_timer_cancel_sync_with_tsan_(weir_timer_t *t,
                                                    weir_deadline_t deadline,
                                                    weir_token_t *token)
{
    int result = weir_token_ended_tsan_(
        token, weir_timer_cancel_sync_with(t, deadline, token));

    if ((result == 0 || result == EALREADY) && weir_tsan_blind_())
        __tsan_acquire(t);
    return result;
}

static inline int weir_timer_join_tsan_(weir_timer_t *t,
                                        weir_deadline_t deadline)
{
    int result = weir_timer_join(t, deadline);

    if (result == 0 && weir_tsan_blind_())
        __tsan_acquire(t);
    return result;
}

static inline int weir_timer_join_with_tsan_(weir_timer_t *t,
                                             weir_deadline_t deadline,
                                             weir_token_t *token)
{
    int result =
        weir_token_ended_tsan_(token, weir_timer_join_with(t, deadline, token));

    if (result == 0 && weir_tsan_blind_())
        __tsan_acquire(t);
    return result;
}

#define weir_timer_init weir_timer_init_tsan_
#define weir_timer_start weir_timer_start_at_tsan_
#define weir_timer_start_at weir_timer_start_at_tsan_
#define weir_timer_start_every weir_timer_start_every_tsan_
#define weir_timer_restart_at weir_timer_restart_at_tsan_
#define weir_timer_cancel weir_timer_cancel_tsan_
#define weir_timer_cancel_sync weir_timer_cancel_sync_tsan_
#define weir_timer_cancel_sync_with weir_timer_cancel_sync_with_tsan_
#define weir_timer_join weir_timer_join_tsan_
#define weir_timer_join_with weir_timer_join_with_tsan_

#ifdef __cplusplus
}
#endif

#endif
