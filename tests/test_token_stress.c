/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waits that are cancelled at any moment, among waits that are not, and waits
 * whose deadlines collide: nothing is lost or doubled, and nobody sleeps for
 * ever.
 *
 * The stress is made of rounds, after each of which all meet at a barrier of
 * libc.  In each some threads insist: they wait without a token, and must get
 * what they want.  Others are fickle: each has one wait with a token, which may
 * have a deadline, and gives back what it gets.  Another cancels that token.  A
 * wake-up that went with a cancelled wait is repaired by nobody, and the
 * watchdog shows the sleeper.  (hazard B20)
 */
#include <weir/weir.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/tunables.h"
#include "support/support.h"
#include "test_kernel_kit.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2
#define WAYS (2 * SCOPES) /* with each kind of kernel */

#define INSIST 2u
#define FICKLE 3u
#define CANCELLER (INSIST + FICKLE)
#define THREADS (CANCELLER + 1)

struct play {
    void (*insist)(unsigned me, support_random_t *random);
    void (*be_fickle)(weir_token_t *token, weir_deadline_t deadline,
                      support_random_t *random);
    long rounds;
    weir_token_t *tokens; /* one for each round */
    unsigned scope;
    pthread_barrier_t meet;
};

static void be_fickle(const struct play *p, long round,
                      support_random_t *random)
{
    weir_deadline_t soon = weir_after(support_below(random, 80000));
    uint32_t way = support_below(random, 4);
    weir_token_t *token = &p->tokens[round];
    weir_token_t child;

    if (way == 0) {
        p->be_fickle(token, soon, random);
    } else if (way == 1) {
        must_eq(weir_token_init(&child, token, soon, p->scope), 0);
        p->be_fickle(&child, WEIR_FOREVER, random);
    } else {
        must_eq(weir_token_init(&child, token, WEIR_FOREVER, p->scope), 0);
        p->be_fickle(way == 2 ? token : &child, WEIR_FOREVER, random);
    }
}

static void take_part(unsigned me, void *arg)
{
    struct play *p = arg;
    support_random_t random = support_random(me);

    for (long i = 0; i < p->rounds; i++) {
        support_note("round %lu as %lu", (unsigned long)i, me);
        if (support_below(&random, 4) == 0)
            support_jitter(&random);
        if (me < INSIST) {
            p->insist(me, &random);
        } else if (me < CANCELLER) {
            be_fickle(p, i, &random);
        } else {
            support_delay_ns(support_below(&random, 60000));
            must_eq(weir_token_cancel(&p->tokens[i]), 0);
        }
        pthread_barrier_wait(&p->meet);
    }
}

static void perform(struct play *p, int way, long rounds)
{
    kit_can_wait_any = way / SCOPES == 0;
    /* An older kernel's sleeper hears of it in a millisecond. */
    p->rounds = support_scaled(kit_can_wait_any ? rounds : rounds / 16);
    p->scope = scopes[way % SCOPES];
    p->tokens = calloc((size_t)p->rounds, sizeof(*p->tokens));
    must(p->tokens != NULL);
    for (long i = 0; i < p->rounds; i++)
        must_eq(weir_token_init(&p->tokens[i], NULL, WEIR_FOREVER, p->scope),
                0);
    must_eq(pthread_barrier_init(&p->meet, NULL, THREADS), 0);
    support_threads(THREADS, take_part, p);
    must_eq(pthread_barrier_destroy(&p->meet), 0);
    free(p->tokens);
}

/* What a fickle wait may return. */
static bool got(int result)
{
    must(result == 0 || result == ECANCELED || result == ETIMEDOUT);
    return result == 0;
}

/* --- semaphore --- */

static weir_sem_t sem;

/* One posts for the other. */
static void post_or_wait(unsigned me, support_random_t *random)
{
    (void)random;
    must_eq(me == 0 ? weir_sem_post(&sem) : weir_sem_wait(&sem), 0);
}

static void borrow(weir_token_t *token, weir_deadline_t deadline,
                   support_random_t *random)
{
    if (!got(weir_sem_wait_with(&sem, deadline, token)))
        return;
    support_jitter(random);
    must_eq(weir_sem_post(&sem), 0);
}

