/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Grace periods where there is no liburcu: readers hold a lock, one at a time,
 * and whoever has held it after them knows that they have gone.
 */
#include "thread/grace.h"

#include <weir/mutex.h>

static weir_mutex_t reading = WEIR_MUTEX_INIT;

void weir_read_begin_(void)
{
    (void)weir_mutex_lock(&reading);
}

void weir_read_end_(void)
{
    (void)weir_mutex_unlock(&reading);
}

bool weir_grace_(void)
{
    weir_read_begin_();
    weir_read_end_();
    return true;
}

void weir_grace_before_fork_(void)
{
    weir_read_begin_();
}

void weir_grace_after_fork_(void)
{
    weir_read_end_();
}

/* Held by a thread that waits for it in the parent, it may be marked so. */
void weir_grace_in_child_(void)
{
    (void)weir_mutex_init(&reading, 0);
}
