/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Failing, and running a suite.
 */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* check gives up on a test after this; the watchdog speaks long before. */
#define TEST_LIMIT_S 110

_Noreturn void support_fail(const char *file, int line, const char *text)
{
    char buffer[512];
    int length = snprintf(buffer, sizeof(buffer),
                          "%s:%d: must hold: %s\n  doing: %s\n"
                          "  seed: WEIR_TEST_SEED=%llu, pid %d\n",
                          file, line, text, support_noted(),
                          (unsigned long long)support_seed(), (int)getpid());

    if (length > (int)sizeof(buffer) - 1)
        length = (int)sizeof(buffer) - 1;
    if (write(STDERR_FILENO, buffer, (size_t)length) < 0)
        _exit(1);
    abort();
}

void support_compare(const char *file, int line, const char *got_text,
                     long long got, const char *wanted_text, long long wanted)
{
    char text[256];

    if (got == wanted)
        return;
    snprintf(text, sizeof(text), "%s == %s: got %lld, not %lld", got_text,
             wanted_text, got, wanted);
    support_fail(file, line, text);
}

static void arm(void)
{
    support_watchdog_arm();
    support_storm_everywhere_();
}

static void disarm(void)
{
    support_storm_nowhere_();
    support_watchdog_disarm();
}

TCase *support_tcase(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, TEST_LIMIT_S);
    tcase_add_checked_fixture(tcase, arm, disarm);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int support_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    fprintf(stderr, "seed: WEIR_TEST_SEED=%llu\n",
            (unsigned long long)support_seed());
    support_storm_map_();
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void support_skip(const char *what, const char *why)
{
    fprintf(stderr, "SKIPPED: %s: %s\n", what, why);
}
