/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/registry.h"

#include <algorithm>
#include <utility>

namespace wbench {

std::vector<Contestant> &contestants()
{
    static std::vector<Contestant> all;

    return all;
}

Enter::Enter(const char *name, int rank, Traits traits)
{
    contestant_.name = name;
    contestant_.rank = rank;
    contestant_.traits = traits;
}

/* Static constructors run in no order to speak of; the rank is the order. */
Enter::~Enter()
{
    std::vector<Contestant> &all = contestants();
    const auto place =
        std::upper_bound(all.begin(), all.end(), contestant_,
                         [](const Contestant &a, const Contestant &b) {
                             return a.rank < b.rank;
                         });

    all.insert(place, std::move(contestant_));
}

Enter &Enter::add(Kind kind, RunSlice slice, RunGBench gbench, unsigned levels)
{
    contestant_.entries[static_cast<std::size_t>(kind)] = {slice, gbench,
                                                           levels};
    return *this;
}

bool Case::has(const Contestant &contestant, unsigned level) const
{
    const Entry &entry = contestant.entry(kind);

    if (entry.one_to_one && kind == Kind::queue_flow &&
        (shape.producers != 1 || shape.consumers != 1))
        return false;
    return entry.slice != nullptr && (extras || (entry.levels & level) != 0);
}

Metric Case::metric() const
{
    return kind == Kind::mutex_contended || kind == Kind::queue_flow ||
                   kind == Kind::seqlock_readers || kind == Kind::rwlock_mixed
               ? Metric::mops
               : Metric::ns_per_op;
}

unsigned Case::thread_count() const
{
    switch (kind) {
    case Kind::queue_flow: return shape.producers + shape.consumers;
    case Kind::cond_broadcast: return shape.threads + 1;
    case Kind::cond_pingpong:
    case Kind::queue_pingpong:
    case Kind::latch_pingpong:
    case Kind::token_cancel: return 2;
    case Kind::thread: return 1;
    default: return shape.threads;
    }
}

const char *Case::unit() const
{
    switch (kind) {
    case Kind::mutex_uncontended: return "lock + unlock";
    case Kind::mutex_contended: return "M lock + unlock / s";
    case Kind::rmutex_uncontended: return "lock + unlock";
    case Kind::cond_pingpong: return "round trip";
    case Kind::cond_broadcast: return "broadcast";
    case Kind::barrier: return "phase";
    case Kind::queue_flow: return "M messages / s";
    case Kind::queue_pingpong: return "round trip";
    case Kind::queue_self: return "put + get";
    case Kind::timer: return "arm + cancel";
    case Kind::sem_uncontended: return "wait + post";
    case Kind::sem_pingpong: return "round trip";
    case Kind::event_pingpong: return "round trip";
    case Kind::once_done: return "call";
    case Kind::latch_pingpong: return "round trip";
    case Kind::any_ready: return "wait + post";
    case Kind::any_pingpong: return "round trip";
    case Kind::seqlock_read: return "read of 32 bytes";
    case Kind::seqlock_readers: return "M reads / s";
    case Kind::thread: return "start + join";
    case Kind::rwlock_read: return "read lock + unlock";
    case Kind::rwlock_write: return "write lock + unlock";
    case Kind::rwlock_mixed: return "M lock + unlock / s";
    case Kind::token_uncontended: return "wait + post";
    case Kind::token_pingpong: return "round trip";
    case Kind::token_cancel: return "round trip";
    case Kind::count: break;
    }
    return "";
}

int64_t Case::slice_ns(int64_t base) const
{
    return thread_count() >= 16 ? 3 * base : base;
}

const std::vector<Case> &cases()
{
    static const std::vector<Case> all = [] {
        std::vector<Case> list = mutex_cases();

        for (auto more :
             {cond_cases(), barrier_cases(), signal_cases(), small_cases(),
              wait_cases(), queue_cases(), thread_cases(), timer_cases(),
              rwlock_cases(), token_cases()})
            list.insert(list.end(), more.begin(), more.end());
        return list;
    }();

    return all;
}

} // namespace wbench
