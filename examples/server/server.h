/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The server: what its threads share, and how they start and end.
 *
 *   acceptor --places--> connections --jobs--> workers
 *      ^                     |
 *      +------ places -------+
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <weir/latch.h>
#include <weir/queue.h>
#include <weir/thread.h>
#include <weir/token.h>

#include "conn.h"
#include "net.h"
#include "stats.h"
#include "store.h"

#define WORKERS_MAX 64u

struct server_options {
    const char *address;  /* see net.h */
    unsigned workers;     /* 1 to WORKERS_MAX */
    unsigned queue;       /* jobs that wait for a worker */
    unsigned connections; /* at a time */
    int64_t request_ns;   /* for a request */
    int64_t idle_ns;      /* for the client, to send one and read the answer */
    int64_t grace_ns;     /* for what was begun, when it is to end */
    int64_t linger_ns;    /* for the last answers, when that was too long */
};

struct server {
    struct server_options options;
    /* Cancelled, drain ends the server when all that was begun is done; stop,
     * its parent and that of all connections, ends it as soon as possible. */
    weir_token_t stop;
    weir_token_t drain;
    weir_queue_t *jobs;   /* of struct job *; closed: nothing new is begun */
    weir_queue_t *places; /* of struct conn *: those that nobody uses */
    struct conn *conns;   /* all of them */
    struct conn **taken;  /* out of places, for good, by server_run */
    unsigned taken_count;
    weir_thread_t workers[WORKERS_MAX];
    weir_thread_t acceptor;
    unsigned started;   /* workers */
    weir_latch_t ready; /* counts the threads that are there */
    int listener;
    char address[ADDRESS_MAX];
    _Atomic unsigned active; /* workers that have a job */
    struct store store;
    struct stats stats;
};

/* Before signal handlers may use the tokens. */
int server_init(struct server *server, const struct server_options *options);

/* Listen, and start the threads: 0, or an error number. */
int server_start(struct server *server);

/* Until drain or stop is cancelled, and all has ended.  True if all that was
 * begun was done, false if some of it was given up. */
bool server_run(struct server *server);

/* After server_run, or a start that failed. */
void server_free(struct server *server);

#endif
