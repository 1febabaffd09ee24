/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#define _POSIX_C_SOURCE 200809L
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "acceptor.h"
#include "worker.h"

int server_init(struct server *server, const struct server_options *options)
{
    int error;

    memset(server, 0, sizeof(*server));
    server->options = *options;
    server->listener = -1;
    error = stats_init(&server->stats);
    if (error == 0)
        error = weir_token_init(&server->stop, NULL, WEIR_FOREVER, 0);
    if (error == 0)
        error = weir_token_init(&server->drain, &server->stop, WEIR_FOREVER, 0);
    return error;
}

/* --- start --- */

static int make_places(struct server *server)
{
    unsigned n = server->options.connections;
    int error = weir_queue_create(&server->places, n, sizeof(struct conn *), 0);

    if (error != 0)
        return error;
    server->conns = calloc(n, sizeof(*server->conns));
    server->taken = calloc(n, sizeof(struct conn *));
    if (server->conns == NULL || server->taken == NULL)
        return ENOMEM;
    for (unsigned i = 0; i < n && error == 0; i++) {
        struct conn *conn = &server->conns[i];

        conn->server = server;
        conn->fd = -1;
        error = weir_queue_tryput(server->places, &conn);
    }
    return error;
}

static int start_thread(weir_thread_t *thread, const char *name,
                        void *(*fn)(void *), struct server *server)
{
    weir_thread_attr_t attr = {.name = name};
    int error = weir_thread_init(thread, &attr, fn, server);

    return error == 0 ? weir_thread_start(thread) : error;
}

static int start_threads(struct server *server)
{
    int error = weir_latch_init(&server->ready, server->options.workers + 1, 0);

    while (error == 0 && server->started < server->options.workers) {
        error = start_thread(&server->workers[server->started], "worker",
                             worker_run, server);
        server->started += error == 0;
    }
    if (error == 0)
        error =
            start_thread(&server->acceptor, "acceptor", acceptor_run, server);
    return error == 0 ? weir_latch_wait(&server->ready) : error;
}

static void join_workers(struct server *server)
{
    for (unsigned i = 0; i < server->started; i++)
        weir_thread_join(&server->workers[i], WEIR_FOREVER, NULL);
}

int server_start(struct server *server)
{
    int error = weir_queue_create(&server->jobs, server->options.queue,
                                  sizeof(struct job *), 0);

    if (error == 0)
        error = make_places(server);
    if (error == 0) {
        server->listener = net_listen(server->options.address, server->address);
        error = server->listener < 0 ? errno : stats_start(&server->stats);
    }
    if (error == 0)
        error = start_threads(server);
    if (error != 0 && server->started > 0) {
        weir_queue_close(server->jobs);
        join_workers(server);
    }
    return error;
}

/* --- the end --- */

static void shut_all(struct server *server, int how)
{
    for (unsigned i = 0; i < server->options.connections; i++)
        conn_shut(&server->conns[i], how);
}

static int await_workers(struct server *server, weir_deadline_t deadline)
{
    int error = weir_queue_drain_with(server->jobs, deadline, &server->stop);

    for (unsigned i = 0; i < server->started && error == 0; i++)
        error = weir_thread_join_with(&server->workers[i], deadline,
                                      &server->stop, NULL);
    return error;
}

/* Connections have ended when their places are free.  This takes them all. */
static int await_connections(struct server *server, weir_deadline_t deadline,
                             weir_token_t *token)
{
    size_t done = 0;
    int error = weir_queue_get_many_with(
        server->places, server->taken + server->taken_count,
        server->options.connections - server->taken_count, deadline, token,
        &done);

    server->taken_count += (unsigned)done;
    return error;
}

/* Nothing new is begun: a job that is put into a closed queue is refused, and
 * requests that come now are not read. */
static void begin_no_more(struct server *server)
{
    weir_queue_close(server->jobs);
    weir_thread_join(&server->acceptor, WEIR_FOREVER, NULL);
    net_unlisten(server->listener, server->address);
    server->listener = -1;
    shut_all(server, SHUT_RD);
}

/* Workers find their tokens cancelled, whatever they wait for, and answer that;
 * a client has some time to read it. */
static void give_up(struct server *server)
{
    weir_token_cancel(&server->stop);
    join_workers(server);
    if (await_connections(server, weir_after(server->options.linger_ns),
                          NULL) == 0)
        return;
    shut_all(server, SHUT_RDWR);
    (void)await_connections(server, WEIR_FOREVER, NULL);
}

bool server_run(struct server *server)
{
    weir_deadline_t deadline;
    bool all;

    weir_token_wait(&server->drain);
    deadline = weir_after(server->options.grace_ns);
    begin_no_more(server);
    all = await_workers(server, deadline) == 0 &&
          await_connections(server, deadline, &server->stop) == 0;
    if (!all)
        give_up(server);
    for (unsigned i = 0; i < server->options.connections; i++)
        conn_join(&server->conns[i]);
    /* What was told to stop may have ended before anybody waited for it. */
    return all && !weir_token_is_cancelled(&server->stop);
}

void server_free(struct server *server)
{
    if (server->listener >= 0)
        net_unlisten(server->listener, server->address);
    stats_stop(&server->stats);
    weir_queue_destroy(server->jobs);
    weir_queue_destroy(server->places);
    free(server->conns);
    free(server->taken);
    store_free(&server->store);
}
