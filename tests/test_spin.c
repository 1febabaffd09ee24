/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Spinning, and what it depends on, from the inside: budgets in pauses and
 * yields, the limit on spinners, lessons, the two costs, patience, CPUs and
 * quotas, and panic.  The source is compiled into this suite; the linker sends the
 * clock, the number of CPUs, sched_yield, clock_nanosleep and open here, so
 * that time passes and files read as a test says.
 *
 * What needs no fake is in test_base.c.  No case for reset, wrap or lifetime:
 * see spinners_come_and_go for the only state there is.
 */
#include <stdint.h>

#include "base/compiler.h"

/* Pauses that this thread did, instead of pausing. */
static _Thread_local uint32_t pauses_done;
#define weir_cpu_pause_() ((void)pauses_done++)

#include "base/spin.c"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <weir/cond.h>
#include <weir/event.h>
#include <weir/latch.h>
#include <weir/sem.h>
#include <weir/wait.h>

#include "base/panic.h"
#include "futex/parked.h"
#include "test_panic_kit.h"

weir_deadline_t __real_weir_now(void);
weir_deadline_t __wrap_weir_now(void);
weir_deadline_t __real_weir_after(int64_t ns);
weir_deadline_t __wrap_weir_after(int64_t ns);
unsigned __real_weir_usable_cpus_(void);
unsigned __wrap_weir_usable_cpus_(void);
int __real_sched_yield(void);
int __wrap_sched_yield(void);
int __real_clock_nanosleep(clockid_t id, int flags, const struct timespec *ts,
                           struct timespec *left);
int __wrap_clock_nanosleep(clockid_t id, int flags, const struct timespec *ts,
                           struct timespec *left);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

struct file {
    const char *path;
    const char *text;
};

/* All zero: nothing is fake. */
static struct fake {
    weir_deadline_t now;
    int64_t tick;  /* added by each look at the clock */
    int64_t yield; /* added by each yield */
    int64_t late[3];
    int sleeps;
    unsigned cpus;
    unsigned yields;
    const struct file *files;
} fake;

weir_deadline_t __wrap_weir_now(void)
{
    if (fake.now == 0)
        return __real_weir_now();
    fake.now += fake.tick;
    return fake.now;
}

weir_deadline_t __wrap_weir_after(int64_t ns)
{
    return fake.now == 0 ? __real_weir_after(ns) : fake.now + ns;
}

unsigned __wrap_weir_usable_cpus_(void)
{
    return fake.cpus != 0 ? fake.cpus : __real_weir_usable_cpus_();
}

int __wrap_sched_yield(void)
{
    if (fake.now == 0)
        return __real_sched_yield();
    fake.yields++;
    fake.now += fake.yield;
    return 0;
}

int __wrap_clock_nanosleep(clockid_t id, int flags, const struct timespec *ts,
                           struct timespec *left)
{
    if (fake.now == 0)
        return __real_clock_nanosleep(id, flags, ts, left);
    fake.now = ts->tv_sec * (int64_t)WEIR_NS_PER_S + ts->tv_nsec;
    fake.now += fake.late[fake.sleeps++ % 3];
    return 0;
}

static int open_fake(const char *path)
{
    for (const struct file *file = fake.files; file->path != NULL; file++)
        if (strcmp(file->path, path) == 0) {
            int fd = memfd_create("fake", MFD_CLOEXEC);

            must_eq(write(fd, file->text, strlen(file->text)),
                    (ssize_t)strlen(file->text));
            must_eq(lseek(fd, 0, SEEK_SET), 0);
            return fd;
        }
    errno = ENOENT;
    return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode = 0;

    if (fake.files != NULL)
        return open_fake(path);
    va_start(args, flags);
    if (flags & O_CREAT)
        mode = va_arg(args, mode_t);
    va_end(args);
    return __real_open(path, flags, mode);
}

/* How those who spin look: each test of pauses is for all of them. */
static const struct weir_spin_plan manners[] = {
    {.longest = 1},
    {.longest = WEIR_SPIN_BARRIER_LONGEST},
    {.longest = WEIR_SPIN_MUTEX_LONGEST},
    {.longest = WEIR_SPIN_QUEUE_LONGEST, .steady = WEIR_SPIN_QUEUE_STEADY},
    {.longest = WEIR_SPIN_QUEUE_LONGEST,
     .steady = WEIR_SPIN_QUEUE_STEADY,
     .first_ns = WEIR_SPIN_QUEUE_FIRST_NS}};
