/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the rounds of a case come to: figures, ratios, regimes, targets, and
 * the sentence that says who won.  The table, the JSON file and the page
 * all print this.
 */
#ifndef WEIR_BENCH_SUMMARY_H
#define WEIR_BENCH_SUMMARY_H

#include "harness/results.h"
#include "report/stats.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace wbench {

struct Row {
    const Participant *participant = nullptr;
    RunSpread figure;
    /* How many times as good as this the subject was, round by round: above
     * 1 the subject was better, whichever way the metric goes. */
    RunSpread ratio;
    double ratio_quiet = 0;     /* in undisturbed rounds */
    double ratio_disturbed = 0; /* in the others; 0 of none */
    double fairness = 0;
    double longest_wait_ns = 0; /* of a run, median over runs */
    double cpu_per_mop = 0;
    double switches_per_mop = 0;

    bool has_figure() const { return figure.all.n > 0; }
    const std::string &name() const { return participant->who->name; }
};

enum class Verdict { met, close, missed, unknown };

struct TargetResult {
    const Target *target = nullptr;
    Spread value;
    Spread quiet; /* in undisturbed rounds */
    Verdict verdict = Verdict::unknown;
    std::string text; /* "<= 3 RTT", ">= 5 x glibc" */
    std::string unit; /* what the value counts, for printing it */
};

struct Summary {
    const CaseData *data = nullptr;
    Spread rmw;
    Spread rtt;
    unsigned disturbed_rounds = 0;
    std::size_t subject = 0; /* the row that the others are held against */
    std::vector<Row> rows;
    std::vector<TargetResult> targets;
    std::string sentence;

    const Case &the_case() const { return *data->the_case; }
};

/* RTT counts as having jumped beyond this multiple of its lower quartile. */
inline constexpr double kRegimeJump = 1.6;
/* Others disturb a round in which they use more than this of the CPUs. */
inline constexpr double kBusyElsewhere = 0.1;

/* True for rounds that are not like the usual ones. */
using Disturbed = std::function<bool(const Round &)>;

Summary summarise(const CaseData &data);

/* report/targets.cc */
void judge_targets(Summary &summary, const Disturbed &disturbed);
/* report/verdict.cc */
std::string sentence_for(const Summary &summary);

/* The longest timed operation of each run, in the rounds that are wanted. */
std::map<unsigned, double> longest_waits(const CaseData &data,
                                         std::size_t contestant,
                                         const Disturbed &wanted);

/* How many times as good a is as b. */
double times_as_good(Metric metric, double a, double b);

} // namespace wbench

#endif
