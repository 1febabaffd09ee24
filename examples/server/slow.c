/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#define _POSIX_C_SOURCE 200809L
#include "slow.h"

#include <string.h>
#include <unistd.h>
#include <weir/thread.h>
#include <weir/token.h>

#include "client.h"

static void pause_ms(int64_t ms)
{
    weir_token_t never = WEIR_TOKEN_INIT;

    (void)weir_token_wait_until(&never, weir_after(ms * 1000000));
}

/* Connects, and says nothing. */
static void be_silent(struct lines *in)
{
    (void)in;
}

/* Does not come to the end of its request. */
static void stop_half_way(struct lines *in)
{
    (void)client_say(in, "GET some");
}

/* Sends something all the time, but never a line. */
static void trickle(struct lines *in)
{
    for (int i = 0; i < 100 && client_say(in, "x"); i++)
        pause_ms(10);
}

/* Asks, and does not read, until the server has no room for answers. */
static void be_deaf(struct lines *in)
{
    while (client_say(in, "STATS\nSTATS\nSTATS\nSTATS\nSTATS\nSTATS\n"))
        continue;
}

struct slow {
    void (*behave)(struct lines *in);
    const struct child *child;
    weir_thread_t thread;
};

static void *be_slow(void *arg)
{
    const struct slow *slow = arg;
    struct lines in = {.fd = client_connect(slow->child->address)};

    slow->behave(&in);
    while (client_hear(&in) != NULL)
        continue;
    close(in.fd); /* the server has ended it */
    return NULL;
}

/* Has the server work for longer than that has patience with clients: it is
 * not the client that is slow.  But it may be, on a busy machine; then it is
 * told so, and tries again.  Returns how often it was cut off. */
static int be_patient(const struct child *child)
{
    for (int cut = 0;; cut++) {
        struct lines in = {.fd = client_connect(child->address)};
        int answers = 0;
        const char *line;

        (void)client_say(&in, "SLEEP 400\nPING\nQUIT\n");
        while ((line = client_hear(&in)) != NULL && strcmp(line, "OK") == 0)
            answers++;
        close(in.fd);
        if (answers == 3)
            return cut;
    }
}

void slow_clients(struct child *child)
{
    struct slow slow[] = {{.behave = be_silent},
                          {.behave = stop_half_way},
                          {.behave = trickle},
                          {.behave = be_deaf}};
    int cut, count = (int)(sizeof(slow) / sizeof(slow[0]));

    for (int i = 0; i < count; i++) {
        slow[i].child = child;
        check(weir_thread_init(&slow[i].thread, NULL, be_slow, &slow[i]) == 0);
        check(weir_thread_start(&slow[i].thread) == 0);
    }
    cut = be_patient(child);
    for (int i = 0; i < count; i++)
        check(weir_thread_join(&slow[i].thread, WEIR_FOREVER, NULL) == 0);
    child_signal(child);
    child_end(child);
    check(child_value(child, "cut") >= count + cut);
    check(child_value(child, "cut") <= count + cut + 1);
}

static void *ask_only(void *arg)
{
    be_deaf(arg);
    return NULL;
}

void deaf_client(struct child *child)
{
    struct lines in = {.fd = client_connect(child->address)};
    weir_thread_t thread;

    check(weir_thread_init(&thread, NULL, ask_only, &in) == 0);
    check(weir_thread_start(&thread) == 0);
    pause_ms(50); /* now the server waits for the client, most likely */
    child_signal(child);
    child_end(child);
    check(weir_thread_join(&thread, WEIR_FOREVER, NULL) == 0);
    close(in.fd);
}
