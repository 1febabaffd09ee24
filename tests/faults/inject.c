/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Runs a program under a kernel that fails on purpose.
 *
 *   inject CALLS WHAT WHEN EXPECTED -- PROGRAM [ARGUMENT...]
 *
 *   CALLS     wait, waitv, wake, membarrier, or register (membarrier's command);
 *             wait and wake are those of weir's own operations, private and
 *             shared (wait-private, wake-shared, ...); or none, where the
 *             program is another one that makes calls fail (strace)
 *   WHAT      an error's name; 0: it says that all went well; or delay=US
 *   WHEN      always; or FIRST, FIRST+ (and all that follow), FIRST+STEP
 *   EXPECTED  ok: the program ends well; panic: it says what the kernel
 *             refuses, and aborts
 *
 * By a seccomp filter, which the program inherits with all that it starts.
 * "Always" is decided in the kernel, at full speed, where the program is to go
 * on; all else here, call by call, by the filter's notifications.
 *
 * A program that ended well before the fault came has shown nothing: on a busy
 * machine one thread may be done before another begins, and nobody sleeps.  It
 * is run again, at most RUNS times; the fault must come.
 * Exit status: 0 as expected; 77 not possible here; else 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED 77
#define FUTEX_WAITV_CALL 449 /* everywhere; not in older headers */
#define SAID_MAX 4096
#define RUNS 20

struct call {
    const char *name;
    long number;
    unsigned argument; /* of the values below */
    unsigned values[2];
    unsigned too; /* fails as well, where it fails always */
    bool has_too;
};

#define FUTEX_CALL(name, op)                                                   \
    {name, SYS_futex, 1, {op, (op) | FUTEX_PRIVATE_FLAG}, 0, false},           \
        {name "-shared", SYS_futex, 1, {op, op}, 0, false},                    \
    {                                                                          \
        name "-private", SYS_futex, 1,                                         \
            {(op) | FUTEX_PRIVATE_FLAG, (op) | FUTEX_PRIVATE_FLAG}, 0, false   \
    }

static const struct call calls[] = {
    FUTEX_CALL("wait", FUTEX_WAIT_BITSET),
    FUTEX_CALL("wake", FUTEX_WAKE_BITSET),
    /* Its flags are 0. */
    {"waitv", FUTEX_WAITV_CALL, 2, {0, 0}, 0, false},
    {"membarrier",
     SYS_membarrier,
     0,
     {MEMBARRIER_CMD_PRIVATE_EXPEDITED,
      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED},
     /* A kernel without it, or a filter, refuses to tell as well. */
     MEMBARRIER_CMD_QUERY,
     true},
    {"register",
     SYS_membarrier,
     0,
     {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED},
     0,
     false},
};

struct error {
    const char *name;
    int number;
};

static const struct error errors[] = {{"0", 0},           {"EINTR", EINTR},
                                      {"EAGAIN", EAGAIN}, {"ENOSYS", ENOSYS},
                                      {"EPERM", EPERM},   {"EINVAL", EINVAL},
                                      {"ENOMEM", ENOMEM}};

struct fault {
    const struct call *call;
    int error;
    long delay_us; /* 0: fail instead */
    bool always;
    unsigned long first;
    unsigned long step; /* 0: once */
    bool is_end;        /* of the program: it panics */
};

static _Noreturn void die(const char *what)
{
    (void)fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(1);
}

static _Noreturn void skip(const char *what)
{
    printf("SKIPPED: %s: %s\n", what, strerror(errno));
    exit(SKIPPED);
}

/* -- What to do ----------------------------------------------------------- */

static struct fault parse(char **argv)
{
    struct fault fault = {.call = NULL, .error = -1};
    char *end = argv[2];

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(argv[0], calls[i].name) == 0)
            fault.call = &calls[i];
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strcmp(argv[1], errors[i].name) == 0)
            fault.error = errors[i].number;
    if (strncmp(argv[1], "delay=", 6) == 0)
        fault.delay_us = strtol(argv[1] + 6, NULL, 10);
    fault.is_end = strcmp(argv[3], "panic") == 0;
    fault.always = strcmp(argv[2], "always") == 0;
    if (strcmp(argv[0], "none") == 0)
        return fault;
    fault.first = fault.always ? 1 : strtoul(argv[2], &end, 10);
    if (*end == '+')
        fault.step = end[1] != '\0' ? strtoul(end + 1, NULL, 10) : 1;
    if (fault.call == NULL || (fault.error < 0 && fault.delay_us <= 0) ||
        fault.first == 0) {
        errno = EINVAL;
        die(argv[0]);
    }
    return fault;
}

