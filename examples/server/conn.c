/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#define _POSIX_C_SOURCE 200809L
#include "conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "server.h"
#include "worker.h"

void conn_shut(struct conn *conn, int how)
{
    weir_mutex_lock(&conn->lock);
    if (conn->fd >= 0)
        shutdown(conn->fd, how);
    weir_mutex_unlock(&conn->lock);
}

/* On the timer thread: the client has been silent, or does not read.  Whoever
 * waits for the socket is told that it has ended. */
static void cut_off(void *arg)
{
    struct conn *conn = arg;

    conn->was_cut = true;
    weir_token_cancel(&conn->token);
    conn_shut(conn, SHUT_RDWR);
}

/* --- requests --- */

/* Hand the job to the workers, if they have room for it.  They give up when its
 * token says so, so the wait needs no limit of its own. */
static const char *submit(struct server *server, struct job *job)
{
    switch (weir_queue_tryput(server->jobs, &job)) {
    case 0: weir_event_wait(&job->done); return job->answer;
    case EAGAIN: job->outcome = COUNT_BUSY; return "BUSY";
    default: job->outcome = COUNT_REFUSED; return "ERR stopping";
    }
}

/* What is answered at once, also when all workers are busy. */
static const char *report(struct server *server, struct job *job)
{
    size_t length = (size_t)snprintf(
        job->answer, sizeof(job->answer), "STATS active=%u queued=%zu ",
        atomic_load_explicit(&server->active, memory_order_relaxed),
        weir_queue_len(server->jobs));

    stats_print(&server->stats, job->answer + length,
                sizeof(job->answer) - length);
    job->outcome = COUNT_OK;
    return job->answer;
}

/* A wait costs no worker: or those that wait might take all of them, and
 * nobody would be left to do what they wait for. */
static const char *wait_here(struct server *server, struct job *job)
{
    if (weir_queue_closed(server->jobs)) {
        job->outcome = COUNT_REFUSED;
        return "ERR stopping";
    }
    job_perform(&server->store, job);
    return job->answer;
}

/* Its time begins. */
static int begin(struct conn *conn, struct job *job)
{
    weir_deadline_t deadline = weir_after(conn->server->options.request_ns);
    int error = weir_event_init(&job->done, 0);

    job->connection = &conn->token;
    return error == 0 ? weir_token_init(&job->token, &conn->token, deadline, 0)
                      : error;
}

static const char *answer(struct conn *conn, struct job *job, const char *line)
{
    const char *nonsense = command_parse(&job->command, line);

    job->outcome = COUNT_FAILED;
    if (nonsense != NULL)
        return nonsense;
    if (begin(conn, job) != 0)
        return "ERR internal";
    switch (job->command.verb) {
    case STATS: return report(conn->server, job);
    case WAIT: return wait_here(conn->server, job);
    case QUIT: job->outcome = COUNT_OK; return "OK";
    default: return submit(conn->server, job);
    }
}

/* --- the connection --- */

static void client_has_to_do_something(struct conn *conn)
{
    weir_timer_restart_at(&conn->idle,
                          weir_after(conn->server->options.idle_ns));
}

static bool reply(struct conn *conn, const char *text)
{
    char line[ANSWER_MAX + 1];
    int length = snprintf(line, sizeof(line), "%s\n", text);

    return net_send(conn->fd, line, (size_t)length) == 0;
}

/* Whether there may be another one. */
static bool serve_one(struct conn *conn, struct lines *lines)
{
    struct job job;
    const char *text;
    char *line;

    client_has_to_do_something(conn); /* read the last answer; send a request */
    switch (lines_next(lines, REQUEST_MAX, &line)) {
    case LINE_END: return false;
    case LINE_TOO_LONG:
        stats_count(&conn->server->stats, COUNT_FAILED);
        (void)reply(conn, "ERR line too long");
        return false;
    case LINE_READ: break;
    }
    weir_timer_cancel(&conn->idle); /* the request has a deadline */
    text = answer(conn, &job, line);
    stats_count(&conn->server->stats, job.outcome);
    client_has_to_do_something(conn);
    return reply(conn, text) &&
           (job.outcome != COUNT_OK || job.command.verb != QUIT);
}

static void hang_up(struct conn *conn)
{
    weir_timer_cancel_sync(&conn->idle, WEIR_FOREVER);
    if (conn->was_cut)
        stats_count(&conn->server->stats, COUNT_CUT);
    client_has_to_do_something(conn); /* to close its end */
    net_finish(conn->fd);
    weir_timer_cancel_sync(&conn->idle, WEIR_FOREVER);
    weir_mutex_lock(&conn->lock);
    close(conn->fd);
    conn->fd = -1;
    weir_mutex_unlock(&conn->lock);
}

static void *serve(void *arg)
{
    struct conn *conn = arg;
    struct server *server = conn->server;
    struct lines lines = {.fd = conn->fd};

    while (serve_one(conn, &lines))
        continue;
    hang_up(conn);
    weir_queue_put(server->places, &conn); /* there is room for all of them */
    return NULL;
}

int conn_start(struct conn *conn, int fd)
{
    int error;

    conn_join(conn);
    error = weir_token_init(&conn->token, &conn->server->stop, WEIR_FOREVER, 0);
    if (error == 0)
        error = weir_timer_init(&conn->idle, cut_off, conn, 0);
    if (error == 0)
        error = weir_thread_init(&conn->thread, NULL, serve, conn);
    if (error != 0)
        return error;
    conn->was_cut = false;
    conn->fd = fd;
    error = weir_thread_start(&conn->thread);
    conn->used = error == 0;
    if (error != 0)
        conn->fd = -1;
    return error;
}

void conn_join(struct conn *conn)
{
    if (conn->used)
        weir_thread_join(&conn->thread, WEIR_FOREVER, NULL);
    conn->used = false;
}
