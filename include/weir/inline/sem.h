/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The paths of the semaphore when nobody has to wait.  Not an interface:
 * include weir/sem.h.  The word, the protocol and the proof are in
 * src/futex/sem.c; the tags below have their partners there.
 *
 * Each begins with a guess, and not with a load: that the semaphore is a plain
 * one, private and without a bound, that goes from 0 to 1 and back.  A load
 * behind a locked instruction costs nearly as much as another of those, and
 * where the line is in another CPU's cache it would be fetched twice, to be read
 * and to be written.  A guess that is wrong has read the word.
 *
 * ORDERS
 *   [S1] take  compare-and-swap acquire; pairs with [S2], sem.c:[S2]
 *   [S2] post  compare-and-swap release; pairs with [S1], sem.c:[S1]
 */
#ifndef WEIR_INLINE_SEM_H
#define WEIR_INLINE_SEM_H

#ifdef __cplusplus
extern "C" {
#endif

/* The lower half of the word: permits, and whether threads may sleep. */
#define WEIR_SEM_VALUE_ ((uint64_t)WEIR_SEM_MAX)
#define WEIR_SEM_WAITERS_ ((uint64_t)1 << 31)
/* The upper half: how much less than WEIR_SEM_MAX the bound is. */
#define WEIR_SEM_LESS_SHIFT_ 32

/* Whether there are as many permits as there may be. */
#define weir_sem_is_full_(state)                                               \
    ((((state) + ((state) >> WEIR_SEM_LESS_SHIFT_)) & WEIR_SEM_VALUE_) ==      \
     WEIR_SEM_VALUE_)

WEIR_API int weir_sem_wait_slow_(weir_sem_t *s, weir_deadline_t deadline);
WEIR_API int weir_sem_wait_with_slow_(weir_sem_t *s, weir_deadline_t deadline,
                                      weir_token_t *token);
WEIR_API int weir_sem_post_slow_(weir_sem_t *s);

#ifndef WEIR_NO_INLINE

/* Take a permit, if that takes no more than two guesses. */
WEIR_API_INLINE bool weir_sem_take_(weir_sem_t *s)
{
    uint64_t state = 1;

    /* [S1] acquire; pairs with [S2]; the failed value is only a HINT. */
    if (WEIR_LIKELY(weir_cas_acq_(&s->state, &state, 0)))
        return true;
    return WEIR_LIKELY((state & WEIR_SEM_VALUE_) != 0) &&
           /* [S1] acquire; pairs with [S2] */
           WEIR_LIKELY(weir_cas_acq_(&s->state, &state, state - 1));
}

WEIR_API_INLINE int weir_sem_wait(weir_sem_t *s)
{
    if (WEIR_LIKELY(weir_sem_take_(s)))
        return 0;
    return weir_sem_wait_slow_(s, WEIR_FOREVER);
}

WEIR_API_INLINE int weir_sem_wait_with(weir_sem_t *s, weir_deadline_t deadline,
                                       weir_token_t *token)
{
    if (WEIR_LIKELY(weir_sem_take_(s)))
        return 0;
    return weir_sem_wait_with_slow_(s, deadline, token);
}

WEIR_API_INLINE int weir_sem_post(weir_sem_t *s)
{
    uint64_t state = 0;

    /* [S2] release; pairs with [S1]: the last access to *s; the failed value is
     * only a HINT. */
    if (WEIR_LIKELY(weir_cas_rel_(&s->state, &state, 1)))
        return 0;
    if (WEIR_LIKELY(!(state & WEIR_SEM_WAITERS_) &&
                    !weir_sem_is_full_(state)) &&
        /* [S2] release; pairs with [S1]: the last access to *s. */
        WEIR_LIKELY(weir_cas_rel_(&s->state, &state, state + 1)))
        return 0;
    return weir_sem_post_slow_(s);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
