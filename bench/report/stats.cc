/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/stats.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace wbench {

double quantile(const std::vector<double> &sorted, double part)
{
    if (sorted.empty())
        return 0;
    const double place = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(std::floor(place));
    const std::size_t above = std::min(below + 1, sorted.size() - 1);

    return sorted[below] + (sorted[above] - sorted[below]) *
                               (place - static_cast<double>(below));
}

double median_of(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return quantile(values, 0.5);
}

Spread spread_of(std::vector<double> values)
{
    Spread spread;

    if (values.empty())
        return spread;
    std::sort(values.begin(), values.end());
    spread.n = values.size();
    spread.low = values.front();
    spread.q1 = quantile(values, 0.25);
    spread.median = quantile(values, 0.5);
    spread.q3 = quantile(values, 0.75);
    spread.high = values.back();
    return spread;
}

RunSpread run_spread_of(const std::vector<RunValue> &values)
{
    std::map<unsigned, std::vector<double>> by_run;
    std::vector<double> all;
    RunSpread result;

    for (const auto &[run, value] : values) {
        by_run[run].push_back(value);
        all.push_back(value);
    }
    for (auto &[run, list] : by_run)
        result.runs.push_back(median_of(std::move(list)));
    result.all = spread_of(std::move(all));
    result.all.median = median_of(result.runs);
    return result;
}

} // namespace wbench
