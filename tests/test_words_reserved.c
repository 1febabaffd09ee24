/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The state word of the mutex: who was passed over reserves it, gives it up, or
 * is dead.
 */
#include "test_words_kit.h"

/* --- contended: hand-overs --- */

struct reserving {
    int asleep_once; /* it was woken, and is held back */
    int barged;      /* the lock was taken from under it */
    int reserved;    /* it is about to sleep, having reserved, and held back */
    int go;
    weir_deadline_t begun, deadline;
    int result;
};

static void is_barged(void *arg)
{
    struct reserving *r = arg;

    seam.after_wait = NULL;
    flag_raise(&r->asleep_once);
    flag_await(&r->barged);
}

static seam_hook_t *after_reserving;

static void has_reserved(void *arg)
{
    struct reserving *r = arg;

    if (!flag_is_up(&r->barged) || !(word() & RESERVED))
        return;
    seam.before_wait = NULL;
    flag_raise(&r->reserved);
    flag_await(&r->go);
    seam_run(after_reserving);
}

static void lock_reserving(unsigned index, void *arg)
{
    struct reserving *r = arg;

    (void)index;
    seam.arg = r;
    seam.patient = r->deadline == WEIR_FOREVER;
    seam.after_wait = is_barged;
    seam.before_wait = has_reserved;
    r->begun = weir_now();
    r->result = weir_mutex_lock_until(&mutex, r->deadline);
    if (r->result == 0)
        must_eq(weir_mutex_unlock(&mutex), 0);
    /* Where the machine is slow it may be late for all of this. */
    flag_raise(&r->asleep_once);
    flag_raise(&r->reserved);
}

/* The mutex is held, and a thread that was passed over has reserved it, and
 * is about to sleep again.  False if it was late, and all is over. */
static bool have_it_reserved(support_group_t *group, struct reserving *r,
                             uint32_t shared)
{
    begin(LOCKED | HEAVY | shared);
    support_group_start(group, 1, lock_reserving, r);
    await_sleep_on(group->tids[0], &mutex, &r->asleep_once);
    support_sleep_ns(2 * WEIR_MUTEX_FAIR_NS);
    must_eq(weir_mutex_unlock(&mutex), 0);
    flag_await(&r->asleep_once);
    must_eq(weir_mutex_trylock(&mutex), 0);
    flag_raise(&r->barged);
    flag_await(&r->reserved);
    if (r->deadline != WEIR_FOREVER && weir_now() > r->deadline - 5000000) {
        flag_raise(&r->go);
        support_group_join(group);
        return false;
    }
    must_eq(word(), LOCKED | HEAVY | CONTENDED | RESERVED | shared);
    must(weir_now() >= r->begun + WEIR_MUTEX_FAIR_NS);
    return true;
}

/* As before, with a deadline that the rest of a test finds in the future. */
static void have_it_reserved_until(support_group_t *group, struct reserving *r,
                                   uint32_t shared)
{
    int64_t ns = 20000000;

    do {
        *r = (struct reserving){.deadline = weir_after(ns)};
        ns *= 2;
    } while (!have_it_reserved(group, r, shared));
}

static void nobody_else_gets_it(uint32_t shared)
{
    must_eq(word(), HEAVY | CONTENDED | RESERVED | shared);
    must(!weir_mutex_is_locked(&mutex));
    must_eq(weir_mutex_trylock(&mutex), EBUSY);
    must_eq(weir_mutex_lock_until(&mutex, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_mutex_lock_until(&mutex, weir_after(100000)), ETIMEDOUT);
    must_eq(weir_mutex_unlock(&mutex), EPERM);
    must_eq(word(), HEAVY | CONTENDED | RESERVED | shared);
}

START_TEST(reserved_is_for_one)
{
    struct reserving r = {.deadline = WEIR_FOREVER};
    support_group_t group;
    support_group_t others;

    must(have_it_reserved(&group, &r, (uint32_t)_i));
    must_eq(weir_mutex_unlock(&mutex), 0);
    /* However slow this machine is, the reserver is not given up for dead. */
    weir_store_rlx_(&mutex.stamp, weir_stamp_in_(1000000000));
    nobody_else_gets_it((uint32_t)_i);
    support_group_start(&others, 2, lock_and_unlock, NULL);
    await_sleep_on(others.tids[0], &mutex, NULL);
    await_sleep_on(others.tids[1], &mutex, NULL);
    must_eq(word(), HEAVY | CONTENDED | RESERVED | _i);
    flag_raise(&r.go);
    support_group_join(&group);
    support_group_join(&others);
    must_eq(r.result, 0);
    must(!(word() & (LOCKED | RESERVED)));
}
END_TEST

/* It gives up while the lock is held: others may have it again. */
START_TEST(reserver_gives_up)
{
    struct reserving r;
    support_group_t group;
    support_group_t others;

    have_it_reserved_until(&group, &r, (uint32_t)_i);
    support_group_start(&others, 2, lock_and_unlock, NULL);
    await_sleep_on(others.tids[0], &mutex, NULL);
    await_sleep_on(others.tids[1], &mutex, NULL);
    flag_raise(&r.go);
    support_group_join(&group);
    must_eq(r.result, ETIMEDOUT);
    must_eq(word(), LOCKED | HEAVY | CONTENDED | _i);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&others);
    must(!(word() & (LOCKED | RESERVED)));
}
END_TEST

