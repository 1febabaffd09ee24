/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How many CPUs are usable, where the kernel does not answer.  The source is
 * compiled into this suite; the linker sends sched_getaffinity, sysconf and
 * read here.  What a kernel that answers says is in test_base.c and
 * test_spin.c.
 *
 * No case for contended, timed or the like: nothing here waits.
 */
#include "base/cpu.c"

#include "support/support.h"

int __real_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
long __real_sysconf(int name);
long __wrap_sysconf(int name);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size);

/* All zero: nothing is fake. */
static struct fake {
    bool no_affinity;
    bool no_memory;
    bool no_read;
    long online; /* what sysconf says */
} fake;

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    if (!fake.no_affinity)
        return __real_sched_getaffinity(pid, size, set);
    errno = EINVAL;
    return -1;
}

long __wrap_sysconf(int name)
{
    if (fake.online == 0 || name != _SC_NPROCESSORS_ONLN)
        return __real_sysconf(name);
    if (fake.online < 0)
        errno = EINVAL;
    return fake.online;
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
    if (!fake.no_read)
        return __real_read(fd, to, size);
    errno = EIO;
    return -1;
}

#if defined(__GLIBC__) /* what CPU_ALLOC calls there */
cpu_set_t *__real___sched_cpualloc(size_t count);
cpu_set_t *__wrap___sched_cpualloc(size_t count);

cpu_set_t *__wrap___sched_cpualloc(size_t count)
{
    if (!fake.no_memory)
        return __real___sched_cpualloc(count);
    errno = ENOMEM;
    return NULL;
}
#endif

static void end(void)
{
    memset(&fake, 0, sizeof(fake));
}

START_TEST(without_affinity_all_that_are_online)
{
    fake = (struct fake){.no_affinity = true, .online = 5};
    must_eq(affinity_cpus(), 5);
    must(keeps_errno(weir_usable_cpus_refresh_()) <= 5);
    must(weir_usable_cpus_() >= 1);
}
END_TEST

START_TEST(without_memory_too)
{
#if defined(__GLIBC__)
    fake = (struct fake){.no_memory = true, .online = 7};
    must_eq(affinity_cpus(), 7);
#else
    support_skip("a CPU set that cannot be allocated", "this is not glibc");
#endif
}
END_TEST

START_TEST(without_anything_one)
{
    fake = (struct fake){.no_affinity = true, .online = -1};
    must_eq(affinity_cpus(), 1);
    must_eq(keeps_errno(weir_usable_cpus_refresh_()), 1);
    must_eq(weir_usable_cpus_(), 1);
}
END_TEST

START_TEST(files_that_cannot_be_read_limit_nothing)
{
    char text[16];

    fake.no_read = true;
    must(!slurp("/proc/self/cgroup", text, sizeof(text)));
    must_eq(cgroup_cpus(), 0);
    must_eq(keeps_errno(weir_usable_cpus_refresh_()), affinity_cpus());
}
END_TEST

/* By a thread that comes before the library's constructor. */
START_TEST(asked_before_it_is_known)
{
    unsigned cpus = weir_usable_cpus_refresh_();

    weir_store_rlx_(&usable, 0);
    must_eq(keeps_errno(weir_usable_cpus_()), cpus);
    must_eq(weir_load_rlx_(&usable), cpus);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, without_affinity_all_that_are_online);
    tcase_add_test(tcase, without_memory_too);
    tcase_add_test(tcase, without_anything_one);
    tcase_add_test(tcase, files_that_cannot_be_read_limit_nothing);
    tcase_add_test(tcase, asked_before_it_is_known);
    return support_main(suite);
}
