/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A team: the threads of one slice.  They are created first, wait at a gate
 * that is not timed, run their body until the stop flag, and note when they
 * were done.  Each thread's counters are on lines of their own, and nothing
 * of the harness is written while a body runs.
 */
#ifndef WEIR_BENCH_TEAM_H
#define WEIR_BENCH_TEAM_H

#include "harness/clock.h"
#include "harness/placement.h"
#include "harness/slice.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace wbench {

inline constexpr std::size_t kLine = 128;

struct alignas(kLine) StopFlag {
    std::atomic<bool> raised{false};

    bool operator()() const { return raised.load(std::memory_order_relaxed); }
};

/* What one thread of a team has done; written by that thread only. */
struct alignas(kLine) Tally {
    uint64_t ops = 0;
    int64_t end = 0;
    double cpu_seconds = 0;
    double switches = 0;
    int64_t longest_stall = 0;
    Histogram latency;
};

/* Timing one operation in this many keeps the clock out of the others. */
inline constexpr unsigned kBatch = 64;

/* Runs batches of op() until the flag is raised, one at least, and times
 * timed() in the place of one op of each batch, at random so that nothing
 * that has a period can hide.  timed() returns how long its wait took. */
template <class Op, class Timed>
void run_batches(Tally &tally, const StopFlag &stop, unsigned thread, Op op,
                 Timed timed)
{
    Random random(thread + 1);
    int64_t batch_start = now_ns();

    do {
        const unsigned sample = static_cast<unsigned>(random.next() % kBatch);
        for (unsigned i = 0; i < sample; i++)
            op();
        tally.latency.add(timed());
        for (unsigned i = sample + 1; i < kBatch; i++)
            op();
        tally.ops += kBatch;
        const int64_t batch_end = now_ns();
        tally.longest_stall =
            std::max(tally.longest_stall, batch_end - batch_start);
        batch_start = batch_end;
    } while (!stop());
}

class Team {
public:
    Team(const Shape &shape, unsigned threads)
        : placement_(shape.placement), tallies_(threads)
    {
    }

    const std::vector<Tally> &tallies() const { return tallies_; }

    /* Runs body(index, tally, stop) in every thread. */
    template <class Body>
    void run(int64_t slice_ns, const Body &body)
    {
        std::vector<std::thread> threads;

        threads.reserve(tallies_.size());
        for (unsigned i = 0; i < tallies_.size(); i++)
            threads.emplace_back([this, i, &body] { member(i, body); });
        while (ready_.load() != tallies_.size())
            sched_yield();
        begin_ = now_ns();
        gate_.store(true, std::memory_order_release);
        sleep_until(begin_ + slice_ns);
        stop_.raised.store(true, std::memory_order_relaxed);
        for (std::thread &thread : threads)
            thread.join();
    }

    /* The sums over the team; the time ends with the last thread. */
    Slice sum() const
    {
        Slice slice;
        int64_t end = begin_;

        for (const Tally &tally : tallies_) {
            slice.ops += static_cast<double>(tally.ops);
            slice.cpu_seconds += tally.cpu_seconds;
            slice.switches += tally.switches;
            slice.longest_stall_ns =
                std::max(slice.longest_stall_ns,
                         static_cast<double>(tally.longest_stall));
            slice.latency.merge(tally.latency);
            end = std::max(end, tally.end);
        }
        slice.seconds = static_cast<double>(end - begin_) / 1e9;
        set_rate(slice);
        return slice;
    }

    static void set_rate(Slice &slice)
    {
        slice.ns_per_op = slice.seconds * 1e9 / slice.ops;
    }

    /* Slowest over fastest, of the threads first .. first + n - 1. */
    double fairness(std::size_t first, std::size_t n) const
    {
        const auto [low, high] = std::minmax_element(
            tallies_.begin() + static_cast<std::ptrdiff_t>(first),
            tallies_.begin() + static_cast<std::ptrdiff_t>(first + n),
            [](const Tally &a, const Tally &b) { return a.ops < b.ops; });

        return high->ops == 0 ? 0
                              : static_cast<double>(low->ops) /
                                    static_cast<double>(high->ops);
    }

private:
    template <class Body>
    void member(unsigned index, const Body &body)
    {
        Tally &tally = tallies_[index];
        rusage before, after;

        if (placement_ == Placement::pinned)
            pin_this_thread(index);
        ready_.fetch_add(1);
        while (!gate_.load(std::memory_order_acquire))
            sched_yield();
        getrusage(RUSAGE_THREAD, &before);
        const int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        body(index, tally, stop_);
        tally.end = now_ns();
        tally.cpu_seconds =
            static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1e9;
        getrusage(RUSAGE_THREAD, &after);
        tally.switches =
            static_cast<double>(after.ru_nvcsw - before.ru_nvcsw +
                                after.ru_nivcsw - before.ru_nivcsw);
    }

    Placement placement_;
    std::vector<Tally> tallies_;
    alignas(kLine) std::atomic<unsigned> ready_{0};
    std::atomic<bool> gate_{false};
    StopFlag stop_;
    int64_t begin_ = 0;
};

/* One thread, nanoseconds for one op(): the median of short chunks, so that
 * an interrupt or a neighbour does not count.  The probes of one locked
 * instruction are taken in the same way. */
template <class Op>
Slice run_chunks(int64_t slice_ns, unsigned chunk, Op op)
{
    std::vector<double> chunks;
    const int64_t begin = now_ns();
    const int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    int64_t last = begin;

    chunks.reserve(1u << 16);
    while (last - begin < slice_ns && chunks.size() < (1u << 16)) {
        for (unsigned i = 0; i < chunk; i++)
            op();
        const int64_t now = now_ns();
        chunks.push_back(static_cast<double>(now - last) / chunk);
        last = now;
    }

    Slice slice;
    const auto middle =
        chunks.begin() + static_cast<std::ptrdiff_t>(chunks.size() / 2);
    slice.ops = static_cast<double>(chunks.size()) * chunk;
    slice.seconds = static_cast<double>(last - begin) / 1e9;
    slice.cpu_seconds =
        static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1e9;
    std::nth_element(chunks.begin(), middle, chunks.end());
    slice.ns_per_op = *middle;
    return slice;
}

} // namespace wbench

#endif
