/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Thread groups, storms and sleepers.  The gate is libc's barrier, so that
 * nothing under test is needed to test it.
 */
#include "support/threads.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"

#if !defined(sigev_notify_thread_id) /* glibc has no name for it */
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define STORM_PERIOD_NS 100000
/* Newer than some kernel headers. */
#define FUTEX_WAITV_CALL 449
#define FUTEX2_WAIT_CALL 455

struct start {
    support_group_t *group;
    unsigned index;
};

static bool storming;
static bool storm_lasts; /* from the test's beginning to its end */
static timer_t storm_timer;

static struct {
    pthread_t thread;
    const char *object;
    size_t size;
    bool stop;
    bool running;
} stray;

pid_t support_tid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

void support_sleep_ns(long ns)
{
    struct timespec left = {ns / 1000000000, ns % 1000000000};

    while (nanosleep(&left, &left) != 0)
        continue;
}

/* --- storms --- */

static void on_alarm(int signal)
{
    (void)signal;
}

/* Whether this thread has a storm now. */
static bool storm_on_thread(timer_t *timer)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = SIGALRM};
    struct itimerspec period = {{0, STORM_PERIOD_NS}, {0, STORM_PERIOD_NS}};

    event.sigev_notify_thread_id = support_tid();
    if (timer_create(CLOCK_MONOTONIC, &event, timer) != 0) {
        must(SUPPORT_EMULATED); /* which has 32 timers */
        support_skip("a storm", "qemu-user has no more timers");
        return false;
    }
    must_eq(timer_settime(*timer, 0, &period, NULL), 0);
    return true;
}

void support_storm_begin(void)
{
    struct sigaction action = {.sa_handler = on_alarm};

    if (storming)
        return;
    must_eq(sigaction(SIGALRM, &action, NULL), 0);
    storming = storm_on_thread(&storm_timer);
}

void support_storm_end(void)
{
    if (storming && !storm_lasts)
        timer_delete(storm_timer);
    storming = storm_lasts;
}

void support_storm_everywhere_(void)
{
    if (getenv("WEIR_TEST_STORM") == NULL)
        return;
    storming = false; /* the timer of a process that forked is not here */
    support_storm_begin();
    storm_lasts = true;
}

void support_storm_nowhere_(void)
{
    storm_lasts = false;
    support_storm_end();
}

/* --- groups --- */

static void *run(void *arg)
{
    struct start *start = arg;
    support_group_t *group = start->group;
    unsigned index = start->index;
    bool storm = false;
    timer_t timer;
    char name[16];

    free(start);
    snprintf(name, sizeof(name), "test-%u", index);
    pthread_setname_np(pthread_self(), name);
    group->tids[index] = support_tid();
    if (storming)
        storm = storm_on_thread(&timer);
    pthread_barrier_wait(&group->gate);
    group->body(index, group->arg);
    if (storm)
        timer_delete(timer);
    support_note_release_();
    return NULL;
}

void support_group_start(support_group_t *group, unsigned count,
                         support_body_t *body, void *arg)
{
    must(count >= 1 && count <= SUPPORT_THREADS_MAX);
    group->count = count;
    group->body = body;
    group->arg = arg;
    must_eq(pthread_barrier_init(&group->gate, NULL, count + 1), 0);
    for (unsigned i = 0; i < count; i++) {
        struct start *start = malloc(sizeof(*start));

        must(start != NULL);
        start->group = group;
        start->index = i;
        must_eq(pthread_create(&group->threads[i], NULL, run, start), 0);
    }
    pthread_barrier_wait(&group->gate);
}

void support_group_join(support_group_t *group)
{
    for (unsigned i = 0; i < group->count; i++)
        must_eq(pthread_join(group->threads[i], NULL), 0);
    pthread_barrier_destroy(&group->gate);
    support_progress();
}

void support_threads(unsigned count, support_body_t *body, void *arg)
{
    support_group_t group;

    support_group_start(&group, count, body, arg);
    support_group_join(&group);
}

