/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/plots.h"
#include "report/charts.h"
#include "report/format.h"

#include <algorithm>
#include <set>

namespace wbench {

namespace {

void mutex_throughput(const std::vector<Summary> &all, std::vector<Plot> &plots)
{
    std::set<std::pair<unsigned, unsigned>> works;

    for (const Summary &summary : all)
        if (summary.the_case().kind == Kind::mutex_contended)
            works.emplace(summary.the_case().shape.inside,
                          summary.the_case().shape.outside);
    for (const auto &[in, out] : works) {
        const auto wanted = [in = in, out = out](const Case &c) {
            return c.kind == Kind::mutex_contended && is_plain(c) &&
                   c.shape.inside == in && c.shape.outside == out;
        };
        const Cases cases = choose(all, wanted);
        if (cases.size() < 2)
            continue;
        Chart chart = over_threads(cases, format("mutex_%u_%u", in, out));
        chart.y_label = "million lock + unlock per second";
        plots.push_back(
            {format("Mutex: %u increments inside, %u steps outside", in, out),
             "Throughput of all threads together; higher is "
             "better. Whiskers: quartiles over rounds.",
             draw_lines(chart)});
    }
}

void mutex_latency(const std::vector<Summary> &all, std::vector<Plot> &plots)
{
    constexpr std::pair<double, const char *> parts[] = {
        {0.5, "p50"},     {0.9, "p90"},       {0.99, "p99"},
        {0.999, "p99.9"}, {0.9999, "p99.99"}, {1.0, "max"},
    };
    const auto wanted = [](const Case &c) {
        return c.kind == Kind::mutex_contended && (c.levels & kDefault) != 0;
    };

    for (const Summary *summary : choose(all, wanted)) {
        SeriesByName series;
        Chart chart;
        double x = 0;
        for (const auto &[part, label] : parts) {
            chart.x_ticks.push_back({x, label});
            for (const Row &row : summary->rows) {
                const double ns =
                    std::max(row.participant->latency.percentile(part), 1.0);
                if (row.has_figure())
                    series.add(row, {x, ns, ns, ns});
            }
            x++;
        }
        const Shape &shape = summary->the_case().shape;
        chart.id = format("wait_%u_%u", shape.threads, shape.outside);
        chart.series = series.take();
        chart.y_log = true;
        chart.y_ticks = time_ticks();
        chart.y_label = "time of one lock";
        chart.extra =
            format("set xrange [-0.3:%.1f]\nset yrange [1:*]\n", x - 0.7);
        plots.push_back(
            {format("Lock latency: %u threads, %u steps outside", shape.threads,
                    shape.outside),
             "One lock in 64 is timed; lower is better. Spinning contestants "
             "lock fast until one of them is preempted.",
             draw_lines(chart)});
    }
}

void barrier_phases(const std::vector<Summary> &all, std::vector<Plot> &plots)
{
    const Cases cases = choose(all, [](const Case &c) {
        return c.kind == Kind::barrier && is_plain(c);
    });

    if (cases.size() < 2)
        return;
    Chart chart = over_threads(cases, "barrier");
    chart.y_label = "time of one phase";
    chart.y_log = true;
    chart.y_ticks = time_ticks();
    chart.extra += "set yrange [*:*]\n";
    plots.push_back({"Barrier",
                     "Time of one phase; lower is better. Threads run free.",
                     draw_lines(chart)});
}

void queue_flows(const std::vector<Summary> &all, std::vector<Plot> &plots)
{
    const Cases cases = choose(all, [](const Case &c) {
        return c.kind == Kind::queue_flow && is_plain(c) &&
               c.shape.elem_size == 8;
    });

    if (cases.empty())
        return;
    Chart chart = bars(
        cases, "queue",
        [](const Case &c) { return c.name.substr(sizeof "queue/" - 1); },
        digits);
    chart.x_label = "producers x consumers, capacity 1024 unless it is named";
    chart.y_label = "million messages per second";
    chart.extra += kFromZero;
    chart.width = 1220;
    chart.height = 400;
    plots.push_back({"Queue throughput, elements of 8 bytes",
                     "One message is one put and one successful get; higher "
                     "is better. Whiskers: quartiles over rounds.",
                     draw_bars(chart), true});
}

void queue_sizes(const std::vector<Summary> &all, std::vector<Plot> &plots)
{
    const Cases cases = choose(all, [](const Case &c) {
        return c.kind == Kind::queue_flow && is_plain(c) &&
               c.shape.producers == 1 && c.shape.consumers == 1 &&
               c.shape.capacity == 1024;
    });

    if (cases.size() < 2)
        return;
    Chart chart = bars(
        cases, "sizes",
        [](const Case &c) { return format("%u bytes", c.shape.elem_size); },
        digits);
    chart.y_label = "million messages per second";
    chart.extra += kFromZero;
    plots.push_back({"Queue throughput over element size",
                     "One producer, one consumer, capacity 1024; higher is "
                     "better. Whiskers: quartiles over rounds.",
                     draw_bars(chart)});
}

void one_thread(const std::vector<Summary> &all, std::vector<Plot> &plots)
{
    const Cases cases = choose(all, [](const Case &c) {
        return c.kind == Kind::mutex_uncontended ||
               c.kind == Kind::queue_self || c.kind == Kind::sem_uncontended ||
               c.kind == Kind::rwlock_write ||
               (c.kind == Kind::rwlock_read && c.shape.threads == 1);
    });

    if (cases.empty())
        return;
    Chart chart = bars(
        cases, "alone", [](const Case &c) { return c.unit(); }, digits);
    chart.y_label = "ns";
    chart.extra += kFromZero + yardstick("RMW", cases.front()->rmw.median);
    plots.push_back({"One thread, nobody else",
                     "Time of one pair of calls; lower is better. Dashed: one "
                     "locked read-modify-write.",
                     draw_bars(chart)});
}

void two_threads(const std::vector<Summary> &all, std::vector<Plot> &plots)
{
    const Cases cases = choose(all, [](const Case &c) {
        return c.thread_count() == 2 && c.metric() == Metric::ns_per_op &&
               c.shape.placement != Placement::one_cpu;
    });

    if (cases.empty())
        return;
    Chart chart = bars(cases, "pairs", stacked_name, duration);
    const double rtt = cases.front()->rtt.median;
    chart.y_label = "time of one round";
    chart.y_log = true;
    chart.y_ticks = time_ticks();
    chart.extra += "set bmargin 4\nset offsets 0,0,graph 0.1,0\n";
    chart.extra += format("set yrange [%.9g:*]\n", lowest(chart, rtt) / 3);
    if (rtt > 0)
        chart.extra += yardstick("RTT", rtt);
    plots.push_back({"Two threads, back and forth",
                     "Time of one round; lower is better, log scale. Dashed: "
                     "one cache-line round trip.",
                     draw_bars(chart)});
}

void ratios(const std::vector<Summary> &all, std::vector<Plot> &plots)
{
    SeriesByName series;
    Chart chart;
    double y = 0;

    for (auto summary = all.rbegin(); summary != all.rend(); ++summary) {
        for (std::size_t i = 0; i < summary->rows.size(); i++) {
            const Row &row = summary->rows[i];
            const Spread &ratio = row.ratio.all;
            const double shift =
                0.14 * (static_cast<double>(summary->rows.size()) / 2 -
                        static_cast<double>(i));
            if (i != summary->subject && ratio.median > 0)
                series.add(row, {ratio.median, y + shift, ratio.q1, ratio.q3});
        }
        chart.y_ticks.push_back({y, summary->the_case().name});
        y++;
    }
    chart.id = "ratios";
    chart.series = series.take();
    if (chart.series.empty())
        return;
    chart.x_log = true;
    chart.x_label = "how many times as good weir is (log scale)";
    chart.width = 1220;
    chart.height = 110 + 24 * static_cast<int>(y);
    chart.x_ticks = number_ticks("x");
    chart.extra = format("set yrange [-0.7:%.1f]\n"
                         "set arrow from 1, graph 0 to 1, graph 1 nohead "
                         "lc rgb '#222222' lw 1.5\n",
                         y - 0.3);
    plots.push_back({"All ratios",
                     "Right of the black line weir is better. Whiskers: "
                     "quartiles of the ratios of single rounds.",
                     draw_dots(chart), true});
}

} // namespace

std::vector<Plot> draw_plots(const std::vector<Summary> &summaries)
{
    std::vector<Plot> plots;

    ratios(summaries, plots);
    mutex_throughput(summaries, plots);
    mutex_latency(summaries, plots);
    barrier_phases(summaries, plots);
    two_threads(summaries, plots);
    queue_flows(summaries, plots);
    one_thread(summaries, plots);
    queue_sizes(summaries, plots);
    return plots;
}

} // namespace wbench
