/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What has happened, and how fast it goes.
 */
#ifndef SERVER_STATS_H
#define SERVER_STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/seqlock.h>
#include <weir/timer.h>

enum count {
    COUNT_OK,      /* requests that were done */
    COUNT_FAILED,  /* answered ERR, but for those below */
    COUNT_BUSY,    /* answered BUSY */
    COUNT_REFUSED, /* answered ERR stopping */
    COUNT_CUT,     /* connections that were too slow */
    COUNT_AWAY,    /* connections that were one too many */
    COUNTS
};

/* How fast it went in the last period; of one moment, all of it. */
struct rates {
    weir_deadline_t at;
    uint64_t answered; /* until then */
    uint64_t per_second;
};

struct stats {
    _Atomic uint64_t counts[COUNTS];
    weir_seqlock_t lock;
    struct rates rates; /* under lock */
    weir_timer_t timer;
};

/* All zero before.  0, or an error number. */
int stats_init(struct stats *stats);
int stats_start(struct stats *stats);
void stats_stop(struct stats *stats);

void stats_count(struct stats *stats, enum count what);
uint64_t stats_of(struct stats *stats, enum count what);

/* "ok=1 errors=0 ..."; returns its length. */
size_t stats_print(struct stats *stats, char *text, size_t size);

#endif
