/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Each kind of failure is found in a program that has it, and not in its
 * correct sister; and what is found is found again: by the replay string,
 * step for step, and by random search.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weir/weir.h>

#include "kit.h"

static weir_mutex_t *mutex;
static weir_mutex_t *other;
static weir_queue_t *queue;
static uint64_t *data;
static uint32_t flag;
static uint32_t step;

static void setup(void *state)
{
    (void)state;
    mutex = weir_explore_alloc(sizeof *mutex);
    other = weir_explore_alloc(sizeof *other);
    data = weir_explore_alloc(sizeof *data);
    expect(weir_queue_create(&queue, 2, 8, 0) == 0);
    flag = 0;
    step = 0;
}

static struct weir_explore_options bounds(void)
{
    return weir_explore_defaults();
}

static void increment(void *state)
{
    (void)state;
    (void)weir_mutex_lock(mutex);
    weir_explore_write(data, sizeof *data);
    ++*data;
    (void)weir_mutex_unlock(mutex);
}

static void increment_unlocked(void *state)
{
    (void)state;
    weir_explore_write(data, sizeof *data);
    ++*data;
}

static void check_two(void *state)
{
    (void)state;
    weir_explore_assert(*data == 2);
}

static void check_three(void *state)
{
    (void)state;
    weir_explore_assert(*data == 3);
}

static void test_assertion(void)
{
    struct weir_explore_program program = {.name = "two increments are two",
                                           .setup = setup,
                                           .check = check_two,
                                           .threads = {increment, increment}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    program.name = "two increments are three";
    program.check = check_three;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_ASSERTION);
}

static void publish_relaxed(void *state)
{
    (void)state;
    weir_explore_write(data, sizeof *data);
    *data = 1;
    weir_store_rlx_(&flag, 1);
}

static void publish(void *state)
{
    (void)state;
    weir_explore_write(data, sizeof *data);
    *data = 1;
    weir_store_rel_(&flag, 1);
}

static void consume(void *state)
{
    (void)state;
    if (weir_load_acq_(&flag) == 0)
        return;
    weir_explore_read(data, sizeof *data);
    weir_explore_assert(*data == 1);
}

static void halves(void *state)
{
    unsigned char *bytes = (unsigned char *)data;
    int self = weir_explore_self();

    (void)state;
    weir_explore_write(bytes + 4 * self, 4);
    memset(bytes + 4 * self, 1, 4);
}

/* The neighbour is written later, and between the two is a step. */
static void publish_neighbours(void *state)
{
    unsigned char *bytes = (unsigned char *)data;

    (void)state;
    weir_explore_write(bytes, 4);
    weir_store_rel_(&step, 1);
    weir_explore_write(bytes + 4, 4);
    weir_store_rlx_(&flag, 1);
}

static void consume_the_first(void *state)
{
    (void)state;
    if (weir_load_acq_(&flag) == 1)
        weir_explore_read(data, 4);
}

static void test_race(void)
{
    struct weir_explore_program program = {
        .name = "a lock on one side only",
        .setup = setup,
        .threads = {increment, increment_unlocked}};
    struct weir_explore_options options = bounds();

    (void)kit_explore(&program, options, WEIR_EXPLORE_RACE);
    program.name = "published by a release";
    program.threads[0] = publish;
    program.threads[1] = consume;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    program.name = "published by a relaxed store";
    program.threads[0] = publish_relaxed;
    (void)kit_explore(&program, options, WEIR_EXPLORE_RACE);
    program.name = "the same on a machine that would not mind";
    options.memory = WEIR_EXPLORE_MEMORY_SC;
    (void)kit_explore(&program, options, WEIR_EXPLORE_RACE);
    program.name = "halves of one word";
    program.threads[0] = program.threads[1] = halves;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    program.name = "a half whose neighbour was written later";
    program.threads[0] = publish_neighbours;
    program.threads[1] = consume_the_first;
    (void)kit_explore(&program, options, WEIR_EXPLORE_RACE);
}

static void put(void *state)
{
    uint64_t value = 5;

    (void)state;
    expect(weir_queue_put(queue, &value) == 0);
}

static void get(void *state)
{
    uint64_t value = 0;

    (void)state;
    expect(weir_queue_get(queue, &value) == 0);
    weir_explore_assert(value == 5);
}

/* Looks into the queue's memory without asking it. */
static void peep(void *state)
{
    uint64_t value;

    (void)state;
    memcpy(&value, (unsigned char *)queue->cells + 8, 8);
}

static void test_elements(void)
{
    struct weir_explore_program program = {
        .name = "put and get", .setup = setup, .threads = {put, get}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    program.name = "put, and a copy that nobody ordered";
    program.threads[1] = peep;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_RACE);
}

static void lock_then_other(void *state)
{
    (void)state;
    (void)weir_mutex_lock(mutex);
    (void)weir_mutex_lock(other);
    (void)weir_mutex_unlock(other);
    (void)weir_mutex_unlock(mutex);
}

static void other_then_lock(void *state)
{
    (void)state;
    (void)weir_mutex_lock(other);
    (void)weir_mutex_lock(mutex);
    (void)weir_mutex_unlock(mutex);
    (void)weir_mutex_unlock(other);
}

static void test_deadlock(void)
{
    struct weir_explore_program program = {
        .name = "two mutexes in one order",
        .setup = setup,
        .threads = {lock_then_other, lock_then_other}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    program.name = "two mutexes in two orders";
    program.threads[1] = other_then_lock;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_DEADLOCK);
}

/* The next holder frees it: unlock must not touch it after its release. */
static void lock_and_free(void *state)
{
    (void)state;
    (void)weir_mutex_lock(mutex);
    if (++*data == 2)
        weir_explore_free(mutex, sizeof *mutex);
    else
        (void)weir_mutex_unlock(mutex);
}

