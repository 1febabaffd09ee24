/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/charts.h"
#include "report/format.h"

#include <algorithm>

namespace wbench {

namespace {

/* From zero where the eye can compare lengths, else logarithmic. */
void scale_y(Chart &chart)
{
    constexpr double kWide = 12;
    double low = 1e300, high = 0;

    for (const Series &series : chart.series)
        for (const Point &point : series.points) {
            low = std::min({low, point.y, point.low});
            high = std::max({high, point.y, point.high});
        }
    chart.y_log = high > low * kWide;
    if (!chart.y_log) {
        chart.extra += format("set yrange [0:%.9g]\n", high * 1.12);
        return;
    }
    chart.extra += format("set yrange [%.9g:%.9g]\n", low / 1.5, high * 1.8);
    chart.y_ticks = number_ticks("");
}

} // namespace

Cases choose(const std::vector<Summary> &summaries,
             const std::function<bool(const Case &)> &wanted)
{
    Cases chosen;

    for (const Summary &summary : summaries)
        if (wanted(summary.the_case()))
            chosen.push_back(&summary);
    return chosen;
}

bool is_plain(const Case &c)
{
    return c.shape.placement == Placement::free;
}

Point figure_point(double x, const Row &row, const std::string &label)
{
    return {x, row.figure.all.median, row.figure.all.q1, row.figure.all.q3,
            label};
}

std::vector<Tick> time_ticks()
{
    std::vector<Tick> ticks;

    for (double ns = 1; ns < 1e11; ns *= 10)
        ticks.push_back({ns, format("%g %s",
                                    ns < 1e3   ? ns
                                    : ns < 1e6 ? ns / 1e3
                                    : ns < 1e9 ? ns / 1e6
                                               : ns / 1e9,
                                    ns < 1e3   ? "ns"
                                    : ns < 1e6 ? "us"
                                    : ns < 1e9 ? "ms"
                                               : "s")});
    return ticks;
}

std::vector<Tick> number_ticks(const char *unit)
{
    std::vector<Tick> ticks;

    for (double decade = 1e-3; decade < 1e6; decade *= 10)
        for (const double step : {1.0, 2.0, 5.0})
            ticks.push_back(
                {decade * step, format("%g%s", decade * step, unit)});
    return ticks;
}

void SeriesByName::add(const Row &row, const Point &point)
{
    Series &series = series_[row.participant->who->rank][row.name()];

    series.name = row.name();
    series.rank = row.participant->who->rank;
    series.points.push_back(point);
}

std::vector<Series> SeriesByName::take() const
{
    std::vector<Series> list;

    for (const auto &[rank, names] : series_)
        for (const auto &[name, series] : names)
            list.push_back(series);
    return list;
}

Chart over_threads(const Cases &cases, const std::string &id)
{
    SeriesByName series;
    Chart chart;

    for (const Summary *summary : cases) {
        const unsigned threads = summary->the_case().thread_count();
        chart.x_ticks.push_back(
            {static_cast<double>(threads), std::to_string(threads)});
        for (const Row &row : summary->rows)
            if (row.has_figure())
                series.add(row, figure_point(threads, row));
    }
    chart.id = id;
    chart.series = series.take();
    chart.x_label = "threads";
    chart.x_log = true;
    chart.extra =
        format("set xrange [%.3f:%.3f]\n", chart.x_ticks.front().place * 0.85,
               chart.x_ticks.back().place * 1.18);
    scale_y(chart);
    return chart;
}

std::string stacked_name(const Case &c)
{
    std::string name = c.name;

    std::replace(name.begin(), name.end(), '/', '\n');
    return name;
}

Chart bars(const Cases &cases, const std::string &id,
           const std::function<std::string(const Case &)> &label,
           const std::function<std::string(double)> &text)
{
    std::size_t most = 1;
    SeriesByName series;
    Chart chart;
    double x = 0;

    for (const Summary *summary : cases)
        most = std::max(most, summary->rows.size());
    chart.bar_width = 0.86 / static_cast<double>(most);
    for (const Summary *summary : cases) {
        const auto n = static_cast<double>(summary->rows.size());
        double place = x - chart.bar_width * (n - 1) / 2;
        chart.x_ticks.push_back({x, label(summary->the_case())});
        for (const Row &row : summary->rows) {
            if (row.has_figure())
                series.add(
                    row, figure_point(place, row, text(row.figure.all.median)));
            place += chart.bar_width;
        }
        x++;
    }
    chart.id = id;
    chart.series = series.take();
    chart.extra = format("set xrange [-0.6:%.1f]\n", x - 0.4);
    return chart;
}

double lowest(const Chart &chart, double also)
{
    double low = also > 0 ? also : 1e9;

    for (const Series &series : chart.series)
        for (const Point &point : series.points)
            low = std::min(low, point.low);
    return std::max(low, 1.0);
}

std::string yardstick(const char *name, double value)
{
    return format("set arrow from graph 0, first %.9g to graph 1, first %.9g "
                  "nohead dashtype 2 lc rgb '#222222' front\n"
                  "set label '%s' at graph 1.01, first %.9g\nset rmargin 7\n",
                  value, value, name, value);
}

} // namespace wbench
