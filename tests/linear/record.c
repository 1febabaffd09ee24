/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Lanes: what one thread did, in order.
 */
#include "linear/record.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct linear_lane linear_lane(size_t room)
{
    struct linear_lane lane = {calloc(room, sizeof(*lane.ops)), 0, room, 0};

    must(lane.ops != NULL);
    return lane;
}

uint64_t linear_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void linear_returned(struct linear_lane *lane, enum linear_kind kind,
                     const uint64_t *values, size_t n, size_t done, int result)
{
    uint64_t end;

    linear_fence();
    end = linear_clock();
    must(linear_fits(lane, n));
    for (size_t i = 0; i < n && i <= done; i++)
        lane->ops[lane->count++] = (struct linear_op){
            .kind = kind,
            .result = i < done ? 0 : result,
            .follows = i > 0,
            .value = values[i],
            .begin = lane->begin,
            .end = end,
        };
}

struct linear_history linear_join(const struct linear_lane *lanes, size_t count,
                                  size_t capacity)
{
    struct linear_history h = {.capacity = capacity};
    struct linear_op *ops;

    for (size_t i = 0; i < count; i++)
        h.count += lanes[i].count;
    ops = calloc(h.count + 1, sizeof(*ops));
    must(ops != NULL);
    h.ops = ops;
    for (size_t i = 0; i < count; i++) {
        memcpy(ops, lanes[i].ops, lanes[i].count * sizeof(*ops));
        ops += lanes[i].count;
    }
    return h;
}
