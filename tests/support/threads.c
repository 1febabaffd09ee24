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
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"

#if !defined(sigev_notify_thread_id) /* glibc has no name for it */
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define STORM_PERIOD_NS 100000
/* How long a storm stands still for who looks, at first and at most. */
#define CALM_NS 1000000
#define CALM_MAX_NS 128000000
/* Newer than some kernel headers. */
#define FUTEX_WAITV_CALL 449
#define FUTEX2_WAIT_CALL 455

struct start {
    support_group_t *group;
    unsigned index;
};

static bool storming;
static bool storm_lasts; /* from the test's beginning to its end */
static bool storm_waived;

/* The calling thread's. */
static _Thread_local struct {
    timer_t timer;
    int64_t calm_until; /* it will not fire earlier, as far as it knows */
    bool on;
} storm;
/* Until when all storms stand still, in ns of CLOCK_MONOTONIC; for a test and
 * its children, once there is a page for it. */
static int64_t calm_here;
static int64_t *calm_until = &calm_here;

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
    int saved = errno;

    while (nanosleep(&left, &left) != 0)
        continue;
    errno = saved;
}

/* --- storms --- */

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* When the calm ends; 0: it has.  A child may have another clock. */
static int64_t calm_end(void)
{
    int64_t until = __atomic_load_n(calm_until, __ATOMIC_RELAXED);
    int64_t now = now_ns();

    return until > now && until <= now + CALM_MAX_NS ? until : 0;
}

/* Goes on at the end of a calm. */
static void on_alarm(int signal)
{
    int64_t until = calm_end();
    struct itimerspec later = {{0, STORM_PERIOD_NS},
                               {until / 1000000000, until % 1000000000}};
    int saved = errno;

    (void)signal;
    if (storm.on && until != 0 && until != storm.calm_until) {
        storm.calm_until = until;
        timer_settime(storm.timer, TIMER_ABSTIME, &later, NULL);
    }
    errno = saved;
}

static void storm_on_thread(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = SIGALRM};
    struct itimerspec period = {{0, STORM_PERIOD_NS}, {0, STORM_PERIOD_NS}};

    event.sigev_notify_thread_id = support_tid();
    if (timer_create(CLOCK_MONOTONIC, &event, &storm.timer) != 0) {
        must(SUPPORT_EMULATED); /* which has 32 timers */
        support_skip("a storm", "qemu-user has no more timers");
        return;
    }
    storm.on = true;
    must_eq(timer_settime(storm.timer, 0, &period, NULL), 0);
}

static void storm_off_thread(void)
{
    if (!storm.on)
        return;
    storm.on = false;
    timer_delete(storm.timer);
}

void support_storm_begin(void)
{
    struct sigaction action = {.sa_handler = on_alarm};

    if (storming)
        return;
    must_eq(sigaction(SIGALRM, &action, NULL), 0);
    storming = true;
    storm_on_thread();
}

void support_storm_end(void)
{
    if (storm_lasts)
        return;
    storm_off_thread();
    storming = false;
}

void support_storm_everywhere_(void)
{
    storm.on = false; /* the timer of a process that forked is not here */
    if (getenv("WEIR_TEST_STORM") == NULL || storm_waived)
        return;
    storming = false;
    support_storm_begin();
    storm_lasts = true;
}

void support_storm_nowhere_(void)
{
    storm_lasts = false;
    support_storm_end();
    storm_waived = false;
}

void support_storm_waive(void)
{
    support_storm_nowhere_();
    storm_waived = true;
}

void support_storm_map_(void)
{
    void *page = mmap(NULL, sizeof(*calm_until), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    must(page != MAP_FAILED);
    calm_until = page;
}

/* Storms stand still for so long, and longer the next time. */
static void storm_calm(int64_t *ns)
{
    __atomic_store_n(calm_until, now_ns() + *ns, __ATOMIC_RELAXED);
    if (*ns < CALM_MAX_NS)
        *ns *= 2;
}

/* Until they are back. */
static void storm_await(void)
{
    while (calm_end() != 0)
        support_sleep_ns(STORM_PERIOD_NS);
}

/* --- groups --- */

static void *run(void *arg)
{
    struct start *start = arg;
    support_group_t *group = start->group;
    unsigned index = start->index;
    char name[16];

    free(start);
    snprintf(name, sizeof(name), "test-%u", index);
    pthread_setname_np(pthread_self(), name);
    group->tids[index] = support_tid();
    if (storming)
        storm_on_thread();
    pthread_barrier_wait(&group->gate);
    group->body(index, group->arg);
    storm_off_thread();
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

/* By way of its process: of /proc/<pid>/stat qemu gives its own account, in
 * which nobody ever sleeps. */
static bool read_proc(pid_t tid, const char *file, char *text, size_t size)
{
    char path[64];
    ssize_t length;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)tid, (int)tid,
             file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    length = read(fd, text, size - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/* In a sleep that nobody has ended.  /proc/<tid>/syscall says the same of a
 * thread that was woken while its CPU has not been told yet (the kernel's
 * TASK_WAKING); its state is another from the wake-up on.  The look at what it
 * sleeps in comes after this one, so that it is of no earlier sleep. */
static bool is_asleep(pid_t tid)
{
    char stat[512];
    const char *state;

    if (!read_proc(tid, "stat", stat, sizeof(stat)))
        return false;
    state = strrchr(stat, ')');
    return state != NULL && state[1] == ' ' && state[2] == 'S';
}

/* Where /proc/<tid>/syscall may not be read: in some futex function of the
 * kernel. */
static bool sleeps_by_wchan(pid_t tid)
{
    char wchan[64];

    return read_proc(tid, "wchan", wchan, sizeof(wchan)) &&
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
    if (!is_asleep(tid))
        return false;
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
    int64_t calm = CALM_NS;
    unsigned looks = 0;

    for (unsigned i = 0; looks < 2; i++) {
        if (stop != NULL && __atomic_load_n(stop, __ATOMIC_ACQUIRE) != 0)
            return NULL;
        if (storming && i % 4 == 0)
            storm_calm(&calm);
        if (support_sleeps(tid, &now) && (looks == 0 || now == before))
            looks++;
        else
            looks = 0;
        before = now;
        support_sleep_ns(200000);
    }
    if (storming)
        storm_await();
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
