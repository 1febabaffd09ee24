/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What each kind of object asks of one who waits for others as well, from the
 * inside (foreign.h): what it marks when it is announced, and that a wake-up
 * which it has swallowed is paid for when it withdraws.  A call that is muted
 * is one that chose this waiter.  (hazards B6, B7)
 */
#include <weir/weir.h>

#include <stdlib.h>

#include "futex/foreign.h"
#include "futex/parked.h"
#include "test_seam_kit.h"
#include "thread/join.h"

/* As src/futex/mutex.h has them. */
#define LOCKED 1u
#define HEAVY 2u
#define SHARED 4u
#define LIGHT_OWNER 8u
#define CONTENDED 16u
#define WAKING 32u
#define RESERVED 64u

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};

static weir_sem_t sem;
static weir_mutex_t mutex;
static weir_event_t event;
static weir_latch_t latch;
static weir_queue_t *queue;
static uint64_t element;

static struct weir_foreign foreign;
static struct weir_words words;

static void begin(const struct weir_foreign_kind *kind, void *object)
{
    seam_reset();
    foreign = (struct weir_foreign){
        .kind = kind, .object = object, .element = &element};
}

static bool announce(void)
{
    bool all;

    words.n = 0;
    words.full = words.shared = words.unsure = false;
    words.deadline = WEIR_FOREVER;
    all = foreign.kind->announce(&foreign, &words);
    foreign.announced = true;
    return all;
}

static int attempt(void)
{
    return foreign.kind->attempt(&foreign, false);
}

static void withdraw(bool won)
{
    foreign.kind->withdraw(&foreign, won);
}

/* Whether it would sleep now on the one word that it has named. */
static bool would_sleep(void)
{
    must_eq(words.n, 1);
    return weir_load_sc_(words.word[0].word) == words.word[0].expected;
}

static void make_queue(unsigned flags, size_t capacity)
{
    size_t size = weir_queue_memsize(capacity, 8);

    queue = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    must(queue != NULL);
    must_eq(weir_queue_init(queue, size, capacity, 8, flags), 0);
}

/* -- A sleeper beside it ------------------------------------------------ */

/* Shared sleepers look by themselves now and then: these do not. */
static void take_sem(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(weir_sem_wait(&sem), 0);
}

