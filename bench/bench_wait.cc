/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of waiting for any of several things: all of them ready at once,
 * and round trips between two threads.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

Case any(const char *name, Kind kind, unsigned threads, unsigned items,
         unsigned levels)
{
    Case c{std::string(name) + "/n" + std::to_string(items),
           kind,
           {},
           levels | kFull,
           false,
           {}};

    c.shape.threads = threads;
    c.shape.capacity = items;
    return c;
}

} // namespace

std::vector<Case> wait_cases()
{
    std::vector<Case> list;

    for (unsigned items : {1u, 2u, 8u, 64u}) {
        list.push_back(any("any/ready", Kind::any_ready, 1, items,
                           items == 2 ? kSmoke | kDefault : kDefault));
        list.back().targets = {{Target::Unit::times_rival, 2.0}};
    }
    for (unsigned items : {1u, 2u, 8u, 64u})
        list.push_back(any("any/pingpong", Kind::any_pingpong, 2, items,
                           items == 2 ? kSmoke | kDefault : kDefault));
    return list;
}

} // namespace wbench
