/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A program that uses the library as shipped, sleeps and wakes in all of its
 * primitives, checks what comes of it, and ends by itself: for a kernel that
 * was told to fail (inject.c, strace).
 *
 *   driver PART [timed]
 *
 * PART is private-mutex, shared-mutex, private-barrier, ...; timed: deadlines
 * pass, too, which takes a kernel that lets them.
 *
 * No futex of libc's is of the kind that is made to fail: pthread_join waits
 * by the wall clock, another operation.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

#define must(condition) ((condition) ? (void)0 : fail(__LINE__, #condition))

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
    uint64_t counter; /* guarded by mutex, or sem */
    uint64_t inside;  /* guarded by mutex, or sem */
    uint64_t arrived[TEAM];
    uint64_t sums[TEAM];
    _Alignas(WEIR_QUEUE_ALIGN) unsigned char queue[4096];
};

static struct world *world;
static bool shared;
static bool timed;

static _Noreturn void fail(int line, const char *text)
{
    (void)fprintf(stderr, "driver.c:%d: must hold: %s\n", line, text);
    _exit(1);
}

/* Long enough for others to go to sleep. */
static void nap(long ns)
{
    struct timespec left = {0, ns};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        ;
}

/* -- Teams: threads, or processes ---------------------------------------- */

typedef void body_t(unsigned index);

struct member {
    body_t *body;
    unsigned index;
};

static void *run(void *arg)
{
    struct member *member = arg;

    member->body(member->index);
    return NULL;
}

static void run_threads(body_t *body)
{
    struct member members[TEAM];
    pthread_t threads[TEAM];

    for (unsigned i = 0; i < TEAM; i++) {
        members[i] = (struct member){body, i};
        must(pthread_create(&threads[i], NULL, run, &members[i]) == 0);
    }
    for (unsigned i = 0; i < TEAM; i++)
        must(pthread_join(threads[i], NULL) == 0);
}

static void run_processes(body_t *body)
{
    pid_t children[TEAM];
    int status;

    for (unsigned i = 0; i < TEAM; i++) {
        children[i] = fork();
        must(children[i] >= 0);
        if (children[i] == 0) {
            body(i);
            _exit(0);
        }
    }
    for (unsigned n = 0; n < TEAM;) {
        if (wait(&status) < 0) {
            must(errno == EINTR);
            continue;
        }
        n++;
        if (status == 0)
            continue;
        /* What ends one ends the program: a panic is its own. */
        for (unsigned i = 0; i < TEAM; i++)
            (void)kill(children[i], SIGKILL);
        if (WIFSIGNALED(status))
            abort();
        _exit(1);
    }
}

static void team(body_t *body)
{
    if (shared)
        run_processes(body);
    else
        run_threads(body);
}

/* -- Mutex --------------------------------------------------------------- */

static void locks(unsigned index)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        int result = 0;

        if (timed && i % 4 == index)
            result = weir_mutex_lock_until(&world->mutex, weir_after(SHORT_NS));
        else
            must(weir_mutex_lock(&world->mutex) == 0);
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must(weir_mutex_lock(&world->mutex) == 0);
        must(world->inside++ == 0);
        world->counter++;
        nap(20000);
        must(--world->inside == 0);
        must(weir_mutex_unlock(&world->mutex) == 0);
    }
}

static void try_mutex(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        world->counter = 0;
        must(weir_mutex_init(&world->mutex, shared) == 0);
        team(locks);
        must(world->counter == (uint64_t)TEAM * LOCKS);
    }
    must(weir_mutex_trylock(&world->mutex) == 0);
    if (timed)
        must(weir_mutex_lock_until(&world->mutex, weir_after(SHORT_NS)) ==
             ETIMEDOUT);
    must(weir_mutex_unlock(&world->mutex) == 0);
}

/* -- Recursive mutex ----------------------------------------------------- */

static void deep_locks(unsigned index)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        int result = 0;

        if (timed && i % 4 == index)
            result =
                weir_rmutex_lock_until(&world->rmutex, weir_after(SHORT_NS));
        else
            must(weir_rmutex_lock(&world->rmutex) == 0);
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must(weir_rmutex_lock(&world->rmutex) == 0);
        must(weir_rmutex_lock(&world->rmutex) == 0);
        must(world->inside++ == 0);
        world->counter++;
        nap(20000);
        must(--world->inside == 0);
        must(weir_rmutex_unlock(&world->rmutex) == 0);
        must(weir_rmutex_depth(&world->rmutex) == 1);
        must(weir_rmutex_unlock(&world->rmutex) == 0);
    }
}

