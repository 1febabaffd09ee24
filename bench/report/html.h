/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The page: one file, plots inlined, nothing fetched from anywhere.
 */
#ifndef WEIR_BENCH_HTML_H
#define WEIR_BENCH_HTML_H

#include "harness/env.h"
#include "report/summary.h"

#include <filesystem>
#include <string>
#include <vector>

namespace wbench {

std::filesystem::path page_path(const std::string &folder);

/* Writes folder/index.html; without gnuplot the page says so, and has its
 * tables only.  Throws std::runtime_error if it cannot be written. */
void write_report(const std::string &folder,
                  const std::vector<Summary> &summaries,
                  const Environment &environment);

} // namespace wbench

#endif