#define MANNERS ((int)(sizeof(manners) / sizeof(manners[0])))
static int manner;

static struct weir_spin spin_begin(int64_t budget_ns, uint32_t yields)
{
    struct weir_spin_plan plan = manners[manner];

    plan.budget_ns = budget_ns;
    plan.yields = yields;
    if (plan.first_ns > budget_ns)
        plan.first_ns = 0;
    if (weir_load_rlx_(&pause_cost) == 0)
        weir_store_rlx_(&pause_cost, 10000);
    pauses_done = 0;
    return weir_spin_begin_(&plan);
}

static void end(void)
{
    memset(&fake, 0, sizeof(fake));
    weir_store_rlx_(&pause_cost, 0); /* it will be measured */
    weir_store_rlx_(&wake_cost, 0);
    must_eq(weir_load_rlx_(&spinners), 0);
    (void)weir_usable_cpus_refresh_();
}

/* --- api: budgets --- */

/* Spin to the end; the pauses that it did since it began. */
static uint32_t spin_out(struct weir_spin *spin)
{
    while (weir_spin_again_(spin))
        continue;
    must_eq(spin->pauses, 0);
    must(!spin->counted);
    must(!weir_spin_again_(spin)); /* once over, it stays over */
    return pauses_done;
}

START_TEST(no_budget_no_pauses)
{
    static const int64_t budgets[] = {0, -1, -2000, INT64_MIN};

    fake = (struct fake){.now = 1000000, .cpus = 64};
    for (unsigned i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++)
        for (unsigned yields = 0; yields < 4; yields++) {
            struct weir_spin spin = spin_begin(budgets[i], yields);

            fake.yields = 0;
            must_eq(spin_out(&spin), 0);
            must_eq(fake.yields, yields);
        }
}
END_TEST

START_TEST(one_cpu_no_pauses)
{
    struct weir_spin spin;

    fake = (struct fake){.now = 1000000, .cpus = 1};
    spin = spin_begin(1000000, 5);
    must_eq(spin_out(&spin), 0);
    must_eq(fake.yields, 5);
}
END_TEST

/* The budget is time: the dearer a pause, the fewer; and never more of it
 * than a wake-up may cost. */
START_TEST(budget_in_pauses)
{
    static const int64_t costs[] = {WEIR_PAUSE_COST_MIN_PS, 3300, 43000,
                                    WEIR_PAUSE_COST_MAX_PS};
    static const int64_t budgets[] = {1,    10,    100,
                                      2000, 60000, WEIR_WAKE_COST_MAX_NS};

    manner = _i;
    fake = (struct fake){.now = 1000000, .cpus = 64};
    for (unsigned i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        struct weir_spin spin;

        weir_store_rlx_(&pause_cost, costs[i]);
        for (unsigned j = 0; j < sizeof(budgets) / sizeof(budgets[0]); j++) {
            spin = spin_begin(budgets[j], 0);
            must_eq(spin_out(&spin), budgets[j] * 1000 / costs[i]);
        }
        spin = spin_begin(INT64_MAX, 0);
        must_eq(spin_out(&spin),
                INT64_C(1000) * WEIR_WAKE_COST_MAX_NS / costs[i]);
    }
}
END_TEST

/* Looks are frequent first and rare later, but never rarer than planned. */
START_TEST(bursts_grow)
{
    uint32_t longest = manners[_i].longest;
    uint32_t steady = manners[_i].steady;
    struct weir_spin spin;
    uint32_t burst = 1;

    manner = _i;
    fake = (struct fake){.now = 1000000, .cpus = 64};
    spin = spin_begin(20000, 0);
    while (spin.pauses > 2 * longest) {
        pauses_done = 0;
        must(weir_spin_again_(&spin));
        must_eq(pauses_done, burst);
        if (steady > 0)
            steady--;
        else if (burst < longest)
            burst *= 2;
    }
    must_eq(burst, longest);
    weir_spin_end_(&spin);
}
END_TEST

/* Yields are bounded by number and by what a wake-up costs, whichever comes
 * first. */
START_TEST(yields_are_bounded)
{
    struct weir_spin spin;

    fake = (struct fake){.now = 1000000, .cpus = 4};
    weir_store_rlx_(&wake_cost, 10000);
    spin = spin_begin(0, 1000);
    must_eq(spin_out(&spin), 0);
    must_eq(fake.yields, 1000); /* they took no time */
    fake.yields = 0;
    fake.yield = 3000;
    spin = spin_begin(0, 1000);
    (void)spin_out(&spin);
    must_eq(fake.yields, 4);
    fake.yields = 0;
    fake.yield = 1000000;
    spin = spin_begin(0, 1000);
    (void)spin_out(&spin);
    must_eq(fake.yields, 1);
}
END_TEST

