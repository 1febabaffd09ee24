/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: the bias.  Readers stand in a table and leave the word
 * alone; a writer takes the bias, waits until the table is empty, and the bias
 * comes back in time.
 */
#include <weir/rwlock.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/tunables.h"
#include "test_rwlock_kit.h"

#define BOTH (RW_BIASED | RW_TABLED)
/* Reads after which it would have come many times over. */
#define MANY (10 * WEIR_BIAS_QUIET)

static void begin(int kind)
{
    fresh(kind);
    if (!make_biased()) {
        support_skip("the bias", "the kernel has no membarrier");
        support_exit();
    }
}

/* --- coming and going --- */

START_TEST(comes_with_quiet_reads)
{
    begin(_i);
    must_eq(rw_state() & ~RW_OF_INIT, BOTH);
    for (int i = 0; i < 100; i++) {
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(rw_state() & ~RW_OF_INIT, BOTH);
        must(weir_readers_seen_(&rw));
        must_eq(weir_rwlock_rdunlock(&rw), 0);
        must(!weir_readers_seen_(&rw));
    }
}
END_TEST

START_TEST(goes_with_a_writer)
{
    begin(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(rw_state() & ~RW_OF_INIT, RW_WRITER);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    must_eq(rw_state() & ~RW_OF_INIT, 0);
    for (int i = 0; i < 3; i++) {
        make_biased();
        must_eq(weir_rwlock_trywrlock(&rw), 0);
        must_eq(weir_rwlock_wrunlock(&rw), 0);
        make_biased();
        must_eq(weir_rwlock_wrlock_until(&rw, WEIR_NOW), 0);
        must_eq(weir_rwlock_wrunlock(&rw), 0);
    }
    must_eq(rw_state() & ~RW_OF_INIT, 0);
}
END_TEST

/* As inline code that saw a bias, stood in its first slot, and found that a
 * writer had come and gone meanwhile. */
START_TEST(gone_behind_the_look)
{
    weir_reader_line_t_ *line;

    begin(_i);
    line = weir_readers_claim_();
    must(line != NULL);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    weir_store_rel_(&line->slot[0], (uintptr_t)&rw);
    must_eq(weir_rwlock_rdlock_undo_(&rw), 0);
    must(!weir_readers_seen_(&rw));
    must_eq(RW_READERS(rw_state()), 1);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_be_at_rest();
}
END_TEST

/* The stamp keeps it away for a multiple of what the revocation took, however
 * many read meanwhile. */
START_TEST(stays_away_for_a_while)
{
    uint32_t stamp;

    begin(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    stamp = weir_stamp_in_(900000000);
    weir_store_rlx_(&rw.stamp, stamp);
    for (int i = 0; i < MANY; i++) {
        uint64_t state;

        read_once(0, NULL);
        state = rw_state();
        must(weir_stamp_age_ns_(stamp) >= 0 || (state & ~RW_OF_INIT) == 0);
    }
    weir_store_rlx_(&rw.stamp, 0);
    make_biased();
}
END_TEST

/* Writers make readers count anew. */
START_TEST(quiet_means_no_writer)
{
    fresh(_i);
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
    for (int i = 0; i < MANY; i++) {
        read_once(0, NULL);
        if (i % (WEIR_BIAS_QUIET * 3 / 4) == 0)
            write_once(0, NULL);
        must_eq(rw_state() & ~RW_OF_INIT, 0);
    }
}
END_TEST

START_TEST(never_where_it_must_not)
{
    fresh(_i);
    if (_i < PRIVATE_KINDS)
        weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY);
    for (int i = 0; i < MANY; i++) {
        read_once(0, NULL);
        must_eq(rw_state() & ~RW_OF_INIT, 0);
    }
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
}
END_TEST

/* --- many --- */

/* More locks at once than a line has slots, and each of them twice. */
START_TEST(more_than_a_line_has)
{
    enum { LOCKS = 3 * WEIR_READER_SLOTS_ };
    static weir_rwlock_t locks[LOCKS];

    begin(_i);
    for (int i = 0; i < LOCKS; i++)
        locks[i] = rw;
    for (int i = 0; i < LOCKS; i++)
        must_eq(weir_rwlock_rdlock(&locks[i]), 0);
    for (int i = 0; i < LOCKS; i++)
        must_eq(weir_rwlock_trywrlock(&locks[i]), EBUSY);
    for (int i = 0; i < LOCKS; i++) {
        must_eq(weir_rwlock_rdunlock(&locks[i]), 0);
        must_eq(weir_rwlock_rdunlock(&locks[i]), EPERM);
        must_eq(weir_rwlock_trywrlock(&locks[i]), 0);
        must_eq(weir_rwlock_wrunlock(&locks[i]), 0);
    }
}
END_TEST

static int all_read;

static void read_and_stay(unsigned index, void *arg)
{
    pthread_barrier_t *barrier = arg;

    (void)index;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    __atomic_fetch_add(&all_read, 1, __ATOMIC_RELAXED);
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
}

/* Threads that find no line read in the ordinary way. */
START_TEST(more_threads_than_lines)
{
    pthread_barrier_t barrier;
    support_group_t group[2];

    begin(_i);
    read_once(0, NULL); /* so that this thread has a line */
    must_eq(pthread_barrier_init(&barrier, NULL, 81), 0);
    support_group_start(&group[0], 40, read_and_stay, &barrier);
    support_group_start(&group[1], 40, read_and_stay, &barrier);
    pthread_barrier_wait(&barrier);
    must_eq(RW_READERS(rw_state()), 80 - (WEIR_READER_LINES_ - 1));
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    pthread_barrier_wait(&barrier);
    support_group_join(&group[0]);
    support_group_join(&group[1]);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    must_be_at_rest();
    pthread_barrier_destroy(&barrier);
}
END_TEST

static void read_by_table(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(RW_READERS(rw_state()), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
}

/* Threads give their lines back. */
START_TEST(lines_come_back)
{
    begin(_i);
    for (int i = 0; i < 20; i++)
        support_threads(16, read_by_table, NULL);
}
END_TEST

static void read_without_a_line(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(RW_READERS(rw_state()), 1);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
}

/* The count of lines is a hint, and behind. */
START_TEST(no_line_is_found)
{
    begin(_i);
    for (unsigned i = 0; i < WEIR_READER_LINES_; i++)
        weir_store_rlx_(&weir_readers_[i].owner, 1u);
    support_threads(1, read_without_a_line, NULL);
    weir_readers_reset_();
    support_threads(1, read_by_table, NULL);
}
END_TEST

static bool no_room;
int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);

int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
    return no_room ? ENOMEM : __real_pthread_setspecific(key, value);
}

