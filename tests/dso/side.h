/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What each of the two shared objects offers.
 */
#ifndef WEIR_TESTS_DSO_SIDE_H
#define WEIR_TESTS_DSO_SIDE_H

#include <weir/mutex.h>
#include <weir/rwlock.h>

#define SIDE_NAME(side, name) side##_##name
#define SIDE_OF(side, name) SIDE_NAME(side, name)
#define SIDE(name) SIDE_OF(WEIR_SIDE, name)

WEIR_API int left_lock(weir_mutex_t *mutex);
WEIR_API int left_unlock(weir_mutex_t *mutex);
WEIR_API const void *left_table(void);
WEIR_API int right_lock(weir_mutex_t *mutex);
WEIR_API int right_unlock(weir_mutex_t *mutex);
WEIR_API const void *right_table(void);
WEIR_API int left_rdlock(weir_rwlock_t *rwlock);
WEIR_API int left_rdunlock(weir_rwlock_t *rwlock);
WEIR_API const void *left_line(void);
WEIR_API int right_rdlock(weir_rwlock_t *rwlock);
WEIR_API int right_rdunlock(weir_rwlock_t *rwlock);
WEIR_API const void *right_line(void);

#endif
