/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The explorer: runs a small concurrent program under every interleaving, up
 * to stated bounds, and tells which one breaks it.
 *
 *   static weir_mutex_t mutex;
 *   static int counter;
 *
 *   static void setup(void *state)
 *   {
 *       weir_mutex_init(&mutex, 0);
 *       counter = 0;
 *   }
 *   static void increment(void *state)
 *   {
 *       weir_mutex_lock(&mutex);
 *       weir_explore_write(&counter, sizeof counter);
 *       counter++;
 *       weir_mutex_unlock(&mutex);
 *   }
 *   static void check(void *state)
 *   {
 *       weir_explore_assert(counter == 2);
 *   }
 *
 *   static const struct weir_explore_program program = {
 *       .name = "two increments", .setup = setup, .check = check,
 *       .threads = {increment, increment}};
 *   struct weir_explore_options options = weir_explore_defaults();
 *   return weir_explore(&program, &options, NULL);
 *
 * Link libweir-explore instead of libweir (CMake: weir::explore), which is
 * the same library with the explorer beneath it: compile what is explored,
 * and all that includes a header of weir, with WEIR_ATOMIC_SEAM defined as
 * weir/inline/explore_atomic.h says (weir::explore does).  All threads of a
 * program run on the calling thread, one at a time; between any two atomic
 * operations or futex calls another may go on.
 *
 * A program must do the same each time, but for what the explorer decides:
 * setup makes all of its state anew; no clock, random number or address from
 * malloc (weir_explore_alloc) may matter; no thread-local variables; bodies
 * do not wait for each other but through weir.  What it finds:
 *
 *   deadlock        nobody can go on, and somebody has not returned; called a
 *                   lost wake-up if that thread would go on, were it woken
 *   livelock        more steps than max_steps, or everybody yields
 *   assertion       weir_explore_assert
 *   race            two accesses to declared plain data, one a write, that
 *                   nothing orders
 *   use after free  of memory given to weir_explore_free
 *   panic           of the library
 *   misuse          the program did not repeat itself, and the like
 *
 * docs/explore.md tells how it works, and what lies outside: no load
 * buffering, no stores that overtake stores of another thread (2+2W).
 */
#ifndef WEIR_EXPLORE_H
#define WEIR_EXPLORE_H

#include <stdio.h>

#include <weir/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_EXPLORE_THREADS 8      /* at most, in one program */
#define WEIR_EXPLORE_ANY UINT32_MAX /* as a bound: none */

/* What a load may return. */
enum weir_explore_memory {
    WEIR_EXPLORE_MEMORY_SC,  /* the latest store */
    WEIR_EXPLORE_MEMORY_TSO, /* x86: stores wait in a buffer of their thread */
    WEIR_EXPLORE_MEMORY_C11  /* any store that C11's orders allow, but for
                                the limits above */
};

enum weir_explore_search {
    WEIR_EXPLORE_ALL,   /* every execution within the bounds */
    WEIR_EXPLORE_RANDOM /* `runs` of them: priorities [Burckhardt10] (PCT) */
};

enum weir_explore_verdict {
    WEIR_EXPLORE_PASSED,
    WEIR_EXPLORE_DEADLOCK,
    WEIR_EXPLORE_LOST_WAKEUP, /* a deadlock that a wake-up would end */
    WEIR_EXPLORE_LIVELOCK,
    WEIR_EXPLORE_ASSERTION,
    WEIR_EXPLORE_RACE,
    WEIR_EXPLORE_USE_AFTER_FREE,
    WEIR_EXPLORE_PANIC,
    WEIR_EXPLORE_MISUSE /* of the explorer; the message says how */
};

typedef void weir_explore_body_t(void *state);

struct weir_explore_program {
    const char *name;
    void *state;                /* given to each of the functions */
    weir_explore_body_t *setup; /* before each execution; NULL: none */
    weir_explore_body_t *check; /* after each, when every thread has returned
                                   or was killed; NULL: none */
    weir_explore_body_t *threads[WEIR_EXPLORE_THREADS]; /* up to a NULL */
    bool processes;  /* each thread is a process: private futexes and
                        membarrier do not reach the others, and shared memory
                        has another address in each (weir_explore_here) */
    uint32_t mortal; /* bit i: thread i may be killed (options.kills) */
};

/* Bounds are per execution, and count what differs from the plainest one.
 * WEIR_EXPLORE_ANY is no bound: give max_executions then. */
