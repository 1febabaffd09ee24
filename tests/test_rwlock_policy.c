/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Read-write lock: who gets in when both wait, by policy, private and shared.
 */
#include <weir/rwlock.h>

#include "base/tunables.h"
#include "test_rwlock_kit.h"

#define FIRST(kind) ((kinds[kind] & WEIR_RW_PREFER_READER) != 0)
#define FAIR(kind) ((kinds[kind] & WEIR_RW_PHASE_FAIR) != 0)

/* In which order they got it. */
static int turns;

static int turn(void)
{
    return __atomic_add_fetch(&turns, 1, __ATOMIC_SEQ_CST);
}

/* Whether the order that followed was the policy's alone.  A shared lock is
 * opened to others if those who are to get in first do not come for so long
 * (rwlock_open.c), and on a busy machine they may not. */
static bool is_in_order(int kind, weir_deadline_t since)
{
    return !(kinds[kind] & WEIR_SHARED) ||
           weir_now() - since < WEIR_SHARED_SLICE_NS;
}

static void read_in_turn(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    __atomic_store_n((int *)arg, turn(), __ATOMIC_SEQ_CST);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
}

static void write_in_turn(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_rwlock_wrlock(&rw), 0);
    __atomic_store_n((int *)arg, turn(), __ATOMIC_SEQ_CST);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
}

/* A reader and a writer wait for a writer, in either order of arrival. */
START_TEST(both_wait_for_a_writer)
{
    support_group_t group[2];

    fresh(_i);
    for (int i = 0; i < 20; i++) {
        weir_deadline_t since;
        int read = 0;
        int written = 0;

        must_eq(weir_rwlock_wrlock(&rw), 0);
        if (i % 2 == 0) {
            support_group_start(&group[0], 1, read_in_turn, &read);
            await_waiting(1, 0);
            support_group_start(&group[1], 1, write_in_turn, &written);
        } else {
            support_group_start(&group[0], 1, write_in_turn, &written);
            await_waiting(0, 1);
            support_group_start(&group[1], 1, read_in_turn, &read);
        }
        await_waiting(1, 1);
        since = weir_now();
        must_eq(weir_rwlock_wrunlock(&rw), 0);
        support_group_join(&group[0]);
        support_group_join(&group[1]);
        must(read > 0 && written > 0);
        if (!is_in_order(_i, since))
            continue;
        if (FIRST(_i) || FAIR(_i))
            must(read < written);
        else
            must(written < read);
    }
    must_be_at_rest();
}
END_TEST

/* A writer waits for a reader: only where readers are preferred do more of
 * them get in. */
START_TEST(a_writer_waits_for_a_reader)
{
    weir_deadline_t since;
    int written = 0;
    int read = 0;
    support_group_t group[2];

    fresh(_i);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    support_group_start(&group[0], 1, write_in_turn, &written);
    await_waiting(0, 1);
    if (FIRST(_i)) {
        support_threads(2, read_in_turn, &read);
        must_eq(written, 0);
        must_eq(weir_rwlock_tryrdlock(&rw), 0);
        must_eq(weir_rwlock_rdlock(&rw), 0);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
        must_eq(weir_rwlock_rdunlock(&rw), 0);
    } else {
        must_eq(weir_rwlock_tryrdlock(&rw), EBUSY);
        must_eq(weir_rwlock_rdlock_until(&rw, WEIR_NOW), ETIMEDOUT);
        must_eq(weir_rwlock_rdlock_until(&rw, weir_after(2000000)), ETIMEDOUT);
        support_group_start(&group[1], 1, read_in_turn, &read);
        await_waiting(1, 1);
    }
    since = weir_now();
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    support_group_join(&group[0]);
    if (!FIRST(_i)) {
        support_group_join(&group[1]);
        must(read > 0 && (written < read || !is_in_order(_i, since)));
    }
    must_be_at_rest();
}
END_TEST

/* Three writers and three readers wait.  Fair: all readers come after the
 * first writer that is let in, and before the second. */
