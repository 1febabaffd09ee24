/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The parent's side of a case: starts the worker, takes in what it tells,
 * and ends it when it tells nothing for too long.
 */
#ifndef WEIR_BENCH_SUPERVISOR_H
#define WEIR_BENCH_SUPERVISOR_H

#include "harness/progress.h"
#include "harness/results.h"
#include "options.h"

namespace wbench {

/* Runs all rounds of one run of a case.  A contestant that hangs, crashes or
 * fails its verification takes no further part in the case, in this and in
 * later runs; the others go on with the next round. */
void supervise(CaseData &data, unsigned run, const Options &options,
               Progress &progress);

} // namespace wbench

#endif
