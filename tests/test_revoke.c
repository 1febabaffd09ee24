/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The asymmetric fence, from the inside: what it knows about the kernel, its
 * stamps, and its price.  The clock and the barrier of most tests are the
 * test's own: the linker sends weir_now and weir_membarrier_ here, so that a
 * revocation costs what the test says, and days pass in no time.
 *
 * No case for contended, timed, signal or lifetime: nothing here waits.
 */
#include "futex/revoke.h"

#include <sys/syscall.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "futex/sys.h"
#include "support/support.h"

#define UNIT_NS 16384 /* of a stamp */
#define HOUR_NS (INT64_C(3600) * 1000000000)

weir_deadline_t __real_weir_now(void);
weir_deadline_t __wrap_weir_now(void);
bool __real_weir_membarrier_(void);
bool __wrap_weir_membarrier_(void);

static WEIR_ATOMIC(int64_t) clock_now; /* 0: the real one */
static int64_t barrier_takes;          /* on that clock */
static long barriers;

weir_deadline_t __wrap_weir_now(void)
{
    weir_deadline_t now = weir_load_rlx_(&clock_now);

    return now != 0 ? now : __real_weir_now();
}

static void pass(int64_t ns)
{
    (void)weir_fetch_add_rlx_(&clock_now, ns);
}

bool __wrap_weir_membarrier_(void)
{
    if (weir_load_rlx_(&clock_now) == 0)
        return __real_weir_membarrier_();
    barriers++;
    pass(barrier_takes);
    return true;
}

/* A clock that starts here, revocations that take so long, and an average
 * that has learnt it. */
static void begin(int64_t now, int64_t takes)
{
    weir_store_rlx_(&clock_now, now);
    barrier_takes = takes;
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    for (int i = 0; i < 200; i++)
        must(weir_revoke_());
    barriers = 0;
}

static void end(void)
{
    weir_store_rlx_(&clock_now, 0);
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
}

static int64_t quiet_ns(void)
{
    int64_t ns = WEIR_REVOKE_SHARE * weir_revoke_cost_ns_();

    return ns > WEIR_RELAX_MIN_NS ? ns : WEIR_RELAX_MIN_NS;
}

/* --- api: what it knows about the kernel --- */

START_TEST(asymmetric_where_the_kernel_can)
{
    must(weir_asymmetric_() == weir_membarrier_());
    must(keeps_errno(weir_asymmetric_()) == keeps_errno(weir_membarrier_()));
    must(keeps_errno(weir_revoke_()));
    must(weir_revoke_cost_ns_() > 0);
}
END_TEST

/* Refused from the start: all releasers fence, so the fence of the sleeper
 * is enough, and nothing ever relaxes. */
START_TEST(refused_early)
{
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY);
    must(!weir_asymmetric_());
    for (int i = 0; i < 3; i++) {
        must(weir_revoke_());
        must(!weir_asymmetric_());
        must(!weir_may_revoke_());
        must(!weir_may_relax_(0));
        must(!weir_may_relax_(1));
    }
}
END_TEST

/* Refused later: some releasers do not fence, and sleepers are told so from
 * the first refusal on. */
START_TEST(refused_late)
{
    if (!weir_asymmetric_()) {
        support_skip("a late refusal", "no membarrier here");
        return;
    }
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_LATE);
    must(weir_asymmetric_());
    for (int i = 0; i < 3; i++) {
        must(!weir_revoke_());
        must(!weir_asymmetric_());
        must(!weir_may_revoke_());
        must(!weir_may_relax_(0));
    }
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    must(weir_asymmetric_());
    must(weir_revoke_());
}
END_TEST

START_TEST(filtered_late)
{
    static const int errors[] = {ENOSYS, EPERM};
    pid_t child;

    if (!weir_asymmetric_()) {
        support_skip("a late refusal", "no membarrier here");
        return;
    }
    child = support_fork();
    if (child == 0) {
        if (!support_refuse(SYS_membarrier, errors[_i])) {
            support_skip("membarrier under a filter", "no seccomp here");
            support_exit();
        }
        must(weir_asymmetric_());
        must(!keeps_errno(weir_revoke_()));
        must(!weir_asymmetric_());
        must(!keeps_errno(weir_revoke_()));
        /* As a program that starts under the filter. */
        weir_revoke_for_test_(WEIR_REVOKE_REAL);
        must(!weir_asymmetric_());
        must(weir_revoke_());
        support_exit();
    }
    support_reap(child);
}
END_TEST