START_TEST(phases_alternate)
{
    int read[3] = {0};
    int written[3] = {0};
    support_group_t readers[3];
    support_group_t writers[3];
    weir_deadline_t since;
    int first;

    fresh(_i);
    turns = 0;
    must_eq(weir_rwlock_rdlock(&rw), 0);
    for (unsigned i = 0; i < 3; i++) {
        support_group_start(&writers[i], 1, write_in_turn, &written[i]);
        await_waiting(i, i + 1);
        support_group_start(&readers[i], 1, read_in_turn, &read[i]);
        await_waiting(i + 1, i + 1);
    }
    since = weir_now();
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    for (unsigned i = 0; i < 3; i++) {
        support_group_join(&writers[i]);
        support_group_join(&readers[i]);
        must(written[i] > 0 && read[i] > 0);
    }
    first = FAIR(_i) ? 2 : 4;
    for (unsigned i = 0; i < 3 && is_in_order(_i, since); i++) {
        must(read[i] >= first);
        must(read[i] <= first + 2);
    }
    must_be_at_rest();
}
END_TEST

/* Fair: a writer that arrives does not overtake one that waits. */
START_TEST(an_arriving_writer_waits)
{
    support_group_t group;
    int written = 0;

    fresh(_i);
    /* One waits for nobody: as if it had just been woken. */
    weir_store_rlx_(&rw.state, rw_state() + 0x10000);
    must_eq(weir_rwlock_trywrlock(&rw), FAIR(_i) ? EBUSY : 0);
    if (!FAIR(_i))
        must_eq(weir_rwlock_wrunlock(&rw), 0);
    support_group_start(&group, 1, write_in_turn, &written);
    support_group_join(&group);
    must(written > 0);
}
END_TEST

/* --- giving up --- */

static void write_shortly(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_wrlock_until(&rw, weir_after(30000000)), ETIMEDOUT);
}

/* Readers that were kept out for a writer get in when that gives up, though
 * nobody releases the lock.  (hazards B15, B16, B20) */
START_TEST(readers_behind_one_that_gives_up)
{
    int read = 0;
    support_group_t writer;
    support_group_t readers;

    fresh(_i);
    must_eq(weir_rwlock_rdlock(&rw), 0);
    support_group_start(&writer, 1, write_shortly, NULL);
    support_group_start(&readers, 3, read_in_turn, &read);
    support_group_join(&readers);
    support_group_join(&writer);
    must_eq(RW_READERS(rw_state()), 1);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    must_be_at_rest();
}
END_TEST

static void read_shortly(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    must_eq(weir_rwlock_rdlock_until(&rw, weir_after(5000000)), ETIMEDOUT);
}

