/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The cases of the thread: one at a time, and several.  No target: what a
 * thread costs is the kernel's and libc's business.
 */
#include "harness/registry.h"

namespace wbench {

namespace {

Case started(unsigned threads, unsigned levels)
{
    Case c{"thread/" + std::to_string(threads),
           Kind::thread,
           {},
           levels | kFull,
           false,
           {}};

    c.shape.threads = threads;
    return c;
}

} // namespace

std::vector<Case> thread_cases()
{
    return {started(1, kSmoke | kDefault), started(8, kDefault)};
}

} // namespace wbench
