/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: freed by whoever got it; several processes; and processes
 * that are killed while they wait, or while they have it.
 */
#include <weir/rwlock.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "test_rwlock_kit.h"

/* --- lifetime --- */

enum race_kind { BIASED, COUNTED, SHARED, WRITTEN, RACES };

struct race {
    int kind;
    long rounds;
    weir_rwlock_t *lock; /* NULL between rounds */
};

static weir_rwlock_t *get(struct race *race)
{
    return __atomic_load_n(&race->lock, __ATOMIC_ACQUIRE);
}

static void put(struct race *race, weir_rwlock_t *lock)
{
    __atomic_store_n(&race->lock, lock, __ATOMIC_RELEASE);
}

/* Take a lock, show it, give it back: the last access. */
static void unlock_it(struct race *race)
{
    support_random_t random = support_random(0);
    support_strip_t strip = support_strip(race->kind == SHARED);

    for (long i = 0; i < race->rounds; i++) {
        weir_rwlock_t *lock = support_strip_take(&strip, sizeof(*lock));

        support_note("unlocker: round %lu", (unsigned long)i, 0);
        must_eq(weir_rwlock_init(lock, race->kind == SHARED ? WEIR_SHARED : 0),
                0);
        if (race->kind == BIASED && weir_asymmetric_())
            weir_store_rlx_(&lock->state, RW_BIASED | RW_TABLED);
        must_eq(race->kind == WRITTEN ? weir_rwlock_wrlock(lock)
                                      : weir_rwlock_rdlock(lock),
                0);
        put(race, lock);
        if (support_below(&random, 8) == 0)
            support_jitter(&random);
        must_eq(race->kind == WRITTEN ? weir_rwlock_wrunlock(lock)
                                      : weir_rwlock_rdunlock(lock),
                0);
        while (get(race) != NULL)
            sched_yield();
    }
}

static void lock_any_way(weir_rwlock_t *lock, support_random_t *random)
{
    uint32_t way = support_below(random, 4);

    if (way == 0)
        while (weir_rwlock_trywrlock(lock) != 0)
            continue;
    else if (way == 1)
        while (weir_rwlock_wrlock_until(lock, weir_after(5000)) != 0)
            continue;
    else
        must_eq(weir_rwlock_wrlock(lock), 0);
}

static void free_it(struct race *race)
{
    support_random_t random = support_random(1);

    for (long i = 0; i < race->rounds; i++) {
        weir_rwlock_t *lock;

        support_note("freer: round %lu", (unsigned long)i, 0);
        while ((lock = get(race)) == NULL)
            sched_yield();
        lock_any_way(lock, &random);
        support_strip_drop(lock);
        put(race, NULL);
    }
}

static void run_race(unsigned index, void *arg)
{
    if (index == 0)
        unlock_it(arg);
    else
        free_it(arg);
}

/* Hazards B22, B23, K9. */
START_TEST(unmapped_by_the_next_writer)
{
    struct race race = {_i, support_scaled(8000), NULL};

    support_threads(2, run_race, &race);
}
END_TEST

static void write_and_unmap(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_rwlock_wrlock(arg), 0);
    support_guarded_drop(arg, sizeof(weir_rwlock_t));
}

/* The same where the next writer surely slept. */
START_TEST(unmapped_by_a_sleeper)
{
    support_group_t group;

    for (long i = support_scaled(60); i > 0; i--) {
        weir_rwlock_t *lock = support_guarded(sizeof(*lock), _i == SHARED);

        must_eq(weir_rwlock_init(lock, _i == SHARED ? WEIR_SHARED : 0), 0);
        if (_i == BIASED && weir_asymmetric_())
            weir_store_rlx_(&lock->state, RW_BIASED | RW_TABLED);
        must_eq(_i == WRITTEN ? weir_rwlock_wrlock(lock)
                              : weir_rwlock_rdlock(lock),
                0);
        support_group_start(&group, 1, write_and_unmap, lock);
        support_await_sleep(group.tids[0]);
        must_eq(_i == WRITTEN ? weir_rwlock_wrunlock(lock)
                              : weir_rwlock_rdunlock(lock),
                0);
        support_group_join(&group);
    }
}
END_TEST

/* --- lifetime, at every instruction --- */

#if defined(__x86_64__)

static weir_rwlock_t *stepped;
static bool by_table;
static volatile bool gone;

/* After each instruction of the unlock: if that was the release, then the
 * next holder has got the lock, and the memory is gone. */
static void take_it_away(int signal)
{
    (void)signal;
    if (gone || (by_table ? weir_readers_seen_(stepped)
                          : (weir_load_rlx_(&stepped->state) &
                             (RW_WRITER | RW_READ)) != 0))
        return;
    gone = true;
    support_strip_drop(stepped);
}

