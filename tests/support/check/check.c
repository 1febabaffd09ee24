/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * See check.h.  What is allocated here lasts as long as the process.
 */
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIXTURES 4

struct test {
    const char *name;
    check_function_t *function;
    int from, to;
    struct test *next;
};

struct TCase {
    const char *name;
    check_fixture_t *set_up[FIXTURES];
    check_fixture_t *tear_down[FIXTURES];
    unsigned fixtures;
    struct test *first, **last;
    TCase *next;
};

struct Suite {
    const char *name;
    TCase *first, **last;
};

struct SRunner {
    Suite *suite;
    int run;
    int failed;
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (memory == NULL)
        abort();
    return memory;
}

Suite *suite_create(const char *name)
{
    Suite *suite = allocate(sizeof(*suite));

    suite->name = name;
    suite->last = &suite->first;
    return suite;
}

TCase *tcase_create(const char *name)
{
    TCase *tcase = allocate(sizeof(*tcase));

    tcase->name = name;
    tcase->last = &tcase->first;
    return tcase;
}

void suite_add_tcase(Suite *suite, TCase *tcase)
{
    *suite->last = tcase;
    suite->last = &tcase->next;
}

void tcase_set_timeout(TCase *tcase, double seconds)
{
    (void)tcase;
    (void)seconds;
}

void tcase_add_checked_fixture(TCase *tcase, check_fixture_t *set_up,
                               check_fixture_t *tear_down)
{
    if (tcase->fixtures == FIXTURES)
        abort();
    tcase->set_up[tcase->fixtures] = set_up;
    tcase->tear_down[tcase->fixtures++] = tear_down;
}

void check_add_(TCase *tcase, const char *name, check_function_t *function,
                int from, int to)
{
    struct test *test = allocate(sizeof(*test));

    *test = (struct test){name, function, from, to, NULL};
    *tcase->last = test;
    tcase->last = &test->next;
}

SRunner *srunner_create(Suite *suite)
{
    SRunner *runner = allocate(sizeof(*runner));

    runner->suite = suite;
    return runner;
}

static _Noreturn void run_here(const TCase *tcase, const struct test *test,
                               int i)
{
    (void)setpgid(0, 0);
    for (unsigned f = 0; f < tcase->fixtures; f++)
        if (tcase->set_up[f] != NULL)
            tcase->set_up[f]();
    test->function(i);
    for (unsigned f = tcase->fixtures; f-- > 0;)
        if (tcase->tear_down[f] != NULL)
            tcase->tear_down[f]();
    exit(EXIT_SUCCESS);
}

/* In a process of its own, whose children do not outlive it. */
static int run(const TCase *tcase, const struct test *test, int i)
{
    int status = -1;
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    if (child == 0)
        run_here(tcase, test, i);
    if (child < 0)
        abort();
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    (void)kill(-child, SIGKILL);
    return status;
}

static void run_and_tell(SRunner *runner, const TCase *tcase,
                         const struct test *test, int i)
{
    int status = run(tcase, test, i);

    runner->run++;
    if (status == 0)
        return;
    runner->failed++;
    printf("%s:%s:%d: %s %d\n", tcase->name, test->name, i,
           WIFSIGNALED(status) ? "killed by signal" : "exit status",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void srunner_run_all(SRunner *runner, enum print_output output)
{
    (void)output;
    printf("Running suite: %s\n", runner->suite->name);
    for (TCase *tcase = runner->suite->first; tcase; tcase = tcase->next)
        for (struct test *test = tcase->first; test; test = test->next)
            for (int i = test->from; i < test->to; i++)
                run_and_tell(runner, tcase, test, i);
    printf("Checks: %d, failures: %d\n", runner->run, runner->failed);
}

int srunner_ntests_failed(SRunner *runner)
{
    /* Nothing run is nothing proved. */
    return runner->run == 0 ? 1 : runner->failed;
}

void srunner_free(SRunner *runner)
{
    free(runner);
}
