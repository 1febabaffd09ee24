/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The results as two Markdown tables, for a page of documentation.
 */
#ifndef WEIR_BENCH_MARKDOWN_H
#define WEIR_BENCH_MARKDOWN_H

#include "harness/env.h"
#include "report/summary.h"

#include <string>
#include <vector>

namespace wbench {

/* Throws std::runtime_error if the file cannot be written. */
void write_markdown(const std::string &path,
                    const std::vector<Summary> &summaries,
                    const Environment &environment);

} // namespace wbench

#endif
