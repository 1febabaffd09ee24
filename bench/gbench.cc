/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "gbench.h"
#include "harness/registry.h"
#include "options.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

namespace wbench {

namespace {

void register_case(const Case &the_case, unsigned level)
{
    for (const Contestant &who : contestants()) {
        const RunGBench body = who.entry(the_case.kind).gbench;
        if (body == nullptr || !the_case.has(who, level))
            continue;
        const std::string name = the_case.name + "/" + who.name;
        benchmark::RegisterBenchmark(
            name.c_str(), [body, shape = the_case.shape](
                              benchmark::State &state) { body(state, shape); })
            ->Threads(static_cast<int>(the_case.thread_count()))
            ->UseRealTime();
    }
}

/* Takes our own two flags out of the arguments. */
unsigned take_level(std::vector<char *> &arguments)
{
    std::vector<char *> left;
    unsigned level = kDefault;

    for (char *argument : arguments) {
        if (strcmp(argument, "--full") == 0)
            level = kFull;
        else if (strcmp(argument, "--gbench") != 0)
            left.push_back(argument);
    }
    arguments = left;
    return level;
}

} // namespace

int run_gbench(int argc, char **argv)
{
    std::vector<char *> arguments(argv, argv + argc);
    const unsigned level = take_level(arguments);
    int count = static_cast<int>(arguments.size());

    arguments.push_back(nullptr);
    benchmark::Initialize(&count, arguments.data());
    if (count > 1)
        throw UsageError("'" + std::string(arguments[1]) +
                         "' does not go with Google Benchmark mode");
    /* Where threads run is the paired mode's business. */
    for (const Case &the_case : cases())
        if ((the_case.levels & level) != 0 &&
            the_case.shape.placement == Placement::free)
            register_case(the_case, level);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}

} // namespace wbench