/* Readers that wait for a writer, and give up, keep no writer out. */
START_TEST(writers_behind_readers_that_give_up)
{
    int written = 0;
    support_group_t group;

    fresh(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_group_start(&group, 1, write_in_turn, &written);
    await_waiting(0, 1);
    support_threads(3, read_shortly, NULL);
    must_eq(RW_READERS_WAITING(rw_state()), 0);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    support_group_join(&group);
    must_be_at_rest();
}
END_TEST

/* Those whose turn it is do not come, and the last of them gives up: the
 * writer that waits for them is let in.  Here this thread leaves out the
 * wake-up of the unlock. */
START_TEST(a_turn_that_nobody_takes)
{
    int written = 0;
    support_group_t group;
    uint64_t state;

    fresh(2);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_group_start(&group, 1, write_in_turn, &written);
    await_waiting(0, 1);
    support_await_sleep(group.tids[0]);
    /* The writer unlocks, with a reader in the queue: its turn. */
    state = rw_state();
    must_eq(state & RW_WRITER, RW_WRITER);
    weir_store_rlx_(&rw.state, state + ((uint64_t)1 << 48) + RW_QUEUED);
    must_eq(weir_rwlock_wrunlock(&rw), 0);
    must_eq(rw_state() & RW_TURN, RW_TURN);
    must_eq(weir_rwlock_trywrlock(&rw), EBUSY);
    must_eq(weir_rwlock_tryrdlock(&rw), 0);
    /* That reader comes late: and this one is as good as it. */
    state = rw_state();
    weir_store_rlx_(&rw.state,
                    (state - ((uint64_t)1 << 48)) & ~(RW_QUEUED | RW_TURN));
    must_eq(written, 0);
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    support_group_join(&group);
    must(written > 0);
    must_be_at_rest();
}
END_TEST

/* --- downgrade --- */

/* Readers that wait get in with a downgrade, unless a writer waits that is
 * preferred; that one never gets in between. */
START_TEST(downgrade_lets_readers_in)
{
    weir_deadline_t since;
    int read = 0;
    int written = 0;
    support_group_t readers;
    support_group_t writer;

    fresh(_i);
    must_eq(weir_rwlock_wrlock(&rw), 0);
    support_group_start(&readers, 2, read_in_turn, &read);
    await_waiting(2, 0);
    support_group_start(&writer, 1, write_in_turn, &written);
    await_waiting(2, 1);
    must_eq(weir_rwlock_downgrade(&rw), 0);
    if (FIRST(_i) || FAIR(_i))
        support_group_join(&readers);
    support_await_sleep(writer.tids[0]);
    must_eq(written, 0);
    since = weir_now();
    must_eq(weir_rwlock_rdunlock(&rw), 0);
    support_group_join(&writer);
    if (!FIRST(_i) && !FAIR(_i)) {
        support_group_join(&readers);
        must(read > 0 && (written < read || !is_in_order(_i, since)));
    }
    must_be_at_rest();
}
END_TEST

/* --- starvation --- */

static int stop;

static void keep_reading(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        must_eq(weir_rwlock_rdlock(&rw), 0);
        sched_yield();
        must_eq(weir_rwlock_rdunlock(&rw), 0);
    }
}

static void keep_writing(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        must_eq(weir_rwlock_wrlock(&rw), 0);
        sched_yield();
        must_eq(weir_rwlock_wrunlock(&rw), 0);
    }
}

/* Whoever is not starved, by policy, gets in: the watchdog says if not. */
START_TEST(nobody_starves_that_should_not)
{
    support_group_t group;
    int k = _i % KINDS;
    bool readers = _i < KINDS;

    if (readers ? FIRST(k) : !FIRST(k) && !FAIR(k))
        return; /* they starve, by policy */
    fresh(k);
    stop = 0;
    support_group_start(&group, 3, readers ? keep_reading : keep_writing, NULL);
    for (int i = 0; i < 30; i++) {
        support_progress();
        if (readers)
            write_once(0, NULL);
        else
            read_once(0, NULL);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    support_group_join(&group);
    must_be_at_rest();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rwlock_policy");
    TCase *tcase = support_tcase(suite, "order");

    tcase_add_loop_test(tcase, both_wait_for_a_writer, 0, KINDS);
    tcase_add_loop_test(tcase, a_writer_waits_for_a_reader, 0, KINDS);
    tcase_add_loop_test(tcase, phases_alternate, 2, 3);
    tcase_add_loop_test(tcase, phases_alternate, 5, 6);
    tcase_add_loop_test(tcase, phases_alternate, 0, 1);
    tcase_add_loop_test(tcase, an_arriving_writer_waits, 0, PRIVATE_KINDS);
    tcase = support_tcase(suite, "giving up");
    tcase_add_loop_test(tcase, readers_behind_one_that_gives_up, 0, KINDS);
    tcase_add_loop_test(tcase, writers_behind_readers_that_give_up, 0, KINDS);
    tcase_add_test(tcase, a_turn_that_nobody_takes);
    tcase = support_tcase(suite, "downgrade");
    tcase_add_loop_test(tcase, downgrade_lets_readers_in, 0, KINDS);
    tcase = support_tcase(suite, "starvation");
    tcase_add_loop_test(tcase, nobody_starves_that_should_not, 0, 2 * KINDS);
    return support_main(suite);
}