static void pass_permits(int way, long rounds)
{
    struct play p = {.insist = post_or_wait, .be_fickle = borrow};

    must_eq(weir_sem_init(&sem, 0, WEIR_SEM_MAX, scopes[way % SCOPES]), 0);
    support_watch("semaphore", &sem, sizeof(sem));
    perform(&p, way, rounds);
    must_eq(weir_sem_value(&sem), 0);
}

START_TEST(permits)
{
    pass_permits(_i, 5000);
}
END_TEST

/* --- mutex --- */

static weir_mutex_t mutex;
static long counter, copy; /* plain: only exclusion makes them right */

static void hold_mutex(support_random_t *random)
{
    must_eq(counter, copy);
    counter++;
    /* Long enough, at times, for another to reserve it. */
    if (support_below(random, 64) == 0)
        support_sleep_ns(2 * WEIR_MUTEX_FAIR_NS);
    else
        support_delay_ns(support_below(random, 40000));
    copy++;
    must_eq(weir_mutex_unlock(&mutex), 0);
}

static void insist_on_mutex(unsigned me, support_random_t *random)
{
    (void)me;
    must_eq(weir_mutex_lock(&mutex), 0);
    hold_mutex(random);
}

static void ask_for_mutex(weir_token_t *token, weir_deadline_t deadline,
                          support_random_t *random)
{
    if (got(weir_mutex_lock_with(&mutex, deadline, token)))
        hold_mutex(random);
}

START_TEST(exclusion)
{
    struct play p = {.insist = insist_on_mutex, .be_fickle = ask_for_mutex};

    must_eq(weir_mutex_init(&mutex, scopes[_i % SCOPES]), 0);
    support_watch("mutex", &mutex, sizeof(mutex));
    perform(&p, _i, 3000);
    must_eq(counter, copy);
    must_eq(weir_mutex_trylock(&mutex), 0);
}
END_TEST

/* --- read-write lock --- */

static weir_rwlock_t rw;

static void hold_rwlock(bool write, support_random_t *random)
{
    must_eq(counter, copy);
    if (write)
        counter++;
    /* Long enough for others to sleep. */
    support_delay_ns(support_below(random, 40000));
    if (write)
        copy++;
    must_eq(write ? weir_rwlock_wrunlock(&rw) : weir_rwlock_rdunlock(&rw), 0);
}

static void insist_on_rwlock(unsigned me, support_random_t *random)
{
    bool write = me == 0 || support_below(random, 2);

    must_eq(write ? weir_rwlock_wrlock(&rw) : weir_rwlock_rdlock(&rw), 0);
    hold_rwlock(write, random);
}

static void ask_for_rwlock(weir_token_t *token, weir_deadline_t deadline,
                           support_random_t *random)
{
    bool write = support_below(random, 3) == 0;

    if (got(write ? weir_rwlock_wrlock_with(&rw, deadline, token)
                  : weir_rwlock_rdlock_with(&rw, deadline, token)))
        hold_rwlock(write, random);
}

static const unsigned policies[] = {0, WEIR_RW_PREFER_READER,
                                    WEIR_RW_PHASE_FAIR};
#define POLICIES 3

START_TEST(readers_and_writers)
{
    struct play p = {.insist = insist_on_rwlock, .be_fickle = ask_for_rwlock};

    must_eq(weir_rwlock_init(&rw, policies[_i / WAYS] | scopes[_i % SCOPES]),
            0);
    support_watch("rwlock", &rw, sizeof(rw));
    perform(&p, _i % WAYS, 2000);
    must_eq(counter, copy);
    must_eq(weir_rwlock_wrlock_until(&rw, weir_after(60000000000)), 0);
}
END_TEST

/* --- condition --- */

static weir_cond_t cond;
static long there; /* guarded by mutex */

/* One makes something, and signals it, for the other. */
static void make_or_eat(unsigned me, support_random_t *random)
{
    (void)random;
    must_eq(weir_mutex_lock(&mutex), 0);
    if (me == 0) {
        there++;
        must_eq(weir_cond_signal(&cond), 0);
    } else {
        while (there == 0)
            must_eq(weir_cond_wait(&cond, &mutex), 0);
        there--;
    }
    must_eq(weir_mutex_unlock(&mutex), 0);
}

