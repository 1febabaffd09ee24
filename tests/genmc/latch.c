/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the latch for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/latch.c"

/* Names that the library has, too. */
#define is_open model_is_open
#include "model/latch.c"

static const struct model_program *genmc_programs(void)
{
    return model_latch;
}

static void genmc_prepare(void) {}
