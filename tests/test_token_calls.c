/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Tokens in every call that takes one: it really sleeps, and is really let go,
 * by the token, by an ancestor, by either deadline, and by what it waits for;
 * with a kernel that can wait for several words, and without.
 */
#include "test_token_kit.h"

struct wait {
    const struct kit_row *row;
    weir_token_t *token;
    weir_deadline_t deadline;
    int result;
};

static void wait_for(unsigned index, void *arg)
{
    struct wait *wait = arg;

    (void)index;
    wait->result = keeps_errno(wait->row->call(wait->deadline, wait->token));
}

/* Begin a call, and see it asleep. */
static void begin(support_group_t *group, struct wait *wait)
{
    support_note("row: %lu", (unsigned long)(wait->row - kit_rows), kit_flags);
    support_group_start(group, 1, wait_for, wait);
    (void)support_await_sleep(group->tids[0]);
}

/* Not a signal that nobody waits for; and nobody arrives at an open latch. */
static bool is_ready_for_ever(const struct kit_row *row)
{
    return row->block != kit_block_cond && row->call != kit_arrive;
}

/* After it: what it waited for can be had, by the plain call. */
static void let_go(const struct kit_row *row)
{
    if (row->call == kit_lock)
        must_eq(weir_mutex_trylock(&kit.mutex), EBUSY);
    row->release();
    if (is_ready_for_ever(row))
        must_eq(row->call(WEIR_FOREVER, NULL), 0);
}

static void cancels(int i, bool by_ancestor)
{
    const struct kit_row *row = kit_row(i);
    weir_token_t chain[WEIR_TOKEN_DEPTH_MAX];
    struct wait wait;
    support_group_t group;
    unsigned depth = by_ancestor ? WEIR_TOKEN_DEPTH_MAX : 1;

    if (row == NULL)
        return;
    must_eq(weir_token_init(&chain[0], NULL, WEIR_FOREVER, kit_flags), 0);
    for (unsigned k = 1; k < depth; k++)
        must_eq(
            weir_token_init(&chain[k], &chain[k - 1], WEIR_FOREVER, kit_flags),
            0);
    row->block();
    wait = (struct wait){row, &chain[depth - 1], WEIR_FOREVER, -1};
    begin(&group, &wait);
    must_eq(keeps_errno(weir_token_cancel(&chain[0])), 0);
    support_group_join(&group);
    must_eq(wait.result, ECANCELED);
    let_go(row);
}

START_TEST(is_cancelled_asleep)
{
    kit_can_wait_any = true;
    cancels(_i, false);
}
END_TEST

START_TEST(is_cancelled_by_an_ancestor)
{
    kit_can_wait_any = true;
    cancels(_i, true);
}
END_TEST

START_TEST(is_cancelled_by_an_old_kernel)
{
    kit_can_wait_any = false;
    cancels(_i, _i % 2);
}
END_TEST

/* Let go by what it waits for; the token stays as it was. */
static void succeeds(int i)
{
    const struct kit_row *row = kit_row(i);
    weir_token_t token;
    struct wait wait;
    support_group_t group;

    if (row == NULL || row->is_predicate)
        return;
    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, kit_flags), 0);
    row->block();
    wait = (struct wait){row, &token, WEIR_FOREVER, -1};
    begin(&group, &wait);
    row->release();
    support_group_join(&group);
    must_eq(wait.result, 0);
    must(!weir_token_is_cancelled(&token));
}

START_TEST(gets_what_it_waits_for)
{
    kit_can_wait_any = true;
    succeeds(_i);
}
END_TEST

START_TEST(gets_it_from_an_old_kernel)
{
    kit_can_wait_any = false;
    succeeds(_i);
}
END_TEST

/* The deadline of the call: ETIMEDOUT; of the token: ECANCELED.  Not early. */
START_TEST(deadlines)
{
    const struct kit_row *row = kit_row(_i);

    if (row == NULL)
        return;
    for (int k = 0; k < 4; k++) {
        weir_deadline_t soon = weir_after(3000000);
        bool of_token = k % 2;
        weir_token_t token;

        kit_can_wait_any = k < 2;
        must_eq(weir_token_init(&token, NULL, of_token ? soon : WEIR_FOREVER,
                                kit_flags),
                0);
        row->block();
        must_eq(keeps_errno(row->call(of_token ? weir_after(60000000000) : soon,
                                      &token)),
                of_token ? ECANCELED : ETIMEDOUT);
        must(weir_now() >= soon);
        let_go(row);
    }
}
END_TEST

/* A token that is cancelled before the call: one try, which may succeed. */
START_TEST(is_cancelled_before)
{
    const struct kit_row *row = kit_row(_i);
    weir_token_t token;

    if (row == NULL)
        return;
    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, kit_flags), 0);
    must_eq(weir_token_cancel(&token), 0);
    row->block();
    must_eq(keeps_errno(row->call(WEIR_FOREVER, &token)), ECANCELED);
    must_eq(keeps_errno(row->call(WEIR_NOW, &token)), ECANCELED);
    must_eq(row->call(WEIR_NOW, NULL), ETIMEDOUT);
    row->release();
    if (is_ready_for_ever(row))
        must_eq(keeps_errno(row->call(WEIR_FOREVER, &token)), 0);
}
END_TEST

