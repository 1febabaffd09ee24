/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What every suite shares.  A suite is one program:
 *
 *   START_TEST(locks) { must_eq(weir_mutex_lock(&m), 0); } END_TEST
 *
 *   int main(void)
 *   {
 *       Suite *suite = suite_create("mutex");
 *       TCase *tcase = support_tcase(suite, "api");
 *       tcase_add_test(tcase, locks);
 *       return support_main(suite);
 *   }
 *
 * Each test runs in a process of its own (CK_FORK=no: all in one) with the
 * watchdog armed.  Use must() and must_eq() instead of check's assertions:
 * they may be used in any thread and any child process, and their failure
 * ends the process, with the seed and what the thread was doing on stderr.
 */
#ifndef SUPPORT_SUPPORT_H
#define SUPPORT_SUPPORT_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/memory.h"
#include "support/process.h"
#include "support/random.h"
#include "support/threads.h"
#include "support/watchdog.h"

/* Sanitizers make loops this many times slower; support_scaled(n) keeps
 * their wall time near that of the plain build. */
#if defined(__SANITIZE_THREAD__)
#define SUPPORT_SLOWDOWN 16
#define SUPPORT_TSAN 1
#elif defined(__SANITIZE_ADDRESS__)
#define SUPPORT_SLOWDOWN 4
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SUPPORT_SLOWDOWN 16
#define SUPPORT_TSAN 1
#elif __has_feature(address_sanitizer)
#define SUPPORT_SLOWDOWN 4
#endif
#endif
#if defined(SUPPORT_SLOWDOWN)
#define SUPPORT_SANITIZED 1
#else
#define SUPPORT_SANITIZED 0
#endif
#if defined(SUPPORT_SLOWDOWN_GIVEN) /* WEIR_TEST_SLOWDOWN, for CMake */
#undef SUPPORT_SLOWDOWN
#define SUPPORT_SLOWDOWN SUPPORT_SLOWDOWN_GIVEN
#elif !defined(SUPPORT_SLOWDOWN)
#define SUPPORT_SLOWDOWN 1
#endif
#ifndef SUPPORT_TSAN
#define SUPPORT_TSAN 0
#endif

/* qemu-user, on x86-64 (WEIR_TEST_EMULATED, for CMake). */
#ifndef SUPPORT_EMULATED
#define SUPPORT_EMULATED 0
#endif

/* Whether a process that had threads when it forked may start some in the
 * child: ThreadSanitizer and qemu-user cannot follow. */
#define SUPPORT_FORKED_THREADS (!SUPPORT_TSAN && !SUPPORT_EMULATED)

/* n loops in the plain build, fewer (at least 1) under a sanitizer. */
#define support_scaled(n)                                                      \
    ((n) / SUPPORT_SLOWDOWN > 0 ? (n) / SUPPORT_SLOWDOWN : 1)

#define must(condition)                                                        \
    ((condition) ? (void)0 : support_fail(__FILE__, __LINE__, #condition))

/* For anything that fits a long long; both values are printed. */
#define must_eq(got, wanted)                                                   \
    support_compare(__FILE__, __LINE__, #got, (long long)(got), #wanted,       \
                    (long long)(wanted))

/* The value of a call that must not touch errno. */
#define keeps_errno(call)                                                      \
    __extension__({                                                            \
        errno = 12345;                                                         \
        __typeof__(call) support_value_ = (call);                              \
        must_eq(errno, 12345);                                                 \
        support_value_;                                                        \
    })

_Noreturn void support_fail(const char *file, int line, const char *text);
void support_compare(const char *file, int line, const char *got_text,
                     long long got, const char *wanted_text, long long wanted);

/* A test case of the suite whose tests run under the watchdog. */
TCase *support_tcase(Suite *suite, const char *name);

/* Run the suite; what main returns.  Prints the seed first. */
int support_main(Suite *suite);

/* Say on stderr, and so in the test log, that something was not tested. */
void support_skip(const char *what, const char *why);

#endif
