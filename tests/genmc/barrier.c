/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the barrier for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/barrier.c"

/* Names that the library has, too. */
#define inside model_inside
#define arrive model_arrive
#include "model/barrier.c"

static const struct model_program *genmc_programs(void)
{
    return model_barrier;
}

static void genmc_prepare(void) {}
