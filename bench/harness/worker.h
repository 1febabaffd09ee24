/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The child's side of a case.  Each case of each run is measured in a
 * process of its own, so that a contestant that hangs or crashes can be
 * ended without harm to the others, and so that memory layout, which is
 * drawn anew for each process, is averaged over.
 */
#ifndef WEIR_BENCH_WORKER_H
#define WEIR_BENCH_WORKER_H

#include "harness/registry.h"

#include <string>
#include <vector>

namespace wbench {

/* What the worker tells its parent, one after the other, as raw bytes:
 * both ends are the same program. */
struct Message {
    enum class Type : uint32_t { probes, starting, result, round_end, done };

    Type type;
    uint32_t round = 0;
    uint32_t contestant = 0; /* index into the order of WorkerJob */
    double rmw = 0;
    double rtt = 0;
    double busy_elsewhere = 0; /* with round_end */
    Slice slice;
};

/* Warm-up slices carry this in place of a round. */
inline constexpr uint32_t kWarmUp = UINT32_MAX;

struct WorkerJob {
    const Case *the_case = nullptr;
    std::vector<const Contestant *> contestants;
    std::vector<bool> skip; /* of these, who takes no part any more */
    unsigned first_round = 0;
    unsigned rounds = 1;
    unsigned run = 0;
    int64_t slice_ns = 0;
    int fd = -1; /* where messages go */
};

int run_worker(const WorkerJob &job);

} // namespace wbench

#endif
