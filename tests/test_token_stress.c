/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waits that are cancelled at any moment, among waits that are not, and waits
 * whose deadlines collide: nothing is lost or doubled, and nobody sleeps for
 * ever.
 *
 * Some threads insist: they wait without a token, and must get what they want,
 * so many times.  Others are fickle: each of their waits has a token, which
 * may have a deadline, and they give back what they get.  So all that helps an
 * insisting thread is its own wake-up: one that went with a cancelled wait
 * leaves it asleep, for the watchdog.
 */
#include <weir/weir.h>

#include <stdlib.h>

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
    long rounds;
    void (*insist)(long round, support_random_t *random);
    void (*be_fickle)(weir_token_t *token, weir_deadline_t deadline,
                      support_random_t *random);
};

/* The token of now: one after another is cancelled, each once. */
#define TOKENS 20000
static weir_token_t tokens[TOKENS];
static long now;
static unsigned insisting; /* that have not come to their end */
static unsigned scope;

static weir_token_t *token_of_now(void)
{
    return &tokens[__atomic_load_n(&now, __ATOMIC_ACQUIRE)];
}

static bool is_over(void)
{
    return __atomic_load_n(&insisting, __ATOMIC_ACQUIRE) == 0;
}

static void cancel_all(support_random_t *random)
{
    for (long i = 0; !is_over(); i++) {
        support_note("cancels after %lu", (unsigned long)i, 0);
        support_delay_ns(support_below(random, 60000));
        if (i + 1 < TOKENS) {
            __atomic_store_n(&now, i + 1, __ATOMIC_RELEASE);
            must_eq(weir_token_cancel(&tokens[i]), 0);
        }
    }
    /* It stays: who comes from now on goes at once. */
    must_eq(weir_token_cancel(token_of_now()), 0);
}

static void be_fickle(const struct play *p, support_random_t *random)
{
    weir_deadline_t soon = weir_after(support_below(random, 80000));
    uint32_t way = support_below(random, 4);
    weir_token_t child;

    if (way == 0) {
        p->be_fickle(token_of_now(), WEIR_FOREVER, random);
    } else if (way == 1) {
        p->be_fickle(token_of_now(), soon, random);
    } else {
        must_eq(weir_token_init(&child, token_of_now(),
                                way == 2 ? soon : WEIR_FOREVER, scope),
                0);
        p->be_fickle(&child, WEIR_FOREVER, random);
    }
}

static void take_part(unsigned me, void *arg)
{
    const struct play *p = arg;
    support_random_t random = support_random(me);

    if (me == CANCELLER) {
        cancel_all(&random);
    } else if (me >= INSIST) {
        while (!is_over()) {
            support_note("is fickle", 0, 0);
            be_fickle(p, &random);
        }
    } else {
        for (long i = 0; i < p->rounds; i++) {
            support_note("insists, round %lu", (unsigned long)i, 0);
            p->insist(i, &random);
        }
        __atomic_fetch_sub(&insisting, 1, __ATOMIC_ACQ_REL);
    }
}

static void perform(struct play *p, int way, long rounds)
{
    p->rounds = support_scaled(rounds);
    kit_can_wait_any = way / SCOPES == 0;
    scope = scopes[way % SCOPES];
    now = 0;
    insisting = INSIST;
    for (long i = 0; i < TOKENS; i++)
        must_eq(weir_token_init(&tokens[i], NULL, WEIR_FOREVER, scope), 0);
    support_threads(THREADS, take_part, p);
}

/* What a fickle wait may return. */
static bool got(int result)
{
    must(result == 0 || result == ECANCELED || result == ETIMEDOUT);
    return result == 0;
}

/* --- semaphore --- */

#define PERMITS 2
static weir_sem_t sem;
static int inside;

static void hold_permit(support_random_t *random)
{
    must(__atomic_fetch_add(&inside, 1, __ATOMIC_RELAXED) < PERMITS);
    if (support_below(random, 8) == 0)
        support_jitter(random);
    __atomic_fetch_sub(&inside, 1, __ATOMIC_RELAXED);
    must_eq(weir_sem_post(&sem), 0);
}

