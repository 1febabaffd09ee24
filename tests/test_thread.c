/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Threads: their states, results, names, numbers and attributes.  Joining is
 * in test_thread_join.c.
 */
#include <weir/thread.h>

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/atomic.h"
#include "support/support.h"

static weir_thread_t thread;

/* What a thread found out about itself. */
struct finding {
    weir_thread_t *current;
    uint64_t ident;
    pid_t native_id;
    char name[WEIR_THREAD_CPUS];
    bool alive;
    int value;
};

static void *answer(void *arg)
{
    return arg;
}

static int number = 42;

static void run_to_the_end(weir_thread_t *t)
{
    must_eq(keeps_errno(weir_thread_start(t)), 0);
    must_eq(keeps_errno(weir_thread_join(t, WEIR_FOREVER, NULL)), 0);
}

static void make(void *(*fn)(void *), void *arg)
{
    must_eq(keeps_errno(weir_thread_init(&thread, NULL, fn, arg)), 0);
}

/* A thread that stays until it is told to go. */
static uint32_t may_go;

static void *stay(void *arg)
{
    while (!__atomic_load_n(&may_go, __ATOMIC_ACQUIRE))
        support_sleep_ns(100000);
    return arg;
}

static void let_go(weir_thread_t *t)
{
    __atomic_store_n(&may_go, 1, __ATOMIC_RELEASE);
    must_eq(weir_thread_join(t, WEIR_FOREVER, NULL), 0);
    __atomic_store_n(&may_go, 0, __ATOMIC_RELEASE);
}

/* --- api --- */

START_TEST(from_new_to_ended)
{
    void *result = NULL;

    make(answer, &number);
    must(!weir_thread_is_alive(&thread));
    must_eq(weir_thread_ident(&thread), 0);
    must_eq(weir_thread_native_id(&thread), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, &result), ESRCH);
    must_eq(weir_thread_join(&thread, WEIR_NOW, &result), ESRCH);
    must(result == NULL);
    must_eq(keeps_errno(weir_thread_start(&thread)), 0);
    must_eq(keeps_errno(weir_thread_join(&thread, WEIR_FOREVER, &result)), 0);
    must(result == &number);
    must(!weir_thread_is_alive(&thread));
    must(weir_thread_ident(&thread) != 0);
    must(weir_thread_native_id(&thread) != 0);
}
END_TEST

START_TEST(results_are_given_many_times)
{
    make(answer, &number);
    run_to_the_end(&thread);
    for (int i = 0; i < 10; i++) {
        void *result = NULL;

        must_eq(weir_thread_join(&thread, i % 2 ? WEIR_NOW : WEIR_FOREVER,
                                 i % 3 ? &result : NULL),
                0);
        must(i % 3 == 0 || result == &number);
    }
}
END_TEST

START_TEST(started_once)
{
    make(stay, NULL);
    must_eq(weir_thread_start(&thread), 0);
    must(weir_thread_is_alive(&thread));
    must_eq(keeps_errno(weir_thread_start(&thread)), EALREADY);
    must_eq(keeps_errno(weir_thread_run(&thread)), EALREADY);
    let_go(&thread);
    must_eq(weir_thread_start(&thread), EALREADY);
    must_eq(weir_thread_run(&thread), EALREADY);
    make(answer, NULL); /* the object can be used again */
    run_to_the_end(&thread);
}
END_TEST

static void *start_it(void *arg)
{
    return (void *)(intptr_t)weir_thread_start(arg);
}

/* Of many that start one thread, one does. */
START_TEST(started_by_many)
{
    weir_thread_t starters[4];

    for (long round = support_scaled(200); round > 0; round--) {
        int started = 0;

        make(answer, NULL);
        for (int i = 0; i < 4; i++) {
            must_eq(weir_thread_init(&starters[i], NULL, start_it, &thread), 0);
            must_eq(weir_thread_start(&starters[i]), 0);
        }
        for (int i = 0; i < 4; i++) {
            void *result;

            must_eq(weir_thread_join(&starters[i], WEIR_FOREVER, &result), 0);
            must(result == NULL || result == (void *)(intptr_t)EALREADY);
            started += result == NULL;
        }
        must_eq(started, 1);
        must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
    }
}
END_TEST

