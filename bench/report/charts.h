/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * From summaries to charts: what all plots have in common.
 */
#ifndef WEIR_BENCH_CHARTS_H
#define WEIR_BENCH_CHARTS_H

#include "report/gnuplot.h"
#include "report/summary.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace wbench {

using Cases = std::vector<const Summary *>;

Cases choose(const std::vector<Summary> &summaries,
             const std::function<bool(const Case &)> &wanted);

/* Not pinned, and not held on one CPU. */
bool is_plain(const Case &c);

Point figure_point(double x, const Row &row, const std::string &label = {});

/* One series for each contestant; add() collects, take() sorts by rank. */
class SeriesByName {
public:
    void add(const Row &row, const Point &point);
    std::vector<Series> take() const;

private:
    std::map<int, std::map<std::string, Series>> series_;
};

/* Nanoseconds on a log axis: each decade by its name. */
std::vector<Tick> time_ticks();

/* 1, 2, 5 in each decade. */
std::vector<Tick> number_ticks(const char *unit);

/* Figures over the number of threads. */
Chart over_threads(const Cases &cases, const std::string &id);

/* Each part of a name on a line of its own. */
std::string stacked_name(const Case &c);

/* Bars for the chosen cases, those of one case side by side. */
Chart bars(const Cases &cases, const std::string &id,
           const std::function<std::string(const Case &)> &label,
           const std::function<std::string(double)> &text);

/* Bars from zero, and room above them for what they say. */
inline constexpr char kFromZero[] =
    "set yrange [0:*]\nset offsets 0,0,graph 0.08,0\n";

/* The lowest point of the chart, or what else must be seen. */
double lowest(const Chart &chart, double also);

/* Commands for a dashed line across the plot at a yardstick. */
std::string yardstick(const char *name, double value);

} // namespace wbench

#endif