/* --- contended: as many spinners as there are CPUs to spare --- */

/* Pause for long enough to count; false if that was refused. */
static bool spin_in(struct weir_spin *spin)
{
    *spin = spin_begin(WEIR_WAKE_COST_MAX_NS, 0);
    while (!spin->counted)
        must(weir_spin_again_(spin));
    return spin->pauses > 0;
}

START_TEST(spinners_come_and_go)
{
    struct weir_spin spins[8];

    manner = _i;
    for (unsigned cpus = 2; cpus <= 8; cpus++) {
        fake = (struct fake){.now = 1000000, .cpus = cpus};
        for (int round = 0; round < 3; round++) {
            for (unsigned i = 0; i < cpus - 1; i++)
                must(spin_in(&spins[i]));
            must(!spin_in(&spins[cpus - 1]));
            must(!weir_spin_again_(&spins[cpus - 1])); /* so it is over */
            /* One stops early, its place is free; and only one place. */
            weir_spin_end_(&spins[0]);
            weir_spin_end_(&spins[0]);
            must(spin_in(&spins[0]));
            must(!spin_in(&spins[cpus - 1]));
            weir_spin_end_(&spins[cpus - 1]);
            for (unsigned i = 0; i < cpus - 1; i++)
                weir_spin_end_(&spins[i]);
            must_eq(weir_load_rlx_(&spinners), 0);
        }
    }
}
END_TEST

/* Short spins are free: they neither count nor are refused. */
START_TEST(short_spins_are_free)
{
    struct weir_spin longer;
    struct weir_spin spin;

    manner = _i;
    fake = (struct fake){.now = 1000000, .cpus = 2};
    must(spin_in(&longer));
    spin = spin_begin(150, 0);
    must_eq(spin_out(&spin), 15);
    must_eq(weir_load_rlx_(&spinners), 1);
    weir_spin_end_(&longer);
}
END_TEST

static void spin_often(unsigned index, void *arg)
{
    support_random_t random = support_random(index);

    (void)arg;
    for (int i = 0; i < 300; i++) {
        struct weir_spin spin = spin_begin(5000, 2);

        for (uint32_t j = support_below(&random, 40); j > 0; j--)
            if (!weir_spin_again_(&spin))
                break;
        weir_spin_end_(&spin);
        support_jitter(&random);
    }
}

START_TEST(spinners_count_to_zero)
{
    support_threads(8, spin_often, NULL);
    must_eq(weir_load_rlx_(&spinners), 0);
}
END_TEST

/* A plan says how long a spin is short. */
START_TEST(free_for_as_long_as_planned)
{
    static const struct weir_spin_plan plan = {
        .budget_ns = 20000, .free_ns = 1000, .longest = 1};
    struct weir_spin spin;

    fake = (struct fake){.now = 1000000, .cpus = 2};
    weir_store_rlx_(&pause_cost, 10000);
    pauses_done = 0;
    spin = weir_spin_begin_(&plan);
    while (!spin.counted)
        must(weir_spin_again_(&spin));
    must_eq(pauses_done, 100);
    weir_spin_end_(&spin);
}
END_TEST

/* --- lessons --- */

#define WAKE_NS 10000 /* a thousand pauses of 10 ns */
#define FULL 1000u
#define TRIES (WEIR_LESSON_DOUBT_MAX / WEIR_LESSON_DOUBT_STEP)

static const struct weir_spin_plan learner = {
    .budget_ns = WAKE_NS / 2, .longest = 1, .yields = 2};
/* Only their addresses count. */
static char objects[64];

static void begin_lessons(unsigned cpus)
{
    fake = (struct fake){.now = 1000000, .cpus = cpus};
    weir_store_rlx_(&pause_cost, 10000);
    weir_store_rlx_(&wake_cost, WAKE_NS);
    for (unsigned i = 0; i < sizeof(objects); i++)
        *weir_lesson_on_(&objects[i]) = (struct weir_lesson){0};
}

static struct weir_spin spin_on(const char *object)
{
    pauses_done = 0;
    return weir_spin_begin_on_(&learner, object);
}

