/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * As much of libcheck's interface as the suites use, for places where there
 * is no libcheck: Debian has none for musl.  Each test in a process of its
 * own, and nothing else; time limits are the watchdog's and ctest's.
 */
#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

typedef struct Suite Suite;
typedef struct TCase TCase;
typedef struct SRunner SRunner;

typedef void check_function_t(int _i);
typedef void check_fixture_t(void);

enum print_output { CK_ENV };

#define START_TEST(name) static void name(int _i __attribute__((unused)))
#define END_TEST

#define tcase_add_test(tcase, name) check_add_(tcase, #name, name, 0, 1)
#define tcase_add_loop_test(tcase, name, from, to)                             \
    check_add_(tcase, #name, name, (int)(from), (int)(to))

Suite *suite_create(const char *name);
void suite_add_tcase(Suite *suite, TCase *tcase);
TCase *tcase_create(const char *name);
void tcase_set_timeout(TCase *tcase, double seconds);
void tcase_add_checked_fixture(TCase *tcase, check_fixture_t *set_up,
                               check_fixture_t *tear_down);
void check_add_(TCase *tcase, const char *name, check_function_t *function,
                int from, int to);

SRunner *srunner_create(Suite *suite);
void srunner_run_all(SRunner *runner, enum print_output output);
int srunner_ntests_failed(SRunner *runner);
void srunner_free(SRunner *runner);

#endif