/* --- sleepers --- */

static bool read_proc(pid_t tid, const char *file, char *text, size_t size)
{
    char path[64];
    ssize_t length;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    length = read(fd, text, size - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* Where /proc/<tid>/syscall may not be read: asleep in some futex function
 * of the kernel. */
static bool sleeps_by_wchan(pid_t tid)
{
    char stat[512], wchan[64];
    const char *state;

    if (!read_proc(tid, "stat", stat, sizeof(stat)) ||
        !read_proc(tid, "wchan", wchan, sizeof(wchan)))
        return false;
    state = strrchr(stat, ')');
    return state != NULL && state[1] == ' ' && state[2] == 'S' &&
           strncmp(wchan, "futex", 5) == 0;
}

/* The library waits with FUTEX_WAIT_BITSET.  A plain FUTEX_WAIT is libc's or a
 * sanitizer's own lock: TSan guards its notes on each atomic with one. */
static bool is_our_wait(unsigned long op)
{
    return (op & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
}

/* /proc tells of the machine that runs this, which may be another's. */
static bool is_futex(unsigned long number)
{
#if SUPPORT_EMULATED
    return number == 202; /* x86-64 */
#else
    return number == SYS_futex;
#endif
}

bool support_sleeps(pid_t tid, const void **address)
{
    char call[192];
    unsigned long number, word, op;

    if (address != NULL)
        *address = NULL;
    if (!read_proc(tid, "syscall", call, sizeof(call)))
        return sleeps_by_wchan(tid);
    /* "running", or the number of the call and its arguments. */
    if (sscanf(call, "%lu %lx %lx", &number, &word, &op) != 3)
        return false;
    if (number != FUTEX2_WAIT_CALL && number != FUTEX_WAITV_CALL &&
        !(is_futex(number) && is_our_wait(op)))
        return false;
    if (address != NULL)
        *address = (const void *)(uintptr_t)word;
    return true;
}

const void *support_await_sleep_or(pid_t tid, const int *stop)
{
    const void *before = NULL, *now;
    unsigned looks = 0;

    while (looks < 2) {
        if (stop != NULL && __atomic_load_n(stop, __ATOMIC_ACQUIRE) != 0)
            return NULL;
        if (support_sleeps(tid, &now) && (looks == 0 || now == before))
            looks++;
        else
            looks = 0;
        before = now;
        support_sleep_ns(200000);
    }
    return before;
}

const void *support_await_sleep(pid_t tid)
{
    return support_await_sleep_or(tid, NULL);
}

/* --- stray wakers --- */

static void *wake_strangers(void *arg)
{
    support_random_t random = support_random(1000);

    (void)arg;
    pthread_setname_np(pthread_self(), "stray-waker");
    while (!__atomic_load_n(&stray.stop, __ATOMIC_RELAXED)) {
        size_t words = stray.size / sizeof(uint32_t);
        const char *word =
            stray.object +
            sizeof(uint32_t) * support_below(&random, (uint32_t)words);
        int count = support_below(&random, 4) == 0 ? INT_MAX : 1;
        int scope = support_below(&random, 2) == 0 ? FUTEX_PRIVATE_FLAG : 0;

        syscall(SYS_futex, word, FUTEX_WAKE | scope, count, NULL, NULL, 0);
        if (support_below(&random, 16) == 0)
            support_sleep_ns(20000);
    }
    return NULL;
}

void support_stray_begin(const void *object, size_t size)
{
    stray.object = object;
    stray.size = size;
    stray.stop = false;
    must_eq(pthread_create(&stray.thread, NULL, wake_strangers, NULL), 0);
    stray.running = true;
}

void support_stray_end(void)
{
    if (!stray.running)
        return;
    __atomic_store_n(&stray.stop, true, __ATOMIC_RELAXED);
    must_eq(pthread_join(stray.thread, NULL), 0);
    stray.running = false;
}
