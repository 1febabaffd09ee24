/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#define _POSIX_C_SOURCE 200809L
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 24

/* The words of the command, then the address, then those of options, which
 * are cut out of it. */
static void make_words(char **words, char *const *command, char *address,
                       char *options)
{
    unsigned n = 0;

    while (*command != NULL && n < WORDS_MAX / 2)
        words[n++] = *command++;
    words[n++] = address;
    for (char *word = options; *word != '\0' && n < WORDS_MAX;) {
        size_t length = strcspn(word, " ");

        words[n++] = word;
        word += length;
        if (*word == ' ')
            *word++ = '\0';
    }
    words[n] = NULL;
}

_Noreturn static void become(char *const *command, const char *address,
                             const char *options, int out)
{
    char *words[WORDS_MAX + 1];
    char *own_address = strdup(address), *own_options = strdup(options);

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever happens to the test */
    if (own_address == NULL || own_options == NULL ||
        dup2(out, STDOUT_FILENO) < 0)
        fail("cannot start: %s", strerror(errno));
    make_words(words, command, own_address, own_options);
    execvp(words[0], words);
    fail("%s: %s", words[0], strerror(errno));
}

void child_start(struct child *child, char *const *command, const char *address,
                 const char *options)
{
    int pair[2];
    char *line;

    memset(child, 0, sizeof(*child));
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        fail("socketpair: %s", strerror(errno));
    child->pid = fork();
    if (child->pid < 0)
        fail("fork: %s", strerror(errno));
    if (child->pid == 0)
        become(command, address, options, pair[1]);
    close(pair[1]);
    child->out.fd = pair[0];
    if (lines_next(&child->out, sizeof(child->final), &line) != LINE_READ ||
        strncmp(line, "ready ", 6) != 0)
        fail("the server is not ready");
    snprintf(child->address, sizeof(child->address), "%s", line + 6);
}

void child_signal(const struct child *child)
{
    if (kill(child->pid, SIGTERM) != 0)
        fail("kill: %s", strerror(errno));
}

void child_end(struct child *child)
{
    int status;
    char *line;

    if (lines_next(&child->out, sizeof(child->final), &line) != LINE_READ ||
        strncmp(line, "final ", 6) != 0)
        fail("the server has not said what it did");
    snprintf(child->final, sizeof(child->final), "%s", line);
    close(child->out.fd);
    while (waitpid(child->pid, &status, 0) < 0)
        if (errno != EINTR)
            fail("waitpid: %s", strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("the server has ended with status %#x", (unsigned)status);
    printf("server: %s\n", child->final);
}

const char *child_text(const struct child *child, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = child->final; (at = strchr(at, ' ')) != NULL;) {
        at++;
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    }
    fail("the server does not say %s", name);
}

int64_t child_value(const struct child *child, const char *name)
{
    return strtoll(child_text(child, name), NULL, 10);
}
