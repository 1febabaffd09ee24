/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers, after each instruction of the library's own.
 *
 * What the others see, of whom the first may join the timer, and the last one
 * starts another timer and cancels it:
 *   -  it is not armed, has not fired, and nobody waits for it
 *   A  it is armed
 *   L  it is due, or will not fire any more, and somebody is asleep still (the
 *      timer thread, or who joins it): the victim will wake them, or it is
 *      the timer thread
 *   R  its callback runs
 *   H  it is with its executor
 *   F  it has fired, and its callback has returned
 *   B  the victim holds the lock: all who use timers wait for it, for the time
 *      that the headers call short
 */
#include <weir/latch.h>
#include <weir/timer.h>

#include <unistd.h>

#include "crew.h"
#include "sweep.h"
#include "thread/timer_service.h"

#define FAR ((int64_t)1 << 50) /* two weeks */

struct objects {
    weir_timer_t it;    /* the timer that the victim is about */
    weir_timer_t other; /* that which a waiter uses */
    weir_timer_t far;   /* for which the timer thread is there */
    weir_latch_t gate;  /* in its callback */
    volatile unsigned runs;
    void (*handed)(void *);
    void *handed_arg;
};

static struct objects *o;
static unsigned all_waiters;
static int wanted; /* what the victim returns */
static bool victim_serves;

/* What the linker puts in the place of the library's own. */
int __real_weir_timer_spawn_(void);
int __wrap_weir_timer_spawn_(void);
void __real_weir_timer_reap_(void);
void __wrap_weir_timer_reap_(void);

int __wrap_weir_timer_spawn_(void)
{
    return victim_serves ? 0 : __real_weir_timer_spawn_();
}

void __wrap_weir_timer_reap_(void)
{
    if (!victim_serves)
        __real_weir_timer_reap_();
}

/* -- The timers --------------------------------------------------------- */

/* A sweep stops in here as well. */
__attribute__((section("weir_text"))) static void expire(void *arg)
{
    (void)weir_latch_wait(&o->gate);
    o->runs++;
    (void)arg;
}

static void never(void *arg)
{
    (void)arg;
    must(false);
}

static int keep(void *pool, void (*fn)(void *), void *arg)
{
    (void)pool;
    o->handed = fn;
    o->handed_arg = arg;
    return 0;
}

/* arg[1]: what becomes of it first. */
enum { RESULT, FIRST, GATED, HANDED };
enum { NEW, ARMED_FAR, DUE, REVOKED, ALONE };

static void set_up(const struct scenario *s)
{
    weir_deadline_t far = weir_after(FAR);

    o = (struct objects *)(void *)world->object;
    all_waiters = s->early + s->late;
    wanted = (int)s->arg[RESULT];
    must_eq(weir_latch_init(&o->gate, s->arg[GATED], 0), 0);
    must_eq(weir_timer_init(&o->it, expire, NULL, 0), 0);
    must_eq(weir_timer_init(&o->other, never, NULL, 0), 0);
    must_eq(weir_timer_init(&o->far, never, NULL, 0), 0);
    if (s->arg[HANDED])
        must_eq(weir_timer_set_executor(&o->it, keep, NULL), 0);
    if (s->arg[FIRST] != ALONE)
        must_eq(weir_timer_start_at(&o->far, far), 0);
    if (s->arg[FIRST] == REVOKED)
        must_eq(weir_timer_cancel(&o->it), EALREADY);
    if (s->arg[FIRST] == ARMED_FAR || s->arg[FIRST] == DUE)
        must_eq(
            weir_timer_start_at(&o->it, s->arg[FIRST] == DUE ? AT_ONCE : far),
            0);
    world_settle();
    /* Nobody is inside: and forget who met there, which took another way. */
    must_eq(weir_mutex_init(&weir_timers_.lock, 0), 0);
}

static void set_up_server(const struct scenario *s)
{
    victim_serves = true;
    set_up(s);
}

static bool open_gate(unsigned nth)
{
    (void)weir_latch_count_down(&o->gate, weir_latch_value(&o->gate));
    world_settle();
    return nth == 1;
}

/* -- Waiters ------------------------------------------------------------ */

static int start_and_cancel(void)
{
    int result = weir_timer_start_at(&o->other, weir_after(FAR));

    return result != 0 ? result : weir_timer_cancel(&o->other);
}

static void join_or_use(unsigned index)
{
    if (index + 1 < all_waiters)
        WAITER(index, weir_timer_join(&o->it, WEIR_FOREVER));
    else
        WAITER(index, start_and_cancel());
}

static bool somebody_joins(void)
{
    return all_waiters > 1 && !world->waiters[0].done;
}

