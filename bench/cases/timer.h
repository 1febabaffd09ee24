/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slice of the timer cases.  A contestant is a class T with
 *
 *   T();
 *   void keep(int64_t deadline);  arm one more, which stays armed
 *   void arm(int64_t deadline);   arm a certain one
 *   void cancel();                cancel that
 *
 * None of the timers fires: most timeouts of a server do not.
 */
#ifndef WEIR_BENCH_CASES_TIMER_H
#define WEIR_BENCH_CASES_TIMER_H

#include "harness/team.h"

namespace wbench {

/* From an hour on, spread over 18 minutes, the same ones for all. */
class Deadlines {
public:
    int64_t next()
    {
        x_ = x_ * 6364136223846793005u + 1442695040888963407u;
        return begin_ + static_cast<int64_t>(x_ >> 24);
    }

private:
    int64_t begin_ = now_ns() + INT64_C(3600000000000);
    uint64_t x_ = 1;
};

template <class T>
void fill(T &timers, Deadlines &deadlines, unsigned armed)
{
    for (unsigned i = 0; i < armed; i++)
        timers.keep(deadlines.next());
}

/* Arm and cancel one, among shape.capacity that are armed. */
template <class T>
Slice timer_arm_cancel(const Shape &shape, int64_t slice_ns)
{
    const auto timers = std::make_unique<T>();
    Deadlines deadlines;

    fill(*timers, deadlines, shape.capacity);
    return run_chunks(slice_ns, 256, [&timers, &deadlines] {
        timers->arm(deadlines.next());
        timers->cancel();
    });
}

} // namespace wbench

#endif
