/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers: connections that are dropped when nothing is heard of them for some
 * time, and a heartbeat.  Each connection has its timer inside; all of them
 * share one thread.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <weir/weir.h>

#define MILLISECONDS INT64_C(1000000) /* in nanoseconds */
#define CONNECTIONS 100
#define PATIENCE (200 * MILLISECONDS)

struct connection {
    weir_timer_t timer;
    bool is_open; /* guarded by the order of start, callback and join */
};

static struct connection connections[CONNECTIONS];
static atomic_int beats;

/* Runs on the timer thread. */
static void drop(void *arg)
{
    struct connection *connection = arg;

    connection->is_open = false;
}

static void beat(void *unused)
{
    (void)unused;
    atomic_fetch_add(&beats, 1);
}

/* Something was heard: its time begins anew. */
static int heard_of(struct connection *connection)
{
    return weir_timer_restart_at(&connection->timer, weir_after(PATIENCE));
}

static int open_all(void)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        struct connection *connection = &connections[i];

        connection->is_open = true;
        if (weir_timer_init(&connection->timer, drop, connection, 0) != 0 ||
            heard_of(connection) != 0)
            return 1;
    }
    return 0;
}

int main(void)
{
    weir_timer_t heart;
    int in_time = 0;
    int open = 0;

    if (open_all() != 0 || weir_timer_init(&heart, beat, NULL, 0) != 0 ||
        weir_timer_start_every(&heart, WEIR_NOW, 10 * MILLISECONDS) != 0)
        return 1;

    /* Every second one is heard of, and then has all the time there is (unless
     * this was too late for it: then its timer has fired); the others are
     * silent.  A join waits until a timer has fired. */
    for (int i = 0; i < CONNECTIONS; i += 2) {
        if (heard_of(&connections[i]) != 0)
            return 1;
        in_time +=
            weir_timer_cancel_sync(&connections[i].timer, WEIR_FOREVER) == 0 &&
            connections[i].is_open;
    }
    for (int i = 1; i < CONNECTIONS; i += 2)
        weir_timer_join(&connections[i].timer, WEIR_FOREVER);

    /* No callback of the heart runs after this, and none will. */
    weir_timer_cancel_sync(&heart, WEIR_FOREVER);
    for (int i = 0; i < CONNECTIONS; i++)
        open += connections[i].is_open;
    printf("%d of %d connections are open, after %d heartbeats\n", open,
           CONNECTIONS, atomic_load(&beats));
    return open == in_time && atomic_load(&beats) >= 1 ? 0 : 1;
}
