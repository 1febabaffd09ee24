/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slice of the barrier cases.  A contestant is a class B with
 *
 *   explicit B(unsigned parties);
 *   void wait();
 */
#ifndef WEIR_BENCH_CASES_BARRIER_H
#define WEIR_BENCH_CASES_BARRIER_H

#include "harness/team.h"

#include <cinttypes>

namespace wbench {

/* All threads must leave after the same phase.  The first thread names it
 * before it arrives at that very phase, so all others can have read the
 * number by the time they have left it. */
struct LastPhase {
    alignas(kLine) std::atomic<uint64_t> number{UINT64_MAX};
};

struct alignas(kLine) Arrival {
    std::atomic<uint64_t> phase{0};
};

/* One op is one phase, whatever the number of threads.  Each thread notes
 * its phase in a line of its own before it arrives; every 64th phase, each
 * checks after it that nobody was left behind. */
template <class B>
Slice barrier_phases(const Shape &shape, int64_t slice_ns)
{
    const auto barrier = std::make_unique<B>(shape.threads);
    LastPhase last;
    std::vector<Arrival> arrivals(shape.threads);
    std::atomic<uint64_t> early{0};
    Team team(shape, shape.threads);

    team.run(slice_ns, [&](unsigned index, Tally &tally, const StopFlag &stop) {
        const int64_t overhead = clock_overhead_ns();
        uint64_t phase = 0;

        do {
            phase++;
            if (index == 0 && stop() && last.number.load() == UINT64_MAX)
                last.number.store(phase);
            arrivals[index].phase.store(phase, std::memory_order_relaxed);
            if (phase % kBatch != 0) {
                barrier->wait();
                continue;
            }
            const int64_t before = now_ns();
            barrier->wait();
            tally.latency.add(now_ns() - before - overhead);
            for (const Arrival &other : arrivals)
                if (other.phase.load(std::memory_order_relaxed) < phase)
                    early.fetch_add(1);
        } while (phase < last.number.load(std::memory_order_relaxed));
        tally.ops = phase;
    });

    Slice slice = team.sum();
    slice.ops = static_cast<double>(team.tallies()[0].ops);
    Team::set_rate(slice);
    for (const Tally &tally : team.tallies())
        if (tally.ops != team.tallies()[0].ops)
            slice.fail("threads left after different phases");
    if (early.load() != 0)
        slice.fail("%" PRIu64 " threads were let through before all had come",
                   early.load());
    return slice;
}

} // namespace wbench

#endif
