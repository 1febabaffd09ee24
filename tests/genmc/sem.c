/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the semaphore for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/sem.c"

/* Names that the library has, too. */
#define post model_post
#include "model/sem.c"

static const struct model_program *genmc_programs(void)
{
    return model_sem;
}

static void genmc_prepare(void)
{
    genmc_wide = &((struct state *)(void *)genmc_state)->sem.state;
}
