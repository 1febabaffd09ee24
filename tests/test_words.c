/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The state word of the mutex, from the inside: LEGAL and MOVES of the WORD
 * block in mutex.c, which is compiled into this suite, and the races that the
 * block argues about, each brought about by hand.  A mutex has no owner, so a
 * hook of the sleeper's may do what the owner would do at that very moment.
 *
 * The word of the barrier is in test_words_barrier.c, that of the eventcount
 * in test_eventcount.c.  No case for wrap: QUIET is cleared before its end.
 */
#include "futex/mutex.c"

#include <signal.h>
#include <unistd.h>

#include "test_seam_kit.h"

static weir_mutex_t mutex;

static uint32_t word(void)
{
    return weir_load_sc_(&mutex.state);
}

/* Shared sleepers look by themselves now and then, and reserve the lock when
 * they are due: not where a test knows each word, however slow the machine. */
static bool patient;

static void begin(uint32_t state)
{
    seam_reset();
    patient = true;
    /* As the unlock that set it free, or the reservation, would have. */
    weir_store_rlx_(&mutex.stamp, state & RESERVED ? weir_stamp_in_(0) : 0);
    weir_store_rlx_(&mutex.state, state);
    support_watch("mutex", &mutex, sizeof(mutex));
}

static void end(void)
{
    seam_chaos = false;
    seam_relaxed = false;
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    weir_parked_reset_();
}

/* --- api: LEGAL and MOVES --- */

static bool is_legal(uint32_t state)
{
    if (state & ~(uint32_t)(LOCKED | HEAVY | SHARED | LIGHT_OWNER | CONTENDED |
                            WAKING | RESERVED | QUIET_MASK))
        return false;
    if (!(state & HEAVY))
        return state == 0 || state == LOCKED;
    if ((state & LIGHT_OWNER) && !(state & LOCKED))
        return false;
    if ((state & LIGHT_OWNER) && (state & (RESERVED | SHARED)))
        return false;
    return !(state & QUIET_MASK) || !(state & CONTENDED);
}

static bool reached[1 << 16];
static uint32_t found[1 << 16];
static unsigned founds;

static void reach(uint32_t state)
{
    must(is_legal(state));
    if (reached[state])
        return;
    reached[state] = true;
    found[founds++] = state;
}

static void move_lock(uint32_t state)
{
    for (int reserver = 0; reserver <= 1; reserver++)
        if (is_free(state, reserver != 0)) {
            must(!(state & LOCKED));
            must(!(state & RESERVED) || reserver != 0);
            must(state_taken(state) & LOCKED);
            must(state_taken_after_sleep(state) & CONTENDED);
            must(!(state_taken_after_sleep(state) & (WAKING | RESERVED)));
            if (!(state & RESERVED))
                reach(state_taken(state));
            reach(state_taken_after_sleep(state));
        }
}

static void move_to_sleep(uint32_t state)
{
    if (is_free(state, false))
        return;
    for (int reserve = 0; reserve <= may_reserve(state); reserve++) {
        uint32_t next = state_to_sleep(state, reserve != 0);

        must(next & CONTENDED);
        must(!(next & WAKING));
        must(((next ^ state) & (LOCKED | SHARED)) == 0);
        must((next & LIGHT_OWNER) == (state & LIGHT_OWNER) || state == LOCKED);
        must((next & RESERVED) == (reserve != 0 ? RESERVED : state & RESERVED));
        reach(next);
    }
}

/* Whoever sleeps is remembered, or has been called; and there is a call for
 * each WAKING that is set, and for none that stands. */
static void check_unlock(uint32_t state)
{
    uint32_t next = state_unlocked(state);

    must(is_legal(next));
    must(!(next & (LOCKED | LIGHT_OWNER)));
    must(!(state & CONTENDED) || (next & (CONTENDED | WAKING)));
    must((next & (RESERVED | SHARED | HEAVY)) ==
         (state & (RESERVED | SHARED | HEAVY)));
    if (state & RESERVED)
        must(must_wake(state) && next == (state & ~LOCKED));
    else
        must(must_wake(state) == ((next & WAKING) && !(state & WAKING)));
}

