/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Contestants that are broken on purpose, to show that the harness notices:
 * a benchmark whose checks cannot fail verifies nothing.
 */
#ifndef WEIR_BENCH_SELFCHECK_H
#define WEIR_BENCH_SELFCHECK_H

#include "harness/results.h"

#include <vector>

namespace wbench {

void enter_broken();

bool broken_can_play(Kind kind);

/* Prints, for each broken contestant, what became of it; true if each was
 * found out in every case in which it took part. */
bool all_found_out(const std::vector<CaseData> &results);

} // namespace wbench

#endif
