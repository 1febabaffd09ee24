/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * No contestant but a yardstick: the same threads and the same work, without
 * anything to share.  No mutex does more operations, and the longest wait and
 * the slowest thread are then the scheduler's doing alone.
 */
#include "harness/enter.h"

namespace wbench {

namespace {

class NoMutex {
public:
    void lock() {}
    void unlock() {}
};

const bool entered = [] {
    Enter("nothing-shared", 6,
          {false, false, "inline", "a yardstick: each for itself", true})
        .mutex_apart<NoMutex>();
    return true;
}();

} // namespace

} // namespace wbench
