/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the event for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/event.c"

#include "model/event.c"

static const struct model_program *genmc_programs(void)
{
    return model_event;
}

static void genmc_prepare(void)
{
    genmc_wide = &((struct state *)(void *)genmc_state)->event.state;
}
