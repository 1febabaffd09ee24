/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of the token: what it costs a wait that does not sleep, and one
 * that does, beside sem/...; and how soon a sleeper hears of it.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

using Unit = Target::Unit;

Case pair(const char *name, Kind kind, Placement placement, unsigned levels)
{
    Case c{name, kind, {}, levels | kFull, false, {}};

    c.shape.threads = 2;
    c.shape.placement = placement;
    if (placement == Placement::one_cpu) {
        c.name += "/onecpu";
        c.targets = {{Unit::times_rival, 1.0}};
    }
    return c;
}

} // namespace

std::vector<Case> token_cases()
{
    return {
        {"token/uncontended",
         Kind::token_uncontended,
         {},
         kSmoke | kDefault | kFull,
         false,
         {{Unit::times_rival, 1.0}}},
        pair("token/pingpong", Kind::token_pingpong, Placement::free, kDefault),
        pair("token/pingpong", Kind::token_pingpong, Placement::one_cpu,
             kDefault),
        pair("token/cancel", Kind::token_cancel, Placement::free,
             kSmoke | kDefault),
        pair("token/cancel", Kind::token_cancel, Placement::one_cpu, 0),
    };
}

} // namespace wbench
