/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The sweeps.  A first pass goes through the operation once, and notes where
 * it has been: instructions not met before, to which later runs can be brought
 * by a breakpoint, and what the others could see of it by then.  A dead
 * process is known to the others by shared memory and by what it told the
 * kernel: so it is killed only where, since the last kill, memory has
 * changed or a system call was made.  With every_kill it is killed everywhere,
 * and that rule is checked: see docs/verification.md.  It is suspended everywhere, because what it does when it goes on depends on its
 * registers as well; or, with suspend_every, at each nth instruction too.
 *
 * Threads (crew.h) are stopped in the library's own code alone, and where a
 * thread has just been made: what libc does to start or end one is long, and a
 * thread that is stopped in there is libc's affair.  And not in each turn of a
 * loop, of which there are 64 where entries are freed.
 */
#include "sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "crew.h"

#define STEPS_MAX 20000
#define SEEN_MAX 64
#define SLEEPS_MAX 4
/* Of threads, at one instruction. */
#define VISITS_MAX 8
/* Fewer steps than this are made one by one. */
#define BREAKPOINT_PAYS 4

/* The way through the operation. */
struct trace {
    long length; /* instructions to its end */
    long anchor[STEPS_MAX + 1];
    uintptr_t pc[STEPS_MAX + 1];
    uint64_t visible[STEPS_MAX + 1];
    bool can_stop[STEPS_MAX + 1];
    unsigned sleeps;
    long slept_at[SLEEPS_MAX + 1]; /* after so many instructions */
};

struct stop {
    long step;
    unsigned sleep; /* 0, or: in this sleep, which comes after the step */
};

static struct trace trace;
const struct stepper *stepper;

/* -- The way ------------------------------------------------------------ */

