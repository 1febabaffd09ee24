/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The event, as a program under ThreadSanitizer sees it, if the library was
 * built without: whoever sets releases, and whoever finds it set, or clears
 * it, acquires.  Not an interface: include weir/event.h; the macros are
 * explained in inline/mutex_tsan.h.  After a set nothing touches the event,
 * which may be gone.
 */
#ifndef WEIR_INLINE_EVENT_TSAN_H
#define WEIR_INLINE_EVENT_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

static inline int weir_event_found_tsan_(weir_event_t *e, int result)
{
    if (result == 0 && weir_tsan_blind_())
        __tsan_acquire(e);
    return result;
}

static inline int weir_event_set_tsan_(weir_event_t *e)
{
    if (weir_tsan_blind_())
        __tsan_release(e);
    return weir_event_set(e);
}

static inline int weir_event_clear_tsan_(weir_event_t *e)
{
    return weir_event_found_tsan_(e, weir_event_clear(e));
}

static inline bool weir_event_is_set_tsan_(const weir_event_t *e)
{
    bool set = weir_event_is_set(e);

    if (set && weir_tsan_blind_())
        __tsan_acquire((void *)(uintptr_t)e);
    return set;
}

static inline int weir_event_wait_tsan_(weir_event_t *e)
{
    return weir_event_found_tsan_(e, weir_event_wait(e));
}

static inline int weir_event_wait_until_tsan_(weir_event_t *e,
                                              weir_deadline_t deadline)
{
    return weir_event_found_tsan_(e, weir_event_wait_until(e, deadline));
}

static inline int weir_event_wait_with_tsan_(weir_event_t *e,
                                             weir_deadline_t deadline,
                                             weir_token_t *token)
{
    return weir_event_found_tsan_(
        e, weir_token_ended_tsan_(token,
                                  weir_event_wait_with(e, deadline, token)));
}

#define weir_event_set weir_event_set_tsan_
#define weir_event_clear weir_event_clear_tsan_
#define weir_event_is_set weir_event_is_set_tsan_
#define weir_event_wait weir_event_wait_tsan_
#define weir_event_wait_until weir_event_wait_until_tsan_
#define weir_event_wait_with weir_event_wait_with_tsan_

#ifdef __cplusplus
}
#endif

#endif
