/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of once, latch and sequence lock.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

using Unit = Target::Unit;

Case alone(const char *name, Kind kind, double times)
{
    return {name,  kind,
            {},    kSmoke | kDefault | kFull,
            false, {{Unit::times_rival, times}}};
}

Case readers(unsigned threads, unsigned outside, unsigned levels,
             std::vector<Target> targets)
{
    Case c{"seqlock/t" + std::to_string(threads) + "/out" +
               std::to_string(outside),
           Kind::seqlock_readers,
           {},
           levels | kFull,
           false,
           std::move(targets)};

    c.shape.threads = threads;
    c.shape.outside = outside;
    return c;
}

} // namespace

std::vector<Case> small_cases()
{
    return {
        alone("once/done", Kind::once_done, 1.0),
        alone("latch/pingpong", Kind::latch_pingpong, 1.0),
        alone("seqlock/read", Kind::seqlock_read, 3.0),
        readers(2, 2000, kDefault, {{Unit::times_rival, 2.0}}),
        readers(4, 2000, 0, {}),
        readers(4, 0, 0, {}),
    };
}

} // namespace wbench
