/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The path of a once that is done.  Not an interface: include weir/once.h.
 * The word, the protocol and the proof are in src/futex/once.c.
 *
 * ORDERS
 *   [O1] done  load acquire; pairs with once.c:[O2]
 */
#ifndef WEIR_INLINE_ONCE_H
#define WEIR_INLINE_ONCE_H

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_ONCE_DONE_ 1u

WEIR_API int weir_once_call_slow_(weir_once_t *o, int (*fn)(void *), void *arg,
                                  weir_deadline_t deadline);
WEIR_API int weir_once_call_with_slow_(weir_once_t *o, int (*fn)(void *),
                                       void *arg, weir_deadline_t deadline,
                                       weir_token_t *token);

#ifndef WEIR_NO_INLINE

WEIR_API_INLINE bool weir_once_is_done(const weir_once_t *o)
{
    /* [O1] acquire; pairs with once.c:[O2] */
    return (weir_load_acq_(&o->word) & WEIR_ONCE_DONE_) != 0;
}

WEIR_API_INLINE int weir_once_call(weir_once_t *o, int (*fn)(void *), void *arg)
{
    if (WEIR_LIKELY(weir_once_is_done(o)))
        return 0;
    return weir_once_call_slow_(o, fn, arg, WEIR_FOREVER);
}

WEIR_API_INLINE int weir_once_call_with(weir_once_t *o, int (*fn)(void *),
                                        void *arg, weir_deadline_t deadline,
                                        weir_token_t *token)
{
    if (WEIR_LIKELY(weir_once_is_done(o)))
        return 0;
    return weir_once_call_with_slow_(o, fn, arg, deadline, token);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
