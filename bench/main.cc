/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * weir-bench: weir against other libraries, on this machine.
 */
#include "gbench.h"
#include "harness/selection.h"
#include "harness/worker.h"
#include "options.h"
#include "paired.h"
#include "report/table.h"

#include <cstdio>
#include <exception>
#include <gnu/libc-version.h>

#include <weir/base.h>

namespace wbench {

namespace {

int be_worker(const Options &options)
{
    WorkerJob job;

    job.the_case = find_case(options.worker_case);
    if (job.the_case == nullptr)
        throw UsageError("--worker-case is for weir-bench itself");
    job.contestants = select_contestants(*job.the_case, options);
    for (std::size_t i = 0; i < job.contestants.size(); i++)
        job.skip.push_back(i < options.worker_skip.size() &&
                           options.worker_skip[i] == '1');
    job.first_round = options.worker_first_round;
    job.rounds = options.rounds;
    job.run = options.worker_run;
    job.slice_ns = job.the_case->slice_ns(options.slice_ms * int64_t{1000000});
    job.fd = static_cast<int>(options.worker_fd);
    return run_worker(job);
}

int run(int argc, char **argv)
{
    if (wants_gbench(argc, argv))
        return run_gbench(argc, argv);

    const Options options = parse_options(argc, argv);
    enter_requested(options);
    switch (options.mode) {
    case Mode::help: fputs(help_text, stdout); return 0;
    case Mode::version:
        printf("weir %s, glibc %s\n", weir_version(), gnu_get_libc_version());
        return 0;
    case Mode::list: print_list(options); return 0;
    case Mode::worker: return be_worker(options);
    case Mode::paired: break;
    }
    return run_paired(options);
}

} // namespace

} // namespace wbench

int main(int argc, char **argv)
{
    try {
        return wbench::run(argc, argv);
    } catch (const wbench::UsageError &error) {
        fprintf(stderr, "weir-bench: %s\n", error.what());
        return 2;
    } catch (const std::exception &error) {
        fprintf(stderr, "weir-bench: %s\n", error.what());
        return 1;
    }
}
