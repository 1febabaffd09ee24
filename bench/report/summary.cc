/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/summary.h"

#include <algorithm>

namespace wbench {

namespace {

template <class Value>
double median_sample(const CaseData &data, std::size_t contestant, Value value)
{
    std::vector<double> values;

    for (const Round &round : data.rounds)
        if (round.samples[contestant])
            values.push_back((*round.samples[contestant]).*value);
    return median_of(std::move(values));
}

RunSpread figure_of(const CaseData &data, std::size_t contestant)
{
    std::vector<RunValue> values;

    for (const Round &round : data.rounds)
        if (round.samples[contestant])
            values.emplace_back(round.run, round.samples[contestant]->figure);
    return run_spread_of(values);
}

RunSpread ratio_of(const CaseData &data, std::size_t subject, std::size_t rival,
                   const Disturbed &wanted)
{
    const Metric metric = data.the_case->metric();
    std::vector<RunValue> values;

    for (const Round &round : data.rounds)
        if (round.samples[subject] && round.samples[rival] && wanted(round))
            values.emplace_back(
                round.run, times_as_good(metric, round.samples[subject]->figure,
                                         round.samples[rival]->figure));
    return run_spread_of(values);
}

double median_longest_wait(const CaseData &data, std::size_t contestant)
{
    std::vector<double> values;

    for (const auto &[run, wait] :
         longest_waits(data, contestant, [](const Round &) { return true; }))
        values.push_back(wait);
    return median_of(std::move(values));
}

Row row_of(const CaseData &data, std::size_t contestant)
{
    Row row;

    row.participant = &data.participants[contestant];
    row.figure = figure_of(data, contestant);
    row.fairness = median_sample(data, contestant, &Sample::fairness);
    row.longest_wait_ns = median_longest_wait(data, contestant);
    row.cpu_per_mop = median_sample(data, contestant, &Sample::cpu_per_mop);
    row.switches_per_mop =
        median_sample(data, contestant, &Sample::switches_per_mop);
    return row;
}

/* weir if it has a figure, else whoever comes first. */
std::size_t choose_subject(const std::vector<Row> &rows)
{
    for (std::size_t i = 0; i < rows.size(); i++)
        if (rows[i].has_figure())
            return i;
    return 0;
}

Spread probe_spread(const CaseData &data, double Round::*probe)
{
    std::vector<double> values;

    for (const Round &round : data.rounds)
        if (round.*probe > 0)
            values.push_back(round.*probe);
    return spread_of(std::move(values));
}

} // namespace

std::map<unsigned, double> longest_waits(const CaseData &data,
                                         std::size_t contestant,
                                         const Disturbed &wanted)
{
    std::map<unsigned, double> longest;

    for (const Round &round : data.rounds)
        if (round.samples[contestant] && wanted(round))
            longest[round.run] = std::max(
                longest[round.run], round.samples[contestant]->longest_wait_ns);
    return longest;
}

double times_as_good(Metric metric, double a, double b)
{
    const double better = metric == Metric::mops ? a : b;
    const double worse = metric == Metric::mops ? b : a;

    return worse > 0 ? better / worse : 0;
}

Summary summarise(const CaseData &data)
{
    Summary summary;

    summary.data = &data;
    summary.rmw = probe_spread(data, &Round::rmw);
    summary.rtt = probe_spread(data, &Round::rtt);
    const double limit = summary.rtt.q1 * kRegimeJump;
    const auto disturbed = [limit](const Round &round) {
        return round.rtt > limit || round.busy_elsewhere > kBusyElsewhere;
    };
    for (const Round &round : data.rounds)
        summary.disturbed_rounds += disturbed(round);

    for (std::size_t i = 0; i < data.participants.size(); i++)
        summary.rows.push_back(row_of(data, i));
    summary.subject = choose_subject(summary.rows);
    for (std::size_t i = 0; i < summary.rows.size(); i++) {
        Row &row = summary.rows[i];
        row.ratio = ratio_of(data, summary.subject, i,
                             [](const Round &) { return true; });
        row.ratio_disturbed =
            ratio_of(data, summary.subject, i, disturbed).all.median;
        row.ratio_quiet =
            ratio_of(data, summary.subject, i, std::not_fn(disturbed))
                .all.median;
    }
    judge_targets(summary, disturbed);
    summary.sentence = sentence_for(summary);
    return summary;
}

} // namespace wbench