/* A line that could not be given back is not taken. */
START_TEST(no_memory_for_the_end)
{
    begin(_i);
    no_room = true;
    for (unsigned i = 0; i < 2 * WEIR_READER_LINES_; i++)
        support_threads(1, read_without_a_line, NULL);
    no_room = false;
    support_threads(32, read_by_table, NULL);
}
END_TEST

/* --- waiting for the table --- */

struct reading {
    pthread_barrier_t barrier;
    unsigned times;
};

static void hold(unsigned index, void *arg)
{
    struct reading *reading = arg;

    (void)index;
    for (unsigned i = 0; i < reading->times; i++)
        must_eq(weir_rwlock_rdlock(&rw), 0);
    pthread_barrier_wait(&reading->barrier);
    pthread_barrier_wait(&reading->barrier);
    for (unsigned i = 0; i < reading->times; i++)
        must_eq(weir_rwlock_rdunlock(&rw), 0);
}

static void start_holding(support_group_t *group, struct reading *reading,
                          unsigned n, unsigned times)
{
    reading->times = times;
    must_eq(pthread_barrier_init(&reading->barrier, NULL, n + 1), 0);
    support_group_start(group, n, hold, reading);
    pthread_barrier_wait(&reading->barrier);
}

static void stop_holding(support_group_t *group, struct reading *reading)
{
    pthread_barrier_wait(&reading->barrier);
    support_group_join(group);
    pthread_barrier_destroy(&reading->barrier);
}

