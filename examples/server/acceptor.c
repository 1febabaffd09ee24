/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#define _POSIX_C_SOURCE 200809L
#include "acceptor.h"

#include <poll.h>
#include <unistd.h>
#include <weir/wait.h>

#include "server.h"

/* How long to leave clients alone where there are no files or threads left. */
#define PAUSE_NS 10000000

static void send_away(struct server *server, int fd)
{
    static const char text[] = "ERR too many connections\n";

    stats_count(&server->stats, COUNT_AWAY);
    (void)net_send(fd, text, sizeof(text) - 1);
    close(fd);
}

/* A new client gets a place, if one is free. */
static void admit(struct server *server, int fd)
{
    struct conn *conn;

    if (weir_queue_tryget(server->places, &conn) != 0) {
        send_away(server, fd);
    } else if (conn_start(conn, fd) != 0) {
        weir_queue_put(server->places, &conn);
        send_away(server, fd);
    }
}

void *acceptor_run(void *arg)
{
    struct server *server = arg;
    weir_wait_item_t items[] = {
        weir_wait_on_token(&server->drain),
        weir_wait_on_fd(server->listener, POLLIN),
    };
    size_t which;

    weir_latch_count_down(&server->ready, 1);
    while (weir_wait_any(items, 2, WEIR_FOREVER, &which) == 0 && which == 1) {
        int fd = net_accept(server->listener);

        if (fd >= 0)
            admit(server, fd);
        else /* gone again, or no file is left: no reason to hurry */
            (void)weir_token_wait_until(&server->drain, weir_after(PAUSE_NS));
    }
    return NULL;
}