struct weir_explore_options {
    enum weir_explore_memory memory;
    enum weir_explore_search search;
    uint32_t preemptions; /* another thread goes on though this one could */
    uint32_t stale;       /* loads that return, or stores that are left in
                             their buffer although another thread looks at,
                             not the latest value */
    uint32_t kills;       /* SIGKILL of a mortal thread, before any step */
    uint32_t spurious;    /* futex waits that end for no reason */
    uint32_t timeouts;    /* waits that time out though others could go on */
    uint32_t jumps;       /* looks at the clock before which jump_ns passed */
    uint32_t refusals;    /* 1: the kernel may begin to refuse membarrier */
    uint32_t spins;       /* looks that a spinning thread takes, per spin */
    bool no_membarrier;   /* refused from the start */
    bool no_wait_any;     /* no futex_waitv, as before Linux 5.16 */
    bool safety_nets;     /* sleepers that may have been forgotten look again
                             by themselves, as in the real library; else a
                             wake-up that is lost is reported */
    bool no_reduction;    /* run executions too that differ from others in
                               nothing that a program can see */
    int64_t jump_ns;
    uint32_t max_steps;      /* of one execution; more is a livelock */
    uint64_t max_executions; /* then the search ends, incomplete */
    uint64_t runs;           /* WEIR_EXPLORE_RANDOM: executions */
    uint64_t seed;           /* WEIR_EXPLORE_RANDOM: first seed */
    uint32_t depth;          /* WEIR_EXPLORE_RANDOM: d of PCT, changes of
                                priority + 1; at most 16 */
    const char *replay;      /* a replay string: run only that execution */
    FILE *report;            /* where a failure is told; NULL: nowhere */
};

struct weir_explore_result {
    enum weir_explore_verdict verdict;
    bool complete; /* every execution within the bounds was run */
    uint64_t executions;
    uint64_t steps;      /* operations, of all executions */
    double seconds;      /* processor time */
    char message[256];   /* what failed, in a sentence */
    char replay[4096];   /* gives the failure again; "" if it passed */
    uint32_t used_steps; /* by the failing execution, shortened */
    uint32_t used_preemptions;
    uint32_t used_stale;
    uint32_t used_kills;
    uint64_t trace_hash; /* of the operations of the failing execution */
};

/* Memory C11, exhaustive, 2 preemptions, 1 stale, 0 of the others, 2 ms jumps,
 * 5000 steps, 50 million executions, report on stderr.
 * Context:  any
 * Order:    none
 * Returns:  options to change and to pass on
 * Source:   none */
struct weir_explore_options weir_explore_defaults(void);

/* Explore a program.
 * Context:  one call at a time, from one thread
 * Order:    none
 * Params:   result  NULL, or receives the details
 * Returns:  the verdict, 0 if no execution failed
 * Source:   [Godefroid97] stateless search, [Musuvathi07] preemption bound,
 *           [Burckhardt10] PCT; views as in [Kang17] */
enum weir_explore_verdict
weir_explore(const struct weir_explore_program *program,
             const struct weir_explore_options *options,
             struct weir_explore_result *result);

/* The word for a verdict, such as "lost wake-up". */
const char *weir_explore_verdict_name(enum weir_explore_verdict verdict);

/* -- For programs: setup, threads, check -------------------------------- */

#define WEIR_EXPLORE_LINE2_(line) #line
#define WEIR_EXPLORE_LINE_(line) WEIR_EXPLORE_LINE2_(line)
#define WEIR_EXPLORE_AT_(operand)                                              \
    (__FILE__ ":" WEIR_EXPLORE_LINE_(__LINE__) "|" operand)