static bool is_due(const struct fault *fault, unsigned long n)
{
    if (fault->always || n == fault->first)
        return true;
    return fault->step > 0 && n > fault->first &&
           (n - fault->first) % fault->step == 0;
}

/* -- The filter ----------------------------------------------------------- */

static bool is_kernels(const struct fault *fault)
{
    return fault->call == NULL ||
           (fault->always && fault->delay_us == 0 && !fault->is_end);
}

/* Returns where notifications come, or -1 if there are none. */
static int install(const struct fault *fault)
{
    unsigned answer = is_kernels(fault)
                          ? SECCOMP_RET_ERRNO | (unsigned)fault->error
                          : SECCOMP_RET_USER_NOTIF;
    /* The low half, on a little-endian machine. */
    unsigned argument = (unsigned)offsetof(struct seccomp_data, args) +
                        8 * fault->call->argument;
    unsigned third = fault->call->has_too && is_kernels(fault)
                         ? fault->call->too
                         : fault->call->values[1];
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)fault->call->number, 0,
                 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, fault->call->values[0], 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, fault->call->values[1], 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, third, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, answer),
    };
    struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
    long result;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        skip("no_new_privs");
    result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                     is_kernels(fault) ? 0 : SECCOMP_FILTER_FLAG_NEW_LISTENER,
                     &program);
    if (result < 0)
        skip("a seccomp filter");
    return is_kernels(fault) ? -1 : (int)result;
}

/* -- Call by call --------------------------------------------------------- */

static void nap_us(long us)
{
    struct timespec ts = {us / 1000000, us % 1000000 * 1000};

    (void)nanosleep(&ts, NULL);
}

