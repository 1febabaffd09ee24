/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "options.h"
#include "harness/registry.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <getopt.h>

namespace wbench {

const char *const help_text =
    "Usage: weir-bench [--paired] [option]...\n"
    "       weir-bench --gbench [--full] [--benchmark_...]...\n"
    "\n"
    "Races weir's primitives on this machine against glibc's, C++20's, and\n"
    "those of other libraries that were installed when it was built.\n"
    "\n"
    "Paired mode (the default) runs all contestants of a case in short\n"
    "slices, one after the other, in an order that rotates; compares within\n"
    "each round; and reports medians and quartiles. Each case of each run is\n"
    "a process of its own. Ends with a table; exit status 1 if weir itself\n"
    "failed its verification, hung or crashed.\n"
    "\n"
    "  --full            the whole grid: more threads, sizes, capacities,\n"
    "                    pinned and one-CPU variants (half an hour)\n"
    "  --smoke           every kind of case for a moment (seconds)\n"
    "  --filter REGEX    only cases whose name matches\n"
    "  --contestants REGEX\n"
    "                    only contestants whose name matches\n"
    "  --list            print the cases and who takes part, and exit\n"
    "  --runs N          processes for each case (default 5)\n"
    "  --rounds N        rounds in each process (default 6)\n"
    "  --slice-ms N      length of a slice (default 30; three times that with\n"
    "                    16 threads or more)\n"
    "  --watchdog N      seconds after which a slice is hung (default 10)\n"
    "  --json FILE       write everything that was measured\n"
    "  --report DIR      write DIR/index.html, with plots (needs gnuplot)\n"
    "  --markdown FILE   write the results as tables for a document\n"
    "  --twin NAME       enter contestant NAME twice: the ratio of the two\n"
    "                    shows what the harness makes of no difference\n"
    "  --self-check      add contestants that are broken on purpose; the\n"
    "                    exit status is 0 if each of them was found out\n"
    "  --version         print the versions of weir and glibc, and exit\n"
    "  --help            this text\n"
    "\n"
    "Google Benchmark mode is chosen by --gbench or by any of its own flags,\n"
    "all of which work: --benchmark_filter=REGEX, --benchmark_list_tests,\n"
    "--benchmark_repetitions=N, --benchmark_out=FILE, ...\n";

namespace {

enum : int {
    kPaired = 256,
    kFullGrid,
    kSmokeRun,
    kFilter,
    kContestants,
    kList,
    kRuns,
    kRounds,
    kSliceMs,
    kWatchdog,
    kJson,
    kReport,
    kMarkdown,
    kTwin,
    kSelfCheck,
    kVersion,
    kHelp,
    kWorkerCase,
    kWorkerSkip,
    kWorkerFd,
    kWorkerRun,
    kWorkerFirstRound
};

const option long_options[] = {
    {"paired", no_argument, nullptr, kPaired},
    {"full", no_argument, nullptr, kFullGrid},
    {"smoke", no_argument, nullptr, kSmokeRun},
    {"filter", required_argument, nullptr, kFilter},
    {"contestants", required_argument, nullptr, kContestants},
    {"list", no_argument, nullptr, kList},
    {"runs", required_argument, nullptr, kRuns},
    {"rounds", required_argument, nullptr, kRounds},
    {"slice-ms", required_argument, nullptr, kSliceMs},
    {"watchdog", required_argument, nullptr, kWatchdog},
    {"json", required_argument, nullptr, kJson},
    {"report", required_argument, nullptr, kReport},
    {"markdown", required_argument, nullptr, kMarkdown},
    {"twin", required_argument, nullptr, kTwin},
    {"self-check", no_argument, nullptr, kSelfCheck},
    {"version", no_argument, nullptr, kVersion},
    {"help", no_argument, nullptr, kHelp},
    {"worker-case", required_argument, nullptr, kWorkerCase},
    {"worker-skip", required_argument, nullptr, kWorkerSkip},
    {"worker-fd", required_argument, nullptr, kWorkerFd},
    {"worker-run", required_argument, nullptr, kWorkerRun},
    {"worker-first-round", required_argument, nullptr, kWorkerFirstRound},
    {nullptr, 0, nullptr, 0},
};

unsigned number(const char *name, unsigned low, unsigned high)
{
    char *end = nullptr;

    errno = 0;
    const long value = strtol(optarg, &end, 10);
    if (errno != 0 || end == optarg || *end != '\0' || value < long{low} ||
        value > long{high})
        throw UsageError("--" + std::string(name) + " takes a number from " +
                         std::to_string(low) + " to " + std::to_string(high) +
                         ", not '" + optarg + "'");
    return static_cast<unsigned>(value);
}

std::string text(const char *name)
{
    if (*optarg == '\0')
        throw UsageError("--" + std::string(name) + " takes a value");
    return optarg;
}

/* A handful of short slices; what is given after --smoke still counts. */
void make_smoke(Options &o)
{
    o.smoke = true;
    o.runs = 1;
    o.rounds = 2;
    o.slice_ms = 5;
}

/* The broken ones are found out soon, or never. */
void make_self_check(Options &o)
{
    make_smoke(o);
    o.self_check = true;
    o.slice_ms = 20;
    o.watchdog_s = 2;
}

void apply(Options &o, int choice)
{
    switch (choice) {
    case kPaired: o.mode = Mode::paired; break;
    case kFullGrid: o.full = true; break;
    case kSmokeRun: make_smoke(o); break;
    case kFilter: o.filter = text("filter"); break;
    case kContestants: o.only = text("contestants"); break;
    case kList: o.mode = Mode::list; break;
    case kRuns: o.runs = number("runs", 1, 1000); break;
    case kRounds: o.rounds = number("rounds", 1, 100000); break;
    case kSliceMs: o.slice_ms = number("slice-ms", 1, 10000); break;
    case kWatchdog: o.watchdog_s = number("watchdog", 1, 3600); break;
    case kJson: o.json = text("json"); break;
    case kReport: o.report = text("report"); break;
    case kMarkdown: o.markdown = text("markdown"); break;
    case kTwin: o.twin = text("twin"); break;
    case kSelfCheck: make_self_check(o); break;
    case kVersion: o.mode = Mode::version; break;
    case kHelp: o.mode = Mode::help; break;
    case kWorkerCase:
        o.mode = Mode::worker;
        o.worker_case = optarg;
        break;
    case kWorkerSkip: o.worker_skip = optarg; break;
    case kWorkerFd: o.worker_fd = number("worker-fd", 0, 65535); break;
    case kWorkerRun: o.worker_run = number("worker-run", 0, 1000); break;
    case kWorkerFirstRound:
        o.worker_first_round = number("worker-first-round", 0, 100000);
        break;
    default: break;
    }
}

/* getopt has not always moved on when it meets a short option. */
std::string unknown_option(char **argv)
{
    if (optopt > 0 && optopt < kPaired)
        return {'-', static_cast<char>(optopt)};
    return argv[optind - 1];
}

} // namespace

unsigned Options::level() const
{
    return smoke ? kSmoke : full ? kFull : kDefault;
}

bool wants_gbench(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--gbench") == 0 ||
            strncmp(argv[i], "--benchmark_", 12) == 0)
            return true;
    return false;
}

Options parse_options(int argc, char **argv)
{
    Options options;

    opterr = 0; /* the sentences below are ours */
    for (;;) {
        const int choice = getopt_long(argc, argv, ":", long_options, nullptr);
        if (choice == -1)
            break;
        if (choice == ':')
            throw UsageError(std::string(argv[optind - 1]) + " takes a value");
        if (choice == '?')
            throw UsageError("'" + unknown_option(argv) +
                             "' is not an option of weir-bench, or not in "
                             "this form (see --help)");
        apply(options, choice);
    }
    if (optind < argc)
        throw UsageError("'" + std::string(argv[optind]) +
                         "' is not an option");
    if (options.full && options.smoke)
        throw UsageError("--full and --smoke exclude each other");
    return options;
}

} // namespace wbench
