/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How long a call waits: until a deadline, or until its token is cancelled.
 */
#ifndef WEIR_FUTEX_UNTIL_H
#define WEIR_FUTEX_UNTIL_H

#include <weir/token.h>

#include "base/time.h"

/* By value: two registers. */
struct weir_until {
    weir_deadline_t deadline; /* of the call and of the token's chain */
    weir_token_t *token;      /* or NULL */
};

/* Without a token. */
static inline struct weir_until weir_until_(weir_deadline_t deadline)
{
    struct weir_until until = {deadline, NULL};

    return until;
}

/* With one, or NULL.  If it is cancelled already, the call tries once. */
struct weir_until weir_until_with_(weir_deadline_t deadline,
                                   weir_token_t *token);

/* Whether there is nothing to wait for any more. */
bool weir_until_over_(struct weir_until until);

/* What a call returns: ETIMEDOUT becomes ECANCELED if that was why. */
int weir_until_why_(struct weir_until until, int result);

#endif
