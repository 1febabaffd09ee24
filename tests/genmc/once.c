/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the once for GenMC.
 */
#include "genmc/model_genmc.h"

#include <unistd.h>

/* What the kernel calls this thread. */
#define gettid() ((int)weir_self_tid_())
#include "futex/once.c"

#include "model/once.c"

static const struct model_program *genmc_programs(void)
{
    return model_once;
}

static void genmc_prepare(void) {}
