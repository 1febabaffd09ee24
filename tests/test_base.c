/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * base: time, error texts, version; and, from the inside, deadlines for the
 * kernel, usable CPUs and the costs that budgets are made of.  Spinning, and
 * what takes a false clock or false files to test, is in test_spin.c.
 *
 * No case for timed, reset, wrap, misuse or lifetime: nothing here waits,
 * refuses an argument or has a state of its own.
 */
#include <weir/base.h>

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/cpu.h"
#include "base/spin.h"
#include "base/time.h"
#include "base/tunables.h"
#include "support/support.h"

/* --- api --- */

START_TEST(version_is_the_headers)
{
    char text[32];

    snprintf(text, sizeof(text), "%d.%d.%d", WEIR_VERSION_MAJOR,
             WEIR_VERSION_MINOR, WEIR_VERSION_PATCH);
    must(strcmp(text, WEIR_VERSION) == 0);
    must(strcmp(keeps_errno(weir_version()), WEIR_VERSION) == 0);
}
END_TEST

START_TEST(now_is_the_monotonic_clock)
{
    struct timespec before, after;
    weir_deadline_t now;

    clock_gettime(CLOCK_MONOTONIC, &before);
    now = keeps_errno(weir_now());
    clock_gettime(CLOCK_MONOTONIC, &after);
    must(now > 0);
    must(now >= (int64_t)before.tv_sec * 1000000000 + before.tv_nsec);
    must(now <= (int64_t)after.tv_sec * 1000000000 + after.tv_nsec);
}
END_TEST

START_TEST(now_never_runs_back)
{
    weir_deadline_t last = weir_now();

    for (int i = 0; i < 200000; i++) {
        weir_deadline_t now = weir_now();

        must(now >= last);
        last = now;
    }
}
END_TEST

START_TEST(after_adds)
{
    static const int64_t spans[] = {1, 999, 1000000, 1000000000,
                                    INT64_C(1) << 52};

    for (unsigned i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        weir_deadline_t before = weir_now();
        weir_deadline_t deadline = keeps_errno(weir_after(spans[i]));
        weir_deadline_t now = weir_now();

        must(deadline >= before + spans[i]);
        must(deadline <= now + spans[i]);
    }
}
END_TEST

/* Hazard B51: huge and negative times neither overflow nor panic. */
START_TEST(after_saturates)
{
    must_eq(keeps_errno(weir_after(INT64_MAX)), WEIR_FOREVER);
    must_eq(weir_after(WEIR_TIMEOUT_MAX), WEIR_FOREVER);
    must_eq(weir_after(INT64_MAX - 1), WEIR_FOREVER);
    must_eq(weir_after(INT64_MAX - weir_now() + 1), WEIR_FOREVER);
    must(weir_after(INT64_MAX / 2) < WEIR_FOREVER);
}
END_TEST

START_TEST(after_nothing_has_passed)
{
    static const int64_t spans[] = {0, -1, -1000000000, INT64_MIN + 1,
                                    INT64_MIN};

    for (unsigned i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
        must(keeps_errno(weir_after(spans[i])) <= weir_now());
}
END_TEST

START_TEST(every_error_has_a_sentence)
{
    const char *unknown = weir_strerror(-1);

    must(unknown != NULL && unknown[0] != '\0');
    for (int error = -200; error < 1000; error++) {
        const char *text = keeps_errno(weir_strerror(error));

        must(text != NULL && text[0] != '\0');
    }
    must(weir_strerror(INT_MAX) != NULL && weir_strerror(INT_MIN) != NULL);
}
END_TEST

/* Each result that the headers name is told apart from the unknown ones and
 * from the others. */
START_TEST(sentences_differ)
{
    static const int errors[] = {0,         EPERM,     EINVAL,      EOVERFLOW,
                                 EDEADLK,   EBUSY,     EAGAIN,      ETIMEDOUT,
                                 ECANCELED, ESHUTDOWN, ENOMEM,      -1,
                                 EALREADY,  ESRCH,     EINPROGRESS, EOPNOTSUPP};
    unsigned count = sizeof(errors) / sizeof(errors[0]);

    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < i; j++)
            must(strcmp(weir_strerror(errors[i]), weir_strerror(errors[j])) !=
                 0);
}
END_TEST

/* --- uncontended: the private parts, one thread --- */

