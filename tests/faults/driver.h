/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the parts of the driver share: the objects, teams of threads or
 * processes that use them, and the parts themselves.
 */
#ifndef FAULTS_DRIVER_H
#define FAULTS_DRIVER_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/weir.h>

#define TEAM 4u
/* New objects: each has its own first sleeper, who pays for a barrier. */
#define ROUNDS 3u
#define LOCKS 40u
#define PHASES 60u
#define ELEMENTS 120u
#define CAPACITY 2u
#define GATES 20u
#define SHORT_NS 200000

#define must(condition)                                                        \
    ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition))

struct world {
    weir_mutex_t mutex;
    weir_rmutex_t rmutex;
    weir_cond_t cond;
    weir_barrier_t barrier;
    weir_latch_t latches[PHASES];
    weir_once_t onces[PHASES];
    weir_seqlock_t seqlock;
    uint64_t guarded[4];
    uint64_t made[PHASES];
    weir_sem_t sem;
    weir_event_t gates[GATES];
    weir_rwlock_t rwlock;
    weir_token_t parents[GATES];
    weir_token_t tokens[GATES];
    uint64_t counter; /* guarded by mutex, or sem */
    uint64_t inside;  /* guarded by mutex, or sem */
    uint64_t arrived[TEAM];
    uint64_t sums[TEAM];
    _Alignas(WEIR_QUEUE_ALIGN) unsigned char queue[4096];
};

extern struct world *world;
extern bool shared;
extern bool timed;

_Noreturn void fail(const char *file, int line, const char *text);

/* Long enough for others to go to sleep. */
void nap(long ns);

/* Each of a team of TEAM threads, or processes, calls body with its index. */
typedef void body_t(unsigned index);
void team(body_t *body);

void try_mutex(void);
void try_rmutex(void);
void try_cond(void);
void try_rwlock(void);
void try_barrier(void);
void try_queue(void);
void try_sem(void);
void try_event(void);
void try_latch(void);
void try_once(void);
void try_seqlock(void);
void try_thread(void);
void try_timer(void);
void try_token(void);
void try_wait(void);

#endif