static void try_rmutex(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        world->counter = 0;
        must(weir_rmutex_init(&world->rmutex, shared) == 0);
        team(deep_locks);
        must(world->counter == (uint64_t)TEAM * LOCKS);
    }
    must(weir_rmutex_unlock(&world->rmutex) == EPERM);
}

/* -- Condition ----------------------------------------------------------- */

/* Each in turn; whoever ends its turn naps first, so that the others sleep. */
static void turns(unsigned index)
{
    must(weir_mutex_lock(&world->mutex) == 0);
    for (unsigned i = 0; i < LOCKS; i++) {
        while (world->counter % TEAM != index) {
            int result = weir_cond_wait_until(&world->cond, &world->mutex,
                                              timed ? weir_after(SHORT_NS)
                                                    : WEIR_FOREVER);

            must(result == 0 || (timed && result == ETIMEDOUT));
        }
        world->counter++;
        nap(20000);
        must(weir_cond_broadcast(&world->cond) == 0);
    }
    must(weir_mutex_unlock(&world->mutex) == 0);
}

/* Signals for one at a time: as many as there are waiters. */
static void signals(unsigned index)
{
    if (index != 0) {
        must(weir_mutex_lock(&world->mutex) == 0);
        world->inside++;
        must(weir_cond_wait(&world->cond, &world->mutex) == 0);
        world->counter++;
        must(weir_mutex_unlock(&world->mutex) == 0);
        return;
    }
    for (uint64_t there = 0; there < TEAM - 1; nap(100000)) {
        must(weir_mutex_lock(&world->mutex) == 0);
        there = world->inside;
        must(weir_mutex_unlock(&world->mutex) == 0);
    }
    nap(1000000); /* they sleep, or will at once */
    for (unsigned i = 1; i < TEAM; i++)
        must(weir_cond_signal(&world->cond) == 0);
}

static void try_cond(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        must(weir_mutex_init(&world->mutex, shared) == 0);
        must(weir_cond_init(&world->cond, shared) == 0);
        world->counter = 0;
        team(turns);
        must(world->counter == (uint64_t)TEAM * LOCKS);
        world->counter = world->inside = 0;
        team(signals);
        must(world->counter == TEAM - 1);
        world->inside = 0;
    }
}

/* -- Read-write lock ----------------------------------------------------- */

static void read_routine(unsigned i)
{
    int result = 0;

    if (timed && i % 4 == 1)
        result = weir_rwlock_rdlock_until(&world->rwlock, weir_after(SHORT_NS));
    else
        must(weir_rwlock_rdlock(&world->rwlock) == 0);
    must(result == 0 || result == ETIMEDOUT);
    if (result == ETIMEDOUT)
        must(weir_rwlock_rdlock(&world->rwlock) == 0);
    must(world->inside == 0);
    nap(10000);
    must(world->inside == 0);
    must(weir_rwlock_rdunlock(&world->rwlock) == 0);
}

/* Each writes, goes on as a reader, and reads for a while. */
static void reads_and_writes(unsigned index)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        int result = 0;

        if (timed && i % 4 == index)
            result =
                weir_rwlock_wrlock_until(&world->rwlock, weir_after(SHORT_NS));
        else
            must(weir_rwlock_wrlock(&world->rwlock) == 0);
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must(weir_rwlock_wrlock(&world->rwlock) == 0);
        must(world->inside++ == 0);
        world->counter++;
        nap(20000);
        must(--world->inside == 0);
        if (i % 2 == 0) {
            must(weir_rwlock_wrunlock(&world->rwlock) == 0);
        } else {
            must(weir_rwlock_downgrade(&world->rwlock) == 0);
            must(weir_rwlock_rdunlock(&world->rwlock) == 0);
        }
        read_routine(i);
        if (i == LOCKS / 2) /* as often as it takes to become biased */
            for (unsigned j = 0; j < 200; j++) {
                must(weir_rwlock_rdlock(&world->rwlock) == 0);
                must(weir_rwlock_rdunlock(&world->rwlock) == 0);
            }
    }
}

