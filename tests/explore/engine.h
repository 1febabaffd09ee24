/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the parts of the explorer share.  One execution of a program is a
 * sequence of steps; before each, the scheduler (sched.c) chooses which
 * thread takes it, and steps that have several outcomes choose one (choice.c
 * is asked by all).  Threads are coroutines of the calling thread, so that
 * nothing here needs to be atomic, and a switch costs nanoseconds.
 *
 *   coroutine.c  stacks and switching
 *   choice.c     what was chosen: next in order, at random, or as recorded
 *   sched.c      threads: who goes on, who is killed
 *   memory.c     what an atomic operation does in each memory model
 *   place.c      words by address, and which of them threads share
 *   plain.c      races on plain data, memory that was freed
 *   end.c        failures, and threads that sleep for ever
 *   futex.c      sleeping, waking
 *   sleepers.c   who stands in which queue, and whom a wake-up takes
 *   kernel.c     membarrier, time
 *   robust.c     what the kernel does with the locks of the dead
 *   arena.c      memory for programs, and its addresses in each process
 *   crash.c      last words
 *   trace.c      the table that a person reads
 *   program.c    what programs call
 *   explore.c    the search, and shortening what it finds
 *   library.c    the library's floor beneath the sources that are explored
 */
#ifndef WEIR_EXPLORE_ENGINE_H
#define WEIR_EXPLORE_ENGINE_H

#include <string.h>

#include <weir/explore.h>

#include "coroutine.h"

#undef memcpy

#define THREADS WEIR_EXPLORE_THREADS
#define NOBODY THREADS /* setup and check, which run alone */
#define PLACES 512     /* words that one execution may touch */
#define BUFFER 16      /* stores that wait in a thread's buffer */
#define WORDS WEIR_EXPLORE_FUTEX_WORDS

/* -- Memory ------------------------------------------------------------- */

/* What a thread knows: of each thread the time up to which its plain
 * accesses come before, of each place the oldest store that it may read. */
struct view {
    uint32_t clock[THREADS];
    uint16_t places; /* how many of `at` are there */
    uint16_t at[];
};

/* A store, in the history of its place. */
struct message {
    struct message *older;
    uint64_t value;
    const struct view *view; /* for who acquires it; NULL: nothing */
    uint16_t at;
};

/* A word. */
struct place {
    uintptr_t key; /* its canonical address; 0: none */
    /* For the whole search. */
    uint8_t size;
    uint8_t users; /* threads that touched it, a bit each */
    bool written;
    bool contested; /* written by a thread, not just by setup */
    bool visible;   /* touched by several threads, and contested */
    /* Of this execution, if generation is its. */
    uint16_t index;
    uint64_t generation;
    struct message *latest;
    volatile void *memory;
    uint64_t before; /* the execution */
};

struct buffered {
    struct place *place;
    uint64_t value;
    const struct view *view;
    bool left_once; /* somebody looked, and it stayed */
};

/* -- Threads ------------------------------------------------------------ */

enum status { READY, ASLEEP, GONE };

enum slept { SLEPT_WOKEN, SLEPT_CHANGED, SLEPT_EXPIRED };

/* What a thread is about to do, as far as its order matters. */
struct step {
    struct place *place; /* NULL: none in particular */
    bool writes;
    bool sc;    /* takes part in the order of all seq_cst operations */
    bool world; /* depends on everything */
};

/* A thread's place in the queue of a word. */
struct standing {
    uintptr_t key;
    const volatile void *word;
    uint64_t since;
    uint32_t expected;
    bool there; /* neither woken from it, nor gone */
    bool woken;
};

struct thread {
    struct coroutine body;
    struct coroutine ghost; /* walks the robust list when body is no more */
    struct coroutine *context;
    enum status status;
    bool started;
    bool killed;
    struct step step;
    bool snoozed; /* see reduction in sched.c */
    /* yield: what had changed, by others, when it last looked */
    bool yielding;
    uint64_t seen;
    uint64_t changed; /* by itself */
    /* asleep, or about to be, or not gone from all queues */
    bool queueing;     /* cannot go from those in which it stands */
    unsigned n_queues; /* see queues */
    uint32_t bits;
    weir_deadline_t deadline;
    enum slept slept;
    struct weir_explore_robust_head *robust;
    /* memory */
    struct view *known;      /* what it knows */
    struct view *acquired;   /* what an acquire fence would tell it */
    struct view *released;   /* what it knew at its last release fence */
    const struct view *last; /* that it acquired */
    bool has_released;
    struct buffered buffer[BUFFER];
    unsigned buffered;
    int priority;
    struct standing queues[WORDS]; /* in the order of its words */
};

/* -- Choices ------------------------------------------------------------ */

enum event { RUN, KILL, TIMEOUT, SPURIOUS };

enum { OPTIONS = 32 };

/* One that was not the plainest: how a replay is written down. */
struct deviation {
    uint32_t step;
    uint16_t slot; /* 0: who goes on; else which choice of the step */
    uint16_t code;
};

enum { DEVIATIONS = 2048 };

struct script {
    struct deviation at[DEVIATIONS];
    unsigned n;
};

enum { CHANGES = 15 }; /* of priority */

enum mode { SEARCH, RANDOM, REPLAY };

