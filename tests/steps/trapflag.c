/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The victim under its own trap flag: each instruction ends in a SIGTRAP,
 * whose handler counts, and stops the process where it was told to.  For
 * places where ptrace is forbidden (containers).  Slower than ptrace, which
 * has breakpoints.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <unistd.h>

#include "victim.h"
#include "world.h"

#define TRAP_FLAG 0x100

static void (*victim_body)(unsigned);
static pid_t pid;
static int fd;
static bool is_running;

static void signal_self(int signal)
{
    (void)syscall(SYS_kill, syscall(SYS_getpid), signal);
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)signal;
    (void)info;
    registers[REG_EFL] |= TRAP_FLAG;
    if (!world->begun || !is_own_code((uintptr_t)registers[REG_RIP]))
        return;
    world->pc = (uintptr_t)registers[REG_RIP];
    world->steps++;
    while (world->steps > world->stop_at ||
           (world->victim.done && world->stop_at != LONG_MAX))
        signal_self(SIGSTOP);
    if (world->stop_at == LONG_MAX)
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static void be_trapped(unsigned index)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};

    must_eq(sigaction(SIGTRAP, &action, NULL), 0);
    signal_self(SIGTRAP);
    victim_body(index);
}

/* Whether it has stopped where it should: not by a signal from outside. */
static bool look(void)
{
    int status;
    pid_t found;

    do
        found = waitpid(pid, &status, WNOHANG | WUNTRACED);
    while (found < 0 && errno == EINTR);
    must(found >= 0);
    if (found == pid) {
        must(WIFSTOPPED(status));
        is_running = world->steps <= world->stop_at && !world->victim.done;
        if (is_running)
            (void)kill(pid, SIGCONT);
    }
    return found == pid && !is_running;
}

static enum at wait_for(void)
{
    for (;;) {
        (void)sched_yield();
        if (look() || (world_sleeps(fd) && look()))
            return world->victim.done ? AT_END : AT_STOP;
        if (world_sleeps(fd))
            return AT_SLEEP;
    }
}

/* The handler counts from 1, after the instruction that sets `begun`. */
static enum at run_until(long steps)
{
    world->stop_at = steps;
    if (!is_running)
        (void)kill(pid, SIGCONT);
    is_running = true;
    return wait_for();
}

static void start(void (*body)(unsigned), bool vm)
{
    victim_body = body;
    world->steps = 0;
    world->stop_at = 0;
    is_running = true;
    pid = world_spawn(be_trapped, 0, vm);
    fd = world_watch(pid);
    (void)wait_for();
}

static enum at step(void)
{
    return world->victim.done ? AT_END : run_until(world->stop_at + 1);
}

static enum at run(long steps, uintptr_t pc)
{
    (void)pc;
    return steps > 0 ? run_until(steps) : AT_STOP;
}

static uintptr_t pc(void)
{
    return world->pc;
}

static void let_go(void)
{
    world->stop_at = LONG_MAX;
    if (!is_running)
        (void)kill(pid, SIGCONT);
    is_running = true;
    world_free_victim();
}

static bool is_settled(void)
{
    (void)look(); /* it should not have stopped any more */
    return world->victim.done || world_sleeps(fd);
}

static void kill_it(void)
{
    int status;
    pid_t dead;

    (void)kill(pid, SIGKILL);
    do
        dead = waitpid(pid, &status, 0);
    while (dead < 0 && errno == EINTR);
    must_eq(dead, pid);
    (void)close(fd);
}

static bool works(void)
{
    return true;
}

const struct stepper by_trap_flag = {
    .name = "trap flag",
    .works = works,
    .start = start,
    .step = step,
    .run = run,
    .wait = wait_for,
    .pc = pc,
    .let_go = let_go,
    .is_settled = is_settled,
    .kill = kill_it,
};
