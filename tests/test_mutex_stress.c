/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mutex: that no wake-up is lost and nobody is passed over for ever.
 *
 * The stress is made of rounds: some threads lock a few times each, and then
 * all meet at a barrier of libc.  When the last wake-up of a round is lost
 * nobody comes to repair it, and the watchdog shows the sleeper.
 *
 * White box: the word's meaning and moves are in src/futex/mutex.h, and how
 * an unlock by plain store finds sleepers in src/futex/parked.c.
 */
#include <weir/mutex.h>

#include <pthread.h>

#include "base/atomic.h"
#include "futex/parked.h"
#include "futex/revoke.h"
#include "futex/sys.h"
#include "support/support.h"

/* Loop tests run once per kind. */
enum kind {
    PRIVATE,
    NO_MEMBARRIER,   /* refused from the start */
    LOST_MEMBARRIER, /* refused when it is first needed */
    SHARED,
    KINDS
};

static weir_mutex_t mutex;

static void fresh(int kind)
{
    static const enum weir_revoke_test modes[KINDS] = {
        WEIR_REVOKE_REAL, WEIR_REVOKE_REFUSED_EARLY, WEIR_REVOKE_REFUSED_LATE,
        WEIR_REVOKE_REAL};

    weir_revoke_for_test_(modes[kind]);
    weir_parked_reset_();
    must_eq(weir_mutex_init(&mutex, kind == SHARED ? WEIR_SHARED : 0), 0);
    support_watch("mutex", &mutex, sizeof(mutex));
    support_watch("slot", (const void *)weir_parked_slot_(&mutex), 8);
}

/* --- rounds --- */

struct rounds {
    unsigned threads;
    long count;
    /* What a thread does in a round. */
    void (*turn)(unsigned index, struct rounds *rounds,
                 support_random_t *random);
    long entered; /* plain: guarded by the mutex */
    pthread_barrier_t meet;
};

static void enter(struct rounds *rounds, support_random_t *random)
{
    rounds->entered++;
    support_jitter(random);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

static void run_rounds(unsigned index, void *arg)
{
    struct rounds *rounds = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < rounds->count; i++) {
        support_note("round %lu as %lu", (unsigned long)i, index);
        rounds->turn(index, rounds, &random);
        pthread_barrier_wait(&rounds->meet);
    }
}

static void play(struct rounds *rounds, long count)
{
    rounds->count = support_scaled(count) / rounds->threads + 1;
    must_eq(pthread_barrier_init(&rounds->meet, NULL, rounds->threads), 0);
    support_threads(rounds->threads, run_rounds, rounds);
    pthread_barrier_destroy(&rounds->meet);
    must(!weir_mutex_is_locked(&mutex));
}

static void lock_a_few_times(unsigned index, struct rounds *rounds,
                             support_random_t *random)
{
    unsigned times = 1 + support_below(random, 3);

    (void)index;
    for (unsigned i = 0; i < times; i++) {
        support_jitter(random);
        must_eq(weir_mutex_lock(&mutex), 0);
        enter(rounds, random);
    }
}

/* Hazards B2, B6, B7, B12: 2 to 8 threads. */
START_TEST(no_wake_up_is_lost)
{
    struct rounds rounds = {.threads = 2 + (unsigned)_i / KINDS,
                            .turn = lock_a_few_times};

    fresh(_i % KINDS);
    play(&rounds, 6000);
    must(rounds.entered >= rounds.count * rounds.threads);
}
END_TEST

/* Hazards B17, K9: sleepers are woken for nothing all the time. */
START_TEST(stray_wake_ups_do_no_harm)
{
    struct rounds rounds = {.threads = 4, .turn = lock_a_few_times};

    fresh(_i);
    support_stray_begin(&mutex, sizeof(mutex));
    play(&rounds, 6000);
    support_stray_end();
}
END_TEST

/* Hazard B50, with timers of 100 us in each thread. */
START_TEST(no_wake_up_is_lost_in_a_storm)
{
    struct rounds rounds = {.threads = 4, .turn = lock_a_few_times};

    fresh(_i);
    support_storm_begin();
    play(&rounds, 6000);
    support_storm_end();
}
END_TEST

/* Thread 0 waits without limit, the last one holds the lock for about as
 * long as the others are prepared to wait. */
static void time_out_at_the_unlock(unsigned index, struct rounds *rounds,
                                   support_random_t *random)
{
    if (index == rounds->threads - 1) {
        must_eq(weir_mutex_lock(&mutex), 0);
        support_delay_ns(support_below(random, 120000));
        enter(rounds, random);
    } else if (index == 0) {
        must_eq(weir_mutex_lock(&mutex), 0);
        enter(rounds, random);
    } else if (weir_mutex_lock_until(
                   &mutex, weir_after(support_below(random, 120000))) == 0) {
        enter(rounds, random);
    }
}

/* Hazard B20: who times out takes nobody's wake-up along. */
START_TEST(timeouts_swallow_nothing)
{
    struct rounds rounds = {.threads = 3 + (unsigned)_i / KINDS,
                            .turn = time_out_at_the_unlock};

    fresh(_i % KINDS);
    play(&rounds, 5000);
}
END_TEST

/* One thread locks so often that a private mutex becomes light again between
 * two sleepers; the others come seldom, some with deadlines. */
static void come_back_to_light(unsigned index, struct rounds *rounds,
                               support_random_t *random)
{
    if (index == 0) {
        for (unsigned i = 100 + support_below(random, 200); i > 0; i--) {
            must_eq(weir_mutex_lock(&mutex), 0);
            rounds->entered++;
            must_eq(weir_mutex_unlock(&mutex), 0);
        }
        return;
    }
    support_delay_ns(support_below(random, 20000));
    if (index % 2 == 0)
        must_eq(weir_mutex_lock(&mutex), 0);
    else if (weir_mutex_lock_until(
                 &mutex, weir_after(support_below(random, 80000))) != 0)
        return;
    enter(rounds, random);
}

