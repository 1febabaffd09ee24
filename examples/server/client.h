/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A client: a connection, and what should come out of it.
 *
 * Each client has keys that nobody else uses, of which it knows the value at
 * any time: so each answer about them is checked.  To keys that all share it
 * only adds, and remembers how much; the sums of all clients are checked in the
 * end.  What was answered BUSY or refused has changed nothing, nor has what was
 * not answered before the server ended the connection.
 */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "net.h"
#include "protocol.h"

#define OWN_KEYS 4u
#define SHARED_KEYS 8u
#define DEPTH_MAX 16u

struct tally {
    uint64_t ok, busy, refused;
    uint64_t away;       /* connections that were one too many */
    uint64_t unanswered; /* when the connection was ended */
    int64_t own;         /* sum of the values of own keys */
    int64_t added[SHARED_KEYS];
    struct histogram latency;
};

struct pending {
    enum verb verb;
    bool shared;
    unsigned key;
    int64_t value;
    int64_t sent_at;
};

struct client {
    unsigned id;
    uint64_t random;
    struct lines in;
    struct pending window[DEPTH_MAX]; /* sent, and not answered */
    uint64_t sent, answered;
    bool ended; /* the server takes no more */
    int64_t own[OWN_KEYS];
    struct tally tally;
};

/* --- one at a time --- */

int client_connect(const char *address);

/* Send text as a line (or several); false: the connection is broken. */
bool client_say(struct lines *in, const char *text);

/* The next line; NULL when there is none. */
const char *client_hear(struct lines *in);

/* Both; fails if the answer is not what it should be. */
void client_expect(struct lines *in, const char *text, const char *answer);

/* --- load --- */

/* Connect, however often it takes until there is a place. */
void client_open(struct client *client, unsigned id, uint64_t seed,
                 const char *address);

/* Send requests, up to depth at a time, until so many are answered or the
 * server refuses. */
void client_run(struct client *client, uint64_t requests, unsigned depth);

/* Read what is on its way, and close. */
void client_close(struct client *client);

void tally_add(struct tally *into, const struct tally *from);

#endif
