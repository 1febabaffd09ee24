/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/html.h"
#include "report/files.h"
#include "report/format.h"
#include "report/plots.h"
#include "report/table.h"

#include <cstdio>
#include <stdexcept>

namespace wbench {

namespace {

constexpr char kStyle[] = R"css(
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1b1b1b;
       background: #fff; margin: 0 auto; max-width: 1260px; padding: 24px; }
h1 { font-size: 28px; margin: 0 0 4px; }
h2 { font-size: 21px; margin: 36px 0 8px; border-bottom: 1px solid #ddd; }
.plots { display: grid; grid-template-columns: 1fr 1fr; gap: 20px;
         grid-auto-flow: dense; }
figure { margin: 0; border: 1px solid #e2e2e2; border-radius: 6px;
         padding: 12px; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figure h3 { font-size: 16px; margin: 0 0 4px; }
figure svg { width: 100%; height: auto; display: block; }
figcaption { font-size: 14px; color: #555; }
table { border-collapse: collapse; font-size: 14px; width: 100%; }
th, td { padding: 3px 10px 3px 0; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #999; }
td { border-bottom: 1px solid #eee; }
td.n { text-align: right; font-variant-numeric: tabular-nums;
       white-space: nowrap; }
th.n { text-align: right; }
tr.first td { border-top: 1px solid #999; }
.met { color: #00694e; } .missed { color: #b3261e; font-weight: 600; }
.close { color: #8a5a00; }
ul { padding-left: 20px; } li { margin: 4px 0; }
.note { background: #fff6e0; padding: 8px 12px; border-radius: 6px; }
)css";

std::string escaped(const std::string &text)
{
    std::string result;

    for (const char c : text) {
        switch (c) {
        case '&': result += "&amp;"; break;
        case '<': result += "&lt;"; break;
        case '>': result += "&gt;"; break;
        case '"': result += "&quot;"; break;
        default: result += c;
        }
    }
    return result;
}

std::string cell(const std::string &text, bool number = true)
{
    return std::string(number ? "<td class=\"n\">" : "<td>") + escaped(text) +
           "</td>";
}

std::string environment_block(const Environment &environment)
{
    std::string html = "<h2>Environment</h2>\n<table>\n";

    for (const auto &[name, value] : environment)
        html += "<tr>" + cell(name, false) + cell(value, false) + "</tr>\n";
    return html + "</table>\n";
}

std::string winners(const std::vector<Summary> &summaries)
{
    std::string html = "<h2>Who won</h2>\n<ul>\n";

    for (const Summary &summary : summaries)
        html += "<li><b>" + escaped(summary.the_case().name) +
                "</b>: " + escaped(summary.sentence) + "</li>\n";
    return html + "</ul>\n";
}

const char *verdict_class(Verdict verdict)
{
    switch (verdict) {
    case Verdict::met: return "met";
    case Verdict::close: return "close";
    default: return "missed";
    }
}

std::string targets(const std::vector<Summary> &summaries)
{
    std::string rows;

    for (const Summary &summary : summaries)
        for (const TargetResult &result : summary.targets)
            rows += "<tr>" + cell(summary.the_case().name, false) +
                    cell(result.text, false) +
                    cell(spread_text(result.value, result.unit)) +
                    "<td class=\"" + verdict_class(result.verdict) + "\">" +
                    verdict_text(result.verdict) + "</td></tr>\n";
    if (rows.empty())
        return "";
    return "<h2>Targets</h2>\n<table>\n<tr><th>case</th><th>target</th>"
           "<th class=\"n\">measured [quartiles]</th><th></th></tr>\n" +
           rows + "</table>\n";
}

std::string plots(const std::vector<Summary> &summaries)
{
    std::string html = "<h2>Plots</h2>\n";

    try {
        html += "<div class=\"plots\">\n";
        for (const Plot &plot : draw_plots(summaries))
            html += std::string("<figure") +
                    (plot.wide ? " class=\"wide\"" : "") + "><h3>" +
                    escaped(plot.title) + "</h3>\n" + plot.svg +
                    "<figcaption>" + escaped(plot.caption) +
                    "</figcaption></figure>\n";
        return html + "</div>\n";
    } catch (const std::runtime_error &error) {
        fprintf(stderr, "weir-bench: the page has no plots: %s\n",
                error.what());
        return "<p class=\"note\">No plots: " + escaped(error.what()) +
               ".</p>\n";
    }
}

std::string latency_cells(const Row &row)
{
    const Histogram &latency = row.participant->latency;

    if (latency.samples() == 0)
        return cell("") + cell("") + cell("") + cell("");
    return cell(duration(latency.percentile(0.5))) +
           cell(duration(latency.percentile(0.99))) +
           cell(duration(latency.percentile(0.999))) +
           cell(duration(row.longest_wait_ns));
}

std::string figure_row(const Summary &summary, std::size_t index)
{
    const Row &row = summary.rows[index];
    const Outcome outcome = row.participant->outcome;
    const bool first = index == 0;
    const bool rival = index != summary.subject && row.ratio.all.n > 0;
    std::string html = first ? "<tr class=\"first\">" : "<tr>";

    html += cell(first ? summary.the_case().name : "", false) +
            cell(row.name(), false);
    if (!row.has_figure())
        return html + "<td colspan=\"9\" class=\"missed\">" +
               escaped(std::string(outcome_name(outcome)) + ": " +
                       row.participant->why) +
               "</td></tr>\n";
    html +=
        cell(figure_text(summary.the_case().metric(), row.figure.all.median)) +
        cell(rival ? spread_text(row.ratio.all, "x") : "") +
        cell(row.fairness > 0 ? digits(row.fairness) : "") +
        latency_cells(row) + cell(digits(row.cpu_per_mop)) +
        cell(digits(row.switches_per_mop));
    if (outcome != Outcome::ok)
        html += "<td class=\"missed\">" + std::string(outcome_name(outcome)) +
                "</td>";
    return html + "</tr>\n";
}

std::string figures(const std::vector<Summary> &summaries)
{
    std::string html =
        "<h2>All figures</h2>\n<table>\n<tr><th>case</th><th>contestant</th>"
        "<th class=\"n\">median</th><th class=\"n\">weir is</th>"
        "<th class=\"n\">slow/fast</th><th class=\"n\">p50</th>"
        "<th class=\"n\">p99</th><th class=\"n\">p99.9</th>"
        "<th class=\"n\">longest</th><th class=\"n\">CPU s / M</th>"
        "<th class=\"n\">switches / M</th></tr>\n";

    for (const Summary &summary : summaries) {
        for (std::size_t i = 0; i < summary.rows.size(); i++)
            html += figure_row(summary, i);
        const std::string regime = regime_text(summary);
        if (!regime.empty())
            html += "<tr><td></td><td colspan=\"10\" class=\"close\">" +
                    escaped(regime) + "</td></tr>\n";
    }
    return html + "</table>\n";
}

std::string yardsticks(const std::vector<Summary> &summaries)
{
    std::vector<double> rmw, rtt;

    for (const Summary &summary : summaries) {
        rmw.push_back(summary.rmw.median);
        if (summary.rtt.n > 0)
            rtt.push_back(summary.rtt.median);
    }
    return "<p>Figures are medians over rounds in which all contestants ran "
           "in turn; ratios are taken within a round, so above 1x weir was "
           "better under the same conditions. Measured beside them: one "
           "locked read-modify-write (RMW) took " +
           duration(median_of(rmw)) + ", one cache-line round trip (RTT) " +
           (rtt.empty() ? "could not be measured" : duration(median_of(rtt))) +
           ".</p>\n";
}

} // namespace

std::filesystem::path page_path(const std::string &folder)
{
    return std::filesystem::path(folder) / "index.html";
}

void write_report(const std::string &folder,
                  const std::vector<Summary> &summaries,
                  const Environment &environment)
{
    write_file(page_path(folder),
               "<!DOCTYPE html>\n<html lang=\"en\"><head>"
               "<meta charset=\"utf-8\"><title>weir-bench</title>\n<style>" +
                   std::string(kStyle) +
                   "</style></head><body>\n<h1>weir-bench</h1>\n" +
                   yardsticks(summaries) + winners(summaries) +
                   targets(summaries) + plots(summaries) + figures(summaries) +
                   environment_block(environment) + "</body></html>\n");
    printf("\nReport: %s\n", page_path(folder).c_str());
}

} // namespace wbench