struct explorer {
    const struct weir_explore_program *program;
    struct weir_explore_options options;
    enum mode mode;
    bool strict; /* REPLAY: what cannot be followed is an error */
    bool tracing;
    bool reducing;
    bool active; /* setup, threads or check run */
    unsigned n_threads;
    struct thread threads[THREADS + 1];
    unsigned self; /* index of the one that runs, or NOBODY */
    struct coroutine driver;
    struct coroutine *context;
    weir_explore_body_t *alone; /* what NOBODY runs */
    /* of this execution */
    uint64_t generation;
    uint32_t step;
    uint16_t slot;
    uint64_t changes;
    uint64_t sleeps;
    weir_deadline_t now;
    bool refused;
    struct weir_explore_options left; /* bounds not used up */
    bool pruned;
    bool probing; /* it has failed: see end.c */
    bool was_tracing;
    uint32_t probed_step;
    struct weir_explore_options left_then;
    uintptr_t stuck[THREADS]; /* on which words; 0: not */
    enum weir_explore_verdict verdict;
    char message[256];
    struct script script; /* what this execution chose */
    const struct script *plan;
    /* of the search */
    bool discovered; /* a place turned out to be visible */
    uint32_t longest;
    uint64_t random;
    uint32_t change_at[CHANGES]; /* steps; 0: none */
    uint64_t total_steps;
};

extern struct explorer ex_;

static inline struct thread *self_(void)
{
    return &ex_.threads[ex_.self];
}

/* choice.c: the index of one of n options; codes NULL: 0 .. n-1; allowed: a
 * bit for each that is worth a search. */
unsigned explore_choose_(bool who, unsigned n, const uint16_t *codes,
                         uint32_t allowed);
void explore_choices_begin_(void); /* an execution */
bool explore_choices_next_(void);  /* false: all were made */
void explore_choices_clear_(void);
uint64_t explore_random_(void);

/* sched.c */
void explore_point_(const struct step *step); /* before a step */
void explore_private_point_(void);            /* one that nobody minds */
void explore_count_step_(void);
void explore_block_(void);                    /* until READY again */
void explore_done_(const struct step *step);  /* a step was taken */
void explore_yield_(void);
void explore_run_(void);
void explore_kill_(struct thread *t);
unsigned explore_process_(unsigned thread);

/* end.c */
_Noreturn void explore_leave_(void);
__attribute__((format(printf, 2, 3))) _Noreturn void
explore_fail_(enum weir_explore_verdict verdict, const char *format, ...);
void explore_probe_(void);              /* somebody is asleep for ever */
_Noreturn void explore_conclude_(void); /* from there on nobody goes on */

/* place.c */
struct place *explore_place_(const volatile void *p, size_t size, bool writes);
/* offset: where in the place the 32-bit word lies. */
struct place *explore_futex_place_(const volatile void *word, size_t *offset);
void explore_places_begin_(void);
void explore_places_end_(void);
void explore_places_forget_(void);
void *explore_scratch_(size_t size); /* until the end of the execution */
uint64_t explore_peek_(const volatile void *p, size_t size);
void explore_poke_(volatile void *p, size_t size, uint64_t value);
struct message *explore_append_(struct place *place, uint64_t value,
                                const struct view *view);
unsigned explore_places_(void); /* touched in this execution */
const struct place *explore_nth_place_(unsigned i);
void explore_share_(uintptr_t from, uintptr_t to);

/* memory.c */
void explore_views_begin_(void);
void explore_view_of_new_place_(unsigned index);
void explore_fence_(struct thread *t, enum weir_explore_order order);
void explore_drain_(struct thread *t);
uint64_t explore_kernel_read_(struct place *place);
bool explore_is_weak_(void);
bool explore_catch_up_(struct thread *t); /* false: it knows the latest */

/* plain.c */
void explore_plain_begin_(void);
void explore_check_alive_(const volatile void *p, size_t size,
                          const char *site);
void explore_touch_(const volatile void *p, size_t size, bool write,
                    const char *site);

/* futex.c */
enum slept explore_wait_(const volatile void *word, uint32_t expected,
                         weir_deadline_t deadline, uint32_t bits, bool shared);
/* *which: the last of the words that woke it, or n. */
enum slept explore_wait_any_(const struct weir_explore_futex_word *words,
                             unsigned n, weir_deadline_t deadline,
                             unsigned *which);
int explore_wake_(const volatile void *word, int count, uint32_t bits,
                  bool shared);

/* sleepers.c */
uintptr_t explore_futex_key_(const volatile void *word, bool shared);
void explore_enqueue_(const volatile void *word, uint32_t expected,
                      bool shared);
bool explore_stands_(const struct thread *t); /* in any queue */
/* Which of its words was the last that woke it. */
unsigned explore_woken_by_(const struct thread *t, unsigned none);
bool explore_take_(uintptr_t key, uint32_t bits); /* false: nobody is there */

/* kernel.c */
bool explore_membarrier_(void);
weir_deadline_t explore_now_(void);
void explore_pass_(int64_t ns);

/* robust.c */
void explore_robust_exit_(struct thread *t);

/* arena.c */
void explore_arena_begin_(void);
uintptr_t explore_canonical_(const volatile void *p);

/* trace.c */
struct explore_note {
    const char *what;
    const char *site; /* "file:line|operand", or NULL */
    const volatile void *address;
    uint64_t value;
    bool has_value;
    char note[72];
};
struct explore_note *explore_note_(unsigned thread, const char *what,
                                   const char *site);
void explore_trace_begin_(void);
void explore_trace_print_(FILE *out);
uint64_t explore_trace_hash_(void);
const char *explore_thread_name_(unsigned thread);

/* crash.c: from one to the other, a crash is told with its replay string. */
void explore_catch_crashes_(void);
void explore_catch_no_more_(void);

/* library.c: sets the library up, as its constructors did. */
void explore_library_begin_(void);

#endif
