/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of the mutex: alone, and threads x work inside x work outside.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

using Unit = Target::Unit;

Case uncontended()
{
    Case c{"mutex/uncontended",
           Kind::mutex_uncontended,
           {},
           kSmoke | kDefault | kFull,
           true,
           {}};

    c.targets = {{Unit::rmw, 1.15},
                 {Unit::times_rival, 2.3},
                 {Unit::rmw, 1.6, "weir-call"}};
    return c;
}

const char *suffix(Placement placement)
{
    switch (placement) {
    case Placement::pinned: return "/pinned";
    case Placement::one_cpu: return "/onecpu";
    case Placement::free: break;
    }
    return "";
}

Case contended(unsigned threads, unsigned inside, unsigned outside,
               Placement placement = Placement::free)
{
    Case c{"", Kind::mutex_contended, {}, kFull, false, {}};
    const bool wanted = threads == 2 || threads == 4 || threads == 16;

    c.shape.threads = threads;
    c.shape.inside = inside;
    c.shape.outside = outside;
    c.shape.placement = placement;
    c.name = "mutex/t" + std::to_string(threads) + "/in" +
             std::to_string(inside) + "/out" + std::to_string(outside) +
             suffix(placement);
    if (placement != Placement::free || inside != 10 || outside > 200 ||
        !wanted)
        return c;
    c.levels |= kDefault;
    if (threads == 4)
        c.levels |= kSmoke;
    c.targets = {{Unit::times_best_blocking, 1.1},
                 {Unit::fairness, 0.5},
                 {Unit::longest_wait, 1.0}};
    return c;
}

} // namespace

std::vector<Case> mutex_cases()
{
    std::vector<Case> list = {uncontended()};

    for (const unsigned inside : {10u, 100u})
        for (const unsigned outside : {0u, 200u, 2000u})
            for (const unsigned threads : {1u, 2u, 4u, 16u, 64u})
                list.push_back(contended(threads, inside, outside));
    for (const unsigned outside : {0u, 200u}) {
        list.push_back(contended(2, 10, outside, Placement::pinned));
        for (const unsigned threads : {2u, 16u})
            list.push_back(contended(threads, 10, outside, Placement::one_cpu));
    }
    return list;
}

} // namespace wbench