/* Wait in vain; how many pauses. */
static uint32_t lose(const char *object)
{
    struct weir_spin spin = spin_on(object);
    uint32_t pauses = spin_out(&spin);

    weir_spin_end_(&spin);
    return pauses;
}

/* Wait for what comes at the n-th look; how many pauses. */
static uint32_t win(const char *object, uint32_t n)
{
    struct weir_spin spin = spin_on(object);

    while (n-- > 1)
        must(weir_spin_again_(&spin));
    weir_spin_end_(&spin);
    return pauses_done;
}

static void lose_all(const char *object)
{
    for (int i = 0; i < TRIES; i++)
        must_eq(lose(object), FULL);
}

/* Pauses that are always in vain end soon, but for a trial now and then;
 * yields do not. */
START_TEST(pauses_in_vain_end)
{
    begin_lessons(4);
    lose_all(objects);
    for (int i = 1; i <= 1000; i++) {
        fake.yields = 0;
        must_eq(lose(objects), i % WEIR_LESSON_TRIAL_WAITS == 0 ? FULL : 0);
        must_eq(fake.yields, learner.yields);
    }
}
END_TEST

/* One trial that is not in vain, and they are back; one in vain, and they are
 * gone again. */
START_TEST(a_trial_brings_pauses_back)
{
    begin_lessons(4);
    lose_all(objects);
    for (int i = 1; i < WEIR_LESSON_TRIAL_WAITS; i++)
        must_eq(win(objects, 2), 0); /* by a yield */
    must_eq(win(objects, 30), 29);
    must_eq(lose(objects), FULL);
    must_eq(lose(objects), 0);
    for (int i = 2; i < WEIR_LESSON_TRIAL_WAITS; i++)
        must_eq(lose(objects), 0);
    for (int i = 0; i <= WEIR_LESSON_DOUBT_MAX; i++)
        must_eq(win(objects, 30), 29);
    lose_all(objects);
    must_eq(lose(objects), 0);
}
END_TEST

/* Who is let in by a yield has its releaser on this CPU: trials are short. */
START_TEST(trials_are_short_where_yields_help)
{
    begin_lessons(4);
    lose_all(objects);
    for (int i = 1; i < WEIR_LESSON_TRIAL_WAITS; i++)
        must_eq(win(objects, 2), 0);
    must_eq(lose(objects), WEIR_LESSON_TRIAL_NS / 10);
    for (int i = 1; i < WEIR_LESSON_TRIAL_WAITS; i++)
        must_eq(lose(objects), 0);
    must_eq(lose(objects), FULL);
}
END_TEST

/* But never longer than all pauses would be. */
START_TEST(trials_are_no_longer_than_all)
{
    const uint32_t all = WEIR_LESSON_TRIAL_NS / 10 / 2;

    begin_lessons(4);
    weir_store_rlx_(&wake_cost, WEIR_LESSON_TRIAL_NS / 2);
    for (int i = 0; i < TRIES; i++)
        must_eq(lose(objects), all);
    for (int i = 1; i < WEIR_LESSON_TRIAL_WAITS; i++)
        must_eq(win(objects, 2), 0);
    must_eq(lose(objects), all);
}
END_TEST

/* Two thirds of successes are enough, half of them are not. */
START_TEST(pauses_stay_while_they_pay)
{
    begin_lessons(4);
    for (int i = 0; i < 100; i++) {
        must_eq(lose(objects), FULL);
        must_eq(win(objects, 10), 9);
        must_eq(win(objects, 10), 9);
    }
    for (int i = 0; i < WEIR_LESSON_DOUBT_MAX - WEIR_LESSON_DOUBT_STEP; i++) {
        must_eq(lose(objects), FULL);
        must_eq(win(objects, 10), 9);
    }
    must_eq(lose(objects), FULL);
    must_eq(lose(objects), 0);
}
END_TEST

/* Who finds it at the first look has learnt nothing. */
START_TEST(a_look_teaches_nothing)
{
    begin_lessons(4);
    must_eq(lose(objects), FULL);
    for (int i = 0; i < 100; i++)
        must_eq(win(objects, 1), 0);
    for (int i = 1; i < TRIES; i++)
        must_eq(lose(objects), FULL);
    must_eq(lose(objects), 0);
}
END_TEST

/* Until the cost of a wake-up is known, the plan says for how long. */
START_TEST(the_plan_counts_first)
{
    begin_lessons(4);
    weir_store_rlx_(&wake_cost, 0);
    memcpy(fake.late, (int64_t[3]){WAKE_NS, WAKE_NS, WAKE_NS},
           sizeof(fake.late));
    must_eq(win(objects, 3), 2);
    must_eq(fake.sleeps, 0);
    must_eq(lose(objects), FULL / 2);
    must_eq(fake.sleeps, 3); /* it had to be known */
    must_eq(lose(objects), FULL);
}
END_TEST

