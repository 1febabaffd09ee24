/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/progress.h"
#include "harness/clock.h"
#include "report/format.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace wbench {

namespace {

constexpr int64_t kProbeCost = 8 * kMillisecond;
constexpr int64_t kSliceCost = 2 * kMillisecond; /* threads come and go */
constexpr int64_t kTerminalPeriod = kSecond / 5;
constexpr int64_t kLogPeriod = 15 * kSecond;

std::string minutes(int64_t ns)
{
    const int64_t seconds = (ns + kSecond / 2) / kSecond;
    char text[32];

    snprintf(text, sizeof text, "%d:%02d", static_cast<int>(seconds / 60),
             static_cast<int>(seconds % 60));
    return text;
}

} // namespace

Progress::Progress(const Options &options, const std::vector<CaseData> &plan)
    : options_(options), plan_(plan), terminal_(isatty(STDERR_FILENO) == 1),
      start_(now_ns())
{
    for (const CaseData &data : plan_)
        planned_ += planned_ns(data) * options_.runs;
}

Progress::~Progress()
{
    clear();
}

int64_t Progress::planned_ns(const CaseData &data) const
{
    const int64_t slice =
        data.the_case->slice_ns(options_.slice_ms * kMillisecond) + kSliceCost;

    return options_.rounds *
           (static_cast<int64_t>(data.participants.size()) * slice +
            kProbeCost);
}

void Progress::begin(const std::string &case_name, unsigned run)
{
    run_ = run;
    done_in_case_ = 0;
    for (const CaseData &data : plan_)
        if (data.the_case->name == case_name)
            current_ = &data;
    show();
}

void Progress::probes_done()
{
    advance(kProbeCost);
}

void Progress::slice_done()
{
    advance(current_->the_case->slice_ns(options_.slice_ms * kMillisecond) +
            kSliceCost);
}

void Progress::end_case()
{
    done_before_ += planned_ns(*current_);
    done_in_case_ = 0;
}

void Progress::advance(int64_t ns)
{
    done_in_case_ = std::min(done_in_case_ + ns, planned_ns(*current_));
    show();
}

void Progress::show()
{
    const int64_t now = now_ns();
    const int64_t done = done_before_ + done_in_case_;
    const double part =
        planned_ > 0 ? static_cast<double>(done) / static_cast<double>(planned_)
                     : 1;
    const int64_t elapsed = now - start_;
    /* The plan is a fair guess until enough has been seen to scale it. */
    const double pace =
        part > 0.02 ? static_cast<double>(elapsed) / static_cast<double>(done)
                    : 1.1;
    const auto left =
        static_cast<int64_t>(pace * static_cast<double>(planned_ - done));

    if (now - last_shown_ < (terminal_ ? kTerminalPeriod : kLogPeriod))
        return;
    last_shown_ = now;
    fprintf(stderr, "%s[%3d%%] run %u of %u  %-28s %s left%s",
            terminal_ ? "\r" : "", static_cast<int>(part * 100), run_ + 1,
            options_.runs, current_->the_case->name.c_str(),
            minutes(left).c_str(), terminal_ ? "  " : "\n");
}

void Progress::clear()
{
    if (terminal_)
        fprintf(stderr, "\r%78s\r", "");
}

void Progress::note(const std::string &case_name,
                    const Participant &participant)
{
    clear();
    fprintf(stderr, "%s: %s %s: %s\n", case_name.c_str(),
            participant.who->name.c_str(), outcome_name(participant.outcome),
            participant.why.c_str());
}

void Progress::complain(const std::string &sentence)
{
    clear();
    fprintf(stderr, "%s\n", sentence.c_str());
}

} // namespace wbench
