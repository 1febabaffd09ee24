/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Mistakes that other libraries have made, put to this one in the very window
 * where they happened.  The rest of docs/hazards.md is held by the suites of
 * the primitives.
 */
#include <weir/barrier.h>
#include <weir/mutex.h>
#include <weir/queue.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "futex/parked.h"
#include "test_eventcount_kit.h"
#include "test_queue_kit.h"

#ifndef CLONE_NEWTIME /* newer than some headers */
#define CLONE_NEWTIME 0x80
#endif

/* The bits of mutex.h. */
#define LOCKED WEIR_MUTEX_LIGHT_
#define HEAVY 2u
#define LIGHT_OWNER 8u
#define CONTENDED 16u
#define MUTEX_WAKING 32u
#define RESERVED 64u
/* Of parked.c. */
#define PARKED_COUNT (((uint64_t)1 << 22) - 1)
/* Of barrier.h. */
#define SLEEPERS 1u

static weir_mutex_t mutex;

static uint32_t state(void)
{
    return weir_load_sc_(&mutex.state);
}

static void begin(uint32_t word)
{
    seam_reset();
    weir_store_rlx_(&mutex.stamp, 0);
    weir_store_rlx_(&mutex.state, word);
    support_watch("mutex", &mutex, sizeof(mutex));
}

static void end(void)
{
    seam_check = NULL;
    box_restore();
    weir_parked_reset_();
}

