/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The victim under ptrace.  To come to a certain instruction quickly it runs
 * up to a hardware breakpoint, at an instruction that it has not passed
 * before, and is single-stepped from there.  A breakpoint in the text would
 * stop other processes with the same memory, too.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "victim.h"
#include "world.h"

#define SYSCALL_INSTRUCTION 0x050f /* 0f 05 */

static void (*victim_body)(unsigned);
static pid_t pid;     /* of the victim, which may be a thread */
static pid_t process; /* its process */
static int fd;
static bool is_running;
static bool has_breakpoint;
static enum __ptrace_request resumed_by;
static bool has_started;  /* it stopped itself, at its beginning */
static bool has_returned; /* it stopped itself, at its end */
static uintptr_t at_pc;
static long at_number;

static void stop_self(void)
{
    (void)syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
}

static void be_traced(unsigned index)
{
    must_eq(ptrace(PTRACE_TRACEME, 0, 0, 0), 0);
    stop_self();
    victim_body(index);
    stop_self();
}

static void set_breakpoint(uintptr_t pc)
{
    must_eq(
        ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), pc),
        0);
    /* Bit 0: on, for an instruction. */
    must_eq(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]),
                   pc != 0 ? 1 : 0),
            0);
    has_breakpoint = pc != 0;
}

static void resume(enum __ptrace_request how)
{
    must_eq(ptrace(how, pid, 0, 0), 0);
    is_running = true;
    resumed_by = how;
}

/* False: a signal from outside, to all processes of a job; not for here. */
static bool note_stop(int status)
{
    struct user_regs_struct registers;
    bool by_itself;

    if (pid != process && !WIFSTOPPED(status)) {
        /* The thread is gone: that was its operation. */
        world->victim.done = has_returned = true;
        is_running = false;
        at_pc = 0;
        return true;
    }
    by_itself = WIFSTOPPED(status) &&
                WSTOPSIG(status) == (pid != process ? SIGTRAP : SIGSTOP) &&
                ((!has_started && pid == process) || world->victim.done);

    must(WIFSTOPPED(status));
    if (!by_itself && WSTOPSIG(status) != SIGTRAP) {
        must(WSTOPSIG(status) == SIGSTOP || WSTOPSIG(status) == SIGCONT);
        resume(resumed_by);
        return false;
    }
    has_returned = by_itself && has_started;
    is_running = false;
    must_eq(ptrace(PTRACE_GETREGS, pid, 0, &registers), 0);
    at_pc = (uintptr_t)registers.rip;
    at_number = (long)registers.rax;
    if (has_breakpoint)
        set_breakpoint(0);
    return true;
}

/* Whether it has stopped. */
static bool look(bool patiently)
{
    int status;
    pid_t found;

    do {
        do
            found = waitpid(pid, &status, __WALL | (patiently ? 0 : WNOHANG));
        while (found < 0 && errno == EINTR);
        must(found >= 0);
    } while (found == pid && !note_stop(status));
    return found == pid;
}

static enum at wait_for(void)
{
    for (;;) {
        bool sleeps;

        (void)sched_yield();
        /* This first: one that is stopped seems to be in its last call. */
        sleeps = world_sleeps(fd);
        if (look(false))
            return world->victim.done ? AT_END : AT_STOP;
        if (sleeps)
            return AT_SLEEP;
    }
}

static bool before_syscall(void)
{
    return *(const uint16_t *)at_pc == SYSCALL_INSTRUCTION;
}

static enum at step_once(void)
{
    do {
        bool may_sleep = before_syscall();

        resume(PTRACE_SINGLESTEP);
        if (may_sleep)
            return wait_for();
        (void)look(true);
    } while (!is_own_code(at_pc));
    return world->victim.done ? AT_END : AT_STOP;
}

static void begin(void)
{
    while (!world->begun)
        (void)step_once();
}

static void start(void (*body)(unsigned), bool vm)
{
    victim_body = body;
    has_started = has_returned = has_breakpoint = false;
    resumed_by = PTRACE_CONT;
    pid = process = world_spawn(be_traced, 0, vm);
    is_running = true;
    (void)look(true);
    must_eq(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL), 0);
    fd = world_watch(pid);
    has_started = true;
    /* To the trap before its operation. */
    resume(PTRACE_CONT);
    (void)look(true);
    begin();
}

/* It waits to be told that it may go to its trap. */
static void attach(pid_t its_process, pid_t thread)
{
    has_started = true;
    has_returned = has_breakpoint = false;
    process = its_process;
    pid = thread;
    must_eq(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL), 0);
    fd = world_watch(pid);
    resumed_by = PTRACE_CONT;
    is_running = true;
    world->victim_may_go = 1;
    (void)look(true);
    begin();
}

static enum at step(void)
{
    return world->victim.done ? AT_END : step_once();
}

static enum at run(long steps, uintptr_t pc)
{
    (void)steps;
    if (pc == 0)
        return AT_STOP;
    set_breakpoint(pc);
    resume(PTRACE_CONT);
    return wait_for();
}

static uintptr_t pc(void)
{
    return at_pc;
}

static long number(void)
{
    return at_number;
}

static void let_go(void)
{
    if (!is_running && !has_returned)
        resume(PTRACE_CONT);
    world_free_victim();
}

static bool is_settled(void)
{
    if (!is_running || look(false)) {
        if (!has_returned)
            resume(PTRACE_CONT);
        return has_returned;
    }
    return world_sleeps(fd) && !look(false);
}

/* Whether there was one. */
static bool bury(pid_t who)
{
    int status;
    pid_t dead;

    do
        dead = waitpid(who, &status, __WALL);
    while ((dead < 0 && errno == EINTR) || (dead == who && WIFSTOPPED(status)));
    return dead == who;
}

static void kill_it(void)
{
    (void)kill(process, SIGKILL);
    if (pid != process)
        (void)bury(pid); /* unless that was its end */
    must(bury(process));
    (void)close(fd);
}

static void nothing(unsigned index)
{
    (void)index;
    VICTIM(0);
}

/* Whether this process may trace, and has a breakpoint to set. */
static bool works(void)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
            _exit(1);
        stop_self();
        _exit(0);
    }
    if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL) != 0) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, &status, 0);
        return false;
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    world_reset();
    start(nothing, false);
    /* Never reached: but is it taken, and does the rest go on? */
    must_eq(run(0, (uintptr_t)&works), AT_END);
    kill_it();
    return true;
}

const struct stepper by_ptrace = {
    .name = "ptrace",
    .works = works,
    .start = start,
    .attach = attach,
    .step = step,
    .run = run,
    .wait = wait_for,
    .pc = pc,
    .number = number,
    .let_go = let_go,
    .is_settled = is_settled,
    .kill = kill_it,
};
