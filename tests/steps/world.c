/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The world: processes on one CPU, and who of them sleeps.
 */
#include "world.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/spin.h"
#include "base/time.h"
#include "crew.h"
#include "futex/sys.h"
#include "memory.h"
#include "victim.h"

#if !defined(SYS_futex_waitv) /* Linux 5.16; one number for all machines */
#define SYS_futex_waitv 449
#endif

#define HANG_S 30
#define SLICES_MAX 8

struct world *world;
struct place place;

struct actor {
    pid_t pid;
    int fd;
};

static struct actor waiters[WAITERS_MAX];
static unsigned brought;
static void (*waiter_body)(unsigned);
static bool waiter_vm;
static bool victim_is_free;
static bool by_threads;
static volatile sig_atomic_t ticks; /* seconds since this run began */

/* What the linker puts in the place of the library's own calls. */
weir_deadline_t __real_weir_now(void);
weir_deadline_t __wrap_weir_now(void);
weir_deadline_t __real_weir_after(int64_t ns);
weir_deadline_t __wrap_weir_after(int64_t ns);
weir_deadline_t __real_weir_sooner_(weir_deadline_t deadline, int64_t ns);
weir_deadline_t __wrap_weir_sooner_(weir_deadline_t deadline, int64_t ns);
bool __wrap_weir_spin_again_(struct weir_spin *spin);
enum weir_slept __real_weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                        uint32_t expected,
                                        weir_deadline_t deadline, uint32_t bits,
                                        bool shared);
enum weir_slept __wrap_weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                        uint32_t expected,
                                        weir_deadline_t deadline, uint32_t bits,
                                        bool shared);
enum weir_slept __real_weir_futex_wait_any_(const struct weir_futex_word *words,
                                            unsigned n,
                                            weir_deadline_t deadline,
                                            unsigned *which);
enum weir_slept __wrap_weir_futex_wait_any_(const struct weir_futex_word *words,
                                            unsigned n,
                                            weir_deadline_t deadline,
                                            unsigned *which);

/* -- Reports ------------------------------------------------------------ */

static void report(void)
{
    const uint32_t *words = (const uint32_t *)(const void *)world->object;

    (void)fprintf(stderr,
                  "  in %s, %s after %ld instructions%s, next at 0x%lx\n"
                  "  victim: done %d, result %d; waiters done:",
                  place.scenario, place.mode, place.step,
                  place.sleep ? ", asleep" : "", (unsigned long)place.pc,
                  world->victim.done, world->victim.result);
    for (unsigned i = 0; i < brought; i++)
        (void)fprintf(stderr, " %d (result %d)", world->waiters[i].done,
                      world->waiters[i].result);
    (void)fprintf(stderr, "\n  object:");
    for (unsigned i = 0; i < 256; i++)
        if (words[i] != 0)
            (void)fprintf(stderr, " [%u]=%x", i * 4, words[i]);
    (void)fprintf(stderr, "\n");
}

_Noreturn void world_fail(const char *file, int line, const char *text)
{
    (void)fprintf(stderr, "%s:%d: must hold: %s\n", file, line, text);
    report();
    world->failed = 1;
    abort();
}

void world_compare(const char *file, int line, const char *got_text,
                   long long got, const char *wanted_text, long long wanted)
{
    char text[256];

    if (got == wanted)
        return;
    (void)snprintf(text, sizeof(text), "%s == %s: got %lld, not %lld", got_text,
                   wanted_text, got, wanted);
    world_fail(file, line, text);
}

/* Once a second; but not while this process is stopped from outside, whose
 * seconds do not count. */
static void on_tick(int signal)
{
    (void)signal;
    if (++ticks < HANG_S)
        return;
    (void)fprintf(stderr, "no progress for %d s\n", HANG_S);
    report();
    abort();
}

static void on_slice(int signal)
{
    (void)signal;
}

/* -- Life --------------------------------------------------------------- */

static void pin(void)
{
    cpu_set_t cpu;

    CPU_ZERO(&cpu);
    CPU_SET((size_t)sched_getcpu(), &cpu);
    must_eq(sched_setaffinity(0, sizeof(cpu), &cpu), 0);
    (void)weir_usable_cpus_refresh_();
}

void world_set_up(void)
{
    struct sigaction tick = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct itimerval second = {{1, 0}, {1, 0}};
    struct sigaction slice = {.sa_handler = on_slice};

    world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(world != MAP_FAILED);
    pin();
    /* Measured once per process: not in the victim. */
    (void)weir_pause_cost_ps_();
    (void)weir_wake_cost_ns_();
    must_eq(sigaction(SIGALRM, &tick, NULL), 0);
    must_eq(sigaction(SIGUSR1, &slice, NULL), 0);
    must_eq(setitimer(ITIMER_REAL, &second, NULL), 0);
}

void world_reset(void)
{
    memset(world, 0, sizeof(*world));
    world->began_ns = __real_weir_now();
    brought = 0;
    victim_is_free = false;
    ticks = 0;
}

void world_be_another(void)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* A signal to the judge's job would change the order of sleepers. */
    (void)setpgid(0, 0);
}

/* Does not preempt who wakes it. */
void world_be_batch(void)
{
    struct sched_param none = {0};

    (void)sched_setscheduler(0, SCHED_BATCH, &none);
}

