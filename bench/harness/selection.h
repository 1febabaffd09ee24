/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Which cases run, and who takes part: the same answer in the parent and in
 * its workers, which count contestants by their place in it.
 */
#ifndef WEIR_BENCH_SELECTION_H
#define WEIR_BENCH_SELECTION_H

#include "harness/registry.h"
#include "options.h"

#include <vector>

namespace wbench {

/* Enters twins and broken contestants if they are asked for. */
void enter_requested(const Options &options);

/* Throws UsageError if nothing is left to run. */
std::vector<const Case *> select_cases(const Options &options);

std::vector<const Contestant *> select_contestants(const Case &the_case,
                                                   const Options &options);

const Case *find_case(const std::string &name);

} // namespace wbench

#endif
