/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The token, as a program under ThreadSanitizer sees it, if the library was
 * built without: who cancels releases, and who learns of it acquires, from the
 * token and from its ancestors.  Not an interface: include weir/token.h; the
 * macros are explained in inline/mutex_tsan.h.
 */
#ifndef WEIR_INLINE_TOKEN_TSAN_H
#define WEIR_INLINE_TOKEN_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

static inline void weir_token_acquire_tsan_(const weir_token_t *t)
{
    uintptr_t at = (uintptr_t)t;

    while (at != 0 && weir_tsan_blind_()) {
        t = (const weir_token_t *)at;
        __tsan_acquire((void *)at);
        at = t->parent != 0 ? at + (uintptr_t)t->parent : 0;
    }
}

/* What a call with a token returned. */
static inline int weir_token_ended_tsan_(const weir_token_t *t, int result)
{
    if (result == ECANCELED)
        weir_token_acquire_tsan_(t);
    return result;
}

static inline int weir_token_cancel_tsan_(weir_token_t *t)
{
    if (weir_tsan_blind_())
        __tsan_release(t);
    return weir_token_cancel(t);
}

static inline bool weir_token_is_cancelled_tsan_(const weir_token_t *t)
{
    bool cancelled = weir_token_is_cancelled(t);

    if (cancelled)
        weir_token_acquire_tsan_(t);
    return cancelled;
}

static inline int weir_token_wait_until_tsan_(weir_token_t *t,
                                              weir_deadline_t deadline)
{
    int result = weir_token_wait_until(t, deadline);

    if (result == 0)
        weir_token_acquire_tsan_(t);
    return result;
}

static inline int weir_token_wait_tsan_(weir_token_t *t)
{
    return weir_token_wait_until_tsan_(t, WEIR_FOREVER);
}

#define weir_token_cancel weir_token_cancel_tsan_
#define weir_token_is_cancelled weir_token_is_cancelled_tsan_
#define weir_token_wait weir_token_wait_tsan_
#define weir_token_wait_until weir_token_wait_until_tsan_

#ifdef __cplusplus
}
#endif

#endif
