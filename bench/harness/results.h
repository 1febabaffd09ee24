/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What was measured, as it came in: a case has rounds, a round has one
 * sample of each contestant that was still taking part.
 */
#ifndef WEIR_BENCH_RESULTS_H
#define WEIR_BENCH_RESULTS_H

#include "harness/registry.h"

#include <optional>
#include <string>
#include <vector>

namespace wbench {

struct Sample {
    double figure = 0; /* in the metric of the case */
    double fairness = 0;
    double longest_wait_ns = 0; /* mutex: a bound, see docs/benchmarks.md */
    double cpu_per_mop = 0;
    double switches_per_mop = 0;
};

struct Round {
    unsigned run = 0;
    unsigned number = 0;
    double rmw = 0;
    double rtt = 0;            /* 0: not measured */
    double busy_elsewhere = 0; /* part of the CPUs that others used */
    std::vector<std::optional<Sample>> samples; /* by contestant */
};

struct Participant {
    const Contestant *who = nullptr;
    Outcome outcome = Outcome::ok;
    std::string why;
    Histogram latency; /* of all rounds */
};

struct CaseData {
    const Case *the_case = nullptr;
    std::vector<Participant> participants;
    std::vector<Round> rounds;
    double busy_elsewhere = 0; /* part of the CPUs that others used */
};

Sample sample_of(const Case &the_case, const Slice &slice);

} // namespace wbench

#endif
