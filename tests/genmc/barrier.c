/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the barrier for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/barrier.c"
#include "futex/barrier_wait.c"

/* A name that the library has, too. */
#define arrive model_arrive
#include "model/barrier.c"

static const struct model_program *genmc_programs(void)
{
    return model_barrier;
}

static void genmc_prepare(void) {}
