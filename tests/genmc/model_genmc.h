/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The header of the client programs (model/model.h) for GenMC, and the ground
 * floor of the library under it, as pthread programs: one file includes this
 * first, then the library's own sources and a file of tests/model/, since
 * GenMC takes a program of a single file.  See mutex.c.
 *
 *   genmc ... -DMODEL_GENMC -DGENMC_PROGRAM='"two"' mutex.c    all its executions
 *   cc -pthread mutex.c; ./a.out 1000 two trylock        1000 of each, as
 *                                                        the machine likes
 *
 * What the kernel does:
 *
 *  futex       A count of sleepers for each word, which wakers look at before
 *              they lock the queue, as in Linux: so the lock orders no more
 *              than there.  A sleeper counts itself, passes a full fence, and
 *              compares the word under the lock; a waker passes a full fence
 *              before it looks at the count.  The sleep is a loop without
 *              effects, which GenMC takes for an assumption: whoever would
 *              sleep for ever is found by --check-liveness.
 *  time        Stands still, but deadlines pass: a thread tosses the coin
 *              that all deadlines look at.
 *  membarrier  Is refused from the first call on: GenMC has nothing like it.
 *              So releasers fence, and a compiler's barrier is nothing.
 *
 *  processes   Are threads, at one address; private and shared are the same.
 *
 * Left out for that: who is due to be handed a mutex (time), ways back to
 * asymmetric, the bias of a read-write lock, death, and memory that is given
 * back, since a program's state is not on the heap.
 */
#ifndef MODEL_GENMC_H
#define MODEL_GENMC_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <weir/inline/atomic.h>

/* Of the compiler's doing there is nothing to see here, and GenMC would take
 * it for a fence. */
#undef weir_compiler_barrier_
#define weir_compiler_barrier_() ((void)0)

#include "base/answer.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/self.h"
#include "base/spin.h"
#include "base/time.h"
#include "futex/revoke.h"
#include "futex/armed.h"
#include "futex/foreign.h"
#include "futex/sys.h"
#include "futex/token.h"
#include "model/model.h"

#if !defined(MODEL_GENMC)
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#endif

/* What the sources ask of libc and the compiler, and need not have here. */
#define __builtin_prefetch(...) ((void)0)
#define __builtin_object_size(p, type) (~(size_t)0)
#define pthread_atfork(prepare, parent, child) 0
#define clock_nanosleep(clock, flags, ts, rest) ((void)(ts), genmc_yield())
#undef sched_yield
#define GENMC_STATE_SIZE 8192u

static int genmc_yield(void)
{
#if defined(MODEL_GENMC)
    return 0;
#else
    return (sched_yield)();
#endif
}
#define sched_yield() genmc_yield()

/* -- The state of a program, and what is known of it -------------------- */

/* A struct per primitive: the largest is the queue's, with its cells. */
static _Alignas(4096) unsigned char genmc_state[GENMC_STATE_SIZE];
static atomic_int genmc_coin;
/* A word of 64 bits, on whose lower half threads sleep: GenMC knows no access
 * to half of a word.  NULL: none. */
static const WEIR_ATOMIC(uint64_t) *genmc_wide;

/* -- Plain data, and failures ------------------------------------------- */

void model_fail(const char *site)
{
#if defined(MODEL_GENMC)
    (void)site;
    assert(0);
#else
    fprintf(stderr, "FAILED: %s\n", site);
    abort();
#endif
}

/* A machine would run most of a program's threads one after the other. */
static void genmc_dawdle(void)
{
#if !defined(MODEL_GENMC)
    static _Thread_local unsigned random;

    if (random == 0)
        random = (unsigned)(uintptr_t)&random >> 4 ^ (unsigned)time(NULL);
    random = random * 1103515245u + 12345u;
    if (random >> 29 == 0)
        usleep(random >> 22 & 63);
#endif
}

int model_get_(const model_data_t *data, const char *site)
{
    (void)site;
    genmc_dawdle();
    return data->value;
}

void model_set_(model_data_t *data, int value, const char *site)
{
    (void)site;
    genmc_dawdle();
    data->value = value;
}

void model_free_(void *memory, size_t size, const char *site)
{
    (void)memory, (void)size, (void)site;
}