static void try_rwlock(void)
{
    static const unsigned policies[ROUNDS] = {0, WEIR_RW_PREFER_READER,
                                              WEIR_RW_PHASE_FAIR};

    for (unsigned round = 0; round < ROUNDS; round++) {
        world->counter = 0;
        must(weir_rwlock_init(&world->rwlock, shared | policies[round]) == 0);
        team(reads_and_writes);
        must(world->counter == (uint64_t)TEAM * LOCKS);
    }
    must(weir_rwlock_trywrlock(&world->rwlock) == 0);
    if (timed)
        must(weir_rwlock_rdlock_until(&world->rwlock, weir_after(SHORT_NS)) ==
             ETIMEDOUT);
    must(weir_rwlock_wrunlock(&world->rwlock) == 0);
}

/* -- Barrier ------------------------------------------------------------- */

static void phases(unsigned index)
{
    for (unsigned phase = 1; phase <= PHASES; phase++) {
        if (phase % TEAM == index)
            nap(100000); /* the others are asleep by now */
        __atomic_store_n(&world->arrived[index], phase, __ATOMIC_RELAXED);
        must(weir_barrier_wait(&world->barrier, NULL) == 0);
        for (unsigned i = 0; i < TEAM; i++)
            must(__atomic_load_n(&world->arrived[i], __ATOMIC_RELAXED) >=
                 phase);
    }
}

/* All but the last come; one of them has a deadline. */
static void broken(unsigned index)
{
    int result;

    if (index == TEAM - 1)
        return;
    result = weir_barrier_wait_until(
        &world->barrier, index == 0 ? weir_after(20 * SHORT_NS) : WEIR_FOREVER,
        NULL);
    must(result == (index == 0 ? ETIMEDOUT : ECANCELED));
}

static void try_barrier(void)
{
    must(weir_barrier_init(&world->barrier, TEAM, shared) == 0);
    team(phases);
    if (timed) {
        team(broken);
        must(weir_barrier_broken(&world->barrier));
        must(weir_barrier_reset(&world->barrier) == 0);
        memset(world->arrived, 0, sizeof(world->arrived));
        team(phases);
    }
}

/* -- Semaphore ----------------------------------------------------------- */

static void take(bool in_time)
{
    int result = ETIMEDOUT;

    if (in_time)
        result = weir_sem_wait_until(&world->sem, weir_after(SHORT_NS));
    must(result == 0 || result == ETIMEDOUT);
    if (result == ETIMEDOUT)
        must(weir_sem_wait(&world->sem) == 0);
}

/* One permit, as a lock. */
static void permits(unsigned index)
{
    for (unsigned i = 0; i < LOCKS; i++) {
        take(timed && i % 4 == index);
        must(world->inside++ == 0);
        world->counter++;
        nap(20000);
        must(--world->inside == 0);
        must(weir_sem_post(&world->sem) == 0);
    }
}

/* One hands out what the others need, all at once or one by one. */
static void hands_out(unsigned index)
{
    for (unsigned i = 0; i < GATES; i++) {
        if (index != 0) {
            take(timed && i % 4 == index);
            continue;
        }
        nap(200000); /* the others are asleep by now */
        if (i % 2 == 0)
            must(weir_sem_post_n(&world->sem, TEAM - 1) == 0);
        for (unsigned n = 1; n < TEAM && i % 2 == 1; n++)
            must(weir_sem_post(&world->sem) == 0);
    }
}

static void try_sem(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        world->counter = 0;
        must(weir_sem_init(&world->sem, 1, 1, shared) == 0);
        team(permits);
        must(world->counter == (uint64_t)TEAM * LOCKS);
        must(weir_sem_value(&world->sem) == 1);
    }
    must(weir_sem_init(&world->sem, 0, WEIR_SEM_MAX, shared) == 0);
    team(hands_out);
    must(weir_sem_trywait(&world->sem) == EAGAIN);
    if (timed)
        must(weir_sem_wait_until(&world->sem, weir_after(SHORT_NS)) ==
             ETIMEDOUT);
}

/* -- Event --------------------------------------------------------------- */

