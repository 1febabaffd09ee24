/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Events of every call that waits: it begins to, before it sleeps, and has
 * ended when it returns, whatever ended it; and of timers that fire.
 */
#include "test_token_kit.h"

#include <weir/trace.h>

#define KINDS (WEIR_TRACE_TIMER_FIRE + 1)

static uint64_t watched; /* the thread that events count of */
static int counts[KINDS];
static weir_trace_event_t fired;

static void count(const weir_trace_event_t *event)
{
    if (event->kind == WEIR_TRACE_TIMER_FIRE)
        fired = *event;
    if (event->kind != WEIR_TRACE_TIMER_FIRE &&
        event->thread != __atomic_load_n(&watched, __ATOMIC_ACQUIRE))
        return;
    must(event->ns >= 0);
    (void)__atomic_fetch_add(&counts[event->kind], 1, __ATOMIC_RELEASE);
}

static int counted(int kind)
{
    return __atomic_load_n(&counts[kind], __ATOMIC_ACQUIRE);
}

static void begin(void)
{
    for (int kind = 0; kind < KINDS; kind++)
        __atomic_store_n(&counts[kind], 0, __ATOMIC_RELEASE);
    must_eq(weir_set_trace(count), 0);
}

struct wait {
    const struct kit_row *row;
    weir_token_t *token;
    int result;
};

static void wait_for(unsigned index, void *arg)
{
    struct wait *wait = arg;

    (void)index;
    __atomic_store_n(&watched, weir_get_ident(), __ATOMIC_RELEASE);
    wait->result = wait->row->call(WEIR_FOREVER, wait->token);
    __atomic_store_n(&watched, 0, __ATOMIC_RELEASE);
}

static bool is_timer(const struct kit_row *row)
{
    return row->block == kit_block_timer;
}

/* By what it waits for, or by its token. */
START_TEST(contended_from_begin_to_end)
{
    const struct kit_row *row = kit_row(_i / 2);
    weir_token_t token = WEIR_TOKEN_INIT;
    bool cancel = _i % 2;
    struct wait wait = {row, &token, -1};
    support_group_t group;

    if (row == NULL || is_timer(row) || row->call == kit_join_all ||
        (row->is_predicate && !cancel))
        return;
    row->block();
    begin();
    support_group_start(&group, 1, wait_for, &wait);
    (void)support_await_sleep(group.tids[0]);
    must_eq(counted(WEIR_TRACE_CONTENDED_BEGIN), 1);
    must_eq(counted(WEIR_TRACE_CONTENDED_END), 0);
    must(counted(WEIR_TRACE_WAIT) >= 1);
    if (cancel)
        must_eq(weir_token_cancel(&token), 0);
    else
        row->release();
    support_group_join(&group);
    must_eq(weir_set_trace(NULL), 0);
    must_eq(wait.result, cancel ? ECANCELED : 0);
    must(counted(WEIR_TRACE_CONTENDED_BEGIN) >= 1);
    must_eq(counted(WEIR_TRACE_CONTENDED_BEGIN),
            counted(WEIR_TRACE_CONTENDED_END));
    must_eq(counted(WEIR_TRACE_WAIT), counted(WEIR_TRACE_WOKEN));
    if (cancel)
        row->release();
}
END_TEST

static void note_fire(void *arg)
{
    must_eq(counted(WEIR_TRACE_TIMER_FIRE), 1);
    must_eq(weir_event_set(arg), 0);
}

START_TEST(timers_fire)
{
    weir_event_t done = WEIR_EVENT_INIT;
    weir_timer_t timer;
    weir_deadline_t due;

    begin();
    /* How late it is is of interest to both kinds of hook. */
    if (_i == 1) {
        must_eq(weir_set_trace(NULL), 0);
        must_eq(weir_set_profile(count), 0);
    }
    must_eq(weir_timer_init(&timer, note_fire, &done, 0), 0);
    due = _i == 0 ? WEIR_NOW : weir_after(1000000);
    must_eq(weir_timer_start_at(&timer, due), 0);
    must_eq(weir_event_wait(&done), 0);
    must_eq(weir_timer_join(&timer, WEIR_FOREVER), 0);
    must_eq(weir_set_trace(NULL), 0);
    must_eq(weir_set_profile(NULL), 0);
    must_eq(counted(WEIR_TRACE_TIMER_FIRE), 1);
    must(fired.object == &timer);
    must(_i == 0 ? fired.ns == 0 : fired.ns <= fired.time - due);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, contended_from_begin_to_end, 0, 4 * KIT_ROWS);
    tcase = support_tcase(suite, "timer");
    tcase_add_loop_test(tcase, timers_fire, 0, 2);
    return support_main(suite);
}