/* Answer one call; false if there was none. */
static bool answer(int listener, const struct fault *fault, unsigned long n)
{
    struct seccomp_notif call = {.id = 0};
    struct seccomp_notif_resp response = {.id = 0};

    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
        return false;
    response.id = call.id;
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (is_due(fault, n)) {
        if (fault->delay_us > 0) {
            nap_us(fault->delay_us);
        } else {
            response.flags = 0;
            response.error = -fault->error;
        }
    }
    /* The caller may have been killed: then nobody is to be told. */
    (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    return true;
}

static void send_fd(int socket, int fd)
{
    char byte = 0;
    struct iovec data = {&byte, 1};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    if (sendmsg(socket, &message, 0) != 1)
        die("sendmsg");
}

static int receive_fd(int socket)
{
    char byte;
    struct iovec data = {&byte, 1};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control;
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int fd = -1;

    if (recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    return fd;
}

/* -- The program ---------------------------------------------------------- */

struct run {
    pid_t pid;
    int listener; /* -1: none */
    int said;     /* its stderr */
};

static struct run start(const struct fault *fault, char **argv)
{
    struct run run = {.listener = -1};
    int said[2];
    int pair[2];

    if (pipe2(said, O_CLOEXEC) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        die("pipe");
    run.pid = fork();
    if (run.pid == 0) {
        int listener;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(said[1], STDERR_FILENO);
        listener = fault->call != NULL ? install(fault) : -1;
        if (listener >= 0) {
            send_fd(pair[0], listener);
            (void)close(listener);
        }
        (void)execv(argv[0], argv);
        die(argv[0]);
    }
    (void)close(said[1]);
    (void)close(pair[0]);
    run.said = said[0];
    if (!is_kernels(fault))
        run.listener = receive_fd(pair[1]);
    (void)close(pair[1]);
    return run;
}

/* What it says until its end; calls are answered meanwhile.  How many there
 * were. */
static unsigned long attend(const struct run *run, const struct fault *fault,
                            char said[SAID_MAX])
{
    unsigned long n = 0;
    size_t length = 0;

    for (;;) {
        struct pollfd polls[2] = {{run->said, POLLIN, 0},
                                  {run->listener, POLLIN, 0}};

        if (poll(polls, 2, -1) < 0)
            continue;
        if (polls[1].revents & POLLIN) {
            if (answer(run->listener, fault, n + 1))
                n++;
            continue;
        }
        if (polls[0].revents != 0) {
            ssize_t got = read(run->said, said + length, SAID_MAX - 1 - length);

            if (got <= 0)
                break;
            length += (size_t)got;
        } else if (polls[1].revents != 0) {
            /* All are gone; what is left is to be read. */
            (void)poll(polls, 1, -1);
        }
    }
    said[length] = '\0';
    return n;
}

static bool is_panic(const char *said)
{
    return strstr(said, "weir: weir_futex_wa") != NULL &&
           strstr(said, "the kernel refuses to ") != NULL;
}

/* -- What came of it ------------------------------------------------------ */

struct result {
    char said[SAID_MAX];
    unsigned long calls; /* that were judged here */
    int status;
    bool came; /* the fault did, as far as is known here */
};

static void run_once(struct result *result, const struct fault *fault,
                     char **argv)
{
    struct run run = start(fault, argv);

    result->calls = attend(&run, fault, result->said);
    while (waitpid(run.pid, &result->status, 0) < 0)
        if (errno != EINTR)
            die("waitpid");
    if (fault->call == NULL && fault->is_end)
        result->came = is_panic(result->said); /* who else would know? */
    else
        result->came = run.listener < 0 || result->calls >= fault->first;
    (void)close(run.said);
    if (run.listener >= 0)
        (void)close(run.listener);
}

static bool ended_well(const struct result *result)
{
    return WIFEXITED(result->status) && WEXITSTATUS(result->status) == 0;
}

/* A run in which the fault did not come shows nothing, if nothing else is
 * wrong.  Strace, who does not tell, may have met a call of libc's, which ends
 * the program in its own words. */
static bool is_void(const struct result *result, const struct fault *fault)
{
    return ended_well(result) ||
           (fault->call == NULL && WIFSIGNALED(result->status) &&
            WTERMSIG(result->status) == SIGABRT);
}

static bool is_skipped(const struct result *result)
{
    return (WIFEXITED(result->status) &&
            WEXITSTATUS(result->status) == SKIPPED) ||
           strstr(result->said, "PTRACE_") != NULL;
}

static bool is_as_expected(const struct result *result,
                           const struct fault *fault)
{
    if (!result->came)
        return false;
    if (!fault->is_end)
        return ended_well(result);
    return WIFSIGNALED(result->status) && WTERMSIG(result->status) == SIGABRT &&
           is_panic(result->said);
}

int main(int argc, char **argv)
{
    static struct result result;
    struct fault fault;
    int runs = 0;
    bool good;

    if (argc < 7 || strcmp(argv[5], "--") != 0) {
        (void)fprintf(stderr, "usage: inject CALLS WHAT WHEN ok|panic -- "
                              "PROGRAM [ARGUMENT...]\n");
        return 1;
    }
    fault = parse(argv + 1);
    do
        run_once(&result, &fault, argv + 6);
    while (++runs < RUNS && !result.came && is_void(&result, &fault));
    if (is_skipped(&result)) {
        printf("SKIPPED: %s", result.said);
        return SKIPPED;
    }
    good = is_as_expected(&result, &fault);
    printf("%s: run %d, %lu calls judged here%s, status 0x%x\n%s",
           good ? "as expected" : "NOT as expected", runs, result.calls,
           result.came ? "" : " (the fault never came)",
           (unsigned)result.status, result.said);
    return good ? 0 : 1;
}
