/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A queue in shared memory when a process that sleeps on it is killed: the
 * others go on, also where the dead one took a wake-up with it.
 */
#include <weir/queue.h>

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/support.h"
#include "test_shared_kit.h"

/* Whatever returns in the child says so, and then only waits to be killed.
 * (hazard B55) */
static pid_t fork_sleeper(struct pair *p, bool putter, unsigned *returned)
{
    pid_t child = support_fork();
    uint64_t e = 99;

    if (child == 0) {
        (void)(putter ? weir_queue_put(p->there, &e)
                      : weir_queue_get(p->there, &e));
        __atomic_fetch_add(returned, 1, __ATOMIC_SEQ_CST);
        for (;;)
            pause();
    }
    return child;
}

/* One of three sleeping processes is killed; the other two are still woken,
 * one element each. */
static void kill_one_of_three(bool putter, unsigned victim)
{
    struct pair p = make_pair(1, 8);
    unsigned *returned = shared_memory(sizeof(*returned));
    pid_t children[3];
    uint64_t e = 5;

    if (putter)
        must_eq(weir_queue_put(p.here, &e), 0);
    for (unsigned i = 0; i < 3; i++) {
        children[i] = fork_sleeper(&p, putter, returned);
        support_await_sleep(children[i]);
    }
    kill(children[victim], SIGKILL);
    support_reap_killed(children[victim], SIGKILL);
    for (unsigned n = 1; n <= 2; n++) {
        must_eq(putter ? weir_queue_get(p.here, &e)
                       : weir_queue_put(p.here, &e),
                0);
        while (__atomic_load_n(returned, __ATOMIC_SEQ_CST) < n)
            support_sleep_ns(100000);
    }
    for (unsigned i = 0; i < 3; i++)
        if (i != victim) {
            kill(children[i], SIGKILL);
            support_reap_killed(children[i], SIGKILL);
        }
    /* And the queue works for those who come. */
    must_eq(weir_queue_len(p.here), putter ? 1 : 0);
    for (int i = 0; i < 3 && !putter; i++) {
        must_eq(weir_queue_put(p.here, &e), 0);
        must_eq(weir_queue_get(p.there, &e), 0);
    }
    munmap(returned, sizeof(*returned));
    free_pair(&p);
}

START_TEST(a_killed_sleeper_hangs_nobody)
{
    for (unsigned victim = 0; victim < 3; victim++)
        kill_one_of_three(_i == 1, victim);
}
END_TEST

struct survivor {
    struct pair p;
    bool putter;
    int done;
};

static void survive(unsigned index, void *arg)
{
    struct survivor *s = arg;
    uint64_t e = 77;

    (void)index;
    must_eq(s->putter ? weir_queue_put(s->p.here, &e)
                      : weir_queue_get(s->p.here, &e),
            0);
    __atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
}

/* Whether the dead one had it, who may have been killed before it could say
 * so: it is gone, and the survivor sleeps on. */
static bool is_taken(struct survivor *s, pid_t survivor)
{
    return weir_queue_len(s->p.here) == (s->putter ? 1 : 0) &&
           support_await_sleep_or(survivor, &s->done) != NULL;
}

/* The child shares this thread's CPU and does not preempt it: between the
 * wake-up call in put (or get) and the kill it cannot run. */
static void run_behind_parent(pid_t child)
{
    struct sched_param none = {0};
    cpu_set_t cpu;

    CPU_ZERO(&cpu);
    CPU_SET(sched_getcpu(), &cpu);
    must_eq(sched_setaffinity(0, sizeof(cpu), &cpu), 0);
    must_eq(sched_setaffinity(child, sizeof(cpu), &cpu), 0);
    /* By its number: musl says that it cannot. */
    must_eq(syscall(SYS_sched_setscheduler, child, SCHED_BATCH, &none), 0);
}

/* The wake-up for the one element (or place) goes to a process that dies
 * before it can use it.  The thread that sleeps behind it gets it all the
 * same, since it looks again by itself.  Returns whether it came to that. */
static bool kill_the_woken(bool putter)
{
    struct survivor s = {make_pair(1, 8), putter, 0};
    unsigned *returned = shared_memory(sizeof(*returned));
    support_group_t group;
    uint64_t e = 5;
    pid_t child;
    bool taken;

    if (putter)
        must_eq(weir_queue_put(s.p.here, &e), 0);
    child = fork_sleeper(&s.p, putter, returned);
    support_group_start(&group, 1, survive, &s);
    run_behind_parent(child);
    support_await_sleep(group.tids[0]);
    support_await_sleep(child);
    must_eq(putter ? weir_queue_get(s.p.here, &e)
                   : weir_queue_put(s.p.here, &e),
            0);
    kill(child, SIGKILL);
    support_reap_killed(child, SIGKILL);
    taken = is_taken(&s, group.tids[0]);
    if (taken) /* it was fast: another one for the survivor */
        must_eq(putter ? weir_queue_get(s.p.here, &e)
                       : weir_queue_put(s.p.here, &e),
                0);
    support_group_join(&group);
    must_eq(weir_queue_len(s.p.here), putter ? 1 : 0);
    munmap(returned, sizeof(*returned));
    free_pair(&s.p);
    return !taken;
}

START_TEST(a_wake_given_to_the_dead_is_made_good)
{
    unsigned lost = 0;
    cpu_set_t before;

    must_eq(sched_getaffinity(0, sizeof(before), &before), 0);
    for (int round = 0; round < 20; round++)
        lost += kill_the_woken(_i == 1);
    must_eq(sched_setaffinity(0, sizeof(before), &before), 0);
    if (lost == 0)
        support_skip("a wake given to the dead", "the scheduler never let it");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shared_killed");
    TCase *tcase = support_tcase(suite, "killed");

    tcase_add_loop_test(tcase, a_killed_sleeper_hangs_nobody, 0, 2);
    tcase_add_loop_test(tcase, a_wake_given_to_the_dead_is_made_good, 0, 2);
    return support_main(suite);
}
