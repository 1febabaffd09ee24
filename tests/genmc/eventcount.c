/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the eventcount for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/eventcount.c"

#include "model/eventcount.c"

static const struct model_program *genmc_programs(void)
{
    return model_eventcount;
}

static void genmc_prepare(void) {}
