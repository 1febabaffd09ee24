/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The JSON file: the summaries, and every round that they come from.
 */
#ifndef WEIR_BENCH_JSON_H
#define WEIR_BENCH_JSON_H

#include "harness/env.h"
#include "options.h"
#include "report/summary.h"

#include <string>
#include <vector>

namespace wbench {

/* Throws std::runtime_error if the file cannot be written. */
void write_json(const std::string &path, const std::vector<Summary> &summaries,
                const Environment &environment, const Options &options);

} // namespace wbench

#endif
