/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A server for numbers by name: the protocol is in protocol.h, how it is made
 * in README.md.
 *
 *   server tcp:0 workers=4 queue=64 idle_ms=5000
 *
 * SIGTERM or SIGINT: do what was begun, refuse the rest, end.  Once more: end
 * at once.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"
#include "server.h"

static struct server server;

/* All that a signal handler may do with weir, and all that is needed. */
static void on_signal(int signal)
{
    (void)signal;
    weir_token_cancel(weir_token_is_cancelled(&server.drain) ? &server.stop
                                                             : &server.drain);
}

static int listen_to_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGTERM, &action, NULL) != 0 ||
           sigaction(SIGINT, &action, NULL) != 0;
}

/* name=number, with the number from 1 to 1000000. */
static int parse_option(struct server_options *options, const char *text)
{
    size_t length = strcspn(text, "=");
    char *end = NULL;
    long number = text[length] == '=' ? strtol(text + length + 1, &end, 10) : 0;
    const struct {
        const char *name;
        unsigned *count;
        int64_t *ns;
    } known[] = {
        {"workers", &options->workers, NULL},
        {"queue", &options->queue, NULL},
        {"connections", &options->connections, NULL},
        {"request_ms", NULL, &options->request_ns},
        {"idle_ms", NULL, &options->idle_ns},
        {"grace_ms", NULL, &options->grace_ns},
        {"linger_ms", NULL, &options->linger_ns},
    };

    if (end == NULL || *end != '\0' || number < 1 || number > 1000000)
        return -1;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) != length ||
            memcmp(known[i].name, text, length) != 0)
            continue;
        if (known[i].count != NULL)
            *known[i].count = (unsigned)number;
        else
            *known[i].ns = number * 1000000;
        return 0;
    }
    return -1;
}

static int parse(struct server_options *options, int argc, char **argv)
{
    if (argc < 2)
        return -1;
    options->address = argv[1];
    for (int i = 2; i < argc; i++)
        if (parse_option(options, argv[i]) != 0)
            return -1;
    return options->workers > WORKERS_MAX ? -1 : 0;
}

static void tell(bool all)
{
    char text[ANSWER_MAX];

    stats_print(&server.stats, text, sizeof(text));
    printf("final %s sum=%" PRId64 " all_done=%s\n", text,
           store_sum(&server.store), all ? "yes" : "no");
}

static int run(void)
{
    int error = server_start(&server);

    if (error != 0) {
        fprintf(stderr, "server: %s\n", weir_strerror(error));
        return 1;
    }
    printf("ready %s\n", server.address);
    fflush(stdout);
    tell(server_run(&server));
    return 0;
}

int main(int argc, char **argv)
{
    struct server_options options = {.workers = 4,
                                     .queue = 64,
                                     .connections = 64,
                                     .request_ns = 1000000000,
                                     .idle_ns = 10000000000,
                                     .grace_ns = 5000000000,
                                     .linger_ns = 500000000};
    int result;

    if (parse(&options, argc, argv) != 0) {
        fprintf(stderr, "usage: server unix:PATH|tcp:PORT [workers=N] [queue=N]"
                        " [connections=N]\n       [request_ms=N] [idle_ms=N]"
                        " [grace_ms=N] [linger_ms=N]\n");
        return 2;
    }
    if (server_init(&server, &options) != 0 || listen_to_signals() != 0)
        return 1;
    result = run();
    server_free(&server);
    return result;
}
