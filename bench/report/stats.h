/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Medians and quartiles.
 */
#ifndef WEIR_BENCH_STATS_H
#define WEIR_BENCH_STATS_H

#include <cstddef>
#include <utility>
#include <vector>

namespace wbench {

struct Spread {
    double q1 = 0;
    double median = 0;
    double q3 = 0;
    double low = 0;
    double high = 0;
    std::size_t n = 0;
};

/* Linear interpolation between neighbours; 0 of nothing. */
double quantile(const std::vector<double> &sorted, double part);
double median_of(std::vector<double> values);
Spread spread_of(std::vector<double> values);

/* A value and the run that it comes from. */
using RunValue = std::pair<unsigned, double>;

/* Quartiles over all rounds; the median is the median of the medians of the
 * runs, so that each process counts once. */
struct RunSpread {
    Spread all;
    std::vector<double> runs; /* the median of each */
};
RunSpread run_spread_of(const std::vector<RunValue> &values);

} // namespace wbench

#endif
