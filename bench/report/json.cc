/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "report/json.h"
#include "report/files.h"
#include "report/format.h"
#include "report/json_writer.h"
#include "report/table.h"

namespace wbench {

namespace {

constexpr unsigned kSchema = 1;

void put_spread(JsonWriter &json, const char *name, const Spread &spread)
{
    json.key(name).begin_object();
    json.member("median", spread.median)
        .member("q1", spread.q1)
        .member("q3", spread.q3)
        .member("min", spread.low)
        .member("max", spread.high)
        .member("n", spread.n);
    json.end_object();
}

void put_runs(JsonWriter &json, const char *name,
              const std::vector<double> &runs)
{
    json.key(name).begin_array();
    for (const double median : runs)
        json.value(median);
    json.end_array();
}

void put_latency(JsonWriter &json, const Histogram &latency)
{
    json.key("latency_ns").begin_object();
    json.member("samples", static_cast<std::size_t>(latency.samples()))
        .member("p50", latency.percentile(0.5))
        .member("p90", latency.percentile(0.9))
        .member("p99", latency.percentile(0.99))
        .member("p99.9", latency.percentile(0.999))
        .member("p99.99", latency.percentile(0.9999))
        .member("max", static_cast<double>(latency.max()));
    json.end_object();
}

void put_row(JsonWriter &json, const Row &row)
{
    const Traits &traits = row.participant->who->traits;

    json.begin_object();
    json.member("name", row.name())
        .member("boundary", traits.boundary)
        .member("blocking", traits.blocking)
        .member("yardstick", traits.yardstick)
        .member("peer", traits.peer)
        .member("note", traits.note)
        .member("outcome", outcome_name(row.participant->outcome))
        .member("why", row.participant->why);
    if (row.has_figure()) {
        put_spread(json, "figure", row.figure.all);
        put_runs(json, "figure_of_runs", row.figure.runs);
        put_spread(json, "ratio", row.ratio.all);
        put_runs(json, "ratio_of_runs", row.ratio.runs);
        json.member("ratio_quiet", row.ratio_quiet)
            .member("ratio_disturbed", row.ratio_disturbed)
            .member("slowest_over_fastest", row.fairness)
            .member("longest_wait_ns", row.longest_wait_ns)
            .member("cpu_seconds_per_million", row.cpu_per_mop)
            .member("switches_per_million", row.switches_per_mop);
        put_latency(json, row.participant->latency);
    }
    json.end_object();
}

void put_target(JsonWriter &json, const TargetResult &result)
{
    json.begin_object();
    json.member("text", result.text)
        .member("bound", result.target->bound)
        .member("verdict", verdict_text(result.verdict));
    put_spread(json, "value", result.value);
    put_spread(json, "undisturbed", result.quiet);
    json.end_object();
}

void put_round(JsonWriter &json, const Round &round)
{
    json.begin_object();
    json.member("run", round.run)
        .member("round", round.number)
        .member("rmw_ns", round.rmw)
        .member("rtt_ns", round.rtt)
        .member("cpus_used_by_others", round.busy_elsewhere);
    json.key("figures").begin_array();
    for (const auto &sample : round.samples)
        json.value(sample ? sample->figure : NAN);
    json.end_array();
    json.end_object();
}

void put_shape(JsonWriter &json, const Case &c)
{
    json.key("shape").begin_object();
    json.member("threads", c.thread_count())
        .member("placement", placement_name(c.shape.placement));
    if (c.kind == Kind::mutex_contended)
        json.member("inside", c.shape.inside)
            .member("outside", c.shape.outside);
    if (c.kind == Kind::queue_flow)
        json.member("producers", c.shape.producers)
            .member("consumers", c.shape.consumers)
            .member("elem_size", c.shape.elem_size)
            .member("capacity", c.shape.capacity);
    if (c.kind == Kind::rwlock_mixed)
        json.member("one_in", c.shape.one_in);
    json.end_object();
}

void put_case(JsonWriter &json, const Summary &summary)
{
    const Case &c = summary.the_case();

    json.begin_object();
    json.member("name", c.name)
        .member("metric", c.metric() == Metric::mops ? "M/s" : "ns")
        .member("unit", c.unit())
        .member("higher_is_better", c.metric() == Metric::mops)
        .member("subject", summary.rows[summary.subject].name())
        .member("sentence", summary.sentence)
        .member("cpus_used_by_others", summary.data->busy_elsewhere)
        .member("disturbed_rounds", summary.disturbed_rounds);
    put_shape(json, c);
    put_spread(json, "rmw_ns", summary.rmw);
    put_spread(json, "rtt_ns", summary.rtt);
    json.key("contestants").begin_array();
    for (const Row &row : summary.rows)
        put_row(json, row);
    json.end_array();
    json.key("targets").begin_array();
    for (const TargetResult &result : summary.targets)
        put_target(json, result);
    json.end_array();
    json.key("rounds").begin_array();
    for (const Round &round : summary.data->rounds)
        put_round(json, round);
    json.end_array();
    json.end_object();
}

} // namespace

void write_json(const std::string &path, const std::vector<Summary> &summaries,
                const Environment &environment, const Options &options)
{
    JsonWriter json;

    json.begin_object().member("schema", kSchema);
    json.key("environment").begin_object();
    for (const auto &[name, value] : environment)
        json.member(name, value);
    json.end_object();
    json.key("options").begin_object();
    json.member("runs", options.runs)
        .member("rounds", options.rounds)
        .member("slice_ms", options.slice_ms)
        .member("full", options.full)
        .member("smoke", options.smoke)
        .member("filter", options.filter);
    json.end_object();
    json.key("cases").begin_array();
    for (const Summary &summary : summaries)
        put_case(json, summary);
    json.end_array().end_object();
    write_file(path, json.text() + "\n");
}

} // namespace wbench