bool model_was_killed(unsigned thread)
{
    (void)thread;
    return false;
}

void weir_panic_(const char *function, const volatile void *object,
                 uint64_t word, const char *sentence)
{
    (void)function, (void)object, (void)word;
    model_fail(sentence);
    for (;;)
        ;
}

/* -- base/self.h -------------------------------------------------------- */

/* 0: setup, or check. */
static _Thread_local unsigned genmc_self;

uint64_t weir_self_ident_(void)
{
    return genmc_self + 1;
}

uint32_t weir_self_tid_(void)
{
    return genmc_self + 1;
}

uint64_t weir_self_token_(void)
{
    return (uint64_t)(genmc_self + 1) << 22;
}

/* -- futex/sys.h -------------------------------------------------------- */

struct genmc_sleeper {
    const volatile void *word;
    uint32_t bits;
    atomic_int woken;
};

static pthread_mutex_t genmc_lock = PTHREAD_MUTEX_INITIALIZER;
static struct genmc_sleeper *genmc_queue[MODEL_THREADS]; /* in their order */
static unsigned genmc_queued;
/* The last is for words that are not of the state, as words share a bucket in
 * Linux. */
static atomic_uint genmc_sleepers[GENMC_STATE_SIZE / sizeof(uint32_t) + 1];

static atomic_uint *genmc_sleepers_on(const volatile void *word)
{
    size_t offset = (size_t)((const volatile unsigned char *)word -
                             (const volatile unsigned char *)genmc_state);

    if (offset > GENMC_STATE_SIZE)
        offset = GENMC_STATE_SIZE;
    return &genmc_sleepers[offset / sizeof(uint32_t)];
}

static uint32_t genmc_compared(const WEIR_ATOMIC(uint32_t) *word)
{
    if (genmc_wide != NULL && (const void *)word == (const void *)genmc_wide)
        return (uint32_t)weir_load_rlx_(genmc_wide);
    return weir_load_rlx_(word);
}

static void genmc_dequeue(unsigned at)
{
    atomic_fetch_sub_explicit(genmc_sleepers_on(genmc_queue[at]->word), 1,
                              memory_order_relaxed);
    genmc_queued--;
    for (; at < genmc_queued; at++)
        genmc_queue[at] = genmc_queue[at + 1];
}

static bool genmc_is_over(const struct genmc_sleeper *self,
                          weir_deadline_t deadline)
{
    return atomic_load_explicit(&self->woken, memory_order_acquire) != 0 ||
           weir_expired_(deadline);
}

/* It was woken, or takes itself out. */
static enum weir_slept genmc_give_up(struct genmc_sleeper *self)
{
    unsigned at = 0;

    pthread_mutex_lock(&genmc_lock);
    while (at < genmc_queued && genmc_queue[at] != self)
        at++;
    if (at < genmc_queued)
        genmc_dequeue(at);
    pthread_mutex_unlock(&genmc_lock);
    return atomic_load_explicit(&self->woken, memory_order_acquire) != 0
               ? WEIR_SLEPT_WOKEN
               : WEIR_SLEPT_EXPIRED;
}