/* On one CPU nothing is learnt, since nothing is tried. */
START_TEST(one_cpu_teaches_nothing)
{
    begin_lessons(1);
    for (int i = 0; i < 100; i++)
        must_eq(lose(objects), 0);
    fake.cpus = 2;
    lose_all(objects);
}
END_TEST

static void lose_in_a_thread(unsigned index, void *arg)
{
    (void)index;
    (void)arg;
    lose_all(objects);
    must_eq(lose(objects), 0);
}

/* What one thread has learnt of one object is no other's, nor of another. */
START_TEST(lessons_are_ones_own)
{
    unsigned other = 0;

    begin_lessons(4);
    support_threads(1, lose_in_a_thread, NULL);
    lose_all(objects);
    must_eq(lose(objects), 0);
    while (weir_lesson_on_(&objects[other]) == weir_lesson_on_(objects))
        must(++other < sizeof(objects));
    must_eq(lose(&objects[other]), FULL);
}
END_TEST

static weir_cond_t condition;
static weir_cond_t shared_condition;
static weir_event_t event;
static weir_latch_t latch;
static weir_sem_t semaphore;
static weir_wait_item_t items[1];

static int wait_for_cond(weir_cond_t *c, weir_deadline_t deadline)
{
    static weir_mutex_t mutex;
    int result;

    (void)weir_mutex_lock(&mutex);
    result = weir_cond_wait_until(c, &mutex, deadline);
    (void)weir_mutex_unlock(&mutex);
    return result;
}

static int wait_for_private_cond(weir_deadline_t deadline)
{
    return wait_for_cond(&condition, deadline);
}

static int wait_for_shared_cond(weir_deadline_t deadline)
{
    must_eq(weir_cond_init(&shared_condition, WEIR_SHARED), 0);
    return wait_for_cond(&shared_condition, deadline);
}

static int wait_for_event(weir_deadline_t deadline)
{
    return weir_event_wait_until(&event, deadline);
}

static int wait_for_latch(weir_deadline_t deadline)
{
    must_eq(weir_latch_init(&latch, 1, 0), 0);
    return weir_latch_wait_until(&latch, deadline);
}

static int wait_for_sem(weir_deadline_t deadline)
{
    return weir_sem_wait_until(&semaphore, deadline);
}

static int wait_for_any(weir_deadline_t deadline)
{
    size_t which;

    items[0] = weir_wait_on_event(&event);
    return weir_wait_any(items, 1, deadline, &which);
}

static const struct {
    int (*wait)(weir_deadline_t deadline);
    const void *object;
} learners[] = {{wait_for_private_cond, &condition},
                {wait_for_shared_cond, &shared_condition},
                {wait_for_event, &event},
                {wait_for_latch, &latch},
                {wait_for_sem, &semaphore},
                {wait_for_any, items}};
#define LEARNERS ((int)(sizeof(learners) / sizeof(learners[0])))

/* Who always sleeps in the end pauses a few times in full, and then in one wait
 * of many, whatever it waits for. */
START_TEST(sleepers_stop_pausing)
{
    begin_lessons(4);
    fake.now = 0; /* it is a real sleep */
    *weir_lesson_on_(learners[_i].object) = (struct weir_lesson){0};
    pauses_done = 0;
    /* If this thread is held up for a tenth of a millisecond, it is too late to
     * pause. */
    while (pauses_done < TRIES * FULL)
        must_eq(learners[_i].wait(weir_after(100000)), ETIMEDOUT);
    for (int i = 0; i < WEIR_LESSON_TRIAL_WAITS; i++)
        must_eq(learners[_i].wait(weir_after(100000)), ETIMEDOUT);
    must(pauses_done <= (TRIES + 1) * FULL);
}
END_TEST

/* --- fork --- */

/* The parent's spinners do not spin in the child. */
START_TEST(spinners_are_forgotten_after_fork)
{
    struct weir_spin spins[2];
    pid_t child;

    weir_parked_reset_(); /* so that its file is linked, which sees forks */
    manner = 2;
    fake = (struct fake){.now = 1000000, .cpus = 3};
    must(spin_in(&spins[0]));
    must(spin_in(&spins[1]));
    child = support_fork();
    if (child == 0) {
        must_eq(weir_load_rlx_(&spinners), 0);
        must(spin_in(&spins[0]));
        must(spin_in(&spins[1]));
        support_exit();
    }
    support_reap(child);
    must_eq(weir_load_rlx_(&spinners), 2);
    weir_spin_end_(&spins[0]);
    weir_spin_end_(&spins[1]);
}
END_TEST

