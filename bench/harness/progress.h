/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The line that says where the run is and how long it will take.
 */
#ifndef WEIR_BENCH_PROGRESS_H
#define WEIR_BENCH_PROGRESS_H

#include "harness/results.h"
#include "options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace wbench {

class Progress {
public:
    Progress(const Options &options, const std::vector<CaseData> &plan);
    ~Progress();

    void begin(const std::string &case_name, unsigned run);
    void probes_done();
    void slice_done();
    void end_case();

    /* Something that the reader should know at once. */
    void note(const std::string &case_name, const Participant &participant);
    void complain(const std::string &sentence);

private:
    int64_t planned_ns(const CaseData &data) const;
    void advance(int64_t ns);
    void show();
    void clear();

    const Options &options_;
    const std::vector<CaseData> &plan_;
    const bool terminal_;
    const int64_t start_;
    int64_t planned_ = 0;      /* all slices, as if nothing else took time */
    int64_t done_before_ = 0;  /* of that, the cases that are behind us */
    int64_t done_in_case_ = 0; /* and of the one that runs */
    const CaseData *current_ = nullptr;
    unsigned run_ = 0;
    int64_t last_shown_ = 0;
};

} // namespace wbench

#endif
