/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the condition, private and shared, for GenMC with its mutexes.
 */
#include "genmc/model_genmc.h"

#include "base/tunables.h"

/* As the explorer has it. */
#undef WEIR_COND_AT_ONCE
#define WEIR_COND_AT_ONCE 2u

#include "futex/mutex.c"
#include "futex/mutex_fair.c"
#include "futex/mutex_foreign.c"
#include "futex/mutex_wait.c"
#include "futex/parked.c"
#include "futex/rmutex.c"
#include "futex/cond.c"

/* Names that others of these have, too. */
#define spin cond_spin
#define set_up cond_set_up
#include "futex/cond_private.c"

#undef COUNT_MASK
#undef spin
#define spin cond_shared_spin
#define await cond_shared_await
#define pass_on cond_shared_pass_on
#include "futex/cond_shared.c"

#undef pass_on

#include "model/cond.c"

static const struct model_program *genmc_programs(void)
{
    return model_cond;
}

/* As set_up does for all slots, which would be 256 steps of each execution. */
static void genmc_prepare(void)
{
    struct state *s = (struct state *)(void *)genmc_state;

    (void)weir_fetch_or_sc_(weir_parked_slot_(&s->mutex), SYMMETRIC);
    (void)weir_fetch_or_sc_(weir_parked_slot_(lock_of(&s->cond)), SYMMETRIC);
}