/* -- The judge ---------------------------------------------------------- */

static bool is_busy(bool *is_handed)
{
    bool busy;

    weir_timer_enter_();
    busy = weir_timer_is_busy_(&o->it);
    *is_handed = weir_timer_has_(&o->it, WEIR_TIMER_HANDED_);
    weir_timer_leave_();
    return busy;
}

/* Nobody waits for a callback who does not want to. */
static void must_not_wait(void)
{
    must_eq(weir_timer_join(&o->it, AT_ONCE), ETIMEDOUT);
    must_eq(weir_timer_cancel_sync(&o->it, AT_ONCE), ETIMEDOUT);
    must_eq(weir_timer_cancel(&o->it), EINPROGRESS);
}

static char others_use(bool dead)
{
    bool is_handed;

    (void)dead;
    world_bring(all_waiters);
    if (!world->waiters[all_waiters - 1].done)
        return 'B';
    if (is_busy(&is_handed)) {
        must_not_wait();
        return is_handed ? 'H' : 'R';
    }
    if (weir_timer_is_armed(&o->it) && o->runs == 0)
        return o->it.link.due <= weir_now() ? 'L' : 'A';
    if (somebody_joins())
        return 'L';
    return o->runs > 0 ? 'F' : '-';
}

static void must_end(void)
{
    int result;

    must(world->victim.done);
    must_eq(world->victim.result, wanted);
    must_eq(world_done(), all_waiters);
    result = world->waiters[all_waiters - 1].result;
    must(result == 0 || result == ECANCELED);
    if (all_waiters > 1)
        must_eq(world->waiters[0].result, 0);
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
    must(!weir_timer_is_armed(&o->it));
    must(o->runs <= 1);
    must_eq(weir_timer_fired(&o->it), o->runs);
}

/* The first of all starts a thread, with the lock held; nobody else comes. */
static char others_wait(bool dead)
{
    (void)dead;
    world_settle(); /* the thread may have been made just before */
    if (o->runs > 0)
        return 'F';
    return weir_timer_state_(&o->it) & WEIR_TIMER_ARMED_ ? 'L' : '-';
}

static void finish_first(bool dead)
{
    (void)dead;
    must(world->victim.done);
    must_eq(world->victim.result, wanted);
    must_eq(o->runs, 1);
    must_eq(weir_timer_shutdown(WEIR_FOREVER), 0);
}

/* It has fired: the starts. */
static void finish_firing(bool dead)
{
    (void)dead;
    must_eq(o->runs, 1);
    must_end();
}

/* Whether it has or not is the scenario's. */
static void finish(bool dead)
{
    (void)dead;
    (void)open_gate(1);
    must_end();
}

/* -- Calls -------------------------------------------------------------- */

#define BODY(name, call)                                                       \
    static void name(unsigned index)                                           \
    {                                                                          \
        (void)index;                                                           \
        VICTIM(call);                                                          \
    }

BODY(start_due, weir_timer_start_at(&o->it, AT_ONCE))
BODY(start_every, weir_timer_start_every(&o->it, AT_ONCE, FAR))
BODY(restart_due, weir_timer_restart_at(&o->it, AT_ONCE))
BODY(cancel, weir_timer_cancel(&o->it))
BODY(cancel_sync, weir_timer_cancel_sync(&o->it, WEIR_FOREVER))
BODY(cancel_sync_in_time, weir_timer_cancel_sync(&o->it, VIRTUAL_DEADLINE))
BODY(join, weir_timer_join(&o->it, WEIR_FOREVER))
BODY(join_in_time, weir_timer_join(&o->it, VIRTUAL_DEADLINE))
BODY(shut_down, weir_timer_shutdown(WEIR_FOREVER))
BODY(set_executor, weir_timer_set_executor(&o->it, keep, NULL))
BODY(ask, (int)(weir_timer_is_armed(&o->it) + 2 * weir_timer_fired(&o->it) +
                4 * weir_timer_skipped(&o->it)))

static bool fire_it(unsigned nth)
{
    must_eq(weir_timer_restart_at(&o->it, AT_ONCE), 0);
    world_settle();
    return nth == 1;
}

/* The victim that joins it is woken by its end. */
static void finish_join(bool dead)
{
    (void)dead;
    if (!world->victim.done)
        (void)fire_it(1);
    must_end();
}

/* -- The timer thread, and an executor's -------------------------------- */

static int serve(void)
{
    weir_timer_serve_();
    return 0;
}

BODY(serve_as_victim, serve())

static int run_handed(void)
{
    o->handed(o->handed_arg);
    return 0;
}

