/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The programs of the read-write lock for GenMC, without its bias.
 */
#include "genmc/model_genmc.h"

/* No line is ever given back. */
#define pthread_key_create(key, function) ((void)(key), (void)(function), 1)
#define pthread_key_delete(key) ((void)(key), 0)
#define pthread_setspecific(key, value) ((void)(key), (void)(value), 0)
#define spin readers_spin
#include "futex/readers.c"
#undef spin
#include "futex/rwlock.c"
#include "futex/rwlock_drain.c"
#include "futex/rwlock_open.c"
#include "futex/rwlock_read.c"
#include "futex/rwlock_wait.c"
#include "futex/rwlock_write.c"

/* Names that the library has, too. */
#undef QUEUED
#undef BIASED
#undef TABLED
#undef OF_INIT
#undef WRITERS_WAITING
#include "model/rwlock.c"

static const struct model_program *genmc_programs(void)
{
    return model_rwlock;
}

static void genmc_prepare(void)
{
    genmc_wide = &((struct state *)(void *)genmc_state)->lock.state;
}