/* --- uncontended: the two costs --- */

/* However the measurement was disturbed, the cost is within bounds. */
START_TEST(pause_cost_is_clamped)
{
    fake = (struct fake){.now = 1000000, .tick = 0};
    must_eq(measure_pause(), WEIR_PAUSE_COST_MIN_PS);
    fake.tick = INT64_C(1) << 40;
    must_eq(measure_pause(), WEIR_PAUSE_COST_MAX_PS);
    fake.tick = 43000; /* a thousand pauses */
    must_eq(measure_pause(), 43000);
    fake.now = 0;
    must(measure_pause() >= WEIR_PAUSE_COST_MIN_PS);
    must(measure_pause() <= WEIR_PAUSE_COST_MAX_PS);
}
END_TEST

START_TEST(wake_cost_is_the_middle_one)
{
    static const int64_t late[6][3] = {
        {3000, 9000, 1000000}, {3000, 1000000, 9000}, {9000, 3000, 1000000},
        {1000000, 3000, 9000}, {9000, 1000000, 3000}, {1000000, 9000, 3000}};

    fake = (struct fake){.now = 1000000};
    for (int i = 0; i < 6; i++) {
        memcpy(fake.late, late[i], sizeof(fake.late));
        must_eq(keeps_errno(measure_wake()), 9000);
    }
    memcpy(fake.late, (int64_t[3]){-5, 0, 1}, sizeof(fake.late));
    must_eq(measure_wake(), WEIR_WAKE_COST_MIN_NS);
    memcpy(fake.late, (int64_t[3]){1 << 30, 1 << 30, 5}, sizeof(fake.late));
    must_eq(measure_wake(), WEIR_WAKE_COST_MAX_NS);
}
END_TEST

/* The timer slack of the thread is its own. */
START_TEST(slack_is_given_back)
{
    int slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    int64_t cost = keeps_errno(measure_wake());

    must(cost >= WEIR_WAKE_COST_MIN_NS && cost <= WEIR_WAKE_COST_MAX_NS);
    must_eq(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), slack);
}
END_TEST

/* And left alone where it cannot be asked for. */
START_TEST(slack_is_refused)
{
    pid_t child = support_fork();

    if (child == 0) {
        int64_t cost;

        if (!support_refuse(SYS_prctl, EPERM)) {
            support_skip("timer slack under a filter", "no seccomp here");
            support_exit();
        }
        cost = keeps_errno(measure_wake());
        must(cost >= WEIR_WAKE_COST_MIN_NS && cost <= WEIR_WAKE_COST_MAX_NS);
        support_exit();
    }
    support_reap(child);
}
END_TEST

/* --- uncontended: patience --- */

START_TEST(patience_is_monotone)
{
    for (uint32_t p = 0; p <= 255; p++) {
        uint32_t more = weir_patience_after_(p, true);
        uint32_t less = weir_patience_after_(p, false);

        must(more <= 255 && less <= 255);
        must(more > p || p == 255);
        must(less < p || p < 8);
        if (p > 0) {
            must(more >= weir_patience_after_(p - 1, true));
            must(less >= weir_patience_after_(p - 1, false));
        }
    }
}
END_TEST

START_TEST(patience_comes_and_goes)
{
    uint32_t patience = 255;

    for (int i = 0; i < 40; i++)
        patience = weir_patience_after_(patience, false);
    must(patience < 8);
    for (int i = 0; i < 60; i++)
        patience = weir_patience_after_(patience, true);
    must_eq(patience, 255);
}
END_TEST

START_TEST(budget_follows_patience)
{
    static const int64_t budgets[] = {0, 1, 16, 48, 2000, 60000};

    for (unsigned i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
        int64_t budget = budgets[i];

        must_eq(weir_patient_budget_(255, budget), budget);
        must_eq(weir_patient_budget_(0, budget), budget / 16);
        for (uint32_t p = 1; p <= 255; p++) {
            must(weir_patient_budget_(p, budget) >=
                 weir_patient_budget_(p - 1, budget));
            must(weir_patient_budget_(p, budget) <= budget);
        }
    }
}
END_TEST

