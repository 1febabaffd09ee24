/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slice of the thread cases.  A contestant is a class T with
 *
 *   void start(void *(*fn)(void *), void *arg);
 *   void *join();              what fn returned
 *
 * of which an object is started and joined over and over.
 */
#ifndef WEIR_BENCH_CASES_THREAD_H
#define WEIR_BENCH_CASES_THREAD_H

#include "harness/team.h"

namespace wbench {

inline void *thread_body(void *arg)
{
    return arg;
}

/* Starts all, then joins all; each must give back what it was given. */
template <class T>
bool start_and_join(std::vector<T> &threads)
{
    bool right = true;

    for (T &thread : threads)
        thread.start(thread_body, &thread);
    for (T &thread : threads)
        right = thread.join() == &thread && right;
    return right;
}

/* One op is one thread, of shape.threads at a time. */
template <class T>
Slice thread_start_join(const Shape &shape, int64_t slice_ns)
{
    std::vector<T> threads(shape.threads);
    bool right = true;
    Slice slice = run_chunks(slice_ns, 1, [&threads, &right] {
        right = start_and_join(threads) && right;
    });

    slice.ops *= shape.threads;
    slice.ns_per_op /= shape.threads;
    if (!right)
        slice.fail("a thread gave back something else");
    return slice;
}

} // namespace wbench

#endif
