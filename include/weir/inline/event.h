/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The paths of the event when nobody has to wait.  Not an interface: include
 * weir/event.h.  The word, the protocol and the proof are in
 * src/futex/event.c; the tags below have their partners there.
 *
 * ORDERS
 *   [F1] is_set, wait  load acquire; pairs with [F2], event.c:[F2]
 *   [F2] set  compare-and-swap release; pairs with [F1], event.c:[F1] and
 *             event.c:[F3]
 */
#ifndef WEIR_INLINE_EVENT_H
#define WEIR_INLINE_EVENT_H

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EVENT_WAITERS_ ((uint64_t)1)
#define WEIR_EVENT_SET_ ((uint64_t)2)

/* state: what was found when the wait began. */
WEIR_API int weir_event_wait_slow_(weir_event_t *e, uint64_t state,
                                   weir_deadline_t deadline);
WEIR_API int weir_event_wait_with_slow_(weir_event_t *e, uint64_t state,
                                        weir_deadline_t deadline,
                                        weir_token_t *token);
WEIR_API int weir_event_set_slow_(weir_event_t *e);

#ifndef WEIR_NO_INLINE

WEIR_API_INLINE int weir_event_set(weir_event_t *e)
{
    /* HINT: checked by the compare-and-swap. */
    uint64_t state = weir_load_rlx_(&e->state);

    if (WEIR_LIKELY(!(state & WEIR_EVENT_WAITERS_)) &&
        /* [F2] release; pairs with [F1]: the last access to *e. */
        WEIR_LIKELY(weir_cas_rel_(&e->state, &state, state | WEIR_EVENT_SET_)))
        return 0;
    return weir_event_set_slow_(e);
}

WEIR_API_INLINE bool weir_event_is_set(const weir_event_t *e)
{
    /* [F1] acquire; pairs with [F2] */
    return (weir_load_acq_(&e->state) & WEIR_EVENT_SET_) != 0;
}

WEIR_API_INLINE int weir_event_wait(weir_event_t *e)
{
    /* [F1] acquire; pairs with [F2] */
    uint64_t state = weir_load_acq_(&e->state);

    if (WEIR_LIKELY((state & WEIR_EVENT_SET_) != 0))
        return 0;
    return weir_event_wait_slow_(e, state, WEIR_FOREVER);
}

WEIR_API_INLINE int weir_event_wait_with(weir_event_t *e,
                                         weir_deadline_t deadline,
                                         weir_token_t *token)
{
    /* [F1] acquire; pairs with [F2] */
    uint64_t state = weir_load_acq_(&e->state);

    if (WEIR_LIKELY((state & WEIR_EVENT_SET_) != 0))
        return 0;
    return weir_event_wait_with_slow_(e, state, deadline, token);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