/* The trap flag, kept clear of the red zone below the stack pointer. */
static void set_stepping(bool on)
{
    if (on)
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq;"
                         "orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                             : "memory", "cc");
    else
        __asm__ volatile(
            "lea -128(%%rsp), %%rsp; pushfq;"
            "andq $~0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                : "memory", "cc");
}

static int unlock_in_steps(bool write)
{
    int result;

    gone = false;
    set_stepping(true);
    result =
        write ? weir_rwlock_wrunlock(stepped) : weir_rwlock_rdunlock(stepped);
    set_stepping(false);
    return result;
}

/* Hazards B22, B23: gone at the very instruction after the release; private and
 * shared, with and without waiters to call, which are not there; and by the
 * table. */
START_TEST(unmapped_at_the_release)
{
    struct sigaction action = {.sa_handler = take_it_away};
    support_strip_t strip = support_strip(true);

    support_watchdog_disarm(); /* it uses the same signal */
    must_eq(sigaction(SIGTRAP, &action, NULL), 0);
    by_table = _i == KINDS;
    if (by_table && !weir_asymmetric_())
        return;
    for (int i = 0; i < 4; i++) {
        bool write = i % 2 != 0 && !by_table;
        uint64_t more = 0;

        stepped = support_strip_take(&strip, sizeof(*stepped));
        must_eq(weir_rwlock_init(stepped, by_table ? 0 : kinds[_i]), 0);
        if (by_table)
            weir_store_rlx_(&stepped->state, RW_BIASED | RW_TABLED);
        must_eq(write ? weir_rwlock_wrlock(stepped)
                      : weir_rwlock_rdlock(stepped),
                0);
        if (i >= 2 && !by_table)
            more = RW_WRITERS_SLEEP | 0x10000;
        if (i >= 2 && write)
            more |= RW_READERS_SLEEP | RW_QUEUED | (uint64_t)1 << 48;
        weir_store_rlx_(&stepped->state, weir_load_sc_(&stepped->state) | more);
        must_eq(unlock_in_steps(write), 0);
        must(gone);
    }
}
END_TEST

static void add_stepping(TCase *tcase)
{
    if (SUPPORT_TSAN)
        support_skip("unmapped_at_the_release",
                     "ThreadSanitizer's code would be stepped as well");
    else
        tcase_add_loop_test(tcase, unmapped_at_the_release, 0, KINDS + 1);
}

#else

static void add_stepping(TCase *tcase)
{
    (void)tcase;
    support_skip("unmapped_at_the_release", "steps need x86-64's trap flag");
}

#endif

/* --- process --- */

struct shared {
    weir_rwlock_t lock;
    long counter; /* plain: guarded by lock */
    long copy;
};

/* The object as the parent sees it and, elsewhere, as its children do. */
static support_twin_t twin;
static struct shared *here, *there;

static void share(int kind)
{
    twin = support_twin(4096);
    here = twin.here;
    there = twin.there;
    must_eq(weir_rwlock_init(&here->lock, kinds[kind] | WEIR_SHARED), 0);
    support_watch("rwlock, parent's view", here, 16);
    support_watch("rwlock, children's view", there, 16);
}

static uint64_t shared_state(void)
{
    return weir_load_sc_(&here->lock.state);
}

static void count_up(struct shared *shared, unsigned stream, long rounds)
{
    support_random_t random = support_random(stream);

    for (long i = 0; i < rounds; i++) {
        support_note("round %lu", (unsigned long)i, 0);
        must_eq(weir_rwlock_wrlock(&shared->lock), 0);
        shared->counter++;
        if (i % 32 == 0)
            support_jitter(&random);
        shared->copy++;
        must_eq(weir_rwlock_wrunlock(&shared->lock), 0);
        must_eq(weir_rwlock_rdlock(&shared->lock), 0);
        must_eq(shared->counter, shared->copy);
        must_eq(weir_rwlock_rdunlock(&shared->lock), 0);
    }
}

START_TEST(processes_count_together)
{
    long rounds = support_scaled(4000);
    pid_t children[3];

    share(_i);
    for (int i = 0; i < 3; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            count_up(i % 2 == 0 ? there : here, (unsigned)i + 1, rounds);
            support_exit();
        }
    }
    count_up(here, 0, rounds);
    for (int i = 0; i < 3; i++)
        support_reap(children[i]);
    must_eq(here->counter, rounds * 4);
    must_eq(shared_state() & ~RW_OF_INIT, 0);
    support_twin_free(&twin);
}
END_TEST