/* The writer sleeps on the reader's line, and is woken.  (hazards B9, B13) */
START_TEST(a_writer_sleeps_until_the_table_is_empty)
{
    struct reading reading;
    support_group_t readers;
    support_group_t writers;

    begin(_i % PRIVATE_KINDS);
    start_holding(&readers, &reading, 3, 1 + (unsigned)_i / PRIVATE_KINDS);
    support_group_start(&writers, 2, write_once, NULL);
    support_await_sleep(writers.tids[0]);
    support_await_sleep(writers.tids[1]);
    must_eq(rw_state() & (BOTH | RW_DRAINING | RW_WRITER),
            RW_TABLED | RW_DRAINING);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    stop_holding(&readers, &reading);
    support_group_join(&writers);
    must_be_at_rest();
    for (unsigned i = 0; i < WEIR_READER_LINES_; i++)
        must_eq(weir_load_sc_(&weir_readers_[i].awaited), 0);
}
END_TEST

static void give_up_shortly(unsigned index, void *arg)
{
    weir_deadline_t deadline = weir_after(3000000);

    (void)index;
    (void)arg;
    must_eq(keeps_errno(weir_rwlock_wrlock_until(&rw, deadline)), ETIMEDOUT);
    must(weir_now() >= deadline);
}

/* A deadline that passes while the barrier is made; and an owner that finds
 * that the writer has gone meanwhile. */
