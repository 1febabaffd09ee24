/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the recursive mutex for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/mutex.c"
#include "futex/mutex_fair.c"
#include "futex/mutex_foreign.c"
#include "futex/mutex_wait.c"
#include "futex/parked.c"
#include "futex/rmutex.c"

#include "model/rmutex.c"

static const struct model_program *genmc_programs(void)
{
    return model_rmutex;
}

/* As set_up does for all slots, which would be 256 steps of each execution. */
static void genmc_prepare(void)
{
    struct state *s = (struct state *)(void *)genmc_state;

    (void)weir_fetch_or_sc_(weir_parked_slot_(&s->mutex), SYMMETRIC);
}