/* Each opens the next gate for all, late. */
static void gates(unsigned index)
{
    for (unsigned i = 0; i < GATES; i++) {
        int result = ETIMEDOUT;

        if (i % TEAM == index) {
            nap(200000); /* the others are asleep by now */
            __atomic_store_n(&world->arrived[index], i + 1, __ATOMIC_RELAXED);
            must(weir_event_set(&world->gates[i]) == 0);
        }
        if (timed && (i + 1) % TEAM == index)
            result = weir_event_wait_until(&world->gates[i],
                                           weir_after(SHORT_NS / 4));
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must(weir_event_wait(&world->gates[i]) == 0);
        must(__atomic_load_n(&world->arrived[i % TEAM], __ATOMIC_RELAXED) >=
             i + 1);
    }
}

static void try_event(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        memset(world->arrived, 0, sizeof(world->arrived));
        for (unsigned i = 0; i < GATES; i++) {
            must(weir_event_init(&world->gates[i], shared) == 0);
            must(!weir_event_is_set(&world->gates[i]));
        }
        team(gates);
        must(weir_event_clear(&world->gates[0]) == 0);
        if (timed)
            must(weir_event_wait_until(&world->gates[0],
                                       weir_after(SHORT_NS)) == ETIMEDOUT);
    }
}

/* -- Queue --------------------------------------------------------------- */

static weir_queue_t *queue(void)
{
    return (weir_queue_t *)(void *)world->queue;
}

/* Two put, two get; each pair is now the slower one. */
static void moves(unsigned index)
{
    uint64_t sum = 0;

    for (uint64_t i = 1; i <= ELEMENTS; i++) {
        uint64_t e = i;
        int result = ETIMEDOUT;

        if ((i / 30 + index) % 2 == 0)
            nap(50000);
        if (timed && i % 8 == 0)
            result =
                index < 2
                    ? weir_queue_put_until(queue(), &e, weir_after(SHORT_NS))
                    : weir_queue_get_until(queue(), &e, weir_after(SHORT_NS));
        must(result == 0 || result == ETIMEDOUT);
        if (result == ETIMEDOUT)
            must((index < 2 ? weir_queue_put(queue(), &e)
                            : weir_queue_get(queue(), &e)) == 0);
        sum += e;
    }
    world->sums[index] = sum;
}

/* All but one find nothing, and sleep; then that one closes. */
static void closes(unsigned index)
{
    uint64_t e;

    if (index != 0) {
        must(weir_queue_get(queue(), &e) == ESHUTDOWN);
        return;
    }
    /* They have announced themselves, and a moment later they sleep. */
    while (weir_load_rlx_(&queue()->not_empty.word) >> 2 < TEAM - 1)
        nap(100000);
    nap(5000000);
    must(weir_queue_close(queue()) == 0);
    must(weir_queue_drain(queue(), WEIR_FOREVER) == 0);
}

static void use_queue_up(void)
{
    uint64_t e = 0;

    must(weir_queue_init(queue(), sizeof(world->queue), CAPACITY, sizeof(e),
                         shared) == 0);
    team(moves);
    must(world->sums[0] + world->sums[1] == world->sums[2] + world->sums[3]);
    must(weir_queue_empty(queue()));
    if (timed)
        must(weir_queue_get_until(queue(), &e, weir_after(SHORT_NS)) ==
             ETIMEDOUT);
    team(closes);
    must(weir_queue_put(queue(), &e) == ESHUTDOWN);
}

static void try_queue(void)
{
    for (unsigned round = 0; round < ROUNDS; round++)
        use_queue_up();
}

/* -- Timer (private) ----------------------------------------------------- */

static void count_firing(void *arg)
{
    __atomic_add_fetch((uint64_t *)arg, 1, __ATOMIC_RELAXED);
}

/* Due at once, but where deadlines pass. */
static void timers(unsigned index)
{
    uint64_t *fired = &world->sums[index];
    weir_timer_t timer;
    uint64_t before;

    *fired = 0;
    must(weir_timer_init(&timer, count_firing, fired, 0) == 0);
    for (unsigned i = 1; i <= LOCKS; i++) {
        bool late = timed && i % 4 == index;
        int result;

        before = __atomic_load_n(fired, __ATOMIC_RELAXED);
        must(weir_timer_start_at(&timer,
                                 late ? weir_after(SHORT_NS) : WEIR_NOW) == 0);
        if (i % 2 == 0)
            nap(20000);
        if (timed && weir_timer_join(&timer, weir_after(SHORT_NS / 4)) != 0)
            must(weir_timer_restart_at(&timer, WEIR_NOW) == 0);
        result = i % 3 == 0 ? weir_timer_cancel_sync(&timer, WEIR_FOREVER)
                            : weir_timer_join(&timer, WEIR_FOREVER);
        must(result == 0 || result == EALREADY);
        if (!timed)
            must(__atomic_load_n(fired, __ATOMIC_RELAXED) - before ==
                 (i % 3 != 0 || result == EALREADY));
    }
    must(weir_timer_fired(&timer) == *fired);
}