static void insist_on_permit(long round, support_random_t *random)
{
    (void)round;
    must_eq(weir_sem_wait(&sem), 0);
    hold_permit(random);
}

static void ask_for_permit(weir_token_t *token, weir_deadline_t deadline,
                           support_random_t *random)
{
    if (got(weir_sem_wait_with(&sem, deadline, token)))
        hold_permit(random);
}

START_TEST(permits)
{
    struct play p = {0, insist_on_permit, ask_for_permit};

    must_eq(weir_sem_init(&sem, PERMITS, PERMITS, scopes[_i % SCOPES]), 0);
    support_watch("semaphore", &sem, sizeof(sem));
    perform(&p, _i, 3000);
    must_eq(weir_sem_value(&sem), PERMITS);
}
END_TEST

/* --- mutex --- */

static weir_mutex_t mutex;
static long counter, copy; /* plain: only exclusion makes them right */

static void hold_mutex(support_random_t *random)
{
    must_eq(counter, copy);
    counter++;
    if (support_below(random, 8) == 0)
        support_jitter(random);
    copy++;
    must_eq(weir_mutex_unlock(&mutex), 0);
}

static void insist_on_mutex(long round, support_random_t *random)
{
    (void)round;
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
    struct play p = {0, insist_on_mutex, ask_for_mutex};

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
    counter += write;
    if (support_below(random, 8) == 0)
        support_jitter(random);
    copy += write;
    must_eq(write ? weir_rwlock_wrunlock(&rw) : weir_rwlock_rdunlock(&rw), 0);
}

static void insist_on_rwlock(long round, support_random_t *random)
{
    bool write = round % 2;

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
    struct play p = {0, insist_on_rwlock, ask_for_rwlock};

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

/* The first makes, the second eats: a signal for each. */
static void make_or_eat(long round, support_random_t *random)
{
    static _Thread_local int role;

    if (round == 0) {
        static int roles;

        role = __atomic_add_fetch(&roles, 1, __ATOMIC_RELAXED);
    }
    must_eq(weir_mutex_lock(&mutex), 0);
    if (role == 1) {
        there++;
        must_eq(weir_cond_signal(&cond), 0);
    } else {
        while (there == 0)
            must_eq(weir_cond_wait(&cond, &mutex), 0);
        there--;
    }
    must_eq(weir_mutex_unlock(&mutex), 0);
    support_jitter(random);
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
    struct play p = {0, make_or_eat, wait_for_signal};

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

/* Both put one and get one, in one order and in the other. */
static void put_and_get(long round, support_random_t *random)
{
    uint64_t in = support_next(random);
    uint64_t out;

    (void)round;
    must_eq(weir_queue_put(queue, &in), 0);
    if (support_below(random, 8) == 0)
        support_jitter(random);
    must_eq(weir_queue_get(queue, &out), 0);
    account(in, out);
}

static void put_or_get(weir_token_t *token, weir_deadline_t deadline,
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
    struct play p = {0, put_and_get, put_or_get};
    size_t size = weir_queue_memsize(2, sizeof(uint64_t));
    uint64_t out;

    queue = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    must(queue != NULL);
    must_eq(
        weir_queue_init(queue, size, 2, sizeof(uint64_t), scopes[_i % SCOPES]),
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

static void set_or_wait(long round, support_random_t *random)
{
    (void)round;
    if (support_below(random, 2)) {
        must_eq(weir_event_set(&event), 0);
        support_jitter(random);
        must_eq(weir_event_clear(&event), 0);
    } else {
        (void)got(weir_event_wait_until(
            &event, weir_after(support_below(random, 100000))));
    }
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
    struct play p = {0, set_or_wait, wait_for_event};

    must_eq(weir_event_init(&event, scopes[_i % SCOPES]), 0);
    perform(&p, _i, 2000);
}
END_TEST

/* --- the same in a storm --- */

START_TEST(permits_in_a_storm)
{
    struct play p = {0, insist_on_permit, ask_for_permit};

    must_eq(weir_sem_init(&sem, PERMITS, PERMITS, scopes[_i % SCOPES]), 0);
    support_storm_begin();
    perform(&p, _i, 500);
    support_storm_end();
    must_eq(weir_sem_value(&sem), PERMITS);
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