static void be(void (*body)(unsigned), unsigned index)
{
    world_be_another();
    world_be_batch();
    body(index);
    for (;;)
        (void)pause();
}

struct birth {
    void (*body)(unsigned);
    unsigned index;
};

static int be_born(void *arg)
{
    struct birth birth = *(struct birth *)arg;

    be(birth.body, birth.index);
    return 0;
}

pid_t world_spawn(void (*body)(unsigned), unsigned index, bool vm)
{
    static struct birth births[WAITERS_MAX + 1];
    static unsigned next;
    pid_t pid;

    if (by_threads) {
        pid = crew_thread(body, index);
    } else if (vm) {
        unsigned n = next++ % (WAITERS_MAX + 1);

        births[n] = (struct birth){body, index};
        pid = memory_clone(n, be_born, &births[n]);
    } else {
        pid = fork();
        if (pid == 0)
            be(body, index);
    }
    must(pid > 0);
    return pid;
}

void world_spawn_threads(void)
{
    by_threads = true;
}

static void bury(pid_t pid)
{
    int status;
    pid_t dead;

    (void)kill(pid, SIGKILL);
    do
        dead = waitpid(pid, &status, 0);
    while ((dead < 0 && errno == EINTR) || (dead == pid && WIFSTOPPED(status)));
    must_eq(dead, pid);
}

void world_end(void)
{
    for (unsigned i = 0; i < brought; i++) {
        bury(waiters[i].pid);
        (void)close(waiters[i].fd);
    }
    brought = 0;
    victim_is_free = false;
}

/* -- Who sleeps --------------------------------------------------------- */

int world_watch(pid_t pid)
{
    char path[64];
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0);
    return fd;
}

bool world_sleeps(int fd)
{
    char text[128];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    long number;

    if (n <= 0)
        return false;
    text[n] = '\0';
    number = strtol(text, NULL, 10);
    return (number == SYS_futex || number == SYS_futex_waitv) && text[0] != 'r';
}

void world_cast(void (*body)(unsigned), bool vm)
{
    waiter_body = body;
    waiter_vm = vm;
}

void world_bring(unsigned count)
{
    for (; brought < count; brought++) {
        struct actor *actor = &waiters[brought];

        actor->pid = world_spawn(waiter_body, brought, waiter_vm);
        actor->fd = world_watch(actor->pid);
        /* One after the other: the order in which they sleep is known. */
        while (!world->waiters[brought].done && !world_sleeps(actor->fd))
            (void)sched_yield();
    }
    world_settle();
}

unsigned world_brought(void)
{
    return brought;
}

unsigned world_done(void)
{
    unsigned done = 0;

    for (unsigned i = 0; i < brought; i++)
        done += world->waiters[i].done != 0;
    return done;
}

bool world_all_sleep(void)
{
    for (unsigned i = 0; i < brought; i++)
        if (!world_sleeps(waiters[i].fd))
            return false;
    return true;
}

void world_free_victim(void)
{
    victim_is_free = true;
}

void world_settle(void)
{
    bool moving;

    do {
        (void)sched_yield();
        moving = victim_is_free && !stepper->is_settled();
        for (unsigned i = 0; i < brought; i++)
            if (!world->waiters[i].done && !world_sleeps(waiters[i].fd))
                moving = true;
    } while (moving);
}

bool world_slice(void)
{
    for (int round = 0; round < SLICES_MAX && world_done() < brought; round++) {
        if (world->real_slices) {
            while (world_done() < brought)
                (void)sched_yield();
            break;
        }
        for (unsigned i = 0; i < brought; i++)
            if (!world->waiters[i].done)
                (void)kill(waiters[i].pid, SIGUSR1);
        world_settle();
    }
    return world_done() == brought;
}

void world_pass_ns(int64_t ns)
{
    world->passed_ns += ns;
}

/* -- What the linker puts in the place of the library's own calls -------- */

weir_deadline_t __wrap_weir_now(void)
{
    return (world->real_slices ? __real_weir_now() : world->began_ns) +
           world->passed_ns;
}

weir_deadline_t __wrap_weir_after(int64_t ns)
{
    return world->real_slices ? __real_weir_after(ns) : __wrap_weir_now() + ns;
}

weir_deadline_t __wrap_weir_sooner_(weir_deadline_t deadline, int64_t ns)
{
    return world->real_slices &&
                   (deadline < LATER_DEADLINE || deadline == WEIR_FOREVER)
               ? __real_weir_sooner_(deadline, ns)
               : deadline;
}

bool __wrap_weir_spin_again_(struct weir_spin *spin)
{
    (void)spin;
    return false;
}

static weir_deadline_t as_it_is_now(weir_deadline_t deadline)
{
    if (deadline == VIRTUAL_DEADLINE ||
        (deadline == LATER_DEADLINE && world->passed_ns != 0))
        return AT_ONCE;
    return deadline;
}

enum weir_slept __wrap_weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                        uint32_t expected,
                                        weir_deadline_t deadline, uint32_t bits,
                                        bool shared)
{
    return __real_weir_futex_wait_(word, expected, as_it_is_now(deadline), bits,
                                   shared);
}

enum weir_slept __wrap_weir_futex_wait_any_(const struct weir_futex_word *words,
                                            unsigned n,
                                            weir_deadline_t deadline,
                                            unsigned *which)
{
    return __real_weir_futex_wait_any_(words, n, as_it_is_now(deadline), which);
}