static void unlock_now(void *arg)
{
    (void)arg;
    seam.after_wait = NULL;
    must_eq(weir_mutex_unlock(&mutex), 0);
}

static void unlock_when_out(void *arg)
{
    (void)arg;
    seam.before_wait = NULL;
    seam.after_wait = unlock_now;
}

/* The unlock comes when the reserver's deadline has passed in its sleep, and
 * the call for it reaches nobody: it has the lock at once. */
START_TEST(reserver_times_out_as_it_is_handed_over)
{
    struct reserving r;
    support_group_t group;

    after_reserving = unlock_when_out;
    have_it_reserved_until(&group, &r, (uint32_t)_i);
    flag_raise(&r.go);
    support_group_join(&group);
    after_reserving = NULL;
    must_eq(r.result, 0);
    must(!(word() & (LOCKED | RESERVED)));
}
END_TEST

/* Its reservation was taken for that of a dead thread, and its deadline
 * passes: nothing is left to clear. */
START_TEST(reserver_gives_up_what_was_taken)
{
    struct weir_mutex_waiter w = {.mutex = &mutex, .reserver = true};

    begin(LOCKED | HEAVY | SHARED | CONTENDED);
    must(!give_up(&w));
    must_eq(word(), LOCKED | HEAVY | SHARED | CONTENDED);
}
END_TEST

/* What a hand-over cost is not believed beyond its bounds, as where the unlock
 * was stamped by another's clock. */
START_TEST(costs_of_handing_over_are_bounded)
{
    static const int64_t ages[] = {-500000000, 500000000};
    int64_t pause =
        WEIR_HANDOVER_MAX_NS * WEIR_HANDOVER_SHARE - WEIR_MUTEX_FAIR_NS;
    uint32_t low, high;

    begin(LOCKED | HEAVY);
    weir_store_rlx_(&mutex.stamp, weir_stamp_in_(-ages[_i]));
    low = weir_stamp_in_(pause);
    weir_mutex_account_(&mutex);
    high = weir_stamp_in_(pause);
    must(weir_load_rlx_(&mutex.stamp) - low <= high - low);
}
END_TEST

/* Passed over, but not for long enough. */
START_TEST(nobody_reserves_early)
{
    for (int i = 0; i < 50; i++) {
        struct reserving r = {.deadline = WEIR_FOREVER};
        support_group_t group;
        bool reserved;
        weir_deadline_t before;

        begin(LOCKED | HEAVY | (uint32_t)_i);
        before = weir_now();
        support_group_start(&group, 1, lock_reserving, &r);
        while (!(word() & CONTENDED))
            support_sleep_ns(1000);
        must_eq(weir_mutex_unlock(&mutex), 0);
        while (!flag_is_up(&r.asleep_once) && (word() & WAKING))
            support_sleep_ns(1000);
        if (weir_mutex_trylock(&mutex) == 0) {
            flag_raise(&r.barged);
            flag_raise(&r.go);
            while (!(word() & CONTENDED))
                support_sleep_ns(1000);
            reserved = word() & RESERVED;
            must(!reserved || weir_now() >= before + WEIR_MUTEX_FAIR_NS);
            must_eq(weir_mutex_unlock(&mutex), 0);
        }
        flag_raise(&r.barged);
        flag_raise(&r.go);
        support_group_join(&group);
    }
}
END_TEST

/* --- process: whoever reserved it is dead --- */

static void lock_and_tell(unsigned index, void *arg)
{
    int *told = arg;

    lock_and_unlock(index, NULL);
    flag_raise(&told[index]);
}