/* Looks for nothing, and gives the signal to another. */
static void wait_for_signal(weir_token_t *token, weir_deadline_t deadline,
                            support_random_t *random)
{
    (void)random;
    must_eq(weir_mutex_lock(&mutex), 0);
    if (got(weir_cond_wait_with(&cond, &mutex, deadline, token)))
        must_eq(weir_cond_signal(&cond), 0);
    must_eq(weir_mutex_unlock(&mutex), 0);
}

START_TEST(signals)
{
    struct play p = {.insist = make_or_eat, .be_fickle = wait_for_signal};

    must_eq(weir_mutex_init(&mutex, scopes[_i % SCOPES]), 0);
    must_eq(weir_cond_init(&cond, scopes[_i % SCOPES]), 0);
    support_watch("condition", &cond, sizeof(cond));
    perform(&p, _i, 3000);
    must_eq(there, 0);
}
END_TEST

/* --- queue --- */

static weir_queue_t *queue;
static uint64_t balance; /* of all puts and gets */

static void account(uint64_t put, uint64_t got_out)
{
    __atomic_fetch_add(&balance, put - got_out, __ATOMIC_RELAXED);
}

/* One puts what the other gets. */
static void put_or_get(unsigned me, support_random_t *random)
{
    uint64_t in = support_next(random);
    uint64_t out = 0;

    if (me == 0) {
        must_eq(weir_queue_put(queue, &in), 0);
        account(in, 0);
    } else {
        must_eq(weir_queue_get(queue, &out), 0);
        account(0, out);
    }
}

/* As many puts as gets, whatever comes of it. */
static void put_and_get(weir_token_t *token, weir_deadline_t deadline,
                        support_random_t *random)
{
    uint64_t in = support_next(random);
    uint64_t out;

    if (support_below(random, 2)) {
        if (!got(weir_queue_put_with(queue, &in, deadline, token)))
            return;
        must_eq(weir_queue_get(queue, &out), 0);
    } else {
        if (!got(weir_queue_get_with(queue, &out, deadline, token)))
            return;
        must_eq(weir_queue_put(queue, &in), 0);
    }
    account(in, out);
}

START_TEST(elements)
{
    struct play p = {.insist = put_or_get, .be_fickle = put_and_get};
    size_t size = weir_queue_memsize(1, sizeof(uint64_t));
    uint64_t out;

    queue = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    must(queue != NULL);
    must_eq(
        weir_queue_init(queue, size, 1, sizeof(uint64_t), scopes[_i % SCOPES]),
        0);
    support_watch("queue", queue, size);
    perform(&p, _i, 3000);
    must_eq(balance, 0);
    must_eq(weir_queue_get_until(queue, &out, WEIR_NOW), ETIMEDOUT);
    support_forget(queue);
    free(queue);
}
END_TEST

/* --- event --- */

static weir_event_t event;

/* One opens it for the other, who closes it again. */
static void set_or_wait(unsigned me, support_random_t *random)
{
    (void)random;
    if (me == 0) {
        must_eq(weir_event_set(&event), 0);
        return;
    }
    must_eq(weir_event_wait(&event), 0);
    must_eq(weir_event_clear(&event), 0);
}

static void wait_for_event(weir_token_t *token, weir_deadline_t deadline,
                           support_random_t *random)
{
    int result = weir_event_wait_with(&event, deadline, token);

    (void)random;
    must(got(result) || weir_token_is_cancelled(token) ||
         deadline != WEIR_FOREVER);
}

START_TEST(events)
{
    struct play p = {.insist = set_or_wait, .be_fickle = wait_for_event};

    must_eq(weir_event_init(&event, scopes[_i % SCOPES]), 0);
    perform(&p, _i, 2000);
}
END_TEST

/* --- the same in a storm --- */

START_TEST(permits_in_a_storm)
{
    support_storm_begin();
    pass_permits(_i, 500);
    support_storm_end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token_stress");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, permits, 0, WAYS);
    tcase_add_loop_test(tcase, exclusion, 0, WAYS);
    tcase_add_loop_test(tcase, readers_and_writers, 0, POLICIES * WAYS);
    tcase_add_loop_test(tcase, signals, 0, WAYS);
    tcase_add_loop_test(tcase, elements, 0, WAYS);
    tcase_add_loop_test(tcase, events, 0, WAYS);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, permits_in_a_storm, 0, WAYS);
    return support_main(suite);
}
