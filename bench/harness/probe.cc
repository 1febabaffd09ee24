/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/probe.h"
#include "harness/placement.h"
#include "harness/team.h"

#include <algorithm>

namespace wbench {

namespace {

struct alignas(kLine) Ball {
    std::atomic<uint64_t> side{0};
};

constexpr uint64_t kServer = 1;
constexpr uint64_t kClient = 2;
constexpr uint64_t kGameOver = 3;
constexpr unsigned kTripsPerChunk = 64;

/* No pause instruction: its length differs twentyfold between CPUs. */
void return_balls(Ball &ball)
{
    pin_this_thread(1);
    for (;;) {
        const uint64_t side = ball.side.load(std::memory_order_acquire);
        if (side == kGameOver)
            return;
        if (side == kClient)
            ball.side.store(kServer, std::memory_order_release);
    }
}

void serve_balls(Ball &ball, int64_t duration_ns, double &result)
{
    pin_this_thread(0);
    ball.side.store(kServer);
    const Slice slice = run_chunks(duration_ns, kTripsPerChunk, [&ball] {
        ball.side.store(kClient, std::memory_order_release);
        while (ball.side.load(std::memory_order_acquire) != kServer)
            ;
    });
    ball.side.store(kGameOver);
    result = slice.ns_per_op;
}

} // namespace

double probe_rmw(int64_t duration_ns)
{
    struct alignas(kLine) {
        std::atomic<uint64_t> word{0};
    } target;

    return run_chunks(duration_ns, 2048,
                      [&target] {
                          target.word.exchange(1, std::memory_order_acq_rel);
                      })
        .ns_per_op;
}

double probe_rtt(int64_t duration_ns)
{
    double result = 0;

    if (usable_cpus().size() < 2)
        return 0;
    Ball ball;
    std::thread returner(return_balls, std::ref(ball));
    std::thread server(serve_balls, std::ref(ball), duration_ns,
                       std::ref(result));
    server.join();
    returner.join();
    return result;
}

} // namespace wbench