START_TEST(shared_reserver_is_dead)
{
    int told[3] = {0};

    begin(HEAVY | SHARED | RESERVED | (_i & 1 ? CONTENDED : 0));
    patient = false;
    weir_store_rlx_(&mutex.stamp, weir_stamp_in_(0));
    if (_i & 2) {
        support_group_t group;

        support_group_start(&group, 3, lock_and_tell, told);
        for (unsigned i = 0; i < 3; i++)
            await_sleep_on(group.tids[i], &mutex, &told[i]);
        support_group_join(&group);
    }
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(word() & (LOCKED | RESERVED), LOCKED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    use();
}
END_TEST

/* It is dead when it has not come for so long, and not before; of a private
 * one there is no such thing. */
START_TEST(reserver_is_given_time)
{
    weir_deadline_t before;
    int result;

    begin(HEAVY | SHARED | RESERVED | CONTENDED);
    before = weir_now();
    weir_store_rlx_(&mutex.stamp, weir_stamp_in_(0));
    while ((result = weir_mutex_trylock(&mutex)) == EBUSY)
        support_sleep_ns(1000000);
    must_eq(result, 0);
    must(weir_now() >= before + WEIR_SHARED_SLICE_NS - 16384);
    must_eq(word(), LOCKED | HEAVY | SHARED | CONTENDED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    begin(HEAVY | RESERVED | CONTENDED); /* its stamp is as old as can be */
    must_eq(weir_mutex_trylock(&mutex), EBUSY);
    must_eq(weir_mutex_lock_until(&mutex, weir_after(1000000)), ETIMEDOUT);
}
END_TEST

/* It was only slow: another has the lock, it waits on, and gets it. */
START_TEST(shared_reserver_was_slow)
{
    struct reserving r = {.deadline = WEIR_FOREVER};
    support_group_t group;

    must(have_it_reserved(&group, &r, SHARED));
    must_eq(weir_mutex_unlock(&mutex), 0);
    weir_store_rlx_(&mutex.stamp, 0);
    must_eq(weir_mutex_trylock(&mutex), 0);
    must_eq(word(), LOCKED | HEAVY | SHARED | CONTENDED);
    flag_raise(&r.go);
    await_sleep_on(group.tids[0], &mutex, NULL);
    /* It is due as before, and reserves anew. */
    must_eq(word(), LOCKED | HEAVY | SHARED | CONTENDED | RESERVED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must_eq(r.result, 0);
    must(!(word() & (LOCKED | RESERVED)));
}
END_TEST

/* The same for those who are not prepared to wait for long. */
START_TEST(shared_reserver_is_dead_for_the_impatient)
{
    begin(HEAVY | SHARED | RESERVED | CONTENDED);
    weir_store_rlx_(&mutex.stamp, weir_stamp_in_(0));
    while (weir_mutex_lock_until(&mutex, weir_after(5000000)) != 0)
        continue;
    must_eq(weir_mutex_unlock(&mutex), 0);
    use();
}
END_TEST

/* Found dead by a thread that has not slept: there may be sleepers. */
START_TEST(shared_reserver_is_dead_for_the_newcomer)
{
    struct weir_mutex_waiter w = {.mutex = &mutex};
    uint32_t state;

    begin(HEAVY | SHARED | RESERVED);
    weir_store_rlx_(&mutex.stamp, 0);
    state = word();
    must(weir_mutex_take_(&w, &state));
    must_eq(word(), LOCKED | HEAVY | SHARED | CONTENDED);
}
END_TEST

struct child {
    weir_mutex_t mutex;
    int asleep;
};

static void die(void *arg)
{
    (void)arg;
    kill(getpid(), SIGKILL);
}

/* A sleeper is killed when it was chosen: WAKING stands for nobody. */
START_TEST(shared_sleeper_dies_when_chosen)
{
    struct child *shared = support_guarded(sizeof(*shared), true);
    pid_t child;

    must_eq(weir_mutex_init(&shared->mutex, WEIR_SHARED), 0);
    support_watch("shared", shared, sizeof(*shared));
    for (int i = 0; i < 3; i++) {
        must_eq(weir_mutex_lock(&shared->mutex), 0);
        child = support_fork();
        if (child == 0) {
            seam.after_wait = die;
            seam.patient = true;
            must_eq(weir_mutex_lock(&shared->mutex), 0);
            support_exit();
        }
        await_sleep_on(child, &shared->mutex, NULL);
        must_eq(weir_mutex_unlock(&shared->mutex), 0);
        support_reap_killed(child, SIGKILL);
        must_eq(weir_mutex_lock(&shared->mutex), 0);
        must_eq(weir_mutex_unlock(&shared->mutex), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words of the reserved mutex");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, reserved_is_for_one, 0, 1);
    tcase_add_loop_test(tcase, reserved_is_for_one, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, nobody_reserves_early, 0, 1);
    tcase_add_loop_test(tcase, nobody_reserves_early, SHARED, SHARED + 1);

    tcase = support_tcase(suite, "timed");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, reserver_gives_up_what_was_taken);
    tcase_add_loop_test(tcase, costs_of_handing_over_are_bounded, 0, 2);
    tcase_add_loop_test(tcase, reserver_gives_up, 0, 1);
    tcase_add_loop_test(tcase, reserver_gives_up, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, reserver_times_out_as_it_is_handed_over, 0, 1);
    tcase_add_loop_test(tcase, reserver_times_out_as_it_is_handed_over, SHARED,
                        SHARED + 1);

    tcase = support_tcase(suite, "process");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, shared_reserver_is_dead, 0, 4);
    tcase_add_test(tcase, shared_reserver_is_dead_for_the_impatient);
    tcase_add_test(tcase, shared_reserver_is_dead_for_the_newcomer);
    tcase_add_test(tcase, reserver_is_given_time);
    tcase_add_test(tcase, shared_reserver_was_slow);
    tcase_add_test(tcase, shared_sleeper_dies_when_chosen);
    return support_main(suite);
}
