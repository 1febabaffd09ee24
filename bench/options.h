/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The command line of weir-bench.
 */
#ifndef WEIR_BENCH_OPTIONS_H
#define WEIR_BENCH_OPTIONS_H

#include <stdexcept>
#include <string>

namespace wbench {

enum class Mode { paired, list, help, version, worker };

struct Options {
    Mode mode = Mode::paired;
    bool full = false;
    bool smoke = false;
    bool self_check = false;
    std::string filter;
    std::string only;
    std::string twin;
    std::string json;
    std::string report;
    std::string markdown;
    unsigned runs = 5;
    unsigned rounds = 6;
    unsigned slice_ms = 30;
    unsigned watchdog_s = 10;

    /* What a parent tells its worker; not for people. */
    std::string worker_case;
    std::string worker_skip;
    unsigned worker_fd = 0;
    unsigned worker_run = 0;
    unsigned worker_first_round = 0;

    /* The bit of the grid that was asked for: kSmoke, kDefault or kFull. */
    unsigned level() const;
};

/* One sentence about what is wrong with the command line. */
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/* True if the arguments are for Google Benchmark. */
bool wants_gbench(int argc, char **argv);

Options parse_options(int argc, char **argv);

extern const char *const help_text;

} // namespace wbench

#endif
