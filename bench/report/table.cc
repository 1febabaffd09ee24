/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/table.h"
#include "harness/selection.h"
#include "report/format.h"

#include <cstdio>

namespace wbench {

namespace {

void print_environment(const Environment &environment)
{
    printf("Environment\n");
    for (const auto &[name, value] : environment)
        printf("  %-20s  %s\n", name.c_str(), value.c_str());
}

std::string outcome_text(const Row &row)
{
    const Outcome outcome = row.participant->outcome;

    return outcome == Outcome::ok ? "" : outcome_name(outcome);
}

void print_row(const Summary &summary, std::size_t index)
{
    const Row &row = summary.rows[index];
    const Metric metric = summary.the_case().metric();
    const std::string figure =
        row.has_figure() ? figure_text(metric, row.figure.all.median) : "-";
    std::string quartiles, ratio;

    if (row.has_figure())
        quartiles =
            digits(row.figure.all.q1) + " .. " + digits(row.figure.all.q3);
    if (metric == Metric::ns_per_op && row.has_figure())
        quartiles =
            duration(row.figure.all.q1) + " .. " + duration(row.figure.all.q3);
    if (index != summary.subject && row.ratio.all.n > 0)
        ratio = spread_text(row.ratio.all, "x");
    printf("  %-16s %12s   %-22s %-26s %s\n", row.name().c_str(),
           figure.c_str(), quartiles.c_str(), ratio.c_str(),
           outcome_text(row).c_str());
}

void print_case(const Summary &summary)
{
    const Case &c = summary.the_case();

    printf("\n%s  (%s, %s; RMW %s, RTT %s)\n", c.name.c_str(), c.unit(),
           placement_name(c.shape.placement),
           duration(summary.rmw.median).c_str(),
           summary.rtt.n > 0 ? duration(summary.rtt.median).c_str() : "n/a");
    for (std::size_t i = 0; i < summary.rows.size(); i++)
        print_row(summary, i);
    for (const TargetResult &result : summary.targets)
        printf("  target %-44s %-28s %s\n", result.text.c_str(),
               spread_text(result.value, result.unit).c_str(),
               verdict_text(result.verdict));
    const std::string regime = regime_text(summary);
    if (!regime.empty())
        printf("  %s\n", regime.c_str());
}

bool has_detail(const Summary &summary)
{
    return summary.the_case().thread_count() > 1;
}

void print_detail(const Summary &summary)
{
    for (const Row &row : summary.rows) {
        const Histogram &latency = row.participant->latency;
        std::string waits = format("%9s%9s%9s%9s", "-", "-", "-", "-");

        if (!row.has_figure())
            continue;
        if (latency.samples() > 0)
            waits = format("%9s%9s%9s%9s",
                           duration(latency.percentile(0.5)).c_str(),
                           duration(latency.percentile(0.99)).c_str(),
                           duration(latency.percentile(0.999)).c_str(),
                           duration(row.longest_wait_ns).c_str());
        printf("%-28s %-15s %6s %s %8s %8s\n", summary.the_case().name.c_str(),
               row.name().c_str(),
               row.fairness > 0 ? digits(row.fairness).c_str() : "-",
               waits.c_str(), digits(row.cpu_per_mop).c_str(),
               digits(row.switches_per_mop).c_str());
    }
}

void print_details(const std::vector<Summary> &summaries)
{
    bool header = false;

    for (const Summary &summary : summaries) {
        if (!has_detail(summary))
            continue;
        if (!header)
            printf("\n%-28s %-15s %6s %9s%9s%9s%9s %8s %8s\n", "Detail", "",
                   "s/f", "p50", "p99", "p99.9", "longest", "cpu s/M", "csw/M");
        header = true;
        print_detail(summary);
    }
}

void print_not_met(const Summary &summary, const TargetResult &result)
{
    std::string text = spread_text(result.value, result.unit);

    if (summary.disturbed_rounds > 0 && result.quiet.n > 0)
        text += "; undisturbed " + spread_text(result.quiet, result.unit);
    printf("  %-12s %-24s %s: %s\n", verdict_text(result.verdict),
           summary.the_case().name.c_str(), result.text.c_str(), text.c_str());
}

void print_missed(const std::vector<Summary> &summaries)
{
    unsigned counts[4] = {};

    for (const Summary &summary : summaries)
        for (const TargetResult &result : summary.targets)
            counts[static_cast<unsigned>(result.verdict)]++;
    printf("\nTargets: %u met, %u within noise, %u missed.\n", counts[0],
           counts[1], counts[2]);
    for (const Summary &summary : summaries)
        for (const TargetResult &result : summary.targets)
            if (result.verdict != Verdict::met)
                print_not_met(summary, result);
}

} // namespace

const char *verdict_text(Verdict verdict)
{
    switch (verdict) {
    case Verdict::met: return "met";
    case Verdict::close: return "within noise";
    case Verdict::missed: return "MISSED";
    case Verdict::unknown: break;
    }
    return "not measured";
}

std::string regime_text(const Summary &summary)
{
    const std::size_t rounds = summary.data->rounds.size();
    std::string text;

    if (summary.disturbed_rounds == 0)
        return text;
    text = format("%u of %zu rounds were disturbed", summary.disturbed_rounds,
                  rounds);
    if (summary.disturbed_rounds == rounds)
        return text;
    text += "; ratios without / in those:";
    for (std::size_t i = 0; i < summary.rows.size(); i++) {
        const Row &row = summary.rows[i];
        if (i != summary.subject && row.ratio.all.n > 0)
            text += " " + row.name() + " " + digits(row.ratio_quiet) + "x / " +
                    digits(row.ratio_disturbed) + "x;";
    }
    text.pop_back();
    return text;
}

void print_tables(const std::vector<Summary> &summaries,
                  const Environment &environment)
{
    print_environment(environment);
    printf("\nEach row: median, quartiles, and how many times as good as this "
           "row the first is\n(above 1x: the first row wins), with quartiles "
           "over rounds.\n");
    for (const Summary &summary : summaries)
        print_case(summary);
    print_details(summaries);
    printf("  s/f: slowest/fastest thread. p50 .. p99.9: time of one "
           "operation, one in 64 is\n  timed. longest: of a run, median over "
           "runs; mutex: the longest batch of 64. cpu s/M,\n  csw/M: CPU "
           "seconds and context switches per million operations.\n");
    printf("  A round is disturbed if RTT is beyond %.1f times its lower "
           "quartile, or others use\n  over %.0f %% of the CPUs. Figures "
           "and verdicts are over all rounds.\n",
           kRegimeJump, kBusyElsewhere * 100);
    printf("\nWho won\n");
    for (const Summary &summary : summaries)
        printf("  %s: %s\n", summary.the_case().name.c_str(),
               summary.sentence.c_str());
    print_missed(summaries);
}

void print_list(const Options &options)
{
    for (const Case *c : select_cases(options)) {
        printf("%-28s", c->name.c_str());
        for (const Contestant *who : select_contestants(*c, options))
            printf(" %s", who->name.c_str());
        printf("\n");
    }
}

} // namespace wbench
