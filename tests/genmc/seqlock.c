/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the sequence lock for GenMC.
 */
#include "genmc/model_genmc.h"

#include "futex/seqlock.c"

/* Names that the library has, too. */
#define is_unlocked model_is_unlocked
#include "model/seqlock.c"

static const struct model_program *genmc_programs(void)
{
    return model_seqlock;
}

static void genmc_prepare(void) {}
