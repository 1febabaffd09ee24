/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/format.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace wbench {

std::string format(const char *pattern, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, pattern);
    vsnprintf(text, sizeof text, pattern, arguments);
    va_end(arguments);
    return text;
}

std::string digits(double value)
{
    const double size = std::fabs(value);

    if (size >= 99.95)
        return format("%.0f", value);
    if (size >= 9.995)
        return format("%.1f", value);
    if (size >= 0.0995 || size == 0)
        return format("%.2f", value);
    return format("%.2g", value);
}

std::string duration(double ns)
{
    if (ns >= 999.5e6)
        return digits(ns / 1e9) + " s";
    if (ns >= 999.5e3)
        return digits(ns / 1e6) + " ms";
    if (ns >= 999.5)
        return digits(ns / 1e3) + " us";
    return digits(ns) + " ns";
}

std::string figure_text(Metric metric, double figure)
{
    return metric == Metric::mops ? digits(figure) + " M/s" : duration(figure);
}

std::string spread_text(const Spread &spread, const std::string &unit)
{
    if (spread.n == 0)
        return "-";
    return digits(spread.median) + unit + " [" + digits(spread.q1) + " .. " +
           digits(spread.q3) + "]";
}

const char *outcome_name(Outcome outcome)
{
    switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::failed: return "FAILED";
    case Outcome::hung: return "HUNG";
    case Outcome::crashed: return "CRASHED";
    }
    return "?";
}

const char *placement_name(Placement placement)
{
    switch (placement) {
    case Placement::free: return "free-running";
    case Placement::pinned: return "one thread per CPU, pinned";
    case Placement::one_cpu: return "all threads on one CPU";
    }
    return "?";
}

} // namespace wbench