START_TEST(light_and_heavy_take_turns)
{
    struct rounds rounds = {.threads = 2 + (unsigned)_i / KINDS,
                            .turn = come_back_to_light};

    fresh(_i % KINDS);
    play(&rounds, 6000);
}
END_TEST

/* --- the unlock by plain store, step by step --- */

static weir_deadline_t deadlines[2]; /* by thread */
static int finished[2];
static unsigned admitted; /* threads below this may go and wait */

static void wait_and_unlock(unsigned index, void *arg)
{
    (void)arg;
    while (__atomic_load_n(&admitted, __ATOMIC_ACQUIRE) <= index)
        support_sleep_ns(100000);
    support_note("waiter %lu", index, 0);
    if (weir_mutex_lock_until(&mutex, deadlines[index]) == 0)
        must_eq(weir_mutex_unlock(&mutex), 0);
    support_note("waiter %lu is done", index, 0);
    __atomic_store_n(&finished[index], 1, __ATOMIC_RELEASE);
}

/* Start two waiters and let them fall asleep, one after the other. */
static void start_sleepers(support_group_t *group, weir_deadline_t first)
{
    deadlines[0] = first;
    deadlines[1] = WEIR_FOREVER;
    finished[0] = finished[1] = 0;
    admitted = 0;
    support_group_start(group, 2, wait_and_unlock, NULL);
    for (unsigned i = 0; i < 2; i++) {
        __atomic_store_n(&admitted, i + 1, __ATOMIC_RELEASE);
        (void)support_await_sleep_or(group->tids[i], &finished[i]);
    }
}

/* What the inline unlock does after it has read LIGHT: as if it had been
 * preempted between the two. */
static void unlock_by_store(void)
{
    weir_store_rel_(&mutex.state, WEIR_MUTEX_FREE_);
    weir_compiler_barrier_();
    if (weir_load_rlx_(weir_parked_slot_(&mutex)) != 0)
        weir_mutex_unlock_parked_(&mutex);
}

static uint32_t state_now(void)
{
    return weir_load_acq_(&mutex.state);
}

/* The store wipes out what the sleepers wrote: the table tells of them. */
START_TEST(late_store_wakes_all_in_turn)
{
    support_group_t group;

    fresh(_i);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(state_now(), WEIR_MUTEX_LIGHT_);
    start_sleepers(&group, WEIR_FOREVER);
    must(state_now() != WEIR_MUTEX_LIGHT_);
    unlock_by_store();
    support_group_join(&group);
    must(!weir_mutex_is_locked(&mutex));
}
END_TEST

/* The first of the sleepers may also give up before the store. */
START_TEST(late_store_after_a_timeout)
{
    support_group_t group;

    fresh(_i);
    for (int i = 0; i < 20; i++) {
        must_eq(weir_mutex_init(&mutex, 0), 0);
        must_eq(weir_mutex_lock(&mutex), 0);
        start_sleepers(&group, weir_after(3000000));
        while (i % 2 == 0 && !__atomic_load_n(&finished[0], __ATOMIC_ACQUIRE))
            support_sleep_ns(100000);
        unlock_by_store();
        support_group_join(&group);
    }
}
END_TEST

#define LONG_NS 600000000

/* A thread that was woken, and then gives up under a light owner, must leave
 * the others to somebody.  T and U fell asleep under a heavy owner, so they
 * are not in the table:
 *
 *   A unlocks: CONTENDED becomes WAKING; it is about to wake T
 *   B locks and unlocks until the mutex is light, and locks it once more
 *   A wakes T, which marks the word, enters the table and sleeps again
 *   B begins to unlock and reads LIGHT, or did so before T marked the word
 *   T times out and leaves the table
 *   B stores 0 and finds nobody in the table: who wakes U?
 *
 * A and B, up to B's last step, are the two lines that set the word by hand
 * and make the call. */
START_TEST(give_up_under_a_light_owner)
{
    weir_deadline_t start = weir_now();
    support_group_t group;

    fresh(_i);
    weir_store_rlx_(&mutex.state, 2u); /* HEAVY: somebody slept before */
    must_eq(weir_mutex_lock(&mutex), 0);
    start_sleepers(&group, start + LONG_NS);
    if (weir_now() < start + LONG_NS / 2) {
        weir_store_rel_(&mutex.state, WEIR_MUTEX_LIGHT_);
        weir_futex_wake_(&mutex.state, 1, WEIR_BITS_ALL, false);
        while (!__atomic_load_n(&finished[0], __ATOMIC_ACQUIRE))
            support_sleep_ns(1000000);
        unlock_by_store();
    } else {
        support_skip("give_up_under_a_light_owner", "T was too slow");
        must_eq(weir_mutex_unlock(&mutex), 0);
    }
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mutex_stress");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, no_wake_up_is_lost, 0, 7 * KINDS);
    tcase_add_loop_test(tcase, stray_wake_ups_do_no_harm, 0, KINDS);
    tcase_add_loop_test(tcase, light_and_heavy_take_turns, 0, 4 * KINDS);
    tcase_add_loop_test(tcase, late_store_wakes_all_in_turn, 0, SHARED);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, timeouts_swallow_nothing, 0, 6 * KINDS);
    tcase_add_loop_test(tcase, late_store_after_a_timeout, 0, SHARED);
    tcase_add_loop_test(tcase, give_up_under_a_light_owner, 0, SHARED);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, no_wake_up_is_lost_in_a_storm, 0, KINDS);
    return support_main(suite);
}