static void try_timer(void)
{
    must(!shared);
    for (unsigned round = 0; round < ROUNDS; round++) {
        team(timers);
        must(weir_timer_shutdown(WEIR_FOREVER) == 0);
    }
}

/* -- Latch --------------------------------------------------------------- */

static void arrivals(unsigned index)
{
    for (unsigned i = 0; i < PHASES; i++) {
        weir_latch_t *latch = &world->latches[i];
        int result = ETIMEDOUT;

        if (i % TEAM == index)
            nap(100000); /* the others are asleep by now */
        __atomic_store_n(&world->arrived[index], i, __ATOMIC_RELAXED);
        if (timed && i % 4 == index)
            result =
                weir_latch_arrive_and_wait_until(latch, weir_after(SHORT_NS));
        else
            must(weir_latch_count_down(latch, 1) == 0);
        if (result == ETIMEDOUT)
            must(weir_latch_wait(latch) == 0);
        else
            must(result == 0);
        for (unsigned n = 0; n < TEAM; n++)
            must(__atomic_load_n(&world->arrived[n], __ATOMIC_RELAXED) >= i);
    }
}

static void try_latch(void)
{
    for (unsigned i = 0; i < PHASES; i++)
        must(weir_latch_init(&world->latches[i], TEAM, shared) == 0);
    team(arrivals);
    must(weir_latch_init(&world->latches[0], 1, shared) == 0);
    if (timed)
        must(weir_latch_wait_until(&world->latches[0], weir_after(SHORT_NS)) ==
             ETIMEDOUT);
}

/* -- Once ---------------------------------------------------------------- */

static int make(void *arg)
{
    uint64_t *made = arg;
    weir_once_t *once = &world->onces[made - world->made];

    /* However busy the machine: others come, and mark the word to sleep. */
    while (!(weir_load_rlx_(&once->word) & 4u))
        nap(20000);
    return ++*made == 1 ? EAGAIN : 0;
}

static void calls(unsigned index)
{
    for (unsigned i = 0; i < PHASES; i++) {
        int result;

        do
            result =
                timed && i % TEAM == index
                    ? weir_once_call_until(&world->onces[i], make,
                                           &world->made[i],
                                           weir_after(SHORT_NS / 4))
                    : weir_once_call(&world->onces[i], make, &world->made[i]);
        while (result == EAGAIN || (timed && result == ETIMEDOUT));
        must(result == 0);
        must(world->made[i] == 2);
    }
}

static void try_once(void)
{
    for (unsigned i = 0; i < PHASES; i++)
        must(weir_once_init(&world->onces[i], shared) == 0);
    team(calls);
}

/* -- Sequence lock ------------------------------------------------------- */

static void see_whole(const uint64_t *data)
{
    for (unsigned i = 1; i < 4; i++)
        must(data[i] == data[0]);
}

/* Two write, and sleep inside; two read. */
static void writes(unsigned index)
{
    uint64_t data[4];

    for (unsigned i = 0; i < LOCKS; i++) {
        if (index >= 2) {
            must(weir_seqlock_read(&world->seqlock, data, world->guarded,
                                   sizeof(data)) == 0);
            see_whole(data);
            nap(10000);
            continue;
        }
        while (weir_seqlock_write_begin_until(&world->seqlock,
                                              timed ? weir_after(SHORT_NS)
                                                    : WEIR_FOREVER) != 0)
            must(timed);
        weir_seqlock_load(data, world->guarded, sizeof(data));
        see_whole(data);
        for (unsigned n = 0; n < 4; n++)
            data[n]++;
        nap(100000); /* the others are asleep by now */
        weir_seqlock_store(world->guarded, data, sizeof(data));
        must(weir_seqlock_write_end(&world->seqlock) == 0);
    }
}

