/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What weir_wait_any needs of the machine, beside futexes: poll(2), and chance.
 */
#ifndef WEIR_THREAD_WAIT_SYS_H
#define WEIR_THREAD_WAIT_SYS_H

#include <poll.h>

#include <weir/base.h>

/* Sleep until one of n files is ready, or the deadline has passed, or a signal
 * came: how many are ready.  n may be 0. */
unsigned weir_poll_(struct pollfd *files, unsigned n, weir_deadline_t deadline);

/* A number that is another one each time, in each thread. */
uint32_t weir_chance_(void);

#endif
