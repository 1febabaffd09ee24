/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#define _POSIX_C_SOURCE 200809L
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <weir/base.h>
#include <weir/token.h>

#include "child.h"

/* --- one at a time --- */

int client_connect(const char *address)
{
    int fd = net_connect(address);

    if (fd < 0)
        fail("%s: %s", address, strerror(errno));
    return fd;
}

bool client_say(struct lines *in, const char *text)
{
    return net_send(in->fd, text, strlen(text)) == 0;
}

const char *client_hear(struct lines *in)
{
    char *line;

    return lines_next(in, ANSWER_MAX, &line) == LINE_READ ? line : NULL;
}

void client_expect(struct lines *in, const char *text, const char *answer)
{
    const char *line;

    if (!client_say(in, text))
        fail("%s cannot be sent", text);
    line = client_hear(in);
    if (line == NULL || strcmp(line, answer) != 0)
        fail("%s is answered %s instead of %s", text,
             line == NULL ? "by nothing" : line, answer);
}

/* --- requests --- */

static uint64_t next_random(struct client *client)
{
    client->random ^= client->random << 13;
    client->random ^= client->random >> 7;
    client->random ^= client->random << 17;
    return client->random;
}

static unsigned below(struct client *client, unsigned limit)
{
    return (unsigned)(next_random(client) >> 32) % limit;
}

static void choose(struct client *client, struct pending *p)
{
    unsigned die = below(client, 100);

    p->shared = die < 40;
    p->verb = die < 60 ? ADD : die < 75 ? SET : die < 98 ? GET : SLEEP;
    p->key = below(client, p->shared ? SHARED_KEYS : OWN_KEYS);
    p->value = (int64_t)below(client, 2000) - 1000;
    p->sent_at = weir_now();
}

static int print_request(const struct client *client, const struct pending *p,
                         char *text, size_t size)
{
    char key[KEY_MAX + 1];

    if (p->verb == SLEEP)
        return snprintf(text, size, "SLEEP 1\n");
    if (p->shared)
        snprintf(key, sizeof(key), "shared.%u", p->key);
    else
        snprintf(key, sizeof(key), "own.%u.%u", client->id, p->key);
    if (p->verb == GET)
        return snprintf(text, size, "GET %s\n", key);
    return snprintf(text, size, "%s %s %" PRId64 "\n",
                    p->verb == ADD ? "ADD" : "SET", key, p->value);
}

/* As many as the window has room for, in one piece. */
static void send_some(struct client *client, uint64_t limit, unsigned depth)
{
    char text[DEPTH_MAX * REQUEST_MAX];
    size_t length = 0;

    while (client->sent < limit && client->sent - client->answered < depth) {
        struct pending *p = &client->window[client->sent++ % DEPTH_MAX];

        choose(client, p);
        length += (size_t)print_request(client, p, text + length,
                                        sizeof(text) - length);
    }
    if (net_send(client->in.fd, text, length) != 0)
        client->ended = true;
}

/* --- answers --- */

/* What the key is now, if it is the client's. */
static int64_t expected(struct client *client, const struct pending *p)
{
    int64_t *own = &client->own[p->key];

    if (p->verb == ADD)
        *own += p->value;
    else if (p->verb == SET)
        *own = p->value;
    return *own;
}

static void check_done(struct client *client, const struct pending *p,
                       const char *line)
{
    client->tally.ok++;
    if (p->verb == SLEEP) {
        if (weir_now() - p->sent_at < 1000000)
            fail("SLEEP was answered early");
    } else if (p->shared) {
        client->tally.added[p->key] += p->value;
    } else {
        int64_t is = strtoll(line + 2, NULL, 10);
        int64_t should_be = expected(client, p);

        if (is != should_be)
            fail("client %u: key %u is %" PRId64 ", should be %" PRId64,
                 client->id, p->key, is, should_be);
    }
}

static void check_answer(struct client *client, const char *line)
{
    const struct pending *p = &client->window[client->answered++ % DEPTH_MAX];

    histogram_add(&client->tally.latency, weir_now() - p->sent_at);
    if (strncmp(line, "OK", 2) == 0) {
        check_done(client, p, line);
    } else if (strcmp(line, "BUSY") == 0) {
        client->tally.busy++;
    } else if (strcmp(line, "ERR stopping") == 0) {
        client->tally.refused++;
        client->ended = true;
    } else {
        fail("client %u: %s", client->id, line);
    }
}

static bool hear_one(struct client *client)
{
    const char *line = client_hear(&client->in);

    if (line == NULL)
        client->ended = true;
    else
        check_answer(client, line);
    return line != NULL;
}

/* --- load --- */

static bool is_admitted(struct client *client)
{
    const char *line;

    (void)client_say(&client->in, "PING\n");
    line = client_hear(&client->in);
    if (line == NULL || strcmp(line, "ERR too many connections") == 0)
        return false;
    client->tally.ok += strcmp(line, "OK") == 0;
    client->tally.busy += strcmp(line, "BUSY") == 0;
    return true;
}

void client_open(struct client *client, unsigned id, uint64_t seed,
                 const char *address)
{
    weir_token_t never = WEIR_TOKEN_INIT;

    memset(client, 0, sizeof(*client));
    client->id = id;
    client->random = (seed + id + 1) * 0x9e3779b97f4a7c15u | 1;
    for (;;) {
        client->in = (struct lines){.fd = client_connect(address)};
        if (is_admitted(client))
            return;
        client->tally.away++;
        close(client->in.fd);
        (void)weir_token_wait_until(&never, weir_after(2000000));
    }
}

void client_run(struct client *client, uint64_t requests, unsigned depth)
{
    uint64_t limit = requests > UINT64_MAX - client->sent
                         ? UINT64_MAX
                         : client->sent + requests;

    while (client->answered < limit && !client->ended) {
        send_some(client, limit, depth);
        do
            (void)hear_one(client);
        while (client->sent - client->answered > depth / 2 && !client->ended);
    }
}

void client_close(struct client *client)
{
    while (client->answered < client->sent && hear_one(client))
        continue;
    client->tally.unanswered = client->sent - client->answered;
    for (unsigned i = 0; i < OWN_KEYS; i++)
        client->tally.own += client->own[i];
    close(client->in.fd);
}

void tally_add(struct tally *into, const struct tally *from)
{
    into->ok += from->ok;
    into->busy += from->busy;
    into->refused += from->refused;
    into->away += from->away;
    into->unanswered += from->unanswered;
    into->own += from->own;
    for (unsigned i = 0; i < SHARED_KEYS; i++)
        into->added[i] += from->added[i];
    histogram_merge(&into->latency, &from->latency);
}
