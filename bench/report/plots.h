/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The plots of the page: which there are, and what is in them.
 */
#ifndef WEIR_BENCH_PLOTS_H
#define WEIR_BENCH_PLOTS_H

#include "report/summary.h"

#include <string>
#include <vector>

namespace wbench {

struct Plot {
    std::string title;
    std::string caption;
    std::string svg;
    bool wide = false;
};

/* Throws std::runtime_error if gnuplot is not there or fails. */
std::vector<Plot> draw_plots(const std::vector<Summary> &summaries);

} // namespace wbench

#endif