static uint64_t hash(uint64_t seed)
{
    uint64_t h = seed;

    for (unsigned i = 0; i < OBJECT_SIZE; i += 8) {
        uint64_t word;

        memcpy(&word, world->object + i, sizeof(word));
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return h;
}

/* How often it was met before. */
static long visits(long step, uintptr_t pc)
{
    long n = 0;

    for (long i = 0; i < step; i++)
        n += trace.pc[i] == pc;
    return n;
}

bool is_own_code(uintptr_t pc)
{
    extern const char __executable_start[], etext[];

    return pc >= (uintptr_t)__executable_start && pc < (uintptr_t)etext;
}

bool is_library_code(uintptr_t pc)
{
    extern const char __start_weir_text[], __stop_weir_text[];

    return pc >= (uintptr_t)__start_weir_text &&
           pc < (uintptr_t)__stop_weir_text;
}

static void begin_run(const struct scenario *s, bool real_slices)
{
    world_reset();
    world->real_slices = real_slices;
    if (s->threads) {
        pid_t process = crew_begin(s);

        stepper->attach(process, world->victim_tid);
        return;
    }
    s->set_up(s);
    world_cast(s->waiter, s->vm);
    world_bring(s->early);
    if (s->prepare != NULL)
        s->prepare();
    stepper->start(s->victim, s->vm);
}

static void end_run(void)
{
    stepper->kill();
    world_end();
}

static bool awaken(const struct scenario *s, unsigned nth)
{
    if (s->awaken == NULL) {
        world_fail(__FILE__, __LINE__, "this operation does not sleep");
    }
    return s->threads ? crew_ask(ASK_AWAKEN, nth) : s->awaken(nth);
}

static char ask_others(const struct scenario *s, bool dead)
{
    return s->threads ? (char)crew_ask(ASK_OTHERS, 0) : s->others(dead);
}

static void let_finish(const struct scenario *s, bool dead)
{
    if (!dead)
        stepper->let_go();
    if (s->threads) {
        (void)crew_ask(ASK_FINISH, 0);
        return;
    }
    if (!dead)
        world_settle();
    s->finish(dead);
}

/* Whether the instruction that is next makes a thread. */
static bool makes_thread(uintptr_t pc)
{
    return *(const uint16_t *)pc == 0x050f && stepper->number != NULL &&
           (stepper->number() == SYS_clone || stepper->number() == SYS_clone3);
}

static bool follow(const struct scenario *s)
{
    uint64_t calls = 0;
    bool made = true; /* the first stop counts */
    enum at at = AT_STOP;

    memset(&trace, 0, sizeof(trace));
    begin_run(s, false);
    for (long step = 0;; step++) {
        uintptr_t pc = stepper->pc();

        must(step < STEPS_MAX);
        place.step = step;
        trace.length = step;
        trace.pc[step] = pc;
        trace.anchor[step] = at != AT_END && visits(step, pc) == 0 ? step
                             : step > 0 ? trace.anchor[step - 1]
                                        : 0;
        trace.visible[step] = hash(calls);
        trace.can_stop[step] =
            !s->threads || made || at == AT_END ||
            (is_library_code(pc) && visits(step, pc) < VISITS_MAX);
        if (at == AT_END)
            break;
        made = makes_thread(pc);
        calls += *(const uint16_t *)pc == 0x050f;
        for (at = stepper->step(); at == AT_SLEEP; at = stepper->wait()) {
            must(trace.sleeps < SLEEPS_MAX);
            trace.slept_at[++trace.sleeps] = step;
            if (!awaken(s, trace.sleeps)) {
                end_run();
                return false;
            }
        }
    }
    end_run();
    return true;
}

/* -- One stop ----------------------------------------------------------- */

/* What has come of a move; false: the run is no good. */
static bool arrive(const struct scenario *s, enum at *at, unsigned *slept,
                   unsigned stop_in)
{
    while (*at == AT_SLEEP) {
        if (++*slept == stop_in)
            return true;
        if (!awaken(s, *slept))
            return false;
        *at = stepper->wait();
    }
    return true;
}

static unsigned sleeps_before(long step)
{
    unsigned n = 0;

    while (n < trace.sleeps && trace.slept_at[n + 1] < step)
        n++;
    return n;
}

/* By so many the clock's code may be longer. */
#define CLOCK_STEPS 64

/* Bring the victim to the stop; or to its end, where the last steps were
 * fewer this time: the clock's code depends on the time.  For the same reason
 * it may fall asleep a few steps sooner or later than it did, which is the same
 * sleep.  False if it did not come by there. */
static bool go(const struct scenario *s, struct stop stop, long by_steps)
{
    long step = stop.step > by_steps ? trace.anchor[stop.step - by_steps] : 0;
    unsigned slept = 0;
    enum at at;

    if (step <= BREAKPOINT_PAYS)
        step = 0;
    at = stepper->run(step, step > 0 ? trace.pc[step] : 0);
    if (!arrive(s, &at, &slept, 0))
        return false;
    if (at == AT_END)
        return stop.step == trace.length;
    if (slept != sleeps_before(step))
        return false; /* the breakpoint is on another way as well */
    for (; at == AT_STOP && (step < stop.step || stop.sleep > 0); step++) {
        if (step > stop.step + CLOCK_STEPS)
            return false;
        at = stepper->step();
        if (!arrive(s, &at, &slept, stop.sleep))
            return false;
    }
    return stop.sleep == 0 || at == AT_SLEEP;
}

/* What the others see at this stop; 0: the run was no good.  The last so many
 * instructions are to be made one by one. */
static char look_at(const struct scenario *s, struct stop stop, bool dead,
                    long by_steps)
{
    char seen;

    place.step = stop.step;
    place.sleep = stop.sleep;
    place.pc = trace.pc[stop.step];
    begin_run(s, false);
    if (!go(s, stop, by_steps)) {
        end_run();
        return 0;
    }
    if (dead)
        stepper->kill();
    seen = ask_others(s, dead);
    let_finish(s, dead);
    if (!dead)
        stepper->kill();
    world_end();
    return seen;
}

/* Slower each time: then branches on the time are as in the first pass. */
static char look_until_good(const struct scenario *s, struct stop stop,
                            bool dead)
{
    long by_steps = 0;

    for (int i = 0; i < 100; i++) {
        char seen = look_at(s, stop, dead, by_steps);

        if (seen != 0)
            return seen;
        by_steps = by_steps * 2 + 8;
        if (by_steps > STEPS_MAX)
            by_steps = STEPS_MAX;
    }
    world_fail(__FILE__, __LINE__, "the victim never comes by here again");
}

/* -- All stops ---------------------------------------------------------- */

struct seen {
    char letters[SEEN_MAX];
    unsigned n;
    long stops;
    struct stop late; /* the first stop at which a waiter was late */
    bool has_late;
};

static void note(struct seen *seen, struct stop stop, char letter)
{
    seen->stops++;
    if (letter == 'L' && !seen->has_late) {
        seen->has_late = true;
        seen->late = stop;
    }
    if (seen->n > 0 && seen->letters[seen->n - 1] == letter)
        return;
    if (getenv("WEIR_STEPS_VERBOSE") != NULL)
        printf("    %c from %ld%s, 0x%lx\n", letter, stop.step,
               stop.sleep ? " asleep" : "", (unsigned long)place.pc);
    must(seen->n < SEEN_MAX - 1);
    seen->letters[seen->n++] = letter;
}

static bool is_visible(long step)
{
    long last = step - 1;

    while (last > 0 && !trace.can_stop[last])
        last--;
    return step == 0 || step == trace.length ||
           trace.visible[step] != trace.visible[last];
}

static bool is_wanted(const struct stops *stops, long step, bool dead)
{
    if (!trace.can_stop[step])
        return false;
    return is_visible(step) ||
           (dead ? stops->every_kill : step % stops->suspend_every == 0);
}

/* The rule by which kills are left out, held against those that were not:
 * where nothing has changed since the last stop, nothing looks different. */
static void must_be_as_before(const struct seen *seen, char letter)
{
    if (seen->n > 0 && seen->letters[seen->n - 1] != letter)
        world_fail(__FILE__, __LINE__,
                   "killed where nothing had changed, and it looks different");
}

static void sweep_once(const struct scenario *s, bool dead,
                       const struct stops *stops, struct seen *seen)
{
    unsigned sleep = 1;

    for (long step = 0; step <= trace.length; step++) {
        struct stop stop = {step, 0};

        if (is_wanted(stops, step, dead)) {
            char letter = look_until_good(s, stop, dead);

            if (dead && !is_visible(step))
                must_be_as_before(seen, letter);
            note(seen, stop, letter);
        }
        for (; sleep <= trace.sleeps && trace.slept_at[sleep] == step;
             sleep++) {
            stop.sleep = sleep;
            note(seen, stop, look_until_good(s, stop, dead));
        }
    }
}

/* A waiter that its waker's death left asleep wakes up by itself, in the
 * library's own time. */
static void try_real_slice(const struct scenario *s, struct stop stop)
{
    char seen;
    long by_steps = 0;

    place.mode = "killed, with slices of 100 ms,";
    do {
        place.step = stop.step;
        begin_run(s, true);
        seen = go(s, stop, by_steps) ? 1 : 0;
        stepper->kill();
        if (seen != 0) {
            (void)s->others(true); /* a slice may have ended already */
            s->finish(true);
        }
        world_end();
        by_steps = by_steps < STEPS_MAX ? by_steps * 2 + 8 : by_steps;
    } while (seen == 0);
}

static void sweep_mode(const struct scenario *s, bool dead,
                       const struct stops *stops, struct totals *totals)
{
    const char *wanted = dead ? s->killed : s->suspended;
    struct seen seen = {.n = 0};

    place.mode = dead ? "killed" : "suspended";
    sweep_once(s, dead, stops, &seen);
    printf("%-34s %-9s %5ld instructions, %5ld stops: %s\n", s->name,
           place.mode, trace.length, seen.stops, seen.letters);
    if (strcmp(seen.letters, wanted) != 0) {
        printf("FAILED: that should have been %s\n", wanted);
        exit(1);
    }
    totals->sweeps++;
    totals->stops += seen.stops;
    if (dead && seen.has_late)
        try_real_slice(s, seen.late);
}

void sweep(const struct scenario *s, const struct stops *stops,
           struct totals *totals)
{
    place = (struct place){.scenario = s->name, .mode = "followed"};
    for (int i = 0; !follow(s); i++)
        must(i < 100);
    if (trace.length > totals->longest)
        totals->longest = trace.length;
    if (s->suspended != NULL)
        sweep_mode(s, false, stops, totals);
    if (s->killed != NULL)
        sweep_mode(s, true, stops, totals);
    (void)fflush(stdout);
}