static void move_unlock(uint32_t state)
{
    if (!(state & LOCKED))
        return;
    if (state == LOCKED || (state & LIGHT_OWNER))
        reach(0); /* the plain store */
    if (state == LOCKED)
        return;
    check_unlock(state);
    reach(state_unlocked(state));
    for (int may = 0; may <= 1; may++) {
        seam_relaxed = may != 0;
        reach(next_unlocked(&mutex, state));
    }
    seam_relaxed = false;
}

/* From the two initial words, by all moves, in any order: only legal words,
 * and each of them says what MOVES says. */
START_TEST(moves_are_legal)
{
    begin(0);
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY); /* nothing relaxes */
    reach(0);
    reach(HEAVY | SHARED);
    for (unsigned i = 0; i < founds; i++) {
        move_lock(found[i]);
        move_to_sleep(found[i]);
        move_unlock(found[i]);
        if (found[i] & RESERVED)
            reach(found[i] & ~RESERVED); /* given up */
    }
    must(founds > 100);
    must(reached[HEAVY | RESERVED | CONTENDED]);
    must(reached[LOCKED | HEAVY | LIGHT_OWNER | CONTENDED]);
    /* Where a wake-up is in flight no other is asked for. */
    for (unsigned i = 0; i < founds; i++)
        must((found[i] & (CONTENDED | WAKING)) != (CONTENDED | WAKING));
    for (uint32_t state = 0; state < 1u << 16; state++)
        if (is_legal(state) && (state & LOCKED) && (state & HEAVY))
            check_unlock(state);
}
END_TEST

