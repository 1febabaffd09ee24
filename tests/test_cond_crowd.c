/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Condition: crowds.  Several threads of each of several processes wait on one
 * shared condition at once, which is not at the same address in all of them;
 * and waits for predicates whose answer comes from another process.
 */
#include <limits.h>

#include "futex/sys.h"
#include "support/support.h"
#include "test_cond_kit.h"

/* This process, and two children.  One child has the crowd where this process
 * has it, the other elsewhere. */
#define PROCESSES 3u
#define EACH 2u /* threads: the first is of row 0, the second of row 1 */
#define ALL (PROCESSES * EACH)

struct crowd {
    struct object object;
    unsigned rows; /* that may come */
    pid_t tids[ALL];
    /* Guarded by the object's lock. */
    bool back[ALL];
    long looks; /* at the predicate */
    /* What the last look asks another process. */
    int asked;
    int answer;
};

static support_twin_t twin;
static struct crowd *here, *there;
static unsigned process; /* the number of this one */
static pid_t children[PROCESSES];
static support_group_t group;

static struct crowd *view_of(unsigned number)
{
    return number == 1 ? there : here;
}

static void fresh_crowd(int way)
{
    twin = support_twin(sizeof(struct crowd));
    here = twin.here;
    there = twin.there;
    make(&here->object, way * 2 | 1);
    support_watch("cond, parent's view", &here->object, 40);
}

/* A body for each thread of each process.  The children come first: they
 * start threads, and so are forked before this process has some. */
static void start(support_body_t *body)
{
    for (unsigned i = 1; i < PROCESSES; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            process = i;
            support_threads(EACH, body, view_of(i));
            support_exit();
        }
    }
    support_group_start(&group, EACH, body, view_of(0));
}

static void join(void)
{
    support_group_join(&group);
    for (unsigned i = 1; i < PROCESSES; i++)
        support_reap(children[i]);
    must_eq(here->object.gone, ALL);
    must_eq(here->object.owed, 0);
    support_twin_free(&twin);
}

/* Say who this is, and wait until its row may come.  Which of the crowd it
 * is. */
static unsigned come(struct crowd *crowd, unsigned row)
{
    unsigned me = process * EACH + row;

    crowd->tids[me] = support_tid();
    while (__atomic_load_n(&crowd->rows, __ATOMIC_ACQUIRE) <= row)
        support_sleep_ns(20000);
    return me;
}

/* Each of the rows that came and has not returned sleeps, on the turn as its
 * process sees it. */
static void others_sleep(void)
{
    bool back[ALL];

    lock(&here->object);
    for (unsigned i = 0; i < ALL; i++)
        back[i] = here->back[i] || i % EACH >= here->rows;
    unlock(&here->object);
    for (unsigned i = 0; i < ALL; i++) {
        const void *turn = &view_of(i / EACH)->object.cond.turn;
        const void *word = back[i] ? NULL : support_await_sleep(here->tids[i]);

        must(word == NULL || word == turn);
    }
}

/* The same after a wake-up that is nobody's: each has looked once more whether
 * it was signalled. */
static void others_sleep_on(void)
{
    others_sleep();
    weir_futex_wake_(&here->object.cond.turn, INT_MAX, WEIR_BITS_ALL, true);
    others_sleep();
}

static void let_come(unsigned rows)
{
    __atomic_store_n(&here->rows, rows, __ATOMIC_RELEASE);
    await_came(&here->object, rows * PROCESSES);
    others_sleep();
}

/* --- signals --- */

static void wait_in_crowd(unsigned row, void *arg)
{
    struct crowd *crowd = arg;
    unsigned me = come(crowd, row);

    lock(&crowd->object);
    wait_held(&crowd->object);
    crowd->back[me] = true;
    unlock(&crowd->object);
}

/* Signal n, through either address; then that many have returned, which makes
 * it this many in all, and each other one sleeps on. */
static void notify(unsigned n, long gone, bool inside)
{
    signal_counted(gone % 2 ? &there->object : &here->object, n, inside);
    await_gone(&here->object, gone);
    others_sleep_on();
    await_gone(&here->object, gone);
}

/* Calls, until nobody is left: signal, signal_n, broadcast. */
static const unsigned calls[][ALL] = {
    {1, 1, 1, 1, 1, 1}, {0, 2, 3, 9}, {5, 2}, {1, 4, ~0u}, {2, ~0u}, {~0u},
};
#define CALLS (int)(sizeof(calls) / sizeof(calls[0]))

/* T test_notify, of many in many. */
START_TEST(exactly_so_many_of_all)
{
    const unsigned *n = calls[_i / 4];
    long gone = 0;

    fresh_crowd(_i % 2);
    start(wait_in_crowd);
    let_come(2);
    while (gone < (long)ALL) {
        gone = *n < ALL - gone ? gone + *n : ALL;
        notify(*n++, gone, _i / 2 % 2);
    }
    join();
}
END_TEST

