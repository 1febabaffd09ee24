/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The watchdog.  Everything after the signal uses only stack buffers,
 * snprintf on integers and plain system calls, since some other thread may
 * hold any lock of libc.
 */
#include "support/watchdog.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "support/random.h"
#include "support/threads.h"

#if !defined(sigev_notify_thread_id) /* glibc has no name for it */
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* A signal that ThreadSanitizer delivers at once, as it does all those that
 * an instruction can cause: others would wait for an intercepted call, and a
 * thread that hangs in a futex makes none. */
#define WATCHDOG_SIGNAL SIGTRAP
#define DEFAULT_LIMIT_S 30
#define NOTES 256u
#define OBJECTS 16u

struct note {
    int tid; /* 0: unused */
    const char *format;
    unsigned long values[2];
};

struct object {
    const char *name;
    const void *address;
    size_t size;
};

static struct note notes[NOTES];
static _Thread_local struct note *own_note;
static _Thread_local char noted_text[160];
static struct object objects[OBJECTS];
static unsigned long progress, progress_seen;
static timer_t timer;
static bool armed;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

void support_progress(void)
{
    __atomic_fetch_add(&progress, 1, __ATOMIC_RELAXED);
}

/* A slot for this thread; a thread past the last one goes without. */
static struct note *claim_note(void)
{
    int tid = support_tid();

    for (unsigned i = 0; i < NOTES; i++) {
        int unused = 0;

        if (__atomic_compare_exchange_n(&notes[i].tid, &unused, tid, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return &notes[i];
    }
    return NULL;
}

void support_note(const char *format, unsigned long a, unsigned long b)
{
    if (own_note == NULL)
        own_note = claim_note();
    support_progress();
    if (own_note == NULL)
        return;
    own_note->values[0] = a;
    own_note->values[1] = b;
    __atomic_store_n(&own_note->format, format, __ATOMIC_RELEASE);
}

void support_note_release_(void)
{
    if (own_note == NULL)
        return;
    __atomic_store_n(&own_note->format, NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&own_note->tid, 0, __ATOMIC_RELEASE);
    own_note = NULL;
}

void support_note_forked_(void)
{
    memset(notes, 0, sizeof(notes));
    own_note = NULL;
    armed = false;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void format_note(const struct note *note, char *text, size_t size)
{
    const char *format = NULL;

    if (note != NULL)
        format = __atomic_load_n(&note->format, __ATOMIC_ACQUIRE);
    if (format == NULL)
        snprintf(text, size, "-");
    else
        snprintf(text, size, format, note->values[0], note->values[1]);
}
#pragma GCC diagnostic pop

const char *support_noted(void)
{
    format_note(own_note, noted_text, sizeof(noted_text));
    return noted_text;
}

void support_watch(const char *name, const void *object, size_t size)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].address == NULL) {
            objects[i].name = name;
            objects[i].size = size;
            objects[i].address = object;
            return;
        }
}

void support_forget(const void *object)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].address == object)
            objects[i].address = NULL;
}

/* First line of /proc/self/task/<tid>/<file>, without its newline. */
static void read_line(const char *tid, const char *file, char *line,
                      size_t size)
{
    char path[96];
    ssize_t length = -1;
    int fd;

    snprintf(path, sizeof(path), "/proc/self/task/%s/%s", tid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, line, size - 1);
        close(fd);
    }
    line[length > 0 ? length : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

static void dump_thread(const char *tid)
{
    char comm[32], stat[512], wchan[64], call[192], text[160], line[800];
    const struct note *note = NULL;
    const char *state;

    read_line(tid, "comm", comm, sizeof(comm));
    read_line(tid, "stat", stat, sizeof(stat));
    read_line(tid, "wchan", wchan, sizeof(wchan));
    read_line(tid, "syscall", call, sizeof(call));
    state = strrchr(stat, ')');
    for (unsigned i = 0; i < NOTES; i++)
        if (__atomic_load_n(&notes[i].tid, __ATOMIC_ACQUIRE) == atoi(tid))
            note = &notes[i];
    format_note(note, text, sizeof(text));
    snprintf(line, sizeof(line),
             "  thread %s %s state %c wchan %s\n    syscall %s\n"
             "    noted %s\n",
             tid, comm, state != NULL && state[1] != '\0' ? state[2] : '?',
             wchan, call, text);
    say(line);
}

static void dump_threads(void)
{
    char entries[4096];
    long length;
    int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    while ((length = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0)
        for (long at = 0; at < length;) {
            struct dirent64 *entry = (struct dirent64 *)(entries + at);

            if (entry->d_name[0] != '.')
                dump_thread(entry->d_name);
            at += entry->d_reclen;
        }
    close(fd);
}

static void dump_object(const struct object *object)
{
    uint32_t words[128];
    char line[96];
    size_t size = object->size < sizeof(words) ? object->size : sizeof(words);
    struct iovec to = {words, size};
    struct iovec from = {(void *)(uintptr_t)object->address, size};

    snprintf(line, sizeof(line), "  object %s at %p:", object->name,
             object->address);
    say(line);
    /* Not a plain copy: the object may have been unmapped. */
    if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != (ssize_t)size) {
        say(" not readable\n");
        return;
    }
    for (size_t i = 0; i < size / sizeof(words[0]); i++) {
        snprintf(line, sizeof(line), "%s%08x", i % 8 == 0 ? "\n    " : " ",
                 words[i]);
        say(line);
    }
    say("\n");
}

void support_dump(void)
{
    dump_threads();
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].address != NULL)
            dump_object(&objects[i]);
}

static long limit_s(void)
{
    const char *text = getenv("WEIR_TEST_WATCHDOG");
    long seconds = text != NULL ? strtol(text, NULL, 10) : 0;

    return seconds > 0 ? seconds : DEFAULT_LIMIT_S;
}

static void start_timer(void)
{
    struct itimerspec after = {{0, 0}, {limit_s(), 0}};

    timer_settime(timer, 0, &after, NULL);
}

static void on_timer(int signal)
{
    unsigned long now = __atomic_load_n(&progress, __ATOMIC_RELAXED);
    char line[160];

    (void)signal;
    if (now != progress_seen) {
        progress_seen = now;
        start_timer();
        return;
    }
    snprintf(line, sizeof(line),
             "watchdog: no progress for %ld s in pid %d, "
             "WEIR_TEST_SEED=%llu\n",
             limit_s(), (int)getpid(), (unsigned long long)support_seed());
    say(line);
    support_dump();
    abort();
}

void support_watchdog_arm(void)
{
    struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = WATCHDOG_SIGNAL};

    if (armed)
        return;
    event.sigev_notify_thread_id = support_tid();
    progress_seen = __atomic_load_n(&progress, __ATOMIC_RELAXED);
    if (sigaction(WATCHDOG_SIGNAL, &action, NULL) != 0 ||
        timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
        say("watchdog: no timer\n");
        abort();
    }
    armed = true;
    start_timer();
}

void support_watchdog_disarm(void)
{
    if (armed)
        timer_delete(timer);
    armed = false;
    memset(objects, 0, sizeof(objects));
}
