/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Numbers and names as people read them.
 */
#ifndef WEIR_BENCH_FORMAT_H
#define WEIR_BENCH_FORMAT_H

#include "harness/registry.h"
#include "report/stats.h"

#include <string>

namespace wbench {

std::string format(const char *pattern, ...)
    __attribute__((format(printf, 1, 2)));

/* Three digits that count: 2.14, 58.3, 1240. */
std::string digits(double value);

/* 2.14 ns, 58.3 us, 1.24 ms. */
std::string duration(double ns);

/* A figure of the case with its unit. */
std::string figure_text(Metric metric, double figure);

/* 5.92x [5.71 .. 6.03] */
std::string spread_text(const Spread &spread, const std::string &unit);

const char *outcome_name(Outcome outcome);
const char *placement_name(Placement placement);

} // namespace wbench

#endif
