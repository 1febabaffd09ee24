/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the terminal gets.
 */
#ifndef WEIR_BENCH_TABLE_H
#define WEIR_BENCH_TABLE_H

#include "harness/env.h"
#include "options.h"
#include "report/summary.h"

#include <vector>

namespace wbench {

void print_tables(const std::vector<Summary> &summaries,
                  const Environment &environment);

/* --list: the cases and who takes part. */
void print_list(const Options &options);

/* A regime note, or nothing if RTT stayed what it was. */
std::string regime_text(const Summary &summary);

const char *verdict_text(Verdict verdict);

} // namespace wbench

#endif