static void try_seqlock(void)
{
    memset(world->guarded, 0, sizeof(world->guarded));
    must(weir_seqlock_init(&world->seqlock, shared) == 0);
    team(writes);
    must(world->guarded[0] == (uint64_t)2 * LOCKS);
}

/* -- Thread -------------------------------------------------------------- */

static weir_thread_t members[TEAM];

/* Each joins the one before it, which is asleep by now. */
static void *join_the_last(void *arg)
{
    weir_thread_t *before = arg;
    int result = 0;

    if (before == NULL) {
        nap(200000);
        return arg;
    }
    do
        result = weir_thread_join(
            before, timed ? weir_after(SHORT_NS / 2) : WEIR_FOREVER, NULL);
    while (result == ETIMEDOUT);
    must(result == 0);
    return arg;
}

static void try_thread(void)
{
    for (unsigned round = 0; round < 10 * ROUNDS; round++) {
        for (unsigned i = 0; i < TEAM; i++) {
            void *before = i > 0 ? &members[i - 1] : NULL;

            must(weir_thread_init(&members[i], NULL, join_the_last, before) ==
                 0);
            must(weir_thread_start(&members[i]) == 0);
        }
        if (round % 2 == 0)
            must(weir_thread_join_all(WEIR_FOREVER) == 0);
        for (unsigned i = TEAM; i > 0; i--) {
            void *result = NULL;

            must(weir_thread_join(&members[i - 1], WEIR_FOREVER, &result) == 0);
            must(result == (i > 1 ? &members[i - 2] : NULL));
        }
        must(weir_thread_active_count() == 1);
    }
}

/* -- Any of several ------------------------------------------------------- */

/* Permits, until it has its share; the lock, when it is that which is free. */
static void take_any(void)
{
    weir_wait_item_t items[2];
    unsigned permits = 0;
    size_t which;

    items[0] = weir_wait_on_sem(&world->sem);
    items[1] = weir_wait_on_mutex(&world->mutex);
    while (permits < LOCKS) {
        weir_deadline_t deadline = timed ? weir_after(SHORT_NS) : WEIR_FOREVER;
        int result = weir_wait_any(items, 2, deadline, &which);

        must(result == 0 || (timed && result == ETIMEDOUT));
        if (result != 0)
            continue;
        if (which == 0) {
            permits++;
            continue;
        }
        must(world->inside++ == 0);
        must(--world->inside == 0);
        must(weir_mutex_unlock(&world->mutex) == 0);
    }
}

static void waits(unsigned index)
{
    if (index < TEAM / 2) {
        take_any();
        return;
    }
    for (unsigned i = 0; i < LOCKS; i++) {
        must(weir_mutex_lock(&world->mutex) == 0);
        must(world->inside++ == 0);
        nap(20000);
        must(weir_sem_post(&world->sem) == 0);
        must(--world->inside == 0);
        must(weir_mutex_unlock(&world->mutex) == 0);
        nap(20000);
    }
}

static void try_wait(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        must(weir_mutex_init(&world->mutex, shared) == 0);
        must(weir_sem_init(&world->sem, 0, WEIR_SEM_MAX, shared) == 0);
        team(waits);
        must(weir_sem_value(&world->sem) == 0);
        must(!weir_mutex_is_locked(&world->mutex));
    }
}

/* -- All ----------------------------------------------------------------- */

struct part {
    const char *name;
    void (*attempt)(void);
};

static const struct part parts[] = {
    {"mutex", try_mutex},   {"rmutex", try_rmutex},   {"cond", try_cond},
    {"rwlock", try_rwlock}, {"barrier", try_barrier}, {"queue", try_queue},
    {"sem", try_sem},       {"event", try_event},     {"latch", try_latch},
    {"once", try_once},     {"seqlock", try_seqlock}, {"thread", try_thread},
    {"timer", try_timer},   {"wait", try_wait},
};

static const struct part *find(const char *name)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcmp(name, parts[i].name) == 0)
            return &parts[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const char *dash = argc > 1 ? strchr(argv[1], '-') : NULL;
    const struct part *part = dash != NULL ? find(dash + 1) : NULL;

    if (part == NULL) {
        (void)fprintf(stderr, "usage: driver private-PART|shared-PART "
                              "[timed]\n");
        return 2;
    }
    shared = argv[1][0] == 's';
    timed = argc > 2;
    world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(world != MAP_FAILED);
    part->attempt();
    return 0;
}
