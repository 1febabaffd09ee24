/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>

#define PERIOD_NS 100000000

void stats_count(struct stats *stats, enum count what)
{
    atomic_fetch_add_explicit(&stats->counts[what], 1, memory_order_relaxed);
}

uint64_t stats_of(struct stats *stats, enum count what)
{
    return atomic_load_explicit(&stats->counts[what], memory_order_relaxed);
}

static uint64_t answered(struct stats *stats)
{
    uint64_t sum = 0;

    for (int i = COUNT_OK; i <= COUNT_REFUSED; i++)
        sum += stats_of(stats, (enum count)i);
    return sum;
}

/* On the timer thread, which is the only one that writes rates. */
static void measure(void *arg)
{
    struct stats *stats = arg;
    struct rates now = {weir_now(), answered(stats), 0};
    int64_t ns = now.at - stats->rates.at;

    if (ns <= 0)
        return;
    now.per_second =
        (now.answered - stats->rates.answered) * 1000000000u / (uint64_t)ns;
    weir_seqlock_write(&stats->lock, &stats->rates, &now, sizeof(now));
}

int stats_init(struct stats *stats)
{
    return weir_timer_init(&stats->timer, measure, stats, 0);
}

int stats_start(struct stats *stats)
{
    stats->rates.at = weir_now();
    return weir_timer_start_every(&stats->timer, weir_after(PERIOD_NS),
                                  PERIOD_NS);
}

void stats_stop(struct stats *stats)
{
    weir_timer_cancel_sync(&stats->timer, WEIR_FOREVER);
}

size_t stats_print(struct stats *stats, char *text, size_t size)
{
    struct rates rates;
    int length;

    weir_seqlock_read(&stats->lock, &rates, &stats->rates, sizeof(rates));
    length = snprintf(
        text, size,
        "ok=%" PRIu64 " failed=%" PRIu64 " busy=%" PRIu64 " refused=%" PRIu64
        " cut=%" PRIu64 " away=%" PRIu64 " per_second=%" PRIu64,
        stats_of(stats, COUNT_OK), stats_of(stats, COUNT_FAILED),
        stats_of(stats, COUNT_BUSY), stats_of(stats, COUNT_REFUSED),
        stats_of(stats, COUNT_CUT), stats_of(stats, COUNT_AWAY),
        rates.per_second);
    return (size_t)length < size ? (size_t)length : size - 1;
}