static weir_thread_t *ran_by;

static void *note_current(void *arg)
{
    ran_by = weir_thread_current();
    must(weir_thread_is_alive(&thread));
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), EDEADLK);
    must_eq(weir_thread_set_name(&thread, "in place"), 0);
    return arg;
}

/* As Python's run: in the calling thread; the result is kept. */
START_TEST(run_in_place)
{
    char name[16] = "";
    char after[16] = "";
    void *result;

    make(note_current, &number);
    must_eq(pthread_getname_np(pthread_self(), name, sizeof(name)), 0);
    must_eq(keeps_errno(weir_thread_run(&thread)), 0);
    must_eq(pthread_getname_np(pthread_self(), after, sizeof(after)), 0);
    must_eq(strcmp(name, after), 0); /* it is not this thread's name */
    must(ran_by == weir_thread_current());
    must(ran_by != &thread);
    must_eq(weir_thread_join(&thread, WEIR_NOW, &result), 0);
    must(result == &number);
    must(!weir_thread_is_alive(&thread));
    must_eq(weir_thread_ident(&thread), weir_get_ident());
    must_eq(weir_thread_start(&thread), EALREADY);
    must_eq(weir_thread_run(&thread), EALREADY);
}
END_TEST

static void *find_out(void *arg)
{
    struct finding *finding = arg;

    finding->current = weir_thread_current();
    finding->ident = weir_get_ident();
    finding->native_id = weir_get_native_id();
    finding->alive = weir_thread_is_alive(&thread);
    must_eq(weir_thread_join(&thread, WEIR_NOW, NULL), EDEADLK);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), EDEADLK);
    must_eq(finding->native_id, syscall(SYS_gettid));
    return NULL;
}

START_TEST(knows_itself)
{
    struct finding finding = {0};

    make(find_out, &finding);
    must_eq(weir_thread_start(&thread), 0);
    must(weir_thread_ident(&thread) != 0); /* at once */
    must(weir_thread_native_id(&thread) != 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
    must(finding.current == &thread);
    must_eq(finding.ident, weir_thread_ident(&thread));
    must_eq(finding.native_id, weir_thread_native_id(&thread));
    must(finding.alive);
}
END_TEST

/* Hazard B29: the kernel gives its numbers again; ours are never. */
START_TEST(idents_are_never_used_twice)
{
    uint64_t last = weir_get_ident();

    for (long i = support_scaled(2000); i > 0; i--) {
        make(answer, NULL);
        run_to_the_end(&thread);
        must(weir_thread_ident(&thread) > last);
        last = weir_thread_ident(&thread);
    }
    must(weir_get_ident() != last);
}
END_TEST

/* --- names --- */

static void kernel_name(pid_t tid, char *name, size_t size)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/comm", (int)tid);
    file = fopen(path, "r");
    must(file != NULL);
    must(fgets(name, (int)size, file) != NULL);
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
}

static void must_be_called(weir_thread_t *t, const char *name,
                           const char *by_kernel)
{
    char found[64];

    must_eq(strcmp(weir_thread_name(t), name), 0);
    /* Its own half comes right after it has begun. */
    do
        kernel_name(weir_thread_native_id(t), found, sizeof(found));
    while (strcmp(found, by_kernel) != 0);
}

