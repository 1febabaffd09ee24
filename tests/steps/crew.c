/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "crew.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sweep.h"

#define CREW_MAX (WAITERS_MAX + 1)
#define LOOKS 2 /* one after another, that nobody moves */

struct birth {
    void (*body)(unsigned);
    unsigned index;
    volatile pid_t tid;
};

static pid_t process; /* the judge's: of this run */
static bool victim_is_loose;

/* -- Sleeping until the other process says something -------------------- */

static void wait_while(volatile uint32_t *word, uint32_t value)
{
    static const struct timespec soon = {0, 1000000};

    (void)syscall(SYS_futex, word, FUTEX_WAIT, value, &soon, NULL, 0);
}

static void say(volatile uint32_t *word, uint32_t value)
{
    *word = value;
    (void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* -- Who moves, in the director's process ------------------------------- */

/* What the kernel says of it; false: it has ended. */
static bool read_of(const char *tid, const char *file, char *text, size_t size)
{
    char path[64];
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%s/%s", tid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, size - 1);
    (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Woken, it stops once more at the end of its call, and seems to sleep. */
static bool is_stopped(const char *tid)
{
    char text[512];
    const char *end;

    if (!read_of(tid, "stat", text, sizeof(text)))
        return false;
    end = strrchr(text, ')');
    return end != NULL && end[1] == ' ' && end[2] == 't';
}

static bool thread_sleeps(const char *tid)
{
    char text[128];

    if (!read_of(tid, "syscall", text, sizeof(text)))
        return true;
    if (text[0] == 'r')
        return false;
    switch (strtol(text, NULL, 10)) {
    case SYS_futex:
    case SYS_pause:
    case SYS_poll: /* liburcu, now and then, for readers */ return true;
    default: return false;
    }
}

struct entry { /* getdents64(2) */
    uint64_t number;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static bool is_of_interest(pid_t tid)
{
    if (tid == world->victim_tid)
        return victim_is_loose && !world->victim.done;
    return tid > 0 && tid != getpid();
}

/* opendir would allocate. */
static bool all_sleep(void)
{
    _Alignas(8) char entries[2048];
    int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool sleep = true;
    bool has_victim = false;
    long n;

    must(fd >= 0);
    while ((n = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
        for (long at = 0; at < n;) {
            struct entry *entry = (struct entry *)(void *)(entries + at);
            pid_t tid = (pid_t)strtol(entry->name, NULL, 10);

            has_victim |= tid == world->victim_tid;
            if (is_of_interest(tid) &&
                (!thread_sleeps(entry->name) ||
                 (tid == world->victim_tid && is_stopped(entry->name))))
                sleep = false;
            at += entry->length;
        }
    }
    (void)close(fd);
    if (victim_is_loose && !has_victim)
        world->victim.done = 1;
    return sleep;
}

/* Asleep between looks: other processes may want the CPU as well. */
static bool is_settled(void)
{
    for (int i = 0; i < LOOKS; i++) {
        if (!all_sleep()) {
            (void)usleep(20);
            return false;
        }
        (void)sched_yield();
    }
    return true;
}

static const struct stepper inside = {.name = "the director",
                                      .is_settled = is_settled};

/* -- Threads ------------------------------------------------------------ */

static void *be_thread(void *arg)
{
    struct birth *birth = arg;

    world_be_batch();
    birth->tid = gettid();
    birth->body(birth->index);
    while (pause() != 0)
        ;
    return NULL;
}

pid_t crew_thread(void (*body)(unsigned), unsigned index)
{
    static struct birth births[CREW_MAX];
    static unsigned next;
    struct birth *birth = &births[next++];
    pthread_t thread;

    must(next <= CREW_MAX);
    *birth = (struct birth){.body = body, .index = index};
    must_eq(pthread_create(&thread, NULL, be_thread, birth), 0);
    while (birth->tid == 0)
        (void)sched_yield();
    return birth->tid;
}

static void (*victim_body)(unsigned);

void crew_victim_waits(void)
{
    free(malloc(1)); /* libc gives it an arena now, not in the operation */
    world->victim_tid = gettid();
    while (!world->victim_may_go)
        (void)sched_yield();
}

static void be_victim(unsigned index)
{
    crew_victim_waits();
    victim_body(index);
    for (;;) /* stopped for good */
        __asm__ volatile("int3");
}

static void launch(const struct scenario *s)
{
    victim_body = s->victim;
    if (s->launch != NULL)
        s->launch();
    else
        (void)crew_thread(be_victim, 0);
    while (world->victim_tid == 0)
        (void)sched_yield();
}

/* -- The director ------------------------------------------------------- */

static int answer(const struct scenario *s)
{
    switch ((enum question)world->question) {
    case ASK_OTHERS: return s->others(false);
    case ASK_AWAKEN: return s->awaken(world->question_arg);
    case ASK_FINISH:
        victim_is_loose = true;
        world_settle();
        s->finish(false);
        return 0;
    }
    return 0;
}

_Noreturn static void direct(const struct scenario *s, pid_t judge)
{
    uint32_t answered = 0;

    world_be_another();
    if (getppid() != judge) /* it was killed before it could take us along */
        _exit(0);
    stepper = &inside;
    world_spawn_threads();
    world_free_victim(); /* all threads are looked at by is_settled */
    s->set_up(s);
    world_cast(s->waiter, false);
    world_bring(s->early);
    if (s->prepare != NULL)
        s->prepare();
    launch(s);
    for (;;) {
        say(&world->answered, ++answered);
        while (world->asked < answered)
            wait_while(&world->asked, answered - 1);
        world->answer = answer(s);
    }
}

/* -- The judge ---------------------------------------------------------- */

static void must_live(void)
{
    if (!world->failed && waitpid(process, NULL, WNOHANG) != process)
        return;
    (void)fprintf(stderr, "  which was the process of this run\n");
    exit(1);
}

/* The first answer is that all is set up. */
static void wait_for_answer(uint32_t count, bool is_loose)
{
    while (world->answered < count) {
        if (is_loose) /* it stops once more if it was in a sleep */
            (void)stepper->is_settled();
        wait_while(&world->answered, count - 1);
        must_live();
    }
}

pid_t crew_begin(const struct scenario *s)
{
    pid_t judge = getpid();

    process = fork();
    if (process == 0)
        direct(s, judge);
    must(process > 0);
    wait_for_answer(1, false);
    return process;
}

int crew_ask(enum question question, unsigned arg)
{
    uint32_t count = world->answered;

    world->question = question;
    world->question_arg = arg;
    say(&world->asked, count);
    wait_for_answer(count + 1, question == ASK_FINISH);
    return world->answer;
}