START_TEST(works_after_fork)
{
    pid_t child = support_fork();

    if (child == 0) {
        must(weir_asymmetric_() == weir_membarrier_());
        must(weir_revoke_());
        support_exit();
    }
    support_reap(child);
}
END_TEST

/* --- uncontended: stamps --- */

/* 0 means "never", so no time may be 0, whenever the count wraps. */
START_TEST(stamps_are_never_zero)
{
    int64_t round = (int64_t)UNIT_NS << 32;

    for (int64_t i = 1; i < 50; i++)
        for (int64_t ns = -3; ns <= 3; ns++) {
            weir_store_rlx_(&clock_now, i * round + ns * UNIT_NS);
            must(weir_stamp_in_(0) != 0);
            must(weir_stamp_in_(-ns * UNIT_NS) != 0);
            weir_store_rlx_(&clock_now, i * round + ns);
            must(weir_stamp_in_(0) != 0);
        }
}
END_TEST

START_TEST(stamps_tell_the_time)
{
    int64_t round = (int64_t)UNIT_NS << 32;
    int64_t starts[] = {UNIT_NS, 3 * HOUR_NS, round - 5 * UNIT_NS,
                        7 * round - 1, INT64_C(1) << 55};

    for (unsigned i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        for (int64_t ahead = 0; ahead <= 1000000000; ahead += 1000000000 / 16) {
            int64_t age;
            uint32_t stamp;

            weir_store_rlx_(&clock_now, starts[i]);
            stamp = weir_stamp_in_(ahead);
            age = weir_stamp_age_ns_(stamp);
            must(age <= -ahead + 2 * UNIT_NS && age >= -ahead - 2 * UNIT_NS);
            pass(ahead + 1000000);
            age = weir_stamp_age_ns_(stamp);
            must(age <= 1000000 + 2 * UNIT_NS && age >= 1000000 - 2 * UNIT_NS);
        }
    must(weir_stamp_age_ns_(0) > 1000 * HOUR_NS);
}
END_TEST

/* And long ago is long ago, for as long as a stamp lasts. */
START_TEST(stamps_grow_old)
{
    weir_store_rlx_(&clock_now, 100 * HOUR_NS);
    for (int64_t hours = 1; hours < 19; hours++) {
        uint32_t stamp = weir_stamp_in_(0);

        pass(hours * HOUR_NS);
        must(weir_stamp_age_ns_(stamp) >= hours * HOUR_NS - 2 * UNIT_NS);
        must(weir_stamp_age_ns_(stamp) <= hours * HOUR_NS + 2 * UNIT_NS);
    }
}
END_TEST

/* --- uncontended: the price --- */

START_TEST(cost_is_learnt)
{
    static const int64_t costs[] = {300, 11000, 100, 1000000, 5000};

    begin(HOUR_NS, costs[0]);
    for (unsigned i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        barrier_takes = costs[i];
        for (int j = 0; j < 200; j++)
            must(weir_revoke_());
        must(weir_revoke_cost_ns_() >= costs[i] - 8);
        must(weir_revoke_cost_ns_() <= costs[i] + 8);
    }
}
END_TEST

/* Not before the quiet time is over, and then at once: with cheap barriers,
 * where the least time counts, and with dear ones. */
START_TEST(relaxes_when_quiet)
{
    static const int64_t costs[] = {300, 9999, 10001, 50000, 3000000};
    uint32_t stamp;

    for (unsigned i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        begin(HOUR_NS + 12345, costs[i]);
        pass(HOUR_NS);
        stamp = weir_stamp_in_(0);
        must(!weir_may_relax_(stamp));
        pass(quiet_ns() - 2 * UNIT_NS);
        must(!weir_may_relax_(stamp));
        pass(4 * UNIT_NS);
        must(weir_may_relax_(stamp));
    }
}
END_TEST

/* However long ago: a stamp wraps, and is then wrong for a quiet time, not
 * for hours. */
START_TEST(relaxes_after_hours)
{
    int wrong = 0;

    begin(100 * HOUR_NS, 1000);
    for (int64_t age = 1; age <= 24 * 6; age++) {
        uint32_t stamp = weir_stamp_in_(0);

        pass(age * (HOUR_NS / 6));
        if (!weir_may_relax_(stamp))
            wrong++;
    }
    must(wrong <= 1);
}
END_TEST

/* The process as a whole: whatever asks, and however often, the barriers
 * that are permitted cost no more than their share of the time. */
START_TEST(share_is_bounded)
{
    static const int64_t costs[] = {300, 10000, 1000000};
    int64_t cost = costs[_i];
    support_random_t random = support_random(0);
    weir_deadline_t start;
    long grants = 0;

    begin(HOUR_NS, cost);
    start = weir_now();
    for (int i = 0; i < 200000; i++) {
        for (unsigned asking = support_below(&random, 4); asking > 0; asking--)
            if (weir_may_relax_(0)) {
                grants++;
                must(weir_revoke_());
                must((grants - 1) * cost * WEIR_REVOKE_SHARE <=
                     weir_now() - start);
            }
        pass(support_below(&random, (uint32_t)cost));
    }
    must(grants > 1000);
    must_eq(barriers, grants);
}
END_TEST

/* Barriers may follow each other in a burst, and then take no more than their
 * share of the time, but for a last one. */
START_TEST(barriers_are_bounded)
{
    static const int64_t costs[] = {300, 10000, 1000000};
    int64_t cost = costs[_i];
    support_random_t random = support_random(0);
    weir_deadline_t start;
    long refused = 0;

    begin(HOUR_NS, cost);
    pass(HOUR_NS);
    start = weir_now();
    must(weir_may_revoke_());
    for (int i = 0; i < 200000; i++) {
        if (weir_may_revoke_())
            must(weir_revoke_());
        else
            refused++;
        must((barriers - 1) * (cost - 8) * WEIR_REVOKE_SHARE <=
             weir_now() - start + WEIR_REVOKE_BURST_NS);
        pass(support_below(&random, (uint32_t)cost));
    }
    must(refused > 100000);
    must(barriers > 10000);
    /* Nor may anything relax that would then want some. */
    while (weir_may_revoke_())
        must(weir_revoke_());
    must(!weir_may_relax_(0));
    pass(WEIR_REVOKE_BURST_NS + 2 * WEIR_REVOKE_SHARE * cost);
    must(weir_may_revoke_());
    must(weir_may_relax_(0));
}
END_TEST

/* A barrier that was preempted for long does not keep others waiting for
 * long. */
START_TEST(preempted_barriers_count_little)
{
    begin(HOUR_NS, 10000);
    pass(HOUR_NS);
    barrier_takes = 1000000000;
    must(weir_revoke_());
    must(weir_revoke_cost_ns_() <= 10000 + 10000 / 8 + 8);
    pass(2 * WEIR_REVOKE_SHARE * 10000);
    must(weir_may_relax_(0));
}
END_TEST

/* --- contended --- */

struct asking {
    WEIR_ATOMIC(long) grants;
    long rounds;
};

static void ask(unsigned index, void *arg)
{
    struct asking *asking = arg;

    (void)index;
    for (long i = 0; i < asking->rounds; i++) {
        if (weir_may_relax_(0))
            (void)weir_fetch_add_rlx_(&asking->grants, 1);
        if (index == 0)
            pass(100);
    }
}

/* Many objects ask at once, and one gets it. */
START_TEST(one_grant_for_many)
{
    struct asking asking = {0, support_scaled(200000)};
    weir_deadline_t start;
    int64_t least;

    begin(HOUR_NS, 10000);
    pass(HOUR_NS); /* all of that is paid */
    start = weir_now();
    least = WEIR_REVOKE_SHARE * weir_revoke_cost_ns_();
    support_threads(4, ask, &asking);
    must(weir_load_rlx_(&asking.grants) >= 1);
    must((weir_load_rlx_(&asking.grants) - 1) * least <= weir_now() - start);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("revoke");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, asymmetric_where_the_kernel_can);
    tcase_add_test(tcase, refused_early);
    tcase_add_test(tcase, refused_late);
    tcase_add_loop_test(tcase, filtered_late, 0, 2);
    tcase_add_test(tcase, works_after_fork);
    tcase = support_tcase(suite, "uncontended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, stamps_are_never_zero);
    tcase_add_test(tcase, stamps_tell_the_time);
    tcase_add_test(tcase, stamps_grow_old);
    tcase_add_test(tcase, cost_is_learnt);
    tcase_add_test(tcase, relaxes_when_quiet);
    tcase_add_test(tcase, relaxes_after_hours);
    tcase_add_loop_test(tcase, share_is_bounded, 0, 3);
    tcase_add_loop_test(tcase, barriers_are_bounded, 0, 3);
    tcase_add_test(tcase, preempted_barriers_count_little);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, one_grant_for_many);
    return support_main(suite);
}
