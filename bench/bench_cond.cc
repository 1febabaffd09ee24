/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of the condition, round trips between two threads and broadcasts
 * to several; and of the recursive mutex.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

using Unit = Target::Unit;

Case pingpong(Placement placement, const char *suffix, unsigned levels)
{
    Case c{std::string("cond/pingpong") + suffix,
           Kind::cond_pingpong,
           {},
           levels | kFull,
           true,
           {{Unit::rtt, 10.0}}};

    c.shape.placement = placement;
    return c;
}

Case broadcast(unsigned waiters, unsigned levels)
{
    Case c{"cond/broadcast" + std::to_string(waiters),
           Kind::cond_broadcast,
           {},
           levels | kFull,
           false,
           {}};

    c.shape.threads = waiters;
    return c;
}

} // namespace

std::vector<Case> cond_cases()
{
    return {
        {"rmutex/uncontended",
         Kind::rmutex_uncontended,
         {},
         kDefault | kFull,
         false,
         {}},
        pingpong(Placement::free, "", kDefault),
        pingpong(Placement::pinned, "/pinned", kSmoke | kDefault),
        broadcast(4, kSmoke | kDefault),
        broadcast(16, kDefault),
    };
}

} // namespace wbench