static const struct {
    const char *name;
    const char *by_kernel;
} names[] = {
    {"w", "w"},
    {"fifteen bytes..", "fifteen bytes.."},
    {"sixteen bytes...", "sixteen bytes.."},
    {"a name that is much longer than what the kernel can keep of it",
     "a name that is "},
    /* Not half a character. */
    {"fourteen bytes\xc3\xa9", "fourteen bytes"},
    {"thirteen byte\xe2\x82\xac.", "thirteen byte"},
    {"twelve bytes\xe2\x82\xac.", "twelve bytes\xe2\x82\xac"},
    {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", ""},
};
#define NAMES (sizeof(names) / sizeof(names[0]))

START_TEST(named_by_attribute)
{
    weir_thread_attr_t attr = {.name = names[_i].name};

    must_eq(weir_thread_init(&thread, &attr, stay, NULL), 0);
    must(weir_thread_name(&thread) == names[_i].name);
    must_eq(weir_thread_start(&thread), 0);
    must_be_called(&thread, names[_i].name, names[_i].by_kernel);
    let_go(&thread);
    must(weir_thread_name(&thread) == names[_i].name);
}
END_TEST

START_TEST(named_at_any_time)
{
    make(stay, NULL);
    must_eq(keeps_errno(weir_thread_set_name(&thread, NULL)), EINVAL);
    must_eq(keeps_errno(weir_thread_set_name(&thread, "before")), 0);
    must_eq(weir_thread_start(&thread), 0);
    must_be_called(&thread, "before", "before");
    for (unsigned i = 0; i < NAMES; i++) {
        must_eq(keeps_errno(weir_thread_set_name(&thread, names[i].name)), 0);
        must_be_called(&thread, names[i].name, names[i].by_kernel);
    }
    must_eq(weir_thread_set_name(&thread, ""), 0);
    must_be_called(&thread, "", "");
    let_go(&thread);
    must_eq(weir_thread_set_name(&thread, "after"), 0);
    must_eq(strcmp(weir_thread_name(&thread), "after"), 0);
}
END_TEST

/* While it starts: one of the two tells the kernel. */
START_TEST(named_while_it_starts)
{
    for (long i = support_scaled(300); i > 0; i--) {
        make(stay, NULL);
        must_eq(weir_thread_start(&thread), 0);
        must_eq(weir_thread_set_name(&thread, "mine"), 0);
        must_be_called(&thread, "mine", "mine");
        let_go(&thread);
    }
}
END_TEST

static void *rename_self(void *arg)
{
    char found[64];

    must_eq(weir_thread_set_name(weir_thread_current(), arg), 0);
    kernel_name(weir_get_native_id(), found, sizeof(found));
    must_eq(strcmp(found, arg), 0);
    return NULL;
}

START_TEST(names_itself)
{
    static char name[] = "myself";

    make(rename_self, name);
    run_to_the_end(&thread);
    must(weir_thread_name(&thread) == name);
}
END_TEST

START_TEST(default_names)
{
    weir_thread_attr_t attr = {.name = ""};
    weir_thread_t other;
    unsigned first, second;

    make(answer, NULL);
    must_eq(weir_thread_init(&other, &attr, answer, NULL), 0);
    must_eq(sscanf(weir_thread_name(&thread), "Thread-%u", &first), 1);
    must_eq(sscanf(weir_thread_name(&other), "Thread-%u", &second), 1);
    must_eq(second, first + 1);
    must(first >= 1);
}
END_TEST

/* --- attributes --- */

START_TEST(daemons)
{
    weir_thread_attr_t attr = {.flags = WEIR_THREAD_DAEMON};

    make(stay, NULL);
    must(!weir_thread_daemon(&thread)); /* main is not */
    must_eq(keeps_errno(weir_thread_set_daemon(&thread, true)), 0);
    must(weir_thread_daemon(&thread));
    must_eq(weir_thread_set_daemon(&thread, false), 0);
    must_eq(weir_thread_set_daemon(&thread, true), 0);
    must_eq(weir_thread_start(&thread), 0);
    must_eq(keeps_errno(weir_thread_set_daemon(&thread, false)), EBUSY);
    must(weir_thread_daemon(&thread));
    let_go(&thread);
    must_eq(weir_thread_set_daemon(&thread, false), EBUSY);
    must_eq(weir_thread_init(&thread, &attr, answer, NULL), 0);
    must(weir_thread_daemon(&thread));
}
END_TEST

static void *init_another(void *arg)
{
    weir_thread_attr_t attr = {.flags = WEIR_THREAD_NOT_DAEMON};
    weir_thread_t other;
    bool *inherits = arg;

    must_eq(weir_thread_init(&other, NULL, answer, NULL), 0);
    inherits[0] = weir_thread_daemon(&other);
    must_eq(weir_thread_init(&other, &attr, answer, NULL), 0);
    inherits[1] = weir_thread_daemon(&other);
    return NULL;
}

static void init_in_foreign(unsigned index, void *arg)
{
    (void)index;
    (void)init_another(arg);
}

START_TEST(daemons_beget_daemons)
{
    bool inherits[2] = {false, true};

    make(init_another, inherits);
    must_eq(weir_thread_set_daemon(&thread, true), 0);
    run_to_the_end(&thread);
    must(inherits[0] && !inherits[1]);
    make(init_another, inherits);
    run_to_the_end(&thread);
    must(!inherits[0] && !inherits[1]);
    support_threads(1, init_in_foreign, inherits);
    must(inherits[0] && !inherits[1]);
}
END_TEST

static void *measure_stack(void *arg)
{
    pthread_attr_t attr;
    size_t *sizes = arg;
    void *address;

    must_eq(pthread_getattr_np(pthread_self(), &attr), 0);
    must_eq(pthread_attr_getstack(&attr, &address, &sizes[0]), 0);
    must_eq(pthread_attr_getguardsize(&attr, &sizes[1]), 0);
    must_eq(pthread_attr_destroy(&attr), 0);
    return NULL;
}

static size_t page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

START_TEST(stacks)
{
    size_t sizes[2];
    weir_thread_attr_t attr = {.stack_size = 1234567, .guard_size = 8 * page()};

    must_eq(weir_thread_init(&thread, &attr, measure_stack, sizes), 0);
    run_to_the_end(&thread);
    must_eq(sizes[1], 8 * page());
    /* Some libcs count the guard in, some round further. */
    must(sizes[0] + sizes[1] >= 1234567 && sizes[0] < 2 * 1234567);
    attr.guard_size = WEIR_THREAD_NO_GUARD;
    must_eq(weir_thread_init(&thread, &attr, measure_stack, sizes), 0);
    run_to_the_end(&thread);
    must_eq(sizes[1], 0);
}
END_TEST

START_TEST(stacks_by_default)
{
    size_t sizes[2];
    size_t old = 1;

    must_eq(keeps_errno(weir_thread_stack_size(WEIR_THREAD_KEEP, &old)), 0);
    must_eq(old, 0);
    must_eq(keeps_errno(weir_thread_stack_size(1, &old)), EINVAL);
    must_eq(weir_thread_stack_size((size_t)PTHREAD_STACK_MIN - 1, &old),
            EINVAL);
    must_eq(weir_thread_stack_size(SIZE_MAX - 1, NULL), EINVAL);
    must_eq(weir_thread_stack_size(WEIR_THREAD_KEEP, &old), 0);
    must_eq(old, 0);
    must_eq(weir_thread_stack_size((size_t)PTHREAD_STACK_MIN, NULL), 0);
    must_eq(weir_thread_stack_size(1000001, &old), 0);
    must(old >= (size_t)PTHREAD_STACK_MIN && old % page() == 0);
    make(measure_stack, sizes);
    run_to_the_end(&thread);
    must(sizes[0] + sizes[1] >= 1000001 && sizes[0] < 2 * 1000001);
    must_eq(weir_thread_stack_size(0, &old), 0);
    must(old >= 1000001 && old < 1000001 + page());
}
END_TEST

START_TEST(too_large_a_stack)
{
    weir_thread_attr_t attr = {.stack_size = (size_t)1 << 50};

    must_eq(weir_thread_init(&thread, &attr, answer, NULL), 0);
    must_eq(keeps_errno(weir_thread_start(&thread)), EAGAIN);
    must(!weir_thread_is_alive(&thread));
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), ESRCH);
    must_eq(weir_thread_ident(&thread), 0);
    must_eq(weir_thread_active_count(), 1);
    must_eq(weir_thread_set_daemon(&thread, true), 0); /* it is new */
    must_eq(keeps_errno(weir_thread_start(&thread)), EAGAIN);
}
END_TEST

