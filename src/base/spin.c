/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Spinning with a budget.  The two costs that budgets are made from, that of
 * a pause and that of waking a sleeper, are measured once per process, on
 * the first wait that has to: a thousand pauses, and three short sleeps of
 * which the one that is late in the middle counts.  The lateness of a timer
 * is what a futex wake-up costs on the same machine less the waker's system
 * call, since both end in the same wake-up of an idle CPU.
 */
#include "base/spin.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/cpu.h"
#include "base/lesson.h"
#include "base/time.h"
#include "base/tunables.h"

#define PAUSES_MEASURED 1000
#define SLEEP_NS 20000
/* Pauses that a thread may do before it counts as a spinner. */
#define PAUSES_FREE 16u

/* 0: not measured.  Measuring twice at once is harmless. */
static WEIR_ATOMIC(int64_t) pause_cost;
static WEIR_ATOMIC(int64_t) wake_cost;
/* Threads that are pausing now. */
static WEIR_ATOMIC(uint32_t) spinners;

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static int64_t measure_pause(void)
{
    weir_deadline_t start = weir_now();

    for (int i = 0; i < PAUSES_MEASURED; i++)
        weir_cpu_pause_();
    return clamp((weir_now() - start) * 1000 / PAUSES_MEASURED,
                 WEIR_PAUSE_COST_MIN_PS, WEIR_PAUSE_COST_MAX_PS);
}

static int64_t lateness(void)
{
    weir_deadline_t until = weir_after(SLEEP_NS);
    struct timespec ts = weir_timespec_(until);

    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
    return weir_now() - until;
}

static int64_t median(int64_t a, int64_t b, int64_t c)
{
    int64_t low = a < b ? a : b;
    int64_t high = a < b ? b : a;

    return clamp(c, low, high);
}