START_TEST(deadlines_for_the_kernel)
{
    struct timespec ts = weir_timespec_(1500000001);

    must_eq(ts.tv_sec, 1);
    must_eq(ts.tv_nsec, 500000001);
    ts = weir_timespec_(WEIR_FOREVER);
    must_eq(ts.tv_sec, WEIR_FOREVER / 1000000000);
    must(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
    ts = weir_timespec_(INT64_MIN); /* the kernel refuses negative times */
    must_eq(ts.tv_sec, 0);
    must_eq(ts.tv_nsec, 0);
}
END_TEST

START_TEST(expiry)
{
    must(weir_expired_(WEIR_NOW));
    must(weir_expired_(INT64_MIN));
    must(weir_expired_(weir_now()));
    must(!weir_expired_(weir_after(INT64_C(3600) * 1000000000)));
    must(!weir_expired_(WEIR_FOREVER));
    must(weir_sooner_(WEIR_FOREVER, 1000) <= weir_now() + 1000);
    must_eq(weir_sooner_(5, INT64_MAX), 5);
    must_eq(weir_sooner_(WEIR_FOREVER, INT64_MAX), WEIR_FOREVER);
}
END_TEST

/* The affinity of this (forked) process is narrowed to one CPU. */
START_TEST(usable_cpus_follow_the_affinity)
{
    unsigned all = weir_usable_cpus_refresh_();
    cpu_set_t before, one;

    must_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    must(all >= 1 && all <= (unsigned)CPU_COUNT(&before));
    must_eq(keeps_errno(weir_usable_cpus_()), all);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    must_eq(sched_setaffinity(0, sizeof(one), &one), 0);
    must_eq(weir_usable_cpus_(), all); /* as it was at the start */
    must_eq(keeps_errno(weir_usable_cpus_refresh_()), 1);
    must_eq(weir_usable_cpus_(), 1);
    must_eq(sched_setaffinity(0, sizeof(before), &before), 0);
    must_eq(weir_usable_cpus_refresh_(), all);
}
END_TEST

static void check_costs(void)
{
    int64_t pause = keeps_errno(weir_pause_cost_ps_());
    int64_t wake = keeps_errno(weir_wake_cost_ns_());

    must(pause >= WEIR_PAUSE_COST_MIN_PS && pause <= WEIR_PAUSE_COST_MAX_PS);
    must(wake >= WEIR_WAKE_COST_MIN_NS && wake <= WEIR_WAKE_COST_MAX_NS);
}

START_TEST(costs_are_measured_once)
{
    int64_t pause, wake;

    check_costs();
    pause = weir_pause_cost_ps_();
    wake = weir_wake_cost_ns_();
    for (int i = 0; i < 1000; i++) {
        must_eq(weir_pause_cost_ps_(), pause);
        must_eq(weir_wake_cost_ns_(), wake);
    }
}
END_TEST

/* --- contended --- */

static void ask_at_once(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_usable_cpus_(), *(unsigned *)arg);
    check_costs();
    must(weir_now() > 0);
}

/* Many at once may be the first to need the costs.  (hazard B45) */
START_TEST(costs_for_many)
{
    unsigned cpus = weir_usable_cpus_();

    support_threads(8, ask_at_once, &cpus);
    check_costs();
}
END_TEST

/* --- signal --- */

/* Hazard B50. */
START_TEST(costs_in_a_storm)
{
    support_storm_begin();
    check_costs();
    must(weir_usable_cpus_refresh_() >= 1);
    support_storm_end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, version_is_the_headers);
    tcase_add_test(tcase, now_is_the_monotonic_clock);
    tcase_add_test(tcase, now_never_runs_back);
    tcase_add_test(tcase, after_adds);
    tcase_add_test(tcase, after_saturates);
    tcase_add_test(tcase, after_nothing_has_passed);
    tcase_add_test(tcase, every_error_has_a_sentence);
    tcase_add_test(tcase, sentences_differ);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_test(tcase, deadlines_for_the_kernel);
    tcase_add_test(tcase, expiry);
    tcase_add_test(tcase, usable_cpus_follow_the_affinity);
    tcase_add_test(tcase, costs_are_measured_once);
    tcase = support_tcase(suite, "contended");
    tcase_add_test(tcase, costs_for_many);
    tcase = support_tcase(suite, "signal");
    tcase_add_test(tcase, costs_in_a_storm);
    return support_main(suite);
}
