/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What a panic says: the act runs in a child, whose stderr is read.
 */
#ifndef TEST_PANIC_KIT_H
#define TEST_PANIC_KIT_H

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/support.h"

#define PANIC_TEXT_MAX 2048

/* act(arg) must end the process by a panic; text is all that it said. */
static inline void panic_of(void (*act)(void *), void *arg,
                            char text[PANIC_TEXT_MAX])
{
    size_t length = 0;
    ssize_t n;
    int ends[2];
    pid_t child;

    must_eq(pipe(ends), 0);
    child = support_fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        must_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
        act(arg);
        support_exit();
    }
    (void)close(ends[1]);
    while ((n = read(ends[0], text + length, PANIC_TEXT_MAX - 1 - length)) >
               0 ||
           (n < 0 && errno == EINTR))
        length += n > 0 ? (size_t)n : 0;
    text[length] = '\0';
    if (SUPPORT_EMULATED && strstr(text, "qemu: uncaught") != NULL)
        *strstr(text, "qemu: uncaught") = '\0'; /* it says so too */
    (void)close(ends[0]);
    support_reap_killed(child, SIGABRT);
}

/* One line: who, the object, the word, and a sentence. */
static inline void panic_must_say(void (*act)(void *), void *arg,
                                  const char *function,
                                  const volatile void *object, uint64_t word,
                                  const char *sentence)
{
    char text[PANIC_TEXT_MAX];
    char line[PANIC_TEXT_MAX];

    panic_of(act, arg, text);
    (void)snprintf(
        line, sizeof(line), "weir: %s: object 0x%llx, word 0x%llx: ", function,
        (unsigned long long)(uintptr_t)object, (unsigned long long)word);
    if (strncmp(text, line, strlen(line)) != 0 ||
        strstr(text, sentence) == NULL)
        (void)fprintf(stderr, "said: %swanted: %s...%s\n", text, line,
                      sentence);
    must(strncmp(text, line, strlen(line)) == 0);
    must(strstr(text, sentence) != NULL);
    must(strchr(text, '\n') == text + strlen(text) - 1);
}

#endif
