/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "histogram.h"

#include <stdio.h>

/* Eight buckets for each power of two: the highest bit, and the three below. */
static unsigned bucket_of(uint64_t ns)
{
    unsigned high = 0;

    if (ns < 8)
        return (unsigned)ns;
    while (ns >> high >= 16)
        high++;
    return high * 8 + (unsigned)(ns >> high);
}

static uint64_t end_of(unsigned bucket)
{
    return bucket < 8 ? bucket
                      : ((uint64_t)(bucket % 8 + 9) << (bucket / 8 - 1)) - 1;
}

void histogram_add(struct histogram *histogram, int64_t ns)
{
    uint64_t length = ns < 0 ? 0 : (uint64_t)ns;

    histogram->counts[bucket_of(length)]++;
    histogram->total++;
    if (histogram->longest < length)
        histogram->longest = length;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
    into->total += from->total;
    if (into->longest < from->longest)
        into->longest = from->longest;
}

uint64_t histogram_at(const struct histogram *histogram, unsigned per_mille)
{
    uint64_t wanted = (histogram->total * per_mille + 999) / 1000;
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted)
            return end_of(i) < histogram->longest ? end_of(i)
                                                  : histogram->longest;
    }
    return histogram->longest;
}

void histogram_print(const struct histogram *histogram)
{
    printf("%10s %10s %10s %10s %10s\n%10llu %7.0f us %7.0f us %7.0f us %7.0f "
           "us\n",
           "answers", "p50", "p99", "p99.9", "longest",
           (unsigned long long)histogram->total,
           (double)histogram_at(histogram, 500) / 1000,
           (double)histogram_at(histogram, 990) / 1000,
           (double)histogram_at(histogram, 999) / 1000,
           (double)histogram->longest / 1000);
}
