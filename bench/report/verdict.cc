/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * One sentence for each case: who won, and by how much.
 */
#include "report/format.h"
#include "report/summary.h"

namespace wbench {

namespace {

/* Of those that are not the subject's own kind, the best. */
const Row *best_rival(const Summary &summary)
{
    const Row &subject = summary.rows[summary.subject];
    const Row *best = nullptr;

    for (const Row &row : summary.rows) {
        const bool same = row.participant->who->traits.ours &&
                          subject.participant->who->traits.ours;
        const bool rival = !row.participant->who->traits.yardstick;
        if (&row == &subject || same || !rival || !row.has_figure())
            continue;
        if (best == nullptr || row.ratio.all.median < best->ratio.all.median)
            best = &row;
    }
    return best;
}

std::string named(const Row &row)
{
    const Traits &traits = row.participant->who->traits;

    return row.name() + (traits.blocking ? "" : " (which never sleeps)");
}

std::string with_figure(const Summary &summary, const Row &row)
{
    return named(row) + " with " +
           figure_text(summary.the_case().metric(), row.figure.all.median);
}

std::string times(const Spread &ratio)
{
    return digits(ratio.median) + " times (quartiles " + digits(ratio.q1) +
           " to " + digits(ratio.q3) + ")";
}

Spread inverse(const Spread &ratio)
{
    Spread result = ratio;

    result.q1 = ratio.q3 > 0 ? 1 / ratio.q3 : 0;
    result.median = ratio.median > 0 ? 1 / ratio.median : 0;
    result.q3 = ratio.q1 > 0 ? 1 / ratio.q1 : 0;
    return result;
}

std::string casualties(const Summary &summary)
{
    std::string text;

    for (const Row &row : summary.rows)
        if (row.participant->outcome != Outcome::ok)
            text += " " + row.name() + " " +
                    outcome_name(row.participant->outcome) + ": " +
                    row.participant->why + ".";
    return text;
}

std::string result_of(const Summary &summary)
{
    const Row &subject = summary.rows[summary.subject];
    const Row *rival = best_rival(summary);

    if (!subject.has_figure())
        return "Nobody finished.";
    if (rival == nullptr)
        return with_figure(summary, subject) + " had no rival.";
    const Spread &ratio = rival->ratio.all;
    const std::string both =
        with_figure(summary, subject) + " and " + with_figure(summary, *rival);
    if (ratio.q1 > 1)
        return subject.name() + " won, " + times(ratio) + " as good as " +
               named(*rival) + ", the best of the others: " + both + ".";
    if (ratio.q3 < 1)
        return named(*rival) + " won, " + times(inverse(ratio)) +
               " as good as " + subject.name() + ": " + both + ".";
    return "Too close to call: " + both + ", ratio " + spread_text(ratio, "x") +
           ".";
}

} // namespace

std::string sentence_for(const Summary &summary)
{
    return result_of(summary) + casualties(summary);
}

} // namespace wbench