/* --- uncontended: CPUs --- */

START_TEST(quotas)
{
    static const struct {
        const char *text;
        unsigned cpus;
    } table[] = {{"max 100000", 0},
                 {"max 100000\n", 0},
                 {"100000 100000", 1},
                 {"150000 100000", 2},
                 {"1 100000", 1},
                 {"99999 100000", 1},
                 {"100001 100000", 2},
                 {"200000 100000", 2},
                 {"50000 10000", 5},
                 {"1000000 1", 65536},
                 {"", 0},
                 {" ", 0},
                 {"\n", 0},
                 {"garbage", 0},
                 {"100000", 0},
                 {"100000\n", 0},
                 {"100000 ", 0},
                 {"100000 max", 0},
                 {"100000 0", 0},
                 {"100000 -5", 0},
                 {"-100000 100000", 0},
                 {"0 100000", 0},
                 {"-1 100000", 0},
                 {"100000\t100000", 0},
                 {"100000x 100000", 0},
                 {"x100000 100000", 0}};

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        must_eq(weir_quota_cpus_(table[i].text), table[i].cpus);
    must(weir_quota_cpus_("9223372036854775807 1") >= 1);
    must(weir_quota_cpus_("99999999999999999999999999 1") >= 1);
    must(weir_quota_cpus_("1 99999999999999999999999999") <= 1);
}
END_TEST

#define GROUP "/proc/self/cgroup"
#define ROOT "/sys/fs/cgroup"
#define ONE_CPU "100000 100000\n"
#define MANY_CPUS "900000 10000\n"
#define NO_LIMIT "max 100000\n"

static const struct {
    bool one; /* a quota of one CPU is in force */
    struct file files[6];
} groups[] = {
    {false, {{NULL, NULL}}},
    {false, {{GROUP, ""}}},
    {false, {{GROUP, "0::/a\n"}}},
    {true, {{GROUP, "0::/a\n"}, {ROOT "/a/cpu.max", ONE_CPU}}},
    {true, {{GROUP, "0::/a"}, {ROOT "/a/cpu.max", ONE_CPU}}},
    {false, {{GROUP, "0::/a\n"}, {ROOT "/a/cpu.max", NO_LIMIT}}},
    {false, {{GROUP, "0::/a\n"}, {ROOT "/b/cpu.max", ONE_CPU}}},
    /* The least from the own group up. */
    {true,
     {{GROUP, "0::/a/b/c\n"},
      {ROOT "/a/b/c/cpu.max", MANY_CPUS},
      {ROOT "/a/b/cpu.max", ONE_CPU},
      {ROOT "/a/cpu.max", NO_LIMIT}}},
    {true,
     {{GROUP, "0::/a/b/c\n"},
      {ROOT "/a/b/c/cpu.max", NO_LIMIT},
      {ROOT "/a/cpu.max", ONE_CPU}}},
    {true, {{GROUP, "0::/a/b\n"}, {ROOT "/a/b/cpu.max", ONE_CPU}}},
    /* In a container its root has the quota. */
    {true, {{GROUP, "0::/\n"}, {ROOT "//cpu.max", ONE_CPU}}},
    {true,
     {{GROUP, "0::/a\n"},
      {ROOT "/a/cpu.max", NO_LIMIT},
      {ROOT "/cpu.max", ONE_CPU}}},
    /* Beside version 1. */
    {true,
     {{GROUP, "4:cpu,cpuacct:/x\n1:name=systemd:/y\n0::/a\n"},
      {ROOT "/a/cpu.max", ONE_CPU}}},
    {false, {{GROUP, "10::/a\n4:cpu:/a\n"}, {ROOT "/a/cpu.max", ONE_CPU}}},
    /* More than there are, and more above. */
    {false, {{GROUP, "0::/a\n"}, {ROOT "/a/cpu.max", "65000 1\n"}}},
    {true,
     {{GROUP, "0::/a/b\n"},
      {ROOT "/a/b/cpu.max", ONE_CPU},
      {ROOT "/a/cpu.max", MANY_CPUS}}},
};

START_TEST(groups_limit_cpus)
{
    unsigned all;

    fake.files = groups[0].files;
    all = weir_usable_cpus_refresh_();
    if (all < 2) {
        support_skip("CPU quotas of groups", "there is one CPU");
        return;
    }
    fake.files = groups[_i].files;
    must_eq(keeps_errno(weir_usable_cpus_refresh_()), groups[_i].one ? 1 : all);
    must_eq(__real_weir_usable_cpus_(), groups[_i].one ? 1 : all);
    fake.files = NULL;
    must(weir_usable_cpus_refresh_() >= 1);
}
END_TEST

