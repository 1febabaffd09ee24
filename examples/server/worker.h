/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What workers do: take a job, do it, say that it is done.
 */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include <weir/event.h>
#include <weir/token.h>

#include "protocol.h"
#include "stats.h"
#include "store.h"

struct server;

/* A request on its way.  It is on the stack of its connection's thread, which
 * waits until it is done: so there is nothing to allocate, and no queue holds
 * more than a pointer. */
struct job {
    struct command command;
    weir_token_t *connection; /* parent of token */
    weir_token_t token;       /* also the deadline */
    enum count outcome;
    char answer[ANSWER_MAX]; /* without newline */
    weir_event_t done;       /* set by the worker as its last access */
};

/* Do it, or find that there is no time left: outcome and answer. */
void job_perform(struct store *store, struct job *job);

/* A thread's function; arg is the server.  Ends when the queue of jobs is
 * closed and empty. */
void *worker_run(void *arg);

#endif