/* A barrier is broken by it, as by a deadline. */
START_TEST(breaks_a_barrier)
{
    weir_token_t token = WEIR_TOKEN_INIT;
    unsigned index;

    kit_can_wait_any = _i % 2;
    must_eq(weir_barrier_init(&kit.barrier, 2, _i / 2 ? WEIR_SHARED : 0), 0);
    must_eq(weir_token_init(&token, NULL, weir_after(2000000), 0), 0);
    must_eq(keeps_errno(weir_barrier_wait_with(&kit.barrier, WEIR_FOREVER,
                                               &token, &index)),
            ECANCELED);
    must(weir_barrier_broken(&kit.barrier));
    must_eq(weir_barrier_wait(&kit.barrier, &index), ECANCELED);
    must_eq(weir_barrier_reset(&kit.barrier), 0);
    must_eq(
        weir_barrier_wait_with(&kit.barrier, weir_after(1000000), NULL, &index),
        ETIMEDOUT);
}
END_TEST

/* Where there is nothing to wait for, a token changes nothing. */
START_TEST(needs_no_wait)
{
    weir_token_t token = WEIR_TOKEN_INIT;

    must_eq(weir_token_cancel(&token), 0);
    must_eq(weir_latch_init(&kit.latch, 1, _i ? WEIR_SHARED : 0), 0);
    must_eq(keeps_errno(weir_latch_arrive_and_wait_with(&kit.latch,
                                                        WEIR_FOREVER, &token)),
            0);
    must_eq(keeps_errno(weir_latch_arrive_and_wait_with(&kit.latch,
                                                        WEIR_FOREVER, &token)),
            EOVERFLOW);
    must_eq(weir_rmutex_init(&kit.rmutex, _i ? WEIR_SHARED : 0), 0);
    for (unsigned depth = 1; depth < 4; depth++) {
        must_eq(
            keeps_errno(weir_rmutex_lock_with(&kit.rmutex, WEIR_NOW, &token)),
            0);
        must_eq(weir_rmutex_depth(&kit.rmutex), depth);
    }
}
END_TEST

/* What is there, or comes after the inline code has looked, is had by who calls
 * out for it, also at a time that is over, and with a token that is cancelled. */
START_TEST(calls_out_for_what_is_there)
{
    static weir_mutex_t mutex;
    weir_token_t token;
    weir_event_t event;
    weir_sem_t sem;
    int (*volatile call)(weir_sem_t *, weir_deadline_t, weir_token_t *) =
        weir_sem_wait_with_slow_;

    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, 0), 0);
    must_eq(weir_token_cancel(&token), 0);
    must_eq(weir_sem_init(&sem, 3, 3, 0), 0);
    must_eq(call(&sem, WEIR_FOREVER, NULL), 0);
    must_eq(call(&sem, WEIR_NOW, NULL), 0);
    must_eq(call(&sem, WEIR_NOW, &token), 0);
    must_eq(call(&sem, WEIR_NOW, NULL), ETIMEDOUT);
    must_eq(call(&sem, WEIR_FOREVER, &token), ECANCELED);
    must_eq(weir_mutex_lock_with_slow_(&mutex, WEIR_NOW, &token), 0);
    must_eq(weir_mutex_lock_with_slow_(&mutex, WEIR_NOW, NULL), ETIMEDOUT);
    must_eq(weir_mutex_lock_with_slow_(&mutex, WEIR_FOREVER, &token),
            ECANCELED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(weir_event_init(&event, 0), 0);
    must_eq(weir_event_wait_with_slow_(&event, 0, WEIR_NOW, NULL), ETIMEDOUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token_calls");
    TCase *tcase = support_tcase(suite, "cancelled");

    tcase_add_loop_test(tcase, is_cancelled_asleep, 0, 2 * KIT_ROWS);
    tcase_add_loop_test(tcase, is_cancelled_by_an_ancestor, 0, 2 * KIT_ROWS);
    tcase_add_loop_test(tcase, is_cancelled_by_an_old_kernel, 0, 2 * KIT_ROWS);
    tcase_add_loop_test(tcase, is_cancelled_before, 0, 2 * KIT_ROWS);
    tcase_add_loop_test(tcase, breaks_a_barrier, 0, 4);
    tcase_add_loop_test(tcase, needs_no_wait, 0, 2);
    tcase_add_test(tcase, calls_out_for_what_is_there);
    tcase = support_tcase(suite, "woken");
    tcase_add_loop_test(tcase, gets_what_it_waits_for, 0, 2 * KIT_ROWS);
    tcase_add_loop_test(tcase, gets_it_from_an_old_kernel, 0, 2 * KIT_ROWS);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, deadlines, 0, 2 * KIT_ROWS);
    return support_main(suite);
}
