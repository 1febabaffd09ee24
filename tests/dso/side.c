/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * One of two shared objects that use one mutex, each with inline fast paths
 * of its own: compiled twice, with SIDE as prefix.
 */
#include "side.h"

int SIDE(lock)(weir_mutex_t *mutex)
{
    return weir_mutex_lock(mutex);
}

int SIDE(unlock)(weir_mutex_t *mutex)
{
    return weir_mutex_unlock(mutex);
}

const void *SIDE(table)(void)
{
    return weir_parked_;
}

int SIDE(rdlock)(weir_rwlock_t *rwlock)
{
    return weir_rwlock_rdlock(rwlock);
}

int SIDE(rdunlock)(weir_rwlock_t *rwlock)
{
    return weir_rwlock_rdunlock(rwlock);
}

/* Of the calling thread. */
const void *SIDE(line)(void)
{
    return weir_thread_local_(weir_reader_own_);
}
