/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Many clients at a time, a thread each.
 */
#ifndef SERVER_CROWD_H
#define SERVER_CROWD_H

#include <stdint.h>
#include <weir/barrier.h>
#include <weir/latch.h>
#include <weir/thread.h>

#include "child.h"
#include "client.h"

#define CROWD_MAX 64u
#define CROWD_ENDLESS UINT64_MAX

struct crowd;

struct member {
    struct crowd *crowd;
    weir_thread_t thread;
    struct client client;
};

struct crowd {
    const struct child *child;
    unsigned clients;
    unsigned depth;    /* requests on their way, of each client */
    uint64_t requests; /* of each; CROWD_ENDLESS: until the server refuses */
    uint64_t seed;     /* LOAD_SEED in the environment, or the time */
    weir_barrier_t start;
    weir_latch_t warm; /* opens when each has had some answers */
    struct member members[CROWD_MAX];
    struct tally tally; /* of all, when they have ended */
};

/* The fields above seed are given. */
void crowd_start(struct crowd *crowd);

/* Until all have ended; also prints what came of it. */
void crowd_join(struct crowd *crowd);

/* Ask a server that nobody else uses for the keys that were shared. */
void crowd_check_shared(struct crowd *crowd);

/* What the server did is what clients saw. */
void crowd_check_final(const struct crowd *crowd);

#endif
