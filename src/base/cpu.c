/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How many CPUs this process can really use: the smaller of its affinity
 * mask and the CPU quota of its control groups (cgroup v2, cpu.max).  A
 * container with a quota of one CPU on a machine of 64 must not spin.
 *
 * The answer is taken once, when the library is loaded, because then the
 * mask is that of the process: later it would be that of one thread, which
 * may be pinned.
 */
#include "base/cpu.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/compiler.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define MAX_CPUS 65536

/* 0: not asked yet. */
static WEIR_ATOMIC(uint32_t) usable;

static unsigned affinity_cpus(void)
{
    size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
    cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
    int count = 0;

    if (set != NULL && sched_getaffinity(0, size, set) == 0)
        count = CPU_COUNT_S(size, set);
    CPU_FREE(set);
    if (count <= 0)
        count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 1;
}

/* Read a small file into text; false if there is none. */
static bool slurp(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return false;
    n = read(fd, text, size - 1);
    (void)close(fd);
    if (n < 0)
        return false;
    text[n] = '\0';
    return true;
}

unsigned weir_quota_cpus_(const char *text)
{
    char *end;
    long long quota = strtoll(text, &end, 10); /* "max" has no digits */
    long long period;
    long long cpus;

    if (end == text || quota <= 0 || *end != ' ')
        return 0;
    text = end + 1;
    period = strtoll(text, &end, 10);
    if (end == text || period <= 0)
        return 0;
    cpus = quota / period + (quota % period != 0);
    return cpus > MAX_CPUS ? MAX_CPUS : (unsigned)cpus;
}

/* The smallest quota from the process's own group up to the root. */
static unsigned cgroup_cpus(void)
{
    char groups[4096];
    char path[4096 + sizeof CGROUP_ROOT + sizeof "/cpu.max"];
    char text[128];
    char *group;
    size_t length;
    unsigned least = 0;

    if (!slurp("/proc/self/cgroup", groups, sizeof groups))
        return 0;
    group = strstr(groups, "0::/");
    if (group == NULL || (group != groups && group[-1] != '\n'))
        return 0;
    group += strlen("0::");
    length = strcspn(group, "\n");
    for (;;) {
        unsigned cpus = 0;

        memcpy(path, CGROUP_ROOT, sizeof CGROUP_ROOT - 1);
        memcpy(path + sizeof CGROUP_ROOT - 1, group, length);
        memcpy(path + sizeof CGROUP_ROOT - 1 + length, "/cpu.max",
               sizeof "/cpu.max");
        if (slurp(path, text, sizeof text))
            cpus = weir_quota_cpus_(text);
        if (cpus != 0 && (least == 0 || cpus < least))
            least = cpus;
        if (length == 0)
            return least;
        do {
            length--;
        } while (length > 0 && group[length] != '/');
    }
}

unsigned weir_usable_cpus_refresh_(void)
{
    int saved = errno;
    unsigned cpus = affinity_cpus();
    unsigned quota = cgroup_cpus();

    if (quota != 0 && quota < cpus)
        cpus = quota;
    /* COUNT: any value that was ever true will do. */
    weir_store_rlx_(&usable, cpus);
    errno = saved;
    return cpus;
}

unsigned weir_usable_cpus_(void)
{
    /* COUNT: as above. */
    unsigned cpus = weir_load_rlx_(&usable);

    return WEIR_LIKELY(cpus != 0) ? cpus : weir_usable_cpus_refresh_();
}

WEIR_CONSTRUCTOR static void ask_once(void)
{
    (void)weir_usable_cpus_refresh_();
}
