/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The thread that waits for clients.
 */
#ifndef SERVER_ACCEPTOR_H
#define SERVER_ACCEPTOR_H

/* A thread's function; arg is the server.  Ends when drain is cancelled. */
void *acceptor_run(void *arg);

#endif
