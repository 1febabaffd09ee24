/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/placement.h"

#include <sched.h>

namespace wbench {

namespace {

/* More CPUs than a cpu_set_t has are counted up to its size only. */
std::vector<int> allowed_cpus()
{
    std::vector<int> cpus;
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
            if (CPU_ISSET(cpu, &set))
                cpus.push_back(cpu);
    if (cpus.empty())
        cpus.push_back(0);
    return cpus;
}

void bind_to(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

} // namespace

const std::vector<int> &usable_cpus()
{
    static const std::vector<int> cpus = allowed_cpus();

    return cpus;
}

void pin_this_thread(unsigned index)
{
    const std::vector<int> &cpus = usable_cpus();

    bind_to(cpus[index % cpus.size()]);
}

void restrict_to_one_cpu()
{
    bind_to(usable_cpus().front());
}

} // namespace wbench
