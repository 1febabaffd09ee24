/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/supervisor.h"
#include "harness/child.h"
#include "harness/clock.h"
#include "harness/worker.h"

#include <algorithm>

namespace wbench {

namespace {

/* One worker process, from start to end. */
class Watch {
public:
    Watch(CaseData &data, unsigned run, const Options &options,
          Progress &progress)
        : data_(data), run_(run), options_(options), progress_(progress)
    {
    }

    /* Returns the round with which to go on; the number of rounds if all
     * has been done, or nothing more can be. */
    unsigned watch(unsigned first_round)
    {
        Child child(arguments(first_round));

        next_round_ = first_round;
        current_ = nullptr;
        for (;;) {
            Message message;
            switch (child.receive(&message, sizeof message,
                                  options_.watchdog_s * 1000)) {
            case Child::Event::message:
                if (message.type == Message::Type::done) {
                    child.wait();
                    return options_.rounds;
                }
                take(message);
                break;
            case Child::Event::silence:
                return give_up_on(Outcome::hung, hang_note(child));
            case Child::Event::end:
                return give_up_on(Outcome::crashed, child.wait());
            }
        }
    }

private:
    std::vector<std::string> arguments(unsigned first_round) const
    {
        std::string skip;

        for (const Participant &participant : data_.participants)
            skip += participant.outcome == Outcome::ok ? '0' : '1';
        std::vector<std::string> list;

        /* First: these set what follows. */
        if (options_.self_check)
            list.push_back("--self-check");
        else if (options_.smoke)
            list.push_back("--smoke");
        const std::vector<std::string> rest = {
            "--worker-case",
            data_.the_case->name,
            "--worker-skip",
            skip,
            "--worker-run",
            std::to_string(run_),
            "--worker-first-round",
            std::to_string(first_round),
            "--rounds",
            std::to_string(options_.rounds),
            "--slice-ms",
            std::to_string(options_.slice_ms),
        };
        list.insert(list.end(), rest.begin(), rest.end());
        if (options_.full)
            list.push_back("--full");
        if (!options_.twin.empty())
            list.insert(list.end(), {"--twin", options_.twin});
        if (!options_.only.empty())
            list.insert(list.end(), {"--contestants", options_.only});
        return list;
    }

    std::string hang_note(Child &child) const
    {
        return "nothing for " + std::to_string(options_.watchdog_s) +
               " s; threads: " + child.kill_and_describe();
    }

    void take(const Message &message)
    {
        switch (message.type) {
        case Message::Type::probes: take_probes(message); break;
        case Message::Type::starting:
            current_ = &data_.participants[message.contestant];
            break;
        case Message::Type::result:
            take_result(message);
            current_ = nullptr;
            break;
        case Message::Type::round_end:
            data_.rounds.back().busy_elsewhere = message.busy_elsewhere;
            break;
        case Message::Type::done: break;
        }
    }

    void take_probes(const Message &message)
    {
        Round round;

        round.run = run_;
        round.number = message.round;
        round.rmw = message.rmw;
        round.rtt = message.rtt;
        round.samples.resize(data_.participants.size());
        data_.rounds.push_back(std::move(round));
        next_round_ = message.round + 1;
        progress_.probes_done();
    }

    void take_result(const Message &message)
    {
        Participant &participant = data_.participants[message.contestant];

        if (message.slice.outcome != Outcome::ok &&
            participant.outcome == Outcome::ok) {
            participant.outcome = message.slice.outcome;
            participant.why = message.slice.why;
            progress_.note(data_.the_case->name, participant);
        }
        if (message.round == kWarmUp || participant.outcome != Outcome::ok)
            return;
        participant.latency.merge(message.slice.latency);
        data_.rounds.back().samples[message.contestant] =
            sample_of(*data_.the_case, message.slice);
        progress_.slice_done();
    }

    unsigned give_up_on(Outcome outcome, const std::string &why)
    {
        if (current_ == nullptr) {
            progress_.complain(data_.the_case->name +
                               ": the worker ended early: " + why);
            return options_.rounds;
        }
        current_->outcome = outcome;
        current_->why = why;
        progress_.note(data_.the_case->name, *current_);
        return next_round_;
    }

    CaseData &data_;
    const unsigned run_;
    const Options &options_;
    Progress &progress_;
    Participant *current_ = nullptr; /* whose slice is running */
    unsigned next_round_ = 0;
};

/* A thread that starves does few operations, so those that are timed may
 * miss its wait altogether; the batches do not. */
double longest_wait(const Case &the_case, const Slice &slice)
{
    const auto timed = static_cast<double>(slice.latency.max());

    return the_case.kind == Kind::mutex_contended
               ? std::max(timed, slice.longest_stall_ns)
               : timed;
}

} // namespace

Sample sample_of(const Case &the_case, const Slice &slice)
{
    const double mops = slice.ops / 1e6;
    Sample sample;

    sample.figure = the_case.metric() == Metric::mops ? mops / slice.seconds
                                                      : slice.ns_per_op;
    sample.fairness = slice.fairness;
    sample.longest_wait_ns = longest_wait(the_case, slice);
    sample.cpu_per_mop = slice.cpu_seconds / mops;
    sample.switches_per_mop = slice.switches / mops;
    return sample;
}

void supervise(CaseData &data, unsigned run, const Options &options,
               Progress &progress)
{
    Watch watch(data, run, options, progress);
    unsigned round = 0;

    progress.begin(data.the_case->name, run);
    while (round < options.rounds)
        round = watch.watch(round);
    progress.end_case();
}

} // namespace wbench
