/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of the queue: producers x consumers, element sizes, capacities,
 * round trips between two threads, and one thread by itself.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

using Unit = Target::Unit;

/* target: how many times as good as glibc. */
Case flow(unsigned producers, unsigned consumers, unsigned levels,
          double target = 0)
{
    Case c{"queue/" + std::to_string(producers) + "x" +
               std::to_string(consumers),
           Kind::queue_flow,
           {},
           levels | kFull,
           false,
           {}};

    c.shape.producers = producers;
    c.shape.consumers = consumers;
    if (target == 0)
        return c;
    c.targets = {{Unit::times_rival, target}};
    if (producers == 1 && consumers == 1)
        c.targets.push_back({Unit::times_best_spinning, 1.0});
    else
        c.targets.push_back({Unit::times_best_peer, 2.0});
    return c;
}

Case sized(Case c, unsigned bytes)
{
    c.name += "/" + std::to_string(bytes) + "B";
    c.shape.elem_size = bytes;
    return c;
}

Case capacity(Case c, unsigned elements)
{
    c.name += "/cap" + std::to_string(elements);
    c.shape.capacity = elements;
    return c;
}

Case placed(Case c, Placement placement)
{
    c.name += placement == Placement::pinned ? "/pinned" : "/onecpu";
    c.shape.placement = placement;
    return c;
}

Case with_extras(Case c)
{
    c.extras = true;
    return c;
}

Case pingpong(unsigned levels)
{
    return {"queue/pingpong",  Kind::queue_pingpong, {}, levels | kFull, false,
            {{Unit::rtt, 2.5}}};
}

Case self()
{
    return {"queue/self", Kind::queue_self,  {}, kSmoke | kDefault | kFull,
            true,         {{Unit::rmw, 3.0}}};
}

} // namespace

std::vector<Case> queue_cases()
{
    std::vector<Case> list = {
        self(),
        pingpong(kDefault),
        placed(pingpong(kSmoke | kDefault), Placement::pinned),
        with_extras(flow(1, 1, kSmoke | kDefault, 10)),
        flow(2, 2, kDefault, 8),
        flow(4, 4, kSmoke | kDefault, 8),
        flow(16, 16, kDefault, 7),
        flow(1, 4, kDefault, 9),
        flow(4, 1, kDefault, 10),
        sized(flow(1, 1, kSmoke | kDefault), 64),
        sized(flow(1, 1, kDefault), 1024),
        placed(flow(1, 1, kFull), Placement::pinned),
        flow(64, 64, kFull),
    };

    for (const unsigned bytes : {64u, 1024u})
        for (const unsigned side : {2u, 4u})
            list.push_back(sized(flow(side, side, kFull), bytes));
    for (const unsigned side : {1u, 4u}) {
        for (const unsigned elements : {1u, 16u, 65536u})
            list.push_back(capacity(flow(side, side, kFull), elements));
        list.push_back(placed(flow(side, side, kFull), Placement::one_cpu));
    }
    return list;
}

} // namespace wbench
