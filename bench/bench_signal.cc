/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of semaphore and event: one thread by itself, and round trips
 * between two.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

using Unit = Target::Unit;

Case pingpong(const char *name, Kind kind, Placement placement, unsigned levels,
              double target)
{
    Case c{name, kind, {}, levels | kFull, false, {{Unit::rtt, target}}};

    c.shape.threads = 2;
    c.shape.placement = placement;
    if (placement == Placement::pinned)
        c.name += "/pinned";
    if (placement == Placement::one_cpu) {
        c.name += "/onecpu";
        c.targets = {{Unit::times_rival, 1.0}};
    }
    return c;
}

} // namespace

std::vector<Case> signal_cases()
{
    std::vector<Case> list = {{"sem/uncontended",
                               Kind::sem_uncontended,
                               {},
                               kSmoke | kDefault | kFull,
                               false,
                               {{Unit::rmw, 2.2}}}};
    const struct {
        const char *name;
        Kind kind;
        double target;
    } pairs[] = {{"sem/pingpong", Kind::sem_pingpong, 5.0},
                 {"event/pingpong", Kind::event_pingpong, 4.0}};

    for (const auto &p : pairs) {
        list.push_back(
            pingpong(p.name, p.kind, Placement::free, kDefault, p.target));
        list.push_back(pingpong(p.name, p.kind, Placement::pinned,
                                kSmoke | kDefault, p.target));
        list.push_back(
            pingpong(p.name, p.kind, Placement::one_cpu, kDefault, p.target));
    }
    return list;
}

} // namespace wbench
