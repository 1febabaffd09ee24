/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with threads, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

#define THREADS 4

static weir_thread_t threads[THREADS];
static long row[THREADS];
static long total;
static long beside;

static void start(weir_thread_t *t, body_t *body, void *arg)
{
    must(weir_thread_init(t, NULL, body, arg) == 0);
    must(weir_thread_start(t) == 0);
}

static void join(weir_thread_t *t)
{
    must(weir_thread_join(t, WEIR_FOREVER, NULL) == 0);
}

/* -- Right -------------------------------------------------------------- */

/* What is given to a thread, and what it gives back. */
static void *add_one(void *arg)
{
    long *cell = arg;

    ++*cell;
    return cell;
}

static void results(void)
{
    for (int round = 1; round <= 50; round++) {
        for (int i = 0; i < THREADS; i++) {
            row[i] += i;
            start(&threads[i], add_one, &row[i]);
        }
        for (int i = 0; i < THREADS; i++) {
            void *result;

            must(weir_thread_join(&threads[i], WEIR_FOREVER, &result) == 0);
            must(*(long *)result == round * (i + 1L));
        }
    }
}

static void polled(void)
{
    for (int round = 0; round < 50; round++) {
        start(&threads[0], add_one, &total);
        while (weir_thread_is_alive(&threads[0]))
            nap(1000);
        must(total == round + 1);
        while (weir_thread_join(&threads[0], WEIR_NOW, NULL) != 0)
            continue;
    }
}

static void *join_first(void *arg)
{
    while (weir_thread_join(&threads[0], weir_after(100000), NULL) != 0)
        continue;
    must(total == 1);
    return arg;
}

/* Several join one, some with deadlines; nobody writes after it. */
static void many(void)
{
    start(&threads[0], add_one, &total);
    for (int i = 1; i < THREADS; i++)
        start(&threads[i], join_first, NULL);
    for (int i = 1; i < THREADS; i++)
        join(&threads[i]);
    join(&threads[0]);
    total++;
}

/* The object lives as long as it must, and no longer. */
static void freed(void)
{
    for (int round = 0; round < 50; round++) {
        weir_thread_t *t = malloc(sizeof(*t));

        must(t != NULL);
        start(t, add_one, &total);
        join(t);
        memset(t, 0, sizeof(*t));
        free(t);
    }
    must(total == 50);
}

static void all(void)
{
    for (int i = 0; i < THREADS; i++)
        start(&threads[i], add_one, &row[i]);
    must(weir_thread_join_all(WEIR_FOREVER) == 0);
    for (int i = 0; i < THREADS; i++)
        must(row[i] == 1);
}

static void *know_others(void *arg)
{
    weir_thread_t *list[16];

    for (int i = 0; i < 200; i++) {
        must(weir_thread_enumerate(list, 16) >= 1);
        must(weir_thread_current() != NULL);
        must(weir_thread_set_name(weir_thread_current(), "known") == 0);
        must(weir_thread_name(weir_thread_main()) != NULL);
    }
    return arg;
}

static void listed(void)
{
    for (int i = 0; i < THREADS; i++)
        start(&threads[i], know_others, NULL);
    four(know_others); /* foreign ones */
    for (int i = 0; i < THREADS; i++)
        join(&threads[i]);
}

/* The thread that runs it is not the one that joins. */
static void *run_first(void *arg)
{
    must(weir_thread_run(&threads[0]) == 0);
    return arg;
}

static void run(void)
{
    must(weir_thread_init(&threads[0], NULL, add_one, &total) == 0);
    both(run_first, join_first);
}

/* -- Wrong -------------------------------------------------------------- */

static void *write_beside(void *arg)
{
    apart();
    beside++;
    return arg;
}

/* Not joined yet. */
static void before_join(void)
{
    start(&threads[0], write_beside, NULL);
    apart();
    beside++;
    join(&threads[0]);
}

static void *write_late(void *arg)
{
    nap(50000000);
    return write_beside(arg);
}

/* Joined with a deadline, in vain. */
static void after_timeout(void)
{
    start(&threads[0], write_late, NULL);
    must(weir_thread_join(&threads[0], WEIR_NOW, NULL) == ETIMEDOUT);
    apart();
    beside++;
    join(&threads[0]);
}

/* Another was joined. */
static void *nothing(void *arg)
{
    return arg;
}

static void wrong_thread(void)
{
    start(&threads[0], write_late, NULL);
    start(&threads[1], nothing, NULL);
    join(&threads[1]);
    apart();
    beside++;
    join(&threads[0]);
}

/* Two threads that are joined, but do not know each other.  They begin and end
 * under one lock, so that they must be alive at once to race. */
static void *write_in_company(void *arg)
{
    static int here;

    __atomic_fetch_add(&here, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&here, __ATOMIC_RELAXED) < 2)
        nap(1000);
    return write_beside(arg);
}

static void siblings(void)
{
    start(&threads[0], write_in_company, NULL);
    start(&threads[1], write_in_company, NULL);
    join(&threads[0]);
    join(&threads[1]);
}

static const struct test tests[] = {
    {"results", CLEAN, results},
    {"polled", CLEAN, polled},
    {"many", CLEAN, many},
    {"freed", CLEAN, freed},
    {"all", CLEAN, all},
    {"listed", CLEAN, listed},
    {"run", CLEAN, run},
    {"before_join", RACE, before_join},
    {"after_timeout", RACE, after_timeout},
    {"wrong_thread", RACE, wrong_thread},
    {"siblings", RACE, siblings},
};

int main(int argc, char **argv)
{
    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
