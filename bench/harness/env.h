/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What a figure depends on and a reader cannot see in it.
 */
#ifndef WEIR_BENCH_ENV_H
#define WEIR_BENCH_ENV_H

#include <string>
#include <utility>
#include <vector>

namespace wbench {

using Environment = std::vector<std::pair<std::string, std::string>>;

/* Name and value; "not readable" where the system does not say. */
Environment read_environment();

/* CPU time that was used, in the whole system and by this process's ended
 * children and itself: what others did to the measurement. */
struct CpuUse {
    double system_seconds = 0;
    double own_seconds = 0;
    double wall_seconds = 0;
};
CpuUse read_cpu_use();

/* The part, 0 to 1, of the usable CPUs that others used between the two. */
double busy_elsewhere(const CpuUse &before, const CpuUse &after);

} // namespace wbench

#endif
