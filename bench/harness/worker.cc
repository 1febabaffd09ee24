/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/worker.h"
#include "harness/clock.h"
#include "harness/env.h"
#include "harness/placement.h"
#include "harness/probe.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/prctl.h>
#include <type_traits>
#include <unistd.h>

namespace wbench {

namespace {

static_assert(std::is_trivially_copyable_v<Message>, "sent as raw bytes");

void send(int fd, const Message &message)
{
    const char *bytes = reinterpret_cast<const char *>(&message);
    std::size_t left = sizeof message;

    while (left > 0) {
        const ssize_t sent = write(fd, bytes, left);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            _exit(1); /* the parent is gone, and nobody listens */
        bytes += sent;
        left -= static_cast<std::size_t>(sent);
    }
}

void send_probes(const WorkerJob &job, unsigned round)
{
    const int64_t duration =
        std::clamp(job.slice_ns / 10, kMillisecond / 2, 3 * kMillisecond);
    Message message{};

    message.type = Message::Type::probes;
    message.round = round;
    message.rmw = probe_rmw(duration);
    if (job.the_case->shape.placement != Placement::one_cpu)
        message.rtt = probe_rtt(duration);
    send(job.fd, message);
}

void send_round_end(const WorkerJob &job, const CpuUse &before)
{
    Message message{};

    message.type = Message::Type::round_end;
    message.busy_elsewhere = busy_elsewhere(before, read_cpu_use());
    send(job.fd, message);
}

/* False if the contestant failed its verification. */
bool run_slice(const WorkerJob &job, unsigned round, uint32_t contestant,
               int64_t slice_ns)
{
    const Contestant &who = *job.contestants[contestant];
    Message message{};

    message.type = Message::Type::starting;
    message.round = round;
    message.contestant = contestant;
    send(job.fd, message);
    message.type = Message::Type::result;
    message.slice =
        who.entry(job.the_case->kind).slice(job.the_case->shape, slice_ns);
    send(job.fd, message);
    return message.slice.outcome == Outcome::ok;
}

/* Everyone is first once, second once, ... and after a full turn the order
 * is reversed, so that nobody always follows the same neighbour. */
std::vector<uint32_t> order_of_round(std::vector<uint32_t> order,
                                     unsigned round)
{
    const std::size_t n = order.size();

    std::rotate(order.begin(),
                order.begin() + static_cast<std::ptrdiff_t>(round % n),
                order.end());
    if ((round / n) % 2 == 1)
        std::reverse(order.begin(), order.end());
    return order;
}

} // namespace

int run_worker(const WorkerJob &job)
{
    std::vector<uint32_t> playing;
    const auto drop = [&playing](uint32_t contestant) {
        playing.erase(std::find(playing.begin(), playing.end(), contestant));
    };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    usable_cpus();
    if (job.the_case->shape.placement == Placement::one_cpu)
        restrict_to_one_cpu();
    for (uint32_t i = 0; i < job.contestants.size(); i++)
        if (!job.skip[i])
            playing.push_back(i);

    for (const uint32_t contestant : std::vector<uint32_t>(playing))
        if (!run_slice(job, kWarmUp, contestant, 2 * kMillisecond))
            drop(contestant);
    for (unsigned round = job.first_round;
         round < job.rounds && !playing.empty(); round++) {
        const CpuUse before = read_cpu_use();
        send_probes(job, round);
        for (const uint32_t contestant :
             order_of_round(playing, round + job.run))
            if (!run_slice(job, round, contestant, job.slice_ns))
                drop(contestant);
        send_round_end(job, before);
    }

    Message message{};
    message.type = Message::Type::done;
    send(job.fd, message);
    return 0;
}

} // namespace wbench
