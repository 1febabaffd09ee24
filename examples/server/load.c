/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The load generator: starts a server, has many clients use it, or a few use
 * it badly, and checks each answer, and what the server says in the end.
 *
 *   load plain tcp:0 ./server
 *
 * ctest runs it in all its modes.  Nothing depends on how fast it goes.
 */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>
#include <weir/token.h>

#include "child.h"
#include "client.h"
#include "crowd.h"
#include "slow.h"

static struct lines connect_to(const struct child *child)
{
    return (struct lines){.fd = client_connect(child->address)};
}

static void must_hear_either(struct lines *in, const char *one,
                             const char *other)
{
    const char *line = client_hear(in);

    if (line == NULL || (strcmp(line, one) != 0 && strcmp(line, other) != 0))
        fail("heard %s instead of %s", line == NULL ? "nothing" : line, one);
}

static void must_hear(struct lines *in, const char *answer)
{
    must_hear_either(in, answer, answer);
}

static void must_end(struct lines *in)
{
    check(client_hear(in) == NULL);
    close(in->fd);
}

static void must_say(const struct child *child, const char *name,
                     const char *text)
{
    check(strncmp(child_text(child, name), text, strlen(text)) == 0);
}

/* Whether the server has so much to do, just now. */
static bool has_to_do(struct lines *in, const char *wanted)
{
    weir_token_t never = WEIR_TOKEN_INIT;
    const char *line;

    check(client_say(in, "STATS\n"));
    line = client_hear(in);
    check(line != NULL);
    if (strncmp(line, wanted, strlen(wanted)) == 0)
        return true;
    (void)weir_token_wait_until(&never, weir_after(1000000));
    return false;
}

static void await_work(struct lines *in, const char *wanted)
{
    while (!has_to_do(in, wanted))
        continue;
}

/* --- modes --- */

static struct crowd crowd;

static void begin_crowd(struct child *child, unsigned clients, unsigned depth,
                        uint64_t requests)
{
    crowd.child = child;
    crowd.clients = clients;
    crowd.depth = depth;
    crowd.requests = requests;
    crowd_start(&crowd);
}

static void end_crowd(struct child *child)
{
    crowd_join(&crowd);
    crowd_check_shared(&crowd);
    child_signal(child);
    child_end(child);
    crowd_check_final(&crowd);
}

/* As many clients as the server likes; and one that waits for another. */
static void plain(struct child *child)
{
    struct lines one = connect_to(child), other = connect_to(child);

    begin_crowd(child, 8, 8, 4000);
    check(client_say(&one, "WAIT gate 5\n"));
    client_expect(&other, "ADD gate 3\n", "OK 3");
    client_expect(&other, "ADD gate 2\n", "OK 5");
    must_hear(&one, "OK 5");
    client_expect(&one, "SET gate 0\n", "OK 0");
    client_expect(&one, "QUIT\n", "OK");
    must_end(&one);
    close(other.fd);
    crowd.tally.ok += 5;
    end_crowd(child);
    check(crowd.tally.unanswered == 0 && crowd.tally.refused == 0);
}

/* More clients than places, more requests than the queue takes. */
static void crowded(struct child *child)
{
    begin_crowd(child, 32, 4, 100);
    end_crowd(child);
    check(crowd.tally.unanswered == 0 && crowd.tally.refused == 0);
}

/* Told to end in the middle: what was begun is answered, the rest refused, or
 * never read; and the numbers are what clients were told. */
static void shutdown_in_the_middle(struct child *child)
{
    begin_crowd(child, 8, 8, CROWD_ENDLESS);
    weir_latch_wait(&crowd.warm);
    child_signal(child);
    child_end(child);
    crowd_join(&crowd);
    crowd_check_final(&crowd);
}

/* What there is to do is so much, and the time is not over. */
static bool comes_to(struct lines *observer, const char *wanted,
                     weir_deadline_t end)
{
    while (weir_now() < end)
        if (has_to_do(observer, wanted))
            return weir_now() < end;
    return false;
}

/* One request is worked on, another waits for that.  False if the machine was
 * so slow that the first may be done, which takes until `end` at least. */
static bool begin_work(struct lines *first, struct lines *second,
                       struct lines *observer)
{
    weir_deadline_t end = weir_after(300000000);
    bool works;

    check(client_say(first, "SLEEP 300\nADD key 10\n"));
    works = comes_to(observer, "STATS active=1 queued=0 ", end);
    check(client_say(second, "ADD key 100\n"));
    return works && comes_to(observer, "STATS active=1 queued=1 ", end);
}

/* Told to end in that state: both are done; what follows them is refused, and
 * who has asked for nothing is told by the end of the connection. */
static void drain(struct child *child)
{
    struct lines first = connect_to(child), second = connect_to(child);
    struct lines idle = connect_to(child);

    client_expect(&idle, "SET key 1\n", "OK 1");
    if (begin_work(&first, &second, &idle)) {
        child_signal(child);
        must_hear(&first, "OK");
        must_hear_either(&first, "ERR stopping", "OK 111");
        must_hear(&second, "OK 101");
    } else {
        child_signal(child);
    }
    must_end(&idle);
    child_end(child);
    must_say(child, "all_done", "yes");
    close(first.fd);
    close(second.fd);
}