static pid_t fork_waiter(bool write, weir_deadline_t deadline, int wanted)
{
    pid_t child = support_fork();

    if (child == 0) {
        support_note("child waits to write: %lu", write, 0);
        must_eq(write ? weir_rwlock_wrlock_until(&there->lock, deadline)
                      : weir_rwlock_rdlock_until(&there->lock, deadline),
                wanted);
        if (wanted == 0)
            must_eq(write ? weir_rwlock_wrunlock(&there->lock)
                          : weir_rwlock_rdunlock(&there->lock),
                    0);
        support_exit();
    }
    return child;
}

/* Sleepers in another process are woken, through another address. */
START_TEST(wakes_across_processes)
{
    pid_t reader, writer;

    share(_i);
    for (int i = 0; i < 10; i++) {
        must_eq(weir_rwlock_wrlock(&here->lock), 0);
        reader = fork_waiter(false, WEIR_FOREVER, 0);
        writer = fork_waiter(true, WEIR_FOREVER, 0);
        support_await_sleep(reader);
        support_await_sleep(writer);
        if (i % 2 == 0)
            must_eq(weir_rwlock_wrunlock(&here->lock), 0);
        else
            must_eq(weir_rwlock_downgrade(&here->lock), 0);
        if (i % 2 != 0)
            must_eq(weir_rwlock_rdunlock(&here->lock), 0);
        support_reap(reader);
        support_reap(writer);
        must_eq(shared_state() & ~RW_OF_INIT, 0);
    }
    support_twin_free(&twin);
}
END_TEST

START_TEST(times_out_across_processes)
{
    share(_i);
    must_eq(weir_rwlock_wrlock(&here->lock), 0);
    support_reap(fork_waiter(false, weir_after(3000000), ETIMEDOUT));
    support_reap(fork_waiter(true, weir_after(3000000), ETIMEDOUT));
    must_eq(weir_rwlock_wrunlock(&here->lock), 0);
    must_eq(shared_state() & ~RW_OF_INIT, 0);
    support_twin_free(&twin);
}
END_TEST

static void kill_waiter(bool write)
{
    pid_t doomed;

    must_eq(weir_rwlock_wrlock(&here->lock), 0);
    doomed = fork_waiter(write, WEIR_FOREVER, 0);
    support_await_sleep(doomed);
    must_eq(kill(doomed, SIGKILL), 0);
    support_reap_killed(doomed, SIGKILL);
    must_eq(weir_rwlock_wrunlock(&here->lock), 0);
}

static int try_one(bool write)
{
    return write ? weir_rwlock_trywrlock(&here->lock)
                 : weir_rwlock_tryrdlock(&here->lock);
}

static int wait_for_one(bool write)
{
    return write ? weir_rwlock_wrlock(&here->lock)
                 : weir_rwlock_rdlock(&here->lock);
}

static void give_back(bool write)
{
    must_eq(write ? weir_rwlock_wrunlock(&here->lock)
                  : weir_rwlock_rdunlock(&here->lock),
            0);
}

/* A process that is killed while it waits keeps nobody out for long; neither
 * those who wait, nor those who ask now and then.  (hazard B55) */
START_TEST(killed_waiter)
{
    bool doomed = _i / KINDS % 2;
    bool write = _i / KINDS / 2 % 2;

    share(_i % KINDS);
    kill_waiter(doomed);
    must_eq(wait_for_one(write), 0);
    give_back(write);
    if (_i % KINDS == 2) {
        kill_waiter(doomed);
        while (try_one(write) != 0)
            support_sleep_ns(5000000);
        give_back(write);
    }
    must_eq(wait_for_one(!write), 0);
    give_back(!write);
    support_twin_free(&twin);
}
END_TEST

/* Killed with the wake-up, so that nobody passes it on: others sleep no
 * longer than a slice of time. */
START_TEST(killed_with_the_wake_up)
{
    pid_t doomed, child;

    share(_i);
    must_eq(weir_rwlock_wrlock(&here->lock), 0);
    doomed = fork_waiter(true, WEIR_FOREVER, 0);
    support_await_sleep(doomed);
    child = fork_waiter(true, WEIR_FOREVER, 0);
    support_await_sleep(child);
    must_eq(kill(doomed, SIGSTOP), 0);
    support_sleep_ns(2000000);
    must_eq(weir_rwlock_wrunlock(&here->lock), 0);
    must_eq(kill(doomed, SIGKILL), 0);
    support_reap_killed(doomed, SIGKILL);
    support_reap(child);
    support_reap(fork_waiter(false, WEIR_FOREVER, 0));
    support_twin_free(&twin);
}
END_TEST

