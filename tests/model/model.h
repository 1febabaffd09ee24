/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Client programs of the primitives: two to four threads, a few calls each,
 * and what must hold.  They say nothing about who runs them: the explorer
 * (weir/explore.h), relacy or GenMC, each through its own model_*.c of the
 * functions below.  The programs are C11 and C++17.
 *
 *   struct state { weir_mutex_t mutex; model_data_t count; };
 *
 *   static void locker(void *arg) { ... }
 *   static void counted(void *arg) { ... MODEL_ASSERT(...); }
 *
 *   const struct model_program model_mutex[] = {
 *       {.name = "two", .size = sizeof(struct state),
 *        .thread = {locker, locker}, .check = counted, .preemptions = 3},
 *       {.name = NULL}};
 *
 * State is reached through the argument alone: each process of a program
 * with MODEL_PROCESSES has its own address for it.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MODEL_THREADS 4
#define MODEL_JUMP_NS 2000000

/* The threads are processes: the state is at another address in each. */
#define MODEL_PROCESSES 1u
/* The kernel has no membarrier; or it may begin to refuse it at any call. */
#define MODEL_REFUSED_EARLY 2u
#define MODEL_REFUSED_LATE 4u
/* Sleepers that may have been forgotten look again by themselves, as in the
 * real library.  Without this they sleep on, so that a wake-up that is lost
 * is a deadlock. */
#define MODEL_NETS 8u
/* The kernel lets nobody sleep on several words: never in relacy and GenMC. */
#define MODEL_NO_WAIT_ANY 16u

/* Called with the state, which is all zero when an execution begins, and on a
 * page of its own. */
typedef void model_function_t(void *state);

struct model_program {
    const char *name;
    size_t size;             /* of the state */
    unsigned flags;          /* MODEL_... */
    model_function_t *setup; /* alone, first; NULL: nothing */
    model_function_t *thread[MODEL_THREADS];
    model_function_t *check; /* alone, when all threads have ended */
    uint32_t mortal;         /* bit i: thread i may be killed */
    /* Bounds: how many times in an execution, at most. */
    unsigned preemptions; /* a thread that could go on stands back */
    unsigned stale;       /* a load returns a value that is not the latest */
    unsigned kills;       /* SIGKILL of a mortal thread */
    unsigned spurious;    /* a wait returns for no reason, or a signal */
    unsigned timeouts;    /* a deadline passes though others could go on; it
                             does anyway when nobody can */
    unsigned jumps;       /* MODEL_JUMP_NS pass before a look at the clock */
    unsigned deeper;      /* preemptions more, in the deep tests */
};

/* A program per line, the last without a name: tests/model/<primitive>.c. */
extern const struct model_program model_eventcount[];
extern const struct model_program model_parked[];
extern const struct model_program model_revoke[];
extern const struct model_program model_mutex[];
extern const struct model_program model_rmutex[];
extern const struct model_program model_cond[];
extern const struct model_program model_wait_any[];
extern const struct model_program model_barrier[];
extern const struct model_program model_ring[];
extern const struct model_program model_queue[];
extern const struct model_program model_sem[];
extern const struct model_program model_event[];
extern const struct model_program model_armed[];
extern const struct model_program model_rwlock[];
extern const struct model_program model_thread[];
extern const struct model_program model_timer[];
extern const struct model_program model_latch[];
extern const struct model_program model_once[];
extern const struct model_program model_seqlock[];
extern const struct model_program model_token[];

/* Where something stands, and what: "file:line|text". */
#define MODEL_LINE2(line) #line
#define MODEL_LINE(line) MODEL_LINE2(line)
#define MODEL_SITE(text) (__FILE__ ":" MODEL_LINE(__LINE__) "|" text)

/* What must hold, and the sentence that says so. */
#define MODEL_ASSERT(condition, sentence)                                      \
    ((condition) ? (void)0 : model_fail(MODEL_SITE(sentence)))
void model_fail(const char *site);

/* Plain data: two accesses at once, one of them a set, are an error. */
typedef struct model_data {
    int value;
} model_data_t;
#define model_get(data) model_get_((data), MODEL_SITE(#data))
#define model_set(data, value) model_set_((data), (value), MODEL_SITE(#data))
int model_get_(const model_data_t *data, const char *site);
void model_set_(model_data_t *data, int value, const char *site);

/* The memory is given back: whoever touches it from now on is wrong. */
#define model_free(memory, size)                                               \
    model_free_((memory), (size), MODEL_SITE(#memory))
void model_free_(void *memory, size_t size, const char *site);

/* Whether a thread was killed; for check. */
bool model_was_killed(unsigned thread);

#ifdef __cplusplus
}
#endif

#endif