/* What takes too long is given up, not before its time, and nothing else. */
static void deadline(struct child *child)
{
    static const char *const stuck[] = {"SLEEP 3600000\n", "WAIT never 1\n"};
    struct lines in = connect_to(child);
    const char *line;

    for (int i = 0; i < 2; i++) {
        weir_deadline_t begun = weir_now();

        client_expect(&in, stuck[i], "ERR deadline");
        check(weir_now() - begun >= 100000000);
    }
    do { /* the machine may be that slow */
        check(client_say(&in, "PING\n"));
        line = client_hear(&in);
        check(line != NULL);
    } while (strcmp(line, "ERR deadline") == 0);
    check(strcmp(line, "OK") == 0);
    close(in.fd);
    child_signal(child);
    child_end(child);
    must_say(child, "all_done", "yes");
    check(child_value(child, "failed") >= 2);
}

#define STUCK 6 /* two workers, and a queue of four */

/* First those that the workers take, then those that stay in the queue. */
static void begin_stuck(struct child *child, struct lines *clients,
                        struct lines *observer)
{
    for (int i = 0; i < STUCK; i++) {
        if (i == 2)
            await_work(observer, "STATS active=2 queued=0 ");
        clients[i] = connect_to(child);
        check(client_say(&clients[i], "SLEEP 3600000\n"));
    }
    await_work(observer, "STATS active=2 queued=4 ");
}

static void must_be_cancelled(struct lines *clients)
{
    for (int i = 0; i < STUCK; i++) {
        must_hear(&clients[i], "ERR cancelled");
        must_end(&clients[i]);
    }
}

/* Told to end, the server waits for what will not end, until it is told once
 * more. */
static void second_signal(struct child *child)
{
    struct lines clients[STUCK], in = connect_to(child);
    const char *line;

    begin_stuck(child, clients, &in);
    client_expect(&in, "ADD key 1\n", "BUSY");
    child_signal(child);
    do
        line = client_say(&in, "ADD key 1\n") ? client_hear(&in) : NULL;
    while (line != NULL && strcmp(line, "BUSY") == 0);
    check(line == NULL || strcmp(line, "ERR stopping") == 0);
    child_signal(child);
    must_be_cancelled(clients);
    close(in.fd);
    child_end(child);
    must_say(child, "all_done", "no");
    check(child_value(child, "failed") == STUCK);
    check(child_value(child, "sum") == 0);
}

/* The same, where it has no patience itself. */
static void grace(struct child *child)
{
    struct lines clients[STUCK], in = connect_to(child);

    begin_stuck(child, clients, &in);
    child_signal(child);
    must_be_cancelled(clients);
    must_end(&in);
    child_end(child);
    must_say(child, "all_done", "no");
    check(child_value(child, "failed") == STUCK);
}

/* What is no request is told so. */
static void nonsense(struct child *child)
{
    static const char *const pairs[][2] = {
        {"\n", "ERR no such command"},
        {"get key\n", "ERR no such command"},
        {"GETS key\n", "ERR no such command"},
        {"GET\n", "ERR bad key"},
        {"GET abcdefghijklmnopqrstuvwxy\n", "ERR bad key"},
        {"SET key\n", "ERR bad value"},
        {"SET key 1x\n", "ERR bad value"},
        {"SET key 99999999999999999999\n", "ERR bad value"},
        {"GET key more\n", "ERR too many words"},
        {"GET abcdefghijklmnopqrstuvwx\n", "OK 0"},
        {"SET key -7\n", "OK -7"},
    };
    struct lines in = connect_to(child);
    char text[2 * REQUEST_MAX];

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        client_expect(&in, pairs[i][0], pairs[i][1]);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    client_expect(&in, text, "ERR line too long");
    must_end(&in);
    child_signal(child);
    child_end(child);
    must_say(child, "all_done", "yes");
    check(child_value(child, "sum") == -7);
}

static const struct {
    const char *name;
    void (*run)(struct child *child);
    const char *options;
} modes[] = {
    {"plain", plain, "request_ms=600000 idle_ms=600000"},
    {"crowd", crowded,
     "workers=2 queue=4 connections=24 request_ms=600000 idle_ms=600000"},
    {"shutdown", shutdown_in_the_middle,
     "request_ms=600000 idle_ms=600000 grace_ms=600000"},
    {"drain", drain,
     "workers=1 request_ms=600000 idle_ms=600000 grace_ms=600000"},
    {"slow", slow_clients, "request_ms=600000 idle_ms=300 grace_ms=600000"},
    {"deadline", deadline, "request_ms=100 idle_ms=600000 grace_ms=600000"},
    {"second_signal", second_signal,
     "workers=2 queue=4 request_ms=600000 idle_ms=600000 grace_ms=600000 "
     "linger_ms=600000"},
    {"grace", grace,
     "workers=2 queue=4 request_ms=600000 idle_ms=600000 grace_ms=50 "
     "linger_ms=600000"},
    {"deaf", deaf_client, "idle_ms=600000 grace_ms=50 linger_ms=50"},
    {"nonsense", nonsense, "request_ms=600000 idle_ms=600000 grace_ms=600000"},
};

int main(int argc, char **argv)
{
    static struct child child;

    for (size_t i = 0; argc > 3 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(modes[i].name, argv[1]) != 0)
            continue;
        child_start(&child, argv + 3, argv[2], modes[i].options);
        modes[i].run(&child);
        return 0;
    }
    fprintf(stderr, "usage: load MODE unix:PATH|tcp:PORT SERVER...\n");
    return 2;
}
