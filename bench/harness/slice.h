/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The vocabulary of the harness.  A case is a shape of work (threads, work
 * inside, element size, ...); a contestant is a library that can do it; a
 * slice is one short run of one contestant, and its result.
 */
#ifndef WEIR_BENCH_SLICE_H
#define WEIR_BENCH_SLICE_H

#include "harness/histogram.h"

#include <cstddef>
#include <cstdint>

namespace wbench {

enum class Kind : unsigned {
    mutex_uncontended,
    mutex_contended,
    rmutex_uncontended,
    cond_pingpong,
    cond_broadcast,
    barrier,
    queue_flow,
    queue_pingpong,
    queue_self,
    timer,
    sem_uncontended,
    sem_pingpong,
    event_pingpong,
    once_done,
    latch_pingpong,
    any_ready,
    any_pingpong,
    seqlock_read,
    seqlock_readers,
    thread,
    rwlock_read,
    rwlock_write,
    rwlock_mixed,
    token_uncontended,
    token_pingpong,
    token_cancel,
    count
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::count);

enum class Placement : unsigned { free, pinned, one_cpu };

struct Shape {
    unsigned threads = 1;
    unsigned inside = 0;  /* increments in the critical section */
    unsigned outside = 0; /* dependent steps between two of them */
    unsigned producers = 0;
    unsigned consumers = 0;
    unsigned elem_size = 8;
    unsigned capacity = 1024;
    unsigned one_in = 0; /* so many reads and writes, one is a write */
    Placement placement = Placement::free;
};

enum class Outcome : uint32_t { ok, failed, hung, crashed };

/* One slice, as it goes through the pipe: no pointers. */
struct Slice {
    Outcome outcome = Outcome::ok;
    char why[124] = "";
    double ops = 0;
    double seconds = 0;
    double ns_per_op = 0;
    double cpu_seconds = 0;
    double switches = 0;
    double fairness = 0; /* slowest / fastest thread; 0 where none apply */
    /* A bound from above for the longest wait, from the time that batches
     * of operations took, and so with whatever else held a thread up. */
    double longest_stall_ns = 0;
    Histogram latency; /* of the operations that were timed */

    void fail(const char *format, ...) __attribute__((format(printf, 2, 3)));
};

using RunSlice = Slice (*)(const Shape &shape, int64_t slice_ns);

} // namespace wbench

#endif