static void *read_affinity(void *arg)
{
    must_eq(sched_getaffinity(0, sizeof(cpu_set_t), arg), 0);
    return NULL;
}

static int first_cpu(void)
{
    cpu_set_t all;
    int cpu = 0;

    must_eq(sched_getaffinity(0, sizeof(all), &all), 0);
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    return cpu;
}

START_TEST(on_one_cpu)
{
    cpu_set_t wanted, found, before, after;
    weir_thread_attr_t attr = {.cpus = &wanted, .cpus_size = sizeof(wanted)};

    CPU_ZERO(&wanted);
    CPU_SET(first_cpu(), &wanted);
    CPU_ZERO(&found);
    must_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    must_eq(weir_thread_init(&thread, &attr, read_affinity, &found), 0);
    CPU_ZERO(&wanted); /* it was copied */
    run_to_the_end(&thread);
    must_eq(CPU_COUNT(&found), 1);
    must(CPU_ISSET(first_cpu(), &found));
    must_eq(sched_getaffinity(0, sizeof(after), &after), 0);
    must(CPU_EQUAL(&before, &after));
}
END_TEST

/* The kernel refuses: the caller of start hears of it, and may try again. */
START_TEST(on_no_cpu)
{
    cpu_set_t wanted;
    weir_thread_attr_t attr = {.cpus = &wanted, .cpus_size = sizeof(wanted)};

    CPU_ZERO(&wanted);
    CPU_SET(CPU_SETSIZE - 1, &wanted);
    must_eq(weir_thread_init(&thread, &attr, answer, NULL), 0);
    for (int i = 0; i < 3; i++) {
        must_eq(keeps_errno(weir_thread_start(&thread)), EINVAL);
        must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), ESRCH);
        must(!weir_thread_is_alive(&thread));
        must_eq(weir_thread_ident(&thread), 0);
        must_eq(weir_thread_native_id(&thread), 0);
        must_eq(weir_thread_active_count(), 1);
    }
}
END_TEST

