/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The two yardsticks, taken in every round, next to what they measure:
 *
 *   RMW  nanoseconds for one uncontended locked read-modify-write
 *   RTT  nanoseconds for a cache line to go to another CPU and back,
 *        between two threads that are bound to two CPUs
 */
#ifndef WEIR_BENCH_PROBE_H
#define WEIR_BENCH_PROBE_H

#include <cstdint>

namespace wbench {

double probe_rmw(int64_t duration_ns);

/* 0 where there is one usable CPU only. */
double probe_rtt(int64_t duration_ns);

} // namespace wbench

#endif
