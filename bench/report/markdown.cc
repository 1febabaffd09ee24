/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/markdown.h"
#include "report/files.h"
#include "report/format.h"
#include "report/table.h"

namespace wbench {

namespace {

std::string cell(const std::string &text)
{
    std::string result = " ";

    for (const char c : text) {
        if (c == '|')
            result += '\\';
        result += c;
    }
    return result + " |";
}

std::string environment_table(const Environment &environment)
{
    std::string text = "| environment | |\n|---|---|\n";

    for (const auto &[name, value] : environment)
        text += "|" + cell(name) + cell(value) + "\n";
    return text + "\n";
}

std::string figure_of(const Summary &summary, const Row &row)
{
    const Outcome outcome = row.participant->outcome;
    std::string text = "-";

    if (row.has_figure())
        text = figure_text(summary.the_case().metric(), row.figure.all.median);
    if (outcome != Outcome::ok)
        text += std::string(" ") + outcome_name(outcome);
    return text;
}

std::string rival_text(const Summary &summary, std::size_t index)
{
    const Row &row = summary.rows[index];
    std::string text = row.name() + " " + figure_of(summary, row);

    if (row.ratio.all.n > 0)
        text += ": " + spread_text(row.ratio.all, "x");
    return text;
}

std::string target_text(const TargetResult &result)
{
    return result.text + ": " + spread_text(result.value, result.unit) + ", " +
           verdict_text(result.verdict);
}

std::string case_row(const Summary &summary)
{
    std::string rivals, targets;

    for (std::size_t i = 0; i < summary.rows.size(); i++)
        if (i != summary.subject)
            rivals += (rivals.empty() ? "" : "<br>") + rival_text(summary, i);
    for (const TargetResult &result : summary.targets)
        targets += (targets.empty() ? "" : "<br>") + target_text(result);
    return "|" + cell("`" + summary.the_case().name + "`") +
           cell(figure_of(summary, summary.rows[summary.subject])) +
           cell(rivals) + cell(targets) + "\n";
}

} // namespace

void write_markdown(const std::string &path,
                    const std::vector<Summary> &summaries,
                    const Environment &environment)
{
    std::string text = environment_table(environment) +
                       "| case | weir | rivals: figure, and how many times as "
                       "good weir is | targets |\n|---|---|---|---|\n";

    for (const Summary &summary : summaries)
        text += case_row(summary);
    write_file(path, text);
}

} // namespace wbench