enum weir_slept weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *word,
                                 uint32_t expected, weir_deadline_t deadline,
                                 uint32_t bits, bool shared)
{
    struct genmc_sleeper self = {.word = word, .bits = bits};
    atomic_uint *sleepers = genmc_sleepers_on(word);
    bool changed;

    (void)shared;
    genmc_dawdle();
    atomic_fetch_add_explicit(sleepers, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    pthread_mutex_lock(&genmc_lock);
    changed = genmc_compared(word) != expected;
    if (changed)
        atomic_fetch_sub_explicit(sleepers, 1, memory_order_relaxed);
    else
        genmc_queue[genmc_queued++] = &self;
    pthread_mutex_unlock(&genmc_lock);
    if (changed)
        return WEIR_SLEPT_CHANGED;

#if defined(MODEL_GENMC)
    while (!genmc_is_over(&self, deadline))
        ;
#else
    while (!genmc_is_over(&self, deadline))
        genmc_yield();
#endif
    return genmc_give_up(&self);
}

/* No program here has a token. */
enum weir_slept weir_token_park_(weir_token_t *token,
                                 const struct weir_futex_word *word,
                                 weir_deadline_t deadline, uint32_t bits)
{
    (void)token;
    return weir_futex_wait_(word->word, word->expected, deadline, bits,
                            word->shared);
}

struct weir_until weir_until_with_(weir_deadline_t deadline,
                                   weir_token_t *token)
{
    (void)token;
    return weir_until_(deadline);
}

bool weir_until_over_(struct weir_until until)
{
    return weir_expired_(until.deadline);
}

int weir_until_why_(struct weir_until until, int result)
{
    (void)until;
    return result;
}

/* Nor does any wait for several things. */
void weir_words_add_(struct weir_words *words,
                     const WEIR_ATOMIC(uint32_t) *word, uint32_t expected,
                     bool shared)
{
    (void)words, (void)word, (void)expected, (void)shared;
    model_fail("a word to sleep on beside others");
}

/* Nor arms a file. */
int weir_armed_add_(const volatile void *address, int fd)
{
    (void)address, (void)fd;
    model_fail("a file to write to");
    return EAGAIN;
}

bool weir_armed_count_(const volatile void *address, int fd)
{
    (void)address, (void)fd;
    return false;
}

enum weir_armed weir_armed_drop_(const volatile void *address, int fd)
{
    (void)address, (void)fd;
    return WEIR_ARMED_GONE;
}

unsigned weir_armed_fire_(const volatile void *address)
{
    (void)address;
    return 0;
}

/* As on an old kernel. */
bool weir_futex_can_wait_any_(void)
{
    return false;
}

enum weir_slept weir_futex_wait_any_(const struct weir_futex_word *words,
                                     unsigned n, weir_deadline_t deadline,
                                     unsigned *which)
{
    (void)words, (void)deadline;
    model_fail("slept on several words on a kernel that cannot");
    *which = n;
    return WEIR_SLEPT_WOKEN;
}

void weir_futex_wake_(const volatile void *word, int count, uint32_t bits,
                      bool shared)
{
    (void)shared;
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(genmc_sleepers_on(word), memory_order_relaxed) ==
        0)
        return;
    pthread_mutex_lock(&genmc_lock);
    for (unsigned i = 0; i < genmc_queued && count > 0;) {
        struct genmc_sleeper *sleeper = genmc_queue[i];

        if (sleeper->word != word || (sleeper->bits & bits) == 0) {
            i++;
            continue;
        }
        genmc_dequeue(i);
        atomic_store_explicit(&sleeper->woken, 1, memory_order_release);
        count--;
    }
    pthread_mutex_unlock(&genmc_lock);
}

/* -- futex/revoke.h: refused early -------------------------------------- */

bool weir_asymmetric_(void)
{
    return false;
}

bool weir_refused_(void)
{
    return false;
}

bool weir_revoke_(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    return true;
}

bool weir_may_revoke_(void)
{
    return false;
}

uint32_t weir_stamp_in_(int64_t ns)
{
    (void)ns;
    return 1;
}

int64_t weir_stamp_age_ns_(uint32_t stamp)
{
    (void)stamp;
    return 0;
}

bool weir_may_relax_(uint32_t stamp)
{
    (void)stamp;
    return false;
}

/* -- base/ -------------------------------------------------------------- */

weir_deadline_t weir_now(void)
{
    return WEIR_NS_PER_S;
}

weir_deadline_t weir_after(int64_t ns)
{
    return ns <= 0 ? WEIR_NOW : WEIR_NS_PER_S + ns;
}

/* Nobody is killed, and nobody is unsure. */
weir_deadline_t weir_sooner_(weir_deadline_t deadline, int64_t ns)
{
    (void)ns;
    return deadline;
}

bool weir_expired_(weir_deadline_t deadline)
{
    if (deadline == WEIR_FOREVER)
        return false;
    return deadline <= WEIR_NOW ||
           atomic_load_explicit(&genmc_coin, memory_order_relaxed) != 0;
}

/* No answer is expected. */
void weir_answer_expect_(void) {}

int64_t weir_answer_budget_(void)
{
    return 0;
}

void weir_answer_learn_(bool came)
{
    (void)came;
}

