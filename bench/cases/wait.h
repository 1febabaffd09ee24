/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The slices of waiting for any of several things.  Contestants are a class A
 * with
 *
 *   explicit A(unsigned n);     n things, none ready
 *   void post(unsigned which);
 *   unsigned wait();            until one is ready: which; it is no more
 */
#ifndef WEIR_BENCH_CASES_WAIT_H
#define WEIR_BENCH_CASES_WAIT_H

#include "cases/signal.h"

namespace wbench {

/* Of shape.capacity things.  One op is a wait by one thread that finds all of them ready, and the post
 * that makes the one that it took ready again. */
template <class A>
Slice any_ready(const Shape &shape, int64_t slice_ns)
{
    const auto any = std::make_unique<A>(shape.capacity);

    for (unsigned i = 0; i < shape.capacity; i++)
        any->post(i);
    return run_chunks(slice_ns, 512, [&any] { any->post(any->wait()); });
}

/* One direction of a ping-pong, by the last of some things. */
template <class A, unsigned Items>
struct alignas(kLine) AnyWay {
    A any{Items};
    uint64_t ball = 0;

    void send(uint64_t value)
    {
        ball = value;
        any.post(Items - 1);
    }
    uint64_t receive()
    {
        any.wait();
        return ball;
    }
};

/* One op is a round trip. */
template <class A>
Slice any_pingpong(const Shape &shape, int64_t slice_ns)
{
    switch (shape.capacity) {
    case 1: return pingpong<AnyWay<A, 1>>(shape, slice_ns);
    case 2: return pingpong<AnyWay<A, 2>>(shape, slice_ns);
    case 8: return pingpong<AnyWay<A, 8>>(shape, slice_ns);
    default: return pingpong<AnyWay<A, 64>>(shape, slice_ns);
    }
}

} // namespace wbench

#endif
