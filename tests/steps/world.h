/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The world of one run: an object in shared memory, a victim that carries
 * out one operation on it, instruction by instruction, waiters that block on
 * it, and the judge (this process), which lets go, kills, and looks.
 *
 * All share one CPU, so that nothing moves while the judge looks.  The
 * library is linked with three of its calls replaced:
 *   weir_sooner_      the slices of shared sleepers never end by themselves:
 *                     world_slice ends them, by a signal, which is a wake-up
 *                     for no reason as the end of a slice is.  So a thread that
 *                     a wake-up has not reached stays asleep, and is seen.
 *   weir_now, _after  time passes when the judge says so, and only then: each
 *                     run takes the same way
 *   weir_futex_wait_, _wait_any_
 *                     a sleep until VIRTUAL_DEADLINE times out at once, and
 *                     one until LATER_DEADLINE after world_pass_ns
 *   weir_spin_again_  nobody spins: that is long, and touches nothing
 */
#ifndef STEPS_WORLD_H
#define STEPS_WORLD_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <weir/base.h>

#define WAITERS_MAX 2u
#define OBJECT_SIZE 4096u
#define VIRTUAL_DEADLINE (WEIR_FOREVER - 1)
#define LATER_DEADLINE (WEIR_FOREVER - 2) /* once time has passed */
/* In the past, and yet a time: WEIR_NOW would have try calls wait for a
 * thread that is in the middle of an operation. */
#define AT_ONCE ((weir_deadline_t)1)

/* What one process says of itself. */
struct role {
    volatile int done;
    volatile int result;
    volatile uint64_t value;
};

struct world {
    volatile int begun; /* the victim's operation begins here */
    volatile int real_slices;
    volatile int64_t began_ns;
    volatile int64_t passed_ns; /* by the library's clock */
    struct role victim;
    unsigned char elements[256]; /* what the victim puts, or gets */
    struct role waiters[WAITERS_MAX];
    /* For the trap flag (trapflag.c). */
    volatile long steps;
    volatile long stop_at;
    volatile uintptr_t pc;
    /* For threads (crew.c). */
    volatile pid_t victim_tid;
    volatile int victim_may_go;
    volatile uint32_t asked;
    volatile uint32_t answered;
    volatile int question;
    volatile unsigned question_arg;
    volatile int answer;
    volatile int failed; /* there */
    _Alignas(128) unsigned char object[OBJECT_SIZE];
};

extern struct world *world;

/* What the judge does now, for reports. */
struct place {
    const char *scenario;
    const char *mode;
    long step;
    unsigned sleep; /* 0, or: in its nth sleep */
    uintptr_t pc;
};
extern struct place place;

#define must(condition)                                                        \
    ((condition) ? (void)0 : world_fail(__FILE__, __LINE__, #condition))
#define must_eq(got, wanted)                                                   \
    world_compare(__FILE__, __LINE__, #got, (long long)(got), #wanted,         \
                  (long long)(wanted))

_Noreturn void world_fail(const char *file, int line, const char *text);
void world_compare(const char *file, int line, const char *got_text,
                   long long got, const char *wanted_text, long long wanted);

/* Once: map the world, pin this process, catch hangs. */
void world_set_up(void);

/* A new run: all zero. */
void world_reset(void);

/* Start a process, with memory of its own or (vm) with this process's, that
 * calls body(index) and then waits for its end; or a thread of this process, if
 * this is the director's (crew.c). */
pid_t world_spawn(void (*body)(unsigned), unsigned index, bool vm);
void world_spawn_threads(void);

/* What each process of a run does first, and a thread. */
void world_be_another(void);
void world_be_batch(void);

/* Whether the process sleeps in a futex call; fd is what world_watch gave. */
int world_watch(pid_t pid);
bool world_sleeps(int fd);

/* Waiters of this run: start those up to count, and see them settled. */
void world_cast(void (*body)(unsigned), bool vm);
void world_bring(unsigned count);
unsigned world_brought(void);
unsigned world_done(void);  /* how many of them have returned */
bool world_all_sleep(void); /* and none of them was woken just now */

/* Until nobody moves any more: all have returned, or sleep. */
void world_settle(void);
/* The victim is one of them from now on. */
void world_free_victim(void);

/* The slices of all sleeping waiters end, again and again while that helps;
 * true if all have returned. */
bool world_slice(void);

/* From now on the library's clock shows so much more. */
void world_pass_ns(int64_t ns);

/* End of the run: all processes are gone. */
void world_end(void);

/* The victim's part of a body: its operation, and what it returned. */
#define VICTIM(call)                                                           \
    do {                                                                       \
        int result_;                                                           \
        __asm__ volatile("int3");                                              \
        world->begun = 1;                                                      \
        result_ = (call);                                                      \
        world->victim.result = result_;                                        \
        world->victim.done = 1;                                                \
    } while (0)

#define WAITER(index, call)                                                    \
    do {                                                                       \
        world->waiters[index].result = (call);                                 \
        world->waiters[index].done = 1;                                        \
    } while (0)

#endif