START_TEST(light_pair)
{
    begin(0);
    for (int i = 0; i < 100; i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        must_eq(word(), LOCKED);
        must_eq(weir_mutex_unlock(&mutex), 0);
        must_eq(word(), 0);
        must_eq(weir_mutex_trylock(&mutex), 0);
        must_eq(word(), LOCKED);
        must_eq(weir_mutex_unlock_slow_(&mutex), 0);
        must_eq(word(), 0);
    }
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

/* An unlock of what nobody holds changes nothing, in any state. */
START_TEST(free_words_cannot_be_unlocked)
{
    for (uint32_t state = 0; state < 1u << 16; state++) {
        if (!is_legal(state) || (state & LOCKED))
            continue;
        begin(state);
        must_eq(weir_mutex_unlock(&mutex), EPERM);
        must_eq(word(), state);
        must_eq(seam_count(&seam_wakes), 0);
    }
}
END_TEST

/* --- contended: under an owner that may store 0 --- */

static void lock_and_unlock(unsigned index, void *arg)
{
    (void)arg;
    seam.patient = patient;
    support_note("locking as %lu", index, 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must(word() & LOCKED);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* As the inline unlock does when it has read LOCKED before anybody came. */
static void store_free(void)
{
    weir_store_rel_(&mutex.state, WEIR_MUTEX_FREE_);
    weir_compiler_barrier_();
    if (weir_load_rlx_(weir_parked_slot_(&mutex)) != 0)
        weir_mutex_unlock_parked_(&mutex);
}

static void put_to_bed(support_group_t *group, unsigned count)
{
    support_group_start(group, count, lock_and_unlock, NULL);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(group->tids[i], &mutex, NULL);
}

static const unsigned crowds[] = {1, 2, 3, 4, 8, 32};
#define CROWDS ((int)(sizeof(crowds) / sizeof(crowds[0])))

START_TEST(sleepers_mark_a_light_owner)
{
    support_group_t group;

    begin(LOCKED);
    put_to_bed(&group, crowds[_i]);
    must_eq(word(), LOCKED | HEAVY | LIGHT_OWNER | CONTENDED);
    must(weir_load_sc_(weir_parked_slot_(&mutex)) != 0);
    must(weir_load_rlx_(&mutex.stamp) != 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must(!(word() & LOCKED));
}
END_TEST

/* The store wipes what sleepers wrote; they get in all the same. */
START_TEST(straddling_owner)
{
    support_group_t group;

    for (int i = 0; i < 10; i++) {
        begin(LOCKED);
        put_to_bed(&group, crowds[_i]);
        store_free();
        support_group_join(&group);
        must(!(word() & LOCKED));
    }
}
END_TEST

static void store_free_here(void *arg)
{
    (void)arg;
    seam.before_revoke = seam.after_revoke = seam.before_wait = NULL;
    store_free();
}

/* The store falls into each window of the sleeper's way to bed. */
START_TEST(straddling_owner_in_a_window)
{
    begin(LOCKED);
    seam.before_revoke = _i == 0 ? store_free_here : NULL;
    seam.after_revoke = _i == 1 ? store_free_here : NULL;
    seam.before_wait = _i == 2 ? store_free_here : NULL;
    must_eq(weir_mutex_lock(&mutex), 0);
    must(word() & LOCKED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must(!(word() & LOCKED));
    must_eq(weir_load_sc_(weir_parked_slot_(&mutex)) << 1, 0);
}
END_TEST

static void store_and_take(void *arg)
{
    store_free_here(arg);
    must_eq(weir_mutex_trylock(&mutex), 0);
    must_eq(word(), LOCKED);
    *(support_group_t **)arg = NULL;
}

static void lock_through_a_barger(unsigned index, void *arg)
{
    (void)index;
    seam.arg = arg;
    seam.before_wait = store_and_take;
    lock_and_unlock(0, NULL);
}

/* A barger takes it light when the sleeper, in the table already, is about to
 * sleep: it marks the word anew, and is seen by the next light owner. */
START_TEST(straddling_owner_and_a_light_barger)
{
    support_group_t group;
    support_group_t *stored = &group;

    begin(LOCKED);
    support_group_start(&group, 1, lock_through_a_barger, &stored);
    await_sleep_on(group.tids[0], &mutex, NULL);
    while (word() != (LOCKED | HEAVY | LIGHT_OWNER | CONTENDED))
        support_sleep_ns(50000);
    await_sleep_on(group.tids[0], &mutex, NULL);
    store_free();
    support_group_join(&group);
}
END_TEST

/* --- timed: timeouts at that moment --- */

struct timing {
    int out;      /* one has timed out, and has not looked yet */
    int released; /* the owner has stored 0 and looked at the table */
    bool slept;   /* it timed out in its sleep, not before */
    int result;
};

static void timed_out(void *arg)
{
    struct timing *timing = arg;

    timing->slept = true;
    flag_raise(&timing->out);
    flag_await(&timing->released);
}

static void lock_timed(unsigned index, void *arg)
{
    struct timing *timing = arg;

    if (index != 0) {
        lock_and_unlock(index, NULL);
        return;
    }
    seam.arg = timing;
    seam.after_wait = timed_out;
    timing->result = weir_mutex_lock_until(&mutex, weir_after(3000000));
    if (timing->result == 0)
        must_eq(weir_mutex_unlock(&mutex), 0);
    flag_raise(&timing->out);
}

/* The first sleeper's deadline passes, then the owner stores 0 and wakes one;
 * the others get in, and so does the first, for the lock is free. */
START_TEST(straddling_owner_and_a_timeout)
{
    struct timing timing = {0, 0, false, -1};
    support_group_t group;

    begin(LOCKED);
    support_group_start(&group, crowds[_i], lock_timed, &timing);
    for (unsigned i = 1; i < crowds[_i]; i++)
        await_sleep_on(group.tids[i], &mutex, NULL);
    flag_await(&timing.out);
    store_free();
    flag_raise(&timing.released);
    support_group_join(&group);
    must(timing.result == 0 || timing.result == ETIMEDOUT);
    must(crowds[_i] > 1 || !timing.slept || timing.result == 0);
    must(!(word() & LOCKED));
    must_eq(weir_load_sc_(weir_parked_slot_(&mutex)) << 1, 0);
}
END_TEST

/* Giving up while it is held leaves the others' mark, under a light owner and
 * a heavy one. */
START_TEST(giving_up_leaves_the_mark)
{
    support_group_t group;

    begin(_i == 0 ? LOCKED : LOCKED | HEAVY);
    put_to_bed(&group, 1);
    for (int i = 0; i < 5; i++)
        must_eq(weir_mutex_lock_until(&mutex, weir_after(100000)), ETIMEDOUT);
    must(word() & CONTENDED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
}
END_TEST

/* A thread sleeps under a heavy owner, and so is not in the table; the one
 * that was woken in its place meets a light owner, and gives up. */
START_TEST(giving_up_under_a_light_owner_wakes_another)
{
    support_group_t group;

    begin(LOCKED | HEAVY);
    put_to_bed(&group, 1);
    /* As if another had been woken, and the mutex had become light. */
    weir_store_rlx_(&mutex.state, LOCKED);
    must_eq(weir_mutex_lock_until(&mutex, weir_after(1000000)), ETIMEDOUT);
    store_free();
    support_group_join(&group);
}
END_TEST

/* --- contended: WAKING and CONTENDED in vain --- */

/* An unlock out of line looks at the table as well. */
START_TEST(light_unlock_out_of_line)
{
    support_group_t group;

    begin(LOCKED);
    put_to_bed(&group, 1);
    weir_store_rlx_(&mutex.state, LOCKED); /* a light barger has it */
    must_eq(weir_mutex_unlock_slow_(&mutex), 0);
    support_group_join(&group);
}
END_TEST

/* WAKING stands for nobody: the next sleeper clears it, and is woken. */
START_TEST(waking_in_vain)
{
    support_group_t group;

    support_storm_waive(); /* a sleeper that looks again may reserve it */
    for (int i = 0; i < 10; i++) {
        begin(LOCKED | HEAVY | WAKING | _i);
        put_to_bed(&group, 1);
        must_eq(word(), LOCKED | HEAVY | CONTENDED | _i);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
        must_eq(seam_count(&seam_wakes), 2); /* its own: in vain */
    }
}
END_TEST

/* One call, and then no more. */
START_TEST(contended_in_vain)
{
    begin(LOCKED | HEAVY | CONTENDED | _i);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(word(), HEAVY | WAKING | _i);
    for (int i = 0; i < 10 * WEIR_RELAX_QUIET; i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        must(!(word() & CONTENDED));
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

/* One wake-up in flight: the woken thread does not run, and unlocks meanwhile
 * call nobody. */
static void hold_back(void *arg)
{
    struct timing *timing = arg;

    seam.after_wait = NULL;
    flag_raise(&timing->out);
    flag_await(&timing->released);
}

static void lock_held_back(unsigned index, void *arg)
{
    seam.arg = arg;
    seam.after_wait = hold_back;
    lock_and_unlock(index, NULL);
}

START_TEST(one_wake_in_flight)
{
    struct timing timing = {0, 0, false, 0};
    support_group_t group;

    begin(LOCKED | HEAVY | _i);
    support_group_start(&group, 4, lock_held_back, &timing);
    for (unsigned i = 0; i < 4; i++)
        await_sleep_on(group.tids[i], &mutex, NULL);
    must_eq(weir_mutex_unlock(&mutex), 0);
    flag_await(&timing.out);
    must_eq(word(), HEAVY | WAKING | _i);
    for (int i = 0; i < WEIR_RELAX_QUIET / 2; i++) {
        must_eq(weir_mutex_lock(&mutex), 0);
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
    must_eq(seam_count(&seam_wakes), 1);
    flag_raise(&timing.released);
    support_group_join(&group);
}
END_TEST

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
    struct waiter w = {.mutex = &mutex, .reserver = true};

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
    account(&mutex);
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

/* --- reset: light again --- */

static void use(void)
{
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* After so many quiet unlocks, if the clock agrees. */
START_TEST(light_after_quiet_unlocks)
{
    begin(HEAVY);
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY); /* it does not */
    for (int i = 0; i < 10 * WEIR_RELAX_QUIET; i++) {
        use();
        must(word() & HEAVY);
    }
    begin(HEAVY);
    seam_relaxed = true;
    weir_parked_reset_();
    weir_store_rlx_(weir_parked_slot_(&mutex), 0);
    for (int i = 1; i < WEIR_RELAX_QUIET; i++) {
        use();
        must_eq(word(), HEAVY | (uint32_t)i * QUIET_ONE);
    }
    use();
    must_eq(word(), 0);
}
END_TEST

/* The quiet is over when somebody sleeps. */
START_TEST(sleepers_end_the_quiet)
{
    support_group_t group;

    begin(HEAVY);
    for (int i = 1; i < WEIR_RELAX_QUIET / 2; i++)
        use();
    must((word() & QUIET_MASK) != 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    put_to_bed(&group, 1);
    must_eq(word(), LOCKED | HEAVY | CONTENDED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
}
END_TEST

/* By the real clock: no sooner than the least time after the last sleeper
 * paid; the watchdog ends this if it never comes true. */
START_TEST(light_after_a_while)
{
    support_group_t group;

    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    if (!weir_asymmetric_()) {
        support_skip("light again", "no membarrier here");
        return;
    }
    for (int i = 0; i < 5; i++) {
        weir_deadline_t before;

        begin(LOCKED);
        before = weir_now();
        put_to_bed(&group, 1);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
        must(word() & HEAVY);
        while (word() != 0)
            use();
        must(weir_now() >= before + WEIR_RELAX_MIN_NS - 16384);
    }
}
END_TEST

START_TEST(shared_is_never_light)
{
    support_group_t group;

    begin(0);
    must_eq(weir_mutex_init(&mutex, WEIR_SHARED), 0);
    must_eq(word(), HEAVY | SHARED);
    seam_relaxed = true;
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 2 * WEIR_RELAX_QUIET; j++)
            use();
        must_eq(word() & (LOCKED | HEAVY | SHARED | LIGHT_OWNER | RESERVED),
                HEAVY | SHARED);
        must_eq(weir_mutex_lock(&mutex), 0);
        put_to_bed(&group, 2);
        must_eq(weir_mutex_unlock(&mutex), 0);
        support_group_join(&group);
    }
    must_eq(seam_count(&seam_revokes), 0);
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
    struct waiter w = {.mutex = &mutex};
    uint32_t state;

    begin(HEAVY | SHARED | RESERVED);
    weir_store_rlx_(&mutex.stamp, 0);
    state = word();
    must(take(&w, &state));
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

static void add_contended(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, sleepers_mark_a_light_owner, 0, CROWDS);
    tcase_add_loop_test(tcase, straddling_owner, 0, CROWDS);
    tcase_add_loop_test(tcase, straddling_owner_in_a_window, 0, 3);
    tcase_add_test(tcase, straddling_owner_and_a_light_barger);
    tcase_add_test(tcase, light_unlock_out_of_line);
    tcase_add_loop_test(tcase, waking_in_vain, 0, 1);
    tcase_add_loop_test(tcase, waking_in_vain, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, contended_in_vain, 0, 1);
    tcase_add_loop_test(tcase, contended_in_vain, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, one_wake_in_flight, 0, 1);
    tcase_add_loop_test(tcase, one_wake_in_flight, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, reserved_is_for_one, 0, 1);
    tcase_add_loop_test(tcase, reserved_is_for_one, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, nobody_reserves_early, 0, 1);
    tcase_add_loop_test(tcase, nobody_reserves_early, SHARED, SHARED + 1);
}

static void add_timed(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "timed");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, straddling_owner_and_a_timeout, 0, CROWDS);
    tcase_add_loop_test(tcase, giving_up_leaves_the_mark, 0, 2);
    tcase_add_test(tcase, giving_up_under_a_light_owner_wakes_another);
    tcase_add_test(tcase, reserver_gives_up_what_was_taken);
    tcase_add_loop_test(tcase, costs_of_handing_over_are_bounded, 0, 2);
    tcase_add_loop_test(tcase, reserver_gives_up, 0, 1);
    tcase_add_loop_test(tcase, reserver_gives_up, SHARED, SHARED + 1);
    tcase_add_loop_test(tcase, reserver_times_out_as_it_is_handed_over, 0, 1);
    tcase_add_loop_test(tcase, reserver_times_out_as_it_is_handed_over, SHARED,
                        SHARED + 1);
}

int main(void)
{
    Suite *suite = suite_create("words of the mutex");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, moves_are_legal);
    tcase_add_test(tcase, light_pair);
    tcase_add_test(tcase, free_words_cannot_be_unlocked);
    add_contended(suite);
    add_timed(suite);
    tcase = support_tcase(suite, "reset");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, light_after_quiet_unlocks);
    tcase_add_test(tcase, sleepers_end_the_quiet);
    tcase_add_test(tcase, light_after_a_while);
    tcase_add_test(tcase, shared_is_never_light);
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