/* Those who live, and were not counted any more, queue up again. */
START_TEST(opened_over_the_living)
{
    pid_t children[4];

    share(_i);
    kill_waiter(true);
    must_eq(weir_rwlock_wrlock(&here->lock), 0);
    for (int i = 0; i < 4; i++) {
        children[i] = fork_waiter(i % 2 != 0, WEIR_FOREVER, 0);
        support_await_sleep(children[i]);
    }
    /* As if another had opened it. */
    weir_store_rlx_(&here->lock.state,
                    shared_state() & (RW_OF_INIT | RW_WRITER));
    must_eq(weir_rwlock_wrunlock(&here->lock), 0);
    for (int i = 0; i < 4; i++)
        support_reap(children[i]);
    must_eq(weir_rwlock_wrlock(&here->lock), 0);
    give_back(true);
    support_twin_free(&twin);
}
END_TEST

/* A turn that a killed reader does not take, under a stream of readers. */
START_TEST(a_turn_of_the_dead)
{
    pid_t child;

    share(2);
    must_eq(weir_rwlock_wrlock(&here->lock), 0);
    weir_store_rlx_(&here->lock.state,
                    (shared_state() | RW_QUEUED) + ((uint64_t)1 << 48));
    must_eq(weir_rwlock_downgrade(&here->lock), 0);
    must_eq(shared_state() & RW_TURN, RW_TURN);
    child = fork_waiter(true, WEIR_FOREVER, 0);
    /* Tries: this thread reads, and the turn may end at any time. */
    while (shared_state() & RW_TURN) {
        if (weir_rwlock_tryrdlock(&here->lock) == 0)
            must_eq(weir_rwlock_rdunlock(&here->lock), 0);
        sched_yield();
    }
    must_eq(weir_rwlock_rdunlock(&here->lock), 0);
    support_reap(child);
    must_eq(shared_state() & ~RW_OF_INIT, 0);
    support_twin_free(&twin);
}
END_TEST

/* Killed while it has the lock: it keeps it, as the header says. */
START_TEST(killed_holder)
{
    pid_t doomed;

    share(_i);
    doomed = support_fork();
    if (doomed == 0) {
        must_eq(weir_rwlock_rdlock(&there->lock), 0);
        raise(SIGKILL);
    }
    support_reap_killed(doomed, SIGKILL);
    must_eq(weir_rwlock_trywrlock(&here->lock), EBUSY);
    must_eq(weir_rwlock_wrlock_until(&here->lock, weir_after(150000000)),
            ETIMEDOUT);
    must_eq(weir_rwlock_tryrdlock(&here->lock), 0);
    support_twin_free(&twin);
}
END_TEST

/* --- fork --- */

static int go;

static void use_often(unsigned index, void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
        if (index % 4 == 0)
            write_once(index, NULL);
        else
            read_once(index, NULL);
}

/* Hazard B52. */
START_TEST(fork_with_busy_threads)
{
    support_group_t group;

    fresh(_i);
    support_group_start(&group, 4, use_often, NULL);
    for (long i = SUPPORT_TSAN ? 5 : 30; i > 0; i--) {
        pid_t child = support_fork();

        if (child == 0) {
            must_eq(weir_rwlock_init(&rw, kinds[_i]), 0);
            read_once(0, NULL);
            write_once(0, NULL);
            must_be_at_rest();
            support_exit();
        }
        support_reap(child);
    }
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    support_group_join(&group);
    must_be_at_rest();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rwlock_process");
    TCase *tcase = support_tcase(suite, "lifetime");

    tcase_add_loop_test(tcase, unmapped_by_the_next_writer, 0, RACES);
    tcase_add_loop_test(tcase, unmapped_by_a_sleeper, 0, RACES);
    add_stepping(tcase);
    tcase = support_tcase(suite, "process");
    tcase_add_loop_test(tcase, processes_count_together, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, wakes_across_processes, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, times_out_across_processes, 0, PRIVATE_KINDS);
    tcase = support_tcase(suite, "killed");
    tcase_add_loop_test(tcase, killed_waiter, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, killed_waiter, KINDS, KINDS + PRIVATE_KINDS);
    tcase_add_loop_test(tcase, killed_waiter, 2 * KINDS,
                        2 * KINDS + PRIVATE_KINDS);
    tcase_add_loop_test(tcase, killed_waiter, 3 * KINDS,
                        3 * KINDS + PRIVATE_KINDS);
    tcase_add_loop_test(tcase, killed_with_the_wake_up, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, opened_over_the_living, 0, PRIVATE_KINDS);
    tcase_add_test(tcase, a_turn_of_the_dead);
    tcase_add_loop_test(tcase, killed_holder, 0, 1);
    tcase = support_tcase(suite, "fork");
    tcase_add_loop_test(tcase, fork_with_busy_threads, 0, PRIVATE_KINDS);
    return support_main(suite);
}
