/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the queue for GenMC: puts, gets, and the close.
 */
#include "genmc/model_genmc.h"

#include "atomics/ring.c"
#include "futex/eventcount.c"
#include "futex/queue.c"
#include "futex/queue_close.c"
#include "futex/queue_foreign.c"
#include "futex/queue_life.c"
#include "futex/queue_many.c"
#include "futex/queue_wait.c"

#include "model/queue.c"

static const struct model_program *genmc_programs(void)
{
    return model_queue;
}

static void genmc_prepare(void) {}
