/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Google Benchmark mode: its flags, its output, the same loops.
 */
#ifndef WEIR_BENCH_GBENCH_H
#define WEIR_BENCH_GBENCH_H

namespace wbench {

/* Returns the exit status. */
int run_gbench(int argc, char **argv);

} // namespace wbench

#endif
