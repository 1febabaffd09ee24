/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "paired.h"
#include "harness/clock.h"
#include "harness/env.h"
#include "harness/progress.h"
#include "harness/selection.h"
#include "harness/supervisor.h"
#include "report/files.h"
#include "report/format.h"
#include "report/html.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/table.h"
#include "selfcheck.h"

#include <cstdio>

namespace wbench {

namespace {

/* Above this, others took so much of the CPUs that the reader must know. */
constexpr double kDisturbed = 0.05;

std::vector<CaseData> plan_cases(const Options &options)
{
    std::vector<CaseData> plan;

    for (const Case *the_case : select_cases(options)) {
        CaseData data;
        data.the_case = the_case;
        for (const Contestant *who : select_contestants(*the_case, options)) {
            Participant participant;
            participant.who = who;
            data.participants.push_back(std::move(participant));
        }
        plan.push_back(std::move(data));
    }
    return plan;
}

/* Returns the part of the CPUs that others used meanwhile. */
double run_all(std::vector<CaseData> &plan, const Options &options)
{
    Progress progress(options, plan);
    const CpuUse before = read_cpu_use();

    for (unsigned run = 0; run < options.runs; run++) {
        for (CaseData &data : plan) {
            const CpuUse case_before = read_cpu_use();
            supervise(data, run, options, progress);
            data.busy_elsewhere +=
                busy_elsewhere(case_before, read_cpu_use()) / options.runs;
        }
    }
    return busy_elsewhere(before, read_cpu_use());
}

bool ours_are_well(const std::vector<CaseData> &results)
{
    for (const CaseData &data : results)
        for (const Participant &participant : data.participants)
            if (participant.who->traits.ours &&
                participant.outcome != Outcome::ok)
                return false;
    return true;
}

} // namespace

int run_paired(const Options &options)
{
    std::vector<CaseData> results = plan_cases(options);
    if (!options.json.empty())
        check_writable(options.json);
    if (!options.markdown.empty())
        check_writable(options.markdown);
    if (!options.report.empty())
        check_writable(page_path(options.report));
    Environment environment = read_environment();
    const int64_t begin = now_ns();

    const double others = run_all(results, options);
    if (options.self_check)
        return all_found_out(results) ? 0 : 1;

    environment.emplace_back("CPUs used by others",
                             std::to_string(static_cast<int>(others * 100)) +
                                 " %");
    environment.emplace_back(
        "measured", std::to_string(options.runs) + " processes x " +
                        std::to_string(options.rounds) + " rounds x " +
                        std::to_string(options.slice_ms) + " ms, in " +
                        digits(static_cast<double>(now_ns() - begin) / 1e9) +
                        " s");
    std::vector<Summary> summaries;
    for (const CaseData &data : results)
        summaries.push_back(summarise(data));

    print_tables(summaries, environment);
    if (others > kDisturbed)
        printf("\nOthers used %.0f %% of the CPUs during the run: repeat it on "
               "an idle machine.\n",
               others * 100);
    if (!options.json.empty())
        write_json(options.json, summaries, environment, options);
    if (!options.markdown.empty())
        write_markdown(options.markdown, summaries, environment);
    if (!options.report.empty())
        write_report(options.report, summaries, environment);
    return ours_are_well(results) ? 0 : 1;
}

} // namespace wbench
