/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Clients that are too slow, in ways of their own.
 */
#ifndef SERVER_SLOW_H
#define SERVER_SLOW_H

#include "child.h"

/* Against a server that has little patience: until it has cut them all off,
 * and has served one that is not too slow. */
void slow_clients(struct child *child);

/* A client asks, and does not read the answers: that keeps no server up which
 * was told to end. */
void deaf_client(struct child *child);

#endif
