/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/slice.h"
#include "harness/clock.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

namespace wbench {

void Slice::fail(const char *format, ...)
{
    if (outcome != Outcome::ok)
        return;
    outcome = Outcome::failed;

    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
}

int64_t clock_overhead_ns()
{
    static const int64_t overhead = [] {
        std::array<int64_t, 101> gaps;

        for (int64_t &gap : gaps) {
            const int64_t before = now_ns();
            gap = now_ns() - before;
        }
        std::nth_element(gaps.begin(), gaps.begin() + 50, gaps.end());
        return gaps[50];
    }();

    return overhead;
}

} // namespace wbench
