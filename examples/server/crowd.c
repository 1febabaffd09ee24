/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "crowd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WARM 200

static void *be_client(void *arg)
{
    struct member *member = arg;
    struct crowd *crowd = member->crowd;
    struct client *client = &member->client;

    check(weir_barrier_wait(&crowd->start, NULL) == 0);
    client_open(client, (unsigned)(member - crowd->members), crowd->seed,
                crowd->child->address);
    client_run(client, WARM, crowd->depth);
    weir_latch_count_down(&crowd->warm, 1);
    client_run(client, crowd->requests, crowd->depth);
    client_close(client);
    return NULL;
}

static uint64_t choose_seed(void)
{
    const char *given = getenv("LOAD_SEED");
    uint64_t seed =
        given == NULL ? (uint64_t)weir_now() : strtoull(given, NULL, 10);

    printf("seed: LOAD_SEED=%" PRIu64 "\n", seed);
    fflush(stdout);
    return seed;
}

void crowd_start(struct crowd *crowd)
{
    crowd->seed = choose_seed();
    check(crowd->clients <= CROWD_MAX && crowd->depth <= DEPTH_MAX);
    check(weir_barrier_init(&crowd->start, crowd->clients, 0) == 0);
    check(weir_latch_init(&crowd->warm, crowd->clients, 0) == 0);
    for (unsigned i = 0; i < crowd->clients; i++) {
        struct member *member = &crowd->members[i];

        member->crowd = crowd;
        check(weir_thread_init(&member->thread, NULL, be_client, member) == 0);
        check(weir_thread_start(&member->thread) == 0);
    }
}

void crowd_join(struct crowd *crowd)
{
    const struct tally *tally = &crowd->tally;

    for (unsigned i = 0; i < crowd->clients; i++) {
        struct member *member = &crowd->members[i];

        check(weir_thread_join(&member->thread, WEIR_FOREVER, NULL) == 0);
        tally_add(&crowd->tally, &member->client.tally);
    }
    histogram_print(&tally->latency);
    printf("clients: ok=%" PRIu64 " busy=%" PRIu64 " refused=%" PRIu64
           " away=%" PRIu64 " unanswered=%" PRIu64 "\n",
           tally->ok, tally->busy, tally->refused, tally->away,
           tally->unanswered);
}

void crowd_check_shared(struct crowd *crowd)
{
    static struct client client; /* it waits for a place, as others did */
    char request[REQUEST_MAX], answer[ANSWER_MAX];

    client_open(&client, CROWD_MAX, crowd->seed, crowd->child->address);
    for (unsigned i = 0; i < SHARED_KEYS; i++) {
        snprintf(request, sizeof(request), "GET shared.%u\n", i);
        snprintf(answer, sizeof(answer), "OK %" PRId64, crowd->tally.added[i]);
        client_expect(&client.in, request, answer);
        client.tally.ok++;
    }
    client_close(&client);
    tally_add(&crowd->tally, &client.tally);
}

void crowd_check_final(const struct crowd *crowd)
{
    const struct tally *tally = &crowd->tally;
    int64_t sum = tally->own;

    for (unsigned i = 0; i < SHARED_KEYS; i++)
        sum += tally->added[i];
    check(child_value(crowd->child, "ok") == (int64_t)tally->ok);
    check(child_value(crowd->child, "busy") == (int64_t)tally->busy);
    check(child_value(crowd->child, "refused") == (int64_t)tally->refused);
    check(child_value(crowd->child, "away") == (int64_t)tally->away);
    check(child_value(crowd->child, "failed") == 0);
    check(child_value(crowd->child, "cut") == 0);
    check(child_value(crowd->child, "sum") == sum);
    check(strncmp(child_text(crowd->child, "all_done"), "yes", 3) == 0);
}