START_TEST(large_sets_of_cpus)
{
    unsigned char set[256] = {0};
    weir_thread_attr_t attr = {.cpus = set, .cpus_size = sizeof(set)};

    set[first_cpu() / 8] = (unsigned char)(1 << first_cpu() % 8);
    must_eq(weir_thread_init(&thread, &attr, answer, NULL), 0);
    run_to_the_end(&thread);
    attr.cpus_size = sizeof(unsigned long); /* and small ones */
    if (first_cpu() < 32) {
        must_eq(weir_thread_init(&thread, &attr, answer, NULL), 0);
        run_to_the_end(&thread);
    }
    attr.cpus_size = sizeof(set);
    set[200] = 1;
    must_eq(weir_thread_init(&thread, &attr, answer, NULL), EINVAL);
}
END_TEST

static void *read_policy(void *arg)
{
    struct sched_param param;

    must_eq(pthread_getschedparam(pthread_self(), arg, &param), 0);
    return NULL;
}

START_TEST(with_a_policy)
{
    int found = -1;
    weir_thread_attr_t attr = {.flags = WEIR_THREAD_SCHED,
                               .policy = SCHED_BATCH};

    if (SUPPORT_EMULATED)
        return;
    must_eq(weir_thread_init(&thread, &attr, read_policy, &found), 0);
    run_to_the_end(&thread);
#if defined(__GLIBC__)
    must_eq(found, SCHED_BATCH);
#endif
    attr.priority = 77; /* which SCHED_BATCH does not have */
    must_eq(weir_thread_init(&thread, &attr, read_policy, &found), 0);
    must_eq(keeps_errno(weir_thread_start(&thread)), EINVAL);
    must_eq(weir_thread_active_count(), 1);
}
END_TEST