/* The execution fails if condition is false. */
#define weir_explore_assert(condition)                                         \
    ((condition) ? (void)0 : weir_explore_fail_(WEIR_EXPLORE_AT_(#condition)))

__attribute__((noreturn)) void weir_explore_fail_(const char *site);

/* Declare that the calling thread reads, or writes, size bytes of plain data
 * at p.  The explorer does not look at the data. */
#define weir_explore_read(p, size)                                             \
    weir_explore_plain_((p), (size), false, WEIR_EXPLORE_AT_(#p))
#define weir_explore_write(p, size)                                            \
    weir_explore_plain_((p), (size), true, WEIR_EXPLORE_AT_(#p))

void weir_explore_plain_(const volatile void *p, size_t size, bool write,
                         const char *site);

/* Declare size bytes at p freed: each access from now on is an error, in any
 * thread; a wake-up by address is not. */
#define weir_explore_free(p, size)                                             \
    weir_explore_free_((p), (size), WEIR_EXPLORE_AT_(#p))

void weir_explore_free_(const volatile void *p, size_t size, const char *site);

/* Zeroed memory at the same address in each execution, gone at its end;
 * aligned to 128. */
void *weir_explore_alloc(size_t size);

/* As weir_explore_alloc, but mapped once per process, at different
 * addresses.  The address returned is the one that setup and check use. */
void *weir_explore_shared(size_t size);

/* Where the calling process has what setup calls p. */
void *weir_explore_here(const volatile void *p);

/* The index of the calling thread, from 0; -1 in setup and check. */
int weir_explore_self(void);

/* A thread id as the kernel gives: self + 1. */
uint32_t weir_explore_tid(void);

/* Whether thread i was killed; for check. */
bool weir_explore_was_killed(int thread);

/* Let others go on until something has changed (spin loops must). */
void weir_explore_yield(void);

/* One of 0 .. n-1: every one is tried. */
uint32_t weir_explore_choose(uint32_t n);

/* A line for the trace. */
void weir_explore_note(const char *text);

/* As set_robust_list(2) for the calling thread: when it is killed, or
 * returns, the list is walked as the kernel does.  NULL: none. */
struct weir_explore_robust_list {
    struct weir_explore_robust_list *next;
};
struct weir_explore_robust_head {
    struct weir_explore_robust_list list; /* points to itself when empty */
    intptr_t futex_offset;                /* from an entry to its word */
    struct weir_explore_robust_list *list_op_pending;
};
void weir_explore_set_robust_list(struct weir_explore_robust_head *head);

#define WEIR_EXPLORE_FUTEX_WAITERS 0x80000000u
#define WEIR_EXPLORE_FUTEX_OWNER_DIED 0x40000000u
#define WEIR_EXPLORE_FUTEX_TID_MASK 0x3fffffffu

/* Atomic operations on plain words, for programs with primitives of their
 * own; order is RLX, ACQ, REL, ACQ_REL or SC.  A program that is also built
 * without the explorer has a header that makes C11 atomics of these there
 * (examples/explore_gate.c).  A compare-and-swap is relaxed when it fails,
 * unless it is SC. */
#if defined(WEIR_ATOMIC_SEAM)
#define weir_explore_load(p, order) weir_explore_load_as_(p, order, #p)
#define weir_explore_store(p, v, order) weir_explore_store_as_(p, v, order, #p)
#define weir_explore_cas(p, expected, v, order)                                \
    weir_explore_cas_as_(p, expected, v, order, #p)
#define weir_explore_add(p, v, order) weir_explore_rmw_as_(p, ADD, v, order, #p)
#define weir_explore_or(p, v, order) weir_explore_rmw_as_(p, OR, v, order, #p)
#define weir_explore_and(p, v, order) weir_explore_rmw_as_(p, AND, v, order, #p)
#define weir_explore_exchange(p, v, order)                                     \
    weir_explore_rmw_as_(p, XCHG, v, order, #p)
#define weir_explore_fence(order)                                              \
    weir_explore_fence_(WEIR_EXPLORE_##order, WEIR_EXPLORE_SITE_(""))
#endif

/* The futex calls, for programs with primitives of their own: FUTEX_WAIT_
 * BITSET and FUTEX_WAKE_BITSET.
 * Returns:  wait: 0 woken, or for no reason | EAGAIN the word was another |
 *           ETIMEDOUT; wake: how many were woken */
int weir_explore_futex_wait(const uint32_t *word, uint32_t expected,
                            weir_deadline_t deadline, uint32_t bits,
                            bool shared);
int weir_explore_futex_wake(const uint32_t *word, int count, uint32_t bits,
                            bool shared);

/* One of the words that weir_explore_futex_wait_any sleeps on. */
struct weir_explore_futex_word {
    const uint32_t *word;
    uint32_t expected;
    bool shared;
};

#define WEIR_EXPLORE_FUTEX_WORDS 128u

/* Sleep on n words at once, 1 to WEIR_EXPLORE_FUTEX_WORDS of them: futex_waitv.
 * The words are compared one after the other, and whoever sleeps stands in the
 * queue of each, from the moment in which it was compared until the thread runs
 * again: wake-ups for any bits take it, and each of several words may wake it
 * in between, which is a wake-up that nobody else gets.
 * Params:   which  receives the last in words of those that woke it, and n if
 *                  none did
 * Returns:  0 woken, or for no reason (*which is n) | EAGAIN a word was
 *           another | ETIMEDOUT | ENOSYS options.no_wait_any; unless it is 0,
 *           no word woke it */
int weir_explore_futex_wait_any(const struct weir_explore_futex_word *words,
                                unsigned n, weir_deadline_t deadline,
                                unsigned *which);

/* membarrier(2), private expedited: false if it is refused. */
bool weir_explore_membarrier(void);

#ifdef __cplusplus
}
#endif

#endif
