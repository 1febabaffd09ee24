/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A program that crashes takes the explorer with it; but it is told first
 * which execution it was, so that it can be replayed, in a debugger too.
 * The handler has a stack of its own, since the crash may be that of a
 * coroutine that has used up its own.
 */
#include <signal.h>

#include "script.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static struct sigaction before[SIGNALS];
static stack_t stack_before;

static void tell(int number)
{
    static char replay[4096];

    explore_script_write_(replay, sizeof replay, &ex_.options, &ex_.script);
    if (ex_.tracing)
        explore_trace_print_(stderr);
    (void)fprintf(stderr,
                  "weir-explore: %s: signal %d in step %u\nreplay: %s\n",
                  ex_.program->name != NULL ? ex_.program->name : "program",
                  number, ex_.step, replay);
    /* Again, with nobody to catch it. */
    for (int i = 0; i < SIGNALS; i++)
        (void)signal(signals[i], SIG_DFL);
    (void)raise(number);
}

void explore_catch_crashes_(void)
{
    static char memory[64 << 10];
    const stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    struct sigaction action = {.sa_handler = tell, .sa_flags = SA_ONSTACK};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaltstack(&stack, &stack_before);
    for (int i = 0; i < SIGNALS; i++)
        (void)sigaction(signals[i], &action, &before[i]);
}

void explore_catch_no_more_(void)
{
    for (int i = 0; i < SIGNALS; i++)
        (void)sigaction(signals[i], &before[i], NULL);
    (void)sigaltstack(&stack_before, NULL);
}
