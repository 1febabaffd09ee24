/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Paired mode: all runs of all cases, then the reports.
 */
#ifndef WEIR_BENCH_PAIRED_H
#define WEIR_BENCH_PAIRED_H

#include "options.h"

namespace wbench {

/* Returns the exit status. */
int run_paired(const Options &options);

} // namespace wbench

#endif
