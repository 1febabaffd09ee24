/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/selection.h"
#include "selfcheck.h"

#include <regex>

namespace wbench {

namespace {

std::regex compile(const char *option, const std::string &pattern)
{
    try {
        return std::regex(pattern);
    } catch (const std::regex_error &) {
        throw UsageError(std::string(option) + ": '" + pattern +
                         "' is not a regular expression");
    }
}

void enter_twin(const std::string &name)
{
    std::vector<Contestant> &all = contestants();

    for (std::size_t i = 0; i < all.size(); i++) {
        if (all[i].name != name)
            continue;
        Contestant twin = all[i];
        twin.name += "-twin";
        twin.traits.ours = false;
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, twin);
        return;
    }
    throw UsageError("--twin: there is no contestant '" + name + "'");
}

} // namespace

void enter_requested(const Options &options)
{
    if (options.self_check)
        enter_broken();
    if (!options.twin.empty())
        enter_twin(options.twin);
}

std::vector<const Case *> select_cases(const Options &options)
{
    const std::regex filter = compile("--filter", options.filter);
    std::vector<const Case *> selected;

    for (const Case &c : cases())
        if ((c.levels & options.level()) != 0 &&
            std::regex_search(c.name, filter) &&
            (!options.self_check || broken_can_play(c.kind)) &&
            !select_contestants(c, options).empty())
            selected.push_back(&c);
    if (selected.empty())
        throw UsageError("no case is left to run (see --list)");
    return selected;
}

std::vector<const Contestant *> select_contestants(const Case &the_case,
                                                   const Options &options)
{
    const std::regex only = compile("--contestants", options.only);
    std::vector<const Contestant *> selected;

    for (const Contestant &contestant : contestants())
        if (the_case.has(contestant, options.level()) &&
            std::regex_search(contestant.name, only))
            selected.push_back(&contestant);
    return selected;
}

const Case *find_case(const std::string &name)
{
    for (const Case &c : cases())
        if (c.name == name)
            return &c;
    return nullptr;
}

} // namespace wbench