/* Each process has one that came before the first signal and one that came
 * after it.  Those are signalled only when all of these were. */
START_TEST(later_comers_of_all_wait_their_turn)
{
    bool inside = _i / 2 % 2;

    fresh_crowd(_i % 2);
    start(wait_in_crowd);
    let_come(1);
    notify(1, 1, inside);
    let_come(2);
    notify(1, 2, inside);
    notify(2, 4, inside);
    for (unsigned i = 0; i < ALL; i += EACH)
        must(here->back[i]);
    notify(~0u, ALL, inside);
    join();
}
END_TEST

/* --- predicates --- */

static bool has_token(void *arg)
{
    struct crowd *crowd = arg;

    must(is_held(&crowd->object));
    crowd->looks++;
    return crowd->object.tokens > 0;
}

static void wait_for_token(unsigned row, void *arg)
{
    struct crowd *crowd = arg;
    unsigned me = come(crowd, row);
    struct object *o = &crowd->object;

    lock(o);
    o->came++;
    must_eq(keeps_errno(wait_for(o, has_token, crowd, WEIR_FOREVER)), 0);
    must(is_held(o));
    must(o->tokens > 0);
    o->gone++;
    crowd->back[me] = true;
    unlock(o);
}

static void await_looks(long n)
{
    for (long looks = -1; looks < n; support_sleep_ns(20000)) {
        lock(&here->object);
        looks = here->looks;
        unlock(&here->object);
        must(looks <= n);
    }
}

/* T test_waitfor.  So many look again as were signalled, and no others; they
 * sleep again, for as long as they see what is not enough. */
START_TEST(so_many_look_again)
{
    static const unsigned ns[] = {1, 2, 0, ~0u, 5};
    long looks = ALL;

    fresh_crowd(_i);
    start(wait_for_token);
    let_come(2);
    await_looks(looks);
    for (unsigned i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
        lock(&here->object);
        here->object.tokens--;
        unlock(&here->object);
        must_eq(weir_cond_signal_n(&here->object.cond, ns[i]), 0);
        looks += ns[i] < ALL ? ns[i] : ALL;
        await_looks(looks);
        others_sleep_on();
        await_looks(looks);
    }
    lock(&here->object);
    here->object.tokens = 1;
    must_eq(weir_cond_broadcast(&here->object.cond), 0);
    unlock(&here->object);
    await_gone(&here->object, ALL);
    await_looks(looks + (long)ALL);
    join();
}
END_TEST

#define NO 1
#define YES 2

/* False; and what another process says. */
static bool ask(void *arg)
{
    struct crowd *crowd = arg;
    int answer;

    must(is_held(&crowd->object));
    if (++crowd->looks == 1)
        return false;
    __atomic_store_n(&crowd->asked, 1, __ATOMIC_RELEASE);
    while (!(answer = __atomic_load_n(&crowd->answer, __ATOMIC_ACQUIRE)))
        support_sleep_ns(20000);
    return answer == YES;
}

static void ask_until(struct crowd *crowd, weir_deadline_t deadline, int wanted)
{
    struct object *o = &crowd->object;

    lock(o);
    must_eq(keeps_errno(wait_for(o, ask, crowd, deadline)), wanted);
    must_eq(crowd->looks, 2);
    must(is_held(o));
    unlock(o);
}

/* T test_waitfor_timeout.  Nobody signals.  The one look that there is after
 * the deadline decides, and it sees what another process did until then. */
START_TEST(the_last_look_counts)
{
    int answer = _i / 2 ? YES : NO;
    weir_deadline_t deadline = weir_after(3000000);
    pid_t child;

    fresh_crowd(_i % 2);
    child = support_fork();
    if (child == 0) {
        ask_until(there, deadline, answer == YES ? 0 : ETIMEDOUT);
        support_exit();
    }
    while (!__atomic_load_n(&here->asked, __ATOMIC_ACQUIRE))
        support_sleep_ns(20000);
    must(weir_now() >= deadline);
    __atomic_store_n(&here->answer, answer, __ATOMIC_RELEASE);
    support_reap(child);
    support_twin_free(&twin);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cond_crowd");
    TCase *tcase = support_tcase(suite, "signals");

    tcase_add_loop_test(tcase, exactly_so_many_of_all, 0, 4 * CALLS);
    tcase_add_loop_test(tcase, later_comers_of_all_wait_their_turn, 0, 4);
    tcase = support_tcase(suite, "predicates");
    tcase_add_loop_test(tcase, so_many_look_again, 0, 2);
    tcase_add_loop_test(tcase, the_last_look_counts, 0, 4);
    return support_main(suite);
}
