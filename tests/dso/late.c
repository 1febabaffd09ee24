/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A plugin with a static copy of the library inside, whose constructors run
 * when it is loaded.
 */
#include <weir/mutex.h>

WEIR_API int late_pair(weir_mutex_t *mutex);

int late_pair(weir_mutex_t *mutex)
{
    int result = weir_mutex_lock(mutex);

    return result != 0 ? result : weir_mutex_unlock(mutex);
}
