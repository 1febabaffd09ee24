/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Children and seccomp.
 */
#include "support/process.h"

#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.h"

pid_t support_fork(void)
{
    pid_t child = fork();

    must(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        support_note_forked_();
        support_watchdog_arm();
        support_storm_everywhere_();
    }
    return child;
}

_Noreturn void support_exit(void)
{
    _exit(0);
}

static int reap(pid_t child)
{
    int status = 0;
    pid_t done;

    do
        done = waitpid(child, &status, 0);
    while (done < 0 && errno == EINTR);
    must_eq(done, child);
    support_progress();
    return status;
}

void support_reap(pid_t child)
{
    must_eq(reap(child), 0);
}

void support_reap_killed(pid_t child, int signal)
{
    int status = reap(child);

    must(WIFSIGNALED(status));
    must_eq(WTERMSIG(status), signal);
}

static bool install(struct sock_filter *filter, unsigned short length)
{
    struct sock_fprog program = {length, filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#define LOAD(field)                                                            \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                         \
             (unsigned)offsetof(struct seccomp_data, field))
#define UNLESS_EQUAL_SKIP(value, skip)                                         \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, skip)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (unsigned)(value))

bool support_refuse(long call, int error)
{
    struct sock_filter filter[] = {
        LOAD(nr),
        UNLESS_EQUAL_SKIP(call, 1),
        RETURN(SECCOMP_RET_ERRNO | (unsigned)error),
        RETURN(SECCOMP_RET_ALLOW),
    };

    return install(filter, sizeof(filter) / sizeof(filter[0]));
}

bool support_refuse_futex(int operation, int error)
{
    struct sock_filter filter[] = {
        LOAD(nr),
        UNLESS_EQUAL_SKIP(SYS_futex, 4),
        LOAD(args[1]), /* the low half, on a little-endian machine */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (unsigned)FUTEX_CMD_MASK),
        UNLESS_EQUAL_SKIP(operation, 1),
        RETURN(SECCOMP_RET_ERRNO | (unsigned)error),
        RETURN(SECCOMP_RET_ALLOW),
    };

    return install(filter, sizeof(filter) / sizeof(filter[0]));
}