static void raise_and_look(void *state)
{
    (void)state;
    weir_store_rel_(&mutex->state, 1);
    (void)weir_load_rlx_(&mutex->stamp);
}

static void wait_and_free(void *state)
{
    (void)state;
    if (weir_load_acq_(&mutex->state) == 1)
        weir_explore_free(mutex, sizeof *mutex);
}

static void test_freed(void)
{
    struct weir_explore_program program = {
        .name = "the last holder frees the mutex",
        .setup = setup,
        .threads = {lock_and_free, lock_and_free}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    program.name = "a look after the release";
    program.threads[0] = raise_and_look;
    program.threads[1] = wait_and_free;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_USE_AFTER_FREE);
}

static void spin_politely(void *state)
{
    (void)state;
    while (weir_load_acq_(&flag) == 0)
        weir_explore_yield();
}

static void spin_rudely(void *state)
{
    (void)state;
    while (weir_load_acq_(&flag) == 0)
        ;
}

static void raise_flag(void *state)
{
    (void)state;
    weir_store_rel_(&flag, 1);
}

static void test_livelock(void)
{
    struct weir_explore_program program = {
        .name = "a spin loop",
        .setup = setup,
        .threads = {spin_politely, raise_flag}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PASSED);
    program.name = "a spin loop on what nobody raises";
    program.threads[1] = NULL;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LIVELOCK);
    program.name = "a spin loop that does not yield";
    program.threads[0] = spin_rudely;
    program.threads[1] = raise_flag;
    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_LIVELOCK);
}

static void destroy_two_times(void *state)
{
    (void)state;
    queue->flags = 0;
    weir_queue_destroy(queue);
}

static void test_panic(void)
{
    struct weir_explore_program program = {.name = "a panic of the library",
                                           .setup = setup,
                                           .threads = {destroy_two_times}};

    (void)kit_explore(&program, bounds(), WEIR_EXPLORE_PANIC);
}

static void differ(void *state)
{
    static int calls;

    (void)state;
    if (++calls % 3 == 0)
        (void)weir_fetch_add_sc_(&mutex->stamp, 1);
    (void)weir_fetch_add_sc_(&flag, 1);
    (void)weir_fetch_add_sc_(&flag, 1);
}

static void test_misuse(void)
{
    struct weir_explore_program program = {.name = "not the same twice",
                                           .setup = setup,
                                           .threads = {differ, differ}};
    struct weir_explore_options options = bounds();

    (void)kit_explore(&program, options, WEIR_EXPLORE_MISUSE);
    options.report = NULL;
    options.replay = "weir1:0,zero";
    expect(weir_explore(&program, &options, NULL) == WEIR_EXPLORE_MISUSE);
    options.replay = NULL;
    program.threads[0] = NULL;
    expect(weir_explore(&program, &options, NULL) == WEIR_EXPLORE_MISUSE);
}

static void crash_if_second(void *state)
{
    (void)state;
    if (weir_fetch_add_sc_(&flag, 1) == 1 && weir_explore_self() == 0)
        *(volatile int *)state = 1;
}

/* In a child, whose stderr is read. */
static void test_crash(void)
{
    static const struct weir_explore_program program = {
        .name = "crashes",
        .setup = setup,
        .threads = {crash_if_second, crash_if_second}};
    struct weir_explore_options options = bounds();
    char text[512] = "";
    int ends[2];
    int status = 0;
    pid_t child;

    expect(pipe(ends) == 0);
    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)weir_explore(&program, &options, NULL);
        _exit(0);
    }
    (void)close(ends[1]);
    expect(waitpid(child, &status, 0) == child);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    expect(read(ends[0], text, sizeof text - 1) > 0);
    expect(strstr(text, "crashes: signal 11") != NULL);
    expect(strstr(text, "replay: weir1:") != NULL);
    (void)close(ends[0]);
}

/* -- Found again -------------------------------------------------------- */

static void test_replay(void)
{
    struct weir_explore_program program = {
        .name = "replayed",
        .setup = setup,
        .threads = {lock_then_other, other_then_lock, lock_then_other}};
    struct weir_explore_options options = bounds();
    struct weir_explore_result first;
    struct weir_explore_result again;

    first = kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    options.replay = first.replay;
    options.memory = WEIR_EXPLORE_MEMORY_SC; /* the string knows better */
    again = kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(again.trace_hash == first.trace_hash);
    expect(again.used_steps == first.used_steps && again.executions == 1);
    expect(strcmp(again.message, first.message) == 0);
    expect(strcmp(again.replay, first.replay) == 0);
}

static void test_random(void)
{
    struct weir_explore_program program = {
        .name = "at random",
        .setup = setup,
        .threads = {lock_then_other, lock_then_other, other_then_lock}};
    struct weir_explore_options options = bounds();
    struct weir_explore_result first;
    struct weir_explore_result again;

    options.search = WEIR_EXPLORE_RANDOM;
    options.runs = 10000;
    first = kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    again = kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(first.executions == again.executions);
    expect(strcmp(first.replay, again.replay) == 0);
    options.replay = first.replay;
    again = kit_explore(&program, options, WEIR_EXPLORE_DEADLOCK);
    expect(again.trace_hash == first.trace_hash);
    program.name = "at random, correct";
    program.threads[2] = lock_then_other;
    options.replay = NULL;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
}

int main(void)
{
    test_assertion();
    test_race();
    test_elements();
    test_deadlock();
    test_freed();
    test_livelock();
    test_panic();
    test_misuse();
    test_crash();
    test_replay();
    test_random();
    return kit_finish();
}
