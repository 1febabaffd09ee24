/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the mutex, with its table of sleepers, for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/mutex.c"
#include "futex/mutex_fair.c"
#include "futex/mutex_foreign.c"
#include "futex/mutex_wait.c"
#include "futex/parked.c"

#include "model/mutex.c"

static const struct model_program *genmc_programs(void)
{
    return model_mutex;
}

/* As set_up does for all slots, which would be 256 steps of each execution. */
static void genmc_prepare(void)
{
    (void)weir_fetch_or_sc_(weir_parked_slot_(genmc_state), SYMMETRIC);
}
