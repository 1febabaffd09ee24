/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of the barrier: threads, and where they run.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

using Unit = Target::Unit;

Case phases(unsigned threads, unsigned levels, std::vector<Target> targets)
{
    Case c{"barrier/t" + std::to_string(threads),
           Kind::barrier,
           {},
           levels | kFull,
           false,
           std::move(targets)};

    c.shape.threads = threads;
    return c;
}

Case placed(unsigned threads, Placement placement, const char *suffix,
            unsigned levels, std::vector<Target> targets)
{
    Case c = phases(threads, levels, std::move(targets));

    c.shape.placement = placement;
    c.name += suffix;
    return c;
}

} // namespace

std::vector<Case> barrier_cases()
{
    const Target no_worse = {Unit::times_rival, 1.0, "weir", "c++20"};

    return {
        phases(2, kDefault, {{Unit::rtt, 3.0}}),
        placed(2, Placement::pinned, "/pinned", kDefault, {{Unit::rtt, 3.0}}),
        phases(4, kSmoke | kDefault, {{Unit::times_rival, 5.0}, no_worse}),
        phases(8, kDefault, {{Unit::times_rival, 3.5}, no_worse}),
        phases(16, kDefault, {{Unit::times_rival, 2.0}, no_worse}),
        phases(32, kFull, {}),
        phases(64, kFull, {}),
        placed(2, Placement::one_cpu, "/onecpu", kFull, {}),
        placed(4, Placement::one_cpu, "/onecpu", kFull, {}),
    };
}

} // namespace wbench