static int64_t measure_wake(void)
{
    int saved = errno;
    int slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    int64_t late;

    /* Timers are late on purpose unless asked not to be. */
    if (slack > 0)
        (void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    late = median(lateness(), lateness(), lateness());
    if (slack > 0)
        (void)prctl(PR_SET_TIMERSLACK, (unsigned long)slack, 0, 0, 0);
    errno = saved;
    return clamp(late, WEIR_WAKE_COST_MIN_NS, WEIR_WAKE_COST_MAX_NS);
}

int64_t weir_pause_cost_ps_(void)
{
    /* COUNT: any thread's measurement is as good. */
    int64_t cost = weir_load_rlx_(&pause_cost);

    if (WEIR_UNLIKELY(cost == 0)) {
        cost = measure_pause();
        /* COUNT: as above. */
        weir_store_rlx_(&pause_cost, cost);
    }
    return cost;
}

int64_t weir_wake_cost_ns_(void)
{
    /* COUNT: any thread's measurement is as good. */
    int64_t cost = weir_load_rlx_(&wake_cost);

    if (WEIR_UNLIKELY(cost == 0)) {
        cost = measure_wake();
        /* COUNT: as above. */
        weir_store_rlx_(&wake_cost, cost);
    }
    return cost;
}

static uint32_t pauses_in(int64_t ns)
{
    return (uint32_t)(clamp(ns, 0, WEIR_WAKE_COST_MAX_NS) * 1000 /
                      weir_pause_cost_ps_());
}

static void pause_times(uint32_t n)
{
    while (n-- > 0)
        weir_cpu_pause_();
}

/* As long as a wake-up costs, for what it would save; but nobody who would
 * have got it in a moment waits for that to be measured. */
static int64_t budget_learnt(struct weir_lesson *lesson,
                             const struct weir_spin_plan *plan)
{
    /* COUNT: as in weir_wake_cost_ns_. */
    int64_t cost = weir_load_rlx_(&wake_cost);

    return weir_lesson_budget_(lesson, cost != 0 ? cost : plan->budget_ns);
}

static struct weir_spin begin(const struct weir_spin_plan *plan,
                              struct weir_lesson *lesson)
{
    struct weir_spin spin = {.steady = plan->steady,
                             .burst = 1,
                             .longest = plan->longest,
                             .free = PAUSES_FREE,
                             .yields = plan->yields,
                             .lesson = lesson};

    if (weir_usable_cpus_() > 1) {
        spin.pauses = pauses_in(lesson != NULL ? budget_learnt(lesson, plan)
                                               : plan->budget_ns);
        if (plan->free_ns > 0)
            spin.free = pauses_in(plan->free_ns);
        if (plan->first_ns > 0) {
            uint32_t first = pauses_in(plan->first_ns);

            pause_times(first);
            spin.pauses -= first < spin.pauses ? first : spin.pauses;
        }
    }
    return spin;
}

struct weir_spin weir_spin_begin_(const struct weir_spin_plan *plan)
{
    return begin(plan, NULL);
}

struct weir_spin weir_spin_begin_on_(const struct weir_spin_plan *plan,
                                     const volatile void *object)
{
    return begin(plan, weir_lesson_on_(object));
}

/* Become one of the spinners, if there are CPUs to spare. */
static bool count_in(struct weir_spin *spin)
{
    uint32_t others;

    if (spin->counted)
        return true;
    /* COUNT: a limit that may be missed by a moment. */
    others = weir_fetch_add_rlx_(&spinners, 1u);
    spin->counted = true;
    return others + 1 < weir_usable_cpus_();
}

static void pause_once(struct weir_spin *spin)
{
    uint32_t burst = spin->burst;

    if (burst > spin->pauses)
        burst = spin->pauses;
    spin->pauses -= burst;
    if (spin->free > burst)
        spin->free -= burst;
    else if (!count_in(spin))
        spin->pauses = 0;
    pause_times(burst);
    if (spin->steady > 0)
        spin->steady--;
    else if (spin->burst < spin->longest)
        spin->burst *= 2;
}

static bool yield_once(struct weir_spin *spin)
{
    if (spin->yields == 0)
        return false;
    if (spin->until == 0)
        spin->until = weir_after(weir_wake_cost_ns_());
    else if (weir_now() >= spin->until)
        return false;
    spin->yields--;
    (void)sched_yield();
    return true;
}

static void count_out(struct weir_spin *spin)
{
    if (spin->counted) {
        /* COUNT: as in count_in. */
        (void)weir_fetch_add_rlx_(&spinners, (uint32_t)-1);
        spin->counted = false;
    }
}

bool weir_spin_again_(struct weir_spin *spin)
{
    if (spin->pauses > 0) {
        pause_once(spin);
        spin->paused = true;
        return true;
    }
    if (spin->paused && spin->lesson != NULL)
        weir_lesson_lost_(spin->lesson);
    spin->paused = false;
    count_out(spin);
    if (yield_once(spin))
        return true;
    if (spin->lesson != NULL)
        spin->lesson->by_yields = false;
    spin->lesson = NULL;
    return false;
}

void weir_spin_end_(struct weir_spin *spin)
{
    count_out(spin);
    if (spin->lesson == NULL)
        return;
    if (spin->until != 0)
        spin->lesson->by_yields = true;
    else if (spin->paused)
        weir_lesson_paid_(spin->lesson);
    spin->lesson = NULL;
}

/* The parent's spinners are not in the child. */
static void after_fork(void)
{
    /* OWNED: the child has one thread, and it is not spinning. */
    weir_store_rlx_(&spinners, 0);
}

WEIR_CONSTRUCTOR static void set_up(void)
{
    (void)pthread_atfork(NULL, NULL, after_fork);
}

uint32_t weir_patience_after_(uint32_t patience, bool paid)
{
    return paid ? patience + (255 - patience + 7) / 8 : patience - patience / 8;
}

int64_t weir_patient_budget_(uint32_t patience, int64_t budget_ns)
{
    /* Never below a sixteenth, so that it can be learnt that it pays again. */
    return budget_ns * (16 + (int64_t)patience * 240 / 255) / 256;
}