START_TEST(a_writer_looks_once)
{
    weir_reader_line_t_ *line;
    int64_t cost;

    begin(_i);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must(!weir_readers_await_(&rw, weir_until_(WEIR_NOW), &cost));
    must(cost >= 0);
    line = weir_readers_claim_();
    weir_rwlock_awaited_(line);
    must_eq(weir_load_sc_(&line->awaited), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must(weir_readers_await_(&rw, weir_until_(WEIR_NOW), &cost));
}
END_TEST

/* One that gives up leaves the table to the next.  (hazards B14, B20) */
START_TEST(a_writer_gives_up)
{
    struct reading reading;
    support_group_t readers;
    support_group_t writers[2];

    begin(_i);
    start_holding(&readers, &reading, 2, 1);
    do /* until it came as far as the table before its deadline */
        support_threads(1, give_up_shortly, NULL);
    while (rw_state() & RW_BIASED);
    must_eq(rw_state() & ~RW_OF_INIT, RW_TABLED);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must_eq(weir_rwlock_wrlock_until(&rw, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_rwlock_tryrdlock(&rw), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    support_group_start(&writers[0], 1, give_up_shortly, NULL);
    support_group_start(&writers[1], 1, write_once, NULL);
    support_group_join(&writers[0]);
    support_await_sleep(writers[1].tids[0]);
    await_waiting(0, 1);
    stop_holding(&readers, &reading);
    support_group_join(&writers[1]);
    must_eq(rw_state() & ~RW_OF_INIT, 0);
}
END_TEST

/* A thread that has it by the table gets it again while a writer waits, with
 * any policy. */
START_TEST(reading_again_under_a_writer)
{
    support_group_t writer;

    begin(_i);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    support_group_start(&writer, 1, write_once, NULL);
    support_await_sleep(writer.tids[0]);
    for (int i = 0; i < 5; i++)
        must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(weir_rwlock_tryrdlock(&rw), 0);
    must_eq(weir_rwlock_rdlock_until(&rw, WEIR_NOW), 0);
    for (int i = 0; i < 7; i++) {
        support_await_sleep(writer.tids[0]);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
    }
    support_await_sleep(writer.tids[0]);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    support_group_join(&writer);
    must_eq(weir_rwlock_rdunlock(&rw), EPERM);
    must_be_at_rest();
}
END_TEST

/* Two writers wait for two locks of one line: each is let in with its own.
 * (hazard B3) */
static weir_rwlock_t second;

static void write_second(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_wrlock(&second), 0);
    must_eq(weir_rwlock_wrunlock(&second), 0);
}

START_TEST(two_locks_of_one_line)
{
    support_group_t writers[2];

    begin(_i);
    for (int i = 0; i < 20; i++) {
        second = rw;
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(weir_rwlock_rdlock(&second), 0);
        support_group_start(&writers[0], 1, write_once, NULL);
        support_group_start(&writers[1], 1, write_second, NULL);
        support_await_sleep(writers[0].tids[0]);
        support_await_sleep(writers[1].tids[0]);
        must_eq(weir_rwlock_rdunlock(i % 2 == 0 ? &rw : &second), 0);
        support_group_join(&writers[i % 2]);
        support_await_sleep(writers[1 - i % 2].tids[0]);
        must_eq(weir_rwlock_rdunlock(i % 2 == 0 ? &second : &rw), 0);
        support_group_join(&writers[1 - i % 2]);
        make_biased();
    }
}
END_TEST

/* The kernel begins to refuse: what is biased is written all the same, and
 * nothing becomes biased any more. */
START_TEST(refused_later)
{
    struct reading reading;
    support_group_t readers;
    support_group_t writers;

    begin(_i);
    start_holding(&readers, &reading, 2, 1);
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_LATE);
    support_group_start(&writers, 2, write_once, NULL);
    support_await_sleep(writers.tids[0]);
    stop_holding(&readers, &reading);
    support_group_join(&writers);
    for (int i = 0; i < MANY; i++)
        read_once(0, NULL);
    must_eq(rw_state() & ~RW_OF_INIT, 0);
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
}
END_TEST

START_TEST(refused_later_in_a_storm)
{
    begin(_i);
    weir_revoke_for_test_(WEIR_REVOKE_REFUSED_LATE);
    support_storm_begin();
    for (int i = 0; i < 5; i++) {
        weir_store_rlx_(&rw.state, rw_state() | BOTH);
        write_once(0, NULL);
    }
    support_storm_end();
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
}
END_TEST

/* --- load --- */

static void mostly_read(unsigned index, void *arg)
{
    struct counting *c = arg;
    support_random_t random = support_random(index);

    for (long i = 0; i < c->rounds; i++) {
        if (index == 0 && i % 500 == 0) {
            must_eq(weir_rwlock_wrlock(&rw), 0);
            c->counter++;
            c->written++;
            support_jitter(&random);
            c->copy++;
            must_eq(weir_rwlock_wrunlock(&rw), 0);
            /* So that the bias may come back soon. */
            weir_revoke_for_test_(WEIR_REVOKE_REAL);
            weir_store_rlx_(&rw.stamp, 0);
            weir_store_rlx_(&rw.quiet, WEIR_BIAS_QUIET - 64);
        }
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(c->counter, c->copy);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
    }
}

/* Hazard B43: bias and writers in turn, thousands of times. */
START_TEST(revoked_all_the_time)
{
    struct counting c = {support_scaled(100000), 0, 0, 0, 0};

    begin(_i);
    support_threads(3, mostly_read, &c);
    must_eq(c.counter, c.written);
    must_be_at_rest();
}
END_TEST

/* --- the end of a thread --- */

static pthread_key_t own_key;
static int rounds;

/* Hazard B27: a destructor that runs before, or after, that of the library;
 * it unlocks, locks anew, and comes again. */
static void lock_at_the_end(void *arg)
{
    int *left = arg;

    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    if (--*left > 0)
        must_eq(pthread_setspecific(own_key, left), 0);
    else
        must_eq(weir_rwlock_rdunlock(&rw), 0);
    __atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
}

static void lock_until_the_end(unsigned index, void *arg)
{
    static _Thread_local int left;

    (void)arg;
    left = 1 + (int)index % 3;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(pthread_setspecific(own_key, &left), 0);
}

START_TEST(used_by_destructors)
{
    begin(_i);
    if (SUPPORT_TSAN) {
        support_skip("destructors", "ThreadSanitizer's own runs before");
        return;
    }
    must_eq(pthread_key_create(&own_key, lock_at_the_end), 0);
    for (int i = 0; i < 40; i++)
        support_threads(6, lock_until_the_end, NULL);
    must_eq(rounds, 40 * 12);
    must_be_at_rest();
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    make_biased();
    for (int i = 0; i < 8; i++)
        support_threads(8, read_by_table, NULL);
}
END_TEST

static void lock_when_the_line_is_gone(void *arg)
{
    (void)arg;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    __atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
}

static void end_without_a_lock(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(pthread_setspecific(own_key, &rounds), 0);
    /* Others are at their end, and counted in the lock. */
    must_eq(weir_rwlock_rdlock(&rw), 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
}

/* The library's key is the older one, so its destructor runs first. */
START_TEST(used_after_the_line_is_gone)
{
    begin(_i);
    if (SUPPORT_TSAN)
        return; /* as above */
    must_eq(pthread_key_create(&own_key, lock_when_the_line_is_gone), 0);
    for (int i = 0; i < 20; i++)
        support_threads(8, end_without_a_lock, NULL);
    must_eq(rounds, 160);
}
END_TEST

static void lock_and_end(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_rdlock(&rw), 0);
}

/* A thread that ends with a read lock keeps it, as it would any lock. */
START_TEST(ended_with_a_lock)
{
    begin(_i);
    support_threads(1, lock_and_end, NULL);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must(weir_readers_seen_(&rw));
    support_threads(4, read_by_table, NULL);
    must_eq(weir_rwlock_wrlock_until(&rw, weir_after(1000000)), ETIMEDOUT);
}
END_TEST

/* --- fork --- */

static void child_of_readers(void)
{
    /* What others read is gone, and what this thread reads is not. */
    must(weir_readers_seen_(&rw));
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must(!weir_readers_seen_(&rw));
    must_eq(weir_rwlock_rdunlock(&rw), EPERM);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    make_biased();
    read_by_table(0, NULL);
    if (SUPPORT_FORKED_THREADS)
        for (int i = 0; i < 3; i++)
            support_threads(32, read_by_table, NULL);
}

/* Hazard B52. */
START_TEST(forked)
{
    struct reading reading;
    support_group_t readers;
    pid_t child;

    begin(_i);
    start_holding(&readers, &reading, 3, 2);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    child = support_fork();
    if (child == 0) {
        child_of_readers();
        support_exit();
    }
    support_reap(child);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    stop_holding(&readers, &reading);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
}
END_TEST

/* The child of a thread that has no line. */
START_TEST(forked_without_a_line)
{
    pid_t child;

    fresh(_i);
    child = support_fork();
    if (child == 0) {
        if (make_biased())
            read_by_table(0, NULL);
        support_exit();
    }
    support_reap(child);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rwlock_bias");
    TCase *tcase = support_tcase(suite, "coming and going");

    tcase_add_loop_test(tcase, comes_with_quiet_reads, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, goes_with_a_writer, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, gone_behind_the_look, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, stays_away_for_a_while, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, quiet_means_no_writer, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, never_where_it_must_not, 0, KINDS);
    tcase = support_tcase(suite, "many");
    tcase_add_loop_test(tcase, more_than_a_line_has, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, more_threads_than_lines, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, lines_come_back, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, no_line_is_found, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, no_memory_for_the_end, 0, PRIVATE_KINDS);
    tcase = support_tcase(suite, "waiting");
    tcase_add_loop_test(tcase, a_writer_looks_once, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, a_writer_sleeps_until_the_table_is_empty, 0,
                        3 * PRIVATE_KINDS);
    tcase_add_loop_test(tcase, a_writer_gives_up, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, reading_again_under_a_writer, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, two_locks_of_one_line, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, refused_later, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, refused_later_in_a_storm, 0, PRIVATE_KINDS);
    tcase = support_tcase(suite, "load");
    tcase_add_loop_test(tcase, revoked_all_the_time, 0, PRIVATE_KINDS);
    tcase = support_tcase(suite, "end");
    tcase_add_loop_test(tcase, used_by_destructors, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, used_after_the_line_is_gone, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, ended_with_a_lock, 0, PRIVATE_KINDS);
    tcase = support_tcase(suite, "fork");
    tcase_add_loop_test(tcase, forked, 0, PRIVATE_KINDS);
    tcase_add_loop_test(tcase, forked_without_a_line, 0, PRIVATE_KINDS);
    return support_main(suite);
}
