/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Holds a case against its targets, round by round like everything else.
 */
#include "report/format.h"
#include "report/summary.h"

#include <algorithm>
#include <map>
#include <optional>

namespace wbench {

namespace {

using Unit = Target::Unit;

std::optional<std::size_t> find(const CaseData &data, const std::string &name)
{
    for (std::size_t i = 0; i < data.participants.size(); i++)
        if (data.participants[i].who->name == name)
            return i;
    return std::nullopt;
}

/* Whether a target's "best" is chosen among these. */
bool competes(const Traits &traits, Unit unit)
{
    if (traits.ours || traits.yardstick)
        return false;
    switch (unit) {
    case Unit::times_best_blocking: return traits.blocking;
    case Unit::times_best_peer: return traits.peer;
    case Unit::times_best_spinning: return traits.peer && !traits.blocking;
    default: return false;
    }
}

std::optional<std::size_t> best_in(const CaseData &data, Unit unit,
                                   const Round &round)
{
    const Metric metric = data.the_case->metric();
    std::optional<std::size_t> best;

    for (std::size_t i = 0; i < data.participants.size(); i++) {
        if (!round.samples[i] ||
            !competes(data.participants[i].who->traits, unit))
            continue;
        if (!best || times_as_good(metric, round.samples[i]->figure,
                                   round.samples[*best]->figure) > 1)
            best = i;
    }
    return best;
}

/* The name of whoever was the best in most rounds. */
std::string usual_best(const CaseData &data, Unit unit)
{
    std::map<std::size_t, unsigned> rounds;
    std::string name;
    unsigned most = 0;

    for (const Round &round : data.rounds)
        if (const auto best = best_in(data, unit, round))
            if (++rounds[*best] > most) {
                most = rounds[*best];
                name = data.participants[*best].who->name;
            }
    return name;
}

bool has_peer(const CaseData &data)
{
    return std::any_of(data.participants.begin(), data.participants.end(),
                       [](const Participant &p) { return p.who->traits.peer; });
}

std::optional<double> over(double value, double by)
{
    if (by <= 0)
        return std::nullopt;
    return value / by;
}

std::optional<double> value_in(const CaseData &data, const Target &target,
                               std::size_t who,
                               std::optional<std::size_t> rival,
                               const Round &round)
{
    const Metric metric = data.the_case->metric();

    if (!round.samples[who])
        return std::nullopt;
    const Sample &mine = *round.samples[who];
    const Sample *theirs =
        rival && round.samples[*rival] ? &*round.samples[*rival] : nullptr;

    switch (target.unit) {
    case Unit::rmw: return over(mine.figure, round.rmw);
    case Unit::rtt: return over(mine.figure, round.rtt);
    case Unit::fairness: return mine.fairness;
    case Unit::times_best_blocking:
    case Unit::times_best_peer:
    case Unit::times_best_spinning:
        if (const auto best = best_in(data, target.unit, round))
            return times_as_good(metric, mine.figure,
                                 round.samples[*best]->figure);
        return std::nullopt;
    case Unit::times_rival:
        if (theirs != nullptr)
            return times_as_good(metric, mine.figure, theirs->figure);
        return std::nullopt;
    case Unit::longest_wait: return std::nullopt; /* one value for each run */
    }
    return std::nullopt;
}

bool at_most(Unit unit)
{
    return unit == Unit::rmw || unit == Unit::rtt || unit == Unit::longest_wait;
}

Verdict verdict_of(const Target &target, const Spread &value)
{
    const auto holds = [&target](double x) {
        return at_most(target.unit) ? x <= target.bound : x >= target.bound;
    };

    if (value.n == 0)
        return Verdict::unknown;
    if (holds(value.median))
        return Verdict::met;
    if (holds(at_most(target.unit) ? value.q1 : value.q3))
        return Verdict::close;
    return Verdict::missed;
}

/* The best, as a reader must know it: who that was, and among whom. */
std::string named_best(const CaseData &data, Unit unit, const char *kind)
{
    const std::string name = usual_best(data, unit);
    std::string text = std::string("x the best ") + kind;

    if (name.empty())
        return text + " (none here)";
    text += " (" + name;
    return text + (has_peer(data) ? ")" : "; no peer here)");
}

void describe(TargetResult &result, const CaseData &data)
{
    const Target &target = *result.target;
    const std::string bound = digits(target.bound);
    const std::string rival = target.rival;

    switch (target.unit) {
    case Unit::rmw:
        result.unit = " RMW";
        result.text = "at most " + bound + " RMW";
        break;
    case Unit::rtt:
        result.unit = " RTT";
        result.text = "at most " + bound + " RTT";
        break;
    case Unit::fairness:
        result.text = "slowest/fastest thread at least " + bound;
        break;
    case Unit::times_best_blocking:
        result.unit = "x";
        result.text =
            "at least " + bound + named_best(data, target.unit, "that blocks");
        break;
    case Unit::times_best_peer:
        result.unit = "x";
        result.text =
            "at least " + bound + named_best(data, target.unit, "peer");
        break;
    case Unit::times_best_spinning:
        result.unit = "x";
        result.text = "at least " + bound +
                      named_best(data, target.unit, "peer that only spins");
        break;
    case Unit::times_rival:
        result.unit = "x";
        result.text = "at least " + bound + "x " + rival;
        break;
    case Unit::longest_wait:
        result.unit = "x";
        result.text = "longest wait at most " + bound + "x " + rival + "'s";
        break;
    }
    if (target.who != std::string("weir"))
        result.text = std::string(target.who) + ": " + result.text;
}

/* The longest wait of a run over the rival's: a maximum says little about a
 * single slice. */
std::vector<RunValue> waits_by_run(const CaseData &data, std::size_t who,
                                   std::optional<std::size_t> rival,
                                   const Disturbed &wanted)
{
    const std::map<unsigned, double> mine = longest_waits(data, who, wanted);
    std::vector<RunValue> values;

    if (!rival)
        return values;
    for (const auto &[run, theirs] : longest_waits(data, *rival, wanted))
        if (const auto found = mine.find(run);
            found != mine.end() && theirs > 0)
            values.emplace_back(run, found->second / theirs);
    return values;
}

Spread spread_in(const CaseData &data, const Target &target, std::size_t who,
                 std::optional<std::size_t> rival, const Disturbed &wanted)
{
    std::vector<RunValue> values;

    if (target.unit == Unit::longest_wait)
        return run_spread_of(waits_by_run(data, who, rival, wanted)).all;
    for (const Round &round : data.rounds)
        if (wanted(round))
            if (const auto value = value_in(data, target, who, rival, round))
                values.emplace_back(round.run, *value);
    return run_spread_of(values).all;
}

} // namespace

void judge_targets(Summary &summary, const Disturbed &disturbed)
{
    const CaseData &data = *summary.data;

    for (const Target &target : data.the_case->targets) {
        const auto who = find(data, target.who);
        const auto rival = find(data, target.rival);
        TargetResult result;

        if (!who)
            continue;
        result.target = &target;
        result.value = spread_in(data, target, *who, rival,
                                 [](const Round &) { return true; });
        result.quiet =
            spread_in(data, target, *who, rival, std::not_fn(disturbed));
        result.verdict = verdict_of(target, result.value);
        describe(result, data);
        summary.targets.push_back(std::move(result));
    }
}

} // namespace wbench