struct weir_spin weir_spin_begin_(const struct weir_spin_plan *plan)
{
    (void)plan;
    return (struct weir_spin){.yields = 0};
}

struct weir_spin weir_spin_begin_on_(const struct weir_spin_plan *plan,
                                     const volatile void *object)
{
    (void)object;
    return weir_spin_begin_(plan);
}

bool weir_spin_again_(struct weir_spin *spin)
{
    (void)spin;
    return false;
}

void weir_spin_end_(struct weir_spin *spin)
{
    (void)spin;
}

int64_t weir_pause_cost_ps_(void)
{
    return 10000;
}

int64_t weir_wake_cost_ns_(void)
{
    return 10000;
}

uint32_t weir_patience_after_(uint32_t patience, bool paid)
{
    (void)paid;
    return patience;
}

int64_t weir_patient_budget_(uint32_t patience, int64_t budget_ns)
{
    (void)patience;
    return budget_ns;
}

unsigned weir_usable_cpus_(void)
{
    return 2;
}

/* -- Running one -------------------------------------------------------- */

/* The file's: its programs, and what comes before a program's own setup. */
static const struct model_program *genmc_programs(void);
static void genmc_prepare(void);

static const struct model_program *genmc_program;

#if !defined(MODEL_GENMC)
static atomic_uint genmc_absent;
#endif

static void *genmc_thread(void *arg)
{
#if !defined(MODEL_GENMC) /* together, or they would seldom meet */
    atomic_fetch_sub(&genmc_absent, 1);
    while (atomic_load(&genmc_absent) > 0)
        genmc_yield();
#endif
    genmc_self = (unsigned)(uintptr_t)arg + 1;
    genmc_program->thread[(uintptr_t)arg](genmc_state);
    return NULL;
}

static void *genmc_toss(void *unused)
{
    (void)unused;
    atomic_store_explicit(&genmc_coin, 1, memory_order_relaxed);
    return NULL;
}

static bool genmc_is_named(const struct model_program *p, const char *name)
{
    size_t i = 0;

    while (p->name[i] != '\0' && p->name[i] == name[i])
        i++;
    return p->name[i] == name[i];
}

static const struct model_program *genmc_find(const char *name)
{
    const struct model_program *p = genmc_programs();

    while (p->name != NULL && !genmc_is_named(p, name))
        p++;
    assert(p->name != NULL);
    assert((p->flags & ~(MODEL_REFUSED_EARLY | MODEL_PROCESSES |
                         MODEL_NO_WAIT_ANY)) == 0 &&
           p->mortal == 0);
    assert(p->size <= GENMC_STATE_SIZE);
    return p;
}

static void genmc_run(void)
{
    pthread_t threads[MODEL_THREADS + 1];
    unsigned count;

#if !defined(MODEL_GENMC)
    for (count = 0; count < MODEL_THREADS && genmc_program->thread[count];)
        count++;
    atomic_store(&genmc_absent, count);
#endif
    genmc_prepare();
    if (genmc_program->setup != NULL)
        genmc_program->setup(genmc_state);
    for (count = 0; count < MODEL_THREADS && genmc_program->thread[count];
         count++)
        pthread_create(&threads[count], NULL, genmc_thread,
                       (void *)(uintptr_t)count);
    if (genmc_program->timeouts > 0)
        pthread_create(&threads[count++], NULL, genmc_toss, NULL);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    if (genmc_program->check != NULL)
        genmc_program->check(genmc_state);
    assert(genmc_queued == 0);
}

#if defined(MODEL_GENMC)
int main(void)
{
    genmc_program = genmc_find(GENMC_PROGRAM);
    genmc_run();
    return 0;
}
#else
int main(int argc, char **argv)
{
    int times = argc > 1 ? atoi(argv[1]) : 0;

    alarm(100); /* for who sleeps for ever */
    for (int i = 2; i < argc; i++) {
        genmc_program = genmc_find(argv[i]);
        for (int n = 0; n < times; n++) {
            memset(genmc_state, 0, sizeof(genmc_state));
            atomic_store(&genmc_coin, 0);
            genmc_run();
        }
        printf("%-20s %d times\n", argv[i], times);
    }
    return times > 0 && argc > 2 ? 0 : 2;
}
#endif

#endif
