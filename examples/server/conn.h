/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Connections: a thread each, which reads requests, has workers do them, and
 * writes the answers.  There is a fixed number of places for them.
 */
#ifndef SERVER_CONN_H
#define SERVER_CONN_H

#include <stdbool.h>
#include <weir/mutex.h>
#include <weir/thread.h>
#include <weir/timer.h>
#include <weir/token.h>

struct server;

struct conn {
    struct server *server;
    weir_thread_t thread;
    bool used;          /* thread was started, and has not been joined */
    weir_token_t token; /* child of the server's stop */
    weir_timer_t idle;  /* runs while the client is to do something */
    bool was_cut;       /* it has fired */
    weir_mutex_t lock;
    int fd; /* guarded by lock, but for its thread; -1 closed */
};

/* Serve the socket in this place, which nobody uses.  When the connection has
 * ended the place is put into the server's queue of free places.  0, or an
 * error number: then the socket is the caller's, and so is the place. */
int conn_start(struct conn *conn, int fd);

/* Any thread: shut the socket down, as shutdown(2) does, if it is open. */
void conn_shut(struct conn *conn, int how);

/* Of a place that nobody uses: its last thread. */
void conn_join(struct conn *conn);

#endif
