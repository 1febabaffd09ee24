/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A process that is taken through an operation one instruction at a time.
 * By ptrace (ptrace.c); where that is forbidden by the CPU's trap flag, which
 * the victim sets in itself (trapflag.c).
 */
#ifndef STEPS_VICTIM_H
#define STEPS_VICTIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum at {
    AT_STOP,  /* where it was told to stop */
    AT_SLEEP, /* in a futex call; wait again once it has been woken */
    AT_END    /* it has returned from the operation */
};

struct stepper {
    const char *name;
    bool (*works)(void);
    /* Start; it stands before its operation. */
    void (*start)(void (*body)(unsigned), bool vm);
    /* The same with a thread of another process that waits for that (crew.c);
     * NULL: this stepper cannot. */
    void (*attach)(pid_t process, pid_t thread);
    /* One instruction more; what has come of it. */
    enum at (*step)(void);
    /* So many more, or up to the first visit of pc: at least as far. */
    enum at (*run)(long steps, uintptr_t pc);
    /* After AT_SLEEP: what has come of it. */
    enum at (*wait)(void);
    /* Where it stands; if a system call is next, which.  NULL: unknown. */
    uintptr_t (*pc)(void);
    long (*number)(void);
    /* Let it go for good. */
    void (*let_go)(void);
    /* It is free: whether it has returned, or sleeps. */
    bool (*is_settled)(void);
    void (*kill)(void);
};

/* Whether it is this program's code, whose instructions are counted.  What the
 * kernel maps into it (the clock) touches no object, and is now longer, now
 * shorter. */
bool is_own_code(uintptr_t pc);

/* Whether it is the library's, and not libc's or a test's. */
bool is_library_code(uintptr_t pc);

extern const struct stepper by_ptrace;
extern const struct stepper by_trap_flag;
extern const struct stepper *stepper;

#endif