static void lock_once(unsigned index, void *arg)
{
    (void)arg;
    support_note("locking as %lu", index, 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* --- the word comes back (hazards B3, B5) --- */

/* A thread has decided to sleep on this word.  Before it does, the lock is
 * given back, taken, and waited for by somebody else: the same word again. */
static void relock_behind_its_back(void *arg)
{
    uint32_t before = state();

    (void)arg;
    seam.before_wait = NULL;
    must_eq(weir_mutex_unlock(&mutex), 0);
    must(state() != before);
    must_eq(weir_mutex_trylock(&mutex), 0);
    weir_store_sc_(&mutex.state, before);
}

static void lock_behind_a_hook(unsigned index, void *arg)
{
    seam.before_wait = relock_behind_its_back;
    lock_once(index, arg);
}

START_TEST(a_mutex_word_comes_back)
{
    support_group_t group;

    begin(LOCKED | HEAVY);
    support_group_start(&group, 1, lock_behind_a_hook, NULL);
    await_sleep_on(group.tids[0], &mutex, NULL);
    must(state() & CONTENDED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
}
END_TEST

static struct box box;

/* A token comes, and another thread that takes it comes and goes. */
static void come_and_go(void *arg)
{
    uint32_t before = box_word(&box);

    (void)arg;
    seam.before_wait = NULL;
    box_release(&box, 0);
    must(box_word(&box) != before);
    must_eq(box_await(&box, WEIR_NOW), 0);
    /* Who was refused its barrier leaves it symmetric, and passes on a wake-up
     * that nobody may need: not the same word, but no trap either. */
    must(weir_refused_() || box_word(&box) == before);
}

static void take_behind_a_hook(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    seam.before_wait = come_and_go;
    must_eq(box_await(&box, WEIR_FOREVER), 0);
}

START_TEST(an_eventcount_comes_back)
{
    support_group_t group;

    seam_reset();
    box_init(&box, (enum mode)_i);
    support_watch("box", &box, sizeof(box));
    support_group_start(&group, 1, take_behind_a_hook, NULL);
    await_sleep_on(group.tids[0], &box.ec.word, NULL);
    box_release(&box, 0);
    support_group_join(&group);
    box_must_be_idle(&box);
}
END_TEST

/* --- overtaken by a barger (hazard B6) --- */

/* Woken, and before it looks somebody else has the lock. */
static void barge(void *arg)
{
    (void)arg;
    if (weir_mutex_trylock(&mutex) == 0)
        seam.after_wait = NULL;
}

static void lock_and_be_overtaken(unsigned index, void *arg)
{
    seam.after_wait = barge;
    lock_once(index, arg);
}

START_TEST(an_overtaken_sleeper_marks_the_word_again)
{
    support_group_t group;

    begin(_i == 0 ? LOCKED | HEAVY : LOCKED);
    support_group_start(&group, 1, lock_and_be_overtaken, NULL);
    await_sleep_on(group.tids[0], &mutex, NULL);
    must_eq(weir_mutex_unlock(&mutex), 0);
    /* The barger has it, and the sleeper is asleep again. */
    while (!(state() & LOCKED))
        support_sleep_ns(50000);
    await_sleep_on(group.tids[0], &mutex, NULL);
    must(state() & CONTENDED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
}
END_TEST

/* --- what is slept on says that somebody sleeps (hazard B12) --- */

static weir_queue_t *queue;
static weir_barrier_t barrier;
static int checked[3];

static bool is_eventcount(const volatile void *word)
{
    return word == &queue->not_empty.word || word == &queue->not_full.word ||
           word == &queue->drained.word;
}

static void must_be_marked(const volatile void *word, uint32_t expected)
{
    int kind = word == &mutex.state     ? 0
               : word == &barrier.sense ? 1
               : is_eventcount(word)    ? 2
                                        : -1;

    must(kind >= 0);
    if (kind == 0)
        must((expected & CONTENDED) && !(expected & MUTEX_WAKING));
    else if (kind == 1)
        must(expected & SLEEPERS);
    else
        must((expected & COUNT_MASK) != 0 && !(expected & WAKING));
    __atomic_store_n(&checked[kind], 1, __ATOMIC_RELAXED);
}

#define PARTIES 4u

static void use_all_three(unsigned index, void *arg)
{
    support_random_t random = support_random(index);
    unsigned rounds = support_scaled(2000u);
    uint64_t e = index;

    (void)arg;
    for (unsigned i = 0; i < rounds; i++) {
        support_progress();
        must_eq(weir_mutex_lock(&mutex), 0);
        support_jitter(&random);
        must_eq(weir_mutex_unlock(&mutex), 0);
        if (index % 2)
            must_eq(weir_queue_put(queue, &e), 0);
        else
            must_eq(weir_queue_get(queue, &e), 0);
        support_jitter(&random);
        must(weir_barrier_wait(&barrier, NULL) == 0 ||
             !weir_barrier_broken(&barrier));
    }
}

/* Asleep on each of the three for certain, before the crowd. */
static void sleep_on(unsigned index, void *arg)
{
    uint64_t e = 0;

    (void)arg;
    if (index == 0) {
        must_eq(weir_mutex_lock(&mutex), 0);
        must_eq(weir_mutex_unlock(&mutex), 0);
    } else if (index == 1) {
        (void)weir_barrier_wait(&barrier, NULL);
    } else {
        must_eq(weir_queue_get(queue, &e), 0);
    }
}

static void must_sleep_on_each(void)
{
    support_group_t group;
    uint64_t e = 0;

    must_eq(weir_barrier_init(&barrier, 2, 0), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    support_group_start(&group, 3, sleep_on, NULL);
    for (unsigned i = 0; i < 3; i++)
        support_await_sleep(group.tids[i]);
    must_eq(weir_mutex_unlock(&mutex), 0);
    (void)weir_barrier_wait(&barrier, NULL);
    must_eq(weir_queue_put(queue, &e), 0);
    support_group_join(&group);
    for (int i = 0; i < 3; i++)
        must(checked[i]);
}

START_TEST(sleepers_sleep_on_marked_words)
{
    begin(0);
    queue = kit_create(1, 8);
    seam_check = must_be_marked;
    must_sleep_on_each();
    must_eq(weir_barrier_init(&barrier, PARTIES, 0), 0);
    seam_chaos = true;
    support_threads(PARTIES, use_all_three, NULL);
    seam_chaos = false;
    kit_must_be_idle(queue);
    kit_destroy(queue);
}
END_TEST

/* --- interrupted sleeps leave nothing (hazards B13, B14) --- */

static void try_for_a_moment(unsigned index, void *arg)
{
    support_random_t random = support_random(index);

    (void)arg;
    for (unsigned i = 0; i < support_scaled(400u); i++) {
        int64_t ns = 1000 + support_below(&random, 300000);

        support_progress();
        must_eq(weir_mutex_lock_until(&mutex, weir_after(ns)), ETIMEDOUT);
    }
}

START_TEST(interrupted_sleeps_leave_no_mark)
{
    support_group_t group;

    begin(_i == 0 ? LOCKED | HEAVY : LOCKED);
    support_storm_begin();
    support_threads(6, try_for_a_moment, NULL);
    support_storm_end();
    must(state() & LOCKED);
    must_eq(weir_mutex_unlock(&mutex), 0);
    must_eq(weir_mutex_lock(&mutex), 0);
    must(!(state() & (CONTENDED | RESERVED | LIGHT_OWNER)));
    /* And who waits now gets in. */
    support_group_start(&group, 2, lock_once, NULL);
    for (unsigned i = 0; i < 2; i++)
        await_sleep_on(group.tids[i], &mutex, NULL);
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_group_join(&group);
    must_eq(weir_load_sc_(weir_parked_slot_(&mutex)) & PARKED_COUNT, 0);
}
END_TEST

/* --- another clock (hazard B49) --- */

/* From here on children of this process have a monotonic clock that is ahead
 * by this many seconds.  False where the kernel refuses. */
static bool jump(const char *seconds)
{
    char text[64];
    int length = snprintf(text, sizeof(text), "monotonic %s 0\n", seconds);
    bool done;
    int fd;

    if (unshare(CLONE_NEWUSER | CLONE_NEWTIME) != 0)
        return false;
    fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    done = fd >= 0 && write(fd, text, (size_t)length) == length;
    if (fd >= 0)
        close(fd);
    return done;
}

#define JUMP "1000000"
#define JUMP_NS INT64_C(1000000000000000)
#define WAIT_NS 20000000

static void must_take_its_time(int result, weir_deadline_t deadline)
{
    must_eq(result, ETIMEDOUT);
    must(weir_now() >= deadline);
}

/* Ahead of the clock that all else goes by: a deadline that reached the
 * kernel as another clock's would pass at once, or never. */
static void time_out_on_each(weir_deadline_t before)
{
    weir_deadline_t deadline;
    uint64_t e = 0;

    must(weir_now() > before + JUMP_NS / 2);
    must_eq(weir_mutex_lock(&mutex), 0);
    deadline = weir_after(WAIT_NS);
    must_take_its_time(weir_mutex_lock_until(&mutex, deadline), deadline);
    deadline = weir_after(WAIT_NS);
    must_take_its_time(weir_queue_get_until(queue, &e, deadline), deadline);
    deadline = weir_after(WAIT_NS);
    must_take_its_time(weir_barrier_wait_until(&barrier, deadline, NULL),
                       deadline);
}

START_TEST(deadlines_in_a_time_namespace)
{
    weir_deadline_t before = weir_now();
    pid_t child;

    begin(0);
    queue = kit_create(1, 8);
    must_eq(weir_barrier_init(&barrier, 2, 0), 0);
    child = support_fork();
    if (child == 0) {
        if (!jump(JUMP)) {
            support_skip("deadlines in a time namespace", "refused here");
            support_exit();
        }
        child = support_fork();
        if (child == 0) {
            time_out_on_each(before);
            support_exit();
        }
        support_reap(child);
        support_exit();
    }
    support_reap(child);
    kit_destroy(queue);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hazards");
    TCase *tcase = support_tcase(suite, "windows");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, a_mutex_word_comes_back);
    tcase_add_loop_test(tcase, an_eventcount_comes_back, 0, MODES);
    tcase_add_loop_test(tcase, an_overtaken_sleeper_marks_the_word_again, 0, 2);
    tcase_add_test(tcase, sleepers_sleep_on_marked_words);
    tcase_add_loop_test(tcase, interrupted_sleeps_leave_no_mark, 0, 2);

    tcase = support_tcase(suite, "clock");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, deadlines_in_a_time_namespace);
    return support_main(suite);
}
