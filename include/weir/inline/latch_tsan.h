/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The latch, as a program under ThreadSanitizer sees it, if the library was
 * built without: whoever counts down releases, and whoever finds it open
 * acquires.  Not an interface: include weir/latch.h; the macros are explained
 * in inline/mutex_tsan.h.
 */
#ifndef WEIR_INLINE_LATCH_TSAN_H
#define WEIR_INLINE_LATCH_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

static inline int weir_latch_count_down_tsan_(weir_latch_t *l, unsigned n)
{
    if (weir_tsan_blind_())
        __tsan_release(l);
    return weir_latch_count_down(l, n);
}

static inline int weir_latch_seen_tsan_(const weir_latch_t *l, int result)
{
    if (result == 0 && weir_tsan_blind_())
        __tsan_acquire((void *)(uintptr_t)l);
    return result;
}

static inline int weir_latch_try_wait_tsan_(const weir_latch_t *l)
{
    return weir_latch_seen_tsan_(l, weir_latch_try_wait(l));
}

static inline int weir_latch_wait_until_tsan_(weir_latch_t *l,
                                              weir_deadline_t deadline)
{
    return weir_latch_seen_tsan_(l, weir_latch_wait_until(l, deadline));
}

static inline int weir_latch_wait_with_tsan_(weir_latch_t *l,
                                             weir_deadline_t deadline,
                                             weir_token_t *token)
{
    return weir_latch_seen_tsan_(
        l, weir_token_ended_tsan_(token,
                                  weir_latch_wait_with(l, deadline, token)));
}

static inline int weir_latch_wait_tsan_(weir_latch_t *l)
{
    return weir_latch_wait_until_tsan_(l, WEIR_FOREVER);
}

static inline int
weir_latch_arrive_and_wait_until_tsan_(weir_latch_t *l,
                                       weir_deadline_t deadline)
{
    if (weir_tsan_blind_())
        __tsan_release(l);
    return weir_latch_seen_tsan_(l,
                                 weir_latch_arrive_and_wait_until(l, deadline));
}

static inline int
weir_latch_arrive_and_wait_with_tsan_(weir_latch_t *l, weir_deadline_t deadline,
                                      weir_token_t *token)
{
    if (weir_tsan_blind_())
        __tsan_release(l);
    return weir_latch_seen_tsan_(
        l, weir_token_ended_tsan_(
               token, weir_latch_arrive_and_wait_with(l, deadline, token)));
}

static inline int weir_latch_arrive_and_wait_tsan_(weir_latch_t *l)
{
    return weir_latch_arrive_and_wait_until_tsan_(l, WEIR_FOREVER);
}

#define weir_latch_count_down weir_latch_count_down_tsan_
#define weir_latch_try_wait weir_latch_try_wait_tsan_
#define weir_latch_wait weir_latch_wait_tsan_
#define weir_latch_wait_until weir_latch_wait_until_tsan_
#define weir_latch_wait_with weir_latch_wait_with_tsan_
#define weir_latch_arrive_and_wait weir_latch_arrive_and_wait_tsan_
#define weir_latch_arrive_and_wait_until weir_latch_arrive_and_wait_until_tsan_
#define weir_latch_arrive_and_wait_with weir_latch_arrive_and_wait_with_tsan_

#ifdef __cplusplus
}
#endif

#endif
