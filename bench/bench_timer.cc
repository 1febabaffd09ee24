/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of the timer: how many others are armed.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

Case among(unsigned armed, const char *name, unsigned levels)
{
    Case c{name, Kind::timer, {}, levels, false, {}};

    c.shape.capacity = armed;
    return c;
}

} // namespace

/* It takes a second to arm a million, in each slice. */
std::vector<Case> timer_cases()
{
    return {
        among(1000, "timer/1k", kSmoke | kDefault | kFull),
        among(1000000, "timer/1M", kFull),
    };
}

} // namespace wbench