BODY(run_as_victim, run_handed())

/* It has fired what was due, and sleeps until there is more.  What a shutdown
 * does first: the rest of it waits for the victim. */
static bool stop_serving(unsigned nth)
{
    weir_timer_enter_();
    weir_timers_.stopping = true;
    weir_timer_tell_(WEIR_TIMER_BELL_);
    weir_timer_leave_();
    world_settle();
    return nth == 1;
}

static void finish_serving(bool dead)
{
    (void)dead;
    if (o->handed != NULL)
        (void)run_handed();
    world_settle();
    must_eq(o->runs, 1);
    if (!world->victim.done)
        (void)stop_serving(1);
    must_end();
}

/* The timer thread should have served by the time at which the victim looks. */
static bool is_no_way(unsigned nth)
{
    (void)nth;
    return false;
}

/* ----------------------------------------------------------------------- */

/* Nobody joins where the victim is told together with those who do: they would
 * meet at the lock, now in this order and now in that. */
#define USE                                                                    \
    .threads = true, .waiter = join_or_use, .set_up = set_up,                  \
    .others = others_use
#define START USE, .late = 1, .finish = finish_firing
#define END USE, .late = 1, .finish = finish
#define END_JOINED USE, .early = 1, .late = 1, .finish = finish
#define SERVE                                                                  \
    .threads = true, .waiter = join_or_use, .set_up = set_up_server,           \
    .others = others_use, .victim = serve_as_victim, .awaken = stop_serving,   \
    .early = 1, .late = 1, .finish = finish_serving

const struct scenario timer_scenarios[] = {
    {"timer.start_at.due", START, .victim = start_due, .suspended = "-BLF"},
    {"timer.start_at.first", .threads = true, .set_up = set_up,
     .victim = start_due, .others = others_wait, .finish = finish_first,
     .arg = {0, ALONE}, .suspended = "-LF"},
    {"timer.start_at.armed", END, .victim = start_due,
     .arg = {EALREADY, ARMED_FAR}, .suspended = "ABA"},
    {"timer.start_at.revoked", END, .victim = start_due,
     .arg = {ECANCELED, REVOKED}, .suspended = "-B-"},
    {"timer.start_every", START, .victim = start_every, .suspended = "-BLF"},
    {"timer.restart_at", START, .victim = restart_due, .arg = {0, ARMED_FAR},
     .suspended = "ABLF"},
    {"timer.cancel.armed", END_JOINED, .victim = cancel, .arg = {0, ARMED_FAR},
     .suspended = "ABL-"},
    {"timer.cancel.running", END_JOINED, .victim = cancel,
     .arg = {EINPROGRESS, DUE, 1}, .suspended = "RBR"},
    {"timer.cancel.not_armed", END, .victim = cancel, .arg = {EALREADY},
     .suspended = "-B-"},
    {"timer.cancel_sync.armed", END_JOINED, .victim = cancel_sync,
     .arg = {0, ARMED_FAR}, .suspended = "ABL-"},
    {"timer.cancel_sync.running", END, .victim = cancel_sync,
     .awaken = open_gate, .arg = {EALREADY, DUE, 1}, .suspended = "RBRFBF"},
    {"timer.cancel_sync.expires", END, .victim = cancel_sync_in_time,
     .arg = {ETIMEDOUT, DUE, 1}, .suspended = "RBRBR"},
    {"timer.join.armed", USE, .victim = join, .late = 1, .awaken = fire_it,
     .finish = finish_join, .arg = {0, ARMED_FAR}, .suspended = "ABAFBF"},
    {"timer.join.expires", END, .victim = join_in_time,
     .arg = {ETIMEDOUT, ARMED_FAR}, .suspended = "ABABA"},
    {"timer.shutdown", END, .victim = shut_down, .awaken = is_no_way,
     .arg = {0, ARMED_FAR}, .suspended = "AB-B-B-"},
    {"timer.shutdown.running", END, .victim = shut_down, .awaken = open_gate,
     .arg = {0, DUE, 1}, .suspended = "RBRFBFBF"},
    {"timer.ask", END, .victim = ask, .suspended = "-B-B-B-"},
    {"timer.set_executor", END, .victim = set_executor, .suspended = "-B-"},
    {"timer.fire", SERVE, .arg = {0, DUE}, .suspended = "LBRBLFBF"},
    {"timer.fire.hand_over", SERVE, .arg = {0, DUE, 0, 1},
     .suspended = "LBHBHBH"},
    {"timer.run_handed", END_JOINED, .victim = run_as_victim,
     .arg = {0, DUE, 0, 1}, .suspended = "HBRBLF"},
    {.name = NULL},
};
