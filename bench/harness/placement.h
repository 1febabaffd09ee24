/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Which CPUs this process may use, and where its threads are put.
 */
#ifndef WEIR_BENCH_PLACEMENT_H
#define WEIR_BENCH_PLACEMENT_H

#include <vector>

namespace wbench {

/* The CPUs that this process was allowed when it was first asked. */
const std::vector<int> &usable_cpus();

/* Binds the calling thread to the index-th usable CPU, counting round. */
void pin_this_thread(unsigned index);

/* Binds the calling thread, and all it creates, to the first usable CPU. */
void restrict_to_one_cpu();

} // namespace wbench

#endif