static void take_mutex(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

static void get(unsigned index, void *arg)
{
    uint64_t got;

    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(weir_queue_get(queue, &got), 0);
    must_eq(got, 5);
}

static void put(unsigned index, void *arg)
{
    uint64_t given = 6;

    (void)index;
    (void)arg;
    seam.patient = true;
    must_eq(weir_queue_put(queue, &given), 0);
}

/* The wake-up of the call goes to the waiter that is driven by hand. */
#define SWALLOWED(call)                                                        \
    do {                                                                       \
        seam.mute = true;                                                      \
        must_eq(call, 0);                                                      \
        seam.mute = false;                                                     \
        foreign.slept = true;                                                  \
    } while (0)

static void begin_beside(support_group_t *group, support_body_t *body,
                         const volatile void *word)
{
    support_storm_waive(); /* a sleeper that looks again takes what is there */
    support_group_start(group, 1, body, NULL);
    await_sleep_on(group->tids[0], word, NULL);
}

/* -- Semaphore ---------------------------------------------------------- */

#define WAITERS ((uint64_t)1 << 31)

START_TEST(sem_is_marked)
{
    must_eq(weir_sem_init(&sem, 0, 9, scopes[_i]), 0);
    begin(&weir_sem_foreign_, &sem);
    must(announce());
    must(would_sleep());
    must_eq(weir_load_sc_(&sem.state) & 0xffffffffu, WAITERS);
    must_eq(words.shared, _i == 1);
    must_eq(words.word[0].shared, _i == 1);
    must_eq(attempt(), EAGAIN);
    must(announce());
    must(would_sleep());
    must_eq(weir_sem_post(&sem), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must(!would_sleep());
    must(!announce());
    must_eq(words.n, 0);
    must_eq(attempt(), 0);
    must_eq(weir_sem_value(&sem), 0);
}
END_TEST

START_TEST(sem_is_withdrawn)
{
    must_eq(weir_sem_init(&sem, 0, 9, scopes[_i]), 0);
    begin(&weir_sem_foreign_, &sem);
    /* It has not slept: its mark stands, or somebody else was called. */
    must(announce());
    SWALLOWED(weir_sem_post(&sem));
    foreign.slept = false;
    withdraw(false);
    must_eq(seam_count(&seam_wakes), 1);
    /* It has taken. */
    foreign.slept = true;
    withdraw(true);
    must_eq(seam_count(&seam_wakes), 1);
    /* It has not, and it is there. */
    withdraw(false);
    must_eq(seam_count(&seam_wakes), 2);
    must_eq(weir_load_rlx_(&seam_woken), 1);
    must_eq(weir_load_rlx_(&seam_woken_shared), _i == 1);
    /* Or it is gone: the mark is for those behind it. */
    must_eq(weir_sem_wait(&sem), 0);
    must_eq(weir_load_sc_(&sem.state) & 0xffffffffu, 0);
    withdraw(false);
    must_eq(seam_count(&seam_wakes), 2);
    must_eq(weir_load_sc_(&sem.state) & 0xffffffffu, WAITERS);
}
END_TEST

START_TEST(sem_wakes_the_next)
{
    support_group_t group;

    must_eq(weir_sem_init(&sem, 0, 9, scopes[_i]), 0);
    begin(&weir_sem_foreign_, &sem);
    must(announce());
    begin_beside(&group, take_sem, &sem.state);
    SWALLOWED(weir_sem_post(&sem));
    withdraw(false);
    support_group_join(&group);
}
END_TEST

/* One that was woken takes, and those behind it still sleep. */
START_TEST(sem_takes_as_one_that_slept)
{
    support_group_t group;

    must_eq(weir_sem_init(&sem, 0, 9, scopes[_i]), 0);
    begin(&weir_sem_foreign_, &sem);
    must(announce());
    begin_beside(&group, take_sem, &sem.state);
    SWALLOWED(weir_sem_post(&sem));
    must_eq(attempt(), 0);
    withdraw(true);
    must_eq(weir_sem_post(&sem), 0);
    support_group_join(&group);
}
END_TEST

/* -- Mutex -------------------------------------------------------------- */

static uint32_t mutex_state(void)
{
    return weir_load_sc_(&mutex.state) & 0xffu;
}

static bool is_parked(void)
{
    return weir_load_sc_(weir_parked_slot_(&mutex.state)) << 1 != 0;
}

static void begin_mutex(uint32_t state)
{
    must_eq(weir_mutex_init(&mutex, state & SHARED ? WEIR_SHARED : 0), 0);
    weir_store_sc_(&mutex.state, state);
    begin(&weir_mutex_foreign_, &mutex);
}

START_TEST(mutex_is_marked)
{
    static const uint32_t states[] = {HEAVY, HEAVY | SHARED};

    begin_mutex(states[_i] | LOCKED | WAKING);
    must_eq(attempt(), EAGAIN);
    must(announce());
    must(would_sleep());
    must_eq(mutex_state(), states[_i] | LOCKED | CONTENDED);
    must_eq(words.shared, _i == 1);
    must(!is_parked() && !words.unsure);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must(!would_sleep());
    must(!announce());
    foreign.slept = true;
    must_eq(attempt(), 0);
    must_eq(mutex_state(), states[_i] | LOCKED | CONTENDED);
    withdraw(true);
    must_eq(mutex_state(), states[_i] | LOCKED | CONTENDED);
    must_eq(seam_count(&seam_wakes), 1);
}
END_TEST

/* Under an owner that will release by a store it stands in the table. */
START_TEST(mutex_is_seen)
{
    begin_mutex(0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(mutex_state(), LOCKED);
    (void)announce();
    must(announce());
    must(would_sleep());
    must_eq(mutex_state(), LOCKED | HEAVY | LIGHT_OWNER | CONTENDED);
    must(is_parked() && foreign.parked);
    /* The release finds it, though it wipes the mark. */
    weir_store_sc_(&mutex.state, LOCKED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(seam_count(&seam_wakes), 1);
    withdraw(_i == 1);
    must(!is_parked());
    /* Others may depend on it, unless it has got the lock. */
    must_eq(seam_count(&seam_wakes), _i == 1 ? 1 : 2);
}
END_TEST

START_TEST(mutex_is_withdrawn)
{
    begin_mutex(HEAVY | WAKING);
    foreign.slept = true;
    withdraw(false); /* free: the next may have it */
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_load_rlx_(&seam_woken), 1);
    begin_mutex(HEAVY | LOCKED | WAKING);
    foreign.slept = true;
    withdraw(false); /* held: its unlock is to wake the next */
    must_eq(seam_count(&seam_wakes), 0);
    must_eq(mutex_state(), HEAVY | LOCKED | CONTENDED);
    begin_mutex(LOCKED);
    foreign.slept = true;
    withdraw(false); /* the next is to enter the table */
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(mutex_state(), LOCKED);
    begin_mutex(HEAVY | WAKING);
    withdraw(false); /* it has not slept */
    must_eq(seam_count(&seam_wakes), 0);
    must_eq(mutex_state(), HEAVY | WAKING);
}
END_TEST

START_TEST(mutex_wakes_the_next)
{
    support_group_t group;

    begin_mutex(_i == 1 ? HEAVY | SHARED : HEAVY);
    must_eq(weir_mutex_lock(&mutex), 0);
    must(announce());
    begin_beside(&group, take_mutex, &mutex.state);
    SWALLOWED(weir_mutex_unlock(&mutex));
    withdraw(false);
    support_group_join(&group);
}
END_TEST

/* The call for the one that has reserved it is passed on at once. */
START_TEST(mutex_passes_on)
{
    begin_mutex(HEAVY | RESERVED);
    must_eq(attempt(), EAGAIN);
    must(announce());
    must(would_sleep());
    must_eq(mutex_state(), HEAVY | RESERVED | CONTENDED);
    foreign.kind->woken(&foreign);
    must_eq(seam_count(&seam_wakes), 1);
    begin_mutex(HEAVY | LOCKED);
    foreign.kind->woken(&foreign);
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

/* -- Queue -------------------------------------------------------------- */

static const struct weir_foreign_kind *const queue_kinds[] = {
    &weir_queue_get_foreign_, &weir_queue_not_empty_foreign_,
    &weir_queue_put_foreign_, &weir_queue_not_full_foreign_};
#define QUEUE_KINDS 4

static bool is_putter(int kind)
{
    return kind >= 2;
}

/* Not ready for this kind; the other side moves one. */
static void begin_queue(int kind, unsigned flags)
{
    make_queue(flags, 1);
    element = 5;
    if (is_putter(kind))
        must_eq(weir_queue_put(queue, &element), 0);
    begin(queue_kinds[kind], queue);
}

static int move_one(int kind)
{
    uint64_t moved = 5;

    return is_putter(kind) ? weir_queue_get(queue, &moved)
                           : weir_queue_put(queue, &moved);
}

static weir_eventcount_t_ *count_of(int kind)
{
    return is_putter(kind) ? &queue->not_full : &queue->not_empty;
}

START_TEST(queue_is_counted)
{
    int kind = _i % QUEUE_KINDS;

    begin_queue(kind, scopes[_i / QUEUE_KINDS]);
    must(announce());
    must(would_sleep());
    must_eq(words.shared, _i / QUEUE_KINDS == 1);
    must(weir_eventcount_has_sleepers_(count_of(kind)));
    must_eq(attempt(), EAGAIN);
    must(announce());
    must(would_sleep());
    must_eq(move_one(kind), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must(!would_sleep());
    must(announce());
    must_eq(attempt(), 0);
    withdraw(true);
    must(!weir_eventcount_has_sleepers_(count_of(kind)));
    free(queue);
}
END_TEST

/* Woken for what it does not take: it is for the next. */
START_TEST(queue_wakes_the_next)
{
    int kind = _i % QUEUE_KINDS;
    support_group_t group;

    begin_queue(kind, scopes[_i / QUEUE_KINDS]);
    must(announce());
    begin_beside(&group, is_putter(kind) ? put : get, &count_of(kind)->word);
    SWALLOWED(move_one(kind));
    withdraw(false);
    support_group_join(&group);
    must(!weir_eventcount_has_sleepers_(count_of(kind)));
    free(queue);
}
END_TEST

/* Who was told that there is something takes nothing: the next does. */
START_TEST(observers_pass_on)
{
    int kind = _i % 2 ? 3 : 1;
    support_group_t group;

    begin_queue(kind, scopes[_i / 2]);
    must(announce());
    begin_beside(&group, is_putter(kind) ? put : get, &count_of(kind)->word);
    SWALLOWED(move_one(kind));
    must(announce());
    must_eq(attempt(), 0);
    withdraw(true);
    support_group_join(&group);
    free(queue);
}
END_TEST

/* -- Those that release all --------------------------------------------- */

START_TEST(event_is_marked)
{
    must_eq(weir_event_init(&event, scopes[_i]), 0);
    begin(&weir_event_foreign_, &event);
    weir_event_foreign_begin_(&foreign);
    must_eq(attempt(), EAGAIN);
    must(announce());
    must(would_sleep());
    must_eq(words.shared, _i == 1);
    must_eq(weir_event_set(&event), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_event_clear(&event), 0);
    must(!would_sleep());
    must(!announce());
    must_eq(attempt(), 0); /* it began before */
    weir_event_foreign_begin_(&foreign);
    must_eq(attempt(), EAGAIN);
    must(foreign.kind->withdraw == NULL);
}
END_TEST

START_TEST(latch_is_marked)
{
    must_eq(weir_latch_init(&latch, 2, scopes[_i]), 0);
    begin(&weir_latch_foreign_, &latch);
    must_eq(attempt(), EAGAIN);
    must(announce());
    must(would_sleep());
    must_eq(words.shared, _i == 1);
    must_eq(weir_latch_count_down(&latch, 1), 0);
    must(announce());
    must(would_sleep());
    must_eq(weir_latch_count_down(&latch, 1), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must(!would_sleep());
    must(!announce());
    must_eq(attempt(), 0);
}
END_TEST

START_TEST(tokens_are_marked)
{
    weir_token_t chain[3];
    weir_deadline_t far = weir_after(INT64_C(3600) * 1000000000);

    for (int i = 0; i < 3; i++)
        must_eq(weir_token_init(&chain[i], i > 0 ? &chain[i - 1] : NULL,
                                i == 1 ? far : WEIR_FOREVER, scopes[_i]),
                0);
    begin(&weir_token_foreign_, &chain[2]);
    must_eq(attempt(), EAGAIN);
    must(announce());
    must_eq(words.n, 3);
    must_eq(words.deadline, far);
    must_eq(words.shared, _i == 1);
    for (unsigned i = 0; i < 3; i++)
        must_eq(weir_load_sc_(words.word[i].word), words.word[i].expected);
    must_eq(weir_token_cancel(&chain[0]), 0);
    must_eq(seam_count(&seam_wakes), 1);
    must(!announce());
    must_eq(attempt(), 0);
}
END_TEST

static void *await_event(void *arg)
{
    must_eq(weir_event_wait(&event), 0);
    return arg;
}

START_TEST(threads_are_marked)
{
    weir_thread_t thread;

    must_eq(weir_event_init(&event, 0), 0);
    must_eq(weir_thread_init(&thread, NULL, await_event, NULL), 0);
    begin(&weir_thread_foreign_, &thread);
    must_eq(attempt(), ESRCH);
    must_eq(weir_thread_start(&thread), 0);
    must(weir_thread_native_id(&thread) != 0); /* it runs: the word stays */
    must_eq(attempt(), EAGAIN);
    must(announce());
    must(would_sleep());
    must_eq(weir_event_set(&event), 0);
    must_eq(weir_thread_join(&thread, WEIR_FOREVER, NULL), 0);
    must(!would_sleep());
    must(!announce());
    must_eq(attempt(), 0);
}
END_TEST

/* -- Words -------------------------------------------------------------- */

START_TEST(as_many_as_the_kernel_takes)
{
    must_eq(weir_sem_init(&sem, 0, 9, 0), 0);
    begin(&weir_sem_foreign_, &sem);
    must(announce());
    while (words.n < WEIR_FUTEX_WORDS_MAX)
        must(foreign.kind->announce(&foreign, &words));
    must(!words.full);
    must(foreign.kind->announce(&foreign, &words));
    must(words.full);
    must_eq(words.n, WEIR_FUTEX_WORDS_MAX);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("words_wait");
    TCase *tcase = support_tcase(suite, "marks");

    tcase_add_loop_test(tcase, sem_is_marked, 0, 2);
    tcase_add_loop_test(tcase, mutex_is_marked, 0, 2);
    tcase_add_loop_test(tcase, mutex_is_seen, 0, 2);
    tcase_add_loop_test(tcase, queue_is_counted, 0, 2 * QUEUE_KINDS);
    tcase_add_loop_test(tcase, event_is_marked, 0, 2);
    tcase_add_loop_test(tcase, latch_is_marked, 0, 2);
    tcase_add_loop_test(tcase, tokens_are_marked, 0, 2);
    tcase_add_test(tcase, threads_are_marked);
    tcase_add_test(tcase, as_many_as_the_kernel_takes);
    tcase = support_tcase(suite, "withdraw");
    tcase_add_loop_test(tcase, sem_is_withdrawn, 0, 2);
    tcase_add_loop_test(tcase, sem_takes_as_one_that_slept, 0, 2);
    tcase_add_loop_test(tcase, sem_wakes_the_next, 0, 2);
    tcase_add_test(tcase, mutex_is_withdrawn);
    tcase_add_loop_test(tcase, mutex_wakes_the_next, 0, 2);
    tcase_add_test(tcase, mutex_passes_on);
    tcase_add_loop_test(tcase, queue_wakes_the_next, 0, 2 * QUEUE_KINDS);
    tcase_add_loop_test(tcase, observers_pass_on, 0, 4);
    return suite;
}

int main(void)
{
    if (!weir_futex_can_wait_any_()) {
        support_skip("test_words_wait", "no futex_waitv here");
        return 0;
    }
    return support_main(make_suite());
}