/* --- misuse: panic --- */

struct panic {
    const volatile void *object;
    uint64_t word;
    const char *sentence;
};

static void panic(void *arg)
{
    const struct panic *p = arg;

    weir_panic_("weir_some_call", p->object, p->word, p->sentence);
}

START_TEST(panics_say_all)
{
    static struct panic panics[] = {
        {NULL, 0, "nothing is left"},
        {(void *)16, 15, "x"},
        {(void *)UINTPTR_MAX, UINT64_MAX, "all ones"},
        {(void *)0x7ffe12345678, INT64_C(1) << 60, "100% of it %s %n"}};

    panic_must_say(panic, &panics[_i], "weir_some_call", panics[_i].object,
                   panics[_i].word, panics[_i].sentence);
}
END_TEST

/* Longer than the line: cut, and still the end. */
START_TEST(panics_are_cut)
{
    static char sentence[2000];
    char text[PANIC_TEXT_MAX];
    struct panic p = {sentence, 1, sentence};

    memset(sentence, 's', sizeof(sentence) - 1);
    panic_of(panic, &p, text);
    must_eq(strlen(text), 512);
    must(strncmp(text, "weir: weir_some_call: object 0x", 31) == 0);
}
END_TEST

static void panic_unheard(void *arg)
{
    (void)close(STDERR_FILENO);
    panic(arg);
}

START_TEST(panics_without_stderr)
{
    char text[PANIC_TEXT_MAX];
    struct panic p = {&p, 1, "nobody reads this"};

    panic_of(panic_unheard, &p, text);
    must_eq(strlen(text), 0);
}
END_TEST

static void add_lessons(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "lessons");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, pauses_in_vain_end);
    tcase_add_test(tcase, a_trial_brings_pauses_back);
    tcase_add_test(tcase, trials_are_short_where_yields_help);
    tcase_add_test(tcase, trials_are_no_longer_than_all);
    tcase_add_test(tcase, pauses_stay_while_they_pay);
    tcase_add_test(tcase, a_look_teaches_nothing);
    tcase_add_test(tcase, the_plan_counts_first);
    tcase_add_test(tcase, one_cpu_teaches_nothing);
    tcase_add_test(tcase, lessons_are_ones_own);
    tcase_add_loop_test(tcase, sleepers_stop_pausing, 0, LEARNERS);
}

static void add_uncontended(Suite *suite)
{
    TCase *tcase = support_tcase(suite, "uncontended");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, pause_cost_is_clamped);
    tcase_add_test(tcase, wake_cost_is_the_middle_one);
    tcase_add_test(tcase, slack_is_given_back);
    tcase_add_test(tcase, slack_is_refused);
    tcase_add_test(tcase, patience_is_monotone);
    tcase_add_test(tcase, patience_comes_and_goes);
    tcase_add_test(tcase, budget_follows_patience);
    tcase_add_test(tcase, quotas);
    tcase_add_loop_test(tcase, groups_limit_cpus, 0,
                        sizeof(groups) / sizeof(groups[0]));
}

int main(void)
{
    Suite *suite = suite_create("spin");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, no_budget_no_pauses);
    tcase_add_test(tcase, one_cpu_no_pauses);
    tcase_add_loop_test(tcase, budget_in_pauses, 0, MANNERS);
    tcase_add_loop_test(tcase, bursts_grow, 0, MANNERS);
    tcase_add_test(tcase, yields_are_bounded);
    add_uncontended(suite);
    tcase = support_tcase(suite, "contended");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_loop_test(tcase, spinners_come_and_go, 0, MANNERS);
    tcase_add_loop_test(tcase, short_spins_are_free, 0, MANNERS);
    tcase_add_test(tcase, free_for_as_long_as_planned);
    tcase_add_test(tcase, spinners_count_to_zero);
    add_lessons(suite);
    tcase = support_tcase(suite, "fork");
    tcase_add_checked_fixture(tcase, NULL, end);
    tcase_add_test(tcase, spinners_are_forgotten_after_fork);
    tcase = support_tcase(suite, "misuse");
    tcase_add_loop_test(tcase, panics_say_all, 0, 4);
    tcase_add_test(tcase, panics_are_cut);
    tcase_add_test(tcase, panics_without_stderr);
    return support_main(suite);
}
