/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "harness/env.h"
#include "harness/clock.h"
#include "harness/placement.h"
#include "report/format.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <gnu/libc-version.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

#include <weir/base.h>

#ifndef WEIR_BENCH_FLAGS
#define WEIR_BENCH_FLAGS "unknown"
#endif

#ifndef WEIR_BENCH_PEERS
#define WEIR_BENCH_PEERS "none built in"
#endif

/* Linux 6.16; headers may be older than the kernel. */
#ifndef PR_FUTEX_HASH
#define PR_FUTEX_HASH 78
#define PR_FUTEX_HASH_GET_SLOTS 2
#endif

namespace wbench {

namespace {

constexpr char kUnreadable[] = "not readable";

std::string first_line(const std::string &path)
{
    std::ifstream file(path);
    std::string line;

    return std::getline(file, line) ? line : kUnreadable;
}

std::string cpu_model()
{
    std::ifstream file("/proc/cpuinfo");
    std::string line;

    while (std::getline(file, line))
        for (const char *key : {"model name", "Processor", "cpu model"})
            if (line.rfind(key, 0) == 0 && line.find(": ") != line.npos)
                return line.substr(line.find(": ") + 2);
    return kUnreadable;
}

std::string cpu_list()
{
    const std::vector<int> &cpus = usable_cpus();
    std::string text = std::to_string(cpus.size()) + " of " +
                       std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) +
                       " online (";

    for (std::size_t i = 0; i < cpus.size(); i++)
        text += (i > 0 ? " " : "") + std::to_string(cpus[i]);
    return text + ")";
}

/* The kernel shows the mode only in debugfs; the build always. */
std::string preemption(const utsname &name)
{
    const std::string mode = first_line("/sys/kernel/debug/sched/preempt");
    const std::string build = name.version;

    if (mode != kUnreadable)
        return mode;
    for (const char *word : {"PREEMPT_DYNAMIC", "PREEMPT_RT", "PREEMPT"})
        if (build.find(word) != build.npos)
            return std::string(word) + " (mode not readable)";
    return "none or voluntary (mode not readable)";
}

/* The private hash of futexes comes with the second thread of a process. */
std::string futex_hash()
{
    long slots = -1;

    std::thread([&slots] {
        slots = prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_GET_SLOTS, 0, 0, 0);
    }).join();
    if (slots < 0)
        return "not there (kernel before 6.16)";
    if (slots == 0)
        return "global";
    return "private, " + std::to_string(slots) + " slots";
}

std::string own_cgroup()
{
    std::ifstream file("/proc/self/cgroup");
    std::string line;

    while (std::getline(file, line))
        if (line.rfind("0::", 0) == 0)
            return line.substr(3);
    return "";
}

std::string cgroup_quota()
{
    const std::string quota =
        first_line("/sys/fs/cgroup" + own_cgroup() + "/cpu.max");

    if (quota == kUnreadable)
        return "none found";
    return quota.rfind("max", 0) == 0 ? "none" : quota + " (quota, period, us)";
}

std::string date_now()
{
    const time_t now = time(nullptr);
    char text[64];
    tm fields;

    gmtime_r(&now, &fields);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &fields);
    return text;
}

std::string compiler()
{
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

std::string loads()
{
    double load[3] = {};

    getloadavg(load, 3);
    return format("%.2f %.2f %.2f", load[0], load[1], load[2]);
}

double seconds(const timeval &t)
{
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

double own_seconds(int who)
{
    rusage usage;

    getrusage(who, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace

Environment read_environment()
{
    const std::string cpu0 = "/sys/devices/system/cpu/cpu0/cpufreq/";
    const std::string sources = "/sys/devices/system/clocksource/";
    utsname name;

    uname(&name);
    return {
        {"date", date_now()},
        {"weir", weir_version()},
        {"glibc", gnu_get_libc_version()},
        {"kernel", std::string(name.release) + " " + name.machine},
        {"preemption", preemption(name)},
        {"CPU", cpu_model()},
        {"usable CPUs", cpu_list()},
        {"cgroup quota", cgroup_quota()},
        {"governor", first_line(cpu0 + "scaling_governor")},
        {"clock source",
         first_line(sources + "clocksource0/current_clocksource")},
        {"huge pages",
         first_line("/sys/kernel/mm/transparent_hugepage/enabled")},
        {"futex hash", futex_hash()},
        {"compiler", compiler()},
        {"flags", WEIR_BENCH_FLAGS},
        {"peers", WEIR_BENCH_PEERS},
        {"load before", loads()},
    };
}

CpuUse read_cpu_use()
{
    std::istringstream line(first_line("/proc/stat"));
    const auto tick = static_cast<double>(sysconf(_SC_CLK_TCK));
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0,
           softirq = 0, steal = 0;
    std::string cpu;
    CpuUse use;

    line >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >>
        steal;
    use.system_seconds = (user + nice + system + irq + softirq + steal) / tick;
    use.own_seconds = own_seconds(RUSAGE_SELF) + own_seconds(RUSAGE_CHILDREN);
    use.wall_seconds = static_cast<double>(now_ns()) / 1e9;
    return use;
}

double busy_elsewhere(const CpuUse &before, const CpuUse &after)
{
    const double wall = after.wall_seconds - before.wall_seconds;
    const double others = (after.system_seconds - before.system_seconds) -
                          (after.own_seconds - before.own_seconds);

    if (wall <= 0)
        return 0;
    return std::clamp(
        others / (wall * static_cast<double>(usable_cpus().size())), 0.0, 1.0);
}

} // namespace wbench