static void *read_mask(void *arg)
{
    must_eq(pthread_sigmask(SIG_SETMASK, NULL, arg), 0);
    return NULL;
}

START_TEST(with_a_mask)
{
    sigset_t wanted, found, before, after;
    weir_thread_attr_t attr = {.signal_mask = &wanted};

    must_eq(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    sigaddset(&wanted, SIGWINCH);
    must_eq(weir_thread_init(&thread, &attr, read_mask, &found), 0);
    sigemptyset(&wanted); /* it was copied */
    run_to_the_end(&thread);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        must_eq(sigismember(&found, signal) == 1,
                signal == SIGUSR1 || signal == SIGWINCH);
    must_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        must_eq(sigismember(&before, signal), sigismember(&after, signal));
    /* Without one: that of the starter. */
    sigaddset(&before, SIGUSR2);
    must_eq(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    make(read_mask, &found);
    run_to_the_end(&thread);
    must_eq(sigismember(&found, SIGUSR2), 1);
}
END_TEST

/* --- misuse --- */

START_TEST(bad_arguments_change_nothing)
{
    const unsigned char no_cpus[8] = {0};
    const weir_thread_attr_t bad[] = {
        {.flags = 8},
        {.flags = ~0u},
        {.flags = WEIR_THREAD_DAEMON | WEIR_THREAD_NOT_DAEMON},
        {.stack_size = 1},
        {.stack_size = (size_t)PTHREAD_STACK_MIN - 1},
        {.stack_size = SIZE_MAX},
        {.cpus_size = 8},
        {.cpus = no_cpus},
    };
    weir_thread_t before;

    memset(&thread, 0x5a, sizeof(thread));
    memcpy(&before, &thread, sizeof(before));
    must_eq(keeps_errno(weir_thread_init(&thread, NULL, NULL, NULL)), EINVAL);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        must_eq(keeps_errno(weir_thread_init(&thread, &bad[i], answer, NULL)),
                EINVAL);
    must_eq(memcmp(&before, &thread, sizeof(before)), 0);
}
END_TEST

START_TEST(zeros_are_no_thread)
{
    memset(&thread, 0, sizeof(thread));
    must_eq(weir_thread_start(&thread), EINVAL);
    must_eq(weir_thread_run(&thread), EINVAL);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), ESRCH);
    must(!weir_thread_is_alive(&thread));
    must_eq(weir_thread_ident(&thread), 0);
    must_eq(strcmp(weir_thread_name(&thread), ""), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, from_new_to_ended);
    tcase_add_test(tcase, results_are_given_many_times);
    tcase_add_test(tcase, started_once);
    tcase_add_test(tcase, started_by_many);
    tcase_add_test(tcase, run_in_place);
    tcase_add_test(tcase, knows_itself);
    tcase_add_test(tcase, idents_are_never_used_twice);
    tcase = support_tcase(suite, "names");
    tcase_add_loop_test(tcase, named_by_attribute, 0, NAMES);
    tcase_add_test(tcase, named_at_any_time);
    tcase_add_test(tcase, named_while_it_starts);
    tcase_add_test(tcase, names_itself);
    tcase_add_test(tcase, default_names);
    tcase = support_tcase(suite, "attributes");
    tcase_add_test(tcase, daemons);
    tcase_add_test(tcase, daemons_beget_daemons);
    tcase_add_test(tcase, stacks);
    tcase_add_test(tcase, stacks_by_default);
    tcase_add_test(tcase, too_large_a_stack);
    tcase_add_test(tcase, on_one_cpu);
    tcase_add_test(tcase, on_no_cpu);
    tcase_add_test(tcase, large_sets_of_cpus);
    tcase_add_test(tcase, with_a_policy);
    tcase_add_test(tcase, with_a_mask);
    tcase = support_tcase(suite, "misuse");
    tcase_add_test(tcase, bad_arguments_change_nothing);
    tcase_add_test(tcase, zeros_are_no_thread);
    return support_main(suite);
}
